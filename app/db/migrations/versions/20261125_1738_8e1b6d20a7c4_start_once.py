"""An instance's seed names one start: a form sent twice starts once."""

from alembic import op

revision = "8e1b6d20a7c4"
down_revision = "4f7a21c90d36"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_unique_constraint("instance_seed_key", "instance", ["seed"])


def downgrade() -> None:
    op.drop_constraint("instance_seed_key", "instance")
