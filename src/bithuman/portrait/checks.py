"""Whether a photo is of one clear face, and if not, what is wrong with it, in a sentence."""

import cv2
import numpy as np
import numpy.typing as npt

from bithuman.errors import PortraitError
from bithuman.portrait.eyes import Eye, find_eyes
from bithuman.portrait.landmarks import CHIN, FOREHEAD, LEFT_EAR, NOSE_BASE, RIGHT_EAR, Faces, Image, Points
from bithuman.portrait.lips import eye_distance, photo_lips
from bithuman.portrait.planes import Plane

_OTHER_FACE_SHARE = 0.4
_LEAST_EYE_DISTANCE_PX = 36
_MOST_TURN_DEGREES = 24.0
_MOST_ROLL_DEGREES = 35.0
_LEAST_OPENNESS = 0.13
_MOST_GAP = 0.36
_LEAST_LIGHT, _MOST_LIGHT = 38.0, 235.0
_CLIPPED = 250
_MOST_CLIPPED = 0.4
"""How much of the face above its mouth may be white. The tests' portrait has none of it; half as bright again, 0.46,
and then its colours are no skin's any more."""
_LEAST_SHARPNESS = 0.24
"""Of the strongest edges, at a scale at which the eyes are 40 pixels apart, against the face's own contrast. Portraits
have 0.9 to 1.6; one blurred until its lashes are gone, 0.25."""
_SHARPNESS_EYE_DISTANCE_PX = 40.0
_PICTURE_PX = 256
"""The scale at which a picture without a face is looked at."""
_LEAST_PICTURE_LIGHT = 40.0
"""Of its lightest tenth."""
_LEAST_PICTURE_SHARPNESS = 0.15
"""Likewise: photos have 0.5 to 5; one blurred until its face is not seen any more, 0.1 and less."""
_LEAST_EYE_CONTRAST = 0.6
"""Between the white of an eye and its iris, in spreads of the face's light: 1.9 to 4; lids and dark glasses have 0."""
_LEAST_MOUTH_CONTRAST = 0.5
"""Across the line between the lips, likewise: 1.1 to 2.6; a mask or a hand has 0 to 0.1."""
_SAME_COLOUR = (0.5, 2.2)
"""How colourful the chin is against the forehead: 0.8 to 1.3 where both are skin."""
_FOREHEAD_SKIN, _CHIN_SKIN = (151, 9, 50, 280), (199, 200, 204, 424)


def one_face(faces: Faces, photo: Image) -> Points:
    """The face of a photo that shows one; a much smaller one behind it does not count.

    Args:
        faces: what was found.
        photo: where, (h, w, 3) uint8 BGR.

    Raises:
        PortraitError: it shows none, or several.
    """
    if not len(faces.points):
        raise PortraitError(
            f"No face was found in the photo{_what_hides_faces(photo)}.",
            cure="Use a sharp one that shows a face from the front, upright, evenly lit and uncovered.",
        )
    sizes = [eye_distance(points) for points in faces.points]
    large = [size for size in sizes if size >= _OTHER_FACE_SHARE * max(sizes)]
    if len(large) > 1:
        raise PortraitError(
            f"The photo shows {len(large)} faces.", cure="Cut it to the one person who is to become the avatar."
        )
    chosen: Points = faces.points[int(np.argmax(sizes))]
    return chosen


def check_pose(points: Points) -> None:
    """See that the face is large enough, upright, and looks at the camera, its mouth not wide.

    Raises:
        PortraitError: it is not.
    """
    apart = eye_distance(points)
    if apart < _LEAST_EYE_DISTANCE_PX:
        raise PortraitError(
            f"The face is too small: its eyes are {apart:.0f} pixels apart, and {_LEAST_EYE_DISTANCE_PX} are needed.",
            cure="Use a larger photo, or one taken from nearer.",
        )
    across, down = points[RIGHT_EAR] - points[LEFT_EAR], points[CHIN] - points[FOREHEAD]
    if abs(np.degrees(np.arctan2(across[1], across[0]))) > _MOST_ROLL_DEGREES:
        raise PortraitError("The head is not upright.", cure="Turn the photo until the eyes are about level.")
    yaw = np.degrees(np.arctan2(across[2], np.hypot(across[0], across[1])))
    pitch = np.degrees(np.arctan2(down[2], np.hypot(down[0], down[1])))
    if max(abs(yaw), abs(pitch)) > _MOST_TURN_DEGREES:
        raise PortraitError("The face is turned too far from the camera.", cure="Use a photo taken from the front.")
    if photo_lips(points).gap > _MOST_GAP * apart:
        raise PortraitError("The mouth is wide open.", cure="Use a photo with a closed mouth or a smile.")


def check_clarity(photo: Image, points: Points) -> None:
    """See that the face is lit, sharp and not covered, and the eyes are open.

    Raises:
        PortraitError: it is not.
    """
    light = cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY).astype(np.float32)
    face = np.zeros(light.shape, np.uint8)
    cv2.fillConvexPoly(face, cv2.convexHull(points[:, :2].astype(np.float32)).astype(np.int32), 1)
    mean, spread = float(light[face > 0].mean()), max(float(light[face > 0].std()), 1.0)
    if mean < _LEAST_LIGHT:
        raise PortraitError("The face is too dark.", cure="Use a photo with light on the face.")
    if mean > _MOST_LIGHT or _clipped(light, points) > _MOST_CLIPPED:
        raise PortraitError("The face is washed out.", cure="Use a photo with less light on the face.")
    if _sharpness(photo, points) < _LEAST_SHARPNESS:
        raise PortraitError("The face is too blurred.", cure="Use a sharper photo.")
    eyes = find_eyes(points)
    if min(eye.openness for eye in eyes) < _LEAST_OPENNESS or _eye_contrast(light, eyes) < _LEAST_EYE_CONTRAST * spread:
        raise PortraitError("The eyes are closed or covered.", cure="Use a photo with open eyes and no dark glasses.")
    low, high = _SAME_COLOUR
    covered = not low < _colourfulness(photo, points, _CHIN_SKIN) / _colourfulness(photo, points, _FOREHEAD_SKIN) < high
    if covered or _mouth_contrast(light, points) < _LEAST_MOUTH_CONTRAST * spread:
        raise PortraitError(
            "Something covers the mouth.", cure="Use a photo without a mask, a hand or a microphone there."
        )


def _what_hides_faces(photo: Image) -> str:
    """What keeps any face from being seen in a photo, as the end of a sentence; nothing where it is well exposed and
    sharp."""
    if np.median(photo.max(axis=2)) >= _CLIPPED:
        return ", and most of it is washed out"
    scale = _PICTURE_PX / max(photo.shape[:2])
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    light = cv2.cvtColor(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=how), cv2.COLOR_BGR2GRAY)
    if np.percentile(light, 90) < _LEAST_PICTURE_LIGHT:
        return ", and it is very dark"
    if _edges(light, np.full(light.shape, True)) < _LEAST_PICTURE_SHARPNESS:
        return ", and it is very blurred"
    return ""


def _clipped(light: Plane, points: Points) -> float:
    """How much of the face above its mouth is white: below, a mask may be."""
    above = points[points[:, 1] <= points[NOSE_BASE, 1], :2]
    area = np.zeros(light.shape, np.uint8)
    cv2.fillConvexPoly(area, cv2.convexHull(above.astype(np.float32)).astype(np.int32), 1)
    return float((light[area > 0] >= _CLIPPED).mean())


def _edges(light: cv2.typing.MatLike, where: npt.NDArray[np.bool_]) -> float:
    """The strongest edges of an area, in spreads of its light."""
    edges = np.abs(cv2.Laplacian(light, cv2.CV_32F))[where]
    return float(np.percentile(edges, 95) / max(light[where].std(), 1.0))


def _sharpness(photo: Image, points: Points) -> float:
    scale = _SHARPNESS_EYE_DISTANCE_PX / eye_distance(points)
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    light = cv2.cvtColor(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=how), cv2.COLOR_BGR2GRAY)
    face = np.zeros(light.shape, np.uint8)
    cv2.fillConvexPoly(face, cv2.convexHull((points[:, :2] * scale).astype(np.float32)).astype(np.int32), 1)
    return _edges(light, face > 0)


def _eye_contrast(light: Plane, eyes: tuple[Eye, Eye]) -> float:
    contrasts = []
    for eye in eyes:
        opening = np.zeros(light.shape, np.uint8)
        cv2.fillPoly(opening, [np.vstack([eye.upper, eye.lower[::-1]]).astype(np.int32)], 1)
        dark, bright = np.percentile(light[opening > 0], (8, 92)) if opening.any() else (0.0, 0.0)
        contrasts.append(float(bright - dark))
    return min(contrasts)


def _mouth_contrast(light: Plane, points: Points) -> float:
    """The middle one of the ranges of light across the edges of the lips, within a twentieth of the eyes' distance."""
    reach = max(int(0.05 * eye_distance(points)), 2)
    lips = photo_lips(points)
    ranges = []
    for x, y in np.vstack([lips.upper_inner[2:-2], lips.lower_inner[2:-2]]).astype(int):
        across = light[max(y - reach, 0) : y + reach + 1, max(x - 1, 0) : x + 2]
        ranges.append(float(np.ptp(across.mean(axis=1))) if across.size else 0.0)
    return float(np.median(ranges))


def _colourfulness(photo: Image, points: Points, where: tuple[int, ...]) -> float:
    """How far from grey the skin at those points is, at least 1."""
    reach = max(int(0.08 * eye_distance(points)), 2)
    patches = [
        photo[max(y - reach, 0) : y + reach, max(x - reach, 0) : x + reach].reshape(-1, 3)
        for x, y in points[list(where), :2].astype(int)
    ]
    lab = cv2.cvtColor(np.vstack(patches)[None], cv2.COLOR_BGR2LAB)
    _, a, b = np.median(lab[0].astype(np.float32), axis=0)
    return max(float(np.hypot(a - 128.0, b - 128.0)), 1.0)
