"""An eye of a portrait: where its opening and its iris lie."""

from dataclasses import dataclass

import numpy as np

from bithuman.portrait.picture.arrays import Plane, Points
from bithuman.portrait.picture.lines import curve, heights


@dataclass(frozen=True, slots=True, eq=False)
class Eye:
    """An open eye in pixels: the edges of its lids from left to right, (n, 2), and its iris."""

    upper: Points
    lower: Points
    iris: Points
    radius: float

    def edges(self, columns: Plane) -> tuple[Plane, Plane]:
        """The heights of the upper and the lower lid's edge above each column."""
        over, under = heights(self.upper, columns), heights(self.lower, columns)
        return np.minimum(over, under), np.maximum(over, under)

    @property
    def outline(self) -> Points:
        """The edge of the opening, closed, (n, 2)."""
        return np.vstack([self.upper, self.lower[::-1]])

    @property
    def width(self) -> float:
        return float(self.upper[-1, 0] - self.upper[0, 0])

    @property
    def openness(self) -> float:
        """How high the opening is in shares of its width: 0.25 to 0.4 for most open eyes."""
        return float((self.lower[:, 1] - self.upper[:, 1]).max()) / self.width


def find_eye(points: Points, upper: tuple[int, ...], lower: tuple[int, ...], iris: tuple[int, ...]) -> Eye:
    """The eye whose lids and iris are those points of a face mesh, (n, 3)."""
    middle = points[iris[0], :2]
    radius = float(np.linalg.norm(points[list(iris[1:]), :2] - middle, axis=1).mean())
    return Eye(curve(points[list(upper), :2]), curve(points[list(lower), :2]), middle, radius)
