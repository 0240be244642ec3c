"""Accounts: what the operator makes and grants, and what an account sees of itself."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from bithuman.core import refusals
from bithuman.core.accounts import Account, SecretRecord
from bithuman.core.billing import MICRO, Activity, Entry, month_of, month_turn, plan_change
from bithuman.core.plans import Plan
from bithuman.core.refusals import Code, Refusal
from bithuman.service.lease import current_account
from bithuman.service.platform import Platform
from bithuman.service.secrets import NewSecret, add_secret, list_secrets
from bithuman.service.sessions import SessionView, Window, list_sessions
from bithuman.store.unit import Unit

# Any address that a mail server could accept; whether it does is for a mail server to say.
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_MANY = 1_000_000
MAX_GRANT = 1_000_000_000 * MICRO


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that was just made, with its first secret."""

    account: Account
    secret: NewSecret


async def create_account(platform: Platform, email: str, plan: str, topup: int = 0) -> NewAccount:
    """Make an account with this month's plan credits, `topup` micro-credits and one secret.

    Raises:
        Refusal: VALIDATION_ERROR, or CONFLICT where the address has an account.
    """
    email = check_address(email)
    _check_plan(platform, plan)
    if not 0 <= topup <= MAX_GRANT:
        raise refusals.invalid("credits must be between 0 and 1,000,000,000.")

    def decide(unit: Unit) -> NewAccount:
        now_ms = platform.now_ms()
        if unit.snapshot().account_by_email(email) is not None:
            raise Refusal(
                Code.CONFLICT,
                "That address has an account already. `bithuman admin create-secret` makes another secret.",
            )
        account = open_account(unit, platform, email, plan, now_ms)
        if topup:
            account = unit.post(account, [Entry(account.id, Activity.TOP_UP, 0, topup, now_ms)])
        secret = add_secret(unit, platform, account.id, "default", now_ms)
        return NewAccount(account, secret)

    return await platform.database.writer.run(decide)


def open_account(unit: Unit, platform: Platform, email: str, plan: str, now_ms: int) -> Account:
    """Keep a new account with this month's plan credits. It has no secret yet."""
    account = Account(platform.new_id(), email, plan, now_ms, plan_month=month_of(now_ms))
    unit.add_account(account)
    account = unit.post(account, month_turn(account.id, account.balance, platform.plan(plan).credits, now_ms))
    unit.record("account_created", account.id, account.email, now_ms)
    return account


async def grant_credits(platform: Platform, email: str, amount: int) -> Account:
    """Top an account up by `amount` micro-credits.

    Raises:
        Refusal: VALIDATION_ERROR or NOT_FOUND.
    """
    if not 0 < amount <= MAX_GRANT:
        raise refusals.invalid("credits must be more than 0 and at most 1,000,000,000.")

    def change(unit: Unit, account: Account, now_ms: int) -> Account:
        return unit.post(account, [Entry(account.id, Activity.TOP_UP, 0, amount, now_ms)])

    return await _change(platform, email, "credits_granted", change)


async def set_suspended(platform: Platform, email: str, *, suspended: bool) -> Account:
    """Suspend an account, or let it go on. Its live sessions are refused at their next heartbeat.

    Raises:
        Refusal: NOT_FOUND.
    """

    def change(unit: Unit, account: Account, now_ms: int) -> Account:  # noqa: ARG001 - the shape of a change
        changed = replace(account, suspended=suspended)
        unit.save_account(changed)
        return changed

    return await _change(platform, email, "account_suspended" if suspended else "account_restored", change)


async def set_plan(platform: Platform, email: str, plan: str) -> Account:
    """Put an account on another plan, from its next request on (see `billing.plan_change`). Live sessions stay live.

    Raises:
        Refusal: VALIDATION_ERROR or NOT_FOUND.
    """
    _check_plan(platform, plan)

    def change(unit: Unit, account: Account, now_ms: int) -> Account:
        before, after = platform.plan(account.plan).credits, platform.plan(plan).credits
        entries = plan_change(account.id, account.balance, before, after, now_ms)
        return unit.post(replace(account, plan=plan), entries)

    return await _change(platform, email, "plan_changed", change)


def list_accounts(platform: Platform) -> list[Account]:
    """All accounts by address, with this month's plan credits. Deleted ones have none."""
    now_ms = platform.now_ms()
    with platform.database.read() as snapshot:
        return [_this_month(platform, account, now_ms) for account in snapshot.accounts()]


@dataclass(frozen=True, slots=True)
class Overview:
    """An account with this month's credits, its plan, its living secrets, and its live sessions."""

    account: Account
    plan: Plan
    secrets: list[SecretRecord]
    sessions: list[SessionView]


def read_overview(platform: Platform, email: str) -> Overview:
    """What the operator sees of an account.

    Raises:
        Refusal: NOT_FOUND.
    """
    account = _this_month(platform, find_account(platform, email), platform.now_ms())
    plan = platform.plan(account.plan)
    live = list_sessions(platform, account.id, Window.LIVE, _MANY)
    return Overview(account, plan, list_secrets(platform, account.id), live.sessions)


def find_account(platform: Platform, email: str) -> Account:
    """The account of an address.

    Raises:
        Refusal: NOT_FOUND.
    """
    with platform.database.read() as snapshot:
        account = snapshot.account_by_email(normal_address(email))
    if account is None:
        raise refusals.unknown_address()
    return account


async def read_account(platform: Platform, user_id: str) -> Account:
    """The account, with this month's plan credits.

    Raises:
        Refusal: NOT_FOUND.
    """
    with platform.database.read() as snapshot:
        account = snapshot.account(user_id)
    if account is None:
        raise refusals.not_found("account")
    if month_of(platform.now_ms()) <= account.plan_month:
        return account
    return await platform.database.writer.run(lambda unit: current_account(unit, platform, user_id, platform.now_ms()))


def check_address(email: str) -> str:
    """An address in its one spelling.

    Raises:
        Refusal: VALIDATION_ERROR.
    """
    email = normal_address(email)
    if not _EMAIL.fullmatch(email):
        raise refusals.invalid("email must be an address such as ada@example.com.")
    return email


def normal_address(email: str) -> str:
    """One spelling for an address: nobody has a neighbour who differs in capitals."""
    return email.strip().lower()


def _this_month(platform: Platform, account: Account, now_ms: int) -> Account:
    """The account as its next request will find it. Nothing is written."""
    if month_of(now_ms) <= account.plan_month or account.deleted_ms is not None:
        return account
    balance = account.balance
    for entry in month_turn(account.id, balance, platform.plan(account.plan).credits, now_ms):
        balance = balance.post(entry)
    return replace(account, balance=balance, plan_month=month_of(now_ms))


def _check_plan(platform: Platform, plan: str) -> None:
    if plan not in platform.schedule.plans:
        raise refusals.invalid(f"plan must be one of: {', '.join(platform.schedule.plans)}.")


async def _change(
    platform: Platform, email: str, event: str, change: Callable[[Unit, Account, int], Account]
) -> Account:
    def decide(unit: Unit) -> Account:
        now_ms = platform.now_ms()
        found = unit.snapshot().account_by_email(normal_address(email))
        if found is None:
            raise refusals.unknown_address()
        account = change(unit, current_account(unit, platform, found.id, now_ms), now_ms)
        unit.record(event, account.id, account.email, now_ms)
        return account

    return await platform.database.writer.run(decide)
