"""The whole door in one process, on a fresh database, in a time that passes only when a test says so.

Whatever a test does, two things are checked for it: every answer keeps the contract's common rules, and in the end
every balance is the sum of its ledger.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from starlette.types import ASGIApp

from bithuman.core.accounts import Account
from bithuman.core.billing import MICRO, Activity, Entry
from bithuman.http.app import create_app
from bithuman.service.abandonment import end_abandoned
from bithuman.service.accounts import create_account, grant_credits
from bithuman.service.settings import load_settings
from bithuman.service.usage import unbalanced_accounts
from bithuman.store.schema import audit
from bithuman.store.unit import Unit
from tests.doubles.platform import TimedPlatform
from tests.doubles.wire import WireApp
from tests.rows import all_rows

DEVICE = "e39652bf67828a660f089eb1461fe1f1"
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
OTHER_DEVICE = "0123456789abcdef0123456789abcdef"


@dataclass
class Developer:
    """Somebody with an account, and a client that carries a secret."""

    account: Account
    secret: str
    http: httpx.AsyncClient

    @property
    def id(self) -> str:
        return self.account.id

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(self._path(path), params=query)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        content = None if body is None else compact(body)
        return await self.http.post(self._path(path), content=content, headers={"content-type": "application/json"})

    async def delete(self, path: str) -> httpx.Response:
        return await self.http.delete(self._path(path))

    async def request_token(self, **body: Any) -> httpx.Response:
        return await self.post("/v1/runtime-tokens/request", {"fingerprint": DEVICE, **body})

    async def token(self, **body: Any) -> dict[str, Any]:
        """Open or continue a session and return what the client learns."""
        response = await self.request_token(**body)
        assert response.status_code == 200, response.text
        data: dict[str, Any] = response.json()["data"]
        return data

    async def balance(self) -> float:
        """The balance in credits, as the API tells it."""
        response = await self.get("/v1/me")
        balance: float = response.json()["data"]["credit_balance"]
        return balance

    def use(self, secret: str) -> None:
        """Carry another secret from now on."""
        self.secret = secret
        self.http.headers["api-secret"] = secret

    def _path(self, path: str) -> str:
        return path.replace("{me}", self.id)


@dataclass
class World:
    """A server and everybody around it."""

    platform: TimedPlatform
    app: ASGIApp
    developers: list[Developer] = field(default_factory=list)
    stranger: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.stranger = self.client()

    async def developer(self, plan: str = "free", credits: int = 0) -> Developer:
        """A new account with one secret."""
        made = await create_account(
            self.platform, f"dev{len(self.developers)}@example.com", plan, topup=credits * MICRO
        )
        developer = Developer(made.account, made.secret.secret, self.client(made.secret.secret))
        self.developers.append(developer)
        return developer

    def client(self, secret: str | None = None, address: str = "192.0.2.1") -> httpx.AsyncClient:
        """A client at an address, with or without a secret."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, client=(address, 50_000)),
            base_url="http://platform.test",
            headers={"api-secret": secret} if secret else {},
            event_hooks={"response": [check_common_rules]},
        )

    async def beat(self, token: str, seq: int, **more: Any) -> httpx.Response:
        """Send a heartbeat."""
        return await self.stranger.post(
            "/v1/runtime-tokens/heartbeat",
            content=compact({"seq": seq, **more}),
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
        )

    async def end(self, token: str) -> httpx.Response:
        """End a token's session."""
        return await self.stranger.post("/v1/runtime-tokens/end", headers={"authorization": f"Bearer {token}"})

    async def run_dry(self, session: dict[str, Any]) -> httpx.Response:
        """Beat as the server says until it refuses, and return the refusal."""
        seq = 0
        while True:
            self.spend(session["heartbeat_interval"])
            response = await self.beat(session["token"], seq)
            if response.status_code != 200:
                return response
            session, seq = response.json()["data"], seq + 1

    async def sweep(self) -> int:
        """What the server does by itself twice in each interval."""
        return await end_abandoned(self.platform)

    async def drain(self, developer: Developer, left: int) -> None:
        """Take an account's credits, all but `left` micro-credits."""

        def decide(unit: Unit) -> None:
            account = unit.account(developer.id)
            assert account is not None
            change = Entry(account.id, Activity.PLAN_LAPSE, left - account.balance.plan, 0, self.platform.now_ms())
            unit.post(account, [change])

        await self.platform.database.writer.run(decide)

    async def top_up(self, developer: Developer, credits: int) -> None:
        """Give an account credits."""
        await grant_credits(self.platform, developer.account.email, credits * MICRO)

    def spend(self, seconds: float) -> None:
        """Let time pass."""
        self.platform.time.spend(round(seconds * 1_000))

    def audit(self) -> list[tuple[str, str]]:
        """What was recorded: event and subject."""
        return [(row.event, row.subject) for row in self.audit_rows()]

    def audit_rows(self) -> list[Any]:
        """The audit records, oldest first."""
        return all_rows(self.platform.database, select(audit).order_by(audit.c.id))


def compact(document: Any) -> bytes:
    """JSON as clients send it, and as the server must."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def refused(response: httpx.Response, status: int, code: str) -> str:
    """Check that an answer is this refusal, and return its message."""
    assert (response.status_code, response.json()["error"]["code"]) == (status, code), response.text
    message: str = response.json()["error"]["message"]
    return message


async def check_common_rules(response: httpx.Response) -> None:
    """What holds of every answer: a request id, compact JSON kept by no cache, one envelope for errors."""
    await response.aread()
    assert response.headers["x-request-id"]
    if response.status_code >= 400 and response.request.method != "HEAD":
        document = response.json()
        error = document["error"]
        assert list(document) == ["error", "status", "status_code"]
        assert list(error) == ["code", "message", "httpStatus", *(["reason"] if "reason" in error else [])]
        assert document["status"] == "error"
        assert document["status_code"] == error["httpStatus"] == response.status_code
        assert ("retry-after" in response.headers) == (response.status_code in (429, 503))
    if response.headers.get("content-type", "").startswith("application/json") and response.content:
        assert not re.search(rb"\s", STRING.sub(b"", response.content))
        assert response.headers["content-length"] == str(len(response.content))
        assert response.url.path == "/openapi.json" or response.headers["cache-control"] == "no-store"


@pytest.fixture(scope="session")
def _fresh_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as the first start leaves it, to copy: migrations take longer than most tests."""
    folder = tmp_path_factory.mktemp("http") / "data"
    TimedPlatform(load_settings(data_dir=folder)).close()
    return folder


@pytest.fixture
async def world(_fresh_data: Path, tmp_path: Path) -> AsyncIterator[World]:
    """A server of its own for each test."""
    folder = tmp_path / "data"
    shutil.copytree(_fresh_data, folder)
    platform = TimedPlatform(load_settings(data_dir=folder))
    world = World(platform, WireApp(create_app(platform), platform))
    yield world
    assert unbalanced_accounts(platform) == []
    for developer in world.developers:
        await developer.http.aclose()
    await world.stranger.aclose()
    platform.close()
