"""Whoever brought a scan that was discarded when it was read is told, too (Art. 3.2)."""

import sqlalchemy as sa
from alembic import op

revision = "a1000000a102"
down_revision = "f400000000a1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One column."""
    op.add_column("barred_entry", sa.Column("bringer_seen_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Without it."""
    op.drop_column("barred_entry", "bringer_seen_at")
