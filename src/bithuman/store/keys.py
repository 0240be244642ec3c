"""The server's own keys: what signs tokens and what hashes secrets. They live in a file apart from the database, 0600.

A stolen database yields neither a token nor a way to test a guessed secret.
"""

import base64
import binascii
import json
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bithuman.core.tokens import KID_PATTERN, MIN_KEY_BYTES, SigningKey
from bithuman.errors import ConfigurationError

_CURE = "Restore the file from a backup. Without it every secret and token that was issued is void."


@dataclass(frozen=True, slots=True)
class Keys:
    """Key material at one moment."""

    pepper: bytes = field(repr=False)
    signing: tuple[SigningKey, ...]


class KeyFile:
    """`keys.json` in the data directory, made at the first start."""

    def __init__(self, path: Path, random_bytes: Callable[[int], bytes]) -> None:
        self._path = path
        self._random_bytes = random_bytes

    def create(self) -> None:
        """Make the first keys, unless there are some."""
        with suppress(FileExistsError):
            self._create(Keys(self._random_bytes(MIN_KEY_BYTES), (self._new_key(),)))

    def load(self) -> Keys:
        """Read the keys.

        Raises:
            ConfigurationError: the file is missing, readable by others, or damaged.
        """
        if not self._path.exists():
            raise ConfigurationError(f"{self._path} is missing.", cure=_CURE)
        mode = self._path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigurationError(f"{self._path} can be read by others.", cure=f"Run: chmod 600 {self._path}")
        try:
            return _keys_from(json.loads(self._path.read_text()))
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise ConfigurationError(f"{self._path} is damaged.", cure=_CURE) from None

    def version(self) -> int:
        """A number that changes when the file does; 0 where there is none."""
        try:
            return self._path.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def rotate(self, now_ms: int, keep_ms: int) -> SigningKey:
        """Sign with a new key from now on. Keys that were retired more than `keep_ms` ago are dropped."""
        keys = self.load()
        new = self._new_key()
        retired = (key if key.retired_ms is not None else replace(key, retired_ms=now_ms) for key in keys.signing)
        kept = (key for key in retired if key.retired_ms is not None and now_ms - key.retired_ms <= keep_ms)
        self._replace(Keys(keys.pepper, (new, *kept)))
        return new

    def _new_key(self) -> SigningKey:
        return SigningKey(self._random_bytes(6).hex(), self._random_bytes(MIN_KEY_BYTES))

    def _create(self, keys: Keys) -> None:
        """Write the file whole or not at all, and never over one that is there."""
        if self._path.exists():
            raise FileExistsError
        temporary = self._write_temporary(keys)
        try:
            os.link(temporary, self._path)
        finally:
            temporary.unlink()
        self._sync_folder()

    def _replace(self, keys: Keys) -> None:
        self._write_temporary(keys).replace(self._path)
        self._sync_folder()

    def _sync_folder(self) -> None:
        """A file's name, too, has to survive a power cut."""
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _write_temporary(self, keys: Keys) -> Path:
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}.{self._random_bytes(4).hex()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(_document(keys), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        return temporary


def parse_signing_keys(text: str) -> tuple[SigningKey, ...]:
    """Read `kid:base64url,kid:base64url`; the first signs, the others still verify.

    Raises:
        ConfigurationError: it is not that. The message repeats no key.
    """
    keys: list[SigningKey] = []
    for part in text.split(","):
        kid, _, encoded = part.strip().partition(":")
        try:
            secret = _decode(encoded)
        except (ValueError, binascii.Error):
            secret = b""
        if not KID_PATTERN.fullmatch(kid) or len(secret) < MIN_KEY_BYTES or kid in {key.kid for key in keys}:
            raise ConfigurationError(
                f"BITHUMAN_SIGNING_KEYS is malformed at key {len(keys) + 1}.",
                cure=f"Give kid:base64url pairs separated by commas; each key has {MIN_KEY_BYTES} bytes or more.",
            )
        keys.append(SigningKey(kid, secret, signs=not keys))
    return tuple(keys)


def _document(keys: Keys) -> dict[str, Any]:
    return {
        "pepper": _encode(keys.pepper),
        "signing": [
            {"kid": key.kid, "secret": _encode(key.secret), "retired_ms": key.retired_ms} for key in keys.signing
        ],
    }


def _keys_from(document: Any) -> Keys:
    signing = tuple(
        SigningKey(str(entry["kid"]), _decode(entry["secret"]), entry["retired_ms"]) for entry in document["signing"]
    )
    pepper = _decode(document["pepper"])
    if len(pepper) < MIN_KEY_BYTES or sum(key.retired_ms is None for key in signing) != 1:
        raise ValueError
    return Keys(pepper, signing)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
