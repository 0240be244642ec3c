"""A photo becomes an avatar that any reader of `.imx` opens, and whose mouth closes though the photo smiles."""

import io
import itertools
import json
import zipfile
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from bithuman.engine.atlas import Atlas
from bithuman.engine.avatar import Avatar, open_avatar
from bithuman.engine.face import Face
from bithuman.engine.shape import MouthShape
from bithuman.portrait.build import build_avatar
from bithuman.portrait.face.detection import find_faces
from bithuman.portrait.picture.arrays import Image

Array = npt.NDArray[np.float64]


def teeth_and_dark(avatar: Avatar, *state: float) -> int:
    """How many pixels of a mouth's picture differ much from the closed mouth."""
    tile = avatar.mouth.blend(*state).astype(int)
    return int((np.abs(tile - avatar.mouth.blend(0.0, 0.0, 0.0, 0.0).astype(int)).max(axis=2) > 40).sum())


def redness(tile: Image) -> float:
    """How much lip a picture shows, by what is redder than the face."""
    colour = cv2.cvtColor(np.ascontiguousarray(tile), cv2.COLOR_BGR2LAB).astype(float)[..., 1]
    return float(np.clip(colour - 145.0, 0.0, None).sum())


def rim(tile: Image) -> Image:
    return np.concatenate([tile[0], tile[-1], tile[:, 0], tile[:, -1]])


def test_it_opens_as_an_avatar(avatar: Avatar) -> None:
    assert (avatar.name, avatar.width, avatar.height, avatar.fps, avatar.scale) == ("Eileen", 256, 256, 25, 1)


def test_the_manifest_says_that_it_is_synthetic_and_of_which_photo(built: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(built)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["synthetic"] is True
    assert manifest["source"] == "astronaut.png"


def test_the_same_photo_makes_the_same_bytes(photo: Image, built: bytes) -> None:
    assert build_avatar(photo, "Eileen", (256, 256), "astronaut.png") == built


def test_no_seam_shows_around_the_tiles(avatar: Avatar) -> None:
    for atlas in (avatar.mouth, avatar.gaze):
        x, y, width, height = atlas.box
        ground = rim(avatar.base[y : y + height, x : x + width])
        for tile in atlas.grid:
            assert np.array_equal(rim(tile), ground)


def test_the_lids_layer_is_clear_at_its_rim_and_where_the_eyes_are_open(avatar: Avatar) -> None:
    for tile in avatar.lids.grid:
        assert rim(tile)[..., 3].max() == 0
    assert avatar.lids.blend(0.0).max() == 0


def test_the_smile_is_gone_from_the_resting_mouth(avatar: Avatar, photo: Image) -> None:
    seen = find_faces(cv2.resize(avatar.base, (768, 768), interpolation=cv2.INTER_CUBIC).astype(np.uint8)).found[0]
    smiling = find_faces(photo).found[0]

    assert smiling.lips.gap > 0.13 * smiling.eye_distance
    assert seen.lips.gap < 0.04 * seen.eye_distance


def test_no_streaks_hang_from_the_lower_lip(avatar: Avatar) -> None:
    light = avatar.mouth.blend(0.0, 0.0, 0.0, 0.0).astype(float).mean(axis=2)
    height, width = light.shape
    middle = width // 2
    seam = height // 5 + int(light[height // 5 : height // 2, middle - 2 : middle + 3].mean(axis=1).argmin())
    below = light[seam + width // 8 : seam + width // 5, middle - width // 6 : middle + width // 6].mean(axis=0)
    streaks = below - cv2.GaussianBlur(below[None], (0, 0), 0.04 * width)[0]
    assert streaks.std() < 2.2


def test_lips_that_touch_show_no_teeth(avatar: Avatar) -> None:
    assert np.array_equal(avatar.mouth.blend(0.0, 0.0, 1.0, 0.0), avatar.mouth.blend(0.0, 0.0, 0.0, 0.0))


def test_an_open_mouth_is_open_and_opens_more_and_more(avatar: Avatar) -> None:
    counts = [teeth_and_dark(avatar, opening, 0.0, 0.0, 0.0) for opening in (0.0, 0.2, 0.5, 1.0)]
    assert counts[0] == 0
    assert all(less < more for less, more in itertools.pairwise(counts))


def test_her_own_teeth_show_when_they_bite_the_lip(avatar: Avatar) -> None:
    width = avatar.mouth.box[2]
    bitten = avatar.mouth.blend(0.05, 0.0, 1.0, 0.0).astype(int)
    closed = avatar.mouth.blend(0.05, 0.0, 0.0, 0.0).astype(int)
    middle = slice(width // 2 - 6, width // 2 + 7)
    assert (bitten.min(axis=2) - closed.min(axis=2))[:, middle].max() > 30


def test_a_black_and_white_photo_has_a_black_and_white_mouth(photo: Image, tmp_path: Path) -> None:
    grey = cv2.cvtColor(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR).astype(np.uint8)
    path = tmp_path / "grey.imx"
    path.write_bytes(build_avatar(grey, "Grey", (256, 256)))
    opened = open_avatar(path).mouth.blend(1.0, 0.0, 1.0, 0.0).astype(int)
    assert np.ptp(opened, axis=2).max() <= 4


def test_rounded_lips_are_narrower_and_pressed_ones_thinner(avatar: Avatar) -> None:
    rest = avatar.mouth.blend(0.0, 0.0, 0.0, 0.0)
    width = rest.shape[1]
    sides = np.r_[: 3 * width // 8, 5 * width // 8 : width]
    assert 0.5 * redness(rest[:, sides]) > redness(avatar.mouth.blend(0.0, -1.0, 0.0, 0.0)[:, sides])
    assert 0.8 * redness(rest) > redness(avatar.mouth.blend(-1.0, 0.0, 0.0, 0.0))


def test_neighbouring_pictures_differ_little(avatar: Avatar) -> None:
    def steps(atlas: Atlas) -> list[float]:
        opened = [atlas.blend(opening, 0.0, 0.0, 0.0).astype(float) for opening in np.linspace(-1.0, 1.0, 41)]
        return [float(np.abs(more - less).mean()) for less, more in itertools.pairwise(opened)]

    assert max(steps(avatar.mouth)) < 3.0


def test_lids_hide_the_eyes(avatar: Avatar) -> None:
    x, y, width, height = avatar.gaze.box
    face = Face(avatar)
    opened, shut = (
        face.render(MouthShape(), 0, closed=closed)[y : y + height, x : x + width].astype(float)
        for closed in (0.0, 1.0)
    )
    assert shut.min(axis=2).std() < 0.8 * opened.min(axis=2).std()


def test_the_gaze_moves_the_irises(avatar: Avatar) -> None:
    left, right = (avatar.gaze.blend(across, 0.0).astype(float).mean(axis=2) for across in (-1.0, 1.0))

    def dark_middle(picture: Array) -> float:
        dark = np.clip(90.0 - picture, 0.0, None).sum(axis=0)[: picture.shape[1] // 2]
        return float((dark * np.arange(len(dark))).sum() / dark.sum())

    assert dark_middle(right) - dark_middle(left) > 1.5


def test_the_background_stays_where_it_is(avatar: Avatar) -> None:
    head, relief, body, brows, jaw, hair = avatar.rig.motion.astype(int)
    assert head.max() > 240
    for motion in (head, relief, body, brows, jaw, hair):
        assert motion.max() > 100
        assert motion[:8, :4].max() == 0
        assert motion[:8, -4:].max() == 0
