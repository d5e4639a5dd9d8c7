"""Which keys sign for whom, and what came back with a signature (Art. 9.1.c, 9.1.d)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.db.tenancy import ROLE, policy

revision = "c600000000d1"
down_revision = "d6a0e0a7b301"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A table behind the wall, and a column; signatures under way have nothing beside their value."""
    number = sa.BigInteger()
    op.add_column("signature", sa.Column("proof", JSONB(), nullable=False, server_default="{}"))
    op.alter_column("signature", "proof", server_default=None)
    op.create_table(
        "signing_key",
        sa.Column("user_id", number, sa.ForeignKey("user_account.id"), nullable=True),
        sa.Column("way", sa.String(10), nullable=False), sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("agency_id", number, sa.ForeignKey("agency.id"), nullable=False),
        sa.Column("id", number, sa.Identity(always=False), primary_key=True))
    op.create_index(op.f("ix_signing_key_agency_id"), "signing_key", ["agency_id"])
    op.create_index(op.f("ix_signing_key_user_id"), "signing_key", ["user_id"])
    op.create_index("signing_key_person", "signing_key", ["agency_id", "user_id", "way"], unique=True,
                    postgresql_nulls_not_distinct=True)
    op.execute(f"grant select, insert, update, delete on signing_key to {ROLE}")
    for statement in policy("signing_key"):
        op.execute(statement)
    op.execute(f"grant usage on all sequences in schema public to {ROLE}")


def downgrade() -> None:
    """Without them; what is under way is stamped when it is embedded."""
    op.drop_table("signing_key")
    op.drop_column("signature", "proof")
