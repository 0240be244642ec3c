"""Pictures of one part of a face in many states, and every state in between."""

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from operator import mul

import cv2
import numpy as np
import numpy.typing as npt

_SLIGHT = 1 / 64
"""A neighbour that adds less than this is left out: nobody sees it, and every one doubles the work."""

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Atlas:
    """Tiles drawn at the points of a grid; between the points, neighbours are mixed.

    Attributes:
        x, y: where the tiles' top left corner lies in the base layer, in layer pixels.
        axes: for each of the state's numbers, the rising values at which tiles were drawn.
        grid: one tile for each point of the axes' product, the last axis running fastest; each (h, w, 3 or 4) uint8.
            One tile may stand at several points.
    """

    x: int
    y: int
    axes: tuple[tuple[float, ...], ...]
    grid: tuple[Image, ...]
    _strides: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Count how far apart in `grid` the neighbours along each axis stand."""
        strides = accumulate((len(axis) for axis in self.axes[:0:-1]), mul, initial=1)
        object.__setattr__(self, "_strides", tuple(strides)[::-1])

    @property
    def box(self) -> tuple[int, int, int, int]:
        """x, y, width and height, in layer pixels."""
        height, width = self.grid[0].shape[:2]
        return self.x, self.y, width, height

    def blend(self, *state: float) -> Image:
        """The picture for `state`, (h, w, 3 or 4) uint8, to be copied and not changed. Values outside an axis are
        taken as its end.

        It is mixed from the corners of the simplex that the state lies in (as colour tables are read: tetrahedral
        interpolation). These are one more than the axes; a multilinear mix takes two to the power of the axes.
        """
        corner, steps = 0, []
        for axis, stride, value in zip(self.axes, self._strides, state, strict=True):
            low, share = _locate(axis, value)
            corner += low * stride
            if share > 0.0:
                steps.append((share, stride))
        steps.sort(reverse=True)
        corners = list(accumulate((stride for _, stride in steps), initial=corner))
        shares = [1.0, *(share for share, _ in steps)]
        mixed = self.grid[corners.pop()]
        while corners:
            mixed = _mix(self.grid[corners.pop()], mixed, shares.pop() / shares[-1])
        return mixed


def _mix(first: Image, second: Image, share: float) -> Image:
    """That share of the second, and the rest of the first."""
    if second is first or share == 1.0:
        return second
    return cv2.addWeighted(first, 1.0 - share, second, share, 0.0).astype(np.uint8, copy=False)


def _locate(axis: tuple[float, ...], value: float) -> tuple[int, float]:
    """The index of the grid point at or below `value`, and how far it is on the way to the next, 0 to below 1."""
    if value <= axis[0]:
        return 0, 0.0
    if value >= axis[-1]:
        return len(axis) - 1, 0.0
    low = bisect_right(axis, value) - 1
    share = (value - axis[low]) / (axis[low + 1] - axis[low])
    if share > 1.0 - _SLIGHT:
        return low + 1, 0.0
    return low, share if share > _SLIGHT else 0.0
