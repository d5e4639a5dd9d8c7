"""The official mailbox of an agency and the mails found in it (Art. 6.3)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.db.tenancy import ROLE, policy

revision = "f300000000b3"
down_revision = "f200000000b3"
branch_labels = None
depends_on = None

_NUMBER, _MOMENT = sa.BigInteger(), sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "mailbox", sa.Column("host", sa.String(255), nullable=False), sa.Column("port", _NUMBER, nullable=False),
        sa.Column("user_name", sa.String(320), nullable=False), sa.Column("security", sa.String(10), nullable=False),
        sa.Column("folder", sa.String(100), nullable=False), sa.Column("senders", JSONB(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False), sa.Column("uid_validity", _NUMBER, nullable=False),
        sa.Column("last_uid", _NUMBER, nullable=False), *_owned(), sa.UniqueConstraint("agency_id"))
    op.create_table(
        "mail", sa.Column("key", sa.String(80), nullable=False), sa.Column("uid_validity", _NUMBER, nullable=False),
        sa.Column("uid", _NUMBER, nullable=False), sa.Column("message_id", sa.String(300), nullable=False),
        sa.Column("sender", sa.String(330), nullable=False), sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("sent_at", _MOMENT), sa.Column("size_bytes", _NUMBER, nullable=False),
        sa.Column("files", JSONB(), nullable=False), sa.Column("status", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False), sa.Column("document_ids", JSONB(), nullable=False),
        sa.Column("found_at", _MOMENT, nullable=False), sa.Column("decided_at", _MOMENT),
        sa.Column("decided_by_id", _NUMBER, sa.ForeignKey("user_account.id")),
        sa.Column("note", sa.String(500), nullable=False), *_owned(), sa.UniqueConstraint("agency_id", "key"))
    op.create_index("mail_by_uid", "mail", ["agency_id", "uid_validity", "uid"])
    op.create_index("mail_by_message_id", "mail", ["agency_id", "message_id"])
    for table in ("mailbox", "mail"):
        op.create_index(op.f(f"ix_{table}_agency_id"), table, ["agency_id"])
        op.execute(f"grant select, insert, update, delete on {table} to {ROLE}")
        for statement in policy(table):
            op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def _owned() -> tuple[sa.Column, ...]:
    return (sa.Column("agency_id", _NUMBER, sa.ForeignKey("agency.id"), nullable=False),
            sa.Column("id", _NUMBER, sa.Identity(always=False), primary_key=True))


def downgrade() -> None:
    op.drop_table("mail")
    op.drop_table("mailbox")
