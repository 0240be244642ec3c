"""Files are private, and written whole or not at all."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bithuman.store.files import private_folder, write_whole


@pytest.fixture
def open_umask() -> Iterator[None]:
    """A process that would let everybody read and write what it makes."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk without room: what was written does not arrive."""

    def fsync(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)


@pytest.mark.usefixtures("open_umask")
def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"text")
    assert (tmp_path / "file").read_bytes() == b"text"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("open_umask")
def test_a_folder_and_every_parent_that_was_made_is_for_its_owner_alone(tmp_path: Path) -> None:
    private_folder(tmp_path / "a" / "b")
    private_folder(tmp_path / "a" / "b")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "a", tmp_path / "a" / "b")} == {0o700}


@pytest.mark.parametrize("replace", [True, False])
@pytest.mark.usefixtures("full_disk")
def test_on_a_full_disk_nothing_is_left(tmp_path: Path, replace: bool) -> None:
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "file", b"text", replace=replace)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("full_disk")
def test_on_a_full_disk_what_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(OSError, match="No space"):
        write_whole(tmp_path / "file", b"new", replace=True)
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_file_that_is_there_is_replaced_only_on_request(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"old")
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    write_whole(tmp_path / "file", b"new", replace=True)
    assert (tmp_path / "file").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
