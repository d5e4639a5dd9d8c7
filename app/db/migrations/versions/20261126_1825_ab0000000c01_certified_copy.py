"""Copies of documents with their own number (NĐ 30/2020 Đ25 to 27)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.db.tenancy import ROLE, policy

revision = "ab0000000c01"
down_revision = "f70000000e01"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger()


def _to(name: str, table: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _NUMBER, sa.ForeignKey(f"{table}.id"), nullable=nullable)


def _text(name: str, size: int, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(size), nullable=nullable)


def _at(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """No copy was made here yet."""
    op.create_table(
        "certified_copy", _to("document_id", "document"), _to("attachment_id", "attachment"), _text("kind", 10),
        _text("form", 10), sa.Column("pages", JSONB(), nullable=False), _text("part", 200),
        sa.Column("recipients", ARRAY(sa.String(200)), nullable=False), sa.Column("amount", _NUMBER, nullable=False),
        _text("reason", 500), _to("signer_id", "user_account"), _text("signer_name", 50), _text("signer_position", 100),
        _text("signer_competence", 100), _text("status", 10), _at("asked_at", nullable=False),
        _to("asked_by_id", "user_account"), _at("decided_at"), _to("decided_by_id", "user_account", nullable=True),
        _at("made_at"), _to("made_by_id", "user_account", nullable=True),
        _to("entry_id", "register_entry", nullable=True), _text("reference", 50), _text("organ_name", 200),
        _text("parent_name", 200), _text("place", 50), _to("file_id", "attachment", nullable=True), _at("ended_at"),
        _to("ended_by_id", "user_account", nullable=True), _text("end_reason", 500), _text("seed", 36, nullable=True),
        _to("agency_id", "agency"), sa.Column("id", _NUMBER, sa.Identity(always=False), primary_key=True),
        sa.UniqueConstraint("entry_id", name=op.f("uq_certified_copy_entry_id")),
        sa.UniqueConstraint("seed", name=op.f("uq_certified_copy_seed")))
    for column in ("agency_id", "document_id", "status"):
        op.create_index(op.f(f"ix_certified_copy_{column}"), "certified_copy", [column])
    op.execute(f"grant select, insert, update on certified_copy to {ROLE}")
    for statement in policy("certified_copy"):
        op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    """Copies go; what was done stays in the acts, their numbers in the register."""
    op.drop_table("certified_copy")
