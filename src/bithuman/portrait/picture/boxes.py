"""Boxes of a picture: the coordinates of their pixels, and their rims."""

from typing import NamedTuple

import numpy as np

from bithuman.portrait.picture.arrays import Box, Layer, Plane, Points
from bithuman.portrait.picture.paint import smooth_step

_CLEAR_RIM_PX = 2.0
"""The outermost pixels of a box, which a tile never changes."""


class Reach(NamedTuple):
    """A box around a point: how far it reaches to the left and up, and its whole width and height."""

    left: float
    up: float
    width: float
    height: float


def columns_of(box: Box) -> Plane:
    """The x of each column, (width,)."""
    return np.arange(box[2], dtype=np.float32) + box[0]


def rows_of(box: Box) -> Plane:
    """The y of each row, (height, 1)."""
    return np.arange(box[3], dtype=np.float32)[:, None] + box[1]


def grid(width: int, height: int) -> tuple[Plane, Plane]:
    """The x and the y of each pixel from the top left corner, (height, width) each."""
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return x, y


def cut(picture: Layer, box: Box) -> Layer:
    """The part of a picture in a box: a view, which changes with the picture."""
    left, top, width, height = box
    return picture[top : top + height, left : left + width]


def clip_box(box: Box, picture: Layer) -> Box:
    """The part of a box that lies in the picture."""
    left, top = max(box[0], 0), max(box[1], 0)
    right, bottom = min(box[0] + box[2], picture.shape[1]), min(box[1] + box[3], picture.shape[0])
    return left, top, right - left, bottom - top


def box_around(middle: Points, reach: Reach, unit: float) -> Box:
    """The box that `reach`, in units of `unit` pixels, describes around a point, (2,)."""
    x, y = middle
    left, top = int(x - reach.left * unit), int(y - reach.up * unit)
    return left, top, int(reach.width * unit), int(reach.height * unit)


def frame_points(box: Box, along: int) -> Points:
    """Points around the rim of a box, `along` of them on each side."""
    x, y, width, height = box
    across, down = np.linspace(x, x + width, along), np.linspace(y, y + height, along)[1:-1]
    sides = [(px, py) for py in down for px in (x, x + width)]
    return np.array([*[(px, py) for px in across for py in (y, y + height)], *sides], float)


def rim_mask(width: int, height: int, rim_px: int) -> Plane:
    """1 inside, falling smoothly to 0 over `rim_px` at the rim; the outermost two pixels are 0."""
    across = np.minimum(np.arange(width), np.arange(width)[::-1]).astype(np.float32)
    down = np.minimum(np.arange(height), np.arange(height)[::-1]).astype(np.float32)
    return np.outer(smooth_step(_CLEAR_RIM_PX, rim_px, down), smooth_step(_CLEAR_RIM_PX, rim_px, across))
