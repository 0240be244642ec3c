"""A request of a hot path, and its route. `http/hot.py` answers it, `http/protocol.py` reads it."""

from collections.abc import Callable
from typing import Protocol

from bithuman.http.metrics import RouteMetrics


class Route:
    """A hot path: what answers it, its counters, and how large its requests may be."""

    __slots__ = ("answer", "max_body_bytes", "metrics", "path")

    def __init__(
        self, path: str, answer: Callable[["HotRequest"], None], metrics: RouteMetrics, max_body_bytes: int
    ) -> None:
        self.path = path
        self.answer = answer
        self.metrics = metrics
        self.max_body_bytes = max_body_bytes


class Connection(Protocol):
    """Where a request came from, and its answer goes."""

    client: tuple[str, int] | None

    def give(self, request: "HotRequest", answer: bytes) -> None:
        """Send an answer, unless nobody is there to take it."""


class _Nobody:
    """uvicorn wakes up the application of its own requests. None waits for a hot one."""

    def set(self) -> None:
        """Nothing to wake up."""


class HotRequest:
    """A request on its way. The protocol treats it as one of uvicorn's own (`RequestResponseCycle`)."""

    __slots__ = (
        "body", "connection", "disconnected", "headers", "id", "is_complete", "keep_alive", "method",
        "response_complete", "route", "started_s",
    )  # fmt: skip
    message_event = _Nobody()

    def __init__(
        self, connection: Connection, route: Route, method: bytes, headers: list[tuple[bytes, bytes]], keep_alive: bool
    ) -> None:
        self.connection = connection
        self.route = route
        self.method = method
        self.headers = headers
        self.keep_alive = keep_alive
        self.body = bytearray()
        self.id = b""
        self.started_s = 0.0
        self.is_complete = self.response_complete = self.disconnected = False

    @property
    def response_started(self) -> bool:
        """An answer is sent in one piece."""
        return self.response_complete
