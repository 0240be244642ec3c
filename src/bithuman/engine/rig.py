"""How a flat picture of a person moves: as one flexible sheet, pulled by a few smooth fields.

A field says, for every point of the frame, how far the picture moves there for one unit of one motion. The avatar
brings maps of how far each point goes along with each part of the body; a frame's displacement is a weighted sum.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

CELL_PX = 8
"""Side of a cell of the coarse grid, in frame pixels."""

MAPS = ("head", "relief", "body", "brows", "jaw", "hair")

Field = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Rig:
    """What of a picture moves with what.

    Attributes:
        motion: how far each point goes along, 0 to 255, with each of `MAPS`: (6, h, w) uint8, each map stretched over
            the whole frame.
        neck: x, y of the point about which the head tilts, in frame pixels.
        unit: half the face's width in frame pixels, in which poses are measured.
        drop: how far the jaw of a wide open mouth goes down, in frame pixels.
    """

    motion: npt.NDArray[np.uint8] = field(repr=False)
    neck: tuple[float, ...]
    unit: float
    drop: float


@dataclass(frozen=True, slots=True)
class Pose:
    """How far each motion has gone where it is strongest: in units of the rig; `tilt` in radians, `jaw` 0 to 1."""

    sway: float = 0.0
    bob: float = 0.0
    tilt: float = 0.0
    turn: float = 0.0
    nod: float = 0.0
    breath: float = 0.0
    brows: float = 0.0
    jaw: float = 0.0
    hair: float = 0.0


def build_fields(rig: Rig, width: int, height: int) -> Field:
    """The fields of `Pose`'s motions, in its order: (9, 2, h / CELL_PX, w / CELL_PX) float32 pixels, x first."""
    columns, rows = -(-width // CELL_PX), -(-height // CELL_PX)
    head, relief, body, brows, jaw, hair = (
        cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
        for part in rig.motion
    )
    x, y = np.meshgrid((np.arange(columns) + 0.5) * CELL_PX - 0.5, (np.arange(rows) + 0.5) * CELL_PX - 0.5)
    neck_x, neck_y = rig.neck
    still, unit = np.zeros_like(head), rig.unit
    fields = [
        (unit * head, still),
        (still, unit * head),
        (-head * (y - neck_y), head * (x - neck_x)),
        (unit * relief, still),
        (still, unit * relief),
        (still, -unit * body),
        (still, -unit * brows),
        (still, rig.drop * jaw),
        (unit * hair, still),
    ]
    return np.array(fields, np.float32)
