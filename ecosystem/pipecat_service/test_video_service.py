"""The plugin's `BitHumanVideoService` in a running Pipecat pipeline."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TypeVar

import numpy as np
import pytest
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InterruptionFrame,
    OutputImageRawFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.utils.errors import ErrorCategory
from pipecat.workers.runner import WorkerRunner
from pipecat_bithuman import BitHumanRuntime, BitHumanVideoService

from bithuman import AsyncBithuman
from bithuman.core.secrets import new_secret
from ecosystem.account import Account
from ecosystem.sound import SAMPLE_RATE_HZ, speech

FRAME_BYTES = 2 * SAMPLE_RATE_HZ // 25

Kind = TypeVar("Kind", bound=Frame)


class Notes(FrameProcessor):
    """Hands everything on, and keeps what goes in one direction."""

    def __init__(self, direction: FrameDirection) -> None:
        super().__init__()
        self.frames: list[Frame] = []
        self._direction = direction
        self._news = asyncio.Event()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if direction is self._direction:
            self.frames.append(frame)
            self._news.set()
        await self.push_frame(frame, direction)

    async def wait(self, enough: Callable[[list[Frame]], bool]) -> None:
        """Until `enough` says so of what was kept."""
        while not enough(self.frames):
            self._news.clear()
            await self._news.wait()


class Bot:
    """A pipeline of the avatar alone. Its tests play the voice before it and the transport behind it."""

    def __init__(self, avatar: BitHumanVideoService) -> None:
        self.upstream = Notes(FrameDirection.UPSTREAM)
        self.downstream = Notes(FrameDirection.DOWNSTREAM)
        self.worker = PipelineWorker(
            Pipeline([self.upstream, avatar, self.downstream]), cancel_on_idle_timeout=False, enable_rtvi=False
        )

    async def say(self, pcm: bytes, sample_rate: int = SAMPLE_RATE_HZ, channels: int = 1, *, end: bool = True) -> None:
        """In pieces of 20 ms, as a voice service delivers speech."""
        await self.worker.queue_frame(TTSStartedFrame())
        size = 2 * channels * sample_rate // 50
        for start in range(0, len(pcm), size):
            await self.worker.queue_frame(TTSAudioRawFrame(pcm[start : start + size], sample_rate, channels))
        if end:
            await self.worker.queue_frame(TTSStoppedFrame())

    @property
    def heard(self) -> bytes:
        return b"".join(frame.audio for frame in self.of(TTSAudioRawFrame))

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [frame for frame in self.downstream.frames if isinstance(frame, kind)]


@asynccontextmanager
async def running(avatar: BitHumanVideoService) -> AsyncIterator[Bot]:
    """A bot that is running; it ends as a call does, with an `EndFrame`."""
    bot = Bot(avatar)
    started = asyncio.Event()

    @bot.worker.event_handler("on_pipeline_started")
    async def note(*_: object) -> None:
        started.set()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(bot.worker)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(runner.run())
        await started.wait()
        yield bot
        await bot.worker.queue_frame(EndFrame())


@pytest.fixture
def avatar(account: Account, model_path: str, monkeypatch: pytest.MonkeyPatch) -> BitHumanVideoService:
    monkeypatch.setenv("BITHUMAN_API_SECRET", account.secret)
    return BitHumanVideoService(model_path=model_path)


async def test_it_speaks_all_that_is_said_each_piece_behind_its_picture(
    avatar: BitHumanVideoService, account: Account
) -> None:
    pcm = speech(1.0)
    async with running(avatar) as bot:
        assert avatar.is_avatar_ready
        await bot.say(pcm)
    assert bot.heard == pcm
    for before, frame in pairwise(bot.downstream.frames):
        if isinstance(frame, TTSAudioRawFrame):
            assert isinstance(before, OutputImageRawFrame)
            assert (frame.sample_rate, frame.num_channels, frame.num_frames) == (SAMPLE_RATE_HZ, 1, 640)
    assert not [frame for frame in bot.upstream.frames if isinstance(frame, ErrorFrame)]
    assert await account.ended() == ["closed"]


async def test_the_end_of_a_reply_is_told_when_it_has_been_spoken(avatar: BitHumanVideoService) -> None:
    async with running(avatar) as bot:
        await bot.say(speech(0.4))
        await bot.say(speech(0.4))
    order = [type(frame) for frame in bot.downstream.frames if isinstance(frame, TTSAudioRawFrame | TTSStoppedFrame)]
    assert order == [*[TTSAudioRawFrame] * 10, TTSStoppedFrame] * 2


async def test_a_reply_whose_end_is_told_late_is_not_kept_back(avatar: BitHumanVideoService) -> None:
    pcm = speech(0.8)
    async with running(avatar) as bot:
        await bot.say(pcm, end=False)
        await bot.downstream.wait(lambda _: len(bot.heard) >= len(pcm) - FRAME_BYTES)
        await bot.worker.queue_frame(TTSStoppedFrame())
    assert bot.heard == pcm


async def test_pictures_go_on_while_nothing_is_said(avatar: BitHumanVideoService) -> None:
    async with running(avatar) as bot:
        await bot.downstream.wait(lambda frames: sum(isinstance(one, OutputImageRawFrame) for one in frames) == 10)
    assert {(one.size, one.format) for one in bot.of(OutputImageRawFrame)} == {((512, 512), "RGB")}
    assert avatar.frame_size == (512, 512)
    assert bot.heard == b""


async def test_an_interruption_silences_and_the_next_reply_is_whole(avatar: BitHumanVideoService) -> None:
    async with running(avatar) as bot:
        await bot.say(speech(20.0), end=False)
        await bot.downstream.wait(lambda frames: sum(isinstance(one, TTSAudioRawFrame) for one in frames) >= 5)
        await bot.worker.queue_frame(InterruptionFrame())
        await bot.downstream.wait(lambda frames: any(isinstance(one, InterruptionFrame) for one in frames))
        bot.downstream.frames.clear()
        await bot.downstream.wait(lambda frames: sum(isinstance(one, OutputImageRawFrame) for one in frames) == 5)
        assert bot.heard == b""
        pcm = speech(0.4)
        await bot.say(pcm)
    assert bot.heard == pcm
    assert len(bot.of(TTSStoppedFrame)) == 1


async def test_the_rate_and_channels_of_any_voice_are_taken(avatar: BitHumanVideoService) -> None:
    stereo = np.repeat(np.frombuffer(speech(0.4, 24_000), "<i2"), 2).tobytes()
    async with running(avatar) as bot:
        await bot.say(stereo, 24_000, channels=2)
    heard, meant = (np.frombuffer(pcm, "<i2").astype(float) for pcm in (bot.heard, speech(0.4)))
    assert np.corrcoef(heard[: meant.size], meant)[0, 1] > 0.99


async def test_a_session_that_is_refused_leaves_the_voice_and_tells_why_without_the_secret(
    account: Account, model_path: str
) -> None:
    secret = new_secret(secrets.randbelow)
    async with running(BitHumanVideoService(model_path=model_path, api_secret=secret)) as bot:
        pcm = speech(0.2)
        await bot.say(pcm)
    assert bot.heard == pcm
    (problem,) = (frame for frame in bot.upstream.frames if isinstance(frame, ErrorFrame))
    assert problem.category is ErrorCategory.AUTHENTICATION
    assert "does not accept this api-secret" in problem.error
    assert secret not in repr(problem)


async def test_a_full_plan_is_told_and_leaves_the_voice(full: Account, model_path: str) -> None:
    async with running(BitHumanVideoService(model_path=model_path, api_secret=full.secret)) as bot:
        await bot.upstream.wait(lambda frames: any(isinstance(one, ErrorFrame) for one in frames))
        pcm = speech(0.2)
        await bot.say(pcm)
    assert bot.heard == pcm
    (problem,) = (frame for frame in bot.upstream.frames if isinstance(frame, ErrorFrame))
    assert "AccountStatusError" in problem.error
    assert full.secret not in repr(problem)


async def test_the_runtime_is_what_the_service_asks_for(account: Account, model_path: str) -> None:
    runtime = await AsyncBithuman.create(model_path=model_path, api_secret=account.secret)
    assert isinstance(runtime, BitHumanRuntime)
    await runtime.shutdown()
