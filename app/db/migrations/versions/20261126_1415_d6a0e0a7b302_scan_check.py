"""What a scan of a sealed paper was found to be beside the approved text (Art. 9.2.c)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.db.tenancy import ROLE, policy

revision = "d6a0e0a7b302"
down_revision = "c600000000d1"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger()


def upgrade() -> None:
    """No scan was compared yet."""
    op.create_table(
        "scan_check", sa.Column("document_id", _NUMBER, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False), sa.Column("likeness", _NUMBER, nullable=False),
        sa.Column("differences", JSONB(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", _NUMBER, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", _NUMBER, sa.Identity(always=False), primary_key=True))
    for column in ("agency_id", "document_id"):
        op.create_index(op.f(f"ix_scan_check_{column}"), "scan_check", [column])
    op.execute(f"grant select, insert, update, delete on scan_check to {ROLE}")
    for statement in policy("scan_check"):
        op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    """What was found goes; it stays in the acts."""
    op.drop_table("scan_check")
