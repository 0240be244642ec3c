"""The file that `bithuman init` writes, for its owner's eyes alone."""

import contextlib
import json
import os
import stat
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from bithuman.client.secret import Secret
from bithuman.errors import ConfigurationError
from bithuman.folders import Kind, user_folder


@dataclass(frozen=True, slots=True)
class Stored:
    """What the file holds; either may be missing."""

    secret: Secret | None = None
    api_url: str | None = None


def credentials_path() -> Path:
    """`credentials.toml` in the user's configuration folder for bithuman.

    Raises:
        ConfigurationError: this user has none.
    """
    return user_folder(Kind.CONFIG) / "credentials.toml"


def read_credentials(path: Path | None = None) -> Stored:
    """Read the file; where there is none, nothing is stored.

    Raises:
        ConfigurationError: others can read it, or it is not what `write_credentials` writes.
    """
    if path is None:
        try:
            path = credentials_path()
        except ConfigurationError:
            return Stored()
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if os.name == "posix" and mode & 0o077:
                raise ConfigurationError(
                    f"Other users can reach {path} (its mode is {mode:04o}).",
                    cure=f"Run: chmod 600 {path}. If somebody may have read it, rotate the secret.",
                )
            stored = _parse(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return Stored()
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}.", cure="Check its owner and mode."
        ) from None
    if stored is None:
        raise ConfigurationError(
            f"{path} is not a credentials file.", cure="Remove it, or write it again with `bithuman init`."
        )
    return stored


def write_credentials(secret: Secret, api_url: str, path: Path | None = None) -> Path:
    """Write the file whole or not at all, with mode 0600 from its first byte on, and return where it is."""
    path = path or credentials_path()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp creates with 0600; the rename puts the file in place whole.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".credentials-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            # A JSON string of printable ASCII is also a TOML basic string.
            file.write(f"api_secret = {json.dumps(secret.reveal())}\napi_url = {json.dumps(api_url)}\n")
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(draft).unlink()
        raise
    return path


def _parse(data: bytes) -> Stored | None:
    try:
        table = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    secret, api_url = table.get("api_secret"), table.get("api_url")
    if not isinstance(secret, str | None) or not isinstance(api_url, str | None):
        return None
    return Stored(None if secret is None else Secret(secret), api_url)
