"""What the listening model hears of speech: levels in 40 bands, 100 times a second, as if said by the same voice,
into the same microphone, at the same distance.

A level counts from the strongest band of the last seconds, so that a soft voice sounds like a loud one; then from the
mean of its own band while somebody spoke, which takes away what the microphone and the room colour.
"""

import numpy as np
import numpy.typing as npt

from bithuman.engine.audio import Samples
from bithuman.engine.frames import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME

HOP = SAMPLE_RATE_HZ // 100
HOPS_PER_FRAME = SAMPLES_PER_FRAME // HOP
WINDOW = 400
"""25 ms: short enough for the closure of a p, long enough for a low voice's periods. A hop's window ends with it."""
BANDS = 40
FEATURES = BANDS + 1
"""The bands, and how far the strongest is below the strongest of the last seconds."""

Floats = npt.NDArray[np.float32]

_FFT_SIZE = 512
_BINS = _FFT_SIZE // 2 + 1
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 7_800.0
_LEAST_REACH_HZ = 120.0  # of a band to both sides: so wide that the harmonics of a high voice are not separated
# Scaled by Parseval's theorem for half a spectrum of int16 samples: the power of a band's bins is its mean square.
_HANN = np.hanning(WINDOW + 1)[:-1]
_TAPER = (_HANN * np.sqrt(2.0 / (_FFT_SIZE * np.square(_HANN).sum())) / 32_768.0).astype(np.float32)
_PAST = WINDOW - HOP
_EQUALLY = np.full(HOPS_PER_FRAME, 1.0 / HOPS_PER_FRAME, np.float32)

# Levels are in bels of full scale.
_SILENCE = np.float32(1e-9)
_LEAST_PEAK = -5.5  # what is softer is no speech
_PEAK_FALL = 0.016  # per frame: 4 dB a second
_DEPTH = np.float32(-6.0)  # 60 dB below the peak there is nothing to hear
_SPOKEN = 2.0  # a frame within 20 dB of the peak is speech
_MEMORY_FRAMES = 75.0  # the mean forgets in three seconds of speech
_FIRST_FRAMES = 5.0  # how many frames of speech the mean of all voices stands for at the start


def power_spectra(sound: Floats) -> Floats:
    """The power of each bin in each hop, shape (hops, 257), of sound on int16's scale, shape (240 + 160 * hops,)."""
    return _power(_windows(sound))


def mel_bank(warp: float = 1.0) -> Floats:
    """How much of each bin is in each band, shape (257, 40): triangles as wide as the ear's (O'Shaughnessy 1987).

    Args:
        warp: above 1 for the bands of a voice whose resonances are that much higher.
    """
    edges_mel = np.linspace(_mel(_LOWEST_HZ), _mel(_HIGHEST_HZ), BANDS + 2)
    edges_hz = np.minimum(700.0 * (10.0 ** (edges_mel / 2595.0) - 1.0) * warp, SAMPLE_RATE_HZ / 2 - 1)
    bins_hz = np.arange(_BINS)[:, np.newaxis] * SAMPLE_RATE_HZ / _FFT_SIZE
    middle = edges_hz[1:-1]
    low, high = np.minimum(edges_hz[:-2], middle - _LEAST_REACH_HZ), np.maximum(edges_hz[2:], middle + _LEAST_REACH_HZ)
    bank: Floats = np.minimum((bins_hz - low) / (middle - low), (high - bins_hz) / (high - middle))
    return np.maximum(bank, 0.0, dtype=np.float32, casting="same_kind")


def _mel(hz: float) -> float:
    return float(2595.0 * np.log10(1.0 + hz / 700.0))


def levels(band_powers: Floats) -> Floats:
    """Power in bels."""
    loud: Floats = np.log10(band_powers + _SILENCE)
    return loud


class Normalizer:
    """Follows the loudness and the colour of one stream.

    Args:
        typical: the mean levels of all voices below their peak, shape (40,): where it starts.
    """

    def __init__(self, typical: Floats) -> None:
        self._peak = _LEAST_PEAK
        self._mean = typical.copy()
        self._frames = _FIRST_FRAMES

    def __call__(self, frame: Floats) -> Floats:
        """The features of a frame, shape (4, 41), whose levels are `frame`, shape (4, 40)."""
        strongest = frame.max(axis=1)
        loudest = float(strongest.max())
        self._peak = max(self._peak - _PEAK_FALL, loudest, _LEAST_PEAK)
        features = np.empty((HOPS_PER_FRAME, FEATURES), np.float32)
        features[:, :BANDS] = frame
        features[:, BANDS] = strongest
        features -= np.float32(self._peak)
        np.maximum(features, _DEPTH, out=features)
        below = features[:, :BANDS]
        if loudest > self._peak - _SPOKEN:
            self._frames = min(self._frames + 1.0, _MEMORY_FRAMES)
            self._mean += (_EQUALLY @ below - self._mean) * np.float32(1.0 / self._frames)
        below -= self._mean
        return features


class Ear:
    """Turns one stream of sound into features, 40 ms at a time.

    Args:
        typical: where the normalizer starts, shape (40,).
    """

    def __init__(self, typical: Floats) -> None:
        self._normalize = Normalizer(typical)
        self._sound = np.zeros(_PAST + SAMPLES_PER_FRAME, np.float32)
        self._windows = _windows(self._sound)

    def hear(self, samples: Samples) -> Floats:
        """The features of the next 640 samples, shape (4, 41)."""
        self._sound[:_PAST] = self._sound[SAMPLES_PER_FRAME:]
        self._sound[_PAST:] = samples
        return self._normalize(levels(_power(self._windows) @ _BANK))


def _windows(sound: Floats) -> Floats:
    """What each hop sees of a sound: a view that follows its changes, shape (hops, 400)."""
    return np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[::HOP]


def _power(windows: Floats) -> Floats:
    spectra = np.fft.rfft(windows * _TAPER, _FFT_SIZE)
    power: Floats = np.square(spectra.real)
    power += np.square(spectra.imag)
    return power


_BANK = mel_bank()
