"""Keep the inbox rows of an instance equal to what its tokens wait for, in the same act."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from app.db import db
from app.engine import language, spiff
from app.engine.dialect import Element
from app.engine.instance import Instance
from app.engine.perform import SlowWork
from app.engine.task import CANCELLED, Task, open_of, waits_for
from app.records import notice, people, right
from app.records.calendar import ZONE, local_date
from app.records.document import ENDED, Document
from app.records.people import User

#: characters of a date as text, "2026-01-05"
_A_DATE = 10
#: a timer that failed is tried again before so long (worker.py), minutes
PUT_OFF_MINUTES = 60


def rewrite(instance: Instance, waiting: list[spiff.Waiting], at: datetime) -> list[Task]:
    """Open a row for each user task that has none and each failed step; cancel rows nothing waits for; end urging, and
    with the document what was asked about it.

    Returns the rows that are open now.
    """
    wanted = {(w.element, w.occurrence, "user"): w for w in waiting if w.kind == "user"}
    if instance.condition == "incident":
        wanted |= {(w.element, w.occurrence, "incident"): w for w in waiting if w.kind == "script"}
    db.session.flush()
    still = []
    for row in open_of(instance.id):
        if wanted.pop((row.element, row.occurrence, row.kind), None) is None:
            row.status, row.done_at = CANCELLED, at
            row.version += 1
        else:
            still.append(row)
    for (element, occurrence, kind), found in wanted.items():
        if kind == "user":
            still.append(_open_user(instance, element, occurrence, found.data, at))
        else:
            still += _open_incident(instance, element, occurrence, at)
    if instance.document.status in ENDED:
        _end_told(instance.document, at)
    notice.end_urging(instance.document_id, lambda user: any(waits_for(row, user) for row in still)
                      or user in right.who_owe(instance.document_id), at)
    return still


def _end_told(document: Document, at: datetime) -> None:
    """Nobody need say more about what has ended (Art. 7): who was asked and who asked learn it, and the right to read
    that the asking gave ends; nobody is late with it any more, nor has a deadline.
    """
    for one in notice.open_on(document.id):
        if one.kind not in (notice.ASKED, notice.LATE, notice.DAY_OFF):
            continue
        one.done_at = at
        if one.kind != notice.ASKED:
            continue
        if one.gave_read:
            right.withdraw(document, right.READ, one.to_user_id)
        for user_id in {one.to_user_id, one.from_user_id} - {None}:
            notice.put(document, notice.OVER, user_id, at, text=one.text)


def differs(instance: Instance, run: spiff.Run) -> str:
    """Where open rows, or the moment of the next timer, are not what the state waits for; empty: nowhere."""
    wake_at = None if instance.is_suspended or instance.ended_at else run.wake_at
    soon = datetime.now(UTC) + timedelta(minutes=PUT_OFF_MINUTES)
    is_put_off = wake_at and instance.wake_at and wake_at < instance.wake_at < soon
    if instance.wake_at != wake_at and not is_put_off:
        return f"the next timer is due at {wake_at}, the instance has {instance.wake_at}"
    wanted = {(w.element, w.occurrence, "user"): w.data for w in run.waiting() if w.kind == "user"}
    failed = select(SlowWork.element, SlowWork.occurrence).where(
        SlowWork.instance_id == instance.id, SlowWork.status == "failed")
    wanted |= {(element, occurrence, "incident"): {} for element, occurrence in db.session.execute(failed)}
    rows = {(row.element, row.occurrence, row.kind): row for row in open_of(instance.id)}
    for element, occurrence, _kind in sorted(wanted.keys() ^ rows.keys()):
        return f"the inbox and the state differ at {element} ({occurrence})"
    wrong = [place[0] for place, row in sorted(rows.items()) if not _is_in_place(instance, row, wanted[place])]
    return f"the task {wrong[0]} lies in another inbox" if wrong else ""


def _is_in_place(instance: Instance, row: Task, data: dict[str, Any]) -> bool:
    """Whether it lies where the diagram puts it: for whom it is, history tells, in which inbox and with which form not.

    The unit may be left out where nobody of it had the role.
    """
    claimed = {f"u{row.claimed_by_id}"} if row.claimed_by_id and row.kind == "user" else set()
    if row.inbox_key not in {row.key(), *claimed} or row.kind == "incident":
        return row.inbox_key == row.key()
    drawn = instance.bundle.compiled.elements[row.element]
    return row.form_key == (drawn.form_key or "") and (
        bool(row.assignee_id) or row.unit_id in (None, _id(drawn.unit, data, row.created_at)))


def _open_user(instance: Instance, element: str, occurrence: int, data: dict[str, Any], at: datetime) -> Task:
    drawn = instance.bundle.compiled.elements[element]
    assignee, unit = _addressee(drawn, data, at)
    row = Task(
        agency_id=instance.agency_id, instance_id=instance.id, document_id=instance.document_id, element=element,
        occurrence=occurrence, label=drawn.label[:200], why=(drawn.why or "")[:500], role=drawn.role or "clerk",
        unit_id=unit, assignee_id=assignee, form_key=drawn.form_key or "", created_at=at,
        due_at=due_of(drawn.due, data, at))
    row.inbox_key, row.rank = row.key(), row.rank_of(instance.document.priority)
    _show(instance, row)
    db.session.add(row)
    return row


def _addressee(drawn: Element, data: dict[str, Any], at: datetime) -> tuple[int | None, int | None]:
    """The person and the unit for whom a task waits."""
    assignee = _id(drawn.assignee, data, at)
    unit = _id(drawn.unit, data, at)
    if unit and assignee is None and not people.is_held(drawn.role or "clerk", unit):
        unit = None  # nobody of that unit has the role: whoever has it in the agency, rather than nobody
    return assignee, unit


def _show(instance: Instance, row: Task) -> None:
    """Let the person see the document; the unit of a task of his is his own."""
    assignee, unit = row.assignee_id, row.unit_id
    if assignee and unit is None:
        row.unit_id = select(User.unit_id).where(User.id == assignee).scalar_subquery()
    if row.role not in right.READS_ALL:
        right.grant(instance.document, right.READ, user_id=assignee, unit_id=None if assignee else unit,
                    role=None if assignee else row.role)


def readdress(instance: Instance, row: Task, was: spiff.Compiled, data: dict[str, Any], at: datetime) -> None:
    """An open row after its instance moved to another version (Art. 10.2): the name and the clause of that version.

    Draft and due date stay. Only when that version gives it to somebody else does it change hands. Whoever has it on
    the screen learns of it by its version.
    """
    old, new = was.elements[row.element], instance.bundle.compiled.elements[row.element]
    row.label, row.version = new.label[:200], row.version + 1
    if row.kind == "incident":
        return
    row.why = (new.why or "")[:500]
    if (old.role, old.assignee, old.unit) != (new.role, new.assignee, new.unit):
        row.role, row.claimed_by_id = new.role or "clerk", None
        row.assignee_id, row.unit_id = _addressee(new, data, at)
        row.inbox_key = row.key()
        _show(instance, row)


def _open_incident(instance: Instance, element: str, occurrence: int, at: datetime) -> list[Task]:
    work = SlowWork.of(instance.id, element, occurrence)
    if work.status != "failed":
        return []
    row = Task(
        agency_id=instance.agency_id, instance_id=instance.id, document_id=instance.document_id, element=element,
        occurrence=occurrence, label=instance.bundle.compiled.elements[element].label[:200], kind="incident",
        role="admin", created_at=at, note=work.error)
    row.inbox_key, row.rank = row.key(), row.rank_of(instance.document.priority)
    db.session.add(row)
    return [row]


def _value(source: str | None, data: dict[str, Any], at: datetime) -> Any:
    return language.parse_setting(source).evaluate(data, at) if source else None


def _id(source: str | None, data: dict[str, Any], at: datetime) -> int | None:
    value = _value(source, data, at)
    return int(value) if value not in (None, "") else None


def due_of(source: str | None, data: dict[str, Any], at: datetime) -> datetime | None:
    """When the task is due: a moment (text with its offset), the end of a day, or some time from now."""
    value = _value(source, data, at)
    if isinstance(value, timedelta):
        return at + value
    if isinstance(value, str) and value.startswith("P"):
        value = language.parse(f'duration("{value}")').evaluate({}, at)
        return at + value if isinstance(value, timedelta) else None
    if isinstance(value, str) and len(value) > _A_DATE:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment
    if isinstance(value, str) and len(value) >= _A_DATE:
        value = datetime.fromisoformat(value[:_A_DATE]).date()
    if isinstance(value, datetime):
        value = local_date(value)
    if value is None or isinstance(value, (int, str)):
        return None
    return datetime.combine(value, time(23, 59, 59), ZONE)


def outdate(instance_id: int, user: User) -> None:
    """Whoever else has an open task of the instance on the screen must load it anew. The caller commits.
    """
    for row in open_of(instance_id):
        if not waits_for(row, user):
            row.version = Task.version + 1  # what is saved in it at this moment counts, too
