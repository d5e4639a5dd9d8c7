"""A recipient of a dispatched document that no directory knows has a row, with the name that the document gives it."""

import sqlalchemy as sa
from alembic import op

revision = "e11000000001"
down_revision = "e91000000002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was dispatched before has none."""
    op.add_column("message", sa.Column("name", sa.String(300), nullable=False, server_default=""))
    op.alter_column("message", "name", server_default=None)


def downgrade() -> None:
    """Who was sent it so stays in the acts."""
    op.execute("delete from message where kind = 'outside'")
    op.drop_column("message", "name")
