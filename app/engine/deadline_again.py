"""Limits in working days computed anew after the calendar has changed (Art. 6.2.c, 10.4).

Only what is not yet due moves, and never into the past; each document in an act of its own that says from when to when.
Dates that people chose stay. It knows no article and changes no calendar.
"""

from datetime import datetime

from sqlalchemy import select

from app.db import db
from app.engine import task
from app.engine.instance import lock_of_document
from app.engine.task import Task
from app.records import calendar, history
from app.records.deadline import Deadline


def run(at: datetime) -> int:
    """Move the limits of all waiting tasks of this agency; how many moved. Commits one document at a time."""
    waiting = (Task.document_id == Deadline.document_id) & (Task.form_key == Deadline.form_key)
    ids = list(db.session.scalars(
        select(Deadline.id).join(Task, waiting).where(Task.status == task.OPEN, Deadline.due_at > at)
        .order_by(Deadline.id).distinct()))
    db.session.rollback()
    return sum(_move(deadline_id, at) for deadline_id in ids)


def _move(deadline_id: int, at: datetime) -> bool:
    row = db.session.get(Deadline, deadline_id)
    instance = lock_of_document(row.document_id) if row else None
    if row is None or instance is None:
        db.session.rollback()
        return False
    db.session.refresh(row)
    new = max(calendar.due_at(row.start_date, row.days), calendar.due_at(calendar.local_date(at), 0))
    mine = [one for one in task.open_of(instance.id) if one.form_key == row.form_key and one.due_at == row.due_at]
    if new == row.due_at or row.due_at <= at or not mine:
        db.session.rollback()
        return False
    old, row.due_at = row.due_at, new
    for one in mine:
        one.due_at = new
    history.append(
        history.Act(agency_id=row.agency_id, subject=f"document:{row.document_id}", at=at, kind="deadline_moved",
                    element=mine[0].element, occurrence=mine[0].occurrence, label=mine[0].label),
        input={"form_key": row.form_key, "before": old.isoformat(), "after": new.isoformat()},
        changes=history.take_changes(), is_locked=True)
    db.session.commit()
    return True
