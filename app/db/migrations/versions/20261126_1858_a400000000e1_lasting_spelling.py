"""Conditions in a spelling that a restored dump keeps, and whether a person is of the agency above (S12; Art. 12)."""

from alembic import op

from app.db.tenancy import ROLE

revision = "a400000000e1"
down_revision = "b1c8a0e1d003"
branch_labels = None
depends_on = None

_KNOWN = ("kind{0} in ('holiday', 'compensatory', 'swap_off', 'swap_work') "
          "and part{0} in ('day', 'morning', 'afternoon')")
_ABOVE = """
create function is_of_agency_above(person bigint) returns boolean
language sql stable security definer set search_path = pg_catalog, public as $$
    select exists (select from user_account u join agency a on a.parent_id = u.agency_id
                   where u.id = person and a.id = nullif(current_setting('app.agency_id', true), '')::bigint)
$$"""


def upgrade() -> None:
    """Text is compared with texts: PostgreSQL spells it so before a dump and after."""
    _spell("::text")
    op.execute(_ABOVE)
    op.execute("revoke all on function is_of_agency_above(bigint) from public")
    op.execute(f"grant execute on function is_of_agency_above(bigint) to {ROLE}")


def downgrade() -> None:
    """As they were."""
    op.execute("drop function is_of_agency_above(bigint)")
    _spell("")


def _spell(cast: str) -> None:
    op.drop_constraint("holiday_is_known", "holiday")
    op.create_check_constraint("holiday_is_known", "holiday", _KNOWN.format(cast))
    op.drop_index("slow_work_open", "slow_work")
    op.create_index("slow_work_open", "slow_work", ["agency_id", "status"],
                    postgresql_where=f"status{cast} in ('asked', 'worked')")
