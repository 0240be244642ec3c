"""What must not happen in a long conversation: that sound and mouth drift apart, that words are lost or said twice,
that an end is not told, that memory grows.

Every frame is compared with what it should be. Its sound must be the next 640 samples of its utterance, resampled by
themselves; its mouth, what a listener of its own makes of exactly these samples. So one frame's slip is found.
"""

import argparse
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from random import Random
from threading import Semaphore, Thread
from typing import NamedTuple

import cv2
import numpy as np
import psutil

from benchmarks.avatars import RATE_HZ, speech
from benchmarks.engine import permitted
from bithuman.engine.atlas import Image
from bithuman.engine.audio import Resampler, Samples
from bithuman.engine.avatar import Avatar, open_avatar
from bithuman.engine.engine import Engine
from bithuman.engine.face import Face
from bithuman.engine.frames import FRAMES_PER_SECOND, SAMPLES_PER_FRAME, VideoFrame
from bithuman.engine.mouth import LOOK_AHEAD_SAMPLES, Mouth
from bithuman.engine.shape import MouthShape


class Utterance(NamedTuple):
    """Something to say, and what should come out of it: `sound` is 16 kHz."""

    number: int
    pcm: bytes
    sound: Samples

    @property
    def frames(self) -> int:
        """How many frames it lasts."""
        return -(-self.sound.size // SAMPLES_PER_FRAME)


def utterances(seed: int, shortest_s: float, longest_s: float) -> Iterator[Utterance]:
    """Ever new ones."""
    chance, store = Random(seed), _store()
    for number in count():
        size = int(chance.uniform(shortest_s, longest_s) * RATE_HZ)
        start = chance.randrange(store.size - size)
        said = store[start : start + size]
        resampler = Resampler(RATE_HZ)
        yield Utterance(number, said.tobytes(), np.concatenate((resampler.process(said), resampler.finish())))


@cache
def _store() -> Samples:
    return speech(120.0)


def pieces(pcm: bytes, chance: Random) -> Iterator[bytes]:
    """Cut as a network cuts, also in the middle of a sample."""
    at = 0
    while at < len(pcm):
        size = chance.randint(1, RATE_HZ // 2)
        yield pcm[at : at + size]
        at += size


class _Watched(Face):
    """A face that remembers the mouth that it was asked for."""

    __slots__ = ("mouth",)

    def render(self, mouth: MouthShape, frame_index: int, stress: float = 0.0, closed: float = 0.0) -> Image:
        self.mouth = mouth
        return super().render(mouth, frame_index, stress, closed)


@dataclass
class Witness:
    """Takes an engine's frames and finds what is wrong with them.

    Attributes:
        engine: to be pushed to; with the number of an utterance as its source.
        known: the utterances that may be heard, by number.
        said: frames said so far, by the number of the utterance.
        ends: how often each utterance's end was told.
        faults: sentences.
    """

    avatar: Avatar
    known: dict[int, Utterance] = field(default_factory=dict)
    said: Counter[int] = field(default_factory=Counter)
    ends: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    frames: int = 0

    def __post_init__(self) -> None:
        """Set up the engine and the listener beside it."""
        self._face = _Watched(self.avatar)
        self.engine: Engine = permitted(self.avatar, renderer=self._face)
        self._listener = Mouth()

    def take(self) -> VideoFrame:
        """The next frame, looked at."""
        frame = self.engine.next_frame()
        self.frames += 1
        if frame.audio_chunk is None:
            self._check("mouth of an idle frame", self._face.mouth == self._listener.ease_shut().shape)
            return frame
        number = frame.source_message_id
        assert isinstance(number, int)
        sound, at = self.known[number].sound, self.said[number] * SAMPLES_PER_FRAME
        now, ahead = _cut(sound, at, SAMPLES_PER_FRAME), _cut(sound, at + SAMPLES_PER_FRAME, LOOK_AHEAD_SAMPLES)
        self.said[number] += 1
        self.ends[number] += frame.end_of_speech
        self._check("sound", np.array_equal(frame.audio_chunk.data, now))
        self._check("mouth", self._face.mouth == self._listener.speak(now, ahead).shape)
        self._check("end", frame.end_of_speech == (self.said[number] == self.known[number].frames))
        return frame

    def _check(self, what: str, good: bool) -> None:
        if not good:
            self.faults.append(f"frame {self.frames}: {what}")


def _cut(sound: Samples, at: int, size: int) -> Samples:
    part = sound[at : at + size]
    return np.pad(part, (0, size - part.size))


def talk(avatar: Avatar, seconds: float, seed: int = 0) -> Witness:
    """Say so many seconds of speech faster than it lasts, by a speaker who sometimes stalls."""
    witness, chance, frames = Witness(avatar), Random(seed), int(seconds * FRAMES_PER_SECOND)
    for utterance in utterances(seed, 0.2, 30.0):
        witness.known = {utterance.number: utterance}
        for piece in pieces(utterance.pcm, chance):
            witness.engine.push(piece, RATE_HZ, source=utterance.number)
            while witness.engine.has_speech():
                witness.take()
            if chance.random() < 0.02:
                witness.take()
        witness.engine.flush()
        while witness.engine.has_speech():
            witness.take()
        if witness.said[utterance.number] != utterance.frames or witness.ends[utterance.number] != 1:
            witness.faults.append(f"utterance {utterance.number} was not said to its end")
        if witness.said.total() >= frames:
            return witness
    raise AssertionError


def interrupt(avatar: Avatar, times: int, seed: int = 0) -> Witness:
    """Interrupt at random moments, from another thread, and speak on at once. The last utterance is said to its end."""
    witness, chance, source = Witness(avatar), Random(seed), utterances(seed, 0.1, 3.0)
    witness.known = {number: next(source) for number in range(times + 1)}
    first, done = 0, False
    drawn = Semaphore(0)

    def wait_for(frames: int) -> None:
        """Let so many more be drawn."""
        while drawn.acquire(blocking=False):
            pass
        for _ in range(frames):
            drawn.acquire()

    def speak() -> None:
        nonlocal first, done
        for number, utterance in witness.known.items():
            for piece in pieces(utterance.pcm, chance):
                witness.engine.push(piece, RATE_HZ, source=number)
                if chance.random() < 0.2:
                    wait_for(chance.randint(1, 3))
            witness.engine.flush()
            wait_for(chance.randint(0, 25))
            if number < times:
                witness.engine.interrupt()
                first = number + 1
        done = True

    speaker = Thread(target=speak)
    speaker.start()
    while not done or witness.engine.has_speech():
        may_be_heard = first
        number = witness.take().source_message_id
        drawn.release()
        if isinstance(number, int) and number < may_be_heard:
            witness.faults.append(f"frame {witness.frames}: utterance {number} was interrupted and went on")
    speaker.join()
    if witness.said[times] != witness.known[times].frames:
        witness.faults.append("the last utterance was not said to its end")
    witness.faults += [
        f"the end of {number} was told {told} times" for number, told in witness.ends.items() if told > 1
    ]
    return witness


def main() -> None:
    """Soak, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0, help="of speech")
    parser.add_argument("--interruptions", type=int, default=1000)
    options = parser.parse_args()
    os.nice(5)
    cv2.setNumThreads(1)
    avatar, process = open_avatar(), psutil.Process()

    talk(avatar, 60.0)  # what is made once is made now
    before, started_s = process.memory_info().rss, time.perf_counter()
    spoken = talk(avatar, options.hours * 3600.0, seed=1)
    took_s, grown = time.perf_counter() - started_s, process.memory_info().rss - before
    speech_s = spoken.said.total() / FRAMES_PER_SECOND
    print(f"{speech_s / 3600:.2f} h of speech in {took_s:.0f} s ({speech_s / took_s:.0f} times as fast as it lasts)")
    print(f"  {spoken.frames:,} frames, {len(spoken.faults)} faults")
    print(f"  {len(spoken.ends):,} utterances, {spoken.ends.total():,} ends")
    print(f"  memory grew by {grown / 1e6:.1f} MB")

    cut = interrupt(avatar, options.interruptions)
    print(f"{options.interruptions:,} interruptions: {cut.frames:,} frames, {len(cut.faults)} faults")
    print(f"  {sum(cut.said[number] > 0 for number in cut.known):,} utterances were begun, {cut.ends.total():,} ended")
    for fault in (spoken.faults + cut.faults)[:20]:
        print("  ", fault)
    if spoken.faults or cut.faults:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
