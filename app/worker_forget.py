"""A blob that must not be here any more, or that nobody needs: deleted when nobody names it (Art. 3.2).

Files that pages show of it go too, and what slow steps and begun forms kept of a document. Which must go is the job's
to say (worker.py).
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.db import db, queue, tenancy
from app.engine.instance import Instance
from app.engine.perform import SlowWork
from app.engine.task import Task
from app.records.attachment import Attachment, Upload
from app.records.document import Document
from app.records.history import Act, ActContent
from app.records.intake import REMOVED, IntakeFile
from app.records.message import Message
from app.records.text_layer import TextLayer
from app.tools.blobs import Blobs

#: a blob stored so lately is not deleted: the row that names it may not be written yet, hours
YOUNG_HOURS = 24


def forget(agency_id: int, sha256: str, blobs: Blobs, previews: Path, at: datetime) -> None:
    """Delete a blob that no document, message, upload or waiting page of any agency names any more. Commits.

    A young one may just have been stored by somebody whose row is not written yet: it is looked at again later.
    """
    held = db.union_all(
        db.select(Attachment.id).where(Attachment.sha256 == sha256, Attachment.removed_at.is_(None)),
        db.select(Message.id).where(Message.sha256 == sha256), db.select(Upload.id).where(Upload.sha256 == sha256),
        db.select(TextLayer.id).where(TextLayer.sha256 == sha256),
        db.select(IntakeFile.id).where(IntakeFile.sha256 == sha256, IntakeFile.state != REMOVED))
    with tenancy.as_owner():
        db.session.commit()
        is_held = db.session.execute(held.limit(1)).first()
        db.session.rollback()
    if is_held or not blobs.has(sha256):
        return
    for shown in previews.glob(f"{sha256}*"):
        shown.unlink(missing_ok=True)
    old_at = datetime.fromtimestamp(blobs.path(sha256).stat().st_mtime, UTC) + timedelta(hours=YOUNG_HOURS)
    if old_at <= at:
        blobs.delete(sha256)
        return
    queue.defer(db.session, "forget", {"agency_id": agency_id, "sha256": sha256}, at=old_at)
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
