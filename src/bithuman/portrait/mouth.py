"""The mouth of a portrait in every state that a mouth layer has tiles for."""

from dataclasses import dataclass

import cv2
import numpy as np

from bithuman.engine.shape import PictureState
from bithuman.portrait.inner_mouth import Inside, paint_inside
from bithuman.portrait.join import clip_box, frame_points, join, rim_mask
from bithuman.portrait.landmarks import CHIN, NOSE_BASE, Points
from bithuman.portrait.lip_light import shade_lips
from bithuman.portrait.lips import Lips
from bithuman.portrait.planes import Box, Layer, Plane, shaded
from bithuman.portrait.speaking import DROP, rolled, speak

_RIM_PX = 14
_NOSE_EDGE = (2, 97, 326)
_STEPS = 12
"""To invert the jaw's motion by repetition; each is at least twice as near as the one before."""


@dataclass(frozen=True, slots=True, eq=False)
class MouthPainter:
    """Paints the mouth in any state.

    Attributes:
        picture: the whole face at rest.
        points: of the face mesh.
        rest: the lips at rest.
        unit: the distance between the eyes.
        box: what is painted.
        jaw: how far each pixel of the whole picture goes along with the jaw, 0 to 1.
        inside: what the inner mouth is painted with.
        seam: how dark the line between the closed lips is drawn.
    """

    picture: Layer
    points: Points
    rest: Lips
    unit: float
    box: Box
    jaw: Plane
    inside: Inside
    seam: float

    def paint(self, state: PictureState) -> Layer:
        """The box in that state, as it is before the jaw moves the picture: (h, w, 3)."""
        x, y, wide, high = self.box
        drop = DROP * self.unit * max(state.opening, 0.0)
        shown = clip_box((x, y, wide, high + int(drop) + 3), self.picture)
        final = self._in_frame(shown, drop, state)

        across, down = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(high, dtype=np.float32))
        moved = self._dropped(across + x, down + y, drop)
        tile = cv2.remap(final, across, moved - y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        ground = self.picture[y : y + high, x : x + wide]
        mixed: Layer = ground + rim_mask(wide, high, _RIM_PX)[..., None] * (tile - ground)
        return np.clip(mixed, 0.0, 1.0)

    def _in_frame(self, box: Box, drop: float, state: PictureState) -> Layer:
        """The box as it is seen in the frame, the jaw's motion included."""
        lips = speak(self.rest, self.unit, state)
        fixed = np.vstack([frame_points(self.box, 6), self.points[list(_NOSE_EDGE), :2]])
        x, y = fixed.T.astype(np.float32)
        lowered = np.stack([fixed[:, 0], self._dropped(x, y, drop)], axis=1)
        face = join(self.picture, rolled(self.rest, state), lips, (lowered, fixed), box)

        rounded, parted = max(-state.width, 0.0), min(max(4.0 * state.opening, 0.0), 1.0)
        seam = self.seam * (1.0 - 0.75 * parted) * (1.0 - 0.4 * rounded)
        face = shaded(face, shade_lips(lips, self.unit, box, seam, rounded))
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


def mouth_box(points: Points, rest: Lips, unit: float) -> Box:
    """What the mouth changes before the jaw moves the picture: from below the nose to the chin."""
    x, y = rest.middle
    top, bottom = points[NOSE_BASE, 1] - 0.03 * unit, min(points[CHIN, 1] - 0.02 * unit, y + 0.66 * unit)
    half = int(0.80 * unit) // 4 * 4
    left, top = int(x - half) // 4 * 4, int(top) // 4 * 4
    return left, top, 2 * half, int(bottom - top) // 4 * 4
