"""What was signed on which day, found by an index: the delivery board lists by the day of signature (QĐ 28/2018 Đ6)."""

import sqlalchemy as sa
from alembic import op

revision = "f600000000a1"
down_revision = "e100000000c4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Milestones that stand, by agency, name and time."""
    op.create_index("milestone_by_day", "milestone", ["agency_id", "name", "at"],
                    postgresql_where=sa.text("cleared_at is null"))


def downgrade() -> None:
    """Back to a walk through all."""
    op.drop_index("milestone_by_day", "milestone")
