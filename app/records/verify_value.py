"""The part of `verify.py` that looks for values that nobody of ours writes and that Python cannot even read (S12).

Times without end or before the common era are read as the first or the last there is (`db/readable.py`), so that they
stop nothing; here each is named. JSON that is too deep or of too large a number is told where it is compared.
"""

from collections.abc import Iterator

from sqlalchemy import Date, DateTime, text

from app.db import Base, db
from app.db.readable import FIRST, LAST
from app.records.verify_record import LISTED, Fault

#: where a row is known by another name than its table and id
_NAMED = {"act": "subject", "seal": "'seal:' || number", "instance": "'document:' || document_id",
          "user_account": "'user:' || id"}


def times() -> Iterator[Fault]:
    """Rows of the agency with a time or a day that is no moment of ours: without end, or of another millennium."""
    for table in Base.metadata.sorted_tables:
        columns = [column.name for column in table.columns if isinstance(column.type, (Date, DateTime))]
        if columns and "agency_id" in table.columns:
            yield from _times(table.name, columns)


def _times(table: str, columns: list[str]) -> Iterator[Fault]:
    named = _NAMED.get(table, f"'{table}:' || id")
    given = " or ".join(f"{name} not between :first and :last" for name in columns)
    rows = db.session.execute(text(
        f"select {named} as subject, {'number' if table == 'act' else '0'} as act from {table} where {given} "
        f"order by 1, 2 limit {LISTED}"), {"first": FIRST, "last": LAST})
    for row in rows:
        yield Fault("time", row.subject, f"Bản ghi {table} có thời điểm không đọc được.", row.act)
