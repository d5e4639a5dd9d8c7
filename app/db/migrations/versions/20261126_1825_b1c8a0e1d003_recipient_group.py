"""Named groups of recipients, those of the province for every agency (Art. 9.1.d)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from app.db.tenancy import ROLE, policy

revision = "b1c8a0e1d003"
down_revision = "b1c8a0e1d002"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger()
_SHARED = """
create function shared_groups() returns table (name text, members text[])
language sql stable security definer set search_path = pg_catalog, public as $$
    select g.name::text, g.members from recipient_group g join agency a on a.id = g.agency_id
    where g.is_shared and a.parent_id is null order by g.name, g.id
$$"""


def upgrade() -> None:
    """A table behind the wall, and the function that shows what the province shares."""
    op.create_table(
        "recipient_group", sa.Column("name", sa.String(200), nullable=False),
        sa.Column("members", ARRAY(sa.Text()), nullable=False), sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("agency_id", _NUMBER, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", _NUMBER, sa.Identity(always=False), primary_key=True),
        sa.UniqueConstraint("agency_id", "name", name=op.f("uq_recipient_group_agency_id_name")))
    op.create_index(op.f("ix_recipient_group_agency_id"), "recipient_group", ["agency_id"])
    op.execute(f"grant select, insert, update, delete on recipient_group to {ROLE}")
    for statement in policy("recipient_group"):
        op.execute(statement)
    op.execute(_SHARED)
    op.execute("revoke all on function shared_groups() from public")
    op.execute(f"grant execute on function shared_groups() to {ROLE}")
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    """Documents keep their recipients."""
    op.execute("drop function shared_groups()")
    op.drop_table("recipient_group")
