"""An axis that answers nobody is known to all agencies that ask it (Art. 13.3)."""

import sqlalchemy as sa
from alembic import op

revision = "a18000000001"
down_revision = "c16a00000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The next look tells."""
    op.add_column("poll", sa.Column("is_down", sa.Boolean, nullable=False, server_default=sa.false()))
    op.alter_column("poll", "is_down", server_default=None)


def downgrade() -> None:
    """Each agency finds out for itself again."""
    op.drop_column("poll", "is_down")
