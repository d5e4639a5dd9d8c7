"""Counts of the agencies below say when each check looked last."""

from alembic import op

revision = "f300000000c1"
down_revision = "a500000000a1"
branch_labels = None
depends_on = None

_BEFORE = """
create or replace function province_figures() returns table (agency_id bigint, agency text, what text, name text, number bigint)
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
_CHECKED = """
    union all
    select b.id, b.agency, 'checked', f."check"::text, extract(epoch from f.at)::bigint from below b
        join lateral (select distinct on (x."check") x."check", x.at from finding x where x.agency_id = b.id
                      order by x."check", x.id desc) f on true
$$"""


def upgrade() -> None:
    op.execute(_BEFORE.removesuffix("$$") + _CHECKED)


def downgrade() -> None:
    op.execute(_BEFORE)
