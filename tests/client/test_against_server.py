"""The runtime against the real server, in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bithuman import AccountStatusError, AsyncBithuman, Bithuman, PauseReason, TokenRequestError, VideoFrame
from bithuman.client.api import Api
from bithuman.client.secret import Secret
from bithuman.core.secrets import new_secret

# A scenario of minutes, lived in seconds. The long grace is longer than any restart takes, the short one is not.
INTERVAL_S, LONG_GRACE_S, SHORT_GRACE_S = 0.4, 60.0, 1.2


class Server:
    """`bithuman serve` on a folder and, once it has one, a port of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder.with_suffix(".log")
        self._process: subprocess.Popen[str] | None = None
        self._port = 0
        self.url = ""

    def start(self, grace_s: float = LONG_GRACE_S) -> None:
        times = {"BITHUMAN_HEARTBEAT_SECONDS": str(INTERVAL_S), "BITHUMAN_GRACE_SECONDS": str(grace_s)}
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                self._command("serve", "--port", str(self._port)),
                env={**os.environ, **times},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().removeprefix("Listening on ").strip()
        assert self.url.startswith("http://"), self.log
        self._port = int(self.url.rpartition(":")[2])

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)

    def account(self, plan: str = "pro") -> dict[str, Any]:
        command = self._command("admin", "create-account", "--email", "a@b.example", "--plan", plan, "--json")
        made: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        return made

    @property
    def log(self) -> str:
        return self._log.read_text()

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-c", "from bithuman.cli import main; main()", *words, "--data-dir", str(self._folder)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "server")
    yield server
    server.stop()


@asynccontextmanager
async def watched(runtime: AsyncBithuman) -> AsyncIterator[list[VideoFrame]]:
    """The frames of a runtime as they come; it is shut down at the end."""
    frames: list[VideoFrame] = []

    async def watch() -> None:
        async for frame in runtime.run():
            frames.append(frame)  # noqa: PERF401 - seen while they come

    task = asyncio.create_task(watch())
    try:
        yield frames
    finally:
        await runtime.shutdown()
        await task


async def until(true: Callable[[], object], timeout_s: float = 30.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not true():
            await asyncio.sleep(0.02)


async def call(server: Server, secret: str, method: str, path: str) -> dict[str, Any]:
    api = Api(server.url)
    try:
        return await api.call(method, path, Secret(secret))
    finally:
        await api.aclose()


async def ledger(server: Server, account: dict[str, Any], secret: str) -> tuple[float, float]:
    """The balance, and what the ledger sums up to."""
    me = await call(server, secret, "GET", "/v1/me")
    usage = await call(server, secret, "GET", "/v1/usage?limit=200")
    return me["data"]["credit_balance"], -sum(entry["credits_change"] for entry in usage["data"])


async def test_rotation_pauses_tells_why_and_resumes_with_the_new_secret(server: Server) -> None:
    server.start()
    account = server.account()
    secret = account["secret"]
    runtime = await AsyncBithuman.create(api_secret=secret, api_url=server.url)
    async with watched(runtime) as frames:
        await until(lambda: len(frames) > 20)
        assert all(frame.has_image for frame in frames)
        session_id = runtime.status.session_id
        rotated = await call(server, secret, "POST", f"/v2/{account['user_id']}/api-secrets/{account['alias']}/rotate")
        await until(lambda: runtime.status.state == "paused")
        assert runtime.status.reason is PauseReason.UNAUTHORIZED
        assert "revoked" in runtime.status.detail
        count = len(frames)
        await until(lambda: len(frames) > count + 5)
        assert not frames[-1].has_image
        await runtime.reauthenticate(rotated["secret"])
        await until(lambda: frames[-1].has_image)
        assert runtime.status.session_id == session_id
        balance, entries = await ledger(server, account, rotated["secret"])
        assert balance == pytest.approx(entries, abs=1e-9)
    assert secret not in server.log


async def test_a_server_stopped_for_less_than_the_grace_costs_no_frame(server: Server) -> None:
    server.start()
    runtime = await AsyncBithuman.create(api_secret=server.account()["secret"], api_url=server.url)
    async with watched(runtime) as frames:
        await until(lambda: len(frames) > 10)
        await asyncio.to_thread(server.stop)
        await until(lambda: runtime.status.state == "grace")
        await asyncio.to_thread(server.start)
        await until(lambda: runtime.status.state == "live")
        assert all(frame.has_image for frame in frames)


async def test_a_server_stopped_for_longer_pauses_at_the_grace_and_is_met_again(server: Server) -> None:
    server.start(SHORT_GRACE_S)
    runtime = await AsyncBithuman.create(api_secret=server.account()["secret"], api_url=server.url)
    async with watched(runtime) as frames:
        await until(lambda: len(frames) > 10)
        session_id = runtime.status.session_id
        await asyncio.to_thread(server.stop)
        await until(lambda: runtime.status.state == "paused")
        assert runtime.status.reason is PauseReason.OUTAGE
        await until(lambda: not frames[-1].has_image)
        await asyncio.to_thread(server.start, SHORT_GRACE_S)
        await until(lambda: frames[-1].has_image)
        assert runtime.status.session_id == session_id


async def test_a_terminated_session_stays_paused_until_another_is_started(server: Server) -> None:
    server.start()
    account = server.account()
    runtime = await AsyncBithuman.create(api_secret=account["secret"], api_url=server.url)
    await runtime.start()
    path = f"/v2/{account['user_id']}/runtime-sessions/{runtime.status.session_id}/terminate"
    await call(server, account["secret"], "POST", path)
    await until(lambda: runtime.status.state == "paused")
    assert runtime.status.reason is PauseReason.SESSION_ENDED
    await runtime.stop()
    await runtime.start()
    assert runtime.status.state == "live"
    await runtime.shutdown()


async def test_a_place_of_the_plan_is_free_again_at_once(server: Server) -> None:
    server.start()
    secret = server.account("free")["secret"]
    one = await AsyncBithuman.create(api_secret=secret, api_url=server.url)
    other = await AsyncBithuman.create(api_secret=secret, api_url=server.url)
    await one.start()
    with pytest.raises(AccountStatusError) as caught:
        await other.start()
    assert caught.value.code == "CONCURRENCY_LIMIT_REACHED"
    await one.stop()
    await other.start()
    await other.shutdown()
    await one.start()
    await one.shutdown()


async def test_a_secret_that_this_server_never_made(server: Server) -> None:
    server.start()
    made = server.account()["secret"]
    runtime = await AsyncBithuman.create(api_secret=made, api_url=f"{server.url}/v1/runtime-tokens/request")
    await runtime.shutdown()
    stranger = new_secret(lambda below: below - 1)
    with pytest.raises(TokenRequestError, match=r"^Authentication failed: ") as caught:
        await AsyncBithuman.create("/no/such/model.imx", api_secret=stranger, api_url=server.url)
    assert caught.value.http_status == 401


def test_a_script_renders_one_utterance_and_is_billed_for_it(server: Server) -> None:
    server.start()
    account = server.account()
    samples = (np.sin(np.arange(32_000) / 12) * 9_000).astype(np.int16)
    with Bithuman.load(api_secret=account["secret"], api_url=server.url) as avatar:
        frames = list(avatar.compose(samples))
    assert len(frames) == 50
    assert frames[-1].end_of_speech
    balance, entries = asyncio.run(ledger(server, account, account["secret"]))
    assert balance == pytest.approx(entries, abs=1e-9)
    assert account["secret"] not in server.log
