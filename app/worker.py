"""DOOR: the list of all jobs, and the process that runs them.

A job knows its agency and does one thing; twice is harmless. Whom its queue waits for decides its lane
(worker_lanes.py).
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.exc import OperationalError

from app import worker_fetch, worker_forget, worker_lanes, worker_mail
from app.db import db, queue, tenancy
from app.engine import act, conformance_night, deadline_again, history_answer, perform, reading, replay_many
from app.engine import instance as instances
from app.engine.instance import Instance
from app.records import agency as agencies
from app.records import intake as records_intake
from app.records import register_book, seal, verify
from app.records.document import Document
from app.records.people import User
from app.regulation.drafting import consult
from app.regulation.incoming import intake, recheck, scan, text_layer, tie
from app.regulation.outgoing import reserve
from app.regulation.oversight import day_off, given_up, late
from app.tools import Tools
from app.tools.exchange import ExchangeAway
from app.tools.mailbox import MailboxAway
from app.tools.seal_copies import CopyImpossible

log = logging.getLogger(__name__)
#: pauses of a message to an instance that does not wait for it yet, seconds; at last hourly, for days: for a person
DELIVERY_PAUSE_SECONDS, DELIVERY_ATTEMPTS = 2, 180
#: slow work that has been open for so long should still have a job, minutes
SWEEP_MINUTES = 10
#: an upload that nobody has gone on with for so long is forgotten, hours
PART_HOURS = 48
#: pause before a timer that failed is tried again, minutes
WAKE_AGAIN_MINUTES = 10
#: jobs that the queue gives up after about an hour of failures and that nothing else asks for again
GIVEN_UP = ("start", "deliver", "purge", "forget", "deadlines", "tie")

_app: Flask | None = None


def _now() -> datetime:
    return datetime.now(UTC)


def _inside(function: Callable[..., None]) -> Callable[..., None]:
    """Run a job in the application, behind the wall of its agency, with a session of its own."""

    def run(agency_id: int, **arguments: Any) -> None:
        if _app is None:
            raise RuntimeError("worker.use(app) comes first")
        with _app.app_context(), tenancy.acting_for(agency_id):
            try:
                function(agency_id=agency_id, **arguments)
            except Exception as error:
                log.error("job %s %s failed: %s", function.__name__, _ids(arguments), type(error).__name__,
                          exc_info=error)
                raise
            finally:
                db.session.remove()

    run.__name__ = function.__name__
    return run


def _ids(arguments: dict[str, Any]) -> dict[str, int]:
    return {name: value for name, value in arguments.items() if name.endswith("_id")}


@contextmanager
def _apart(what: str) -> Iterator[None]:
    """One of many: its failure is logged and undone, and the others have their turn; it is tried at the next tick."""
    try:
        yield
    except (ExchangeAway, MailboxAway, OperationalError):
        raise  # nothing else would work either
    except Exception as error:
        db.session.rollback()
        log.error("%s failed: %s", what, type(error).__name__, exc_info=error)


def use(app: Flask) -> None:
    """The application whose jobs run in this process."""
    global _app
    _app = app


def _tools() -> Tools:
    return _app.extensions["tools"] if _app else None  # type: ignore[return-value]


def _answers() -> Path:
    return _app.config["SETTINGS"].answers  # type: ignore[union-attr]


@queue.job("default", "perform")
@_inside
def run_perform(agency_id: int, work_id: int) -> None:
    """Do the work of a slow step."""
    settings = _app.config["SETTINGS"]  # type: ignore[union-attr]
    perform.perform(work_id, _tools(), attempts=settings.step_attempts, pause_seconds=settings.step_pause_seconds,
                    finish=act.finish_step, fail=act.fail_step)


@queue.job("default", "deliver")
@_inside
def run_deliver(agency_id: int, instance_id: int, message: str, payload: dict[str, Any], attempt: int = 1) -> None:
    """Bring a message to an instance; one that does not wait for it yet is asked again."""
    if act.receive_message(instance_id, message, payload, _now()):
        return
    instance = db.session.get(Instance, instance_id)
    if instance is not None and instance.is_suspended:  # it waits as long as that lasts
        attempt = 0
    if instance is None or instance.status not in instances.OPEN or attempt >= DELIVERY_ATTEMPTS:
        log.info("message %s to instance %s not wanted", message, instance_id)
        db.session.rollback()
        return
    again = {"agency_id": agency_id, "instance_id": instance_id, "message": message, "payload": payload}
    pause = timedelta(seconds=DELIVERY_PAUSE_SECONDS * (min(attempt or 30, 30) if attempt < 60 else 1800))
    queue.defer(db.session, "deliver", {**again, "attempt": attempt + 1}, at=_now() + pause)
    db.session.commit()


@queue.job("default", "start")
@_inside
def run_start(agency_id: int, key: str, document_id: int, data: dict[str, Any], actor_id: int | None) -> None:
    """Start the procedure of a document that another act made; a second run finds it started."""
    document = db.session.scalar(db.select(Document).where(Document.id == document_id).with_for_update())
    if document is None or instances.of_document(document_id) is not None:
        db.session.rollback()
        return
    actor = db.session.get(User, actor_id) if actor_id else None
    act.start(key, document, actor=actor, data=data, at=_now())


@queue.job("default", "wake", is_ticked=True)
@_inside
def run_wake(agency_id: int) -> None:
    """Let the due timers of an agency's instances fire, the oldest first; one that fails gives way to the others."""
    due = list(db.session.scalars(
        db.select(Instance.id).where(Instance.wake_at <= _now()).order_by(Instance.wake_at).limit(500)))
    db.session.rollback()
    for instance_id in due:
        is_done = False
        with _apart(f"timers of instance {instance_id}"):
            act.fire_timers(instance_id, _now())
            is_done = True
        if not is_done:
            db.session.execute(db.update(Instance).where(Instance.id == instance_id).values(
                wake_at=_now() + timedelta(minutes=WAKE_AGAIN_MINUTES)))
            db.session.commit()


@queue.job("default", "sweep", is_ticked=True)
@_inside
def run_sweep(agency_id: int) -> None:
    """Open slow work and given-up messages get a job again; answers that will not come fail, old ones are deleted.

    A new year's registers open.
    """
    register_book.begin_year(agency_id, _now())
    db.session.commit()
    for name, arguments in queue.again(db.session, GIVEN_UP, agency_id):
        log.error("job %s %s was given up; it is tried again", name, _ids(arguments))
        given_up.tell(agency_id, name, arguments, _now())
        db.session.commit()
    work, since = perform.SlowWork, _now() - timedelta(minutes=SWEEP_MINUTES)
    rows = db.session.execute(db.select(work.id, work.queue, work.instance_id).join(
        Instance, Instance.id == work.instance_id).where(
        work.status.in_(("asked", "worked")), work.asked_at < since, Instance.status != "suspended").limit(500)).all()
    lost = set(queue.without_job(db.session, "perform", "work_id", [row.id for row in rows]))
    for row in rows:
        if row.id in lost:
            log.warning("work %s had no job any more", row.id)
            queue.defer(db.session, "perform", {"agency_id": agency_id, "work_id": row.id}, queue=row.queue,
                        lock=perform.job_lock(row.instance_id))
    db.session.commit()
    reserve.expire(_now())
    consult.expire_all(_now(), _apart)
    history_answer.give_up(_now())
    history_answer.forget(agency_id, _answers(), at=_now())


@queue.job("exchange", "fetch", is_ticked=True)
@_inside
def run_fetch(agency_id: int) -> None:
    """Take what the exchange holds for an agency, unless the axis was away a moment ago."""
    worker_fetch.fetch(agency_id, _tools(), _forget, _apart)


@queue.job("mail", "mail", is_ticked=True)
@_inside
def run_mail(agency_id: int) -> None:
    """Take what the official mailbox of an agency holds, unless it was away a moment ago."""
    worker_mail.look(agency_id, _tools(), _app.config["SETTINGS"], _apart)  # type: ignore[union-attr]


@queue.job("default", "scan", is_ticked=True)
@_inside
def run_scan(agency_id: int) -> None:
    """Take what a copier has finished writing; hand in the scans whose document was started but never got them."""
    settings, blobs, folder = _app.config["SETTINGS"], _tools().blobs, _scans(agency_id)  # type: ignore[union-attr]
    for found in scan.finished(agency_id, folder, _now()):
        with _apart(f"a scanned file of agency {agency_id}"):
            scan.take(agency_id, found, folder, blobs, settings.max_upload_bytes, _now())
    for pile, upload in records_intake.unfinished():
        with _apart(f"the scan of document {pile.document_id}"):
            intake.finish(pile, upload, _now())
    for part_id in records_intake.forget_parts(_now() - timedelta(hours=PART_HOURS)):
        (settings.uploads / str(part_id)).unlink(missing_ok=True)
    db.session.commit()


@queue.job("ocr", "read_all")
@_inside
def run_read_all(agency_id: int, document_id: int, is_cleared: bool = False) -> None:
    """Read all pages of what came: text for search, a searchable copy."""
    text_layer.make(document_id, _tools(), _now, is_cleared=is_cleared)


@queue.job("ocr", "tie")
@_inside
def run_tie(agency_id: int, pile_id: int) -> None:
    """Read a scan that a sheet brings to a registered document, before it gets there (Art. 3.2)."""
    tie.read(pile_id, _tools(), _now())


@queue.job("conversion", "pages")
@_inside
def run_pages(agency_id: int, file_id: int) -> None:
    """Look at the pages of a stack: separator sheets, blank pages."""
    intake.look(file_id, _tools().blobs, _now())


@queue.job("default", "purge")
@_inside
def run_purge(agency_id: int, document_id: int, sha256s: list[str], wanted_by: int = 0,
              keeps_history: bool = False) -> None:
    """Art. 3.2: delete content that must not be here, and what acts, work and answers kept of it."""
    worker_forget.purge(agency_id, document_id, sha256s, wanted_by, _now(), keeps_history=keeps_history,
                        blobs=_tools().blobs, previews=_app.config["SETTINGS"].previews)  # type: ignore[union-attr]
    history_answer.forget(agency_id, _answers(), document_id=document_id)


@queue.job("answer", "answer", attempts=5)
@_inside
def run_answer(agency_id: int, request_id: int) -> None:
    """Make the bundle or slip that somebody asked for, or run a history again."""
    history_answer.answer(request_id, _tools(), _answers(), _now())


@queue.job("default", "forget")
@_inside
def run_forget(agency_id: int, sha256: str, put_away: str = "") -> None:
    """Delete a blob that nobody names, and its scan as the copier wrote it."""
    _forget(agency_id, sha256)
    worker_forget.put_away(put_away, _scans(agency_id))


def _forget(agency_id: int, sha256: str) -> None:
    worker_forget.forget(sha256, _tools().blobs, _app.config["SETTINGS"].previews)  # type: ignore[union-attr]


def _scans(agency_id: int) -> Path:
    slug = db.session.get_one(agencies.Agency, agency_id).slug
    return _app.config["SETTINGS"].scans / slug  # type: ignore[union-attr]


@queue.job("default", "reading")
@_inside
def run_reading(agency_id: int, document_id: int, user_id: int, what: str, read_at: str) -> None:
    """Write a reading down that would have made its reader wait."""
    reading.note_later(document_id, user_id, what, read_at, _now())


@queue.job("default", "deadlines")
@_inside
def run_deadlines(agency_id: int, days: tuple[str, ...] | list[str] = ()) -> None:
    """The calendar has changed on these days: limits that have not passed are computed anew, chosen ones told of."""
    deadline_again.run(_now())
    day_off.run([date.fromisoformat(one) for one in days], _now())


@queue.job("default", "urge", is_ticked=True)
@_inside
def run_urge(agency_id: int) -> None:
    """Each working morning who is late is named and urged (Art. 10.4)."""
    late.run(_now, _apart)


@queue.job("default", "seal", is_ticked=True)
@_inside
def run_seal(agency_id: int) -> None:
    """Seal what moved in the agency's history, and put outside what is not there yet (security.md S12)."""
    seal.take(agency_id, _tools().sealer, _now())
    try:
        seal.copy_out(agency_id, _tools().sealer)
    except CopyImpossible as refusal:  # tried again at the next seal; verify.py tells it, too
        log.error("seal %s of agency %s has no copy in %s: %s", refusal.facts["seal"], agency_id,
                  refusal.facts["folder"], refusal.facts["why"])


@queue.job("default", "verify", is_ticked=True)
@_inside
def run_verify(agency_id: int) -> None:
    """Nightly: is the agency's history whole, with its seals, files, numbers and records?"""
    found = verify.nightly(agency_id, _tools().blobs, _tools().sealer, _now())
    if not found.is_whole:
        log.error("history of agency %s has %s faults", agency_id, found.seen["faults"])


@queue.job("default", "replay", is_ticked=True)
@_inside
def run_replay(agency_id: int) -> None:
    """Nightly: do the histories of the last two days run again the same?"""
    found = replay_many.nightly(agency_id, _now(), (_now() - timedelta(days=2)).date())
    if not found.is_whole:
        log.error("replay of agency %s differs in %s histories", agency_id, found.seen["faults"])


@queue.job("default", "conform", is_ticked=True)
@_inside
def run_conform(agency_id: int) -> None:
    """Nightly: did what moved in the last two days keep the order, the dates and the roles of the regulation?"""
    conformance_night.nightly(agency_id, _now(), (_now() - timedelta(days=2)).date())


@queue.job("revocation", "recheck", is_ticked=True)
@_inside
def run_recheck(agency_id: int) -> None:
    """Fetch the lists of revocation that are old; judge signatures again of which too little was known."""
    _tools().signer.prover.renew()
    recheck.run(_tools(), _now, _apart)


@queue.job("default", "orphans", is_ticked=True)
@_inside
def run_orphans(agency_id: int) -> None:
    """Nightly, once for all agencies: blobs that nobody names any more are deleted."""
    worker_forget.sweep(_tools().blobs, _app.config["SETTINGS"].previews, _now())  # type: ignore[union-attr]


def serve(app: Flask, queues: list[str] | None = None, concurrency: int = 2) -> None:
    """Run jobs until told to stop; `concurrency`: slots of the work of people."""
    use(app)
    worker_lanes.serve(app.config["SQLALCHEMY_DATABASE_URI"], queues, concurrency,
                       app.config["SETTINGS"].stalled_seconds)


def run_due(app: Flask) -> None:
    """Run all jobs that are due now, and those that they defer, then return (set-up and tests)."""
    use(app)
    running = queue.worker_app(queue.libpq(app.config["SQLALCHEMY_DATABASE_URI"]))

    async def until_empty() -> None:
        async with running.open_async():
            await running.run_worker_async(wait=False, concurrency=1, install_signal_handlers=False,
                                           delete_jobs="successful", listen_notify=False)

    asyncio.run(until_empty())
