"""The server's process, as an operator's supervisor sees it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bithuman.service.settings import load_settings
from tools.local_server import LocalServer


@pytest.fixture
def started(clean: Path, tmp_path: Path) -> Iterator[LocalServer]:
    """A server on a free port; it is stopped at the end whatever happened."""
    server = LocalServer(tmp_path / "data").start()
    yield server
    server.kill()


def _serve(data_dir: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bithuman", "serve", "--data-dir", data_dir, *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_it_says_where_it_listens_and_ends_well_on_sigterm(started: LocalServer) -> None:
    assert httpx.get(f"{started.url}/healthz", trust_env=False).json()["status"] == "ok"
    assert started.stop() == 0


def test_it_ends_well_on_ctrl_c(started: LocalServer) -> None:
    os.kill(started.pid, signal.SIGINT)
    assert started.stop() == 0


def test_a_second_server_on_the_same_folder_is_refused_and_told_why(started: LocalServer) -> None:
    second = _serve(started.data_dir, "--port", "0")
    assert (second.returncode, second.stdout) == (1, "")
    assert "Another server is running" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_library_that_is_missing_is_no_misuse(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bithuman.service.settings", None)
    outcome = run("admin", "check")
    assert (outcome.code, outcome.out) == (1, "")
    assert "is not installed" in outcome.err


def test_a_port_that_is_taken_is_told(clean: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        by_option = _serve(tmp_path / "data", "--port", port)
        by_environment = _serve(tmp_path / "data", BITHUMAN_PORT=port)
    for outcome in (by_option, by_environment):
        assert outcome.returncode == 1
        assert port in outcome.stderr
        assert "--port" in outcome.stderr


def test_an_option_wins_over_the_environment(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITHUMAN_PORT", "1")
    monkeypatch.setenv("BITHUMAN_HOST", "::1")
    monkeypatch.setenv("BITHUMAN_DATA_DIR", "/elsewhere")
    served: list[Any] = []
    monkeypatch.setattr("bithuman.http.server.serve", lambda settings, *_: served.append(settings))
    assert run("serve", "--port", "2", "--host", "127.0.0.2", "--data-dir", tmp_path).code == 0
    assert run("serve").code == 0
    given, from_environment = served
    assert (given.port, given.host, given.data_dir) == (2, "127.0.0.2", tmp_path)
    assert (from_environment.port, from_environment.host, str(from_environment.data_dir)) == (1, "::1", "/elsewhere")


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_cannot_be_is_misuse(run: Any, port: str) -> None:
    assert run("serve", f"--port={port}").code == 2


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BITHUMAN_PORT", "many"),
        ("BITHUMAN_HEARTBEAT_SECONDS", "0"),
        ("BITHUMAN_GRACE_SECONDS", "1"),
        ("BITHUMAN_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_setting_is_misuse(run: Any, monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    outcome = run("serve")
    assert (outcome.code, outcome.out) == (2, "")
    assert variable in outcome.err


def test_a_port_that_kubernetes_sets_for_a_service_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BITHUMAN_PORT", "tcp://10.0.0.7:8787")
    assert load_settings().port == 8787
