"""The application: the hot endpoints in front, the breadth behind, one envelope for every error."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import anyio.to_thread
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from bithuman.core import refusals
from bithuman.core.refusals import Code, Guess, Refusal
from bithuman.http.docs import add_docs
from bithuman.http.door import Door
from bithuman.http.front import add_front
from bithuman.http.hot import HotPath
from bithuman.http.limits import Buckets, GuessThrottle
from bithuman.http.metrics import Metrics
from bithuman.http.readers import Readers
from bithuman.http.requests import client_network
from bithuman.http.routes import account, operations, secrets, sessions, tokens, usage
from bithuman.http.statuses import STATUS
from bithuman.http.validation import refusal_of
from bithuman.http.wire import encode, failure, internal_error, wrong_method
from bithuman.service.abandonment import end_abandoned
from bithuman.service.platform import Platform

REFRESH_S = 1.0
# The files of `/docs` are read in threads of their own; reads of the database are in `readers.py`.
FILE_READERS = 2
_log = structlog.get_logger(__name__)


class CompactJSON(JSONResponse):
    """JSON as the contract has it."""

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Answers are for their caller alone: no cache keeps one."""
        super().init_headers({"Cache-Control": "no-store", **(headers or {})})

    def render(self, content: Any) -> bytes:
        """Write `content`."""
        return encode(content)


@dataclass(frozen=True, slots=True)
class Application:
    """All that answers requests.

    `hot`: the paths that the protocol answers itself. `rest`: an ASGI application for all others, which closes the
    platform when it shuts down. `new_request_id`: names a request in the log.
    """

    hot: HotPath
    rest: Door
    new_request_id: Callable[[], str]


def create_app(platform: Platform, add_pages: Callable[[FastAPI], None] | None = None) -> Application:
    """What answers a platform's requests.

    Args:
        add_pages: adds the console, which stands above this API.
    """
    throttle, metrics = GuessThrottle(), Metrics()
    # The first part is new in each run of the server, so that ids of two runs differ.
    run_id, numbers = platform.new_id()[:8], itertools.count(1)

    def new_request_id() -> str:
        return f"{run_id}-{next(numbers)}"

    app = FastAPI(
        title="bitHuman-compatible avatar platform",
        version=version("bithuman"),
        default_response_class=CompactJSON,
        redirect_slashes=False,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.platform = platform
    app.state.metrics = metrics
    app.state.buckets = Buckets()
    app.state.readers = Readers()
    for routes in (tokens, account, secrets, sessions, usage, operations):
        app.include_router(routes.router)
    add_front(app)
    add_docs(app)
    if add_pages is not None:
        add_pages(app)
    _answer_errors(app, throttle)
    app.middleware("http")(_measure)
    hot = HotPath(platform, throttle, metrics, new_request_id)
    return Application(hot, Door(app, new_request_id), new_request_id)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    platform: Platform = app.state.platform
    anyio.to_thread.current_default_thread_limiter().total_tokens = FILE_READERS
    background = [asyncio.create_task(_refresh(platform)), asyncio.create_task(_end_abandoned(platform))]
    yield
    for task in background:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await platform.database.writer.finish()
    platform.close()


async def _refresh(platform: Platform) -> None:
    """Notice what an operator does to the files of a running server: a rotated key, a database that is gone."""
    logged = ""
    while True:
        await asyncio.sleep(REFRESH_S)
        try:
            platform.refresh()
        except OSError as error:  # It may pass, and is tried every second.
            if str(error) != logged:
                logged = str(error)
                _log.error("keys_not_reloaded", error=logged)
        except Exception as error:
            _log.error("keys_not_reloaded", error=str(error))


async def _end_abandoned(platform: Platform) -> None:
    """Look for abandoned sessions at the start and twice in an interval, so that the ledger shows them within one.

    A session whose account has few credits has a short interval.
    """
    timing = platform.timing
    while True:
        try:
            if count := await end_abandoned(platform):
                _log.info("abandoned_sessions_ended", sessions=count)
        except Refusal as refusal:
            # The log has the reason already.
            _log.warning("abandoned_sessions_not_ended", error=refusal.message)
        except Exception as error:
            _log.error("abandoned_sessions_not_ended", exc_info=error)
        await asyncio.sleep(min(timing.heartbeat_ms / 2, timing.least_interval_ms) / 1_000)


async def _measure(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    started_s = time.perf_counter()
    try:
        response = await call_next(request)
    except Exception as error:
        response = _answer(request, internal_error(request.state.request_id, request.scope["path"], error))
    seconds = time.perf_counter() - started_s
    route = request.scope.get("route")
    path = getattr(route, "path", "unmatched")
    request.app.state.metrics.routes[path].observe(response.status_code, seconds)
    _log.info(
        "request",
        request_id=request.state.request_id,
        method=request.method,
        route=path,
        status=response.status_code,
        ms=round(seconds * 1_000, 2),
    )
    return response


def _answer_errors(app: FastAPI, throttle: GuessThrottle) -> None:
    @app.exception_handler(Refusal)
    async def _(request: Request, refusal: Refusal) -> Response:
        if isinstance(refusal, Guess):
            platform: Platform = request.app.state.platform
            refusal = throttle.count(client_network(request.scope), platform.now_ms()) or refusal
        return _answer(request, refusal)

    @app.exception_handler(RequestValidationError)
    async def _(request: Request, error: RequestValidationError) -> Response:
        return _answer(request, refusal_of(error))

    @app.exception_handler(HTTPException)
    async def _(request: Request, error: HTTPException) -> Response:
        if error.status_code == STATUS[Code.METHOD_NOT_ALLOWED]:
            answer = _answer(request, wrong_method(request.method))
            answer.headers["Allow"] = _allowed(request)
            return answer
        if error.status_code == STATUS[Code.NOT_FOUND]:
            refusal = Refusal(Code.NOT_FOUND, "There is nothing at this path. See /docs.")
        else:
            refusal = refusals.invalid("The request cannot be read.")
        return _answer(request, refusal)


def _answer(request: Request, refusal: Refusal) -> Response:
    headers = dict(getattr(request.state, "rate_limit_headers", {}))
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    return CompactJSON(failure(refusal), status_code=STATUS[refusal.code], headers=headers)


def _allowed(request: Request) -> str:
    """Every method that the path takes. Starlette lists those of its first route alone."""
    return ", ".join(
        method
        for method in ("GET", "POST", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    )
