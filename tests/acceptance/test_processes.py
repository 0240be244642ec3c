"""Processes that fork, and users without a home folder."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.local_server import LocalServer

DEADLINE_S = 60

FORK = """
import multiprocessing, os, sys
from bithuman import Bithuman, RuntimeNotReadyError

def use(avatar):
    try:
        avatar.start()
    except RuntimeNotReadyError as error:
        print(error)

avatar = Bithuman.load()
avatar.start()
if (child := os.fork()) == 0:
    use(avatar)
    sys.exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
worker = multiprocessing.get_context("fork").Process(target=use, args=(avatar,))
worker.start()
worker.join()
print(worker.exitcode, avatar.status.state)
avatar.close()
"""

FORK_ON_A_LOOP = """
import asyncio, os, sys
from bithuman import AsyncBithuman, RuntimeNotReadyError

async def main():
    avatar = await AsyncBithuman.create()
    await avatar.start()
    if (child := os.fork()) == 0:
        try:
            await avatar.start()
        except RuntimeNotReadyError as error:
            print(error, flush=True)
        os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), avatar.status.state)
    await avatar.shutdown()

asyncio.run(main())
"""

NEXT_HEARTBEAT = '''
import asyncio, os
from bithuman import AsyncBithuman

async def next_heartbeat(avatar):
    """Wait until a heartbeat was answered: its token lasts longer, or the session is no longer live."""
    left_s = avatar.status.grace_left_s
    while avatar.status.state == "live" and avatar.status.grace_left_s <= left_s:
        left_s = avatar.status.grace_left_s
        await asyncio.sleep(0.01)
'''

STOP_IN_A_FORK = (
    NEXT_HEARTBEAT
    + """
async def main():
    async with await AsyncBithuman.create() as avatar:
        if (child := os.fork()) == 0:
            END
            os._exit(7)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        await next_heartbeat(avatar)
        print(code, avatar.status.state)

asyncio.run(main())
"""
)

LEAVE_IN_A_FORK = (
    NEXT_HEARTBEAT
    + """
async def main():
    async with await AsyncBithuman.create() as avatar:
        if (child := os.fork()) != 0:
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            await next_heartbeat(avatar)
            print(code, avatar.status.state)
    if child == 0:
        os._exit(7)

asyncio.run(main())
"""
)

BEAT_IN_A_FORK = (
    NEXT_HEARTBEAT
    + """
async def main():
    avatar = await AsyncBithuman.create()
    await avatar.start()
    (lease,) = [task for task in asyncio.all_tasks() if task.get_name() == "bithuman-lease"]
    if (child := os.fork()) == 0:
        # The loop runs on in the child, with all its tasks.
        await lease
        os._exit(0)
    os.waitpid(child, 0)
    await next_heartbeat(avatar)
    print(avatar.status.state, avatar.status.detail)
    await avatar.shutdown()

asyncio.run(main())
"""
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    with LocalServer(tmp_path_factory.mktemp("processes")) as server:
        yield server


@pytest.fixture(scope="module")
def fast_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    with LocalServer(tmp_path_factory.mktemp("fast"), heartbeat_seconds=0.3, grace_seconds=4) as server:
        yield server


def run_program(server: LocalServer, folder: Path, program: str) -> "subprocess.CompletedProcess[str]":
    """Run a program of a new account. Its state folder is `folder`."""
    account = server.create_account(f"{folder.name}@example.com")
    environment = os.environ | {
        "BITHUMAN_API_SECRET": account.secret,
        "BITHUMAN_API_URL": server.url,
        "XDG_STATE_HOME": str(folder),
    }
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
    )


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        (FORK, ["This runtime belongs to the process that made it. Make one after the fork.", "7"]),
        (FORK_ON_A_LOOP, ["This runtime belongs to the process that made it. Make one after the fork.", "7 live"]),
    ],
    ids=["Bithuman", "AsyncBithuman"],
)
def test_a_forked_process_ends_and_leaves_the_session_alone(
    server: LocalServer, tmp_path: Path, program: str, printed: list[str]
) -> None:
    done = run_program(server, tmp_path, program)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == printed
    if program is FORK:
        assert done.stdout.splitlines()[2:] == [printed[0], "0 live"]


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        (STOP_IN_A_FORK.replace("END", "await avatar.stop()"), "7 live"),
        (STOP_IN_A_FORK.replace("END", "avatar.cleanup()"), "7 live"),
        (STOP_IN_A_FORK.replace("END", "del avatar"), "7 live"),
        (LEAVE_IN_A_FORK, "7 live"),
        (BEAT_IN_A_FORK, "live "),
    ],
    ids=["stop", "cleanup", "del", "leave the block", "beat"],
)
def test_a_forked_process_ends_no_session_and_beats_for_none(
    fast_server: LocalServer, tmp_path: Path, program: str, printed: str
) -> None:
    done = run_program(fast_server, tmp_path, program)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [printed]


class TestNoHomeFolder:
    """A container runs programs as a user whom its list of users does not know."""

    def run(self, folder: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        program = (
            "import pwd\n"
            "def unknown(uid): raise KeyError(uid)\n"
            "pwd.getpwuid = unknown\n"
            "from bithuman.cli import main\n"
            "main()"
        )
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
        )

    def test_the_sdk_works_with_the_secret_in_its_variable(self, server: LocalServer, tmp_path: Path) -> None:
        secret = server.create_account("nobody@example.com").secret
        done = self.run(tmp_path, "validate", BITHUMAN_API_SECRET=secret, BITHUMAN_API_URL=server.url)
        assert (done.returncode, done.stderr) == (0, "")

    def test_the_server_works_with_its_folder_in_its_variable(self, tmp_path: Path) -> None:
        done = self.run(tmp_path, "admin", "create-account", "--email", "a@b.example", BITHUMAN_DATA_DIR=str(tmp_path))
        assert (done.returncode, (tmp_path / "bithuman.db").exists()) == (0, True)

    @pytest.mark.parametrize(
        ("arguments", "variable"),
        [
            (("serve", "--port", "0"), "BITHUMAN_DATA_DIR"),
            (("admin", "check"), "BITHUMAN_DATA_DIR"),
            (("validate",), "BITHUMAN_API_SECRET"),
        ],
    )
    def test_without_it_the_error_names_the_variable(
        self, tmp_path: Path, arguments: tuple[str, ...], variable: str
    ) -> None:
        done = self.run(tmp_path, *arguments)
        assert done.returncode == 2
        assert variable in done.stderr
        assert list(tmp_path.iterdir()) == []
