"""Where the parts of a face lie: measured in her photo, and kept when the photo is shrunk or cut."""

import numpy as np
import pytest

from bithuman.portrait.face.geometry import Geometry
from bithuman.portrait.face.landmarks import (
    LOWER_LIP_INNER,
    LOWER_LIP_OUTER,
    MESH_POINTS,
    UPPER_LIP_INNER,
    UPPER_LIP_OUTER,
)
from bithuman.portrait.picture.arrays import Image, Points


def test_a_face_found_in_a_shrunk_photo_is_larger_in_the_whole_one(face: Geometry) -> None:
    large = face.at_full_size(0.25)
    assert large.eye_distance == pytest.approx(4.0 * face.eye_distance)
    assert large.lips.gap == pytest.approx(4.0 * face.lips.gap)
    assert large.smile == pytest.approx(face.smile)


@pytest.mark.parametrize(("right", "down", "whole"), [(0, 0, True), (-1, 0, False), (0, -1, False)])
def test_a_face_is_whole_until_one_point_leaves_the_picture(points: Points, right: int, down: int, whole: bool) -> None:
    corner = points[:MESH_POINTS, :2].min(axis=0)
    moved = points - np.array([*corner, 0.0]) + np.array([right, down, 0.0])
    assert Geometry(moved).lies_within(512, 512) is whole


def test_a_face_is_not_whole_in_a_picture_that_ends_before_its_chin(photo: Image, face: Geometry) -> None:
    height, width = photo.shape[:2]
    assert face.lies_within(width, height)
    assert not face.lies_within(width, int(face.chin_y))


def test_lips_at_rest_touch_and_keep_their_middle(face: Geometry) -> None:
    assert face.smile == 1.0
    assert face.lips.gap > 0.1 * face.eye_distance
    assert face.rest.gap == 0.0
    assert face.rest.width < face.lips.width
    assert face.rest.middle[0] == pytest.approx(face.lips.middle[0])


def test_a_closed_mouth_rests_as_it_is(face: Geometry) -> None:
    lips = face.rest
    points = face.points.copy()
    for indices, line in (
        (UPPER_LIP_OUTER, lips.upper_outer),
        (UPPER_LIP_INNER, lips.upper_inner),
        (LOWER_LIP_INNER, lips.lower_inner),
        (LOWER_LIP_OUTER, lips.lower_outer),
    ):
        points[list(indices), :2] = line
    closed = Geometry(points)
    assert closed.smile == 0.0
    assert np.allclose(closed.rest.upper_outer, lips.upper_outer)
    assert np.allclose(closed.rest.lower_outer, lips.lower_outer)
