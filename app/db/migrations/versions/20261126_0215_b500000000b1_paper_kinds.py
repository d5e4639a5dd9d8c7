"""Kinds of documents that wait for an appraisal file on paper (Art. 3.4)."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE, policy

revision = "b500000000b1"
down_revision = "a600000000d2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table behind the wall."""
    number = sa.BigInteger()
    op.create_table(
        "paper_kind", sa.Column("type_name", sa.String(100), nullable=False),
        sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True),
        sa.UniqueConstraint("agency_id", "type_name", name=op.f("uq_paper_kind_agency_id_type_name")))
    op.create_index(op.f("ix_paper_kind_agency_id"), "paper_kind", ["agency_id"])
    op.execute(f"grant select, insert, update, delete on paper_kind to {ROLE}")
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")
    for statement in policy("paper_kind"):
        op.execute(statement)


def downgrade() -> None:
    """Without it."""
    op.drop_table("paper_kind")
