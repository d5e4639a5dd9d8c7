"""The row of the decision table that decided how a document is exchanged stays with it (Art. 4)."""

import sqlalchemy as sa
from alembic import op

revision = "ca1200000001"
down_revision = "f11000000001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was begun before names no row; a clause of an agency's own table may be long."""
    op.add_column("document", sa.Column("exchange_rule", sa.String(100), nullable=False, server_default=""))
    op.alter_column("document", "exchange_rule", server_default=None)
    op.alter_column("document", "exchange_clause", type_=sa.String(100))


def downgrade() -> None:
    """A long clause is cut."""
    op.alter_column("document", "exchange_clause", type_=sa.String(20),
                    postgresql_using="left(exchange_clause, 20)")
    op.drop_column("document", "exchange_rule")
