"""The tables. A change here needs a migration beside it (`migrations/versions/`); a test compares the two.

Times are milliseconds since the epoch, money is micro-credits, both 64-bit integers.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

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
    # A number is never given twice: revocation speaks of secrets by number.
    sqlite_autoincrement=True,
)
# An alias is taken while its secret lives; a rotated or deleted secret keeps its row, because sessions point to it.
Index(
    "uq_secrets_user_id_alias",
    secrets.c.user_id,
    secrets.c.alias,
    unique=True,
    sqlite_where=text("dies_ms IS NULL"),
    postgresql_where=text("dies_ms IS NULL"),
)

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
Index("ix_sessions_user_id_transaction_id", sessions.c.user_id, sessions.c.transaction_id)
Index("ix_sessions_user_id_started_ms", sessions.c.user_id, sessions.c.started_ms)
Index(
    "ix_sessions_open",
    sessions.c.user_id,
    sessions.c.seen_ms,
    sqlite_where=text("end_reason IS NULL"),
    postgresql_where=text("end_reason IS NULL"),
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
