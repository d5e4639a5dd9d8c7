"""Messages are found by the packet that they are about."""

from alembic import op

revision = "f2a000000002"
down_revision = "f1a000000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("message_by_packet", "message", ["agency_id", "packet_id"])


def downgrade() -> None:
    op.drop_index("message_by_packet", "message")
