"""The server on a machine that is not well: no room, no log, no database, a second server, an operator who copies."""

import asyncio
import os
import resource
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tools.local_server import Credentials, LocalServer

DEADLINE_S = 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    with LocalServer(tmp_path / "data") as running:
        yield running


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=DEADLINE_S) as made:
        yield made


def until(what: Callable[[], bool]) -> None:
    """Ask again until it is so."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not what():
        assert time.monotonic() < deadline_s


def new_token(client: httpx.Client, server: LocalServer, account: Credentials, device: int = 1) -> str:
    answer = client.post(
        f"{server.url}/v1/runtime-tokens/request",
        headers={"api-secret": account.secret},
        json={"fingerprint": f"{device:032x}"},
    )
    token: str = answer.json()["data"]["token"]
    return token


def beat_all(server: LocalServer, tokens: list[str]) -> list[int]:
    """The status of a heartbeat for each token, all sent at once."""

    async def beat() -> list[int]:
        async with httpx.AsyncClient(trust_env=False, timeout=DEADLINE_S) as client:
            answers = await asyncio.gather(
                *(
                    client.post(
                        f"{server.url}/v1/runtime-tokens/heartbeat",
                        headers={"authorization": f"Bearer {token}"},
                        json={"seq": 0},
                    )
                    for token in tokens
                )
            )
        return [answer.status_code for answer in answers]

    return asyncio.run(beat())


def test_a_log_that_cannot_be_written_changes_no_answer(tmp_path: Path, client: httpx.Client) -> None:
    with LocalServer(tmp_path, log=Path("/dev/full")) as server:
        account = server.create_account("ada@example.com", "business")
        headers = {"api-secret": account.secret}
        assert client.get(f"{server.url}/healthz").status_code == 200
        secrets = f"{server.url}/v2/{account.user_id}/api-secrets"
        assert client.post(secrets, headers=headers, json={"alias": "second"}).status_code == 200
        assert client.get(secrets, headers=headers).json()["total_count"] == 2
        tokens = [new_token(client, server, account, device) for device in range(40)]
        with closing(sqlite3.connect(tmp_path / "bithuman.db")) as database:
            database.execute("CREATE TRIGGER full BEFORE UPDATE ON sessions BEGIN SELECT RAISE(ABORT, 'full'); END")
            database.commit()
            assert beat_all(server, tokens) == [503] * len(tokens)
            database.execute("DROP TRIGGER full")
            database.commit()
        assert beat_all(server, tokens) == [200] * len(tokens)


def test_a_full_disk_is_not_ready_until_there_is_room_again(server: LocalServer, client: httpx.Client) -> None:
    def ready() -> int:
        return client.get(f"{server.url}/readyz").status_code

    assert ready() == 200
    unlimited = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, unlimited[1]))
    until(lambda: ready() == 503)
    assert client.get(f"{server.url}/healthz").status_code == 200
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, unlimited)
    until(lambda: ready() == 200)


def test_a_deleted_database_is_an_outage_and_no_server_begins_afresh(server: LocalServer, client: httpx.Client) -> None:
    account = server.create_account("ada@example.com")
    token = new_token(client, server, account)
    (server.data_dir / "bithuman.db").unlink()
    assert beat_all(server, [token]) == [503]
    validity = client.post(f"{server.url}/v1/validate", headers={"api-secret": account.secret})
    assert validity.status_code == 503
    until(lambda: client.get(f"{server.url}/readyz").status_code == 503)
    assert "admin restore" in (server.data_dir / "server.log").read_text()
    server.stop()
    for side in server.data_dir.glob("bithuman.db-*"):
        side.unlink()
    with pytest.raises(RuntimeError, match="There are keys, but their database"):
        server.start()
    with pytest.raises(RuntimeError, match="There are keys, but their database"):
        server.admin("grant", "--email", "ada@example.com", "--credits", "1")


def test_a_second_server_is_refused_by_whatever_name_it_calls_the_database(server: LocalServer, tmp_path: Path) -> None:
    database = server.data_dir / "bithuman.db"

    def refused(folder: str, reason: str, **settings: Any) -> None:
        second = LocalServer(tmp_path / folder, log=tmp_path / f"{folder}.log", **settings)
        with pytest.raises(RuntimeError, match=reason):
            second.start()

    for folder in ("symbolic", "hard", "named"):
        (tmp_path / folder).mkdir()
        shutil.copy2(server.data_dir / "keys.json", tmp_path / folder)
    (tmp_path / "symbolic" / "bithuman.db").symlink_to(database)
    refused("symbolic", "Another server is running")
    refused("named", "Another server is running", database_url=f"sqlite:///{database}")
    os.link(database, tmp_path / "hard" / "bithuman.db")
    refused("hard", "hard link")


def test_a_backup_under_load_is_whole_and_a_restored_server_goes_on(
    server: LocalServer, client: httpx.Client, tmp_path: Path
) -> None:
    account = server.create_account("ada@example.com", "business", credits=100)
    tokens = [new_token(client, server, account, device) for device in range(20)]
    stop, beats = threading.Event(), 0

    def beat() -> None:
        nonlocal beats
        with httpx.Client(trust_env=False, timeout=DEADLINE_S) as own:
            held, seq = list(tokens), 0
            while not stop.is_set():
                for number, token in enumerate(held):
                    answer = own.post(
                        f"{server.url}/v1/runtime-tokens/heartbeat",
                        headers={"authorization": f"Bearer {token}"},
                        json={"seq": seq},
                    )
                    held[number] = answer.json()["data"]["token"]
                    beats += 1
                seq += 1

    beating = threading.Thread(target=beat)
    beating.start()
    try:
        until(lambda: beats > 100)
        before = beats
        server.admin("backup", str(tmp_path / "backup"), "--with-keys")
        until(lambda: beats > before + 100)
    finally:
        stop.set()
        beating.join()
    with pytest.raises(RuntimeError, match="A server is running"):
        server.admin("restore", str(tmp_path / "backup"))
    restored = LocalServer(tmp_path / "restored")
    restored.admin("restore", str(tmp_path / "backup"))
    restored.admin("check")
    kept, live = (rows(folder, "ledger") for folder in (restored, server))
    assert kept == live[: len(kept)]
    for session_id, seq in rows(restored, "sessions", "id, seq"):
        assert 0 < seq < dict(rows(server, "sessions", "id, seq"))[session_id]
    with restored:
        assert client.post(f"{restored.url}/v1/validate", headers={"api-secret": account.secret}).json()["valid"]


def rows(server: LocalServer, table: str, columns: str = "*") -> list[Any]:
    with closing(sqlite3.connect(server.data_dir / "bithuman.db")) as database:
        return database.execute(f"SELECT {columns} FROM {table} ORDER BY id").fetchall()
