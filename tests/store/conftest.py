"""Databases on a fresh file."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bithuman.core.accounts import Account
from bithuman.store.database import Database
from bithuman.store.unit import Unit
from tests.doubles.records import new_session


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "facts.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    """A database with the account `u`, which has one secret and two open sessions, `one` and `two`."""
    made = Database(path)
    asyncio.run(made.writer.run(_fill))
    yield made
    made.close()


def _fill(unit: Unit) -> None:
    unit.add_account(Account("u", "u@example.com", "pro", 0))
    unit.add_secret("u", "a", b"h", "", 0)
    for name in ("one", "two"):
        unit.add_session(new_session(name), {})
