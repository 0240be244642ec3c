"""What may be done with a runtime token besides beating: ending its session, and asking whether it is good."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from bithuman.core.tokens import ISSUER, MAX_TOKEN_LENGTH, numeric_date
from bithuman.http.caller import CurrentAccount, CurrentPlatform
from bithuman.http.hot import bearer
from bithuman.http.wire import success
from bithuman.service.heartbeat import end_session, introspect

router = APIRouter(prefix="/v1/runtime-tokens", tags=["Runtime tokens"])


class TokenToVerify(BaseModel):
    """A token that somebody presented."""

    token: str = Field(max_length=MAX_TOKEN_LENGTH, description="A runtime token.")


@router.post("/end", summary="End a session")
async def end(request: Request, platform: CurrentPlatform) -> dict[str, Any]:
    """Close the session that the runtime token authorises, and bill its last part. Closing it again changes nothing."""
    session = await end_session(platform, bearer(dict(request.scope["headers"])))
    return success(
        {
            "session_id": session.id,
            "ended_reason": session.end_reason,
            "minutes": session.billed_ms / 60_000,
            "credits": session.charged / 1_000_000,
        }
    )


@router.post("/verify", summary="Introspect a token")
async def verify(body: TokenToVerify, account: CurrentAccount, platform: CurrentPlatform) -> dict[str, Any]:
    """Whether a runtime token of your account is good now, in the manner of RFC 7662."""
    claims = introspect(platform, account.id, body.token)
    if claims is None:
        return {"active": False}
    return {
        "active": True,
        "token_type": "runtime",
        "iss": ISSUER,
        "sub": claims.user_id,
        "aud": claims.fingerprint,
        "sid": claims.session_id,
        "jti": claims.jti,
        "iat": numeric_date(claims.issued_ms),
        "exp": numeric_date(claims.expires_ms),
    }
