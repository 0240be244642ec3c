"""The three requests that every session makes, answered without a framework: validate, request, heartbeat."""

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from starlette.types import Receive, Scope, Send

from bithuman.core import refusals
from bithuman.core.refusals import Code, Guess, Refusal
from bithuman.http.limits import GuessThrottle
from bithuman.http.metrics import Metrics
from bithuman.http.requests import bearer, client_network, parse_object, read_body, read_headers
from bithuman.http.wire import encode, failure, grant_data, success, whole_number, wrong_method
from bithuman.service.authenticate import authenticate, is_valid
from bithuman.service.exchange import TokenRequest, exchange
from bithuman.service.heartbeat import heartbeat
from bithuman.service.platform import Platform

VALIDATE = "/v1/validate"
REQUEST = "/v1/runtime-tokens/request"
HEARTBEAT = "/v1/runtime-tokens/heartbeat"

_VALID, _INVALID = encode({"valid": True}), encode({"valid": False})
_TEXT_FIELDS = {
    "transaction_id": 128,
    "agent_code": 64,
    "user_id": 128,
    "billing_type": 64,
    "room_name": 256,
    "tags": 256,
    "runtime_model_hash": 128,
    "runtime_version": 64,
}
# With the halves of characters that JSON can spell and UTF-8 cannot.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_HEX = frozenset("0123456789abcdefABCDEF")
MAX_SEQ = 2**53

_log = structlog.get_logger(__name__)

Handler = Callable[[Scope, Receive], Awaitable[bytes]]


class HotEndpoints:
    """An ASGI application for the paths that it `answers`, and no other."""

    def __init__(self, platform: Platform, throttle: GuessThrottle, metrics: Metrics) -> None:
        self._platform = platform
        self._throttle = throttle
        self._metrics = metrics
        self._handlers: dict[str, Handler] = {
            VALIDATE: self._validate,
            REQUEST: self._request,
            HEARTBEAT: self._heartbeat,
        }

    def answers(self, path: str) -> bool:
        """Whether this is the path of a hot endpoint."""
        return path in self._handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        handler = self._handlers[scope["path"]]
        started_s = time.perf_counter()
        retry_after_s = None
        status = 200
        try:
            if scope["method"] != "POST":
                raise wrong_method(scope["method"])
            body = await handler(scope, receive)
        except Exception as error:
            refusal = self._refusal(scope, error)
            status, retry_after_s, body = refusal.code.http_status, refusal.retry_after_s, encode(failure(refusal))
            log_refusal(scope, refusal)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"x-request-id", scope["state"]["request_id"].encode()),
        ]
        if retry_after_s is not None:
            headers.append((b"retry-after", b"%d" % retry_after_s))
        if status == Code.METHOD_NOT_ALLOWED.http_status:
            headers.append((b"allow", b"POST"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        self._metrics.observe(scope["path"], status, time.perf_counter() - started_s)

    async def _validate(self, scope: Scope, _: Receive) -> bytes:
        try:
            headers = read_headers(scope)
        except Refusal:
            return _INVALID
        secret = headers.get(b"api-secret", b"").decode("latin-1")
        return _VALID if is_valid(self._platform, secret) else _INVALID

    async def _request(self, scope: Scope, receive: Receive) -> bytes:
        headers = read_headers(scope)
        body = await read_body(headers, receive)
        secret = authenticate(self._platform, headers.get(b"api-secret", b"").decode("latin-1"))
        document = parse_object(headers, body)
        if "livekit_url" in document:
            raise Refusal(Code.UNAVAILABLE, "No avatar worker is connected to this server.", retry_after_s=30)
        grant = await exchange(self._platform, secret, token_request(document))
        return encode(success(grant_data(self._platform, grant)))

    async def _heartbeat(self, scope: Scope, receive: Receive) -> bytes:
        headers = read_headers(scope)
        document = parse_object(headers, await read_body(headers, receive))
        grant = await heartbeat(self._platform, bearer(headers), sequence(document))
        return encode(success(grant_data(self._platform, grant)))

    def _refusal(self, scope: Scope, error: Exception) -> Refusal:
        if isinstance(error, Guess):
            return self._throttle.count(client_network(scope), self._platform.now_ms()) or error
        if isinstance(error, Refusal):
            return error
        return internal_error(scope, error)


def log_refusal(scope: Scope, refusal: Refusal) -> None:
    """One line for each no. Hot requests that are granted are counted (`/metrics`) and not written down."""
    _log.info(
        "refused",
        request_id=scope["state"]["request_id"],
        route=scope["path"],
        status=refusal.code.http_status,
        code=refusal.code,
    )


def internal_error(scope: Scope, error: Exception) -> Refusal:
    """A fault of ours: the log gets it whole, the client gets the request's id and nothing else."""
    request_id = scope["state"]["request_id"]
    _log.error("internal_error", request_id=request_id, path=scope["path"], exc_info=error)
    return Refusal(Code.INTERNAL_ERROR, f"Something broke on our side. Request {request_id}.")


def token_request(document: dict[str, Any]) -> TokenRequest:
    """Read what a client asks for. Unknown fields are ignored.

    Raises:
        Refusal: VALIDATION_ERROR that names the field and what it takes.
    """
    fingerprint = document.get("fingerprint")
    if fingerprint is not None and not (
        isinstance(fingerprint, str) and 16 <= len(fingerprint) <= 128 and _HEX.issuperset(fingerprint)
    ):
        raise refusals.invalid("fingerprint must be 16 to 128 hexadecimal digits.")
    text = {name: _text(document, name, longest) for name, longest in _TEXT_FIELDS.items()}
    return TokenRequest(
        fingerprint,
        text["transaction_id"],
        text["billing_type"],
        text["agent_code"],
        {
            "end_user": text["user_id"],
            "room_name": text["room_name"],
            "tags": text["tags"],
            "model_hash": text["runtime_model_hash"],
            "runtime_version": text["runtime_version"],
        },
    )


def sequence(document: dict[str, Any]) -> int:
    """A heartbeat's number.

    Raises:
        Refusal: MISSING_PARAM or VALIDATION_ERROR.
    """
    if "seq" not in document:
        raise Refusal(Code.MISSING_PARAM, "seq is missing: number your heartbeats 0, 1, 2 and so on.")
    seq = whole_number(document["seq"])
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq <= MAX_SEQ:
        raise refusals.invalid("seq must be a whole number, zero or more.")
    return seq


def _text(document: dict[str, Any], name: str, longest: int) -> str | None:
    """A text field. Null, or an empty text, is the same as leaving it out."""
    value = document.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > longest or _CONTROL.search(value):
        raise refusals.invalid(f"{name} must be a text of at most {longest} characters and no control characters.")
    return value
