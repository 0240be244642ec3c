"""Eyes that look elsewhere: iris and pupil move behind the lids, and the white of the eye gives way."""

import cv2
import numpy as np

from bithuman.portrait.eyes import Eye
from bithuman.portrait.planes import Box, Layer, Plane, blur, smooth_step

_ACROSS, _DOWN = 0.62, 0.30
"""How far an iris moves for 1, in its radii."""
_RINGS = 24


class GazePainter:
    """Paints both eyes, in `box` of a `picture`, looking wherever one likes."""

    def __init__(self, picture: Layer, eyes: tuple[Eye, Eye], unit: float, box: Box) -> None:
        self._picture = picture
        self._unit = unit
        self._box = left, top, width, height = box
        self._x, self._y = np.meshgrid(
            np.arange(width, dtype=np.float32) + left, np.arange(height, dtype=np.float32) + top
        )
        self._eyes = [(eye, self._rings(eye)) for eye in eyes]

    def paint(self, across: float, down: float) -> Layer:
        """The eyes looking aside by `across` and `down`, -1 to 1: (h, w, 3)."""
        x, y, width, height = self._box
        painted = self._picture[y : y + height, x : x + width].copy()
        if across or down:
            for eye, rings in self._eyes:
                self._paint_eye(painted, eye, rings, across, down)
        return painted

    def _paint_eye(self, painted: Layer, eye: Eye, rings: Layer, across: float, down: float) -> None:
        x, y, radius = self._x, self._y, eye.radius
        away = np.hypot(x - eye.iris[0], y - eye.iris[1])
        moves = 1.0 - smooth_step(1.05 * radius, 1.05 * radius + 0.55 * eye.width, away)
        from_x, from_y = x - _ACROSS * across * radius * moves, y - _DOWN * down * radius * moves
        over, under = self._visible(eye)
        within = np.clip(from_y, over, under).astype(np.float32)
        where = from_x.astype(np.float32)
        moved = cv2.remap(self._picture, where, within, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)

        # What comes from behind a lid is not in the photo. An iris is round: the rest of its ring stands in.
        hidden = smooth_step(0.0, 0.02 * self._unit, np.abs(from_y - within).astype(np.float32))
        place = np.hypot(from_x - eye.iris[0], from_y - eye.iris[1]) / radius
        ring = cv2.remap(
            rings[None],
            (place * (_RINGS - 1)).astype(np.float32),
            np.zeros_like(x),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        hidden = hidden * (1.0 - smooth_step(0.95, 1.05, place.astype(np.float32)))
        moved = moved + hidden[..., None] * (ring - moved)
        painted += self._opening(eye)[..., None] * (moved - painted)

    def _rings(self, eye: Eye) -> Layer:
        """The colour of the iris by the distance from its middle, highlights left out: (_RINGS, 3)."""
        left, top, width, height = self._box
        piece = self._picture[top : top + height, left : left + width]
        over, under = self._visible(eye)
        place = np.hypot(self._x - eye.iris[0], self._y - eye.iris[1]) / eye.radius * (_RINGS - 1)
        seen = (self._y > over) & (self._y < under)
        rings = np.zeros((_RINGS, 3), np.float32)
        for ring in range(_RINGS):
            near = piece[seen & (np.abs(place - ring) < 1.5)]
            rings[ring] = np.percentile(near, 35, axis=0) if len(near) else rings[ring - 1]
        smooth: Layer = blur(rings[None], 1.0)[0]
        return smooth

    def _visible(self, eye: Eye) -> tuple[Plane, Plane]:
        """The heights between which nothing but the eyeball is seen, above each column."""
        over, under = eye.edges(self._x[0])
        high = over + 0.022 * self._unit
        return high, np.maximum(under - 0.014 * self._unit, high + 1.0)

    def _opening(self, eye: Eye) -> Plane:
        """How far each pixel shows the eyeball and not a lid."""
        over, under = eye.edges(self._x[0])
        soft = 0.012 * self._unit
        inside = smooth_step(0.004 * self._unit, 0.004 * self._unit + soft, self._y - over)
        inside = inside * smooth_step(0.0, soft, under - self._y)
        ends = np.minimum(self._x - eye.upper[0, 0], eye.upper[-1, 0] - self._x).astype(np.float32)
        return blur(inside * smooth_step(0.0, 2.0 * soft, ends), 0.7)
