"""Files of the data folder: private, and written whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def private_folder(path: Path) -> None:
    """Make a folder and those above it that are missing, each for its owner alone.

    Raises:
        OSError: it cannot be made.
    """
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir(mode=0o700, exist_ok=True)


def write_whole(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Write a file with mode 0600, durably. Whoever opens `path` sees all of it or nothing.

    Args:
        replace: whether one that is there gives way.

    Raises:
        FileExistsError: it is there, and must not be replaced.
        OSError: it cannot be written; what was there is untouched.
    """
    # mkstemp makes files with mode 0600.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            draft.replace(path)
        else:
            os.link(draft, path)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    sync(path.parent)


def sync(path: Path) -> None:
    """Put a file, or a folder's list of names, on disk. No database that this process has open: see `database_file`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
