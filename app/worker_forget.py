"""A content that must not be here, or that nobody needs: deleted at once, unless somebody else names it (Art. 3.2).

Files that pages show of it go too, the scan that was put away, and what slow steps and begun forms kept of a document.
Whoever stores a blob holds it until the row that names it is written (attachment.hold), so none is missed here. Which
must go is the job's to say (worker.py).
"""

import logging
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from app.db import db, queue, tenancy
from app.engine import instance as instances
from app.engine.instance import Instance
from app.engine.perform import SlowWork
from app.engine.task import Task
from app.records import agency as agencies
from app.records import attachment, blob_name, history, message, nightly, register, text_layer, verify_removal
from app.records import mail as mails
from app.records import sender_request as requests
from app.records.attachment import Upload, hold
from app.records.calendar import local_date
from app.records.document import REMOVED, Document
from app.records.history import Act, ActContent
from app.records.message import Message
from app.records.verify_record import OF_A_DOCUMENT
from app.regulation.incoming import let_go
from app.tools.blobs import Blobs
from app.tools.scan_folder import DONE, REFUSED

log = logging.getLogger(__name__)
#: what is said at a document that came in one mail with another that must not be here
MAIL_GONE = "Thư gốc đã xóa khỏi kho: văn bản khác gửi cùng thư không được cập nhật (Điều 3.2)"
#: what lies in the store for so long without a name was left by a process that was killed; uploads take minutes
ORPHAN_HOURS = 24


def put_away(name: str, scans: Path) -> None:
    """Delete a scan from the folders of the scan folder in which taken and refused ones lie; "" names none."""
    for folder in (DONE, REFUSED) if name else ():
        (scans / folder / name).unlink(missing_ok=True)


def forget(sha256: str, blobs: Blobs, previews: Path) -> None:
    """Delete a blob that no document, message, upload or waiting page of any agency names any more. Commits."""
    if not sha256:
        return
    with tenancy.as_owner():
        db.session.commit()
        hold(sha256)
        if not blob_name.named([sha256]):
            _unshow(sha256, previews)
            blobs.delete(sha256)
        db.session.rollback()


def sweep(blobs: Blobs, previews: Path, at: datetime) -> int:
    """Put aside what has lain in the store for a day and nobody names: its process was killed before the row was
    written. What was put aside a day ago goes.

    Nothing moves unless history was found whole within a day: files may be evidence, and rows may be what is gone. So
    a check lies between the two, whenever rows were taken away. Commits; how many blobs were put aside.
    """
    before, gone = at - timedelta(hours=ORPHAN_HOURS), 0
    with tenancy.as_owner():
        db.session.commit()
        is_clean = nightly.is_clean("verify", before)
        working = blob_name.in_work()
        db.session.rollback()
    if not is_clean:
        log.warning("no blob is swept: history was not found whole within a day")
        return 0
    pieces = blobs.clear(before)
    left = (sha256 for sha256 in blobs.older(before) if sha256 not in working)
    while some := list(islice(left, 1000)):
        with tenancy.as_owner():
            orphans = sorted({*some} - blob_name.named(some))
            db.session.rollback()
            for sha256 in orphans:
                hold(sha256)
                if not blob_name.named([sha256]) and blobs.put_aside(sha256, before):
                    _unshow(sha256, previews)
                    gone += 1
                db.session.rollback()
    if gone or pieces:
        log.warning("%s blobs that nobody named were put aside, %s pieces deleted", gone, pieces)
    return gone


def _unshow(sha256: str, previews: Path) -> None:
    for shown in previews.glob(f"{sha256}*"):
        shown.unlink(missing_ok=True)


def purge(agency_id: int, document_id: int, sha256s: list[str], wanted_by: int, at: datetime, *, keeps_history: bool,
          blobs: Blobs, previews: Path) -> None:
    """Art. 3.2: delete content that must not be here: blobs that nobody else names, what acts and work kept of it.

    `wanted_by`: number in the procedure of the act that wants it; `keeps_history`: what acts kept stays (the sender
    took the document back, QĐ 28/2018 Đ9). Commits.
    """
    originals = let_go.of_document(document_id, blobs)
    sha256s = sorted({*sha256s, *originals, *text_layer.copies_of(document_id)})
    if not keeps_history:
        _without_mail(document_id, sha256s, at)
    db.session.execute(db.delete(Upload).where(Upload.sha256.in_(sha256s)))
    for sha256 in sha256s:
        forget(sha256, blobs, previews)
    empty(agency_id, document_id, {"sha256s": sha256s, "wanted_by": wanted_by}, at, keeps_history=keeps_history)


def complete(document_id: int, given: dict[str, str], at: datetime, *, blobs: Blobs, previews: Path) -> bool:
    """Art. 3.2: what a removal left of a document that was kept out goes now, as `verify` names it: packets, words and
    hashes that earlier versions kept. By an operator, `given` his name and reason; False: nothing is left. Commits.
    """
    instances.lock_of_document(document_id)
    if document_id not in verify_removal.left():
        db.session.rollback()
        return False
    document = db.session.get_one(Document, document_id)
    sha256s = _raw_mails(document_id)
    for packet in message.bearing(document_id):
        sha256s.append(packet.sha256)
        _blank("message", packet.id, {"sha256": ""} | ({"description": ""} if packet.direction == "in" else {}))
    for file in attachment.of(document_id):
        sha256s.append(file.sha256)
        _blank("attachment", file.id, {"sha256": ""})
    for entry in register.explained_otherwise(document_id):
        _blank("register_entry", entry.id, {"void_reason": register.KEPT_OUT})
    early = message.early(agencies.codes_of(document.organ_id, local_date(at)), requests.names_of(document))
    sha256s += [message.let_go(packet, at, REMOVED, with_words=True) for packet in early]
    _empty_early(early, at)
    history.note(f"document:{document_id}", "removal_completed", agency_id=document.agency_id, at=at, actor_id=None,
                 input=given)
    _empty_removals(document, at)
    db.session.commit()
    _without_mail(document_id, sha256s, at)
    for sha256 in {*sha256s}:
        forget(sha256, blobs, previews)
    return True


def _empty_removals(document: Document, at: datetime) -> None:
    """Removals that told hashes of what they removed lose their own content, by another one that tells none."""
    numbers = [number for _, number in verify_removal.telling(document.id)]
    if not numbers:
        return
    subject = f"document:{document.id}"
    upto = Act.subject == subject, Act.number <= max(numbers)
    given = db.session.scalars(db.select(ActContent.input).join(Act, ActContent.act_id == Act.id).where(
        *upto, Act.kind == "content_removed")).all()
    db.session.execute(db.delete(ActContent).where(ActContent.act_id.in_(db.select(Act.id).where(*upto))))
    history.tell_as_is(OF_A_DOCUMENT, document.id)
    history.note(subject, "content_removed", agency_id=document.agency_id, at=at, actor_id=None, input={
        "removed_files": 0, "wanted_by": max(one.get("wanted_by", 0) for one in given), "acts": max(numbers)})


def _blank(table: str, key: int, values: dict[str, str]) -> None:
    """Empty columns of a row; the act says that, and not what stood there."""
    told = ", ".join(f"{name} = :{name}" for name in values)
    db.session.execute(db.text(f"update {table} set {told} where id = :id"), {"id": key, **values})
    history.tell(table, key, {name: [None, value] for name, value in values.items()})


def _raw_mails(document_id: int) -> list[str]:
    """The mails in which it came with other letters, where those still name them."""
    own = {row.key.split(":")[1] for row in message.received_for(document_id) if row.key.startswith("mail:")}
    return [row.sha256 for other_id in mails.beside(document_id) for row in message.received_for(other_id)
            if row.sha256 and row.key.startswith("mail:") and row.key.split(":")[1] in own]


def _without_mail(document_id: int, sha256s: list[str], at: datetime) -> None:
    """The raw mail holds all its letters: of what must go, the others that came with it name it no more. Commits each.

    Their own files stay, as they came and with their signatures; the act says why the mail is gone.
    """
    for other_id in mails.beside(document_id):
        instances.lock_of_document(other_id)
        packets = [one for one in message.received_for(other_id) if one.sha256 and one.sha256 in sha256s]
        for packet in packets:
            packet.sha256 = ""
            history.append(history.Act(agency_id=packet.agency_id, subject=f"document:{other_id}", at=at,
                                       kind="message_received", element="mail", label=MAIL_GONE),
                           input={}, changes=history.take_changes())
        db.session.commit()


def empty(agency_id: int, document_id: int, wanted: dict[str, Any], at: datetime, *, keeps_history: bool) -> None:
    """What work and acts kept of a document goes, once per act that wants it, and that is an act. Commits.

    `wanted`: {"sha256s", "wanted_by": number of that act in the procedure}.
    """
    subject = f"document:{document_id}"
    instances.lock_of_document(document_id)  # first, as everywhere
    history.lock(subject)
    if not is_purged(subject, wanted["wanted_by"]):
        empty_work(document_id, keeps_errors=keeps_history)
        removed = 0 if keeps_history else history.head(subject)[0]
        for copy in text_layer.remove(document_id):  # named by its row until this is committed
            queue.defer(db.session, "forget", {"agency_id": agency_id, "sha256": copy})
        if removed:
            _without_content(subject)
            history.take_changes()  # what was taken away is not told: the old values name the file and its copy
            history.tell_as_is(OF_A_DOCUMENT, document_id)
        # what must not be here leaves no hash in history, by which a guess at it could be proved
        kept = wanted if keeps_history else {"removed_files": len(wanted["sha256s"]), "wanted_by": wanted["wanted_by"]}
        history.note(subject, "content_removed", agency_id=agency_id, at=at, actor_id=None,
                     input={**kept, "acts": removed})
        if removed:
            document = db.session.get_one(Document, document_id)
            partners = agencies.codes_of(document.organ_id, local_date(at))
            _empty_early(message.early(partners, requests.names_of(document)), at)
    db.session.commit()


def _without_content(subject: str) -> None:
    ids = db.select(Act.id).where(Act.subject == subject)
    db.session.execute(db.delete(ActContent).where(ActContent.act_id.in_(ids)))


def _empty_early(packets: list[Message], at: datetime) -> None:
    """The chains of packets that came before the document: what their acts kept of it goes with it."""
    for packet in packets:
        subject = f"message:{packet.id}"
        history.lock(subject)
        if history.removals(subject):
            continue
        removed = history.head(subject)[0]
        _without_content(subject)
        history.tell_row_as_is("message", packet.id)
        history.note(subject, "content_removed", agency_id=packet.agency_id, at=at, actor_id=None,
                     input={"removed_files": 1, "acts": removed})


def is_purged(subject: str, act: int) -> bool:
    """Whether content was removed as this act of the procedure wanted: by a worker that died before it could say so.

    `act`: its number in the procedure. The procedure may have moved since: its sender is told that it was discarded.
    """
    wanted_by = db.func.coalesce(ActContent.input["wanted_by"].as_integer(), 0)
    return db.session.scalar(db.select(Act.id).join(ActContent, ActContent.act_id == Act.id).where(
        Act.subject == subject, Act.kind == "content_removed", wanted_by >= act).limit(1)) is not None


def empty_work(document_id: int, *, keeps_errors: bool) -> None:
    """What slow steps were asked and have found, and what people had begun to write, goes; the caller commits.
    The errors of incidents stay as long as the acts that told them do.

    What was asked in the act that removes the content, or later, holds nothing of it and is still to be done: its
    sender is told.
    """
    closed_at = db.select(Document.closed_at).where(Document.id == document_id).scalar_subquery()
    mine = db.select(Instance.id).where(Instance.document_id == document_id)
    db.session.execute(db.update(SlowWork).where(
        SlowWork.instance_id.in_(mine),
        db.or_(closed_at.is_(None), SlowWork.asked_at < closed_at, SlowWork.status.in_(("recorded", "cancelled"))))
        .values(asked={}, found=None, error="").execution_options(synchronize_session=False))
    emptied: dict[str, Any] = {"draft": None} | ({} if keeps_errors else {"note": ""})
    db.session.execute(db.update(Task).where(Task.document_id == document_id).values(emptied))
