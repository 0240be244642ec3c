"""The face with its mouth closed, whatever it did in the photo."""

import numpy as np

from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.face.landmarks import NOSE
from bithuman.portrait.mouth.join import join
from bithuman.portrait.mouth.lip_colour import paint_lips
from bithuman.portrait.mouth.smile_marks import clean_seam, even_streaks, soften_folds
from bithuman.portrait.picture.arrays import Layer
from bithuman.portrait.picture.boxes import Reach, box_around, clip_box, cut, frame_points, rim_mask

_AREA = Reach(left=1.15, up=0.75, width=2.3, height=1.6)
"""The part of the picture that closing the mouth changes, in eye distances around the mouth."""
_RIM = 0.12
"""Over which the change fades, in eye distances."""
_HELD_ALONG = 7
"""Points on each side of that area that stay where they are."""


def face_at_rest(photo: Layer, face: Geometry) -> Layer:
    """The whole picture with the lips at rest, and without the marks of a smile."""
    picture = _close_mouth(photo, face)
    if face.smile == 0.0:
        return picture
    picture = soften_folds(picture, face)
    picture = clean_seam(picture, face)
    picture = even_streaks(picture, face)
    return paint_lips(picture, photo, face)


def _close_mouth(picture: Layer, face: Geometry) -> Layer:
    """The whole picture with the photo's lips at rest. The skin between nose, cheeks and jaw follows."""
    box = clip_box(box_around(face.rest.middle, _AREA, face.eye_distance), picture)
    fixed = np.vstack([face.at(NOSE), frame_points(box, _HELD_ALONG)])
    piece = join(picture, face.lips, face.rest, (fixed, fixed), box)
    whole = picture.copy()
    part = cut(whole, box)
    part += rim_mask(box[2], box[3], int(_RIM * face.eye_distance))[..., None] * (piece - part)
    return whole
