"""What the exchange and the heartbeat share: an account that is up to date, and a session that goes on."""

from dataclasses import dataclass

from bithuman.core import billing, refusals
from bithuman.core.accounts import Account
from bithuman.core.billing import Activity, Entry
from bithuman.core.sessions import EndReason, Session, State, bill, end, renew
from bithuman.service.platform import Platform
from bithuman.store import queries
from bithuman.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Grant:
    """A session and its newest token."""

    session: Session
    token: str


def grant(platform: Platform, session: Session) -> Grant:
    """Write the session's newest token. It is a function of the session, so a repeated request gets the same one."""
    return Grant(session, platform.keyring.mint(session.claims()))


def current_account(unit: Unit, platform: Platform, user_id: str, now_ms: int) -> Account:
    """The account, with this month's plan credits.

    Raises:
        Refusal: there is none.
    """
    account = unit.account(user_id)
    if account is None:
        raise refusals.not_found("account")
    month = billing.month_of(now_ms)
    if month <= account.plan_month:
        return account
    entries = billing.month_turn(account.id, account.balance, platform.plan(account.plan).credits, now_ms)
    return unit.post(account._replace(plan_month=month), entries)


def check_place(unit: Unit, platform: Platform, account: Account, now_ms: int, *, session_id: str = "") -> None:
    """Whether the plan has room for one more live session beside the others.

    Raises:
        Refusal: CONCURRENCY_LIMIT_REACHED.
    """
    limit = platform.plan(account.plan).sessions
    row = unit.first(
        queries.count_live,
        user_id=account.id,
        except_id=session_id,
        seen_since_ms=now_ms - platform.timing.silent_after_ms,
    )
    if row is not None and row[0] >= limit:
        raise refusals.plan_is_full(limit)


def charge(unit: Unit, account: Account, session: Session, amount: int, now_ms: int) -> Account:
    """Put what a session used on the ledger."""
    if amount == 0:
        return account
    plan_change, topup_change = billing.split(account.balance, amount)
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


def carry_on(unit: Unit, platform: Platform, account: Account, session: Session, seq: int, now_ms: int) -> Session:
    """Bill the time since the session was seen and give it its next token.

    Raises:
        Refusal: it has lost its place in the plan, or its account has no credits left: then it is billed and ends.
    """
    if session.state(now_ms, platform.timing) is not State.LIVE:
        check_place(unit, platform, account, now_ms, session_id=session.id)
    step = bill(session, now_ms, platform.timing)
    account = charge(unit, account, session, step.charge, now_ms)
    if session.rate and account.balance.total <= 0:
        unit.save_session(end(step.session, EndReason.INSUFFICIENT_BALANCE, now_ms))
        raise refusals.no_credits()
    renewed = renew(step.session, seq, now_ms, platform.timing)
    unit.save_session(renewed)
    return renewed
