"""From speech to the mouth that says it: what the listening model estimates, and what a mouth does with it."""

import numpy as np

from bithuman.engine.audio import Samples
from bithuman.engine.frames import SAMPLES_PER_FRAME
from bithuman.engine.listener import Estimate, Listener
from bithuman.engine.shape import REST, SILENT, Articulation, MouthShape

LOOK_AHEAD_SAMPLES = 2 * SAMPLES_PER_FRAME
"""80 ms: lips move before the sound that they shape, and a closure is seen coming."""

# How likely p, b or m must be for lips to begin to close, and to be closed. A closure that is missed is seen before
# one too many. Chosen, like the gain, on voices of which neither the training nor the benchmark knows.
_CLOSING, _CLOSED = 0.12, 0.25
_ROUNDING_GAIN = 1.35  # in doubt, the network estimates a mean: less than anybody rounds
# How likely silence must be for a mouth to begin to rest, and to rest.
_RESTING, _RESTED = 0.5, 0.85
_EASE = 0.6  # of the way to rest in one frame
_SHUT = 0.02  # smaller shapes are rest


class Mouth:
    """Follows one speaker, 40 ms at a time. Each shape depends on the past and on 80 ms of what comes, no more."""

    def __init__(self) -> None:
        self._listener = Listener()
        self._heard = b""
        self._last = SILENT

    def speak(self, samples: Samples, ahead: Samples) -> Articulation:
        """The mouth while it says `samples`, shape (640,), before it says `ahead`, shape (1280,); 16 kHz, int16."""
        now = np.concatenate((samples, ahead))
        # The listener has heard what was ahead. Where that is not what came, another utterance begins.
        as_heard = now[:LOOK_AHEAD_SAMPLES].tobytes() == self._heard
        for start in range(LOOK_AHEAD_SAMPLES if as_heard else 0, now.size, SAMPLES_PER_FRAME):
            estimate = self._listener.hear(now[start : start + SAMPLES_PER_FRAME])
        self._heard = now[SAMPLES_PER_FRAME:].tobytes()
        self._last = _articulation(estimate)
        return self._last

    def follow(self, known: Articulation) -> Articulation:
        """The mouth where it is known, and nothing needs to be heard."""
        self._heard = b""
        self._last = known
        return known

    def ease_shut(self) -> Articulation:
        """The mouth while nothing is said."""
        shape, visemes = self._last
        left = MouthShape(*(number * (1.0 - _EASE) for number in shape))
        if max(map(abs, left)) < _SHUT:
            self._last = SILENT
        else:
            self._last = Articulation(left, visemes + np.float32(_EASE) * (SILENT.visemes - visemes))
        return self._last


def _articulation(estimate: Estimate) -> Articulation:
    spoken = 1.0 - _share(float(estimate.visemes[0]), _RESTING, _RESTED)
    opening, width, rounding, upper_lip, _, teeth, tongue = (number * spoken for number in estimate.numbers.tolist())
    shape = MouthShape(
        _share(opening),
        min(max(width, -1.0), 1.0),
        _share(_ROUNDING_GAIN * rounding),
        _share(upper_lip),
        _share(estimate.pressed, _CLOSING, _CLOSED) * spoken,
        _share(teeth),
        _share(tongue),
    )
    return Articulation(shape if max(map(abs, shape)) >= _SHUT else REST, estimate.visemes)


def _share(value: float, low: float = 0.0, high: float = 1.0) -> float:
    """Where a value lies in a range: 0 at and below its start, 1 at and above its end."""
    return min(max((value - low) / (high - low), 0.0), 1.0)
