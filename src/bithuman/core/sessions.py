"""A session's life: `live` → `silent` → `ended`.

Only what was done to a session is recorded; `silent` and `expired` follow from the time that has passed since it was
last seen, so nothing has to sweep, and a session whose client is back is live again by being seen.

    opened ──seen within 1.5 intervals──▶ live ──not seen──▶ silent ──not seen for the grace──▶ ended (expired)
       ▲                                    │                  │                                     │
       └──── asked for again ───────────────┴── end/refusal ───┴──▶ ended (closed, revoked, …) ──────┘
                                                                    terminated: for good
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from bithuman.core import refusals
from bithuman.core.billing import cost
from bithuman.core.tokens import Claims


class State(StrEnum):
    """What a session is at one moment."""

    LIVE = "live"
    SILENT = "silent"
    ENDED = "ended"


class EndReason(StrEnum):
    """Why a session is over."""

    CLOSED = "closed"
    TERMINATED = "terminated"
    REVOKED = "revoked"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    SUSPENDED = "suspended"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Timing:
    """The two times that the operator sets. The grace is also the token's time to live: one number."""

    heartbeat_ms: int = 60_000
    grace_ms: int = 300_000

    @property
    def silent_after_ms(self) -> int:
        """How long a session may be unheard before it gives up its place in the plan."""
        return self.heartbeat_ms * 3 // 2


class Session(NamedTuple):
    """One avatar on one device, from the first token to the last heartbeat.

    A tuple, because a server makes several of these for every heartbeat.

    `provisional`: opened without a transaction id; the next request of the device adopts it.
    `seq`: the last heartbeat's number, -1 before the first. `tokens`: how many it was given; the last is the newest.
    `rate`: micro-credits a minute, fixed when the session opens. `billed_ms`, `charged`: so far.
    """

    id: str
    user_id: str
    secret_id: int
    fingerprint: str
    transaction_id: str
    provisional: bool
    pricing_code: str
    rate: int
    started_ms: int
    seen_ms: int
    issued_ms: int
    expires_ms: int
    agent_code: str | None = None
    tokens: int = 1
    seq: int = -1
    billed_ms: int = 0
    charged: int = 0
    end_reason: EndReason | None = None
    ended_ms: int | None = None

    def state(self, now_ms: int, timing: Timing) -> State:
        """What it is now."""
        unseen_ms = now_ms - self.seen_ms
        if self.end_reason is not None or unseen_ms > timing.grace_ms:
            return State.ENDED
        return State.SILENT if unseen_ms > timing.silent_after_ms else State.LIVE

    def reason_ended(self, now_ms: int, timing: Timing) -> EndReason | None:
        """Why it is over, if it is."""
        if self.end_reason is None and self.state(now_ms, timing) is State.ENDED:
            return EndReason.EXPIRED
        return self.end_reason

    def claims(self) -> Claims:
        """What its newest token says."""
        return Claims(self.user_id, self.fingerprint, self.id, self.jti(self.tokens), self.issued_ms, self.expires_ms)

    def jti(self, number: int) -> str:
        """The id of its first, second, … token. Nothing secret: a token is as good as its signature."""
        return f"{self.id}.{number}"


@dataclass(frozen=True, slots=True)
class Step:
    """A session after something happened to it, and what that costs in micro-credits."""

    session: Session
    charge: int = 0


def lifetime(now_ms: int, timing: Timing) -> tuple[int, int]:
    """When a token made now was issued and expires: on whole seconds where the grace is, as JWT readers expect."""
    issued_ms = now_ms if timing.grace_ms % 1_000 else now_ms // 1_000 * 1_000
    return issued_ms, issued_ms + timing.grace_ms


def bill(session: Session, now_ms: int, timing: Timing) -> Step:
    """Bill the time since the session was last seen: wall time, to the millisecond, capped at the grace.

    A clock that stepped back bills nothing, and the time after the step is billed from there. The charge is the
    difference of two running totals, so that rounding never adds up.
    """
    gap_ms = 0
    if session.end_reason is None:
        gap_ms = min(max(now_ms - session.seen_ms, 0), timing.grace_ms)
    billed_ms = session.billed_ms + gap_ms
    charged = cost(session.rate, billed_ms)
    seen = session._replace(seen_ms=now_ms, billed_ms=billed_ms, charged=charged)
    return Step(seen, charged - session.charged)


def renew(session: Session, seq: int, now_ms: int, timing: Timing) -> Session:
    """Give the session its next token. An ended one is live again."""
    issued_ms, expires_ms = lifetime(now_ms, timing)
    return session._replace(
        seq=seq,
        tokens=session.tokens + 1,
        issued_ms=issued_ms,
        expires_ms=expires_ms,
        end_reason=None,
        ended_ms=None,
    )


def end(session: Session, reason: EndReason, now_ms: int) -> Session:
    """Close the session. The first reason stands, unless an operator stops it for good."""
    if session.end_reason is None:
        return session._replace(end_reason=reason, ended_ms=now_ms)
    return session._replace(end_reason=reason) if reason is EndReason.TERMINATED else session


def is_current(session: Session, jti: str) -> bool:
    """Whether a token is the newest, or the one before, whose holder may not have the newest yet."""
    return jti in (session.jti(session.tokens), session.jti(session.tokens - 1))


def is_repeat(session: Session, jti: str, seq: int) -> bool:
    """Whether a heartbeat was answered before: then it gets the same answer and bills nothing.

    The newest token may repeat any number that it has passed. The token before may repeat only the last: its holder
    has not seen the answer. Every other holder of an older token has a copy that is not his (RFC 9700, section 4.14).

    Raises:
        Refusal: UNAUTHORIZED, for such a copy.
    """
    if jti == session.jti(session.tokens):
        return seq <= session.seq
    if jti == session.jti(session.tokens - 1) and seq == session.seq:
        return True
    raise refusals.superseded_token()
