"""Other speakers, rooms, microphones, lines and noises, made of what was said in a quiet studio.

All of it happens to the power in each band of each hop: there, sounds add up, a longer vocal tract is a warped scale,
a microphone is a factor, and a room is a tail that fades.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from bithuman.engine.features import BANDS, levels, mel_bank
from tools.train_mouth.corpus import HOPS_PER_SECOND, Lesson

_WARPS = tuple(mel_bank(float(warp)) for warp in np.geomspace(0.82, 1.25, 21))
_WIDEST_PAUSE_HOPS = 120
_SILENCE_BELS = -9.0
_MEAN_POWER = 1.5e-4  # in a band, of speech as loud as the takes are
_MUTE_SHARE = 0.05  # of the excerpts, in which nobody speaks

Floats = npt.NDArray[np.float32]


class Excerpt(NamedTuple):
    """So many hops of speech as somebody else would say it somewhere else, and the mouth that says it."""

    levels: Floats
    """Bels, shape (hops, 40)."""
    shapes: Floats
    visemes: Floats
    pressed: npt.NDArray[np.bool_]


def excerpt(lessons: list[Lesson], hops: int, rng: np.random.Generator) -> Excerpt:
    """Takes of one voice in a row with pauses between them, cut anywhere, and changed."""
    skip = int(rng.integers(0, 200))
    mute = rng.random() < _MUTE_SHARE
    parts, length = [_pause(hops + skip)] if mute else [], (hops + skip) * mute
    while length < hops + skip:
        parts += [_pause(int(rng.integers(0, _WIDEST_PAUSE_HOPS))), lessons[rng.integers(len(lessons))]]
        length += len(parts[-1].pressed) + len(parts[-2].pressed)
    columns = (np.concatenate(column)[skip : skip + hops] for column in zip(*parts, strict=True))
    spectra, shapes, visemes, pressed = columns
    power = np.power(10.0, spectra, dtype=np.float32) @ _WARPS[rng.integers(len(_WARPS))]
    heard = _place(power, rng)
    if mute or rng.random() < 0.5:
        heard = heard + _noise(hops, rng) * _MEAN_POWER * 10.0 ** -rng.uniform(0.8, 4.0)
    heard = _line(heard, rng) * 10.0 ** rng.uniform(-3.5, 1.0)
    return Excerpt(levels(heard.astype(np.float32)), shapes.astype(np.float32), visemes.astype(np.float32), pressed)


def _pause(hops: int) -> Lesson:
    visemes = np.zeros((hops, 15), np.float16)
    visemes[:, 0] = 1
    spectra = np.full((hops, 257), _SILENCE_BELS, np.float16)
    return Lesson(spectra, np.zeros((hops, 7), np.float16), visemes, np.zeros(hops, np.bool_))


def _place(power: Floats, rng: np.random.Generator) -> Floats:
    """The voice's own colour and the microphone's, and the room's tail."""
    power = power * 10.0 ** _curve(rng, 0.5).astype(np.float32)
    if rng.random() < 0.5:
        fade = 10.0 ** (-6.0 / (HOPS_PER_SECOND * rng.uniform(0.15, 0.8)))
        tail = lfilter([0.0, 1.0], [1.0, -fade], power, axis=0)
        power = power + tail * (1.0 - fade) * 10.0 ** rng.uniform(-1.5, 0.2)
    return power


def _line(power: Floats, rng: np.random.Generator) -> Floats:
    """What a telephone, a codec or a cheap microphone leaves of it."""
    choice = rng.random()
    if choice < 0.25:
        cut = np.zeros(BANDS)
        cut[rng.integers(24, BANDS) :] = rng.uniform(2.0, 6.0)
        if rng.random() < 0.5:
            cut[: rng.integers(1, 6)] = rng.uniform(1.0, 4.0)
        power = power * (10.0**-cut).astype(np.float32)
    elif choice < 0.4:
        power = np.where(
            power > power.max(axis=1, keepdims=True) * 10.0 ** -rng.uniform(2.0, 4.0), power, np.float32(1e-9)
        )
    return power


def _noise(hops: int, rng: np.random.Generator) -> Floats:
    """Steady noise of some colour, or one that swells, or music; its mean is one."""
    colour = 10.0 ** (_curve(rng, 0.8) + np.linspace(0, rng.uniform(-3.0, 0.5), BANDS))
    if rng.random() < 0.3:
        power = _music(hops, rng) + 0.01 * colour
    else:
        power = np.broadcast_to(colour, (hops, BANDS))
        if rng.random() < 0.4:
            swell = lfilter([1.0], [1.0, -0.97], rng.normal(0.0, 0.15, hops))
            power = power * 10.0 ** np.clip(swell, -2.0, 1.0)[:, np.newaxis]
    waver = rng.gamma(np.linspace(1.0, 4.0, BANDS), size=(hops, BANDS)) / np.linspace(1.0, 4.0, BANDS)
    noise = power * waver
    return np.asarray(noise / noise.mean(), np.float32)


def _music(hops: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    power = np.zeros((hops, BANDS))
    for _ in range(int(rng.integers(2, 6))):
        at = 0
        while at < hops:
            length = int(rng.integers(10, 80))
            bands = rng.choice(BANDS, 5)
            fade = np.exp(-np.arange(min(length, hops - at)) / rng.uniform(5, 60))
            power[at : at + length, bands] += fade[:, np.newaxis] * rng.exponential(1.0, 5)
            at += length
    return power


def _curve(rng: np.random.Generator, bels: float) -> npt.NDArray[np.float64]:
    knots = rng.normal(0.0, bels, 6)
    return np.interp(np.linspace(0, 5, BANDS), np.arange(6), knots)
