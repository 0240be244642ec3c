"""The outermost layer: every request gets an id, and a path that is read kindly."""

import asyncio
import itertools
import re

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bithuman.http.hot import HotEndpoints

_SLASHES = re.compile("/{2,}")
_log = structlog.get_logger(__name__)


class Door:
    """Number requests, tidy their paths, and hand them on.

    Published clients follow no redirect, so a slash too many is taken out here and never answered with one.

    Args:
        run_id: tells this server's ids from those of its last run.
    """

    def __init__(self, hot: HotEndpoints, rest: ASGIApp, run_id: str) -> None:
        self._hot = hot
        self._rest = rest
        self._run_id = run_id
        self._numbers = itertools.count(1)

    def new_request_id(self) -> str:
        """The next request's name in the log."""
        return f"{self._run_id}-{next(self._numbers)}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
            return
        request_id = self.new_request_id()
        scope.setdefault("state", {})["request_id"] = request_id
        path: str = scope["path"]
        if "//" in path or (path.endswith("/") and path != "/"):
            path = scope["path"] = _SLASHES.sub("/", path).rstrip("/") or "/"
        try:
            if self._hot.answers(path):
                await self._hot(scope, receive, send)
            else:
                await self._answer_the_rest(scope, receive, send)
        except asyncio.CancelledError:
            # The server has stopped, and this answer took longer than the drain: its client is hung up on.
            _log.warning("cut_off", request_id=request_id)

    async def _answer_the_rest(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            # What GET would say, less the body, which the server leaves out (RFC 9110, section 9.3.2).
            scope = {**scope, "method": "GET"}
        header = (b"x-request-id", scope["state"]["request_id"].encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], header]
            await send(message)

        await self._rest(scope, receive, send_with_id)
