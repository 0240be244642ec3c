"""The server's own keys: what signs tokens and what hashes secrets. They live in a file apart from the database, 0600.

A stolen database yields neither a token nor a way to test a guessed secret.
"""

import base64
import json
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bithuman.core.tokens import KID_PATTERN, MIN_KEY_BYTES, SigningKey
from bithuman.errors import ConfigurationError
from bithuman.store.files import write_whole

Version = tuple[int, ...] | None

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
        if not self.exists():
            keys = Keys(self._random_bytes(MIN_KEY_BYTES), (self._new_key(),))
            with suppress(FileExistsError):
                write_whole(self._path, _text(keys))

    def exists(self) -> bool:
        """Whether there are keys, good or not."""
        return self._path.exists()

    def load(self) -> Keys:
        """Read the keys.

        Raises:
            ConfigurationError: the file is missing, readable by others, or damaged.
            OSError: it cannot be read.
        """
        if not self._path.exists():
            raise missing_keys(self._path)
        mode = self._path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise ConfigurationError(f"{self._path} is not a file.", cure=_CURE)
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise ConfigurationError(f"{self._path} can be read by others.", cure=f"Run: chmod 600 {self._path}")
        try:
            return _keys_from(json.loads(self._path.read_bytes()))
        except (ValueError, LookupError, TypeError, RecursionError):
            raise ConfigurationError(f"{self._path} is damaged.", cure=_CURE) from None

    def save(self, keys: Keys) -> None:
        """Write the file, in the place of one that is there.

        Raises:
            OSError: it cannot be written.
        """
        write_whole(self._path, _text(keys), replace=True)

    def version(self) -> Version:
        """What changes when the file does; None where there is none."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns

    def rotate(self, now_ms: int, keep_ms: int) -> SigningKey:
        """Sign with a new key from now on. Keys that were retired more than `keep_ms` ago are dropped."""
        keys = self.load()
        new = self._new_key()
        retired = (key if key.retired_ms is not None else replace(key, retired_ms=now_ms) for key in keys.signing)
        kept = (key for key in retired if key.retired_ms is not None and now_ms - key.retired_ms <= keep_ms)
        self.save(Keys(keys.pepper, (new, *kept)))
        return new

    def _new_key(self) -> SigningKey:
        return SigningKey(self._random_bytes(6).hex(), self._random_bytes(MIN_KEY_BYTES))


def missing_keys(path: Path) -> ConfigurationError:
    """There is a database, and the keys that it belongs to are not there."""
    return ConfigurationError(f"{path} is missing.", cure=_CURE)


def parse_signing_keys(text: str) -> tuple[SigningKey, ...]:
    """Read `kid:base64url,kid:base64url`; the first signs, the others still verify.

    Raises:
        ConfigurationError: it is not that. The message repeats no key.
    """
    keys: list[SigningKey] = []
    for number, part in enumerate(text.split(","), 1):
        kid, _, encoded = part.strip().partition(":")
        try:
            keys.append(SigningKey(_kid(kid), decode_key(encoded), signs=not keys))
            _check_distinct(keys)
        except ValueError:
            raise ConfigurationError(
                f"BITHUMAN_SIGNING_KEYS is malformed at key {number}.",
                cure=f"Give kid:base64url pairs separated by commas; each key has {MIN_KEY_BYTES} bytes or more.",
            ) from None
    return tuple(keys)


def decode_key(text: str) -> bytes:
    """A key of 32 bytes or more from base64url, with or without its padding.

    Raises:
        ValueError: it is not that. The message repeats no key.
    """
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        key = b""
    if len(key) < MIN_KEY_BYTES:
        raise ValueError("not a key")
    return key


def _text(keys: Keys) -> bytes:
    document = {
        "pepper": _encode(keys.pepper),
        "signing": [
            {"kid": key.kid, "secret": _encode(key.secret), "retired_ms": key.retired_ms} for key in keys.signing
        ],
    }
    return json.dumps(document, indent=1).encode()


def _keys_from(document: Any) -> Keys:
    signing = [
        SigningKey(_kid(entry["kid"]), decode_key(entry["secret"]), _retired(entry["retired_ms"]))
        for entry in document["signing"]
    ]
    _check_distinct(signing)
    if sum(key.retired_ms is None for key in signing) != 1:
        raise ValueError("not one key that signs")
    return Keys(decode_key(document["pepper"]), tuple(signing))


def _kid(kid: str) -> str:
    if not KID_PATTERN.fullmatch(kid):
        raise ValueError("not a key's id")
    return kid


def _retired(at_ms: Any) -> int | None:
    if at_ms is not None and type(at_ms) is not int:
        raise ValueError("not a time")
    return at_ms


def _check_distinct(keys: list[SigningKey]) -> None:
    if len({key.kid for key in keys}) != len(keys):
        raise ValueError("two keys of one id")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()
