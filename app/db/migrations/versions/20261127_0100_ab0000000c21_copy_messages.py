"""A message says of which copy of a document it is (NĐ 30/2020 Đ25)."""

import sqlalchemy as sa
from alembic import op

revision = "ab0000000c21"
down_revision = "ab0000000c11"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No copy was sent before."""
    op.add_column("message", sa.Column("certified_copy_id", sa.BigInteger(), sa.ForeignKey(
        "certified_copy.id", name=op.f("fk_message_certified_copy_id_certified_copy"))))
    op.create_index(op.f("ix_message_certified_copy_id"), "message", ["certified_copy_id"])


def downgrade() -> None:
    """What was sent of copies is then of their documents."""
    op.drop_column("message", "certified_copy_id")
