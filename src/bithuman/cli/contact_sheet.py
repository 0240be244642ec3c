"""What an avatar can do, in one picture and in five seconds of video."""

import math
from collections.abc import Iterator

import cv2
import numpy as np

from bithuman.engine.atlas import Image
from bithuman.engine.avatar import Avatar
from bithuman.engine.face import Face
from bithuman.engine.idle import idle_at
from bithuman.engine.phonemes import Phone, articulate, target_of
from bithuman.engine.shape import VISEMES, MouthShape

_SOUNDS = ("", "p", "f", "θ", "d", "k", "ʃ", "s", "n", "ɹ", "ɑ", "ɛ", "ɪ", "o", "u")
"""One for each viseme."""
_COLUMNS = 6
_CELL_PX = 256
_LOOKS = ("blink", "left", "right")
_SEARCHED_S = 120
_PHONE_S = 0.24


def draw_sheet(avatar: Avatar) -> Image:
    """The fifteen visemes, closed eyes and two glances, each with its name: (h, w, 3) uint8 BGR."""
    face = Face(avatar)
    shown = {name: face.render(target_of(sound).shape, 0) for name, sound in zip(VISEMES, _SOUNDS, strict=True)}
    left, right = _glances(avatar.fps)
    looks = (
        face.render(MouthShape(), 0, closed=1.0),
        face.render(MouthShape(), left),
        face.render(MouthShape(), right),
    )
    shown |= dict(zip(_LOOKS, looks, strict=True))
    cells = [_label(_close_up(frame, avatar), name) for name, frame in shown.items()]
    return np.vstack([np.hstack(cells[i : i + _COLUMNS]) for i in range(0, len(cells), _COLUMNS)])


def demonstrate(avatar: Avatar) -> Iterator[Image]:
    """The frames of a silent demonstration: every viseme in turn, between rests."""
    face = Face(avatar)
    phones = [Phone(sound, 0.5 + i * _PHONE_S, 0.5 + (i + 1) * _PHONE_S) for i, sound in enumerate((*_SOUNDS[1:], "p"))]
    frames = math.ceil((phones[-1].end_s + 0.9) * avatar.fps)
    for index, spoken in enumerate(articulate(phones, 0, frames)):
        stress = max(0.0, math.sin(index / avatar.fps * 4.0)) if spoken.shape.opening > 0.1 else 0.0
        yield face.render(spoken.shape, index, 0.6 * stress)


def _glances(fps: int) -> tuple[int, int]:
    """Frames in which a face with open eyes looks far to the left and to the right."""
    moments = [(idle_at(0, index / fps), index) for index in range(_SEARCHED_S * fps)]
    awake = [(idle.gaze[0], index) for idle, index in moments if idle.closed == 0.0]
    return min(awake)[1], max(awake)[1]


def _close_up(frame: Image, avatar: Avatar) -> Image:
    """The head in a square cell, from what the rig says of its size."""
    neck_x, neck_y = avatar.rig.neck
    half = min(2.1 * avatar.rig.half_face_px, min(frame.shape[:2]) / 2.0)
    left = min(max(neck_x - half, 0.0), frame.shape[1] - 2.0 * half)
    top = min(max(neck_y - 1.25 * avatar.rig.half_face_px - half, 0.0), frame.shape[0] - 2.0 * half)
    piece = frame[int(top) : int(top + 2.0 * half), int(left) : int(left + 2.0 * half)]
    return cv2.resize(piece, (_CELL_PX, _CELL_PX), interpolation=cv2.INTER_AREA).astype(np.uint8)


def _label(cell: Image, name: str) -> Image:
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(cell, name, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, thickness, cv2.LINE_AA)
    return cell
