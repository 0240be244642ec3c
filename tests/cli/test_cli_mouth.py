"""Mouth movements for other faces: without a credential, without a server."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bithuman.engine.shape import VISEMES, MouthShape


def test_a_line_for_each_frame(run: Any, recording: Callable[[float], Path]) -> None:
    outcome = run("mouth", recording(1.0))
    assert (outcome.code, outcome.err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(outcome.out)))
    assert tuple(rows[0]) == ("time_s", *MouthShape._fields, *VISEMES)
    assert [float(row["time_s"]) for row in rows] == pytest.approx([0.04 * i for i in range(25)])
    assert all(float(row["opening"]) < 0.5 for row in rows), "nobody hums with the mouth wide open"


def test_one_document(run: Any, recording: Callable[[float], Path]) -> None:
    document = run("mouth", recording(1.0), "--json").json
    assert document["fps"] == 25
    assert document["shape"] == list(MouthShape._fields)
    assert document["visemes"] == list(VISEMES)
    assert len(document["frames"]) == 25
    for frame in document["frames"]:
        assert len(frame["shape"]) == len(MouthShape._fields)
        assert sum(frame["visemes"]) == pytest.approx(1.0, abs=0.02)


def test_both_say_the_same(run: Any, recording: Callable[[float], Path]) -> None:
    path = recording(0.5)
    rows = list(csv.reader(io.StringIO(run("mouth", path).out)))[1:]
    frames = run("mouth", path, "--json").json["frames"]
    assert [[float(value) for value in row] for row in rows] == [
        [frame["time_s"], *frame["shape"], *frame["visemes"]] for frame in frames
    ]


def test_a_file_without_sound_is_refused_in_a_sentence(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "speech.wav"
    path.write_text("no sound")
    outcome = run("mouth", path)
    assert outcome.code == 1
    assert "cannot be read as sound" in outcome.err


def test_a_file_that_is_not_there_is_misuse(run: Any, tmp_path: Path) -> None:
    assert run("mouth", tmp_path / "none.wav").code == 2
