"""From speech to the mouth that says it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bithuman.engine.audio import Samples
from bithuman.engine.frames import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from bithuman.engine.shape import REST, MouthShape

LOOK_AHEAD_SAMPLES = 2 * SAMPLES_PER_FRAME
"""80 ms: lips move before the sound that they shape, and a closure is seen coming."""

_Hops = npt.NDArray[np.float32]

# Speech is looked at in hops of 10 ms, each through a window of 30 ms: short enough for the closure of a p (50 ms),
# long enough for two periods of a low voice.
_HOP = SAMPLE_RATE_HZ // 100
_WINDOW = 3 * _HOP
_FFT_SIZE = 512
_HOPS_PER_FRAME = SAMPLES_PER_FRAME // _HOP

# Where speech keeps what a mouth shows (Peterson and Barney 1952 for the formants), in Hz:
_VOICE_BAND = (150, 4000)
_JAW_BAND = (450, 1100)  # the first formant of open vowels; that of i and u lies below
_MURMUR_BAND = (100, 400)  # all that is left of a voice behind closed lips
_BACK_BAND = (600, 1300)  # the second formant of rounded vowels
_FRONT_BAND = (1700, 3000)  # that of spread ones
_HISS_BAND = (4000, 7800)  # s, sh and f

# Loudness is measured against the speaker's own: the mouth is shut at the floor and open at the peak, in dB.
_QUIETEST_DB = -58.0
_FIRST_PEAK_DB = -22.0
_LOWEST_PEAK_DB = -42.0
_PEAK_RELEASE_DB = 0.15  # per frame: 4 dB a second
_FLOOR_RISE_DB = 0.2  # per frame: 5 dB a second
_HIGHEST_FLOOR_DB = -34.0
_FLOOR_MARGIN_DB = 8.0

# How much of the way to its target a mouth goes in one frame.
_ATTACK = 0.75
_RELEASE = 0.55
_CORNERS = 0.5

_REST_IS_BELOW = 0.01


class Mouth:
    """Follows one speaker, 40 ms at a time. Each shape depends on the past and on 80 ms of what comes, no more."""

    def __init__(self) -> None:
        self._tail = np.zeros(_HOP, np.int16)
        self._peak_db = _FIRST_PEAK_DB
        self._floor_db = _QUIETEST_DB
        self._shape = REST

    def speak(self, samples: Samples, ahead: Samples) -> MouthShape:
        """The mouth while it says `samples`, shape (640,), before it says `ahead`, shape (1280,); 16 kHz, int16."""
        sound = np.concatenate((self._tail, samples, ahead))
        self._tail = samples[-_HOP:]
        bands = _bands(sound)
        now = slice(0, _HOPS_PER_FRAME)
        self._adapt(bands.voice[now])

        near = slice(0, _HOPS_PER_FRAME + 3)
        span = max(self._peak_db - self._floor_db - _FLOOR_MARGIN_DB, 6.0)
        loudness = np.clip((bands.voice - self._floor_db - _FLOOR_MARGIN_DB) / span, 0.0, 1.0)
        jaw = np.clip(0.55 + (bands.jaw - bands.murmur + 6.0) / 24.0, 0.25, 1.0)
        opening = float((loudness * jaw)[near].mean())
        if loudness[: _HOPS_PER_FRAME + 1].min() == 0.0:
            opening *= 0.3
        weight = loudness[near] + 1e-6
        width = float(np.average(np.clip((bands.front - bands.back + 8.0) / 14.0, -1.0, 1.0)[near], weights=weight))
        audible = loudness[near].max()
        hiss = np.clip((bands.hiss - bands.voice + 4.0) / 10.0, 0.0, 1.0)
        loud_hiss = np.clip((bands.hiss - self._floor_db - _FLOOR_MARGIN_DB) / span, 0.0, 1.0)
        teeth = float((hiss * loud_hiss)[now].max())
        return self._move(MouthShape(opening, width * float(audible), teeth))

    def ease_shut(self) -> MouthShape:
        """The mouth while nothing is said."""
        self._tail = np.zeros(_HOP, np.int16)
        shape = self._move(REST)
        if shape.opening < _REST_IS_BELOW:
            self._shape = shape = REST
        return shape

    def _adapt(self, voice: _Hops) -> None:
        """Follow the speaker's loudness: at once where it leaves the known range, slowly back."""
        self._peak_db = max(float(voice.max()), self._peak_db - _PEAK_RELEASE_DB, _LOWEST_PEAK_DB)
        lowest = max(float(voice.min()), _QUIETEST_DB)
        self._floor_db = min(lowest, self._floor_db + _FLOOR_RISE_DB, _HIGHEST_FLOOR_DB)

    def _move(self, target: MouthShape) -> MouthShape:
        before = self._shape
        speed = _ATTACK if target.opening > before.opening else _RELEASE
        self._shape = MouthShape(
            before.opening + speed * (target.opening - before.opening),
            before.width + _CORNERS * (target.width - before.width),
            before.teeth + _ATTACK * (target.teeth - before.teeth),
        )
        return self._shape


class _Bands(NamedTuple):
    """The level of each band in each hop, dB relative to full scale, shape (hops,)."""

    voice: _Hops
    jaw: _Hops
    murmur: _Hops
    back: _Hops
    front: _Hops
    hiss: _Hops


_TAPER = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
_FREQUENCIES_HZ = np.fft.rfftfreq(_FFT_SIZE, 1 / SAMPLE_RATE_HZ)
_BAND_MASKS = np.stack(
    [
        (low_hz <= _FREQUENCIES_HZ) & (high_hz > _FREQUENCIES_HZ)
        for low_hz, high_hz in (_VOICE_BAND, _JAW_BAND, _MURMUR_BAND, _BACK_BAND, _FRONT_BAND, _HISS_BAND)
    ]
).astype(np.float32)
# Parseval, for a one-sided spectrum of a tapered window: the sum of a band's bins becomes the band's mean square.
_TO_MEAN_SQUARE = np.float32(2.0 / (_FFT_SIZE * np.square(_TAPER).sum() * 32_768.0**2))
_SILENCE = np.float32(1e-12)


def _bands(sound: Samples) -> _Bands:
    windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP] * _TAPER
    power = np.square(np.abs(np.fft.rfft(windows, _FFT_SIZE)))
    return _Bands(*(10.0 * np.log10(_BAND_MASKS @ power.T * _TO_MEAN_SQUARE + _SILENCE)))
