"""What a stream paints on, and how finely.

A picture that is sampled between its pixels loses some of its sharpness, most of it halfway: one that moves slowly
shimmers. Sampled from twice as many pixels, it hardly does. So layers no finer than the frame are refined first: the
base once, and of what is painted over it only the box.
"""

import cv2
import numpy as np

from bithuman.engine.atlas import Atlas, Image

_MOST_PIXELS = 800 * 800
"""Of a frame that is refined. In a larger one the same detail is larger, and four times its pixels leave the cache."""

_REACH = 2
"""How many pixels away one counts when pixels are refined."""


def fineness(base: Image, scale: int) -> int:
    """How many times to refine, along each side, a base of `scale` layer pixels to a frame pixel: 1 or 2."""
    return 2 if scale == 1 and base.shape[0] * base.shape[1] <= _MOST_PIXELS else 1


def refined(picture: Image, times: int) -> Image:
    """With `times` as many pixels along each side, and smooth between the old ones."""
    if times == 1:
        return picture
    return cv2.resize(picture, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC).astype(np.uint8, copy=False)


class Canvas:
    """A base layer of one's own to paint on.

    Args:
        base: (height, width, 3) uint8.
        fine: the base, refined.

    Attributes:
        fine: the same with what was painted, refined: what to sample from.
    """

    __slots__ = ("_layer", "_times", "fine")

    def __init__(self, base: Image, fine: Image) -> None:
        self.fine = fine.copy()
        self._times = fine.shape[0] // base.shape[0]
        self._layer = self.fine if self._times == 1 else base.copy()

    def paint(self, atlas: Atlas, tile: Image) -> None:
        """Put a tile of the atlas in its place."""
        x, y, width, height = atlas.box
        self._layer[y : y + height, x : x + width] = tile
        if self._times > 1:
            self._refine(x - _REACH, y - _REACH, x + width + _REACH, y + height + _REACH)

    def _refine(self, left: int, top: int, right: int, bottom: int) -> None:
        """Refine what lies between, by itself and what is around it."""
        left, top, times = max(left, 0), max(top, 0), self._times
        x, y = max(left - _REACH, 0), max(top - _REACH, 0)
        part = refined(self._layer[y : bottom + _REACH, x : right + _REACH], times)
        place = self.fine[times * top : times * bottom, times * left : times * right]
        place[:] = part[times * (top - y) :, times * (left - x) :][: place.shape[0], : place.shape[1]]
