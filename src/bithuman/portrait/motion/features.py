"""The moving parts of the face: the jaw, the brows, and its relief, which shows when the head turns."""

import cv2
import numpy as np

from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.face.landmarks import FACE_OVAL, LEFT_BROW, MESH_POINTS, NOSE_RIDGE, RIGHT_BROW
from bithuman.portrait.motion.spread import around, below_chin, whole
from bithuman.portrait.picture.arrays import Plane
from bithuman.portrait.picture.boxes import columns_of, rows_of
from bithuman.portrait.picture.paint import blur, fill, ramp, smooth_step
from bithuman.portrait.picture.warp import bend

# The jaw, in eye distances.
_CHIN_FALLS = (-0.02, 0.52)
"""From the line between the lips downwards."""
_THROAT_STAYS = (0.15, 0.80)
"""From the chin downwards."""
_JAW_ASIDE = (0.36, 0.95)
"""From the middle of the mouth aside."""

# The brows, in eye distances.
_FOREHEAD_ABOVE_BROW = 0.16
_LIDS_STAY = (0.03, 0.17)
"""From the opening of the eye."""
_BROW_SOFT = 0.08
_BROW_GAIN = 1.2
"""Makes up for the softening."""
_MOST_BROWS = 0.75
"""Of a motion map's range: a photo's brows carry their folds with them and look startled sooner than drawn ones."""

# The relief: every so many points of the mesh and of the oval carry it.
_MESH_STEP, _OVAL_STEP = 6, 2
_LEAST_DEPTH_PX = 1.0
_RIM_SOFT, _RELIEF_SOFT = 0.10, 0.06
"""In eye distances."""
_RIM_FADE = (0.35, 1.0)
"""How far inside the softened oval the relief begins and is whole, in shares."""


def jaw_map(face: Geometry, person: Plane) -> Plane:
    """How far each pixel goes down with the jaw, 0 to 1: all of the chin, less towards the ears and down the neck."""
    x, y = columns_of(whole(person)), rows_of(whole(person))
    middle_x, meet_y = face.rest.middle
    unit = face.eye_distance
    chin = smooth_step(meet_y + _CHIN_FALLS[0] * unit, meet_y + _CHIN_FALLS[1] * unit, y)
    throat = 1.0 - below_chin(y, _THROAT_STAYS, face)
    jaw: Plane = chin * throat * (1.0 - ramp(_JAW_ASIDE, unit, np.abs(x - np.float32(middle_x))))
    return jaw


def brow_map(face: Geometry, person: Plane) -> Plane:
    """The brows, and the forehead's skin that they push up; the lids below them stay."""
    raised, eyes = (np.zeros(person.shape, np.float32) for _ in range(2))
    up = np.array([0.0, _FOREHEAD_ABOVE_BROW * face.eye_distance])
    for brow, eye in zip((LEFT_BROW, RIGHT_BROW), face.eyes, strict=True):
        line = face.at(brow)
        hull = cv2.convexHull(np.vstack([line, line - up]).astype(np.float32))
        raised = np.maximum(raised, fill(hull[:, 0].astype(np.float64), whole(person)))
        eyes = np.maximum(eyes, fill(eye.outline, whole(person)))
    free = 1.0 - around(eyes, _LIDS_STAY, face)
    soft = blur(raised, _BROW_SOFT * face.eye_distance)
    brows: Plane = _MOST_BROWS * free * np.clip(_BROW_GAIN * soft, 0.0, 1.0)
    return brows


def relief_map(face: Geometry, person: Plane) -> Plane:
    """How far each point of the face comes out, from the mesh's depths; nothing outside of the face."""
    oval = list(FACE_OVAL)
    chosen = np.unique([*oval[::_OVAL_STEP], *range(0, MESH_POINTS, _MESH_STEP), *NOSE_RIDGE])
    depth = -face.points[:, 2]
    rim = float(np.median(depth[oval]))
    out = np.clip((depth - rim) / max(float(depth.max()) - rim, _LEAST_DEPTH_PX), 0.0, 1.0)
    out[oval] = 0.0
    at = face.points[chosen, :2]
    # A spline through heights is one of the two that a bend is made of.
    surface = bend(at, at + out[chosen, None], whole(person))[..., 0]
    inside = fill(face.oval, whole(person), _RIM_SOFT * face.eye_distance)
    return blur(np.clip(surface, 0.0, 1.0) * smooth_step(*_RIM_FADE, inside), _RELIEF_SOFT * face.eye_distance)
