"""Acts: one thing done by one actor at one moment = one transaction, one instance locked, one row of history.

Every way to move an instance passes `_perform`: lock, load, move, run to rest, steps change records, history,
jobs, inbox, save. The caller of the public functions gets it committed. It waits for nothing and touches no
outside world.
"""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.db import db, queue
from app.engine import instance as instances
from app.engine import obligation, spiff, step, task, template
from app.engine.diagram import to_start
from app.engine.form import plain
from app.engine.inbox import rewrite
from app.engine.instance import Instance
from app.engine.perform import SlowWork, job_lock
from app.engine.reason import need_reason
from app.records import catalogue, history
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.records.people import User

Plain = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What an act left: the document, and the next task of the same person on it, if there is one."""

    document_id: int
    instance_id: int
    next_task_id: int | None = None


@dataclass
class Stage:
    """One act while it happens; the host of spiff.Run. For the modules of this folder that move instances."""

    instance: Instance
    at: datetime
    actor: User | None = None
    on_behalf_of: User | None = None
    #: [element, occurrence, result], a slow step's result None: what replay feeds back
    results: list[list[Any]] = field(default_factory=list)
    works: list[SlowWork] = field(default_factory=list)
    outgoing: list[tuple[str, Plain]] = field(default_factory=list)

    def act(self, element: str, occurrence: int, data: Plain) -> step.Act:
        """What a step is handed."""
        return step.Act(self.instance.document, self.instance, self.actor, self.on_behalf_of, self.at, data,
                        element, occurrence, self.outgoing)

    def step(self, element: str, occurrence: int, name: str, arguments: Plain, data: Plain) -> Any:
        """Run the step a script task calls (spiff.Host): its result, or LATER for slow work."""
        if name == "decide":
            return self._decide(element, occurrence, arguments["table"], data)
        found, act = step.find(name), self.act(element, occurrence, data)
        obligation.require(name, act, arguments)
        if not isinstance(found, step.SlowStep):
            result = history.settled(found(act, **arguments) or {})
            template.require_offered(name, result)
            obligation.settle(name, act, {**arguments, **result})
        else:
            asked = found.ask(act, **arguments)
            if asked is not None:
                self.results.append([element, occurrence, None])
                self.works.append(SlowWork(
                    agency_id=self.instance.agency_id, instance_id=self.instance.id, element=element,
                    occurrence=occurrence, name=name, queue=found.queue, asked=asked, status="asked",
                    asked_by_id=act.actor_id, asked_for_id=self.on_behalf_of.id if self.on_behalf_of else None,
                    asked_at=self.at))
                return spiff.LATER
            result = {}
            obligation.settle(name, act, arguments)
        self.results.append([element, occurrence, result])
        return result

    def _decide(self, element: str, occurrence: int, table: str, data: Plain) -> Plain:
        """A rule asks its table; what decides who signs or handles is not a table's to write."""
        found = self.instance.bundle.table(table).decide(data, self.at).outputs
        owned = template.owned_names()
        result = history.settled({k: v for k, v in (found if isinstance(found, dict) else {}).items()
                                  if k not in owned})
        self.results.append([element, occurrence, result])
        return result


def start(key: str, document: Document, *, actor: User | None, data: Plain, at: datetime,
          seed: uuid.UUID | None = None, said: str = "") -> Instance:
    """Start the procedure in force for a document that is new in this transaction. Commits.

    `said`: why it is started so, kept as a reason. `seed`: the name of this start. Asked for again under the same name
    (a double click, a page sent again after a lost connection), the instance that it started is given back and nothing
    new is made.
    """
    try:
        return _started(seed) or _start(key, document, actor, data, at, seed or uuid.uuid4(), said)
    except IntegrityError:
        db.session.rollback()
        found = _started(seed)
        if found is None:
            raise
        return found


def _started(seed: uuid.UUID | None) -> Instance | None:
    return db.session.scalar(db.select(Instance).where(Instance.seed == seed)) if seed else None


def _start(key: str, document: Document, actor: User | None, data: Plain, at: datetime, seed: uuid.UUID,
           said: str) -> Instance:
    db.session.add(document)
    release = to_start(key)
    db.session.flush()
    instance = Instance(agency_id=document.agency_id, key=key, document_id=document.id, release_id=release.id,
                        seed=seed, status="running", state=b"", acts=0, started_at=at)
    instance.document, instance.release = document, release
    db.session.add(instance)
    db.session.flush()
    given = history.settled({**data, "document_id": document.id})
    stage = Stage(instance, at, actor)
    stage.act("", 0, given).say("reason", said)
    run = spiff.Run.start(instance.bundle.compiled, seed=instance.seed, act=1, at=at, host=stage, data=given)
    settle(stage, run, "instance_started", "", 0, {"data": given, "seed": str(instance.seed)})
    db.session.commit()
    return instance


def complete_task(task_id: int, user: User, version: int, values: Plain, *, at: datetime | None = None) -> Outcome:
    """A person completes a task with the values of its form. Commits.

    Raises NotFound, TaskTaken or StaleTask (409: somebody was first), FormInvalid (422), and what a step
    refuses; then nothing has happened.
    """
    at = at or datetime.now(UTC)
    instance, row = _locked_with(task_id)
    task.find(task_id, user, at)
    today = local_date(at)
    task.refuse_taken(row, user, today)
    if row.kind != "user" or not task.may_act(row, user, today):
        raise NotFound()
    instances.refuse_suspended(instance)
    if row.version != version:
        raise task.StaleTask()
    form = instance.bundle.form(row.form_key)
    clean = form.check(
        {k: v for k, v in values.items() if k != "signature"}, lambda name: catalogue.values(name, user), at)
    clean.pop(form.pin, None)  # the door has exchanged it for a signature; no PIN enters history
    if "signature" in values:
        clean["signature"] = values["signature"]
    principal = task.principal(row, user, today)
    stage = Stage(instance, at, user, db.session.get(User, principal) if principal else None)
    run = load(stage)
    row.status, row.done_at, row.done_by_id, row.draft = task.DONE, at, user.id, None
    row.version += 1
    found = _take(stage, row, clean, run)
    run.complete(row.element, row.occurrence, found)
    opened = settle(stage, run, "task_completed", row.element, row.occurrence, {"values": clean, "data": found})
    mine = [t for t in opened if t.kind == "user" and task.may_act(t, user, today)]
    outcome = Outcome(instance.document_id, instance.id, mine[0].id if mine else None)
    db.session.commit()
    return outcome


def _locked_with(task_id: int) -> tuple[Instance, task.Task]:
    """A task and its instance, locked in one statement: the instance first, as everywhere. Raises NotFound."""
    found = db.session.execute(
        db.select(Instance, task.Task).join(task.Task, task.Task.instance_id == Instance.id)
        .where(task.Task.id == task_id).options(instances.BARE).with_for_update(of=[Instance, task.Task])
        .execution_options(populate_existing=True)).first()
    if found is None:
        raise NotFound()
    return instances.with_document(found[0]), found[1]


def _take(stage: Stage, row: task.Task, clean: Plain, run: spiff.Run) -> Plain:
    """Let the article of the form write its records; without one, plain values become instance data."""
    handler = step.taker(row.form_key)
    act = stage.act(row.element, row.occurrence, dict(_waiting(run, row.element, row.occurrence)))
    obligation.require(f"task:{row.form_key}", act)
    if handler is None:
        act.say("opinion", clean.get("opinion"))
        return history.settled({k: v for k, v in plain(clean).items() if k not in template.owned_names()})
    result = history.settled(handler(act, clean) or {})
    template.require_offered(f"task:{row.form_key}", result)
    obligation.settle(f"task:{row.form_key}", act, result)
    return result


def _waiting(run: spiff.Run, element: str, occurrence: int) -> Plain:
    for waiting in run.waiting():
        if (waiting.element, waiting.occurrence) == (element, occurrence):
            return waiting.data
    raise task.StaleTask()


def finish_step(work_id: int, at: datetime) -> bool:
    """A slow step's result comes back: record it and go on. Commits.

    False: it was recorded before, or waits with its suspended instance.
    """
    work = db.session.get(SlowWork, work_id)
    if work is None:
        raise NotFound()
    instance = instances.locked(work.instance_id)
    db.session.refresh(work)
    if work.status != "worked" or instance.is_suspended:
        db.session.rollback()
        return False
    asker, principal = (db.session.get(User, key) if key else None for key in (work.asked_by_id, work.asked_for_id))
    stage = Stage(instance, at, asker, principal)
    run = load(stage)
    act = stage.act(work.element, work.occurrence, dict(_waiting(run, work.element, work.occurrence)))
    arguments = spiff.arguments_of(instance.bundle.compiled.elements[work.element].arguments, act.data)
    obligation.require(work.name, act, arguments)
    result = history.settled(step.slow(work.name).record(act, work.found or {}) or {})
    template.require_offered(work.name, result)
    obligation.settle(work.name, act, {**arguments, **result})
    work.status = "recorded"
    run.finish(work.element, work.occurrence, result)
    settle(stage, run, "step_finished", work.element, work.occurrence, {"found": work.found, "data": result})
    db.session.commit()
    return True


def receive_message(instance_id: int, message: str, payload: Plain, at: datetime) -> bool:
    """A message reaches an instance. False: nothing there waits for it (yet). Commits when it moved."""
    return _hear(Stage(instances.locked(instance_id), at), message, lambda act: payload)


def tell(instance_id: int, message: str, user: User, on_behalf_of: User | None, at: datetime,
         prepare: Callable[[step.Act], Plain]) -> bool:
    """A person's word reaches an instance as a message. False: nothing there waits for it. Commits when it moved.

    `prepare` is run under the lock: it may refuse, write records, and gives the payload.
    """
    instance = instances.locked(instance_id)
    instances.refuse_suspended(instance)
    return _hear(Stage(instance, at, user, on_behalf_of), message, prepare)


def _hear(stage: Stage, message: str, prepare: Callable[[step.Act], Plain]) -> bool:
    if stage.instance.status != "running":
        db.session.rollback()
        return False
    payload = history.settled(prepare(stage.act(message, 0, {})))
    run = load(stage)
    if not run.receive(message, payload):
        db.session.rollback()
        return False
    settle(stage, run, "message_received", message, 0, {"message": message, "payload": payload})
    db.session.commit()
    return True


def fire_timers(instance_id: int, at: datetime) -> bool:
    """Let the timers that are due fire. False: none was, or the instance is suspended. Commits when one did."""
    instance = instances.locked(instance_id)
    if instance.is_suspended:
        db.session.rollback()
        return False
    stage = Stage(instance, at)
    run = load(stage)
    fired = run.refresh()
    if not fired:
        instance.wake_at = run.wake_at
        db.session.commit()
        return False
    settle(stage, run, "timer_fired", fired[0], 0, {"fired": fired})
    db.session.commit()
    return True


def fail_step(work_id: int, error: str, at: datetime) -> None:
    """A slow step has failed for good: the instance becomes an incident that administrators see. Commits."""
    work = db.session.get(SlowWork, work_id)
    if work is None:
        raise NotFound()
    instance = instances.locked(work.instance_id)
    db.session.refresh(work)
    if work.status not in ("asked", "worked"):
        db.session.rollback()
        return
    work.status, work.error = "failed", error
    instance.go_on_as("incident")
    stage = Stage(instance, at)
    settle(stage, load(stage), "step_failed", work.element, work.occurrence, {"error": error})
    db.session.commit()


def retry(task_id: int, user: User, reason: str, at: datetime) -> Outcome:
    """An administrator lets the failed step try again, and says why it may work now. Commits."""
    reason = need_reason(reason)
    row, work, stage = _incident(task_id, user, at)
    work.asked = step.slow(work.name).again(stage.act(work.element, work.occurrence, {}), work.asked)
    work.status, work.attempts, work.error = "asked", 0, ""
    mend(stage.instance)
    row.status, row.done_at, row.done_by_id = task.DONE, at, user.id
    settle(stage, load(stage), "step_retried", work.element, work.occurrence, {"reason": reason})
    defer_work(work)
    db.session.commit()
    return Outcome(stage.instance.document_id, stage.instance.id)


def send_back(task_id: int, user: User, reason: str, at: datetime) -> Outcome:
    """An administrator gives the document back to the person who acted before the failed step. Commits."""
    reason = need_reason(reason)
    row, work, stage = _incident(task_id, user, at)
    run = load(stage)
    element = run.send_back(work.element, work.occurrence)
    stage.act(element, 0, {}).say("reason", reason)
    work.status = "cancelled"
    mend(stage.instance)
    row.status, row.done_at, row.done_by_id = task.DONE, at, user.id
    settle(stage, run, "sent_back", work.element, work.occurrence, {"reason": reason, "to": element})
    db.session.commit()
    return Outcome(stage.instance.document_id, stage.instance.id)


def _incident(task_id: int, user: User, at: datetime) -> tuple[task.Task, SlowWork, Stage]:
    row = task.find(task_id, user, at)
    instance = instances.locked(row.instance_id)
    db.session.refresh(row)
    task.refuse_taken(row, user, local_date(at))
    if row.kind != "incident" or not user.has("admin"):
        raise NotFound()
    instances.refuse_suspended(instance)
    work = SlowWork.of(instance.id, row.element, row.occurrence)
    return row, work, Stage(instance, at, user)


def mend(instance: Instance) -> None:
    """One failure less: the instance runs on, unless another branch of it has failed, too."""
    db.session.flush()
    failed = db.select(SlowWork.id).where(SlowWork.instance_id == instance.id, SlowWork.status == "failed")
    instance.go_on_as("incident" if db.session.scalar(failed.limit(1)) else "running")


def load(stage: Stage) -> spiff.Run:
    """The run of the stage's instance, where its last act left it."""
    instance = stage.instance
    return spiff.Run.load(instance.bundle.compiled, instance.state, seed=instance.seed, act=instance.acts + 1,
                          at=stage.at, host=stage)


def settle(stage: Stage, run: spiff.Run, kind: str, element: str, occurrence: int, given: Plain) -> list[task.Task]:
    """Save the state, rewrite the inbox, write history, defer the jobs; returns the tasks that are open now."""
    instance = stage.instance
    instance.state = run.save()
    instance.wake_at = None if instance.is_suspended else run.wake_at
    instance.acts += 1
    if run.is_finished and instance.status in ("running", "incident"):
        instance.status, instance.ended_at = "finished", stage.at
        instance.ended_at_element = run.ended_at_element or ""
        instance.wake_at = None
        obligation.require_end(stage.act(element, occurrence, {}))
    db.session.add_all(stage.works)
    if run.is_finished:
        _drop_work(instance)
    opened = rewrite(instance, run.waiting(), stage.at)
    compiled = instance.bundle.compiled
    history.append(
        history.Act(
            agency_id=instance.agency_id, subject=f"document:{instance.document_id}", at=stage.at,
            actor_id=stage.actor.id if stage.actor else None,
            on_behalf_of_id=stage.on_behalf_of.id if stage.on_behalf_of else None, kind=kind, element=element,
            occurrence=occurrence, label=compiled.elements[element].label if element in compiled.elements else "",
            moves=[[m.element, m.occurrence, m.before, m.after] for m in run.moves],
            release_sha256=instance.release.sha256, state_hash=hashlib.sha256(instance.state).hexdigest()),
        input={**given, "results": stage.results, "act": instance.acts, "instance": instance.id},
        changes=history.take_changes(), is_locked=True)
    for work in () if run.is_finished else stage.works:
        defer_work(work, instance.document.priority)
    for name, arguments in stage.outgoing:
        queue.defer(db.session, name, {"agency_id": instance.agency_id, **arguments},
                    lock=job_lock(arguments["instance_id"]) if "instance_id" in arguments else None)
    return opened


def _drop_work(instance: Instance) -> None:
    """What another branch still had under way when an end ended all: nothing more goes out for it."""
    db.session.flush()
    db.session.execute(db.update(SlowWork).where(
        SlowWork.instance_id == instance.id, SlowWork.status.in_(("asked", "worked", "failed")))
        .values(status="cancelled"))


def defer_work(work: SlowWork, urgency: int = 0) -> None:
    """Let the worker take up slow work, after this transaction; that of urgent documents first (NĐ 30/2020 Đ18.1)."""
    queue.defer(db.session, "perform", {"agency_id": work.agency_id, "work_id": work.id}, queue=work.queue,
                lock=job_lock(work.instance_id), priority=urgency)

