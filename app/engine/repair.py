"""Repair of an instance that cannot go on: one person asks, another decides (Art. 10.2, security.md S5).

A token is put to a user task of the same release, only where the check from there, with what has been done to the
document, finds no error: what the regulation orders can be skipped by two people as little as by one. A slow step that
is under way is not taken back, only one that has failed: what it does outside may have been done. No step runs in the
name of who repairs. Who may ask and who may decide is decided at the door.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.engine import act, spiff_move
from app.engine import instance as instances
from app.engine.instance import Instance
from app.engine.migrate import drawing, look, unlawful
from app.engine.migrate_rule import Reason
from app.engine.perform import SlowWork
from app.engine.spiff_move import Place
from app.engine.suspend import need_reason, open_stage
from app.records import history
from app.records.document import NotFound
from app.records.people import User
from app.refusal import Refusal

ASKED, DONE, REFUSED = "asked", "done", "refused"
#: kinds of places from which a token can be put elsewhere
_MOVABLE = ("user", "script", "catch")


class RepairUnlawful(Refusal):
    """From there the instance would get stuck or break what the regulation orders."""

    code, status, article = "repair_unlawful", 409, "Art. 10.2"


class RepairNeedsAnother(Refusal):
    """Who asked for a repair does not decide on it, and nobody on one that no act of another person asks for."""

    code, status, article = "repair_needs_another", 403, "Art. 10.2"


class RepairDecided(Refusal):
    """The request was decided already, or another one for the instance still waits."""

    code, status = "repair_decided", 409


class Repair(AgencyOwned, Base):
    """A token that shall stand somewhere else, asked by one and decided by another."""

    __tablename__ = "repair"

    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), index=True)
    #: where the token stands
    element: Mapped[str] = mapped_column(String(60))
    occurrence: Mapped[int]
    #: where it shall go on
    to_element: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(500))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime | None]
    #: asked, done or refused
    status: Mapped[str] = mapped_column(String(10))

    asked_by: Mapped[User] = relationship(foreign_keys=[asked_by_id], lazy="joined", innerjoin=True)
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id], lazy="joined")


def places(instance: Instance) -> list[Place]:
    """Where its tokens stand that can be put elsewhere."""
    return _movable(instance, spiff_move.places(look(instance)))


def _movable(instance: Instance, standing: Sequence[Place]) -> list[Place]:
    """Those of the places that can be left: at a step of the system only once its work has failed for good."""
    failed = {(element, occurrence) for element, occurrence in db.session.execute(db.select(
        SlowWork.element, SlowWork.occurrence).where(SlowWork.instance_id == instance.id, SlowWork.status == "failed"))}
    return [place for place in standing if place.kind in _MOVABLE
            and (place.kind != "script" or (place.element, place.occurrence) in failed)]


def targets(instance: Instance) -> dict[str, str]:
    """{element: label} of the user tasks of its release to which a token can be put, in the order of the drawing."""
    main = drawing(instance.bundle.drawing)
    return {node.id: node.element.label or node.id for node in main.scopes[main.key].nodes.values()
            if node.tag == "userTask" and node.loop is None}


def reasons(instance: Instance, element: str, occurrence: int, to_element: str) -> list[Reason]:
    """Why the token cannot be put there; none = it can. Writes nothing."""
    standing = spiff_move.places(look(instance))
    stood = [p for p in _movable(instance, standing) if (p.element, p.occurrence) == (element, occurrence)]
    if not stood or to_element not in targets(instance):
        return [Reason("not_there", element, "Hồ sơ không còn đứng ở bước này, hoặc bước kia không nhận được.")]
    if any(p.kind in ("each", "inner") for p in standing):
        return [Reason("open_in_list", element, "Hồ sơ đang ở trong quy trình con hoặc việc giao theo danh sách.")]
    beside = {node.id for node in drawing(instance.bundle.drawing).nodes() if node.attached_to == element}
    left = [p for p in standing if p is not stood[0] and not (p.kind == "boundary" and p.element in beside)]
    return unlawful(instance, instance.bundle, (*((p.kind, p.element) for p in left), ("user", to_element)))


def _refuse(found: Sequence[Reason]) -> None:
    if found:
        refusal = RepairUnlawful(rule=found[0].rule, element=found[0].element)
        refusal.facts["message"] = found[0].sentence
        refusal.article = found[0].article or refusal.article
        raise refusal


def ask(instance_id: int, element: str, occurrence: int, to_element: str, user: User, reason: str,
        at: datetime) -> Repair:
    """Ask that a token be put elsewhere; the same request again is the same request. Commits.

    Raises RepairUnlawful, RepairDecided when another request for the instance waits, InstanceEnded, ReasonNeeded.
    """
    reason = need_reason(reason)
    instance = open_stage(instance_id, user, at).instance
    waiting = db.session.scalar(db.select(Repair).where(Repair.instance_id == instance_id, Repair.status == ASKED))
    if waiting is not None:
        db.session.rollback()
        if (waiting.element, waiting.to_element, waiting.asked_by_id) == (element, to_element, user.id):
            return waiting
        raise RepairDecided()
    _refuse(reasons(instance, element, occurrence, to_element))
    made = Repair(agency_id=instance.agency_id, instance_id=instance_id, element=element, occurrence=occurrence,
                  to_element=to_element, reason=reason, asked_by_id=user.id, asked_at=at, status=ASKED)
    db.session.add(made)
    db.session.flush()
    _note(instance, made, "repair_asked", user, at, reason)
    db.session.commit()
    return made


def decide(repair_id: int, user: User, is_granted: bool, reason: str, at: datetime) -> Repair:
    """The second person grants the repair, and it is done at once, or refuses it, also when all has ended; either with
    his own reason. Commits.

    Raises RepairNeedsAnother for who asked, RepairDecided, and, when things have changed since, RepairUnlawful and
    InstanceEnded. ReasonNeeded without a reason.
    """
    reason = need_reason(reason)
    found = db.session.get(Repair, repair_id)
    if found is None:
        raise NotFound()
    stage = (open_stage(found.instance_id, user, at) if is_granted
             else act.Stage(instances.locked(found.instance_id), at, user))
    db.session.refresh(found)
    if found.status != ASKED:
        db.session.rollback()
        raise RepairDecided()
    if found.asked_by_id == user.id or (is_granted and not _is_asked_by_another(stage.instance, found, user)):
        raise RepairNeedsAnother()
    found.status, found.decided_by_id, found.decided_at = DONE if is_granted else REFUSED, user.id, at
    if is_granted:
        _refuse(reasons(stage.instance, found.element, found.occurrence, found.to_element))
        _put(stage, found, reason)
    else:
        _note(stage.instance, found, "repair_refused", user, at, reason)
    db.session.commit()
    return found


def _is_asked_by_another(instance: Instance, asked: Repair, user: User) -> bool:
    """Whether history tells that somebody else asked for just this, and nobody decided it: a row alone is nobody's
    word.
    """
    told = history.ActContent.input
    of_it = db.select(history.Act.id).join(history.ActContent, history.ActContent.act_id == history.Act.id).where(
        history.Act.subject == f"document:{instance.document_id}", told["repair"].as_string() == str(asked.id)).limit(1)
    is_asked = db.session.scalar(of_it.where(
        history.Act.kind == "repair_asked", history.Act.actor_id == asked.asked_by_id, history.Act.actor_id != user.id,
        history.Act.element == asked.element, history.Act.occurrence == asked.occurrence,
        told["to"].as_string() == asked.to_element, told["reason"].as_string() == asked.reason)) is not None
    return is_asked and db.session.scalar(of_it.where(
        history.Act.kind.in_(("repair_refused", "instance_repaired")))) is None


def _put(stage: act.Stage, asked: Repair, reason: str) -> None:
    instance = stage.instance
    run = act.load(stage)
    spiff_move.put(run, asked.element, asked.occurrence, asked.to_element)
    for work in db.session.scalars(db.select(SlowWork).where(
            SlowWork.instance_id == instance.id, SlowWork.element == asked.element,
            SlowWork.occurrence == asked.occurrence, SlowWork.status != "recorded")):
        work.status = "cancelled"
    act.mend(instance)
    act.settle(stage, run, "instance_repaired", asked.element, asked.occurrence, {
        "to": asked.to_element, "reason": reason, "asked_reason": asked.reason, "repair": asked.id,
        "asked_by": asked.asked_by_id})


def _note(instance: Instance, asked: Repair, kind: str, user: User, at: datetime, reason: str) -> None:
    """An act that moves nothing: it bears no state, and replay passes it by."""
    drawn = instance.bundle.compiled.elements.get(asked.element)
    history.append(
        history.Act(agency_id=instance.agency_id, subject=f"document:{instance.document_id}", at=at, actor_id=user.id,
                    kind=kind, element=asked.element, occurrence=asked.occurrence, label=drawn.label if drawn else ""),
        input={"to": asked.to_element, "reason": reason, "repair": asked.id},
        changes=history.take_changes(), is_locked=True)


def waiting(key: str) -> list[tuple[Repair, Instance]]:
    """The requests of a procedure that wait for a second person, oldest first, each with its instance."""
    return [(repair, instance) for repair, instance in db.session.execute(
        db.select(Repair, Instance).join(Instance, Instance.id == Repair.instance_id)
        .where(Repair.status == ASKED, Instance.key == key, Instance.status.in_(instances.OPEN))
        .options(instances.BARE).order_by(Repair.id))]
