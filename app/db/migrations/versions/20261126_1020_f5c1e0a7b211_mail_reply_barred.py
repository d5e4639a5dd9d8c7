"""A reply to a mail that became no document (Art. 3.2, 6.3)."""

import sqlalchemy as sa
from alembic import op

revision = "f5c1e0a7b211"
down_revision = "f5c1e0a7b210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Its document is none."""
    op.alter_column("mail_reply", "document_id", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    """Such replies go: they have no place."""
    op.execute("delete from mail_reply where document_id is null")
    op.alter_column("mail_reply", "document_id", existing_type=sa.Integer(), nullable=False)
