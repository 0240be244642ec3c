"""A load generator for one core: keep-alive connections that each send a request when the last is answered.

It is stateful where the platform is: a heartbeat needs the token of the answer before it.
"""

import asyncio
import time
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvloop

NextRequest = Callable[[bytes], bytes]


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

    def percentile_ms(self, percent: float) -> float:
        """A percentile of the latency."""
        ordered = sorted(self.latencies_s)
        return 1_000 * ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]


class _Client(asyncio.Protocol):
    """One connection. An answer is complete when its declared length has come."""

    def __init__(self, run: "_Run", next_request: NextRequest) -> None:
        self._run = run
        self._next_request = next_request
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send(b"")

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        head_end = received.find(b"\r\n\r\n")
        if head_end < 0:
            self._received = received
            return
        at = received.find(b"content-length: ") + 16
        length = int(received[at : received.find(b"\r", at)])
        if len(received) < head_end + 4 + length:
            self._received = received
            return
        self._received = b""
        self._run.answered(received.startswith(b"HTTP/1.1 200"), time.perf_counter() - self._sent_s)
        if self._run.open:
            self._send(received[head_end + 4 :])
        else:
            self._transport.close()

    def _send(self, answer: bytes) -> None:
        request = self._next_request(answer)
        self._sent_s = time.perf_counter()
        self._transport.write(request)


class _Run:
    def __init__(self) -> None:
        self.open = True
        self.counting = False
        self.requests = 0
        self.refused = 0
        self.latencies_s = array("d")

    def answered(self, good: bool, latency_s: float) -> None:
        if not self.counting:
            return
        self.requests += 1
        self.refused += not good
        self.latencies_s.append(latency_s)


def post(path: str, headers: str = "", body: str = "") -> bytes:
    """The bytes of a POST."""
    head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\n{headers}content-length: {len(body)}\r\n"
    return (head + ("content-type: application/json\r\n" if body else "") + "\r\n" + body).encode()


def measure(url: str, clients: list[NextRequest], *, server_pid: int, warm_s: float, seconds: float) -> Result:
    """Run one connection per client and count for `seconds`."""

    async def run() -> Result:
        address = urlsplit(url)
        state = _Run()
        loop = asyncio.get_running_loop()
        for client in clients:
            await loop.create_connection(lambda client=client: _Client(state, client), address.hostname, address.port)  # type: ignore[misc]
        await asyncio.sleep(warm_s)
        started_s, cpu_s, state.counting = time.perf_counter(), _cpu_s(server_pid), True
        await asyncio.sleep(seconds)
        state.counting = False
        elapsed_s, used_s = time.perf_counter() - started_s, _cpu_s(server_pid) - cpu_s
        state.open = False
        await asyncio.sleep(0.2)
        return Result(state.requests, elapsed_s, state.latencies_s, state.refused, used_s)

    return uvloop.run(run())


def _cpu_s(pid: int) -> float:
    """User and system time of a process so far."""
    import psutil

    times = psutil.Process(pid).cpu_times()
    return times.user + times.system
