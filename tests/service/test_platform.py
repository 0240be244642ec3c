"""A data folder from its first start on: whole after a crash, and never begun afresh by mistake."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bithuman.core.secrets import hash_secret
from bithuman.errors import ConfigurationError
from bithuman.service.accounts import create_account
from bithuman.service.platform import Platform
from bithuman.service.settings import Settings
from bithuman.store.database import Database
from bithuman.store.keys import KeyFile


def start(folder: Path, **settings: str) -> Platform:
    return Platform(Settings(data_dir=folder, **settings))  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a server that ran, and has stopped."""
    start(tmp_path / "data").close()
    return tmp_path / "data"


class TestFirstStart:
    def test_every_file_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            start(tmp_path / "above" / "data").close()
        finally:
            os.umask(before)
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "above").rglob("*")}
        assert modes == {"data": 0o700, "bithuman.db": 0o600, "keys.json": 0o600, "plans.toml": 0o600}
        assert (tmp_path / "above").stat().st_mode & 0o777 == 0o700

    def test_on_a_full_disk_it_says_so_and_a_later_start_succeeds(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fsync(_: int) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as full:
            full.setattr(os, "fsync", fsync)
            with pytest.raises(ConfigurationError, match="No space left") as caught:
                start(tmp_path)
        assert "room" in caught.value.cure
        start(tmp_path).close()

    def test_one_that_was_killed_between_database_and_keys_goes_on(self, tmp_path: Path) -> None:
        class Killed(BaseException):
            pass

        def create(_: KeyFile) -> None:
            raise Killed

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(KeyFile, "create", create)
            with pytest.raises(Killed):
                start(tmp_path)
        assert (tmp_path / "bithuman.db").exists()
        assert not (tmp_path / "keys.json").exists()
        start(tmp_path).close()

    def test_one_that_was_killed_before_the_tables_were_made_goes_on(self, tmp_path: Path) -> None:
        (tmp_path / "bithuman.db").touch()
        start(tmp_path).close()


class TestKeysAndDatabase:
    def test_keys_without_their_database_are_refused_and_no_database_is_made(self, folder: Path) -> None:
        (folder / "bithuman.db").unlink()
        with pytest.raises(ConfigurationError, match="There are keys") as caught:
            start(folder)
        assert "admin restore" in caught.value.cure
        assert "keys.json away" in caught.value.cure
        assert not (folder / "bithuman.db").exists()

    def test_and_so_are_keys_with_an_empty_database(self, folder: Path) -> None:
        (folder / "bithuman.db").write_bytes(b"")
        with pytest.raises(ConfigurationError, match="There are keys"):
            start(folder)

    def test_and_keys_with_a_mistyped_database(self, folder: Path) -> None:
        with pytest.raises(ConfigurationError, match="There are keys"):
            start(folder, database_url=f"sqlite:///{folder / 'bithumna.db'}")

    def test_without_the_keys_it_starts_afresh(self, folder: Path) -> None:
        (folder / "bithuman.db").unlink()
        (folder / "keys.json").unlink()
        start(folder).close()

    async def test_a_database_without_its_keys_is_refused_and_no_keys_are_made(self, folder: Path) -> None:
        running = start(folder)
        await create_account(running, "ada@example.com", "free")
        running.close()
        (folder / "keys.json").unlink()
        with pytest.raises(ConfigurationError, match=r"keys\.json is missing"):
            start(folder)
        assert not (folder / "keys.json").exists()

    def test_the_default_database_may_be_named(self, folder: Path) -> None:
        start(folder, database_url=f"sqlite:///{folder / 'bithuman.db'}").close()


class TestReload:
    @pytest.fixture
    def running(self, folder: Path) -> Iterator[Platform]:
        made = start(folder)
        yield made
        made.close()

    @pytest.mark.parametrize("content", ["", "[" * 100_000, "{}"])
    def test_whatever_the_file_holds_is_told_once_and_the_old_keys_stay(
        self, folder: Path, running: Platform, content: str
    ) -> None:
        keyring, good = running.keyring, (folder / "keys.json").read_bytes()
        (folder / "keys.json").write_text(content)
        with pytest.raises(ConfigurationError, match="damaged"):
            running.reload_keys()
        running.reload_keys()
        assert running.keyring is keyring
        (folder / "keys.json").write_bytes(good)
        running.reload_keys()
        assert running.keyring is not keyring

    def test_keys_with_another_pepper_would_void_every_secret_and_are_not_taken(
        self, folder: Path, running: Platform, tmp_path: Path
    ) -> None:
        start(tmp_path / "other").close()
        before = hash_secret("secret", running.pepper), running.keyring
        shutil.copy2(tmp_path / "other" / "keys.json", folder / "keys.json")
        with pytest.raises(ConfigurationError, match="another pepper"):
            running.reload_keys()
        assert (hash_secret("secret", running.pepper), running.keyring) == before

    def test_a_file_that_cannot_be_read_now_is_read_later(
        self, folder: Path, running: Platform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        KeyFile(folder / "keys.json", os.urandom).rotate(1, keep_ms=1)
        keyring = running.keyring

        def load(_: KeyFile) -> None:
            raise OSError(24, "Too many open files")

        with monkeypatch.context() as patch:
            patch.setattr(KeyFile, "load", load)
            with pytest.raises(OSError, match="Too many"):
                running.reload_keys()
        running.reload_keys()
        assert running.keyring is not keyring


@pytest.mark.parametrize("pepper", ["", "A" * 42, "A" * 43 + "!!!!", "ä" * 43])
def test_a_pepper_that_is_no_key_is_refused_and_not_repeated(folder: Path, pepper: str) -> None:
    with pytest.raises(ConfigurationError, match="BITHUMAN_SECRET_PEPPER") as caught:
        start(folder, secret_pepper=pepper)
    assert "AAAA" not in str(caught.value)


def test_what_fails_after_the_database_was_opened_leaves_it_closed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Database] = []
    really_close = Database.close

    def close(database: Database) -> None:
        closed.append(database)
        really_close(database)

    monkeypatch.setattr(Database, "close", close)
    (folder / "keys.json").write_text("")
    with pytest.raises(ConfigurationError):
        start(folder)
    assert len(closed) == 1
