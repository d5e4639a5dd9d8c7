"""Who cancelled a number of a register."""

import sqlalchemy as sa
from alembic import op

revision = "b400000000a2"
down_revision = "f400000000a4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("register_entry", sa.Column("voided_by_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("register_entry_voided_by_id_fkey", "register_entry", "user_account", ["voided_by_id"], ["id"])


def downgrade() -> None:
    op.drop_constraint("register_entry_voided_by_id_fkey", "register_entry")
    op.drop_column("register_entry", "voided_by_id")
