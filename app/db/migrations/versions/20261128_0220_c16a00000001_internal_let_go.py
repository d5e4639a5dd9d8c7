"""Who was sent to a meeting in another's place can be let go (Art. 4.1.a)."""

import sqlalchemy as sa
from alembic import op

revision = "c16a00000001"
down_revision = "b12d00000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody was let go until now."""
    op.add_column("internal_recipient", sa.Column("withdrawn_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """All come again."""
    op.drop_column("internal_recipient", "withdrawn_at")
