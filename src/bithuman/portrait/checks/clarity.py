"""Whether a face is well lit and sharp."""

from bithuman.errors import PortraitError
from bithuman.portrait.checks.measures import CLIPPED, area_around, light_of, rescaled_light, sharpness_of
from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.picture.arrays import Image, Plane

# Lights go from 0 to 255.
_LEAST_LIGHT, _MOST_LIGHT = 38.0, 235.0
"""The mean of the face."""
_MOST_CLIPPED = 0.4
"""How much of the face above its mouth may be white. The tests' portrait has none of it; half as bright again, 0.46,
and then its colours are no skin's any more."""
_LEAST_SHARPNESS = 0.24
"""Portraits have 0.9 to 1.6; one blurred until its lashes are gone, 0.25."""
_SHARPNESS_EYE_DISTANCE_PX = 40.0
"""Sharpness is measured at the size at which the eyes are this far apart."""


def check_clarity(photo: Image, face: Geometry) -> None:
    """See that the face is lit and sharp.

    Raises:
        PortraitError: it is not.
    """
    light = light_of(photo)
    mean = float(light[area_around(face.points, light)].mean())
    if mean < _LEAST_LIGHT:
        raise PortraitError("The face is too dark.", cure="Use a photo with light on the face.")
    if mean > _MOST_LIGHT or _clipped(light, face) > _MOST_CLIPPED:
        raise PortraitError("The face is washed out.", cure="Use a photo with less light on the face.")
    if _sharpness(photo, face) < _LEAST_SHARPNESS:
        raise PortraitError("The face is too blurred.", cure="Use a sharper photo.")


def _clipped(light: Plane, face: Geometry) -> float:
    """How much of the face above its mouth is white. A mask may cover the part below."""
    above = face.points[face.points[:, 1] <= face.nose_base_y]
    return float((light[area_around(above, light)] >= CLIPPED).mean())


def _sharpness(photo: Image, face: Geometry) -> float:
    scale = _SHARPNESS_EYE_DISTANCE_PX / face.eye_distance
    light = rescaled_light(photo, scale)
    return sharpness_of(light, area_around(face.points * scale, light))
