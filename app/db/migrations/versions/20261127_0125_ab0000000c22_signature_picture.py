"""Pictures of signatures and of the seal (NĐ 30/2020 PL I)."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE, policy

revision = "ab0000000c22"
down_revision = "ab0000000c21"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """None yet: signatures show drawn ones."""
    number = sa.BigInteger()
    op.create_table(
        "signature_picture",
        sa.Column("user_id", number, sa.ForeignKey("user_account.id"), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=False), sa.Column("size_bytes", number, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", number, sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True))
    op.create_index(op.f("ix_signature_picture_agency_id"), "signature_picture", ["agency_id"])
    op.create_index(op.f("ix_signature_picture_user_id"), "signature_picture", ["user_id"])
    op.create_index("signature_picture_person", "signature_picture", ["agency_id", "user_id"], unique=True,
                    postgresql_nulls_not_distinct=True)
    op.execute(f"grant select, insert, update, delete on signature_picture to {ROLE}")
    for statement in policy("signature_picture"):
        op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    """Drawn ones again."""
    op.drop_table("signature_picture")
