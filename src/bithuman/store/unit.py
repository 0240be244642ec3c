"""A unit of work: what one transaction has read and will write.

Requests that share a commit share a unit, so that a value is read once, each decision sees the ones before it, and the
writes of all go out together.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import asdict, replace
from sqlalchemy import Connection, Executable

from bithuman.core.accounts import Account, SecretRecord
from bithuman.core.billing import MINUTE_MS, Entry
from bithuman.core.sessions import Session
from bithuman.store import queries, rows
from bithuman.store.bulk import read_all, write_all
from bithuman.store.memory import Memory
from bithuman.store.people import PeopleWriter
from bithuman.store.snapshot import Snapshot


class Unit:
    """The values of one transaction, each loaded once, written back by `flush`.

    Args:
        connection: of the transaction.
        memory: what the transactions before have loaded and written.
    """

    def __init__(self, connection: Connection, memory: Memory | None = None) -> None:
        self._connection = connection
        self._memory = memory = memory or Memory()
        self._accounts = memory.accounts
        self._secrets = memory.secrets
        self._sessions = memory.sessions
        self._dirty_accounts: set[str] = set()
        self._dirty_sessions: set[str] = set()
        self._moved_sessions: set[str] = set()
        self._entries: list[Entry] = []
        self._records: Counter[tuple[str, str, str, int]] = Counter()
        # Sessions that nobody will ask for again.
        self._ended_sessions: set[str] = set()
        self._now_ms: int | None = None
        # Whether something goes to the disk even if nothing was decided.
        self.must_write = False

    def now_ms(self, clock: Callable[[], int]) -> int:
        """One time for all that this transaction decides: that of the first decision."""
        if self._now_ms is None:
            self._now_ms = clock()
        return self._now_ms

    def prefetch(self, session_ids: Iterable[str]) -> None:
        """Load these sessions, their accounts and their secrets, in three queries for all."""
        ids = [session_id for session_id in session_ids if session_id not in self._sessions]
        if not ids:
            return
        found = [rows.session_from(row) for row in read_all(self._connection, queries.sessions_by_id, ids)]
        for session in found:
            self._remember_session(session)
        self._load_accounts({session.user_id for session in found})
        self._load_secrets({session.secret_id for session in found})

    def session(self, session_id: str) -> Session | None:
        """A session by its id."""
        if session_id not in self._sessions:
            self.prefetch([session_id])
        return self._sessions.get(session_id)

    def account(self, user_id: str) -> Account | None:
        """An account by its id."""
        if user_id not in self._accounts:
            self._load_accounts([user_id])
        return self._accounts.get(user_id)

    def secret(self, secret_id: int) -> SecretRecord | None:
        """A secret by its number."""
        if secret_id not in self._secrets:
            self._load_secrets([secret_id])
        return self._secrets.get(secret_id)

    def session_of_client(self, user_id: str, fingerprint: str, transaction_id: str) -> Session | None:
        """The session that a client names."""
        return self._find_session(
            queries.session_of_client, user_id=user_id, fingerprint=fingerprint, transaction_id=transaction_id
        )

    def provisional_session(self, user_id: str, fingerprint: str, seen_since_ms: int) -> Session | None:
        """The device's session that has no transaction id yet, and that was seen since then."""
        return self._find_session(
            queries.provisional_session, user_id=user_id, fingerprint=fingerprint, seen_since_ms=seen_since_ms
        )

    def _find_session(self, statement: Executable, **parameters: Any) -> Session | None:
        self.flush()
        row = self._connection.execute(statement, parameters).first()
        if row is None:
            return None
        if row.id not in self._sessions:
            self._remember_session(rows.session_from(row))
        return self._sessions[row.id]

    def open_sessions(self, user_id: str, seen_since_ms: int) -> list[Session]:
        """The account's sessions that nobody has closed, and that were seen since then. They are read once."""
        ids = self._memory.open_sessions.get(user_id)
        if ids is None:
            self.flush()
            which = {"user_id": user_id, "seen_since_ms": seen_since_ms}
            found = self._connection.execute(queries.open_sessions, which).all()
            ids = self._memory.open_sessions[user_id] = {row.id for row in found}
            for row in found:
                if row.id not in self._sessions:
                    self._remember_session(rows.session_from(row))
        known = (self._sessions[session_id] for session_id in ids)
        return [session for session in known if session.end_reason is None and session.seen_ms >= seen_since_ms]

    def count_open_sessions(self, user_id: str, seen_since_ms: int) -> int:
        """How many `open_sessions` there are."""
        if user_id in self._memory.open_sessions:
            return len(self.open_sessions(user_id, seen_since_ms))
        self.flush()
        which = {"user_id": user_id, "seen_since_ms": seen_since_ms}
        return int(self._connection.execute(queries.count_open_sessions, which).scalar_one())

    def add_account(self, account: Account) -> None:
        """Keep a new account."""
        self._connection.execute(queries.insert_account, rows.account_values(account))
        self._accounts[account.id] = account

    def save_account(self, account: Account) -> None:
        """Keep an account's new state. Its balance changes by `post` alone."""
        before = self._accounts[account.id]
        if account.suspended != before.suspended:
            self._memory.change_access()
        if account.plan != before.plan or account.email != before.email:
            self._connection.execute(queries.identify_account, rows.account_identity(account))
        self._accounts[account.id] = account
        self._dirty_accounts.add(account.id)

    def post(self, account: Account, entries: Iterable[Entry]) -> Account:
        """Append to the ledger and return the account with the balance that follows."""
        balance = account.balance
        for entry in entries:
            balance = balance.post(entry)
            self._entries.append(entry)
        posted = replace(account, balance=balance)
        self.save_account(posted)
        return posted

    def add_session(self, session: Session, details: Mapping[str, str | None]) -> None:
        """Keep a new session, and what its client said of itself."""
        self._connection.execute(queries.insert_session, asdict(session) | rows.details_values(details))
        self._remember_session(session)

    def save_session(self, session: Session) -> None:
        """Keep a session's new state."""
        if not rows.is_renewal(self._sessions[session.id], session):
            self._moved_sessions.add(session.id)
        self._remember_session(session)
        self._dirty_sessions.add(session.id)

    def record(self, event: str, user_id: str, subject: str, at_ms: int) -> None:
        """Keep who did what to whom, for whoever has to find out later. Repetitions within a minute are counted."""
        self._records[event, user_id, subject, at_ms] += 1

    def snapshot(self) -> Snapshot:
        """What is in the database now, with what this unit has decided so far."""
        self.flush()
        return Snapshot(self._connection)

    @property
    def people(self) -> PeopleWriter:
        """People, as this transaction sees and changes them."""
        return PeopleWriter(self._connection)

    def add_secret(
        self, user_id: str, alias: str, digest: bytes, key_display: str, created_ms: int, made_by: str | None = None
    ) -> None:
        """Keep a new secret's hash."""
        self._change_secrets(
            queries.insert_secret,
            user_id=user_id,
            alias=alias,
            hash=digest,
            key_display=key_display,
            created_ms=created_ms,
            made_by=made_by,
        )

    def end_secret(self, secret_id: int, dies_ms: int) -> None:
        """Let a secret die at that moment, or at once where it is `DEAD`."""
        self._change_secrets(queries.kill_secret, row_id=secret_id, dies_ms=dies_ms)

    def end_outlasting_secrets(self, user_id: str, alias: str) -> None:
        """End at once the secrets of an alias that an earlier rotation left an overlap."""
        self._change_secrets(queries.kill_outlasting_secrets, of_user=user_id, of_alias=alias)

    def forget_person(self, user_id: str, names: list[str]) -> None:
        """End an account's secrets, and put its id in the place of everything that may name a person.

        Args:
            names: the account's address and aliases, which the audit names.
        """
        self._change_secrets(queries.forget_secrets, of_user=user_id, pseudonym=user_id)
        self._connection.execute(queries.forget_sessions, {"of_user": user_id})
        self._connection.execute(queries.forget_subjects, {"of_user": user_id, "subjects": names, "pseudonym": user_id})

    def _change_secrets(self, statement: Executable, **parameters: Any) -> None:
        self.flush()
        self._connection.execute(statement, parameters)
        self._secrets.clear()
        self._memory.change_access()

    def touch_secret(self, secret: SecretRecord, at_ms: int) -> None:
        """Remember that a secret was used."""
        self._connection.execute(queries.touch_secret, {"row_id": secret.id, "last_used_ms": at_ms})
        self._secrets[secret.id] = replace(secret, last_used_ms=at_ms)
        self._memory.change_secret(secret.id)

    def flush(self) -> None:
        """Send what was decided to the database, each kind in one go."""
        if renewed := self._dirty_sessions - self._moved_sessions:
            write_all(self._connection, queries.renew_session, [self._sessions[key] for key in renewed])
        if self._moved_sessions:
            write_all(self._connection, queries.update_session, [self._sessions[key] for key in self._moved_sessions])
        self._dirty_sessions.clear()
        self._moved_sessions.clear()
        if self._entries:
            write_all(self._connection, queries.insert_entry, self._entries)
            self._entries.clear()
        if self._dirty_accounts:
            write_all(self._connection, queries.update_account, [self._accounts[key] for key in self._dirty_accounts])
            self._dirty_accounts.clear()

    def finish(self) -> None:
        """Send the rest, and forget the sessions that are over."""
        self.flush()
        for (event, user_id, subject, at_ms), count in self._records.items():
            same = {"of_event": event, "of_user": user_id, "of_subject": subject, "since_ms": at_ms - MINUTE_MS}
            if self._connection.execute(queries.count_audit, same | {"more": count}).rowcount == 0:
                values = {"at_ms": at_ms, "user_id": user_id, "event": event, "subject": subject, "count": count}
                self._connection.execute(queries.insert_audit, values)
        for session_id in self._ended_sessions:
            if self._sessions[session_id].end_reason is not None:
                self._memory.drop(session_id)

    def _remember_session(self, session: Session) -> None:
        self._sessions[session.id] = session
        if session.end_reason is not None:
            self._ended_sessions.add(session.id)
        elif (ids := self._memory.open_sessions.get(session.user_id)) is not None:
            ids.add(session.id)

    def _load_accounts(self, ids: Iterable[str]) -> None:
        wanted = [key for key in ids if key not in self._accounts]
        if wanted:
            for row in read_all(self._connection, queries.accounts_by_id, wanted):
                self._accounts[row.id] = rows.account_from(row)

    def _load_secrets(self, ids: Iterable[int]) -> None:
        wanted = [key for key in ids if key not in self._secrets]
        if wanted:
            for row in read_all(self._connection, queries.secrets_by_id, wanted):
                self._secrets[row.id] = rows.secret_from(row)
