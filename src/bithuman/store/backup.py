"""A copy of a database, taken while others write to it, and the proof that it is good."""

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

from bithuman.errors import BackupError
from bithuman.store import queries
from bithuman.store.database import BUSY_TIMEOUT_MS, check_revision
from bithuman.store.database_file import SIDES
from bithuman.store.files import sync

_CURE = "Use another backup. If it was being made, check the room on both disks and run 'bithuman admin check'."


def copy_database(source: Path, target: Path) -> None:
    """Copy one consistent state of `source` into `target`, a new file with mode 0600, and put it on disk.

    The copy is made in one read transaction (https://sqlite.org/backup.html), so writers go on meanwhile.

    Raises:
        BackupError: `source` cannot be read, or there is no room.
        OSError: `target` cannot be made.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with closing(_connect(source)) as original, closing(_connect(target)) as copy:
            original.backup(copy)
            # One file that needs nothing beside it, and may be read from a medium that takes no writes.
            copy.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.Error as error:
        raise BackupError(f"The database {source} cannot be copied: {error}.", cure=_CURE) from error
    sync(target)
    sync(target.parent)


def check_database(path: Path) -> int:
    """Check that a database is whole, that this version can read it, and that every balance is the sum of its ledger.

    Returns:
        How many accounts it has.

    Raises:
        BackupError: something of that does not hold.
        ConfigurationError: a newer version made it.
    """
    try:
        with closing(_connect(path)) as connection:
            if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise _not_good("it is damaged")
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            check_revision(revision[0] if revision else None)
            sums = connection.execute(_text(queries.ledger_sums)).fetchall()
    except sqlite3.Error as error:
        raise _not_good(str(error).rstrip(".")) from error
    if any((plan, topup) != (plan_sum, topup_sum) for _, plan, topup, plan_sum, topup_sum in sums):
        raise _not_good("a balance is not the sum of its ledger")
    return len(sums)


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


def _connect(path: Path) -> sqlite3.Connection:
    address = f"{path.resolve().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_MS / 1_000, isolation_level=None)


def _text(statement: Select[Any]) -> str:
    return str(statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))


def _not_good(why: str) -> BackupError:
    return BackupError(f"The copy of the database is no good: {why}.", cure=_CURE)
