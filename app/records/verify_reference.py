"""The part of `verify.py` that looks for rows that point past the wall: at nothing, or at another agency's row (S12).

A reference of the database holds whatever agency both ends are of, and does not hold at all once somebody has switched
it off. Asked behind the wall, what is another agency's is not there.
"""

from collections.abc import Iterator

from sqlalchemy import text

from app.db import Base, db
from app.records.verify_record import LISTED, Fault


def strays() -> Iterator[Fault]:
    """Rows of the agency that name a row which is not the agency's."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns if "agency_id" in table.columns else ():
            for key in column.foreign_keys:
                if "agency_id" in key.column.table.columns:
                    yield from _strays(table.name, column.name, key.column.table.name, key.column.name)


def _strays(table: str, column: str, other: str, key: str) -> Iterator[Fault]:
    rows = db.session.execute(text(f"""
        select r.id, r.{column} as named from {table} r left join {other} o on o.{key} = r.{column}
        where r.{column} is not null and o.{key} is null order by r.id limit {LISTED}"""))
    for row in rows:
        yield Fault("record", f"{table}:{row.id}",
                    f"Bản ghi {table} {row.id} trỏ đến {other} {row.named} ({column}) không có trong cơ quan này.")
