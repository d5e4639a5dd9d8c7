"""What senders ask for afterwards (QĐ 28/2018 Đ8), and how looking into a channel goes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.db.tenancy import ROLE, policy

revision = "f200000000b3"
down_revision = "b400000000a2"
branch_labels = None
depends_on = None

_NUMBER, _MOMENT = sa.BigInteger(), sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sender_request", sa.Column("key", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False), sa.Column("partner", sa.String(35), nullable=False),
        sa.Column("packet_id", sa.String(255), nullable=False), sa.Column("reference", sa.String(42), nullable=False),
        sa.Column("issued_date", sa.String(10), nullable=False),
        sa.Column("document_id", _NUMBER, sa.ForeignKey("document.id")),
        sa.Column("replacement_id", _NUMBER, sa.ForeignKey("document.id")),
        sa.Column("reason", sa.String(500), nullable=False), sa.Column("changes", JSONB(), nullable=False),
        sa.Column("notes", JSONB(), nullable=False), sa.Column("status", sa.String(10), nullable=False),
        sa.Column("answer", sa.String(500), nullable=False), sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("decided_at", _MOMENT), sa.Column("decided_by_id", _NUMBER, sa.ForeignKey("user_account.id")),
        sa.Column("answered_at", _MOMENT), *_owned(), sa.UniqueConstraint("agency_id", "key"))
    op.create_index("sender_request_of_document", "sender_request", ["document_id"])
    op.create_index(op.f("ix_sender_request_replacement_id"), "sender_request", ["replacement_id"])
    op.create_index("sender_request_unanswered", "sender_request", ["agency_id"],
                    postgresql_where="answered_at is null")
    op.create_table(
        "poll", sa.Column("channel", sa.String(10), nullable=False), sa.Column("reached_at", _MOMENT),
        sa.Column("away_since", _MOMENT), sa.Column("next_at", _MOMENT),
        sa.Column("failures", _NUMBER, nullable=False), sa.Column("error", sa.String(300), nullable=False),
        *_owned(), sa.UniqueConstraint("agency_id", "channel"))
    op.create_table(
        "poll_try", sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("key", sa.String(200), nullable=False), sa.Column("tries", _NUMBER, nullable=False),
        sa.Column("at", _MOMENT, nullable=False), *_owned(), sa.UniqueConstraint("agency_id", "channel", "key"))
    for table in ("sender_request", "poll", "poll_try"):
        op.create_index(op.f(f"ix_{table}_agency_id"), table, ["agency_id"])
        op.execute(f"grant select, insert, update, delete on {table} to {ROLE}")
        for statement in policy(table):
            op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def _owned() -> tuple[sa.Column, ...]:
    return (sa.Column("agency_id", _NUMBER, sa.ForeignKey("agency.id"), nullable=False),
            sa.Column("id", _NUMBER, sa.Identity(always=False), primary_key=True))


def downgrade() -> None:
    for table in ("poll_try", "poll", "sender_request"):
        op.drop_table(table)
