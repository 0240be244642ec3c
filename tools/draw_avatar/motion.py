"""What of the picture moves with what: the maps of the rig."""

import numpy as np
import numpy.typing as npt

from tools.draw_avatar.person import SIZE

CELL_PX = 4
"""Side of a map's cell, in frame pixels: the fields are smooth."""

NECK = (256.0, 400.0)
UNIT = 89.0
DROP = 13.0

_FACE_X, _FACE_Y, _FACE_HALF_WIDTH, _FACE_HALF_HEIGHT = 256.0, 234.0, 89.0, 137.0
_LIP_Y, _CHIN_Y, _JAW_HALF_WIDTH = 320.0, 371.0, 70.0
_BROW_Y, _BROW_HALF_WIDTH, _BROW_HALF_HEIGHT = 200.0, 80.0, 14.0

Map = npt.NDArray[np.float64]


def motion_maps() -> npt.NDArray[np.uint8]:
    """Head, relief, body, brows, jaw and hair, one above the other."""
    place = (np.arange(SIZE // CELL_PX) + 0.5) * CELL_PX - 0.5
    x, y = np.meshgrid(place, place)
    radius = np.hypot((x - _FACE_X) / _FACE_HALF_WIDTH, (y - _FACE_Y) / _FACE_HALF_HEIGHT)
    head = 1.0 - _smooth_step(1.3, 2.1, radius)
    relief = np.square(1.0 - np.square(np.minimum(radius, 1.0)))  # the nose moves more than the ears
    body = _smooth_step(_FACE_Y + _FACE_HALF_HEIGHT, NECK[1] + _FACE_HALF_HEIGHT / 2, y)
    from_brows = np.hypot((x - _FACE_X) / _BROW_HALF_WIDTH, (y - _BROW_Y) / _BROW_HALF_HEIGHT)
    brows = 1.0 - _smooth_step(0.5, 1.3, from_brows)
    chin = _smooth_step(_LIP_Y - 6.0, _LIP_Y + 0.6 * (_CHIN_Y - _LIP_Y), y)
    throat = 1.0 - _smooth_step(_CHIN_Y, _CHIN_Y + 4.0 * DROP, y)
    jaw = chin * throat * (1.0 - _smooth_step(0.5, 1.4, np.abs(x - _FACE_X) / _JAW_HALF_WIDTH))
    hair = np.zeros_like(x)
    return np.round(np.vstack([head, relief, body, brows, jaw, hair]) * 255.0).astype(np.uint8)


def _smooth_step(low: float, high: float, value: Map) -> Map:
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
