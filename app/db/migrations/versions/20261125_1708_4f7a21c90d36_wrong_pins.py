"""Wrong PINs are counted, so that signing waits after too many."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE, policy

revision = "4f7a21c90d36"
down_revision = "c27d0f4be2a9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wrong_pin",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"]),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="cascade"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_wrong_pin_agency_id"), "wrong_pin", ["agency_id"])
    op.create_index(op.f("ix_wrong_pin_user_id"), "wrong_pin", ["user_id"])
    op.execute(f"grant select, insert, delete on wrong_pin to {ROLE}")
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")
    for statement in policy("wrong_pin"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("wrong_pin")
