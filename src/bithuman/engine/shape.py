"""What a mouth does in one frame: all that the hearing half of the engine passes to the drawing half."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

VISEMES = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "ih", "oh", "ou")
"""The fifteen visemes that 3D avatars are commonly made with, in their usual order: silence; p b m; f v; th; t d; k g;
ch j sh; s z; n l; r; and the vowels of bar, bet, bit, boat, boot."""


class PictureState(NamedTuple):
    """Where in an avatar's mouth pictures a shape lies (see `docs/imx.md`)."""

    opening: float
    """-1 the lips pressed together, 0 at rest, 1 wide open."""
    width: float
    """-1 rounded, 0 neutral, 1 spread."""
    teeth: float
    tongue: float


class MouthShape(NamedTuple):
    """A mouth's shape in seven numbers, each of which a 3D face has a blend shape for."""

    opening: float = 0.0
    """How far the jaw is down: 0 closed, 1 wide open."""
    width: float = 0.0
    """How far the corners are apart: -1 narrow, 0 neutral, 1 spread."""
    rounding: float = 0.0
    """How far the lips are pushed forward and round, 0 to 1: u, o, w, sh."""
    upper_lip: float = 0.0
    """How far the upper lip is raised, 0 to 1: f, s, and the vowels of bet and bat."""
    closure: float = 0.0
    """How firmly the lips are pressed together, 0 to 1: p, b, m. It wins over the opening."""
    teeth: float = 0.0
    """How visible the teeth are, 0 to 1: at little opening the upper ones lie on the lower lip (f, v)."""
    tongue: float = 0.0
    """How visible the tip of the tongue is, 0 to 1: th, l, n, t, d."""

    @property
    def picture(self) -> PictureState:
        """The same in the four numbers that a face made of pictures has room for."""
        return PictureState(
            self.opening * (1.0 - self.closure) - self.closure,
            min(max(self.width * (1.0 - self.rounding) - self.rounding, -1.0), 1.0),
            min(self.teeth + 0.5 * self.upper_lip, 1.0),
            self.tongue,
        )


class Articulation(NamedTuple):
    """A mouth's shape, and how much of each viseme is in it."""

    shape: MouthShape
    visemes: npt.NDArray[np.float32]
    """Shape (15,), in the order of `VISEMES`; not negative, adding up to 1."""


REST = MouthShape()
SILENT = Articulation(REST, np.eye(len(VISEMES), dtype=np.float32)[0])
