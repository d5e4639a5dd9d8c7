"""Direction (Art. 7): delegations with scope and end, notices to people, own deadlines, directives to choose from."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE, policy

revision = "b500000000a1"
down_revision = "f300000000c1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New columns and two tables behind the wall."""
    number, moment = sa.BigInteger(), sa.DateTime(timezone=True)
    op.add_column("delegation", sa.Column("scope", sa.String(10), nullable=False, server_default="all"))
    op.add_column("delegation", sa.Column("ended_at", moment))
    op.add_column("delegation", sa.Column("seed", sa.String(36)))
    op.create_unique_constraint(op.f("uq_delegation_seed"), "delegation", ["seed"])
    op.add_column("document_right", sa.Column("due_date", sa.Date()))
    op.create_table(
        "notice", sa.Column("document_id", number, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("to_user_id", number, sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("from_user_id", number, sa.ForeignKey("user_account.id")),
        sa.Column("on_behalf_of_id", number, sa.ForeignKey("user_account.id")),
        sa.Column("text", sa.Text(), nullable=False), sa.Column("due_date", sa.Date()),
        sa.Column("gave_read", sa.Boolean(), nullable=False), sa.Column("at", moment, nullable=False),
        sa.Column("done_at", moment), sa.Column("done_by_id", number, sa.ForeignKey("user_account.id")),
        sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True))
    op.create_index("notice_open", "notice", ["to_user_id", "id"], postgresql_where=sa.text("done_at is null"))
    op.create_index(op.f("ix_notice_document_id"), "notice", ["document_id"])
    op.create_table(
        "directive", sa.Column("user_id", number, sa.ForeignKey("user_account.id")),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True),
        sa.UniqueConstraint("agency_id", "user_id", "text", name=op.f("uq_directive_agency_id_user_id_text"),
                            postgresql_nulls_not_distinct=True))
    for table in ("notice", "directive"):
        op.create_index(op.f(f"ix_{table}_agency_id"), table, ["agency_id"])
        op.execute(f"grant select, insert, update, delete on {table} to {ROLE}")
        for statement in policy(table):
            op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    """Without them."""
    op.drop_table("directive")
    op.drop_table("notice")
    op.drop_column("document_right", "due_date")
    op.drop_constraint(op.f("uq_delegation_seed"), "delegation")
    for name in ("seed", "ended_at", "scope"):
        op.drop_column("delegation", name)
