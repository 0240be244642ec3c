"""Owed time and counted audit records"""

import time

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("owed_ms", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("audit", sa.Column("count", sa.BigInteger(), nullable=False, server_default="1"))
    op.create_index("ix_audit_subject", "audit", ["subject", "event", "at_ms"], unique=False)
    # Sessions that expired before anybody billed that are over. Only those that expire from now on are billed for it.
    op.execute(
        sa.text(
            "UPDATE sessions SET end_reason = 'expired', ended_ms = expires_ms "
            "WHERE end_reason IS NULL AND expires_ms < :now_ms"
        ).bindparams(now_ms=time.time_ns() // 1_000_000)
    )
