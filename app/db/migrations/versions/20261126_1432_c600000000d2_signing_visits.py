"""Files given out to be signed on the signer's own computer (Art. 9.1.c, 9.1.d)."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE, policy

revision = "c600000000d2"
down_revision = "d6a0e0a7b303"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table behind the wall."""
    number, moment = sa.BigInteger(), sa.DateTime(timezone=True)
    op.create_table(
        "signing_visit",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("task_id", number, sa.ForeignKey("task.id"), nullable=False),
        sa.Column("user_id", number, sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("version", number, nullable=False), sa.Column("accepts", sa.String(6), nullable=False),
        sa.Column("base_sha256", sa.String(64), nullable=False), sa.Column("expires_at", moment, nullable=False),
        sa.Column("fetched_at", moment, nullable=True), sa.Column("returned_sha256", sa.String(64), nullable=False),
        sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True),
        sa.UniqueConstraint("token_hash", name=op.f("uq_signing_visit_token_hash")))
    op.create_index(op.f("ix_signing_visit_agency_id"), "signing_visit", ["agency_id"])
    op.create_index(op.f("ix_signing_visit_task_id"), "signing_visit", ["task_id"])
    op.execute(f"grant select, insert, update, delete on signing_visit to {ROLE}")
    for statement in policy("signing_visit"):
        op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    """Without it: who is signing begins again."""
    op.drop_table("signing_visit")
