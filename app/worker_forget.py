"""A content that must not be here, or that nobody needs: deleted at once, unless somebody else names it (Art. 3.2).

Files that pages show of it go too, the scan that was put away, and what slow steps and begun forms kept of a document.
Whoever stores a blob holds it until the row that names it is written (attachment.hold), so none is missed here. Which
must go is the job's to say (worker.py).
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from app.db import db, queue, tenancy
from app.engine import instance as instances
from app.engine.instance import Instance
from app.engine.perform import SlowWork
from app.engine.task import Task
from app.records import history, text_layer
from app.records.attachment import Attachment, Upload, hold
from app.records.document import Document
from app.records.history import Act, ActContent
from app.records.intake import REMOVED, IntakeFile
from app.records.message import Message
from app.records.text_layer import TextLayer
from app.records.verify_record import OF_A_DOCUMENT
from app.tools.blobs import Blobs
from app.tools.scan_folder import DONE, REFUSED


def put_away(name: str, scans: Path) -> None:
    """Delete a scan from the folders of the scan folder in which taken and refused ones lie; "" names none."""
    for folder in (DONE, REFUSED) if name else ():
        (scans / folder / name).unlink(missing_ok=True)


def forget(sha256: str, blobs: Blobs, previews: Path) -> None:
    """Delete a blob that no document, message, upload or waiting page of any agency names any more. Commits."""
    if not sha256:
        return
    held = db.union_all(
        db.select(Attachment.id).where(Attachment.sha256 == sha256, Attachment.removed_at.is_(None)),
        db.select(Message.id).where(Message.sha256 == sha256), db.select(Upload.id).where(Upload.sha256 == sha256),
        db.select(TextLayer.id).where(TextLayer.sha256 == sha256),
        db.select(IntakeFile.id).where(IntakeFile.sha256 == sha256, IntakeFile.state != REMOVED))
    with tenancy.as_owner():
        db.session.commit()
        hold(sha256)
        if db.session.execute(held.limit(1)).first() is None:
            for shown in previews.glob(f"{sha256}*"):
                shown.unlink(missing_ok=True)
            blobs.delete(sha256)
        db.session.rollback()


def empty(agency_id: int, document_id: int, wanted: dict[str, Any], at: datetime, *, keeps_history: bool) -> None:
    """What work and acts kept of a document goes, once per act that wants it, and that is an act. Commits.

    `wanted`: {"sha256s", "wanted_by": number of that act in the procedure}.
    """
    subject = f"document:{document_id}"
    instances.lock_of_document(document_id)  # first, as everywhere
    empty_work(document_id)
    history.lock(subject)
    if not is_purged(subject, wanted["wanted_by"]):
        removed = 0 if keeps_history else history.head(subject)[0]
        for copy in text_layer.remove(document_id):  # named by its row until this is committed
            queue.defer(db.session, "forget", {"agency_id": agency_id, "sha256": copy})
        if removed:
            ids = db.select(Act.id).where(Act.subject == subject)
            db.session.execute(db.delete(ActContent).where(ActContent.act_id.in_(ids)))
            history.tell_as_is(OF_A_DOCUMENT, document_id)
        history.note(subject, "content_removed", agency_id=agency_id, at=at, actor_id=None,
                     input={**wanted, "acts": removed})
    db.session.commit()


def is_purged(subject: str, act: int) -> bool:
    """Whether content was removed as this act of the procedure wanted: by a worker that died before it could say so.

    `act`: its number in the procedure. The procedure may have moved since: its sender is told that it was discarded.
    """
    wanted_by = db.func.coalesce(ActContent.input["wanted_by"].as_integer(), 0)
    return db.session.scalar(db.select(Act.id).join(ActContent, ActContent.act_id == Act.id).where(
        Act.subject == subject, Act.kind == "content_removed", wanted_by >= act).limit(1)) is not None


def empty_work(document_id: int) -> None:
    """What slow steps were asked and have found, and what people had begun to write, goes; the caller commits.

    What was asked in the act that removes the content, or later, holds nothing of it and is still to be done: its
    sender is told.
    """
    closed_at = db.select(Document.closed_at).where(Document.id == document_id).scalar_subquery()
    mine = db.select(Instance.id).where(Instance.document_id == document_id)
    db.session.execute(db.update(SlowWork).where(
        SlowWork.instance_id.in_(mine),
        db.or_(closed_at.is_(None), SlowWork.asked_at < closed_at, SlowWork.status.in_(("recorded", "cancelled"))))
        .values(asked={}, found=None, error="").execution_options(synchronize_session=False))
    db.session.execute(db.update(Task).where(Task.document_id == document_id).values(draft=None, note=""))
