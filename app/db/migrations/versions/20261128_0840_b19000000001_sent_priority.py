"""The urgency under which a document went out stays known when it is corrected (QĐ 28/2018 Đ6.2)."""

import sqlalchemy as sa
from alembic import op

revision = "b19000000001"
down_revision = "a18000000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of what was corrected before, nothing else is known than what stands."""
    op.add_column("document", sa.Column("sent_priority", sa.BigInteger))


def downgrade() -> None:
    """Lateness is reckoned by the urgency of today again."""
    op.drop_column("document", "sent_priority")
