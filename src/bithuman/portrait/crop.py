"""Cut a photo to the frame: eyes level, head and shoulders, in the resolution that everything is drawn at."""

import cv2
import numpy as np

from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.picture.arrays import SUPERSAMPLING, Image, Points

_FACE_SHARES = (0.43, 0.47, 0.51, 0.55)
"""Of the frame's height, or of a narrow frame's width and a quarter, that lies between hairline and chin: the first at
which the photo fills the frame, else the last."""
_HEIGHT_TO_WIDTH = 1.25
"""A frame that is taller than this counts as narrow."""
_FACE_MIDDLE = (0.5, 0.47)
"""Where in the frame the middle of the face lies, in shares of its sides, ..."""
_ASIDE = 0.14
"""... and how far from there it may be pushed so that the photo fills the frame."""
_REDUCED_BELOW = 0.75
"""A photo that is shown at a smaller scale than this is reduced first."""


def crop_portrait(photo: Image, face: Geometry, width: int, height: int) -> Image:
    """The photo around the face, turned until the eyes are level, (2 height, 2 width, 3). Its edge is continued where
    the photo ends."""
    chin, forehead = face.chin[:2], face.forehead[:2]
    tall = float(np.linalg.norm(chin - forehead))
    middle = (chin + forehead) / 2.0
    frame = np.array([width, height], float)
    scales = [share * min(height, _HEIGHT_TO_WIDTH * width) / tall for share in _FACE_SHARES]
    scale = next((s for s in scales if _fits(photo, middle, frame / s)), scales[-1])
    aim = _pushed(photo, middle, frame / scale) * scale * SUPERSAMPLING

    left, right = face.irises
    angle = float(np.degrees(np.arctan2(*(right - left)[::-1])))
    zoom = scale * SUPERSAMPLING
    source, reduced = _reduce(photo, zoom)
    pivot = middle * reduced
    matrix = np.asarray(cv2.getRotationMatrix2D((float(pivot[0]), float(pivot[1])), angle, zoom / reduced), float)
    matrix[:, 2] += aim - pivot
    size = (width * SUPERSAMPLING, height * SUPERSAMPLING)
    picture = cv2.warpAffine(source, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return picture.astype(np.uint8, copy=False)


def _fits(photo: Image, middle: Points, frame: Points) -> bool:
    """Whether the photo fills a frame of this size, in its pixels, with the face near enough to its place."""
    start = middle - _pushed(photo, middle, frame)
    return bool(np.all(start > -1.0) and np.all(start + frame < np.array(photo.shape[1::-1]) + 1.0))


def _pushed(photo: Image, middle: Points, frame: Points) -> Points:
    """Where in a frame of this size the face's middle is put."""
    aim = np.array(_FACE_MIDDLE) * frame
    room = np.array(photo.shape[1::-1]) - middle
    pushed = np.minimum(np.maximum(aim, frame - room), np.maximum(middle, frame - room))
    return np.clip(pushed, aim - _ASIDE * frame, aim + _ASIDE * frame)


def _reduce(photo: Image, scale: float) -> tuple[Image, float]:
    """A large photo at about the wanted scale, each pixel the mean of several."""
    if scale >= _REDUCED_BELOW:
        return photo, 1.0
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8, copy=False), scale
