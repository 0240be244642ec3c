"""Owed time and counted audit records"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("owed_ms", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("audit", sa.Column("count", sa.BigInteger(), nullable=False, server_default="1"))
    op.create_index("ix_audit_subject", "audit", ["subject", "event", "at_ms"], unique=False)
