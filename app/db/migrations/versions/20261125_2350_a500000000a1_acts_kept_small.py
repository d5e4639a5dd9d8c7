"""Moves and changes of acts in their canonical spelling, deflated; hashes cover the spelling and stay as they are."""

from collections.abc import Callable
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

from app.db.spelling import canonical, packed, unpacked

revision = "a500000000a1"
down_revision = "f200000000a1"
branch_labels = None
depends_on = None

_COLUMNS = (("act", "moves"), ("act_content", "changes"))
#: rows rewritten at a time
_ROWS = 2000


def upgrade() -> None:
    """Each value is written anew, as the same value."""
    for table, column in _COLUMNS:
        _rewrite(table, column, "bytea", "::text", lambda value: packed(orjson.loads(value)))


def downgrade() -> None:
    """As JSONB again."""
    for table, column in _COLUMNS:
        _rewrite(table, column, "jsonb", "", lambda value: canonical(orjson.loads(unpacked(value))).decode())


def _rewrite(table: str, column: str, kind: str, read: str, spell: Callable[[Any], Any]) -> None:
    """The new values beside, then the table written once with them: an update would leave it twice as large."""
    connection, last = op.get_bind(), 0
    op.execute(f"create temporary table kept (id bigint primary key, value {kind}) on commit drop")
    write = sa.text(f"insert into kept select * from unnest(cast(:ids as bigint[]), cast(:values as {kind}[]))")
    while rows := connection.execute(sa.text(
            f"select id, {column}{read} from {table} where id > :last order by id limit {_ROWS}"),
            {"last": last}).all():
        connection.execute(write, {"ids": [row[0] for row in rows], "values": [spell(row[1]) for row in rows]})
        last = rows[-1][0]
    op.execute(f"create function pg_temp.kept_of(bigint) returns {kind} language sql stable "
               "as 'select value from kept where id = $1'")
    op.execute(f"alter table {table} alter column {column} type {kind} using pg_temp.kept_of(id)")
    op.execute("drop function pg_temp.kept_of(bigint)")
    op.execute("drop table kept")
