"""What an agency adds to what must not be entered, who is told, and each time it came (Art. 3.2)."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE, policy

revision = "a1000000a101"
down_revision = "e100000000c2"
branch_labels = None
depends_on = None

_TABLES = ("barred_rule", "barred_officer", "barred_entry")


def _owned() -> list[sa.Column]:
    number = sa.BigInteger()
    return [sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
            sa.Column("id", number, sa.Identity(always=False), primary_key=True)]


def _person(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey("user_account.id"), nullable=nullable)


def upgrade() -> None:
    """Three tables behind the wall."""
    when = sa.DateTime(timezone=True)
    op.create_table(
        "barred_rule", sa.Column("kind", sa.String(10), nullable=False), sa.Column("text", sa.String(200), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False), *_owned(),
        sa.UniqueConstraint("agency_id", "kind", "text", name=op.f("uq_barred_rule_agency_id_kind_text")))
    op.create_table(
        "barred_officer", sa.Column("matter", sa.String(10), nullable=False), _person("user_id", nullable=False), *_owned(),
        sa.UniqueConstraint("agency_id", "matter", name=op.f("uq_barred_officer_agency_id_matter")))
    op.create_table(
        "barred_entry", sa.Column("at", when, nullable=False), sa.Column("way", sa.String(10), nullable=False),
        sa.Column("rule", sa.String(10), nullable=False), sa.Column("subject", sa.String(60), nullable=False),
        sa.Column("partner", sa.String(330), nullable=False), _person("user_id"),
        sa.Column("document_id", sa.BigInteger(), sa.ForeignKey("document.id")), _person("to_user_id"),
        sa.Column("seen_at", when), sa.Column("cleared_at", when), _person("cleared_by_id"),
        sa.Column("cleared_reason", sa.String(500), nullable=False), sa.Column("let_in", sa.String(64), nullable=False),
        *_owned())
    op.create_index(op.f("ix_barred_entry_document_id"), "barred_entry", ["document_id"])
    op.create_index("barred_entry_open", "barred_entry", ["to_user_id", "id"], postgresql_where=sa.text("seen_at is null"))
    for table in _TABLES:
        op.create_index(op.f(f"ix_{table}_agency_id"), table, ["agency_id"])
        op.execute(f"grant select, insert, update, delete on {table} to {ROLE}")
        for statement in policy(table):
            op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    """Without them."""
    for table in reversed(_TABLES):
        op.drop_table(table)
