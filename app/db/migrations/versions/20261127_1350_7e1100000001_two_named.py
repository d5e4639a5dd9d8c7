"""Who granted a certificate, or ended its trust, is named with the moment (NĐ 68/2024 Đ32): two people, never none."""

from alembic import op

revision = "7e1100000001"
down_revision = "e11000000001"
branch_labels = None
depends_on = None

_CHECKS = {
    "trust_anchor_granted_by_somebody": "(granted_at IS NULL) = (granted_by_id IS NULL)",
    "trust_anchor_ending_by_somebody": "(ending_at IS NULL) = (ending_by_id IS NULL)",
    "trust_anchor_ended_by_somebody": "(ended_at IS NULL) = (ended_by_id IS NULL)",
    "trust_anchor_ended_as_asked": "ended_at IS NULL OR ending_at IS NOT NULL",
}


def upgrade() -> None:
    """The pages never wrote a moment without its person."""
    for name, asks in _CHECKS.items():
        op.create_check_constraint(name, "trust_anchor", asks)


def downgrade() -> None:
    """The comparison of two people alone, which is true of nobody."""
    for name in _CHECKS:
        op.drop_constraint(name, "trust_anchor")
