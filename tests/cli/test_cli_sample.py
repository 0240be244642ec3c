"""The files that a newcomer tries the commands with."""

from pathlib import Path
from typing import Any

import pytest

from bithuman.cli import sample
from bithuman.engine.audio import read_audio


def test_it_writes_a_recording_and_a_portrait(run: Any, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    outcome = run("sample", folder)
    assert (outcome.code, outcome.err) == (0, "")
    assert run("sample", folder, "--json").json == {
        "speech": str(folder / "speech.wav"),
        "portrait": str(folder / "portrait.png"),
    }
    assert sum(map(len, read_audio(folder / "speech.wav"))) > 16_000
    assert (folder / "portrait.png").read_bytes().startswith(b"\x89PNG")


def test_it_keeps_a_file_that_is_there(run: Any, tmp_path: Path) -> None:
    for name in ("speech.wav", "portrait.png"):
        (tmp_path / name).write_text("mine")
    outcome = run("sample", tmp_path)
    assert outcome.code == 0
    assert outcome.err.count("is kept") == 2
    assert (tmp_path / "speech.wav").read_text() == (tmp_path / "portrait.png").read_text() == "mine"


def test_without_the_package_of_the_portrait_it_says_how_to_install_it(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "find_spec", lambda _: None)
    outcome = run("sample", tmp_path)
    assert outcome.code == 1
    assert "pip install --no-deps scikit-image" in outcome.err
    assert list(tmp_path.glob("*.wav")) == []
