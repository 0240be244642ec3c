"""Lids that close over open eyes, in the person's own colours.

A photo of open eyes shows little of the lids, and that cannot be stretched over an eye without smearing lashes. So the
lid is painted: a membrane stretched between the skin all around the eye, the light on a ball, the grain of the cheek, a
crease, and a line of lashes in the colour that they have.
"""

import cv2
import numpy as np

from bithuman.portrait.eyes import Eye
from bithuman.portrait.planes import Box, Layer, Plane, blur, fill, layer_over, shaded, smooth_step

_REDUCED = 4
_STEPS = 300


class LidPainter:
    """Paints both eyes' lids, in `box` of a `picture`, as far closed as one likes."""

    def __init__(self, picture: Layer, eyes: tuple[Eye, Eye], unit: float, box: Box) -> None:
        self._box = box
        self._unit = unit
        left, top, width, height = box
        self._x = np.arange(width, dtype=np.float32) + left
        self._y = np.arange(height, dtype=np.float32)[:, None] + top
        piece = picture[top : top + height, left : left + width]
        start = min(top + int(0.33 * unit), len(picture) - height)
        cheek = picture[start : start + height, left : left + width]
        grain = np.clip(cheek - blur(cheek, 0.02 * unit), -0.03, 0.03)
        self._eyes = []
        for eye in eyes:
            region = _region(eye, box, unit)
            skin = _tinted(_membrane(piece, region, unit), cheek) + grain
            self._eyes.append((eye, region, skin, _lash_colour(picture, eye)))

    def paint(self, closed: float) -> Layer:
        """What covers the eyes when the lids are `closed`, 0 to 1; nothing at 0."""
        layer = np.zeros((self._box[3], self._box[2], 4), np.float32)
        if closed > 0.0:
            for eye, region, skin, lashes in self._eyes:
                self._paint_lid(layer, eye, region, skin, lashes, closed)
        return layer

    def _paint_lid(self, layer: Layer, eye: Eye, region: Plane, skin: Layer, lashes: Layer, closed: float) -> None:
        unit, y = self._unit, self._y
        over, under = eye.edges(self._x)
        edge = over + closed * (under - 0.006 * unit - over)
        place = np.clip((self._x - eye.upper[0, 0]) / eye.width, 0.0, 1.0)
        bulge = np.sin(np.pi * place)
        depth = np.clip((y - over) / np.maximum(under - over, 1.0), 0.0, 1.0)
        inwards = _inwards(region) / (0.036 * unit)
        crease = (
            inwards * np.exp(1.0 - inwards) * np.sqrt(bulge)
        )  # nothing at the rim, so that no edge shows; most just within it
        low_down = smooth_step(0.0, 0.05 * unit, y - edge + 0.05 * unit)
        ball = 0.99 + 0.07 * bulge * np.sin(np.pi * depth) - 0.12 * crease - 0.11 * low_down

        low = 1.0 - smooth_step(-0.004 * unit, 0.004 * unit, y - edge)
        early = smooth_step(-0.012 * unit, 0.004 * unit, y - over)  # until they have come down, lashes stand above it
        covered = region * low * (early + (1.0 - early) * _ease(closed / 0.4))
        layer_over(layer, shaded(skin, ball.astype(np.float32)), (covered * _ease(closed / 0.08)).astype(np.float32))
        self._paint_lashes(layer, eye, lashes, edge, place, closed)

    def _paint_lashes(self, layer: Layer, eye: Eye, colour: Layer, edge: Plane, place: Plane, closed: float) -> None:
        """The dark line along the lid's edge, thicker outwards, and the lashes that hang from it once it is low."""
        unit, y = self._unit, self._y
        outwards = 1.0 - place if eye.upper[0, 0] < self._x.mean() else place
        line = np.exp(-np.square((y - edge) / ((0.007 + 0.005 * outwards) * unit)))
        long = (0.016 + 0.020 * outwards) * unit
        fringe = smooth_step(0.0, 0.006 * unit, y - edge) * np.clip(1.0 - (y - edge) / long, 0.0, 1.0)
        hairs = 0.5 + 0.5 * np.cos(self._x / unit * 130.0 + 2.5 * np.sin(self._x / unit * 37.0))
        hanging = 0.55 * _ease((closed - 0.4) / 0.6) * fringe * hairs
        ends = smooth_step(0.0, 0.06, place) * smooth_step(0.0, 0.06, 1.0 - place) * (0.55 + 0.45 * outwards)
        alpha = np.clip(0.75 * line + hanging, 0.0, 1.0) * ends * _ease(closed / 0.08)
        layer_over(layer, np.broadcast_to(colour, layer[..., :3].shape), alpha.astype(np.float32))


def _ease(share: float) -> float:
    t = min(max(share, 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def _region(eye: Eye, box: Box, unit: float) -> Plane:
    """The eye's opening with the lashes around it, fading out."""
    grow = unit * np.array([[0.0, -0.075]]) * np.sin(np.linspace(0.0, np.pi, len(eye.upper)))[:, None] ** 0.5
    outline = np.vstack([eye.upper + grow, (eye.lower - 0.33 * grow)[::-1]])
    mask = (fill(outline, box) > 0.5).astype(np.uint8)
    wide = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (int(0.05 * unit) | 1,) * 2))
    return blur(wide.astype(np.float32), 0.014 * unit)


def _inwards(region: Plane) -> Plane:
    """How many pixels each one of a region lies within its rim."""
    return cv2.distanceTransform((region > 0.1).astype(np.uint8), cv2.DIST_L2, 5).astype(np.float32, copy=False)


def _membrane(piece: Layer, region: Plane, unit: float) -> Layer:
    """The skin around the eye, without thin dark things, and stretched over the region: Laplace's equation, by
    relaxation on a reduced picture."""
    broad = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (int(0.07 * unit) | 1,) * 2)
    skin = blur(cv2.morphologyEx(piece, cv2.MORPH_CLOSE, broad).astype(np.float32), 0.03 * unit)
    size = (piece.shape[1] // _REDUCED, piece.shape[0] // _REDUCED)
    small = cv2.resize(skin, size, interpolation=cv2.INTER_AREA)
    free = (cv2.resize(region, size, interpolation=cv2.INTER_AREA) > 0.02)[..., None]
    surface = np.where(free, small[~free[..., 0]].mean(axis=0), small).astype(np.float32)
    kernel = np.array([[0.0, 0.25, 0.0], [0.25, 0.0, 0.25], [0.0, 0.25, 0.0]], np.float32)
    for _ in range(_STEPS):
        surface = np.where(free, cv2.filter2D(surface, -1, kernel, borderType=cv2.BORDER_REPLICATE), small)
    return cv2.resize(surface, piece.shape[1::-1], interpolation=cv2.INTER_CUBIC).astype(np.float32)


def _tinted(skin: Layer, cheek: Layer) -> Layer:
    """The skin half way to the cheek's tint: around an open eye there is much shade and little colour."""
    colour = cheek.mean(axis=(0, 1))
    tinted: Layer = 0.5 * skin + 0.5 * skin.mean(axis=2, keepdims=True) * (colour / colour.mean())
    return tinted


def _lash_colour(picture: Layer, eye: Eye) -> Layer:
    """The darkest quarter of what lies along the upper lid's edge, (3,)."""
    edge = np.stack([picture[int(y), int(x)] for x, y in eye.upper[6:-6]])
    dark: Layer = edge[edge.mean(axis=1).argsort()[: len(edge) // 4]].mean(axis=0)
    return dark * np.float32(0.85)
