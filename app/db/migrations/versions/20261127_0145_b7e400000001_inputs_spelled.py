"""Inputs of acts in their canonical spelling, kept letter by letter; hashes cover the spelling and stay as they are."""

from collections.abc import Callable

import orjson
import sqlalchemy as sa
from alembic import op

from app.db.spelling import canonical

revision = "b7e400000001"
down_revision = "ab0000000c23"
branch_labels = None
depends_on = None

#: rows rewritten at a time
_ROWS = 2000


def upgrade() -> None:
    """Each value is written anew, as the same value."""
    _rewrite("json", lambda text: canonical(orjson.loads(text)).decode())


def downgrade() -> None:
    """In the order and with the spaces of the database again."""
    _rewrite("jsonb", str)


def _rewrite(kind: str, spell: Callable[[str], str]) -> None:
    """The new values beside, then the table written once with them: an update would leave it twice as large."""
    connection, last = op.get_bind(), 0
    op.execute(f"create temporary table kept (id bigint primary key, value {kind}) on commit drop")
    write = sa.text(f"insert into kept select * from unnest(cast(:ids as bigint[]), cast(:values as {kind}[]))")
    while rows := connection.execute(sa.text(
            f"select id, input::text from act_content where id > :last order by id limit {_ROWS}"),
            {"last": last}).all():
        connection.execute(write, {"ids": [row[0] for row in rows], "values": [spell(row[1]) for row in rows]})
        last = rows[-1][0]
    op.execute(f"create function pg_temp.kept_of(bigint) returns {kind} language sql stable "
               "as 'select value from kept where id = $1'")
    op.execute(f"alter table act_content alter column input type {kind} using pg_temp.kept_of(id)")
    op.execute("drop function pg_temp.kept_of(bigint)")
    op.execute("drop table kept")
