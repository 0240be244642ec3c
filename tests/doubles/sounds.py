"""Sounds that stand in for speech."""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


def tone(seconds: float, rate_hz: int = 16_000, pitch_hz: float = 220.0) -> Samples:
    """A tone, (samples,) int16, mono."""
    turns = pitch_hz * np.arange(round(seconds * rate_hz)) / rate_hz
    return np.asarray(np.sin(2 * np.pi * turns) * 10_000, np.int16)


def syllables(seconds: float, rate_hz: int = 16_000) -> Samples:
    """A hum that comes and goes four times a second, (samples,) int16, mono."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    swell = 0.5 + 0.5 * np.sin(2 * np.pi * 4 * time_s)
    return np.asarray(9_000 * np.sin(2 * np.pi * 140 * time_s) * swell, np.int16)


def write_wav(path: Path, samples: Samples, rate_hz: int = 16_000) -> Path:
    """Write a WAV of mono samples, (samples,), or of channels, (samples, channels), and return its path."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1 if samples.ndim == 1 else samples.shape[1], 2, rate_hz, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return path
