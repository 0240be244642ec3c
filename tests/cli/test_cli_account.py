"""A developer's first minutes: save a secret, see whether it is good, see what was used."""

import secrets
import stat
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer

from bithuman.cli.caller import Caller
from bithuman.client.credential_file import credentials_path, read_credentials
from bithuman.core.secrets import new_secret
from tools.local_server import Credentials, LocalServer

# Nothing listens on the port that is reserved for TCP port multiplexing.
NOBODY = "http://127.0.0.1:1"


def _unknown_secret() -> str:
    return new_secret(secrets.randbelow)


class TestInit:
    def test_it_saves_a_good_secret_for_its_owner_alone(self, run: Any, account: Credentials) -> None:
        outcome = run("init", "--secret-stdin", typed=account.secret + "\n")
        assert outcome.code == 0
        stored = read_credentials()
        assert stored.secret is not None
        assert stored.secret.reveal() == account.secret
        assert stat.S_IMODE(credentials_path().stat().st_mode) == 0o600
        assert "creator" in outcome.out
        assert str(credentials_path()) in outcome.out
        assert account.secret not in outcome.out + outcome.err

    def test_for_programs(self, run: Any, account: Credentials) -> None:
        outcome = run("init", "--secret-stdin", "--json", typed=account.secret)
        assert outcome.json["user_id"] == account.user_id
        assert outcome.json["file"] == str(credentials_path())
        assert account.secret not in outcome.out

    def test_it_asks_a_person_without_showing_the_secret(
        self, run: Any, account: Credentials, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[tuple[str, dict[str, Any]]] = []

        def prompt(text: str, **how: Any) -> str:
            asked.append((text, how))
            return account.secret if how.get("hide_input") else str(how["default"])

        monkeypatch.setattr(typer, "prompt", prompt)
        assert run("init", terminal=True).code == 0
        # The secret first: what is pasted at the other prompt can be seen.
        (secret, how), (server, _) = asked
        assert (server, secret) == ("Server", "API secret")
        assert how["hide_input"]
        assert read_credentials().secret is not None

    def test_a_wrong_server_is_refused_before_the_secret_is_asked_for(
        self, run: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(typer, "prompt", None)
        outcome = run("init", "--api-url", "localhost:8787", terminal=True)
        assert outcome.code == 2
        assert "Write https:// before the server's name, or http:// where it runs on this machine." in outcome.err

    def test_a_wrong_server_at_the_prompt_is_asked_for_again(
        self, run: Any, account: Credentials, server: LocalServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("getpass.getpass", lambda *_, **__: account.secret)
        outcome = run("init", terminal=True, typed=f"127.0.0.1:1\n{server.url}\n")
        assert outcome.code == 0, outcome.err
        assert outcome.err.count("begins with neither https:// nor http://") == 1

    def test_the_environment_may_give_it(self, run: Any, signed_in: Credentials) -> None:
        assert run("init").code == 0
        stored = read_credentials()
        assert stored.secret is not None
        assert stored.secret.reveal() == signed_in.secret

    @pytest.mark.parametrize("variable", ["BITHUMAN_API_SECRET", "BITHUMAN_API_KEY"])
    def test_it_tells_that_the_environment_wins_over_what_it_saved(
        self, run: Any, account: Credentials, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        monkeypatch.setenv(variable, account.secret)
        outcome = run("init", "--secret-stdin", typed=account.secret)
        assert outcome.code == 0
        assert outcome.err.startswith(f"{variable} is set too, and wins over the file.")

    @pytest.mark.parametrize("damage", ["truncated", "mistyped", "unknown"])
    def test_nothing_is_saved_where_it_is_not_good(self, run: Any, account: Credentials, damage: str) -> None:
        secret = {
            "truncated": account.secret[:-1],
            "mistyped": account.secret[:-7] + ("a" if account.secret[-7] != "a" else "b") + account.secret[-6:],
            "unknown": _unknown_secret(),
        }[damage]
        outcome = run("init", "--secret-stdin", typed=secret)
        # What is no secret at all is misuse; one that the server does not know is refused.
        assert (outcome.code, outcome.out) == (1 if damage == "unknown" else 2, "")
        assert secret not in outcome.err
        assert not credentials_path().exists()

    def test_no_secret_is_misuse(self, run: Any, account: Credentials) -> None:
        assert run("init").code == 2
        assert run("init", "--secret-stdin").code == 2

    def test_no_secret_travels_in_plain_http_beyond_this_machine(self, run: Any, account: Credentials) -> None:
        outcome = run("init", "--secret-stdin", "--api-url", "http://avatars.example.org", typed=account.secret)
        assert (outcome.code, outcome.out) == (2, "")
        assert "https" in outcome.err

    def test_a_server_that_does_not_answer(self, run: Any, account: Credentials) -> None:
        outcome = run("init", "--secret-stdin", "--api-url", NOBODY, typed=account.secret)
        assert (outcome.code, outcome.out) == (1, "")
        assert "No server answers at" in outcome.err
        assert "Start it with `bithuman serve`" in outcome.err
        assert not credentials_path().exists()


class TestValidate:
    def test_a_good_secret(self, run: Any, signed_in: Credentials) -> None:
        outcome = run("validate")
        assert (outcome.code, outcome.err) == (0, "")
        assert "the secret of the environment" in outcome.out
        assert run("validate", "--json").json == {"valid": True}

    def test_the_saved_one(self, run: Any, account: Credentials) -> None:
        run("init", "--secret-stdin", typed=account.secret)
        assert "the secret of the credentials file" in run("validate").out

    def test_one_from_standard_input_wins(self, run: Any, signed_in: Credentials) -> None:
        assert run("validate", "--secret-stdin", typed=signed_in.secret).code == 0
        assert run("validate", "--secret-stdin", typed=_unknown_secret()).code == 1

    def test_one_typed_where_none_is_configured(
        self, run: Any, account: Credentials, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(typer, "prompt", lambda *_, **__: account.secret)
        assert run("validate", terminal=True).code == 0

    def test_a_bad_secret(self, run: Any, account: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BITHUMAN_API_SECRET", _unknown_secret())
        outcome = run("validate")
        assert (outcome.code, outcome.out) == (1, "")
        assert outcome.err.startswith("Error: Authentication failed: ")
        programs = run("validate", "--json")
        assert (programs.code, programs.json) == (1, {"valid": False})

    def test_no_secret(self, run: Any, account: Credentials) -> None:
        outcome = run("validate")
        assert (outcome.code, outcome.out) == (2, "")
        assert "bithuman init" in outcome.err

    def test_two_that_differ(self, run: Any, signed_in: Credentials, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BITHUMAN_API_KEY", _unknown_secret())
        outcome = run("validate")
        assert outcome.code == 2
        assert "BITHUMAN_API_KEY" in outcome.err

    def test_a_runtime_token_manages_no_account(
        self, run: Any, account: Credentials, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("BITHUMAN_API_TOKEN", "aGVhZA.Ym9keQ.c2ln")
        for command in (["validate"], ["usage"], ["keys", "list"], ["sessions", "list"]):
            outcome = run(*command)
            assert (outcome.code, outcome.out) == (2, "")
            assert "runtime token" in outcome.err


class TestUsage:
    def test_a_table_and_the_balance(self, run: Any, signed_in: Credentials) -> None:
        outcome = run("usage")
        assert outcome.code == 0
        header, grant = outcome.out.splitlines()
        assert header.split() == ["Time", "Activity", "Credits", "Session", "Agent"]
        assert "plan grant" in grant
        assert "+2000" in grant
        assert "Balance: 2000 credits" in outcome.err

    def test_for_programs(self, run: Any, signed_in: Credentials) -> None:
        (entry,) = run("usage", "--json").json["data"]
        assert (entry["activity_type"], entry["credits_change"]) == ("plan_grant", -2000)

    def test_paging_and_times(self, run: Any, signed_in: Credentials) -> None:
        page = run("usage", "--json", "--limit", "1", "--offset", "1", "--start", "2020-01-01").json
        assert page["data"] == []
        assert page["pagination"] == {"limit": 1, "offset": 1, "total": 1, "has_more": False}
        assert run("usage", "--json", "--end", "2020-01-01").json["pagination"]["total"] == 0

    def test_days_are_those_of_the_zone_and_the_server_is_asked_in_utc(
        self, run: Any, signed_in: Credentials, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[dict[str, Any]] = []
        real = Caller.call

        def call(caller: Caller, method: str, path: str, *arguments: Any, **more: Any) -> dict[str, Any]:
            asked.append(more.get("params") or {})
            return real(caller, method, path, *arguments, **more)

        monkeypatch.setattr(Caller, "call", call)
        days = ("--start", "2026-03-29", "--end", "2026-03-30")
        assert run("usage", *days, "--zone", "Europe/Rome", "--json").code == 0
        assert (asked[0]["start"], asked[0]["end"]) == ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")

    def test_times_are_those_of_the_zone_and_utc_for_programs(self, run: Any, signed_in: Credentials) -> None:
        (entry,) = run("usage", "--json", "--zone", "Asia/Kolkata").json["data"]
        assert entry["created_at"].endswith("Z")
        there = datetime.fromisoformat(entry["created_at"]).astimezone(ZoneInfo("Asia/Kolkata"))
        outcome = run("usage", "--zone", "Asia/Kolkata")
        assert outcome.out.splitlines()[1].startswith(there.strftime("%Y-%m-%d %H:%M "))
        assert "Times are those of Asia/Kolkata." in outcome.err

    def test_a_wrong_zone_is_misuse_and_comes_with_the_right_one(self, run: Any) -> None:
        outcome = run("usage", "--zone", "Europe/Roma")
        assert (outcome.code, outcome.out) == (2, "")
        assert "Did you mean Europe/Rome?" in outcome.err

    @pytest.mark.parametrize(
        "wrong",
        [
            "--limit=0",
            "--limit=201",
            "--offset=-1",
            "--offset=1" + "0" * 20,
            "--start=yesterday",
            "--agent-code=" + "a" * 65,
        ],
    )
    def test_a_wrong_value_is_misuse(self, run: Any, signed_in: Credentials, wrong: str) -> None:
        outcome = run("usage", wrong)
        assert (outcome.code, outcome.out) == (2, "")

    def test_a_suspended_account_is_told_so(self, run: Any, server: Any, signed_in: Credentials) -> None:
        email = run("init", "--json").json["email"]
        server.admin("suspend", "--email", email)
        outcome = run("usage")
        assert (outcome.code, outcome.out) == (1, "")
        assert "suspended" in outcome.err


def test_a_credentials_file_that_others_can_read_is_refused(run: Any, account: Credentials) -> None:
    run("init", "--secret-stdin", typed=account.secret)
    Path(credentials_path()).chmod(0o644)
    outcome = run("usage")
    assert outcome.code == 2
    assert "chmod 600" in outcome.err
