"""Each program of `examples/` runs against a real server."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bithuman import SpeechError
from bithuman.engine.speech import default_voice
from tests.doubles.sounds import syllables, write_wav
from tools.local_server import Credentials, LocalServer

EXAMPLES = Path(__file__).parents[2] / "examples"
PATIENCE_S = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    folder = tmp_path_factory.mktemp("server")
    with LocalServer(folder, heartbeat_seconds=0.4, grace_seconds=60) as running:
        yield running


@pytest.fixture
def account(server: LocalServer, request: pytest.FixtureRequest) -> Credentials:
    return server.create_account(f"{request.node.name}@example.com".replace("_", "-"))


@pytest.fixture
def environment(server: LocalServer, account: Credentials, tmp_path: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("BITHUMAN_", "XDG_"))}
    settings = {"BITHUMAN_API_URL": server.url, "BITHUMAN_API_SECRET": account.secret, "HOME": str(tmp_path / "home")}
    return inherited | settings


def run(environment: dict[str, str], *command: str | Path) -> str:
    """What an example printed. It must succeed, and print no secret."""
    done = subprocess.run(
        [str(part) for part in command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "bhs_" not in done.stdout + done.stderr
    return done.stdout


def test_a_recording_is_streamed(environment: dict[str, str], tmp_path: Path) -> None:
    printed = run(
        environment,
        sys.executable,
        EXAMPLES / "stream_recording.py",
        write_wav(tmp_path / "speech.wav", syllables(1.0)),
    )
    assert printed == "25 frames with sound\n"


def test_a_text_becomes_a_video(environment: dict[str, str], tmp_path: Path) -> None:
    try:
        default_voice()
    except SpeechError:
        pytest.skip("No voice is installed.")
    video = tmp_path / "hello.mp4"
    assert run(environment, sys.executable, EXAMPLES / "say_to_video.py", "Hello.", video) == f"{video}\n"
    assert video.stat().st_size > 1_000


def test_a_folder_of_recordings_becomes_clips_in_one_session(
    environment: dict[str, str], server: LocalServer, account: Credentials, tmp_path: Path
) -> None:
    recordings, clips = tmp_path / "recordings", tmp_path / "clips"
    recordings.mkdir()
    for name in ("one", "two"):
        write_wav(recordings / f"{name}.wav", syllables(0.4))
    command = (sys.executable, EXAMPLES / "batch_of_clips.py", recordings, clips)
    assert run(environment, *command).split() == [str(clips / "one.mp4"), str(clips / "two.mp4")]
    sessions = httpx.get(
        f"{server.url}/v2/{account.user_id}/runtime-sessions?window=all", headers={"api-secret": account.secret}
    )
    assert len(sessions.json()["data"]["sessions"]) == 1
    assert run(environment, *command) == ""


def test_a_session_goes_on_after_a_rotation(
    environment: dict[str, str], server: LocalServer, account: Credentials, tmp_path: Path
) -> None:
    file = tmp_path / "secret.txt"
    file.write_text(account.secret)
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / "keep_session.py"), str(file), "600"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            begun = process.stdout.readline().split()
            rotated = httpx.post(
                f"{server.url}/v2/{account.user_id}/api-secrets/{account.alias}/rotate",
                headers={"api-secret": account.secret},
                json={},
            )
            assert process.stdout.readline().startswith("paused")
            file.write_text(rotated.json()["secret"])
            resumed = process.stdout.readline().split()
        finally:
            process.terminate()
    assert (begun[0], resumed[0]) == ("session", "resumed")
    assert begun[1] == resumed[1]


def test_a_session_in_plain_http(
    environment: dict[str, str], server: LocalServer, account: Credentials, tmp_path: Path
) -> None:
    printed = run(environment | {"TMPDIR": str(tmp_path)}, "sh", EXAMPLES / "heartbeat.sh", "2")
    assert re.fullmatch(r"session: \S+\nheartbeat 1\nheartbeat 2\ncredits: [0-9.]+\n", printed)
    me = httpx.get(f"{server.url}/v2/{account.user_id}/runtime-sessions", headers={"api-secret": account.secret})
    assert me.json()["data"]["active_count"] == 0
    assert list(tmp_path.glob("tmp.*")) == []


def test_the_page_names_each_example() -> None:
    named = re.findall(r"^\| `([\w.]+) ", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert sorted(named) == sorted(path.name for path in EXAMPLES.glob("*.[ps][yh]"))
