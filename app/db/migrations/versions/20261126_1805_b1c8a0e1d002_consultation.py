"""Who was asked for an opinion on a draft, and what each said (Art. 8.1)."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE, policy

revision = "b1c8a0e1d002"
down_revision = "b1c8a0e1d001"
branch_labels = None
depends_on = None

_NUMBER, _MOMENT = sa.BigInteger(), sa.DateTime(timezone=True)


def upgrade() -> None:
    """Nobody was asked yet."""
    op.create_table(
        "consultation", sa.Column("document_id", _NUMBER, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("round", _NUMBER, nullable=False), sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("user_id", _NUMBER, sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("unit_id", _NUMBER, sa.ForeignKey("unit.id"), nullable=True),
        sa.Column("asked_by_id", _NUMBER, sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("question", sa.Text(), nullable=False), sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False), sa.Column("gave_read", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(10), nullable=False), sa.Column("answered_at", _MOMENT, nullable=True),
        sa.Column("file_sha256", sa.String(64), nullable=False), sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("end_reason", sa.String(500), nullable=False),
        sa.Column("agency_id", _NUMBER, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", _NUMBER, sa.Identity(always=False), primary_key=True))
    for column in ("agency_id", "document_id"):
        op.create_index(op.f(f"ix_consultation_{column}"), "consultation", [column])
    op.create_index("consultation_open", "consultation", ["due_at"], postgresql_where=sa.text("ended_at is null"))
    op.execute(f"grant select, insert, update, delete on consultation to {ROLE}")
    for statement in policy("consultation"):
        op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    """What was said stays as opinions and in the acts."""
    op.drop_table("consultation")
