"""The part of `verify.py` that looks for values that nobody of ours writes: unreadable times, rows past the wall (S12).

Times without end or before the common era are read as the first or the last there is (`db/readable.py`), so that they
stop nothing; here each is named. A reference of the database holds whatever agency both ends are of, and not at all
once somebody has switched it off: asked behind the wall, what is another agency's is not there. JSON that is too deep
or of too large a number is told where it is compared. Each table is gone through once.
"""

from collections.abc import Iterator

from sqlalchemy import Date, DateTime, Table, text

from app.db import Base, db
from app.db.readable import FIRST, LAST
from app.records.verify_record import LISTED, Fault

#: where a row is known by another name than its table and id
_NAMED = {"act": "r.subject", "seal": "'seal:' || r.number", "instance": "'document:' || r.document_id",
          "user_account": "'user:' || r.id"}
#: what may name a row past the wall, and when: who of the agency above took a history out or had it run again, as the
#: act of it says by which scope given to that agency (Art. 12)
_PAST_THE_WALL = {("history_request", "user_id"): """is_of_agency_above(r.user_id) and exists (
    select from act a join act_content c on c.act_id = a.id join audit_grant g on g.auditor_id is null
    and g.id::text = c.input ->> 'grant' where a.subject = 'document:' || r.document_id
    and (a.kind = 'history_exported' and a.number = r.head
         or a.kind = 'document_read' and a.number <= r.head and r.what = 'replay' and c.input ->> 'what' = 'replay')
    and c.input ->> 'by_id' = r.user_id::text)"""}


def values() -> Iterator[Fault]:
    """Rows of the agency with a moment that is none, or that name a row which is not the agency's."""
    for table in Base.metadata.sorted_tables:
        if "agency_id" in table.columns:
            yield from _of(table)


def _of(table: Table) -> Iterator[Fault]:
    name = table.name
    times = [column.name for column in table.columns if isinstance(column.type, (Date, DateTime))]
    named = [(column, key.column) for column in table.columns for key in column.foreign_keys
             if "agency_id" in key.column.table.columns]
    flags = [" or ".join(f"r.{one} not between :first and :last" for one in times) or "false"]
    for n, (column, key) in enumerate(named):
        allowed = _PAST_THE_WALL.get((name, column.name), "false")
        flags.append(f"(r.{column.name} is not null and o{n}.{key.name} is null and not ({allowed}))")
    joins = "".join(f" left join {key.table.name} o{n} on o{n}.{key.name} = r.{column.name}"
                    for n, (column, key) in enumerate(named))
    rows = db.session.execute(text(f"""
        select {_NAMED.get(name, f"'{name}:' || r.id")} as subject, {"r.number" if name == "act" else "0"} as act, r.id,
               array[{", ".join(f"coalesce({flag}, false)" for flag in flags)}] as flags
        from {name} r{joins} where {" or ".join(flags)} order by 1, 2 limit {LISTED}"""),
        {"first": FIRST, "last": LAST})
    for row in rows:
        if row.flags[0]:
            yield Fault("time", row.subject, f"Bản ghi {name} có thời điểm không đọc được.", row.act)
        for (column, key), is_stray in zip(named, row.flags[1:], strict=True):
            if is_stray:
                yield Fault("record", f"{name}:{row.id}", f"Bản ghi {name} {row.id} trỏ đến một {key.table.name} "
                            f"({column.name}) không có trong cơ quan này.")
