"""The container: what is written can be read, and what was tampered with is refused in one of three ways."""

import hashlib
import io
import json
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bithuman.engine import container
from bithuman.engine.container import read_container
from bithuman.engine.pack import pack
from bithuman.errors import ModelError, ModelLoadError, ModelNotFoundError, ModelSecurityError

ENTRIES = {"a.bin": b"first", "b.bin": b"second" * 50}


def manifest(**changes: Any) -> bytes:
    declared = [{"name": n, "size": len(c), "sha256": hashlib.sha256(c).hexdigest()} for n, c in ENTRIES.items()]
    return json.dumps({"format": "imx", "schema_version": 2, "entries": declared} | changes).encode()


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of duplicate names, and writes them
        with zipfile.ZipFile(out, "w", method) as archive:
            for name, content in entries:
                archive.writestr(name, content)
    return out.getvalue()


def with_entry(name: str | zipfile.ZipInfo, content: bytes = b"x") -> bytes:
    return zipped(("manifest.json", manifest()), *ENTRIES.items(), (name, content))


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = 0o120777 << 16
    return info


def encrypted() -> bytes:
    """Every entry flagged as encrypted, in the local headers and in the directory."""
    data = bytearray(pack({}, ENTRIES))
    for signature, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(signature)
        while at >= 0:
            data[at + flags_at] |= 1
            at = data.find(signature, at + 4)
    return bytes(data)


def other_manifest(**changes: Any) -> bytes:
    return zipped(("manifest.json", manifest(**changes)), *ENTRIES.items())


def raw_manifest(text: bytes) -> bytes:
    return zipped(("manifest.json", text), *ENTRIES.items())


GOOD = pack({"name": "x"}, ENTRIES)
ENTRY = {"name": "a.bin", "size": 5, "sha256": hashlib.sha256(b"first").hexdigest()}
OTHER = {"name": "b.bin", "size": 300, "sha256": hashlib.sha256(b"second" * 50).hexdigest()}

REFUSED: dict[str, tuple[bytes, type[ModelError], str]] = {
    "traversal": (with_entry("../evil.png"), ModelSecurityError, "not allowed"),
    "absolute": (with_entry("/etc/evil.png"), ModelSecurityError, "not allowed"),
    "drive": (with_entry("c:evil.png"), ModelSecurityError, "not allowed"),
    "backslash": (with_entry("..\\evil.png"), ModelSecurityError, "not allowed"),
    "folder": (with_entry("folder/"), ModelSecurityError, "not allowed"),
    "hidden": (with_entry(".hidden"), ModelSecurityError, "not allowed"),
    "link": (with_entry(link("c.bin")), ModelSecurityError, "link"),
    "twice": (with_entry("a.bin", b"first"), ModelSecurityError, "twice"),
    "two manifests": (with_entry("manifest.json", manifest()), ModelSecurityError, "twice"),
    "undeclared": (with_entry("c.bin"), ModelSecurityError, "undeclared"),
    "missing": (zipped(("manifest.json", manifest())), ModelSecurityError, "missing"),
    "declared twice": (other_manifest(entries=[ENTRY, ENTRY, OTHER]), ModelSecurityError, "twice"),
    "compressed": (
        zipped(("manifest.json", manifest()), method=zipfile.ZIP_DEFLATED),
        ModelSecurityError,
        "compressed",
    ),
    "encrypted": (encrypted(), ModelSecurityError, "encrypted"),
    "hash": (other_manifest(entries=[ENTRY | {"sha256": "0" * 64}, OTHER]), ModelSecurityError, "changed"),
    "size": (other_manifest(entries=[ENTRY | {"size": 6}, OTHER]), ModelSecurityError, "not as large"),
    "content": (GOOD.replace(b"first", b"worst"), ModelSecurityError, "damaged"),
    "crowd": (zipped(*((f"e{i}", b"") for i in range(65))), ModelSecurityError, "more than"),
    "huge manifest": (raw_manifest(b" " * (1 << 20) + manifest()), ModelSecurityError, "larger"),
    "empty": (b"", ModelLoadError, "not an .imx"),
    "no zip": (b"Rar!" * 100, ModelLoadError, "not an .imx"),
    "cut short": (GOOD[:-30], ModelLoadError, "not an .imx"),
    "no manifest": (zipped(*ENTRIES.items()), ModelLoadError, "no manifest.json"),
    "no JSON": (raw_manifest(b"{"), ModelLoadError, "not JSON"),
    "no text": (raw_manifest(b"\xff\xfe\xfd"), ModelLoadError, "not JSON"),
    "deep JSON": (raw_manifest(b"[" * 200_000), ModelLoadError, "not JSON"),
    "no object": (raw_manifest(b"[]"), ModelLoadError, "should be an object"),
    "no fields": (raw_manifest(b"{}"), ModelLoadError, "format should be"),
    "another format": (other_manifest(format="gltf"), ModelLoadError, "another format"),
    "another version": (other_manifest(schema_version=1), ModelLoadError, "version 1"),
    "version no number": (other_manifest(schema_version=True), ModelLoadError, "schema_version should be"),
    "no entries": (other_manifest(entries=None), ModelLoadError, "entries should be"),
    "entry no object": (other_manifest(entries=[1]), ModelLoadError, "should be an object"),
    "unprintable": (other_manifest(entries=[ENTRY | {"name": "\ud800"}]), ModelLoadError, "printable"),
    "no hash": (other_manifest(entries=[ENTRY | {"sha256": "abc"}, OTHER]), ModelLoadError, "hexadecimal"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses(case: str, tmp_path: Path) -> None:
    data, error, phrase = REFUSED[case]
    path = tmp_path / "a.imx"
    path.write_bytes(data)
    with pytest.raises(error) as caught:
        read_container(path)
    assert phrase in caught.value.message
    assert caught.value.cure


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda path: None, ModelNotFoundError),
        (lambda path: path.mkdir(), ModelLoadError),
    ],
)
def test_what_is_no_file(make: Callable[[Path], None], error: type[ModelError], tmp_path: Path) -> None:
    make(tmp_path / "a.imx")
    with pytest.raises(error) as caught:
        read_container(tmp_path / "a.imx")
    assert "a.imx" in caught.value.message
    assert caught.value.cure


@pytest.mark.parametrize("name", ["a\0b", "file/below.imx"])
def test_a_path_that_no_file_can_have_is_not_found(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelNotFoundError):
        read_container(tmp_path / name)


def test_a_file_larger_than_any_avatar_is_refused_unparsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MAX_FILE_BYTES", len(GOOD) - 1)
    path = tmp_path / "a.imx"
    path.write_bytes(GOOD)
    with pytest.raises(ModelSecurityError, match="larger"):
        read_container(path)


def test_reads_what_was_packed(tmp_path: Path) -> None:
    path = tmp_path / "a.imx"
    path.write_bytes(GOOD)
    read = read_container(path)
    assert read.entries == ENTRIES
    assert read.manifest.text("name") == "x"
    with zipfile.ZipFile(path) as archive:
        assert read.model_hash == hashlib.sha256(archive.read("manifest.json")).hexdigest()[:32]


def test_packing_is_deterministic_and_the_hash_names_the_content(tmp_path: Path) -> None:
    assert pack({"name": "x"}, ENTRIES) == GOOD
    hashes = set()
    for i, entries in enumerate((ENTRIES, ENTRIES | {"a.bin": b"other"})):
        path = tmp_path / f"{i}.imx"
        path.write_bytes(pack({"name": "x"}, entries))
        hashes.add(read_container(path).model_hash)
    assert len(hashes) == 2


def test_another_programs_zip_is_read_too(tmp_path: Path) -> None:
    """Times and attributes differ from ours; they mean nothing."""
    dated = zipfile.ZipInfo("a.bin", (2024, 5, 6, 7, 8, 10))
    dated.external_attr = 0o100644 << 16
    path = tmp_path / "a.imx"
    path.write_bytes(zipped((dated, b"first"), ("b.bin", ENTRIES["b.bin"]), ("manifest.json", manifest())))
    assert read_container(path).entries == ENTRIES


@pytest.mark.parametrize(
    "start", [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n", b"RIFF\0\0\0\0WEBP", b"\0\0\0\x18ftypheic", b"GIF89a"]
)
def test_a_picture_is_told_how_to_become_an_avatar(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "me.jpg"
    path.write_bytes(start + bytes(100))
    with pytest.raises(ModelLoadError, match="is a picture") as caught:
        read_container(path)
    assert caught.value.cure == f"Make an avatar from it first: bithuman avatar build {path} -o me.imx"
