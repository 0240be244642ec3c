"""What every request of a session shares: its account, its access, its place in the plan, its bill."""

from msgspec import Struct
from msgspec.structs import replace

from bithuman.core import billing, metering, refusals
from bithuman.core.accounts import Account, check_runtime_access
from bithuman.core.billing import Activity, Entry
from bithuman.core.metering import Step
from bithuman.core.refusals import Refusal
from bithuman.core.sessions import EndReason, Session, State, check_place, has_place, renew
from bithuman.service.platform import Platform
from bithuman.store.unit import Unit


class IssuedToken(Struct, frozen=True, gc=False):
    """A session and its newest token."""

    session: Session
    token: str


def issue_token(platform: Platform, session: Session) -> IssuedToken:
    """Write the session's newest token. It is a function of the session, so a repeated request gets the same one."""
    return IssuedToken(session, platform.keyring.mint(session.claims()))


def current_account(unit: Unit, platform: Platform, user_id: str, now_ms: int) -> Account:
    """The account, with this month's plan credits.

    Raises:
        Refusal: there is none.
    """
    account = unit.account(user_id)
    if account is None:
        raise refusals.not_found("account")
    month = billing.month_of(now_ms)
    if month <= account.plan_month or account.deleted_ms is not None:
        return account
    entries = billing.month_turn(account.id, account.balance, platform.plan(account.plan).credits, now_ms)
    return unit.post(replace(account, plan_month=month), entries)


def check_access(unit: Unit, platform: Platform, account: Account, session: Session, now_ms: int) -> None:
    """Whether the secret that opened `session` may still render. If not, the session is billed until now and ends.

    Raises:
        Refusal: its secret is gone (401), or the account or its runtime access is suspended (403).
    """
    try:
        check_runtime_access(account, unit.secret(session.secret_id), now_ms)
    except Refusal:
        settle(
            unit, platform, account, session, EndReason.SUSPENDED if account.suspended else EndReason.REVOKED, now_ms
        )
        raise


def settle(
    unit: Unit, platform: Platform, account: Account, session: Session, reason: EndReason | None, now_ms: int
) -> Session:
    """Bill a session until now because it is refused, or ended for `reason` (see `core.metering`)."""
    elapsed_ms = platform.clock.elapsed_ms(session.seen_ms, now_ms)
    if not _can_return(unit, platform, account, session, elapsed_ms, now_ms):
        return session
    return _save(unit, account, metering.settle(session, elapsed_ms, reason, now_ms, platform.timing), now_ms)


def abandon(unit: Unit, platform: Platform, account: Account, session: Session, now_ms: int) -> Session:
    """End a session that expired unheard, and bill it for one interval."""
    elapsed_ms = platform.clock.elapsed_ms(session.seen_ms, now_ms)
    return _save(unit, account, metering.abandon(session, elapsed_ms, now_ms, platform.timing), now_ms)


def terminate(unit: Unit, platform: Platform, account: Account, session: Session, now_ms: int) -> Session:
    """Stop a session for good, and bill it until now."""
    elapsed_ms = platform.clock.elapsed_ms(session.seen_ms, now_ms)
    return _save(unit, account, metering.terminate(session, elapsed_ms, now_ms, platform.timing), now_ms)


def other_sessions(unit: Unit, platform: Platform, account: Account, session_id: str, now_ms: int) -> list[Session]:
    """The account's sessions that hold a place or a token that is not billed yet, without the one that asks.

    A token is billed within an interval after its end at the latest (see `abandonment`).
    """
    found = unit.open_sessions(account.id, now_ms - platform.timing.grace_ms - platform.timing.heartbeat_ms)
    return [session for session in found if session.id != session_id]


def keeps_place(unit: Unit, platform: Platform, account: Account, session: Session, now_ms: int) -> bool:
    """Whether a session still has its place in the plan."""
    if (state := session.state(now_ms, platform.timing)) is not State.SILENT:
        return state is State.LIVE
    others = other_sessions(unit, platform, account, session.id, now_ms)
    return has_place(session, others, platform.plan(account.plan).sessions, now_ms, platform.timing)


def find_place(unit: Unit, platform: Platform, account: Account, session_id: str, now_ms: int) -> list[Session] | None:
    """Whether the plan has room for a session. Returns the others, if they had to be looked at.

    No more are live than are open and were seen lately. To count those is cheap, and mostly enough.

    Raises:
        Refusal: CONCURRENCY_LIMIT_REACHED.
    """
    places, timing = platform.plan(account.plan).sessions, platform.timing
    if unit.count_open_sessions(account.id, now_ms - timing.silent_after_ms(timing.grace_ms)) < places:
        return None
    others = other_sessions(unit, platform, account, session_id, now_ms)
    check_place(others, places, now_ms, timing)
    return others


def next_life_ms(
    unit: Unit, platform: Platform, account: Account, session: Session, others: list[Session] | None, now_ms: int
) -> int:
    """How long the session's next token may live, as far as the balance pays.

    Raises:
        Refusal: INSUFFICIENT_BALANCE.
    """
    places, timing = platform.plan(account.plan).sessions, platform.timing
    highest_rate = max(platform.schedule.highest_rate, session.rate)
    if metering.pays_for_all(account.balance.total, highest_rate, places, timing):
        return timing.grace_ms
    if others is None:
        others = other_sessions(unit, platform, account, session.id, now_ms)
    return metering.affordable_life_ms(account.balance.total, session, others, places, now_ms, timing)


def carry_on(unit: Unit, platform: Platform, account: Account, session: Session, seq: int, now_ms: int) -> Session:
    """Bill the time since the session was seen and give it its next token.

    Raises:
        Refusal: it has lost its place in the plan, or its account has no credits left. Then it is billed, and without
            credits it ends. An abandoned session whose rest cannot be paid stays as it is.
    """
    elapsed_ms = platform.clock.elapsed_ms(session.seen_ms, now_ms)
    if not _can_return(unit, platform, account, session, elapsed_ms, now_ms):
        raise refusals.no_credits()
    others = None
    if session.state(now_ms, platform.timing) is not State.LIVE:
        try:
            others = find_place(unit, platform, account, session.id, now_ms)
        except Refusal:
            settle(unit, platform, account, session, None, now_ms)
            raise
    step = metering.accept(session, elapsed_ms, now_ms, platform.timing)
    account = _charge(unit, account, step, now_ms)
    try:
        life_ms = next_life_ms(unit, platform, account, step.session, others, now_ms)
    except Refusal:
        # An early request that is refused owes its time still.
        settle(unit, platform, account, step.session, EndReason.INSUFFICIENT_BALANCE, now_ms)
        raise
    renewed = renew(step.session, seq, now_ms, life_ms)
    unit.save_session(renewed)
    return renewed


def _can_return(
    unit: Unit, platform: Platform, account: Account, session: Session, elapsed_ms: int, now_ms: int
) -> bool:
    """Whether a session may be billed for the time until now. Only one that was abandoned may have to wait."""
    if session.end_reason is not EndReason.EXPIRED:
        return True
    others = other_sessions(unit, platform, account, session.id, now_ms)
    return metering.can_return(session, elapsed_ms, account.balance.total, others)


def _save(unit: Unit, account: Account, step: Step, now_ms: int) -> Session:
    """Keep a session's new state, and put what it costs on the ledger."""
    _charge(unit, account, step, now_ms)
    unit.save_session(step.session)
    return step.session


def _charge(unit: Unit, account: Account, step: Step, now_ms: int) -> Account:
    """Put what a session used on the ledger."""
    if step.charge == 0:
        return account
    session = step.session
    plan_change, topup_change = billing.split(account.balance, step.charge)
    entry = Entry(
        account.id,
        Activity.RUNTIME,
        plan_change,
        topup_change,
        now_ms,
        session_id=session.id,
        agent_code=session.agent_code,
        pricing_code=session.pricing_code,
    )
    return unit.post(account, [entry])
