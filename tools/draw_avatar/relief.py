"""The face as a landscape: heights that one lamp, above and to the picture's left, lights from one direction."""

import cv2
import numpy as np

from tools.draw_avatar.curves import Path
from tools.draw_avatar.painting import Painting, Plane, bgr

CENTRE_X = 256.0
_LIGHT = np.array([-0.46, -0.55, 0.70], np.float32)
"""Where the light comes from: right, down, towards the viewer; of length one."""

_RAMP = ("#7A3A2E", "#B36B51", "#D8977A", "#EDB695", "#F8D0B2", "#FDE3CD", "#FFF1E4")
_HILLS = (
    # x from the middle, y, half width, half height (standard deviations), height in frame pixels
    (0.0, 150.0, 60.0, 34.0, 5.0),  # forehead
    (39.0, 204.0, 27.0, 9.0, 3.6),  # brow bones
    (40.0, 233.0, 25.0, 14.0, -7.0),  # sockets
    (15.0, 228.0, 9.0, 14.0, -3.6),  # beside the bridge
    (50.0, 276.0, 25.0, 20.0, 7.0),  # cheeks
    (0.0, 318.0, 34.0, 24.0, 7.0),  # what lies over the teeth
    (0.0, 301.0, 3.6, 6.5, -1.5),  # the groove below the nose
    (0.0, 341.0, 22.0, 6.0, -3.0),  # above the chin
    (0.0, 357.0, 17.0, 11.0, 5.0),  # chin
    (0.0, 270.0, 8.0, 7.0, 7.0),  # tip of the nose
    (9.8, 275.5, 5.0, 4.8, 4.0),  # its wings
)


def light_face(painting: Painting, outline: Path) -> None:
    """Fill the face's outline with skin."""
    x, y = painting.grid()
    height = _height(painting, outline, x, y)
    down, right = np.gradient(height, 1.0 / painting.density)
    length = np.sqrt(right * right + down * down + 1.0)
    lit = (-right * _LIGHT[0] - down * _LIGHT[1] + _LIGHT[2]) / length
    between = np.add(_LIGHT, (0.0, 0.0, 1.0))
    half = between / np.linalg.norm(between)
    gloss = np.maximum((-right * half[0] - down * half[1] + half[2]) / length, 0.0) ** 26.0
    value = 0.20 + 0.56 * np.clip((lit + 0.3) / 1.3, 0.0, 1.0) + 0.10 * gloss
    painting.paint_pixels(outline, _tinted(_RAMP, value), blur=0.35)


def _tinted(ramp: tuple[str, ...], value: Plane) -> Plane:
    """The colour at each `value`, 0 to 1, of a scale from dark to bright."""
    stops = np.linspace(0.0, 1.0, len(ramp))
    colours = np.stack([bgr(stop) for stop in ramp])
    return np.stack([np.interp(value, stops, colours[:, i]) for i in range(3)], axis=-1).astype(np.float32)


def _height(painting: Painting, outline: Path, x: Plane, y: Plane) -> Plane:
    """How far each pixel stands out, in frame pixels."""
    height = 74.0 * _vault(painting, outline) - 30.0 * (((x - CENTRE_X) / 150.0) ** 2 + ((y - 235.0) / 175.0) ** 2)
    levels = np.arange(180.0, 300.0)
    ridge = np.interp(levels, (202.0, 218.0, 234.0, 268.0, 276.0, 286.0), (0.0, 3.5, 5.0, 10.5, 9.5, 0.0))
    ridge = np.interp(y, levels, cv2.GaussianBlur(ridge[None], (0, 0), 4.0)[0])
    girth = np.interp(y, (200.0, 235.0, 275.0), (12.0, 7.5, 9.5))
    height += ridge * np.exp(-0.5 * ((x - CENTRE_X) / girth) ** 2)
    for away, level, wide, high, rise in _HILLS:
        for side in (-1.0, 1.0) if away else (1.0,):
            far = ((x - CENTRE_X - side * away) / wide) ** 2 + ((y - level) / high) ** 2
            height += rise * np.exp(-0.5 * far)
    return height.astype(np.float32)


def _vault(painting: Painting, outline: Path) -> Plane:
    """0 at the outline, rising as a quarter circle to 1 well inside it."""
    step = painting.density
    inside = (painting.mask(outline)[step // 2 :: step, step // 2 :: step] > 0.5).astype(np.uint8)
    depth = np.minimum(cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) / 64.0, 1.0)
    dome = cv2.GaussianBlur(np.sqrt(1.0 - np.square(1.0 - depth)), (0, 0), 5.0)
    height, width = painting.pixels.shape[:2]
    vault: Plane = cv2.resize(dome, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return vault
