"""Smooth lines through points."""

import numpy as np

from bithuman.portrait.picture.arrays import TINY, Plane, Points

_POINTS = 61


def curve(points: Points, count: int = _POINTS) -> Points:
    """A smooth open line through points that go from left to right, (count, 2): cubic Hermite, slopes by finite
    differences along the chord."""
    chord = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1) + TINY)])
    slope = np.gradient(points, chord, axis=0)
    at = np.linspace(0.0, chord[-1], count)
    i = np.clip(np.searchsorted(chord, at, side="right") - 1, 0, len(points) - 2)
    length = (chord[i + 1] - chord[i])[:, None]
    t = (at - chord[i])[:, None] / length
    line: Points = (
        (2 * t**3 - 3 * t**2 + 1) * points[i]
        + (t**3 - 2 * t**2 + t) * length * slope[i]
        + (3 * t**2 - 2 * t**3) * points[i + 1]
        + (t**3 - t**2) * length * slope[i + 1]
    )
    return line


def heights(line: Points, columns: Plane) -> Plane:
    """The y of a line that goes from left to right, above each column; beyond its ends, that of its ends."""
    return np.interp(columns, line[:, 0], line[:, 1]).astype(np.float32)
