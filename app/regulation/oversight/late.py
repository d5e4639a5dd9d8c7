"""Art. 10.4: each working day who is late is named: the person is urged, and the leader who directed is told.

One act and one transaction a document; told again on the next working day when the notice was confirmed and the task
is still late. It moves nothing and changes no limit.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime

from sqlalchemy import exists, func, or_, select

from app.db import db
from app.engine import instance as instances
from app.engine import task as tasks
from app.engine.instance import Instance
from app.engine.task import Task
from app.records import calendar, history, notice, right
from app.records.document import Document
from app.records.notice import Notice
from app.records.people import User, with_role
from app.records.right import Right
from app.regulation import given, internal_exchange

#: people named in one sentence
NAMED = 3
#: the part of who handles a document and of who co-handles it, as a task's name stands for a task
HANDLING = "Xử lý văn bản"
CO_HANDLING = "Phối hợp xử lý"
#: and that of who was asked
ANSWERING = "Trả lời ý kiến"


def run(now: Callable[[], datetime], apart: Callable[[str], AbstractContextManager[None]]) -> None:
    """Urge at every late document, and at what is to be read by today (Art. 4.1.a); `apart` keeps the failure of one
    from the others.
    """
    for document_id in documents(now()):
        with apart(f"urging at document {document_id}"):
            urge(document_id, now())
    internal_exchange.run_due(now, apart)


def documents(at: datetime) -> list[int]:
    """The documents with work that is past its limit, the longest late first, then those with a part of who co-handles
    and those with a question that are past their own; none on a day off.
    """
    today = calendar.local_date(at)
    if not calendar.is_worked(today):
        return []
    led = db.session.scalars(
        select(Task.document_id).join(Instance, Instance.id == Task.instance_id)
        .where(Task.status == tasks.OPEN, Task.kind == "user", Task.due_at < at, Instance.status == "running")
        .group_by(Task.document_id).order_by(func.min(Task.due_at)))
    helped = db.session.scalars(
        right.owing().with_only_columns(Right.document_id)
        .join(Instance, Instance.document_id == Right.document_id)
        .where(Right.due_date < today, Instance.status == "running").order_by(Right.due_date, Right.document_id))
    asked = db.session.scalars(
        notice.awaiting().with_only_columns(Notice.document_id)
        .join(Instance, Instance.document_id == Notice.document_id)
        .where(Notice.due_date < today, Instance.status == "running").order_by(Notice.due_date, Notice.document_id))
    return list(dict.fromkeys([*led, *helped, *asked]))


def urge(document_id: int, at: datetime) -> int:
    """Urge who is late with a document and tell the leader, of a late answer who asked; how many were told now.
    Commits.
    """
    instance = instances.lock_of_document(document_id)
    if instance is None or instance.status != "running":
        db.session.rollback()
        return 0
    late, told, leader = [], [], given.director(instance.document)
    for row in tasks.open_of(instance.id):
        if row.kind != "user" or row.due_at is None or row.due_at >= at:
            continue
        people = holders(row)
        late += people
        if now := _tell(instance.document, row.label, calendar.local_date(row.due_at), people, leader, at):
            row.reminded_at, told = at, told + now
    for due, people in right.owed(document_id):
        if due < calendar.local_date(at):
            late += people
            told += _tell(instance.document, CO_HANDLING, due, people, leader, at)
    for one in notice.awaited(document_id):
        if one.due_date < calendar.local_date(at) and one.to_user.is_active:
            late.append(one.to_user)
            told += _tell(instance.document, ANSWERING, one.due_date, [one.to_user], one.from_user_id, at)
    if told:
        history.append(
            history.Act(agency_id=instance.agency_id, subject=f"document:{document_id}", at=at, kind="urged",
                        label=f"Trễ hạn: {_names(late)}"[:200]),
            input={"late": [one.id for one in late], "to": told}, changes=history.take_changes())
    db.session.commit()
    return len(told)


def holders(row: Task) -> list[User]:
    """Who should do an open task: who holds it, else all who may take it."""
    one = row.claimed_by or row.assignee
    if one is not None:
        return [one] if one.is_active else []
    return [other for other in with_role(row.role) if row.unit_id in (None, other.unit_id)]


def _tell(document: Document, label: str, due: date, people: list[User], giver: int | None,
          at: datetime) -> list[int]:
    """The late are urged; who gave it to them learns who they are. Gives who was told now."""
    day = f"{due:%d/%m/%Y}"
    wanted = [(one.id, notice.URGED, f"Quá hạn từ {day}: {label}") for one in people]
    if people and giver is not None and giver not in [one.id for one in people]:
        wanted.append((giver, notice.LATE, f"{_names(people)} quá hạn từ {day}: {label}"))
    told = []
    for user_id, kind, said in wanted:
        if not _is_told(document, kind, user_id, said, at) and notice.put(document, kind, user_id, at, text=said):
            told.append(user_id)
    return told


def _is_told(document: Document, kind: str, user_id: int, said: str, at: datetime) -> bool:
    """Whether the notice stands, or was made today."""
    morning = datetime.combine(calendar.local_date(at), datetime.min.time(), calendar.ZONE)
    return bool(db.session.scalar(select(exists().where(
        Notice.document_id == document.id, Notice.kind == kind, Notice.to_user_id == user_id, Notice.text == said,
        Notice.from_user_id.is_(None), or_(Notice.done_at.is_(None), Notice.at >= morning)))))


def _names(people: list[User]) -> str:
    named = [one.full_name for one in dict.fromkeys(people)]
    more = f" và {len(named) - NAMED} người khác" if len(named) > NAMED else ""
    return ", ".join(named[:NAMED]) + more
