"""One connection on a transport of the test's own: bytes go in, and time passes when the test sweeps."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any, cast

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from bithuman.core.refusals import Refusal
from bithuman.http.connections import LIMITS_S, Connections, Phase
from bithuman.http.hot import HotPath
from bithuman.http.hot_request import HotRequest, Route
from bithuman.http.metrics import RouteMetrics
from bithuman.http.protocol import MAX_DROPPED_BYTES, MAX_PIPELINED, MAX_REQUEST_BYTES, BoundedProtocol
from bithuman.http.requests import MAX_HEAD_BYTES
from bithuman.http.statuses import STATUS
from tests.doubles.wire import FakeTransport

CHUNKED = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


class FakeHotPath:
    """Answers the requests of /hot when it is told to."""

    def __init__(self) -> None:
        self._route = Route("/hot", self.answer, RouteMetrics(), max_body_bytes=100)
        self.may_answer = True
        self.waiting: list[HotRequest] = []
        self.bodies: list[bytes] = []

    def route(self, target: bytes) -> Route | None:
        return self._route if target == b"/hot" else None

    def answer(self, request: HotRequest) -> None:
        self.bodies.append(bytes(request.body))
        if self.may_answer:
            self.give(request)
        else:
            self.waiting.append(request)

    def give(self, request: HotRequest) -> None:
        request.connection.give(request, b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhot")

    def refuse(self, request: HotRequest, refusal: Refusal) -> None:
        request.connection.give(request, b"HTTP/1.1 %d No\r\ncontent-length: 0\r\n\r\n" % STATUS[refusal.code])

    def refuse_body(self, request: HotRequest) -> None:
        request.connection.give(request, b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n")


class Line:
    """A connection to an application that answers when it is told to."""

    def __init__(self) -> None:
        self.seen: list[list[tuple[bytes, bytes]]] = []
        self.messages: list[str] = []
        self.bodies: list[bytes] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.reads_body = True
        self.connections = Connections(1_000, lambda _: False, str)
        self.hot = FakeHotPath()
        config = uvicorn.Config(self._app, interface="asgi3", ws="none", log_config=None, access_log=False)
        numbers = itertools.count(1)
        self.protocol = BoundedProtocol(
            self.connections,
            lambda: f"id-{next(numbers)}",
            cast("HotPath", self.hot),
            config=config,
            server_state=ServerState(),
            app_state={},
        )
        self.transport = FakeTransport()
        self.protocol.connection_made(self.transport)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        more, body = self.reads_body, b""
        while more:
            message = await receive()
            self.messages.append(message["type"])
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.bodies.append(body)
        await self.may_answer.wait()
        self.seen.append(list(scope["headers"]))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def send(self, data: bytes) -> None:
        self.protocol.data_received(data)
        await self.settle()

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    def sweep(self, seconds: int) -> None:
        for _ in range(seconds):
            self.connections.sweep()

    def lose(self) -> None:
        self.protocol.connection_lost(None)

    def refusal(self) -> tuple[int, dict[str, Any], dict[str, str]]:
        """The status, the body and the headers of the only answer."""
        head, _, body = self.transport.written.partition(b"\r\n\r\n")
        status, *headers = head.decode().split("\r\n")
        table = dict(header.split(": ", 1) for header in headers)
        assert int(table["content-length"]) == len(body)
        return int(status.split()[1]), json.loads(body), table


@pytest.fixture
async def line() -> Line:
    return Line()


def refused_with(line: Line, status: int, code: str) -> str:
    """Check that the connection was refused in the contract's envelope, and return the message."""
    got, document, headers = line.refusal()
    error = document["error"]
    assert (got, error["code"], error["httpStatus"], document["status_code"]) == (status, code, status, status)
    assert headers["x-request-id"] == "id-1"
    assert headers["connection"] == "close"
    assert headers["content-type"] == "application/json"
    assert line.transport.ended
    message: str = error["message"]
    return message


HOT_WITH_BODY = b"POST /hot HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b"


class TestHotRequestsThatWait:
    async def queue_half(self, line: Line) -> None:
        """A request whose answer is under way, and half of another one behind it."""
        line.hot.may_answer = False
        await line.send(HOT_WITH_BODY % (1, b"a") + HOT_WITH_BODY % (4, b"bc"))
        line.hot.may_answer = True
        line.hot.give(line.hot.waiting.pop())

    async def test_the_rest_of_one_behind_an_answer_is_read(self, line: Line) -> None:
        await self.queue_half(line)
        assert not line.protocol.flow.read_paused
        await line.send(b"de")
        assert line.hot.bodies == [b"a", b"bcde"]

    async def test_one_whose_rest_never_comes_is_closed(self, line: Line) -> None:
        await self.queue_half(line)
        line.sweep(LIMITS_S[Phase.RECEIVING] + 1)
        assert line.transport.aborted

    async def test_one_that_is_never_answered_is_closed(self, line: Line) -> None:
        line.hot.may_answer = False
        await line.send(HOT_WITH_BODY % (1, b"a"))
        line.sweep(LIMITS_S[Phase.ANSWERING])
        assert not line.transport.aborted
        line.sweep(2)
        assert line.transport.aborted

    async def test_six_hundred_upgrades_are_six_hundred_requests(self, line: Line) -> None:
        upgrade = b"POST /hot HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"
        await line.send(upgrade * 600)
        assert len(line.hot.bodies) == 600

    @pytest.mark.parametrize("zeros", [5, 5_000])
    async def test_zeros_before_a_length_mean_nothing(self, line: Line, zeros: int) -> None:
        await line.send(b"POST /hot HTTP/1.1\r\ncontent-length: %b2\r\n\r\na" % (b"0" * zeros))
        await line.send(b"b")
        assert line.hot.bodies == [b"ab"]


class TestLargeRequests:
    @pytest.fixture(autouse=True)
    def _small_bounds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("bithuman.http.protocol.MAX_BODY_BYTES", 10)
        monkeypatch.setattr("bithuman.http.connections.MAX_LARGE", 1)

    async def test_there_is_room_for_a_few(self, line: Line) -> None:
        assert line.connections.take_large()
        await line.send(HOT_WITH_BODY % (20, b"x" * 15))
        assert line.transport.written.startswith(b"HTTP/1.1 503")
        assert line.hot.bodies == []

    async def test_one_that_is_answered_makes_room(self, line: Line) -> None:
        await line.send(HOT_WITH_BODY % (20, b"x" * 15))
        assert not line.connections.take_large()
        await line.send(b"x" * 5)
        assert line.hot.bodies == [b"x" * 20]
        assert line.connections.take_large()

    async def test_one_whose_connection_is_lost_makes_room(self, line: Line) -> None:
        await line.send(HOT_WITH_BODY % (20, b"x" * 15))
        line.lose()
        assert line.connections.take_large()


class TestTrailers:
    async def test_they_never_reach_the_headers(self, line: Line) -> None:
        await line.send(CHUNKED + b"1\r\nx\r\n0\r\napi-secret: bhs_x\r\nauthorization: Bearer x\r\n\r\n" + GET)
        assert line.seen == [[(b"host", b"x"), (b"transfer-encoding", b"chunked")], [(b"host", b"x")]]

    @pytest.mark.parametrize("trailer", [b"x: y\r\n" * 1_000, b"a" * 6_000], ids=["many", "long"])
    async def test_they_count_against_the_bound(self, line: Line, trailer: bytes) -> None:
        await line.send(CHUNKED + b"0\r\n")
        for _ in range(MAX_REQUEST_BYTES // len(trailer) + 1):
            await line.send(trailer)
        refused_with(line, 413, "PAYLOAD_TOO_LARGE")
        assert line.messages == ["http.disconnect"]

    async def test_so_do_those_of_a_request_that_is_answered_already(self, line: Line) -> None:
        line.reads_body = False
        await line.send(CHUNKED + b"0\r\n")
        answer = line.transport.written
        await line.send(b"x: y\r\n" * 30_000)
        assert answer.startswith(b"HTTP/1.1 200")
        assert line.transport.written == answer
        assert line.transport.ended


OFFER = b"connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n"
SMUGGLED = b"POST /smuggled HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"


class TestUpgrade:
    """A client that offers another protocol is answered in this one, and its body stays a body."""

    @pytest.mark.parametrize("size", [1, 7, 1_000], ids=["byte by byte", "in pieces", "at once"])
    @pytest.mark.parametrize("framing", ["content-length", "chunked", "none"])
    async def test_a_body_is_no_request(self, line: Line, framing: str, size: int) -> None:
        head, body = b"POST /one HTTP/1.1\r\nhost: x\r\n" + OFFER, SMUGGLED
        if framing == "content-length":
            data = head + b"content-length: %d\r\n\r\n" % len(body) + body
        elif framing == "chunked":
            data = head + b"transfer-encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
        else:
            data, body = head + b"\r\n", b""
        data += GET
        for start in range(0, len(data), size):
            await line.send(data[start : start + size])
        assert line.bodies == [body, b""]
        assert line.transport.written.count(b"HTTP/1.1 200") == 2

    async def test_its_headers_reach_the_application_once(self, line: Line) -> None:
        await line.send(b"POST / HTTP/1.1\r\nhost: x\r\n" + OFFER + b"content-length: 2\r\n\r\nab")
        names = [name for name, _ in line.seen[0]]
        assert names == [b"host", b"connection", b"upgrade", b"content-length"]


class TestPipelining:
    async def test_requests_that_are_sent_ahead_are_answered_in_turn(self, line: Line) -> None:
        line.may_answer.clear()
        await line.send(GET * (MAX_PIPELINED + 1))
        line.may_answer.set()
        for _ in range(MAX_PIPELINED):
            await line.settle()
        assert line.transport.written.count(b"HTTP/1.1 200") == MAX_PIPELINED + 1
        assert not line.transport.aborted

    async def test_a_client_that_sends_too_many_ahead_is_hung_up_on(self, line: Line) -> None:
        line.may_answer.clear()
        await line.send(GET * (MAX_PIPELINED + 2) * 10)
        assert line.transport.aborted
        assert len(line.protocol.pipeline) == MAX_PIPELINED

    async def test_no_more_is_read_until_all_that_came_ahead_is_answered(self, line: Line) -> None:
        line.reads_body = False
        line.may_answer.clear()
        await line.send(GET * 3)
        line.may_answer.set()
        await asyncio.sleep(0)
        assert line.protocol.flow.read_paused
        await line.settle()
        assert not line.protocol.flow.read_paused


class TestBounds:
    async def test_a_head_of_64_kib_is_taken(self, line: Line) -> None:
        head = b"GET / HTTP/1.1\r\nx: "
        await line.send(head + b"a" * (MAX_HEAD_BYTES - len(head) - 4) + b"\r\n\r\n")
        assert line.transport.written.startswith(b"HTTP/1.1 200")

    @pytest.mark.parametrize("size", [1_000, 250_000], ids=["in pieces", "at once"])
    async def test_one_byte_more_is_431(self, line: Line, size: int) -> None:
        head = b"GET / HTTP/1.1\r\nx: "
        data = head + b"a" * (MAX_HEAD_BYTES - len(head) - 3) + b"\r\n\r\n"
        for start in range(0, len(data), size):
            await line.send(data[start : start + size])
        assert "64 KiB" in refused_with(line, 431, "HEAD_TOO_LARGE")

    async def test_line_ends_between_requests_count_too(self, line: Line) -> None:
        await line.send(b"\r\n" * 40_000)
        refused_with(line, 431, "HEAD_TOO_LARGE")

    async def test_the_sizes_of_chunks_count(self, line: Line) -> None:
        await line.send(CHUNKED)
        for _ in range(50):
            await line.send(b"1;" + b"e" * 4_000 + b"\r\nx\r\n")
        refused_with(line, 413, "PAYLOAD_TOO_LARGE")

    async def test_a_chunked_body_of_64_kib_passes_with_the_sizes_of_its_chunks(self, line: Line) -> None:
        await line.send(CHUNKED + b"8\r\n12345678\r\n" * 8_192 + b"0\r\n\r\n")
        assert line.transport.written.startswith(b"HTTP/1.1 200")

    async def test_each_request_has_a_bound_of_its_own(self, line: Line) -> None:
        for _ in range(5):
            await line.send(CHUNKED + b"7530\r\n" + b"x" * 30_000 + b"\r\n0\r\n\r\n")
        assert line.transport.written.count(b"HTTP/1.1 200") == 5

    async def test_what_still_comes_after_a_refusal_is_dropped_and_bounded(self, line: Line) -> None:
        await line.send(b"\x16\x03\x01")
        written = line.transport.written
        await line.send(GET)
        assert line.transport.written == written
        assert not line.transport.is_closing()
        await line.send(b"x" * MAX_DROPPED_BYTES)
        assert line.transport.aborted


class TestUnreadable:
    @pytest.mark.parametrize(
        "data",
        [
            b"\x16\x03\x01\x02\x00",
            b"hello\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
            b"CONNECT example.com:443 HTTP/1.1\r\n\r\n",
            b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
            b"POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            b"POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
            CHUNKED + b"zz\r\n",
            CHUNKED + b"1\r\nxx\r\n",
        ],
    )
    async def test_it_is_400_in_the_envelope_with_an_id(self, line: Line, data: bytes) -> None:
        await line.send(data)
        assert "HTTP" in refused_with(line, 400, "VALIDATION_ERROR")

    async def test_an_answer_that_is_due_before_goes_out_alone(self, line: Line) -> None:
        line.may_answer.clear()
        await line.send(GET + b"\x16\x03\x01")
        assert line.transport.written == b""
        line.may_answer.set()
        await line.settle()
        assert line.transport.written.startswith(b"HTTP/1.1 200")
        assert line.transport.written.count(b"HTTP/1.1") == 1
        assert line.transport.closed

    async def test_a_body_that_breaks_after_its_answer_gets_no_second_one(self, line: Line) -> None:
        line.reads_body = False
        await line.send(CHUNKED)
        await line.send(b"zz\r\n")
        assert line.transport.written.count(b"HTTP/1.1") == 1
        assert line.transport.ended

    async def test_no_room_is_503(self, line: Line) -> None:
        line.connections.drain()
        line.protocol.connection_made(line.transport)
        status, document, headers = line.refusal()
        assert (status, document["error"]["code"], headers["retry-after"]) == (503, "UNAVAILABLE", "1")
        assert line.transport.closed


class TestPhases:
    async def test_of_a_request(self, line: Line) -> None:
        line.may_answer.clear()
        phases = [line.protocol.phase]
        for data in (b"\r\n", b"POST /", b" HTTP/1.1\r\ncontent-length: 2\r\n\r\n", b"x", b"y"):
            await line.send(data)
            phases.append(line.protocol.phase)
        line.may_answer.set()
        await line.settle()
        phases.append(line.protocol.phase)
        new, receiving = Phase.NEW, Phase.RECEIVING
        assert phases == [new, new, receiving, receiving, receiving, Phase.ANSWERING, Phase.KEPT]

    async def test_half_a_request_behind_a_whole_one_is_noticed(self, line: Line) -> None:
        await line.send(GET + b"GET /h")
        assert line.protocol.phase is Phase.RECEIVING

    async def test_an_answer_that_the_client_has_not_taken_is_not_idle(self, line: Line) -> None:
        await line.send(GET)
        line.transport.unsent = 10
        assert line.protocol.phase is Phase.ANSWERING

    async def test_a_body_behind_an_answer_under_way_waits_for_the_server(self, line: Line) -> None:
        line.may_answer.clear()
        await line.send(GET + CHUNKED)
        assert line.protocol.phase is Phase.ANSWERING

    async def test_a_refused_connection_leaves(self, line: Line) -> None:
        await line.send(b"\x16\x03\x01")
        assert line.protocol.phase is Phase.LEAVING


class TestTime:
    @pytest.fixture(params=[b"G", b"GET / HTTP/1.1\r\nho", CHUNKED, CHUNKED + b"2\r\nx", CHUNKED + b"0\r\nx: y\r\n"])
    def half(self, request: pytest.FixtureRequest) -> Any:
        """A request that stops somewhere."""
        return request.param

    async def test_half_a_request_is_closed_and_its_application_hears_so(self, line: Line, half: bytes) -> None:
        await line.send(half)
        line.sweep(LIMITS_S[Phase.RECEIVING])
        assert not line.transport.is_closing()
        line.sweep(1)
        assert line.transport.aborted
        line.lose()
        await line.settle()
        assert line.transport.written == b""
        assert line.messages in ([], ["http.disconnect"], ["http.request", "http.disconnect"])

    async def test_dripping_buys_no_time(self, line: Line) -> None:
        await line.send(CHUNKED)
        for _ in range(LIMITS_S[Phase.RECEIVING] + 1):
            await line.send(b"1\r\nx\r\n")
            line.sweep(1)
        assert line.transport.aborted

    async def test_each_request_has_a_deadline_of_its_own(self, line: Line) -> None:
        for _ in range(5):
            await line.send(GET[:5])
            line.sweep(LIMITS_S[Phase.RECEIVING])
            await line.send(GET[5:])
        assert not line.transport.is_closing()

    async def test_an_idle_connection_is_kept_from_its_last_answer_on(self, line: Line) -> None:
        line.sweep(LIMITS_S[Phase.NEW])
        for _ in range(3):
            await line.send(GET)
            line.sweep(LIMITS_S[Phase.KEPT])
        assert not line.transport.is_closing()
        line.sweep(1)
        assert line.transport.aborted

    async def test_the_deadline_of_a_request_begins_with_its_first_byte(self, line: Line) -> None:
        await line.send(GET)
        line.sweep(LIMITS_S[Phase.KEPT])
        await line.send(GET[:5])
        line.sweep(LIMITS_S[Phase.RECEIVING])
        assert not line.transport.is_closing()

    async def test_a_slow_request_takes_nothing_from_the_time_that_its_connection_is_kept(self, line: Line) -> None:
        await line.send(GET[:5])
        line.sweep(LIMITS_S[Phase.RECEIVING])
        await line.send(GET[5:])
        line.sweep(LIMITS_S[Phase.KEPT])
        assert not line.transport.is_closing()

    async def test_an_application_may_take_its_time(self, line: Line) -> None:
        line.may_answer.clear()
        await line.send(GET)
        line.sweep(10_000)
        assert not line.transport.is_closing()

    async def test_a_client_that_takes_a_byte_now_and_then_is_served_and_one_that_takes_none_is_not(
        self, line: Line
    ) -> None:
        await line.send(GET)
        for unsent in range(100, 0, -1):
            line.transport.unsent = unsent
            line.sweep(LIMITS_S[Phase.ANSWERING])
        assert not line.transport.is_closing()
        line.sweep(LIMITS_S[Phase.ANSWERING] + 1)
        assert line.transport.aborted

    async def test_a_stream_that_is_filled_up_as_fast_as_it_is_taken_goes_on(self, line: Line) -> None:
        await line.send(GET)
        line.transport.unsent = 100
        for _ in range(10):
            line.sweep(LIMITS_S[Phase.ANSWERING])
            line.protocol.resume_writing()
        assert not line.transport.is_closing()


class TestPipelines:
    async def test_a_lost_connection_is_told_to_the_request_under_way_and_not_to_the_last_one_alone(
        self, line: Line
    ) -> None:
        line.may_answer.clear()
        await line.send(GET + GET + GET)
        line.lose()
        line.may_answer.set()
        await line.settle()
        assert line.transport.written == b""

    async def test_all_are_answered_in_turn(self, line: Line) -> None:
        await line.send(GET * 3)
        assert line.transport.written.count(b"HTTP/1.1 200") == 3


class TestShutdown:
    @pytest.mark.parametrize("half", [b"", b"GET", CHUNKED, GET])
    async def test_what_has_no_whole_request_is_closed_at_once(self, line: Line, half: bytes) -> None:
        await line.send(half)
        line.protocol.shutdown()
        assert line.transport.aborted

    async def test_a_request_under_way_is_answered_and_then_the_connection_closed(self, line: Line) -> None:
        line.may_answer.clear()
        await line.send(GET)
        line.protocol.shutdown()
        assert not line.transport.is_closing()
        line.may_answer.set()
        await line.settle()
        assert line.transport.written.startswith(b"HTTP/1.1 200")
        assert line.transport.closed


HOT = b"POST /hot HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"


class TestHotRequests:
    async def test_pipelined_requests_are_answered_in_order(self, line: Line) -> None:
        line.hot.may_answer = False
        await line.send(HOT + GET + HOT)
        assert line.transport.written == b""
        line.hot.give(line.hot.waiting.pop())
        await line.settle()
        assert line.transport.written.endswith(b"ok")
        line.hot.give(line.hot.waiting.pop())
        answers = line.transport.written
        assert answers.index(b"hot") < answers.index(b"ok") < answers.rindex(b"hot")

    async def test_a_hot_request_waits_for_the_answer_before_it(self, line: Line) -> None:
        line.may_answer.clear()
        await line.send(GET + HOT)
        assert line.hot.bodies == []
        line.may_answer.set()
        await line.settle()
        assert line.transport.written.endswith(b"hot")

    async def test_a_lost_connection_gets_no_answer(self, line: Line) -> None:
        line.hot.may_answer = False
        await line.send(HOT)
        assert line.protocol.phase is Phase.ANSWERING
        line.lose()
        line.hot.give(line.hot.waiting.pop())
        assert line.transport.written == b""

    async def test_a_client_that_does_not_read_gets_no_further_answers(self, line: Line) -> None:
        line.protocol.pause_writing()
        await line.send(HOT * 3)
        assert line.hot.bodies == []
        line.protocol.resume_writing()
        assert len(line.hot.bodies) == 3

    async def test_no_more_of_them_wait_than_may(self, line: Line) -> None:
        line.protocol.pause_writing()
        await line.send(HOT * (MAX_PIPELINED + 1))
        assert line.transport.aborted

    async def test_a_body_that_is_declared_too_large_is_refused_before_it_comes(self, line: Line) -> None:
        await line.send(b"POST /hot HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 101\r\n\r\n")
        assert line.transport.written.startswith(b"HTTP/1.1 413")
        await line.send(b"x" * 101 + HOT)
        assert line.transport.written.endswith(b"hot")

    async def test_a_body_that_is_waited_for_is_asked_for(self, line: Line) -> None:
        await line.send(b"POST /hot HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
        assert line.transport.written == b"HTTP/1.1 100 Continue\r\n\r\n"
        await line.send(b"{")
        await line.send(b"}")
        assert line.hot.bodies == [b"{}"]

    async def test_the_connection_is_closed_where_the_client_asks_for_it(self, line: Line) -> None:
        await line.send(HOT.replace(b"host", b"connection: close\r\nhost"))
        assert line.transport.closed
