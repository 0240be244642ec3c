"""From phones whose times are known to the mouth that says them.

Each phone asks for a shape, and says of each number of the shape how much it cares: p must close the lips and leaves
their width to its neighbours; u rounds them well before it begins. A number at a moment is the mean of what the phones
around it ask for, weighed by how much each cares and how near it is (dominance functions: Cohen and Massaro, "Modeling
coarticulation in synthetic visual speech", 1993).
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bithuman.engine.frames import FRAMES_PER_SECOND
from bithuman.engine.shape import VISEMES, Articulation, MouthShape

HOPS_PER_FRAME = 4
"""A frame is looked at four times, 10 ms apart: the closure of a p may be shorter than a frame."""

Array = npt.NDArray[np.float32]

_REACH_S = 0.4
_CLOSURE = MouthShape._fields.index("closure")


class Phone(NamedTuple):
    """One sound of speech: a symbol of the International Phonetic Alphabet, or an empty one for silence."""

    symbol: str
    start_s: float
    end_s: float


class Target(NamedTuple):
    """What a phone asks of the mouth, and how much it cares: 0 not at all, 1 as a vowel does."""

    viseme: str
    shape: MouthShape
    care: MouthShape


# How far from its phone a wish is still felt, falling by e: lips round early, and close and open at once.
_SPREAD_S = MouthShape(
    opening=0.035, width=0.06, rounding=0.07, upper_lip=0.04, closure=0.01, teeth=0.025, tongue=0.025
)
_VISEME_SPREAD_S = 0.02

_ROUNDED = "ʷ"
_FREE = MouthShape(opening=0.2, width=0.2, rounding=0.2, upper_lip=0.2, closure=1.0, teeth=0.3, tongue=0.5)
_SILENCE = Target(
    "sil",
    MouthShape(),
    MouthShape(opening=1.0, width=0.5, rounding=0.3, upper_lip=1.0, closure=1.0, teeth=1.0, tongue=1.0),
)
_UNKNOWN = Target("kk", MouthShape(opening=0.3), _FREE)


def _vowel(viseme: str, opening: float, width: float, rounding: float = 0.0, upper_lip: float = 0.0) -> Target:
    return Target(viseme, MouthShape(opening, width, rounding, upper_lip), MouthShape(*[1.0] * 7))


def _consonant(viseme: str, shape: MouthShape, **care: float) -> Target:
    return Target(viseme, shape, _FREE._replace(**care))


_VOWELS = {
    "i": _vowel("ih", 0.20, 0.7, upper_lip=0.2),
    "ɪ": _vowel("ih", 0.30, 0.5, upper_lip=0.1),
    "ᵻ": _vowel("ih", 0.30, 0.5, upper_lip=0.1),
    "ɨ": _vowel("ih", 0.25, 0.2),
    "ɯ": _vowel("ih", 0.25, 0.1),
    "y": _vowel("ou", 0.20, -0.2, 0.9),
    "ʏ": _vowel("ou", 0.25, -0.1, 0.7),
    "ʉ": _vowel("ou", 0.20, -0.2, 0.8),
    "u": _vowel("ou", 0.20, -0.3, 1.0),
    "ʊ": _vowel("ou", 0.30, -0.1, 0.7),
    "e": _vowel("E", 0.35, 0.5, upper_lip=0.2),
    "ø": _vowel("ou", 0.35, -0.1, 0.7),
    "ɘ": _vowel("E", 0.35, 0.2),
    "ɵ": _vowel("oh", 0.35, -0.1, 0.6),
    "ɤ": _vowel("E", 0.45, 0.1),
    "o": _vowel("oh", 0.45, -0.2, 0.8),
    "ə": _vowel("E", 0.35, 0.1),
    "ɛ": _vowel("E", 0.55, 0.35, upper_lip=0.3),
    "œ": _vowel("oh", 0.50, -0.1, 0.6),
    "ɜ": _vowel("E", 0.45, 0.1),
    "ɞ": _vowel("oh", 0.50, 0.0, 0.4),
    "ʌ": _vowel("aa", 0.60, 0.1),
    "ɔ": _vowel("oh", 0.60, -0.1, 0.6),
    "æ": _vowel("aa", 0.75, 0.35, upper_lip=0.3),
    "ɐ": _vowel("aa", 0.65, 0.1),
    "a": _vowel("aa", 0.85, 0.15),
    "ɶ": _vowel("aa", 0.80, 0.0, 0.4),
    "ɑ": _vowel("aa", 0.90, 0.0),
    "ɒ": _vowel("oh", 0.75, -0.1, 0.4),
    "ɚ": _vowel("RR", 0.35, 0.0, 0.3),
    "ɝ": _vowel("RR", 0.40, 0.0, 0.3),
}

_PRESSED = _consonant("PP", MouthShape(closure=1.0), closure=4.0, teeth=1.0, width=0.1, rounding=0.1)
_BITE = _consonant("FF", MouthShape(0.06, 0.1, upper_lip=0.3, teeth=1.0), opening=2.5, teeth=4.0, closure=4.0)
_TONGUE_OUT = _consonant("TH", MouthShape(0.20, 0.2, teeth=0.5, tongue=1.0), opening=1.5, teeth=2.0, tongue=3.0)
_TONGUE_UP = _consonant("DD", MouthShape(0.15, 0.2, teeth=0.5, tongue=0.4), opening=1.0, teeth=1.5, tongue=2.0)
_NASAL = _consonant("nn", MouthShape(0.20, 0.2, teeth=0.3, tongue=0.6), opening=1.0, teeth=1.0, tongue=2.0)
_HISS = _consonant("SS", MouthShape(0.10, 0.4, upper_lip=0.3, teeth=1.0), opening=2.0, teeth=3.0, width=0.5)
_HUSH = _consonant(
    "CH", MouthShape(0.15, 0.0, 0.6, upper_lip=0.3, teeth=0.8), opening=2.0, teeth=3.0, rounding=1.5, width=0.5
)
_BRIGHT_HUSH = _consonant("CH", MouthShape(0.15, 0.3, teeth=0.7), opening=1.5, teeth=2.0, width=0.5)
_BACK = _consonant("kk", MouthShape(0.25), opening=0.6)
_BREATH = _consonant("kk", MouthShape(0.35))
_R = _consonant("RR", MouthShape(0.25, 0.0, 0.4), opening=1.0, rounding=0.8)
_TRILL = _consonant("RR", MouthShape(0.25, tongue=0.4), opening=1.0, tongue=1.0)
_ROUND_GLIDE = _consonant("ou", MouthShape(0.12, -0.3, 1.0), opening=1.5, rounding=2.5, width=1.0)
_SPREAD_GLIDE = _consonant("ih", MouthShape(0.18, 0.6), opening=1.0, width=1.0)

_TARGETS = {
    **_VOWELS,
    **dict.fromkeys("pbmɓ", _PRESSED),
    **dict.fromkeys("fvɱⱱʋ", _BITE),
    **dict.fromkeys("θð", _TONGUE_OUT),
    **dict.fromkeys("tdʈɖɗɾ", _TONGUE_UP),
    **dict.fromkeys("nɳɲlɫɭʎɬɮ", _NASAL),
    **dict.fromkeys("sz", _HISS),
    **dict.fromkeys("ʃʒʂʐ", _HUSH),
    **dict.fromkeys("ɕʑçʝ", _BRIGHT_HUSH),
    **dict.fromkeys("kɡgŋxɣqɢχɴcɟ", _BACK),
    **dict.fromkeys("hɦħʔʕ", _BREATH),
    **dict.fromkeys("ɹɻʁʀ", _R),
    **dict.fromkeys("rɽ", _TRILL),
    **dict.fromkeys("wʍɥβɸ", _ROUND_GLIDE),
    **dict.fromkeys("jɰ", _SPREAD_GLIDE),
}


def articulate(phones: Sequence[Phone], first_frame: int, frames: int) -> list[Articulation]:
    """The mouth in `frames` frames of 40 ms, the first of which begins at `first_frame` / 25 seconds.

    Args:
        phones: in the order of time, on the clock of the frames; a gap between two counts as silence. Those that end
            or begin more than 0.4 s away change nothing.
    """
    start_s = first_frame / FRAMES_PER_SECOND
    hop_s = 1.0 / (FRAMES_PER_SECOND * HOPS_PER_FRAME)
    shapes, visemes = trace(phones, np.asarray(start_s + (np.arange(frames * HOPS_PER_FRAME) + 0.5) * hop_s))
    by_frame = shapes.reshape(frames, HOPS_PER_FRAME, -1)
    means = by_frame.mean(axis=1)
    means[:, _CLOSURE] = by_frame[:, :, _CLOSURE].max(axis=1)
    mixes = visemes.reshape(frames, HOPS_PER_FRAME, -1).mean(axis=1)
    return [Articulation(MouthShape(*map(float, mean)), mix) for mean, mix in zip(means, mixes, strict=True)]


def trace(phones: Sequence[Phone], times_s: npt.NDArray[np.float64]) -> tuple[Array, Array]:
    """The shape, (moments, 7), and the mix of visemes, (moments, 15), at each moment of a rising list."""
    sounds = [
        sound
        for phone in _filled(phones, times_s)
        if phone.end_s > times_s[0] - _REACH_S and phone.start_s < times_s[-1] + _REACH_S
        for sound in _split(phone)
    ]
    targets = [target_of(sound.symbol) for sound in sounds]
    starts, ends = (np.array([getattr(sound, side) for sound in sounds]) for side in ("start_s", "end_s"))
    away_s = np.maximum(np.maximum(starts - times_s[:, None], times_s[:, None] - ends), 0.0)

    wanted, care = (np.array([getattr(target, part) for target in targets]) for part in ("shape", "care"))
    weight = care * np.exp(-away_s[..., None] / np.array(_SPREAD_S)) + 1e-9
    shapes = (weight * wanted).sum(axis=1) / weight.sum(axis=1)

    which = np.array([VISEMES.index(target.viseme) for target in targets])
    nearness = np.exp(-away_s / _VISEME_SPREAD_S)
    mixes = nearness @ np.eye(len(VISEMES))[which] + 1e-9 * np.eye(len(VISEMES))[0]
    return shapes.astype(np.float32), (mixes / mixes.sum(axis=1, keepdims=True)).astype(np.float32)


@lru_cache(maxsize=1024)
def target_of(symbol: str) -> Target:
    """What one sound asks for: its last known letter, changed by a mark of rounding; hardly anything where none is."""
    if not symbol:
        return _SILENCE
    letters = [letter for letter in unicodedata.normalize("NFD", symbol) if letter in _TARGETS]
    if not letters:
        return _UNKNOWN
    target = _TARGETS[letters[-1]]
    if _ROUNDED in symbol:
        return target._replace(shape=target.shape._replace(rounding=0.8), care=target.care._replace(rounding=1.0))
    return target


def _filled(phones: Sequence[Phone], times_s: npt.NDArray[np.float64]) -> list[Phone]:
    """The phones, and a silence wherever there is none."""
    filled: list[Phone] = []
    end_s = float(times_s[0]) - 1.0
    for phone in phones:
        if phone.start_s > end_s + 1e-4:
            filled.append(Phone("", end_s, phone.start_s))
        filled.append(phone)
        end_s = max(end_s, phone.end_s)
    return [*filled, Phone("", end_s, max(end_s, float(times_s[-1])) + 1.0)]


def _split(phone: Phone) -> list[Phone]:
    """A diphthong's two vowels, each in its half. An affricate is its second half, seen from the start."""
    letters = [letter for letter in unicodedata.normalize("NFD", phone.symbol) if letter in _TARGETS]
    if len(letters) < 2 or letters[0] not in _VOWELS:
        return [phone]
    length_s = (phone.end_s - phone.start_s) / len(letters)
    return [
        Phone(letter, phone.start_s + i * length_s, phone.start_s + (i + 1) * length_s)
        for i, letter in enumerate(letters)
    ]
