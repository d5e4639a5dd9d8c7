"""Art. 6.2.c, 10.4: a deadline that a person chose has become a day off by a change of the working calendar: who has to
keep it and who gave it are told; when the day is worked again, or the deadline is another, nobody need confirm it.

The deadline itself stays: who gave it decides (Art. 7). Limits that were computed move by engine/deadline_again.py.
"""

from datetime import date, datetime

from sqlalchemy import select

from app.db import db
from app.engine import instance as instances
from app.engine.instance import Instance
from app.records import calendar, history, notice, right
from app.records.document import ENDED, Document
from app.records.notice import Notice
from app.records.people import User
from app.records.right import Right
from app.regulation import given
from app.regulation.oversight.late import ANSWERING, CO_HANDLING, HANDLING


def run(days: list[date], at: datetime) -> None:
    """After a change of these days: at each document with such a deadline. Commits one document at a time."""
    today = calendar.local_date(at)
    for day in sorted(one for one in days if one >= today):
        is_off = not calendar.is_worked(day)
        for document_id in _due_on(day):
            _tell(document_id, day, is_off, at)


def next_worked(document: Document, today: date) -> date | None:
    """The first working day after the deadline of a document that is a day off to come; None: it is none."""
    due = document.due_date
    if due is None or due < today or document.status in ENDED or calendar.is_worked(due):
        return None
    return calendar.local_date(calendar.due_at(due, 0))


def _due_on(day: date) -> list[int]:
    """Running documents that are to be done by the day, a part of them, or an answer about them."""
    rows = [select(Document.id).where(Document.due_date == day),
            right.owing().with_only_columns(Right.document_id).where(Right.due_date == day),
            notice.awaiting().with_only_columns(Notice.document_id).where(Notice.due_date == day)]
    running = select(Instance.document_id).where(Instance.status == "running")
    found = {key for one in rows for key in db.session.scalars(one)} & set(db.session.scalars(running))
    db.session.rollback()
    return sorted(found)


def _tell(document_id: int, day: date, is_off: bool, at: datetime) -> None:
    instance = instances.lock_of_document(document_id)
    if instance is None or instance.status != "running":
        db.session.rollback()
        return
    after = calendar.local_date(calendar.due_at(day, 0))
    if is_off:
        told = [user_id for user_id, said in _wanted(instance.document, day, after)
                if notice.put(instance.document, notice.DAY_OFF, user_id, at, text=said, due_date=day)]
    else:
        told = notice.end_day_off(document_id, at, day)
    if told:
        history.append(
            history.Act(agency_id=instance.agency_id, subject=f"document:{document_id}", at=at, kind="day_off_told"),
            input={"day": day.isoformat(), "next_day": after.isoformat(), "told_ids": told},
            changes=history.take_changes())
    db.session.commit()


def _wanted(document: Document, day: date, after: date) -> list[tuple[int, str]]:
    """Who is told what: for each deadline on the day who has to keep it, and who gave it."""
    director = given.director(document)
    parts = [(CO_HANDLING, people, director) for due, people in right.owed(document.id) if due == day]
    parts += [(ANSWERING, [one.to_user], one.from_user_id) for one in notice.awaited(document.id)
              if one.due_date == day]
    if document.due_date == day:
        parts.insert(0, (HANDLING, right.handling(document.id), director))
    wanted = []
    for part, people, giver in parts:
        said = (f"Hạn {day:%d/%m/%Y} nay là ngày nghỉ theo lịch làm việc; ngày làm việc tiếp theo là {after:%d/%m/%Y}. "
                f"Hạn đã giao chưa đổi: {part}.")
        wanted += [(user_id, said) for user_id in dict.fromkeys([*_ids(people), giver]) if user_id is not None]
    return wanted


def _ids(people: list[User]) -> list[int]:
    return [one.id for one in people if one.is_active]
