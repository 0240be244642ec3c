"""From speech to the mouth that says it, by what phonetics says of the spectrum.

How far the jaw is down shows in loudness and in the first formant; whether the lips are spread or rounded, in the
second (Peterson and Barney, "Control methods used in a study of the vowels", 1952); teeth, in the hiss of s and sh.
The decibels below were chosen on synthetic speech whose phones were known, heard also higher, deeper and softer.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bithuman.engine.audio import Samples
from bithuman.engine.frames import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from bithuman.engine.shape import REST, SILENT, VISEMES, Articulation, MouthShape

LOOK_AHEAD_SAMPLES = 2 * SAMPLES_PER_FRAME
"""80 ms: lips move before the sound that they shape, and a closure is seen coming."""

Hops = npt.NDArray[np.float32]
"""One number for each hop of 10 ms, shape (hops,)."""

# A hop is seen through a window of 30 ms: short enough for the closure of a p, long enough for a low voice's periods.
_HOP = SAMPLE_RATE_HZ // 100
_WINDOW = 3 * _HOP
_FFT_SIZE = 512
_HOPS = SAMPLES_PER_FRAME // _HOP

# What is heard at once: 40 ms of the past, the frame, and 40 ms ahead. Within it, the hops of the frame itself, those
# around it that a jaw, which is slow, moves for, and those among which a closure is looked for.
_PAST_SAMPLES = SAMPLES_PER_FRAME + _HOP
_NOW = slice(_HOPS, 2 * _HOPS)
_AROUND = slice(_HOPS // 2, None)
_CLOSE = slice(_HOPS - 1, 2 * _HOPS - 1)

# In Hz. `mouth` is what gets out of it: behind closed lips, only the murmur below is left.
_BANDS_HZ = {
    "mouth": (400, 4000),
    "murmur": (100, 400),
    "low": (400, 850),
    "jaw": (600, 1200),
    "back": (850, 1200),
    "middle": (1200, 1600),
    "front": (1600, 2800),
    "top": (2100, 2800),
    "voice": (100, 850),
    "hiss": (2800, 5500),
    "hush": (2100, 4000),
    "sharp": (5500, 7800),
}

# The speaker's loudness goes from a floor to a peak, in dB of full scale; between them the mouth goes from shut to
# open. Both follow the speech at once where it leaves them and come back slowly, so that a whisper and a shout move
# the mouth alike, and steady noise does not.
_LOWEST_FLOOR_DB = -72.0  # digital silence is softer than any room
_HIGHEST_FLOOR_DB = -38.0  # what is louder may be a long vowel; the floor begins here and falls to what it hears
_LOWEST_PEAK_DB = -48.0  # what is softer is no speech; the peak begins here and rises to what it hears
_FLOOR_RISE_DB = 0.2  # per frame: 5 dB a second
_PEAK_FALL_DB = 0.15  # per frame: 4 dB a second
_ABOVE_FLOOR_DB = 6.0  # noise wavers by this much
_BELOW_PEAK_DB = 5.5  # not only the loudest vowel opens the mouth wide
_REACH_DB = 36.0  # what is softer than the peak by more leaves the mouth shut however quiet the room is
_LEAST_SPAN_DB = 12.0  # the mouth of a soft voice in a loud room does not flap
_LOUDNESS_POWER = 0.8  # below 1 lifts the middle: most speech is softer than half

# Where a feature begins to show and where it is fully there: differences between two bands, in dB.
_JAW_DB = (-30.0, 0.0)  # the jaw's band over the murmur
_BRIGHT_DB = (-16.0, -4.0)  # the front band over the low one: front vowels
_PEAKED_DB = (-2.0, 16.0)  # the top of the front band over the middle: i and e more than the rest
_DARK_DB = (-28.0, -20.0)  # the front band over the low one again: below it, back vowels
_HOLLOW_DB = (5.0, 10.0)  # the low band over the back one: o, u and w, not a
_STRETCHED_DB = (-4.0, 6.0)  # the jaw's band over the murmur again: a jaw so low stretches rounded lips
_HISS_DB = (-2.0, 12.0)  # the hiss over what a voice has: s, z, sh
_HUSH_DB = (0.0, 6.0)  # sh over s

_LEAST_JAW = 0.55  # of i and u, as a share of the opening that their loudness asks for
_HISS_CLOSES = 0.8  # s is loud behind closed teeth
_HISS_WIDTH, _HUSH_WIDTH = 0.2, -0.5  # s draws the corners apart a little, sh rounds the lips

# How much of a frame's opening is the mean around it; the rest is its least, so that a short closure is seen.
_MEAN_SHARE = 0.6

# How much of the way to its target the mouth goes in one frame: open, shut, and the rest.
_OPEN_SPEED, _SHUT_SPEED, _SPEED = 0.7, 0.85, 0.7
_SHUT = 0.01  # smaller shapes are rest


class _Bands(NamedTuple):
    """The level of each band in each hop, in dB of full scale."""

    mouth: Hops
    murmur: Hops
    low: Hops
    jaw: Hops
    back: Hops
    middle: Hops
    front: Hops
    top: Hops
    voice: Hops
    hiss: Hops
    hush: Hops
    sharp: Hops


class Mouth:
    """Follows one speaker, 40 ms at a time. Each shape depends on the past and on 40 ms of what comes, no more."""

    def __init__(self) -> None:
        self._past = np.zeros(_PAST_SAMPLES, np.int16)
        self._floor_db = _HIGHEST_FLOOR_DB
        self._peak_db = _LOWEST_PEAK_DB
        self._shape = REST

    def speak(self, samples: Samples, ahead: Samples) -> Articulation:
        """The mouth while it says `samples`, shape (640,), before it says `ahead`, shape (1280,); 16 kHz, int16."""
        sound = np.concatenate((self._past, samples, ahead[:SAMPLES_PER_FRAME]))
        self._past = sound[SAMPLES_PER_FRAME:][:_PAST_SAMPLES]
        bands = _hear(sound)
        return _articulation(self._move(_target(bands, self._range_db(bands.mouth))))

    def ease_shut(self) -> Articulation:
        """The mouth while nothing is said."""
        self._past = np.zeros(_PAST_SAMPLES, np.int16)
        return _articulation(self._move(REST))

    def _range_db(self, mouth_db: Hops) -> tuple[float, float]:
        """The loudness at which this speaker's mouth is shut, and that at which it is wide open."""
        self._peak_db = max(float(mouth_db.max()), self._peak_db - _PEAK_FALL_DB, _LOWEST_PEAK_DB)
        softest_db = max(float(mouth_db[_NOW].min()), _LOWEST_FLOOR_DB)
        self._floor_db = min(softest_db, self._floor_db + _FLOOR_RISE_DB, _HIGHEST_FLOOR_DB)
        shut_db = max(self._floor_db + _ABOVE_FLOOR_DB, self._peak_db - _REACH_DB)
        return shut_db, max(self._peak_db - _BELOW_PEAK_DB, shut_db + _LEAST_SPAN_DB)

    def _move(self, target: MouthShape) -> MouthShape:
        speed = _OPEN_SPEED if target.opening > self._shape.opening else _SHUT_SPEED
        opening, width, teeth = (
            before + pace * (after - before)
            for before, after, pace in (
                (self._shape.opening, target.opening, speed),
                (self._shape.width, target.width, _SPEED),
                (self._shape.teeth, target.teeth, _SPEED),
            )
        )
        shut = max(opening, abs(width), teeth) <= _SHUT
        self._shape = REST if shut else MouthShape(opening, width, teeth=teeth)
        return self._shape


def _articulation(shape: MouthShape) -> Articulation:
    """The visemes are a guess until a model hears them."""
    mix = np.zeros(len(VISEMES), np.float32)
    mix[VISEMES.index("aa")] = shape.opening
    mix[0] = 1.0 - shape.opening
    return Articulation(shape, mix) if shape != REST else SILENT


def _target(bands: _Bands, range_db: tuple[float, float]) -> MouthShape:
    """The shape that the sound asks for, before the mouth's own slowness."""
    loudness = _share(bands.mouth, range_db) ** _LOUDNESS_POWER
    jaw = bands.jaw - bands.murmur
    bright = bands.front - bands.low
    hiss = _share(bands.hiss - bands.voice, _HISS_DB)
    hush = _share(bands.hush - bands.sharp, _HUSH_DB)

    spread = _share(bright, _BRIGHT_DB) * _share(bands.top - bands.middle, _PEAKED_DB)
    hollow = _share(bands.low - bands.back, _HOLLOW_DB) * (1.0 - _share(bright, _DARK_DB))
    vowel_width = spread - hollow * (1.0 - _share(jaw, _STRETCHED_DB))
    hiss_width = _HISS_WIDTH + (_HUSH_WIDTH - _HISS_WIDTH) * hush
    width = vowel_width + hiss * (hiss_width - vowel_width)
    weight = loudness[_AROUND]

    opening = loudness * np.maximum(_share(jaw, _JAW_DB), _LEAST_JAW) * (1.0 - _HISS_CLOSES * hiss)
    least = float(opening[_CLOSE].min())
    mean = float(opening[_AROUND].mean())
    return MouthShape(
        opening=_MEAN_SHARE * mean + (1.0 - _MEAN_SHARE) * least if least > 0.0 else 0.0,
        width=float((width[_AROUND] * weight).sum() / (weight.sum() + 1e-6) * min(1.0, 1.5 * weight.max())),
        teeth=float((hiss * np.sqrt(_share(bands.hiss, range_db)))[_NOW].max()),
    )


def _share(values: Hops, range_db: tuple[float, float]) -> Hops:
    """Where values lie in a range: 0 at and below its start, 1 at and above its end."""
    low, high = range_db
    shares: Hops = np.clip((values - low) / (high - low), 0.0, 1.0)
    return shares


_TAPER = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
_BINS_HZ = np.fft.rfftfreq(_FFT_SIZE, 1 / SAMPLE_RATE_HZ)
_MASKS = np.stack([(low <= _BINS_HZ) & (high > _BINS_HZ) for low, high in _BANDS_HZ.values()]).astype(np.float32)
# Parseval's theorem for half a spectrum of tapered int16 samples: the bins of a band add up to its mean square.
_TO_MEAN_SQUARE = np.float32(2.0 / (_FFT_SIZE * np.square(_TAPER).sum() * 32_768.0**2))
_SILENCE = np.float32(1e-12)


def _hear(sound: Samples) -> _Bands:
    windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP] * _TAPER
    power = np.square(np.abs(np.fft.rfft(windows, _FFT_SIZE)))
    levels = 10.0 * np.log10(_MASKS @ power.T * _TO_MEAN_SQUARE + _SILENCE)
    return _Bands(**dict(zip(_BANDS_HZ, levels, strict=True)))
