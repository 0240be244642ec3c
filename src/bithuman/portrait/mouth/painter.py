"""The mouth of a portrait in any state."""

from dataclasses import dataclass

import cv2
import numpy as np

from bithuman.engine.shape import PictureState
from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.face.landmarks import NOSE_EDGE
from bithuman.portrait.mouth.inside import Inside, paint_inside
from bithuman.portrait.mouth.join import join
from bithuman.portrait.mouth.lip_light import shade_lips
from bithuman.portrait.mouth.speaking import DROP, rolled, speak
from bithuman.portrait.picture.arrays import Box, Layer, Plane
from bithuman.portrait.picture.boxes import clip_box, cut, frame_points, grid, rim_mask
from bithuman.portrait.picture.paint import shaded

# The box, in eye distances.
_BELOW_NOSE, _ABOVE_CHIN = -0.03, 0.02
_ASIDE = 0.80
_MOST_BELOW_MOUTH = 0.66
_ALIGN_PX = 4
"""Its sides are multiples of this, so that it makes an even number of frame pixels."""

_RIM_PX = 14
"""Over which a tile fades into the face."""
_HELD_ALONG = 6
"""Points on each side of the box that stay where they are."""
_DROP_MARGIN_PX = 3
_STEPS = 12
"""To invert the jaw's motion by repetition; each is at least twice as near as the one before."""

_PARTED_OVER = 4.0
"""Lips are parted at an opening of 1 / 4."""
_SEAM_LOST_PARTED, _SEAM_LOST_ROUNDED = 0.75, 0.4
"""How much lighter the line between the lips is where they are parted or rounded."""


@dataclass(frozen=True, slots=True, eq=False)
class MouthPainter:
    """Paints the mouth in any state.

    Attributes:
        picture: the whole face at rest.
        face: where its parts lie.
        box: the painted part of the picture.
        jaw: how far each pixel of the whole picture goes along with the jaw, 0 to 1.
        inside: the light and the teeth of the inner mouth.
        seam: how dark the line between the closed lips is drawn.
    """

    picture: Layer
    face: Geometry
    box: Box
    jaw: Plane
    inside: Inside
    seam: float

    def paint(self, state: PictureState) -> Layer:
        """The box in that state, as it is before the jaw moves the picture: (h, w, 3)."""
        x, y, wide, high = self.box
        drop = jaw_drop(self.face) * max(state.opening, 0.0)
        shown = clip_box((x, y, wide, high + int(drop) + _DROP_MARGIN_PX), self.picture)
        final = self._in_frame(shown, drop, state)

        across, down = grid(wide, high)
        moved = self._dropped(across + x, down + y, drop)
        tile = cv2.remap(final, across, moved - y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        ground = cut(self.picture, self.box)
        mixed: Layer = ground + rim_mask(wide, high, _RIM_PX)[..., None] * (tile - ground)
        return np.clip(mixed, 0.0, 1.0)

    def _in_frame(self, box: Box, drop: float, state: PictureState) -> Layer:
        """The box as it is seen in the frame, the jaw's motion included."""
        rest, unit = self.face.rest, self.face.eye_distance
        lips = speak(rest, unit, state)
        fixed = np.vstack([frame_points(self.box, _HELD_ALONG), self.face.at(NOSE_EDGE)])
        x, y = fixed.T.astype(np.float32)
        lowered = np.stack([fixed[:, 0], self._dropped(x, y, drop)], axis=1)
        face = join(self.picture, rolled(rest, state), lips, (lowered, fixed), box)

        rounded, parted = max(-state.width, 0.0), min(max(_PARTED_OVER * state.opening, 0.0), 1.0)
        seam = self.seam * (1.0 - _SEAM_LOST_PARTED * parted) * (1.0 - _SEAM_LOST_ROUNDED * rounded)
        face = shaded(face, shade_lips(lips, unit, box, seam, rounded))
        inner, mask = paint_inside(self.inside, lips, box, state)
        seen: Layer = face + mask[..., None] * (inner - face)
        return seen

    def _dropped(self, x: Plane, y: Plane, drop: float) -> Plane:
        """The heights of points of the resting face once the chin is `drop` pixels down."""
        moved = y
        for _ in range(_STEPS):
            jaw = cv2.remap(self.jaw, x, moved, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            moved = (y + drop * jaw.reshape(y.shape)).astype(np.float32)
        return moved


def jaw_drop(face: Geometry) -> float:
    """How far the chin goes down with a wide open mouth, in working pixels."""
    return DROP * face.eye_distance


def mouth_box(face: Geometry) -> Box:
    """The part of the picture that the mouth changes before the jaw moves it: from below the nose to the chin."""
    unit = face.eye_distance
    x, y = face.rest.middle
    bottom = min(face.chin_y - _ABOVE_CHIN * unit, y + _MOST_BELOW_MOUTH * unit)
    half = int(_ASIDE * unit) // _ALIGN_PX * _ALIGN_PX
    left = int(x - half) // _ALIGN_PX * _ALIGN_PX
    top = int(face.nose_base_y + _BELOW_NOSE * unit) // _ALIGN_PX * _ALIGN_PX
    return left, top, 2 * half, int(bottom - top) // _ALIGN_PX * _ALIGN_PX
