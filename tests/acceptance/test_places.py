"""Plans have few places: programs that wait for one, and programs that were killed while they had one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest

from bithuman import AccountStatusError, Bithuman
from tools.local_server import Credentials, LocalServer

PROGRAM = """
import sys, time
from bithuman import Bithuman
avatar = Bithuman.load()
avatar.start()
print(avatar.status.session_id, flush=True)
time.sleep(600)
"""
SPEECH = (np.sin(np.arange(4_000) / 6) * 9_000).astype(np.int16)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    with LocalServer(tmp_path / "server") as server:
        yield server


@pytest.fixture(autouse=True)
def own_state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def run_until_killed(server: LocalServer, account: Credentials) -> str:
    """Start a program, kill it, and return the id of its session."""
    environment = os.environ | {"BITHUMAN_API_SECRET": account.secret, "BITHUMAN_API_URL": server.url}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdout is not None
        session_id = program.stdout.readline().strip()
        program.kill()
    return session_id


def test_a_program_that_is_killed_again_and_again_keeps_its_place(server: LocalServer) -> None:
    account = server.create_account("ada@example.com", "free")
    sessions = {run_until_killed(server, account) for _ in range(3)}
    assert len(sessions) == 1
    with Bithuman.load(api_secret=account.secret, api_url=server.url) as avatar:
        avatar.start()
        assert {avatar.status.session_id} == sessions


def test_a_terminated_session_is_not_continued(server: LocalServer) -> None:
    account = server.create_account("ada@example.com", "free")
    session_id = run_until_killed(server, account)
    with Bithuman.load(api_secret=account.secret, api_url=server.url) as avatar:
        httpx.post(
            f"{server.url}/v2/{account.user_id}/runtime-sessions/{session_id}/terminate",
            headers={"api-secret": account.secret},
        ).raise_for_status()
        avatar.start()
        assert avatar.status.session_id != session_id


def test_twenty_clips_on_a_plan_of_three_all_get_their_turn(server: LocalServer) -> None:
    account = server.create_account("ada@example.com", "creator", 100)

    def frames_of_a_clip(_: int) -> int:
        with Bithuman.load(api_secret=account.secret, api_url=server.url, wait_for_place_s=120) as avatar:
            return sum(frame.has_image for frame in avatar.compose(SPEECH))

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(frames_of_a_clip, range(20))) == {7}


def test_without_waiting_the_error_says_how_to_wait(server: LocalServer) -> None:
    account = server.create_account("ada@example.com", "free")
    with (
        Bithuman.load(api_secret=account.secret, api_url=server.url) as first,
        Bithuman.load(api_secret=account.secret, api_url=server.url) as second,
    ):
        first.start()
        with pytest.raises(AccountStatusError, match="wait_for_place_s") as caught:
            second.start()
    assert caught.value.code == "CONCURRENCY_LIMIT_REACHED"
