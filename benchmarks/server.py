"""Requests a second for the hot endpoints, each beside a bare ASGI application measured in the same run.

Server and load generator have one core each. Everything is real: durable commits, signed tokens, a new token for every
heartbeat. Two ratios: of requests a second, and of the server's processor time for each request, which other work on
the machine disturbs less, and which the load generator does not limit.
"""

import argparse
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil

from benchmarks.load import NextRequest, Result, measure, measure_paced, post
from benchmarks.servers import Running, peer_clients, peer_server, python_server
from tools.local_server import LocalServer

SERVER_CORE, LOAD_CORE = 0, 1
PINNED = ("taskset", "-c", str(SERVER_CORE))
FOLDER = Path("out/bench")
CONNECTIONS = 64
BEATS = 250
WARM_S = 0.5
PLACES = 2_000
# Each heartbeat of this server is late enough to be put on the ledger.
BILLS_EACH: dict[str, Any] = {"heartbeat_seconds": 0.03, "grace_seconds": 60}

Rows = dict[str, list[tuple[Result, Result, int]]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4.0, help="counted time of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="rounds; the table shows the median of their ratios")
    parser.add_argument("--sessions", type=int, default=100_000, help="live sessions of the last measurement; 0: none")
    options = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with ExitStack() as servers:
        bare = servers.enter_context(python_server("bare", PINNED))
        raw = servers.enter_context(python_server("raw", PINNED))
        peer = servers.enter_context(peer_server(PINNED, FOLDER / "peer"))
        plans = plans_with(PLACES)
        server = servers.enter_context(LocalServer(FOLDER / "server", prefix=PINNED, plans_file=plans))
        billing = servers.enter_context(LocalServer(FOLDER / "billing", prefix=PINNED, plans_file=plans, **BILLS_EACH))
        secrets = [made.create_account("bench@example.com", "enterprise", 10**6).secret for made in (server, billing)]
        rows: Rows = {}
        for _ in range(options.rounds):
            measure_round(rows, bare, raw, peer, server, billing, secrets, options.seconds)
        show(rows)
        show_paced(rows, bare, server, secrets[0], options.seconds)
        show_connections(bare, server, secrets[0], options.rounds, options.seconds)
        for made in (server, billing):
            print(made.admin("check").strip())
    if options.sessions:
        show_many_sessions(options.sessions, options.seconds)


def measure_round(
    rows: Rows,
    bare: Running,
    raw: Running,
    peer: Running | None,
    server: LocalServer,
    billing: LocalServer,
    secrets: list[str],
    seconds: float,
) -> None:
    """Measure everything once, beside the bare application."""
    constant = [constant_request(post("/"))] * CONNECTIONS
    ceiling = run(bare.url, constant, bare.pid, seconds)

    def add(name: str, url: str, clients: list[NextRequest], pid: int, each: int = 1) -> None:
        rows.setdefault(name, []).append((run(url, clients, pid, seconds), ceiling, each))

    rows.setdefault("bare ASGI", []).append((ceiling, ceiling, 1))
    add("raw protocol", raw.url, constant, raw.pid)
    add("validate", server.url, validate_clients(secrets[0]), server.pid)
    add("exchange", server.url, exchange_clients(secrets[0], CONNECTIONS), server.pid)
    add("heartbeat", server.url, heartbeat_clients(server, secrets[0], CONNECTIONS), server.pid)
    add("heartbeat, billed", billing.url, heartbeat_clients(billing, secrets[1], CONNECTIONS), billing.pid)
    add("heartbeats", server.url, batch_clients(server, secrets[0]), server.pid, BEATS)
    if peer is not None:
        for name, clients in peer_clients(peer.url, CONNECTIONS).items():
            add(f"peer: {name}", peer.url, clients, peer.pid)


def run(url: str, clients: list[NextRequest], pid: int, seconds: float) -> Result:
    """One measurement."""
    return measure(url, clients, server_pid=pid, warm_s=WARM_S, seconds=seconds)


def show(rows: Rows) -> None:
    """A line for each: the round with the median ratio."""
    print(f"\n{CONNECTIONS} connections, a core for the server and one for the load; the median of the rounds")
    print(f"{'':<20}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}{'refused':>9}{'of bare':>9}{'by CPU time':>13}")
    for name, results in rows.items():
        result, ceiling, each = _median(results)
        print(
            f"{name:<20}{result.per_second * each:>10,.0f}{result.percentile_ms(50):>9.2f}"
            f"{result.percentile_ms(99):>9.2f}{result.refused:>9}{result.per_second * each / ceiling.per_second:>9.2f}"
            f"{ceiling.cpu_s_each / result.cpu_s_each * each:>13.2f}"
        )


def _median(results: list[tuple[Result, Result, int]]) -> tuple[Result, Result, int]:
    return sorted(results, key=lambda one: one[0].per_second / one[1].per_second)[len(results) // 2]


def show_paced(rows: Rows, bare: Running, server: LocalServer, secret: str, seconds: float) -> None:
    """The latencies at half of the rate that was just measured. `core`: how much of its core the server used."""
    print("\nAt half of that rate")
    print(f"{'':<20}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}{'refused':>9}{'core':>9}")
    constant = [constant_request(post("/"))] * CONNECTIONS
    for name, url, pid, clients in (
        ("bare ASGI", bare.url, bare.pid, constant),
        ("validate", server.url, server.pid, validate_clients(secret)),
        ("exchange", server.url, server.pid, exchange_clients(secret, CONNECTIONS)),
        ("heartbeat", server.url, server.pid, heartbeat_clients(server, secret, CONNECTIONS)),
    ):
        rate = _median(rows[name])[0].per_second / 2
        paced = measure_paced(url, clients, server_pid=pid, per_second=rate, warm_s=WARM_S, seconds=seconds)
        print(
            f"{name:<20}{paced.per_second:>10,.0f}{paced.percentile_ms(50):>9.2f}{paced.percentile_ms(99):>9.2f}"
            f"{paced.refused:>9}{paced.cpu_s / paced.seconds:>9.2f}"
        )


def show_connections(bare: Running, server: LocalServer, secret: str, rounds: int, seconds: float) -> None:
    """Heartbeats over one connection, and over a thousand."""
    print("\nHeartbeats by the number of connections; the median of the rounds")
    print(f"{'':<20}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}{'refused':>9}{'of bare':>9}")
    for count in (1, 1_000):
        results = []
        for _ in range(rounds):
            ceiling = run(bare.url, [constant_request(post("/"))] * count, bare.pid, seconds)
            result = run(server.url, heartbeat_clients(server, secret, count), server.pid, seconds)
            results.append((result, ceiling, 1))
        result, ceiling, _ = _median(results)
        print(
            f"{count:<20,}{result.per_second:>10,.0f}{result.percentile_ms(50):>9.2f}{result.percentile_ms(99):>9.2f}"
            f"{result.refused:>9}{result.per_second / ceiling.per_second:>9.2f}"
        )


def show_many_sessions(count: int, seconds: float) -> None:
    """Heartbeats of many live sessions in turn, beside those of 64, and the memory that each takes."""
    settings: dict[str, Any] = {
        "plans_file": plans_with(2 * count),
        "heartbeat_seconds": 3_600,
        "grace_seconds": 7_200,
    }
    with LocalServer(FOLDER / "many", prefix=PINNED, **settings) as server:
        secret = server.create_account("many@example.com", "enterprise", 10**9).secret
        process = psutil.Process(server.pid)
        few = run(server.url, heartbeat_clients(server, secret, CONNECTIONS), server.pid, seconds)
        before = process.memory_info().rss
        tokens: list[str] = []
        openers = [opening_client(secret, number, count, tokens) for number in range(CONNECTIONS)]
        while len(tokens) < count:
            run(server.url, openers, server.pid, 1.0)
        turns = [turn_client(tokens[number::CONNECTIONS]) for number in range(CONNECTIONS)]
        beaten = refused = 0
        while beaten < count:
            first = run(server.url, turns, server.pid, max(1.0, (count - beaten) / few.per_second))
            beaten, refused = beaten + first.requests, refused + first.refused
        many = run(server.url, turns, server.pid, seconds)
        used = (process.memory_info().rss - before) / len(tokens)
        refused += many.refused
        print(f"\n{len(tokens):,} live sessions: {many.per_second:,.0f} heartbeats a second, {refused} refused,")
        print(f"{many.per_second / few.per_second:.2f} of the rate with {CONNECTIONS}; {used:,.0f} bytes a session")


def plans_with(places: int) -> str:
    """A file of plans whose largest has so many places."""
    path = (FOLDER / f"plans-{places}.toml").absolute()
    shipped = Path("src/bithuman/service/plans.toml").read_text()
    path.write_text(shipped.replace("sessions = 200", f"sessions = {places}"))
    return str(path)


def constant_request(request: bytes) -> NextRequest:
    """A client that sends the same again and again."""
    return lambda _: request


def validate_clients(secret: str) -> list[NextRequest]:
    """Clients that ask whether a secret is good."""
    return [constant_request(post("/v1/validate", f"api-secret: {secret}\r\n"))] * CONNECTIONS


def exchange_clients(secret: str, count: int) -> list[NextRequest]:
    """Clients that ask for tokens of one session, as the published native client does every minute."""
    return [exchange_client(f"api-secret: {secret}\r\n", number) for number in range(count)]


def exchange_client(header: str, number: int) -> NextRequest:
    """A client of the session with this number."""
    body = f'{{"fingerprint":"{number:032x}","transaction_id":"863ec82a-d4f5-4c2d-a90b-{number:012x}"}}'
    return constant_request(post("/v1/runtime-tokens/request", header, body))


def opening_client(secret: str, number: int, count: int, tokens: list[str]) -> NextRequest:
    """A client that opens one session after the other, and keeps their tokens."""
    opened = 0

    def next_request(answer: bytes) -> bytes:
        nonlocal opened
        if (token := token_of(answer)) and len(tokens) < count:
            tokens.append(token)
            opened += 1  # Otherwise the same again: no session is opened whose token is not kept.
        name = f"{number:04x}{opened:012x}"
        body = f'{{"fingerprint":"{name}","transaction_id":"{name}"}}'
        return post("/v1/runtime-tokens/request", f"api-secret: {secret}\r\n", body)

    return next_request


def heartbeat_clients(server: LocalServer, secret: str, count: int) -> list[NextRequest]:
    """Clients that each beat for a session of their own."""
    return [turn_client([token]) for token in open_sessions(server, secret, count)]


def turn_client(tokens: list[str]) -> NextRequest:
    """A client that beats for each of its sessions in turn, each with its newest token."""
    sent = -1
    newest = list(tokens)

    def next_request(answer: bytes) -> bytes:
        nonlocal sent
        if sent >= 0 and answer:
            newest[sent % len(newest)] = token_of(answer) or newest[sent % len(newest)]
        elif sent >= 0:
            sent -= 1  # A new measurement: the last answer was not read.
        sent += 1
        token, seq = newest[sent % len(newest)], sent // len(newest)
        return post("/v1/runtime-tokens/heartbeat", f"authorization: Bearer {token}\r\n", f'{{"seq":{seq}}}')

    return next_request


def batch_clients(server: LocalServer, secret: str) -> list[NextRequest]:
    """Clients that beat for many sessions in one request."""
    tokens = list(open_sessions(server, secret, 4 * BEATS))
    return [batch_client(tokens[start : start + BEATS]) for start in range(0, len(tokens), BEATS)]


def batch_client(tokens: list[str]) -> NextRequest:
    """A client that beats for all of its sessions at once."""
    seq = 0
    newest = list(tokens)

    def next_request(answer: bytes) -> bytes:
        nonlocal seq
        if answer:
            results = orjson.loads(answer)["results"]
            if any(result["status"] != HTTPStatus.OK for result in results):
                raise RuntimeError("A heartbeat of a batch was refused.")
            newest[:] = [result["data"]["token"] for result in results]
        seq += 1
        beats = [{"token": token, "seq": seq} for token in newest]
        return post("/v1/runtime-tokens/heartbeats", "", orjson.dumps({"beats": beats}).decode())

    return next_request


def token_of(answer: bytes) -> str:
    """The token of an answer. Empty where it was refused."""
    return answer.partition(b'"token":"')[2].partition(b'"')[0].decode()


def open_sessions(server: LocalServer, secret: str, count: int) -> Iterator[str]:
    """Tokens of `count` sessions."""
    with httpx.Client(base_url=server.url, headers={"api-secret": secret}) as client:
        for number in range(count):
            body = {"fingerprint": f"{number:032x}", "transaction_id": f"beat-{number}"}
            yield client.post("/v1/runtime-tokens/request", json=body).raise_for_status().json()["data"]["token"]


if __name__ == "__main__":
    main()
