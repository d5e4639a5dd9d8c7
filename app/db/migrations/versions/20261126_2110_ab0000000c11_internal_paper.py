"""Papers exchanged within the agency: their kinds, what was sent, who has read and answered (Art. 4.1.a)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from app.db.tenancy import ROLE, policy

revision = "ab0000000c11"
down_revision = "a400000000e1"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger()


def _to(name: str, table: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _NUMBER, sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _text(name: str, size: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(size), nullable=False)


def _is(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _at(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _own() -> tuple[sa.Column[int], sa.Column[int]]:
    return _to("agency_id", "agency"), sa.Column("id", _NUMBER, sa.Identity(always=False), primary_key=True)


def upgrade() -> None:
    """Three tables behind the wall; nothing was sent yet."""
    op.create_table(
        "internal_kind", _text("name", 100), _is("bears_number"), _is("is_meeting"), _is("is_used"), *_own(),
        sa.UniqueConstraint("agency_id", "name", name=op.f("uq_internal_kind_agency_id_name")))
    op.create_table(
        "internal_paper", _to("document_id", "document"), sa.Column("text", sa.Text(), nullable=False),
        _to("issued_id", "document", nullable=True), _is("is_meeting"), _at("meeting_at"), _text("place", 200),
        sa.Column("chosen", ARRAY(sa.Text()), nullable=False),
        sa.Column("chosen_names", ARRAY(sa.Text()), nullable=False), _at("called_back_at"),
        _text("call_back_reason", 500), _text("seed", 36), *_own(),
        sa.UniqueConstraint("document_id", name=op.f("uq_internal_paper_document_id")),
        sa.UniqueConstraint("seed", name=op.f("uq_internal_paper_seed")))
    op.create_table(
        "internal_recipient", _to("document_id", "document"), _to("user_id", "user_account"),
        _to("named_by_id", "user_account", nullable=True), _at("read_at"), _text("answer", 10),
        _text("answer_note", 500), _at("answered_at"), *_own(),
        sa.UniqueConstraint("document_id", "user_id", name=op.f("uq_internal_recipient_document_id_user_id")))
    op.create_index(op.f("ix_internal_recipient_user_id"), "internal_recipient", ["user_id"])
    op.create_index("internal_unread", "internal_recipient", ["user_id"], postgresql_where=sa.text("read_at is null"))
    for table in ("internal_kind", "internal_paper", "internal_recipient"):
        op.create_index(op.f(f"ix_{table}_agency_id"), table, ["agency_id"])
        op.execute(f"grant select, insert, update on {table} to {ROLE}")
        for statement in policy(table):
            op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    """What was sent goes; that it was sent and read stays in the acts."""
    for table in ("internal_recipient", "internal_paper", "internal_kind"):
        op.drop_table(table)
