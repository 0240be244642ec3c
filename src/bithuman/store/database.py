"""The database: SQLite, opened, migrated and tuned; the seam for another engine.

SQLite runs in WAL mode with `synchronous=FULL`: a commit that returned survives a power cut.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, Select, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler

from bithuman.core import refusals
from bithuman.core.accounts import SecretRecord
from bithuman.core.refusals import Refusal
from bithuman.errors import ConfigurationError
from bithuman.store import queries
from bithuman.store.commits import CommitCount
from bithuman.store.database_file import DatabaseFile, missing
from bithuman.store.memory import Memory
from bithuman.store.rows import FoundSecret
from bithuman.store.snapshot import Snapshot
from bithuman.store.transaction import Transaction
from bithuman.store.unit import Unit
from bithuman.store.writer import Writer

# Shorter than a drain may take: a server that waits for another process still stops in time.
BUSY_TIMEOUT_MS = 5_000
# The write-ahead log grows while a reader is at work. SQLite starts it anew at 4 MiB where it can, and cuts it to this.
MAX_IDLE_WAL_BYTES = 8 * 1024 * 1024
# The option of a connection that says how the toolkit begins its transactions.
BEGINS = "bithuman_begins"
MIGRATIONS = Path(__file__).with_name("migrations")
_URL_CURE = "Set BITHUMAN_DATABASE_URL to sqlite:////absolute/path.db (four slashes), without options, or leave it out."

_log = structlog.get_logger(__name__)


class Database:
    """Connections to the platform's facts: many readers, one writer.

    Args:
        path: the SQLite file.
        make: whether to make one where there is none, or an empty one.

    Raises:
        ConfigurationError: the file is missing, empty or damaged, has two names, or a newer version made it.
    """

    def __init__(self, path: Path, *, make: bool = True) -> None:
        self._file = DatabaseFile(path, make=make)
        self._engine = _create_engine(self._file)
        with ExitStack() as opened:
            opened.callback(self._file.close)
            opened.callback(self._engine.dispose)
            self._open(opened, make=make)
            self._opened = opened.pop_all()

    def _open(self, opened: ExitStack, *, make: bool) -> None:
        try:
            _migrate(self._engine, self._file.path, make=make)
        except DBAPIError as error:
            raise ConfigurationError(
                f"The database {self._file.path} cannot be opened: {error.orig}.",
                cure="Check its owner and the room on its disk, or run 'bithuman admin restore' with a backup.",
            ) from error
        self._readers = self._engine.execution_options(**{BEGINS: "BEGIN DEFERRED"})
        self._secret_by_hash = _PointReader(self._engine, self._file, queries.secret_by_hash)
        opened.callback(self._secret_by_hash.close)
        self._session_id_of_client = _PointReader(self._engine, self._file, queries.session_id_of_client)
        opened.callback(self._session_id_of_client.close)
        self._file.watch_content()
        self._commits = commits = CommitCount(self._file.path.with_name(f"{self._file.path.name}-shm"))
        opened.callback(commits.close)
        self._memory = Memory(commits.read if commits.is_known_format else None)
        self.writer = Writer(Transaction(self._connect_to_write, self._file.look, self._memory, BUSY_TIMEOUT_MS))

    @contextmanager
    def read(self) -> Iterator[Snapshot]:
        """One consistent state, to read.

        Raises:
            Refusal: UNAVAILABLE where the database fails: an outage, which the caller may outlast.
        """
        with self.connect() as connection:
            yield Snapshot(connection)

    @contextmanager
    def inspect(self) -> Iterator[Unit]:
        """A unit of work on one consistent state, to ask what it would decide. Nothing of it is written.

        Raises:
            Refusal: as for `read`.
        """
        with self.connect() as connection:
            yield Unit(connection)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A connection that reads one consistent state. The store's own; others use `read`.

        Raises:
            Refusal: as for `read`.
        """
        self._file.check()
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
        return self._memory.find_secret(digest, partial(self._read_secret, digest))

    def session_id_of_client(self, user_id: str, fingerprint: str, transaction_id: str) -> str | None:
        """The id of the session that a client means. Microseconds: called on the event loop.

        Raises:
            Refusal: UNAVAILABLE.
        """
        known = self._memory.sessions_of_clients
        client = (user_id, fingerprint, transaction_id)
        session_id = known.get(client)
        if session_id is None:
            found = self._session_id_of_client.first(
                user_id=user_id, fingerprint=fingerprint, transaction_id=transaction_id
            )
            session_id = found[0] if found else None
            if session_id in self._memory.sessions:
                known[client] = session_id
        return session_id

    def look(self) -> None:
        """Notice a file that was deleted, replaced or overwritten. Called once a second; a write notices it by itself.

        Reads go on until then, from the file that is open, and so from the truth.
        """
        with suppress(Refusal):
            self._file.look()

    async def can_write(self) -> bool:
        """Whether a write is on disk now. It changes no fact."""
        try:
            await self.writer.run(_write_nothing_new)
        except Refusal:
            return False
        return True

    def close(self) -> None:
        """Close every connection. Nothing may be waiting to be written (see `Writer.finish`)."""
        self.writer.close()
        self._opened.close()

    def _connect_to_write(self) -> Connection:
        return self._engine.connect().execution_options(**{BEGINS: None})

    def _read_secret(self, digest: bytes) -> FoundSecret | None:
        found = self._secret_by_hash.first(hash=digest)
        if found is None:
            return None
        *secret, stored, suspended = found
        return FoundSecret(SecretRecord(*secret), stored, bool(suspended))


def _write_nothing_new(unit: Unit) -> None:
    unit.must_write = True


class _PointReader:
    """One look-up without the toolkit's overhead, for a request that everybody makes: the statement, compiled once, on
    a connection of its own. SQLite readers wait for nobody, and each look-up sees the newest commit.
    """

    def __init__(self, engine: Engine, file: DatabaseFile, statement: Select[Any]) -> None:
        self._file = file
        compiled = statement.compile(engine)
        assert isinstance(compiled, SQLCompiler)
        self._text = str(compiled)
        self._pick = itemgetter(*(compiled.positiontup or ()))
        self._connection = engine.raw_connection()
        self._cursor = self._connection.cursor()
        self._lock = threading.Lock()

    def first(self, **parameters: Any) -> tuple[Any, ...] | None:
        """The first row."""
        self._file.check()
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


def database_path(url: str) -> Path:
    """The file that an SQLAlchemy URL names.

    Raises:
        ConfigurationError: it names none, or has options, which could name another one.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigurationError("The database URL cannot be read.", cure=_URL_CURE) from error
    if parsed.get_backend_name() != "sqlite":
        raise ConfigurationError(
            f"This version keeps its facts in SQLite, not in {parsed.get_backend_name()}.", cure=_URL_CURE
        )
    if parsed.database in (None, "", ":memory:") or parsed.database.startswith("file:"):
        raise ConfigurationError("The database URL names no file.", cure=_URL_CURE)
    if parsed.query:
        raise ConfigurationError("The database URL has options, and takes none.", cure=_URL_CURE)
    return Path(parsed.database)


def _create_engine(file: DatabaseFile) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(file.path)),
        creator=file.connect,
        pool_size=8,
        max_overflow=32,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _tune)
    event.listen(engine, "begin", _begin)
    return engine


def _tune(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    assert isinstance(connection, sqlite3.Connection)
    connection.isolation_level = None  # SQLAlchemy's begin event starts transactions, not the driver's guess.
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        f"journal_size_limit={MAX_IDLE_WAL_BYTES}",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    if statement := connection.get_execution_options().get(BEGINS, "BEGIN IMMEDIATE"):
        connection.exec_driver_sql(statement)


def _migrate(engine: Engine, path: Path, *, make: bool) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if current is None and not make:
            raise missing(path)
        check_revision(current)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_revision(revision: str | None) -> None:
    """Whether this version can take over a database that is at this migration.

    Raises:
        ConfigurationError: a newer version made it.
    """
    if revision is not None and revision not in {
        script.revision for script in ScriptDirectory(MIGRATIONS).walk_revisions()
    }:
        raise ConfigurationError(
            "A newer version of the server made this database.", cure="Run that version, or restore a backup."
        )
