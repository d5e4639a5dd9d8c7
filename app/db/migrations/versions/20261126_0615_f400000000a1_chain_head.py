"""The last act of a chain, locked and read in one question: an act is written more often than anything else (S12)."""

from alembic import op

from app.db.tenancy import ROLE

revision = "f400000000a1"
down_revision = "a700000000e1"
branch_labels = None
depends_on = None

#: two statements, not one: the second sees what whoever held the lock before has committed
_HEAD = """
create function chain_head(chain text) returns table (number bigint, hash text)
language plpgsql volatile set search_path = pg_catalog, public as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(chain, 0));
    return query select a.number, a.hash::text from act a where a.subject = chain order by a.number desc limit 1;
end $$"""


def upgrade() -> None:
    op.execute(_HEAD)
    op.execute("revoke all on function chain_head(text) from public")
    op.execute(f"grant execute on function chain_head(text) to {ROLE}")


def downgrade() -> None:
    op.execute("drop function chain_head(text)")
