"""How a flat picture of a person moves: as one flexible sheet, pulled by a few smooth fields.

A field says, for every point of the frame, how far the picture moves there for one unit of one motion. The fields are
built once from a handful of landmarks, on a coarse grid; a frame's displacement is their weighted sum.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CELL_PX = 8
"""Side of a cell of the coarse grid, in frame pixels."""

Field = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rig:
    """Landmarks of a face, in frame pixels.

    Attributes:
        face: centre x, centre y, half width, half height of the face's oval, hairline to chin.
        neck: the point about which the head tilts.
        jaw: centre x, y of the line between the lips, y of the chin, half width, how far a wide open jaw drops.
        brows: centre x, centre y, half width, half height of the region that a raised brow moves.
    """

    face: tuple[float, ...]
    neck: tuple[float, ...]
    jaw: tuple[float, ...]
    brows: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Pose:
    """How far each motion has gone. All but `tilt` (radians) are frame pixels where the motion is strongest."""

    sway: float = 0.0
    bob: float = 0.0
    tilt: float = 0.0
    turn: float = 0.0
    nod: float = 0.0
    breath: float = 0.0
    brows: float = 0.0
    jaw: float = 0.0


def build_fields(rig: Rig, width: int, height: int) -> Field:
    """The fields of `Pose`'s motions, in its order: (8, 2, height / CELL_PX, width / CELL_PX) float32, x first."""
    x, y = np.meshgrid(
        (np.arange(-(-width // CELL_PX)) + 0.5) * CELL_PX - 0.5,
        (np.arange(-(-height // CELL_PX)) + 0.5) * CELL_PX - 0.5,
    )
    face_x, face_y, face_half_width, face_half_height = rig.face
    radius = np.hypot((x - face_x) / face_half_width, (y - face_y) / face_half_height)
    head = 1.0 - _smooth_step(1.3, 2.1, radius)
    relief = np.square(1.0 - np.square(np.minimum(radius, 1.0)))  # the nose moves more than the ears

    neck_x, neck_y = rig.neck
    body = _smooth_step(face_y + face_half_height, neck_y + face_half_height / 2, y)

    jaw_x, lip_y, chin_y, jaw_half_width, drop = rig.jaw
    chin = _smooth_step(lip_y - 6.0, lip_y + 0.6 * (chin_y - lip_y), y)
    throat = 1.0 - _smooth_step(chin_y, chin_y + 4.0 * drop, y)
    jaw = chin * throat * (1.0 - _smooth_step(0.5, 1.4, np.abs(x - jaw_x) / jaw_half_width))

    brow_x, brow_y, brow_half_width, brow_half_height = rig.brows
    brows = 1.0 - _smooth_step(0.5, 1.3, np.hypot((x - brow_x) / brow_half_width, (y - brow_y) / brow_half_height))

    still = np.zeros_like(x)
    fields = [
        (head, still),
        (still, head),
        (-head * (y - neck_y), head * (x - neck_x)),
        (relief, still),
        (still, relief),
        (still, -body),
        (still, -brows),
        (still, jaw),
    ]
    return np.array(fields, np.float32)


def _smooth_step(low: float, high: float, value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
