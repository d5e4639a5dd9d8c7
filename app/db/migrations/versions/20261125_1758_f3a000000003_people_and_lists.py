"""Wrong passwords are counted by person and address; slow work knows for whom it was asked; letters found twice."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE, policy

revision = "f3a000000003"
down_revision = "f2a000000002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wrong_password",
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="cascade"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("wrong_password_from", "wrong_password", ["agency_id", "address", "at"])
    op.create_index("wrong_password_of", "wrong_password", ["user_id", "at"])
    op.create_index(op.f("ix_wrong_password_agency_id"), "wrong_password", ["agency_id"])
    op.execute(f"grant select, insert, delete on wrong_password to {ROLE}")
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")
    for statement in policy("wrong_password"):
        op.execute(statement)
    op.add_column("slow_work", sa.Column("asked_for_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("slow_work_asked_for_id_fkey", "slow_work", "user_account", ["asked_for_id"], ["id"])
    op.create_index("document_by_reference", "document", ["agency_id", "code_number"])


def downgrade() -> None:
    op.drop_index("document_by_reference", "document")
    op.drop_constraint("slow_work_asked_for_id_fkey", "slow_work")
    op.drop_column("slow_work", "asked_for_id")
    op.drop_table("wrong_password")
