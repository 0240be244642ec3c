"""Faces in a picture: MediaPipe finds them, in a process of its own."""

import importlib.util
import io
import subprocess
import sys
from dataclasses import dataclass

import cv2
import numpy as np

from bithuman.errors import PortraitError
from bithuman.portrait.apart import PROGRAMS, run_apart
from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.picture.arrays import CHANNELS, Image, Plane

_FIRST_PYTHON_WITHOUT_MEDIAPIPE = (3, 13)
"""MediaPipe's last wheel that holds the models is for no newer Python than 3.12 (decision 0070)."""
_TIMEOUT_S = 120
_MOST_SIDE_PX = 1600
"""Faces are looked for in a photo of at most this size."""


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """The faces in a picture, and the area that shows people.

    Attributes:
        found: each face, in pixels of the picture.
        person: (height, width), 0 to 1, how surely each pixel belongs to a person.
    """

    found: tuple[Geometry, ...]
    person: Plane


def is_installed() -> bool:
    """Whether MediaPipe is installed."""
    return importlib.util.find_spec("mediapipe") is not None


def how_to_install(python: tuple[int, ...] = sys.version_info[:2]) -> str:
    """How to install MediaPipe for that version of Python."""
    if python >= _FIRST_PYTHON_WITHOUT_MEDIAPIPE:
        return (
            "Photos become avatars on Python 3.11 or 3.12, and the .imx plays anywhere. In a clone of this project, "
            "make the environment anew: make clean && PYTHON=python3.12 make setup"
        )
    return "In a clone of this project, run: pip install '.[portrait]' && pip install --no-deps mediapipe==0.10.21"


def find_faces(picture: Image) -> Faces:
    """Find up to eight faces in a picture, (h, w, 3) uint8 BGR.

    Raises:
        PortraitError: MediaPipe is not installed, or does not run here.
    """
    if not is_installed():
        raise PortraitError("MediaPipe, which finds faces in photos, is not installed.", cure=how_to_install())
    height, width = picture.shape[:2]
    side = max(height, width)
    square = np.zeros((side, side, CHANNELS), np.uint8)  # the mesh's projection is right for square pictures only
    square[:height, :width] = picture[..., ::-1]
    sent = io.BytesIO()
    np.save(sent, square)
    try:
        answer = np.load(io.BytesIO(run_apart(PROGRAMS / "facemesh.py", sent.getvalue(), _TIMEOUT_S)))
        points, person = answer["faces"].astype(np.float64), answer["person"][:height, :width]
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        raise PortraitError(f"MediaPipe does not run here ({type(error).__name__}).", cure=how_to_install()) from None
    return Faces(tuple(Geometry(face) for face in points), person)


def shrink(photo: Image) -> tuple[Image, float]:
    """The photo at the size that faces are looked for in, and its pixels to one of the photo's: at most 1."""
    scale = min(1.0, _MOST_SIDE_PX / max(photo.shape[:2]))
    if scale == 1.0:
        return photo, 1.0
    return cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8), scale
