"""Old codes of agencies of the directory: renamed, merged (QĐ 20/2020/QĐ-TTg)."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE

revision = "e100000000c2"
down_revision = "e100000000c1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Outside the wall, as the directory itself; read by all, written by the operator only."""
    number = sa.BigInteger()
    op.create_table(
        "agency_alias", sa.Column("code", sa.String(35), nullable=False, unique=True),
        sa.Column("owner_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("since", sa.Date(), nullable=False), sa.Column("until", sa.Date()),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True))
    op.create_index(op.f("ix_agency_alias_owner_id"), "agency_alias", ["owner_id"])
    op.execute(f"grant select on agency_alias to {ROLE}")


def downgrade() -> None:
    """Without them."""
    op.drop_table("agency_alias")
