"""A tongue: low in an open mouth, or with its tip at the upper teeth. It is lighter near the lips."""

import numpy as np

from bithuman.portrait.picture.arrays import Colour, Layer, Plane
from bithuman.portrait.picture.paint import Spot, bump, smooth_step

_FLESH = np.array([0.42, 0.40, 0.76], np.float32)

# In eye distances; the second number is added as the tongue is raised.
_HALF_WIDTH, _HALF_WIDTH_RAISED = 0.30, -0.06
_SIDES_LOWER, _SIDES_LOWER_RAISED = 0.05, 0.03
_EDGE_SOFT = 0.012
_DEPTH = 0.16
"""From the tongue's edge, over which its shade changes."""
_SIDES_FADE = (0.85, 1.1)
"""In shares of half its width."""

# Light; the second number is added as the tongue is raised.
_SHADE, _SHADE_RAISED = 0.46, 0.36
_BULGE, _BULGE_AT, _BULGE_WIDE = 0.34, 0.45, 0.35
"""How much lighter it is at that depth."""
_FURROW, _FURROW_LOST_RAISED, _FURROW_WIDE = 0.16, 0.5, 0.10
"""The line along its middle."""
_WET, _WET_RAISED, _WET_SPOT = 0.16, 0.10, Spot(across=0.22, down=0.35, wide=0.20, tall=0.16)


def tongue_top(low_y: float, tip_y: float, raised: float) -> float:
    """The height of the tongue's middle: at `low_y` when it lies low, at `tip_y` when its tip is at the teeth."""
    return low_y + (min(tip_y, low_y) - low_y) * raised


def paint_tongue(x: Plane, y: Plane, top_y: float, raised: float, unit: float, light: Colour) -> tuple[Layer, Plane]:
    """The tongue's colours, (h, w, 3), and how much of each pixel it fills.

    Args:
        x, y: places of the pixels, from the middle of the mouth across, and down the picture.
        top_y: the height of its middle.
        raised: 0 to 1, from low in the mouth to the teeth.
        unit: the eye distance.
        light: the colour of white in this light.
    """
    across = x / (unit * (_HALF_WIDTH + _HALF_WIDTH_RAISED * raised))
    surface = top_y + unit * (_SIDES_LOWER + _SIDES_LOWER_RAISED * raised) * np.square(across)
    fills: Plane = smooth_step(-_EDGE_SOFT * unit, _EDGE_SOFT * unit, y - surface)
    fills = fills * (1.0 - smooth_step(*_SIDES_FADE, np.abs(across)))

    depth = np.clip((y - surface) / (_DEPTH * unit), 0.0, 1.0)
    shade = _SHADE + _SHADE_RAISED * raised + _BULGE * bump(depth, _BULGE_WIDE, _BULGE_AT)
    furrow = _FURROW * (1.0 - _FURROW_LOST_RAISED * raised) * bump(across, _FURROW_WIDE)
    wet = (_WET + _WET_RAISED * raised) * _WET_SPOT.at(across, depth)
    colours = light * (_FLESH * (shade * (1.0 - furrow))[..., None] + wet[..., None])
    return colours.astype(np.float32), fills
