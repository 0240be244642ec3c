"""The jaw's motion, and a brush that allows for it."""

from dataclasses import dataclass, replace

import numpy as np

from tools.draw_avatar.curves import Path
from tools.draw_avatar.painting import Colour, Fade, Painting, Plane

LINE_Y = 319.0
"""Where the lips meet at rest."""
DROP = 11.0
"""How far the jaw of a wide open mouth goes down."""


def jaw_ramp(y: Plane | Path | float) -> Path:
    """How far a point of the face's middle at `y` goes along with the jaw: 0 above the mouth, 1 from the chin on."""
    t = np.clip((np.asarray(y, float) - (LINE_Y - 5.0)) / 30.0, 0.0, 1.0)
    ramp: Path = t * t * (3.0 - 2.0 * t)
    return ramp


@dataclass(frozen=True)
class Brush:
    """Paints what is given as it shall look in the end, where it lies before the jaw has moved."""

    painting: Painting
    drop: float
    """How far the jaw will go down, in frame pixels."""

    def _lifted(self, path: Path) -> Path:
        return np.stack([path[:, 0], path[:, 1] - self.drop * jaw_ramp(path[:, 1])], axis=1)

    def mask(self, path: Path, blur: float = 0.0) -> Plane:
        return self.painting.mask(self._lifted(path), blur)

    def paint(
        self, path: Path, colour: Colour, opacity: float = 1.0, blur: float = 0.0, inside: Plane | None = None
    ) -> None:
        if isinstance(colour, Fade):
            ends = self._lifted(np.array([colour.start, colour.end]))
            colour = replace(colour, start=tuple(ends[0]), end=tuple(ends[1]))
        self.painting.paint(self._lifted(path), colour, opacity, blur, inside)
