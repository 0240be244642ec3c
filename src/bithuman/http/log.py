"""The log: JSON lines on standard error, for our events and the libraries' alike.

Nothing that goes wrong with it reaches the code that logs: a full disk, a reader that is gone or reads no more, a value
that cannot be written down. What is lost is counted, and the count is logged once lines can be written again.
"""

import json
import logging
import os
import select
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO, cast

import structlog

# What a pipe takes without waiting for its reader once it says that it takes anything (POSIX, PIPE_BUF).
_PIECE = select.PIPE_BUF


class LogSink:
    """Writes lines to a file descriptor, as far as that takes them at once. It never waits, and never raises.

    Args:
        descriptor: None where there is none: every line is lost.
        lost_line: makes the line that says how many were lost.
    """

    def __init__(self, descriptor: int | None, lost_line: Callable[[int], str]) -> None:
        self._descriptor = descriptor
        self._lost_line = lost_line
        self._lost = 0
        self._cut = False
        # Our events and the libraries' come from any thread.
        self._lock = threading.Lock()
        self._poll = select.poll()
        if descriptor is not None:
            self._poll.register(descriptor, select.POLLOUT)

    def write(self, text: str) -> None:
        """Write whole lines, or count them as lost."""
        with self._lock:
            lost = self._lost
            # A line that was cut off is ended first.
            ahead = ("\n" if self._cut else "") + (self._lost_line(lost) if lost else "")
            if not ahead or self._put(ahead):
                self._lost = 0
                if self._put(text):
                    return
            self._lost += 1

    def lose(self) -> None:
        """Count a line that cannot be written."""
        with self._lock:
            self._lost += 1

    def flush(self) -> None:
        """Nothing waits to be written."""

    def _put(self, text: str) -> bool:
        """Whether all of `text` was written."""
        if self._descriptor is None:
            return False
        rest = text.encode(errors="replace")
        with suppress(OSError):
            while rest and self._poll.poll(0):
                written = os.write(self._descriptor, rest[:_PIECE])
                self._cut = rest[written - 1 : written] != b"\n"
                rest = rest[written:]
        return not rest


def configure_logging(level: str) -> None:
    """Send every event of `level` and above, and the libraries' warnings, to standard error."""
    sink = LogSink(_standard_error(), _lost_line)
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=_harmless(structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())), sink),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", sink)),
    )
    handler = SinkHandler(sink)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=max(logging.WARNING, logging.getLevelName(level.upper())), force=True)


class SinkHandler(logging.Handler):
    """The standard library's way to the sink; its own handlers print a traceback where they fail, or raise."""

    def __init__(self, sink: LogSink) -> None:
        super().__init__()
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        try:
            self._sink.write(f"{self.format(record)}\n")
        except Exception:
            self._sink.lose()


def _harmless(logger: type[Any], sink: LogSink) -> type[Any]:
    """A structlog wrapper class whose methods never raise."""

    def proxy(self: Any, *arguments: Any, **fields: Any) -> Any:
        try:
            return logger._proxy_to_logger(self, *arguments, **fields)
        except Exception:
            sink.lose()

    return type("HarmlessLogger", (logger,), {"_proxy_to_logger": proxy})


def _standard_error() -> int | None:
    """The descriptor of standard error. None where there is none: its number may be another file's."""
    return None if sys.stderr is None else sys.stderr.fileno()


def _lost_line(lost: int) -> str:
    event = {"event": "log_lines_lost", "lines": lost, "level": "warning", "timestamp": datetime.now(UTC).isoformat()}
    return json.dumps(event) + "\n"
