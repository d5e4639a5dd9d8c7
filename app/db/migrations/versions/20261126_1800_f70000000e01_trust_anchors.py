"""Trust anchors of an agency, changed by two people (NĐ 68/2024 Art. 32)."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE, policy

revision = "f70000000e01"
down_revision = "c600000000d2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table behind the wall; until an agency has a list of its own, the installation's counts."""
    number, moment = sa.BigInteger(), sa.DateTime(timezone=True)

    def person(name: str, **more: bool) -> sa.Column:
        return sa.Column(name, number, sa.ForeignKey("user_account.id"), **({"nullable": True} | more))

    op.create_table(
        "trust_anchor",
        sa.Column("purpose", sa.String(10), nullable=False), sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False), sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False), person("asked_by_id", nullable=False),
        sa.Column("asked_at", moment, nullable=False), person("granted_by_id"),
        sa.Column("granted_at", moment, nullable=True), person("ending_by_id"),
        sa.Column("ending_at", moment, nullable=True), person("ended_by_id"),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True),
        sa.CheckConstraint("granted_by_id <> asked_by_id", name="trust_anchor_granted_by_another"),
        sa.CheckConstraint("ended_by_id <> ending_by_id", name="trust_anchor_ended_by_another"))
    op.create_index(op.f("ix_trust_anchor_agency_id"), "trust_anchor", ["agency_id"])
    op.execute(f"grant select, insert, update, delete on trust_anchor to {ROLE}")
    for statement in policy("trust_anchor"):
        op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    """Without them: the installation's count again."""
    op.drop_table("trust_anchor")
