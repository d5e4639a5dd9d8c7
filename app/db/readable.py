"""What PostgreSQL can hold and Python cannot is read as something that Python has: no value stops a page or a check.

A time before or after all that Python knows is read as the first or the last one here; JSON that is too deep or of
too large a number as nothing. Nobody of ours writes such a value; `records/verify_value.py` and the hashes tell it.
"""

from datetime import UTC, date, datetime
from typing import Any

import orjson
import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format
from psycopg.types.json import set_json_loads

#: the first and the last moment: far enough from the ends of Python's calendar to be counted with
FIRST, LAST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
#: what is raised where a value is not of the kind that ours are: too deep, too large, of another type
UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def _is_early(data: Buffer, wire: Format) -> bool:
    raw = bytes(data)
    return bool(raw[0] & 0x80) if wire == Format.BINARY else raw.startswith((b"-", b"0001")) or raw.endswith(b"BC")


def _bounded(name: str, wire: Format, first: Any, last: Any) -> type[Loader]:
    """The driver's own loader, and what it reads where that one knows no answer."""
    oid = psycopg.adapters.types[name].oid
    own = psycopg.adapters.get_loader(oid, wire)
    assert own is not None

    class Bounded(Loader):
        format = wire

        def __init__(self, oid: int, context: Any = None) -> None:
            super().__init__(oid, context)
            self._load = own(oid, context).load

        def load(self, data: Buffer) -> Any:
            try:
                return self._load(data)
            except psycopg.DataError:
                return first if _is_early(data, wire) else last

    return Bounded


def json(data: Any) -> Any:
    """A JSON text; None where nothing of ours stands."""
    try:
        return orjson.loads(data)
    except ValueError:
        return None


def register() -> None:
    """Let every connection that is made from now on read so; once per process."""
    for name, first, last in (("timestamptz", FIRST, LAST), ("date", date(1000, 1, 1), date(9000, 1, 1))):
        for wire in (Format.TEXT, Format.BINARY):
            psycopg.adapters.register_loader(name, _bounded(name, wire, first, last))
    set_json_loads(json)
