"""What the server for mail answered, in its own words (Art. 9.1.d)."""

import sqlalchemy as sa
from alembic import op

revision = "3a1900000002"
down_revision = "3a1900000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of what was tried before nothing is known."""
    op.add_column("mail_reply", sa.Column("said", sa.String(300), nullable=False, server_default=""))
    op.alter_column("mail_reply", "said", server_default=None)


def downgrade() -> None:
    """Only the code of what went wrong stays."""
    op.drop_column("mail_reply", "said")
