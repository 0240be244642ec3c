"""A unit of work: what one transaction has read and will write."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from bithuman.core.accounts import Account
from bithuman.core.sessions import EndReason, Session
from bithuman.store.database import Database
from bithuman.store.unit import Unit

NOW_MS = 1_790_000_000_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "facts.db")
    asyncio.run(made.writer.run(prepare))
    yield made
    made.close()


def prepare(unit: Unit) -> None:
    """An account with one secret and two open sessions."""
    unit.add_account(Account("u", "u@example.com", "pro", 0))
    unit.add_secret("u", "a", b"h", "", 0)
    for name in ("one", "two"):
        unit.add_session(session(name), {})


def session(name: str) -> Session:
    return Session(
        id=name,
        user_id="u",
        secret_id=1,
        fingerprint=name,
        transaction_id=name,
        provisional=False,
        pricing_code="self_hosted",
        rate=1,
        started_ms=NOW_MS,
        seen_ms=NOW_MS,
        issued_ms=NOW_MS,
        expires_ms=NOW_MS + 300_000,
    )


def test_open_sessions_follow_what_the_unit_decided(database: Database) -> None:
    """Requests that share a commit see each other's sessions, which are read from the database once."""

    def names(unit: Unit) -> list[str]:
        return sorted(session.id for session in unit.open_sessions("u", NOW_MS))

    def work(unit: Unit) -> list[list[str]]:
        seen = [names(unit)]
        one = unit.session("one")
        assert one is not None
        unit.save_session(replace(one, end_reason=EndReason.CLOSED))
        seen.append(names(unit))
        unit.add_session(session("three"), {})
        seen.append(names(unit))
        unit.save_session(one)
        seen.append(names(unit))
        return seen

    seen = asyncio.run(database.writer.run(work))
    assert seen == [["one", "two"], ["two"], ["three", "two"], ["one", "three", "two"]]


def test_open_sessions_are_those_of_the_account_that_were_seen_lately(database: Database) -> None:
    def work(unit: Unit) -> list[Session]:
        unit.add_account(Account("v", "v@example.com", "pro", 0))
        two = unit.session("two")
        assert two is not None
        unit.save_session(replace(two, seen_ms=NOW_MS - 1))
        return unit.open_sessions("u", NOW_MS) + unit.open_sessions("v", NOW_MS)

    assert [found.id for found in asyncio.run(database.writer.run(work))] == ["one"]
