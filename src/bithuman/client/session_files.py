"""What the service knows each live session by, in a file, so that a program that was killed goes on with its session.

It then takes no second place of the plan. The file holds no credential. Its lock ends with the process that holds it,
however that ends: a file without a lock belongs to a program that died.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bithuman.client.api import SessionRequest
from bithuman.errors import ConfigurationError
from bithuman.folders import Kind, user_folder

if sys.platform != "win32":
    import fcntl

HOLDS_PLACE_INTERVALS = 1.5
"""How long a session that is not heard holds its place, in heartbeat intervals (the contract, section 4)."""
_IDENTITY = frozenset({"transaction_id", "fingerprint"})


def session_folder() -> Path | None:
    """The user's state folder. None where there is none, such as in a container without a home folder."""
    if sys.platform == "win32":
        return None  # It has no locks of this kind.
    try:
        return user_folder(Kind.STATE) / "sessions"
    except ConfigurationError:
        return None


@dataclass(slots=True)
class HeldSession:
    """A session that this process has, and its locked file.

    Attributes:
        request: what the service learns of the session.
        is_continued: whether a program that died had it before.
    """

    request: SessionRequest
    is_continued: bool = False
    path: Path | None = None
    descriptor: int | None = None
    date: Callable[[], float] = time.time

    def granted(self, interval_s: float) -> None:
        """Note that the service has heard of the session just now."""
        if self.descriptor is not None:
            with suppress(OSError):
                os.utime(self.descriptor, (self.date(), self.date() + HOLDS_PLACE_INTERVALS * interval_s))

    def forget(self) -> None:
        """Remove the file: the session has ended."""
        if self.path is not None:
            with suppress(OSError):
                self.path.unlink()
        self.leave()

    def leave(self) -> None:
        """Leave the session to whoever starts next."""
        descriptor, self.descriptor = self.descriptor, None
        if descriptor is not None:
            with suppress(OSError):
                os.close(descriptor)


class SessionFiles:
    """The files of one user's sessions.

    Args:
        folder: where they are; None keeps nothing, and continues nothing.
        date: Unix time.
    """

    def __init__(self, folder: Path | None, date: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._date = date

    def hold(self, request: SessionRequest, api_url: str, *, is_named: bool) -> HeldSession:
        """The session of a program that died and asked for the same, while the session holds its place. Else a new one.

        A folder that cannot be used is no reason to fail: then there is no file.

        Args:
            request: for a new session.
            api_url: the server's base.
            is_named: whether the transaction id of `request` is wanted, and no other.
        """
        if self._folder is None:
            return HeldSession(request)
        asked = {"api_url": api_url, **asdict(request)}
        compared = asked.keys() - (_IDENTITY - {"transaction_id"} if is_named else _IDENTITY)
        try:
            for path, descriptor, kept in self._left():
                if all(kept.get(name) == asked[name] for name in compared):
                    found = replace(request, **{name: str(kept[name]) for name in _IDENTITY})
                    return HeldSession(found, True, path, descriptor, self._date)
                os.close(descriptor)
            return self._new(request, asked)
        except OSError:
            return HeldSession(request)

    def _left(self) -> Iterator[tuple[Path, int, dict[str, Any]]]:
        """The files of programs that died while their sessions hold a place, locked. Files that are of no use go."""
        assert self._folder is not None
        for path in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else ():
            descriptor = _lock(path)
            if descriptor is None:
                continue
            kept = _read(descriptor)
            if kept is None or os.fstat(descriptor).st_mtime < self._date():
                path.unlink()
                os.close(descriptor)
            else:
                yield path, descriptor, kept

    def _new(self, request: SessionRequest, asked: dict[str, Any]) -> HeldSession:
        assert self._folder is not None
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Nobody looks at it before it is locked and written.
        descriptor, draft = tempfile.mkstemp(dir=self._folder, prefix=".session-")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(descriptor, json.dumps(asked).encode())
        os.utime(descriptor, (0, 0))  # it holds no place yet
        path = Path(draft).with_name(f"{Path(draft).name.removeprefix('.')}.json")
        return HeldSession(request, False, Path(draft).rename(path), descriptor, self._date)


def _lock(path: Path) -> int | None:
    """A descriptor of the file that holds its lock. None where a live process has it, or it is gone."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_nlink:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def _read(descriptor: int) -> dict[str, Any] | None:
    try:
        kept = json.loads(os.pread(descriptor, 65_536, 0))
    except ValueError:
        return None
    return kept if isinstance(kept, dict) and all(isinstance(kept.get(name), str) for name in _IDENTITY) else None
