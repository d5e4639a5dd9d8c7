"""Who sent a document by mail is told what became of it: 01, 02 with the reason, 03 with the number (Art. 6.3).

NĐ 30/2020 Đ21.2.b, c: on the same day, by a function of the system. Only a sender whose mail is taken in by itself is
written to; a mail that software wrote is never answered. So is who sent what must not be entered (Art. 3.2), without a
word of what it is about: mail is open to others. Each is a row at once, told by the act that it belongs to; the look
into the mailbox sends it (worker_mail.py). What comes back is known by the mail that it answers (mail.py).
"""

import hashlib
from datetime import datetime, timedelta

from app.db import db
from app.records import mail as mails
from app.records.agency import Agency
from app.records.calendar import local_date
from app.records.document import Document
from app.records.mail import MailReply
from app.records.message import Message, known
from app.tools import mail_send
from app.tools.mail_send import Letter, Post

#: minutes between the tries, the last one again and again
PAUSES = (1, 5, 15, 60)
WORDS = {"01": "Văn bản đã đến", "02": "Từ chối tiếp nhận văn bản", "03": "Văn bản đã được tiếp nhận"}
#: of what Art. 3.2 keeps out
BARRED = ("Từ chối tiếp nhận qua thư điện tử: không thuộc loại văn bản được cập nhật vào phần mềm của cơ quan "
          "(Điều 3.2). Đề nghị gửi bằng đường khác theo quy định; nếu không thuộc trường hợp này, đề nghị liên hệ "
          "văn thư")


def tell(own: Agency, document: Document, code: str, words: str, at: datetime) -> None:
    """Write down what the sender of a mailed document is to be told, once per code; the caller's act tells of it."""
    box, mail = mails.mailbox(), mails.of_document(document.id)
    if box is None or mail is None or not _is_answered(box, mail):
        return
    about = f" số {document.reference}" if document.reference else ""
    about += f" trong thư “{mail.subject}”" if mail.subject else " trong thư của Quý cơ quan"
    _put(own, box, mail, document, code, f"mail:{document.id}:{code}", about, words, at)


def is_told(document: Document) -> bool:
    """Whether the sender of the mail in which the document came is written to."""
    box, mail = mails.mailbox(), mails.of_document(document.id)
    return box is not None and mail is not None and _is_answered(box, mail)


def tell_barred(own: Agency, mail: mails.Mail, at: datetime) -> None:
    """The same to the sender of a mail that Art. 3.2 keeps out, of which there is no document: 02, once."""
    box = mails.mailbox()
    if box is not None and _is_answered(box, mail):
        _put(own, box, mail, None, "02", f"mail:barred:{mail.key}", " trong thư của Quý cơ quan", BARRED, at)


def _is_answered(box: mails.Mailbox, mail: mails.Mail) -> bool:
    return bool(box.smtp_host) and not mail.is_automatic and box.code_of(mail.sender) is not None


def _put(own: Agency, box: mails.Mailbox, mail: mails.Mail, document: Document | None, code: str, key: str,
         about: str, words: str, at: datetime) -> None:
    if known("out", key) is not None:
        return
    name = hashlib.sha256(f"{own.code}:{mail.key}:{key}".encode()).hexdigest()[:40]
    message_id = mail_send.own_id(name, box.address)
    db.session.add(Message(
        agency_id=own.id, direction="out", kind="status", key=key, document_id=document.id if document else None,
        partner=document and document.organ_id or "mail", status_code=code, description=words[:1000],
        axis_id=message_id[:100], at=at))
    db.session.add(MailReply(agency_id=own.id, document_id=document.id if document else None, mail_id=mail.id,
                             message_id=message_id, subject=_subject(mail, code),
                             text=_text(own, about, mail, words, at), asked_at=at, next_at=at))


def _subject(mail: mails.Mail, code: str) -> str:
    """Of a mail that Art. 3.2 keeps out the subject is gone; the sender knows it by the reply's own reference."""
    return f"{WORDS[code]}: {mail.subject}"[:400] if mail.subject else WORDS[code]


def _text(own: Agency, about: str, mail: mails.Mail, words: str, at: datetime) -> str:
    sent = f", gửi ngày {local_date(mail.sent_at):%d/%m/%Y}" if mail.sent_at else ""
    return (f"{own.name} trả lời tự động về văn bản{about}{sent}.\n\n{words}.\n\n"
            f"Ngày {local_date(at):%d/%m/%Y}. Thư do hệ thống gửi theo Điều 21 Nghị định 30/2020/NĐ-CP.\n")


def pause(tries: int) -> timedelta:
    """How long to wait before the next try after so many."""
    return timedelta(minutes=PAUSES[min(tries, len(PAUSES) - 1)])


def letter_of(reply: MailReply) -> Letter:
    """The mail that is to be sent."""
    mail = reply.mail
    assert mail is not None
    return Letter(mail.sender, reply.subject, reply.text, reply.message_id, mail.message_id, reply.asked_at)


def post_of(box: mails.Mailbox, ca_file: str) -> Post:
    """Where the agency hands mail over."""
    return Post(box.smtp_host, box.smtp_port, box.smtp_security, box.user_name, box.address, ca_file)
