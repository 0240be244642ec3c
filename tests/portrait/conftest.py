"""A public-domain portrait (NASA S90-46500, from scikit-image's package) and the avatar that it becomes."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from bithuman.engine.avatar import Avatar, open_avatar
from bithuman.portrait.build import build_avatar
from bithuman.portrait.face.detection import find_faces
from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.photo import read_photo
from bithuman.portrait.picture.arrays import Image, Points

if importlib.util.find_spec("mediapipe") is None:
    collect_ignore_glob = ["test_*.py"]  # Python 3.13 has no wheel of it


@pytest.fixture(scope="session")
def photo_path() -> Path:
    package = importlib.util.find_spec("skimage")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "data" / "astronaut.png"


@pytest.fixture(scope="session")
def photo(photo_path: Path) -> Image:
    """She smiles, with teeth: the hard case."""
    picture = read_photo(photo_path)
    picture.flags.writeable = False
    return picture


@pytest.fixture(scope="session")
def points(photo: Image) -> Points:
    """Where her face is in the photo."""
    return find_faces(photo).found[0].points


@pytest.fixture(scope="session")
def face(points: Points) -> Geometry:
    return Geometry(points)


@pytest.fixture(scope="session")
def built(photo: Image) -> bytes:
    return build_avatar(photo, "Eileen", (256, 256), "astronaut.png")


@pytest.fixture(scope="session")
def avatar(built: bytes, tmp_path_factory: pytest.TempPathFactory) -> Avatar:
    path = tmp_path_factory.mktemp("avatar") / "eileen.imx"
    path.write_bytes(built)
    return open_avatar(path)


def cover(photo: Image, outline: Points, colour: tuple[int, int, int]) -> Image:
    """The photo with an area painted over."""
    covered = photo.copy()
    cv2.fillPoly(covered, [np.round(outline).astype(np.int32)], colour, cv2.LINE_AA)
    return covered
