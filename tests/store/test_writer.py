"""The single writer: what is answered is durable, what fails harms nobody else."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bithuman.core import refusals
from bithuman.core.accounts import Account
from bithuman.core.refusals import Code, Refusal
from bithuman.store import queries
from bithuman.store.database import Database
from bithuman.store.unit import Unit


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "facts.db")
    yield made
    made.close()


def account(number: int) -> Account:
    return Account(f"user-{number}", f"{number}@example.com", "free", 0)


def adding(number: int) -> Callable[[Unit], None]:
    return lambda unit: unit.add_account(account(number))


def emails(database: Database) -> set[str]:
    return {row.email for row in database.all(queries.accounts_by_id, ids=[f"user-{number}" for number in range(100)])}


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
