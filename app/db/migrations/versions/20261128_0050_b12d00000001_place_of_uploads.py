"""Files lie before a clerk in the order in which they were chosen, whichever was ready first (Art. 6.2.a)."""

import sqlalchemy as sa
from alembic import op

from app.db.tenancy import ROLE

revision = "b12d00000001"
down_revision = "ca1200000001"
branch_labels = None
depends_on = None

TABLES = ("intake_file", "intake_part")


def upgrade() -> None:
    """What is there came in the order of its rows."""
    op.execute("create sequence intake_place as bigint")
    op.execute(f"grant usage on sequence intake_place to {ROLE}")
    for table in TABLES:
        op.add_column(table, sa.Column("place", sa.BigInteger(), nullable=True))
        op.execute(f"update {table} set place = made.place from (select one.id, nextval('intake_place') as place "
                   f"from (select id from {table} order by id) as one) as made where made.id = {table}.id")
        op.alter_column(table, "place", nullable=False, server_default=sa.text("nextval('intake_place')"))


def downgrade() -> None:
    """Whichever was ready first."""
    for table in TABLES:
        op.drop_column(table, "place")
    op.execute("drop sequence intake_place")
