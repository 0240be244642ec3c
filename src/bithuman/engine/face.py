"""Draw an avatar's frames: paste the mouth and the eyes, then move the whole picture as one flexible sheet."""

import math
from dataclasses import astuple, replace

import cv2
import numpy as np

from bithuman.engine.atlas import Atlas, Image
from bithuman.engine.avatar import Avatar
from bithuman.engine.idle import idle_at
from bithuman.engine.rig import Pose, build_fields
from bithuman.engine.shape import MouthShape


class Face:
    """Draws the frames of one stream.

    One thread at a time may use a face; any number of faces may share an avatar. The frames depend on the seed and on
    what is asked, not on what was asked before.

    Args:
        avatar: whose face.
        seed: 0 or more; faces of different seeds blink and move at different times.

    Raises:
        ValueError: the seed is negative.
    """

    __slots__ = ("_avatar", "_canvas", "_fields", "_seed", "_still")

    def __init__(self, avatar: Avatar, seed: int = 0) -> None:
        if seed < 0:
            raise ValueError("The seed is 0 or more.")
        self._avatar = avatar
        self._seed = seed
        self._canvas = avatar.base.copy()
        self._fields = build_fields(avatar.rig, avatar.width, avatar.height)
        x, y = np.meshgrid(np.arange(avatar.width, dtype=np.float32), np.arange(avatar.height, dtype=np.float32))
        self._still = np.stack([x, y]) * avatar.scale + (avatar.scale - 1) / 2  # the middle of each pixel's square

    def render(self, mouth: MouthShape, frame_index: int, stress: float = 0.0) -> Image:
        """The frame at `frame_index` / fps seconds, (height, width, 3) uint8 BGR, a fresh array.

        `stress`, 0 to 1, is how stressed what is said now is: brows and nods follow it.

        A shape outside its ranges is drawn as the nearest within.

        Raises:
            ValueError: the frame index is negative, or the shape is not made of finite numbers.
        """
        if frame_index < 0:
            raise ValueError("The frame index is 0 or more.")
        if not all(map(math.isfinite, mouth)):
            raise ValueError("A mouth shape is made of finite numbers.")
        avatar = self._avatar
        idle = idle_at(self._seed, frame_index / avatar.fps)
        pose = replace(
            idle.pose,
            jaw=min(max(mouth.picture.opening, 0.0), 1.0),
            brows=idle.pose.brows + 0.02 * stress,
            nod=idle.pose.nod + 0.02 * stress,
        )
        _paste(self._canvas, avatar.mouth, avatar.mouth.blend(*mouth.picture))
        _paste(self._canvas, avatar.gaze, avatar.gaze.blend(*idle.gaze))
        if idle.closed > 0.0:
            _lay_over(self._canvas, avatar.lids, avatar.lids.blend(idle.closed))
        return self._move(pose)

    def _move(self, pose: Pose) -> Image:
        weights = np.array(astuple(pose), np.float32) * -self._avatar.scale  # a pixel is fetched from where it came
        coarse = np.tensordot(weights, self._fields, axes=1)
        size = (self._avatar.width, self._avatar.height)
        x, y = (cv2.add(still, cv2.resize(moved, size)) for still, moved in zip(self._still, coarse, strict=True))
        frame = cv2.remap(self._canvas, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return frame.astype(np.uint8, copy=False)


def _region(canvas: Image, atlas: Atlas, tile: Image) -> Image:
    return canvas[atlas.y : atlas.y + tile.shape[0], atlas.x : atlas.x + tile.shape[1]]


def _paste(canvas: Image, atlas: Atlas, tile: Image) -> None:
    _region(canvas, atlas, tile)[:] = tile


def _lay_over(canvas: Image, atlas: Atlas, tile: Image) -> None:
    """Composite a premultiplied tile over the canvas (Porter and Duff, 1984: over)."""
    region = _region(canvas, atlas, tile)
    behind = (region * (255 - tile[..., 3:].astype(np.uint16)) + 127) // 255
    region[:] = cv2.add(tile[..., :3], behind.astype(np.uint8))
