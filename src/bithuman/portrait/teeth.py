"""A row of teeth, drawn tooth by tooth."""

from dataclasses import dataclass

import cv2
import numpy as np

from bithuman.portrait.landmarks import Points
from bithuman.portrait.planes import Box, Colour, Layer, blur, layer_over

_MM = 1.0 / 63.0
"""A millimetre in units of the distance between the eyes, which is 63 mm in most adults."""

# Half a row from the middle outwards, in mm as seen from the front: width, height, how far the edge stands back.
_UPPER_TEETH = ((8.4, 9.6, 0.0), (6.5, 8.4, 0.9), (6.2, 9.2, 0.3), (4.6, 7.6, 1.3), (3.6, 7.0, 2.0), (2.6, 6.5, 2.6))
_LOWER_TEETH = ((5.3, 8.0, 0.0), (5.6, 8.0, 0.1), (6.0, 8.4, -0.2), (4.8, 7.4, 0.8), (3.6, 7.0, 1.4))
ENAMEL = np.array([0.77, 0.86, 0.91], np.float32)
GUM = np.array([0.45, 0.42, 0.72], np.float32)
_UPPER_SHOWS_MM = 1.4
"""How far the upper teeth reach below the line where the lips meet."""


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
    their edge at `edge_y`."""
    edge = float(middle[1]) + _UPPER_SHOWS_MM * _MM * unit if edge_y is None else edge_y
    return _draw(_UPPER_TEETH, float(middle[0]), edge, unit, light, hanging=True)


def draw_lower(middle: Points, unit: float, light: Colour) -> Teeth:
    """Lower teeth whose edges lie at `middle`."""
    return _draw(_LOWER_TEETH, float(middle[0]), float(middle[1]), unit, light, hanging=False)


def _draw(
    row: tuple[tuple[float, float, float], ...], middle_x: float, edge: float, unit: float, light: Colour, hanging: bool
) -> Teeth:
    mm = _MM * unit
    half, tall = int(36 * mm), int(20 * mm)
    left, top = int(middle_x) - half, int(edge) - (tall - int(4 * mm) if hanging else int(4 * mm))
    x, y = np.meshgrid(np.arange(2 * half + 1) + left - middle_x, np.arange(tall) + top - edge)
    x, up = x / mm, (-y if hanging else y) / mm  # millimetres; up from the edge towards the gum

    colours = np.zeros((*x.shape, 4), np.float32)
    gum = _gum(x, up)
    colours[..., :3], colours[..., 3] = GUM * light * 0.8, gum
    start = 0.0  # where the next pair of teeth begins, in mm from the middle
    for number, (width, height, back) in enumerate(row):
        for side in (-1.0, 1.0):
            across = (side * x - start - width / 2.0) / (width / 2.0)  # -1..1 over the tooth, outwards
            _draw_tooth(colours, across, up - back - 0.35, width, height, light * (1.0 - 0.07 * number))
        start += width
    return Teeth(blur(colours, 0.35 * mm), left, top, edge)


def _gum(x: Points, up: Points) -> Points:
    """How much of each point of a row, in mm, is gum."""
    line = up - 6.8 + 0.004 * np.square(x)
    inside = 1.0 / (1.0 + np.exp(-line / 0.5))
    ends = 1.0 / (1.0 + np.exp((np.abs(x) - 28.0) / 0.8))
    result: Points = inside * ends
    return result


def _draw_tooth(colours: Layer, across: Points, up: Points, width: float, height: float, light: Colour) -> None:
    """One tooth: a rounded block, its neck narrower, darker towards its sides, its edge a little glassy."""
    v = up / height
    taper = 1.0 - 0.12 * np.clip(v, 0.0, 1.0) ** 1.5
    u = across / taper
    corner = 0.30
    dx = np.maximum(np.abs(u) - (1.0 - corner), 0.0) / corner
    sized = width / 2.0 * corner / 1.6  # the corners at the edge are rounded by this much, in mm
    dy = np.maximum(sized - up, 0.0) / max(sized, 1e-6)
    outside = np.hypot(dx, dy) - 1.0
    neck = v - (0.86 + 0.14 * np.sqrt(np.clip(1.0 - np.square(u), 0.0, 1.0)))
    distance = np.maximum(outside * sized, neck * height)  # mm, below 0 inside
    alpha = 1.0 / (1.0 + np.exp(np.clip(distance / 0.12, -30.0, 30.0)))

    round_ = 1.0 - 0.20 * np.abs(u) ** 3.0
    height_light = 0.90 + 0.10 * np.clip(v / 0.35, 0.0, 1.0) - 0.10 * np.clip((v - 0.6) / 0.4, 0.0, 1.0)
    shine = 0.05 * np.exp(-np.square((u + 0.15) / 0.30) - np.square((v - 0.45) / 0.25))
    tone = (ENAMEL * (round_ * height_light)[..., None] + shine[..., None]) * light
    tone[..., 0] -= 0.05 * light[0] * np.clip((v - 0.5) / 0.5, 0.0, 1.0)  # yellower at the neck
    layer_over(colours, tone.astype(np.float32), alpha.astype(np.float32))
