"""A mailbox knows from when on its mail is taken: what lay there before is dealt with already (Art. 6.3)."""

import sqlalchemy as sa
from alembic import op

revision = "3a1900000001"
down_revision = "519000000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those that are read already have been read from their first mail on."""
    op.add_column("mailbox", sa.Column("taken_from", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """All that lies there is taken."""
    op.drop_column("mailbox", "taken_from")
