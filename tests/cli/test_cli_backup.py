"""`bithuman admin backup` and `restore`: what goes into a folder comes out of it again."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bithuman.store import backup as backup_store
from bithuman.store.lock import only_server

ADDRESS = ("--email", "ada@example.com")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def admin(run: Any, data: Path) -> Any:
    """Run `bithuman admin …` on a folder that has one account."""

    def command(name: str, *arguments: object) -> Any:
        return run("admin", name, *arguments, "--data-dir", data)

    assert command("create-account", *ADDRESS, "--credits", "5").code == 0
    return command


def facts(folder: Path) -> list[Any]:
    """All rows of all tables."""
    with closing(sqlite3.connect(folder / "bithuman.db")) as database:
        tables = [
            name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
        ]
        return [(table, database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()) for table in tables]


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


def test_what_was_backed_up_comes_back(admin: Any, data: Path, tmp_path: Path) -> None:
    before = facts(data)
    assert admin("backup", tmp_path / "backup").code == 0
    admin("grant", *ADDRESS, "--credits", "1")
    assert facts(data) != before
    outcome = admin("restore", tmp_path / "backup")
    assert outcome.code == 0
    assert facts(data) == before
    assert admin("check").code == 0
    (aside,) = data.glob("bithuman.db.before-*")
    assert str(aside) in outcome.out
    assert aside.stat().st_mode & 0o777 == 0o600


def test_a_backup_is_private_and_holds_the_database_alone(admin: Any, tmp_path: Path) -> None:
    outcome = admin("backup", tmp_path / "backup")
    assert modes(tmp_path / "backup") == {"bithuman.db": 0o600}
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o700
    assert "keys.json is not in it" in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data"]


def test_with_keys_it_makes_a_server_on_another_machine(run: Any, admin: Any, data: Path, tmp_path: Path) -> None:
    outcome = admin("backup", tmp_path / "backup", "--with-keys", "--json")
    assert outcome.json["files"] == ["bithuman.db", "keys.json"]
    assert outcome.json["accounts"] == 1
    assert modes(tmp_path / "backup") == {"bithuman.db": 0o600, "keys.json": 0o600}
    new = tmp_path / "new" / "data"
    restored = run("admin", "restore", tmp_path / "backup", "--data-dir", new, "--json")
    assert restored.json == {"database": str(new / "bithuman.db"), "accounts": 1, "keys": "restored", "moved_aside": []}
    assert facts(new) == facts(data)
    assert (new / "keys.json").read_bytes() == (data / "keys.json").read_bytes()
    assert run("admin", "check", "--data-dir", new).code == 0


@pytest.mark.parametrize("there", ["file", "folder"])
def test_nothing_is_ever_written_over(admin: Any, tmp_path: Path, there: str) -> None:
    target = tmp_path / "backup"
    if there == "file":
        target.write_text("precious")
    else:
        target.mkdir()
        (target / "precious").touch()
    outcome = admin("backup", target)
    assert (outcome.code, outcome.out) == (1, "")
    assert "there already" in outcome.err
    assert target.read_text() == "precious" if there == "file" else (target / "precious").exists()


def test_a_backup_goes_into_an_empty_folder_but_not_below_one_that_is_not_there(admin: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert admin("backup", tmp_path / "empty").code == 0
    assert admin("backup", tmp_path / "not" / "there").code == 2


def test_a_backup_needs_a_folder_of_its_own_in_one_that_is_there(admin: Any, data: Path, tmp_path: Path) -> None:
    assert "Make it first." in admin("backup", tmp_path / "not" / "there").err
    outcome = admin("backup", data / "backup")
    assert (outcome.code, outcome.out) == (1, "")
    assert "inside the data folder" in outcome.err
    assert not (data / "backup").exists()


def test_a_database_with_a_hard_link_is_refused_and_untouched(run: Any, admin: Any, data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    os.link(data / "bithuman.db", other / "bithuman.db")
    shutil.copy2(data / "keys.json", other)
    outcome = run("admin", "backup", tmp_path / "backup", "--data-dir", other)
    assert (outcome.code, outcome.out) == (2, "")
    assert "hard link" in outcome.err
    assert {path.name for path in other.iterdir()} == {"bithuman.db", "keys.json"}
    assert not (tmp_path / "backup").exists()


@pytest.mark.parametrize("command", [("backup", "backup"), ("check",)])
def test_keys_that_are_missing_are_named(
    admin: Any, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (data / "keys.json").unlink()
    outcome = admin(*command)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"{data / 'keys.json'} is missing." in outcome.err


def test_a_backup_says_where_the_keys_are(admin: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITHUMAN_SIGNING_KEYS", "k1:" + "A" * 43)
    assert "keys.json is not in it" in admin("backup", tmp_path / "first").err
    monkeypatch.setenv("BITHUMAN_SECRET_PEPPER", "A" * 43)
    for folder, options in (("second", ()), ("third", ("--with-keys",))):
        note = admin("backup", tmp_path / folder, *options).err
        assert note.startswith("The keys are in BITHUMAN_SIGNING_KEYS and BITHUMAN_SECRET_PEPPER.")
        assert "keys.json" not in note
        assert "AAAA" not in note


@pytest.fixture
def full_disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a copy has no room for more than two pages."""

    def connect(path: Path) -> sqlite3.Connection:
        connection = connect_as_ever(path)
        if any(part.startswith(".") for part in path.parts):
            connection.execute("PRAGMA max_page_count=2")
        return connection

    connect_as_ever = backup_store._connect
    if "backup" in request.fixturenames:
        request.getfixturevalue("backup")  # It is made before the disk is full.
    monkeypatch.setattr(backup_store, "_connect", connect)


def test_a_backup_without_room_says_so(admin: Any, tmp_path: Path, full_disk: None) -> None:
    outcome = admin("backup", tmp_path / "backup")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == f"Error: There is no room in {tmp_path / 'backup'}.\nGive a folder on another disk.\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_a_damaged_database_is_not_announced_as_a_backup(admin: Any, data: Path, tmp_path: Path) -> None:
    content = bytearray((data / "bithuman.db").read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    (data / "bithuman.db").write_bytes(content)
    outcome = admin("backup", tmp_path / "backup")
    assert (outcome.code, outcome.out) == (1, "")
    assert "The server's database is damaged.\nStop the server and run 'bithuman admin restore FOLDER'" in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_a_database_whose_balances_are_wrong_is_not_announced_as_a_backup(
    admin: Any, data: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(data / "bithuman.db")) as database:
        database.execute("UPDATE accounts SET topup_balance = topup_balance + 1")
        database.commit()
    outcome = admin("backup", tmp_path / "backup")
    assert (outcome.code, outcome.out) == (1, "")
    assert "ledger" in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


class TestRestoreRefuses:
    @pytest.fixture
    def backup(self, admin: Any, tmp_path: Path) -> Path:
        assert admin("backup", tmp_path / "backup").code == 0
        return tmp_path / "backup"

    def test_while_a_server_has_the_folder(self, admin: Any, data: Path, backup: Path) -> None:
        before = facts(data)
        with only_server(data, data / "bithuman.db"):
            outcome = admin("restore", backup)
        assert (outcome.code, outcome.out) == (1, "")
        assert outcome.err == f"Error: A server is running on {data}.\nStop it, then run the restore again.\n"
        assert facts(data) == before

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            ("missing", "There is no backup in"),
            ("no database", "is no good: it holds no tables of this server"),
            ("empty", "is no good: it holds no tables of this server"),
            ("cut", "is no good: it is damaged"),
            ("wrong balance", "is no good: it has a balance that is not the sum of its ledger"),
        ],
    )
    def test_a_backup_that_is_no_good_and_touches_nothing(
        self, admin: Any, data: Path, backup: Path, fault: str, reason: str
    ) -> None:
        file = backup / "bithuman.db"
        if fault == "missing":
            file.unlink()
        elif fault == "no database":
            file.write_text("my holiday notes" * 1_000)
        elif fault == "empty":
            file.write_bytes(b"")
        elif fault == "cut":
            file.write_bytes(file.read_bytes()[:20_000])
        else:
            with closing(sqlite3.connect(file)) as database:
                database.execute("UPDATE accounts SET topup_balance = topup_balance + 1")
                database.commit()
        before, names = facts(data), sorted(path.name for path in data.iterdir())
        outcome = admin("restore", backup)
        assert (outcome.code, outcome.out) == (1, "")
        assert reason in outcome.err
        assert ("Use another backup. Nothing was changed." in outcome.err) == (fault != "missing")
        assert facts(data) == before
        assert sorted({path.name for path in data.iterdir()} - {"server.lock", "bithuman.db.lock"}) == names

    def test_to_end_without_keys(self, run: Any, backup: Path, tmp_path: Path) -> None:
        new = tmp_path / "new"
        outcome = run("admin", "restore", backup, "--data-dir", new)
        assert (outcome.code, outcome.out) == (1, "")
        assert "Copy keys.json" in outcome.err
        assert not (new / "bithuman.db").exists()

    def test_the_servers_own_folder(self, admin: Any, data: Path) -> None:
        outcome = admin("restore", data)
        assert outcome.code == 1
        assert "own folder" in outcome.err

    def test_a_folder_that_is_not_there(self, admin: Any, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for name in ("nothing", "file"):
            outcome = admin("restore", tmp_path / name)
            assert (outcome.code, outcome.out) == (2, "")
            assert f"{tmp_path / name} is no folder" in outcome.err

    def test_keys_of_the_backup_that_are_damaged(self, admin: Any, data: Path, backup: Path) -> None:
        before = facts(data)
        (backup / "keys.json").write_text("{}")
        (backup / "keys.json").chmod(0o600)
        outcome = admin("restore", backup)
        assert (outcome.code, outcome.out) == (1, "")
        assert f"{backup / 'keys.json'} is damaged." in outcome.err
        assert "Put a good copy there" in outcome.err
        assert facts(data) == before
        (backup / "keys.json").unlink()
        assert admin("restore", backup).code == 0

    def test_for_lack_of_room(self, admin: Any, data: Path, backup: Path, full_disk: None) -> None:
        names = sorted(path.name for path in data.iterdir())
        outcome = admin("restore", backup)
        assert (outcome.code, outcome.out) == (1, "")
        assert f"There is no room on the disk of {data}.\nMake room there and restore again. Nothing" in outcome.err
        assert sorted({path.name for path in data.iterdir()} - {"server.lock", "bithuman.db.lock"}) == names


class TestWhatWasThere:
    def test_keys_that_the_backup_has_replace_others_which_are_kept(
        self, run: Any, admin: Any, data: Path, tmp_path: Path
    ) -> None:
        admin("backup", tmp_path / "backup", "--with-keys")
        admin("rotate-signing-key")
        others = (data / "keys.json").read_bytes()
        outcome = admin("restore", tmp_path / "backup", "--json")
        assert (data / "keys.json").read_bytes() == (tmp_path / "backup" / "keys.json").read_bytes()
        (aside,) = data.glob("keys.json.before-*")
        assert aside.read_bytes() == others
        assert aside.stat().st_mode & 0o777 == 0o600
        assert str(aside) in outcome.json["moved_aside"]

    def test_keys_stay_where_the_backup_has_none(self, admin: Any, data: Path, tmp_path: Path) -> None:
        admin("backup", tmp_path / "backup")
        keys = (data / "keys.json").read_bytes()
        assert admin("restore", tmp_path / "backup", "--json").json["keys"] == "kept"
        assert (data / "keys.json").read_bytes() == keys

    @pytest.mark.parametrize(("options", "kept"), [((), True), (("--with-keys",), False)])
    def test_the_operator_hears_what_to_do_next(
        self, admin: Any, data: Path, tmp_path: Path, options: tuple[str, ...], kept: bool
    ) -> None:
        admin("backup", tmp_path / "backup", *options)
        admin("rotate-signing-key")
        outcome = admin("restore", tmp_path / "backup")
        assert outcome.err.endswith(
            "Start the server now. Secrets that were rotated after the backup are good again: rotate them again.\n"
        )
        assert ("The keys of this folder stay." in outcome.err) == kept
        aside = [line.split()[-1] for line in outcome.out.partition("Moved aside")[2].splitlines()]
        assert sorted(aside) == sorted(str(path) for path in data.glob("*.before-*"))
        assert len(aside) == (1 if kept else 2)

    @pytest.mark.parametrize("state", ["missing", "empty", "garbage"])
    def test_a_database_that_is_lost_is_replaced_and_its_old_journal_is_not_taken_for_the_new_ones(
        self, admin: Any, data: Path, tmp_path: Path, state: str
    ) -> None:
        before = facts(data)
        admin("backup", tmp_path / "backup")
        database = data / "bithuman.db"
        database.unlink()
        if state != "missing":
            database.write_bytes(b"" if state == "empty" else b"x" * 50_000)
        database.with_name("bithuman.db-wal").write_bytes(b"x" * 50_000)
        assert admin("check").code != 0
        database.with_name("bithuman.db-wal").write_bytes(b"x" * 50_000)
        assert admin("restore", tmp_path / "backup").code == 0
        assert not database.with_name("bithuman.db-wal").exists()
        assert facts(data) == before
        assert [path.read_bytes() for path in data.glob("bithuman.db.before-*-wal")] == [b"x" * 50_000]


def test_a_restore_that_was_cut_off_can_be_done_again(
    admin: Any, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = facts(data)
    admin("backup", tmp_path / "backup", "--with-keys")
    (data / "keys.json").write_bytes(b"{}")
    rename, cuts = Path.rename, 0
    for step in range(3):
        left = step

        def cut(path: Path, target: Path) -> Path:
            nonlocal left
            if left == 0:
                raise OSError(5, "Input/output error", str(path))
            left -= 1
            return rename(path, target)

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", cut)
            cuts += admin("restore", tmp_path / "backup").code == 1
        assert (data / "keys.json").exists(), "a server would begin afresh"
        assert admin("restore", tmp_path / "backup").code == 0
        assert facts(data) == before
    assert cuts == 2
