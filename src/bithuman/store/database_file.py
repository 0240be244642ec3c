"""The file of an SQLite database, watched while it is open: a path may come to name another file, or none.

A process that closes such a file loses the locks that SQLite holds on it (https://sqlite.org/howtocorrupt.html,
section 2.2). So it is opened once, before the first connection, and closed after the last.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

import structlog

from bithuman.core import refusals
from bithuman.errors import ConfigurationError

MAGIC = b"SQLite format 3\x00"
SIDES = ("-wal", "-shm")
_CURE = "Move the same file back (a copy is not the same file), or stop the server and run 'bithuman admin restore'."

_log = structlog.get_logger(__name__)


class DatabaseFile:
    """An open database file.

    Args:
        path: where it is; symbolic links are followed once.
        make: whether to make one where there is none.

    Raises:
        ConfigurationError: it is not there, has a second name, or cannot be opened.
    """

    def __init__(self, path: Path, *, make: bool) -> None:
        self.path = path.resolve()
        if not make and not self.path.exists():
            raise missing(self.path)
        try:
            if make:
                # SQLite gives its side files the mode of the database: nobody else reads any of them.
                with suppress(FileExistsError):
                    os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o600))
            self._descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise ConfigurationError(
                f"The database {self.path} cannot be opened: {error.strerror}.",
                cure="Check BITHUMAN_DATABASE_URL, and the owner of the file and its folder.",
            ) from error
        if os.fstat(self._descriptor).st_nlink > 1:
            os.close(self._descriptor)
            disk = next(folder for folder in self.path.parents if folder.is_mount())
            raise ConfigurationError(
                f"{self.path} has a second name (a hard link), under which SQLite would keep a second journal.",
                cure=f"Find the other name with 'find {disk} -xdev -samefile {self.path}' and remove it. "
                "For copies use 'bithuman admin backup'.",
            )
        self._identities = {str(self.path): _identity(os.fstat(self._descriptor))}
        self._has_content = False
        self._trouble: str | None = None

    def connect(self) -> sqlite3.Connection:
        """A connection to this file, and never to a new one.

        Raises:
            Refusal: UNAVAILABLE where the file has been replaced.
            sqlite3.Error: it cannot be opened.
        """
        self.look()
        return sqlite3.connect(f"{self.path.as_uri()}?mode=rw", uri=True, check_same_thread=False)

    def watch_content(self) -> None:
        """Look after the content and SQLite's side files too: those stay as long as a connection is open."""
        self._has_content = True
        for suffix in SIDES:
            path = f"{self.path}{suffix}"
            self._identities[path] = _identity(os.stat(path))  # noqa: PTH116 - this runs for every batch

    def check(self) -> None:
        """Whether the newest look found this file in its place. Where it did not, look again.

        Raises:
            Refusal: UNAVAILABLE: it is not there.
        """
        if self._trouble is not None:
            self.look()

    def look(self) -> None:
        """Whether the path still names this file, its side files are the same, and it is an SQLite database.

        The log says once that it is not, and once that it is again. Ten microseconds.

        Raises:
            Refusal: UNAVAILABLE: it is not.
        """
        trouble = next(filter(None, map(self._replaced, self._identities)), None)
        if trouble is None and self._has_content:
            trouble = self._overwritten()
        if trouble != self._trouble:
            self._trouble = trouble
            if trouble is None:
                _log.warning("database_is_back", path=str(self.path))
            else:
                _log.error("database_is_away", error=trouble, cure=_CURE)
        if trouble is not None:
            raise refusals.database_away()

    def close(self) -> None:
        """Let go of the file, after the last connection."""
        os.close(self._descriptor)

    def _overwritten(self) -> str | None:
        try:
            found = os.pread(self._descriptor, len(MAGIC), 0)
        except OSError as error:
            return f"{self.path} cannot be read: {error.strerror}."
        return None if found == MAGIC else f"{self.path} was overwritten and is no database any more."

    def _replaced(self, path: str) -> str | None:
        try:
            found = _identity(os.stat(path))  # noqa: PTH116 - this runs for every batch
        except OSError as error:
            return f"{path} is gone: {error.strerror}."
        return None if found == self._identities[path] else f"{path} was replaced by another file."


def missing(path: Path) -> ConfigurationError:
    """There are keys, and what they belong to is not there."""
    return ConfigurationError(
        f"There are keys, but their database {path} is missing or empty.",
        cure="Restore it with 'bithuman admin restore', or move keys.json away to start afresh with new secrets.",
    )


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
