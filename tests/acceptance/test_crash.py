"""Kill the server under load, ten times: nothing that it acknowledged is lost, and nothing is billed twice.

Two hundred sessions beat as fast as they are answered. SIGKILL comes in the middle; the clients keep what they were
told and repeat what was not answered. After each restart the ledger must hold every acknowledged heartbeat, and at most
one more for each session: the one whose answer was lost.
"""

import asyncio
import json
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchmarks.load import post
from tools.local_server import Credentials, LocalServer

SESSIONS = 200
KILLS = 10
KILL_AFTER = 3_000


@dataclass
class Client:
    """A session as its client knows it: the token and the number of the last answer."""

    session_id: str
    token: str
    acknowledged: int = -1


class Connection:
    """A keep-alive connection that posts JSON: little enough that the server, and not the test, is what is busy."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname, parts.port)

    async def __aenter__(self) -> "Connection":
        self._reader, self._writer = await asyncio.open_connection(*self._address)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def post(self, path: str, headers: str, body: dict[str, object]) -> dict[str, Any]:
        """The answer's `data`. OSError or IncompleteReadError: the server died."""
        self._writer.write(post(path, headers, json.dumps(body)))
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        length = next(line for line in head.splitlines() if line.startswith("content-length: "))
        answer = json.loads(await self._reader.readexactly(int(length.rpartition(" ")[2])))
        assert head.startswith("HTTP/1.1 200"), answer
        data: dict[str, Any] = answer["data"]
        return data


async def open_sessions(url: str, account: Credentials) -> list[Client]:
    clients = []
    async with Connection(url) as connection:
        for number in range(SESSIONS):
            data = await connection.post(
                "/v1/runtime-tokens/request",
                f"api-secret: {account.secret}\r\n",
                {"fingerprint": f"{number:032x}", "transaction_id": f"t{number}"},
            )
            clients.append(Client(data["session_id"], data["token"]))
    return clients


async def beat(connection: Connection, client: Client) -> None:
    seq = client.acknowledged + 1
    bearer = f"authorization: Bearer {client.token}\r\n"
    data = await connection.post("/v1/runtime-tokens/heartbeat", bearer, {"seq": seq})
    client.token, client.acknowledged = data["token"], seq


async def under_load(server: LocalServer, clients: list[Client]) -> int:
    """All clients beat until the server dies, which it does when it has acknowledged enough. Returns how many."""
    acknowledged = 0

    async def beat_until_dead(client: Client) -> None:
        nonlocal acknowledged
        with suppress(OSError, asyncio.IncompleteReadError):
            async with Connection(server.url) as connection:
                while True:
                    await beat(connection, client)
                    acknowledged += 1
                    if acknowledged == KILL_AFTER:
                        server.kill()

    await asyncio.gather(*(beat_until_dead(client) for client in clients))
    return acknowledged


def stored(data_dir: Path) -> tuple[dict[str, tuple[int, int, int]], dict[str, int]]:
    """From the file itself: each session's seq, billed time and charge; each session's sum on the ledger."""
    with sqlite3.connect(f"file:{data_dir / 'bithuman.db'}?mode=ro", uri=True) as database:
        sessions = {row[0]: row[1:] for row in database.execute("SELECT id, seq, billed_ms, charged FROM sessions")}
        ledger = dict(
            database.execute(
                "SELECT session_id, -SUM(plan_change + topup_change) FROM ledger WHERE activity = 'runtime' GROUP BY 1"
            )
        )
    database.close()
    return sessions, ledger


def test_ten_kills_lose_nothing_and_bill_nothing_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server = LocalServer(tmp_path, heartbeat_seconds=60, grace_seconds=300)
    server.start()
    try:
        account = server.create_account("crash@example.com", "enterprise", credits=100_000)
        clients = asyncio.run(open_sessions(server.url, account))
        total = lost_answers = 0
        for kill in range(1, KILLS + 1):
            acknowledged = asyncio.run(under_load(server, clients))
            assert acknowledged >= KILL_AFTER
            server.start()
            sessions, ledger = stored(tmp_path)
            ahead = 0
            for client in clients:
                seq, billed_ms, charged = sessions[client.session_id]
                assert seq - client.acknowledged in (0, 1), "an acknowledged heartbeat was lost"
                assert charged == ledger.get(client.session_id, 0), "the session and the ledger disagree"
                assert charged == billed_ms * 1_000_000 // 60_000, "something was billed twice"
                ahead += seq - client.acknowledged
            assert server.admin("check")
            total, lost_answers = total + acknowledged, lost_answers + ahead
            with capsys.disabled():
                print(f"kill {kill}: {acknowledged} heartbeats acknowledged, 0 lost, {ahead} durable but unanswered")
        asyncio.run(repeat_all(server.url, clients))
        with capsys.disabled():
            print(f"{KILLS} kills, {SESSIONS} sessions, {total} acknowledged, 0 lost, {lost_answers} answers repeated")
    finally:
        server.stop()


async def repeat_all(url: str, clients: list[Client]) -> None:
    """What was not answered is repeated with the old token, and every session goes on."""
    async with Connection(url) as connection:
        for client in clients:
            await beat(connection, client)
