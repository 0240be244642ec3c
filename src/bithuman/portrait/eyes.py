"""The two eyes of a portrait: where their openings and irises lie."""

from dataclasses import dataclass

import numpy as np

from bithuman.portrait.crop import SUPERSAMPLING
from bithuman.portrait.landmarks import (
    LEFT_EYE_LOWER,
    LEFT_EYE_UPPER,
    LEFT_IRIS,
    RIGHT_EYE_LOWER,
    RIGHT_EYE_UPPER,
    RIGHT_IRIS,
    Points,
)
from bithuman.portrait.planes import Box, Plane, curve


@dataclass(frozen=True, slots=True, eq=False)
class Eye:
    """An open eye in working pixels: the edges of its lids from left to right, (n, 2), and its iris."""

    upper: Points
    lower: Points
    iris: Points
    radius: float

    def edges(self, columns: Plane) -> tuple[Plane, Plane]:
        """The heights of the upper and the lower lid's edge above each column."""
        over = np.interp(columns, self.upper[:, 0], self.upper[:, 1]).astype(np.float32)
        under = np.interp(columns, self.lower[:, 0], self.lower[:, 1]).astype(np.float32)
        return np.minimum(over, under), np.maximum(over, under)

    @property
    def width(self) -> float:
        return float(self.upper[-1, 0] - self.upper[0, 0])

    @property
    def openness(self) -> float:
        """How high the opening is in shares of its width: 0.25 to 0.4 for most open eyes."""
        return float((self.lower[:, 1] - self.upper[:, 1]).max()) / self.width


def find_eyes(points: Points) -> tuple[Eye, Eye]:
    """The eye on the picture's left, and the one on its right."""
    left = _eye(points, LEFT_EYE_UPPER, LEFT_EYE_LOWER, LEFT_IRIS)
    return left, _eye(points, RIGHT_EYE_UPPER, RIGHT_EYE_LOWER, RIGHT_IRIS)


def _eye(points: Points, upper: tuple[int, ...], lower: tuple[int, ...], iris: tuple[int, ...]) -> Eye:
    middle = points[iris[0], :2]
    radius = float(np.linalg.norm(points[list(iris[1:]), :2] - middle, axis=1).mean())
    return Eye(curve(points[list(upper), :2]), curve(points[list(lower), :2]), middle, radius)


def eyes_box(eyes: tuple[Eye, Eye], unit: float) -> Box:
    """What lids and gaze change, in working pixels that make whole frame pixels."""
    edges = np.vstack([line for eye in eyes for line in (eye.upper, eye.lower)])
    low = edges.min(axis=0) - np.array([0.14, 0.16]) * unit
    high = edges.max(axis=0) + np.array([0.14, 0.14]) * unit
    x, y = (int(side) // SUPERSAMPLING * SUPERSAMPLING for side in low)
    width, height = (int(side) // SUPERSAMPLING * SUPERSAMPLING for side in high - low)
    return x, y, width, height
