"""From a face in a photo to the painter of its mouth."""

import numpy as np

from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.mouth.inside import Inside
from bithuman.portrait.mouth.light import vividness, white_light
from bithuman.portrait.mouth.own_teeth import take_teeth
from bithuman.portrait.mouth.painter import MouthPainter, mouth_box
from bithuman.portrait.mouth.rest import face_at_rest
from bithuman.portrait.mouth.teeth import draw_lower, draw_upper
from bithuman.portrait.picture.arrays import Image, Plane

_SEAM, _SEAM_SMILE = 0.12, 0.33
"""How dark the line between the closed lips is drawn, and how much darker where a smile was closed."""


def mouth_painter(photo: Image, face: Geometry, jaw: Plane) -> MouthPainter:
    """The painter of a face whose mouth is closed, in any state of its mouth.

    Args:
        photo: the portrait, (h, w, 3), in working pixels.
        face: where its parts lie.
        jaw: how far each pixel goes down with the jaw, 0 to 1, (h, w).
    """
    picture = photo.astype(np.float32) / 255.0
    unit, middle = face.eye_distance, face.rest.middle
    light = white_light(picture, face)
    upper = take_teeth(picture, face) or draw_upper(middle, unit, light)
    lower = draw_lower(middle, unit, light)
    inside = Inside(face, light, vividness(picture, face), upper, lower)
    seam = _SEAM + _SEAM_SMILE * face.smile
    return MouthPainter(face_at_rest(picture, face), face, mouth_box(face), jaw, inside, seam)
