"""One connection: what of a request is taken, and what is answered to one that cannot be read."""

import asyncio
from collections.abc import Callable
from typing import Any

import httptools
import structlog
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from bithuman.core import refusals
from bithuman.core.refusals import Code, Refusal
from bithuman.http.connections import Connections, Phase
from bithuman.http.requests import MAX_BODY_BYTES, MAX_HEAD_BYTES, body_too_large, head_too_large
from bithuman.http.wire import encode, failure

# With the sizes of chunks and the trailers.
MAX_REQUEST_BYTES = MAX_HEAD_BYTES + MAX_BODY_BYTES
# What a client may still send while it reads that it was refused.
MAX_DROPPED_BYTES = 1024 * 1024
# Requests that may wait for the answer to the one before them. They are in memory.
MAX_PIPELINED = 64

# Where in a request the parser stands.
_BETWEEN, _HEAD, _BODY = range(3)
_MAX_BYTES = (MAX_HEAD_BYTES, MAX_HEAD_BYTES, MAX_REQUEST_BYTES)

_log = structlog.get_logger(__name__)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's connection, with a bound for all that it takes from a client: bytes here, time in `Connections`.

    Args:
        connections: all of the server's.
        new_request_id: names an answer that no application gives.
        uvicorn: what uvicorn gives its protocol.
    """

    def __init__(self, connections: Connections, new_request_id: Callable[[], str], **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self.since = connections.now
        self._connections = connections
        self._new_request_id = new_request_id
        self._part = _BETWEEN
        self._received = 0
        self._refused = False
        # Whether the parser reads a head that `_decline` wrote.
        self._framing = False
        self._running: RequestResponseCycle | None = None
        self._unsent = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Ask for a place among the connections."""
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if not self._connections.admit(self, address, transport.get_extra_info("socket").fileno()):
            self._answer(Refusal(Code.UNAVAILABLE, "All connections are in use. Try again shortly.", retry_after_s=1))
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._connections.leave(self)
        if self._running is not None:
            _cut_off(self._running)  # uvicorn does this for the last of several pipelined requests alone
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come, as far as the request's bound goes."""
        received = self._received + len(data)
        if received <= MAX_HEAD_BYTES:
            self._received = received
            self._parse(data)
        elif self._refused:
            self._received = received
            if received > MAX_DROPPED_BYTES:
                self.hang_up()
        else:
            self._take_up_to_the_bound(data)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        if self._framing:
            return
        self._part = _HEAD
        self.since = self._connections.now
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header. A trailer is dropped: it comes too late to authenticate anybody (RFC 9110, section 6.5.1)."""
        if self._part == _HEAD and not self._framing:
            super().on_header(name, value)

    def on_url(self, url: bytes) -> None:
        """Take a part of the request line."""
        if not self._framing:
            super().on_url(url)

    def on_headers_complete(self) -> None:
        """The head is over. A client that sends too many requests ahead of their answers is hung up on."""
        if self._framing:
            return
        if len(self.pipeline) >= MAX_PIPELINED:
            self.hang_up()
        if not self.transport.is_closing():
            super().on_headers_complete()
            self._part = _BODY

    def on_message_complete(self) -> None:
        """The request is over, unless the parser only stops because it offers another protocol."""
        if self.parser.should_upgrade():
            return
        self._part = _BETWEEN
        self._received = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request. As uvicorn does, but for a timer: the sweep closes what is kept for too long."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.since = self._connections.now
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self.flow.resume_reading()

    def shutdown(self) -> None:
        """The server stops: requests under way are answered, those that are not there yet are not waited for."""
        if self.phase is Phase.ANSWERING:
            super().shutdown()
        else:
            self.hang_up()

    @property
    def phase(self) -> Phase:
        """What the connection does now."""
        if self._part == _BODY and not self._refused:
            # While the server does not read, it is not the client who takes time.
            return Phase.ANSWERING if self.pipeline or self.flow.read_paused else Phase.RECEIVING
        if self._owes_an_answer() or self.transport.get_write_buffer_size():
            return Phase.ANSWERING
        if self._refused:
            return Phase.LEAVING
        if self._part == _HEAD:
            return Phase.RECEIVING
        return Phase.NEW if self._running is None else Phase.KEPT

    def progresses(self) -> bool:
        """Whether the application is at work, or the client took some of the answer since this was last asked."""
        unsent, before = self.transport.get_write_buffer_size(), self._unsent
        self._unsent = unsent
        return unsent == 0 or unsent < before

    def resume_writing(self) -> None:
        """The client has taken enough of the answer for more."""
        self.since = self._connections.now
        super().resume_writing()

    def hang_up(self) -> None:
        """Close the connection at once."""
        self.transport.abort()

    def _parse(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._decline(data[offer.args[0] :])
        except httptools.HttpParserError:
            self._refuse(refusals.invalid("What was sent is not an HTTP/1.1 request."))

    def _decline(self, rest: bytes) -> None:
        """Go on in HTTP/1.1 with a request that offers another protocol (RFC 9110, section 7.8).

        The parser takes everything after its head for that protocol. A new one is given the lengths of the body alone.
        """
        lengths = [header for header in self.headers if header[0] in (b"content-length", b"transfer-encoding")]
        head = b"".join(b"%b: %b\r\n" % header for header in lengths or [(b"content-length", b"0")])
        self.parser = httptools.HttpRequestParser(self)
        self._framing = True
        self._parse(b"POST / HTTP/1.1\r\n" + head + b"\r\n")
        self._framing = False
        if not self._refused:
            self._parse(rest)

    def _take_up_to_the_bound(self, data: bytes) -> None:
        while data and not self._refused:
            room = _MAX_BYTES[self._part] - self._received
            if room <= 0:
                self._refuse(body_too_large() if self._part == _BODY else head_too_large())
                return
            piece, data = data[:room], data[room:]
            self._received += len(piece)
            self._parse(piece)

    def _refuse(self, refusal: Refusal) -> None:
        """Answer a request that cannot be read, where an answer to it is due now, and read no more of the connection.

        What still comes is dropped, for a while: closing a connection with bytes unread may take the answer from a
        client that is still sending (RFC 9112, section 9.6).
        """
        self._refused = True
        self._received = MAX_HEAD_BYTES
        self.since = self._connections.now
        if self._part == _BODY:
            if self.pipeline or (self.cycle.response_started and not self.cycle.response_complete):
                self.hang_up()
                return
            if not self.cycle.response_complete:
                _cut_off(self.cycle)
                self._answer(refusal)
        elif self._owes_an_answer():
            self.cycle.keep_alive = False
            return
        else:
            self._answer(refusal)
        self.transport.write_eof()

    def _owes_an_answer(self) -> bool:
        running = self._running
        return running is not None and not (running.response_complete or running.disconnected)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _answer(self, refusal: Refusal) -> None:
        request_id, body, status = self._new_request_id(), encode(failure(refusal)), refusal.code.http_status
        _log.info("refused", request_id=request_id, route="unread", status=status, code=refusal.code)
        retry_after = "" if refusal.retry_after_s is None else f"retry-after: {refusal.retry_after_s}\r\n"
        head = (
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\ncache-control: no-store\r\n"
            f"x-request-id: {request_id}\r\n{retry_after}connection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[status] + head.encode() + body)


def _cut_off(cycle: RequestResponseCycle) -> None:
    """Let the application know that nobody waits for its answer any more."""
    cycle.disconnected = True
    cycle.message_event.set()
