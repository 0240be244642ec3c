"""For the operator's machinery: is the server up, is it ready, what does it count?"""

from functools import partial
from typing import Literal

from fastapi import Request, Response
from fastapi.responses import PlainTextResponse

from bithuman.core.refusals import Code, Refusal
from bithuman.http.bodies import router as bounded_router
from bithuman.http.caller import CurrentPlatform
from bithuman.http.documents import Document, Time
from bithuman.http.errors import responses
from bithuman.http.metrics import CONTENT_TYPE, Metrics
from bithuman.http.readers import ANYBODY, CurrentReaders
from bithuman.service.platform import Platform
from bithuman.service.sessions import count_live_sessions

COUNT_EVERY_MS = 1_000
router = bounded_router("Operations")


class Alive(Document):
    """The server is up, and what its clock says: for a client that wants to know how far its own is off."""

    status: Literal["ok"] = "ok"
    time: Time


class Ready(Document):
    """The server can serve."""

    status: Literal["ready"] = "ready"


@router.get("/healthz", summary="Is the process up?", responses=responses())
async def healthz(platform: CurrentPlatform) -> Alive:
    """Answers as long as the process does, with the time of its clock."""
    return Alive(time=platform.now_ms())


@router.get("/readyz", summary="Can it serve?", responses=responses(Code.UNAVAILABLE))
async def readyz(platform: CurrentPlatform) -> Ready:
    """Answers 200 while the database takes writes, and 503 while it does not. It is tried once a second at most."""
    if not await platform.readiness.check():
        raise Refusal(Code.UNAVAILABLE, "The server is not ready.", retry_after_s=1)
    return Ready()


@router.get("/metrics", summary="Prometheus metrics", response_class=PlainTextResponse, responses=responses())
async def metrics(request: Request, platform: CurrentPlatform, readers: CurrentReaders) -> Response:
    """Counters and timings in Prometheus' text format. Live sessions are counted once a second at the most."""
    text = await readers.run(ANYBODY, partial(_exposition, request.app.state.metrics, platform))
    return Response(text, media_type=CONTENT_TYPE)


def _exposition(metrics: Metrics, platform: Platform) -> bytes:
    now_ms = platform.now_ms()
    if not 0 <= now_ms - metrics.counted_ms < COUNT_EVERY_MS:
        metrics.live_sessions = count_live_sessions(platform)
        metrics.counted_ms = now_ms
    return metrics.text()
