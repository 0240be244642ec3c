"""Lids that close over open eyes, in the person's own colours.

A photo of open eyes shows little of the lids, and that cannot be stretched over an eye without smearing lashes. So the
lid is painted: skin stretched over the eye (`lid_skin.py`), the light on a ball, a crease, and lashes (`lashes.py`).
"""

from dataclasses import dataclass

import cv2
import numpy as np

from bithuman.portrait.eyes.lashes import LidEdge, lash_colour, paint_lashes
from bithuman.portrait.eyes.lid_skin import lid_region, lid_skin
from bithuman.portrait.face.eyes import Eye
from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.picture.arrays import CHANNELS_WITH_ALPHA, Box, Colour, Layer, Plane
from bithuman.portrait.picture.boxes import columns_of, rows_of
from bithuman.portrait.picture.paint import ease, layer_over, shaded, smooth_step

LID_AXES = ((0.0, 0.1, 0.22, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0),)
"""How far the lids are closed, at which they are painted."""

# In eye distances.
_CLOSED_ABOVE_LOWER_LID = 0.006
_CREASE_WITHIN_RIM = 0.036
_LOW_SHADE_TALL = 0.05
"""The shade above the lid's edge."""
_EDGE_SOFT = 0.004
_LASHES_ABOVE_LID = 0.012
"""How high lashes stand above the lid until they have come down."""

# In shares of the way that a lid goes.
_APPEARED_AT = 0.08
_LASHES_DOWN_AT = 0.4

# Light, where 1 changes nothing.
_LID_LIGHT = 0.99
_BALL_LIGHT, _CREASE_SHADE, _LOW_SHADE = 0.07, 0.12, 0.11

_LEAST_REGION = 0.1
"""A region's rim is where its mask falls below this."""


@dataclass(frozen=True, slots=True, eq=False)
class _Lid:
    """A lid and its eye.

    Attributes:
        region: the area that the closed lid covers, 0 to 1.
        skin: its colours in even light, (h, w, 3).
        lashes: the colour of the lashes.
    """

    eye: Eye
    region: Plane
    skin: Layer
    lashes: Colour


class LidPainter:
    """Paints both eyes' lids, in `box` of a `picture`, closed to any degree."""

    def __init__(self, picture: Layer, face: Geometry, box: Box) -> None:
        self._box = box
        self._unit = face.eye_distance
        self._x, self._y = columns_of(box), rows_of(box)
        self._lids = []
        for eye in face.eyes:
            region = lid_region(eye, box, self._unit)
            skin = lid_skin(picture, box, region, self._unit)
            self._lids.append(_Lid(eye, region, skin, lash_colour(picture, eye)))

    def paint(self, closed: float) -> Layer:
        """The lids over the eyes, `closed` by 0 to 1, (h, w, 4); empty at 0."""
        layer = np.zeros((self._box[3], self._box[2], CHANNELS_WITH_ALPHA), np.float32)
        if closed > 0.0:
            for lid in self._lids:
                self._paint_lid(layer, lid, closed)
        return layer

    def _paint_lid(self, layer: Layer, lid: _Lid, closed: float) -> None:
        unit, y, eye = self._unit, self._y, lid.eye
        over, under = eye.edges(self._x)
        edge = over + closed * (under - _CLOSED_ABOVE_LOWER_LID * unit - over)
        place = np.clip((self._x - eye.upper[0, 0]) / eye.width, 0.0, 1.0)
        bulge = np.sin(np.pi * place)
        depth = np.clip((y - over) / np.maximum(under - over, 1.0), 0.0, 1.0)
        low_down = smooth_step(0.0, _LOW_SHADE_TALL * unit, y - edge + _LOW_SHADE_TALL * unit)
        ball = (
            _LID_LIGHT
            + _BALL_LIGHT * bulge * np.sin(np.pi * depth)
            - _CREASE_SHADE * self._crease(lid, bulge)
            - _LOW_SHADE * low_down
        )

        low = 1.0 - smooth_step(-_EDGE_SOFT * unit, _EDGE_SOFT * unit, y - edge)
        # Until the lashes have come down, they stand above the lid, which then leaves them as they are.
        early = smooth_step(-_LASHES_ABOVE_LID * unit, _EDGE_SOFT * unit, y - over)
        covered = lid.region * low * (early + (1.0 - early) * ease(closed / _LASHES_DOWN_AT))
        appeared = ease(closed / _APPEARED_AT)
        layer_over(layer, shaded(lid.skin, ball.astype(np.float32)), (covered * appeared).astype(np.float32))
        outwards = 1.0 - place if eye.upper[0, 0] < self._x.mean() else place
        at = LidEdge(self._x, y - edge, place, outwards)
        paint_lashes(layer, lid.lashes, at, self._unit, closed, appeared)

    def _crease(self, lid: _Lid, bulge: Plane) -> Plane:
        """How deep the crease is: nothing at the rim, so that no edge shows, and most just within it."""
        inwards = _within(lid.region) / (_CREASE_WITHIN_RIM * self._unit)
        crease: Plane = inwards * np.exp(1.0 - inwards) * np.sqrt(bulge)
        return crease


def _within(region: Plane) -> Plane:
    """How many pixels each one of a region lies within its rim."""
    inside = (region > _LEAST_REGION).astype(np.uint8)
    return cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_5).astype(np.float32, copy=False)
