"""Seals of history and the heads they cover, and what the nightly checks found; written once, never changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.db.tenancy import ROLE, policy

revision = "d100000000a1"
down_revision = "c100000000a1"
branch_labels = None
depends_on = None


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True)


def _owner() -> sa.Column:
    return sa.Column("agency_id", sa.BigInteger(), sa.ForeignKey("agency.id"), nullable=False)


def upgrade() -> None:
    number = sa.BigInteger()
    op.create_table(
        "seal", sa.Column("number", number, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_act_id", number, nullable=False), sa.Column("leaves", number, nullable=False),
        *(sa.Column(name, sa.String(64), nullable=False) for name in ("root", "previous_hash", "hash", "key_id")),
        sa.Column("signature", sa.Text(), nullable=False), sa.Column("stamp", sa.Text(), nullable=False),
        _owner(), _id(), sa.UniqueConstraint("agency_id", "number"))
    op.create_index(op.f("ix_seal_agency_id"), "seal", ["agency_id"])
    op.create_table(
        "seal_leaf", sa.Column("seal_id", number, sa.ForeignKey("seal.id"), nullable=False),
        sa.Column("position", number, nullable=False), sa.Column("subject", sa.String(60), nullable=False),
        sa.Column("number", number, nullable=False), sa.Column("hash", sa.String(64), nullable=False),
        _owner(), _id())
    op.create_index(op.f("ix_seal_leaf_agency_id"), "seal_leaf", ["agency_id"])
    op.create_index(op.f("ix_seal_leaf_seal_id"), "seal_leaf", ["seal_id"])
    op.create_index("seal_leaf_of_subject", "seal_leaf", ["agency_id", "subject", "number"])
    op.create_table(
        "finding", sa.Column("check", sa.String(10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        *(sa.Column(name, JSONB(), nullable=False) for name in ("seen", "faults")), _owner(), _id())
    op.create_index(op.f("ix_finding_agency_id"), "finding", ["agency_id"])
    op.create_index("finding_newest", "finding", ["agency_id", "check", "id"])
    for table in ("seal", "seal_leaf", "finding"):
        op.execute(f"grant select, insert on {table} to {ROLE}")
        for statement in policy(table):
            op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    op.drop_table("finding")
    op.drop_table("seal_leaf")
    op.drop_table("seal")
