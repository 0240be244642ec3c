"""Every statement of `store/queries.py` goes through an index, and its work does not grow with an account's past.

A statement that is added there is tested here without further ado. One that may scan, sort or walk is named with its
reason.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Executable, Insert, create_engine, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from bithuman.core.accounts import Account
from bithuman.store import queries
from bithuman.store.database import Database
from bithuman.store.rows import MOVED, RENEWED, account_changes
from bithuman.store.schema import accounts, ledger, links, members, metadata, people, secrets, sessions, sign_ins

STATEMENTS: dict[str, Executable] = {
    name: statement
    for name, statement in vars(queries).items()
    if isinstance(statement, Executable) and not name.startswith("_")
}

# Which rules a plan may break, and why.
EXCEPTIONS: dict[str, tuple[set[str], str]] = {
    "all_accounts": ({"scans"}, "The operator's list of accounts. No request makes it."),
    "all_entries": ({"walks"}, "The operator's export. No request makes it."),
    "all_events": ({"scans"}, "The operator's export. No request makes it."),
    "all_secrets": ({"scans"}, "The operator's export and deletion. No request makes it."),
    "all_sessions": ({"walks"}, "The operator's export. No request makes it."),
    "any_operator": ({"scans"}, "It runs when the server starts, and people are few."),
    "any_account": ({"scans"}, "It stops at the first row, and runs once, when the server starts."),
    "count_all_live": ({"scans"}, "It scans the index of open sessions, and runs once a second at the most."),
    "expired_sessions": ({"scans"}, "It scans the index of open sessions, twice an interval. No request makes it."),
    "forget_links": ({"scans"}, "The operator's deletion. No request makes it."),
    "forget_sign_ins": ({"scans"}, "The operator's deletion. No request makes it."),
    "forget_secrets": ({"scans"}, "The operator's deletion. No request makes it."),
    "forget_sessions": ({"walks"}, "The operator's deletion. No request makes it."),
    "invited_addresses": ({"scans", "sorts"}, "The operator's deletion. No request makes it."),
    "ledger_sums": ({"scans", "walks"}, "The operator's check reads the whole ledger. No request makes it."),
    "live_sessions": ({"sorts"}, "Live sessions are no more than the plan has places."),
    "living_secrets": ({"walks"}, "It returns what it walks."),
    "members_of_account": ({"sorts"}, "Members are few."),
    "memberships_of_person": ({"sorts"}, "A person's accounts are few."),
    "newest_secret_id": ({"walks"}, "It reads the last entry of the index, and no other."),
    "open_sign_ins": ({"sorts"}, "A person's browsers are few."),
    "unclosed_sessions": ({"walks"}, "The operator's deletion. No request makes it."),
    "sessions_lasting_since": ({"sorts"}, "It sorts two pages at the most."),
}
# What takes longer the more there is, and why.
MAY_GROW = {
    "all_entries": "See above.",
    "all_secrets": "See above.",
    "all_sessions": "See above.",
    "count_all_live": "See above.",
    "count_entries": "It counts the entries of an index: 500,000 in 20 ms.",
    "count_entries_of_agent": "It counts the entries of an index.",
    "expired_sessions": "See above.",
    "forget_links": "See above.",
    "forget_secrets": "See above.",
    "forget_sign_ins": "See above.",
    "forget_sessions": "See above.",
    "invited_addresses": "See above.",
    "ledger_sums": "See above.",
    "living_secrets": "See above.",
    "unclosed_sessions": "See above.",
}

DAY_MS = 86_400_000
NOW_MS = 1_790_000_000_000
LIMIT = 5
# A value for each parameter of a statement: those of an account whose past is long.
VALUES: dict[str, Any] = {
    **dict.fromkeys((*RENEWED, *MOVED, *account_changes(Account("ada", "ada@example.com", "pro", 0))), 0),
    "account_id": "ada",
    "agent_code": "A78WKV4515",
    "at_ms": NOW_MS,
    "alias": "default",
    "deleted_ms": NOW_MS,
    "dies_ms": 0,
    "email": "ada@example.com",
    "end_ms": NOW_MS + 1,
    "fingerprint": "mine",
    "hash": b"living",
    "ids": ["ada"],
    "last_used_ms": NOW_MS,
    "limit": LIMIT,
    "more": 1,
    "now_ms": NOW_MS,
    "never_seen_ms": NOW_MS + 300_000,
    "new_password": "",
    "new_role": "viewer",
    "of_account": "ada",
    "of_alias": "default",
    "of_event": "superseded_token_used",
    "of_person": "eve",
    "of_purpose": "setup",
    "of_subject": "live-0",
    "of_user": "ada",
    "offset": 0,
    "person_id": "eve",
    "plan": "pro",
    "pseudonym": "ada",
    "row_id": "live-0",
    "seen_since_ms": NOW_MS - 300_000,
    "since_ms": NOW_MS - DAY_MS,
    "start_ms": 0,
    "subjects": ["ada@example.com", "default"],
    "transaction_id": "same",
    "user_id": "ada",
}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = tmp_path_factory.mktemp("plans") / "facts.db"
    Database(path).close()
    connection = sqlite3.connect(path)
    yield connection
    connection.close()


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_scan_no_sort_and_no_walk_over_an_account(connection: sqlite3.Connection, name: str) -> None:
    allowed, _ = EXCEPTIONS.get(name, (set(), ""))
    assert faults(plan(connection, STATEMENTS[name])) == allowed


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("SELECT id FROM sessions WHERE room_name = 'a'", "scans"),
        ("SELECT fingerprint FROM sessions WHERE user_id = 'a' AND tags = 'b'", "walks"),
        ("SELECT id FROM sessions WHERE id > 'a' ORDER BY tags", "sorts"),
        ("SELECT a.id FROM audit a JOIN audit b ON a.event = b.event WHERE a.id = 1", "scans"),
    ],
)
def test_the_rules_see_a_fault(connection: sqlite3.Connection, sql: str, fault: str) -> None:
    assert fault in faults(explain(connection, sql, ()))


def test_every_exception_is_a_statement() -> None:
    assert EXCEPTIONS.keys() | MAY_GROW.keys() <= STATEMENTS.keys()


@pytest.fixture(scope="module")
def young(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    yield from account_with_past(tmp_path_factory.mktemp("young"), 20)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    yield from account_with_past(tmp_path_factory.mktemp("old"), 1_000)


@pytest.mark.parametrize("name", [name for name, statement in STATEMENTS.items() if not isinstance(statement, Insert)])
def test_an_accounts_past_adds_no_work(young: sqlite3.Connection, old: sqlite3.Connection, name: str) -> None:
    """Work is what SQLite's virtual machine counts: its instructions. It is the same on every computer."""
    few, many = instructions(young, STATEMENTS[name]), instructions(old, STATEMENTS[name])
    if name in MAY_GROW:
        assert many > few
    else:
        assert many <= few


@pytest.mark.parametrize("name", ["entries", "entries_of_agent"])
def test_a_deep_page_skips_entries_without_reading_their_rows(old: sqlite3.Connection, name: str) -> None:
    shallow, deep = (instructions(old, STATEMENTS[name], offset=offset) for offset in (0, 300))
    assert deep - shallow <= 5 * 300


def test_the_migrations_make_each_index_with_its_condition(tmp_path: Path) -> None:
    """Alembic's own comparison does not see the condition of a partial index."""
    Database(tmp_path / "migrated.db").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'created.db'}")
    metadata.create_all(engine)
    engine.dispose()
    assert indexes(tmp_path / "migrated.db") == indexes(tmp_path / "created.db")


def plan(connection: sqlite3.Connection, statement: Executable) -> list[str]:
    """What SQLite would do."""
    return explain(connection, *with_values(statement, lambda _: "a"))


def explain(connection: sqlite3.Connection, sql: str, values: tuple[Any, ...]) -> list[str]:
    """The steps of a plan (https://www.sqlite.org/eqp.html)."""
    return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


def faults(steps: list[str]) -> set[str]:
    """Which rules a plan breaks."""
    found = set()
    for step in steps:
        scanned = re.match(r"SCAN (\w+)", step)
        if (scanned and not scanned[1].startswith("anon_")) or "AUTOMATIC" in step:
            found.add("scans")
        if "USE TEMP B-TREE" in step:
            found.add("sorts")
        if "(user_id=?)" in step:
            found.add("walks")
    return found


def with_values(statement: Executable, value: Callable[[str], Any]) -> tuple[str, tuple[Any, ...]]:
    """The SQL of a statement, and its parameters in their order."""
    assert isinstance(statement, ClauseElement)
    compiled = statement.compile(dialect=sqlite.dialect())
    assert isinstance(compiled, SQLCompiler)
    named = {name: value(name) for name, bind in compiled.binds.items() if bind.required}
    for name in named.keys() & {name for name, bind in compiled.binds.items() if bind.expanding}:
        named[name] = named[name] if isinstance(named[name], list) else [named[name]] * 3
    state = compiled.construct_expanded_state(named)
    return state.statement, tuple(state.positional_parameters)


def instructions(connection: sqlite3.Connection, statement: Executable, **others: Any) -> int:
    """How many instructions a statement takes, with other values for some of its parameters. It changes nothing."""
    sql, values = with_values(statement, (VALUES | others).__getitem__)
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    connection.set_progress_handler(step, 1)
    try:
        connection.execute(sql, values).fetchall()
    finally:
        connection.set_progress_handler(None, 1)
        connection.rollback()
    return count


def account_with_past(folder: Path, past: int) -> Iterator[sqlite3.Connection]:
    """An account that did everything `past` times, long ago, and a little of it today."""
    Database(folder / "facts.db").close()
    engine = create_engine(f"sqlite:///{folder / 'facts.db'}")
    with engine.begin() as connection:
        connection.execute(insert(accounts), account_row())
        connection.execute(insert(secrets), secret_row(b"living"))
        connection.execute(insert(secrets), [secret_row(b"%d" % n, alias=f"key-{n}") for n in range(past)])
        connection.execute(insert(secrets), [secret_row(b"dead %d" % n, dies_ms=0) for n in range(past)])
        connection.execute(insert(people), person_row("eve"))
        connection.execute(insert(members), member_row("eve"))
        connection.execute(insert(links), [link_row(number) for number in range(past)])
        connection.execute(insert(sign_ins), [sign_in_row(number) for number in range(past)])
        connection.execute(insert(sessions), [past_session(number) for number in range(past)])
        connection.execute(insert(sessions), [todays_session(number) for number in range(2 * LIMIT)])
        connection.execute(insert(ledger), [entry(number, NOW_MS - 2 * DAY_MS) for number in range(past)])
        connection.execute(insert(ledger), [entry(number, NOW_MS) for number in range(2 * LIMIT)])
    engine.dispose()
    opened = sqlite3.connect(folder / "facts.db")
    yield opened
    opened.close()


def account_row() -> dict[str, Any]:
    """Ada's account."""
    zeros = dict.fromkeys(("created_ms", "plan_balance", "topup_balance", "plan_month", "revoked_through"), 0)
    return {"id": "ada", "email": "ada@example.com", "plan": "pro", "suspended": False, **zeros}


def person_row(name: str) -> dict[str, Any]:
    """Somebody who signs in."""
    return {"id": name, "email": f"{name}@example.com", "password": "", "is_operator": False, "created_ms": 0}


def member_row(name: str) -> dict[str, Any]:
    """A member of Ada's account."""
    return {"account_id": "ada", "person_id": name, "role": "viewer", "since_ms": 0}


def link_row(number: int) -> dict[str, Any]:
    """A link that was used, one in two of them for a set-up."""
    purpose, account_id = ("setup", None) if number % 2 else ("invitation", "ada")
    return {
        "hash": b"%d" % number,
        "purpose": purpose,
        "created_ms": 0,
        "expires_ms": 1,
        "account_id": account_id,
        "role": "viewer",
        "used_ms": 0,
    }


def sign_in_row(number: int) -> dict[str, Any]:
    """A sign-in of Eve's that is over."""
    text = {"id": f"past-{number}", "person_id": "eve", "account_id": "ada", "agent": "", "network": ""}
    return {**text, "hash": b"%d" % number, "created_ms": 0, "seen_ms": 0, "ended_ms": 0}


def secret_row(digest: bytes, alias: str = "default", dies_ms: int | None = None) -> dict[str, Any]:
    """A secret of Ada's."""
    return {
        "user_id": "ada",
        "alias": alias,
        "hash": digest,
        "key_display": "",
        "created_ms": 0,
        "dies_ms": dies_ms,
    }


def past_session(number: int) -> dict[str, Any]:
    """A session of last week: on one device, or of one transaction, provisional or not, over for any reason or none."""
    mine = number % 2 == 0
    return session_row(
        f"past-{number}",
        NOW_MS - 7 * DAY_MS + number,
        NOW_MS - 6 * DAY_MS + number,
        fingerprint="mine" if mine else f"other-{number}",
        transaction_id=f"transaction-{number}" if mine else "same",
        provisional=mine,
        end_reason=(None, "closed", "terminated", "expired", "revoked")[number % 5],
    )


def todays_session(number: int) -> dict[str, Any]:
    """One that was seen just now. Some began before yesterday, and some have ended."""
    started_ms = NOW_MS - (2 * DAY_MS if number % 2 else 1_000)
    end_reason = "closed" if number % 3 == 0 else None
    return session_row(f"live-{number}", started_ms, NOW_MS - number, end_reason=end_reason)


def session_row(name: str, started_ms: int, seen_ms: int, **more: Any) -> dict[str, Any]:
    """A session of Ada's."""
    return {
        "id": name,
        "user_id": "ada",
        "secret_id": 1,
        "fingerprint": name,
        "transaction_id": name,
        "provisional": False,
        "pricing_code": "self_hosted",
        "rate": 1,
        "started_ms": started_ms,
        "seen_ms": seen_ms,
        **dict.fromkeys(("tokens", "issued_ms", "expires_ms", "seq", "billed_ms", "charged"), 0),
        "end_reason": None,
        **more,
    }


def entry(number: int, at_ms: int) -> dict[str, Any]:
    """A line of the ledger, of one agent or another."""
    agent_code = (None, "A78WKV4515", "A00000000B")[number % 3]
    return {
        "user_id": "ada",
        "activity": "runtime",
        "plan_change": -1,
        "topup_change": 0,
        "at_ms": at_ms,
        "agent_code": agent_code,
    }


def indexes(path: Path) -> dict[str, str]:
    """The indexes of a database: name and definition."""
    connection = sqlite3.connect(path)
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    connection.close()
    return {name: " ".join(sql.split()) for name, sql in found}
