"""An index for every query that a request makes"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_index("ix_sessions_user_id_transaction_id", "sessions")
    op.create_index(
        "ix_sessions_user_id_transaction_id_started_ms",
        "sessions",
        ["user_id", "transaction_id", "started_ms"],
        unique=False,
    )
    _create_partial("ix_sessions_ended", "sessions", ["user_id", "seen_ms"], "end_reason IS NOT NULL")
    _create_partial(
        "ix_sessions_adoptable",
        "sessions",
        ["user_id", "fingerprint", "seen_ms"],
        "provisional = 1 AND (end_reason IS NULL OR end_reason IN ('expired', 'terminated'))",
    )
    _create_partial("ix_ledger_agent", "ledger", ["user_id", "agent_code", "at_ms"], "agent_code IS NOT NULL")
    _create_partial("ix_secrets_ending", "secrets", ["user_id", "alias"], "dies_ms > 0")
    _create_partial("ix_secrets_not_dead", "secrets", ["user_id"], "dies_ms IS NULL OR dies_ms > 0")


def _create_partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(where))
