"""What came to the clerks and is no document yet: files, piles, pages, sheets, uploads under way, looks at scans."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db.tenancy import ROLE, policy

revision = "f200000000a1"
down_revision = "f300000000b3"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger()
TABLES = ("intake_file", "intake_pile", "intake_page", "intake_sheet", "intake_part", "scan_look")


def _table(name: str, *columns: sa.Column | sa.UniqueConstraint) -> None:
    op.create_table(
        name, *columns, sa.Column("agency_id", NUMBER, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", NUMBER, sa.Identity(always=False), primary_key=True))
    op.create_index(op.f(f"ix_{name}_agency_id"), name, ["agency_id"])


def _text(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=False)


def _at(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of(name: str, table: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, NUMBER, sa.ForeignKey(f"{table}.id"), nullable=nullable)


def upgrade() -> None:
    _table("intake_file", _text("sha256", 64), _text("name", 200), _text("media_type", 100),
           sa.Column("size_bytes", NUMBER, nullable=False), sa.Column("page_count", NUMBER),
           sa.Column("is_whole", sa.Boolean(), nullable=False), sa.Column("is_signed", sa.Boolean(), nullable=False),
           _text("origin", 10), _text("state", 10), _text("code", 60),
           sa.Column("facts", postgresql.JSONB(), nullable=False), _text("reason", 500),
           _of("user_id", "user_account", nullable=True), _of("register_id", "register", nullable=True), _at("at"),
           _text("scan_key", 64), _text("put_away", 255))
    op.create_index(op.f("ix_intake_file_sha256"), "intake_file", ["sha256"])
    op.create_index("intake_file_once", "intake_file", ["agency_id", "scan_key"], unique=True,
                    postgresql_where=sa.text("scan_key <> ''"))
    op.create_index("intake_file_open", "intake_file", ["agency_id", "state"])
    _table("intake_pile", _of("user_id", "user_account"), sa.Column("position", NUMBER, nullable=False), _at("at"),
           _of("register_id", "register", nullable=True), _of("tied_id", "document", nullable=True),
           _of("document_id", "document", nullable=True), _of("upload_id", "upload", nullable=True))
    op.create_index(op.f("ix_intake_pile_document_id"), "intake_pile", ["document_id"])
    op.create_index("intake_pile_open", "intake_pile", ["agency_id", "user_id"],
                    postgresql_where=sa.text("document_id is null"))
    _table("intake_page", _of("pile_id", "intake_pile"), _of("file_id", "intake_file"),
           sa.Column("number", NUMBER, nullable=False), sa.Column("position", NUMBER, nullable=False),
           sa.Column("turn", NUMBER, nullable=False), _at("dropped_at", nullable=True), _text("dropped_for", 10))
    for column in ("pile_id", "file_id"):
        op.create_index(op.f(f"ix_intake_page_{column}"), "intake_page", [column])
    _table("intake_sheet", _text("token", 20), _of("document_id", "document", nullable=True),
           _of("user_id", "user_account"), _at("at"), sa.UniqueConstraint("agency_id", "token"))
    _table("intake_part", _text("key", 64), _text("name", 300), sa.Column("size_bytes", NUMBER, nullable=False),
           _of("user_id", "user_account"), _at("at"), _of("file_id", "intake_file", nullable=True),
           sa.UniqueConstraint("agency_id", "user_id", "key"))
    _table("scan_look", _text("place", 64), _text("state", 120), _at("at"),
           sa.UniqueConstraint("agency_id", "place"))
    for name in TABLES:
        op.execute(f"grant select, insert, update, delete on {name} to {ROLE}")
        for statement in policy(name):
            op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    for name in ("scan_look", "intake_part", "intake_sheet", "intake_page", "intake_pile", "intake_file"):
        op.drop_table(name)
