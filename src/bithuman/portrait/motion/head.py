"""The parts of the picture that move with the head, with the hair and with the chest."""

import numpy as np

from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.motion.spread import around, below_chin, whole
from bithuman.portrait.picture.arrays import Plane
from bithuman.portrait.picture.boxes import columns_of, rows_of
from bithuman.portrait.picture.paint import blur, fill, ramp

# In eye distances: from the middle of the chin aside, ...
_SKULL_ASIDE = (1.5, 1.9)
# ... from the chin downwards, ...
_SKULL_ENDS = (0.1, 0.7)
_NECK_BENDS = (-0.25, 0.75)
_CHEST_RISES = (0.15, 1.3)
_HAIR_ENDS = (-0.6, -0.1)
# ... and from the edge of a moving part outwards.
_BEHIND_HEAD = (0.06, 0.42)
_BEHIND_HAIR = (0.03, 0.30)
_BESIDE_BODY = (0.04, 0.40)
_HAIR_FROM_FACE = (0.08, 0.60)
_SOFT = 0.05


def head_map(face: Geometry, person: Plane) -> Plane:
    """All of the head moves as one, the neck bends, and the background moves along only just behind the hair."""
    neck = 1.0 - below_chin(rows_of(whole(person)), _NECK_BENDS, face)
    return blur(neck * around(_skull(face, person), _BEHIND_HEAD, face), _SOFT * face.eye_distance)


def hair_map(face: Geometry, person: Plane) -> Plane:
    """The head without the face; the farther from the face, the more it moves."""
    loose = 1.0 - around(fill(face.oval, whole(person)), _HAIR_FROM_FACE, face)
    above = 1.0 - below_chin(rows_of(whole(person)), _HAIR_ENDS, face)
    near = around(_skull(face, person), _BEHIND_HAIR, face)
    return blur(loose * above * near, _SOFT * face.eye_distance)


def body_map(face: Geometry, person: Plane) -> Plane:
    """Chest and shoulders rise with the breath; the background moves along only just beside them."""
    chest = below_chin(rows_of(whole(person)), _CHEST_RISES, face)
    return blur(chest * around(person, _BESIDE_BODY, face), _SOFT * face.eye_distance)


def _skull(face: Geometry, person: Plane) -> Plane:
    """The head and its hair, down to the chin."""
    aside = np.abs(columns_of(whole(person)) - np.float32(face.chin[0]))
    above = 1.0 - below_chin(rows_of(whole(person)), _SKULL_ENDS, face)
    skull: Plane = person * (1.0 - ramp(_SKULL_ASIDE, face.eye_distance, aside)) * above
    return skull
