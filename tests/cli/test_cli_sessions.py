"""Seeing who renders, and stopping it."""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from bithuman.client.answers import Grant
from bithuman.client.api import Api, SessionRequest
from bithuman.client.secret import Secret
from tools.local_server import Credentials, LocalServer


@pytest.fixture
def open_session(server: LocalServer, signed_in: Credentials) -> Callable[[], str]:
    """Open a session as an engine does, and leave it; its id."""

    def exchange() -> str:
        async def ask() -> str:
            api = Api(server.url)
            request = SessionRequest(transaction_id=secrets.token_hex(16), fingerprint=secrets.token_hex(16))
            grant = await api.exchange(Secret(signed_in.secret), request)
            await api.aclose()
            assert isinstance(grant, Grant)
            return grant.session_id

        return asyncio.run(ask())

    return exchange


def test_list_is_a_table_with_what_it_burns(run: Any, open_session: Callable[[], str]) -> None:
    session_id = open_session()
    outcome = run("sessions", "list", "--window", "all")
    assert outcome.code == 0
    header, row = outcome.out.splitlines()
    assert header.split()[:2] == ["Session", "Status"]
    assert row.startswith(session_id)
    assert " default " in row
    assert "credits a minute" in outcome.err


def test_list_for_programs(run: Any, open_session: Callable[[], str]) -> None:
    ids = [open_session(), open_session()]
    report = run("sessions", "list", "--window", "recent", "--json").json["data"]
    assert sorted(session["id"] for session in report["sessions"]) == sorted(ids)
    assert len(run("sessions", "list", "--window", "all", "--limit", "1", "--json").json["data"]["sessions"]) == 1


def test_none_is_no_error(run: Any, signed_in: Credentials) -> None:
    outcome = run("sessions", "list")
    assert outcome.code == 0
    assert "Live: 0" in outcome.err


def test_terminate(run: Any, open_session: Callable[[], str]) -> None:
    first, second = open_session(), open_session()
    assert run("sessions", "terminate", first).out == f"Terminated: {first}. It stops at its next heartbeat.\n"
    assert run("sessions", "terminate", second, "--json").json["data"] == {"session_id": second, "closed": True}
    assert run("sessions", "list", "--window", "all").out.count(" terminated ") == 2


def test_a_session_that_is_not_there_or_not_yours_is_refused(
    run: Any, open_session: Callable[[], str], monkeypatch: pytest.MonkeyPatch, server: LocalServer
) -> None:
    session_id = open_session()
    other = server.create_account("mallory@example.com")
    monkeypatch.setenv("BITHUMAN_API_SECRET", other.secret)
    for name in (session_id, "00", "../api-secrets"):
        outcome = run("sessions", "terminate", name)
        assert (outcome.code, outcome.out) == (1, "")
        assert outcome.err.endswith("\n'bithuman sessions list --window all' shows them.\n")


@pytest.mark.parametrize("wrong", ["--window=now", "--limit=0", "--limit=many"])
def test_a_wrong_value_is_misuse(run: Any, signed_in: Credentials, wrong: str) -> None:
    outcome = run("sessions", "list", wrong)
    assert (outcome.code, outcome.out) == (2, "")
