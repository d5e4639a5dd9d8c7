"""Proposals of diagrams, province templates, repairs; who made and published a release; suspended instances."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.db.tenancy import ROLE, policy

revision = "c100000000a1"
down_revision = "f3a000000003"
branch_labels = None
depends_on = None

WALLED = ("proposal", "proposal_file", "proposal_editor", "remark", "repair")


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True)


def _to(name: str, target: str, *, is_needed: bool = True, **more: str) -> sa.Column:
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(f"{target}.id", **more), nullable=not is_needed)


def _at(name: str, *, is_needed: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not is_needed)


def _text(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length=length), nullable=False, server_default="")


def _proposals() -> None:
    op.create_table(
        "proposal", _text("key", 60), _text("title", 200), _to("base_release_id", "release", is_needed=False),
        sa.Column("template_version", sa.BigInteger()), _text("status", 10), _to("opened_by_id", "user_account"),
        _at("opened_at"), _at("closed_at", is_needed=False), _to("closed_by_id", "user_account", is_needed=False),
        _text("reason", 500), _to("release_id", "release", is_needed=False), _to("agency_id", "agency"), _id())
    op.create_index("proposal_of_key", "proposal", ["agency_id", "key", "status"])
    op.create_table(
        "proposal_file", _to("proposal_id", "proposal", ondelete="cascade"), _text("name", 65),
        sa.Column("text", sa.LargeBinary(), nullable=False), _text("sha256", 64), _text("base_sha256", 64),
        sa.Column("revision", sa.BigInteger(), nullable=False), _to("saved_by_id", "user_account"), _at("saved_at"),
        sa.Column("author_ids", JSONB(), nullable=False),
        sa.Column("is_removed", sa.Boolean(), nullable=False), _to("agency_id", "agency"), _id(),
        sa.UniqueConstraint("proposal_id", "name"))
    op.create_table(
        "proposal_editor", _to("proposal_id", "proposal", ondelete="cascade"), _to("user_id", "user_account"),
        _at("seen_at"), _text("file", 65), _to("agency_id", "agency"), _id(),
        sa.UniqueConstraint("proposal_id", "user_id"))
    op.create_table(
        "remark", _to("proposal_id", "proposal", ondelete="cascade"), _text("file", 65), _text("element", 200),
        _text("text", 2000), _to("user_id", "user_account"), _at("at"), _at("resolved_at", is_needed=False),
        _to("resolved_by_id", "user_account", is_needed=False), _to("agency_id", "agency"), _id())
    op.create_index(op.f("ix_remark_proposal_id"), "remark", ["proposal_id"])


def _repair() -> None:
    op.create_table(
        "repair", _to("instance_id", "instance"), _text("element", 60),
        sa.Column("occurrence", sa.BigInteger(), nullable=False), _text("to_element", 60), _text("reason", 500),
        _to("asked_by_id", "user_account"), _at("asked_at"), _to("decided_by_id", "user_account", is_needed=False),
        _at("decided_at", is_needed=False), _text("status", 10), _to("agency_id", "agency"), _id())
    op.create_index(op.f("ix_repair_instance_id"), "repair", ["instance_id"])


def _template() -> None:
    op.create_table(
        "diagram_template", _text("key", 60), sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("parts", JSONB(), nullable=False), _text("sha256", 64), _text("note", 500),
        _at("published_at"), _id(), sa.UniqueConstraint("key", "version"))
    op.execute(f"grant select on diagram_template to {ROLE}")


def upgrade() -> None:
    for column in (_to("author_id", "user_account", is_needed=False),
                   _to("publisher_id", "user_account", is_needed=False), _text("reason", 500),
                   sa.Column("template_version", sa.BigInteger()), _at("withdrawn_at", is_needed=False),
                   _to("withdrawn_by_id", "user_account", is_needed=False), _text("withdrawn_reason", 500)):
        op.add_column("release", column)
    op.create_index("release_one_in_force", "release", ["agency_id", "key"], unique=True,
                    postgresql_where=sa.text("status = 'published'"))
    for column in (_at("suspended_at", is_needed=False), _to("suspended_by_id", "user_account", is_needed=False),
                   _text("suspended_reason", 500), _text("status_before", 10)):
        op.add_column("instance", column)
    op.create_index("instance_of_release", "instance", ["release_id"], postgresql_where=sa.text("ended_at is null"))
    _proposals()
    _repair()
    _template()
    for table in WALLED:
        op.create_index(op.f(f"ix_{table}_agency_id"), table, ["agency_id"])
        op.execute(f"grant select, insert, update, delete on {table} to {ROLE}")
        for statement in policy(table):
            op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    for table in ("diagram_template", "repair", "remark", "proposal_editor", "proposal_file", "proposal"):
        op.drop_table(table)
    op.execute("update instance set status = status_before where status = 'suspended'")
    op.execute("update release set status = 'retired' where status = 'withdrawn'")
    op.drop_index("instance_of_release", "instance")
    for column in ("suspended_at", "suspended_by_id", "suspended_reason", "status_before"):
        op.drop_column("instance", column)
    op.drop_index("release_one_in_force", "release")
    for column in ("author_id", "publisher_id", "reason", "template_version", "withdrawn_at", "withdrawn_by_id",
                   "withdrawn_reason"):
        op.drop_column("release", column)
