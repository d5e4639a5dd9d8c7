"""A pile that was handed to its registered document and is read for marks first (Art. 3.2)."""

import sqlalchemy as sa
from alembic import op

revision = "f5c1e0a7b213"
down_revision = "f5c1e0a7b212"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No pile is under way."""
    op.add_column("intake_pile", sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("intake_pile", sa.Column("suspect_page", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """What was handed lies before its clerk again."""
    op.drop_column("intake_pile", "suspect_page")
    op.drop_column("intake_pile", "handed_at")
