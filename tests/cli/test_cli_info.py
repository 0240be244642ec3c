"""What an avatar file is, told without any credential."""

import json
import zipfile
from pathlib import Path
from typing import Any

from bithuman.engine.avatar import BUILT_IN, open_avatar
from bithuman.engine.container import read_container
from bithuman.engine.pack import pack


def test_a_person_reads_name_size_rate_hash_schema_and_entries(run: Any) -> None:
    avatar = open_avatar()
    outcome = run("info", BUILT_IN)
    assert (outcome.code, outcome.err) == (0, "")
    for words in (avatar.name, "512×512", "25", avatar.model_hash, "Schema", "base.png"):
        assert words in outcome.out


def test_for_programs(run: Any) -> None:
    avatar = open_avatar()
    document = run("info", BUILT_IN, "--json").json
    entries = document.pop("entries")
    assert document == {
        "path": str(BUILT_IN),
        "name": avatar.name,
        "width": 512,
        "height": 512,
        "fps": 25,
        "model_hash": avatar.model_hash,
        "schema_version": 2,
    }
    assert {"base.png", "mouth.png"} <= {entry["name"] for entry in entries}
    assert all(entry["bytes"] > 0 for entry in entries)


def test_where_an_avatar_is_from_is_told_as_its_file_tells_it(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "me.imx"
    manifest = json.loads(zipfile.ZipFile(BUILT_IN).read("manifest.json"))
    told = {"synthetic": True, "source": "me.jpg"}
    file.write_bytes(pack({**manifest, **told}, read_container(BUILT_IN).entries))
    assert told.items() <= run("info", file, "--json").json.items()
    lines = [line.split() for line in run("info", file).out.splitlines()]
    assert ["Synthetic", "yes"] in lines
    assert ["Source", "me.jpg"] in lines


def test_a_file_that_is_not_there(run: Any, tmp_path: Path) -> None:
    outcome = run("info", tmp_path / "nobody.imx")
    assert (outcome.code, outcome.out) == (2, "")
    assert "does not exist" in outcome.err


def test_a_file_that_was_changed(run: Any, tmp_path: Path) -> None:
    data = bytearray(BUILT_IN.read_bytes())
    data[len(data) // 2] ^= 1
    changed = tmp_path / "changed.imx"
    changed.write_bytes(data)
    outcome = run("info", changed, "--json")
    assert (outcome.code, outcome.out) == (1, "")
    assert "Do not use this file" in outcome.err or "Copy the file again" in outcome.err


def test_without_a_file_it_tells_of_the_built_in_avatar_and_where_it_is(run: Any) -> None:
    assert run("info", "--json").json == run("info", BUILT_IN, "--json").json


def test_two_files_are_misuse(run: Any) -> None:
    assert run("info", "a.imx", "b.imx").code == 2
