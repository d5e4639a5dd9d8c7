"""Answers what was asked of a document's history, apart from the page: bundle, control slip, replay (Art. 10.3).

`ask` writes the act of taking out and defers the job, in one transaction; asked again while nothing has happened since,
it is the same question. `answer` makes the file in the folder of answers, or the verdict. Answers are kept for a short
while, for their asker only, and go with the document's content (Art. 3.2). Who may ask is decided at the door.
"""

import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import delete, select, update

from app.db import db, queue
from app.engine import evidence, replay_many
from app.engine.instance import lock_of_document
from app.records import history, history_request, verify
from app.records.document import Document
from app.records.history_request import FILES, HistoryRequest
from app.refusal import Refusal
from app.tools import Tools
from app.tools.blobs import DiskFull

Tell = Callable[[int, int], None]

#: how long an answer is kept, hours
KEPT_HOURS = 24
#: how old a question is at least that no job answers any more; a replay of few acts never had one
LOST_MINUTES = 2
#: a replay of so few acts is answered at once: about a second
FEW_ACTS = 60
#: pause between two words about progress, seconds
TELL_SECONDS = 0.3


@dataclass(frozen=True)
class Asker:
    """Who asks, of which agency's document; one of the agency above is no actor here, `told` says who he is."""

    agency_id: int
    user_id: int
    is_actor: bool = True
    told: dict[str, Any] = field(default_factory=dict)


class AnswerLost(Refusal):
    """The answer could not be made, however often it was tried."""

    code, status = "answer_lost", 503


class AnswerGone(Refusal):
    """The file is not there: not made yet, failed, or kept long enough; it may be asked for again."""

    code, status = "answer_gone", 404


def ask(document_id: int, asker: Asker, what: str, tools: Tools, folder: Path, at: datetime) -> HistoryRequest:
    """The question, new or the one that stands; what is taken out is an act. Commits; a job answers, but the replay of
    few acts is answered here.
    """
    lock_of_document(document_id)
    subject = f"document:{document_id}"
    number, _ = history.head(subject)
    found = _standing(document_id, asker, what, number, folder, at)
    is_quick = what == "replay" and number <= FEW_ACTS
    if found is None:
        if what in FILES:
            number = history.note(subject, "history_exported", agency_id=asker.agency_id, at=at,
                                  actor_id=asker.user_id if asker.is_actor else None,
                                  input={"what": what, **asker.told}).number
        found = HistoryRequest(agency_id=asker.agency_id, document_id=document_id, user_id=asker.user_id, what=what,
                               head=number, asked_at=at)
        db.session.add(found)
        db.session.flush()
        if not is_quick:
            queue.defer(db.session, "answer", {"agency_id": found.agency_id, "request_id": found.id}, queue="answer")
    db.session.commit()
    if is_quick:
        answer(found.id, tools, folder, at)
    return found


def _standing(document_id: int, asker: Asker, what: str, head: int, folder: Path,
              at: datetime) -> HistoryRequest | None:
    """The same question that is being answered, or whose file still says all: nothing was done since."""
    for one in history_request.of(document_id, asker.user_id):
        is_same = _is_awaited(one, at) or (
            one.status == "ready" and one.what in FILES and one.head == head and _is_kept(one, folder))
        if one.what == what and is_same:
            return one
    return None


def _is_awaited(row: HistoryRequest, at: datetime) -> bool:
    """Whether its answer may still come: it is new, or a job is there for it."""
    is_old = row.asked_at < at - timedelta(minutes=LOST_MINUTES)
    return row.status == "asked" and not (is_old and queue.without_job(db.session, "answer", "request_id", [row.id]))


def answer(request_id: int, tools: Tools, folder: Path, at: datetime) -> None:
    """Make the answer and say that it is ready; a second run finds it made. Commits."""
    row = db.session.get(HistoryRequest, request_id)
    if row is None or row.status != "asked":
        return
    agency_id, tell = row.agency_id, _teller(request_id)
    try:
        values = {"found": _replayed(row.document_id, tell)} if row.what == "replay" else \
            _made(row, tools, folder, at, tell)
    except Refusal as refusal:  # nobody waits for an error that comes again
        db.session.rollback()
        values = {"status": "failed", "found": {"code": refusal.code}}
    ended = db.session.execute(update(HistoryRequest).where(HistoryRequest.id == request_id).values(
        {"status": "ready"} | values).returning(HistoryRequest.id)).first()
    db.session.commit()
    if ended is None:  # withdrawn meanwhile
        sweep(agency_id, folder)


def give_up(at: datetime) -> None:
    """Questions that no job answers any more have failed: who waits is told, and may ask again. Commits."""
    rows = list(db.session.scalars(select(HistoryRequest.id).where(
        HistoryRequest.status == "asked", HistoryRequest.asked_at < at - timedelta(minutes=LOST_MINUTES))))
    lost = queue.without_job(db.session, "answer", "request_id", rows) if rows else []
    db.session.execute(update(HistoryRequest).where(HistoryRequest.id.in_(lost), HistoryRequest.status == "asked")
                       .values(status="failed", found={"code": AnswerLost.code}))
    db.session.commit()


def _made(row: HistoryRequest, tools: Tools, folder: Path, at: datetime, tell: Tell) -> dict[str, Any]:
    """Make the file beside its place and move it there in one step; its length in bytes and its sha256."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = folder / row.file_name
    descriptor, half = tempfile.mkstemp(prefix=f"{place.stem}.", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as target:
            _write(row, tools, at, target, tell)
        with open(half, "rb") as made:
            sha256, size = hashlib.file_digest(made, "sha256").hexdigest(), made.tell()
        os.replace(half, place)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull() from error
        raise
    finally:
        Path(half).unlink(missing_ok=True)
    return {"size_bytes": size, "found": {"sha256": sha256}}


def _write(row: HistoryRequest, tools: Tools, at: datetime, target: BinaryIO, tell: Tell) -> None:
    document = db.session.get_one(Document, row.document_id)
    if row.what == "bundle":
        evidence.write(document, tools, at, target, tell)
        return
    made, is_pdf = evidence.slip(document, history.course(f"document:{document.id}")), row.what == "slip"
    db.session.rollback()  # the converter may take seconds: no transaction waits for it
    tell(1, 2)
    target.write(tools.converter.to_pdf(made, "phieu.docx") if is_pdf else made)


def _replayed(document_id: int, tell: Tell) -> dict[str, Any]:
    """{"judged": [...], "faults": [...], "removals": [act]} of a document's instances and its chain, in one view of
    the database.
    """
    with verify.snapshot():
        total = history.head(f"document:{document_id}")[0]
        found = [replay_many.judged(one, lambda done: tell(done, total))
                 for one in replay_many.instances_of(document_id, None)]
        faults = history.faults(f"document:{document_id}")
        removals = history.removals(f"document:{document_id}")
    return {"judged": [asdict(one) for one in found], "faults": faults, "removals": removals}


def _teller(request_id: int) -> Tell:
    """Writes down how far it is, not too often, in transactions of its own."""
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= TELL_SECONDS:
            last = time.monotonic()
            with db.session.session_factory() as apart:
                apart.execute(update(HistoryRequest).where(HistoryRequest.id == request_id).values(
                    done=done, total=total))
                apart.commit()

    return tell


def opened(row: HistoryRequest, folder: Path) -> BinaryIO:
    """The file, open, as it was made: what somebody put in its place is none. Raises AnswerGone."""
    if row.status != "ready" or row.what not in FILES:
        raise AnswerGone()
    try:
        found = open(folder / row.file_name, "rb")
    except OSError:
        raise AnswerGone() from None
    if hashlib.file_digest(found, "sha256").hexdigest() != row.found.get("sha256"):
        found.close()
        raise AnswerGone()
    found.seek(0)
    return found


def _is_kept(row: HistoryRequest, folder: Path) -> bool:
    try:
        opened(row, folder).close()
    except AnswerGone:
        return False
    return True


def forget(agency_id: int, folder: Path, *, document_id: int | None = None, at: datetime | None = None) -> None:
    """Withdraw all questions about a document whose content goes (Art. 3.2), or those kept long enough. Commits."""
    which = HistoryRequest.document_id == document_id if at is None else \
        HistoryRequest.asked_at < at - timedelta(hours=KEPT_HOURS)
    db.session.execute(delete(HistoryRequest).where(which))
    db.session.commit()
    sweep(agency_id, folder)


def sweep(agency_id: int, folder: Path) -> None:
    """Delete the files of an agency that no question names any more, half-made ones too."""
    kept = {str(one) for one in db.session.scalars(select(HistoryRequest.id))}
    db.session.rollback()
    for place in folder.glob(f"{agency_id}-*"):
        if place.name.partition("-")[2].partition(".")[0] not in kept:
            place.unlink(missing_ok=True)
