"""Whether a face is large enough, upright, and looks at the camera."""

import numpy as np

from bithuman.errors import PortraitError
from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.face.landmarks import LEFT_EAR, RIGHT_EAR

_LEAST_EYE_DISTANCE_PX = 36
_MOST_TURN_DEG = 24.0
_MOST_ROLL_DEG = 35.0
_MOST_GAP = 0.36
"""Between the lips, in eye distances."""


def check_pose(face: Geometry) -> None:
    """See that the face is large enough, upright, and looks at the camera, its mouth not wide open.

    Raises:
        PortraitError: it is not.
    """
    apart = face.eye_distance
    if apart < _LEAST_EYE_DISTANCE_PX:
        raise PortraitError(
            f"The face is too small: its eyes are {apart:.0f} pixels apart, and {_LEAST_EYE_DISTANCE_PX} are needed.",
            cure="Use a larger photo, or one taken from nearer.",
        )
    across, down = face.points[RIGHT_EAR] - face.points[LEFT_EAR], face.chin - face.forehead
    if abs(np.degrees(np.arctan2(across[1], across[0]))) > _MOST_ROLL_DEG:
        raise PortraitError("The head is not upright.", cure="Turn the photo until the eyes are about level.")
    yaw = np.degrees(np.arctan2(across[2], np.hypot(across[0], across[1])))
    pitch = np.degrees(np.arctan2(down[2], np.hypot(down[0], down[1])))
    if max(abs(yaw), abs(pitch)) > _MOST_TURN_DEG:
        raise PortraitError("The face is turned too far from the camera.", cure="Use a photo taken from the front.")
    if face.lips.gap > _MOST_GAP * apart:
        raise PortraitError("The mouth is wide open.", cure="Use a photo with a closed mouth or a smile.")
