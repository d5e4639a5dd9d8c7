"""Withdrawing a faulty release (Art. 10.2): nothing starts on it any more, and what runs on it is found.

When it was in force, the release before it comes in force again, as a new version, with the forms and tables it had;
when there is none, or the check no longer allows it, nothing starts until a corrected one is published. Its running
instances are not touched: they are moved (migrate.py), suspended or cancelled (suspend.py), or end under watch.
"""

from dataclasses import dataclass
from datetime import datetime

from app.db import db
from app.engine import diagram
from app.engine.diagram import Credit, Release, hashes_in_force, texts_in_force, texts_of
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
    history.note(f"release:{found.key}", "release_withdrawn", agency_id=found.agency_id, at=at, actor_id=user.id,
                 input={"version": found.version, "sha256": found.sha256, "reason": reason})
    if was_in_force:
        _restore(found, user, reason, at)
    db.session.commit()
    return Withdrawn(found, _in_force(found.key), affected(release_id))


def _restore(bad: Release, user: User, reason: str, at: datetime) -> None:
    """Put in force again what was before, unless the check would not let it pass today."""
    good = db.session.scalar(db.select(Release).where(
        Release.key == bad.key, Release.version < bad.version, Release.status == "retired")
        .order_by(Release.version.desc()).limit(1))
    if good is None:
        return
    present, before = hashes_in_force(), texts_of(good)
    files = {name: text for name, text in before.items() if present.get(name) != good.parts[name]
             or name == f"bpmn:{bad.key}"}
    removed = [name for name in bad.parts if name not in good.parts and name.split(":")[0] in ("dmn", "case")]
    after = {name: text for name, text in {**texts_in_force(), **files}.items() if name not in removed}
    if not judge_files(after, frozenset({*files, *removed, f"bpmn:{bad.key}"})).is_ok:
        return
    diagram.publish(bad.agency_id, files, at=at, note=reason, removed=removed, credit=Credit(
        author_id=good.author_id, publisher_id=user.id, reason=f"Thu hồi bản {bad.version}: {reason}"[:500]))


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
