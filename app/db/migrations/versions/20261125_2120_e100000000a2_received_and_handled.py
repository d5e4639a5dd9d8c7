"""Documents under way have the milestones that are asked of them from now on: received, refused, answered."""

from alembic import op

revision = "e100000000a2"
down_revision = "e100000000a1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A paper waits for its scan before it is received; an answer is begun by who handles the document."""
    _reach("receive", """not exists (
        select from task t where t.document_id = d.id and t.form_key = 'receive_paper' and t.status = 'open')""")
    _reach("refused", "d.status = 'returned'")
    for name in ("answer", "handled"):
        _reach(name, "d.status = 'handling'")


def downgrade() -> None:
    """They do no harm."""


def _reach(name: str, which: str) -> None:
    op.execute(f"""
        insert into milestone (agency_id, document_id, name, at)
        select d.agency_id, d.id, '{name}', d.created_at from document d
        where d.direction = 'incoming' and {which} and not exists (select from milestone m
            where m.document_id = d.id and m.name = '{name}' and m.cleared_at is null)""")
