"""The inbox: one row per task that waits for a person, and who may act on it (Art. 7, 10.4).

A row lies under exactly one `inbox_key`, so a page of any inbox is a walk along an index: "u12" a person, "p12" a
person for whom nobody stands in, "clerk" a role, "head@7" a role of a unit, "incident" the administrators.
A claim and a release are acts of the document. Completing is act.py's.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, and_, func, or_, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.engine.instance import lock_of_document
from app.engine.step import is_personal
from app.records import history, notice, right, search
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.records.people import ALL, USUAL, User, stands_in_for
from app.refusal import Refusal

#: more than this is shown as "1000+"
COUNT_CAP = 1000
#: the role whose inbox a delegate shares (Art. 7)
STOOD_IN_FOR = "leader"
#: from this rank on a task is urgent
URGENT_RANK = 10**14
OPEN, DONE, CANCELLED = "open", "done", "cancelled"


class TaskTaken(Refusal):
    """Somebody else was first."""

    code, status = "task_taken", 409


class StaleTask(Refusal):
    """The page is older than the task."""

    code, status = "task_stale", 409


class Task(AgencyOwned, Base):
    """Work waiting for a person."""

    __tablename__ = "task"
    __table_args__ = (
        Index("task_inbox", "agency_id", "inbox_key", "rank", "id", postgresql_where="status = 'open'"),
        Index("task_due", "agency_id", "inbox_key", "due_at", postgresql_where="status = 'open'"),
        Index("task_unit", "agency_id", "unit_id", "rank", "id", postgresql_where="status = 'open'"),
        Index("task_of_instance", "instance_id", "status"),
    )

    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    element: Mapped[str] = mapped_column(String(60))
    occurrence: Mapped[int]
    #: name on the diagram of that day
    label: Mapped[str] = mapped_column(String(200))
    #: the clause that orders it, from the diagram
    why: Mapped[str] = mapped_column(String(500), default="")
    #: user or incident
    kind: Mapped[str] = mapped_column(String(10), default="user")
    role: Mapped[str] = mapped_column(String(10))
    #: only people of this unit; or the unit of the person it waits for
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    claimed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    form_key: Mapped[str] = mapped_column(String(60), default="")
    #: open, done or cancelled
    status: Mapped[str] = mapped_column(String(10), default=OPEN)
    inbox_key: Mapped[str] = mapped_column(String(40))
    #: order in the inbox: urgency first, then the newest
    rank: Mapped[int]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: what a person typed and has not sent yet
    draft: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    draft_at: Mapped[datetime | None]
    #: an incident's error, for the administrator
    note: Mapped[str] = mapped_column(Text, default="")
    #: grows with every claim, release, draft and completion
    version: Mapped[int] = mapped_column(default=1)

    document: Mapped[Document] = relationship()
    assignee: Mapped[User | None] = relationship(foreign_keys=[assignee_id])
    claimed_by: Mapped[User | None] = relationship(foreign_keys=[claimed_by_id])
    done_by: Mapped[User | None] = relationship(foreign_keys=[done_by_id])

    @property
    def is_urgent(self) -> bool:
        """Whether its document bears a mark of urgency."""
        return self.document.priority > 0

    def key(self) -> str:
        """The inbox to which it belongs, whoever has claimed it."""
        if self.kind == "incident":
            return "incident"
        if self.assignee_id:
            return f"{'p' if is_personal(self.form_key) else 'u'}{self.assignee_id}"
        return f"{self.role}@{self.unit_id}" if self.unit_id else self.role

    def rank_of(self, priority: int) -> int:
        """Urgency, then time: one number to sort and page by."""
        return priority * URGENT_RANK + int(self.created_at.timestamp() * 1000)


@dataclass(frozen=True)
class Page:
    """Rows of an inbox in order, and the key of the next page."""

    rows: list[Task]
    next: str | None


def keys_of(user: User, today: date) -> list[str]:
    """The inboxes from which the person may take all work, own ones and those stood in for (Art. 7)."""
    return list(dict.fromkeys(_known_keys(user) + _keys_for(user, today, ALL)))


def usual_keys_of(user: User, today: date) -> list[str]:
    """The inboxes from which he may take what is not urgent: so far reaches his delegation (Art. 7)."""
    return _keys_for(user, today, USUAL)


def _keys_for(user: User, today: date, scope: str) -> list[str]:
    keys = [f"u{other}" for other in stands_in_for(user, today, scope)]
    if any(other.has(STOOD_IN_FOR) for other in _others(user, today, scope)):
        keys.append(STOOD_IN_FOR)
    return keys


def his(user: User, today: date) -> ColumnElement[bool]:
    """Condition on Task: it lies where the person may take it."""
    mine, usual = Task.inbox_key.in_(keys_of(user, today)), usual_keys_of(user, today)
    return or_(mine, and_(Task.inbox_key.in_(usual), Task.rank < URGENT_RANK)) if usual else mine


def belongs(task: Task, user: User, today: date) -> bool:
    """Whether the task lies where he may take it, whoever has claimed it; asks no more than that needs."""
    key = task.key()
    if key in _known_keys(user) or key in keys_of(user, today):
        return True
    return task.rank < URGENT_RANK and key in usual_keys_of(user, today)


def _known_keys(user: User) -> list[str]:
    """Those that follow from what the session knows."""
    keys = [f"u{user.id}", f"p{user.id}"]
    for role in user.roles:
        if role == "admin":
            keys.append("incident")
            continue
        keys.append(role)
        if user.unit_id:
            keys.append(f"{role}@{user.unit_id}")
    return keys


def _others(user: User, today: date, *scopes: str) -> list[User]:
    """The people for whom the user stands in today; asked once per session."""
    ids = stands_in_for(user, today, *scopes)
    known = user.__dict__.setdefault("_others", {})
    if fresh := [other for other in ids if other not in known]:
        known |= {other.id: other for other in db.session.scalars(select(User).where(User.id.in_(fresh)))}
    return [known[other] for other in sorted(ids) if other in known]


def waits_for(task: Task, user: User) -> bool:
    """Whether the work is this person's own: he holds it, or, while nobody does, it lies in an inbox of his."""
    return task.claimed_by_id == user.id if task.claimed_by_id else task.key() in _known_keys(user)


def follows(user: User) -> bool:
    """Whether the person follows the work of his unit (Art. 8.2, 10.4): a head of unit."""
    return user.unit_id is not None and user.has("head")


def may_act(task: Task, user: User, today: date) -> bool:
    """Whether the person may claim and complete the task: it belongs to one of his inboxes, claimed by nobody else."""
    return belongs(task, user, today) and not _is_held(task, user, today)


def _is_held(task: Task, user: User, today: date) -> bool:
    """Whether somebody else has claimed it; the claim of a delegate ends with his delegation (Art. 7), anybody's
    with the account.
    """
    holder = task.claimed_by
    if task.claimed_by_id == user.id or holder is None:
        return False
    return holder.is_active and belongs(task, holder, today)


def principal(task: Task, user: User, today: date) -> int | None:
    """In whose name the person acts when it is not his own (Art. 7): a user id."""
    if task.assignee_id and task.assignee_id != user.id:
        return task.assignee_id
    if task.assignee_id is None and task.kind == "user" and not user.has(task.role):
        for other in _others(user, today, ALL, *((USUAL,) if task.rank < URGENT_RANK else ())):
            if other.has(task.role):
                return other.id
    return None


def inbox(user: User, box: str, *, at: datetime, words: str = "", after: str | None = None, limit: int = 50) -> Page:
    """One page of "mine", "unit" or "overdue": urgent first, then newest; overdue: longest overdue first."""
    if box == "unit":
        sources = [and_(Task.unit_id == user.unit_id)] if follows(user) else []
    else:
        today = local_date(at)
        sources = [and_(Task.inbox_key == key) for key in keys_of(user, today)]
        sources += [and_(Task.inbox_key == key, Task.rank < URGENT_RANK) for key in usual_keys_of(user, today)
                    if key not in keys_of(user, today)]
    order = (Task.due_at, Task.id) if box == "overdue" else (Task.rank.desc(), Task.id.desc())
    if not sources:
        return Page([], None)
    asked = [or_(search.bears(word), Task.label.icontains(word, autoescape=True)) for word in search.split(words)]
    parts = []
    for source in sources:
        part = select(Task.id, Task.rank, Task.due_at).where(source, Task.status == OPEN)
        if box == "overdue":
            part = part.where(Task.due_at < at)
        part = _after(part, box, after)
        if asked:
            part = part.join(Document, Document.id == Task.document_id).where(*asked)
        parts.append(part.order_by(*order).limit(limit + 1).subquery().select())
    found = union_all(*parts).subquery()
    rows = list(db.session.scalars(
        select(Task).join(found, found.c.id == Task.id).join(Task.document)
        .options(contains_eager(Task.document)).order_by(*order).limit(limit + 1)).unique())
    last = rows[limit - 1] if len(rows) > limit else None
    if last is None:
        return Page(rows, None)
    mark = int(last.due_at.timestamp() * 1_000_000) if box == "overdue" else last.rank
    return Page(rows[:limit], f"{mark}.{last.id}")


def in_a_row(user: User, form_key: str, at: datetime) -> list[int]:
    """The open tasks of this form that the person may take: urgent ones first, then in the order in which their
    documents came, as papers lie in a pile; at most COUNT_CAP.
    """
    return list(db.session.scalars(
        select(Task.id).where(his(user, local_date(at)), Task.form_key == form_key, Task.status == OPEN)
        .order_by((Task.rank // URGENT_RANK).desc(), Task.document_id).limit(COUNT_CAP)))


def _after(part: Any, box: str, after: str | None) -> Any:
    if not after:
        return part
    mark, _, key = after.partition(".")
    if not (mark.isdigit() and key.isdigit()):
        raise NotFound()
    if box == "overdue":
        return part.where(tuple_(Task.due_at, Task.id) > tuple_(func.to_timestamp(int(mark) / 1_000_000), int(key)))
    return part.where(tuple_(Task.rank, Task.id) < tuple_(int(mark), int(key)))


def counts(user: User, at: datetime) -> dict[str, int]:
    """{"mine", "unit", "overdue", "urgent"}: open tasks, each counted up to COUNT_CAP, in one statement."""
    mine = his(user, local_date(at))
    boxes = {
        "mine": mine,
        "unit": Task.unit_id == (user.unit_id if follows(user) else 0),
        "overdue": and_(mine, Task.due_at < at),
        "urgent": and_(mine, Task.rank >= URGENT_RANK),
    }
    capped = [
        select(func.count()).select_from(
            select(Task.id).where(where, Task.status == OPEN).limit(COUNT_CAP).subquery()).scalar_subquery().label(name)
        for name, where in boxes.items()
    ]
    return dict(db.session.execute(select(*capped)).one()._mapping)


def find(task_id: int, user: User, at: datetime) -> Task:
    """The task, open or done, for who may act on it or did, and for the head of its unit. NotFound hides the rest."""
    task = db.session.get(Task, task_id)
    if task is None:
        raise NotFound()
    today = local_date(at)
    if task.done_by_id == user.id or belongs(task, user, today):
        return task  # perhaps claimed or completed by somebody else: seen, not acted on
    if follows(user) and task.unit_id == user.unit_id:
        return task
    raise NotFound()


def _locked(task_id: int, user: User, at: datetime) -> Task:
    """The task, locked, for who may act on it; who only sees it finds nothing to change."""
    find(task_id, user, at)
    task = _row(task_id)
    refuse_taken(task, user, local_date(at))
    if not may_act(task, user, local_date(at)):
        raise NotFound()
    return task


def _hold_history(task_id: int) -> None:
    """Lock the instance before the task, as everywhere: what follows is an act of the document."""
    document_id = db.session.scalar(select(Task.document_id).where(Task.id == task_id))
    if document_id is not None:
        lock_of_document(document_id)


def _note(task: Task, kind: str, user: User, at: datetime, on_behalf_of_id: int | None = None) -> None:
    history.append(
        history.Act(agency_id=task.agency_id, subject=f"document:{task.document_id}", at=at, actor_id=user.id,
                    on_behalf_of_id=on_behalf_of_id, kind=kind, element=task.element, occurrence=task.occurrence,
                    label=task.label),
        input={}, changes=history.take_changes(), is_locked=True)


def _row(task_id: int) -> Task:
    task = db.session.scalar(select(Task).where(Task.id == task_id).with_for_update(of=Task)
                             .execution_options(populate_existing=True))
    if task is None:
        raise NotFound()
    return task


def refuse_taken(task: Task, user: User, today: date) -> None:
    """Raise TaskTaken when it is done, or claimed by somebody else: says who and when."""
    refuse_done(task)
    if _is_held(task, user, today):
        raise TaskTaken(who=task.claimed_by.full_name if task.claimed_by else "", when=None, done=False)


def refuse_done(task: Task) -> None:
    """Raise TaskTaken when it is no longer open."""
    if task.status != OPEN:
        raise TaskTaken(who=task.done_by.full_name if task.done_by else "", when=task.done_at and
                        task.done_at.isoformat(), done=True)


def claim(task_id: int, user: User, at: datetime) -> Task:
    """Take the task for oneself; again is harmless. Raises TaskTaken, NotFound. The caller commits."""
    _hold_history(task_id)
    task = _locked(task_id, user, at)
    if task.claimed_by_id != user.id:
        task.claimed_by_id, task.version = user.id, task.version + 1
        # what a delegate claims stays in the inbox to which it belongs
        other = principal(task, user, local_date(at))
        task.inbox_key = f"u{user.id}" if other is None and task.kind == "user" else task.key()
        _note(task, "task_claimed", user, at, other)
    return task


def release(task_id: int, user: User, at: datetime) -> Task:
    """Give the task back to those who may take it: who may act on it, or `may_free` what an absent person holds; whom
    it was taken from is urged no longer. The caller commits.
    """
    _hold_history(task_id)
    if may_free(user):
        task = _row(task_id)
        refuse_done(task)
        if task.claimed_by_id is None and not user.has("leader"):
            raise NotFound()
    else:
        task = _locked(task_id, user, at)
    if (holder := task.claimed_by_id) is not None:
        task.claimed_by_id, task.inbox_key, task.version = None, task.key(), task.version + 1
        held = [row.claimed_by_id or row.assignee_id for row in open_of(task.instance_id)]
        notice.end_urging(task.document_id, lambda one: one.id != holder or holder in held
                          or one in right.who_owe(task.document_id), at)
        _note(task, "task_released", user, at)
    return task


def may_free(user: User) -> bool:
    """Whether the person may give back what others of the agency have claimed; an administrator sees none of it."""
    return user.has("leader", "admin")


def save_draft(task_id: int, user: User, values: dict[str, Any], version: int, at: datetime) -> int:
    """Keep what was typed; returns the new version. Raises StaleTask when another page saved since.

    The caller commits.
    """
    task = _locked(task_id, user, at)
    if task.version != version:
        raise StaleTask()
    task.draft, task.draft_at, task.version = values, at, task.version + 1
    return task.version


def open_of(instance_id: int) -> list[Task]:
    """The open tasks of an instance."""
    return list(db.session.scalars(
        select(Task).where(Task.instance_id == instance_id, Task.status == OPEN).order_by(Task.id)))
