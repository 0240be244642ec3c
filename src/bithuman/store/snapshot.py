"""What can be read of one state of the database, by name. Nothing of SQL leaves the store."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Executable

from bithuman.core.accounts import Account, AccountEvent, SecretRecord
from bithuman.core.billing import Balance, Entry
from bithuman.store import queries, rows
from bithuman.store.people import PeopleReader
from bithuman.store.reader import Reader
from bithuman.store.rows import ListedSession

FOREVER_MS = 2**62


class LedgerSum(NamedTuple):
    """An account's balance, and what its ledger adds up to."""

    user_id: str
    balance: Balance
    total: Balance


class Snapshot(Reader):
    """Reads one consistent state. Lists come newest first where nothing else is said."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.people = PeopleReader(connection)

    def has_accounts(self) -> bool:
        """Whether there is an account."""
        return self._first(queries.any_account) is not None

    def account(self, user_id: str) -> Account | None:
        """An account by its id."""
        row = self._first(queries.accounts_by_id, ids=[user_id])
        return None if row is None else rows.account_from(row)

    def account_by_email(self, email: str) -> Account | None:
        """An account by its address, as it is spelt in the database."""
        row = self._first(queries.account_by_email, email=email)
        return None if row is None else rows.account_from(row)

    def accounts(self) -> list[Account]:
        """All accounts, by address."""
        return [rows.account_from(row) for row in self._all(queries.all_accounts)]

    def ledger_sums(self) -> list[LedgerSum]:
        """The balance of every account beside the sum of its ledger."""
        return [
            LedgerSum(
                row.id, Balance(row.plan_balance, row.topup_balance), Balance(int(row.plan_sum), int(row.topup_sum))
            )
            for row in self._all(queries.ledger_sums)
        ]

    def living_secrets(self, user_id: str, now_ms: int) -> list[SecretRecord]:
        """The account's secrets that are live now, oldest first."""
        return self._secrets(queries.living_secrets, user_id=user_id, now_ms=now_ms)

    def all_secrets(self, user_id: str) -> list[SecretRecord]:
        """The account's secrets, dead ones too, oldest first."""
        return self._secrets(queries.all_secrets, user_id=user_id)

    def secret_by_alias(self, user_id: str, alias: str) -> SecretRecord | None:
        """The secret that an alias names now."""
        found = self._secrets(queries.secret_by_alias, user_id=user_id, alias=alias)
        return found[0] if found else None

    def newest_secret_id(self, user_id: str) -> int:
        """The number of the account's newest secret that is not dead, 0 where there is none."""
        return self._number(queries.newest_secret_id, user_id=user_id)

    def device_of_transaction(self, user_id: str, transaction_id: str) -> str | None:
        """The fingerprint of the newest session with that transaction id."""
        row = self._first(queries.newest_of_transaction, user_id=user_id, transaction_id=transaction_id)
        return None if row is None else row.fingerprint

    def open_sessions(self, user_id: str, seen_since_ms: int) -> list[ListedSession]:
        """The account's sessions that nobody has closed, and that were seen since then."""
        return self._sessions(queries.live_sessions, user_id=user_id, seen_since_ms=seen_since_ms)

    def recent_sessions(self, user_id: str, since_ms: int, limit: int) -> list[ListedSession]:
        """The account's sessions that started or were seen since then."""
        found = self._sessions(queries.sessions_started_since, user_id=user_id, since_ms=since_ms, limit=limit)
        # All others are older, so they are looked for only while the list is too short.
        if (missing := limit - len(found)) > 0:
            found += self._sessions(queries.sessions_lasting_since, user_id=user_id, since_ms=since_ms, limit=missing)
        return found

    def all_sessions(self, user_id: str) -> list[ListedSession]:
        """The account's sessions, oldest first."""
        return self._sessions(queries.all_sessions, user_id=user_id)

    def unclosed_session_ids(self, user_id: str) -> list[str]:
        """The ids of the account's sessions that nobody has closed."""
        return [row.id for row in self._all(queries.unclosed_sessions, user_id=user_id)]

    def expired_session_ids(self, now_ms: int, never_seen_ms: int) -> list[str]:
        """The ids of all accounts' sessions whose token has expired, and that nobody has closed.

        Args:
            never_seen_ms: sessions that were last seen after this moment count too: a clock was set back.
        """
        return [row.id for row in self._all(queries.expired_sessions, now_ms=now_ms, never_seen_ms=never_seen_ms)]

    def count_live_sessions(self, seen_since_ms: int, now_ms: int) -> int:
        """How many sessions of all accounts are open, were seen since then, and have a token that is good now."""
        return self._number(queries.count_all_live, seen_since_ms=seen_since_ms, now_ms=now_ms)

    def used_since(self, user_id: str, since_ms: int) -> int:
        """The micro-credits that the account's sessions were billed since then."""
        return self._number(queries.used_since, user_id=user_id, since_ms=since_ms)

    def entries(
        self,
        user_id: str,
        *,
        limit: int,
        offset: int,
        start_ms: int | None,
        end_ms: int | None,
        agent_code: str | None,
    ) -> tuple[list[Entry], int]:
        """A page of the ledger from `start_ms` until before `end_ms`, and how many entries there are on all pages."""
        which: dict[str, Any] = {
            "user_id": user_id,
            "start_ms": 0 if start_ms is None else start_ms,
            "end_ms": FOREVER_MS if end_ms is None else end_ms,
        }
        page, count = queries.entries, queries.count_entries
        if agent_code is not None:
            which["agent_code"] = agent_code
            page, count = queries.entries_of_agent, queries.count_entries_of_agent
        total = self._number(count, **which)
        found = self._all(page, **which, limit=limit, offset=offset) if offset < total else []
        return [rows.entry_from(row) for row in found], total

    def all_entries(self, user_id: str) -> list[Entry]:
        """The account's whole ledger, oldest first."""
        return [rows.entry_from(row) for row in self._all(queries.all_entries, user_id=user_id)]

    def all_events(self, user_id: str) -> list[AccountEvent]:
        """What was done to the account, oldest first."""
        return [rows.event_from(row) for row in self._all(queries.all_events, user_id=user_id)]

    def _secrets(self, statement: Executable, **parameters: Any) -> list[SecretRecord]:
        return [rows.secret_from(row) for row in self._all(statement, **parameters)]

    def _sessions(self, statement: Executable, **parameters: Any) -> list[ListedSession]:
        return [rows.listed_session_from(row) for row in self._all(statement, **parameters)]
