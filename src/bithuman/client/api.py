"""The calls to the platform, each one request and one answer."""

import asyncio
import json
import ssl
from collections.abc import Generator
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import httpx

from bithuman.client.answers import Grant, NoGrant, read_grant, read_refusal
from bithuman.client.network import certificates, proxy_for, trouble
from bithuman.client.secret import Secret

_TIMEOUT = httpx.Timeout(10.0, connect=5.0)
# The timeouts above are per step; a server that drips must not hold a heartbeat for ever.
_DEADLINE_S = 15.0
# A connection outlives the pause between two heartbeats of 60 s, and is given up before the server does so after 75 s.
_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=70.0)
# A kept connection that was closed at the other end just when it was used again.
_RESETS = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)

_VALIDATE = "/v1/validate"
_REQUEST = "/v1/runtime-tokens/request"
_HEARTBEAT = "/v1/runtime-tokens/heartbeat"
_END = "/v1/runtime-tokens/end"
# Twice is as good as once: the transaction id, the seq and the token say what was meant.
_IDEMPOTENT_POSTS = frozenset({_VALIDATE, _REQUEST, _HEARTBEAT, _END})

VERSION = metadata.version("bithuman")


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What an exchange says of the session; fields that are None are left out."""

    transaction_id: str
    fingerprint: str
    runtime_model_hash: str | None = None
    tags: str | None = None
    agent_code: str | None = None
    billing_type: str | None = None


class Api:
    """One server, spoken to over TLS, or in plain HTTP on loopback.

    No redirect is followed, so a secret reaches the configured base alone. Proxies and certificate bundles of the
    environment (`HTTPS_PROXY`, `SSL_CERT_FILE`) count for https, where a proxy sees an encrypted tunnel; on plain
    loopback they do not, or a proxy would read the secret.

    Raises:
        ConfigurationError: a proxy or a certificate bundle of the environment cannot be used.

    Args:
        base: as `api_base` gives it.
        transport: replaces the network.
    """

    def __init__(self, base: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.base = base
        self._transport = transport
        encrypted = base.startswith("https:")
        self._http = httpx.AsyncClient(
            timeout=_TIMEOUT,
            follow_redirects=False,
            verify=certificates() if encrypted else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=False,
            proxy=proxy_for(base),
            transport=transport,
            limits=_LIMITS,
            headers={"User-Agent": f"bithuman-python/{VERSION}", "Accept": "application/json"},
        )

    async def validate(self, secret: Secret) -> bool:
        """Whether `secret` is a live one of an active account.

        Raises:
            TokenRequestError: there was no answer to that question.
        """
        valid = (await self.call("POST", _VALIDATE, secret)).get("valid")
        if not isinstance(valid, bool):
            raise self._unreadable().error()
        return valid

    async def exchange(self, secret: Secret, request: SessionRequest) -> Grant | NoGrant:
        """Open the session of `request.transaction_id`, or go on with it, and get a runtime token."""
        body = {
            "fingerprint": request.fingerprint,
            "runtime_model_hash": request.runtime_model_hash,
            "tags": request.tags,
            "transaction_id": request.transaction_id,
            "runtime_version": VERSION,
            "agent_code": request.agent_code,
            "billing_type": request.billing_type,
        }
        given = {name: value for name, value in body.items() if value is not None}
        return await self._grant(_REQUEST, _ApiSecret(secret), given)

    async def heartbeat(self, token: Secret, *, seq: int, frames: int, state: str) -> Grant | NoGrant:
        """Prove that the session is alive, and renew its token. The same `seq` again gets the same answer."""
        body = {"seq": seq, "frames": frames, "state": state}
        return await self._grant(_HEARTBEAT, _Bearer(token), body)

    async def end(self, token: Secret) -> NoGrant | None:
        """Close the session and bill its last part; None where that was done."""
        answer = await self._send("POST", _END, _Bearer(token), {})
        return answer if isinstance(answer, NoGrant) else None

    async def call(
        self,
        method: str,
        path: str,
        secret: Secret | None = None,
        body: dict[str, Any] | None = None,
        params: dict[str, str | int] | None = None,
    ) -> dict[str, Any]:
        """Any other call, as the owner of `secret`: the JSON object of its answer.

        Raises:
            AccountStatusError: 402 or 403.
            TokenRequestError: any other answer but 200, or none (`retryable`: whether it may pass by itself).
        """
        auth = None if secret is None else _ApiSecret(secret)
        answer = await self._send(method, path, auth, body, params)
        if isinstance(answer, NoGrant):
            raise answer.error()
        table = _object(answer)
        if table is None:
            raise self._unreadable().error()
        return table

    def renew(self) -> "Api":
        """The same server with connections of its own: for another event loop than the one that this was used on."""
        return Api(self.base, transport=self._transport)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _grant(self, path: str, auth: "_Credential", body: dict[str, Any]) -> Grant | NoGrant:
        answer = await self._send("POST", path, auth, body)
        if isinstance(answer, NoGrant):
            return answer
        return read_grant(answer) or self._unreadable()

    async def _send(
        self,
        method: str,
        path: str,
        auth: "_Credential | None",
        body: dict[str, Any] | None = None,
        params: dict[str, str | int] | None = None,
    ) -> bytes | NoGrant:
        async def attempt() -> httpx.Response:
            return await self._http.request(method, self.base + path, json=body, params=params, auth=auth)

        try:
            async with asyncio.timeout(_DEADLINE_S):
                try:
                    response = await attempt()
                except _RESETS:
                    if not _idempotent(method, path):
                        raise
                    response = await attempt()
        except Exception as error:
            # Whatever went wrong below has the credential in its frames' variables: only its name comes out of here.
            message, cure = trouble(self.base, error)
            return NoGrant(message, what_to_do=cure)
        if response.status_code == 200:
            return response.content
        retry_after = response.headers.get("Retry-After")
        return read_refusal(response.status_code, response.content, retry_after, auth.credential if auth else None)

    def _unreadable(self) -> NoGrant:
        # Something in between answered, such as the sign-in page of a network: an outage, not a decision.
        return NoGrant(f"The service at {self.base} gave an answer that is not its own.")


class _Credential(httpx.Auth):
    """Puts a credential on the request at the last moment, so that no header table of ours ever holds it."""

    def __init__(self, credential: Secret) -> None:
        self.credential = credential


class _ApiSecret(_Credential):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["api-secret"] = self.credential.reveal()
        yield request


class _Bearer(_Credential):
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self.credential.reveal()}"
        yield request


def _idempotent(method: str, path: str) -> bool:
    """Whether a call may be made again where its answer was lost. One that makes or rotates a secret may not."""
    return method == "GET" or path in _IDEMPOTENT_POSTS


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        table = json.loads(body)
    except ValueError:
        return None
    return table if isinstance(table, dict) else None
