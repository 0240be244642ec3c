"""A copy that is taken while others write, and the proof that it is good."""

import asyncio
import os
import sqlite3
import threading
from pathlib import Path

import pytest

from bithuman.core.accounts import Account
from bithuman.core.billing import Activity, Entry
from bithuman.errors import BackupError, BithumanError, ConfigurationError
from bithuman.store.backup import check_database, copy_backup, copy_database, move_aside
from bithuman.store.database import Database
from bithuman.store.unit import Unit

USER = "u"


def credit(unit: Unit) -> None:
    account = unit.account(USER)
    assert account is not None
    unit.post(account, [Entry(USER, Activity.TOP_UP, 0, 1, 0)])


def test_a_copy_is_one_private_file_with_what_is_still_in_the_journal(
    database: Database, path: Path, tmp_path: Path
) -> None:
    asyncio.run(database.writer.run(credit))
    assert path.with_name("facts.db-wal").stat().st_size > 0
    copy = tmp_path / "copy" / "facts.db"
    copy.parent.mkdir()
    copy_database(path, copy)
    assert check_database(copy) == 1
    assert [file.name for file in copy.parent.iterdir()] == ["facts.db"]
    assert copy.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT topup_balance FROM accounts").fetchall() == [(1,)]
    connection.close()


def test_copies_that_are_taken_while_others_write_add_up(database: Database, path: Path, tmp_path: Path) -> None:
    stop = threading.Event()

    async def write() -> None:
        while not stop.is_set():
            await asyncio.gather(*(database.writer.run(credit) for _ in range(20)))

    writing = threading.Thread(target=lambda: asyncio.run(write()))
    writing.start()
    try:
        balances = []
        for number in range(10):
            copy = tmp_path / f"copy-{number}.db"
            copy_database(path, copy)
            assert check_database(copy) == 1
            with sqlite3.connect(copy) as connection:
                balances += connection.execute("SELECT topup_balance FROM accounts").fetchone()
            connection.close()
    finally:
        stop.set()
        writing.join()
    assert balances == sorted(balances)


def test_a_file_that_is_there_is_never_written_over(database: Database, path: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(FileExistsError):
        copy_database(path, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"


@pytest.mark.parametrize("content", [None, b"", b"these are my holiday notes" * 100])
def test_what_is_no_database_makes_no_copy_that_passes(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "notes.db").write_bytes(content)

    def copy_and_check() -> None:
        copy_backup(tmp_path / "notes.db", tmp_path / "copy.db")
        check_database(tmp_path / "copy.db")

    with pytest.raises(BackupError):
        copy_and_check()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("UPDATE accounts SET topup_balance = 7", "ledger"),
        ("UPDATE accounts SET plan_balance = 7", "ledger"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer version"),
        ("DELETE FROM alembic_version", "which version"),
        ("INSERT INTO alembic_version VALUES ('0001')", "which version"),
        ("DROP TABLE sessions", "lacks the table sessions"),
        ("DROP TABLE audit", "lacks the table audit"),
        (
            "CREATE TRIGGER gift AFTER INSERT ON ledger BEGIN UPDATE accounts SET topup_balance = 1; END",
            "has 'gift', which no version",
        ),
        ("INSERT INTO ledger VALUES (9, 'nobody', 'top_up', 0, 0, 0, NULL, NULL, NULL)", "refer to others"),
        ("DELETE FROM accounts; PRAGMA writable_schema=ON; UPDATE sqlite_master SET rootpage = 2", "damaged"),
    ],
)
def test_a_copy_with_a_fault_is_found_out(database: Database, path: Path, change: str, word: str) -> None:
    copy = path.with_name("copy.db")
    copy_database(path, copy)
    connection = sqlite3.connect(copy)
    connection.executescript(change)
    connection.commit()
    connection.close()
    with pytest.raises(BithumanError) as caught:
        check_database(copy)
    assert word in caught.value.message or word == "damaged"


def test_a_copy_with_broken_pages_is_found_out(database: Database, path: Path) -> None:
    copy = path.with_name("copy.db")
    copy_database(path, copy)
    content = bytearray(copy.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    copy.write_bytes(content)
    with pytest.raises(BackupError):
        check_database(copy)


def test_a_database_with_a_hard_link_is_not_opened(database: Database, path: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    os.link(path, tmp_path / "other" / "facts.db")
    with pytest.raises(ConfigurationError, match="hard link") as caught:
        copy_database(tmp_path / "other" / "facts.db", tmp_path / "copy.db")
    assert f"-xdev -samefile {tmp_path / 'other' / 'facts.db'}'" in caught.value.cure
    assert [file.name for file in (tmp_path / "other").iterdir()] == ["facts.db"]
    assert not (tmp_path / "copy.db").exists()


def test_a_backup_may_have_a_hard_link(database: Database, path: Path, tmp_path: Path) -> None:
    copy_database(path, tmp_path / "backup.db")
    os.link(tmp_path / "backup.db", tmp_path / "again.db")
    copy_backup(tmp_path / "again.db", tmp_path / "copy.db")
    assert check_database(tmp_path / "copy.db") == 1


def test_a_database_that_is_moved_aside_keeps_its_journal(tmp_path: Path) -> None:
    # As kill -9 leaves it: what was acknowledged last is in the journal alone.
    path = tmp_path / "facts.db"
    database = Database(path)
    asyncio.run(database.writer.run(lambda unit: unit.add_account(Account(USER, "a@example.com", "free", 0))))
    left = {suffix: path.with_name(path.name + suffix).read_bytes() for suffix in ("", "-wal", "-shm")}
    database.close()
    for suffix, content in left.items():
        path.with_name(path.name + suffix).write_bytes(content)
    aside, *_ = move_aside(path, "before")
    assert {file.name.removeprefix("facts.db.before") for file in tmp_path.iterdir()} == {"", "-wal", "-shm"}
    assert check_database(aside) == 1


def test_a_damaged_database_is_moved_aside_as_it_is(tmp_path: Path) -> None:
    names = ("facts.db", "facts.db-wal", "facts.db-shm")
    for name in names:
        (tmp_path / name).write_bytes(name.encode() * 100)
    moved = move_aside(tmp_path / "facts.db", "before")
    assert [path.name for path in moved] == ["facts.db.before", "facts.db.before-wal", "facts.db.before-shm"]
    assert [path.read_bytes() for path in moved] == [name.encode() * 100 for name in names]


def test_nothing_is_moved_over_another(tmp_path: Path) -> None:
    for name in ("facts.db", "facts.db.before"):
        (tmp_path / name).write_text(name)
    with pytest.raises(FileExistsError):
        move_aside(tmp_path / "facts.db", "before")
    assert (tmp_path / "facts.db.before").read_text() == "facts.db.before"
