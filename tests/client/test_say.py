"""Texts that are said, by a voice that makes its pieces when the test lets it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import numpy as np
import pytest

from bithuman import (
    AsyncBithuman,
    AudioChunk,
    Bithuman,
    Piper,
    RuntimeNotReadyError,
    SpeechError,
    SpeechSynthesizer,
    Spoken,
    VideoControl,
    VideoFrame,
)
from tests.doubles.clocks import FakeTime
from tests.doubles.programs import Viewer
from tests.doubles.service import FakeService
from tests.doubles.voices import FakeVoice, LetterVoice

FRAMES_PER_PIECE = 10


def heard(frames: list[VideoFrame]) -> str:
    """The letters that were said, and a full stop where an utterance ends."""
    text = ""
    for frame in frames:
        if frame.audio_chunk is not None:
            (letter,) = set(map(chr, frame.audio_chunk.array.tolist()))
            text += letter + "." * frame.end_of_speech
        else:
            assert not frame.end_of_speech
    return text.replace("\0", "")


def said(text: str) -> str:
    return "".join(letter * FRAMES_PER_PIECE for letter in text) + "."


def sound(letter: str) -> bytes:
    """A frame of it."""
    return np.full(640, ord(letter), "<i2").tobytes()


@pytest.fixture
def voice() -> LetterVoice:
    return LetterVoice()


@pytest.mark.usefixtures("world")
class TestLive:
    @staticmethod
    async def create(service: FakeService, voice: SpeechSynthesizer) -> AsyncBithuman:
        return await AsyncBithuman.create(api_secret=service.secret, voice=voice)

    async def test_a_text_is_one_utterance(self, service: FakeService, time: FakeTime, voice: LetterVoice) -> None:
        runtime = await self.create(service, voice)
        viewer = Viewer(runtime)
        await runtime.say("abc")
        await time.spend(3)
        assert heard(viewer.frames) == said("abc")
        await runtime.shutdown()

    async def test_it_may_be_said_before_the_start(
        self, service: FakeService, time: FakeTime, voice: LetterVoice
    ) -> None:
        runtime = await self.create(service, voice)
        await runtime.say("abc" * 50)
        assert service.paths("/request") == 0
        viewer = Viewer(runtime)
        await time.spend(61)
        assert heard(viewer.frames) == said("abc" * 50)
        await runtime.shutdown()

    async def test_texts_and_pushed_speech_come_in_their_order(
        self, service: FakeService, time: FakeTime, voice: LetterVoice
    ) -> None:
        runtime = await self.create(service, voice)
        viewer = Viewer(runtime)
        await asyncio.gather(runtime.say("ab"), runtime.say("cd"))
        await runtime.push_audio(sound("x"), 16_000)
        await time.spend(3)
        assert heard(viewer.frames) == said("ab") + said("cd") + "x."
        await runtime.shutdown()

    async def test_what_is_pushed_while_a_text_is_made_waits_for_its_end(
        self, service: FakeService, time: FakeTime, voice: LetterVoice
    ) -> None:
        runtime = await self.create(service, voice)
        viewer = Viewer(runtime)
        others: list[asyncio.Task[None]] = []

        def push() -> None:
            control = VideoControl(AudioChunk(np.full(640, ord("z"), np.int16), 16_000), end_of_speech=True)
            calls = (runtime.flush(), runtime.push_audio(sound("y"), 16_000, last_chunk=False), runtime.push(control))
            others.extend(map(asyncio.ensure_future, calls))

        voice.before = {"b": push}
        await runtime.say("abc")
        await asyncio.gather(*others)
        await time.spend(3)
        assert heard(viewer.frames) == said("abc") + "yz."
        await runtime.shutdown()

    async def test_what_was_left_open_is_an_utterance_of_its_own(
        self, service: FakeService, time: FakeTime, voice: LetterVoice
    ) -> None:
        runtime = await self.create(service, voice)
        viewer = Viewer(runtime)
        await runtime.push_audio(sound("x"), 16_000, last_chunk=False)
        await runtime.say("ab")
        await time.spend(3)
        assert heard(viewer.frames) == "x." + said("ab")
        await runtime.shutdown()

    @pytest.mark.parametrize("nothing", [" ", "!"])
    async def test_a_text_that_is_not_said_leaves_other_speech_alone(
        self, service: FakeService, time: FakeTime, voice: LetterVoice, nothing: str
    ) -> None:
        runtime = await self.create(service, voice)
        viewer = Viewer(runtime)
        await runtime.push_audio(sound("x"), 16_000, last_chunk=False)
        with pytest.raises((ValueError, SpeechError)):
            await runtime.say(nothing)
        await runtime.push_audio(sound("y"), 16_000)
        await time.spend(3)
        assert heard(viewer.frames) == "xy."
        await runtime.shutdown()

    async def test_interrupt_drops_what_waits_to_be_pushed_and_what_comes_then_does_not_wait(
        self, service: FakeService, time: FakeTime, voice: LetterVoice
    ) -> None:
        runtime = await self.create(service, voice)
        runtime._speaker._make_worker = lambda: ThreadPoolExecutor(1)
        viewer = Viewer(runtime)
        asked, answer, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()
        voice.before = {"b": lambda: (loop.call_soon_threadsafe(asked.set), answer.wait(20))}
        text = asyncio.create_task(runtime.say("abc"))
        await asked.wait()
        others = [asyncio.create_task(runtime.push_audio(sound("x"), 16_000)), asyncio.create_task(runtime.say("z"))]
        await asyncio.sleep(0)
        runtime.interrupt()
        await runtime.push_audio(sound("y"), 16_000)
        assert not text.done()
        answer.set()
        await asyncio.gather(text, *others)
        assert voice.made == ["a", "b"]
        await time.spend(3)
        assert heard(viewer.frames) == "y."
        await runtime.shutdown()

    async def test_the_mouth_follows_the_phones_and_not_the_sound(
        self, service: FakeService, time: FakeTime, voice: LetterVoice
    ) -> None:
        """The sound of every letter is as good as silent here."""
        opening = {}
        for name, speaker in (("told", voice), ("listened", LetterVoice(phones=False))):
            runtime = await self.create(service, speaker)
            still = runtime.get_first_frame().astype(int)
            viewer = Viewer(runtime)
            await runtime.say("aaa")
            await time.spend(1)
            image = viewer.frames[-5].bgr_image
            assert image is not None
            # The head sways in both, so the mouth is what is darker in one than in the other.
            opening[name] = int((still.sum(axis=2) - image.sum(axis=2) > 150).sum())
            await runtime.shutdown()
        assert opening["told"] > opening["listened"] + 500

    async def test_interrupt_drops_what_waits_and_what_is_not_made_yet(
        self, service: FakeService, time: FakeTime, voice: LetterVoice
    ) -> None:
        runtime = await self.create(service, voice)
        viewer = Viewer(runtime)
        voice.before = {"c": runtime.interrupt}
        await runtime.say("abcdef")
        assert voice.made == ["a", "b", "c"]
        await time.spend(3)
        assert heard(viewer.frames) == ""
        voice.before = {}
        await runtime.say("gh")
        await time.spend(3)
        assert heard(viewer.frames) == said("gh")
        await runtime.shutdown()

    async def test_interrupt_drops_the_texts_that_wait_for_their_turn(
        self, service: FakeService, time: FakeTime, voice: LetterVoice
    ) -> None:
        runtime = await self.create(service, voice)
        viewer = Viewer(runtime)
        voice.before = {"b": runtime.interrupt}
        await asyncio.gather(runtime.say("abc"), runtime.say("def"))
        await time.spend(3)
        assert heard(viewer.frames) == ""
        assert voice.made == ["a", "b"]
        await runtime.shutdown()

    async def test_a_cancelled_text_ends_with_what_was_made(
        self, service: FakeService, time: FakeTime, voice: LetterVoice
    ) -> None:
        runtime = await self.create(service, voice)
        viewer = Viewer(runtime)
        task = asyncio.create_task(runtime.say("abc"))
        voice.before = {"b": task.cancel}
        with pytest.raises(asyncio.CancelledError):
            await task
        voice.before = {}
        await runtime.say("x")
        await time.spend(3)
        assert heard(viewer.frames) == said("a") + said("x")
        await runtime.shutdown()

    async def test_what_was_said_before_the_voice_failed_ends(
        self, service: FakeService, time: FakeTime, voice: LetterVoice
    ) -> None:
        runtime = await self.create(service, voice)
        viewer = Viewer(runtime)
        with pytest.raises(SpeechError, match="broke"):
            await runtime.say("ab!c")
        await runtime.say("x")
        await time.spend(3)
        assert heard(viewer.frames) == said("ab") + said("x")
        await runtime.shutdown()

    @pytest.mark.parametrize("text", ["", " \n"])
    async def test_what_is_no_text(self, service: FakeService, voice: LetterVoice, text: str) -> None:
        runtime = await self.create(service, voice)
        with pytest.raises(ValueError, match="text"):
            await runtime.say(text)
        assert voice.made == []

    async def test_a_text_without_a_sound(self, service: FakeService, voice: LetterVoice) -> None:
        runtime = await self.create(service, FakeVoice([]))
        with pytest.raises(SpeechError, match="nothing to say"):
            await runtime.say("...")

    async def test_stopping_ends_it(self, service: FakeService, voice: LetterVoice) -> None:
        runtime = await self.create(service, voice)
        await runtime.start()
        voice.before = {"b": runtime.cleanup}
        await runtime.say("abc")
        assert voice.made == ["a", "b"]
        await runtime.shutdown()
        with pytest.raises(RuntimeNotReadyError, match="shut down"):
            await runtime.say("abc")

    async def test_interrupt_while_the_voice_loads(
        self, service: FakeService, voice: LetterVoice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        runtime = await self.create(service, voice)
        made = voice.synthesize("abc")

        def load(text: str) -> Iterator[Spoken]:
            runtime.interrupt()
            return made

        monkeypatch.setattr(voice, "synthesize", load)
        await runtime.say("abc")
        assert voice.made == []
        await runtime.shutdown()

    async def test_a_shutdown_ends_the_texts_that_wait(self, service: FakeService, voice: LetterVoice) -> None:
        runtime = await self.create(service, voice)
        runtime._speaker._make_worker = lambda: ThreadPoolExecutor(1)
        loop = asyncio.get_running_loop()
        voice.before = {"b": lambda: asyncio.run_coroutine_threadsafe(runtime.shutdown(), loop).result(20)}
        await asyncio.gather(runtime.say("abc"), runtime.say("def"))
        assert voice.made == ["a", "b"]

    async def test_nothing_is_said_during_a_shutdown(self, service: FakeService, voice: LetterVoice) -> None:
        runtime = await self.create(service, voice)
        await runtime.start()
        ending = asyncio.create_task(runtime.shutdown())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeNotReadyError, match="shut down"):
            await runtime.say("x")
        await ending

    @pytest.mark.parametrize("no_voice", ["voice.onnx", Piper])
    async def test_what_is_no_voice(self, service: FakeService, no_voice: object) -> None:
        with pytest.raises(TypeError, match="Piper"):
            await AsyncBithuman.create(api_secret=service.secret, voice=cast("SpeechSynthesizer", no_voice))
        assert service.requests == []


@pytest.mark.usefixtures("real_time_world")
class TestOffline:
    def test_a_text_becomes_frames(self, service: FakeService, voice: LetterVoice) -> None:
        with Bithuman.load(api_secret=service.secret, voice=voice) as avatar:
            assert heard(list(avatar.say("abcdefghij"))) == said("abcdefghij")
            assert heard(list(avatar.say("x"))) == said("x")

    def test_frames_come_while_the_rest_is_made(self, service: FakeService, voice: LetterVoice) -> None:
        seen = threading.Event()
        voice.before = {"z": lambda: seen.wait(20) or pytest.fail("nothing came")}
        with Bithuman.load(api_secret=service.secret, voice=voice) as avatar:
            frames = avatar.say("az")
            next(frames)
            seen.set()
            assert len(list(frames)) == 2 * FRAMES_PER_PIECE - 1

    def test_no_piece_is_too_small(self, service: FakeService) -> None:
        with Bithuman.load(api_secret=service.secret, voice=FakeVoice([Spoken(bytes(320), 8_000)] * 50)) as avatar:
            frames = list(avatar.say("a"))
        assert len(frames) == 25
        assert frames[-1].end_of_speech

    def test_what_is_no_text_is_refused_at_once(self, service: FakeService, voice: LetterVoice) -> None:
        with Bithuman.load(api_secret=service.secret, voice=voice) as avatar, pytest.raises(ValueError, match="text"):
            avatar.say(" ")
        assert service.paths("/request") == 0

    def test_a_voice_that_fails_is_told_and_the_next_text_is_said(
        self, service: FakeService, voice: LetterVoice
    ) -> None:
        with Bithuman.load(api_secret=service.secret, voice=voice) as avatar:
            frames: list[VideoFrame] = []
            with pytest.raises(SpeechError, match="broke"):
                frames.extend(avatar.say("ab!"))
            assert heard(frames) == said("ab")
            assert heard(list(avatar.say("x"))) == said("x")

    def test_one_that_is_left_leaves_nothing_behind(self, service: FakeService, voice: LetterVoice) -> None:
        before = threading.active_count()
        with Bithuman.load(api_secret=service.secret, voice=voice) as avatar:
            frames = avatar.say("abcdefghij")
            next(frames)
            frames.close()
            assert heard(list(avatar.say("x"))) == said("x")
        assert threading.active_count() == before
