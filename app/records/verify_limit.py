"""The part of `verify.py` that asks whether limits moved as the working calendar of then says (S12; Art. 6.2.c, 10.4).

Each move of a limit is computed anew: from what acts of its document told of it before, and from the calendar as the
acts before it, in the order of ids, left it. It asks of no limit whether it should have moved, and repairs nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text

from app.db import db
from app.db.readable import UNREADABLE
from app.records.calendar import HOLIDAY, WHOLE, due_by, local_date
from app.records.verify_office import Past, told_of
from app.records.verify_record import Fault

#: kinds that tell of days off
_TELLING = ("calendar_changed", "taken_over")
_ACTS = text("""
    select a.subject, a.number, a.at, a.kind, c.changes from act a join act_content c on c.act_id = a.id
    where a.kind = 'deadline_moved' or a.kind = any(:telling) order by a.id""")
_BEFORE = text("""
    select c.changes from act a join act_content c on c.act_id = a.id
    where a.subject = :subject and a.number < :number order by a.number""")
#: no limit is set for more working days
_MOST_DAYS = 1000


class Day(NamedTuple):
    """A day that differs, as acts told of it."""

    kind: str
    part: str


def limits() -> Iterator[Fault]:
    """Limits that an act moved elsewhere than to where the calendar of then puts them, and tasks beside their limit."""
    calendar, old, doubtful = Past(), {}, []
    for row in db.session.execute(_ACTS, {"telling": list(_TELLING)}, execution_options={"yield_per": 2000}):
        told = {str(key): [None, calendar.now.get(str(key), {}) | _new(columns)]
                for key, columns in told_of("holiday", row.changes)}
        if told:
            calendar.learn(row.at, told)
        if row.kind == "taken_over":  # it stood before, too
            old |= _new(told)
        if row.kind == "deadline_moved" and not _is_so(row, calendars := list(calendar.at(row.at))):
            doubtful.append((row, calendars))
    for row, calendars in doubtful:
        if not _is_so(row, [old | was for was in calendars]):
            yield Fault("chain", row.subject, f"Bước {row.number} dời thời hạn đến lúc khác với lịch làm việc lúc đó "
                        "(Điều 6.2.c).", row.number)


def _is_so(row: Any, calendars: list[dict[str, Any]]) -> bool:
    """Whether the act moves one limit, and the tasks under it, to where one of these calendars puts it."""
    try:
        moved = {datetime.fromisoformat(_new(columns)["due_at"]) for table in ("deadline", "task")
                 for _, columns in told_of(table, row.changes)}
        (limit,) = (_known(row, key) for key, _ in told_of("deadline", row.changes))
        return len(moved) == 1 and (limit is None or any(moved == {_due(rows, limit, row.at)} for rows in calendars))
    except UNREADABLE:
        return False


def _due(rows: Mapping[str, Any], limit: Mapping[str, Any], at: datetime) -> datetime:
    """Where the limit lies; not in the past, as seen from `at` (`engine/deadline_again.py`)."""
    calendar = {date.fromisoformat(row["day"]): Day(row.get("kind", HOLIDAY), row.get("part", WHOLE))
                for row in rows.values() if row.get("day")}
    start, days = date.fromisoformat(limit["start_date"]), min(limit["days"], _MOST_DAYS)
    return max(due_by(calendar, start, days), due_by(calendar, local_date(at), 0))


def _known(row: Any, key: int) -> Mapping[str, Any] | None:
    """From when a limit counts and how many days, as acts told before; None: their content was removed (Art. 3.2)."""
    found: dict[str, Any] = {}
    for kept in db.session.scalars(_BEFORE, {"subject": row.subject, "number": row.number}):
        for one, columns in told_of("deadline", kept):
            if one == key:
                found |= _new(columns)
    return found if found.get("start_date") and found.get("days") is not None else None


def _new(columns: Mapping[str, Any]) -> dict[str, Any]:
    """What was told of each column."""
    return {name: pair[1] for name, pair in columns.items() if isinstance(pair, list) and len(pair) == 2}
