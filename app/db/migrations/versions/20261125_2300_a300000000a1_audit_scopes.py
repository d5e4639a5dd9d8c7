"""What an auditor was given is a scope with an end; the agency above reads it by way of one function."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE

revision = "a300000000a1"
down_revision = "a100000000a1"
branch_labels = None
depends_on = None

_GRANTS = """
create function province_grants() returns table (id bigint, agency_id bigint, agency text, given_by text,
    register_name text, register_year bigint, since_date date, to_date date, type_name text, document_ids bigint[],
    until_date date, reason text, at timestamptz)
language sql stable security definer set search_path = pg_catalog, public as $$
    select g.id, a.id, a.name::text, u.full_name::text, r.name::text, r.year::bigint, g.since_date, g.to_date,
           g.type_name::text, g.document_ids, g.until_date, g.reason::text, g.at
    from audit_grant g join agency a on a.id = g.agency_id join user_account u on u.id = g.given_by_id
    left join register r on r.id = g.register_id
    where a.parent_id = nullif(current_setting('app.agency_id', true), '')::bigint
      and g.auditor_id is null and g.ended_at is null
      and g.until_date >= (now() at time zone 'Asia/Ho_Chi_Minh')::date
$$"""
_BEFORE = """
create function province_grants() returns table (id bigint, agency text, document_id bigint, reference text,
    sha256 text, size_bytes bigint, until_date date, reason text, at timestamptz)
language sql stable security definer set search_path = pg_catalog, public as $$
    select g.id, a.name::text, g.document_id, g.reference::text, g.sha256::text, g.size_bytes, g.until_date,
           g.reason::text, g.at
    from audit_grant g join agency a on a.id = g.agency_id join document d on d.id = g.document_id
    where a.parent_id = nullif(current_setting('app.agency_id', true), '')::bigint and d.status <> 'discarded'
      and g.until_date >= (now() at time zone 'Asia/Ho_Chi_Minh')::date
$$"""
_ENDING = "ended_at, ended_by_id, end_reason"


def upgrade() -> None:
    """What was handed over stays, as a scope of one document. Auditors read nothing until a leader gives it."""
    number, key = sa.BigInteger(), sa.ForeignKey
    op.execute("drop function province_grants()")
    for column in (
        sa.Column("auditor_id", number, key("user_account.id")), sa.Column("register_id", number, key("register.id")),
        sa.Column("since_date", sa.Date()), sa.Column("to_date", sa.Date()),
        sa.Column("type_name", sa.String(100), nullable=False, server_default=""),
        sa.Column("document_ids", sa.ARRAY(number)), sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by_id", number, key("user_account.id")),
        sa.Column("end_reason", sa.String(500), nullable=False, server_default=""),
    ):
        op.add_column("audit_grant", column)
    op.execute("update audit_grant set document_ids = array[document_id]")
    for name in ("document_id", "reference", "sha256", "size_bytes"):
        op.drop_column("audit_grant", name)
    for name in ("type_name", "end_reason"):
        op.alter_column("audit_grant", name, server_default=None)
    op.create_index(op.f("ix_audit_grant_auditor_id"), "audit_grant", ["auditor_id"])
    _give(_GRANTS)
    op.execute(f"grant update ({_ENDING}) on audit_grant to {ROLE}")


def downgrade() -> None:
    """Only what is one document can stay, without its bundle: nothing else could be read as before."""
    number = sa.BigInteger()
    op.execute(f"revoke update ({_ENDING}) on audit_grant from {ROLE}")
    op.execute("drop function province_grants()")
    op.execute("delete from audit_grant")
    for name in ("auditor_id", "register_id", "since_date", "to_date", "type_name", "document_ids", "ended_at",
                 "ended_by_id", "end_reason"):
        op.drop_column("audit_grant", name)
    op.add_column("audit_grant", sa.Column("document_id", number, sa.ForeignKey("document.id"), nullable=False))
    op.add_column("audit_grant", sa.Column("reference", sa.String(60), nullable=False))
    op.add_column("audit_grant", sa.Column("sha256", sa.String(64), nullable=False))
    op.add_column("audit_grant", sa.Column("size_bytes", number, nullable=False))
    op.create_index(op.f("ix_audit_grant_document_id"), "audit_grant", ["document_id"])
    _give(_BEFORE)


def _give(body: str) -> None:
    op.execute(body)
    op.execute("revoke all on function province_grants() from public")
    op.execute(f"grant execute on function province_grants() to {ROLE}")
