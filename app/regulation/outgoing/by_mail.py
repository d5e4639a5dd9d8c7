"""A dispatched document sent by mail to whom the exchange does not reach, or who is in no directory (Art. 9.1.d).

A clerk asks, with the address; the look into the official mailbox sends the signed file (worker_mail.py), again after
a failure, under one Message-ID. When a worker dies over a try, or the server got all and says nothing, nobody knows
whether it has it: it is not sent again by itself, and the clerk asks the recipient, ticks it or asks anew. That it went
out is an act, and then only the recipient counts as sent it. An agency whose mail the software does not hand over sends
paper. An answer to it, or word that it could not be delivered, stands with the document (incoming/mail.py).
"""

import hashlib
import re
from datetime import datetime

from app.db import db
from app.engine import instance as instances
from app.records import attachment, history, message, milestone, right
from app.records import mail as mails
from app.records.calendar import local_date
from app.records.document import Document
from app.records.mail import MailReply
from app.records.message import OUTSIDE, Message
from app.records.people import User
from app.refusal import Refusal
from app.regulation.exchange_form import require_scope
from app.regulation.outgoing import otherwise
from app.tools import Tools, mail_send
from app.tools.mail_send import Enclosed, Letter

_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+", re.ASCII)
WAY = "mail"
#: what stands at a mail while a try is under way, and stays when it was not brought to its end
UNKNOWN = "mail_unknown"
#: why one does not go any more: taken back with its document, or needless; taken back by a clerk
STOPPED, TAKEN_BACK = "mail_stopped", "mail_taken_back"


class AddressWrong(Refusal):
    """That is no address of a mailbox."""

    code, status, article = "address_wrong", 422, "Art. 9.1.d"


class NotMailable(Refusal):
    """A clerk sends a dispatched document so to whom the exchange does not reach, where mail can be handed over."""

    code, status, article = "not_mailable", 409, "Art. 9.1.d"


class MailUnderWay(Refusal):
    """The mail goes out at this moment, or may have: it can be neither corrected nor taken back."""

    code, status, article = "mail_under_way", 409, "Art. 9.1.d"


def is_possible() -> bool:
    """Whether the agency's mail can be handed over."""
    box = mails.mailbox()
    return box is not None and box.is_on and bool(box.smtp_host and box.address)


def may_ask(user: User, document: Document, row: Message) -> bool:
    """Whether the person may have it sent to this recipient by mail, if mail can be handed over."""
    return (user.has("clerk") and document.direction == "outgoing" and document.status == "dispatched"
            and not row.other_way and (row.kind == OUTSIDE or row.is_failed))


def ask(document_id: int, partner: str, address: str, user: User, at: datetime) -> bool:
    """Let the next look send it; one that waits for another address is corrected. False: it waits for this one already.

    Commits. Raises NotFound, NotMailable, MailUnderWay, AddressWrong, OutsideScopeIssued.
    """
    document = right.find(document_id, user, local_date(at))
    address = address.strip()
    if not _ADDRESS.fullmatch(address) or len(address) > 200:
        raise AddressWrong()
    row = _recipient(document, partner, user)
    box = mails.mailbox()
    if row.kind == OUTSIDE:
        require_scope(document, [partner], local_date(at))
    if box is None or not is_possible():
        raise NotMailable()
    before = mails.deliveries([row.id])
    waiting = _stopped(before, keeps=address)
    if waiting is not None and waiting.address == address:
        db.session.rollback()
        return False
    name = hashlib.sha256(f"{user.agency.code}:{row.key}:{len(before)}".encode()).hexdigest()[:40]
    about = f"{document.type_name} số {document.reference}"
    db.session.add(MailReply(
        agency_id=row.agency_id, document_id=document.id, delivery_id=row.id, address=address, asked_at=at, next_at=at,
        message_id=mail_send.own_id(name, box.address), subject=f"{about}: {document.subject}"[:400],
        text=f"{user.agency.name} gửi {row.name or 'Quý cơ quan'}: {about} ngày {document.issued_date:%d/%m/%Y}, "
             f"{document.subject}.\n\nVăn bản đã ký số kèm theo thư này.\n"))
    row.other_note = f"{address[:185]} (lần {len(before) + 1})" if before else address  # an act tells what it changes
    _tell(row, user, at, {"address": address, **({"corrects": waiting.address} if waiting is not None else {})})
    return True


def take_back(document_id: int, partner: str, user: User, at: datetime) -> None:
    """What waits for this recipient does not go. Commits. Raises NotFound, NotMailable, MailUnderWay."""
    row = _recipient(right.find(document_id, user, local_date(at)), partner, user)
    waiting = _stopped(mails.deliveries([row.id]))
    if waiting is None:
        raise NotMailable()
    row.other_note = ""
    _tell(row, user, at, {"taken_back": waiting.address})


def _recipient(document: Document, partner: str, user: User) -> Message:
    """The recipient's row, the document locked. Raises NotMailable."""
    instances.lock_of_document(document.id)
    db.session.refresh(document)
    rows = [*message.sent_for(document.id), *message.outside_of(document.id)]
    row = next((one for one in rows if one.partner == partner), None)
    if row is None or not may_ask(user, document, row):
        raise NotMailable()
    return row


def _stopped(before: list[MailReply], keeps: str = "") -> MailReply | None:
    """The mail that waited, which does not go any more, unless it goes where it `keeps`. Raises MailUnderWay."""
    waiting = next((one for one in before if one.is_waiting), None)
    if waiting is None or waiting.address == keeps:
        return waiting
    db.session.refresh(waiting, with_for_update=True)
    if not waiting.is_waiting or waiting.error == UNKNOWN:  # claimed meanwhile: the server may have it
        raise MailUnderWay()
    waiting.tries, waiting.error, waiting.said = mails.TRIES, TAKEN_BACK, ""
    return waiting


def _tell(row: Message, user: User, at: datetime, given: dict[str, str]) -> None:
    history.append(history.Act(agency_id=row.agency_id, subject=f"document:{row.document_id}", at=at, actor_id=user.id,
                               kind="resend_asked", label=(row.name or row.partner)[:200]),
                   input={"partner": row.partner, "way": WAY, **given}, changes=history.take_changes())
    db.session.commit()


def letter_of(reply: MailReply, tools: Tools) -> Letter | None:
    """The mail with the file that the agency signed; None: it is not to go any more.

    Raises BlobMissing, Infected, ScannerAway.
    """
    document = db.session.get_one(Document, reply.document_id)
    row = db.session.get_one(Message, reply.delivery_id)
    fact = milestone.standing(document.id).get("sign_by_agency")
    if document.status != "dispatched" or row.other_way or row.status_code or fact is None:
        return None
    file = next(one for one in attachment.of(document.id) if one.sha256 == fact.sha256)
    return Letter(reply.address, reply.subject, reply.text, reply.message_id, "", reply.asked_at,
                  (Enclosed(file.name, tools.released(file.sha256)),))


def sent(reply: MailReply, at: datetime) -> None:
    """It went out: the recipient is sent it; in the transaction that the caller commits."""
    row = db.session.get_one(Message, reply.delivery_id)
    instances.lock_of_document(row.document_id or 0)
    db.session.refresh(row, with_for_update=True)
    if row.other_way:  # a clerk has said so meanwhile
        return
    row.other_way, row.other_note, row.other_at = WAY, reply.address[:200], at
    history.append(history.Act(agency_id=row.agency_id, subject=f"document:{row.document_id}", at=at,
                               kind="message_received", element="mail", label=f"{row.name or row.partner}"[:200]),
                   input={"partner": row.partner, "way": WAY, "address": reply.address}, changes=history.take_changes())
    otherwise.go_on(row)
