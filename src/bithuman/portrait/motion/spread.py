"""How a motion fades: around an area, and down from the chin."""

import cv2
import numpy as np

from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.picture.arrays import Box, Plane
from bithuman.portrait.picture.paint import Span, ramp, smooth_step

_INSIDE = 0.35
"""A mask counts as inside above this."""


def whole(person: Plane) -> Box:
    """The box of the whole picture."""
    return 0, 0, person.shape[1], person.shape[0]


def around(mask: Plane, fade: Span, face: Geometry) -> Plane:
    """1 where the mask is, and falling to 0 over the distances of `fade` from it, in eye distances."""
    away = cv2.distanceTransform((mask <= _INSIDE).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5).astype(np.float32)
    return 1.0 - ramp(fade, face.eye_distance, away)


def below_chin(y: Plane, rise: Span, face: Geometry) -> Plane:
    """0 above and 1 below the heights of `rise`, in eye distances from the chin downwards."""
    unit = face.eye_distance
    return smooth_step(face.chin_y + rise[0] * unit, face.chin_y + rise[1] * unit, y)
