"""Where a sound shows that one phone ends and the next begins."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bithuman.engine.phonemes import Phone

_HOP_S, _WINDOW_S = 0.002, 0.012
_STEP = 5  # hops on either side of an edge
_WITHIN_S = 0.08  # of where it is told to be
_LEAST_DB = 6.0

_MOUTH_HZ, _HISS_HZ = (400, 4000), (5000, 9500)
_VOWELS = frozenset("ɑæʌɔaɛɜeɪiouʊəɚɐᵻɒ")
_STOPS, _HISSES = frozenset("pbmtdkɡ"), frozenset("sʃz")


def lags_s(phones: Sequence[Phone], pcm: npt.NDArray[np.int16], rate: int, about_s: float) -> list[float]:
    """How much later than it is heard each clear boundary is told: closures, releases, and hisses that start or end.

    A boundary is heard where the energy in a band changes most within 80 ms of where it is expected: of 400 to 4000 Hz
    between a vowel and a stop, of 5 to 9.5 kHz between a vowel and a hiss.

    Args:
        about_s: how large the lag is expected to be.
    """
    bands = {band: _level_db(pcm, rate, band) for band in (_MOUTH_HZ, _HISS_HZ)}
    lags = []
    for before, after in pairwise(phones):
        change = _change(before.symbol[-1], after.symbol[0])
        if change is None or after.start_s - before.end_s > 0.02:
            continue
        band, sign = change
        level = bands[band]
        steps = sign * (level[2 * _STEP :] - level[: -2 * _STEP])
        times_s = (np.arange(steps.size) + _STEP) * _HOP_S
        near = np.abs(times_s - after.start_s + about_s) < _WITHIN_S
        if near.any() and steps[near].max() > _LEAST_DB:
            lags.append(after.start_s - float(times_s[near][steps[near].argmax()]))
    return lags


def _change(before: str, after: str) -> tuple[tuple[int, int], int] | None:
    """The band in which a boundary shows, and whether its energy rises (1) or falls (-1)."""
    if before in _VOWELS and after in _STOPS:
        return _MOUTH_HZ, -1
    if before in _STOPS and after in _VOWELS:
        return _MOUTH_HZ, 1
    if before in _VOWELS and after in _HISSES:
        return _HISS_HZ, 1
    if before in _HISSES and after in _VOWELS:
        return _HISS_HZ, -1
    return None


def _level_db(pcm: npt.NDArray[np.int16], rate: int, band_hz: tuple[int, int]) -> npt.NDArray[np.float64]:
    window, hop = round(_WINDOW_S * rate), round(_HOP_S * rate)
    padded = np.pad(pcm.astype(np.float64), window // 2)
    power = (
        np.abs(np.fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, window)[::hop] * np.hanning(window))) ** 2
    )
    bins_hz = np.fft.rfftfreq(window, 1 / rate)
    inside = (bins_hz >= band_hz[0]) & (bins_hz < band_hz[1])
    level: npt.NDArray[np.float64] = 10.0 * np.log10(power[:, inside].sum(axis=1) + 1e4)
    return level
