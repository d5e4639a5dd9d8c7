"""A recipient's status comes back (NĐ 30/2020 Đ18; QĐ 28/2018 Đ6.3): kept as a row, and the instance is told."""

from datetime import datetime
from typing import Any

from app.db import db, queue
from app.engine import instance as instances
from app.records import agency as agencies
from app.records import certified_copy, history, message
from app.records.agency import Agency
from app.records.calendar import local_date
from app.records.message import UPDATE, Message
from app.regulation.outgoing import copy_dispatch, recall, replace


def keep_status(own: Agency, packet: Any, *, axis_id: str, sha256: str, at: datetime) -> bool:
    """Keep a received status; False when it is known or concerns nothing that we sent. Commits."""
    if message.known("in", axis_id):
        return False
    about = packet.response_for[0] if packet.response_for else {}
    sent = db.session.scalar(db.select(Message).where(
        Message.direction == "out", Message.kind == "document", Message.packet_id == (about.get("document_id") or ""),
        Message.partner.in_(agencies.codes_of(packet.from_["organ_id"], local_date(at)))))
    if sent is None or sent.document_id is None:
        return False
    running = instances.lock_of_document(sent.document_id)  # first, as everywhere: dispatch holds it, too
    db.session.refresh(sent, with_for_update=True)
    subject = f"document:{sent.document_id}"
    words = (packet.description or "")[:1000]
    if _says_where(sent, packet.status_code, words, at):
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
                               element="receipt", label=_label(packet.status_code, sent.partner)),
                   input={"status_code": packet.status_code, "partner": sent.partner, "sha256": sha256},
                   changes=changes)
    is_awaited = running is not None and running.status == "running" and sent.certified_copy_id is None
    if running is not None and is_awaited and sent.status_code in message.ANSWERED:
        queue.defer(db.session, "deliver", {
            "agency_id": own.id, "instance_id": running.id, "message": "receipt",
            "payload": {"receipt_code": packet.status_code}}, lock=f"instance:{running.id}")
    db.session.commit()
    return True


def _says_where(sent: Message, code: str, words: str, at: datetime) -> bool:
    """Whether the document is elsewhere now (QĐ 28/2018 Đ6.3): not by an answer to what was corrected, nor by a yes to
    what nobody asked.
    """
    if code not in ("15", "16") or sent.document_id is None:
        return True
    asked = recall.about(message.asked_of(sent.document_id, sent.certified_copy_id), sent.partner, words, at)
    if asked is not None:
        return asked.kind != UPDATE
    return code == "16" or _is_replaced(sent)


def _is_replaced(sent: Message) -> bool:
    """Whether another document, or another copy, was sent in the place of what was sent."""
    if sent.certified_copy_id:
        return copy_dispatch.replaced_by(certified_copy.get(sent.certified_copy_id)) is not None
    return replace.by(sent.document_id or 0) is not None


def _label(code: str, partner: str) -> str:
    """What the recipient says, in words, and who it is."""
    name = agencies.names([partner]).get(partner, partner)
    return f"{message.WORDS.get(code, 'Trạng thái')} ({code}): {name}"[:200]
