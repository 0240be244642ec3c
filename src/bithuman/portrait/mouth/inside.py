"""The inner mouth: the dark, the tongue, the lower teeth and the upper ones, in the light of the face."""

from dataclasses import dataclass

import numpy as np

from bithuman.engine.shape import PictureState
from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.face.landmarks import LIP_MIDDLE
from bithuman.portrait.face.lips import Lips
from bithuman.portrait.mouth.effort import bitten
from bithuman.portrait.mouth.teeth import Teeth, paste_teeth
from bithuman.portrait.mouth.tongue import paint_tongue, tongue_top
from bithuman.portrait.picture.arrays import CHANNELS, Box, Colour, Layer, Plane
from bithuman.portrait.picture.boxes import columns_of, rows_of
from bithuman.portrait.picture.lines import curve, heights
from bithuman.portrait.picture.paint import fill, ramp, smooth_step

_DARK = np.array([0.055, 0.045, 0.115], np.float32)
_CHEEK = np.array([0.17, 0.16, 0.30], np.float32)
"""The inside of a cheek, which shows beside the teeth."""

# In eye distances.
_NARROW_GAP = 0.28
"""A smaller gap lets light fall just behind the lips."""
_TONGUE_ABOVE, _TONGUE_ABOVE_OPEN = 0.02, 0.16
"""How far a low tongue stands above the lower lip's edge, and how much more in an open mouth."""
_TIP_ABOVE_TEETH_EDGE = 0.004
_LOWER_SHOW, _LOWER_SHOW_BARED, _LOWER_SHOW_OPEN, _LOWER_SHOW_GAP = 0.016, 0.022, 0.012, 0.22
"""How far the lower teeth stand above the lower lip; more where teeth are bared, and in a gap up to the last one."""
_UNDER_LIP = (-0.01, 0.055)
_OVER_LIP = (-0.004, 0.03)
"""From the upper lip downwards and from the lower lip upwards: the lips' shadows."""
_TOUCHING = 0.03
"""Where the gap is smaller, the inside fades into the line between the lips."""
_TOUCHING_PX = 0.3
_EDGE_SOFT_PX = 1.1

# Shares of half the mouth's width, from its middle aside.
_CHEEK_SHOWS = (0.45, 1.0)
_ROW_CURVES_BACK = (0.40, 0.90)
_CORNERS_DARK = (0.35, 1.0)

# Shares.
_CHEEK_IN_A_NARROW_GAP = 0.6
_LOWER_TEETH_LIGHT = 0.80
_ROW_SHADE = 0.9
_ROUNDED_RED = 0.4
"""How much the red of lips that are pushed forward shows behind them."""
_LEAST_UNDER_LIP, _LEAST_OVER_LIP, _CORNER_SHADE = 0.58, 0.72, 0.35
"""The least light in the lips' shadows, and how much the corners lack."""


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """The inner mouth of a face: its light and its teeth.

    Attributes:
        face: where the lips are at rest.
        light: about the colour of white in this photo.
        vivid: how vivid the photo's colours are, 0 to 1: 0 in black and white.
        upper, lower: the teeth, where they are while the jaw is shut.
    """

    face: Geometry
    light: Colour
    vivid: float
    upper: Teeth
    lower: Teeth


def paint_inside(inside: Inside, lips: Lips, box: Box, state: PictureState) -> tuple[Layer, Plane]:
    """The inner mouth in `box` of the frame, (h, w, 3), and how much of each pixel it fills."""
    unit = inside.face.eye_distance
    x, y = columns_of(box), rows_of(box)
    upper, lower = curve(lips.upper_inner), curve(lips.lower_inner)
    roof, floor = heights(upper, x), heights(lower, x)
    half = float(lips.upper_inner[-1, 0] - lips.upper_inner[0, 0]) / 2.0
    aside = np.abs(x - np.float32(lips.middle[0])) / max(half, 1.0)

    colours = _cavity(inside, lips, box, aside)
    _add_tongue_and_teeth(colours, inside, lips, box, state, aside)
    shade = _ROUNDED_RED * max(-state.width, 0.0) * (1.0 - state.teeth)
    colours += shade * (inside.light * (_DARK + _CHEEK) - colours)

    under_lip = ramp(_UNDER_LIP, unit, y - roof)
    over_lip = np.maximum(ramp(_OVER_LIP, unit, floor - y), bitten(state))
    from_above = _LEAST_UNDER_LIP + (1.0 - _LEAST_UNDER_LIP) * under_lip
    from_below = _LEAST_OVER_LIP + (1.0 - _LEAST_OVER_LIP) * over_lip
    lit = from_above * from_below * (1.0 - _CORNER_SHADE * smooth_step(*_CORNERS_DARK, aside))
    mask = fill(np.vstack([upper, lower[::-1]]), box, _EDGE_SOFT_PX)
    mask = mask * smooth_step(_TOUCHING_PX, _TOUCHING * unit, floor - roof)
    grey = colours.mean(axis=2, keepdims=True)
    return (grey + inside.vivid * (colours - grey)) * lit[..., None], mask


def _cavity(inside: Inside, lips: Lips, box: Box, aside: Plane) -> Layer:
    """The dark of the mouth between the cheeks. `aside` is 0 in the middle of the mouth and 1 in its corners."""
    narrow = 1.0 - min(max(lips.gap / (_NARROW_GAP * inside.face.eye_distance), 0.0), 1.0)
    cheek = np.maximum(smooth_step(*_CHEEK_SHOWS, aside), _CHEEK_IN_A_NARROW_GAP * narrow)
    colours = np.empty((box[3], box[2], CHANNELS), np.float32)
    colours[:] = inside.light * (_DARK + (cheek * (1.0 + narrow))[..., None] * _CHEEK)
    return colours


def _add_tongue_and_teeth(
    colours: Layer, inside: Inside, lips: Lips, box: Box, state: PictureState, aside: Plane
) -> None:
    """Paint them over `colours`, from the back to the front."""
    unit, middle, raised = inside.face.eye_distance, inside.face.rest.middle, state.tongue
    floor_y = float(lips.lower_inner[LIP_MIDDLE, 1])
    low_y = floor_y - unit * (_TONGUE_ABOVE + _TONGUE_ABOVE_OPEN * max(state.opening, 0.0))
    top_y = tongue_top(low_y, inside.upper.edge_y - _TIP_ABOVE_TEETH_EDGE * unit, raised)
    x = np.broadcast_to(columns_of(box) - np.float32(middle[0]), (box[3], box[2]))
    flesh, fills = paint_tongue(x, rows_of(box), top_y, raised, unit, inside.light)
    colours += ((1.0 - raised) * fills)[..., None] * (flesh - colours)
    gap = min(max(lips.gap / (_LOWER_SHOW_GAP * unit), 0.0), 1.0)
    shown = _LOWER_SHOW + _LOWER_SHOW_BARED * state.teeth + _LOWER_SHOW_OPEN * gap
    paste_teeth(colours, inside.lower, box, floor_y - float(middle[1]) - shown * unit, _LOWER_TEETH_LIGHT)
    colours += (raised * fills)[..., None] * (flesh - colours)  # its tip lies before the lower teeth
    behind = colours.copy()
    paste_teeth(colours, inside.upper, box, 0.0, 1.0)
    back = _ROW_SHADE * smooth_step(*_ROW_CURVES_BACK, aside)  # the row curves back into shade
    colours += back[..., None] * (behind - colours)
