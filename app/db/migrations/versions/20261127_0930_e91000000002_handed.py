"""A copy on paper says who of its recipients was given it, how and when (NĐ 30/2020 Đ18, 25)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "e91000000002"
down_revision = "1e9000000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of what was given before nobody said so."""
    op.add_column("certified_copy", sa.Column("handed", JSONB(), nullable=True))


def downgrade() -> None:
    """It is no longer said."""
    op.drop_column("certified_copy", "handed")
