"""A real server in a process of its own, and an account on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from ecosystem.account import Account
from tools.local_server import Credentials, LocalServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    with LocalServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def credentials(server: LocalServer) -> Credentials:
    return server.create_account("maker@example.org", plan="pro", credits=100)


@pytest.fixture
def account(server: LocalServer, credentials: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The environment names the server, as it does for every user of these clients, and no secret."""
    for name in list(os.environ):
        if name.startswith(("BITHUMAN_", "LIVEKIT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("BITHUMAN_API_URL", server.url)
    account = Account(server.url, credentials)
    account.earlier.update(one["id"] for one in account.sessions())
    return account


@pytest.fixture
def full(account: Account, server: LocalServer) -> Account:
    """An account whose plan has a place for one session, which is taken."""
    full = Account(server.url, server.create_account("small@example.org", plan="free"))
    full.token()
    return full


@pytest.fixture
def model_path() -> str:
    """The built-in avatar. The clients want a path, and have no word for it."""
    return str(resources.files("bithuman") / "engine/assets/default.imx")
