"""Whether the dispatch of an answer closes the document that it answers (Art. 8.1)."""

import sqlalchemy as sa
from alembic import op

revision = "b1c8a0e1d001"
down_revision = "ab0000000c01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has said: as each was begun."""
    op.add_column("document", sa.Column("closes_answered", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """As each was begun."""
    op.drop_column("document", "closes_answered")
