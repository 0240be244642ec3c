"""The outermost layer: every request gets an id, and a path that is read kindly."""

import asyncio
from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bithuman.http.requests import tidy

_log = structlog.get_logger(__name__)


class Door:
    """Number requests, tidy their paths, and hand them on.

    Args:
        rest: answers what is not hot (see `http/hot.py`).
        new_request_id: the next request's name in the log.
    """

    def __init__(self, rest: ASGIApp, new_request_id: Callable[[], str]) -> None:
        self._rest = rest
        self._new_request_id = new_request_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._rest(scope, receive, send)
            return
        request_id = self._new_request_id()
        scope.setdefault("state", {})["request_id"] = request_id
        scope["path"] = tidy(scope["path"])
        try:
            await self._answer(scope, receive, send, request_id)
        except asyncio.CancelledError:
            # The server has stopped, and this answer took longer than the drain: its client is hung up on.
            _log.warning("cut_off", request_id=request_id)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        if scope["method"] == "HEAD":
            # What GET would say, less the body, which the server leaves out (RFC 9110, section 9.3.2).
            scope = {**scope, "method": "GET"}
        header = (b"x-request-id", request_id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], header]
            await send(message)

        await self._rest(scope, receive, send_with_id)
