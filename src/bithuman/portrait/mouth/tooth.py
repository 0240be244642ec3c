"""One drawn tooth, and the gum around a row of them. Lengths are in millimetres."""

from typing import NamedTuple

import numpy as np

from bithuman.portrait.picture.arrays import TINY, Colour, Layer, Points
from bithuman.portrait.picture.paint import Spot, layer_over

ENAMEL = np.array([0.77, 0.86, 0.91], np.float32)
GUM = np.array([0.45, 0.42, 0.72], np.float32)

# The gum.
_GUM_LINE_MM, _GUM_LINE_BENDS = 6.8, 0.004
"""How high above the teeth's edge it begins in the middle, and how much lower it does aside, in mm to a mm²."""
_GUM_SOFT_MM = 0.5
_ROW_ENDS_MM, _ROW_ENDS_SOFT_MM = 28.0, 0.8

# The shape of a tooth; shares are of its height or of half its width.
_NECK_NARROWER, _NECK_POWER = 0.12, 1.5
_CORNER = 0.30
_CORNER_FLAT = 1.6
"""How much less high than wide the rounded corners are."""
_NECK_SIDE, _NECK_MIDDLE_MORE = 0.86, 0.14
"""Where the gum ends a tooth: lower at its sides."""
_OUTLINE_SOFT_MM = 0.12
_MOST_EXPONENT = 30.0
"""Keeps the exponential finite."""

# The light on a tooth.
_SIDE_SHADE, _SIDE_POWER = 0.20, 3.0
_EDGE_LIGHT, _BODY_MORE, _BODY_FROM = 0.90, 0.10, 0.35
"""The edge is a little glassy and dark; from that share of the height on, there is a body behind it."""
_NECK_SHADE, _NECK_SHADE_FROM, _NECK_SHADE_OVER = 0.10, 0.6, 0.4
_SHINE, _SHINE_SPOT = 0.05, Spot(across=-0.15, down=0.45, wide=0.30, tall=0.25)
_YELLOW, _YELLOW_FROM, _YELLOW_OVER = 0.05, 0.5, 0.5
"""How much blue the neck lacks."""


class Tooth(NamedTuple):
    """A tooth as seen from the front, and how far its edge stands back from the row's."""

    width_mm: float
    height_mm: float
    back_mm: float


def gum(x: Points, up: Points) -> Points:
    """How much of each point of a row is gum. `x` is from the middle of the row, `up` from the edge to the gum."""
    line = up - _GUM_LINE_MM + _GUM_LINE_BENDS * np.square(x)
    inside = 1.0 / (1.0 + np.exp(-line / _GUM_SOFT_MM))
    ends = 1.0 / (1.0 + np.exp((np.abs(x) - _ROW_ENDS_MM) / _ROW_ENDS_SOFT_MM))
    result: Points = inside * ends
    return result


def draw_tooth(colours: Layer, tooth: Tooth, across: Points, up: Points, light: Colour) -> None:
    """Draw a tooth on a layer: a rounded block, its neck narrower, darker towards its sides, its edge a little glassy.

    Args:
        colours: (h, w, 4), changed in place.
        tooth: its size.
        across: -1 to 1 over the tooth, outwards.
        up: from its edge to its neck, in mm.
        light: the colour of white.
    """
    v = up / tooth.height_mm
    u = across / (1.0 - _NECK_NARROWER * np.clip(v, 0.0, 1.0) ** _NECK_POWER)
    alpha = _alpha(tooth, u, v, up)
    sides = 1.0 - _SIDE_SHADE * np.abs(u) ** _SIDE_POWER
    body = _EDGE_LIGHT + _BODY_MORE * np.clip(v / _BODY_FROM, 0.0, 1.0)
    body = body - _NECK_SHADE * np.clip((v - _NECK_SHADE_FROM) / _NECK_SHADE_OVER, 0.0, 1.0)
    shine = _SHINE * _SHINE_SPOT.at(u, v)
    tone = (ENAMEL * (sides * body)[..., None] + shine[..., None]) * light
    tone[..., 0] -= _YELLOW * light[0] * np.clip((v - _YELLOW_FROM) / _YELLOW_OVER, 0.0, 1.0)
    layer_over(colours, tone.astype(np.float32), alpha.astype(np.float32))


def _alpha(tooth: Tooth, u: Points, v: Points, up: Points) -> Points:
    """How much of each point the tooth covers."""
    corner_mm = tooth.width_mm / 2.0 * _CORNER / _CORNER_FLAT
    dx = np.maximum(np.abs(u) - (1.0 - _CORNER), 0.0) / _CORNER
    dy = np.maximum(corner_mm - up, 0.0) / max(corner_mm, TINY)
    outside = np.hypot(dx, dy) - 1.0
    neck = v - (_NECK_SIDE + _NECK_MIDDLE_MORE * np.sqrt(np.clip(1.0 - np.square(u), 0.0, 1.0)))
    distance = np.maximum(outside * corner_mm, neck * tooth.height_mm)  # mm, below 0 inside
    alpha: Points = 1.0 / (1.0 + np.exp(np.clip(distance / _OUTLINE_SOFT_MM, -_MOST_EXPONENT, _MOST_EXPONENT)))
    return alpha
