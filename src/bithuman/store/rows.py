"""Between a row and the value that the rules work with."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from msgspec.structs import replace
from sqlalchemy import Row

from bithuman.core.accounts import Account, AccountEvent, SecretRecord
from bithuman.core.billing import Balance, Entry
from bithuman.core.sessions import EndReason, Session

RENEWED = ("seen_ms", "tokens", "issued_ms", "expires_ms", "seq", "billed_ms", "charged", "owed_ms")
MOVED = ("secret_id", "transaction_id", "provisional", "end_reason", "ended_ms")
_moved = attrgetter(*MOVED)
_SESSION_FIELDS = len(Session.__struct_fields__)
DETAILS = ("end_user", "room_name", "tags", "model_hash", "runtime_version")


def account_from(row: Row[Any]) -> Account:
    """An account from its row."""
    return Account(
        id=row.id,
        email=row.email,
        plan=row.plan,
        created_ms=row.created_ms,
        suspended=bool(row.suspended),
        balance=Balance(row.plan_balance, row.topup_balance),
        plan_month=row.plan_month,
        revoked_through=row.revoked_through,
        deleted_ms=row.deleted_ms,
    )


class FoundSecret(NamedTuple):
    """A secret that was found by its hash."""

    secret: SecretRecord
    hash: bytes
    suspended: bool


class ListedSession(NamedTuple):
    """A session with the alias of its secret, and what its client said of itself, by `DETAILS`."""

    session: Session
    key_alias: str
    details: dict[str, str | None]


def account_changes(account: Account) -> dict[str, Any]:
    """The columns of an account that change in its life."""
    return {
        "row_id": account.id,
        "suspended": account.suspended,
        "plan_balance": account.balance.plan,
        "topup_balance": account.balance.topup,
        "plan_month": account.plan_month,
        "revoked_through": account.revoked_through,
    }


def account_identity(account: Account) -> dict[str, Any]:
    """The columns of an account that hardly ever change."""
    return {
        "row_id": account.id,
        "email": account.email,
        "plan": account.plan,
        "deleted_ms": account.deleted_ms,
    }


def account_values(account: Account) -> dict[str, Any]:
    """A new account's row."""
    values = account_changes(account)
    return {
        "id": values.pop("row_id"),
        **values,
        "email": account.email,
        "plan": account.plan,
        "created_ms": account.created_ms,
    }


def secret_from(row: Sequence[Any]) -> SecretRecord:
    """A secret from its row (`queries.SECRET_COLUMNS`); its hash stays in the store."""
    return SecretRecord(*row)


def session_from(row: Sequence[Any]) -> Session:
    """A session from a row whose columns begin with its fields, in their order (`queries.SESSION_COLUMNS`)."""
    session = Session(*row[:_SESSION_FIELDS])
    if session.end_reason is None and not session.provisional:
        return session
    reason = None if session.end_reason is None else EndReason(session.end_reason)
    return replace(session, end_reason=reason, provisional=bool(session.provisional))


def is_renewal(before: Session, after: Session) -> bool:
    """Whether nothing but the lease changed: what a heartbeat does."""
    return _moved(before) == _moved(after)


def listed_session_from(row: Row[Any]) -> ListedSession:
    """A session from a row of a query for sessions with their details."""
    return ListedSession(session_from(row), row.key_alias, {column: getattr(row, column) for column in DETAILS})


def details_values(details: Mapping[str, str | None]) -> dict[str, Any]:
    """The part of a new session's row that only reports use."""
    return {column: details.get(column) for column in DETAILS}


def entry_from(row: Sequence[Any]) -> Entry:
    """A line of the ledger from its row (`queries.ENTRY_COLUMNS`)."""
    return Entry(*row)


def event_from(row: Sequence[Any]) -> AccountEvent:
    """What was done to an account, from its row (`queries.all_events`)."""
    return AccountEvent(*row)
