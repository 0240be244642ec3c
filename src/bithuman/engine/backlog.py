"""Speech that waits to be spoken."""

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from bithuman.engine.audio import Resampler, Samples, check_rate
from bithuman.engine.frames import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from bithuman.engine.mouth import LOOK_AHEAD_SAMPLES
from bithuman.engine.phonemes import Phone
from bithuman.engine.script import Script
from bithuman.engine.shape import Articulation
from bithuman.errors import RuntimeNotReadyError

LIMIT_S = 2 * 60 * 60.0
"""The most that may wait: two hours are 230 MB at 16 kHz. A live source in front of a paused session stops here."""

QUIET_FRAMES = 12
"""Half a second in which nothing was pushed. Then the look-ahead is not waited for any longer. A voice may report the
end of a reply seconds after its last sound, or think between two sentences, and would be cut off before that."""

_NEEDED_SAMPLES = SAMPLES_PER_FRAME + LOOK_AHEAD_SAMPLES
_BYTES_PER_SAMPLE = 2


class Sound(NamedTuple):
    """What one talking frame says, and what comes after it. Both are 16 kHz, int16, padded with silence at the end."""

    samples: Samples
    """Shape (640,)."""
    ahead: Samples
    """Shape (LOOK_AHEAD_SAMPLES,)."""
    last: bool
    """Whether the utterance ends with this frame."""
    source: Hashable | None
    """What its utterance was pushed with."""
    articulation: Articulation | None = None
    """The mouth that says it, where that is known; else it is listened for."""


class Backlog:
    """Utterances in their order, kept as they came and resampled only as they are spoken.

    So taking an hour of speech in is one copy, and nobody waits for it. Not thread-safe: the engine holds a lock.
    """

    def __init__(self) -> None:
        self._utterances: deque[_Utterance] = deque()
        self._frames_since_push = 0

    @property
    def seconds(self) -> float:
        """How much waits."""
        return sum(utterance.seconds for utterance in self._utterances)

    def push(
        self,
        pcm: bytes,
        sample_rate: int,
        source: Hashable | None = None,
        phones: Sequence[Phone] | None = None,
    ) -> None:
        """Add 16-bit little-endian mono PCM to the open utterance, or open one with it, whose mark is `source`.

        Args:
            phones: those that begin in it or, where they are known already, later, in seconds after its first sample;
                None where they are not known, and it is listened for how the mouth moves.

        Raises:
            ValueError: the rate is outside 8000 to 48000 Hz.
            RuntimeNotReadyError: more than two hours would wait.
        """
        check_rate(sample_rate)
        if self.seconds + len(pcm) / (_BYTES_PER_SAMPLE * sample_rate) > LIMIT_S:
            raise RuntimeNotReadyError(
                f"More than {LIMIT_S / 3600:.0f} hours of speech would wait to be spoken.",
                cure="Push it in pieces as frames are read, or interrupt() to drop what waits.",
            )
        if not self._utterances or self._utterances[-1].ended:
            self._utterances.append(_Utterance(source))
        self._utterances[-1].push(pcm, sample_rate, phones)
        self._frames_since_push = 0

    def end(self) -> None:
        """Close the open utterance, if there is one."""
        if self._utterances:
            self._utterances[-1].ended = True

    def clear(self) -> None:
        """Drop everything."""
        self._utterances.clear()

    def ready(self) -> bool:
        """Whether `take` would give sound."""
        while self._utterances:
            utterance = self._utterances[0]
            waiting = utterance.prepare(_NEEDED_SAMPLES)
            if waiting >= _NEEDED_SAMPLES:
                return True
            if not utterance.ended:
                # One frame stays: it has to say whether it is the last.
                return waiting > SAMPLES_PER_FRAME and self._frames_since_push >= QUIET_FRAMES
            if waiting > 0:
                return True
            self._utterances.popleft()
        return False

    def take(self) -> Sound | None:
        """The sound of the next frame, or None while too little is there to say it and look ahead."""
        ready = self.ready()
        self._frames_since_push += 1
        if not ready:
            return None
        utterance = self._utterances[0]
        sound = utterance.take()
        if sound.last:
            self._utterances.popleft()
        return sound


@dataclass(slots=True)
class _Run:
    """Neighbouring pieces of one rate. As bytes, so that a sample cut in two by its sender grows together again."""

    sample_rate: int
    pcm: bytearray = field(default_factory=bytearray)

    @property
    def samples(self) -> int:
        return len(self.pcm) // _BYTES_PER_SAMPLE

    def look(self, samples: int) -> Samples:
        size = _BYTES_PER_SAMPLE * min(samples, self.samples)
        return np.frombuffer(bytes(self.pcm[:size]), dtype="<i2").astype(np.int16, copy=False)

    def take(self, samples: int) -> Samples:
        taken = self.look(samples)
        del self.pcm[: _BYTES_PER_SAMPLE * taken.size]
        return taken


class _Utterance:
    """What is said in one breath: raw runs at one end, 16 kHz samples at the other."""

    def __init__(self, source: Hashable | None) -> None:
        self.ended = False
        self._source = source
        self._runs: deque[_Run] = deque()
        self._resampler: Resampler | None = None
        self._sound = _Run(SAMPLE_RATE_HZ)
        self._script = Script()
        self._pushed_s = 0.0
        self._frames = 0

    @property
    def seconds(self) -> float:
        return self._sound.samples / SAMPLE_RATE_HZ + sum(run.samples / run.sample_rate for run in self._runs)

    def push(self, pcm: bytes, sample_rate: int, phones: Sequence[Phone] | None) -> None:
        if not self._runs or self._runs[-1].sample_rate != sample_rate:
            self._runs.append(_Run(sample_rate))
        self._runs[-1].pcm += pcm
        self._script.add(self._pushed_s, phones)
        self._pushed_s += len(pcm) / (_BYTES_PER_SAMPLE * sample_rate)

    def prepare(self, samples: int) -> int:
        """Resample until `samples` are ready or nothing more can be. Returns how many are."""
        while self._runs and self._sound.samples < samples:
            run = self._runs[0]
            if self._resampler is None:
                self._resampler = Resampler(run.sample_rate)
            if run.samples:
                # As much as a frame lasts, rounded up: enough to come on, never so much that the frame is late.
                self._hear(self._resampler.process(run.take(run.sample_rate * SAMPLES_PER_FRAME // SAMPLE_RATE_HZ + 1)))
            elif self.ended or len(self._runs) > 1:
                # The run is over. A byte that is left of it is half a sample whose other half never came.
                self._hear(self._resampler.finish())
                self._resampler = None
                self._runs.popleft()
            else:
                break
        return self._sound.samples

    def take(self) -> Sound:
        """The next frame's sound; `prepare` said that it is there."""
        samples = self._sound.take(SAMPLES_PER_FRAME)
        ahead = self._sound.look(LOOK_AHEAD_SAMPLES)
        articulation = self._script.at(self._frames)
        self._frames += 1
        # Only an utterance that has ended, or that stalls, is spoken without all of its look-ahead.
        return Sound(
            _padded(samples, SAMPLES_PER_FRAME),
            _padded(ahead, LOOK_AHEAD_SAMPLES),
            last=ahead.size == 0,
            source=self._source,
            articulation=articulation,
        )

    def _hear(self, samples: Samples) -> None:
        self._sound.pcm += samples.astype("<i2", copy=False).tobytes()


def _padded(samples: Samples, size: int) -> Samples:
    return samples if samples.size == size else np.pad(samples, (0, size - samples.size))
