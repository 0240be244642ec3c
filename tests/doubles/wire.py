"""Requests as bytes through the server's own protocol, in this process: what a socket would carry, without one."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from bithuman.http.app import Application
from bithuman.http.connections import Connections
from bithuman.http.protocol import BoundedProtocol
from bithuman.http.requests import network_of
from bithuman.service.platform import Platform

Address = tuple[str, int]
# Between two pieces of a body a network leaves the application time to act.
TURNS = 50


class FakeSocket:
    """The addresses of a connection."""

    def __init__(self, client: Address = ("192.0.2.1", 50_000)) -> None:
        self._client = client

    def getpeername(self) -> Address:
        return self._client

    def getsockname(self) -> Address:
        return ("192.0.2.2", 8787)

    def fileno(self) -> int:
        return 7


class FakeTransport(asyncio.Transport):
    """Keeps what is written; the client takes it where `unsent` says so."""

    def __init__(self, client: FakeSocket | None = None) -> None:
        super().__init__({"socket": client or FakeSocket()})
        self.written = b""
        self.unsent = 0
        self.ended = self.aborted = self.closed = False

    def write(self, data: Any) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def write_eof(self) -> None:
        self.ended = True

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.closed or self.aborted

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class _Answer(FakeTransport):
    """A connection that reads one answer."""

    def __init__(self, client: Address, method: str) -> None:
        super().__init__(FakeSocket(client))
        self._reader = h11.Connection(h11.CLIENT)
        self._reader.send(h11.Request(method=method, target="/", headers=[("host", "x")]))
        self._reader.send(h11.EndOfMessage())
        self.head: h11.Response | None = None
        self.body = b""
        self.is_complete = asyncio.Event()
        # Whether the server takes more of the request, or wants no more.
        self.takes_more = asyncio.Event()
        self.takes_more.set()

    def pause_reading(self) -> None:
        self.takes_more.clear()

    def resume_reading(self) -> None:
        self.takes_more.set()

    def write(self, data: Any) -> None:
        if not data:
            return  # To the reader this would be the end of the connection.
        self._reader.receive_data(bytes(data))
        while (event := self._reader.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.Response):
                self.head = event
            elif isinstance(event, h11.Data):
                self.body += event.data
            elif isinstance(event, h11.EndOfMessage):
                self._finish()
                return

    def close(self) -> None:
        super().close()
        self._finish()

    def abort(self) -> None:
        super().abort()
        self._finish()

    def _finish(self) -> None:
        self.is_complete.set()
        self.takes_more.set()


class WireApp:
    """An ASGI application that sends each request over a connection of its own to a platform's server."""

    def __init__(self, application: Application, platform: Platform) -> None:
        settings = platform.settings
        self._application = application
        self._connections = Connections(1_000, settings.is_trusted_proxy, network_of)
        self._config = uvicorn.Config(
            application.rest,
            interface="asgi3",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=settings.trusted_proxies or None,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer = _Answer(scope["client"], scope["method"])
        protocol = BoundedProtocol(
            self._connections,
            self._application.new_request_id,
            self._application.hot,
            config=self._config,
            server_state=ServerState(),
            app_state={},
        )
        protocol.connection_made(answer)
        protocol.data_received(_head(scope))
        is_chunked, more = (b"transfer-encoding", b"chunked") in scope["headers"], True
        while more and not answer.is_complete.is_set():
            message = await receive()
            more, piece = message.get("more_body", False), message.get("body", b"")
            if is_chunked:
                piece = (b"%x\r\n%b\r\n" % (len(piece), piece) if piece else b"") + (b"" if more else b"0\r\n\r\n")
            if piece:
                protocol.data_received(piece)
                for _ in range(TURNS):
                    await asyncio.sleep(0)
                await answer.takes_more.wait()
        await answer.is_complete.wait()
        protocol.connection_lost(None)
        assert answer.head is not None, "The connection was closed without an answer."
        headers = list(answer.head.headers)
        await send({"type": "http.response.start", "status": answer.head.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


def _head(scope: Scope) -> bytes:
    """The request line and the headers."""
    target: bytes = scope.get("raw_path") or scope["path"].encode()
    if scope["query_string"]:
        target += b"?" + scope["query_string"]
    headers = b"".join(b"%b: %b\r\n" % header for header in scope["headers"])
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (scope["method"].encode(), target, headers)
