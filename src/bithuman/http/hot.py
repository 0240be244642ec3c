"""The story of a hot request, from bytes to bytes. Every session makes some, so they decide what a fleet costs.

    http/protocol.py    reads the request, and gives it to its route here once its last byte has come
    here                reads what it says, and asks the service
    store/writer.py     decides it with others, and commits them all at once
    here                writes the answer, in one piece

A request has no task, no future and no coroutine of its own. All other routes are FastAPI's (`http/app.py`).
"""

import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from bithuman.core.refusals import Code, Guess, Refusal
from bithuman.http.fields import list_beats, read_beat, read_seq, read_token_request
from bithuman.http.hot_request import HotRequest, Route
from bithuman.http.limits import GuessThrottle
from bithuman.http.metrics import Metrics
from bithuman.http.requests import (
    MAX_BODY_BYTES,
    Proxies,
    bearer,
    body_too_large,
    network_of,
    parse_object,
    path_of,
    read_headers,
    without_mark,
)
from bithuman.http.statuses import STATUS
from bithuman.http.wire import encode, failure, grant_data, internal_error, success, wrong_method
from bithuman.service.authenticate import authenticate, is_valid
from bithuman.service.exchange import submit_exchange
from bithuman.service.heartbeat import shows_token, submit_heartbeat, submit_heartbeats
from bithuman.service.lease import IssuedToken
from bithuman.service.platform import Platform

VALIDATE = "/v1/validate"
REQUEST = "/v1/runtime-tokens/request"
HEARTBEAT = "/v1/runtime-tokens/heartbeat"
HEARTBEATS = "/v1/runtime-tokens/heartbeats"
# So many beats of a batch show whether it has a genuine token.
SHOWN_FIRST = 8
# A thousand tokens and their numbers.
MAX_BATCH_BYTES = 1024 * 1024

_VALID, _INVALID = encode({"valid": True}), encode({"valid": False})
_ANSWER = (
    b"%bcontent-type: application/json\r\ncache-control: no-store\r\ncontent-length: %d\r\nx-request-id: %b\r\n%b\r\n%b"
)

_log = structlog.get_logger(__name__)


class HotPath:
    """Answers the requests of the hot routes.

    Args:
        platform: the server's.
        throttle: holds back who guesses credentials.
        metrics: counts the answers.
        new_request_id: names a request in the log.
    """

    def __init__(
        self, platform: Platform, throttle: GuessThrottle, metrics: Metrics, new_request_id: Callable[[], str]
    ) -> None:
        self._platform = platform
        self._throttle = throttle
        self._new_request_id = new_request_id
        self._proxies = Proxies(platform.settings.trusted_proxies)
        routes = (
            Route(VALIDATE, self._validate, metrics.routes[VALIDATE], MAX_BODY_BYTES),
            Route(REQUEST, self._exchange, metrics.routes[REQUEST], MAX_BODY_BYTES),
            Route(HEARTBEAT, self._heartbeat, metrics.routes[HEARTBEAT], MAX_BODY_BYTES),
            Route(HEARTBEATS, self._heartbeats, metrics.routes[HEARTBEATS], MAX_BATCH_BYTES),
        )
        self._by_path = {route.path: route for route in routes}
        self._by_target = {route.path.encode(): route for route in routes}

    def route(self, target: bytes) -> Route | None:
        """The hot route of a request's target, however that is spelt."""
        return self._by_target.get(target) or self._by_path.get(path_of(target))

    def answer(self, request: HotRequest) -> None:
        """Answer a request that is complete, or too large, now or once its commit is on disk."""
        request.id = self._new_request_id().encode()
        request.started_s = time.perf_counter()
        try:
            if request.method != b"POST":
                raise wrong_method(request.method.decode())
            request.route.answer(request)
        except Exception as error:
            self._refuse(request, error)

    def refuse_body(self, request: HotRequest) -> None:
        """Answer a request whose body is too large, before all of it has come."""
        self.refuse(request, body_too_large(request.route.max_body_bytes))

    def refuse(self, request: HotRequest, refusal: Refusal) -> None:
        """Answer a request before all of it has come."""
        request.id = self._new_request_id().encode()
        request.started_s = time.perf_counter()
        self._refuse(request, refusal)

    def _validate(self, request: HotRequest) -> None:
        try:
            secret = read_headers(request.headers).get(b"api-secret", b"").decode("latin-1")
        except Refusal:
            self._give(request, _INVALID)
            return
        self._give(request, _VALID if is_valid(self._platform, secret) else _INVALID)

    def _exchange(self, request: HotRequest) -> None:
        headers = read_headers(request.headers)
        body = self._body(request)
        secret = authenticate(self._platform, headers.get(b"api-secret", b"").decode("latin-1"))
        document = parse_object(headers, body)
        if document.get("livekit_url") is not None:
            raise Refusal(Code.UNAVAILABLE, "No avatar worker is connected to this server.", retry_after_s=30)
        submit_exchange(self._platform, secret, read_token_request(document), partial(self._give_grant, request))

    def _heartbeat(self, request: HotRequest) -> None:
        headers = read_headers(request.headers)
        document = parse_object(headers, self._body(request))
        token = bearer(headers)
        submit_heartbeat(self._platform, token, read_seq(document), partial(self._give_grant, request))

    def _heartbeats(self, request: HotRequest) -> None:
        headers = read_headers(request.headers)
        beats = list_beats(parse_object(headers, self._body(request)))
        # Who guesses too often is refused before all tokens are verified, which takes milliseconds.
        few = map(read_beat, beats[:SHOWN_FIRST])
        if beats and not shows_token(self._platform, few) and (limited := self._count_guess(request)):
            raise limited
        submit_heartbeats(self._platform, [read_beat(beat) for beat in beats], partial(self._give_results, request))

    def _body(self, request: HotRequest) -> bytes:
        if len(request.body) > request.route.max_body_bytes:
            raise body_too_large(request.route.max_body_bytes)
        return without_mark(bytes(request.body))

    def _give_grant(self, request: HotRequest, outcome: IssuedToken | Refusal) -> None:
        try:
            if isinstance(outcome, Refusal):
                raise outcome
            body = encode(success(grant_data(self._platform, outcome)))
        except Exception as error:
            self._refuse(request, error)
        else:
            self._give(request, body)

    def _give_results(self, request: HotRequest, outcome: list[IssuedToken | Refusal] | Refusal) -> None:
        try:
            if isinstance(outcome, Refusal):
                raise outcome
            body = encode({"results": [self._result(request, one) for one in outcome]})
            self._log_refused(request, outcome)
        except Exception as error:
            self._refuse(request, error)
        else:
            self._give(request, body)

    def _result(self, request: HotRequest, outcome: IssuedToken | Refusal) -> dict[str, Any]:
        """One of many answers, as it would be alone."""
        if isinstance(outcome, IssuedToken):
            return {"status": 200, "data": grant_data(self._platform, outcome)}
        refusal = self._throttled(request, outcome)
        result = {"status": STATUS[refusal.code], "error": failure(refusal)["error"]}
        return result if refusal.retry_after_s is None else result | {"retry_after": refusal.retry_after_s}

    def _refuse(self, request: HotRequest, error: Exception) -> None:
        refusal = self._refusal(request, error)
        more = b"" if refusal.retry_after_s is None else b"retry-after: %d\r\n" % refusal.retry_after_s
        if refusal.code is Code.METHOD_NOT_ALLOWED:
            more += b"allow: POST\r\n"
        self._give(request, encode(failure(refusal)), STATUS[refusal.code], more)

    def _refusal(self, request: HotRequest, error: Exception) -> Refusal:
        """What is answered, with a line in the log. What is granted is counted (`/metrics`) and not logged."""
        request_id, path = request.id.decode(), request.route.path
        known = error if isinstance(error, Refusal) else internal_error(request_id, path, error)
        refusal = self._throttled(request, known)
        _log.info("refused", request_id=request_id, route=path, status=STATUS[refusal.code], code=refusal.code)
        return refusal

    def _log_refused(self, request: HotRequest, outcomes: list[IssuedToken | Refusal]) -> None:
        """One line for a batch: a line for each beat would let a small request write a large log."""
        refused = Counter(str(one.code) for one in outcomes if isinstance(one, Refusal))
        if refused:
            _log.info("refused", request_id=request.id.decode(), route=request.route.path, codes=dict(refused))

    def _throttled(self, request: HotRequest, refusal: Refusal) -> Refusal:
        return (isinstance(refusal, Guess) and self._count_guess(request)) or refusal

    def _count_guess(self, request: HotRequest) -> Refusal | None:
        client = self._proxies.client(request.connection.client, request.headers)
        return self._throttle.count(network_of(client), self._platform.now_ms())

    def _give(self, request: HotRequest, body: bytes, status: int = 200, more: bytes = b"") -> None:
        if not request.keep_alive:
            more += b"connection: close\r\n"
        # HEAD gets what another method would, less the body (RFC 9110, section 9.3.2).
        sent = body if request.method != b"HEAD" else b""
        request.connection.give(request, _ANSWER % (STATUS_LINE[status], len(body), request.id, more, sent))
        request.route.metrics.observe(status, time.perf_counter() - request.started_s)
