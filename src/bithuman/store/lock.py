"""One server at a time: on a data folder, and on a database, by whatever name either is called."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bithuman.errors import ConfigurationError


@contextmanager
def only_server(data_dir: Path, database: Path) -> Iterator[None]:
    """Hold the folder and the database, of which either may be reached by symbolic links.

    The locks are files beside the two. SQLite has locks of its own on the database itself, and a process that closed
    that file for another reason would lose them (https://sqlite.org/howtocorrupt.html, section 2.2).

    Raises:
        ConfigurationError: a server, or a restore, holds one of them.
        OSError: a lock cannot be made.
    """
    data_dir, database = data_dir.resolve(), database.resolve()
    held = {data_dir / "server.lock": f"on {data_dir}", database.with_name(f"{database.name}.lock"): f"with {database}"}
    with ExitStack() as locks:
        for path, what in held.items():
            try:
                locks.enter_context(FileLock(path, mode=0o600, blocking=False))
            except Timeout:
                raise ConfigurationError(
                    f"Another server is running {what}.", cure="Stop it, or set BITHUMAN_DATA_DIR to another folder."
                ) from None
        yield
