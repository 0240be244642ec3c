"""What a session costs: which time is billed, when, and how much time may be authorised ahead.

`accept` renews a session, `settle` refuses or ends it, `abandon` gives it up. Each bills the time since the last
accepted request at most once, to the millisecond and never for longer than the session's token lived.
"""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from bithuman.core import refusals
from bithuman.core.billing import MINUTE_MS, cost
from bithuman.core.sessions import EndReason, Session, State, Timing, end

# A request that comes sooner than this part of an interval after what was billed last is billed with the next one.
EARLY_DIVISOR = 10


class Step(Struct, frozen=True, gc=False):
    """A session after something happened to it, and what that costs in micro-credits."""

    session: Session
    charge: int = 0


def accept(session: Session, elapsed_ms: int, now_ms: int, timing: Timing) -> Step:
    """Bill the time since the last accepted request. The request that is accepted now takes its place.

    A session that had ended is open again. An early request (see `EARLY_DIVISOR`) puts nothing on the ledger: the
    session owes its time.

    Args:
        elapsed_ms: how long ago the session was last seen.
    """
    owed_ms = _owed_ms(session, elapsed_ms)
    seen = replace(session, seen_ms=now_ms, owed_ms=owed_ms, end_reason=None, ended_ms=None)
    return Step(seen) if _is_early(session, owed_ms, timing) else _bill(seen, owed_ms)


def settle(session: Session, elapsed_ms: int, reason: EndReason | None, now_ms: int, timing: Timing) -> Step:
    """Bill the time until now because a request refuses the session, or ends it for `reason`.

    Without a reason the session may come back, and is then billed for the time after this. An early refusal (see
    `EARLY_DIVISOR`) puts nothing on the ledger: its time is billed with the next request.
    """
    owed_ms = _owed_ms(session, elapsed_ms)
    if reason is not None:
        step = _bill(session, owed_ms)
        return Step(end(step.session, reason, now_ms), step.charge)
    return Step(session) if _is_early(session, owed_ms, timing) else _bill(session, owed_ms)


def abandon(
    session: Session, elapsed_ms: int, now_ms: int, timing: Timing, reason: EndReason = EndReason.EXPIRED
) -> Step:
    """End a session that expired unheard. It is billed for one interval after its last accepted request.

    Its client may come back later and is then billed for the rest.
    """
    interval_ms = min(timing.interval_ms(session.life_ms), abs(elapsed_ms))
    step = _bill(session, _owed_ms(session, interval_ms)) if session.end_reason is None else Step(session)
    return Step(end(step.session, reason, min(now_ms, session.expires_ms)), step.charge)


def terminate(session: Session, elapsed_ms: int, now_ms: int, timing: Timing) -> Step:
    """Stop a session for good. One that has expired is billed as if it were never heard again."""
    if session.state(now_ms, timing) is State.ENDED:
        return abandon(session, elapsed_ms, now_ms, timing, EndReason.TERMINATED)
    return settle(session, elapsed_ms, EndReason.TERMINATED, now_ms, timing)


def can_return(session: Session, elapsed_ms: int, balance: int, others: Iterable[Session]) -> bool:
    """Whether the rest of an abandoned session can be paid, beside what the account's other tokens may cost.

    Nobody set that rest aside, as is done for a session that is not abandoned.
    """
    rest = _bill(session, _owed_ms(session, elapsed_ms)).charge
    return rest == 0 or rest <= balance - _set_aside(others)


def affordable_life_ms(
    balance: int, session: Session, others: Iterable[Session], places: int, now_ms: int, timing: Timing
) -> int:
    """How long the next token of `session` may live, so that all that is authorised at once can be paid.

    What the account's other tokens may still cost is set aside, until a session is billed and ends. The rest is shared
    by the free places of the plan and one more, so that neither a first session nor a client that crashed takes all.

    Args:
        balance: the account's micro-credits.
        others: the account's other open sessions.
        places: how many sessions the plan allows.

    Raises:
        Refusal: INSUFFICIENT_BALANCE: what is left does not pay for half of the shortest life.
    """
    if session.rate == 0:
        return timing.grace_ms
    others = list(others)
    free = balance - _at_risk(session, 0) - _set_aside(others)
    places -= sum(other.state(now_ms, timing) is State.LIVE for other in others)
    if free <= 0 or free < cost(session.rate, timing.least_life_ms // 2):
        raise refusals.no_credits()
    return timing.life_ms(free // (max(places, 1) + 1) * MINUTE_MS // session.rate)


def pays_for_all(balance: int, highest_rate: int, places: int, timing: Timing) -> bool:
    """Whether a balance pays for all tokens that an account can have at once. Then they need not be added up."""
    return balance >= places * timing.tokens_of_a_place * cost(highest_rate, timing.grace_ms)


def _owed_ms(session: Session, elapsed_ms: int) -> int:
    """The time that is not on the ledger yet, with what has passed since the session was seen."""
    reason = session.end_reason
    if reason is not None and reason is not EndReason.EXPIRED:
        return 0
    return session.owed_ms + min(max(elapsed_ms, 0), session.life_ms)


def _is_early(session: Session, owed_ms: int, timing: Timing) -> bool:
    return 0 <= owed_ms * EARLY_DIVISOR < timing.interval_ms(session.life_ms)


def _bill(session: Session, owed_ms: int) -> Step:
    """Put `owed_ms` on the ledger. The charge is the difference of two totals, so that rounding never adds up."""
    due_ms = max(owed_ms, 0)
    billed_ms = session.billed_ms + due_ms
    charged = cost(session.rate, billed_ms)
    paid = replace(session, owed_ms=session.owed_ms - due_ms, billed_ms=billed_ms, charged=charged)
    return Step(paid, charged - session.charged)


def _set_aside(sessions: Iterable[Session]) -> int:
    """What sessions may cost until the end of their tokens, as long as they are not billed and ended."""
    return sum(_at_risk(session, session.life_ms) for session in sessions if session.end_reason is None)


def _at_risk(session: Session, ahead_ms: int) -> int:
    """What a session may cost that is not on the ledger yet, if it renders for `ahead_ms` more."""
    return cost(session.rate, max(session.owed_ms + ahead_ms, 0))
