"""Credits, the ledger and what a session costs. Money is whole micro-credits; nothing here is a float.

The balance is the sum of the ledger. An account row carries that sum so that it can be read at once, and only
`post` changes the two together.
"""

from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

MICRO = 1_000_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


class Activity(StrEnum):
    """Why an entry is on the ledger."""

    RUNTIME = "runtime"
    PLAN_GRANT = "plan_grant"
    PLAN_LAPSE = "plan_lapse"
    TOP_UP = "top_up"


class Entry(Struct, frozen=True, gc=False):
    """One line of the ledger, never changed. What an account gains is positive, what it uses is negative."""

    user_id: str
    activity: Activity
    plan_change: int
    topup_change: int
    at_ms: int
    session_id: str | None = None
    agent_code: str | None = None
    pricing_code: str | None = None


class Balance(Struct, frozen=True, gc=False):
    """What is left. Plan credits are used first and lapse at the month's end; top-ups stay."""

    plan: int = 0
    topup: int = 0

    @property
    def total(self) -> int:
        """All that can be spent."""
        return self.plan + self.topup

    def post(self, entry: Entry) -> "Balance":
        """The balance after `entry`."""
        return Balance(self.plan + entry.plan_change, self.topup + entry.topup_change)


NOTHING = Balance()


def cost(rate: int, duration_ms: int) -> int:
    """What `duration_ms` costs at `rate` micro-credits a minute, rounded down."""
    return rate * duration_ms // MINUTE_MS


def affordable_ms(micro_credits: int, rate: int) -> int | None:
    """How long so many micro-credits last at `rate` micro-credits a minute. None where a minute is free."""
    return max(micro_credits, 0) * MINUTE_MS // rate if rate else None


def split(balance: Balance, amount: int) -> tuple[int, int]:
    """The changes of plan and top-up when `amount` is used: the plan's credits as far as they go, then top-ups.

    The last gap of a session may cost more than is left: it is billed whole, and the balance falls below zero by less
    than that one gap.
    """
    from_plan = min(amount, max(balance.plan, 0))
    return -from_plan, from_plan - amount


def month_of(now_ms: int) -> int:
    """The month in UTC as a number that grows: 202611."""
    return _month_of_hour(now_ms // HOUR_MS)


@lru_cache(maxsize=4)
def _month_of_hour(hour: int) -> int:
    moment = datetime.fromtimestamp(hour * HOUR_MS / 1_000, UTC)
    return moment.year * 100 + moment.month


def plan_change(user_id: str, balance: Balance, before: int, after: int, now_ms: int) -> list[Entry]:
    """The entries that another plan brings within a month: what was used stays used.

    A larger plan grants the difference. A smaller one takes it back, as far as the plan's credits go.

    Args:
        before: what the plan of until now grants a month, in micro-credits.
        after: what the new one grants.
    """
    if after > before:
        return [Entry(user_id, Activity.PLAN_GRANT, after - before, 0, now_ms)]
    lapse = min(before - after, max(balance.plan, 0))
    return [Entry(user_id, Activity.PLAN_LAPSE, -lapse, 0, now_ms)] if lapse else []


def month_turn(user_id: str, balance: Balance, grant: int, now_ms: int) -> list[Entry]:
    """The entries that a new month brings: what is left of the plan's credits lapses, and the plan grants anew."""
    entries = []
    if balance.plan > 0:
        entries.append(Entry(user_id, Activity.PLAN_LAPSE, -balance.plan, 0, now_ms))
    if grant > 0:
        entries.append(Entry(user_id, Activity.PLAN_GRANT, grant, 0, now_ms))
    return entries
