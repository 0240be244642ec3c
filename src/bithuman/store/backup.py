"""A copy of a database, taken while others write to it, and the proof that it is good."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

from bithuman.errors import BackupError
from bithuman.store import queries
from bithuman.store.database import BUSY_TIMEOUT_MS, check_revision
from bithuman.store.database_file import SIDES, DatabaseFile
from bithuman.store.files import sync
from bithuman.store.schema import metadata


class FaultyDatabaseError(BackupError):
    """A database is no good. `fault` says why, as the rest of a sentence that starts with the database."""

    def __init__(self, fault: str) -> None:
        super().__init__(f"The database {fault}.", cure="Use another backup.")
        self.fault = fault


def copy_database(source: Path, target: Path) -> None:
    """Copy one consistent state of `source` into `target`, a new file with mode 0600, and put it on disk.

    The copy is made in one read transaction (https://sqlite.org/backup.html), so writers go on meanwhile.

    Raises:
        ConfigurationError: `source` is not there, has a second name, or cannot be opened.
        BackupError: `source` cannot be read, or is no database.
        OSError: `target` cannot be made, or there is no room (ENOSPC).
    """
    with (
        _explained(source, target),
        closing(DatabaseFile(source, make=False)) as file,
        closing(file.connect()) as original,
    ):
        _copy(original, target)


def copy_backup(source: Path, target: Path) -> None:
    """Copy a backup as `copy_database` does. It may have hard links: nobody writes to it.

    Raises:
        BackupError: `source` cannot be read, or is no database.
        OSError: `target` cannot be made, or there is no room (ENOSPC).
    """
    with _explained(source, target), closing(_connect(source)) as original:
        _copy(original, target)


def check_database(path: Path) -> int:
    """Check that a database is whole, that this version can read it, and that every balance is the sum of its ledger.

    Returns:
        How many accounts it has.

    Raises:
        FaultyDatabaseError: something of that does not hold.
        BackupError: it cannot be read.
        ConfigurationError: a newer version made it.
    """
    with _explained(path, path), closing(_connect(path)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise FaultyDatabaseError("is damaged")
        revisions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        if len(revisions) != 1:
            raise FaultyDatabaseError("does not say which version made it")
        check_revision(revisions[0][0])
        _check_schema(connection)
        if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise FaultyDatabaseError("has rows that refer to others that are missing")
        sums = connection.execute(_text(queries.ledger_sums)).fetchall()
    if any((plan, topup) != (plan_sum, topup_sum) for _, plan, topup, plan_sum, topup_sum in sums):
        raise FaultyDatabaseError("has a balance that is not the sum of its ledger")
    return len(sums)


def _check_schema(connection: sqlite3.Connection) -> None:
    """Whether all tables are there, and nothing that acts by itself. An older version may lack an index."""
    found: dict[str, set[str]] = {"table": set(), "trigger": set(), "view": set()}
    for kind, name in connection.execute("SELECT type, name FROM sqlite_master"):
        found.setdefault(kind, set()).add(name)
    if missing := sorted(metadata.tables.keys() - found["table"]):
        raise FaultyDatabaseError(f"lacks the table {missing[0]}")
    if foreign := sorted(found["trigger"] | found["view"]):
        raise FaultyDatabaseError(f"has '{foreign[0]}', which no version of this server made")


def move_aside(path: Path, mark: str) -> list[Path]:
    """Rename a database that nobody uses, and its journal, which may hold its newest facts. Returns the new names.

    Args:
        mark: what is added to the database's name.

    Raises:
        OSError: it cannot be renamed, or the new name is taken.
    """
    aside = path.with_name(f"{path.name}.{mark}")
    if aside.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(aside))
    moved = []
    # The database goes first: then no server starts, and no journal stands beside another's database.
    for suffix in ("", *SIDES):
        old = path.with_name(path.name + suffix)
        if old.exists():
            moved.append(old.rename(aside.with_name(aside.name + suffix)))
    sync(path.parent)
    return moved


def _copy(original: sqlite3.Connection, target: Path) -> None:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(_connect(target)) as copy:
        original.backup(copy)
        # One file that needs nothing beside it, and may be read from a medium that takes no writes.
        copy.execute("PRAGMA journal_mode=DELETE").fetchall()
    sync(target)
    sync(target.parent)


def _connect(path: Path) -> sqlite3.Connection:
    address = f"{path.resolve().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_MS / 1_000, isolation_level=None)


def _text(statement: Select[Any]) -> str:
    return str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))


@contextmanager
def _explained(source: Path, target: Path) -> Iterator[None]:
    """Raise what SQLite reports as what it means, by its result code (https://sqlite.org/rescode.html)."""
    try:
        yield
    except sqlite3.Error as error:
        match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_INTERNAL) & 0xFF:
            case sqlite3.SQLITE_FULL:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from error
            case sqlite3.SQLITE_CORRUPT:
                raise FaultyDatabaseError("is damaged") from error
            case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_ERROR:  # the latter: a table is missing
                raise FaultyDatabaseError("holds no tables of this server") from error
        raise BackupError(
            f"The database {source} cannot be read or copied: {error}.",
            cure="Check the file's owner and the disks, and try again.",
        ) from error
