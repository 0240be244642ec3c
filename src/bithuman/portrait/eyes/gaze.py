"""Eyes that look elsewhere: iris and pupil move behind the lids, and the white of the eye gives way."""

import cv2
import numpy as np

from bithuman.portrait.face.eyes import Eye
from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.picture.arrays import CHANNELS, Box, Layer, Plane
from bithuman.portrait.picture.boxes import columns_of, cut, rows_of
from bithuman.portrait.picture.paint import blur, smooth_step

GAZE_AXES = ((-1.0, -0.5, 0.0, 0.5, 1.0), (-1.0, 0.0, 1.0))
"""How far aside and down the eyes look, at which they are painted."""

# How an iris moves, in its radii.
_ACROSS, _DOWN = 0.62, 0.30
"""How far for a gaze of 1."""
_RIGID = 1.05
"""All within this distance of its middle moves as much; ..."""
_WHITE_GIVES = 0.55
"""... from there, the white gives way over this share of the eye's width."""
_IRIS_RIM = (0.95, 1.05)
"""Where the rings of an iris end."""

# The opening of an eye, in eye distances.
_UPPER_LASHES, _LOWER_LASHES = 0.022, 0.014
"""How much of the eyeball the lashes hide."""
_LEAST_SEEN_PX = 1.0
_LID_EDGE = 0.004
_LID_SOFT = 0.012
_HIDDEN_OVER = 0.02
"""How far behind a lid a point lies until none of it is seen."""
_OPENING_SOFT_PX = 0.7
_CORNER_SOFT = 2.0
"""How much softer the corners are than the lids."""

# The colours of an iris by the distance from its middle.
_RINGS = 24
_RING_REACH = 1.5
"""A ring takes its colour from pixels this many rings away."""
_RING_PERCENTILE = 35
"""Leaves out the highlights."""
_RINGS_SOFT = 1.0


class GazePainter:
    """Paints both eyes, in `box` of a `picture`, looking in any direction."""

    def __init__(self, picture: Layer, face: Geometry, box: Box) -> None:
        self._picture = picture
        self._unit = face.eye_distance
        self._box = box
        self._columns = columns_of(box)
        self._x, self._y = np.meshgrid(self._columns, rows_of(box))
        self._eyes = [(eye, self._rings(eye)) for eye in face.eyes]

    def paint(self, across: float, down: float) -> Layer:
        """The eyes looking aside by `across` and `down`, -1 to 1: (h, w, 3)."""
        painted = cut(self._picture, self._box).copy()
        if across or down:
            for eye, rings in self._eyes:
                self._paint_eye(painted, eye, rings, across, down)
        return painted

    def _paint_eye(self, painted: Layer, eye: Eye, rings: Layer, across: float, down: float) -> None:
        x, y, radius = self._x, self._y, eye.radius
        away = np.hypot(x - eye.iris[0], y - eye.iris[1])
        moves = 1.0 - smooth_step(_RIGID * radius, _RIGID * radius + _WHITE_GIVES * eye.width, away)
        from_x, from_y = x - _ACROSS * across * radius * moves, y - _DOWN * down * radius * moves
        over, under = self._visible(eye)
        within = np.clip(from_y, over, under).astype(np.float32)
        where = from_x.astype(np.float32)
        moved = cv2.remap(self._picture, where, within, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)

        # The photo lacks the part of an iris behind a lid. An iris is round: the rest of its ring replaces that part.
        hidden = smooth_step(0.0, _HIDDEN_OVER * self._unit, np.abs(from_y - within).astype(np.float32))
        place = np.hypot(from_x - eye.iris[0], from_y - eye.iris[1]) / radius
        ring = cv2.remap(
            rings[None],
            (place * (_RINGS - 1)).astype(np.float32),
            np.zeros_like(x),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        hidden = hidden * (1.0 - smooth_step(*_IRIS_RIM, place.astype(np.float32)))
        moved = moved + hidden[..., None] * (ring - moved)
        painted += self._opening(eye)[..., None] * (moved - painted)

    def _rings(self, eye: Eye) -> Layer:
        """The colour of the iris by the distance from its middle, highlights left out: (_RINGS, 3)."""
        piece = cut(self._picture, self._box)
        over, under = self._visible(eye)
        place = np.hypot(self._x - eye.iris[0], self._y - eye.iris[1]) / eye.radius * (_RINGS - 1)
        seen = (self._y > over) & (self._y < under)
        rings = np.zeros((_RINGS, CHANNELS), np.float32)
        for ring in range(_RINGS):
            near = piece[seen & (np.abs(place - ring) < _RING_REACH)]
            rings[ring] = np.percentile(near, _RING_PERCENTILE, axis=0) if len(near) else rings[ring - 1]
        smooth: Layer = blur(rings[None], _RINGS_SOFT)[0]
        return smooth

    def _visible(self, eye: Eye) -> tuple[Plane, Plane]:
        """The heights between which nothing but the eyeball is seen, above each column."""
        over, under = eye.edges(self._columns)
        high = over + _UPPER_LASHES * self._unit
        return high, np.maximum(under - _LOWER_LASHES * self._unit, high + _LEAST_SEEN_PX)

    def _opening(self, eye: Eye) -> Plane:
        """How far each pixel shows the eyeball and not a lid."""
        over, under = eye.edges(self._columns)
        edge, soft = _LID_EDGE * self._unit, _LID_SOFT * self._unit
        inside = smooth_step(edge, edge + soft, self._y - over)
        inside = inside * smooth_step(0.0, soft, under - self._y)
        ends = np.minimum(self._x - eye.upper[0, 0], eye.upper[-1, 0] - self._x).astype(np.float32)
        return blur(inside * smooth_step(0.0, _CORNER_SOFT * soft, ends), _OPENING_SOFT_PX)
