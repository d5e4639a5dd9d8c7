"""Overview of a procedure: where its instances stand, how long work waits at each element, what is overdue (Art. 10.4).

Counts and times only, from rows of inboxes, of slow steps and of acts; no content of a document. A wait is from the
opening of a task to its completion; slow steps and events are counted where they stand. What rests at an event has
no row of its own: it is found by the last move of its history. It decides nothing and changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import and_, func, or_, select, text

from app.db import db
from app.engine.diagram import Release
from app.engine.instance import Instance
from app.engine.perform import SlowWork
from app.engine.task import DONE, OPEN, Task
from app.records.history import Act

#: instances that rest whose acts are read together
TOGETHER = 500


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
    for _document, element, began in _resting(releases):
        known = found.get(element, Spot(element, kind="catch"))
        found[element] = replace(known, standing=known.standing + 1, oldest_at=min(known.oldest_at or began, began))
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


#: documents whose instances wait for no person and no worker: they rest at an event
_RESTING = text("""
    select i.document_id from instance i where i.release_id = any(:releases) and i.ended_at is null
      and not exists (select from task t where t.instance_id = i.id and t.status = 'open')
      and not exists (select from slow_work w where w.instance_id = i.id and w.status in ('asked', 'worked', 'failed'))
    order by i.document_id""")


def _resting(releases: Sequence[int]) -> Iterator[tuple[int, str, datetime]]:
    """(document, event, since when) of each instance that rests: where its last token came to wait."""
    documents = db.session.scalars(_RESTING, {"releases": list(releases)}).all()
    for start in range(0, len(documents), TOGETHER):
        subjects = {f"document:{one}": one for one in documents[start:start + TOGETHER]}
        for subject, course in groupby(db.session.execute(_acts(list(subjects))), lambda act: act.subject):
            for element, at in _waits(course):
                yield subjects[subject], element, at
                break


def _acts(subjects: Sequence[str]) -> Any:
    return (select(Act.subject, Act.at, Act.moves).where(Act.subject.in_(subjects))
            .order_by(Act.subject, Act.number.desc()))


def _waits(acts: Iterable[Any]) -> Iterator[tuple[str, datetime]]:
    """Where tokens came to wait, the last first; the acts are so, too."""
    for act in acts:
        yield from ((element, act.at) for element, _, _, after in reversed(act.moves) if after == "WAITING")


def documents_at(releases: Sequence[int], element: str) -> list[int]:
    """Ids of the documents whose instances stand at an element now; who may see which is the caller's to ask."""
    tasks = (select(Task.document_id).join(Instance, Instance.id == Task.instance_id)
             .where(Instance.release_id.in_(releases), Task.status == OPEN, Task.element == element))
    slow = (select(Instance.document_id).join(SlowWork, SlowWork.instance_id == Instance.id)
            .where(Instance.release_id.in_(releases), Instance.ended_at.is_(None), SlowWork.element == element,
                   SlowWork.status.in_(("asked", "worked"))))
    found = set(db.session.scalars(tasks.union(slow)))
    found |= {document_id for document_id, event, _ in _resting(releases) if event == element}
    return sorted(found)
