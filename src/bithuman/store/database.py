"""The database: SQLite by default, opened, migrated and tuned; the seam for another engine.

SQLite runs in WAL mode with `synchronous=FULL`: a commit that returned survives a power cut.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from operator import itemgetter
from pathlib import Path
from typing import Any

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Executable, Row, Select, create_engine, event, literal, make_url, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler

from bithuman.core import refusals
from bithuman.core.accounts import Secret
from bithuman.core.refusals import Refusal
from bithuman.errors import ConfigurationError
from bithuman.store import queries
from bithuman.store.rows import FoundSecret
from bithuman.store.writer import Writer

BUSY_TIMEOUT_MS = 10_000

_log = structlog.get_logger(__name__)


class Database:
    """Connections to the platform's facts: many readers, one writer.

    Args:
        url: an SQLAlchemy URL; `sqlite:///path` for the embedded engine.

    Raises:
        ConfigurationError: the URL cannot be used, the file cannot be opened, or a newer version made it.
    """

    def __init__(self, url: str) -> None:
        self._engine = _create_engine(url)
        try:
            _migrate(self._engine)
        except DBAPIError as error:
            raise ConfigurationError(
                f"The database cannot be opened: {error.orig}.",
                cure="Check BITHUMAN_DATABASE_URL and the file's owner.",
            ) from error
        self._readers = self._engine.execution_options(read_only=True)
        self._secret_by_hash = _PointReader(self._engine, queries.secret_by_hash)
        self._session_id_of_client = _PointReader(self._engine, queries.session_id_of_client)
        self.writer = Writer(self._engine.connect)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that reads one consistent state.

        Raises:
            Refusal: UNAVAILABLE where the database fails: an outage, which the caller may outlast.
        """
        try:
            with self._readers.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise _away(error) from error

    def secret_by_hash(self, digest: bytes) -> FoundSecret | None:
        """The secret with this hash, and whether its account is suspended. Microseconds: called on the event loop.

        Raises:
            Refusal: UNAVAILABLE.
        """
        found = self._secret_by_hash.first(hash=digest)
        if found is None:
            return None
        *secret, stored, suspended = found
        return FoundSecret(Secret(*secret), stored, bool(suspended))

    def session_id_of_client(self, user_id: str, fingerprint: str, transaction_id: str) -> str | None:
        """The id of the session that a client means. Microseconds: called on the event loop.

        Raises:
            Refusal: UNAVAILABLE.
        """
        found = self._session_id_of_client.first(
            user_id=user_id, fingerprint=fingerprint, transaction_id=transaction_id
        )
        return found[0] if found else None

    def first(self, statement: Executable, **parameters: Any) -> Row[Any] | None:
        """The first row of a query."""
        with self.read() as connection:
            return connection.execute(statement, parameters).first()

    def all(self, statement: Executable, **parameters: Any) -> list[Row[Any]]:
        """All rows of a query."""
        with self.read() as connection:
            return list(connection.execute(statement, parameters).all())

    def is_up(self) -> bool:
        """Whether the database answers."""
        try:
            return self.first(select(literal(1))) is not None
        except Refusal:
            return False

    def close(self) -> None:
        """Finish every write and close every connection."""
        self.writer.close()
        self._secret_by_hash.close()
        self._session_id_of_client.close()
        self._engine.dispose()


class _PointReader:
    """One look-up without the toolkit's overhead, for a request that everybody makes: the statement, compiled once, on
    a connection of its own. SQLite readers wait for nobody, and each look-up sees the newest commit.
    """

    def __init__(self, engine: Engine, statement: Select[Any]) -> None:
        compiled = statement.compile(engine)
        assert isinstance(compiled, SQLCompiler)
        self._text = str(compiled)
        self._pick = itemgetter(*(compiled.positiontup or ()))
        self._connection = engine.raw_connection()
        self._cursor = self._connection.cursor()
        self._lock = threading.Lock()

    def first(self, **parameters: Any) -> tuple[Any, ...] | None:
        """The first row."""
        picked = self._pick(parameters)
        try:
            with self._lock:
                self._cursor.execute(self._text, picked if len(parameters) > 1 else (picked,))
                # All of them: a statement that was not read to its end would hold its snapshot.
                found = self._cursor.fetchall()
        except sqlite3.Error as error:
            raise _away(error) from error
        return found[0] if found else None

    def close(self) -> None:
        """Give the connection back."""
        self._cursor.close()
        self._connection.close()


def _away(error: Exception) -> Refusal:
    _log.error("read_failed", exc_info=error)
    return refusals.database_away()


def sqlite_url(path: Path) -> str:
    """The URL of an SQLite file."""
    return f"sqlite:///{path}"


def database_path(url: str | None) -> Path | None:
    """The file that a URL names, if it names one."""
    try:
        parsed = make_url(url) if url else None
    except ArgumentError:
        return None
    return Path(parsed.database) if parsed is not None and parsed.database not in (None, "", ":memory:") else None


def _create_engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError("The database URL cannot be read.", cure="Give one like sqlite:///path.db.") from error
    if parsed.get_backend_name() != "sqlite":
        raise ConfigurationError(
            f"This version keeps its facts in SQLite, not in {parsed.get_backend_name()}.",
            cure="Set BITHUMAN_DATABASE_URL to sqlite:///path.db, or leave it out.",
        )
    if (path := database_path(url)) is not None:
        _make_private(path)
    engine = create_engine(parsed, pool_size=8, max_overflow=32, hide_parameters=True)
    event.listen(engine, "connect", _tune)
    event.listen(engine, "begin", _begin)
    return engine


def _make_private(path: Path) -> None:
    """SQLite gives its side files the mode of the database: nobody else reads any of them."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _tune(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    connection.isolation_level = None  # SQLAlchemy's begin event starts transactions, not the driver's guess.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    mode = "DEFERRED" if connection.get_execution_options().get("read_only") else "IMMEDIATE"
    connection.exec_driver_sql(f"BEGIN {mode}")


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in known:
            raise ConfigurationError(
                "A newer version of the server made this database.", cure="Run that version, or restore a backup."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
