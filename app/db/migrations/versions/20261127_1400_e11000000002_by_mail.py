"""A mail of ours may bring a recipient a dispatched document, and answers no mail then."""

import sqlalchemy as sa
from alembic import op

revision = "e11000000002"
down_revision = "7e1100000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """None did yet."""
    op.alter_column("mail_reply", "mail_id", existing_type=sa.BigInteger(), nullable=True)
    op.add_column("mail_reply", sa.Column("delivery_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_mail_reply_delivery_id_message"), "mail_reply", "message", ["delivery_id"], ["id"])
    op.create_index(op.f("ix_mail_reply_delivery_id"), "mail_reply", ["delivery_id"])
    op.add_column("mail_reply", sa.Column("address", sa.String(320), nullable=False, server_default=""))
    op.alter_column("mail_reply", "address", server_default=None)


def downgrade() -> None:
    """What was sent so stays in the acts."""
    op.execute("delete from mail_reply where mail_id is null")
    op.drop_column("mail_reply", "address")
    op.drop_column("mail_reply", "delivery_id")
    op.alter_column("mail_reply", "mail_id", existing_type=sa.BigInteger(), nullable=False)
