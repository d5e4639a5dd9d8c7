"""What is asked of a history and answered by the worker: bundles, slips, replays."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.db.tenancy import ROLE, policy

revision = "f400000000a4"
down_revision = "a300000000a1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger()
    op.create_table(
        "history_request", sa.Column("document_id", number, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("user_id", number, sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("what", sa.String(10), nullable=False), sa.Column("head", number, nullable=False),
        sa.Column("status", sa.String(10), nullable=False), sa.Column("done", number, nullable=False),
        sa.Column("total", number, nullable=False), sa.Column("size_bytes", number, nullable=False),
        sa.Column("found", JSONB(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True))
    op.create_index(op.f("ix_history_request_agency_id"), "history_request", ["agency_id"])
    op.create_index(op.f("ix_history_request_document_id"), "history_request", ["document_id"])
    op.execute(f"grant select, insert, update, delete on history_request to {ROLE}")
    for statement in policy("history_request"):
        op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    op.drop_table("history_request")
