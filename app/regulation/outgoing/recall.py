"""A dispatched document is taken back from its recipients (QĐ 28/2018 Đ8; NĐ 30/2020 Đ18.4, PL VI III.8).

A clerk says why; the document is frozen from then on, its number and files stay. Each recipient that may have it gets
status 13, once, by the look into the exchange; its 15 or 16 comes back as any status (receipt.py). It changes nothing
of what was sent, and replaces nothing: a new document does that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.db import db
from app.engine import instance as instances
from app.engine.reason import SHORTEST_TOLD, need_reason
from app.records import history, message, right
from app.records.agency import Agency
from app.records.calendar import ZONE, local_date
from app.records.document import Document, Opinion
from app.records.message import Message
from app.records.people import User
from app.refusal import Refusal
from app.tools import Tools, edxml
from app.tools.exchange import LOCKED, ExchangeAway, ExchangeRefused

#: status of the exchange that asks for a document back
RECALL, FAILED = "13", message.NOT_TAKEN
FROZEN = "withdrawn"


class NotRecallable(Refusal):
    """Nobody has it, it is taken back already, or it is not out yet; a clerk takes back what was dispatched."""

    code, status, article = "not_recallable", 409, "QĐ 28/2018 Đ8"


@dataclass(frozen=True)
class Asked:
    """What one recipient was asked, and what it says."""

    partner: str
    #: unsent, failed, asked, accepted, refused
    state: str
    at: datetime
    words: str = ""


def may_recall(user: User, document: Document) -> bool:
    """Whether the person may take the document back now."""
    return document.direction == "outgoing" and document.status == "dispatched" and user.has("clerk") and bool(
        _holders(document.id))


def _holders(document_id: int) -> list[Message]:
    """What went, or just goes again, to recipients that may have it; who refused it has nothing."""
    return [row for row in message.sent_for(document_id) if not row.is_refused and row.status_code != "02"]


def ask(document_id: int, user: User, reason: str, at: datetime) -> None:
    """Take it back: frozen at once, each recipient asked by the next look. Raises NotFound, NotRecallable,
    ReasonNeeded, ReasonShort. Commits.
    """
    document = right.find(document_id, user, local_date(at))
    reason = need_reason(reason, SHORTEST_TOLD)
    instances.lock_of_document(document_id)
    db.session.refresh(document)
    if not may_recall(user, document):
        raise NotRecallable()
    document.status = FROZEN
    for row in _holders(document_id):
        db.session.add(Message(
            agency_id=document.agency_id, direction="out", kind="status", key=f"recall:{row.key}"[:300], at=at,
            document_id=document_id, partner=row.partner, packet_id=row.packet_id, status_code=RECALL,
            description=reason[:500]))
    db.session.add(Opinion(agency_id=document.agency_id, document_id=document_id, user_id=user.id, kind="reason", at=at,
                           text=f"Thu hồi văn bản đã phát hành: {reason}"))
    history.append(history.Act(agency_id=document.agency_id, subject=f"document:{document_id}", at=at,
                               actor_id=user.id, kind="recall_asked"),
                   input={"reason": reason}, changes=history.take_changes())
    db.session.commit()


def send_all(own: Agency, tools: Tools, clock: Callable[[], datetime]) -> int:
    """Send what was asked and did not go out; how many went. The same key makes a resend the same. Commits each.

    A recipient that the axis has locked is asked at the next look. `clock`: each sending is an act of its own time.
    """
    code, name, sent = own.code, own.name, 0
    ids = db.session.scalars(db.select(Message.id).where(
        Message.direction == "out", Message.kind == "status", Message.status_code == RECALL, Message.axis_id == "")
        .order_by(Message.id)).all()
    for message_id in ids:
        row = db.session.get_one(Message, message_id)
        data = _packet(code, name, row, db.session.get_one(Document, row.document_id))
        partner, key = row.partner, row.key
        db.session.rollback()
        words = ""
        try:
            axis_id = tools.axis.of(code).send_edoc(data, sender=code, to=[partner], message_type="status", key=key)
        except ExchangeRefused as refusal:
            axis_id, words = FAILED, str(refusal.facts["sentence"])
        except ExchangeAway as away:
            if away.facts.get("code") != LOCKED:
                raise
            continue
        _keep(message_id, axis_id, tools.blobs.put(data), words, clock())
        sent += axis_id != FAILED
    return sent


def _packet(code: str, name: str, row: Message, document: Document) -> bytes:
    """Made of what is kept only, so that it is the same at each try."""
    return edxml.build_status({
        "from_": {"organ_id": code, "organ_name": name},
        "response_for": [{
            "organ_id": row.partner, "code": document.reference, "document_id": row.packet_id,
            "promulgation_date": document.issued_date.isoformat() if document.issued_date else None}],
        "staff": {"department": "Văn thư", "staff": "Hệ thống"}, "status_code": RECALL,
        "description": row.description, "timestamp": row.at.astimezone(ZONE).isoformat()})


def _keep(message_id: int, axis_id: str, sha256: str, words: str, at: datetime) -> None:
    row = db.session.get_one(Message, message_id)
    instances.lock_of_document(row.document_id or 0)
    db.session.refresh(row, with_for_update=True)
    if row.axis_id:  # another worker was first; the axis knows it once
        db.session.rollback()
        return
    row.sha256 = sha256
    message.told(row, axis_id, words, at)


def states(document_id: int) -> list[Asked]:
    """What each recipient was asked and says, by partner; the newest word counts."""
    told = message.statuses_of(document_id)
    found = []
    for row in (one for one in told if one.direction == "out" and one.status_code == RECALL):
        answer = next((one for one in reversed(told) if one.direction == "in" and one.partner == row.partner
                       and one.status_code in ("15", "16") and one.at >= row.at), None)
        if answer is not None:
            found.append(Asked(row.partner, "accepted" if answer.status_code == "15" else "refused", answer.at,
                               answer.description))
        else:
            state = {"": "unsent", FAILED: "failed"}.get(row.axis_id, "asked")
            found.append(Asked(row.partner, state, row.at, row.description if state == "failed" else ""))
    return sorted(found, key=lambda one: one.partner)
