"""What lies behind the lips: the dark, the tongue, the lower teeth and the upper ones, lit as the face is."""

from dataclasses import dataclass

import numpy as np

from bithuman.portrait.landmarks import Points
from bithuman.portrait.lips import Lips, bitten
from bithuman.portrait.teeth import Teeth, paste_teeth
from bithuman.portrait.warp import Box, Colour, Layer, Plane, curve, fill, smooth_step

_DARK = np.array([0.055, 0.045, 0.115], np.float32)
_TONGUE = np.array([0.42, 0.40, 0.76], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """What an inner mouth is painted with: `light`, about what colour white is in this photo; the teeth in their places
    at rest; the point between the resting lips."""

    light: Colour
    upper: Teeth
    lower: Teeth
    middle: Points
    unit: float


def paint_inside(
    inside: Inside, lips: Lips, box: Box, opening: float, teeth: float, tongue: float
) -> tuple[Layer, Plane]:
    """The inner mouth in `box` of the final frame, and how much of each pixel it fills."""
    unit, light = inside.unit, inside.light
    upper, lower = curve(lips.upper_inner), curve(lips.lower_inner)
    outline = np.vstack([upper, lower[::-1]])
    mask = fill(outline, box, 0.7)
    x, y = _grid(box)
    top, bottom = _edge(upper, x), _edge(lower, x)
    mask = mask * smooth_step(0.3, 2.5, bottom - top)  # an outline without an inside is drawn as a line
    floor = float(lips.lower_inner[5, 1])
    deep = float(np.clip(lips.gap / (0.22 * unit), 0.0, 1.0))

    colours = np.empty((*x.shape, 3), np.float32)
    half = max(float(lips.upper_inner[-1, 0] - lips.upper_inner[0, 0]) / 2.0, 1.0)
    aside = np.abs(x - lips.middle[0]) / half
    colours[:] = _DARK * light
    colours += smooth_step(0.55, 1.0, aside)[..., None] * (0.40 * light * _TONGUE)
    jaw = floor - float(inside.middle[1])
    show = unit * (0.016 + 0.022 * teeth + 0.012 * deep)
    tongued = colours.copy()
    _paint_tongue(tongued, inside, x, y, floor, opening, tongue)
    colours += (1.0 - tongue) * (tongued - colours)
    paste_teeth(colours, inside.lower, box, jaw - show, 0.80)
    _paint_tongue(colours, inside, x, y, floor, opening, tongue, tongue)
    paste_teeth(colours, inside.upper, box, 0.0, 1.0)

    bite = bitten(opening, teeth)
    shadow = smooth_step(-0.01 * unit, 0.055 * unit, y - top)
    rise = smooth_step(-0.004 * unit, 0.03 * unit, bottom - y)
    lit = (0.58 + 0.42 * shadow) * (0.72 + 0.28 * np.maximum(rise, bite)) * (1.0 - 0.5 * smooth_step(0.45, 1.0, aside))
    return colours * lit[..., None], mask


def _paint_tongue(
    colours: Layer,
    inside: Inside,
    x: Plane,
    y: Plane,
    floor: float,
    opening: float,
    tongue: float,
    strength: float = 1.0,
) -> None:
    unit = inside.unit
    middle_x = float(inside.middle[0])
    low = floor - unit * (0.02 + 0.16 * min(max(opening, 0.0), 1.0))
    raised = float(inside.upper.edge_y) - 0.004 * unit
    top = low + (min(raised, low) - low) * tongue
    half = unit * (0.30 - 0.06 * tongue)
    across = (x - middle_x) / half
    surface = top + unit * (0.05 + 0.03 * tongue) * np.square(across)
    body = smooth_step(-0.012 * unit, 0.012 * unit, y - surface) * (1.0 - smooth_step(0.85, 1.1, np.abs(across)))
    depth = np.clip((y - surface) / (0.16 * unit), 0.0, 1.0)
    near = 0.46 + 0.36 * tongue
    shade = near + 0.34 * np.exp(-np.square((depth - 0.45) / 0.35))
    shade *= 1.0 - 0.16 * np.exp(-np.square(across / 0.10)) * (1.0 - 0.5 * tongue)
    tint = _TONGUE * inside.light * shade[..., None]
    wet = np.exp(-np.square((across - 0.22) / 0.20) - np.square((depth - 0.35) / 0.16))
    tint = tint + (0.16 + 0.10 * tongue) * inside.light * wet[..., None]
    colours += strength * body[..., None] * (tint - colours)


def _grid(box: Box) -> tuple[Plane, Plane]:
    left, top, width, height = box
    x, y = np.meshgrid(np.arange(width, dtype=np.float32) + left, np.arange(height, dtype=np.float32) + top)
    return x, y


def _edge(line: Points, x: Plane) -> Plane:
    """The height of a line above each column, along the grid's rows."""
    row = np.interp(x[0], line[:, 0], line[:, 1]).astype(np.float32)
    return np.broadcast_to(row, x.shape)
