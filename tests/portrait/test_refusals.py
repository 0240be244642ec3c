"""Anything but one clear face is refused, in a sentence that gives the reason and one that gives a cure."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from bithuman.errors import PortraitError
from bithuman.portrait.build import build_avatar
from bithuman.portrait.checks.clarity import check_clarity
from bithuman.portrait.checks.covering import check_uncovered
from bithuman.portrait.checks.pose import check_pose
from bithuman.portrait.face.detection import how_to_install
from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.face.landmarks import LEFT_EYE_LOWER, LEFT_EYE_UPPER, RIGHT_EYE_LOWER, RIGHT_EYE_UPPER
from bithuman.portrait.photo import read_photo
from bithuman.portrait.picture.arrays import Image, Points
from tests.portrait.conftest import cover

_JAW = (227, 4, 447, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136, 172, 58, 132, 93)


def refused(act: Callable[[], object], words: str) -> None:
    with pytest.raises(PortraitError, match=words) as caught:
        act()
    assert caught.value.cure.endswith(".")


def test_a_clear_face_is_not_refused(photo: Image, face: Geometry) -> None:
    check_pose(face)
    check_clarity(photo, face)
    check_uncovered(photo, face)


def test_no_face(photo: Image) -> None:
    refused(lambda: build_avatar(photo[300:, 250:], "x"), "No face")


def test_upside_down(photo: Image) -> None:
    refused(lambda: build_avatar(np.ascontiguousarray(photo[::-1]), "x"), "No face|not upright|turned")


def test_two_faces(photo: Image) -> None:
    refused(lambda: build_avatar(np.hstack([photo, photo]), "x"), "shows 2 faces")


def test_half_a_face(photo: Image) -> None:
    refused(lambda: build_avatar(np.ascontiguousarray(photo[:, :224]), "x"), "No face|turned|eyes")


def test_too_small(points: Points) -> None:
    refused(lambda: check_pose(Geometry(points * 0.6)), "too small")


@pytest.mark.parametrize("degrees", [-40, 40])
def test_a_profile(points: Points, degrees: float) -> None:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), 0.0, np.sin(angle)], [0.0, 1.0, 0.0], [-np.sin(angle), 0.0, np.cos(angle)]])
    refused(lambda: check_pose(Geometry(2.0 * points @ turn.T)), "turned too far")


@pytest.mark.parametrize("degrees", [-80, 80])
def test_lying_on_its_side(points: Points, degrees: float) -> None:
    angle = np.radians(degrees)
    roll = np.array([[np.cos(angle), -np.sin(angle), 0.0], [np.sin(angle), np.cos(angle), 0.0], [0.0, 0.0, 1.0]])
    refused(lambda: check_pose(Geometry(points @ roll.T)), "not upright")


def test_a_mouth_wide_open(points: Points) -> None:
    opened = points.copy()
    opened[[14, 17, 87, 317], 1] += 15.0
    refused(lambda: check_pose(Geometry(opened)), "wide open")


def test_blurred(photo: Image, face: Geometry) -> None:
    blurred = cv2.GaussianBlur(photo, (0, 0), 2.5).astype(np.uint8)
    refused(lambda: check_clarity(blurred, face), "blurred")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda photo: np.clip(photo * 2.0, 0, 255), "No face .* most of it is washed out"),
        (lambda photo: photo * 0.03, "No face .* it is very dark"),
        (lambda photo: cv2.GaussianBlur(photo, (0, 0), 5.0), "No face .* it is very blurred"),
        (lambda photo: cv2.resize(cv2.GaussianBlur(photo, (0, 0), 8.0), (1600, 1600)), "No face .* it is very blurred"),
    ],
)
def test_a_face_that_is_not_found_because_of_light_or_blur(
    photo: Image, spoil: Callable[[Image], Image], words: str
) -> None:
    refused(lambda: build_avatar(spoil(photo.astype(np.float32)).astype(np.uint8), "x"), words)


def test_dark(photo: Image, face: Geometry) -> None:
    refused(lambda: check_clarity((photo * 0.18).astype(np.uint8), face), "too dark")


def test_washed_out(photo: Image, face: Geometry) -> None:
    bright = np.clip(photo * 0.1 + 232.0, 0, 255).astype(np.uint8)
    refused(lambda: check_clarity(bright, face), "washed out")


def test_overexposed_skin_is_not_taken_for_a_mask(photo: Image) -> None:
    refused(lambda: build_avatar(np.clip(photo * 1.5, 0, 255).astype(np.uint8), "x"), "washed out")


@pytest.mark.parametrize(
    "colour",
    [(255, 255, 255), (235, 235, 230), (200, 150, 90), (30, 30, 30)],
    ids=["burnt white", "white", "blue", "black"],
)
def test_a_mask(photo: Image, face: Geometry, colour: tuple[int, int, int]) -> None:
    refused(lambda: check_uncovered(cover(photo, face.at(_JAW), colour), face), "covers the mouth")


def test_a_hand_before_the_mouth(photo: Image, face: Geometry) -> None:
    (x, y), (brow_x, brow_y) = face.at((13, 9)).astype(int)
    hand = photo.copy()
    skin = photo[brow_y - 6 : brow_y + 6, brow_x - 6 : brow_x + 6]
    hand[y - 25 : y + 25, x - 35 : x + 35] = cv2.resize(skin, (70, 50))
    refused(lambda: check_uncovered(hand, face), "covers the mouth")


def test_closed_eyes(photo: Image, face: Geometry) -> None:
    shut = photo
    for upper, lower in ((LEFT_EYE_UPPER, LEFT_EYE_LOWER), (RIGHT_EYE_UPPER, RIGHT_EYE_LOWER)):
        shut = cover(shut, face.at((*upper, *lower[::-1])), (125, 150, 190))
    refused(lambda: check_uncovered(shut, face), "eyes are closed or covered")


@pytest.mark.parametrize("content", [b"", b"Dear photo,", b"\x89PNG\r\n\x1a\n"])
def test_not_a_picture(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(content)
    refused(lambda: read_photo(path), "not a picture")


def test_no_such_file(tmp_path: Path) -> None:
    refused(lambda: read_photo(tmp_path / "nobody.jpg"), "There is no file")
    refused(lambda: read_photo(tmp_path), "is not a file")


def test_the_decoder_prints_no_warning(photo_path: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cut, odd = tmp_path / "cut.png", tmp_path / "odd.jpg"
    cut.write_bytes(photo_path.read_bytes()[:100_000])
    picture = cv2.imencode(".jpg", read_photo(photo_path))[1].tobytes()
    odd.write_bytes(picture[:20_000] + b"\xff\xd8" + picture[20_002:])
    refused(lambda: read_photo(cut), "not a picture")
    assert read_photo(odd).shape == (512, 512, 3)
    assert capfd.readouterr() == ("", "")


def test_without_mediapipe(photo: Image, monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mediapipe" else find_spec(name))
    with pytest.raises(PortraitError) as caught:
        build_avatar(photo, "x")
    assert "not installed" in caught.value.message
    assert caught.value.cure == how_to_install()
