"""One connection: what of a request is taken, and what is answered to one that cannot be read."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

import httptools
import structlog
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from bithuman.core import refusals
from bithuman.core.refusals import Code, Refusal
from bithuman.http.connections import Connections, Phase
from bithuman.http.hot import HotPath
from bithuman.http.hot_request import HotRequest, Route
from bithuman.http.requests import MAX_BODY_BYTES, MAX_HEAD_BYTES, body_too_large, declared_length, head_too_large
from bithuman.http.statuses import STATUS
from bithuman.http.wire import encode, failure

# With the sizes of chunks and the trailers.
MAX_REQUEST_BYTES = MAX_HEAD_BYTES + MAX_BODY_BYTES
# What a client may still send while it reads that it was refused.
MAX_DROPPED_BYTES = 1024 * 1024
# Requests that may wait for the answer to the one before them. They are in memory.
MAX_PIPELINED = 64

# Where in a request the parser stands.
_BETWEEN, _HEAD, _BODY = range(3)

_log = structlog.get_logger(__name__)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's connection, with a bound for all that it takes from a client: bytes here, time in `Connections`.

    Requests of a hot path are answered without an application (see `http/hot.py`).

    Args:
        connections: all of the server's.
        new_request_id: names an answer that no application gives.
        hot: answers the hot paths.
        uvicorn: what uvicorn gives its protocol.
    """

    cycle: RequestResponseCycle | HotRequest  # type: ignore[assignment]
    pipeline: deque[tuple[RequestResponseCycle | HotRequest, ASGI3Application | None]]  # type: ignore[assignment]

    def __init__(
        self, connections: Connections, new_request_id: Callable[[], str], hot: HotPath, **uvicorn: Any
    ) -> None:
        super().__init__(**uvicorn)
        self.since = connections.now
        self._connections = connections
        self._new_request_id = new_request_id
        self._hot = hot
        self._part = _BETWEEN
        self._received = 0
        self._refused = False
        # Whether the parser reads a head that `_decline` wrote.
        self._framing = False
        self._max_bytes = MAX_REQUEST_BYTES
        self._running: RequestResponseCycle | HotRequest | None = None
        self._unsent = 0
        self._holds_large = False

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
        self._give_large_back()
        if self._running is not None:
            _cut_off(self._running)  # uvicorn does this for the last of several pipelined requests alone
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come, as far as the request's bound goes."""
        received = self._received + len(data)
        if received <= MAX_HEAD_BYTES:
            self._received = received
            self._parse(data)
            if self._part == _BODY and self._running is self.cycle:
                self._expect_body()
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
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header. A trailer is dropped: it comes too late to authenticate anybody (RFC 9110, section 6.5.1)."""
        if self._part == _HEAD and not self._framing:
            name = name.lower()
            if name == b"expect":
                self.expect_100_continue = value.lower() == b"100-continue"
            self.headers.append((name, value))

    def on_url(self, url: bytes) -> None:
        """Take a part of the request line."""
        if not self._framing:
            self.url += url

    def on_headers_complete(self) -> None:
        """The head is over. A client that sends too many requests ahead of their answers is hung up on."""
        if self._framing:
            return
        if len(self.pipeline) >= MAX_PIPELINED:
            self.hang_up()
        if self.transport.is_closing():
            return
        route = self._hot.route(self.url)
        if route is None:
            self._max_bytes = MAX_REQUEST_BYTES
            self._hand_to_application()
        else:
            self._max_bytes = MAX_HEAD_BYTES + route.max_body_bytes
            self._take_hot(route)
        self._part = _BODY

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        request = self.cycle
        if not isinstance(request, HotRequest):
            super().on_body(body)
        elif not request.response_complete:
            request.body += body
            if len(request.body) > request.route.max_body_bytes and self._running is request:
                self._hot.refuse_body(request)
            elif len(request.body) > MAX_BODY_BYTES and not self._holds_large and self._running is request:
                self._take_large(request)

    def on_message_complete(self) -> None:
        """The request is over, unless the parser only stops because it offers another protocol."""
        if self.parser.should_upgrade():
            return
        self._part = _BETWEEN
        self._received = 0
        request = self.cycle
        if not isinstance(request, HotRequest):
            super().on_message_complete()
            return
        request.is_complete = True
        if self._running is request and not request.response_complete:
            self._hot.answer(request)

    def give(self, request: HotRequest, answer: bytes) -> None:
        """Send the answer of a hot request, and go on with the next."""
        request.response_complete = True
        if request.disconnected:
            return
        self.transport.write(answer)
        if not self.flow.write_paused:
            self._give_large_back()
        if not request.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def on_response_complete(self) -> None:
        """Go on with the next request. As uvicorn does, but for a timer: the sweep closes what is kept for too long."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.since = self._connections.now
        if self.pipeline:
            self._start_next()
        elif self.flow.read_paused:
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
        """Whether the application is at work, or the client took some of the answer since this was last asked.

        A hot request waits for one commit, and never for long.
        """
        unsent, before = self.transport.get_write_buffer_size(), self._unsent
        self._unsent = unsent
        return unsent < before or (unsent == 0 and not isinstance(self._running, HotRequest))

    def resume_writing(self) -> None:
        """The client has taken enough of the answer for more."""
        self.since = self._connections.now
        self._give_large_back()
        super().resume_writing()
        if self.pipeline and not self._owes_an_answer():
            self._start_next()

    def hang_up(self) -> None:
        """Close the connection at once."""
        self.transport.abort()

    def _parse(self, data: bytes) -> None:
        while data and not self._refused:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                data = data[offer.args[0] :]
                self._decline()
            except httptools.HttpParserError as error:
                fault = error.__context__
                if fault is not None and not isinstance(fault, httptools.HttpParserError):
                    _log.error("connection_failed", exc_info=error)  # one of ours, in a callback of the parser
                    self.hang_up()
                    return
                self._refuse(refusals.invalid("What was sent is not an HTTP/1.1 request."))
            else:
                return

    def _decline(self) -> None:
        """Go on in HTTP/1.1 with a request that offers another protocol (RFC 9110, section 7.8).

        The parser takes everything after its head for that protocol. A new one is given the lengths of the body alone.
        """
        lengths = [header for header in self.headers if header[0] in (b"content-length", b"transfer-encoding")]
        head = b"".join(b"%b: %b\r\n" % header for header in lengths or [(b"content-length", b"0")])
        self.parser = httptools.HttpRequestParser(self)
        self._framing = True
        self._parse(b"POST / HTTP/1.1\r\n" + head + b"\r\n")
        self._framing = False

    def _take_up_to_the_bound(self, data: bytes) -> None:
        while data and not self._refused:
            room = (self._max_bytes if self._part == _BODY else MAX_HEAD_BYTES) - self._received
            if room <= 0:
                self._refuse(body_too_large() if self._part == _BODY else head_too_large())
                return
            piece, data = data[:room], data[room:]
            self._received += len(piece)
            self._parse(piece)
            if self._part == _BODY and self._running is self.cycle:
                self._expect_body()

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

    def _hand_to_application(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        HttpToolsProtocol.on_message_begin(self)
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def _take_hot(self, route: Route) -> None:
        before: RequestResponseCycle | HotRequest | None = self.cycle
        keep_alive = self.parser.get_http_version() != "1.0" and self.parser.should_keep_alive()
        request = HotRequest(self, route, self.parser.get_method(), self.headers, keep_alive)
        self.cycle = request
        if (before is None or before.response_complete) and not self.flow.write_paused:
            self._running = request
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((request, None))

    def _take_large(self, request: HotRequest) -> None:
        """A large body is about to be held. There is room for a few."""
        self._holds_large = self._connections.take_large()
        if not self._holds_large:
            self._hot.refuse(request, Refusal(Code.UNAVAILABLE, "Too many large requests. Try again.", retry_after_s=1))

    def _give_large_back(self) -> None:
        if self._holds_large:
            self._holds_large = False
            self._connections.give_large_back()

    def _expect_body(self) -> None:
        """Some of a request's body is still to come. That of a hot one is refused, or asked for, before it does."""
        request = self.cycle
        if not isinstance(request, HotRequest) or request.response_complete:
            return
        if max(declared_length(dict(request.headers)), len(request.body)) > request.route.max_body_bytes:
            self._hot.refuse_body(request)
        elif self.expect_100_continue:
            self.expect_100_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _start_next(self) -> None:
        """Start the oldest request that waits for its turn, where the client takes what is written."""
        if self.flow.write_paused:
            return
        request, application = self.pipeline.pop()
        if not isinstance(request, HotRequest):
            assert application is not None
            self._start_asgi_task(request, application)
            return
        self._running = request
        if request.is_complete:
            self._hot.answer(request)
        elif request is self.cycle:
            # Reading stopped when it began to wait. uvicorn's own requests resume it when they want their body.
            self.flow.resume_reading()
            self._expect_body()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _answer(self, refusal: Refusal) -> None:
        request_id, body, status = self._new_request_id(), encode(failure(refusal)), STATUS[refusal.code]
        _log.info("refused", request_id=request_id, route="unread", status=status, code=refusal.code)
        retry_after = "" if refusal.retry_after_s is None else f"retry-after: {refusal.retry_after_s}\r\n"
        head = (
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\ncache-control: no-store\r\n"
            f"x-request-id: {request_id}\r\n{retry_after}connection: close\r\n\r\n"
        )
        self.transport.write(STATUS_LINE[status] + head.encode() + body)


def _cut_off(cycle: RequestResponseCycle | HotRequest) -> None:
    """Let the application know that nobody waits for its answer any more."""
    cycle.disconnected = True
    cycle.message_event.set()
