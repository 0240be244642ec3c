"""What transactions read and wrote, kept for the next ones: a heartbeat of a session that is known reads nothing.

It is true while nobody else writes. Another process may (`bithuman admin`), so a transaction first compares the count
of commits, which it holds the lock on, with the count of its own. Where they differ, everything is forgotten, and read
again as it is needed.
"""

from collections.abc import Callable

from bithuman.core.accounts import Account, SecretRecord
from bithuman.core.sessions import Session
from bithuman.store.rows import FoundSecret

# About 500 MB. What is beyond this is read again.
MAX_REMEMBERED = 500_000
COUNT_MODULUS = 2**32

Client = tuple[str, str, str]


class Memory:
    """Accounts and secrets that were used, and open sessions, by their keys.

    `open_sessions`: the ids of an account's open sessions, of accounts that were asked for theirs.
    `sessions_of_clients`: ids by account, device and transaction id. A hint: a session may have taken another name.

    Args:
        commits: counts the transactions that wrote, of all processes. None where the engine has no such count: then
            each transaction starts with nothing.
    """

    def __init__(self, commits: Callable[[], int] | None = None) -> None:
        self.sessions: dict[str, Session] = {}
        self.accounts: dict[str, Account] = {}
        self.secrets: dict[int, SecretRecord] = {}
        self.open_sessions: dict[str, set[str]] = {}
        self.sessions_of_clients: dict[Client, str] = {}
        self._found_secrets: dict[bytes, FoundSecret] = {}
        self._hashes: dict[int, bytes] = {}
        # Secrets that the transaction under way changed; None for all.
        self._changed_secrets: set[int] | None = set()
        self._commits = commits
        # The counts at which all of this is true: that of the last transaction, and that of the one being committed.
        self._count: int | None = None
        self._next_count: int | None = None
        self._in_transaction = False

    def begin(self) -> None:
        """A transaction begins, and holds the write lock."""
        count = self._commits() if self._commits is not None else None
        if count is None or count != self._count or self._size() > MAX_REMEMBERED:
            self.forget()
            self._count = count
        self._next_count = self._count
        self._in_transaction = True

    def commit(self, *, wrote: bool) -> None:
        """The transaction is about to be committed. If it `wrote`, that raises the count by one."""
        if wrote and self._count is not None:
            self._next_count = (self._count + 1) % COUNT_MODULUS

    def committed(self) -> None:
        """The transaction is on disk."""
        self._count = self._next_count
        self._in_transaction = False
        if self._changed_secrets is None:
            self._found_secrets.clear()
            self._hashes.clear()
        else:
            for secret_id in self._changed_secrets:
                self._found_secrets.pop(self._hashes.pop(secret_id, b""), None)
        self._changed_secrets = set()

    def forget(self) -> None:
        """Start again from nothing: somebody else wrote, or what was decided is not written after all."""
        self.sessions.clear()
        self.accounts.clear()
        self.secrets.clear()
        self.open_sessions.clear()
        self.sessions_of_clients.clear()
        self._found_secrets.clear()
        self._hashes.clear()
        self._changed_secrets = set()
        self._count = self._next_count = None
        self._in_transaction = False

    def drop(self, session_id: str) -> None:
        """Forget a session that has ended."""
        session = self.sessions.pop(session_id)
        self.sessions_of_clients.pop((session.user_id, session.fingerprint, session.transaction_id), None)
        if (ids := self.open_sessions.get(session.user_id)) is not None:
            ids.discard(session_id)

    def change_secret(self, secret_id: int) -> None:
        """The transaction under way changes this secret."""
        if self._changed_secrets is not None:
            self._changed_secrets.add(secret_id)

    def change_access(self) -> None:
        """The transaction under way changes who may authenticate."""
        self._changed_secrets = None

    def find_secret(self, digest: bytes, read: Callable[[], FoundSecret | None]) -> FoundSecret | None:
        """The secret with this hash as the last commit of any process left it: from here, or else by `read`."""
        if self._commits is None or not self._is_current(count := self._commits()):
            return read()
        found = self._found_secrets.get(digest)
        if found is None:
            found = read()
            # Where somebody wrote meanwhile, nobody knows which of the two was read.
            if found is not None and count == self._commits():
                self._found_secrets[digest] = found
                self._hashes[found.secret.id] = digest
        return found

    def _is_current(self, count: int) -> bool:
        """Whether nobody else has written. Where somebody has, and no transaction is under way, start again."""
        if count in (self._count, self._next_count):
            return True
        if self._in_transaction:
            return False
        self.forget()
        self._count = self._next_count = count
        return True

    def _size(self) -> int:
        return len(self.sessions) + len(self.accounts) + len(self.secrets) + len(self._found_secrets)
