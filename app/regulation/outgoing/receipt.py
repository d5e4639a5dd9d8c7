"""A recipient's status comes back (NĐ 30/2020 Đ18; QĐ 28/2018 Đ6.3): kept as a row, and the instance is told."""

from datetime import date, datetime
from typing import Any

from app.db import db, queue
from app.engine import instance as instances
from app.records import agency as agencies
from app.records import history, message
from app.records.agency import Agency
from app.records.calendar import ZONE, local_date
from app.records.certified_copy import CertifiedCopy
from app.records.document import Document
from app.records.message import Message
from app.regulation.outgoing import recall


def keep_status(own: Agency, packet: Any, *, axis_id: str, sha256: str, at: datetime) -> bool:
    """Keep a received status; False when it is known or concerns nothing that we sent. Commits."""
    if message.known("in", axis_id):
        return False
    sent = _sent(packet, at)
    if sent is None or sent.document_id is None:
        return False
    running = instances.lock_of_document(sent.document_id)  # first, as everywhere: dispatch holds it, too
    db.session.refresh(sent, with_for_update=True)
    subject = f"document:{sent.document_id}"
    words = (packet.description or "")[:1000]
    answers = _answers(sent, words, at) if packet.status_code in recall.ANSWERS else ""
    # QĐ 28/2018 Đ6.3: an answer to what was corrected, or to what nobody asked, says nothing of where the document is
    if packet.status_code not in recall.ANSWERS or answers in (recall.GIVEN_BACK, recall.REPLACED):
        sent.status_code = message.higher(sent.status_code, packet.status_code)
        if sent.status_code == packet.status_code:  # what came late and says less hides nothing
            sent.description = words
    db.session.add(Message(
        agency_id=own.id, direction="in", kind="status", key=axis_id, document_id=sent.document_id,
        certified_copy_id=sent.certified_copy_id,
        partner=packet.from_["organ_id"], packet_id=sent.packet_id, sha256=sha256, status_code=packet.status_code,
        description=words, axis_id=axis_id, at=at))
    changes = history.take_changes()
    history.append(history.Act(agency_id=own.id, subject=subject, at=at, kind="message_received",
                               element="receipt", label=_label(packet.status_code, answers, sent.partner)),
                   input={"status_code": packet.status_code, "partner": sent.partner, "sha256": sha256},
                   changes=changes)
    is_awaited = running is not None and running.status == "running" and sent.certified_copy_id is None
    if running is not None and is_awaited and sent.status_code in message.ANSWERED:
        queue.defer(db.session, "deliver", {
            "agency_id": own.id, "instance_id": running.id, "message": "receipt",
            "payload": {"receipt_code": packet.status_code}}, lock=f"instance:{running.id}")
    db.session.commit()
    return True


def _sent(packet: Any, at: datetime) -> Message | None:
    """What went to the sender of the status that it is about: what it names by its identifier; where it names none, the
    one document, or copy, with this number, notation and day. None: nothing, or two that fit.
    """
    about = packet.response_for[0] if packet.response_for else {}
    ours = (Message.direction == "out", Message.kind == "document",
            Message.partner.in_(agencies.codes_of(packet.from_["organ_id"], local_date(at))))
    if about.get("document_id"):
        return db.session.scalar(db.select(Message).where(*ours, Message.packet_id == about["document_id"]))
    number, slash, notation = (part.strip() for part in (about.get("code") or "").partition("/"))
    if not (number and notation and about.get("promulgation_date")):
        return None
    is_own = Message.certified_copy_id.is_(None)
    reference = db.case((is_own, Document.code_number + slash + Document.code_notation), else_=CertifiedCopy.reference)
    made = db.cast(db.func.timezone(ZONE.key, CertifiedCopy.made_at), db.Date)
    rows = db.session.scalars(
        db.select(Message).join(Document, Document.id == Message.document_id)
        .outerjoin(CertifiedCopy, CertifiedCopy.id == Message.certified_copy_id).where(
            *ours, db.func.lower(db.func.ltrim(reference, "0")) == db.func.lower(number.lstrip("0") + slash + notation),
            db.case((is_own, Document.issued_date), else_=made) == date.fromisoformat(about["promulgation_date"]))
        .order_by(Message.id)).all()
    return rows[0] if len({(row.document_id, row.certified_copy_id) for row in rows}) == 1 else None


def _answers(sent: Message, words: str, at: datetime) -> str:
    """What a 15 or 16 is about, of recall.ABOUT, or ""."""
    key = sent.document_id or 0, sent.certified_copy_id
    return recall.about(message.asked_of(*key), recall.replaced_at(*key), sent.partner, words, at)[0]


def _label(code: str, answers: str, partner: str) -> str:
    """What the recipient says, in words, and who it is."""
    name = agencies.names([partner]).get(partner, partner)
    said = " ".join(filter(None, (message.WORDS.get(code, "Trạng thái"), recall.ABOUT.get(answers))))
    return f"{said} ({code}): {name}"[:200]
