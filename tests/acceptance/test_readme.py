"""The README runs as it is written: every block of it, in its order, but those that set up or install."""

import os
import re
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
# What has happened before the first line that is run here. Each is a line of the README.
DONE = {"make setup && . .venv/bin/activate"}
NOT_RUN = ("make demo", "pip install")
PORT = "8787"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def script(port: int) -> str:
    """The commands, with the secret pasted where a person pastes it, and another port."""
    lines = [
        line
        for block in blocks("sh")
        if not block.startswith(NOT_RUN)
        for line in block.replace(PORT, str(port)).splitlines()
        if line not in DONE
    ]
    text = "\n".join(lines)
    for typed, pasted in (
        (r"^(bithuman serve .*&).*$", r"\1\nuntil grep -q Listening out; do sleep 0.1; done"),
        (r"^(bithuman admin create-account \S+ \S+).*$", r"\1 | tee account\nSECRET=$(grep -o 'bhs_\\w*' account)"),
        (r"^(bithuman init \S+ \S+).*$", r'echo "$SECRET" | \1 --secret-stdin'),
        (r"^(read -rs BITHUMAN_API_SECRET).*$", r'\1 <<< "$SECRET"'),
        (r"^(bithuman sample \.).*$", r"\1\npython program.py"),
    ):
        text, count = re.subn(typed, pasted, text, flags=re.MULTILINE)
        assert count == 1, typed
    return "set -euo pipefail\ntrap 'kill $(jobs -p)' EXIT\n" + text.replace("server.log &", "server.log >out &") + "\n"


@pytest.mark.skipif(find_spec("mediapipe") is None, reason="MediaPipe, which builds avatars, is not installed.")
def test_every_block_runs(tmp_path: Path) -> None:
    (program,) = blocks("python")
    (tmp_path / "program.py").write_text(program)
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BITHUMAN_", "XDG_"))}
    environment |= {
        "BITHUMAN_PORT": str(port),
        "HOME": str(tmp_path / "home"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash", "-c", script(port)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '{"valid":true}' in done.stdout
    assert "(512, 512, 3) 640" in done.stdout
    for name in ("hello.mp4", "speech.mp4", "me.imx", "sheet.png", "clip.mp4", "me.mp4", "mouth.csv"):
        assert (tmp_path / name).stat().st_size > 1_000, name
    assert not (tmp_path / "secret.header").exists()


def test_the_program_is_typed(tmp_path: Path) -> None:
    (program,) = blocks("python")
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "program.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", [README, *sorted((README.parent / "docs").rglob("*.md"))], ids=lambda path: path.name)
def test_every_link_to_a_file_leads_to_one(path: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text())
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []
