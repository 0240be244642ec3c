"""Read an `.imx` container, and trust nothing in it (see `docs/imx.md`).

Whatever is checked here is checked before it is used: sizes before reading, names before matching, hashes before
anything is decoded. Nothing is ever written to disk.
"""

import hashlib
import io
import json
import os
import re
import stat
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bithuman.engine.fields import Fields
from bithuman.engine.pack import FORMAT, MANIFEST, SCHEMA_VERSION
from bithuman.errors import ModelLoadError, ModelNotFoundError, ModelSecurityError

MAX_FILE_BYTES = 256 << 20
MAX_MANIFEST_BYTES = 1 << 20
MAX_ENTRIES = 64

_SAFE_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ENCRYPTED = 0x1
# What zipfile raises, beside its own errors, for directories that make no sense.
_DAMAGE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError, struct.error)

_COPY_AGAIN = "Copy the file again from where it came, and compare its size."
_DO_NOT_USE = "Do not use this file; get it again from somebody you trust."


@dataclass(frozen=True, slots=True)
class Container:
    """A container whose entries are all there, nothing else is, and every hash is right.

    `model_hash` is the first 32 hexadecimal digits of the manifest's SHA-256. The manifest holds every entry's hash,
    so it names the whole content.
    """

    manifest: Fields
    model_hash: str
    entries: Mapping[str, bytes]


def read_container(path: str | os.PathLike[str]) -> Container:
    """Read and check the file at `path`.

    Raises:
        ModelNotFoundError: there is no such file.
        ModelLoadError: it is no container, is damaged, or follows another version of the format.
        ModelSecurityError: it breaks a rule that no honest writer breaks, or its content is not what was declared.
    """
    data = _read_file(Path(path))
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGE as error:
        if _is_picture(data):
            cure = f"Make an avatar from it first: bithuman avatar build {path} -o {Path(path).stem}.imx"
            raise ModelLoadError(f"{path} is a picture, not an avatar.", cure=cure) from error
        raise ModelLoadError(f"{path} is not an .imx file, or is cut short ({error}).", cure=_COPY_AGAIN) from error
    with archive:
        listed = _check_directory(archive.infolist())
        if MANIFEST not in listed:
            raise ModelLoadError(f"{path} holds no {MANIFEST}.", cure="Give an .imx file, not another kind of zip.")
        if listed[MANIFEST].file_size > MAX_MANIFEST_BYTES:
            raise ModelSecurityError(f"{MANIFEST} is larger than {MAX_MANIFEST_BYTES} bytes.", cure=_DO_NOT_USE)
        text = _read_entry(archive, listed.pop(MANIFEST))
        manifest = _parse(text)
        entries = _read_declared(archive, listed, manifest)
    return Container(manifest, hashlib.sha256(text).hexdigest()[:32], entries)


def _is_picture(data: bytes) -> bool:
    """Whether these are the bytes of a JPEG, PNG, GIF, BMP, TIFF, WebP, HEIC or AVIF."""
    return data.startswith((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")) or data[8:12] in (
        b"WEBP",
        b"heic",
        b"heix",
        b"mif1",
        b"avif",
    )


def _read_file(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # reading a pipe or a device might never end
            raise ModelLoadError(f"{path} is not a file.", cure="Give the path of an .imx file.")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(min(size, MAX_FILE_BYTES) + 1)  # as much as is asked for is set aside, needed or not
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        cure = "Check the path, or give none for the built-in avatar."
        raise ModelNotFoundError(f"There is no file {path}.", cure=cure) from error
    except OSError as error:
        raise ModelLoadError(f"{path} cannot be read ({error.strerror}).", cure="Check who may read it.") from error
    if len(data) > MAX_FILE_BYTES:
        raise ModelSecurityError(f"{path} is larger than {MAX_FILE_BYTES >> 20} MiB.", cure=_DO_NOT_USE)
    return data


def _check_directory(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The archive's entries by name, each of an allowed kind, all together no larger than a file may be."""
    listed: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.orig_filename  # what the file says, before zipfile tidies it up
        if not _SAFE_NAME.fullmatch(name):
            raise ModelSecurityError(f"The entry name {name!r} is not allowed.", cure=_DO_NOT_USE)
        if name in listed:
            raise ModelSecurityError(f"The entry {name} is there twice.", cure=_DO_NOT_USE)
        if info.flag_bits & _ENCRYPTED:
            raise ModelSecurityError(f"The entry {name} is encrypted.", cure="Write the .imx without encryption.")
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise ModelSecurityError(f"The entry {name} is compressed.", cure="Write the .imx with stored entries.")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise ModelSecurityError(f"The entry {name} is a link or a device, not a file.", cure=_DO_NOT_USE)
        listed[name] = info
    if len(listed) > MAX_ENTRIES or sum(info.file_size for info in listed.values()) > MAX_FILE_BYTES:
        raise ModelSecurityError("The container claims to hold more than any avatar needs.", cure=_DO_NOT_USE)
    return listed


def _read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(info)
    except _DAMAGE as error:
        raise ModelSecurityError(f"The entry {info.filename} is damaged ({error}).", cure=_COPY_AGAIN) from error


def _parse(text: bytes) -> Fields:
    try:
        manifest = Fields(json.loads(text), MANIFEST)
    except (ValueError, RecursionError) as error:
        raise ModelLoadError(f"{MANIFEST} is not JSON ({error}).", cure=_COPY_AGAIN) from error
    if manifest.text("format") != FORMAT:
        raise ModelLoadError(f"{MANIFEST} describes another format.", cure="Give an .imx file.")
    version = manifest.integer("schema_version", 1, 1 << 31)
    if version != SCHEMA_VERSION:
        raise ModelLoadError(
            f"The file follows version {version} of the format; this program knows version {SCHEMA_VERSION}.",
            cure="Update the program, or write the file again for this version.",
        )
    return manifest


def _read_declared(
    archive: zipfile.ZipFile, listed: Mapping[str, zipfile.ZipInfo], manifest: Fields
) -> dict[str, bytes]:
    """The content of each declared entry, once the archive is known to hold just these, and each hash is right."""
    entries = manifest.list_of_fields("entries")
    declared = {entry.text("name"): entry for entry in entries}
    if len(declared) != len(entries):
        raise ModelSecurityError(f"{MANIFEST} declares an entry twice.", cure=_DO_NOT_USE)
    if missing := declared.keys() - listed.keys():
        raise ModelSecurityError(f"Entries are declared but missing: {', '.join(sorted(missing))}.", cure=_COPY_AGAIN)
    if extra := listed.keys() - declared.keys():
        raise ModelSecurityError(f"Entries are there undeclared: {', '.join(sorted(extra))}.", cure=_DO_NOT_USE)
    contents: dict[str, bytes] = {}
    for name, entry in declared.items():
        sha256 = entry.text("sha256")
        if not _SHA256.fullmatch(sha256):
            raise ModelLoadError(f"{MANIFEST}: the sha256 of {name} is not 64 hexadecimal digits.", cure=_COPY_AGAIN)
        if entry.integer("size", 0, MAX_FILE_BYTES) != listed[name].file_size:
            raise ModelSecurityError(f"The entry {name} is not as large as declared.", cure=_DO_NOT_USE)
        contents[name] = _read_entry(archive, listed[name])
        if hashlib.sha256(contents[name]).hexdigest() != sha256:
            raise ModelSecurityError(f"The entry {name} was changed after the file was made.", cure=_DO_NOT_USE)
    return contents
