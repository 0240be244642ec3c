"""What a type checker says of a program that uses the SDK."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = """
from bithuman import AsyncBithuman, Bithuman

async def main() -> None:
    await AsyncBithuman.create("a.imx", api_secret="bhs", wait_for_place_s=1, num_threads=2)

Bithuman.load("a.imx", api_url="https://a.example", quality="high", voice=None)
"""


def check(program: str, folder: Path) -> str:
    (folder / "program.py").write_text(program)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "program.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_every_published_option_is_known(tmp_path: Path) -> None:
    assert check(GOOD, tmp_path).startswith("Success")


@pytest.mark.parametrize(
    ("good", "wrong"), [("num_threads=2", "nun_threads=2"), ("api_url=", "apiurl="), ("voice=None", "voice=1")]
)
def test_a_wrong_option_is_found(tmp_path: Path, good: str, wrong: str) -> None:
    assert wrong.partition("=")[0] in check(GOOD.replace(good, wrong), tmp_path)
