"""The form of drafts (Art. 3.1.đ): rules whose faults stop an approval, and what was found in files."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.db.tenancy import ROLE, policy

revision = "a700000000e1"
down_revision = "e100000000c3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables behind the wall."""
    _table("layout_rule", sa.Column("rule", sa.String(30), nullable=False), unique=("rule",))
    _table("layout_result", sa.Column("sha256", sa.String(64), nullable=False),
           sa.Column("type_name", sa.String(100), nullable=False), sa.Column("edition", sa.BigInteger(), nullable=False),
           sa.Column("findings", JSONB(), nullable=False), sa.Column("at", sa.DateTime(timezone=True), nullable=False),
           unique=("sha256", "type_name"))
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def _table(name: str, *columns: sa.Column, unique: tuple[str, ...]) -> None:
    number, within = sa.BigInteger(), ("agency_id", *unique)
    op.create_table(
        name, *columns, sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True),
        sa.UniqueConstraint(*within, name=op.f(f"uq_{name}_{'_'.join(within)}")))
    op.create_index(op.f(f"ix_{name}_agency_id"), name, ["agency_id"])
    op.execute(f"grant select, insert, update, delete on {name} to {ROLE}")
    for statement in policy(name):
        op.execute(statement)


def downgrade() -> None:
    """Without them."""
    op.drop_table("layout_result")
    op.drop_table("layout_rule")
