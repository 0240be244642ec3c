"""What of a portrait moves with what: the six maps of an avatar's rig."""

from dataclasses import dataclass

import cv2
import numpy as np

from bithuman.portrait.eyes import find_eyes
from bithuman.portrait.landmarks import CHIN, FACE_OVAL, LEFT_BROW, LEFT_EAR, RIGHT_BROW, RIGHT_EAR, Image, Points
from bithuman.portrait.lips import Lips
from bithuman.portrait.planes import Box, Plane, blur, fill, smooth_step
from bithuman.portrait.warp import bend

_NOSE_RIDGE = (1, 4, 5, 195)
_MOST_BROWS = 0.75
"""Of a motion map's range: a photo's brows carry their folds with them and look startled sooner than drawn ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Silhouette:
    """A levelled portrait as motion sees it: the face's points and what is person, both in working pixels, and the
    distance between the eyes, in which all is measured."""

    points: Points
    person: Plane
    unit: float

    @property
    def width(self) -> int:
        return int(self.person.shape[1])

    @property
    def height(self) -> int:
        return int(self.person.shape[0])

    @property
    def whole(self) -> Box:
        """The whole picture."""
        return 0, 0, self.width, self.height

    @property
    def chin_y(self) -> float:
        return float(self.points[CHIN, 1])

    @property
    def half_width(self) -> float:
        return float(self.points[RIGHT_EAR, 0] - self.points[LEFT_EAR, 0]) / 2.0

    @property
    def neck(self) -> tuple[float, float]:
        return float(self.points[CHIN, 0]), self.chin_y + 0.45 * self.unit


def jaw_map(seen: Silhouette, rest: Lips) -> Plane:
    """How far each pixel goes down with the jaw, 0 to 1: all of the chin, less towards the ears and down the neck."""
    x, y = _grid(seen.width, seen.height)
    middle_x, meet_y = rest.middle
    unit = seen.unit
    chin = smooth_step(meet_y - 0.02 * unit, meet_y + 0.52 * unit, y)
    throat = 1.0 - smooth_step(seen.chin_y + 0.15 * unit, seen.chin_y + 0.80 * unit, y)
    jaw: Plane = chin * throat * (1.0 - smooth_step(0.36 * unit, 0.95 * unit, np.abs(x - np.float32(middle_x))))
    return jaw


def motion_maps(seen: Silhouette, jaw: Plane, size: tuple[int, int]) -> Image:
    """The maps in the order of an `.imx` file, each of `size` (width, height), stacked from top to bottom."""
    maps = [_head(seen), _relief(seen), _body(seen), _brows(seen), jaw, _hair(seen)]
    small = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in maps]
    return np.round(np.vstack(small).clip(0.0, 1.0) * 255.0).astype(np.uint8)


def _grid(width: int, height: int) -> tuple[Plane, Plane]:
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return x, y


def _around(mask: Plane, near: float, far: float) -> Plane:
    """1 where the mask is, and falling to 0 between `near` and `far` pixels from it."""
    away = cv2.distanceTransform((mask <= 0.35).astype(np.uint8), cv2.DIST_L2, 5).astype(np.float32)
    return 1.0 - smooth_step(near, far, away)


def _skull(seen: Silhouette) -> Plane:
    """The head and its hair, without what is below the chin."""
    x, y = _grid(seen.width, seen.height)
    near = 1.0 - smooth_step(1.5 * seen.unit, 1.9 * seen.unit, np.abs(x - np.float32(seen.points[CHIN, 0])))
    above = 1.0 - smooth_step(seen.chin_y + 0.1 * seen.unit, seen.chin_y + 0.7 * seen.unit, y)
    skull: Plane = seen.person * near * above
    return skull


def _head(seen: Silhouette) -> Plane:
    """All of the head moves as one, the neck bends, and the background just behind the hair is soon let go."""
    _, y = _grid(seen.width, seen.height)
    neck = 1.0 - smooth_step(seen.chin_y - 0.25 * seen.unit, seen.chin_y + 0.75 * seen.unit, y)
    return blur(neck * _around(_skull(seen), 0.06 * seen.unit, 0.42 * seen.unit), 0.05 * seen.unit)


def _relief(seen: Silhouette) -> Plane:
    """How far each point of the face comes out, from the mesh's depths; nothing outside of the face."""
    oval = list(FACE_OVAL)
    chosen = np.unique([*oval[::2], *range(0, 468, 6), *_NOSE_RIDGE])
    depth = -seen.points[:, 2]
    rim = float(np.median(depth[oval]))
    out = np.clip((depth - rim) / max(float(depth.max()) - rim, 1.0), 0.0, 1.0)
    out[oval] = 0.0
    at = seen.points[chosen, :2]
    # A spline through heights is one of the two that a bend is made of.
    surface = bend(at, at + out[chosen, None], seen.whole)[..., 0]
    inside = fill(seen.points[oval, :2], seen.whole, 0.10 * seen.unit)
    return blur(np.clip(surface, 0.0, 1.0) * smooth_step(0.35, 1.0, inside), 0.06 * seen.unit)


def _body(seen: Silhouette) -> Plane:
    """Chest and shoulders rise with the breath; the background is let go beside them."""
    _, y = _grid(seen.width, seen.height)
    chest = smooth_step(seen.chin_y + 0.15 * seen.unit, seen.chin_y + 1.3 * seen.unit, y)
    return blur(chest * _around(seen.person, 0.04 * seen.unit, 0.40 * seen.unit), 0.05 * seen.unit)


def _brows(seen: Silhouette) -> Plane:
    """The brows, and the forehead's skin that they push up; the lids below them stay."""
    raised, eyes = (np.zeros((seen.height, seen.width), np.float32) for _ in range(2))
    for brow, eye in zip((LEFT_BROW, RIGHT_BROW), find_eyes(seen.points), strict=True):
        line = seen.points[list(brow), :2]
        hull = cv2.convexHull(np.vstack([line, line - np.array([0.0, 0.16 * seen.unit])]).astype(np.float32))
        raised = np.maximum(raised, fill(hull[:, 0].astype(np.float64), seen.whole))
        eyes = np.maximum(eyes, fill(np.vstack([eye.upper, eye.lower[::-1]]), seen.whole))
    free = 1.0 - _around(eyes, 0.03 * seen.unit, 0.17 * seen.unit)
    brows: Plane = _MOST_BROWS * free * np.clip(1.2 * blur(raised, 0.08 * seen.unit), 0.0, 1.0)
    return brows


def _hair(seen: Silhouette) -> Plane:
    """What is head but not face, the more the farther it is from the face."""
    _, y = _grid(seen.width, seen.height)
    face = fill(seen.points[list(FACE_OVAL), :2], seen.whole)
    loose = 1.0 - _around(face, 0.08 * seen.unit, 0.60 * seen.unit)
    above = 1.0 - smooth_step(seen.chin_y - 0.6 * seen.unit, seen.chin_y - 0.1 * seen.unit, y)
    return blur(loose * above * _around(_skull(seen), 0.03 * seen.unit, 0.30 * seen.unit), 0.05 * seen.unit)
