"""A service that answers by the contract, and a time that passes only when a test says so."""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import os
import secrets
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from bithuman.client.api import Api, SessionRequest
from bithuman.client.lease import Lease
from bithuman.client.secret import Secret
from bithuman.client.status import SessionStatus
from bithuman.core.permit import Permit
from bithuman.core.secrets import new_secret
from bithuman.runtime.opening import World

BASE = "http://127.0.0.1:1"


class FakeTime:
    """Seconds that pass only in `spend`."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def clock(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        # A little later than now in any case, as with every real clock, or a rounded-off wait would never end.
        self._sleepers.append((math.nextafter(self.now_s + seconds, math.inf), future))
        await future

    async def settle(self) -> None:
        """Let everything run that can without time passing."""
        for _ in range(80):
            await asyncio.sleep(0)

    async def spend(self, seconds: float) -> None:
        """Let time pass, waking each sleeper in its turn."""
        end_s = self.now_s + seconds
        await self.settle()
        while due := [one for one in self._sleepers if one[0] <= end_s and not one[1].done()]:
            at_s, future = min(due, key=lambda one: one[0])
            self.now_s = max(self.now_s, at_s)
            future.set_result(None)
            self._sleepers = [one for one in self._sleepers if not one[1].done()]
            await self.settle()
        self.now_s = end_s

    async def suspend(self, seconds: float) -> None:
        """The host sleeps: time goes on, and no timer with it."""
        self.now_s += seconds


@dataclass
class FakeSession:
    transaction_id: str
    session_id: str
    secret: str
    tokens: list[tuple[str, float]] = field(default_factory=list)
    last_seq: int = -1
    ended: bool = False
    terminated: bool = False


class FakeService:
    """The four calls of a runtime, as the contract has them."""

    def __init__(self, time: FakeTime) -> None:
        self.time = time
        self.grace_s = 300.0
        self.interval_s = 60.0
        self.secrets = {new_secret(secrets.randbelow)}
        self.sessions: dict[str, FakeSession] = {}
        self.requests: list[tuple[str, dict[str, Any], httpx.Headers]] = []
        self.refusals: list[httpx.Response | Exception] = []
        self.standing_refusal: Callable[[], httpx.Response | Exception] | None = None
        self.lose_answers = 0
        self._numbers = itertools.count(1)

    @property
    def secret(self) -> str:
        return next(iter(self.secrets))

    def rotate(self) -> str:
        """Replace the secret, and return the new one."""
        self.secrets = {new_secret(secrets.randbelow)}
        return self.secret

    def paths(self, end: str) -> int:
        """How many requests went to a path with this end."""
        return sum(path.endswith(end) for path, _, _ in self.requests)

    def bodies(self, end: str) -> list[dict[str, Any]]:
        return [body for path, body, _ in self.requests if path.endswith(end)]

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._answer)

    def api(self) -> Api:
        return Api(BASE, transport=self.transport())

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        self.requests.append((request.url.path, body, request.headers))
        if self.refusals:
            return _raised_or(self.refusals.pop(0))
        if self.standing_refusal is not None:
            return _raised_or(self.standing_refusal())
        response = self._route(request, body)
        if self.lose_answers:
            self.lose_answers -= 1
            raise httpx.ReadError("connection lost")
        return response

    def _route(self, request: httpx.Request, body: dict[str, Any]) -> httpx.Response:
        secret = request.headers.get("api-secret", "")
        match request.url.path:
            case "/v1/validate":
                return httpx.Response(200, json={"valid": secret in self.secrets})
            case "/v1/runtime-tokens/request":
                return self._exchange(secret, body)
            case "/v1/runtime-tokens/heartbeat":
                return self._beat(request.headers.get("Authorization", "").removeprefix("Bearer "), body)
            case "/v1/runtime-tokens/end":
                return self._end(request.headers.get("Authorization", "").removeprefix("Bearer "))
        return error(404, "NOT_FOUND", "No such path.")

    def _exchange(self, secret: str, body: dict[str, Any]) -> httpx.Response:
        if secret not in self.secrets:
            return error(401, "UNAUTHORIZED", "The secret is not good.")
        known = self.sessions.get(body["transaction_id"])
        if known is not None and known.terminated:
            return error(403, "SESSION_TERMINATED", "The session was terminated.")
        session = known or FakeSession(body["transaction_id"], f"s{next(self._numbers)}", secret)
        session.secret, session.ended, session.last_seq = secret, False, -1
        self.sessions[session.transaction_id] = session
        return self._granted(session)

    def _beat(self, token: str, body: dict[str, Any]) -> httpx.Response:
        session = self._holder(token)
        if session is None or session.secret not in self.secrets:
            return error(401, "UNAUTHORIZED", "The token is no longer good.")
        if session.ended:
            return error(409, "CONFLICT", "The session has ended.")
        tokens = [one for one, _ in session.tokens]
        repeated = body["seq"] <= session.last_seq
        if token != tokens[-1] and not (body["seq"] == session.last_seq and token == tokens[-2]):
            return error(401, "UNAUTHORIZED", "The token was renewed by somebody else.")
        if self.time.now_s >= dict(session.tokens)[token]:
            return error(401, "TOKEN_EXPIRED", "The token is past its time.")
        if repeated:
            return self._data(session)
        session.last_seq = body["seq"]
        return self._granted(session)

    def _end(self, token: str) -> httpx.Response:
        session = self._holder(token)
        if session is None:
            return error(401, "UNAUTHORIZED", "The token is not good.")
        session.ended = True
        return httpx.Response(200, json={"status": "success"})

    def _holder(self, token: str) -> FakeSession | None:
        return next((one for one in self.sessions.values() if token in dict(one.tokens)), None)

    def _granted(self, session: FakeSession) -> httpx.Response:
        session.tokens.append((f"header.{secrets.token_hex(16)}.signature", self.time.now_s + self.grace_s))
        return self._data(session)

    def _data(self, session: FakeSession) -> httpx.Response:
        data = {
            "token": session.tokens[-1][0],
            "transaction_id": session.transaction_id,
            "session_id": session.session_id,
            "expires_in": self.grace_s,
            "heartbeat_interval": self.interval_s,
        }
        return httpx.Response(200, json={"status": "success", "status_code": 200, "data": data})


def error(status: int, code: str, message: str, **headers: str) -> httpx.Response:
    """The error envelope."""
    body = {"error": {"code": code, "message": message, "httpStatus": status}, "status": "error", "status_code": status}
    return httpx.Response(status, json=body, headers=headers)


def _raised_or(answer: httpx.Response | Exception) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return answer


class Rig:
    """A lease on the fake service in fake time, with what it told."""

    def __init__(self, time: FakeTime, service: FakeService) -> None:
        self.time = time
        self.service = service
        self.permit = Permit(time.clock)
        self.told: list[SessionStatus] = []
        self.chance = 0.5
        self.found: Secret | None = None

    def lease(
        self, *, token: Secret | None = None, on_status: Callable[[SessionStatus], object] | None = None
    ) -> Lease:
        return Lease(
            self.service.api(),
            SessionRequest(transaction_id="11111111-2222-3333-4444-555555555555", fingerprint="ab" * 16),
            self.permit,
            secret=None if token is not None else Secret(self.service.secret),
            token=token,
            look=lambda: self.found,
            on_status=on_status or self.told.append,
            clock=self.time.clock,
            chance=lambda: self.chance,
            sleep=self.time.sleep,
        )

    @property
    def states(self) -> list[str]:
        return [str(status.state) for status in self.told]


class InlineExecutor(Executor):
    """Computes at once, where it is asked to: no thread, no waiting."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as problem:
            future.set_exception(problem)
        return future


@pytest.fixture(autouse=True)
def no_credentials_of_the_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the environment nor a file of whoever runs the tests plays a part."""
    for name in list(os.environ):
        if name.startswith("BITHUMAN_"):
            monkeypatch.delenv(name)
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


@pytest.fixture
def world(service: FakeService, time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> World:
    """Every runtime made in the test lives in it."""
    world = World(
        connect=lambda base: Api(base, transport=service.transport()),
        worker=InlineExecutor,
        clock=time.clock,
        sleep=time.sleep,
        seed=lambda: 0,
    )
    monkeypatch.setattr("bithuman.runtime.live._WORLD", world)
    return world


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def service(time: FakeTime) -> FakeService:
    return FakeService(time)


@pytest.fixture
def rig(time: FakeTime, service: FakeService) -> Rig:
    return Rig(time, service)


@pytest.fixture
def refuse() -> Callable[..., httpx.Response]:
    """Makes an answer with the error envelope."""
    return error
