"""Replies by mail to whoever sent a document by mail (Art. 6.3; NĐ 30/2020 Đ21.2)."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE, policy

revision = "e100000000c3"
down_revision = "a1000000a101"
branch_labels = None
depends_on = None

_BOX = {"smtp_host": (sa.String(255), ""), "smtp_port": (sa.BigInteger(), "465"), "smtp_security": (sa.String(10), "tls"),
        "address": (sa.String(320), "")}


def upgrade() -> None:
    """Where an agency's mail is handed over, and each reply with how its sending goes."""
    for name, (kind, usual) in _BOX.items():
        op.add_column("mailbox", sa.Column(name, kind, nullable=False, server_default=usual))
        op.alter_column("mailbox", name, server_default=None)
    op.add_column("mail", sa.Column("is_automatic", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.alter_column("mail", "is_automatic", server_default=None)
    number, moment = sa.BigInteger(), sa.DateTime(timezone=True)
    op.create_table(
        "mail_reply",
        sa.Column("document_id", number, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("mail_id", number, sa.ForeignKey("mail.id"), nullable=False),
        sa.Column("message_id", sa.String(300), nullable=False), sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False), sa.Column("asked_at", moment, nullable=False),
        sa.Column("sent_at", moment), sa.Column("tries", number, nullable=False),
        sa.Column("next_at", moment, nullable=False), sa.Column("error", sa.String(40), nullable=False),
        sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True),
        sa.UniqueConstraint("agency_id", "message_id", name=op.f("uq_mail_reply_agency_id_message_id")))
    for column in ("agency_id", "document_id"):
        op.create_index(op.f(f"ix_mail_reply_{column}"), "mail_reply", [column])
    op.create_index("mail_reply_due", "mail_reply", ["agency_id", "next_at"], postgresql_where="sent_at is null")
    op.execute(f"grant select, insert, update, delete on mail_reply to {ROLE}")
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")
    for statement in policy("mail_reply"):
        op.execute(statement)


def downgrade() -> None:
    """Without them."""
    op.drop_table("mail_reply")
    op.drop_column("mail", "is_automatic")
    for name in _BOX:
        op.drop_column("mailbox", name)
