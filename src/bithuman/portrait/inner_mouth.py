"""What lies behind the lips: the dark, the tongue, the lower teeth and the upper ones, lit as the face is."""

from dataclasses import dataclass

import numpy as np

from bithuman.engine.shape import PictureState
from bithuman.portrait.landmarks import Points
from bithuman.portrait.lips import Lips
from bithuman.portrait.planes import Box, Colour, Layer, Plane, curve, fill, smooth_step
from bithuman.portrait.speaking import bitten
from bithuman.portrait.teeth import Teeth, paste_teeth
from bithuman.portrait.tongue import paint_tongue

_DARK = np.array([0.055, 0.045, 0.115], np.float32)
_CHEEK = np.array([0.17, 0.16, 0.30], np.float32)
"""The inside of a cheek, which shows beside the teeth."""


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """What an inner mouth is painted with.

    Attributes:
        light: about what colour white has in this photo.
        vivid: 0 to 1, how much of their colours things have in it: 0 in black and white.
        upper, lower: the teeth, where they are while the jaw is shut.
        middle: the point between the resting lips.
        unit: the distance between the eyes, in pixels.
    """

    light: Colour
    vivid: float
    upper: Teeth
    lower: Teeth
    middle: Points
    unit: float


def paint_inside(inside: Inside, lips: Lips, box: Box, state: PictureState) -> tuple[Layer, Plane]:
    """The inner mouth in `box` of the frame, (h, w, 3), and how much of each pixel it fills."""
    unit, light, tongue = inside.unit, inside.light, state.tongue
    left, top, width, height = box
    x = np.arange(width, dtype=np.float32) + left
    y = np.arange(height, dtype=np.float32)[:, None] + top
    upper, lower = curve(lips.upper_inner), curve(lips.lower_inner)
    roof = np.interp(x, upper[:, 0], upper[:, 1]).astype(np.float32)
    floor = np.interp(x, lower[:, 0], lower[:, 1]).astype(np.float32)
    middle_x, floor_y = np.float32(lips.middle[0]), float(lips.lower_inner[5, 1])
    aside = np.abs(x - middle_x) / max(float(lips.upper_inner[-1, 0] - lips.upper_inner[0, 0]) / 2.0, 1.0)

    colours = np.empty((height, width, 3), np.float32)
    narrow = 1.0 - min(max(lips.gap / (0.28 * unit), 0.0), 1.0)  # light reaches what lies just behind the lips
    cheek = np.maximum(smooth_step(0.45, 1.0, aside), 0.6 * narrow)
    colours[:] = light * (_DARK + (cheek * (1.0 + narrow))[..., None] * _CHEEK)
    low_y = floor_y - unit * (0.02 + 0.16 * max(state.opening, 0.0))
    tip_y = inside.upper.edge_y - 0.004 * unit
    across = np.broadcast_to(x - np.float32(inside.middle[0]), (height, width))
    flesh, fills = paint_tongue(across, y, low_y, tip_y, unit, light, tongue)
    colours += ((1.0 - tongue) * fills)[..., None] * (flesh - colours)
    shown = 0.016 + 0.022 * state.teeth + 0.012 * min(max(lips.gap / (0.22 * unit), 0.0), 1.0)
    paste_teeth(colours, inside.lower, box, floor_y - float(inside.middle[1]) - shown * unit, 0.80)
    colours += (tongue * fills)[..., None] * (flesh - colours)  # its tip lies before the lower teeth
    behind = colours.copy()
    paste_teeth(colours, inside.upper, box, 0.0, 1.0)
    colours += (0.9 * smooth_step(0.40, 0.90, aside))[..., None] * (behind - colours)  # the row curves back into shade

    shade = 0.4 * max(-state.width, 0.0) * (1.0 - state.teeth)  # of lips pushed forward, red as they are
    colours += shade * (light * (_DARK + _CHEEK) - colours)

    under_lip = smooth_step(-0.01 * unit, 0.055 * unit, y - roof)
    over_lip = np.maximum(smooth_step(-0.004 * unit, 0.03 * unit, floor - y), bitten(state))
    lit = (0.58 + 0.42 * under_lip) * (0.72 + 0.28 * over_lip) * (1.0 - 0.35 * smooth_step(0.35, 1.0, aside))
    mask = fill(np.vstack([upper, lower[::-1]]), box, 1.1)
    mask = mask * smooth_step(0.3, 0.03 * unit, floor - roof)  # it fades into the line where the lips touch
    grey = colours.mean(axis=2, keepdims=True)
    return (grey + inside.vivid * (colours - grey)) * lit[..., None], mask
