"""The stream: whatever way speech comes in, the same frames go out, and sound and mouth stay together."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from threading import Thread
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bithuman.core.permit import PauseReason, Permit
from bithuman.engine.audio import Resampler
from bithuman.engine.avatar import open_avatar
from bithuman.engine.backlog import LIMIT_S, QUIET_FRAMES
from bithuman.engine.engine import Engine
from bithuman.engine.frames import SAMPLES_PER_FRAME, VideoFrame
from bithuman.engine.mouth import LOOK_AHEAD_SAMPLES
from bithuman.engine.phonemes import Phone
from bithuman.engine.shape import REST
from bithuman.errors import ModelLoadError, RuntimeNotReadyError
from tests.doubles.renderers import FakeRenderer

Samples = npt.NDArray[np.int16]

AVATAR = open_avatar()
ENOUGH = SAMPLES_PER_FRAME + LOOK_AHEAD_SAMPLES


class Stream:
    """An engine with such a renderer, a permit in the test's hand, and what came out so far."""

    def __init__(self) -> None:
        self.permit = Permit(clock=lambda: 0.0)
        self.permit.grant(until_s=1.0)
        renderer = FakeRenderer()
        self.engine = Engine(AVATAR, self.permit, renderer=renderer)
        self.mouths = renderer.drawn
        self.frames: list[VideoFrame] = []

    @property
    def sound(self) -> Samples:
        return joined(frame.audio_chunk.data for frame in self.frames if frame.audio_chunk)

    @property
    def ends(self) -> int:
        return sum(frame.end_of_speech for frame in self.frames)

    def next(self) -> VideoFrame:
        self.frames.append(self.engine.next_frame())
        return self.frames[-1]

    def talk(self) -> None:
        """Take frames while there is something to say."""
        while self.engine.has_speech():
            self.next()


def joined(blocks: Iterator[Samples]) -> Samples:
    return np.concatenate([np.zeros(0, np.int16), *blocks])


def speech(samples: int, seed: int = 0) -> Samples:
    """Noise that comes and goes like syllables; no sample is silent, so that none can be lost unseen."""
    envelope = 0.05 + np.sin(np.arange(samples) / 2000.0) ** 2
    noise = np.random.default_rng(seed).standard_normal(samples) * 5000 * envelope
    return np.clip(np.where(np.abs(noise) < 1, 1, noise), -32_000, 32_000).astype(np.int16)


def vowel(samples: int) -> Samples:
    """A voice of 120 Hz that says an open a."""
    time_s = np.arange(samples) / 16_000
    sound = np.zeros(samples)
    for hertz in range(120, 4800, 120):
        formants = ((750.0, 90.0), (1200.0, 110.0), (2600.0, 160.0))
        strength = sum(1.0 / (1.0 + ((hertz - middle) / width) ** 2) for middle, width in formants)
        sound += strength * np.sin(2.0 * np.pi * hertz * time_s)
    vowel: Samples = (12_000.0 * sound / np.abs(sound).max()).astype(np.int16)
    return vowel


def at_16_khz(samples: Samples, sample_rate: int) -> Samples:
    resampler = Resampler(sample_rate)
    return np.concatenate((resampler.process(samples), resampler.finish()))


def in_frames(samples: Samples) -> Samples:
    """Filled up with silence to whole frames."""
    return np.pad(samples, (0, -samples.size % SAMPLES_PER_FRAME))


class TestSkippedFrames:
    @settings(deadline=None)
    @given(
        sizes=st.lists(st.integers(1, 6_000), min_size=1, max_size=4), skips=st.lists(st.integers(0, 9), max_size=60)
    )
    def test_they_take_no_sound_and_no_end_away(self, sizes: list[int], skips: list[int]) -> None:
        stream = Stream()
        for seed, size in enumerate(sizes):
            stream.engine.push(speech(size, seed).tobytes(), 16_000, last=True)
        for skip in skips:
            stream.frames.append(stream.engine.next_frame(skip))
        stream.talk()
        whole = joined(in_frames(speech(size, seed)) for seed, size in enumerate(sizes))
        np.testing.assert_array_equal(stream.sound, whole)
        assert stream.ends == len(sizes)

    def test_only_the_last_of_them_is_drawn(self) -> None:
        stream = Stream()
        stream.engine.push(speech(16_000).tobytes(), 16_000, last=True)
        frame = stream.engine.next_frame(4)
        assert (frame.frame_index, len(stream.mouths)) == (4, 1)
        assert frame.audio_chunk is not None
        assert frame.audio_chunk.data.size == 5 * SAMPLES_PER_FRAME

    def test_the_end_of_an_utterance_is_shown(self) -> None:
        stream = Stream()
        stream.engine.push(speech(2 * SAMPLES_PER_FRAME).tobytes(), 16_000, last=True)
        frame = stream.engine.next_frame(9)
        assert (frame.frame_index, frame.end_of_speech) == (1, True)

    def test_a_pause_skips_nothing(self) -> None:
        stream = Stream()
        stream.engine.push(speech(16_000).tobytes(), 16_000, last=True)
        stream.permit.pause(PauseReason.OUTAGE, "")
        frame = stream.engine.next_frame(9)
        assert (frame.frame_index, frame.has_image, frame.audio_chunk) == (0, False, None)

    def test_an_interruption_drops_the_sound_of_those_before_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = Stream()
        stream.engine.push(speech(16_000).tobytes(), 16_000)
        move = stream.engine._move

        def interrupt_once(sound: Any) -> Any:
            monkeypatch.setattr(stream.engine, "_move", move)
            stream.engine.interrupt()
            return move(sound)

        monkeypatch.setattr(stream.engine, "_move", interrupt_once)
        frame = stream.engine.next_frame(3)
        assert (frame.audio_chunk, stream.engine.cut_off) == (None, False)


RATES = st.sampled_from([8000, 11025, 16000, 22050, 24000, 44100, 48000])


class TestWhateverTheProducerDoes:
    @settings(deadline=None)
    @given(rate=RATES, size=st.integers(2, 12_000), cuts=st.sets(st.integers(1, 24_000), max_size=60))
    def test_cuts_change_nothing(self, rate: int, size: int, cuts: set[int]) -> None:
        samples = speech(size)
        pcm = samples.tobytes()
        whole, pieces = Stream(), Stream()

        whole.engine.push(pcm, rate, last=True)
        whole.talk()
        for start, end in pairwise([0, *sorted(cut for cut in cuts if cut < len(pcm)), len(pcm)]):
            pieces.engine.push(pcm[start:end], rate)
            for _ in range(QUIET_FRAMES - 1):
                if pieces.engine.has_speech():
                    pieces.next()
        pieces.engine.flush()
        pieces.talk()

        np.testing.assert_array_equal(whole.sound, in_frames(at_16_khz(samples, rate)))
        np.testing.assert_array_equal(pieces.sound, whole.sound)
        assert pieces.mouths == whole.mouths
        assert [frame.end_of_speech for frame in whole.frames] == [False] * (len(whole.frames) - 1) + [True]
        assert [frame.end_of_speech for frame in pieces.frames] == [frame.end_of_speech for frame in whole.frames]

    def test_bytes_that_come_one_by_one(self) -> None:
        samples = speech(ENOUGH)
        stream = Stream()
        for byte in samples.tobytes():
            stream.engine.push(bytes([byte]), 16_000)
        stream.engine.flush()
        stream.talk()
        np.testing.assert_array_equal(stream.sound, samples)

    @settings(deadline=None)
    @given(st.lists(st.tuples(RATES, st.integers(1, 5000)), min_size=1, max_size=6))
    def test_a_change_of_rate_loses_nothing_of_either_side(self, parts: list[tuple[int, int]]) -> None:
        runs: list[tuple[int, Samples]] = []
        stream = Stream()
        for seed, (rate, size) in enumerate(parts):
            samples = speech(size, seed)
            stream.engine.push(samples.tobytes(), rate)
            stream.talk()
            if runs and runs[-1][0] == rate:
                runs[-1] = (rate, np.concatenate((runs[-1][1], samples)))
            else:
                runs.append((rate, samples))
        stream.engine.flush()
        stream.talk()
        expected = joined(at_16_khz(samples, rate) for rate, samples in runs)
        np.testing.assert_array_equal(stream.sound, in_frames(expected))
        assert stream.ends == (expected.size > 0)

    @settings(deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("push"), st.integers(0, 3000)),
                st.tuples(st.just("frames"), st.integers(1, 20)),
                st.tuples(st.sampled_from(["flush", "interrupt"]), st.just(0)),
            ),
            max_size=40,
        )
    )
    def test_any_history_keeps_the_count(self, history: list[tuple[str, int]]) -> None:
        """Against a model in whole samples: utterances in order, each in whole frames, each with one end."""
        stream = Stream()
        waiting: list[list[Samples]] = []  # utterances; the last one is open
        open_ = False
        quiet = 0
        given_: list[Samples] = []
        ends = 0
        for seed, (act, number) in enumerate(history):
            if act == "push" and number:
                samples = speech(number, seed)
                stream.engine.push(samples.tobytes(), 16_000)
                if not open_:
                    waiting.append([])
                    open_ = True
                waiting[-1].append(samples)
                quiet = 0
            elif act == "flush":
                stream.engine.flush()
                open_ = False
            elif act == "interrupt":
                stream.engine.interrupt()
                waiting.clear()
                open_ = False
                assert not stream.engine.has_speech()
                assert stream.engine.pending_s == 0
            for _ in range(number if act == "frames" else 0):
                utterance = np.concatenate(waiting[0]) if waiting else np.zeros(0, np.int16)
                ended = len(waiting) > 1 or not open_
                stalls = quiet >= QUIET_FRAMES and utterance.size > SAMPLES_PER_FRAME
                talks = utterance.size >= ENOUGH or stalls or (ended and utterance.size > 0)
                quiet += 1
                assert stream.engine.has_speech() == talks
                frame = stream.next()
                assert (frame.audio_chunk is not None) == talks
                if talks:
                    given_.append(in_frames(utterance[:SAMPLES_PER_FRAME]))
                    waiting[0] = [utterance[SAMPLES_PER_FRAME:]]
                    if ended and utterance.size <= SAMPLES_PER_FRAME:
                        ends += 1
                        waiting.pop(0)
        np.testing.assert_array_equal(stream.sound, joined(iter(given_)))
        assert stream.ends == ends
        assert len(stream.mouths) == len(stream.frames)
        assert stream.engine.pending_s == pytest.approx(sum(s.size for u in waiting for s in u) / 16_000)

    def test_one_thread_pushes_while_another_takes_frames(self) -> None:
        samples = speech(200 * SAMPLES_PER_FRAME)
        stream = Stream()

        def produce() -> None:
            for piece in np.array_split(samples, 997):
                stream.engine.push(piece.tobytes(), 16_000)
            stream.engine.flush()

        producer = Thread(target=produce)
        producer.start()
        while producer.is_alive() or stream.engine.has_speech():
            stream.next()
        producer.join()
        np.testing.assert_array_equal(stream.sound, samples)


class TestUtterances:
    def test_end_of_speech_comes_once_on_the_last_frame_of_each(self) -> None:
        stream = Stream()
        stream.engine.push(speech(3 * SAMPLES_PER_FRAME).tobytes(), 16_000, last=True)
        stream.engine.push(speech(SAMPLES_PER_FRAME + 1).tobytes(), 16_000, last=True)
        stream.talk()
        assert [frame.end_of_speech for frame in stream.frames] == [False, False, True, False, True]
        assert [frame.audio_chunk.last_chunk for frame in stream.frames if frame.audio_chunk] == [
            frame.end_of_speech for frame in stream.frames
        ]

    @pytest.mark.parametrize("pcm", [b"", b"\x01"])
    def test_an_utterance_without_a_sample_has_no_frame_and_no_end(self, pcm: bytes) -> None:
        stream = Stream()
        stream.engine.push(pcm, 16_000, last=True)
        stream.engine.flush()
        assert not stream.engine.has_speech()
        assert not stream.next().end_of_speech

    def test_half_a_sample_left_at_an_end_does_not_shift_the_next_words(self) -> None:
        stream = Stream()
        stream.engine.push(b"\x7f\x7f\x7f", 16_000, last=True)
        words = speech(ENOUGH)
        stream.engine.push(words.tobytes(), 16_000, last=True)
        stream.talk()
        np.testing.assert_array_equal(stream.sound[SAMPLES_PER_FRAME:], words)

    def test_a_talking_frame_waits_for_the_look_ahead(self) -> None:
        stream = Stream()
        stream.engine.push(speech(ENOUGH - 1).tobytes(), 16_000)
        assert not stream.engine.has_speech()
        stream.engine.push(speech(1).tobytes(), 16_000)
        assert stream.engine.has_speech()


class TestStarvation:
    def test_a_reply_whose_end_is_told_late_is_spoken_but_for_its_last_frame(self) -> None:
        samples = speech(20 * SAMPLES_PER_FRAME)
        stream = Stream()
        stream.engine.push(samples.tobytes(), 16_000)
        for _ in range(19):
            stream.next()
        np.testing.assert_array_equal(stream.sound, samples[:-SAMPLES_PER_FRAME])
        stream.talk()
        assert stream.ends == 0
        stream.engine.flush()
        stream.talk()
        np.testing.assert_array_equal(stream.sound, samples)
        assert stream.ends == 1

    def test_a_voice_that_comes_in_pieces_keeps_its_look_ahead(self) -> None:
        stream = Stream()
        for _ in range(20):
            stream.engine.push(speech(5 * SAMPLES_PER_FRAME).tobytes(), 16_000)
            for _ in range(5):
                stream.next()
        kept = stream.engine.pending_s * 16_000
        assert kept == ENOUGH - SAMPLES_PER_FRAME

    def test_the_mouth_eases_shut_and_speech_goes_on_where_it_stopped(self) -> None:
        samples = np.concatenate((np.zeros(10 * SAMPLES_PER_FRAME, np.int16), vowel(20 * SAMPLES_PER_FRAME)))
        stream = Stream()
        stream.engine.push(samples[: 20 * SAMPLES_PER_FRAME].tobytes(), 16_000)
        stream.talk()
        spoken = len(stream.frames)
        for _ in range(12):
            assert stream.next().audio_chunk is None
        easing = [mouth.opening for mouth in stream.mouths[spoken - 3 :]]
        assert easing[0] > 0.1
        assert easing == sorted(easing, reverse=True)
        assert stream.mouths[-1] == REST
        stream.engine.push(samples[20 * SAMPLES_PER_FRAME :].tobytes(), 16_000, last=True)
        stream.talk()
        np.testing.assert_array_equal(stream.sound, samples)
        assert stream.ends == 1

    def test_a_mouth_that_was_known_eases_shut_from_where_it_was(self) -> None:
        stream = Stream()
        silence = np.zeros(20 * SAMPLES_PER_FRAME, np.int16)
        stream.engine.push(silence.tobytes(), 16_000, phones=[Phone("a", 0.0, 10.0)])
        stream.talk()
        stream.engine.interrupt()
        for _ in range(8):
            stream.next()
        openings = [mouth.opening for mouth in stream.mouths]
        assert openings[-9] > 0.5
        assert 0.1 < openings[-8] < openings[-9], "it does not jump"
        assert openings[-1] == 0


class TestInterrupt:
    def test_it_drops_what_waits_and_the_next_words_are_whole(self) -> None:
        stream = Stream()
        stream.engine.push(speech(100 * SAMPLES_PER_FRAME).tobytes() + b"\x01", 16_000)
        stream.next()
        stream.engine.interrupt()
        assert stream.next().audio_chunk is None
        stream.frames.clear()
        words = speech(5 * SAMPLES_PER_FRAME, seed=1)
        stream.engine.push(words.tobytes(), 16_000, last=True)
        stream.talk()
        np.testing.assert_array_equal(stream.sound, words)
        assert stream.ends == 1

    def test_what_a_resampler_kept_back_is_dropped_too(self) -> None:
        stream, fresh = Stream(), Stream()
        stream.engine.push(speech(48_000, seed=1).tobytes(), 48_000)
        stream.next()
        stream.engine.interrupt()
        stream.frames.clear()
        for each in (stream, fresh):
            each.engine.push(speech(24_000).tobytes(), 48_000, last=True)
            each.talk()
        np.testing.assert_array_equal(stream.sound, fresh.sound)


class TestPermit:
    def test_while_paused_no_frame_has_an_image_and_speech_waits(self) -> None:
        samples = speech(10 * SAMPLES_PER_FRAME)
        stream = Stream()
        stream.engine.push(samples.tobytes(), 16_000, last=True)
        stream.next()
        stream.permit.pause(PauseReason.NO_CREDITS, "No credits are left.")
        for _ in range(30):
            frame = stream.next()
            assert not frame.has_image
            assert frame.audio_chunk is None
        assert stream.engine.pending_s == pytest.approx(9 * 0.04)
        assert len(stream.mouths) == 1, "nothing is computed without a permit"
        stream.permit.grant(until_s=1.0)
        stream.talk()
        np.testing.assert_array_equal(stream.sound, samples)
        assert [frame.frame_index for frame in stream.frames] == list(range(40))


class TestLimits:
    @pytest.mark.parametrize("rate", [0, -16_000, 7_999, 48_001, 192_000])
    def test_a_rate_that_nobody_speaks_at_is_refused(self, rate: int) -> None:
        with pytest.raises(ValueError, match=r"between 8000 and 48000 Hz"):
            Stream().engine.push(b"\0\0", rate)

    def test_a_rate_is_a_whole_number(self) -> None:
        with pytest.raises(TypeError):
            Stream().engine.push(b"\0\0", 16_000.5)  # type: ignore[arg-type]  # that is the test

    def test_an_avatar_of_another_frame_rate_is_refused(self) -> None:
        with pytest.raises(ModelLoadError, match="30 frames a second"):
            Engine(replace(AVATAR, fps=30), Permit(clock=lambda: 0.0))

    def test_an_hour_at_once(self) -> None:
        hour = np.tile(speech(16_000), 3600)
        stream = Stream()
        stream.engine.push(hour.tobytes(), 16_000, last=True)
        assert stream.engine.pending_s == 3600
        frames = total = ends = 0
        while stream.engine.has_speech() and frames < 2000:
            frame = stream.engine.next_frame()
            assert frame.audio_chunk is not None
            frames, total, ends = frames + 1, total + frame.audio_chunk.data.size, ends + frame.end_of_speech
        assert (total, ends) == (2000 * SAMPLES_PER_FRAME, 0)
        assert stream.engine.pending_s == pytest.approx(3600 - 80)

    def test_a_backlog_has_an_end(self) -> None:
        stream = Stream()
        hour = bytes(2 * 8_000 * 3600)
        for _ in range(int(LIMIT_S) // 3600):
            stream.engine.push(hour, 8_000)
        with pytest.raises(RuntimeNotReadyError, match=r"interrupt\(\)"):
            stream.engine.push(b"\0\0", 8_000)
        stream.engine.interrupt()
        stream.engine.push(b"\0\0", 8_000)


def test_the_built_in_avatar_speaks() -> None:
    permit = Permit(clock=lambda: 0.0)
    permit.grant(until_s=1.0)
    engine = Engine(AVATAR, permit)
    idle = engine.next_frame()
    engine.push(vowel(8_000).tobytes(), 16_000, last=True)
    talking = [image for _ in range(12) if (image := engine.next_frame().bgr_image) is not None]
    assert idle.bgr_image is not None
    assert len(talking) == 12
    assert talking[-1].shape == idle.bgr_image.shape == (AVATAR.height, AVATAR.width, 3)
    assert talking[-1].dtype == np.uint8
    difference = max(np.abs(image.astype(int) - idle.bgr_image).mean(axis=2).max() for image in talking)
    assert difference > 60, "lips that part change what is seen"
