"""Something to say."""

import numpy as np

SAMPLE_RATE_HZ = 16_000


def speech(seconds: float, sample_rate: int = SAMPLE_RATE_HZ) -> bytes:
    """A hum that swells three times a second, 16-bit mono PCM. No 40 ms of it are silent."""
    time_s = np.arange(round(seconds * sample_rate)) / sample_rate
    voice = sum(np.sin(2 * np.pi * 120 * harmonic * time_s + harmonic) / harmonic for harmonic in range(1, 20))
    loudness = 0.55 - 0.45 * np.cos(2 * np.pi * 3 * time_s)
    return (4_000 * voice * loudness).astype("<i2").tobytes()
