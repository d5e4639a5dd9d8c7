"""Limits in working days that a step set for a document, so that a changed calendar can set them anew (Art. 6.2.c).

A date that a person chose is no such limit: it stays. Computing anew is engine/deadline_again.py's.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records import calendar
from app.records.document import Document

#: "immediately" (NĐ 30/2020 Đ4.2.c): alert after so long, minutes, out of hours too
URGENT_MINUTES = 30

#: a deadline that a person chooses lies at most so far ahead, years
MOST_YEARS = 2


class Deadline(AgencyOwned, Base):
    """The limit of one task of a document, and what it was computed from."""

    __tablename__ = "deadline"
    __table_args__ = (UniqueConstraint("document_id", "form_key"),)

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    #: the form of the task
    form_key: Mapped[str] = mapped_column(String(60))
    #: the day of the event, not counted
    start_date: Mapped[date]
    #: working days
    days: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(index=True)


def give(document: Document, form_key: str, at: datetime, *, days: int = 1,
         urgent_minutes: int = URGENT_MINUTES) -> str:
    """Until when: an urgent document at once, another by the end of the `days`-th working day (NĐ 30/2020 Đ23.1).

    Returns the moment in Viet Nam, ISO 8601, as a task's due date takes it.
    """
    row = db.session.scalar(select(Deadline).where(
        Deadline.document_id == document.id, Deadline.form_key == form_key))
    if document.priority:
        if row is not None:
            db.session.delete(row)
        return _told(at + timedelta(minutes=urgent_minutes))
    start = calendar.local_date(at)
    due_at = calendar.due_at(start, days)
    if row is None:
        row = Deadline(agency_id=document.agency_id, document_id=document.id, form_key=form_key)
        db.session.add(row)
    row.start_date, row.days, row.due_at = start, days, due_at
    return _told(due_at)


def wrong(day: str, at: datetime) -> str | None:
    """What is wrong with a deadline that a person chooses (ISO date), as a sentence; None: nothing.

    It is a day on which the office still opens: work that ends on a day off was due before it or is late after it.
    """
    chosen, today = date.fromisoformat(day), calendar.local_date(at)
    if chosen < today:
        return f"Hạn {chosen:%d/%m/%Y} đã qua; hãy chọn từ ngày {today:%d/%m/%Y} trở đi."
    if chosen > today + timedelta(days=366 * MOST_YEARS):
        return f"Hạn {chosen:%d/%m/%Y} quá xa (nhiều nhất {MOST_YEARS} năm kể từ hôm nay); hãy xem lại năm."
    if not calendar.is_worked(chosen):
        return (f"Ngày {chosen:%d/%m/%Y} là ngày nghỉ theo lịch làm việc; "
                f"ngày làm việc tiếp theo là {_next_worked(chosen, at):%d/%m/%Y}.")
    if calendar.due_at(chosen, 0) <= at:
        return "Giờ làm việc của ngày này đã hết; hãy chọn ngày làm việc sau."
    return None


def instead(day: str, at: datetime) -> str | None:
    """What is offered for a day that is `wrong`: the first after it on which the office still opens; None: too far."""
    found = _next_worked(date.fromisoformat(day), at).isoformat()
    return None if wrong(found, at) else found


def _next_worked(day: date, at: datetime) -> date:
    end = calendar.due_at(max(day, calendar.local_date(at)), 0)
    return calendar.local_date(end if end > at else calendar.due_at(calendar.local_date(at), 1))


def _told(at: datetime) -> str:
    return at.astimezone(calendar.ZONE).isoformat(timespec="seconds")
