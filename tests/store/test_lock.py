"""One server at a time, by whatever name it calls its folder and its database."""

from pathlib import Path

import pytest

from bithuman.errors import ConfigurationError
from bithuman.store.lock import only_server


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """A folder for a server, with a database."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "bithuman.db").touch()
    return folder


def refused(data_dir: Path, database: Path) -> str:
    with pytest.raises(ConfigurationError, match="Another server") as caught, only_server(data_dir, database):
        pass
    return caught.value.cure


def test_a_second_one_is_refused_by_folder_and_by_database(held: Path, tmp_path: Path) -> None:
    with only_server(held, held / "bithuman.db"):
        assert refused(held, tmp_path / "other.db") == "Stop it, or set BITHUMAN_DATA_DIR to another folder."
        assert "another database (BITHUMAN_DATABASE_URL)" in refused(tmp_path, held / "bithuman.db")


def test_symbolic_links_lead_to_the_same_locks(held: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "facts.db").symlink_to(held / "bithuman.db")
    (tmp_path / "link").symlink_to(held)
    with only_server(held, held / "bithuman.db"):
        refused(other, other / "facts.db")
        refused(other, tmp_path / "link" / "bithuman.db")
        refused(tmp_path / "link", other / "own.db")


def test_the_next_one_may_start_afterwards(held: Path) -> None:
    for _ in range(2):
        with only_server(held, held / "bithuman.db"):
            pass


def test_the_lock_files_are_private(held: Path) -> None:
    with only_server(held, held / "bithuman.db"):
        pass
    assert {path.stat().st_mode & 0o777 for path in held.glob("*.lock")} == {0o600}
