"""An account as the operator sees, changes, exports and deletes it, beside a server that runs."""

import asyncio
import json
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer

from bithuman.client.answers import Grant, NoGrant
from bithuman.client.api import Api, SessionRequest
from bithuman.client.secret import Secret
from bithuman.core.secrets import mask
from bithuman.service.accounts import create_account
from bithuman.service.authenticate import authenticate
from bithuman.service.exchange import TokenRequest, exchange
from bithuman.service.platform import Platform
from bithuman.service.settings import load_settings
from tools.local_server import Credentials, LocalServer

LONG_ALIAS = "a" * 32


@pytest.fixture
def admin(run: Any, server: LocalServer) -> Any:
    """Run `bithuman admin …` on the data folder of the server that runs."""
    return lambda command, *arguments, **how: run("admin", command, *arguments, "--data-dir", server.data_dir, **how)


@pytest.fixture
def email(run: Any, signed_in: Credentials) -> str:
    """The address of a new account with a secret that the environment holds."""
    return str(run("init", "--json").json["email"])


def _ask(server: LocalServer, ask: Callable[[Api], Any]) -> Any:
    async def conversation() -> Any:
        api = Api(server.url)
        try:
            return await ask(api)
        finally:
            await api.aclose()

    return asyncio.run(conversation())


def _open_session(server: LocalServer, secret: str) -> Grant | NoGrant:
    request = SessionRequest(transaction_id=secrets.token_hex(16), fingerprint=secrets.token_hex(16))
    answer = _ask(server, lambda api: api.exchange(Secret(secret), request))
    assert isinstance(answer, Grant | NoGrant)
    return answer


def _beat(server: LocalServer, grant: Grant) -> Grant | NoGrant:
    answer = _ask(server, lambda api: api.heartbeat(grant.token, seq=0, frames=1, state="live"))
    assert isinstance(answer, Grant | NoGrant)
    return answer


class TestList:
    def test_it_shows_every_account_and_no_secret(self, admin: Any, email: str, signed_in: Credentials) -> None:
        outcome = admin("list")
        header, *rows = outcome.out.splitlines()
        assert header.split() == ["Email", "Plan", "State", "Credits", "Id"]
        assert [email, "creator", "active", "2000", signed_in.user_id] in [row.split() for row in rows]
        assert "bhs_" not in outcome.out

    def test_for_programs(self, admin: Any, email: str, signed_in: Credentials) -> None:
        (account,) = [found for found in admin("list", "--json").json["accounts"] if found["email"] == email]
        assert account == {
            "user_id": signed_in.user_id,
            "email": email,
            "plan": "creator",
            "account_status": "active",
            "credit_balance": 2000,
        }


class TestShow:
    @pytest.mark.parametrize("columns", [None, 60])
    def test_a_person_sees_limits_masked_secrets_and_live_sessions(
        self, run: Any, tmp_path: Path, columns: int | None
    ) -> None:
        platform = Platform(load_settings(data_dir=tmp_path / "data"))
        made = asyncio.run(create_account(platform, "ada@example.com", "creator"))
        opened = asyncio.run(
            exchange(platform, authenticate(platform, made.secret.secret), TokenRequest(fingerprint="0" * 32))
        )
        platform.close()
        outcome = run("admin", "show", "ADA@example.com", "--data-dir", tmp_path / "data", columns=columns)
        assert outcome.code == 0
        assert "1 of 3" in outcome.out
        assert mask(made.secret.secret) in outcome.out
        assert opened.session.id in outcome.out
        assert made.secret.secret not in outcome.out
        assert columns is None or all(len(line) <= columns for line in outcome.out.splitlines())

    def test_for_programs(self, admin: Any, email: str, signed_in: Credentials) -> None:
        shown = admin("show", email, "--json").json
        assert shown["account"]["user_id"] == signed_in.user_id
        assert shown["plan"]["concurrent_sessions"] == 3
        assert [secret["alias"] for secret in shown["secrets"]] == ["default"]
        assert shown["live_sessions"] == []

    def test_an_unknown_address_is_refused_with_a_next_step(self, admin: Any) -> None:
        outcome = admin("show", "nobody@example.com")
        assert (outcome.code, outcome.out) == (1, "")
        assert "bithuman admin list" in outcome.err


class TestSetPlan:
    def test_the_running_server_goes_by_it_at_once(self, admin: Any, run: Any, email: str) -> None:
        changed = admin("set-plan", email, "pro", "--json")
        assert (changed.code, changed.json["plan"]) == (0, "pro")
        seen = run("init", "--json").json
        assert (seen["plan"], seen["credit_balance"]) == ("pro", changed.json["credit_balance"])
        assert admin("check").code == 0

    def test_a_person_sees_the_account(self, admin: Any, email: str) -> None:
        assert "pro" in admin("set-plan", email, "pro").out

    def test_a_plan_that_there_is_not_is_misuse_and_comes_with_those_that_there_are(
        self, admin: Any, email: str
    ) -> None:
        outcome = admin("set-plan", email, "gold")
        assert (outcome.code, outcome.out) == (2, "")
        assert "creator, pro" in outcome.err


class TestExport:
    def test_it_is_all_that_there_is_and_no_secret(
        self, admin: Any, run: Any, email: str, signed_in: Credentials, server: LocalServer, tmp_path: Path
    ) -> None:
        run("keys", "create", "prod")
        run("keys", "delete", "prod", "--yes")
        grant = _open_session(server, signed_in.secret)
        assert isinstance(grant, Grant)
        path = tmp_path / "ada.json"
        outcome = admin("export", email, "-o", path, "--json")
        assert (outcome.code, outcome.err) == (0, "")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        text = path.read_text()
        held = json.loads(text)
        assert held["account"]["email"] == email
        assert [(secret["alias"], secret["ended"]) for secret in held["secrets"]] == [
            ("default", False),
            ("prod", True),
        ]
        assert [session["id"] for session in held["sessions"]] == [grant.session_id]
        assert held["ledger"][0]["activity_type"] == "plan_grant"
        assert {"account_created", "secret_created", "secret_deleted"} <= {event["event"] for event in held["events"]}
        assert signed_in.secret not in text
        assert "hash" not in text.replace("model_hash", "")

    def test_a_file_that_is_there_is_kept(self, admin: Any, email: str, tmp_path: Path) -> None:
        path = tmp_path / "ada.json"
        path.write_text("mine")
        outcome = admin("export", email, "-o", path)
        assert outcome.code == 2
        assert "Give another name." in outcome.err
        assert path.read_text() == "mine"
        assert [found.name for found in tmp_path.glob("*ada*")] == ["ada.json"], "and no draft is left"

    @pytest.mark.parametrize("wrong", ["ada.txt", "nowhere/ada.json"])
    def test_a_file_that_cannot_be_is_misuse(self, admin: Any, email: str, tmp_path: Path, wrong: str) -> None:
        assert admin("export", email, "-o", tmp_path / wrong).code == 2


class TestDeleteAccount:
    def test_the_running_server_refuses_its_next_requests(
        self, admin: Any, run: Any, email: str, signed_in: Credentials, server: LocalServer
    ) -> None:
        grant = _open_session(server, signed_in.secret)
        assert isinstance(grant, Grant)

        outcome = admin("delete-account", email, "--yes", "--json")
        assert (outcome.json["user_id"], outcome.json["secrets_ended"]) == (signed_in.user_id, 1)

        assert run("validate").code == 1
        assert run("usage").code == 1
        refused = _beat(server, grant)
        assert isinstance(refused, NoGrant)
        assert refused.http_status == 401
        assert isinstance(_open_session(server, signed_in.secret), NoGrant)
        assert admin("check").code == 0

    def test_nothing_that_names_anybody_is_left_and_the_ledger_is(
        self, admin: Any, run: Any, email: str, signed_in: Credentials, server: LocalServer
    ) -> None:
        run("keys", "create", "adas-laptop")
        assert admin("delete-account", email, "--yes").code == 0
        (left,) = [found for found in admin("list", "--json").json["accounts"] if found["user_id"] == signed_in.user_id]
        assert (left["email"], left["account_status"], left["credit_balance"]) == (None, "deleted", 2000)
        assert admin("show", email).code == 1
        assert admin("show", signed_in.user_id).code == 1, "its id is no address"

    def test_the_address_may_be_used_again(self, admin: Any, email: str, signed_in: Credentials) -> None:
        admin("delete-account", email, "--yes")
        again = admin("create-account", "--email", email, "--json")
        assert again.code == 0
        assert again.json["user_id"] != signed_in.user_id

    @pytest.mark.parametrize(("typed", "code"), [("", 2), ("other@example.com", 2), ("ADA", 0)])
    def test_a_person_types_the_address_again(
        self, admin: Any, email: str, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
    ) -> None:
        monkeypatch.setattr(typer, "prompt", lambda *_, **__: email.upper() if typed == "ADA" else typed)
        outcome = admin("delete-account", email, terminal=True)
        assert outcome.code == code
        assert ("Nothing was deleted" in outcome.err) == (code == 2)
        assert admin("show", email).code == (1 if code == 0 else 0)

    def test_where_nobody_can_be_asked_it_must_be_said(self, admin: Any, email: str) -> None:
        outcome = admin("delete-account", email)
        assert outcome.code == 2
        assert "--yes" in outcome.err
        assert admin("show", email).code == 0


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_every_table_fits_the_terminal_and_breaks_no_id(
    admin: Any, run: Any, email: str, signed_in: Credentials, server: LocalServer, columns: int
) -> None:
    run("keys", "create", LONG_ALIAS)
    grant = _open_session(server, signed_in.secret)
    assert isinstance(grant, Grant)
    whole = {
        ("keys", "list"): LONG_ALIAS,
        ("sessions", "list", "--window", "all"): grant.session_id,
        ("usage",): "",
        ("doctor",): "",
        ("info",): "",
        ("admin", "list", "--data-dir", server.data_dir): email,
        ("admin", "show", email, "--data-dir", server.data_dir): email,
    }
    for command, word in whole.items():
        outcome = run(*command, columns=columns)
        assert word in outcome.out.split() or not word, command
        too_long = [line for line in outcome.out.splitlines() if len(line) > columns and " " in line.strip()]
        assert too_long == [], command
        piped = run(*command)
        assert len(piped.out.splitlines()) <= len(outcome.out.splitlines()), "a row is a line in a pipe"
