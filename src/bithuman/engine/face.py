"""Draw an avatar's frames: paste the mouth and the eyes, then move the whole picture as one flexible sheet."""

import math

import cv2
import numpy as np

from bithuman.engine.atlas import Atlas, Image
from bithuman.engine.avatar import Avatar
from bithuman.engine.idle import gesture_at, idle_at
from bithuman.engine.shape import MouthShape, PictureState


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

    __slots__ = ("_avatar", "_eyes", "_look", "_seed")

    def __init__(self, avatar: Avatar, seed: int = 0) -> None:
        if seed < 0:
            raise ValueError("The seed is 0 or more.")
        self._avatar = avatar
        self._seed = seed
        self._look = (0.0, 0.0, 0.0)
        self._eyes = _draw_eyes(avatar, *self._look)

    def render(self, mouth: MouthShape, frame_index: int, stress: float = 0.0, closed: float = 0.0) -> Image:
        """The frame at `frame_index` / fps seconds, (height, width, 3) uint8 BGR, a fresh array.

        Args:
            mouth: a shape outside its ranges is drawn as the nearest within.
            frame_index: 0 or more.
            stress: 0 to 1, how stressed what is said now is: brows and head follow it.
            closed: 0 to 1, how far the lids are closed at least, whatever the face does by itself.

        Raises:
            ValueError: the frame index is negative, or one of the other numbers is not finite.
        """
        if frame_index < 0:
            raise ValueError("The frame index is 0 or more.")
        if not all(map(math.isfinite, (*mouth, stress, closed))):
            raise ValueError("A mouth shape, the stress and the lids are finite numbers.")
        state, time_s = mouth.picture, frame_index / self._avatar.fps
        idle = idle_at(self._seed, time_s)
        pose = gesture_at(self._seed, time_s, idle.pose, stress)
        with self._avatar.sheet.canvas() as canvas:
            self._paint(canvas, state, (*idle.gaze, max(idle.closed, closed)))
            return self._avatar.sheet.move(canvas, pose._replace(jaw=min(max(state.opening, 0.0), 1.0)))

    def _paint(self, canvas: Image, mouth: PictureState, look: tuple[float, float, float]) -> None:
        avatar = self._avatar
        if look != self._look:  # mostly, eyes rest
            self._look, self._eyes = look, _draw_eyes(avatar, *look)
        _paste(canvas, avatar.mouth, avatar.mouth.blend(*mouth))
        _paste(canvas, avatar.gaze, self._eyes)


def _paste(canvas: Image, atlas: Atlas, tile: Image) -> None:
    x, y, width, height = atlas.box
    canvas[y : y + height, x : x + width] = tile


def _draw_eyes(avatar: Avatar, across: float, down: float, closed: float) -> Image:
    """Both eyes, with the lids' premultiplied tile composited over them (Porter and Duff, 1984: over)."""
    eyes = avatar.gaze.blend(across, down)
    if closed <= 0.0:
        return eyes
    *colours, alpha = cv2.split(avatar.lids.blend(closed))
    behind = cv2.multiply(eyes, cv2.merge([cv2.bitwise_not(alpha)] * 3), scale=1.0 / 255.0)
    return cv2.add(cv2.merge(colours), behind).astype(np.uint8, copy=False)
