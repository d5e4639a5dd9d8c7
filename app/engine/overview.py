"""Overview of a procedure: where its instances stand, how long work waits at each element, what is overdue (Art. 10.4).

Counts and times only, from rows of inboxes, of slow steps and of acts; no content of a document. A wait is from the
opening of a task to its completion; slow steps and events are counted where they stand. What rests at an event has
no row of its own: it is found by the last move of its history. It decides nothing and changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, text

from app.db import db
from app.engine.diagram import Release
from app.engine.instance import Instance
from app.engine.perform import SlowWork
from app.engine.task import DONE, OPEN, Task


@dataclass(frozen=True)
class Spot:
    """One element of the diagram, over all instances asked about; times in seconds."""

    element: str
    #: the name on the diagram of the day; empty for what no task names
    label: str = ""
    #: user, script or catch
    kind: str = "user"
    #: instances that stand here now
    standing: int = 0
    #: of these, given up by the worker
    failed: int = 0
    #: the longest wait of those that stand here
    oldest_at: datetime | None = None
    #: completed within the period, and their median wait
    done: int = 0
    median_seconds: float | None = None
    #: tasks with a deadline, open or completed within the period; how many missed it; of these, still open
    dated: int = 0
    late: int = 0
    late_now: int = 0

    @property
    def late_share(self) -> float | None:
        """Missed deadlines by deadlines; None: nothing here has a deadline."""
        return self.late / self.dated if self.dated else None


@dataclass(frozen=True)
class Version:
    """One release of the procedure, and how many instances run on it."""

    release: Release
    running: int


def versions(key: str) -> list[Version]:
    """All releases of a procedure, the newest first."""
    running = (select(Instance.release_id, func.count().label("running")).where(Instance.ended_at.is_(None))
               .group_by(Instance.release_id).subquery())
    rows = db.session.execute(
        select(Release, func.coalesce(running.c.running, 0)).outerjoin(running, running.c.release_id == Release.id)
        .where(Release.key == key).order_by(Release.version.desc()))
    return [Version(release, count) for release, count in rows]


def spots(releases: Sequence[int], *, since: datetime, at: datetime) -> dict[str, Spot]:
    """{element: Spot} over the instances on these releases; completed work counts from `since` on."""
    found = {row.element: Spot(**row._mapping) for row in db.session.execute(_tasks(releases, since, at))}
    for element, standing, oldest in db.session.execute(_slow(releases)):
        known = found.get(element, Spot(element))
        found[element] = replace(known, kind="script", standing=known.standing + standing, oldest_at=oldest)
    for element, standing, oldest in db.session.execute(_EVENTS, {"releases": list(releases)}):
        known = found.get(element, Spot(element, kind="catch"))
        found[element] = replace(known, standing=known.standing + standing, oldest_at=oldest)
    return found


def _tasks(releases: Sequence[int], since: datetime, at: datetime) -> Any:
    is_user, is_open, is_done = Task.kind == "user", Task.status == OPEN, Task.status == DONE
    wait = func.extract("epoch", Task.done_at - Task.created_at)
    is_late = Task.due_at < func.coalesce(Task.done_at, at)

    def count(*where: Any) -> Any:
        return func.count().filter(and_(*where))

    return (
        select(
            Task.element, func.max(Task.label).label("label"), count(is_open).label("standing"),
            count(is_open, Task.kind == "incident").label("failed"),
            func.min(Task.created_at).filter(is_open).label("oldest_at"), count(is_done, is_user).label("done"),
            func.percentile_cont(0.5).within_group(wait).filter(and_(is_done, is_user)).label("median_seconds"),
            count(is_user, Task.due_at.is_not(None)).label("dated"), count(is_user, is_late).label("late"),
            count(is_user, is_open, is_late).label("late_now"))
        .join(Instance, Instance.id == Task.instance_id).where(Instance.release_id.in_(releases))
        .where(or_(is_open, and_(is_done, Task.done_at >= since))).group_by(Task.element))


def _slow(releases: Sequence[int]) -> Any:
    return (select(SlowWork.element, func.count(), func.min(SlowWork.asked_at))
            .join(Instance, Instance.id == SlowWork.instance_id)
            .where(Instance.release_id.in_(releases), Instance.ended_at.is_(None),
                   SlowWork.status.in_(("asked", "worked")))
            .group_by(SlowWork.element))


#: instances for which nobody and no worker has anything to do: the event at which the last token came to rest
_RESTING = """
    select i.id, i.document_id, rested.element, rested.at from instance i cross join lateral (
        select m.value ->> 0 as element, a.at from act a, jsonb_array_elements(a.moves) with ordinality m
        where a.agency_id = i.agency_id and a.subject = 'document:' || i.document_id
          and a.moves @? 'strict $[*] ? (@[3] == "WAITING")' and m.value ->> 3 = 'WAITING'
        order by a.number desc, m.ordinality desc limit 1) rested
    where i.release_id = any(:releases) and i.ended_at is null
      and not exists (select from task t where t.instance_id = i.id and t.status = 'open')
      and not exists (select from slow_work w where w.instance_id = i.id and w.status in ('asked', 'worked', 'failed'))
"""
_EVENTS = text(f"select element, count(*), min(at) from ({_RESTING}) resting group by element")
_EVENT_DOCUMENTS = text(f"select document_id from ({_RESTING}) resting where element = :element")


def documents_at(releases: Sequence[int], element: str) -> list[int]:
    """Ids of the documents whose instances stand at an element now; who may see which is the caller's to ask."""
    tasks = (select(Task.document_id).join(Instance, Instance.id == Task.instance_id)
             .where(Instance.release_id.in_(releases), Task.status == OPEN, Task.element == element))
    slow = (select(Instance.document_id).join(SlowWork, SlowWork.instance_id == Instance.id)
            .where(Instance.release_id.in_(releases), Instance.ended_at.is_(None), SlowWork.element == element,
                   SlowWork.status.in_(("asked", "worked"))))
    found = set(db.session.scalars(tasks.union(slow)))
    found |= set(db.session.scalars(_EVENT_DOCUMENTS, {"releases": list(releases), "element": element}))
    return sorted(found)
