"""An outgoing document answers several incoming ones (Art. 8.1)."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE, policy

revision = "ab0000000c23"
down_revision = "ab0000000c22"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What each answers stays where it is, as acts told it; further ones have rows of their own."""
    number = sa.BigInteger()
    op.create_table(
        "also_answered",
        sa.Column("document_id", number, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("answers_id", number, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("closes", sa.Boolean(), nullable=False),
        sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True),
        sa.UniqueConstraint("document_id", "answers_id", name=op.f("uq_also_answered_document_id")))
    for column in ("agency_id", "document_id", "answers_id"):
        op.create_index(op.f(f"ix_also_answered_{column}"), "also_answered", [column])
    op.execute(f"grant select, insert, update, delete on also_answered to {ROLE}")
    for statement in policy("also_answered"):
        op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    """Of several answered ones only the first is known again."""
    op.drop_table("also_answered")
