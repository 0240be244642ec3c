"""Deleted accounts"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("deleted_ms", sa.BigInteger(), nullable=True))
