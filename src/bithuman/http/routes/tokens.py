"""What may be done with a runtime token besides beating: ending its session, and asking whether it is good."""

from typing import Literal

from fastapi import Request
from pydantic import BaseModel, Field

from bithuman.core.refusals import Code
from bithuman.core.sessions import EndReason
from bithuman.core.tokens import ISSUER, MAX_TOKEN_LENGTH, numeric_date
from bithuman.http.bodies import router as bounded_router
from bithuman.http.caller import CurrentAccount, CurrentPlatform, RuntimeToken
from bithuman.http.documents import Credits, Document, Minutes, Seconds, SessionId, UserId
from bithuman.http.errors import JSON, SECRET, TOKEN, responses
from bithuman.http.requests import bearer, read_headers
from bithuman.service.heartbeat import end_session, introspect

router = bounded_router("Runtime tokens", prefix="/v1/runtime-tokens")


class EndedSession(Document):
    """What a session came to."""

    session_id: SessionId
    ended_reason: EndReason
    minutes: Minutes
    credits: Credits


class Ended(Document):
    """A session that is over."""

    status: Literal["success"] = "success"
    status_code: Literal[200] = 200
    data: EndedSession


class TokenToVerify(BaseModel):
    """A token that somebody presented."""

    token: str = Field(max_length=MAX_TOKEN_LENGTH, description="A runtime token.")


class InactiveToken(Document):
    """A token that is not good now, or is none of yours."""

    active: Literal[False] = False


class ActiveToken(Document):
    """A good runtime token of your account: its claims."""

    active: Literal[True] = True
    token_type: Literal["runtime"] = "runtime"  # noqa: S105 - a kind, not a credential
    iss: str
    sub: UserId
    aud: str
    sid: SessionId
    jti: str
    iat: Seconds
    exp: Seconds


@router.post("/end", summary="End a session", responses=responses(*TOKEN), dependencies=[RuntimeToken])
async def end(request: Request, platform: CurrentPlatform) -> Ended:
    """Close the session that the runtime token authorises, and bill its last part. Closing it again changes nothing."""
    session = await end_session(platform, bearer(read_headers(request.scope["headers"])))
    assert session.end_reason is not None
    return Ended(
        data=EndedSession(
            session_id=session.id,
            ended_reason=session.end_reason,
            minutes=session.billed_ms,
            credits=session.charged,
        )
    )


@router.post("/verify", summary="Introspect a token", responses=responses(*SECRET, *JSON, Code.MISSING_PARAM))
async def verify(
    body: TokenToVerify, account: CurrentAccount, platform: CurrentPlatform
) -> ActiveToken | InactiveToken:
    """Whether a runtime token of your account is good now, in the manner of RFC 7662."""
    claims = introspect(platform, account.id, body.token)
    if claims is None:
        return InactiveToken()
    return ActiveToken(
        iss=ISSUER,
        sub=claims.user_id,
        aud=claims.fingerprint,
        sid=claims.session_id,
        jti=claims.jti,
        iat=numeric_date(claims.issued_ms),
        exp=numeric_date(claims.expires_ms),
    )
