"""A session's life: `live` → `silent` → `ended`.

`silent` and `expired` follow from the time that has passed since the session was last seen. A session whose client
comes back is live again. What a session costs is in `metering.py`.

    opened ──seen within 1.5 intervals──▶ live ──not seen──▶ silent ──its token ends──▶ ended (expired)
       ▲                                    │                  │                             │
       └──── asked for again ───────────────┴── end/refusal ───┴──▶ ended (closed, …) ───────┘
                                                                    terminated: for good
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from bithuman.core import refusals
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


LEAST_MS = 5_000
SECOND_MS = 1_000


@dataclass(frozen=True)
class Timing:
    """The two times that the operator sets. The grace is also a token's usual life: one number.

    A session whose account can pay for less than the grace gets a shorter life, and beats more often in proportion.
    Neither goes below 5 s, unless the operator sets it lower, and a token lives for two intervals at least.
    """

    heartbeat_ms: int = 60_000
    grace_ms: int = 300_000

    @cached_property
    def least_interval_ms(self) -> int:
        """The shortest interval that a session gets."""
        return min(self.heartbeat_ms, LEAST_MS)

    @cached_property
    def least_life_ms(self) -> int:
        """The shortest life that a token gets."""
        return min(self.grace_ms, max(2 * self.least_interval_ms, LEAST_MS))

    @cached_property
    def tokens_of_a_place(self) -> int:
        """How many tokens of the grace may be good at once for one place of a plan.

        A session that falls silent gives up its place and keeps its token, so a place may be taken several times
        within a token's life.
        """
        return self.grace_ms // self.silent_after_ms(self.grace_ms) + 3

    def interval_ms(self, life_ms: int) -> int:
        """How often a session beats whose token lives for `life_ms`."""
        if life_ms == self.grace_ms:
            return self.heartbeat_ms
        interval_ms = _whole(self.heartbeat_ms * life_ms // self.grace_ms, self.heartbeat_ms)
        return max(interval_ms, self.least_interval_ms)

    def silent_after_ms(self, life_ms: int) -> int:
        """How long a session whose token lives for `life_ms` may be unheard and still keep its place in the plan."""
        return self.interval_ms(life_ms) * 3 // 2

    def life_ms(self, affordable_ms: int) -> int:
        """How long a token lives if that much time is paid for."""
        return max(_whole(min(affordable_ms, self.grace_ms), self.grace_ms), self.least_life_ms)


class Session(Struct, frozen=True, gc=False):
    """One avatar on one device, from the first token to the last heartbeat.

    A server makes several of these for every heartbeat: see docs/decisions/0012-hot-path.md.

    `provisional`: opened without a transaction id; the next request of the device adopts it.
    `seq`: the last heartbeat's number, -1 before the first. `tokens`: how many it was given; the last is the newest.
    `rate`: micro-credits a minute, fixed when the session opens. `billed_ms`, `charged`: what is on the ledger so far.
    `owed_ms`: time until `seen_ms` that is not on the ledger yet; below zero, time after `seen_ms` that is already.
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
    owed_ms: int = 0
    end_reason: EndReason | None = None
    ended_ms: int | None = None

    @property
    def life_ms(self) -> int:
        """How long its newest token lives."""
        return self.expires_ms - self.issued_ms

    def state(self, now_ms: int, timing: Timing) -> State:
        """What it is now.

        Where it was seen in the future, a clock was set back between two starts of the server. The distance counts.
        """
        unseen_ms, life_ms = abs(now_ms - self.seen_ms), self.life_ms
        if self.end_reason is not None or now_ms > self.expires_ms or unseen_ms > life_ms:
            return State.ENDED
        return State.SILENT if unseen_ms > timing.silent_after_ms(life_ms) else State.LIVE

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


def has_place(session: Session, others: Iterable[Session], places: int, now_ms: int, timing: Timing) -> bool:
    """Whether a session has a place in the plan.

    A live one does. A silent one does while the live ones, and the silent ones that were seen later, leave a place.
    """
    state = session.state(now_ms, timing)
    if state is not State.SILENT:
        return state is State.LIVE
    before = 0
    for other in others:
        other_state = other.state(now_ms, timing)
        later = (other.seen_ms, other.id) > (session.seen_ms, session.id)
        before += other_state is State.LIVE or (other_state is State.SILENT and later)
    return before < places


def check_place(others: Iterable[Session], places: int, now_ms: int, timing: Timing) -> None:
    """Whether a plan has room for one more live session beside the others.

    Raises:
        Refusal: CONCURRENCY_LIMIT_REACHED.
    """
    if sum(other.state(now_ms, timing) is State.LIVE for other in others) >= places:
        raise refusals.plan_is_full(places)


def lifetime(now_ms: int, life_ms: int) -> tuple[int, int]:
    """When a token made now was issued and expires: on whole seconds where its life is, as JWT readers expect."""
    issued_ms = _whole(now_ms, life_ms)
    return issued_ms, issued_ms + life_ms


def renew(session: Session, seq: int, now_ms: int, life_ms: int) -> Session:
    """Give the session its next token."""
    issued_ms, expires_ms = lifetime(now_ms, life_ms)
    return replace(session, seq=seq, tokens=session.tokens + 1, issued_ms=issued_ms, expires_ms=expires_ms)


def end(session: Session, reason: EndReason, now_ms: int) -> Session:
    """Close the session. The first reason stands, unless an operator stops it for good."""
    if session.end_reason is None:
        return replace(session, end_reason=reason, ended_ms=now_ms)
    return replace(session, end_reason=reason) if reason is EndReason.TERMINATED else session


def is_newest(session: Session, jti: str) -> bool:
    """Whether a token is the newest of its session."""
    return jti == session.jti(session.tokens)


def is_current(session: Session, jti: str) -> bool:
    """Whether a token is the newest, or the one before, whose holder may not have the newest yet."""
    return is_newest(session, jti) or jti == session.jti(session.tokens - 1)


def is_repeat(session: Session, jti: str, seq: int) -> bool:
    """Whether a heartbeat was answered before: then it gets the same answer and bills nothing.

    The newest token may repeat any number that it has passed. The token before may repeat only the last: its holder
    has not seen the answer. Every other holder of an older token has a copy that is not his (RFC 9700, section 4.14).

    Raises:
        Refusal: UNAUTHORIZED, for such a copy.
    """
    if is_newest(session, jti):
        return seq <= session.seq
    if jti == session.jti(session.tokens - 1) and seq == session.seq:
        return True
    raise refusals.superseded_token()


def _whole(ms: int, like_ms: int) -> int:
    """`ms` without its part of a second where `like_ms` has none either."""
    return ms if like_ms % SECOND_MS else ms // SECOND_MS * SECOND_MS
