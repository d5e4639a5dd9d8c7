"""Art. 7: a leader, or his delegate, takes an assignment back until its receiver has opened it.

The drawing shows it: an event on the edge of the task to handle leads back to the leader. Taken back and opened at the
same moment, whoever had the document's lock first has his way. It does not recall what was dispatched.
"""

from datetime import datetime, timedelta

from sqlalchemy import exists, func, select

from app.db import db
from app.engine import act as acts
from app.engine import task as tasks
from app.engine.instance import of_document
from app.engine.reading import SAME_MINUTES
from app.engine.step import Act, Plain
from app.engine.template import tells
from app.records import deadline, history, notice, right
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.records.people import User
from app.refusal import Refusal
from app.regulation import given
from app.regulation.assignment.urge import directs, in_whose_name

#: the message of the drawing
RECALLED = "recalled"

tells(RECALLED, "Lãnh đạo thu hồi phân công", {"forward_due_at": ("2026-01-05T17:00:00+07:00",)}, needs=("assign",))


class AlreadyOpened(Refusal):
    """The receiver has opened the document, or works on it: it can be given back, not taken back."""

    code, status, article = "already_opened", 409, "Art. 7"


def may_recall(user: User, document: Document, today_at: datetime) -> bool:
    """Whether the person may take the assignment back now."""
    row = _given(document.id)
    return (row is not None and directs(user, document, local_date(today_at)) and _is_drawn(document.id)
            and not _is_opened(row))


def recall(document_id: int, user: User, at: datetime) -> None:
    """Take it back: the rights end, who had them by it is told, the leader assigns anew. Commits.

    Raises NotFound, AlreadyOpened.
    """
    document = right.find(document_id, user, local_date(at))
    run, today = of_document(document_id), local_date(at)
    if run is None or not directs(user, document, today) or not _is_drawn(document_id):
        raise NotFound()
    principal = in_whose_name(user, document, today)
    in_name = db.session.get(User, principal) if principal else None

    def prepare(act: Act) -> Plain:
        row = _given(document_id)
        if row is None or _is_opened(row):
            raise AlreadyOpened()
        people = given.people(act.document)
        given.take_rights(act.document, at)
        act.document.status = "registered"
        lost = {one.id for one in people if not right.may_read(one, act.document, today)}
        for user_id in sorted(lost | {row.assignee_id or user.id} - {user.id}):
            notice.put(act.document, notice.RECALLED, user_id, at, from_user_id=user.id, on_behalf_of_id=principal)
        return {"forward_due_at": deadline.give(act.document, "assign", at)}

    if not acts.tell(run.id, RECALLED, user, in_name, at, prepare):
        raise AlreadyOpened()


def _given(document_id: int) -> tasks.Task | None:
    """The open task of who handles it."""
    run = of_document(document_id)
    rows = tasks.open_of(run.id) if run else []
    return next((row for row in rows if row.form_key == "handle"), None)


def _is_drawn(document_id: int) -> bool:
    """Whether the version of the procedure that its instance follows knows of it."""
    run = of_document(document_id)
    return run is not None and any(one.message == RECALLED for one in run.bundle.compiled.elements.values())


def _is_opened(row: tasks.Task) -> bool:
    """Whether he has read the document or saved anything since, or who had it before him gave it on.

    A reading counts for the next quarter of an hour.
    """
    since = row.created_at - timedelta(minutes=SAME_MINUTES)
    return row.draft is not None or _was_given_on(row) or bool(db.session.scalar(select(exists().where(
        history.Act.subject == f"document:{row.document_id}", history.Act.actor_id == row.assignee_id,
        history.Act.kind == "document_read", history.Act.at > since))))


def _was_given_on(row: tasks.Task) -> bool:
    """Whether somebody has handled the document since the leader assigned it last: he had opened it."""
    mine = tasks.Task.instance_id == row.instance_id
    assigned = select(func.max(tasks.Task.id)).where(mine, tasks.Task.form_key == "assign").scalar_subquery()
    return bool(db.session.scalar(select(exists().where(
        mine, tasks.Task.form_key == row.form_key, tasks.Task.status == tasks.DONE, tasks.Task.id > assigned))))
