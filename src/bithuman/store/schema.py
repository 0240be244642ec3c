"""The tables. A change here needs a migration beside it (`migrations/versions/`); a test compares the two.

Times are milliseconds since the epoch, money is micro-credits, both 64-bit integers.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    literal_column,
    or_,
)

from bithuman.core.accounts import DEAD
from bithuman.core.sessions import EndReason

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _index(name: str, *columns: Column[Any], where: ColumnElement[bool], unique: bool = False) -> None:
    """An index of the rows that `where` holds for. A query uses it if it names the same condition."""
    Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


# SQLite numbers rows by INTEGER alone; PostgreSQL wants 64 bits asked for.
RowId = BigInteger().with_variant(Integer, "sqlite")

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("plan", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("plan_balance", BigInteger, nullable=False),
    Column("topup_balance", BigInteger, nullable=False),
    Column("plan_month", Integer, nullable=False),
    Column("revoked_through", BigInteger, nullable=False),
    Column("deleted_ms", BigInteger),
)

secrets = Table(
    "secrets",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("user_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("alias", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("key_display", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("last_used_ms", BigInteger),
    Column("dies_ms", BigInteger),
    # The id of the person who made it in the console.
    Column("made_by", Text),
    # A number is never given twice: revocation speaks of secrets by number.
    sqlite_autoincrement=True,
)
# A rotated or deleted secret keeps its row, because sessions point to it. Most rows of an account may be such ones.
secret_has_no_end = secrets.c.dies_ms.is_(None)
secret_has_an_end = secrets.c.dies_ms > literal_column(str(DEAD))
secret_is_not_dead = or_(secret_has_no_end, secret_has_an_end)
# An alias is taken while its secret lives.
_index("uq_secrets_user_id_alias", secrets.c.user_id, secrets.c.alias, unique=True, where=secret_has_no_end)
_index("ix_secrets_ending", secrets.c.user_id, secrets.c.alias, where=secret_has_an_end)
_index("ix_secrets_not_dead", secrets.c.user_id, where=secret_is_not_dead)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("secret_id", BigInteger, ForeignKey("secrets.id"), nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("pricing_code", Text, nullable=False),
    Column("rate", BigInteger, nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("issued_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("billed_ms", BigInteger, nullable=False),
    Column("charged", BigInteger, nullable=False),
    Column("owed_ms", BigInteger, nullable=False, server_default="0"),
    Column("end_reason", Text),
    Column("ended_ms", BigInteger),
    Column("agent_code", Text),
    Column("end_user", Text),
    Column("room_name", Text),
    Column("tags", Text),
    Column("model_hash", Text),
    Column("runtime_version", Text),
)
Index("uq_sessions_client", sessions.c.user_id, sessions.c.fingerprint, sessions.c.transaction_id, unique=True)
Index(
    "ix_sessions_user_id_transaction_id_started_ms",
    sessions.c.user_id,
    sessions.c.transaction_id,
    sessions.c.started_ms,
)
Index("ix_sessions_user_id_started_ms", sessions.c.user_id, sessions.c.started_ms)
# A heartbeat changes `seen_ms`, so it pays for an index on it where the index holds its session: an open one (the
# first index), none (the second), an open one whose client never named its transaction (the third).
session_is_open = sessions.c.end_reason.is_(None)
session_has_ended = sessions.c.end_reason.is_not(None)
session_is_adoptable = and_(
    sessions.c.provisional,
    or_(
        session_is_open,
        sessions.c.end_reason.in_(
            [literal_column(f"'{reason}'") for reason in (EndReason.EXPIRED, EndReason.TERMINATED)]
        ),
    ),
)
_index("ix_sessions_open", sessions.c.user_id, sessions.c.seen_ms, where=session_is_open)
_index("ix_sessions_ended", sessions.c.user_id, sessions.c.seen_ms, where=session_has_ended)
_index(
    "ix_sessions_adoptable",
    sessions.c.user_id,
    sessions.c.fingerprint,
    sessions.c.seen_ms,
    where=session_is_adoptable,
)

ledger = Table(
    "ledger",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("user_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("activity", Text, nullable=False),
    Column("plan_change", BigInteger, nullable=False),
    Column("topup_change", BigInteger, nullable=False),
    Column("at_ms", BigInteger, nullable=False),
    Column("session_id", Text, ForeignKey("sessions.id")),
    Column("agent_code", Text),
    Column("pricing_code", Text),
)
Index("ix_ledger_user_id_at_ms", ledger.c.user_id, ledger.c.at_ms)
_index(
    "ix_ledger_agent",
    ledger.c.user_id,
    ledger.c.agent_code,
    ledger.c.at_ms,
    where=ledger.c.agent_code.is_not(None),
)

audit = Table(
    "audit",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("user_id", Text, ForeignKey("accounts.id")),
    Column("event", Text, nullable=False),
    Column("subject", Text, nullable=False),
    # How often within the minute that began at `at_ms`.
    Column("count", BigInteger, nullable=False, server_default="1"),
)
Index("ix_audit_subject", audit.c.subject, audit.c.event, audit.c.at_ms)

people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("password", Text, nullable=False),
    Column("is_operator", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("account_id", Text, ForeignKey("accounts.id"), primary_key=True),
    Column("person_id", Text, ForeignKey("people.id"), primary_key=True),
    Column("role", Text, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
)
Index("ix_members_person_id", members.c.person_id)

links = Table(
    "links",
    metadata,
    Column("id", RowId, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("purpose", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("email", Text),
    Column("account_id", Text, ForeignKey("accounts.id")),
    Column("role", Text, nullable=False),
    Column("made_by", Text, ForeignKey("people.id")),
    Column("used_ms", BigInteger),
    Column("revoked_ms", BigInteger),
)
link_is_waiting = and_(links.c.used_ms.is_(None), links.c.revoked_ms.is_(None))
_index("ix_links_waiting", links.c.account_id, where=link_is_waiting)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id", Text, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("person_id", Text, ForeignKey("people.id"), nullable=False),
    Column("account_id", Text, ForeignKey("accounts.id"), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("agent", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("ended_ms", BigInteger),
)
sign_in_is_open = sign_ins.c.ended_ms.is_(None)
_index("ix_sign_ins_open", sign_ins.c.person_id, where=sign_in_is_open)
