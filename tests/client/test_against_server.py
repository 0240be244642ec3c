"""The runtime against the real server, in a process of its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from bithuman import AccountStatusError, AsyncBithuman, Bithuman, PauseReason, TokenRequestError, VideoFrame
from bithuman.client.api import Api
from bithuman.client.secret import Secret
from bithuman.core.secrets import new_secret
from bithuman.http.connections import LIMITS_S, Phase
from bithuman.service.settings import Settings
from tests.doubles.programs import Viewer
from tests.doubles.sounds import tone
from tests.waiting import until
from tools.local_server import Credentials, LocalServer

# A scenario of minutes, lived in seconds. The long grace is longer than any restart takes, the short one is not.
INTERVAL_S, LONG_GRACE_S, SHORT_GRACE_S = 0.4, 60.0, 1.2

HEARTBEAT = "/v1/runtime-tokens/heartbeat"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    with LocalServer(tmp_path, heartbeat_seconds=INTERVAL_S, grace_seconds=LONG_GRACE_S) as server:
        yield server


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[LocalServer]:
    with LocalServer(tmp_path, heartbeat_seconds=INTERVAL_S, grace_seconds=SHORT_GRACE_S) as server:
        yield server


def developer(server: LocalServer, plan: str = "pro") -> Credentials:
    return server.create_account("a@b.example", plan)


def log(server: LocalServer) -> str:
    return (server.data_dir / "server.log").read_text()


@asynccontextmanager
async def watched(runtime: AsyncBithuman) -> AsyncIterator[list[VideoFrame]]:
    """The frames of a runtime as they come; it is shut down at the end."""
    viewer = Viewer(runtime)
    try:
        yield viewer.frames
    finally:
        await runtime.shutdown()
        await viewer.task


async def call(server: LocalServer, secret: str, method: str, path: str) -> dict[str, Any]:
    api = Api(server.url)
    try:
        return await api.call(method, path, Secret(secret))
    finally:
        await api.aclose()


async def answered(server: LocalServer, path: str, status: int) -> int:
    """How many requests to `path` the server answered with `status` since it started."""
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"{server.url}/metrics")).text
    found = re.search(rf'^bithuman_http_requests_total{{route="{path}",status="{status}"}} (\S+)$', text, re.MULTILINE)
    return 0 if found is None else int(float(found[1]))


async def ledger(server: LocalServer, secret: str) -> tuple[float, float]:
    """The balance, and what the ledger sums up to, read while no heartbeat was billed in between."""
    while True:
        before = await call(server, secret, "GET", "/v1/me")
        usage = await call(server, secret, "GET", "/v1/usage?limit=200")
        after = await call(server, secret, "GET", "/v1/me")
        if before["data"]["credit_balance"] == after["data"]["credit_balance"]:
            return after["data"]["credit_balance"], -sum(entry["credits_change"] for entry in usage["data"])


def spoken(frames: list[VideoFrame]) -> list[bytes]:
    """The sound of each talking frame."""
    return [frame.audio_chunk.bytes for frame in frames if frame.audio_chunk is not None]


async def test_rotation_in_the_middle_of_speech_pauses_with_the_next_heartbeat_and_resumes_with_the_new_secret(
    server: LocalServer,
) -> None:
    account, speech = developer(server), tone(120.0).tobytes()
    runtime = await AsyncBithuman.create(api_secret=account.secret, api_url=server.url)
    await runtime.push_audio(speech, 16_000)
    async with watched(runtime) as frames:
        await until(lambda: len(spoken(frames)) > 20)
        assert all(frame.has_image for frame in frames)
        session_id = runtime.status.session_id
        rotated = await call(
            server, account.secret, "POST", f"/v2/{account.user_id}/api-secrets/{account.alias}/rotate"
        )
        beats = await answered(server, HEARTBEAT, 200)
        await until(lambda: runtime.status.state == "paused")
        assert await answered(server, HEARTBEAT, 200) == beats, "no heartbeat was granted after the rotation"
        assert await answered(server, HEARTBEAT, 401) == 1, "and the first that was not paused the session"
        assert runtime.status.reason is PauseReason.UNAUTHORIZED
        assert "revoked" in runtime.status.detail
        await until(lambda: not frames[-1].has_image)
        said, count = spoken(frames), len(frames)
        await until(lambda: len(frames) > count + 5)
        assert not any(frame.has_image for frame in frames[count:])
        await runtime.reauthenticate(rotated["secret"])
        await until(lambda: len(spoken(frames)) > len(said) + 20)
        assert speech.startswith(b"".join(spoken(frames))), "it goes on where it was cut"
        assert runtime.status.session_id == session_id
        assert await answered(server, HEARTBEAT, 401) == 1
        balance, entries = await ledger(server, rotated["secret"])
        assert balance == pytest.approx(entries, abs=1e-9)
    assert account.secret not in log(server)


async def test_a_server_stopped_for_less_than_the_grace_costs_no_frame(server: LocalServer) -> None:
    runtime = await AsyncBithuman.create(api_secret=developer(server).secret, api_url=server.url)
    async with watched(runtime) as frames:
        await until(lambda: len(frames) > 10)
        await asyncio.to_thread(server.stop)
        await until(lambda: runtime.status.state == "grace")
        await asyncio.to_thread(server.start)
        await until(lambda: runtime.status.state == "live")
        assert all(frame.has_image for frame in frames)


async def test_a_server_stopped_for_longer_pauses_at_the_grace_and_is_met_again(impatient: LocalServer) -> None:
    runtime = await AsyncBithuman.create(api_secret=developer(impatient).secret, api_url=impatient.url)
    async with watched(runtime) as frames:
        await until(lambda: len(frames) > 10)
        session_id = runtime.status.session_id
        await asyncio.to_thread(impatient.stop)
        await until(lambda: runtime.status.state == "paused")
        assert runtime.status.reason is PauseReason.OUTAGE
        await until(lambda: not frames[-1].has_image)
        await asyncio.to_thread(impatient.start)
        await until(lambda: frames[-1].has_image)
        assert runtime.status.session_id == session_id


async def test_a_terminated_session_stays_paused_until_another_is_started(server: LocalServer) -> None:
    account = developer(server)
    runtime = await AsyncBithuman.create(api_secret=account.secret, api_url=server.url)
    await runtime.start()
    path = f"/v2/{account.user_id}/runtime-sessions/{runtime.status.session_id}/terminate"
    await call(server, account.secret, "POST", path)
    await until(lambda: runtime.status.state == "paused")
    assert runtime.status.reason is PauseReason.SESSION_ENDED
    await runtime.stop()
    await runtime.start()
    assert runtime.status.state == "live"
    await runtime.shutdown()


async def test_a_place_of_the_plan_is_free_again_at_once(server: LocalServer) -> None:
    secret = developer(server, "free").secret
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


async def test_a_secret_that_this_server_never_made(server: LocalServer) -> None:
    made = developer(server).secret
    runtime = await AsyncBithuman.create(api_secret=made, api_url=f"{server.url}/v1/runtime-tokens/request")
    await runtime.shutdown()
    stranger = new_secret(lambda below: below - 1)
    with pytest.raises(TokenRequestError, match=r"^Authentication failed: ") as caught:
        await AsyncBithuman.create("/no/such/model.imx", api_secret=stranger, api_url=server.url)
    assert caught.value.http_status == 401


def test_a_script_renders_one_utterance_and_is_billed_for_it(server: LocalServer) -> None:
    account = developer(server)
    with Bithuman.load(api_secret=account.secret, api_url=server.url) as avatar:
        frames = list(avatar.compose(tone(2.0)))
    assert len(frames) == 50
    assert frames[-1].end_of_speech
    balance, entries = asyncio.run(ledger(server, account.secret))
    assert balance == pytest.approx(entries, abs=1e-9)
    assert account.secret not in log(server)


def test_connections_are_given_up_before_the_server_does_and_outlive_the_pause_between_heartbeats() -> None:
    pool = Api("http://127.0.0.1:8787")._http._transport._pool  # type: ignore[attr-defined]
    assert Settings().heartbeat_seconds < pool._keepalive_expiry < LIMITS_S[Phase.KEPT]
