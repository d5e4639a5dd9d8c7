"""A file that a clerk uploads may be signed; of one that is no scan the clerk says whether its paper is there."""

import sqlalchemy as sa
from alembic import op

revision = "1e9000000001"
down_revision = "e91000000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was uploaded before was taken for a scan."""
    op.add_column("upload", sa.Column("is_signed", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("upload", "is_signed", server_default=None)
    op.add_column("intake_pile", sa.Column("has_paper", sa.Boolean(), nullable=True))


def downgrade() -> None:
    """Nobody was asked."""
    op.drop_column("intake_pile", "has_paper")
    op.drop_column("upload", "is_signed")
