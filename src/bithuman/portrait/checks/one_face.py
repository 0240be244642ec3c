"""Whether a photo shows one face."""

import numpy as np

from bithuman.errors import PortraitError
from bithuman.portrait.checks.measures import CLIPPED, rescaled_light, sharpness_of
from bithuman.portrait.face.detection import Faces
from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.picture.arrays import Image

_OTHER_FACE_SHARE = 0.4
"""A face counts if its eye distance is at least this share of the largest one's."""
_PICTURE_PX = 256
"""The size at which a photo without a face is looked at."""
_LIGHTEST_TENTH_PERCENTILE = 90
_LEAST_PICTURE_LIGHT = 40.0
"""Of its lightest tenth, from 0 to 255."""
_LEAST_PICTURE_SHARPNESS = 0.15
"""Photos have 0.5 to 5; one so blurred that its face is not found any more has 0.1 and less."""


def one_face(faces: Faces, photo: Image) -> Geometry:
    """The face of a photo that shows one; a much smaller one behind it does not count.

    Args:
        faces: all faces that were found in the photo.
        photo: (h, w, 3) uint8 BGR.

    Raises:
        PortraitError: it shows none, or several.
    """
    if not faces.found:
        raise PortraitError(
            f"No face was found in the photo{_what_hides_faces(photo)}.",
            cure="Use a sharp one that shows a face from the front, upright, evenly lit and uncovered.",
        )
    largest = max(faces.found, key=lambda face: face.eye_distance)
    large = [face for face in faces.found if face.eye_distance >= _OTHER_FACE_SHARE * largest.eye_distance]
    if len(large) > 1:
        raise PortraitError(
            f"The photo shows {len(large)} faces.", cure="Cut it to the one person who is to become the avatar."
        )
    return largest


def _what_hides_faces(photo: Image) -> str:
    """Why no face was found in a photo, as the end of a sentence; nothing where it is well exposed and sharp."""
    if np.median(photo.max(axis=2)) >= CLIPPED:
        return ", and most of it is washed out"
    light = rescaled_light(photo, _PICTURE_PX / max(photo.shape[:2]))
    if np.percentile(light, _LIGHTEST_TENTH_PERCENTILE) < _LEAST_PICTURE_LIGHT:
        return ", and it is very dark"
    if sharpness_of(light, np.full(light.shape, True)) < _LEAST_PICTURE_SHARPNESS:
        return ", and it is very blurred"
    return ""
