"""What a voice gives: a piece of speech whose sounds have known times."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import soxr

from bithuman.engine.frames import SAMPLE_RATE_HZ
from bithuman.engine.phonemes import Phone


class Take(NamedTuple):
    """One utterance: 16 kHz samples in [-1, 1], shape (N,), float32, and its sounds in the order of time."""

    samples: npt.NDArray[np.float32]
    phones: list[Phone]


def take(samples: npt.NDArray[np.float32], rate_hz: int, phones: list[Phone], lag_s: float = 0.0) -> Take:
    """A take from a voice that samples at `rate_hz` and tells the times of its sounds `lag_s` too late."""
    resampled = soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ).astype(np.float32)
    return Take(resampled, [Phone(phone.symbol, phone.start_s - lag_s, phone.end_s - lag_s) for phone in phones])
