"""What of the picture moves with what: the maps of the rig."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from tools.draw_avatar.curves import Path
from tools.draw_avatar.hair import hair_mass, hair_outlines
from tools.draw_avatar.jaw import jaw_ramp
from tools.draw_avatar.painting import Painting
from tools.draw_avatar.person import FACE, SIZE
from tools.draw_avatar.scene import clothes_outline, neck_outline

CELL_PX = 4
"""Side of a map's cell, in frame pixels: the fields are smooth."""

NECK = (256.0, 404.0)
UNIT = 88.0

_X, _FACE_Y, _CHIN_Y = 256.0, 230.0, 369.0

Map = npt.NDArray[np.float64]


def motion_maps() -> npt.NDArray[np.uint8]:
    """Head, relief, body, brows, jaw and hair, one above the other."""
    place = (np.arange(SIZE // CELL_PX) + 0.5) * CELL_PX - 0.5
    x, y = np.meshgrid(place, place)
    maps = [_head(y), _relief(x, y), _body(y), _brows(x, y), _jaw(x, y), _hair(y)]
    return np.round(np.vstack(maps).clip(0.0, 1.0) * 255.0).astype(np.uint8)


def _head(y: Map) -> Map:
    """The head, all of its hair, and less and less of the wall around it; the neck bends."""
    return _near((FACE, hair_mass(), *hair_outlines()), 28.0) * (1.0 - _ease(368.0, 450.0, y))


def _relief(x: Map, y: Map) -> Map:
    """A dome, and the nose on it."""
    radius = np.minimum(np.hypot((x - _X) / 98.0, (y - _FACE_Y) / 150.0), 1.0)
    nose = np.exp(-0.5 * (((x - _X) / 16.0) ** 2 + ((y - 268.0) / 20.0) ** 2))
    return 0.82 * np.square(1.0 - np.square(radius)) + 0.18 * nose


def _body(y: Map) -> Map:
    """Shoulders and chest, and what hangs on them."""
    return _near((clothes_outline(), neck_outline(), hair_mass(), *hair_outlines()), 30.0) * _ease(386.0, 470.0, y)


def _brows(x: Map, y: Map) -> Map:
    """The brows and the forehead above them; the lids below stay where the eyes are."""
    up_and_down = _ease(158.0, 190.0, y) * (1.0 - _ease(204.0, 217.0, y))
    return up_and_down * (1.0 - _ease(74.0, 104.0, np.abs(x - _X)))


def _jaw(x: Map, y: Map) -> Map:
    """From the lips down, as the mouth's tiles expect it; what lies below the chin is pushed together."""
    throat = 1.0 - _ease(_CHIN_Y + 1.0, _CHIN_Y + 46.0, y)
    return jaw_ramp(y) * throat * (1.0 - _ease(44.0, 88.0, np.abs(x - _X)))


def _hair(y: Map) -> Map:
    """Long hair, the more the farther it hangs from its roots, until it lies on the chest."""
    free = np.max([_covered(lock) for lock in hair_outlines()[1:]], axis=0) * (1.0 - _covered(FACE))
    soft: Map = cv2.GaussianBlur(free, (0, 0), 14.0 / CELL_PX)
    return np.minimum(1.25 * soft, 1.0) * _ease(150.0, 400.0, y) * (1.0 - 0.8 * _ease(410.0, 500.0, y))


def _near(outlines: Sequence[Path], reach: float) -> Map:
    """1 within the outlines, falling to 0 at `reach` pixels from them."""
    outside = (np.max([_covered(outline) for outline in outlines], axis=0) < 0.5).astype(np.uint8)
    away = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).astype(np.float64) * CELL_PX
    return 1.0 - _ease(2.0, reach, away)


def _covered(outline: Path) -> Map:
    """How much of each cell lies in the outline."""
    mask = Painting(0, 0, SIZE, SIZE).mask(outline)
    covered: Map = cv2.resize(mask, (SIZE // CELL_PX,) * 2, interpolation=cv2.INTER_AREA).astype(np.float64)
    return covered


def _ease(low: float, high: float, value: Map) -> Map:
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    eased: Map = t * t * (3.0 - 2.0 * t)
    return eased
