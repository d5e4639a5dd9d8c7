"""Moving running instances to the version in force, on request, one act each (Art. 10.2).

`plan` says beforehand, per instance, whether it may be moved, and why not: by the drawings and its course
(migrate_rule.py), and by the check from where it stands with what has been done to its document (check.py,
security.md S4, S5). `migrate` plans again under the lock. Deadlines that run go on, drafts in open tasks stay.
A suspended one may be moved and stays suspended. Nothing is moved without a request: else an instance ends on the
release on which it began. Who may ask is decided at the door.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from app.db import db
from app.engine import act, check, inbox, migrate_rule, spiff, spiff_move, task
from app.engine import instance as instances
from app.engine.act import Stage
from app.engine.diagram import Bundle, Release, bundle, in_force, texts_of
from app.engine.dialect import Drawing, read_drawing
from app.engine.instance import Instance
from app.engine.migrate_rule import Course, Reason
from app.engine.suspend import need_reason, open_stage
from app.records import history, milestone
from app.records.people import User
from app.refusal import Refusal


class NotMovable(Refusal):
    """The instance cannot be moved to this version."""

    code, status, article = "not_movable", 409, "Art. 10.2"


class MovedMeanwhile(Refusal):
    """The instance follows another version than the one that was looked at, or that version is no longer in force."""

    code, status = "moved_meanwhile", 409


@dataclass(frozen=True)
class Plan:
    """What moving an instance would do, or why it cannot be moved. Names of steps and dates only, no content."""

    instance_id: int
    document_id: int
    #: versions, and the id of the release that it follows
    source: int
    target: int
    source_id: int
    reasons: tuple[Reason, ...] = ()
    #: where it stands, by name
    places: tuple[str, ...] = ()
    #: open tasks whose form another version of has come in
    forms: tuple[str, ...] = ()
    #: running deadlines that are kept: (name, when)
    deadlines: tuple[tuple[str, datetime], ...] = ()
    #: how many open tasks hold what somebody has typed and not sent
    drafts: int = 0
    #: whether it follows the target already
    is_there: bool = False

    @property
    def is_ok(self) -> bool:
        """Whether it may be moved."""
        return not self.reasons and not self.is_there


def plan(instance: Instance, release: Release) -> Plan:
    """Look at one instance and the version to which it would be moved. Writes nothing.

    Raises MovedMeanwhile when that version is not in force, or of another procedure.
    """
    if release.status != "published" or release.key != instance.key:
        raise MovedMeanwhile()
    known = {"instance_id": instance.id, "document_id": instance.document_id, "source": instance.release.version,
             "target": release.version, "source_id": instance.release_id}
    if instance.release_id == release.id:
        return Plan(**known, is_there=True)
    if instance.status not in instances.OPEN:
        return Plan(**known, reasons=(Reason("ended", "", "Hồ sơ đã kết thúc."),))
    old, new = instance.bundle, bundle(release)
    run = look(instance)
    places = spiff_move.places(run)
    open_tasks = task.open_of(instance.id)
    names = {element: drawn.label or element for element, drawn in old.compiled.elements.items()}
    return Plan(
        **known, reasons=tuple(_reasons(instance, release, run, places, instance.document.exchange_form or "")),
        places=tuple(dict.fromkeys(names.get(p.element, p.element) for p in places if p.kind != "boundary")),
        forms=tuple(row.label for row in open_tasks if row.form_key and
                    old.form_texts.get(row.form_key) != new.form_texts.get(row.form_key)),
        deadlines=tuple((names.get(element, element), due) for element, due in sorted(run.timers().items())),
        drafts=sum(1 for row in open_tasks if row.draft))


def look(instance: Instance) -> spiff.Run:
    """Its run to be looked at; nothing of it may be moved or saved."""
    return spiff.Run.load(instance.bundle.compiled, instance.state, seed=instance.seed, act=instance.acts + 1,
                          at=instance.started_at, host=NOBODY)


def _reasons(instance: Instance, release: Release, run: spiff.Run, places: tuple[spiff_move.Place, ...],
             form: str) -> list[Reason]:
    old, new, course = instance.bundle, bundle(release), Course.of(_moves(instance))
    drawn = migrate_rule.reasons(drawing(old.drawing), drawing(new.drawing), places, course)
    if drawn:
        return drawn
    if lost := spiff_move.unknown(new.compiled, instance.state):
        return [Reason("done_missing", lost[0], "Phần đã làm của hồ sơ không còn trong bản mới.")]
    return unlawful(instance, new, tuple((p.kind, p.element) for p in places), release.key, form)


def unlawful(instance: Instance, release: Bundle, waiting: tuple[tuple[str, str], ...], key: str = "",
             form: str = "") -> list[Reason]:
    """What the check finds ahead of an instance that stands there with what has been done to its document.

    `key`, `form`: of another procedure, and how the document would be exchanged by it.
    """
    standing = frozenset(milestone.standing(instance.document_id))
    return list(_found(release.sha256, key or instance.key, waiting, standing,
                       form or instance.document.exchange_form or ""))


@lru_cache(maxsize=2048)
def _found(sha256: str, key: str, waiting: tuple[tuple[str, str], ...], standing: frozenset[str],
           form: str) -> tuple[Reason, ...]:
    """Kept: of ten thousand instances most stand in one of a few places."""
    release = db.session.scalars(db.select(Release).where(Release.sha256 == sha256).limit(1)).one()
    found = check.from_marking(texts_of(release), key, list(waiting), set(standing), form)
    return tuple(Reason(f.rule, f.element, f.message, f.article) for f in found if f.severity == "error")


@lru_cache(maxsize=128)
def drawing(text: bytes) -> Drawing:
    """The model of a published drawing, read once."""
    return read_drawing(text)


def _moves(instance: Instance) -> list[list]:
    """All moves of its course, in order."""
    rows = db.session.scalars(db.select(history.Act.moves).where(
        history.Act.subject == f"document:{instance.document_id}", history.Act.release_sha256 != "")
        .order_by(history.Act.number))
    return [move for moves in rows for move in moves]


class _Nobody:
    """The host of a run that is only looked at."""

    def step(self, *_: object) -> None:
        raise RuntimeError("nothing runs while planning")


#: no step runs while one only looks
NOBODY = _Nobody()


def target(key: str) -> Release:
    """The version to which instances of a procedure are moved: the one in force. Raises DiagramMissing."""
    return in_force(key)


def migrate(instance_id: int, source_id: int, target_id: int, user: User, reason: str, at: datetime) -> bool:
    """Move one instance from the release that was looked at to the one in force. Commits.

    False: it follows that one already (a double click, another migrator). Raises NotMovable with the first reason in
    `message`, MovedMeanwhile, InstanceEnded, ReasonNeeded.
    """
    reason = need_reason(reason)
    release = db.session.scalar(db.select(Release).where(Release.id == target_id).with_for_update(read=True)
                                .execution_options(populate_existing=True))
    stage = open_stage(instance_id, user, at)
    instance = stage.instance
    if instance.release_id == target_id:
        db.session.rollback()
        return False
    if release is None or instance.release_id != source_id:
        raise MovedMeanwhile()
    found = plan(instance, release)
    if found.reasons:
        refusal = NotMovable(rule=found.reasons[0].rule, element=found.reasons[0].element)
        refusal.facts["message"] = found.reasons[0].sentence
        raise refusal
    _move(stage, release, "instance_migrated", {"reason": reason})
    db.session.commit()
    return True


def cross(stage: Stage, release: Release, kind: str, form: str, given: dict[str, Any]) -> list[Reason]:
    """Let an instance go on by another procedure of its document; `form`: how that is exchanged then. The act: `kind`.

    Only where both procedures are the same so far and all that lies ahead in the other is lawful: else nothing is
    written, and the reasons against it are given back. The caller holds the lock and the release, and commits.
    """
    instance = stage.instance
    run = look(instance)
    found = _reasons(instance, release, run, spiff_move.places(run), form)
    if not found:
        instance.document.exchange_form = form
        _move(stage, release, kind, given)
    return found


def _move(stage: Stage, release: Release, kind: str, given: dict[str, Any]) -> None:
    instance, before = stage.instance, stage.instance.state
    old = instance.release
    run = spiff_move.move(bundle(release).compiled, before, seed=instance.seed, act=instance.acts + 1, at=stage.at,
                          host=stage)
    instance.release, instance.key = release, release.key
    waiting = {(w.element, w.occurrence): w.data for w in run.waiting() if w.kind == "user"}
    for row in task.open_of(instance.id):
        inbox.readdress(instance, row, bundle(old).compiled, waiting.get((row.element, row.occurrence), {}), stage.at)
    act.settle(stage, run, kind, "", 0, {
        **given, "from": old.sha256, "to": release.sha256, "versions": [old.version, release.version],
        "before": hashlib.sha256(before).hexdigest()})
