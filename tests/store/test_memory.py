"""What transactions keep for the next ones: never what another process has changed."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from msgspec.structs import replace

from bithuman.core.sessions import EndReason
from bithuman.store import unit as unit_module
from bithuman.store.database import Database
from bithuman.store.unit import Unit
from tests.doubles.records import OPENED_MS


def write_elsewhere(tmp_path: Path, statement: str) -> None:
    """Write as another process does."""
    with sqlite3.connect(tmp_path / "facts.db") as connection:
        connection.execute(statement)
    connection.close()


def touch_session(unit: Unit) -> None:
    session = unit.session("one")
    assert session is not None
    unit.save_session(replace(session, seq=session.seq + 1))


async def test_a_session_that_is_known_is_not_read_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await database.writer.run(touch_session)
    monkeypatch.setattr(unit_module, "read_all", None)
    for _ in range(3):
        await database.writer.run(touch_session)


@pytest.mark.parametrize("first", ["a write", "nothing"])
async def test_the_next_transaction_sees_what_another_process_wrote(
    database: Database, tmp_path: Path, first: str
) -> None:
    await database.writer.run(touch_session if first == "a write" else lambda unit: unit.account("u"))
    await database.writer.run(lambda unit: (unit.account("u"), unit.secret(1), unit.session("one")))
    write_elsewhere(tmp_path, "UPDATE accounts SET suspended = 1")
    write_elsewhere(tmp_path, "UPDATE secrets SET dies_ms = 0")
    write_elsewhere(tmp_path, "UPDATE sessions SET seq = 41")

    def look(unit: Unit) -> tuple[object, ...]:
        account, secret, session = unit.account("u"), unit.secret(1), unit.session("one")
        assert account is not None
        assert secret is not None
        assert session is not None
        return account.suspended, secret.dies_ms, session.seq

    assert await database.writer.run(look) == (True, 0, 41)


async def test_the_next_look_for_a_secret_sees_what_another_process_wrote(database: Database, tmp_path: Path) -> None:
    for suspended in (1, 0, 1):
        write_elsewhere(tmp_path, f"UPDATE accounts SET suspended = {suspended}")
        for _ in range(2):
            found = database.secret_by_hash(b"h")
            assert found is not None
            assert found.suspended is bool(suspended)


async def test_a_look_for_a_secret_sees_what_this_process_wrote(database: Database) -> None:
    assert database.secret_by_hash(b"h") is not None

    def suspend(unit: Unit) -> None:
        account = unit.account("u")
        assert account is not None
        unit.save_account(replace(account, suspended=True))

    await database.writer.run(suspend)
    found = database.secret_by_hash(b"h")
    assert found is not None
    assert found.suspended


async def test_what_was_not_committed_is_forgotten(database: Database) -> None:
    def faulty(unit: Unit) -> None:
        session = unit.session("one")
        assert session is not None
        unit.save_session(replace(session, seq=99))
        raise ZeroDivisionError

    await asyncio.gather(database.writer.run(touch_session), database.writer.run(faulty), return_exceptions=True)
    session = await database.writer.run(lambda unit: unit.session("one"))
    assert session is not None
    assert session.seq == 0


async def test_a_session_that_has_ended_is_dropped(database: Database) -> None:
    def end(unit: Unit) -> None:
        session = unit.session("one")
        assert session is not None
        unit.save_session(replace(session, end_reason=EndReason.CLOSED, ended_ms=OPENED_MS))

    await database.writer.run(end)
    assert "one" not in database._memory.sessions
    session = await database.writer.run(lambda unit: unit.session("one"))
    assert session is not None
    assert session.end_reason is EndReason.CLOSED


async def test_the_count_of_commits_goes_up_by_one_for_each_write_and_not_for_a_read(
    database: Database, tmp_path: Path
) -> None:
    count = database._commits.read
    before = count()
    await database.writer.run(touch_session)
    assert count() == before + 1
    await database.writer.run(lambda unit: unit.session("two"))
    database.secret_by_hash(b"h")
    assert count() == before + 1
    write_elsewhere(tmp_path, "UPDATE accounts SET suspended = 1")
    assert count() == before + 2


async def test_a_write_of_what_is_there_is_counted_so_that_another_process_is_noticed(
    database: Database, tmp_path: Path
) -> None:
    def write_the_same(unit: Unit) -> None:
        account = unit.account("u")
        assert account is not None
        unit.save_account(account)

    for month in (7, 8):
        await database.writer.run(write_the_same)
        write_elsewhere(tmp_path, f"UPDATE accounts SET plan_month = {month}")
        account = await database.writer.run(lambda unit: unit.account("u"))
        assert account is not None
        assert account.plan_month == month


async def test_a_probe_writes(database: Database) -> None:
    before = database._commits.read()
    assert await database.can_write()
    assert database._commits.read() == before + 1
