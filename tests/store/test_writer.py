"""The single writer: what is answered is durable, what fails harms nobody else."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bithuman.core import refusals
from bithuman.core.accounts import Account
from bithuman.core.refusals import Code, Refusal
from bithuman.store import queries
from bithuman.store.database import Database
from bithuman.store.unit import Unit
from tests.rows import all_rows


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """An empty database, whose writer has opened no connection."""
    made = Database(path)
    yield made
    made.close()


def account(number: int) -> Account:
    return Account(f"user-{number}", f"{number}@example.com", "free", 0)


def adding(number: int) -> Callable[[Unit], None]:
    return lambda unit: unit.add_account(account(number))


def emails(database: Database) -> set[str]:
    ids = [f"user-{number}" for number in range(100)]
    return {row.email for row in all_rows(database, queries.accounts_by_id, ids=ids)}


async def test_many_at_once_all_arrive(database: Database) -> None:
    await asyncio.gather(*(database.writer.run(adding(n)) for n in range(50)))
    assert len(emails(database)) == 50


async def test_an_answer_comes_after_its_commit(database: Database) -> None:
    await database.writer.run(adding(1))
    assert emails(database) == {"1@example.com"}


async def test_a_refusal_keeps_what_was_decided_before_it(database: Database) -> None:
    def work(unit: Unit) -> None:
        unit.add_account(account(1))
        raise refusals.no_credits()

    with pytest.raises(Refusal) as caught:
        await database.writer.run(work)
    assert caught.value.code is Code.INSUFFICIENT_BALANCE
    assert emails(database) == {"1@example.com"}


async def test_a_fault_undoes_its_own_work_and_no_other(database: Database) -> None:
    def faulty(unit: Unit) -> None:
        unit.add_account(account(99))
        raise ZeroDivisionError

    jobs = [database.writer.run(adding(n)) for n in range(10)]
    outcomes = await asyncio.gather(*jobs[:5], database.writer.run(faulty), *jobs[5:], return_exceptions=True)
    assert emails(database) == {f"{number}@example.com" for number in range(10)}
    (failure,) = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(failure, Refusal)
    assert (failure.code, failure.retry_after_s) == (Code.UNAVAILABLE, 1)


class TestWhateverHappensToIt:
    """Everybody who waits gets an answer, and the next request is served."""

    async def settled(self, database: Database, *waiting: asyncio.Task[None]) -> list[Code | None]:
        """The answer of each; a write after them must succeed, whatever happened."""
        _, pending = await asyncio.wait(waiting, timeout=5)
        assert not pending
        await asyncio.wait_for(database.writer.run(adding(50)), 5)
        assert "50@example.com" in emails(database)
        errors = [task.exception() for task in waiting]
        return [error.code if isinstance(error, Refusal) else None for error in errors]

    def ask(self, database: Database, *numbers: int) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(database.writer.run(adding(number))) for number in numbers]

    @pytest.mark.parametrize("turns", range(12))
    async def test_its_task_is_cancelled(self, database: Database, turns: int) -> None:
        waiting = self.ask(database, *range(5))
        await asyncio.sleep(0)
        for _ in range(turns):
            await asyncio.sleep(0)
        task = database.writer._draining
        assert task is not None
        task.cancel()
        waiting += self.ask(database, 5)
        codes = await self.settled(database, *waiting)
        assert codes[:5] == [Code.UNAVAILABLE] * 5

    async def test_its_task_is_cancelled_while_the_disk_is_slow(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # The transaction is begun by a thread after nobody waits for it: it must not keep the write lock.
        go_on, connect = threading.Event(), database.writer._transaction._connect

        def slowly() -> Connection:
            go_on.wait(5)
            return connect()

        monkeypatch.setattr(database.writer._transaction, "_connect", slowly)
        waiting = self.ask(database, 1)
        while not database.writer._under_way:
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert database.writer._draining is not None
        database.writer._draining.cancel()
        await asyncio.sleep(0)
        go_on.set()
        assert await self.settled(database, *waiting) == [Code.UNAVAILABLE]

    async def test_the_work_raises_what_is_no_exception(self, database: Database) -> None:
        def work(_: Unit) -> None:
            raise asyncio.CancelledError

        waiting = [*self.ask(database, 1), asyncio.create_task(database.writer.run(work)), *self.ask(database, 2)]
        assert await self.settled(database, *waiting) == [Code.UNAVAILABLE] * 3
        assert emails(database) == {"50@example.com"}

    async def test_the_failure_cannot_be_logged(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        class FailingLog:
            def error(self, *_: object, **__: object) -> None:
                raise OSError(28, "No space left on device")

        def faulty(_: Unit) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("bithuman.store.writer._log", FailingLog())
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        waiting = [asyncio.create_task(database.writer.run(faulty)) for _ in range(300)]
        assert await self.settled(database, *waiting) == [Code.UNAVAILABLE] * 300

    async def test_the_disk_is_full_and_the_log_says_so_without_a_traceback(
        self, database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def full() -> Connection:
            raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

        monkeypatch.setattr(database.writer._transaction, "_connect", full)
        with pytest.raises(Refusal):
            await database.writer.run(adding(1))
        log = capsys.readouterr().out
        assert "database or disk is full" in log
        assert "Make room on the disk" in log
        assert "Traceback" not in log

    async def test_the_disks_thread_is_gone(self, database: Database) -> None:
        database.writer.close()
        waiting = self.ask(database, 1, 2)
        await asyncio.wait(waiting, timeout=5)
        assert [getattr(task.exception(), "code", None) for task in waiting] == [Code.UNAVAILABLE] * 2

    async def test_a_lock_that_is_held_is_waited_for_once_and_not_by_each(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connect, calls = database.writer._transaction._connect, 0

        def first_only() -> Connection:
            nonlocal calls
            calls += 1
            if calls > 1:
                raise sqlite3.OperationalError("database is locked")
            return connect()

        def faulty(_: Unit) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(database.writer._transaction, "_connect", first_only)
        waiting = [*self.ask(database, *range(20)), asyncio.create_task(database.writer.run(faulty))]
        await asyncio.wait(waiting, timeout=5)
        assert [getattr(task.exception(), "code", None) for task in waiting] == [Code.UNAVAILABLE] * 21
        assert calls == 2
