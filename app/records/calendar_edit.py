"""Who changes the working calendar: the clerk or an administrator, with a reason, as an act (Art. 6.2.c, 11.3.b).

A change asks for the job `deadlines` in the same transaction: limits that have not passed are computed anew
(engine/deadline_again.py), and who has a chosen one on a changed day is told. What has passed stays late or in time, as
it was.
"""

from datetime import date, datetime

from sqlalchemy import select

from app.db import db, queue
from app.records import calendar_law, history
from app.records.calendar import KINDS, PARTS, WHOLE, Holiday
from app.records.people import User
from app.refusal import Refusal

#: who keeps the calendar
KEEPERS = ("admin", "clerk")


class NotCalendarKeeper(Refusal):
    """The clerk or an administrator keeps the calendar."""

    code, status, article = "not_calendar_keeper", 403, "Art. 11.3.b"


class CalendarWithoutReason(Refusal):
    """A change of the calendar says why, in 5 to 500 characters."""

    code = "calendar_without_reason"


class CalendarDayWrong(Refusal):
    """A day of the calendar has a kind, a part and a name."""

    code = "calendar_day_wrong"


class CalendarYearUnknown(Refusal):
    """The days that the law fixes are not known for this year."""

    code = "calendar_year_unknown"


def subject(agency_id: int) -> str:
    """The chain of an agency's calendar."""
    return f"calendar:{agency_id}"


def put(keeper: User, day: date, kind: str, part: str, name: str, source: str, reason: str, at: datetime) -> bool:
    """Say of a day how it differs; False: it was so already. The caller commits.

    Raises NotCalendarKeeper, CalendarWithoutReason, CalendarDayWrong.
    """
    said = _reason(keeper, reason)
    name, source = " ".join(name.split()), " ".join(source.split())[:200]
    if kind not in KINDS or part not in PARTS or not 2 <= len(name) <= 100:
        raise CalendarDayWrong()
    return _write(keeper, [calendar_law.Day(day, kind, name, source)], part, said, at)


def take(keeper: User, day: date, reason: str, at: datetime) -> bool:
    """A day is as its weekday again; False: it was. The caller commits. Raises as `put`."""
    said = _reason(keeper, reason)
    history.lock(subject(keeper.agency_id))
    row = db.session.scalar(select(Holiday).where(Holiday.day == day))
    if row is None:
        return False
    before = _plain(row)
    db.session.delete(row)
    _tell(keeper, [[before, None]], said, at)
    return True


def load(keeper: User, year: int, reason: str, at: datetime) -> int:
    """Put in the days that the law fixes for a year where nothing is said yet; how many. The caller commits.

    Raises CalendarYearUnknown, and as `put`.
    """
    said = _reason(keeper, reason)
    known = calendar_law.days_of(year)
    if not known:
        raise CalendarYearUnknown(year=year)
    there = set(db.session.scalars(select(Holiday.day).where(Holiday.day.in_([one.day for one in known]))))
    fresh = [one for one in known if one.day not in there]
    _write(keeper, fresh, WHOLE, said, at)
    return len(fresh)


def changes(agency_id: int, limit: int = 20) -> list[tuple[history.Act, dict]]:
    """The last changes, newest first: (act, what was put in)."""
    return history.latest(history.Act.subject == subject(agency_id), limit=limit)


def _reason(keeper: User, reason: str) -> str:
    if not keeper.has(*KEEPERS):
        raise NotCalendarKeeper()
    return history.stated(reason, CalendarWithoutReason)


def _write(keeper: User, days: list[calendar_law.Day], part: str, reason: str, at: datetime) -> bool:
    history.lock(subject(keeper.agency_id))  # two keepers at once: one after the other
    there = {row.day: row for row in db.session.scalars(
        select(Holiday).where(Holiday.day.in_([one.day for one in days])))}
    told = []
    for one in days:
        row = there.get(one.day)
        before = _plain(row) if row else None
        if row is None:
            row = Holiday(agency_id=keeper.agency_id, day=one.day)
            db.session.add(row)
        row.kind, row.part, row.name, row.source = one.kind, part, one.name, one.source
        if before != _plain(row):
            told.append([before, _plain(row)])
    if told:
        _tell(keeper, told, reason, at)
    return bool(told)


def _tell(keeper: User, days: list[list[dict[str, str] | None]], reason: str, at: datetime) -> None:
    history.append(
        history.Act(agency_id=keeper.agency_id, subject=subject(keeper.agency_id), at=at, actor_id=keeper.id,
                    kind="calendar_changed"),
        input={"days": days, "reason": reason}, changes=history.take_changes(), is_locked=True)
    changed = sorted({one["day"] for pair in days for one in pair if one})
    queue.defer(db.session, "deadlines", {"agency_id": keeper.agency_id, "days": changed})


def _plain(row: Holiday) -> dict[str, str]:
    return {"day": row.day.isoformat(), "kind": row.kind, "part": row.part, "name": row.name, "source": row.source}
