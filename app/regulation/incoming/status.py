"""The sending agency is told what became of its document (QĐ 28/2018 Đ6.3; Art. 13.3: also after the axis was away).

What came by the exchange is answered there, what came by mail by mail (mail_reply.py). Statuses that others send us are
receipt.py's.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

from app.db import db
from app.engine import instance as instances
from app.engine.obligation import oblige
from app.engine.step import Act, SlowStep, slow_step
from app.engine.template import offer
from app.records import history, right
from app.records.agency import Agency
from app.records.calendar import ZONE, local_date
from app.records.document import Document, NotFound
from app.records.message import NOT_TAKEN, WORDS, Message, because, known, tell_again, told
from app.records.people import User
from app.records.sender_request import SenderRequest
from app.refusal import Refusal
from app.regulation.incoming import mail_reply
from app.tools import Tools, edxml
from app.tools.blobs import BlobMissing
from app.tools.exchange import LOCKED, ExchangeAway, ExchangeRefused

oblige("report_status", "Art. 6.3", needs=("refused",), bars=("returned",), sets="returned", when={"code": "02"},
       direction="incoming")
for _code, _need in (("03", "enter"), ("04", "assign"), ("05", "assign"), ("06", "close")):
    oblige("report_status", "Art. 6.3", needs=(_need,), bars=("returned",), when={"code": _code}, direction="incoming")
for _code, _need in (("15", "request_accepted"), ("16", "request_refused")):
    oblige("report_status", "Art. 6.3", needs=(_need,), when={"code": _code}, direction="incoming")
offer("report_status", "Báo trạng thái cho nơi gửi", is_outside=True)


class StatusTold(Refusal):
    """Only a status that the axis did not take is sent again, by a clerk."""

    code, status, article = "status_told", 409, "QĐ 28/2018 Đ6.3"


NOT_ENTERED = "Không được cập nhật vào phần mềm (Điều 3.2): {reason}"


def status_packet(own: Agency, document: Document, code: str, description: str, at: datetime,
                  staff: User | None) -> dict[str, Any]:
    """The plain values of a status packet of our agency about an incoming document (edXML section 9)."""
    return _status(own, {
        "organ_id": document.organ_id, "code": document.reference, "document_id": document.packet_id,
        "promulgation_date": document.issued_date.isoformat() if document.issued_date else None,
    }, code, description, at, staff)


def arrived_packet(own: Agency, packet: edxml.Packet, at: datetime) -> dict[str, Any]:
    """Status 01 about what a packet states of itself: our record of it may be shorter, changed, or emptied."""
    reference = f"{packet.code_number}/{packet.code_notation}" if packet.code_number else ""
    return _status(own, {
        "organ_id": packet.from_["organ_id"], "code": reference, "document_id": packet.document_id,
        "promulgation_date": packet.promulgation_date or None,
    }, "01", WORDS["01"], at, None)


def about_packet(own: Agency, about: dict[str, Any], code: str, words: str, at: datetime) -> dict[str, Any]:
    """A status about what a sender has named, whether we have it or not."""
    return _status(own, about, code, words[:500], at, None)


def _status(own: Agency, about: dict[str, Any], code: str, description: str, at: datetime,
            staff: User | None) -> dict[str, Any]:
    return {
        "from_": {"organ_id": own.code, "organ_name": own.name},
        "response_for": [about],
        "staff": {"department": staff.unit.name if staff and staff.unit else "Văn thư",
                  "staff": staff.full_name if staff else "Hệ thống"},
        "status_code": code, "description": description,
        "timestamp": at.astimezone(ZONE).isoformat(),
    }


def answer_words(row: SenderRequest) -> str:
    """What the sender is told with 15 or 16 about its request."""
    what = {"recall": "thu hồi", "update": "cập nhật", "replace": "thay thế"}[row.kind]
    return f"Đồng ý {what} văn bản" if row.status == "accepted" else f"Từ chối {what} văn bản: {row.answer}"


@slow_step("exchange")
class ReportStatus(SlowStep):
    """Send one status to the agency that sent the document."""

    def ask(self, act: Act, code: Literal["02", "03", "04", "05", "06", "15", "16"]) -> dict[str, Any] | None:
        """Nothing for paper, and nothing that was told before; 15 and 16 answer the request that was decided."""
        document = act.document
        if document.channel == "mail" and code in mail_reply.WORDS:
            mail_reply.tell(act.agency, document, code, self._words(act, code), act.at)
        if code == "02" and document.status != "discarded":  # also paper, where nobody is told through the exchange
            document.status, document.closed_at = "returned", act.at
        request_id = act.data.get("request_id") if code in ("15", "16") else None
        key = f"{act.instance.seed}:{code}" + (f":{request_id}" if request_id else "")
        if document.channel != "exchange" or known("out", key):
            return None
        words = answer_words(db.session.get_one(SenderRequest, request_id)) if request_id else self._words(act, code)
        packet = status_packet(act.agency, document, code, words, act.at, act.actor)
        return {"packet": packet, "sender": act.agency.code, "to": document.organ_id, "key": key, "code": code,
                "words": words[:500], "request_id": request_id}

    @staticmethod
    def _words(act: Act, code: str) -> str:
        if code == "03" and act.document.arrival_number:
            return f"Văn thư tiếp nhận, vào sổ văn bản đến số {act.document.arrival_number}"
        if code != "02":
            return WORDS.get(code, "")
        reason = act.data.get("reason") or WORDS[code]
        return NOT_ENTERED.format(reason=reason) if act.document.status == "discarded" else reason

    def work(self, tools: Tools, asked: dict[str, Any]) -> dict[str, Any]:
        """Send it; while the axis or the sender's place on it is away, the next look does (`send_all`), once.

        One that the axis will not have stops no procedure: the document is in hand here, whatever its sender can be
        told. It stays marked, and a clerk has it sent again once the cause is mended (`again`).
        """
        data = edxml.build_status(asked["packet"])
        sha256, axis_id, refused = tools.blobs.put(data), "", {}
        try:
            axis_id = tools.axis.of(asked["sender"]).send_edoc(
                data, sender=asked["sender"], to=[asked["to"]], message_type="status", key=asked["key"])
        except ExchangeRefused as refusal:
            axis_id, refused = NOT_TAKEN, {"refused": str(refusal.facts["sentence"])}
        except ExchangeAway:
            pass
        return {"axis_id": axis_id, "sha256": sha256, **refused, **{
            name: asked.get(name) for name in ("key", "code", "words", "request_id")}}

    def record(self, act: Act, found: dict[str, Any]) -> dict[str, Any]:
        """One row for the status sent."""
        document, words = act.document, found.get("words") or WORDS.get(found["code"], "")
        db.session.add(Message(
            agency_id=document.agency_id, direction="out", kind="status", key=found["key"], document_id=document.id,
            partner=document.organ_id, packet_id=document.packet_id or "", sha256=found["sha256"],
            status_code=found["code"], description=because(words, found["refused"]) if "refused" in found else words,
            axis_id=found["axis_id"], at=act.at))
        if found.get("request_id"):
            db.session.get_one(SenderRequest, found["request_id"]).answered_at = act.at
        return {}


def told_through(document: Document) -> str:
    """By what its sender is told that a document is not taken in: "exchange", "mail", or "": by nobody but people."""
    if document.channel == "exchange":
        return "exchange"
    return "mail" if document.channel == "mail" and mail_reply.is_told(document) else ""


#: what was to be told while the axis was away; a recall (13) is asked by outgoing/recall.py
_UNTOLD = (Message.direction == "out", Message.kind == "status", Message.axis_id == "", Message.sha256 != "",
           Message.status_code.in_(("02", "03", "04", "05", "06", "15", "16")))


def send_all(own: Agency, tools: Tools, clock: Callable[[], datetime]) -> int:
    """Tell senders what they could not be told, in its order; how many were. Commits each.

    The same key makes a resend after a crash the same. One that the axis has locked is told at the next look; what the
    axis does not take, or is not there any more, is told only when a clerk asks (`again`).
    """
    code, sent = own.code, 0
    ids = db.session.scalars(db.select(Message.id).where(*_UNTOLD).order_by(Message.id)).all()
    for message_id in ids:
        row = db.session.get_one(Message, message_id)
        partner, key, sha256, words = row.partner, row.key, row.sha256, ""
        db.session.rollback()
        try:
            axis_id = tools.axis.of(code).send_edoc(tools.blobs.read(sha256), sender=code, to=[partner],
                                                    message_type="status", key=key)
        except BlobMissing:
            axis_id, words = NOT_TAKEN, "tệp đã gửi không còn trong kho tệp"
        except ExchangeRefused as refusal:
            axis_id, words = NOT_TAKEN, str(refusal.facts["sentence"])
        except ExchangeAway as away:
            if away.facts.get("code") != LOCKED:
                raise
            continue
        _told(message_id, axis_id, words, clock())
        sent += not words
    return sent


def may_tell_again(user: User, row: Message) -> bool:
    """Whether the person may have this status sent again."""
    return row.is_untold and bool(row.sha256) and user.has("clerk")


def again(message_id: int, user: User, at: datetime) -> Message:
    """Let the next look tell it again. Raises NotFound, StatusTold (a second click, too). Commits."""
    row = db.session.get(Message, message_id)
    if row is None or row.document_id is None and not user.has("clerk"):
        raise NotFound()
    if row.document_id is not None:
        right.find(row.document_id, user, local_date(at))
        instances.lock_of_document(row.document_id)
    db.session.refresh(row, with_for_update=True)
    if not may_tell_again(user, row):
        raise StatusTold()
    tell_again(row)
    subject = f"document:{row.document_id}" if row.document_id else f"message:{row.id}"
    history.append(history.Act(agency_id=row.agency_id, subject=subject, at=at, actor_id=user.id, kind="resend_asked",
                               label=f"{row.status_code} {row.partner}"),
                   input={"partner": row.partner, "sha256": row.sha256, "status_code": row.status_code},
                   changes=history.take_changes())
    db.session.commit()
    return row


def _told(message_id: int, axis_id: str, words: str, at: datetime) -> None:
    row = db.session.get_one(Message, message_id)
    instances.lock_of_document(row.document_id or 0)
    db.session.refresh(row, with_for_update=True)
    if row.axis_id:  # another worker was first; the axis knows it once
        db.session.rollback()
        return
    row.at = at
    told(row, axis_id, words, at)
