"""The text of a document's file for search, and its searchable copy (Art. 2.2)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from app.db.tenancy import ROLE, policy

revision = "a600000000d2"
down_revision = "a600000000d1"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "text_layer", sa.Column("document_id", _NUMBER, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("source_sha256", sa.String(64), nullable=False), sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size_bytes", _NUMBER, nullable=False), sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", TSVECTOR(), sa.Computed("to_tsvector('simple', text)", persisted=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", _NUMBER, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", _NUMBER, sa.Identity(always=False), primary_key=True))
    op.create_index("text_layer_of_document", "text_layer", ["document_id"], unique=True)
    op.create_index("text_layer_words", "text_layer", ["words"], postgresql_using="gin")
    for column in ("agency_id", "sha256"):
        op.create_index(op.f(f"ix_text_layer_{column}"), "text_layer", [column])
    op.execute(f"grant select, insert, update, delete on text_layer to {ROLE}")
    for statement in policy("text_layer"):
        op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    op.drop_table("text_layer")
