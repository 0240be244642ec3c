"""One server at a time: on a data folder, and on a database, by whatever name either is called."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bithuman.errors import ConfigurationError


@contextmanager
def only_server(
    data_dir: Path, database: Path, *, held_by: str = "Another server", cure: str | None = None
) -> Iterator[None]:
    """Hold the folder and the database, of which either may be reached by symbolic links.

    The locks are files beside the two. SQLite has locks of its own on the database itself, and a process that closed
    that file for another reason would lose them (https://sqlite.org/howtocorrupt.html, section 2.2).

    Args:
        held_by: who holds it, in the refusal's words.
        cure: what to do in its place; by default, what helps a server to start beside the other.

    Raises:
        ConfigurationError: a server, or a restore, holds one of them.
        OSError: a lock cannot be made.
    """
    data_dir, database = data_dir.resolve(), database.resolve()
    held = (
        (data_dir / "server.lock", data_dir, "set BITHUMAN_DATA_DIR to another folder."),
        (
            database.with_name(f"{database.name}.lock"),
            database,
            "give this server another database (BITHUMAN_DATABASE_URL).",
        ),
    )
    with ExitStack() as locks:
        for path, what, otherwise in held:
            try:
                locks.enter_context(FileLock(path, mode=0o600, blocking=False))
            except Timeout:
                raise ConfigurationError(
                    f"{held_by} is running on {what}.", cure=cure or f"Stop it, or {otherwise}"
                ) from None
        yield
