"""A service that answers by the contract, in this process."""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from bithuman.client.api import Api
from bithuman.core.secrets import new_secret
from tests.doubles.clocks import FakeTime

BASE = "http://127.0.0.1:1"


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
        return httpx.MockTransport(self.answer)

    def api(self) -> Api:
        return Api(BASE, transport=self.transport())

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, or raise what the test wants."""
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
        return refuse(404, "NOT_FOUND", "No such path.")

    def _exchange(self, secret: str, body: dict[str, Any]) -> httpx.Response:
        if secret not in self.secrets:
            return refuse(401, "UNAUTHORIZED", "The secret is not good.")
        known = self.sessions.get(body["transaction_id"])
        if known is not None and known.terminated:
            return refuse(403, "SESSION_TERMINATED", "The session was terminated.")
        session = known or FakeSession(body["transaction_id"], f"s{next(self._numbers)}", secret)
        session.secret, session.ended, session.last_seq = secret, False, -1
        self.sessions[session.transaction_id] = session
        return self._granted(session)

    def _beat(self, token: str, body: dict[str, Any]) -> httpx.Response:
        session = self._holder(token)
        if session is None or session.secret not in self.secrets:
            return refuse(401, "UNAUTHORIZED", "The token is no longer good.")
        if session.ended:
            return refuse(409, "CONFLICT", "The session has ended.")
        tokens = [one for one, _ in session.tokens]
        repeated = body["seq"] <= session.last_seq
        if token != tokens[-1] and not (body["seq"] == session.last_seq and token == tokens[-2]):
            return refuse(401, "UNAUTHORIZED", "The token was renewed by somebody else.")
        if self.time.now_s >= dict(session.tokens)[token]:
            return refuse(401, "TOKEN_EXPIRED", "The token is past its time.")
        if repeated:
            return self._data(session)
        session.last_seq = body["seq"]
        return self._granted(session)

    def _end(self, token: str) -> httpx.Response:
        session = self._holder(token)
        if session is None:
            return refuse(401, "UNAUTHORIZED", "The token is not good.")
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


def refuse(status: int, code: str, message: str, **headers: str) -> httpx.Response:
    """An answer with the error envelope."""
    body = {"error": {"code": code, "message": message, "httpStatus": status}, "status": "error", "status_code": status}
    return httpx.Response(status, json=body, headers=headers)


def _raised_or(answer: httpx.Response | Exception) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    return answer
