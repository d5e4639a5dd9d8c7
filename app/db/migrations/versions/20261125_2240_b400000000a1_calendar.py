"""Days off have a kind, a part and a source; limits in working days know what they were computed from."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE, policy

revision = "b400000000a1"
down_revision = "e100000000a2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("holiday", sa.Column("kind", sa.String(20), nullable=True))
    op.add_column("holiday", sa.Column("part", sa.String(10), nullable=False, server_default="day"))
    op.add_column("holiday", sa.Column("source", sa.String(200), nullable=False, server_default=""))
    op.execute("update holiday set kind = case when is_off then 'holiday' else 'swap_work' end")
    op.alter_column("holiday", "kind", nullable=False)
    for name in ("part", "source"):
        op.alter_column("holiday", name, server_default=None)
    op.drop_column("holiday", "is_off")
    op.create_check_constraint("holiday_is_known", "holiday", """kind in ('holiday', 'compensatory', 'swap_off',
        'swap_work') and part in ('day', 'morning', 'afternoon')""")
    number = sa.BigInteger()
    op.create_table(
        "deadline", sa.Column("document_id", number, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("form_key", sa.String(60), nullable=False), sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("days", number, nullable=False), sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True),
        sa.UniqueConstraint("document_id", "form_key"))
    op.create_index(op.f("ix_deadline_agency_id"), "deadline", ["agency_id"])
    op.create_index(op.f("ix_deadline_due_at"), "deadline", ["due_at"])
    op.execute(f"grant select, insert, update, delete on deadline to {ROLE}")
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")
    for statement in policy("deadline"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("deadline")
    op.drop_constraint("holiday_is_known", "holiday")
    op.add_column("holiday", sa.Column("is_off", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.execute("update holiday set is_off = kind <> 'swap_work'")
    for name in ("kind", "part", "source"):
        op.drop_column("holiday", name)
