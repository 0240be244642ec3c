"""A unit of work: what one transaction has read and will write."""

import asyncio

from msgspec.structs import replace

from bithuman.core.accounts import Account
from bithuman.core.sessions import EndReason, Session
from bithuman.store.database import Database
from bithuman.store.unit import Unit
from tests.doubles.records import OPENED_MS, new_session


def test_open_sessions_follow_what_the_unit_decided(database: Database) -> None:
    """Requests that share a commit see each other's sessions, which are read from the database once."""

    def names(unit: Unit) -> list[str]:
        return sorted(session.id for session in unit.open_sessions("u", OPENED_MS))

    def work(unit: Unit) -> list[list[str]]:
        seen = [names(unit)]
        one = unit.session("one")
        assert one is not None
        unit.save_session(replace(one, end_reason=EndReason.CLOSED))
        seen.append(names(unit))
        unit.add_session(new_session("three"), {})
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
        unit.save_session(replace(two, seen_ms=OPENED_MS - 1))
        return unit.open_sessions("u", OPENED_MS) + unit.open_sessions("v", OPENED_MS)

    assert [found.id for found in asyncio.run(database.writer.run(work))] == ["one"]
