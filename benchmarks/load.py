"""A load generator for one core: keep-alive connections that each send a request when the last is answered.

It is stateful where the platform is: a heartbeat needs the token of the answer before it. Plain sockets on epoll, so
that the generator has room to spare where the server has none.
"""

from __future__ import annotations

import select
import socket
import time
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil

NextRequest = Callable[[bytes], bytes]

_LENGTH = b"ontent-length: "
_LENGTH_CAPITAL = b"ontent-Length: "
_GOOD = b"HTTP/1.1 200"


@dataclass(frozen=True, slots=True)
class Result:
    """What a run of `seconds` saw. `cpu_s`: the server's processor time."""

    requests: int
    seconds: float
    latencies_s: array[float]
    refused: int
    cpu_s: float

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def cpu_s_each(self) -> float:
        """The server's processor time for one request."""
        return self.cpu_s / self.requests

    def percentile_ms(self, percent: float) -> float:
        """A percentile of the latency."""
        ordered = sorted(self.latencies_s)
        return 1_000 * ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


class _Connection:
    """One connection and the request that it waits for. An answer is complete when its declared length has come."""

    def __init__(self, address: tuple[str, int], next_request: NextRequest) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._next_request = next_request
        self._received = b""
        self.sent_s = 0.0

    def send(self, answer: bytes) -> None:
        self.sent_s = time.perf_counter()
        self.socket.sendall(self._next_request(answer))

    def receive(self) -> tuple[bool, bytes] | None:
        """Whether the answer was 200, and its body, once all of it is here."""
        received = self._received + self.socket.recv(65_536)
        if not received:
            raise ConnectionError("the server closed a connection")
        head_end = received.find(b"\r\n\r\n") + 4
        if head_end > 3:
            at = received.find(_LENGTH)
            if at < 0:
                at = received.find(_LENGTH_CAPITAL)
            at += len(_LENGTH)
            if len(received) >= head_end + int(received[at : received.find(b"\r", at)]):
                self._received = b""
                return received.startswith(_GOOD), received[head_end:]
        self._received = received
        return None


def post(path: str, headers: str = "", body: str = "", content_type: str | None = "application/json") -> bytes:
    """The bytes of a POST."""
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {len(body)}\r\n"
    return (head + (f"content-type: {content_type}\r\n" if body and content_type else "") + "\r\n" + body).encode()


def measure(url: str, clients: list[NextRequest], *, server_pid: int, warm_s: float, seconds: float) -> Result:
    """Run one connection per client, and count for `seconds` after `warm_s`."""
    parts = urlsplit(url)
    connections = [_Connection((parts.hostname or "", parts.port or 80), client) for client in clients]
    by_number = {connection.socket.fileno(): connection for connection in connections}
    poll = select.epoll()
    for number, connection in by_number.items():
        poll.register(number, select.EPOLLIN)
        connection.send(b"")
    server = psutil.Process(server_pid)
    _drive(poll, by_number, time.perf_counter() + warm_s)
    started_s, cpu_s = time.perf_counter(), _cpu_s(server)
    latencies_s, refused = _drive(poll, by_number, started_s + seconds)
    result = Result(len(latencies_s), time.perf_counter() - started_s, latencies_s, refused, _cpu_s(server) - cpu_s)
    for connection in connections:
        connection.socket.close()
    poll.close()
    return result


def measure_paced(
    url: str, clients: list[NextRequest], *, server_pid: int, per_second: float, warm_s: float, seconds: float
) -> Result:
    """Send requests at a fixed rate, each on a free connection, and count for `seconds` after `warm_s`.

    A latency counts from the moment when its request was due, so that a server that stalls is not spared the requests
    that it held up.
    """
    parts = urlsplit(url)
    connections = [_Connection((parts.hostname or "", parts.port or 80), client) for client in clients]
    by_number = {connection.socket.fileno(): connection for connection in connections}
    poll = select.epoll()
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    free: deque[tuple[_Connection, bytes]] = deque((connection, b"") for connection in connections)
    due_s: dict[_Connection, float] = {}
    first_s, sent = time.perf_counter(), 0

    def drive(until_s: float) -> tuple[array[float], int]:
        nonlocal sent
        latencies_s, refused = array("d"), 0
        while (now_s := time.perf_counter()) < until_s:
            while free and first_s + sent / per_second <= now_s:
                connection, last_answer = free.popleft()
                due_s[connection] = first_s + sent / per_second
                sent += 1
                connection.send(last_answer)
            # A generator that spins uses up the quota of a virtual machine, whose disk then stops for milliseconds.
            time.sleep(max(0.0, first_s + sent / per_second - time.perf_counter()))
            for number, _ in poll.poll(0):
                connection = by_number[number]
                if (answer := connection.receive()) is not None:
                    latencies_s.append(time.perf_counter() - due_s[connection])
                    refused += not answer[0]
                    free.append((connection, answer[1]))
        return latencies_s, refused

    server = psutil.Process(server_pid)
    drive(first_s + warm_s)
    started_s, cpu_s = time.perf_counter(), _cpu_s(server)
    latencies_s, refused = drive(started_s + seconds)
    result = Result(len(latencies_s), time.perf_counter() - started_s, latencies_s, refused, _cpu_s(server) - cpu_s)
    for connection in connections:
        connection.socket.close()
    poll.close()
    return result


def _drive(poll: select.epoll, connections: dict[int, _Connection], until_s: float) -> tuple[array[float], int]:
    latencies_s, refused = array("d"), 0
    while (now_s := time.perf_counter()) < until_s:
        # It never sleeps: waking it up for every answer would be work of the server's core.
        for number, _ in poll.poll(0):
            connection = connections[number]
            answer = connection.receive()
            if answer is None:
                continue
            now_s = time.perf_counter()
            latencies_s.append(now_s - connection.sent_s)
            refused += not answer[0]
            connection.send(answer[1])
    return latencies_s, refused


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
