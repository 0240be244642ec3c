"""An account's runtime sessions: seeing them, and stopping them."""

from functools import partial
from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from bithuman.core.refusals import Code
from bithuman.core.sessions import EndReason, State
from bithuman.http.bodies import router as bounded_router
from bithuman.http.caller import CurrentPlatform, Owner
from bithuman.http.documents import AgentCode, Alias, Credits, Document, Minutes, SessionId, Time
from bithuman.http.errors import SECRET, responses
from bithuman.http.readers import CurrentReaders
from bithuman.service.secrets import revoke_all
from bithuman.service.sessions import SessionView, Window, list_sessions, terminate_session

router = bounded_router("Runtime sessions", prefix="/v2/{user_id}")


class SessionSummary(Document):
    """One session of the account."""

    id: SessionId
    status: State
    started: Time
    last_seen: Time
    ended_reason: EndReason | None
    minutes: Minutes
    credits: Credits
    burn_rate_cr_per_min: Credits
    key_alias: Alias
    agent_code: AgentCode | None
    billing_type: str = Field(examples=["self_hosted"])
    user_id: str | None = Field(description="Whom the client attributes the use to.")
    room_name: str | None
    tags: str | None


class SessionReport(Document):
    """Sessions, newest first, and what the account burns."""

    active_count: int
    live_burn_rate_cr_per_min: Credits
    credits_this_hour: Credits = Field(description="What was used in the last 60 minutes.")
    sessions: list[SessionSummary]


class SessionReportAnswer(Document):
    """The account's sessions."""

    success: Literal[True] = True
    data: SessionReport


class SessionClosed(Document):
    """A session that was stopped for good."""

    session_id: SessionId
    closed: Literal[True] = True


class SessionClosedAnswer(Document):
    """A session that was stopped for good."""

    success: Literal[True] = True
    data: SessionClosed


class Revocation(Document):
    """Runtime access that was taken away."""

    revoked: Literal[True] = True
    effective_in_seconds: int = Field(
        description="By then no engine renders: one that is cut off goes on until its token ends."
    )


class RevocationAnswer(Document):
    """Runtime access that was taken away."""

    success: Literal[True] = True
    data: Revocation


@router.get(
    "/runtime-sessions",
    summary="List the sessions",
    responses=responses(*SECRET, Code.NOT_FOUND, Code.VALIDATION_ERROR),
)
async def list_all(
    account: Owner,
    platform: CurrentPlatform,
    readers: CurrentReaders,
    window: Annotated[Window, Query(description="Live now, seen in the last 24 hours, or all.")] = Window.LIVE,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SessionReportAnswer:
    """Who renders what, and what it burns. The counts are of the live sessions, whatever the window."""
    report = await readers.run(account.id, partial(list_sessions, platform, account.id, window, limit))
    return SessionReportAnswer(
        data=SessionReport(
            active_count=report.active_count,
            live_burn_rate_cr_per_min=report.live_burn_rate,
            credits_this_hour=report.used_this_hour,
            sessions=[_summary(view) for view in report.sessions],
        )
    )


@router.post(
    "/runtime-sessions/{session_id}/terminate",
    summary="Terminate a session",
    responses=responses(*SECRET, Code.NOT_FOUND),
)
async def terminate(session_id: str, account: Owner, platform: CurrentPlatform) -> SessionClosedAnswer:
    """Stop a session for good: it is refused at its next heartbeat, and cannot be resumed."""
    await terminate_session(platform, account.id, session_id)
    return SessionClosedAnswer(data=SessionClosed(session_id=session_id))


@router.post("/runtime/revoke-all", summary="Revoke all runtime access", responses=responses(*SECRET, Code.NOT_FOUND))
async def revoke(account: Owner, platform: CurrentPlatform) -> RevocationAnswer:
    """Issue and renew no runtime token for this account until a new secret is created."""
    await revoke_all(platform, account.id)
    within_s = -(-platform.timing.grace_ms // 1_000)
    return RevocationAnswer(data=Revocation(effective_in_seconds=within_s))


def _summary(view: SessionView) -> SessionSummary:
    session = view.session
    return SessionSummary(
        id=session.id,
        status=view.state,
        started=session.started_ms,
        last_seen=session.seen_ms,
        ended_reason=view.reason,
        minutes=session.billed_ms,
        credits=session.charged,
        burn_rate_cr_per_min=session.rate if view.state is State.LIVE else 0,
        key_alias=view.key_alias,
        agent_code=session.agent_code,
        billing_type=session.pricing_code,
        user_id=view.details["end_user"],
        room_name=view.details["room_name"],
        tags=view.details["tags"],
    )
