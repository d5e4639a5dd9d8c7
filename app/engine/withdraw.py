"""Withdrawing a faulty release (Art. 10.2): nothing starts on it any more, and what runs on it is found.

When it was in force, the newest release before it that is another in what is its own (drawing, and the forms and tables
that the drawing names) comes in force again, as a new version. Files of other procedures stay as they are; who shares a
form or table that goes back is told. When there is no such release, or the check no longer allows it, nothing starts
until a corrected one is published. Its running instances are not touched: they are moved (migrate.py), suspended or
cancelled (suspend.py), or end under watch.
"""

from dataclasses import dataclass
from datetime import datetime

from app.db import db
from app.engine import diagram
from app.engine.diagram import Credit, Diagram, Release, hashes_in_force, names_of, texts_in_force, texts_of
from app.engine.instance import OPEN, Instance
from app.engine.proposal_publish import judge_files
from app.engine.suspend import need_reason
from app.records import history
from app.records.document import NotFound
from app.records.people import User


@dataclass(frozen=True)
class Withdrawn:
    """What a withdrawal left in force."""

    release: Release
    #: the new version that is what was before; None when nothing of the procedure is in force now
    restored: Release | None
    #: running instances that follow it
    affected: int
    #: keys of other procedures in force that share a form or table which went back
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Way:
    """What putting an earlier release in force again changes."""

    good: Release
    files: dict[str, bytes]
    removed: tuple[str, ...]
    others: tuple[str, ...]


def withdraw(release_id: int, user: User, reason: str, at: datetime) -> Withdrawn:
    """Take a release out of use. Withdrawn again, it is as it was. Commits.

    One at a time with publishing. Raises NotFound, ReasonNeeded.
    """
    reason = need_reason(reason)
    history.lock(f"diagrams:{user.agency_id}")
    found = db.session.scalar(db.select(Release).where(Release.id == release_id).with_for_update()
                              .execution_options(populate_existing=True))
    if found is None:
        raise NotFound()
    if found.status == "withdrawn":
        db.session.rollback()
        return Withdrawn(found, _in_force(found.key), affected(release_id))
    was_in_force = found.status == "published"
    found.status, found.withdrawn_at, found.withdrawn_by_id, found.withdrawn_reason = "withdrawn", at, user.id, reason
    db.session.flush()
    way = _way_back(found) if was_in_force else None
    others = way.others if way else ()
    history.note(f"release:{found.key}", "release_withdrawn", agency_id=found.agency_id, at=at, actor_id=user.id,
                 input={"version": found.version, "sha256": found.sha256, "reason": reason, "others": list(others)})
    if way:
        diagram.publish(found.agency_id, way.files, at=at, note=reason, removed=way.removed, key=found.key,
                        credit=Credit(author_id=way.good.author_id, publisher_id=user.id,
                                      reason=f"Thu hồi bản {found.version}: {reason}"[:500]))
    db.session.commit()
    return Withdrawn(found, _in_force(found.key), affected(release_id), others)


def _way_back(bad: Release) -> _Way | None:
    """What puts in force again what was before; None when nothing was, or the check would not let it pass today."""
    good = _good(bad)
    if good is None:
        return None
    present, now, before = hashes_in_force(), texts_in_force(), texts_of(good)
    own = {*_own(good), f"case:{bad.key}"} & set(good.parts)
    files = {name: before[name] for name in own if present.get(name) != good.parts[name]}
    sharing = {name[5:]: names_of(name[5:], text) for name, text in now.items()
               if name.startswith("bpmn:") and name != f"bpmn:{bad.key}"}
    used = {name for named in sharing.values() for name in named}
    removed = tuple(sorted(name for name in {*_own(bad), f"case:{bad.key}"} - own - used
                           if name in present and name.split(":")[0] in ("dmn", "case")))
    after = {name: text for name, text in {**now, **files}.items() if name not in removed}
    if not judge_files(after, frozenset({*files, *removed, f"bpmn:{bad.key}"})).is_ok:
        return None
    return _Way(good, files, removed, tuple(sorted(key for key, named in sharing.items()
                                                   if named & set(files) and _in_force(key))))


def _good(bad: Release) -> Release | None:
    """The newest release before it whose own parts are neither its own nor those of another that was withdrawn."""
    earlier = list(db.session.scalars(db.select(Release).where(
        Release.key == bad.key, Release.status.in_(("retired", "withdrawn"))).order_by(Release.version.desc())))
    faulty = [_own(release) for release in earlier if release.status == "withdrawn"]
    return next((release for release in earlier if release.status == "retired" and release.version < bad.version
                 and _own(release) not in faulty), None)


def _own(release: Release) -> dict[str, str]:
    """{name: sha256} of its drawing and of the forms and tables that the drawing names."""
    drawing = db.session.scalar(db.select(Diagram.text).where(
        Diagram.sha256 == release.parts[f"bpmn:{release.key}"], Diagram.kind == "bpmn").limit(1))
    return {name: sha for name, sha in release.parts.items() if name in names_of(release.key, drawing)}


def _in_force(key: str) -> Release | None:
    return db.session.scalar(db.select(Release).where(Release.key == key, Release.status == "published"))


def affected(release_id: int) -> int:
    """How many running instances follow a release."""
    return db.session.scalar(db.select(db.func.count()).select_from(Instance).where(
        Instance.release_id == release_id, Instance.status.in_(OPEN), Instance.ended_at.is_(None))) or 0


def open_ones(key: str) -> list[tuple[Release, int]]:
    """The withdrawn releases of a procedure that running instances still follow, newest first, and how many."""
    rows = db.session.execute(
        db.select(Release, db.func.count(Instance.id)).join(Instance, Instance.release_id == Release.id)
        .where(Release.key == key, Release.status == "withdrawn", Instance.ended_at.is_(None))
        .group_by(Release.id).order_by(Release.version.desc()))
    return [(release, count) for release, count in rows]
