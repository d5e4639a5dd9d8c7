"""The running instances of a procedure, listed and counted for who moves, suspends and repairs them (Art. 10.2, 10.4).

By version, by element and by what is the matter with them. Numbers of documents, names of steps and dates only: whoever
looks after running instances needs no content of a document, and an administrator may read none (security.md S13). It
changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from app.db import db
from app.engine import spiff_move, task
from app.engine.diagram import Release, bundle
from app.engine.instance import BARE, Instance
from app.engine.migrate import look
from app.engine.perform import SlowWork
from app.engine.task import Task
from app.records.document import Document

#: what can be asked for beside "all"
STATES = ("overdue", "incident", "suspended")
#: stands for all places at which no person and no slow step is waited for
EVENT = "event"


@dataclass(frozen=True)
class Asked:
    """Which instances: of a procedure, of one version, at one element, in one state, of documents; empty = any."""

    key: str
    version: int | None = None
    element: str = ""
    state: str = ""
    #: condition on Document
    of: ColumnElement[bool] | None = None


@dataclass(frozen=True)
class Row:
    """One running instance. `places` are names of steps."""

    instance: Instance
    version: int
    is_withdrawn: bool
    places: tuple[str, ...]
    due_at: datetime | None
    is_incident: bool


@dataclass(frozen=True)
class Count:
    """How many instances of one version run, and how many of them are in each state."""

    release: Release
    running: int
    overdue: int
    incident: int
    suspended: int


def _incident() -> ColumnElement[bool]:
    return or_(Instance.status == "incident", and_(Instance.status == "suspended",
                                                   Instance.status_before == "incident"))


def _open_task(*of: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Task.instance_id == Instance.id, Task.status == task.OPEN, *of)


def _open_work(*of: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(SlowWork.instance_id == Instance.id,
                          SlowWork.status.in_(("asked", "worked", "failed")), *of)


def _state(name: str, at: datetime) -> ColumnElement[bool]:
    if name == "overdue":
        return _open_task(Task.due_at < at)
    return _incident() if name == "incident" else Instance.status == "suspended"


def _where(asked: Asked, at: datetime) -> list[ColumnElement[bool]]:
    releases = select(Release.id).where(Release.key == asked.key)
    if asked.version is not None:
        releases = releases.where(Release.version == asked.version)
    found = [Instance.release_id.in_(releases), Instance.ended_at.is_(None)]
    if asked.of is not None:
        found.append(Instance.document_id.in_(select(Document.id).where(asked.of)))
    if asked.element == EVENT:
        found += [~_open_task(), ~_open_work()]
    elif asked.element:
        found.append(or_(_open_task(Task.element == asked.element), _open_work(SlowWork.element == asked.element)))
    if asked.state:
        found.append(_state(asked.state, at))
    return found


def counts(asked: Asked, at: datetime) -> list[Count]:
    """The versions of the procedure that have running instances, and the one in force, newest first."""
    key = asked.key
    rows = db.session.execute(
        select(Instance.release_id, func.count(), *(func.count().filter(_state(name, at)) for name in STATES))
        .where(*_where(Asked(key, of=asked.of), at)).group_by(Instance.release_id)).all()
    of = {row[0]: tuple(row[1:]) for row in rows}
    releases = db.session.scalars(select(Release).where(
        Release.key == key, or_(Release.id.in_(of), Release.status == "published")).order_by(Release.version.desc()))
    return [Count(release, *of.get(release.id, (0, 0, 0, 0))) for release in releases]


def elements(asked: Asked, at: datetime) -> list[tuple[str, str, int]]:
    """(element, name, instances of the procedure that stand there), most first; EVENT for those that wait for a
    message or a time.
    """
    key, within = asked.key, _where(Asked(asked.key, of=asked.of), at)
    tasks = db.session.execute(select(Task.element, func.max(Task.label), func.count(Instance.id.distinct()))
                               .join(Instance, Instance.id == Task.instance_id)
                               .where(Task.status == task.OPEN, *within).group_by(Task.element)).all()
    works = db.session.execute(select(SlowWork.element, func.count(Instance.id.distinct()))
                               .join(Instance, Instance.id == SlowWork.instance_id)
                               .where(SlowWork.status.in_(("asked", "worked", "failed")), *within)
                               .group_by(SlowWork.element)).all()
    names = _names(key) if works else {}
    found = {element: (element, label, standing) for element, label, standing in tasks}
    for element, standing in works:
        found.setdefault(element, (element, names.get(element, element), standing))
    resting = count(Asked(key, element=EVENT, of=asked.of), at)
    rows = sorted(found.values(), key=lambda row: (-row[2], row[1]))
    return [*rows, (EVENT, "", resting)] if resting else rows


def _names(key: str) -> dict[str, str]:
    newest = db.session.scalar(select(Release).where(Release.key == key).order_by(Release.version.desc()).limit(1))
    return {} if newest is None else {e.id: e.label or e.id for e in bundle(newest).compiled.elements.values()}


def count(asked: Asked, at: datetime) -> int:
    """How many there are."""
    return db.session.scalar(select(func.count()).select_from(Instance).where(*_where(asked, at))) or 0


def chosen(asked: Asked, at: datetime, limit: int) -> list[tuple[int, int]]:
    """(instance id, document id) of all that are asked for, oldest first, up to a limit."""
    return [(row.id, row.document_id) for row in db.session.execute(
        select(Instance.id, Instance.document_id).where(*_where(asked, at)).order_by(Instance.id).limit(limit))]


def page(asked: Asked, at: datetime, *, after: int | None, limit: int) -> tuple[list[Row], int | None]:
    """One page, oldest first, and the id after which the next one begins."""
    query = select(Instance).where(*_where(asked, at)).options(BARE)
    if after is not None:
        query = query.where(Instance.id > after)
    found = list(db.session.scalars(query.order_by(Instance.id).limit(limit + 1)))
    return rows_of(found[:limit]), found[limit - 1].id if len(found) > limit else None


def rows_of(instances: Sequence[Instance]) -> list[Row]:
    """What to show of these; their releases, tasks in one statement each."""
    releases = {r.id: r for r in db.session.scalars(
        select(Release).where(Release.id.in_({i.release_id for i in instances})))} if instances else {}
    due: dict[int, datetime] = dict(db.session.execute(
        select(Task.instance_id, func.min(Task.due_at)).where(
            Task.instance_id.in_([i.id for i in instances]), Task.status == task.OPEN, Task.due_at.is_not(None))
        .group_by(Task.instance_id)).all()) if instances else {}
    return [_row(instance, releases[instance.release_id], due.get(instance.id)) for instance in instances]


def _row(instance: Instance, release: Release, due_at: datetime | None) -> Row:
    elements = bundle(release).compiled.elements
    names = [elements[p.element].label or p.element for p in spiff_move.places(look(instance))
             if p.kind not in ("boundary", "join") and p.element in elements]
    return Row(instance, release.version, release.status == "withdrawn", tuple(dict.fromkeys(names)), due_at,
               instance.condition == "incident")
