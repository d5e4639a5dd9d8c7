"""Art. 6.3: requests of a sender that no clerk decides: the document is finished, or never came (QĐ 28/2018 Đ9).

Nothing of a document changes here; the sender gets 15 or 16 with the reason, once. What the axis does not take is told
again only when a clerk asks (status.py). Requests about a document under
way are sender_request.py's.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.db import db
from app.engine import instance as instances
from app.records import history, message
from app.records import sender_request as requests
from app.records.agency import Agency
from app.records.calendar import local_date
from app.records.document import GONE, Opinion
from app.records.message import NOT_TAKEN, TOLD, Message, because
from app.records.sender_request import ACCEPTED, ASKED, RECALL, REFUSED, REPLACE, SenderRequest
from app.regulation.incoming.status import about_packet, answer_words
from app.tools import Tools, edxml
from app.tools.exchange import ExchangeRefused

log = logging.getLogger(__name__)
#: so long a request waits for the document that it is about
WAIT_HOURS = 24
NEVER_CAME = "Cơ quan chưa nhận được văn bản này."
FINISHED = "Văn bản đã được xử lý xong ngày {day}, không thay đổi trên hệ thống; đề nghị trao đổi trực tiếp."
DELETED = "Văn bản đã được xóa ngày {day} theo yêu cầu thu hồi của nơi gửi."
REPLACED = "Văn bản đã được thay thế ngày {day}; đề nghị gửi yêu cầu về văn bản thay thế."
RETURNED = "Văn bản đã bị từ chối tiếp nhận, không vào sổ."
#: what is asked for has happened already: (kind of a request, status of its document)
_MET = ((RECALL, "recalled"), (RECALL, "discarded"), (REPLACE, "recalled"))
NOT_REPLACED = "Văn bản thay thế không được tiếp nhận; văn bản đã gửi trước giữ nguyên."


@dataclass(frozen=True)
class Answer:
    """What a sender is told without a clerk: 15 or 16, and why."""

    code: str
    reason: str = ""


def judge(row: SenderRequest, at: datetime) -> Answer | None:
    """The answer that needs nobody; None: the clerk decides, or the document may still come."""
    if row.document_id is None:
        return Answer("16", NEVER_CAME) if row.asked_at <= at - timedelta(hours=WAIT_HOURS) else None
    if row.status == ASKED and row.replacement is not None and row.replacement.status in GONE:
        return Answer("16", NOT_REPLACED)
    instance = instances.of_document(row.document_id)
    if instance is not None and instance.status in instances.OPEN:
        return None
    document = row.document
    if (row.kind, document.status) in _MET:  # nothing of it is here any more
        return Answer("15")
    if document.status in ("returned", "discarded"):
        return Answer("16", RETURNED)
    ended = document.closed_at or (instance.ended_at if instance else None) or at
    day = f"{local_date(ended):%d/%m/%Y}"
    if document.status == "recalled":
        return Answer("16", DELETED.format(day=day))
    return Answer("16", REPLACED.format(day=day) if document.status == "replaced" else FINISHED.format(day=day))


def answer_all(own: Agency, tools: Tools, at: datetime) -> int:
    """Answer what needs nobody: sent first under a key of its own, then kept. Commits each; how many."""
    sent = 0
    for row in requests.unanswered():
        found = judge(row, at)
        if found is None:
            continue
        row.status, row.answer = (ACCEPTED, "") if found.code == "15" else (REFUSED, found.reason)
        words = answer_words(row)
        packet = about_packet(own, {
            "organ_id": row.partner, "code": row.reference or None, "document_id": row.packet_id,
            "promulgation_date": row.issued_date or None}, found.code, words, at)
        row_id, partner, key = row.id, row.partner, f"request:{own.code}:{row.key}"
        db.session.rollback()
        data = edxml.build_status(packet)
        try:
            axis_id = tools.axis.of(own.code).send_edoc(
                data, sender=own.code, to=[partner], message_type="status", key=key)
        except ExchangeRefused as refusal:
            if refusal.facts.get("code") == "40":  # told before a crash, in words of another day
                axis_id = TOLD
            else:
                axis_id, words = NOT_TAKEN, because(words, str(refusal.facts["sentence"]))
                log.error("%s cannot be answered: %s", partner, refusal)
        _keep(row_id, found, words, tools.blobs.put(data), axis_id, key, at)
        sent += 1
    db.session.rollback()
    return sent


def _keep(row_id: int, found: Answer, words: str, sha256: str, axis_id: str, key: str, at: datetime) -> None:
    row = db.session.get_one(SenderRequest, row_id)
    if row.document_id is not None:
        instances.lock_of_document(row.document_id)
    db.session.refresh(row, with_for_update=True)
    if row.answered_at is not None or message.known("out", key) is not None:
        db.session.rollback()
        return
    row.status, row.answer = (ACCEPTED, "") if found.code == "15" else (REFUSED, found.reason)
    row.decided_at = row.answered_at = at
    sent = Message(
        agency_id=row.agency_id, direction="out", kind="status", key=key, document_id=row.document_id,
        partner=row.partner, packet_id=row.packet_id, sha256=sha256, status_code=found.code, description=words[:1000],
        axis_id=axis_id, at=at)
    db.session.add(sent)
    if row.document_id is None:
        message.tell_apart(sent, f"Hệ thống đã trả lời nơi gửi ({found.code}): {words}")
    else:
        text = f"Hệ thống đã trả lời nơi gửi ({found.code}): {words}"
        db.session.add(Opinion(agency_id=row.agency_id, document_id=row.document_id, kind="request", text=text, at=at))
        history.append(history.Act(agency_id=row.agency_id, subject=f"document:{row.document_id}", at=at,
                                   kind="message_received", element="request", label=text[:200]),
                       input={"code": found.code}, changes=history.take_changes())
    db.session.commit()
