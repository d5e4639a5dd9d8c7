"""What was told of a dispatched document is corrected at its recipients (Art. 9.1.d; QĐ 28/2018 Đ8).

A clerk corrects subject, urgency and the day until which an answer is asked for, and says why. The file, number and day
of issue stay as they were issued: an error in them is amended by a new document (NĐ 30/2020 Đ18.3, replace.py). Each
recipient that may have it gets one packet without files, by the look into the exchange (recall.py); its 15 or 16 comes
back as any status; whom the exchange does not reach a person tells (by_hand.py). Of a copy its recipients are told what
now stands of the document.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.db import db
from app.engine import instance as instances
from app.engine.reason import SHORTEST_TOLD, need_reason
from app.records import attachment, history, right
from app.records.agency import Agency
from app.records.calendar import local_date
from app.records.document import PRIORITIES, Document
from app.records.message import UPDATE, Message
from app.records.people import User
from app.refusal import Refusal
from app.regulation.outgoing import by_hand, dispatch, recall, replace
from app.tools import Tools, edxml


class NotUpdatable(Refusal):
    """A clerk corrects what was dispatched, while somebody may have it and it is neither taken back nor replaced."""

    code, status, article = "not_updatable", 409, "QĐ 28/2018 Đ8"


class UpdateWrong(Refusal):
    """The fact `fields` says what is wrong by field; a correction that changes nothing is none."""

    code, article = "update_wrong", "NĐ 30/2020 Đ18"


@dataclass(frozen=True)
class Correction:
    """What shall stand of a document."""

    subject: str
    priority: int
    due_date: date | None = None


def may_update(user: User, document: Document) -> bool:
    """Whether the person may correct now what was told of it."""
    return (document.direction == "outgoing" and document.status == "dispatched" and user.has("clerk")
            and bool(recall.holders(document.id) or by_hand.having(document.id, is_recall=False))
            and replace.by(document.id) is None)


def wrong(document: Document, said: Correction, at: datetime) -> dict[str, str]:
    """What is wrong with it, by field; {} when nothing is."""
    found = {}
    if not 3 <= len(said.subject) <= 500:
        found["subject"] = "subject"
    if said.priority not in PRIORITIES:
        found["priority"] = "priority"
    if said.due_date is not None and said.due_date != document.due_date and said.due_date < local_date(at):
        found["due_date"] = "due_date"
    if not found and said == Correction(document.subject, document.priority, document.due_date):
        found["subject"] = "same"
    return found


def ask(tools: Tools, document_id: int, user: User, said: Correction, reason: str, at: datetime) -> None:
    """Correct it here, and let the next look tell the recipients. Commits.

    Raises NotFound, NotUpdatable, UpdateWrong, ReasonNeeded, ReasonShort.
    """
    document = right.find(document_id, user, local_date(at))
    reason = need_reason(reason, SHORTEST_TOLD)
    instances.lock_of_document(document_id)
    db.session.refresh(document)
    if not may_update(user, document):
        raise NotUpdatable()
    if fields := wrong(document, said, at):
        raise UpdateWrong(fields=fields)
    if said.priority != document.priority and document.sent_priority is None:
        document.sent_priority = document.priority  # by which it was to be sent in time
    document.subject, document.priority, document.due_date = said.subject, said.priority, said.due_date
    by_hand.ask(by_hand.having(document_id, is_recall=False), "", at)
    rows, own = recall.holders(document_id), db.session.get_one(Agency, document.agency_id)
    if not rows:
        _told(document, {"reason": reason}, user, at)
        return
    due = {"due_date": said.due_date.isoformat() if said.due_date else None}
    tell(tools, dispatch.packet(document, own) | due, rows, user, reason, at)


def tell(tools: Tools, packet: dict[str, Any], rows: list[Message], user: User, reason: str, at: datetime) -> None:
    """One packet for all who may have it, sent by the next look; under the lock of its document. Commits."""
    first, codes = rows[0], {row.partner for row in rows}
    data = edxml.build_document(packet | {
        "to": [one for one in packet["to"] if one["organ_id"] in codes],
        "business": packet["business"] | {"doc_type": edxml.UPDATE, "reason": reason, "document_id": first.packet_id,
                                          "replacement": [], "document_info": 1, "document_receiver": 0}}, [])
    sha256 = attachment.store(tools.blobs, tools.signer.sign_packet(data, user.agency.code))
    for row in rows:
        db.session.add(Message(
            agency_id=row.agency_id, direction="out", kind=UPDATE, at=at, document_id=row.document_id,
            key=f"update:{at:%Y%m%d%H%M%S%f}:{row.key}"[:300], certified_copy_id=row.certified_copy_id,
            partner=row.partner, packet_id=row.packet_id, sha256=sha256, description=reason[:500]))
    _told(db.session.get_one(Document, first.document_id), {"reason": reason, "sha256": sha256} | (
        {"certified_copy": first.certified_copy_id} if first.certified_copy_id else {}), user, at)


def _told(document: Document, given: dict[str, Any], user: User, at: datetime) -> None:
    history.append(history.Act(agency_id=document.agency_id, subject=f"document:{document.id}", at=at,
                               actor_id=user.id, kind="update_asked"), input=given, changes=history.take_changes())
    db.session.commit()
