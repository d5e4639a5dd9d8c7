"""Milestones are found by their document, cleared ones too: verify asks for those of thousands of documents at once."""

from alembic import op

revision = "a100000000a1"
down_revision = "b400000000a1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The index that every other table of a document has."""
    op.create_index("ix_milestone_document_id", "milestone", ["document_id"])


def downgrade() -> None:
    """Without it."""
    op.drop_index("ix_milestone_document_id", "milestone")
