"""Where the parts of a face are: the 478 points of MediaPipe's face mesh, and which of them are what."""

import importlib.util
import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bithuman.errors import PortraitError
from bithuman.portrait.apart import run_apart

Image = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]

# Index lists of the canonical face mesh, from the picture's left to its right. Lips have eleven points a contour.
UPPER_LIP_OUTER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
UPPER_LIP_INNER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
LOWER_LIP_INNER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
LOWER_LIP_OUTER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
LEFT_EYE_UPPER = (33, 246, 161, 160, 159, 158, 157, 173, 133)
LEFT_EYE_LOWER = (33, 7, 163, 144, 145, 153, 154, 155, 133)
RIGHT_EYE_UPPER = (362, 398, 384, 385, 386, 387, 388, 466, 263)
RIGHT_EYE_LOWER = (362, 382, 381, 380, 374, 373, 390, 249, 263)
LEFT_IRIS, RIGHT_IRIS = (468, 469, 470, 471, 472), (473, 474, 475, 476, 477)
LEFT_BROW = (70, 63, 105, 66, 107, 46, 53, 52, 65, 55)
RIGHT_BROW = (300, 293, 334, 296, 336, 276, 283, 282, 295, 285)
FACE_OVAL = (
    *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
    *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
)
CHIN, NOSE_BASE, FOREHEAD = 152, 2, 10
LEFT_EAR, RIGHT_EAR = 234, 454

_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """What was seen in a picture: `points`, (faces, 478, 3) in its pixels, z towards the viewer negative; and `person`,
    (height, width) float32, 0 to 1, what belongs to a person."""

    points: Points
    person: npt.NDArray[np.float32]


def is_installed() -> bool:
    """Whether what finds faces is there."""
    return importlib.util.find_spec("mediapipe") is not None


def how_to_install(python: tuple[int, ...] = sys.version_info[:2]) -> str:
    """What brings MediaPipe to that version of Python: its last wheel that holds the models is for no newer one than
    3.12 (decision 0070)."""
    if python >= (3, 13):
        return (
            "Photos become avatars on Python 3.11 or 3.12, and the .imx plays anywhere. In a clone of this project, "
            "make the environment anew: make clean && PYTHON=python3.12 make setup"
        )
    return "In a clone of this project, run: pip install '.[portrait]' && pip install --no-deps mediapipe==0.10.21"


def find_faces(picture: Image) -> Faces:
    """Look at a picture, (h, w, 3) uint8 BGR, for up to four faces.

    Raises:
        PortraitError: MediaPipe is not installed, or does not run here.
    """
    if not is_installed():
        raise PortraitError("What finds a face in a photo is not installed.", cure=how_to_install())
    height, width = picture.shape[:2]
    side = max(height, width)
    square = np.zeros((side, side, 3), np.uint8)  # the mesh's projection is right for square pictures only
    square[:height, :width] = picture[..., ::-1]
    sent = io.BytesIO()
    np.save(sent, square)
    program = Path(__file__).with_name("facemesh.py")
    try:
        answer = np.load(io.BytesIO(run_apart(program, sent.getvalue(), _TIMEOUT_S)))
        points, person = answer["faces"].astype(np.float64), answer["person"][:height, :width]
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        raise PortraitError(f"MediaPipe does not run here ({type(error).__name__}).", cure=how_to_install()) from None
    return Faces(points, person)


def eye_line(points: Points) -> tuple[Points, Points]:
    """The middles of the left and the right iris in the picture, (2,) each."""
    return points[LEFT_IRIS[0], :2], points[RIGHT_IRIS[0], :2]


def shrink(picture: Image, most: int) -> tuple[Image, float]:
    """The picture at no more than `most` pixels along its longer side, and its scale."""
    scale = min(1.0, most / max(picture.shape[:2]))
    if scale == 1.0:
        return picture, 1.0
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8), scale
