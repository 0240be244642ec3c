"""Clients that send too much, too little or nothing, and a good one beside them: a real server on real sockets."""

import json
import select
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from bithuman.http.connections import most_connections
from bithuman.http.protocol import MAX_DROPPED_BYTES
from tools.local_server import LocalServer

DESCRIPTORS = 400
HALF_HEAD = b"GET /healthz HTTP/1.1\r\nhost: x"
HALF_BODY = b"POST /v1/runtime-tokens/heartbeat HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{"
HALF_COLD_BODY = b"POST /v1/runtime-tokens/end HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{"
CHUNKED = b"POST %s HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"

Connect = Callable[[LocalServer], socket.socket]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    folder = tmp_path_factory.mktemp("connections")
    with LocalServer(folder, prefix=("prlimit", f"--nofile={DESCRIPTORS}")) as running:
        yield running


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens connections that live as long as the test."""
    with ExitStack() as stack:

        def open_one(server: LocalServer) -> socket.socket:
            url = httpx.URL(server.url)
            return stack.enter_context(socket.create_connection((url.host, url.port or 80), timeout=10))

        yield open_one


def read_answer(connection: socket.socket) -> tuple[bytes, bytes]:
    """Head and body of the only answer, read until the server is done."""
    received = b""
    with suppress(ConnectionError):
        while data := connection.recv(65_536):
            received += data
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def send_until_cut_off(connection: socket.socket, piece: bytes, at_most: int) -> int:
    sent = 0
    with suppress(ConnectionError):
        while sent < at_most:
            connection.sendall(piece)
            sent += len(piece)
    return sent


class TestTooMuch:
    def test_trailers_without_end_are_cut_off(self, server: LocalServer, connect: Connect) -> None:
        connection = connect(server)
        connection.sendall(CHUNKED % b"/v1/runtime-tokens/heartbeat" + b"0\r\n")
        # Beside what the server takes and drops, the sockets' buffers hold some.
        assert send_until_cut_off(connection, b"x: y\r\n" * 10_000, 100 * MAX_DROPPED_BYTES) < 50 * MAX_DROPPED_BYTES
        assert httpx.get(f"{server.url}/healthz").status_code == 200

    def test_a_secret_in_a_trailer_is_no_secret(self, server: LocalServer, connect: Connect) -> None:
        secret = server.create_account("ada@example.com").secret.encode()
        for path, answer in (
            (b"/v1/validate", b'{"valid":false}'),
            (b"/v1/runtime-tokens/request", b"MISSING_AUTH"),
            (b"/v1/runtime-tokens/verify", b"MISSING_AUTH"),
        ):
            connection = connect(server)
            connection.sendall(CHUNKED % path + b'b\r\n{"token":1}\r\n0\r\napi-secret: ' + secret + b"\r\n\r\n")
            assert answer in read_answer(connection)[1]

    @pytest.mark.parametrize(
        ("data", "status", "code"),
        [
            (b"GET / HTTP/1.1\r\nx: " + b"a" * 500_000 + b"\r\n\r\n", 431, "HEAD_TOO_LARGE"),
            (CHUNKED % b"/v1/runtime-tokens/heartbeat" + b"1;" + b"e" * 500_000, 413, "PAYLOAD_TOO_LARGE"),
            (CHUNKED % b"/v1/runtime-tokens/heartbeat" + b"zz\r\n" + b"e" * 500_000, 400, "VALIDATION_ERROR"),
            (b"\x16\x03\x01" + b"\x00" * 500_000, 400, "VALIDATION_ERROR"),
        ],
        ids=["head", "chunk sizes", "bad chunk", "TLS"],
    )
    def test_a_client_that_sends_all_before_it_reads_gets_the_envelope(
        self, server: LocalServer, connect: Connect, data: bytes, status: int, code: str
    ) -> None:
        connection = connect(server)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        head, body = read_answer(connection)
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert b"\r\nx-request-id: " in head
        assert json.loads(body)["error"]["code"] == code


class TestTooMany:
    @pytest.mark.parametrize("sent", [b"", HALF_HEAD, HALF_BODY], ids=["nothing", "half a head", "half a body"])
    def test_a_good_client_is_served_beside_a_crowd(self, server: LocalServer, connect: Connect, sent: bytes) -> None:
        with httpx.Client() as kept:
            assert kept.get(f"{server.url}/healthz").status_code == 200
            for _ in range(DESCRIPTORS + 200):
                connect(server).sendall(sent)
                assert psutil.Process(server.pid).num_fds() < DESCRIPTORS
            for _ in range(20):
                assert httpx.post(f"{server.url}/v1/validate").json() == {"valid": False}
            assert kept.get(f"{server.url}/healthz").status_code == 200
        one_address = most_connections(DESCRIPTORS) // 2
        sockets = [one for one in psutil.Process(server.pid).net_connections() if one.status == "ESTABLISHED"]
        assert len(sockets) <= one_address

    def test_the_server_allows_itself_as_many_descriptors_as_the_system_does(self, tmp_path: Path) -> None:
        with LocalServer(tmp_path, prefix=("prlimit", "--nofile=100:300")) as server:
            assert psutil.Process(server.pid).rlimit(psutil.RLIMIT_NOFILE) == (300, 300)


class TestStop:
    def test_neither_half_sent_requests_nor_a_client_that_does_not_read_hold_it_up(
        self, tmp_path: Path, connect: Connect
    ) -> None:
        server = LocalServer(tmp_path).start()
        for data in (b"", HALF_HEAD, HALF_BODY, HALF_COLD_BODY, CHUNKED % b"/v1/validate"):
            connect(server).sendall(data)
        download = b"GET /docs/files/swagger-ui-bundle.js HTTP/1.1\r\nhost: x\r\n\r\n"
        connect(server).sendall(download * 20)
        assert httpx.get(f"{server.url}/healthz").status_code == 200
        assert server.stop() == 0
        log = (server.data_dir / "server.log").read_text()
        assert "Traceback" not in log
        assert '"level": "error"' not in log  # such as uvicorn's, when it has to cancel a task


class TestManyBusyConnections:
    def test_new_ones_do_not_wait_for_hundreds_of_turns(self, tmp_path: Path) -> None:
        with LocalServer(tmp_path) as server, ExitStack() as stack, select.epoll() as poll:
            url = httpx.URL(server.url)
            asked = b"POST /v1/validate HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n"
            by_number: dict[int, socket.socket] = {}

            def open_some(count: int) -> set[int]:
                opened = [
                    stack.enter_context(socket.create_connection((url.host, url.port or 80))) for _ in range(count)
                ]
                by_number.update({connection.fileno(): connection for connection in opened})
                for connection in opened:
                    poll.register(connection, select.EPOLLIN)
                    connection.sendall(asked)
                return {connection.fileno() for connection in opened}

            def answers_until_all_answered(waiting: set[int]) -> Counter[int]:
                answers: Counter[int] = Counter()
                while waiting:
                    for number, _ in poll.poll(10) or pytest.fail("No answer came for ten seconds."):
                        assert by_number[number].recv(65_536).startswith(b"HTTP/1.1 200")
                        by_number[number].sendall(asked)
                        answers[number] += 1
                        waiting.discard(number)
                return answers

            busy = open_some(250)
            answers_until_all_answered(set(busy))
            answers = answers_until_all_answered(open_some(160))
            # One connection accepted in each turn would be 160 turns.
            assert max(answers[number] for number in busy) < 60
