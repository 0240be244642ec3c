"""What an operator does to a running server: stop it, start a second one, rotate its signing key, suspend somebody."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from bithuman.http.app import REFRESH_S
from tools.local_server import Credentials, LocalServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    with LocalServer(tmp_path, heartbeat_seconds=60, grace_seconds=300) as running:
        yield running


@pytest.fixture
def account(server: LocalServer) -> Credentials:
    return server.create_account("ada@example.com", "creator")


def request_token(server: LocalServer, account: Credentials) -> httpx.Response:
    return httpx.post(f"{server.url}/v1/runtime-tokens/request", headers={"api-secret": account.secret}, json={})


def beat(server: LocalServer, token: str, seq: int) -> httpx.Response:
    return httpx.post(
        f"{server.url}/v1/runtime-tokens/heartbeat", headers={"authorization": f"Bearer {token}"}, json={"seq": seq}
    )


def test_sigterm_drains_and_exits_with_0(server: LocalServer) -> None:
    assert server.stop() == 0


def test_a_second_server_on_the_same_folder_says_why_it_will_not_start(server: LocalServer) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "bithuman", "serve", "--port", "0", "--data-dir", str(server.data_dir)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 1
    assert "Another server is running" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_signing_key_rotates_under_a_live_session(server: LocalServer, account: Credentials) -> None:
    token = request_token(server, account).json()["data"]["token"]
    server.admin("rotate-signing-key")
    old_kid = jwt.get_unverified_header(token)["kid"]
    deadline_s = time.monotonic() + 20 * REFRESH_S
    seq, kid = 0, old_kid
    while kid == old_kid and time.monotonic() < deadline_s:
        answer = beat(server, token, seq)
        assert answer.status_code == 200
        token, seq = answer.json()["data"]["token"], seq + 1
        kid = jwt.get_unverified_header(token)["kid"]
    assert kid != old_kid


@pytest.mark.parametrize("first", ["validate", "heartbeat", "exchange"])
def test_suspending_reaches_the_very_next_request(server: LocalServer, account: Credentials, first: str) -> None:
    named = {"fingerprint": "0" * 32, "transaction_id": "a-call"}
    token, seq = "", -1

    def outcome_of(kind: str) -> str:
        nonlocal token, seq
        if kind == "validate":
            answer = httpx.post(f"{server.url}/v1/validate", headers={"api-secret": account.secret})
            return "good" if answer.json()["valid"] else "ACCOUNT_SUSPENDED"
        if kind == "exchange":
            headers = {"api-secret": account.secret}
            answer = httpx.post(f"{server.url}/v1/runtime-tokens/request", headers=headers, json=named)
        else:
            answer = beat(server, token, seq + 1)
        if answer.status_code != 200:
            assert answer.status_code == 403
            return str(answer.json()["error"]["code"])
        token, seq = answer.json()["data"]["token"], seq + 1 if kind == "heartbeat" else -1
        return "good"

    kinds = [first, *(kind for kind in ("validate", "heartbeat", "exchange") if kind != first)]
    assert outcome_of("exchange") == "good"
    for _ in range(2):
        assert [outcome_of(kind) for kind in kinds * 2] == ["good"] * 6  # All of it is in the server's memory now.
        server.admin("suspend", "--email", "ada@example.com")
        assert [outcome_of(kind) for kind in kinds] == ["ACCOUNT_SUSPENDED"] * 3
        server.admin("suspend", "--restore", "--email", "ada@example.com")
        assert [outcome_of(kind) for kind in kinds] == ["good"] * 3


def test_nothing_that_the_server_keeps_or_logs_holds_a_secret_or_a_token(
    server: LocalServer, account: Credentials
) -> None:
    token = request_token(server, account).json()["data"]["token"]
    assert beat(server, token, 0).status_code == 200
    httpx.get(f"{server.url}/v1/me", headers={"api-secret": account.secret})
    httpx.get(f"{server.url}/v1/me", headers={"api-secret": account.secret[:-1]})
    server.stop()
    kept = [path for path in server.data_dir.rglob("*") if path.is_file()]
    assert {"bithuman.db", "keys.json", "server.log"} <= {path.name for path in kept}
    for path in kept:
        content = path.read_bytes()
        assert account.secret.encode() not in content, path
        assert token.encode() not in content, path


def test_a_second_server_on_the_same_database_will_not_start(server: LocalServer, tmp_path: Path) -> None:
    other = LocalServer(tmp_path / "other", database_url=f"sqlite:///{tmp_path / 'shared.db'}")
    another = LocalServer(tmp_path / "another", database_url=f"sqlite:///{tmp_path / 'shared.db'}")
    with other, pytest.raises(RuntimeError, match="Another server is running"):
        another.start()


def test_a_large_body_is_refused_in_words(server: LocalServer) -> None:
    answer = httpx.post(f"{server.url}/v1/runtime-tokens/request", content=b"[" + b" " * 1_000_000)
    assert answer.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"


def test_the_ledger_shows_an_abandoned_session_without_anybody_asking(tmp_path: Path) -> None:
    with LocalServer(tmp_path, heartbeat_seconds=0.4, grace_seconds=1.2) as server:
        account = server.create_account("ada@example.com", "enterprise")
        session = request_token(server, account).json()["data"]
        page: list[dict[str, Any]] = []
        deadline_s = time.monotonic() + 30
        while not page and time.monotonic() < deadline_s:
            answer = httpx.get(f"{server.url}/v1/usage", headers={"api-secret": account.secret}).json()
            page = [entry for entry in answer["data"] if entry["session_id"] == session["session_id"]]
        assert [entry["credits_change"] for entry in page] == [0.006666]
