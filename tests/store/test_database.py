"""The database file: migrated, tuned, and refused where it cannot be trusted."""

import asyncio
import errno
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, select, text

from bithuman.core.accounts import Account
from bithuman.core.billing import Balance
from bithuman.core.refusals import Code, Refusal
from bithuman.errors import ConfigurationError
from bithuman.store import queries
from bithuman.store.database import MAX_IDLE_WAL_BYTES, MIGRATIONS, Database, database_path
from bithuman.store.schema import metadata, sessions
from bithuman.store.unit import Unit
from tests.rows import all_rows


def make_old(path: Path, revision: str) -> None:
    """A database as a version of before made it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_the_migrations_make_the_schema(tmp_path: Path) -> None:
    database = Database(tmp_path / "facts.db")
    with database.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()


def test_survives_a_power_cut_and_checks_its_references(tmp_path: Path) -> None:
    database = Database(tmp_path / "facts.db")
    with database.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    Database(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(ConfigurationError, match="newer version"):
        Database(path)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    path.write_bytes(b"these are my holiday notes, and not a database at all" * 100)
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        Database(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        "postgresql://localhost/bithuman",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///facts.db?timeout=1",
        "sqlite:///file:facts.db?uri=true",
        "sqlite:///file:facts.db",
    ],
)
def test_a_url_that_names_no_file_for_sure_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        database_path(url)
    assert "sqlite:////absolute/path.db (four slashes)" in caught.value.cure


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        Database(tmp_path / "nowhere" / "facts.db")


@pytest.mark.parametrize("name", ["a?b", "a#b", "a%20b", "a%b", "a b", "ä", "a?mode=memory"])
def test_a_path_is_taken_as_it_is_written(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    Database(folder / "facts.db").close()
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*.db")] == [Path(name) / "facts.db"]


def test_a_symbolic_link_is_followed_so_that_there_is_one_journal(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "facts.db").symlink_to(tmp_path / "real" / "facts.db")
    database = Database(tmp_path / "facts.db")
    assert {path.name for path in tmp_path.iterdir()} == {"real", "facts.db"}
    assert {path.name for path in (tmp_path / "real").iterdir()} == {"facts.db", "facts.db-wal", "facts.db-shm"}
    database.close()


def test_a_second_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    Database(path).close()
    (tmp_path / "other.db").hardlink_to(path)
    with pytest.raises(ConfigurationError, match="hard link"):
        Database(path)
    (tmp_path / "other.db").unlink()
    Database(path).close()


@pytest.mark.parametrize("content", [None, b""])
def test_where_there_should_be_a_database_none_is_made(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "facts.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="missing or empty") as caught:
        Database(path, make=False)
    assert "restore" in caught.value.cure
    assert path.exists() == (content is not None)


def test_the_journal_shrinks_after_a_long_reader(tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    database = Database(path)

    def execute(statement: str) -> Callable[[Unit], object]:
        return lambda unit: unit._connection.execute(text(statement))

    async def write(megabytes: int) -> None:
        for _ in range(megabytes):
            await database.writer.run(execute("INSERT INTO filler VALUES (zeroblob(1000000))"))

    asyncio.run(database.writer.run(execute("CREATE TABLE filler (x BLOB)")))
    with database.read() as snapshot:
        snapshot.has_accounts()
        asyncio.run(write(20))
        grown = (tmp_path / "facts.db-wal").stat().st_size
    asyncio.run(write(8))
    assert grown > 2 * MAX_IDLE_WAL_BYTES
    assert (tmp_path / "facts.db-wal").stat().st_size <= MAX_IDLE_WAL_BYTES
    database.close()


def test_sessions_that_expired_before_the_upgrade_are_over_and_cost_nothing(tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    make_old(path, "0002")
    now_ms = time.time_ns() // 1_000_000
    zeros = dict.fromkeys(("provisional", "rate", "seen_ms", "tokens", "issued_ms", "seq", "billed_ms", "charged"), 0)
    common = {**zeros, "user_id": "u", "secret_id": 1, "pricing_code": "", "started_ms": 0, "fingerprint": "f"}
    expiries = {"crashed": now_ms - 10_000, "live": now_ms + 290_000}
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        for name, expires_ms in expiries.items():
            row = {**common, "id": name, "transaction_id": name, "expires_ms": expires_ms}
            names, marks = ", ".join(row), ", ".join("?" * len(row))
            connection.exec_driver_sql(f"INSERT INTO sessions ({names}) VALUES ({marks})", tuple(row.values()))
    engine.dispose()
    database = Database(path)
    found = all_rows(database, select(sessions.c.id, sessions.c.end_reason, sessions.c.ended_ms, sessions.c.owed_ms))
    database.close()
    assert sorted(map(tuple, found)) == [("crashed", "expired", expiries["crashed"], 0), ("live", None, None, 0)]


def test_accounts_of_before_the_upgrade_are_not_deleted(tmp_path: Path) -> None:
    path = tmp_path / "facts.db"
    make_old(path, "0003")
    columns = "id, email, plan, created_ms, suspended, plan_balance, topup_balance, plan_month, revoked_through"
    with sqlite3.connect(path) as connection:
        connection.execute(
            f"INSERT INTO accounts ({columns}) VALUES ('u', 'u@example.com', 'pro', 1, 0, 5, 7, 202611, 0)"
        )
    connection.close()
    database = Database(path)
    with database.read() as snapshot:
        account = snapshot.account_by_email("u@example.com")
    assert account == Account("u", "u@example.com", "pro", 1, False, Balance(5, 7), 202611)
    database.close()


class TestWhileItIsOpen:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "facts.db"

    @pytest.fixture
    def database(self, path: Path) -> Iterator[Database]:
        made = Database(path)
        yield made
        made.close()

    def refuses_reads(self, database: Database) -> bool:
        codes: list[Code | None] = []
        for read in (
            lambda: database.secret_by_hash(b"x"),
            lambda: database.session_id_of_client("u", "f", "t"),
            lambda: all_rows(database, queries.any_account),
        ):
            try:
                read()
                codes.append(None)
            except Refusal as refusal:
                codes.append(refusal.code)
        assert codes in ([None] * 3, [Code.UNAVAILABLE] * 3)
        return None not in codes

    async def test_one_that_is_there_takes_writes_and_keeps_its_facts(self, database: Database) -> None:
        assert await database.can_write()
        assert not self.refuses_reads(database)

    @pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
    async def test_a_file_that_was_deleted_is_noticed(self, path: Path, database: Database, suffix: str) -> None:
        path.with_name(path.name + suffix).unlink()
        assert not await database.can_write()
        assert self.refuses_reads(database)
        assert not path.with_name(path.name + suffix).exists(), "another one was made in its place"

    async def test_a_file_that_was_replaced_is_noticed_and_so_is_its_return(
        self, path: Path, database: Database, capsys: pytest.CaptureFixture[str]
    ) -> None:
        away = path.rename(path.with_name("away"))
        path.write_bytes(away.read_bytes())
        for _ in range(3):
            assert not await database.can_write()
            assert self.refuses_reads(database)
        away.replace(path)
        assert await database.can_write()
        assert not self.refuses_reads(database)
        log = capsys.readouterr().out
        assert log.count("database_is_away") == log.count("database_is_back") == 1
        assert "Move the same file back" in log
        assert "admin restore" in log
        assert "write_failed" not in log

    def test_a_look_is_enough_where_nobody_writes(self, path: Path, database: Database) -> None:
        path.rename(path.with_name("away"))
        database.look()
        assert self.refuses_reads(database)

    async def test_a_disk_that_cannot_be_read_is_an_outage(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object) -> NoReturn:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr("bithuman.store.database_file.os.pread", broken)
        database.look()
        assert self.refuses_reads(database)

    async def test_a_file_that_was_overwritten_is_noticed(self, path: Path, database: Database) -> None:
        with path.open("r+b") as file:
            file.write(b"x" * 100)
        assert not await database.can_write()
        assert self.refuses_reads(database)

    async def test_a_disk_without_room_is_not_ready(self, database: Database) -> None:
        def full() -> NoReturn:
            raise sqlite3.OperationalError("database or disk is full")

        database.writer._transaction._check = full
        assert not await database.can_write()


def test_a_database_that_fails_to_open_leaves_no_connection_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no shared memory")

    Database(tmp_path / "facts.db").close()
    before = len(list(Path("/proc/self/fd").iterdir()))
    monkeypatch.setattr("bithuman.store.database.CommitCount", fail)
    with pytest.raises(OSError, match="no shared memory"):
        Database(tmp_path / "facts.db")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
