"""What is dispatched says which document, or copy, it replaces (QĐ 28/2018 Đ8; NĐ 30/2020 Đ18.3)."""

import sqlalchemy as sa
from alembic import op

revision = "e91000000001"
down_revision = "d8e000000701"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One that was dispatched before, of the same agency."""
    for table in ("document", "certified_copy"):
        op.add_column(table, sa.Column("replaces_id", sa.BigInteger(), sa.ForeignKey(f"{table}.id"), nullable=True))
        op.create_index(op.f(f"ix_{table}_replaces_id"), table, ["replaces_id"])


def downgrade() -> None:
    """It is no longer said."""
    for table in ("certified_copy", "document"):
        op.drop_index(op.f(f"ix_{table}_replaces_id"), table_name=table)
        op.drop_column(table, "replaces_id")
