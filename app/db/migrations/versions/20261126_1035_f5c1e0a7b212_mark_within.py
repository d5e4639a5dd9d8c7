"""A mark of secrecy that was found on a later page of a document's file (Art. 3.2)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "f5c1e0a7b212"
down_revision = "f5c1e0a7b211"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Where it stands; none for what is there."""
    op.add_column("text_layer", sa.Column("mark", JSONB(), nullable=True))


def downgrade() -> None:
    """It is not known any more; the file is read again when its document is."""
    op.drop_column("text_layer", "mark")
