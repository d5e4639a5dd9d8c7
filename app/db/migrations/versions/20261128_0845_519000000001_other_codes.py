"""The trust list keeps by which other codes, old or new, a sender is known (Art. 3.3)."""

import sqlalchemy as sa
from alembic import op

revision = "519000000001"
down_revision = "b19000000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Registers that were imported left them out."""
    op.add_column("trust_anchor", sa.Column("other_codes", sa.String(200), nullable=False, server_default=""))
    op.alter_column("trust_anchor", "other_codes", server_default=None)


def downgrade() -> None:
    """Each sender under one code."""
    op.drop_column("trust_anchor", "other_codes")
