"""Of one file of an agency never two are in force: the database holds it, too."""

import sqlalchemy as sa
from alembic import op

revision = "e100000000a1"
down_revision = "d200000000a2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        update diagram set status = 'retired' where status = 'published' and exists (
            select from diagram newer where newer.agency_id = diagram.agency_id and newer.kind = diagram.kind
            and newer.key = diagram.key and newer.status = 'published' and newer.version > diagram.version)""")
    op.create_index("diagram_one_in_force", "diagram", ["agency_id", "kind", "key"], unique=True,
                    postgresql_where=sa.text("status = 'published'"))


def downgrade() -> None:
    op.drop_index("diagram_one_in_force", "diagram")
