"""The operator's commands, on a data folder of their own."""

import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

ADDRESS = ("--email", "ada@example.com")


@pytest.fixture
def admin(run: Any, tmp_path: Path) -> Any:
    """Run `bithuman admin …` on one folder."""
    return lambda command, *arguments: run("admin", command, *arguments, "--data-dir", tmp_path / "data")


def test_create_account_prints_what_a_program_needs(admin: Any) -> None:
    outcome = admin("create-account", *ADDRESS, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    assert set(outcome.json) == {"user_id", "alias", "secret"}
    assert outcome.json["alias"] == "default"
    assert len(outcome.json["secret"]) == 43


def test_create_account_tells_a_person_that_the_secret_is_shown_once(admin: Any) -> None:
    outcome = admin("create-account", *ADDRESS)
    assert outcome.code == 0
    assert outcome.out.count("bhs_") == 1
    assert "not shown again" in outcome.err
    assert "bhs_" not in outcome.err


def test_what_was_done_is_no_failure_where_standard_error_cannot_be_written(clean: Path, tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bithuman", "admin", "create-account", *ADDRESS, "--data-dir", tmp_path / "data"],
            stdout=subprocess.PIPE,
            stderr=full,
        )
    assert done.returncode == 0
    assert b"bhs_" in done.stdout


def test_the_folder_and_its_keys_are_the_operators_alone(admin: Any, tmp_path: Path) -> None:
    admin("create-account", *ADDRESS)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data" / "keys.json").stat().st_mode) == 0o600


def test_credits_are_exact(admin: Any) -> None:
    admin("create-account", *ADDRESS, "--plan", "creator", "--credits", "0.000001")
    outcome = admin("grant", *ADDRESS, "--credits", "1000000.1")
    assert "1002000.100001" in outcome.out
    assert admin("grant", *ADDRESS, "--credits", "0.9", "--json").json == {
        "user_id": outcome_id(admin),
        "email": "ada@example.com",
        "plan": "creator",
        "account_status": "active",
        "credit_balance": 1002001.000001,
    }


def outcome_id(admin: Any) -> str:
    return str(admin("suspend", *ADDRESS, "--restore", "--json").json["user_id"])


@pytest.mark.parametrize("amount", ["1.0000001", "-1", "1e3", "1,5", "nan", "inf", "", "½", "0x10", "1" * 13])
def test_what_is_no_number_of_credits_is_misuse(admin: Any, amount: str) -> None:
    outcome = admin("create-account", *ADDRESS, f"--credits={amount}")
    assert (outcome.code, outcome.out) == (2, "")
    assert "six decimals" in outcome.err


def test_a_second_account_of_an_address_is_refused(admin: Any) -> None:
    admin("create-account", *ADDRESS)
    outcome = admin("create-account", *ADDRESS, "--json")
    assert (outcome.code, outcome.out) == (1, "")
    assert "has an account" in outcome.err
    assert "`bithuman admin create-secret` makes another secret." in outcome.err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--email", "nobody"], "email"),
        ([*ADDRESS, "--plan", "gold"], "enterprise"),
        ([], "--email"),
    ],
)
def test_create_account_with_a_wrong_value_is_misuse(admin: Any, arguments: Any, word: str) -> None:
    outcome = admin("create-account", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert word in outcome.err


@pytest.mark.parametrize(
    "command", [("grant", "--credits", "1"), ("suspend",), ("suspend", "--restore"), ("create-secret",)]
)
def test_an_account_that_is_not_there_is_refused(admin: Any, command: Any) -> None:
    admin("create-account", "--email", "somebody@else.example")
    outcome = admin(*command, *ADDRESS)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == "Error: No such account. Check the address: `bithuman admin list` shows all.\n"


def test_granting_nothing_is_misuse(admin: Any) -> None:
    admin("create-account", *ADDRESS)
    assert admin("grant", *ADDRESS, "--credits", "0").code == 2


def test_suspend_and_restore(admin: Any) -> None:
    admin("create-account", *ADDRESS)
    assert admin("suspend", *ADDRESS, "--json").json["account_status"] == "suspended"
    assert "suspended" in admin("suspend", *ADDRESS).out
    assert admin("suspend", *ADDRESS, "--restore", "--json").json["account_status"] == "active"


def test_create_secret_for_an_account_that_lost_its_last_one(admin: Any) -> None:
    made = admin("create-account", *ADDRESS, "--json").json
    outcome = admin("create-secret", *ADDRESS, "--alias", "second", "--json")
    assert outcome.json == {**outcome.json, "user_id": made["user_id"], "alias": "second"}
    assert outcome.json["secret"] != made["secret"]
    assert admin("create-secret", *ADDRESS, "--alias", "second").code == 1
    assert admin("create-secret", *ADDRESS, "--alias", "a b").code == 2


@pytest.mark.parametrize("command", [("check",), ("grant", *ADDRESS, "--credits", "1"), ("rotate-signing-key",)])
def test_a_mistyped_folder_is_named_and_not_made(admin: Any, tmp_path: Path, command: tuple[str, ...]) -> None:
    outcome = admin(*command)
    assert outcome.code == 2
    assert "no server's data" in outcome.err
    assert not (tmp_path / "data").exists()


def test_rotate_signing_key_gives_another_key_each_time(admin: Any) -> None:
    admin("create-account", *ADDRESS)
    first, second = (admin("rotate-signing-key", "--json").json["kid"] for _ in range(2))
    assert first != second
    outcome = admin("rotate-signing-key")
    assert "Signing key" in outcome.out
    assert outcome.err == "Copy keys.json to your backup place again.\n"


def test_rotating_a_key_that_the_environment_pins_is_refused(admin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    admin("create-account", *ADDRESS)
    monkeypatch.setenv("BITHUMAN_SIGNING_KEYS", "k1:" + "A" * 43)
    outcome = admin("rotate-signing-key")
    assert outcome.code == 2
    assert "BITHUMAN_SIGNING_KEYS" in outcome.err
    assert "AAAA" not in outcome.err


def test_a_database_that_fails_is_told_without_a_secret_or_a_traceback(admin: Any, tmp_path: Path) -> None:
    admin("create-account", *ADDRESS)
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'data' / 'bithuman.db'}")
    full = "CREATE TRIGGER full BEFORE INSERT ON secrets BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text(full))
    engine.dispose()

    for command in (("create-account", "--email", "bob@example.com"), ("create-secret", *ADDRESS)):
        outcome = admin(*command, "--json")
        assert (outcome.code, outcome.out) == (1, "")
        assert outcome.err.splitlines()[0] == "write failed: the disk is full"
        assert (outcome.error["code"], outcome.error["cure"]) == ("UNAVAILABLE", "Try again shortly.")


def test_check_finds_a_balance_that_is_not_its_ledger(admin: Any, tmp_path: Path) -> None:
    user_id = admin("create-account", *ADDRESS, "--json").json["user_id"]
    assert admin("check").code == 0
    assert admin("check", "--json").json == {"balanced": True, "unbalanced_accounts": []}

    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 'data' / 'bithuman.db'}")
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("UPDATE accounts SET topup_balance = topup_balance + 1"))
    engine.dispose()

    outcome = admin("check")
    assert outcome.code == 1
    assert user_id in outcome.out
    broken = admin("check", "--json")
    assert (broken.code, broken.json) == (1, {"balanced": False, "unbalanced_accounts": [user_id]})


def test_a_wrong_setting_is_misuse_and_its_value_is_not_repeated(admin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITHUMAN_GRACE_SECONDS", "canary")
    outcome = admin("check")
    assert outcome.code == 2
    assert "BITHUMAN_GRACE_SECONDS" in outcome.err
    assert "canary" not in outcome.err


def test_a_folder_that_cannot_be_made_is_told(run: Any) -> None:
    outcome = run("admin", "create-account", *ADDRESS, "--data-dir", "/proc/nothing")
    assert outcome.code == 1
    assert "/proc/nothing" in outcome.err
