"""Small repairs of skin: what a smile leaves behind when the mouth is closed."""

import cv2
import numpy as np

from bithuman.portrait.join import clip_box
from bithuman.portrait.lip_paint import lip_mask
from bithuman.portrait.lips import Lips
from bithuman.portrait.planes import Colour, Layer, blur, curve, fill, smooth_step

_PORES = 0.025
"""How much darker than the skin around its grain may be."""


def white_light(picture: Layer, rest: Lips, unit: float) -> Colour:
    """About what colour something white in the mouth would have, from the bright skin around: mostly its brightness,
    a little of its tint, for warm light makes skin and teeth warmer."""
    skin = np.percentile(_around(picture, rest, unit).reshape(-1, 3), 90, axis=0)
    bright = np.clip(1.15 * skin.mean(), 0.35, 1.0)
    white: Colour = (bright * (0.78 + 0.22 * skin / max(float(skin.mean()), 1e-3))).astype(np.float32)
    return white


def vividness(picture: Layer, rest: Lips, unit: float) -> float:
    """How much of their colours things have in this photo, by the skin: 0 in black and white, 1 in most."""
    skin = _around(picture, rest, unit).reshape(-1, 3).mean(axis=0)
    return float(np.clip(np.ptp(skin) / (0.2 * max(float(skin.mean()), 1e-3)), 0.0, 1.0))


def _around(picture: Layer, rest: Lips, unit: float) -> Layer:
    """The lower half of the face."""
    x, y = rest.middle
    return picture[max(int(y - unit), 0) : int(y + 0.5 * unit), max(int(x - 0.7 * unit), 0) : int(x + 0.7 * unit)]


def soften_folds(picture: Layer, lips: Lips, unit: float, smile: float) -> Layer:
    """The picture without most of the folds from nose to chin that a smile makes beside the mouth.

    What lies between the grain of the skin and the shading of the face, in size, is made weaker there, and thin lines
    darker than pores are filled.
    """
    if smile == 0.0:
        return picture
    height, width = picture.shape[:2]
    x, y = lips.middle
    left, top = int(max(x - 1.1 * unit, 0)), int(max(y - 0.6 * unit, 0))
    box = (left, top, int(min(x + 1.1 * unit, width)) - left, int(min(y + 0.6 * unit, height)) - top)
    piece = picture[top : top + box[3], left : left + box[2]]
    across = (np.arange(box[2], dtype=np.float32)[None, :] + left - x) / unit
    down = (np.arange(box[3], dtype=np.float32)[:, None] + top - y) / unit
    beside = smooth_step(0.22, 0.40, np.abs(across)) * (1.0 - smooth_step(0.62, 0.80, np.abs(across)))
    region = beside * smooth_step(-0.42, -0.20, down) * (1.0 - smooth_step(0.30, 0.50, down))
    region = region * (1.0 - blur(lip_mask(lips, box, 0.03 * unit), 0.02 * unit))
    band = blur(piece, 0.008 * unit) - blur(piece, 0.12 * unit)
    smoothed = piece - (0.88 * smile * region)[..., None] * band
    crease = np.minimum(smoothed - blur(smoothed, 0.05 * unit) + _PORES, 0.0)
    softened = picture.copy()
    softened[top : top + box[3], left : left + box[2]] = smoothed - (0.9 * smile * region)[..., None] * crease
    return softened


def even_streaks(picture: Layer, rest: Lips, unit: float, smile: float) -> Layer:
    """The picture without the upright streaks of skin that a closing smile pulls long above and below the lips: its
    rows are blurred there, and take the grain of the chin."""
    if smile == 0.0:
        return picture
    x, y = rest.middle
    box = (int(x - 0.6 * unit), int(y - 0.4 * unit), int(1.2 * unit), int(1.25 * unit))
    left, top, width, height = clip_box(box, picture)
    evened = picture.copy()
    piece = evened[top : top + height, left : left + width]
    across = (np.arange(width, dtype=np.float32) + left - x) / (0.52 * unit)
    down = (np.arange(height, dtype=np.float32)[:, None] + top - y - 0.06 * unit) / (0.36 * unit)
    region = 1.0 - smooth_step(0.55, 1.0, np.hypot(across, down))
    grain = np.roll(piece - blur(piece, 0.015 * unit), -int(0.36 * unit), axis=0)
    rows = cv2.GaussianBlur(piece, (0, 0), 0.045 * unit, sigmaY=0.008 * unit, borderType=cv2.BORDER_REPLICATE)
    piece += (smile * region)[..., None] * (rows + grain - piece)
    return evened


def clean_seam(picture: Layer, rest: Lips, unit: float, smile: float) -> Layer:
    """The picture without what a smile's teeth and dark corners leave along the line between the closed lips."""
    if smile == 0.0:
        return picture
    height, width = picture.shape[:2]
    line = (curve(rest.upper_inner) + curve(rest.lower_inner)) / 2.0
    ends = np.array([[-0.02 * unit, 0.0], [0.02 * unit, 0.0]])
    line = np.vstack([line[:1] + ends[0], line, line[-1:] + ends[1]])
    aside = np.abs(line[:, 0] - rest.middle[0]) / (rest.width / 2.0)
    tall = np.stack([np.zeros(len(line)), unit * (0.016 + 0.020 * smooth_step(0.45, 0.75, aside))], axis=1)
    band = fill(np.vstack([line - tall, (line + tall)[::-1]]), (0, 0, width, height), 0.004 * unit)
    outside = np.clip(1.0 - 1.6 * band, 0.0, 1.0)
    weight = np.maximum(blur(outside, 0.03 * unit), 1e-3)[..., None]
    around = blur(picture * outside[..., None], 0.03 * unit) / weight
    mended = np.clip(picture, 0.94 * around, 1.03 * around)
    return (picture + (smile * band)[..., None] * (mended - picture)).astype(np.float32)
