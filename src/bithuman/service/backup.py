"""The database, and the keys, into a folder of their own and back again."""

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bithuman.errors import BackupError, ConfigurationError
from bithuman.service.platform import database_file, make_data_dir
from bithuman.service.settings import DATABASE, KEYS, Settings
from bithuman.store.backup import FaultyDatabaseError, check_database, copy_backup, copy_database, move_aside
from bithuman.store.files import sync, write_whole
from bithuman.store.keys import KeyFile, Keys
from bithuman.store.lock import only_server

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made and checked."""

    folder: Path
    files: tuple[str, ...]
    accounts: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was put in place. `moved_aside`: what was there before, under its new names."""

    database: Path
    accounts: int
    keys_restored: bool
    moved_aside: tuple[Path, ...]


def make_backup(settings: Settings, folder: Path, *, with_keys: bool) -> Backup:
    """Copy the database, whether or not a server runs on it, check the copy, and put it into a new `folder`.

    Args:
        with_keys: whether the keys go with it. Whoever has both can make tokens and test guessed secrets.

    Raises:
        BackupError: the database is no good, the folder holds something or is in the data folder, or there is no room.
        ConfigurationError: the database or the keys are missing or cannot be read, or the database has a second name.
        OSError: the folder cannot be made.
    """
    folder = folder.absolute()
    if folder.resolve().is_relative_to(settings.data_dir.resolve()):
        raise BackupError("A backup inside the data folder is lost with it.", cure="Give another folder.")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise BackupError(f"{folder} is there already.", cure="Give a folder that is not there, or an empty one.")
    with (
        _room(f"There is no room in {folder}.", "Give a folder on another disk."),
        TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as workshop,
    ):
        draft = Path(workshop) / folder.name
        draft.mkdir(mode=0o700)
        try:
            copy_database(database_file(settings), draft / DATABASE)
            accounts = check_database(draft / DATABASE)
        except FaultyDatabaseError as error:
            raise BackupError(
                f"The server's database {error.fault}.",
                cure="Stop the server and run 'bithuman admin restore FOLDER' with a good backup.",
            ) from error
        if with_keys:
            _key_file(draft / KEYS).save(_key_file(settings.keys_path).load())
        files = {path.name: path.stat().st_size for path in sorted(draft.iterdir())}
        draft.rename(folder)
        sync(folder.parent)
    return Backup(folder, tuple(files), accounts, sum(files.values()))


def restore_backup(settings: Settings, folder: Path, now: datetime) -> Restored:
    """Check a backup and put it in the place of the database, and its keys, if it has some, in the place of the keys.

    What was there is kept under names that end with `now`. Wherever this is cut off, it can be done again, and a server
    that starts in between finds a database with its keys, or refuses to start.

    Raises:
        BackupError: there is no good backup in `folder`, its keys are no good, neither it nor the server has keys, or
            there is no room.
        ConfigurationError: a server runs on the data folder or the database, or a newer version made the backup.
        OSError: a file cannot be written.
    """
    source = folder / DATABASE
    if not source.is_file():
        raise BackupError(f"There is no backup in {folder}.", cure="Name a folder that 'bithuman admin backup' made.")
    data_dir, database = make_data_dir(settings), database_file(settings).resolve()
    if source.resolve() == database:
        raise BackupError(f"{folder} is the server's own folder.", cure="Name the folder of a backup.")
    mark = f"before-{now:%Y%m%dT%H%M%S.%fZ}"
    no_room, make_room = f"There is no room on the disk of {database.parent}.", "Make room there and restore again."
    with (
        only_server(data_dir, database, held_by="A server", cure="Stop it, then run the restore again."),
        _room(no_room, f"{make_room} Nothing was changed."),
        TemporaryDirectory(dir=database.parent, prefix=".restore-") as workshop,
    ):
        draft = Path(workshop) / DATABASE
        try:
            copy_backup(source, draft)
            accounts = check_database(draft)
        except FaultyDatabaseError as error:
            raise BackupError(
                f"The backup {folder} is no good: it {error.fault}.", cure="Use another backup. Nothing was changed."
            ) from error
        keys = _new_keys(folder / KEYS, settings.keys_path)
        with _room(no_room, make_room):
            if keys is not None and not settings.keys_path.exists():
                # Before anything is moved: without a database and without keys, a start would begin afresh.
                _key_file(settings.keys_path).save(keys)
            moved = move_aside(database, mark)
            if keys is not None:
                moved += _replace_keys(settings.keys_path, keys, mark)
            draft.rename(database)
            sync(database.parent)
    return Restored(database, accounts, keys is not None, tuple(moved))


def _new_keys(offered: Path, current: Path) -> Keys | None:
    """The backup's keys; None where it has none, and the server's own stay."""
    if offered.exists():
        try:
            return _key_file(offered).load()
        except ConfigurationError as error:
            raise BackupError(
                error.message, cure="Put a good copy there (mode 0600), or remove it to keep the server's keys."
            ) from error
    if not current.exists():
        raise BackupError(
            "Neither the backup nor the server's folder has keys, without which every secret is void.",
            cure=f"Copy keys.json into the backup's folder or to {current}, with mode 0600.",
        )
    try:
        _key_file(current).load()
    except ConfigurationError as error:
        raise BackupError(error.message, cure=f"Copy keys.json into the backup's folder. {error.cure}") from error
    return None


def _replace_keys(path: Path, keys: Keys, mark: str) -> list[Path]:
    try:
        if _key_file(path).load() == keys:
            return []
    except ConfigurationError:
        pass  # No good, and kept all the same.
    aside = path.with_name(f"{path.name}.{mark}")
    write_whole(aside, path.read_bytes())
    _key_file(path).save(keys)
    return [aside]


@contextmanager
def _room(message: str, cure: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise BackupError(message, cure=cure) from error


def _key_file(path: Path) -> KeyFile:
    return KeyFile(path, secrets.token_bytes)
