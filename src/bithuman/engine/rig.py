"""How a flat picture of a person moves: as one flexible sheet, pulled by a few smooth fields.

A field says, for every point of the frame, how far the picture moves there for one unit of one motion. The avatar
brings maps of how far each point goes along with each part of the body; a frame's displacement is a weighted sum.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

MAPS = ("head", "relief", "body", "brows", "jaw", "hair")
MOST_BREATH = 0.02
"""Of `Pose.breath`."""

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Rig:
    """What of a picture moves with what.

    Attributes:
        motion: how far each point goes along, 0 to 255, with each of `MAPS`: (6, h, w) uint8, each map stretched over
            the whole frame.
        neck: x, y of the point about which the head tilts, in frame pixels.
        half_face_px: half the face's width in frame pixels, in which poses are measured.
        drop: how far the jaw of a wide open mouth goes down, in frame pixels.
    """

    motion: npt.NDArray[np.uint8] = field(repr=False)
    neck: tuple[float, ...]
    half_face_px: float
    drop: float


class Pose(NamedTuple):
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


def sample_maps(rig: Rig, size: tuple[int, int], x: Array, y: Array) -> Array:
    """The maps, 0 to 1, at points of a frame of `size` (width, height), between samples linearly: (6, *x.shape)."""
    height, width = rig.motion.shape[1:]
    across, down = (x + 0.5) * (width / size[0]) - 0.5, (y + 0.5) * (height / size[1]) - 0.5
    maps = [
        cv2.remap(part.astype(np.float32), across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for part in rig.motion
    ]
    return np.stack(maps).astype(np.float32) / 255.0


def fields_of(rig: Rig, maps: Array, x: Array, y: Array) -> Array:
    """How far, in pixels to the right and down, each of `Pose`'s motions takes each point: (9, *x.shape, 2)."""
    head, relief, body, brows, jaw, hair = maps
    neck_x, neck_y = rig.neck
    still, unit = np.zeros_like(head), rig.half_face_px
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
    return np.moveaxis(np.array(fields, np.float32), 1, -1)
