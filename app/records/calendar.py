"""Working days of an agency and due dates (Art. 6.2.c "trong thời hạn quy định"; NĐ 30/2020 Đ4.2.c, Đ23.1).

Saturdays and Sundays are off unless a row says that they are worked; holidays are rows of each agency. What the law
fixes of them is calendar_law.py's, who changes them calendar_edit.py's. All days are days in Viet Nam.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db

#: the zone of all dates on documents (QĐ 28/2018 Đ14.4)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
#: when the morning and the day end at the office (công văn 4999/UBND-VX of 03/10/2023)
MORNING_ENDS, DAY_ENDS = time(12), time(17)
#: what a day is that differs from its weekday: by law, in place of a holiday on a weekend, by a swap
HOLIDAY, COMPENSATORY, SWAP_OFF, SWAP_WORK = KINDS = ("holiday", "compensatory", "swap_off", "swap_work")
#: of which part of the day it speaks
PARTS = WHOLE, MORNING, AFTERNOON = ("day", "morning", "afternoon")
#: weekdays before this one are worked
_WEEKEND = 5


class Holiday(AgencyOwned, Base):
    """A day that differs from its weekday, or half of one."""

    __tablename__ = "holiday"
    __table_args__ = (
        UniqueConstraint("agency_id", "day"),
        CheckConstraint(f"kind::text in {KINDS} and part::text in {PARTS}", "holiday_is_known"),
    )

    day: Mapped[date]
    #: out of KINDS; only SWAP_WORK is worked
    kind: Mapped[str] = mapped_column(String(20), default=HOLIDAY)
    #: out of PARTS: the part that is off, or of a day that is worked in exchange the part that is worked
    part: Mapped[str] = mapped_column(String(10), default=WHOLE)
    name: Mapped[str] = mapped_column(String(100))
    #: the document that says so
    source: Mapped[str] = mapped_column(String(200), default="")


def local_date(at: datetime) -> date:
    """The day in Viet Nam of a moment."""
    return at.astimezone(ZONE).date()


class Off(Protocol):
    """What is asked of a day that differs: a row of the calendar, or what an act told of one."""

    kind: Any
    part: Any


def ends_at(day: date, row: Off | None) -> datetime | None:
    """When the office closes on a day that has this row, or none; None: it does not open."""
    if row is None or (row.kind == SWAP_WORK and day.weekday() < _WEEKEND):
        end = DAY_ENDS if day.weekday() < _WEEKEND else None
    elif row.kind == SWAP_WORK:
        end = MORNING_ENDS if row.part == MORNING else DAY_ENDS
    else:
        end = {WHOLE: None, MORNING: DAY_ENDS, AFTERNOON: MORNING_ENDS}[row.part] if day.weekday() < _WEEKEND else None
    return datetime.combine(day, end, ZONE) if end else None


def due_at(start: date, days: int) -> datetime:
    """Office end of the `days`-th working day after `start`, which is not counted; 0: of `start` or the next worked."""
    return due_by(_special(start, start + timedelta(days=days * 3 + 60)), start, days)


def due_by(special: Mapping[date, Off], start: date, days: int) -> datetime:
    """The same in a calendar in which these days differ."""
    day = start if days else start - timedelta(days=1)
    for _ in range(max(days, 1)):
        day += timedelta(days=1)
        while (end := ends_at(day, special.get(day))) is None:
            day += timedelta(days=1)
    return end


def next_ends(first: date, last: date) -> dict[date, datetime]:
    """Of each day from `first` to `last`: the office end of the next worked day after it, in one statement."""
    special, found, end = _special(first, last + timedelta(days=60)), {}, None
    for back in range((last - first).days + 60, -1, -1):
        day = first + timedelta(days=back)
        if end is not None and day <= last:
            found[day] = end
        end = ends_at(day, special.get(day)) or end
    return found


def is_worked(day: date) -> bool:
    """Whether the office opens on a day."""
    return ends_at(day, _special(day, day).get(day)) is not None


def rows_of(year: int) -> list[Holiday]:
    """The days of a year that differ, in order."""
    return list(_special(date(year, 1, 1), date(year, 12, 31)).values())


def _special(first: date, last: date) -> dict[date, Holiday]:
    rows = db.session.scalars(select(Holiday).where(Holiday.day >= first, Holiday.day <= last).order_by(Holiday.day))
    return {row.day: row for row in rows}
