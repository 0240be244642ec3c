"""`bithuman avatar`: from a photo to a file, to a sheet and a clip."""

import json
import zipfile
from pathlib import Path

import av
import cv2
import pytest

from bithuman.cli import main
from bithuman.engine.avatar import BUILT_IN, open_avatar
from bithuman.engine.container import read_container
from bithuman.engine.pack import pack
from bithuman.portrait.picture.arrays import Image


def run(*arguments: str | Path) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as ended:
        main(["avatar", *map(str, arguments)])
    return int(ended.value.code or 0)


@pytest.fixture
def file(built: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "eileen.imx"
    path.write_bytes(built)
    return path


def test_build_writes_an_avatar_of_that_name_and_size(photo_path: Path, tmp_path: Path) -> None:
    out = tmp_path / "eileen.imx"
    assert run("build", photo_path, "-o", out, "--name", "Eileen", "--size", "320x256") == 0
    avatar = open_avatar(out)
    assert (avatar.name, avatar.width, avatar.height) == ("Eileen", 320, 256)


def test_a_refused_photo_leaves_no_file(photo: Image, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "feet.png"), photo[300:, 250:])
    out = tmp_path / "feet.imx"
    assert run("build", tmp_path / "feet.png", "-o", out) == 1
    printed = capfd.readouterr()
    assert "No face was found in the photo." in printed.err
    assert "W0000" not in printed.err + printed.out  # what MediaPipe logs
    assert not out.exists()


@pytest.mark.parametrize(
    ("portrait", "message"),
    [(".", "file '.' is a directory.\n"), ("nobody.jpg", "file 'nobody.jpg' does not exist.\n")],
)
def test_a_missing_photo_is_reported_before_a_wrong_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], portrait: str, message: str
) -> None:
    assert run("build", portrait, "-o", tmp_path / "x.imx") == 2
    assert capsys.readouterr().err.endswith(message)


@pytest.mark.parametrize("size", ["512", "511x512", "16x16", "axb", "9000x9000"])
def test_a_size_that_no_video_has_is_misuse(photo_path: Path, tmp_path: Path, size: str) -> None:
    assert run("build", photo_path, "-o", tmp_path / "x.imx", "--size", size) == 2


def test_preview_draws_a_sheet_of_all_visemes_and_a_clip_of_five_seconds(file: Path, tmp_path: Path) -> None:
    sheet, clip = tmp_path / "sheet.png", tmp_path / "clip.mp4"
    assert run("preview", file, "-o", sheet, "--video", clip) == 0
    picture = cv2.imread(str(sheet))
    assert picture is not None
    assert picture.shape == (3 * 256, 6 * 256, 3)
    with av.open(str(clip)) as film:
        frames = [frame.to_ndarray(format="bgr24") for frame in film.decode(video=0)]
        assert "Synthetic" in film.metadata["comment"]
    assert 120 <= len(frames) <= 130
    assert frames[0].shape == (256, 256, 3)
    assert any((frame.astype(int) - frames[0]).max() > 100 for frame in frames)


def test_without_a_file_the_preview_is_of_the_built_in_avatar(tmp_path: Path) -> None:
    sheet, same = tmp_path / "sheet.png", tmp_path / "same.png"
    assert run("preview", "-o", sheet) == 0
    assert run("preview", BUILT_IN, "-o", same) == 0
    assert sheet.read_bytes() == same.read_bytes()


def test_preview_writes_a_png_only(file: Path, tmp_path: Path) -> None:
    assert run("preview", file, "-o", tmp_path / "sheet.jpg") == 2


def test_a_folder_that_does_not_exist(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("preview", file, "-o", tmp_path / "no" / "sheet.png") == 2
    assert "there is no folder" in " ".join(capsys.readouterr().err.split())


def test_the_input_is_never_overwritten(file: Path, tmp_path: Path) -> None:
    photo = tmp_path / "me.imx"  # its name ends like an avatar's
    photo.write_bytes(b"a photo")
    assert run("build", photo, "-o", photo) == 2
    assert photo.read_bytes() == b"a photo"
    assert run("build", photo, "-o", tmp_path / "me.jpg") == 2
    film = tmp_path / "me.mp4"
    film.write_bytes(file.read_bytes())
    assert run("preview", film, "-o", tmp_path / "sheet.png", "--video", film) == 2
    assert film.read_bytes() == file.read_bytes()


def test_an_avatar_of_another_rate_has_a_preview(file: Path, tmp_path: Path) -> None:
    changed = tmp_path / "other.imx"
    container = read_container(file)
    manifest = json.loads(zipfile.ZipFile(file).read("manifest.json"))
    changed.write_bytes(pack({**manifest, "fps": 30}, container.entries))
    assert run("preview", changed, "-o", tmp_path / "sheet.png", "--video", tmp_path / "clip.mp4") == 0
