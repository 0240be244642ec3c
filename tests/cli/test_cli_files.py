"""Files that a command reads or writes are checked first, by all commands in the same way."""

import os
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.parametrize(
    "command",
    [
        ["info", "WRONG"],
        ["mouth", "WRONG"],
        ["render", "WRONG"],
        ["render", "WRONG", __file__],
        ["render", __file__, "--avatar", "WRONG"],
        ["speak", "Hello.", "-o", "out.mp4", "--avatar", "WRONG"],
        ["avatar", "build", "WRONG", "-o", "out.imx"],
        ["avatar", "preview", "WRONG", "-o", "out.png"],
    ],
)
@pytest.mark.parametrize(("wrong", "words"), [("nothing", "'nothing' does not exist."), (".", "'.' is a directory.")])
def test_a_file_to_read_that_is_missing_or_a_folder_is_misuse(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], wrong: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run(*[wrong if word == "WRONG" else word for word in command])
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.endswith(f"{words}\n")


COMMANDS_THAT_WRITE = [
    ["speak", "Hello.", "-o", "PLACE/out.mp4"],
    ["avatar", "preview", "-o", "PLACE/out.png"],
    ["admin", "backup", "PLACE/backup"],
    ["admin", "export", "ada@example.com", "-o", "PLACE/out.json"],
]


@pytest.mark.parametrize("command", COMMANDS_THAT_WRITE)
def test_a_folder_that_is_not_there_is_misuse(run: Any, tmp_path: Path, command: list[str]) -> None:
    outcome = run(*[word.replace("PLACE", f"{tmp_path}/nowhere") for word in command])
    assert (outcome.code, outcome.out) == (2, "")
    assert f"there is no folder {tmp_path}/nowhere. Make it first." in outcome.err


@pytest.mark.parametrize("command", COMMANDS_THAT_WRITE)
def test_a_folder_that_takes_no_files_is_named(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    outcome = run(*[word.replace("PLACE", str(tmp_path)) for word in command])
    assert (outcome.code, outcome.out) == (2, "")
    assert f"you may not write to the folder {tmp_path}." in outcome.err
