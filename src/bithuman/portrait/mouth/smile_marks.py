"""Small repairs of skin: they remove the marks of a smile from a closed mouth. Each is as strong as the smile was."""

import cv2
import numpy as np

from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.face.lips import Lips
from bithuman.portrait.picture.arrays import DARKEST, Box, Layer, Plane
from bithuman.portrait.picture.boxes import Reach, box_around, clip_box, columns_of, cut, rows_of
from bithuman.portrait.picture.lines import curve
from bithuman.portrait.picture.paint import blur, fill, smooth_step

# Folds from nose to chin. Where they lie, in eye distances from the middle of the mouth.
_FOLDS_ASIDE, _FOLDS_UP = 1.1, 0.6
"""How far the area reaches that is looked at."""
_FOLDS_FROM, _FOLDS_TO = (0.22, 0.40), (0.62, 0.80)
"""Aside."""
_FOLDS_START, _FOLDS_END = (-0.42, -0.20), (0.30, 0.50)
"""Downwards."""
_LIPS_SOFT, _LIPS_SPARED_SOFT = 0.03, 0.02
# Their sizes in eye distances, and strengths in shares.
_GRAIN_SIZE, _SHADING_SIZE = 0.008, 0.12
"""Folds are larger than the skin's grain and smaller than the shading of the face."""
_FOLD_TAKEN = 0.88
_CREASE_SIZE, _CREASE_TAKEN = 0.05, 0.9
_PORES = 0.025
"""How much darker than the skin around its grain may be."""

# Streaks above and below the lips, in eye distances.
_STREAKS_AREA = Reach(left=0.6, up=0.4, width=1.2, height=1.25)
_STREAKS_BELOW, _STREAKS_WIDE, _STREAKS_TALL = 0.06, 0.52, 0.36
"""An ellipse: how far below the mouth its middle lies, and half its width and height."""
_STREAKS_FADE = (0.55, 1.0)
"""In shares of its radius."""
_CHIN_GRAIN_SIZE, _CHIN_BELOW = 0.015, 0.36
_ROW_BLUR_ACROSS, _ROW_BLUR_DOWN = 0.045, 0.008

# The line between the closed lips, in eye distances.
_SEAM_BEYOND_CORNERS = 0.02
_SEAM_TALL, _SEAM_TALLER = 0.016, 0.020
"""Half its height, and how much more it is in the corners."""
_SEAM_CORNER = (0.45, 0.75)
"""Where the corners begin, in shares of half the mouth's width."""
_SEAM_SOFT, _SEAM_AROUND = 0.004, 0.03
_SEAM_LEFT_OUT = 1.6
"""How surely the line itself is left out of the colour around it."""
_SEAM_DARKEST, _SEAM_BRIGHTEST = 0.94, 1.03
"""Against the colour around it."""


def soften_folds(picture: Layer, face: Geometry) -> Layer:
    """The picture without most of the folds from nose to chin that a smile makes beside the mouth.

    Details larger than the grain of the skin and smaller than the shading of the face are made weaker there. Thin
    lines darker than pores are filled.
    """
    unit = face.eye_distance
    x, y = face.rest.middle
    box = _folds_box(picture, face)
    aside, down = np.abs((columns_of(box) - x) / unit), (rows_of(box) - y) / unit
    beside = smooth_step(*_FOLDS_FROM, aside) * (1.0 - smooth_step(*_FOLDS_TO, aside))
    region = beside * smooth_step(*_FOLDS_START, down) * (1.0 - smooth_step(*_FOLDS_END, down))
    region = region * (1.0 - blur(_lip_mask(face.rest, box, _LIPS_SOFT * unit), _LIPS_SPARED_SOFT * unit))
    softened = picture.copy()
    piece = cut(softened, box)
    band = blur(piece, _GRAIN_SIZE * unit) - blur(piece, _SHADING_SIZE * unit)
    smoothed = piece - (_FOLD_TAKEN * face.smile * region)[..., None] * band
    crease = np.minimum(smoothed - blur(smoothed, _CREASE_SIZE * unit) + _PORES, 0.0)
    piece[:] = smoothed - (_CREASE_TAKEN * face.smile * region)[..., None] * crease
    return softened


def even_streaks(picture: Layer, face: Geometry) -> Layer:
    """The picture without the upright streaks of skin that a closing smile pulls long above and below the lips: its
    rows are blurred there, and take the grain of the chin."""
    unit = face.eye_distance
    x, y = face.rest.middle
    box = clip_box(box_around(face.rest.middle, _STREAKS_AREA, unit), picture)
    evened = picture.copy()
    piece = cut(evened, box)
    across = (columns_of(box) - x) / (_STREAKS_WIDE * unit)
    down = (rows_of(box) - y - _STREAKS_BELOW * unit) / (_STREAKS_TALL * unit)
    region = 1.0 - smooth_step(*_STREAKS_FADE, np.hypot(across, down))
    grain = np.roll(piece - blur(piece, _CHIN_GRAIN_SIZE * unit), -int(_CHIN_BELOW * unit), axis=0)
    wide, tall = _ROW_BLUR_ACROSS * unit, _ROW_BLUR_DOWN * unit
    rows = cv2.GaussianBlur(piece, (0, 0), wide, sigmaY=tall, borderType=cv2.BORDER_REPLICATE)
    piece += (face.smile * region)[..., None] * (rows + grain - piece)
    return evened


def clean_seam(picture: Layer, face: Geometry) -> Layer:
    """The picture without the traces of a smile's teeth and dark corners along the line between the closed lips."""
    unit, rest = face.eye_distance, face.rest
    height, width = picture.shape[:2]
    line = (curve(rest.upper_inner) + curve(rest.lower_inner)) / 2.0
    beyond = np.array([_SEAM_BEYOND_CORNERS * unit, 0.0])
    line = np.vstack([line[:1] - beyond, line, line[-1:] + beyond])
    aside = np.abs(line[:, 0] - rest.middle[0]) / (rest.width / 2.0)
    half = unit * (_SEAM_TALL + _SEAM_TALLER * smooth_step(*_SEAM_CORNER, aside))
    tall = np.stack([np.zeros(len(line)), half], axis=1)
    band = fill(np.vstack([line - tall, (line + tall)[::-1]]), (0, 0, width, height), _SEAM_SOFT * unit)
    outside = np.clip(1.0 - _SEAM_LEFT_OUT * band, 0.0, 1.0)
    weight = np.maximum(blur(outside, _SEAM_AROUND * unit), DARKEST)[..., None]
    around = blur(picture * outside[..., None], _SEAM_AROUND * unit) / weight
    mended = np.clip(picture, _SEAM_DARKEST * around, _SEAM_BRIGHTEST * around)
    return (picture + (face.smile * band)[..., None] * (mended - picture)).astype(np.float32)


def _folds_box(picture: Layer, face: Geometry) -> Box:
    height, width = picture.shape[:2]
    x, y = face.rest.middle
    aside, up = _FOLDS_ASIDE * face.eye_distance, _FOLDS_UP * face.eye_distance
    left, top = int(max(x - aside, 0)), int(max(y - up, 0))
    return left, top, int(min(x + aside, width)) - left, int(min(y + up, height)) - top


def _lip_mask(lips: Lips, box: Box, soft_px: float) -> Plane:
    """How much of each pixel of `box` is red of the lips."""
    upper = np.vstack([curve(lips.upper_outer), curve(lips.upper_inner)[::-1]])
    lower = np.vstack([curve(lips.lower_inner), curve(lips.lower_outer)[::-1]])
    return np.maximum(fill(upper, box, soft_px), fill(lower, box, soft_px))
