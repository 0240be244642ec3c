"""The plugin's video generator, driven as LiveKit's `AvatarRunner` drives it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from itertools import pairwise

import numpy as np
import pytest
from livekit import rtc
from livekit.agents.voice.avatar import AudioSegmentEnd
from livekit.plugins.bithuman.avatar import BithumanGenerator

from bithuman import AsyncBithuman
from ecosystem.account import Account
from ecosystem.sound import SAMPLE_RATE_HZ, speech

Given = rtc.VideoFrame | rtc.AudioFrame | AudioSegmentEnd
FRAME_BYTES = 2 * SAMPLE_RATE_HZ // 25


@pytest.fixture
async def runtime(account: Account, model_path: str) -> AsyncIterator[AsyncBithuman]:
    runtime = await AsyncBithuman.create(model_path=model_path, api_secret=account.secret, token=None)
    yield runtime
    await runtime.shutdown()


@pytest.fixture
def generator(runtime: AsyncBithuman) -> BithumanGenerator:
    return BithumanGenerator(runtime)


async def push(generator: BithumanGenerator, pcm: bytes, sample_rate: int = SAMPLE_RATE_HZ) -> None:
    """In pieces of 10 ms, as agents deliver speech."""
    size = 2 * sample_rate // 100
    for start in range(0, len(pcm), size):
        piece = pcm[start : start + size]
        await generator.push_audio(rtc.AudioFrame(piece, sample_rate, 1, len(piece) // 2))


async def until_end(stream: AsyncIterator[Given]) -> list[Given]:
    """What comes up to and with the end of a segment."""
    given = []
    async for one in stream:
        given.append(one)
        if isinstance(one, AudioSegmentEnd):
            break
    return given


def said(given: Iterable[Given]) -> bytes:
    return b"".join(bytes(one.data) for one in given if isinstance(one, rtc.AudioFrame))


async def test_it_tells_the_numbers_that_the_tracks_are_made_for(generator: BithumanGenerator) -> None:
    assert generator.video_resolution == (512, 512)
    assert generator.video_fps == 25
    assert generator.audio_sample_rate == SAMPLE_RATE_HZ


async def test_speech_comes_back_whole_each_piece_behind_its_picture(generator: BithumanGenerator) -> None:
    pcm = speech(1.0)
    await push(generator, pcm)
    await generator.push_audio(AudioSegmentEnd())
    given = await until_end(aiter(generator))
    assert said(given) == pcm
    assert sum(isinstance(one, AudioSegmentEnd) for one in given) == 1
    for before, one in pairwise(given):
        if isinstance(one, rtc.AudioFrame):
            assert isinstance(before, rtc.VideoFrame)
            assert (one.sample_rate, one.num_channels, one.samples_per_channel) == (SAMPLE_RATE_HZ, 1, 640)


async def test_an_end_that_falls_between_two_frames_is_filled_with_silence(generator: BithumanGenerator) -> None:
    pcm = speech(0.31)
    await push(generator, pcm)
    await generator.push_audio(AudioSegmentEnd())
    heard = said(await until_end(aiter(generator)))
    assert len(heard) % FRAME_BYTES == 0
    assert heard == pcm.ljust(len(heard), b"\0")


async def test_other_rates_are_resampled(generator: BithumanGenerator) -> None:
    await push(generator, speech(0.4, 48_000), 48_000)
    await generator.push_audio(AudioSegmentEnd())
    heard = np.frombuffer(said(await until_end(aiter(generator))), "<i2").astype(float)
    meant = np.frombuffer(speech(0.4), "<i2").astype(float)
    assert np.corrcoef(heard[: meant.size], meant)[0, 1] > 0.99


async def test_pictures_are_the_avatar_with_red_first(runtime: AsyncBithuman, generator: BithumanGenerator) -> None:
    picture = await anext(aiter(generator))
    assert isinstance(picture, rtc.VideoFrame)
    assert picture.type == rtc.VideoBufferType.RGB24
    shown = np.frombuffer(picture.data, np.uint8).reshape(picture.height, picture.width, 3).astype(int)
    still = runtime.get_first_frame().astype(int)
    assert np.abs(shown - still[:, :, ::-1]).mean() < 1 < 5 < np.abs(shown - still).mean()


async def test_the_mouth_moves_while_there_is_sound(generator: BithumanGenerator) -> None:
    await push(generator, speech(1.0))
    await generator.push_audio(AudioSegmentEnd())
    given = await until_end(aiter(generator))
    talking = [_mouth(before) for before, one in pairwise(given) if isinstance(one, rtc.AudioFrame)]
    assert len({mouth.tobytes() for mouth in talking}) > len(talking) // 2


def _mouth(picture: Given) -> np.ndarray:
    assert isinstance(picture, rtc.VideoFrame)
    return np.frombuffer(picture.data, np.uint8).reshape(512, 512, 3)[300:400, 180:332]


async def test_an_interruption_silences_and_the_next_words_are_whole(generator: BithumanGenerator) -> None:
    await push(generator, speech(20.0))
    stream = aiter(generator)
    heard = 0
    async for one in stream:
        heard += isinstance(one, rtc.AudioFrame)
        if heard == 5:
            break
    generator.clear_buffer()
    # The agent's queue may still deliver the end of what was interrupted.
    await generator.push_audio(AudioSegmentEnd())
    for _ in range(5):
        assert isinstance(await anext(stream), rtc.VideoFrame)
    pcm = speech(0.4)
    await push(generator, pcm)
    await generator.push_audio(AudioSegmentEnd())
    assert said(await until_end(stream)) == pcm


async def test_two_segments_have_two_ends(generator: BithumanGenerator) -> None:
    first, second = speech(0.4), speech(0.8)[12_800:]
    stream = aiter(generator)
    for pcm in (first, second):
        await push(generator, pcm)
        await generator.push_audio(AudioSegmentEnd())
    assert said(await until_end(stream)) == first
    assert said(await until_end(stream)) == second


async def test_stop_ends_the_stream_and_the_session(generator: BithumanGenerator, account: Account) -> None:
    stream = aiter(generator)
    await anext(stream)
    await generator.stop()
    assert [one async for one in stream] == []
    assert await account.ended() == ["closed"]
