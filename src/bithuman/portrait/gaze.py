"""Eyes that look elsewhere: iris and pupil move behind the lids, and the white of the eye gives way."""

import cv2
import numpy as np

from bithuman.portrait.eyes import Eye
from bithuman.portrait.warp import Box, Layer, Plane, blur, smooth_step

_ACROSS, _DOWN = 0.62, 0.30
"""How far an iris moves for 1, in its radii."""


def paint_gaze(picture: Layer, eyes: tuple[Eye, Eye], unit: float, box: Box, across: float, down: float) -> Layer:
    """The picture in `box` with both eyes looking aside by `across` and `down`, -1 to 1."""
    x, y, width, height = box
    painted = picture[y : y + height, x : x + width].copy()
    if across == 0.0 and down == 0.0:
        return painted
    for eye in eyes:
        _paint_eye(painted, picture, eye, unit, box, across, down)
    return painted


def _paint_eye(painted: Layer, picture: Layer, eye: Eye, unit: float, box: Box, across: float, down: float) -> None:
    left, top, width, height = box
    x, y = np.meshgrid(np.arange(width, dtype=np.float32) + left, np.arange(height, dtype=np.float32) + top)
    over, under = eye.edges(x[0])
    away = np.hypot(x - eye.iris[0], y - eye.iris[1])
    moves = 1.0 - smooth_step(1.05 * eye.radius, 1.05 * eye.radius + 0.55 * eye.width, away)
    step_x, step_y = _ACROSS * across * eye.radius * moves, _DOWN * down * eye.radius * moves

    # What comes from behind a lid is not in the photo. An iris is round: its sides, as far from its middle, stand in.
    high, low = over + 0.020 * unit, np.maximum(under - 0.014 * unit, over + 0.021 * unit)
    from_x, from_y = x - step_x, y - step_y
    aside, away = from_x - eye.iris[0], np.hypot(from_x - eye.iris[0], from_y - eye.iris[1])
    round_ = smooth_step(-0.03 * unit, 0.0, np.maximum(high - from_y, from_y - low)) * (away < eye.radius)
    side_x = eye.iris[0] + np.sign(aside) * np.minimum(away, 0.86 * eye.radius)
    from_x = from_x + round_ * (side_x - from_x)
    from_y = np.clip(from_y, high, low)
    from_y = from_y + round_ * (eye.iris[1] - from_y)
    where = (from_x.astype(np.float32), from_y.astype(np.float32))
    moved = cv2.remap(picture, *where, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    seen = _opening(x, y, over, under, eye, unit)
    painted += seen[..., None] * (moved - painted)


def _opening(x: Plane, y: Plane, over: Plane, under: Plane, eye: Eye, unit: float) -> Plane:
    """How far each pixel shows the eyeball and not a lid."""
    soft = 0.012 * unit
    inside = smooth_step(0.004 * unit, 0.004 * unit + soft, y - over) * smooth_step(0.0, soft, under - y)
    ends = smooth_step(0.0, 2 * soft, x - eye.upper[0, 0]) * smooth_step(0.0, 2 * soft, eye.upper[-1, 0] - x)
    return blur((inside * ends).astype(np.float32), 0.7)
