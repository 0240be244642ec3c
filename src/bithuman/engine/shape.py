"""What a mouth does in one frame: the one thing that the heard half of the engine tells the seen half."""

from typing import NamedTuple


class MouthShape(NamedTuple):
    """A mouth's shape, in three numbers that a face renderer can draw and a speech model can learn.

    With little opening and all teeth, the upper teeth lie on the lower lip: f and v are about (0.05, 0, 1). A little
    wider, the rows meet: s and z are about (0.15, 0.4, 1). Lips that meet, as in p, b and m, are (0, 0, 0).
    """

    opening: float
    """How far the jaw is down: 0 closed, 1 wide open."""
    width: float
    """How far the corners are apart: -1 rounded, 0 neutral, 1 spread."""
    teeth: float
    """How visible the teeth are, 0 to 1: high in sibilants, and in f and v, where they lie on the lower lip."""


REST = MouthShape(0.0, 0.0, 0.0)
