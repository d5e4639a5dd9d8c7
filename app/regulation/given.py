"""To whom a document was given (Art. 7), and how what was given ends: with the assignment, or with the document."""

from datetime import datetime

from sqlalchemy import or_, select

from app.db import db
from app.engine.task import DONE, OPEN, Task
from app.records import notice, right
from app.records.calendar import local_date
from app.records.document import Document
from app.records.people import User
from app.records.right import CO_HANDLE, HANDLE, READ, Right


def people(document: Document) -> list[User]:
    """To whom the document was given to handle, co-handle or read: people, and of units the heads."""
    rows = [row for row in right.of(document.id) if row.role is None]
    people = {row.user_id for row in rows if row.user_id}
    units = {row.unit_id for row in rows if row.unit_id and not row.user_id}
    return list(db.session.scalars(select(User).where(User.is_active, or_(
        User.id.in_(people), User.unit_id.in_(units) & User.roles.contains(["head"]))).order_by(User.id)))


def director(document: Document) -> int | None:
    """The leader who directed the document last, in whose name that was done."""
    row = db.session.scalar(select(Task).where(
        Task.document_id == document.id, Task.form_key == "assign", Task.status == DONE)
        .order_by(Task.id.desc()).limit(1))
    return (row.assignee_id or row.done_by_id) if row else None


def take_rights(document: Document, at: datetime) -> None:
    """Rights end with the assignment: of who handled, co-handled or was to read. To read stays who wrote the document,
    who was asked for an opinion and has not given it, and for whom another task of it waits.
    """
    rows = right.of(document.id)
    held = {row.user_id for row in rows if row.kind in (HANDLE, CO_HANDLE) and row.user_id}
    waiting = db.session.execute(select(Task.assignee_id, Task.claimed_by_id, Task.unit_id, Task.role).where(
        Task.document_id == document.id, Task.status == OPEN, Task.form_key != "handle")).all()
    people = {person for task in waiting for person in task[:2]} | {
        one.to_user_id for one in notice.open_on(document.id) if one.gave_read}
    groups = {(unit, role) for person, _, unit, role in waiting if person is None}

    def ends(row: Right) -> bool:
        if row.kind != READ:
            return row.kind in (HANDLE, CO_HANDLE)
        if row.user_id is None:
            return (row.unit_id, row.role) not in groups
        return row.user_id != document.author_id and (row.user_id in held or row.user_id not in people)

    right.end(document, ends)
    keep_asked(document, at)


def keep_asked(document: Document, at: datetime) -> None:
    """Who was asked and has not answered reads on, from now on by the asking, whatever right he read by has ended."""
    for one in notice.open_on(document.id):
        if one.kind == notice.ASKED and not right.may_read(one.to_user, document, local_date(at)):
            one.gave_read = right.grant(document, READ, user_id=one.to_user_id)
