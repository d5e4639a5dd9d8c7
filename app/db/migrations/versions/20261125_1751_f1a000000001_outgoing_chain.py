"""The outgoing chain is mended; no table changes."""

revision = "f1a000000001"
down_revision = "8e1b6d20a7c4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing to do."""


def downgrade() -> None:
    """Nothing to undo."""
