"""Light and shade that lips have and a bent photo has not."""

from typing import NamedTuple

import numpy as np

from bithuman.portrait.face.landmarks import LIP_MIDDLE
from bithuman.portrait.face.lips import Lips
from bithuman.portrait.picture.arrays import Box, Plane
from bithuman.portrait.picture.boxes import columns_of, rows_of
from bithuman.portrait.picture.lines import curve, heights
from bithuman.portrait.picture.paint import Spot, bump, smooth_step

# The line where the lips touch, in eye distances.
_TOUCHING = 0.02
"""Lips that are this far apart have 1/e of it."""
_LINE_TALL, _CORNER_THINNER = 0.013, 0.006
# Shares.
_CORNER_FADE = (0.5, 1.02)
"""From the middle to the corners of the mouth."""
_CORE, _HALO, _HALO_TALLER = 0.65, 0.35, 3.0
"""How dark the line itself is and the soft shade around it, and how much taller that is."""


class _Gloss(NamedTuple):
    """Light that rounded lips catch: how much, and how wide and tall it is in eye distances."""

    light: float
    wide: float
    tall: float


_UPPER_GLOSS = _Gloss(0.06, 0.13, 0.035)
_LOWER_GLOSS = _Gloss(0.09, 0.14, 0.040)
_SHADOW = _Gloss(-0.10, 0.20, 0.035)
_LOWER_GLOSS_INNER, _LOWER_GLOSS_OUTER = 0.45, 0.55
"""The lower lip's gloss lies between its edges, nearer to its outer one."""
_SHADOW_BELOW = 0.035
"""The lower lip, in eye distances."""


def shade_lips(lips: Lips, unit: float, box: Box, seam: float, rounded: float) -> Plane:
    """How light it is in `box`, 1 where nothing changes.

    Args:
        unit: the eye distance.
        seam: 0 to 1, how dark the line is where the lips touch.
        rounded: 0 to 1, how far they are pushed forward: then they catch light, and throw a shadow below.
    """
    shade: Plane = _seam(lips, unit, box, seam) * _bulge(lips, unit, box, rounded)
    return shade


def _seam(lips: Lips, unit: float, box: Box, strength: float) -> Plane:
    columns = columns_of(box)
    over, under = heights(curve(lips.upper_inner), columns), heights(curve(lips.lower_inner), columns)
    place = np.abs(columns - np.float32(lips.middle[0])) / (lips.width / 2.0)
    touching = np.exp(-(under - over) / (_TOUCHING * unit)) * (1.0 - smooth_step(*_CORNER_FADE, place))
    away = rows_of(box) - (over + under) / 2.0
    away = away / (unit * (_LINE_TALL - _CORNER_THINNER * np.minimum(place, 1.0)))
    line = _CORE * bump(away, 1.0) + _HALO * bump(away, _HALO_TALLER)
    shade: Plane = (1.0 - strength * touching * line).astype(np.float32)
    return shade


def _bulge(lips: Lips, unit: float, box: Box, rounded: float) -> Plane:
    across = (columns_of(box) - lips.middle[0]) / unit
    down = rows_of(box)

    def spot(y: float, gloss: _Gloss) -> Plane:
        lit: Plane = Spot(0.0, y, gloss.wide, gloss.tall * unit).at(across, down).astype(np.float32)
        return gloss.light * lit

    lower_inner, lower_outer = lips.lower_inner[LIP_MIDDLE, 1], lips.lower_outer[LIP_MIDDLE, 1]
    upper = float(lips.upper_inner[LIP_MIDDLE, 1] + lips.upper_outer[LIP_MIDDLE, 1]) / 2.0
    lower = float(_LOWER_GLOSS_INNER * lower_inner + _LOWER_GLOSS_OUTER * lower_outer)
    below = float(lower_outer) + _SHADOW_BELOW * unit
    light = spot(upper, _UPPER_GLOSS) + spot(lower, _LOWER_GLOSS) + spot(below, _SHADOW)
    bulge: Plane = 1.0 + rounded * light
    return bulge
