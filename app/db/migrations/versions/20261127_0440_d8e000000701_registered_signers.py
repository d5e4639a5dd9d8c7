"""The trust list knows certificates of agencies that send and of their leaders, too (Art. 3.3)."""

import sqlalchemy as sa
from alembic import op

revision = "d8e000000701"
down_revision = "b7e400000001"
branch_labels = None
depends_on = None

_WORDS = {"code": 35, "name": 200, "position": 200}


def upgrade() -> None:
    """Whose a certificate is; until when it shall count that waits for a second person."""
    for name, length in _WORDS.items():
        op.add_column("trust_anchor", sa.Column(name, sa.String(length), nullable=False, server_default=""))
        op.alter_column("trust_anchor", name, server_default=None)
    op.add_column("trust_anchor", sa.Column("ending_until", sa.Date(), nullable=True))


def downgrade() -> None:
    """Before, an anchor was all that the list could hold."""
    op.execute("delete from trust_anchor where purpose in ('agency', 'leader')")
    for name in ("ending_until", *_WORDS):
        op.drop_column("trust_anchor", name)
