"""The writer's connection: one transaction at a time, each with the write lock from its beginning.

What every batch does goes to the driver directly. The toolkit has the same connection for all other statements.
"""

import sqlite3
from collections.abc import Callable
from typing import cast

from sqlalchemy import Connection

from bithuman.store.memory import Memory
from bithuman.store.unit import Unit


class Transaction:
    """Begun on the event loop where nobody else has the lock, committed by a thread that waits for the disk.

    Args:
        connect: opens a connection, on which the toolkit begins nothing (see `database.BEGINS`).
        check: raises where the database is not in its place.
        memory: what transactions share.
        busy_timeout_ms: how long to wait for the lock.
    """

    def __init__(
        self, connect: Callable[[], Connection], check: Callable[[], None], memory: Memory, busy_timeout_ms: int
    ) -> None:
        self._connect = connect
        self._check = check
        self._memory = memory
        self._busy_timeout_ms = busy_timeout_ms
        self._connection: Connection | None = None
        self._is_ready = False
        self._changes = 0

    def try_begin(self) -> Unit | None:
        """Begin at once. None where that has to wait: there is no connection yet, or another process has the lock.

        Raises:
            Refusal: UNAVAILABLE where the database is away.
        """
        if not self._is_ready:
            return None
        self._check()
        try:
            self._driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self._is_ready = False
            return None
        return self.begun()

    def begin(self) -> None:
        """Begin, and wait for whoever has the lock. The disk's thread does this.

        Raises:
            Refusal: UNAVAILABLE where the database is away.
            sqlite3.Error, DBAPIError: the lock cannot be had, or the database fails.
        """
        self._check()
        self.roll_back()
        self._connection = self._connect()
        self._driver.execute(f"PRAGMA busy_timeout={self._busy_timeout_ms}")
        self._driver.execute("BEGIN IMMEDIATE")
        self._driver.execute("PRAGMA busy_timeout=0")

    def begun(self) -> Unit:
        """The transaction has begun."""
        assert self._connection is not None
        self._is_ready = True
        self._changes = self._driver.total_changes
        self._memory.begin()
        return Unit(self._connection, self._memory)

    def write(self, unit: Unit) -> None:
        """Send what was decided to the database."""
        unit.finish()
        wrote = unit.must_write or self._driver.total_changes != self._changes
        if wrote:
            # SQLite writes no page for a row that is replaced by an equal one, and does not count such a transaction.
            # This statement writes a page whatever the number was.
            self._driver.execute("PRAGMA user_version=0")
        self._memory.commit(wrote=wrote)

    def commit(self) -> None:
        """Wait until it is on disk. The disk's thread does this."""
        self._driver.commit()

    def committed(self) -> None:
        """All that was decided is true now."""
        self._memory.committed()

    def abandon(self) -> None:
        """What was decided is not true. The disk's thread rolls it back."""
        self._is_ready = False
        self._memory.forget()

    def roll_back(self) -> None:
        """Close the connection, which undoes what was not committed. The disk's thread does this."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    @property
    def _driver(self) -> sqlite3.Connection:
        assert self._connection is not None
        return cast("sqlite3.Connection", self._connection.connection.driver_connection)
