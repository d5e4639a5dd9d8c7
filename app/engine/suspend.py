"""Instances that are held up, let go on, or ended before their end, each with a reason (Art. 10.2; NĐ 30/2020 Đ15).

While an instance is suspended nothing moves it on: no task is completed, no timer fires, no message arrives, no slow
work goes out; what slow work was under way is kept and recorded when it goes on. Due dates stay as they were. Only a
request moves it to another version (migrate.py) or place (repair.py): it stays suspended. Who may do it is decided at
the door.
"""

from datetime import datetime

from app.db import db
from app.engine import act, obligation, step
from app.engine import instance as instances
from app.engine.act import Stage
from app.engine.instance import Instance
from app.engine.perform import SlowWork
from app.engine.reason import need_reason
from app.records.document import NotFound
from app.records.people import User
from app.refusal import Refusal


class InstanceEnded(Refusal):
    """The instance has ended: nothing can be done to it any more."""

    code, status = "instance_ended", 409


class NotCancellable(Refusal):
    """An incoming document must be dealt with: its instance is moved or repaired, never cancelled."""

    code, status, article = "not_cancellable", 409, "Art. 6.1"


def open_stage(instance_id: int, user: User, at: datetime) -> Stage:
    """The instance, locked, for an act of this person. Raises InstanceEnded, NotFound."""
    instance = instances.locked(instance_id)
    if instance.status not in instances.OPEN:
        raise InstanceEnded()
    return Stage(instance, at, user)


def suspend(instance_id: int, user: User, reason: str, at: datetime) -> bool:
    """Hold an instance up. False: it was suspended before, with its own reason. Commits."""
    reason = need_reason(reason)
    stage = open_stage(instance_id, user, at)
    instance = stage.instance
    if instance.is_suspended:
        db.session.rollback()
        return False
    instance.status_before, instance.status = instance.status, "suspended"
    instance.suspended_at, instance.suspended_by_id, instance.suspended_reason = at, user.id, reason
    act.settle(stage, act.load(stage), "instance_suspended", "", 0, {"reason": reason})
    db.session.commit()
    return True


def resume(instance_id: int, user: User, reason: str, at: datetime) -> bool:
    """Let a suspended instance go on; its timers that are overdue fire at the next tick. False: it ran. Commits."""
    reason = need_reason(reason)
    stage = open_stage(instance_id, user, at)
    instance = stage.instance
    if not instance.is_suspended:
        db.session.rollback()
        return False
    instance.status, instance.status_before = instance.status_before, ""
    instance.suspended_at = instance.suspended_by_id = None
    instance.suspended_reason = ""
    act.settle(stage, act.load(stage), "instance_resumed", "", 0, {"reason": reason})
    for work in _works(instance, "asked", "worked"):
        act.defer_work(work)
    db.session.commit()
    return True


def cancel(instance_id: int, user: User, reason: str, at: datetime) -> bool:
    """End an instance whose document is given up; a number that it has is given up with the reason. Commits.

    NĐ 30/2020 Đ15. False: it was cancelled before. Raises NotCancellable for a document that must be dealt with,
    and AlreadySent for one that a recipient may hold.
    """
    reason = need_reason(reason)
    instance = instances.locked(instance_id)
    if instance.status == "cancelled":
        db.session.rollback()
        return False
    stage = open_stage(instance_id, user, at)
    steps = step.at_cancel(instance.document.direction)
    if not steps:
        raise NotCancellable()
    run = act.load(stage)
    given = stage.act("", 0, {**run.data, "reason": reason})
    for name in steps:
        _undo(name, given)
    given.say("reason", reason)
    run.cancel()
    for work in _works(instance, "asked", "worked", "failed"):
        work.status = "cancelled"
    instance.status, instance.ended_at = "cancelled", at
    act.settle(stage, run, "instance_cancelled", "", 0, {"reason": reason})
    db.session.commit()
    return True


def _undo(name: str, given: step.Act) -> None:
    """Run a step of giving up, with its obligations; one whose need does not stand has nothing to undo."""
    try:
        obligation.require(name, given)
    except obligation.OutOfOrder:
        return
    step.call(name, given)
    obligation.settle(name, given)
    given.facts = None


def _works(instance: Instance, *statuses: str) -> list[SlowWork]:
    return list(db.session.scalars(db.select(SlowWork).where(
        SlowWork.instance_id == instance.id, SlowWork.status.in_(statuses)).order_by(SlowWork.id)))


def paused(instance_ids: list[int]) -> dict[int, str]:
    """{id: reason} of those that are suspended."""
    if not instance_ids:
        return {}
    return {key: reason for key, reason in db.session.execute(db.select(
        Instance.id, Instance.suspended_reason).where(Instance.id.in_(instance_ids), Instance.status == "suspended"))}


def find(instance_id: int) -> Instance:
    """An instance, not locked. Raises NotFound."""
    found = db.session.get(Instance, instance_id)
    if found is None:
        raise NotFound()
    return found
