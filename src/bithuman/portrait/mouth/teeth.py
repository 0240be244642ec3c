"""A row of teeth, drawn tooth by tooth."""

from dataclasses import dataclass

import cv2
import numpy as np

from bithuman.portrait.mouth.tooth import GUM, Tooth, draw_tooth, gum
from bithuman.portrait.picture.arrays import CHANNELS_WITH_ALPHA, Box, Colour, Layer, Points
from bithuman.portrait.picture.paint import blur

_EYE_DISTANCE_MM = 63.0
"""In most adults."""
_MM = 1.0 / _EYE_DISTANCE_MM
"""A millimetre in eye distances."""

# Half a row from the middle outwards: width, height, how far the edge stands back.
_UPPER_TEETH = (
    *(Tooth(8.4, 9.6, 0.0), Tooth(6.5, 8.4, 0.9), Tooth(6.2, 9.2, 0.3)),
    *(Tooth(4.6, 7.6, 1.3), Tooth(3.6, 7.0, 2.0), Tooth(2.6, 6.5, 2.6)),
)
_LOWER_TEETH = (
    *(Tooth(5.3, 8.0, 0.0), Tooth(5.6, 8.0, 0.1), Tooth(6.0, 8.4, -0.2)),
    *(Tooth(4.8, 7.4, 0.8), Tooth(3.6, 7.0, 1.4)),
)
_UPPER_SHOWS_MM = 1.4
"""How far the upper teeth reach below the line where the lips meet."""
_HALF_WIDTH_MM, _HEIGHT_MM, _BEYOND_EDGE_MM = 36, 20, 4
"""The picture of a row: half its width, its height, and how much of that lies beyond the teeth's edge."""
_EDGE_IN_MM = 0.35
"""How far within the row's edge the first teeth end, so that softening does not cut them."""
_SOFT_MM = 0.35
_GUM_LIGHT = 0.8
_SHADE_OF_NEXT = 0.07
"""How much darker each tooth is than the one before it."""


@dataclass(frozen=True, slots=True, eq=False)
class Teeth:
    """A row of teeth: `colours` (h, w, 4) float32, BGR and alpha from 0 to 1, its top left corner at `left`, `top` of
    the working picture while the jaw is shut, and the height of its middle edge there."""

    colours: Layer
    left: int
    top: int
    edge_y: float


def paste_teeth(canvas: Layer, teeth: Teeth, box: Box, down: float, lit: float) -> None:
    """Lay teeth over a canvas that shows `box`, `down` pixels lower, `lit` times as bright."""
    x, y, width, height = box
    matrix = np.array([[1.0, 0.0, teeth.left - x], [0.0, 1.0, teeth.top + down - y]])
    moved = cv2.warpAffine(teeth.colours, matrix, (width, height), flags=cv2.INTER_LINEAR)
    canvas *= 1.0 - moved[..., 3:]
    canvas += moved[..., :3] * moved[..., 3:] * lit


def draw_upper(middle: Points, unit: float, light: Colour, edge_y: float | None = None) -> Teeth:
    """Upper teeth for a photo that shows none, where the lips that meet at `middle` hide all but their edge; or with
    their edge at `edge_y`. `unit` is the eye distance."""
    edge = float(middle[1]) + _UPPER_SHOWS_MM * _MM * unit if edge_y is None else edge_y
    return _draw(_UPPER_TEETH, float(middle[0]), edge, unit, light, hanging=True)


def draw_lower(middle: Points, unit: float, light: Colour) -> Teeth:
    """Lower teeth whose edges lie at `middle`."""
    return _draw(_LOWER_TEETH, float(middle[0]), float(middle[1]), unit, light, hanging=False)


def _draw(row: tuple[Tooth, ...], middle_x: float, edge: float, unit: float, light: Colour, hanging: bool) -> Teeth:
    mm = _MM * unit
    half, tall, beyond = int(_HALF_WIDTH_MM * mm), int(_HEIGHT_MM * mm), int(_BEYOND_EDGE_MM * mm)
    left, top = int(middle_x) - half, int(edge) - (tall - beyond if hanging else beyond)
    x, y = np.meshgrid(np.arange(2 * half + 1) + left - middle_x, np.arange(tall) + top - edge)
    x, up = x / mm, (-y if hanging else y) / mm  # millimetres; up from the edge towards the gum

    colours = np.zeros((*x.shape, CHANNELS_WITH_ALPHA), np.float32)
    colours[..., :3], colours[..., 3] = GUM * light * _GUM_LIGHT, gum(x, up)
    start = 0.0  # where the next pair of teeth begins, in mm from the middle
    for number, tooth in enumerate(row):
        half_width = tooth.width_mm / 2.0
        shaded = light * (1.0 - _SHADE_OF_NEXT * number)
        for side in (-1.0, 1.0):
            across = (side * x - start - half_width) / half_width
            draw_tooth(colours, tooth, across, up - tooth.back_mm - _EDGE_IN_MM, shaded)
        start += tooth.width_mm
    return Teeth(blur(colours, _SOFT_MM * mm), left, top, edge)
