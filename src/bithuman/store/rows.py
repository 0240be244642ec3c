"""Between a row and the value that the rules work with."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from bithuman.core.accounts import Account, Secret
from bithuman.core.billing import Balance, Entry
from bithuman.core.sessions import EndReason, Session

DETAILS = ("end_user", "room_name", "tags", "model_hash", "runtime_version")


def account_from(row: Row[Any]) -> Account:
    """An account from its row."""
    return Account(
        id=row.id,
        email=row.email,
        plan=row.plan,
        created_ms=row.created_ms,
        suspended=row.suspended,
        balance=Balance(row.plan_balance, row.topup_balance),
        plan_month=row.plan_month,
        revoked_through=row.revoked_through,
    )


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


def secret_from(row: Row[Any]) -> Secret:
    """A secret from its row; its hash stays in the store."""
    return Secret(
        id=row.id,
        user_id=row.user_id,
        alias=row.alias,
        key_display=row.key_display,
        created_ms=row.created_ms,
        last_used_ms=row.last_used_ms,
        dies_ms=row.dies_ms,
    )


def session_from(row: Row[Any]) -> Session:
    """A session from its row."""
    return Session(
        id=row.id,
        user_id=row.user_id,
        secret_id=row.secret_id,
        fingerprint=row.fingerprint,
        transaction_id=row.transaction_id,
        provisional=row.provisional,
        pricing_code=row.pricing_code,
        rate=row.rate,
        started_ms=row.started_ms,
        seen_ms=row.seen_ms,
        issued_ms=row.issued_ms,
        expires_ms=row.expires_ms,
        agent_code=row.agent_code,
        tokens=row.tokens,
        seq=row.seq,
        billed_ms=row.billed_ms,
        charged=row.charged,
        end_reason=EndReason(row.end_reason) if row.end_reason else None,
        ended_ms=row.ended_ms,
    )


def is_renewal(before: Session, after: Session) -> bool:
    """Whether nothing but the lease changed: what a heartbeat does."""
    return _place(before) == _place(after)


def _place(session: Session) -> tuple[object, ...]:
    return (
        session.secret_id,
        session.transaction_id,
        session.provisional,
        session.end_reason,
        session.ended_ms,
    )


def session_renewal(session: Session) -> dict[str, Any]:
    """The columns of a session that a heartbeat changes."""
    return {
        "row_id": session.id,
        "seen_ms": session.seen_ms,
        "tokens": session.tokens,
        "issued_ms": session.issued_ms,
        "expires_ms": session.expires_ms,
        "seq": session.seq,
        "billed_ms": session.billed_ms,
        "charged": session.charged,
    }


def session_changes(session: Session) -> dict[str, Any]:
    """The columns of a session that change in its life."""
    return session_renewal(session) | {
        "secret_id": session.secret_id,
        "transaction_id": session.transaction_id,
        "provisional": session.provisional,
        "end_reason": session.end_reason,
        "ended_ms": session.ended_ms,
    }


def session_values(session: Session) -> dict[str, Any]:
    """A new session's row."""
    values = session_changes(session)
    return {
        "id": values.pop("row_id"),
        **values,
        "user_id": session.user_id,
        "fingerprint": session.fingerprint,
        "pricing_code": session.pricing_code,
        "rate": session.rate,
        "started_ms": session.started_ms,
        "agent_code": session.agent_code,
    }


def details_values(details: Mapping[str, str | None]) -> dict[str, Any]:
    """The part of a new session's row that tells sessions apart."""
    return {column: details.get(column) for column in DETAILS}


def entry_from(row: Row[Any]) -> Entry:
    """A line of the ledger from its row."""
    return Entry(
        user_id=row.user_id,
        activity=row.activity,
        plan_change=row.plan_change,
        topup_change=row.topup_change,
        at_ms=row.at_ms,
        session_id=row.session_id,
        agent_code=row.agent_code,
        pricing_code=row.pricing_code,
    )


def entry_values(entry: Entry) -> dict[str, Any]:
    """A ledger line's row."""
    return {
        "user_id": entry.user_id,
        "activity": entry.activity,
        "plan_change": entry.plan_change,
        "topup_change": entry.topup_change,
        "at_ms": entry.at_ms,
        "session_id": entry.session_id,
        "agent_code": entry.agent_code,
        "pricing_code": entry.pricing_code,
    }
