"""In which other way a recipient was sent a document: the paper of a hybrid one, or instead of the exchange."""

import sqlalchemy as sa
from alembic import op

revision = "d6a0e0a7b303"
down_revision = "d6a0e0a7b302"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody has said so yet."""
    for name, length in (("other_way", 10), ("other_note", 200)):
        op.add_column("message", sa.Column(name, sa.String(length), nullable=False, server_default=""))
        op.alter_column("message", name, server_default=None)
    op.add_column("message", sa.Column("other_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """What was said stays in the acts."""
    for name in ("other_at", "other_note", "other_way"):
        op.drop_column("message", name)
