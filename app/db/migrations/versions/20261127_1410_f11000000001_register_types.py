"""Kinds of outgoing documents may have registers of their own (NĐ 30/2020 Đ15.1.c)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "f11000000001"
down_revision = "e11000000002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Each register there is numbers all kinds."""
    op.add_column("register", sa.Column("types", postgresql.ARRAY(sa.Text()), nullable=True))


def downgrade() -> None:
    """One series for all kinds."""
    op.drop_column("register", "types")
