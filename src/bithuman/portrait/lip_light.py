"""Light and shade that lips have and a bent photo has not."""

import numpy as np

from bithuman.portrait.lips import Lips
from bithuman.portrait.planes import Box, Plane, curve, smooth_step


def shade_lips(lips: Lips, unit: float, box: Box, seam: float, rounded: float) -> Plane:
    """How light it is in `box`, 1 where nothing changes.

    Args:
        seam: 0 to 1, how dark the line is where the lips touch.
        rounded: 0 to 1, how far they are pushed forward: then they catch light, and throw a shadow below.
    """
    shade: Plane = _seam(lips, unit, box, seam) * _bulge(lips, unit, box, rounded)
    return shade


def _seam(lips: Lips, unit: float, box: Box, strength: float) -> Plane:
    x, y, width, height = box
    columns = np.arange(width, dtype=np.float32) + x
    upper, lower = curve(lips.upper_inner), curve(lips.lower_inner)
    over = np.interp(columns, upper[:, 0], upper[:, 1]).astype(np.float32)
    under = np.interp(columns, lower[:, 0], lower[:, 1]).astype(np.float32)
    place = np.abs(columns - np.float32(lips.middle[0])) / (lips.width / 2.0)
    touching = np.exp(-(under - over) / (0.02 * unit)) * (1.0 - smooth_step(0.5, 1.02, place))
    away = np.arange(height, dtype=np.float32)[:, None] + y - (over + under) / 2.0
    away = away / (unit * (0.013 - 0.006 * np.minimum(place, 1.0)))
    line = 0.65 * np.exp(-np.square(away)) + 0.35 * np.exp(-np.square(away / 3.0))
    shade: Plane = (1.0 - strength * touching * line).astype(np.float32)
    return shade


def _bulge(lips: Lips, unit: float, box: Box, rounded: float) -> Plane:
    x, y, width, height = box
    across = (np.arange(width, dtype=np.float32) + x - lips.middle[0]) / unit
    down = np.arange(height, dtype=np.float32)[:, None] + y

    def spot(at_y: float, broad: float, tall: float) -> Plane:
        lit: Plane = np.exp(-np.square(across / broad) - np.square((down - at_y) / (tall * unit))).astype(np.float32)
        return lit

    upper = float(lips.upper_inner[5, 1] + lips.upper_outer[5, 1]) / 2.0
    lower = float(0.45 * lips.lower_inner[5, 1] + 0.55 * lips.lower_outer[5, 1])
    under = float(lips.lower_outer[5, 1]) + 0.035 * unit
    light = 0.06 * spot(upper, 0.13, 0.035) + 0.09 * spot(lower, 0.14, 0.040) - 0.10 * spot(under, 0.20, 0.035)
    bulge: Plane = 1.0 + rounded * light
    return bulge
