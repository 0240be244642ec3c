"""Whether the eyes of a face are open, and nothing covers eyes or mouth."""

import cv2
import numpy as np

from bithuman.errors import PortraitError
from bithuman.portrait.checks.measures import area_around, light_of, spread_of
from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.face.landmarks import CHIN_SKIN, FOREHEAD_SKIN
from bithuman.portrait.picture.arrays import CHANNELS, Image, Plane

_LEAST_OPENNESS = 0.13
"""Of an eye: its height in shares of its width."""
_LEAST_EYE_CONTRAST = 0.6
"""Between the white of an eye and its iris, in spreads of the face's light: 1.9 to 4; lids and dark glasses have 0."""
_DARK_AND_BRIGHT_PERCENTILES = (8, 92)
_LEAST_MOUTH_CONTRAST = 0.5
"""Across the line between the lips, in the same unit: 1.1 to 2.6; a mask or a hand has 0 to 0.1."""
_SAME_COLOUR = (0.5, 2.2)
"""How colourful the chin is against the forehead: 0.8 to 1.3 where both are skin."""
_LAB_GREY = 128.0
"""Where grey lies on both colour axes of LAB in 8 bits."""
_LEAST_COLOUR = 1.0

# In eye distances.
_LIP_EDGE_REACH = 0.05
_SKIN_PATCH_REACH = 0.08
_LEAST_REACH_PX = 2


def check_uncovered(photo: Image, face: Geometry) -> None:
    """See that the eyes are open, and nothing covers eyes or mouth.

    Raises:
        PortraitError: they are not, or something does.
    """
    light = light_of(photo)
    spread = spread_of(light, area_around(face.points, light))
    closed = min(eye.openness for eye in face.eyes) < _LEAST_OPENNESS
    if closed or _eye_contrast(light, face) < _LEAST_EYE_CONTRAST * spread:
        raise PortraitError("The eyes are closed or covered.", cure="Use a photo with open eyes and no dark glasses.")
    low, high = _SAME_COLOUR
    covered = not low < _colourfulness(photo, face, CHIN_SKIN) / _colourfulness(photo, face, FOREHEAD_SKIN) < high
    if covered or _mouth_contrast(light, face) < _LEAST_MOUTH_CONTRAST * spread:
        raise PortraitError(
            "Something covers the mouth.", cure="Use a photo without a mask, a hand or a microphone there."
        )


def _eye_contrast(light: Plane, face: Geometry) -> float:
    contrasts = []
    for eye in face.eyes:
        opening = np.zeros(light.shape, np.uint8)
        cv2.fillPoly(opening, [eye.outline.astype(np.int32)], 1)
        seen = light[opening > 0]
        dark, bright = np.percentile(seen, _DARK_AND_BRIGHT_PERCENTILES) if seen.size else (0.0, 0.0)
        contrasts.append(float(bright - dark))
    return min(contrasts)


def _mouth_contrast(light: Plane, face: Geometry) -> float:
    """The median range of light across the inner edges of the lips."""
    reach = _reach_px(face, _LIP_EDGE_REACH)
    ranges = []
    for x, y in np.vstack([face.lips.upper_inner[2:-2], face.lips.lower_inner[2:-2]]).astype(int):
        across = light[max(y - reach, 0) : y + reach + 1, max(x - 1, 0) : x + 2]
        ranges.append(float(np.ptp(across.mean(axis=1))) if across.size else 0.0)
    return float(np.median(ranges))


def _colourfulness(photo: Image, face: Geometry, where: tuple[int, ...]) -> float:
    """How far from grey the skin at those points is, at least 1."""
    reach = _reach_px(face, _SKIN_PATCH_REACH)
    patches = [
        photo[max(y - reach, 0) : y + reach, max(x - reach, 0) : x + reach].reshape(-1, CHANNELS)
        for x, y in face.at(where).astype(int)
    ]
    lab = cv2.cvtColor(np.vstack(patches)[None], cv2.COLOR_BGR2LAB)
    _, a, b = np.median(lab[0].astype(np.float32), axis=0)
    return max(float(np.hypot(a - _LAB_GREY, b - _LAB_GREY)), _LEAST_COLOUR)


def _reach_px(face: Geometry, reach: float) -> int:
    """How many pixels a reach in eye distances is."""
    return max(int(reach * face.eye_distance), _LEAST_REACH_PX)
