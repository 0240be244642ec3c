"""What an account used: the ledger, newest first."""

from dataclasses import dataclass

from bithuman.core.billing import Entry
from bithuman.service.platform import Platform


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
    with platform.database.read() as snapshot:
        page, total = snapshot.entries(
            user_id, limit=limit, offset=offset, start_ms=start_ms, end_ms=end_ms, agent_code=agent_code
        )
    return UsagePage(page, total)


def unbalanced_accounts(platform: Platform) -> list[str]:
    """The accounts whose balance is not the sum of their ledger. There are none, or something is broken."""
    with platform.database.read() as snapshot:
        return [account.user_id for account in snapshot.ledger_sums() if account.balance != account.total]
