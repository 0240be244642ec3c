"""What the breadth of the API takes and gives, as documents: field order, types and meaning, for the wire and OpenAPI.

Money, times and durations are whole numbers here as everywhere, and become JSON's numbers and texts as they leave.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from bithuman.core.billing import MICRO, MINUTE_MS
from bithuman.core.refusals import Code
from bithuman.core.sessions import EndReason, State
from bithuman.core.tokens import MAX_TOKEN_LENGTH
from bithuman.http.wire import decimal_number, whole_number
from bithuman.service.secrets import MAX_OVERLAP_S


def rfc3339(ms: int) -> str:
    """Milliseconds since the epoch as RFC 3339 in UTC: `2026-11-25T03:00:00.000Z`."""
    return datetime.fromtimestamp(ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Credits = Annotated[
    int,
    PlainSerializer(lambda micro: decimal_number(micro, MICRO)),
    WithJsonSchema({"type": "number", "description": "Credits, to six decimals."}),
]
Minutes = Annotated[
    int,
    PlainSerializer(lambda ms: decimal_number(ms, MINUTE_MS)),
    WithJsonSchema({"type": "number", "description": "Minutes, to six decimals.", "minimum": 0}),
]
Time = Annotated[
    int,
    PlainSerializer(rfc3339),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "RFC 3339, in UTC."}),
]


Seconds = Annotated[int | float, WithJsonSchema({"type": "number"})]


class Document(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


# Errors


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: Code = Field(description="For programs; each has one HTTP status.")
    message: str = Field(description="For people: what happened and what to do.")
    httpStatus: int = Field(description="The HTTP status.")
    reason: str = Field("", description="Narrows a code, e.g. SESSION_ENDED; absent where there is none.")


class ErrorAnswer(Document):
    """Every error, on every path."""

    error: ErrorDetail
    status: Literal["error"] = "error"
    status_code: int


# Operations


class Alive(Document):
    """The server is up, and what its clock says: for a client that wants to know how far its own is off."""

    status: Literal["ok"] = "ok"
    time: Time


class Ready(Document):
    """The server can serve."""

    status: Literal["ready"] = "ready"


# Runtime tokens


class Validity(Document):
    """Whether a secret is live and its account active. Never why not."""

    valid: bool


def _text(longest: int, description: str | None = None) -> Any:
    """A text that may be left out, as `http/hot.py` takes it: no control characters."""
    return Field(None, max_length=longest, pattern=r"^[^\u0000-\u001f\u007f-\u009f]*$", description=description)


class TokenRequestBody(BaseModel):
    """What a client tells of a session. Everything may be left out; unknown fields are ignored."""

    fingerprint: str | None = Field(
        None, pattern="^[0-9a-fA-F]{16,128}$", description="The device, in hexadecimal. Made up where absent."
    )
    transaction_id: str | None = _text(128, "The same id from the same device continues the same session.")
    agent_code: str | None = _text(64, "The agent to attribute the use to.")
    user_id: str | None = _text(128, "Your own user to attribute the use to.")
    billing_type: str | None = _text(64, "The price that applies; see `/v1/pricing`.")
    room_name: str | None = _text(256)
    tags: str | None = _text(256)
    runtime_model_hash: str | None = _text(128)
    runtime_version: str | None = _text(64)


class HeartbeatBody(BaseModel):
    """A sign of life. Only `seq` matters to the server."""

    seq: int = Field(ge=0, le=2**53, description="0, 1, 2 …; the same number again gets the same answer.")
    frames: Any = Field(None, description="Frames drawn so far, for whoever reads along.")
    state: Any = Field(None, description="What the engine is doing, e.g. live.")


class GrantData(Document):
    """A session and its newest token."""

    token: str = Field(description="The runtime token, a JWT.")
    transaction_id: str
    session_id: str
    fingerprint: str
    expires_at: Seconds = Field(description="When the token expires, in seconds since the epoch.")
    expires_in: Seconds = Field(description="The token's life in seconds: also the grace without a heartbeat.")
    heartbeat_interval: Seconds = Field(description="Seconds between heartbeats.")


class Grant(Document):
    """A runtime token."""

    status: Literal["success"] = "success"
    status_code: Literal[200] = 200
    data: GrantData


class EndedSession(Document):
    """What a session came to."""

    session_id: str
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
    sub: str
    aud: str
    sid: str
    jti: str
    iat: Seconds
    exp: Seconds


# Account


class Me(Document):
    """An account as it sees itself."""

    user_id: str
    email: str
    plan: str
    credit_balance: Credits
    plan_credits_remaining: Credits
    topup_credits_remaining: Credits
    account_status: Literal["active"] = "active"


class MeAnswer(Document):
    """The caller's account."""

    data: Me
    status: Literal["success"] = "success"
    status_code: Literal[200] = 200


class CreditSummary(Document):
    """What can be spent, and how long it lasts."""

    user_id: str
    balance: Credits
    plan_credits: Credits
    topup_credits: Credits
    minutes_estimate: dict[str, Minutes | None] = Field(
        description="Minutes that the balance pays for, by price code; null where a minute is free."
    )


class CreditSummaryAnswer(Document):
    """The caller's credits."""

    success: Literal[True] = True
    data: CreditSummary


# Usage


class UsageEntry(Document):
    """A line of the ledger. `credits_change` is positive for what was used and negative for what was credited."""

    activity_type: str = Field(description="runtime, plan_grant, plan_lapse or top_up.")
    pricing_code: str | None
    session_id: str | None
    agent_code: str | None
    created_at: Time
    credits_change: Credits


class Pagination(Document):
    """Which part of a list this is."""

    limit: int
    offset: int
    total: int
    has_more: bool


class UsageAnswer(Document):
    """A page of the ledger, newest first. The balance is minus the sum of all `credits_change`."""

    data: list[UsageEntry]
    pagination: Pagination


class PlanOffer(Document):
    """What a plan grants."""

    name: str
    credits_per_month: Credits
    concurrent_sessions: int
    reads_per_minute: int
    writes_per_minute: int


class PriceOffer(Document):
    """What a rendered minute costs. A token request picks a price by its code, as `billing_type`."""

    code: str
    host: str
    model: str
    credits_per_minute: Credits
    default: bool


class Pricing(Document):
    """The operator's schedule."""

    unit: Literal["credit"] = "credit"
    plans: list[PlanOffer]
    prices: list[PriceOffer]


class PricingAnswer(Document):
    """Plans and prices."""

    success: Literal[True] = True
    data: Pricing


# Api-secrets


class SecretToCreate(BaseModel):
    """How to call a new secret."""

    alias: str | None = Field(
        None,
        description="Made up where absent.",
        json_schema_extra={"pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$"},
    )


class Rotation(BaseModel):
    """How to rotate."""

    overlap_seconds: Annotated[int, BeforeValidator(whole_number)] = Field(
        0,
        strict=True,
        ge=0,
        le=MAX_OVERLAP_S,
        description="How long the old secret goes on working. None at all, unless you ask for it.",
    )


class ShownSecret(Document):
    """A secret that was just made. It is never shown again."""

    alias: str
    secret: str


class SecretSummary(Document):
    """A secret, masked."""

    alias: str
    key_display: str = Field(description="The first 8 and the last 4 characters.")
    created_at: Time
    last_used_at: Time | None = Field(description="To the minute.")


class SecretList(Document):
    """The account's living secrets, oldest first."""

    user_id: str
    data: list[SecretSummary]
    total_count: int


class SecretDeleted(Document):
    """A secret that is refused from now on."""

    alias: str
    message: str


# Runtime sessions


class SessionSummary(Document):
    """One session of the account."""

    id: str
    status: State
    started: Time
    last_seen: Time
    ended_reason: EndReason | None
    minutes: Minutes
    credits: Credits
    burn_rate_cr_per_min: Credits
    key_alias: str
    agent_code: str | None
    billing_type: str


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

    session_id: str
    closed: Literal[True] = True


class SessionClosedAnswer(Document):
    """A session that was stopped for good."""

    success: Literal[True] = True
    data: SessionClosed


class Revocation(Document):
    """Runtime access that was taken away."""

    revoked: Literal[True] = True
    effective_in_seconds: int = Field(description="By then every running session has been refused.")


class RevocationAnswer(Document):
    """Runtime access that was taken away."""

    success: Literal[True] = True
    data: Revocation
