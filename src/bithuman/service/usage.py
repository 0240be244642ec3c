"""What an account used: the ledger, newest first."""

from dataclasses import dataclass

from bithuman.core.billing import Entry
from bithuman.service.platform import Platform
from bithuman.store import queries, rows

FOREVER_MS = 2**62


@dataclass(frozen=True, slots=True)
class UsagePage:
    """A page of the ledger, and how long the whole is."""

    entries: list[Entry]
    total: int


def read_usage(
    platform: Platform,
    user_id: str,
    *,
    limit: int,
    offset: int,
    start_ms: int | None = None,
    end_ms: int | None = None,
    agent_code: str | None = None,
) -> UsagePage:
    """The entries from `start_ms` until before `end_ms`."""
    which = {
        "user_id": user_id,
        "start_ms": start_ms if start_ms is not None else 0,
        "end_ms": end_ms if end_ms is not None else FOREVER_MS,
    }
    entries, count = queries.entries, queries.count_entries
    if agent_code is not None:
        which["agent_code"] = agent_code
        entries, count = queries.entries_of_agent, queries.count_entries_of_agent
    with platform.database.read() as connection:
        total = connection.execute(count, which).scalar_one()
        page = connection.execute(entries, {**which, "limit": limit, "offset": offset}).all() if offset < total else []
    return UsagePage([rows.entry_from(row) for row in page], total)


def unbalanced_accounts(platform: Platform) -> list[str]:
    """The accounts whose balance is not the sum of their ledger. There are none, or something is broken."""
    return [
        row.id
        for row in platform.database.all(queries.ledger_sums)
        if (row.plan_balance, row.topup_balance) != (row.plan_sum, row.topup_sum)
    ]
