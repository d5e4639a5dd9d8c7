"""A number that is held for a document before it is numbered (NĐ 30/2020 Đ15)."""

import sqlalchemy as sa
from alembic import op

revision = "d6a0e0a7b301"
down_revision = "f5c1e0a7b213"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is held."""
    op.add_column("register_entry", sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("register_entry", sa.Column("held_for", sa.String(500), nullable=False, server_default=""))
    op.alter_column("register_entry", "held_for", server_default=None)


def downgrade() -> None:
    """What was held is a number like any other."""
    op.drop_column("register_entry", "held_for")
    op.drop_column("register_entry", "held_until")
