"""What may not be installed: the server's libraries are an extra."""

from collections.abc import Iterator
from contextlib import contextmanager

from bithuman.errors import ConfigurationError


@contextmanager
def server_extra() -> Iterator[None]:
    """Import the server inside of this. Its absence is an error with a cure.

    Raises:
        ConfigurationError: a library of the server is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"This command needs the server's libraries, and {error.name} is not installed.",
            cure="In a clone of this project, run: pip install '.[server]'",
        ) from error
