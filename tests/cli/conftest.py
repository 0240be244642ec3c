"""The command line as a person meets it: arguments in, two streams and an exit code out."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from bithuman.cli import main
from bithuman.service.accounts import create_account
from bithuman.service.platform import Platform
from bithuman.service.settings import load_settings
from tests.doubles.sounds import syllables, write_wav
from tests.doubles.terminal import FakeTerminal
from tools.local_server import Credentials, LocalServer

HEARTBEAT_S = 0.2
GRACE_S = 2.0

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document that it printed."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error that it printed for a program: the last line of standard error."""
        return json.loads(self.err.splitlines()[-1])["error"]


Run = Callable[..., Outcome]


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of its own and none of the caller's settings; its path."""
    for name in [name for name in os.environ if name.startswith("BITHUMAN_")]:
        monkeypatch.delenv(name)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def run(clean: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run `bithuman` in this process: `run("keys", "list")`. `typed` is standard input, of a terminal or of a pipe.

    With `columns`, standard output is a terminal of that width. Its colours are taken out of the outcome.
    """

    def command(*arguments: object, typed: str = "", terminal: bool = False, columns: int | None = None) -> Outcome:
        monkeypatch.setattr("sys.stdin", FakeTerminal(typed) if terminal else io.StringIO(typed))
        monkeypatch.setattr("sys.stdout.isatty", lambda: columns is not None)
        monkeypatch.setenv("COLUMNS", str(columns or 80))
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        streams = capsys.readouterr()
        code = ended.value.code
        assert isinstance(code, int)
        assert "Traceback" not in streams.out + streams.err or "--debug" in arguments
        return Outcome(code, re.sub(r"\x1b\[[0-9;]*m", "", streams.out), streams.err)

    yield command
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A real server in a process of its own, whose sessions beat fast."""
    folder = tmp_path_factory.mktemp("server")
    with LocalServer(folder, heartbeat_seconds=HEARTBEAT_S, grace_seconds=GRACE_S) as running:
        yield running


@pytest.fixture(scope="session")
def operator(server: LocalServer) -> Iterator[Platform]:
    """The server's data folder, opened beside it, as `bithuman admin` does."""
    platform = Platform(load_settings(data_dir=server.data_dir))
    yield platform
    platform.close()


@pytest.fixture
def account(server: LocalServer, operator: Platform, clean: Path, monkeypatch: pytest.MonkeyPatch) -> Credentials:
    """A new account at that server; the environment points to the server and holds no secret."""
    monkeypatch.setenv("BITHUMAN_API_URL", server.url)
    made = asyncio.run(create_account(operator, f"ada{next(_numbers)}@example.com", "creator"))
    return Credentials(made.account.id, made.secret.alias, made.secret.secret)


@pytest.fixture
def signed_in(account: Credentials, monkeypatch: pytest.MonkeyPatch) -> Credentials:
    """A new account whose secret the environment holds."""
    monkeypatch.setenv("BITHUMAN_API_SECRET", account.secret)
    return account


@pytest.fixture
def recording(tmp_path: Path) -> Callable[[float], Path]:
    """Write a WAV of so many seconds: a hum that comes and goes like syllables."""

    return lambda seconds: write_wav(tmp_path / "speech.wav", syllables(seconds))
