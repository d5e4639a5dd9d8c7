"""A sheet brings one scan to its document, registered or not; its pile remembers which sheet it was (Art. 6.2.a)."""

import sqlalchemy as sa
from alembic import op

revision = "e100000000c1"
down_revision = "b500000000b1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns; sheets of documents that have their scan are used up."""
    op.add_column("intake_pile", sa.Column("sheet", sa.String(20), nullable=False, server_default=""))
    op.alter_column("intake_pile", "sheet", server_default=None)
    op.add_column("intake_sheet", sa.Column("used_at", sa.DateTime(timezone=True)))
    op.execute("update intake_pile p set sheet = s.token from intake_sheet s where s.document_id = p.tied_id")
    op.execute("update intake_sheet s set used_at = p.at from intake_pile p where p.document_id = s.document_id")


def downgrade() -> None:
    """Without them."""
    op.drop_column("intake_sheet", "used_at")
    op.drop_column("intake_pile", "sheet")
