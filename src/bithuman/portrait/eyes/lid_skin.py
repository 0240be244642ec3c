"""The skin of a closed lid: stretched over the eye from the skin around it, with the grain of the cheek."""

import cv2
import numpy as np

from bithuman.portrait.face.eyes import Eye
from bithuman.portrait.picture.arrays import Box, Layer, Plane
from bithuman.portrait.picture.boxes import cut
from bithuman.portrait.picture.paint import blur, fill

# In eye distances.
_LASHES_TALL = 0.075
_REGION_GROWN = 0.05
_REGION_SOFT = 0.014
_DARK_THINGS = 0.07
"""Lashes and folds thinner than this are not skin."""
_SKIN_SOFT = 0.03
_CHEEK_BELOW = 0.33
"""From the top of the eyes' box."""
_GRAIN_SIZE = 0.02

# In shares.
_LOWER_LASHES = 0.33
"""Of the upper lashes' height."""
_LASHES_ARCH = 0.5
"""The power of a sine from corner to corner."""
_MOST_GRAIN = 0.03
_LEAST_REGION = 0.02

# The membrane: Laplace's equation on a reduced picture.
_REDUCED = 4
_STEPS = 300
_NEIGHBOURS = np.array([[0.0, 0.25, 0.0], [0.25, 0.0, 0.25], [0.0, 0.25, 0.0]], np.float32)


def lid_region(eye: Eye, box: Box, unit: float) -> Plane:
    """The eye's opening with the lashes around it, fading out. `unit` is the eye distance."""
    arch = np.sin(np.linspace(0.0, np.pi, len(eye.upper)))[:, None] ** _LASHES_ARCH
    grow = unit * np.array([[0.0, -_LASHES_TALL]]) * arch
    outline = np.vstack([eye.upper + grow, (eye.lower - _LOWER_LASHES * grow)[::-1]])
    mask = (fill(outline, box) > 0.5).astype(np.uint8)
    wide = cv2.dilate(mask, _disc(_REGION_GROWN * unit))
    return blur(wide.astype(np.float32), _REGION_SOFT * unit)


def lid_skin(picture: Layer, box: Box, region: Plane, unit: float) -> Layer:
    """The lid's colours in even light, in `box`, (h, w, 3). `region` is the area that it covers."""
    left, top, width, height = box
    start = min(top + int(_CHEEK_BELOW * unit), len(picture) - height)
    cheek = cut(picture, (left, start, width, height))
    grain = np.clip(cheek - blur(cheek, _GRAIN_SIZE * unit), -_MOST_GRAIN, _MOST_GRAIN)
    skin: Layer = _tinted(_membrane(cut(picture, box), region, unit), cheek) + grain
    return skin


def _membrane(piece: Layer, region: Plane, unit: float) -> Layer:
    """The skin around the eye, without thin dark things, and stretched over the region: Laplace's equation, by
    relaxation on a reduced picture."""
    closed = cv2.morphologyEx(piece, cv2.MORPH_CLOSE, _disc(_DARK_THINGS * unit))
    skin = blur(closed.astype(np.float32), _SKIN_SOFT * unit)
    size = (piece.shape[1] // _REDUCED, piece.shape[0] // _REDUCED)
    small = cv2.resize(skin, size, interpolation=cv2.INTER_AREA)
    free = (cv2.resize(region, size, interpolation=cv2.INTER_AREA) > _LEAST_REGION)[..., None]
    surface = np.where(free, small[~free[..., 0]].mean(axis=0), small).astype(np.float32)
    for _ in range(_STEPS):
        spread = cv2.filter2D(surface, -1, _NEIGHBOURS, borderType=cv2.BORDER_REPLICATE)
        surface = np.where(free, spread, small)
    return cv2.resize(surface, piece.shape[1::-1], interpolation=cv2.INTER_CUBIC).astype(np.float32)


def _tinted(skin: Layer, cheek: Layer) -> Layer:
    """The skin half way to the cheek's tint: around an open eye there is much shade and little colour."""
    colour = cheek.mean(axis=(0, 1))
    tinted: Layer = 0.5 * skin + 0.5 * skin.mean(axis=2, keepdims=True) * (colour / colour.mean())
    return tinted


def _disc(size: float) -> cv2.typing.MatLike:
    """A disc of an odd number of pixels across."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (int(size) | 1,) * 2)
