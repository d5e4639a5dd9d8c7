"""The same packet once more to one recipient that could not take it (Art. 9.1.d; QĐ 28/2018 Đ8; NĐ 30/2020 Đ18).

A clerk asks, the look into the exchange sends: the bytes that were dispatched, under the same identifier, so that a
recipient that has them after all takes them for what they are (incoming/receive.py). Who refused the document (02) is
sent nothing again: a corrected document is a new one. Who has it, or is being sent it, is not sent it twice.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import case, select

from app.db import db, queue
from app.engine import instance as instances
from app.records import history, message, right
from app.records.agency import Agency
from app.records.calendar import local_date
from app.records.certified_copy import RECALLED, CertifiedCopy
from app.records.document import GONE, Document
from app.records.message import Message
from app.records.people import User
from app.refusal import Refusal
from app.regulation.outgoing import replace
from app.tools import Tools
from app.tools.blobs import BlobMissing
from app.tools.exchange import LOCKED, ExchangeAway, ExchangeRefused

#: acts that are looked through for the one about this packet: a document's and its copies' to one recipient
_MOST_COPIES = 100
#: copies that go to nobody any more
_TAKEN_BACK = select(CertifiedCopy.id).where(CertifiedCopy.status == RECALLED)


class NotResendable(Refusal):
    """Only a clerk, only a document that is dispatched and not taken back, only a recipient that could not take it."""

    code, status, article = "not_resendable", 409, "QĐ 28/2018 Đ8"


class AlreadyAsked(NotResendable):
    """It is on its way again: the facts `who` and `when` say who has asked for that."""

    code, status, article = "resend_asked", 409, "QĐ 28/2018 Đ8"


def may_resend(user: User, document: Document) -> bool:
    """Whether the person may send the document again to those that could not take it."""
    return (document.direction == "outgoing" and document.status == "dispatched" and user.has("clerk")
            and replace.by(document.id) is None)


def ask(document_id: int, partner: str, user: User, at: datetime) -> None:
    """Let the next look send it again. Raises NotFound, NotResendable, AlreadyAsked (a second click, too). Commits."""
    document = right.find(document_id, user, local_date(at))
    instances.lock_of_document(document_id)
    db.session.refresh(document)
    if not may_resend(user, document):
        raise NotResendable()
    again(message.sent_for(document_id), partner, user, at)


def again(sent: list[Message], partner: str, user: User, at: datetime) -> None:
    """Of what was sent, let this recipient be sent it again; under the lock of its document. As `ask`."""
    if (before := _asked(next((one for one in sent if one.partner == partner), None))) is not None:
        raise AlreadyAsked(who=before.actor.full_name if before.actor else "", when=before.at.isoformat())
    row = next((one for one in sent if one.partner == partner and one.is_failed), None)
    packet = next((one.sha256 for one in sent if one.sha256), "")
    if row is None or not packet:
        raise NotResendable()
    row.key, row.sha256, row.axis_id, row.description = _next_key(row), packet, "", ""
    history.append(history.Act(agency_id=row.agency_id, subject=f"document:{row.document_id}", at=at,
                               actor_id=user.id, kind="resend_asked", label=partner),
                   input={"partner": partner, "sha256": packet}, changes=history.take_changes())
    db.session.commit()


def _asked(row: Message | None) -> history.Act | None:
    """The act by which what is on its way to a recipient again was asked for."""
    if row is None or row.is_failed or row.status_code or row.key == f"{row.packet_id}:{row.partner}":
        return None
    acts = history.latest(history.Act.subject == f"document:{row.document_id}", history.Act.kind == "resend_asked",
                          history.Act.label == row.partner, limit=_MOST_COPIES)
    return next((act for act, told in acts if told.get("sha256") == row.sha256), None)


def _next_key(row: Message) -> str:
    """Another one for the axis, which would take the same one for the packet that failed; "...:2", then "...:3"."""
    first = f"{row.packet_id}:{row.partner}"
    return f"{first}:{int(row.key.removeprefix(first).lstrip(':') or 1) + 1}"


def send_all(own: Agency, tools: Tools, clock: Callable[[], datetime]) -> int:
    """Send what was asked and did not go out, urgent ones first; how many went. Commits each.

    The same key makes a resend after a crash the same. A recipient that the axis has locked is tried at the next look;
    a packet whose bytes are gone is told as one that could not be sent, and the others go on. `clock`: each sending is
    an act of its own time.
    """
    code, sent = own.code, 0
    rows = db.session.execute(db.select(Message.id, Message.key, Message.partner, Message.sha256).join(
        Document, Document.id == Message.document_id).where(
        *message.UNSENT, Message.sha256 != "",
        case((Message.certified_copy_id.is_(None), Document.status == "dispatched"),
             else_=Document.status.not_in(GONE) & Message.certified_copy_id.not_in(_TAKEN_BACK)))
        .order_by(Document.priority.desc(), Message.id)).all()
    db.session.rollback()
    for row in rows:
        axis_id = words = ""
        try:
            axis_id = tools.axis.of(code).send_edoc(tools.blobs.read(row.sha256), sender=code, to=[row.partner],
                                                    message_type="edoc", key=row.key)
        except BlobMissing:
            words = "Tệp đã gửi không còn trong kho tệp"
        except ExchangeRefused as refusal:
            words = str(refusal.facts["sentence"])
        except ExchangeAway as away:
            if away.facts.get("code") != LOCKED:
                raise
            continue
        _keep(row.id, row.key, axis_id, words, clock())
        sent += bool(axis_id)
    return sent


def _keep(message_id: int, key: str, axis_id: str, words: str, at: datetime) -> None:
    row = db.session.get_one(Message, message_id)
    document_id = row.document_id or 0
    running = instances.lock_of_document(document_id)
    db.session.refresh(row, with_for_update=True)
    if row.key != key or row.axis_id or row.description:  # another worker was first; the axis knows it once
        db.session.rollback()
        return
    row.axis_id, row.description, row.at = axis_id, words[:1000], at
    history.append(history.Act(agency_id=row.agency_id, subject=f"document:{document_id}", at=at,
                               kind="message_received", label=f"{row.partner} {words}"[:200]),
                   input={"partner": row.partner, "sha256": row.sha256}, changes=history.take_changes())
    is_over = words and row.certified_copy_id is None and message.is_settled(document_id)
    if is_over and running is not None and running.status == "running":
        queue.defer(db.session, "deliver", {"agency_id": row.agency_id, "instance_id": running.id,
                                            "message": "receipt", "payload": {}}, lock=f"instance:{running.id}")
    db.session.commit()
