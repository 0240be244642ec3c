"""Opening an avatar: a whole one, a damaged one, and one that asks for too much."""

import struct
import tracemalloc
import zlib
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bithuman.engine.atlas import Atlas
from bithuman.engine.avatar import Avatar, open_avatar
from bithuman.engine.face import Face
from bithuman.engine.pack import pack
from bithuman.engine.rig import Rig
from bithuman.engine.shape import REST
from bithuman.errors import ModelError, ModelLoadError, ModelNotFoundError, ModelSecurityError

Image = npt.NDArray[np.uint8]


def png(image: Image) -> bytes:
    return cv2.imencode(".png", image)[1].tobytes()


def noise(height: int, width: int, channels: int) -> Image:
    return np.random.default_rng(1).integers(0, 256, (height, width, channels), np.uint8)


ENTRIES = {
    "base.png": png(noise(32, 32, 3)),
    "mouth.png": png(noise(8, 16, 3)),
    "gaze.png": png(noise(4, 8, 3)),
    "lids.png": png(noise(8, 8, 4)),
    "motion.png": png(noise(12, 2, 1)),
}


def manifest() -> dict[str, Any]:
    return {
        "name": "Tiny",
        "width": 16,
        "height": 16,
        "fps": 25,
        "scale": 2,
        "layers": {
            "base": {"entry": "base.png"},
            "mouth": {
                "entry": "mouth.png",
                "box": [12, 20, 8, 4],
                "axes": [[0, 1], [0], [0, 1], [0]],
                "tiles": [0, 1, 2, 3],
            },
            "gaze": {"entry": "gaze.png", "box": [12, 8, 8, 4], "axes": [[0], [0]], "tiles": [0]},
            "lids": {"entry": "lids.png", "box": [12, 8, 8, 4], "axes": [[0, 1]], "tiles": [0, 1]},
        },
        "rig": {"motion": {"entry": "motion.png"}, "neck": [8, 14], "unit": 4, "drop": 1},
    }


def write(path: Path, changed: dict[str, Any] | None = None, entries: dict[str, bytes] | None = None) -> Path:
    path.write_bytes(pack(changed or manifest(), entries or ENTRIES))
    return path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("avatar") / "tiny.imx")


def test_opens_what_was_packed(tiny: Path) -> None:
    avatar = open_avatar(tiny)
    assert (avatar.name, avatar.width, avatar.height, avatar.fps) == ("Tiny", 16, 16, 25)
    assert np.array_equal(avatar.base, noise(32, 32, 3))
    assert np.array_equal(avatar.mouth.blend(1.0, 0.0, 0.0, 0.0), noise(8, 16, 3)[4:, :8])
    assert len(avatar.model_hash) == 32
    assert not avatar.base.flags.writeable


def test_the_lids_alpha_is_multiplied_in_once(tiny: Path) -> None:
    straight = noise(8, 8, 4)[4:].astype(float)
    lids = open_avatar(tiny).lids.blend(1.0)
    assert np.array_equal(lids[..., 3], straight[..., 3])
    assert np.abs(lids[..., :3] - straight[..., :3] * straight[..., 3:] / 255.0).max() <= 0.5


def test_a_sheet_of_a_million_tiles_costs_no_more_than_those_that_are_used(tmp_path: Path) -> None:
    changed = manifest()
    changed["layers"]["mouth"]["box"] = [12, 20, 1, 1]
    path = write(tmp_path / "a.imx", changed, ENTRIES | {"mouth.png": png(np.zeros((1000, 1000, 3), np.uint8))})
    tracemalloc.start()
    try:
        open_avatar(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30_000_000


def test_a_frame_of_too_many_pixels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelSecurityError, match="pixels"):
        open_avatar(write(tmp_path / "a.imx", manifest() | {"width": 4096, "height": 4096}))


def test_maps_larger_than_any_frame_are_refused(tmp_path: Path) -> None:
    wide = png(np.zeros((6, 40_000, 1), np.uint8))
    with pytest.raises(ModelLoadError, match="larger than any frame"):
        open_avatar(write(tmp_path / "a.imx", entries=ENTRIES | {"motion.png": wide}))


def test_motion_that_is_not_six_maps_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "five.imx", entries=ENTRIES | {"motion.png": png(noise(11, 2, 1))})
    with pytest.raises(ModelLoadError, match="6 maps"):
        open_avatar(path)


def test_the_built_in_avatar_opens() -> None:
    avatar = open_avatar()
    assert (avatar.width, avatar.height, avatar.fps) == (512, 512, 25)
    assert avatar.name in repr(avatar)
    assert len(repr(avatar)) < 300


def test_without_its_asset_the_built_in_avatar_is_not_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("bithuman.engine.avatar.BUILT_IN", tmp_path / "none.imx")
    with pytest.raises(ModelNotFoundError, match=r"draw_avatar"):
        open_avatar()


MALFORMED: dict[str, tuple[list[str], Any]] = {
    "no name": (["name"], None),
    "name with control characters": (["name"], "a\x1b[31m"),
    "negative width": (["width"], -16),
    "huge height": (["height"], 1 << 20),
    "width no number": (["width"], "16"),
    "no layers": (["layers"], []),
    "unknown entry": (["layers", "base", "entry"], "face.png"),
    "box leaves the picture": (["layers", "mouth", "box"], [28, 20, 8, 4]),
    "empty box": (["layers", "mouth", "box"], [12, 20, 0, 4]),
    "tiles cut": (["layers", "mouth", "box"], [12, 20, 7, 4]),
    "axis not rising": (["layers", "mouth", "axes"], [[1, 0], [0], [0, 1], [0]]),
    "axis empty": (["layers", "mouth", "axes"], [[], [0], [0, 1], [0]]),
    "axis out of range": (["layers", "mouth", "axes"], [[0, 2], [0], [0, 1], [0]]),
    "axis not finite": (["layers", "mouth", "axes"], [[0, float("nan")], [0], [0, 1], [0]]),
    "axis missing": (["layers", "mouth", "axes"], [[0, 1], [0], [0, 1]]),
    "too few tiles": (["layers", "mouth", "tiles"], [0, 1, 2]),
    "tile out of the sheet": (["layers", "mouth", "tiles"], [0, 1, 2, 4]),
    "opaque lids": (["layers", "lids", "entry"], "gaze.png"),
    "lids elsewhere": (["layers", "lids", "box"], [12, 9, 8, 4]),
    "rig without motion": (["rig", "motion"], None),
    "motion in colour": (["rig", "motion", "entry"], "base.png"),
    "rig not finite": (["rig", "neck"], [8, float("inf")]),
    "rig of no unit": (["rig", "unit"], 0),
    "a jaw that rises": (["rig", "drop"], -1),
    "base of another size": (["width"], 24),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_manifest_is_refused(case: str, tmp_path: Path) -> None:
    keys, value = MALFORMED[case]
    changed = manifest()
    inner = changed
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    with pytest.raises(ModelLoadError) as caught:
        open_avatar(write(tmp_path / "a.imx", changed))
    assert caught.value.cure


def huge_png(width: int, height: int) -> bytes:
    """A picture that claims a size in its header and holds nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    )
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (huge_png(100_000, 100_000), ModelSecurityError),
        (huge_png(32, 32), ModelLoadError),
        (huge_png(0, 0), ModelLoadError),
        (ENTRIES["base.png"][:60], ModelLoadError),
        (b"GIF89a", ModelLoadError),
        (png(noise(32, 32, 1)), ModelLoadError),
        (png(noise(32, 32, 4)), ModelLoadError),
        (cv2.imencode(".png", noise(32, 32, 3).astype(np.uint16))[1].tobytes(), ModelLoadError),
    ],
    ids=["bomb", "hollow", "empty", "cut", "gif", "grey", "alpha", "16 bits"],
)
def test_a_bad_picture_is_refused(content: bytes, error: type[ModelError], tmp_path: Path) -> None:
    path = write(tmp_path / "a.imx", entries=ENTRIES | {"base.png": content})
    with pytest.raises(error) as caught:
        open_avatar(path)
    assert caught.value.cure


def test_a_bomb_is_refused_before_any_picture_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.imx", entries=ENTRIES | {"lids.png": huge_png(60_000, 60_000)})
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(ModelSecurityError, match="pixels"):
        open_avatar(path)


def same(first: Avatar, second: Avatar) -> bool:
    """What is made from the rest is as equal as the rest."""

    def parts(value: object) -> object:
        if isinstance(value, np.ndarray):
            return (value.shape, value.tobytes())
        if isinstance(value, Atlas):
            return (value.x, value.y, value.axes, [parts(tile) for tile in value.grid])
        if isinstance(value, Rig):
            return (value.neck, value.half_face_px, value.drop, parts(value.motion))
        return value

    return all(parts(getattr(first, f.name)) == parts(getattr(second, f.name)) for f in fields(Avatar) if f.init)


def opened_or_refused(path: Path) -> Avatar | None:
    """None where the file was refused as a model should be; any other exception passes."""
    try:
        return open_avatar(path)
    except ModelError:
        return None


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_damage_is_noticed_or_harmless(
    tiny: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Bytes that a zip keeps for nothing (times, attributes) may change; whatever shows may not."""
    damaged = bytearray(tiny.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.imx"
    path.write_bytes(damaged)
    opened = opened_or_refused(path)
    assert opened is None or same(opened, open_avatar(tiny))


@settings(max_examples=100, deadline=None)
@given(share=st.floats(0.0, 1.0, exclude_max=True))
def test_a_truncated_file_never_opens(tiny: Path, tmp_path_factory: pytest.TempPathFactory, share: float) -> None:
    whole = tiny.read_bytes()
    path = tmp_path_factory.getbasetemp() / "truncated.imx"
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises((ModelLoadError, ModelSecurityError)):
        open_avatar(path)


VALUES: st.SearchStrategy[object] = st.sampled_from(
    [None, [], {}, -1, 1, 9e99, float("inf"), "x", True, 99_999_999, 10**400]
)


@settings(max_examples=300, deadline=None)
@given(edits=st.lists(st.tuples(st.integers(0, 10_000), VALUES), min_size=1, max_size=3))
def test_a_manifest_with_other_values_opens_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[int, object]]
) -> None:
    """Written by somebody who keeps the hashes right: any value in any place."""
    changed = manifest()
    for place, value in edits:
        spots = list(places(changed))
        holder, key = spots[place % len(spots)] if spots else (changed, "name")
        holder[key] = deepcopy(value)
    opened = opened_or_refused(write(tmp_path_factory.getbasetemp() / "edited.imx", changed))
    assert opened is None or Face(opened).render(REST, 0).shape == (opened.height, opened.width, 3)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) within parsed JSON."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(inner, dict | list):
            yield from places(inner)
