"""Requests a second for the three hot endpoints, each beside a bare ASGI application measured in the same run.

Server and load generator have one core each. Everything is real: durable commits, signed tokens, a new token for every
heartbeat. Two ratios: of requests a second, and of the server's processor time for each request, which other work on
the machine disturbs less.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.load import NextRequest, Result, measure, post
from tools.local_server import LocalServer

SERVER_CORE, LOAD_CORE = 0, 1
PINNED = ("taskset", "-c", str(SERVER_CORE))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="counted time of each measurement")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the table shows the median of their ratios")
    options = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})
    folder = Path("out/bench")
    shutil.rmtree(folder, ignore_errors=True)

    rows: dict[str, list[tuple[Result, float]]] = {}
    with LocalServer(folder, prefix=PINNED) as server, bare_server() as (bare_url, bare_pid):
        account = server.create_account("bench@example.com", "enterprise", credits=1_000_000)
        secret = f"api-secret: {account.secret}\r\n"
        for _ in range(options.rounds):
            constant = constant_request(post("/"))
            ceiling = run(bare_url, [constant] * options.connections, bare_pid, options)
            rows.setdefault("bare ASGI", []).append((ceiling, 1.0))
            heartbeats = [
                heartbeat_client(token) for token in open_sessions(server, account.secret, options.connections)
            ]
            for name, clients in {
                "validate": [constant_request(post("/v1/validate", secret))] * options.connections,
                "request": [exchange_client(secret, number) for number in range(options.connections)],
                "heartbeat": heartbeats,
            }.items():
                result = run(server.url, clients, server.pid, options)
                rows.setdefault(name, []).append((result, result.per_second / ceiling.per_second))
        print(server.admin("check").strip())
    show(rows, options.connections)


def run(url: str, clients: list[NextRequest], pid: int, options: argparse.Namespace) -> Result:
    """One measurement."""
    return measure(url, clients, server_pid=pid, warm_s=1.0, seconds=options.seconds)


def show(rows: dict[str, list[tuple[Result, float]]], connections: int) -> None:
    """A line for each endpoint: the round with the median ratio."""
    rounds = len(rows["bare ASGI"])
    print(f"\n{connections} connections, a core for the server and one for the load; the median of {rounds} rounds")
    print(f"{'':<12}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'refused':>9}{'of ceiling':>12}{'by CPU time':>13}")
    ceiling_cpu_s = _median(rows["bare ASGI"])[0].cpu_s_each
    for name, results in rows.items():
        result, ratio = _median(results)
        print(
            f"{name:<12}{result.per_second:>12,.0f}{result.percentile_ms(50):>9.2f}{result.percentile_ms(99):>9.2f}"
            f"{result.refused:>9}{ratio:>12.2f}{ceiling_cpu_s / result.cpu_s_each:>13.2f}"
        )


def _median(results: list[tuple[Result, float]]) -> tuple[Result, float]:
    return sorted(results, key=lambda pair: pair[1])[len(results) // 2]


def constant_request(request: bytes) -> NextRequest:
    """A client that sends the same again and again."""
    return lambda _: request


def exchange_client(secret: str, number: int) -> NextRequest:
    """A client that asks for tokens of one session, as the published native client does every minute."""
    body = f'{{"fingerprint":"{number:032x}","transaction_id":"863ec82a-d4f5-4c2d-a90b-{number:012x}"}}'
    return constant_request(post("/v1/runtime-tokens/request", secret, body))


def heartbeat_client(token: str) -> NextRequest:
    """A client that beats with the token of the last answer."""
    seq = 0

    def next_request(answer: bytes) -> bytes:
        nonlocal token, seq
        start = answer.find(b'"token":"') + 9
        if start > 8:
            token = answer[start : answer.find(b'"', start)].decode()
        seq += 1
        return post("/v1/runtime-tokens/heartbeat", f"authorization: Bearer {token}\r\n", f'{{"seq":{seq}}}')

    return next_request


def open_sessions(server: LocalServer, secret: str, count: int) -> Iterator[str]:
    """Tokens of `count` sessions."""
    with httpx.Client(base_url=server.url, headers={"api-secret": secret}) as client:
        for number in range(count):
            body = {"fingerprint": f"{number:032x}", "transaction_id": f"beat-{number}"}
            yield client.post("/v1/runtime-tokens/request", json=body).raise_for_status().json()["data"]["token"]


@contextmanager
def bare_server() -> Iterator[tuple[str, int]]:
    """The ceiling's server, on a free port of the same core."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([*PINNED, sys.executable, "benchmarks/bare.py", str(port)])
    try:
        wait_until(lambda: httpx.post(f"http://127.0.0.1:{port}/").is_success)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait()


def wait_until(ready: Callable[[], bool]) -> None:
    """Ask until the server answers."""
    for _ in range(100):
        try:
            if ready():
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("The bare server did not start.")


if __name__ == "__main__":
    main()
