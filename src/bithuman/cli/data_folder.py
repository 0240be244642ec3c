"""The platform in a data folder, opened by a command beside the server that may run on it."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from bithuman.cli.extras import server_extra
from bithuman.cli.output import note
from bithuman.cli.serve import existing_server_settings, server_settings

if TYPE_CHECKING:
    from bithuman.service.platform import Platform

_Result = TypeVar("_Result")


@contextmanager
def opened(data_dir: Path | None, *, make: bool = False) -> "Iterator[Platform]":
    """The platform of a data folder; `make` one where there is none yet."""
    with server_extra():
        import structlog

        from bithuman.service.platform import Platform
    structlog.configure(processors=[_note_event])
    platform = Platform(server_settings(data_dir=data_dir) if make else existing_server_settings(data_dir))
    try:
        yield platform
    finally:
        platform.close()


def _note_event(_: object, __: str, event: MutableMapping[str, Any]) -> NoReturn:
    """Print what the server would log as one line: no traceback, whose values may be secrets.

    Of a failed statement only the database's own words are printed, which repeat no value.
    """
    import structlog

    cause = event.get("exc_info")
    error = cause if isinstance(cause, BaseException) else sys.exception() if cause else None
    reason = event.get("error") or (error and (getattr(error, "orig", None) or type(error).__name__))
    what = event["event"].replace("_", " ")
    note(f"{what}: {reason}" if reason else what)
    raise structlog.DropEvent


def change(data_dir: Path | None, change: "Callable[[Platform], Awaitable[_Result]]", *, make: bool = False) -> _Result:
    """Do something to the platform of a data folder, and give its result; `make` a platform where there is none."""

    async def run(platform: "Platform") -> _Result:
        return await change(platform)

    with opened(data_dir, make=make) as platform:
        return asyncio.run(run(platform))
