"""What was read of a scan beside what the clerk confirmed (Art. 2.2)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.db.tenancy import ROLE, policy

revision = "a600000000d1"
down_revision = "b500000000a1"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "reading_check", sa.Column("document_id", _NUMBER, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False), sa.Column("fields", JSONB(), nullable=False),
        sa.Column("agency_id", _NUMBER, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", _NUMBER, sa.Identity(always=False), primary_key=True),
        sa.UniqueConstraint("agency_id", "document_id"))
    for column in ("agency_id", "document_id"):
        op.create_index(op.f(f"ix_reading_check_{column}"), "reading_check", [column])
    op.execute(f"grant select, insert, update, delete on reading_check to {ROLE}")
    for statement in policy("reading_check"):
        op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    op.drop_table("reading_check")
