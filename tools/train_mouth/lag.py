"""How much later than its sound a voice tells a phone: heard where a hiss begins and ends, and where lips meet for m.

At such an edge the level of a band jumps. In the mean of many edges, the steepest place is where the edge really is.
`python -m tools.train_mouth.lag` prints what is left of it, in milliseconds, once each voice's own lag is taken off.
"""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bithuman.engine.frames import SAMPLE_RATE_HZ
from tools.train_mouth.symbols import touch
from tools.train_mouth.take import Take
from tools.train_mouth.voices import VOICES

_STEP, _WINDOW, _AROUND_S = 40, 160, 0.08
_SMOOTH_STEPS = 8
_VOWELS, _HISSES, _NASAL = frozenset("iɪeɛæaɑɐʌəɔoʊuɚɝ"), frozenset("s"), frozenset("m")
_STRESS = "ˈˌː"

Levels = npt.NDArray[np.float64]
# Before and after the edge, which band's level jumps there, and whether it rises or falls.
_EDGES: dict[str, tuple[frozenset[str], frozenset[str], tuple[int, int], int]] = {
    "into s": (_VOWELS, _HISSES, (4500, 8000), +1),
    "out of s": (_HISSES, _VOWELS, (4500, 8000), -1),
    "into m": (_VOWELS, _NASAL, (500, 3500), -1),
    "out of m": (_NASAL, _VOWELS, (500, 3500), +1),
}


def lags_s(takes: Iterable[Take]) -> dict[str, tuple[float, int]]:
    """For each kind of edge: by how many seconds it is told too late, and how many of them were found."""
    contours: dict[str, list[Levels]] = {name: [] for name in _EDGES}
    for take in takes:
        bands = {band_hz: _levels(take.samples, band_hz) for _, _, band_hz, _ in _EDGES.values()}
        for before, after in pairwise(take.phones):
            if not touch(before, after):
                continue
            for name, (first, second, band_hz, _) in _EDGES.items():
                if before.symbol.strip(_STRESS)[-1:] in first and after.symbol.strip(_STRESS)[:1] in second:
                    contours[name] += _cut(bands[band_hz], after.start_s)
    return {
        name: (_steepest_s(np.mean(found, axis=0) * _EDGES[name][3]), len(found))
        for name, found in contours.items()
        if found
    }


def _levels(samples: npt.NDArray[np.float32], band_hz: tuple[int, int]) -> Levels:
    padded = np.pad(samples, _WINDOW // 2)
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_STEP] * np.hanning(_WINDOW)
    power = np.abs(np.fft.rfft(windows)) ** 2
    bins_hz = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE_HZ)
    inside = (bins_hz >= band_hz[0]) & (bins_hz < band_hz[1])
    levels: Levels = 10 * np.log10(power[:, inside].sum(axis=1) + 1e-7)
    return levels


def _cut(levels: Levels, at_s: float) -> list[Levels]:
    middle, reach = (round(seconds * SAMPLE_RATE_HZ / _STEP) for seconds in (at_s, _AROUND_S))
    inside = reach <= middle < levels.size - reach
    return [levels[middle - reach : middle + reach + 1]] if inside else []


def _steepest_s(rising: Levels) -> float:
    """Where a contour rises most, in seconds before its middle."""
    rise = rising[_SMOOTH_STEPS:] - rising[:-_SMOOTH_STEPS]
    at = int(rise.argmax()) + _SMOOTH_STEPS // 2
    return float((rising.size // 2 - at) * _STEP / SAMPLE_RATE_HZ)


def main() -> None:
    """Print the lags of all voices."""
    for voice in VOICES:
        found = lags_s(voice.takes(np.random.default_rng(0), 60))
        print(voice.name, {edge: f"{lag_s * 1000:+.0f} ({count})" for edge, (lag_s, count) in found.items()})


if __name__ == "__main__":
    main()
