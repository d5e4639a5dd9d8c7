"""What an agency lets the agency above audit; counts of the agencies below, and nothing else of theirs."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE, policy

revision = "d200000000a2"
down_revision = "d100000000a1"
branch_labels = None
depends_on = None

#: only counts leave these: run as the owner of the tables, they look past the wall, at agencies right below one's own
_FIGURES = """
create function province_figures() returns table (agency_id bigint, agency text, what text, name text, number bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
    with below as (select a.id, a.name::text as agency from agency a
                   where a.parent_id = nullif(current_setting('app.agency_id', true), '')::bigint)
    select b.id, b.agency, 'status', d.status::text, count(*) from below b join document d on d.agency_id = b.id
        group by 1, 2, 4
    union all
    select b.id, b.agency, 'act', a.kind::text, count(*) from below b join act a on a.agency_id = b.id group by 1, 2, 4
    union all
    select b.id, b.agency, 'late', '', count(t.id) from below b
        left join task t on t.agency_id = b.id and t.status = 'open' and t.due_at < now() group by 1, 2
    union all
    select b.id, b.agency, 'finding', f."check"::text, (f.seen ->> 'faults')::bigint from below b
        join lateral (select distinct on (x."check") x."check", x.seen from finding x where x.agency_id = b.id
                      order by x."check", x.id desc) f on true
$$"""
_GRANTS = """
create function province_grants() returns table (id bigint, agency text, document_id bigint, reference text,
    sha256 text, size_bytes bigint, until_date date, reason text, at timestamptz)
language sql stable security definer set search_path = pg_catalog, public as $$
    select g.id, a.name::text, g.document_id, g.reference::text, g.sha256::text, g.size_bytes, g.until_date,
           g.reason::text, g.at
    from audit_grant g join agency a on a.id = g.agency_id join document d on d.id = g.document_id
    where a.parent_id = nullif(current_setting('app.agency_id', true), '')::bigint and d.status <> 'discarded'
      and g.until_date >= (now() at time zone 'Asia/Ho_Chi_Minh')::date
$$"""


def upgrade() -> None:
    number = sa.BigInteger()
    op.create_table(
        "audit_grant", sa.Column("document_id", number, sa.ForeignKey("document.id"), nullable=False),
        sa.Column("reference", sa.String(60), nullable=False), sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size_bytes", number, nullable=False), sa.Column("until_date", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("given_by_id", number, sa.ForeignKey("user_account.id"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True))
    op.create_index(op.f("ix_audit_grant_agency_id"), "audit_grant", ["agency_id"])
    op.create_index(op.f("ix_audit_grant_document_id"), "audit_grant", ["document_id"])
    op.execute(f"grant select, insert on audit_grant to {ROLE}")
    for statement in policy("audit_grant"):
        op.execute(statement)
    for name, body in (("province_figures", _FIGURES), ("province_grants", _GRANTS)):
        op.execute(body)
        op.execute(f"revoke all on function {name}() from public")
        op.execute(f"grant execute on function {name}() to {ROLE}")
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    op.execute("drop function province_grants()")
    op.execute("drop function province_figures()")
    op.drop_table("audit_grant")
