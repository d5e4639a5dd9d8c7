"""The official mailbox of an agency, and each mail that was found in it, once (Art. 6.3; security.md S8).

The password is outside the database (tools/mailbox.py). Who a mail is from is only what it says: an allowed sender
proves nothing, the signatures in the files do (Art. 3.3). Taking in is regulation/incoming/mail.py's.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records.document import Document
from app.records.people import User

#: left in the mailbox for the clerk; he wants it; became documents; needs nothing; gone from the mailbox
LEFT, WANTED, TAKEN, DISMISSED, GONE = "left", "wanted", "taken", "dismissed", "gone"


class Mailbox(AgencyOwned, Base):
    """Where an agency's mail lies, who reads it, and how far it was read."""

    __tablename__ = "mailbox"
    __table_args__ = (UniqueConstraint("agency_id"),)

    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int]
    user_name: Mapped[str] = mapped_column(String(320))
    #: "tls" or "starttls"
    security: Mapped[str] = mapped_column(String(10))
    folder: Mapped[str] = mapped_column(String(100), default="INBOX")
    #: [[address or "@domain", organisation code or ""], ...]: whose mail is taken in by itself
    senders: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    is_on: Mapped[bool] = mapped_column(default=True)
    #: what the server had before is left alone; None: all was taken that lay there
    taken_from: Mapped[datetime | None]
    #: where the agency's mail is handed over, by the same name and password; "" = the software sends none
    smtp_host: Mapped[str] = mapped_column(String(255), default="")
    smtp_port: Mapped[int] = mapped_column(default=465)
    smtp_security: Mapped[str] = mapped_column(String(10), default="tls")
    #: the mailbox's own address, for what it sends
    address: Mapped[str] = mapped_column(String(320), default="")
    #: the mailbox's own number of itself, and the highest mail number below which all is known
    uid_validity: Mapped[int] = mapped_column(default=0)
    last_uid: Mapped[int] = mapped_column(default=0)

    def code_of(self, sender: str) -> str | None:
        """Organisation code of an allowed sender, "" when none is named for it; None: not allowed."""
        rules = {str(who).lower(): str(code) for who, code in self.senders}
        for who in (sender, "@" + sender.rpartition("@")[2]):
            if sender and who in rules:
                return rules[who]
        return None


class Mail(AgencyOwned, Base):
    """One mail, known by its bytes; one that was too large by its headers and size, one that was given up by its place.
    """

    __tablename__ = "mail"
    __table_args__ = (
        UniqueConstraint("agency_id", "key"),
        Index("mail_by_uid", "agency_id", "uid_validity", "uid"),
        Index("mail_by_message_id", "agency_id", "message_id"),
    )

    #: sha256 of the raw mail, "head:<sha256>" or "uid:<validity>:<uid>"
    key: Mapped[str] = mapped_column(String(80))
    #: where it lies now
    uid_validity: Mapped[int]
    uid: Mapped[int]
    message_id: Mapped[str] = mapped_column(String(300), default="")
    sender: Mapped[str] = mapped_column(String(330), default="")
    subject: Mapped[str] = mapped_column(String(500), default="")
    sent_at: Mapped[datetime | None]
    #: software wrote it: it is never answered
    is_automatic: Mapped[bool] = mapped_column(default=False)
    size_bytes: Mapped[int]
    #: [{"name", "size_bytes", "code"}], code: why the file cannot come in, or ""
    files: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    status: Mapped[str] = mapped_column(String(10))
    #: code of why it was left
    reason: Mapped[str] = mapped_column(String(40), default="")
    #: ids of the documents that it became, or that it repeats
    document_ids: Mapped[list[int]] = mapped_column(JSONB, default=list)
    found_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: what the clerk said when he dismissed it
    note: Mapped[str] = mapped_column(String(500), default="")

    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])

    @property
    def is_read(self) -> bool:
        """Whether more than its headers was read: it can be taken in."""
        return ":" not in self.key

    @property
    def can_be_taken(self) -> bool:
        """Whether the clerk may want it: also one that was dismissed, or that was not found, when it lies there."""
        return self.status in (LEFT, DISMISSED, GONE) and any(one["is_document"] for one in self.files)


#: a mail of ours is tried so often, two days, then given up
TRIES = 50


class MailReply(AgencyOwned, Base):
    """A mail of ours, and whether it went out: to the sender of a mailed document, or with one that was dispatched."""

    __tablename__ = "mail_reply"
    __table_args__ = (UniqueConstraint("agency_id", "message_id"),
                      Index("mail_reply_due", "agency_id", "next_at", postgresql_where="sent_at is null"))

    #: None: the mail became none (Art. 3.2)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), index=True)
    #: the mail that it answers
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"))
    #: or the row of the recipient to whom it brings a dispatched document, and his address
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"), index=True)
    address: Mapped[str] = mapped_column(String(320), default="")
    #: its own Message-ID, the same at each try
    message_id: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(500))
    text: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    #: code of what went wrong last
    error: Mapped[str] = mapped_column(String(40), default="")
    #: what the server answered then, in its own words
    said: Mapped[str] = mapped_column(String(300), default="")

    mail: Mapped[Mail | None] = relationship()
    document: Mapped[Document | None] = relationship()

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to go out."""
        return self.sent_at is None and self.tries < TRIES


def mailbox() -> Mailbox | None:
    """The agency's mailbox, if it has one."""
    return db.session.scalar(select(Mailbox))


def at(validity: int, uid: int) -> Mail | None:
    """The mail of this place."""
    return db.session.scalar(select(Mail).where(Mail.uid_validity == validity, Mail.uid == uid).limit(1))


def known(key: str) -> Mail | None:
    """The mail of these bytes."""
    return db.session.scalar(select(Mail).where(Mail.key == key))


def same_message(message_id: str, key: str) -> Mail | None:
    """Another mail that bears the same Message-ID."""
    return db.session.scalar(select(Mail).where(
        Mail.message_id == message_id, Mail.key != key).order_by(Mail.id).limit(1)) if message_id else None


def waiting(before: int | None = None, most: int | None = None) -> list[Mail]:
    """What the clerk should look at, newest first; `before`: what stands below the mail of this id."""
    found = select(Mail).where(Mail.status.in_((LEFT, WANTED))).order_by(Mail.id.desc()).limit(most)
    return list(db.session.scalars(found if before is None else found.where(Mail.id < before)))


def count_waiting() -> int:
    """How many the clerk should look at."""
    return db.session.scalar(select(func.count()).select_from(Mail).where(Mail.status.in_((LEFT, WANTED)))) or 0


def settled(most: int) -> list[Mail]:
    """What was taken in, dismissed or is gone, the one that was decided last first."""
    return list(db.session.scalars(select(Mail).where(Mail.status.in_((TAKEN, DISMISSED, GONE))).order_by(
        Mail.decided_at.desc().nulls_last(), Mail.id.desc()).limit(most)))


def wanted() -> list[Mail]:
    """What the clerk wants taken in, oldest first."""
    return list(db.session.scalars(select(Mail).where(Mail.status == WANTED).order_by(Mail.id)))


def of_document(document_id: int) -> Mail | None:
    """The mail that became the document."""
    return db.session.scalar(select(Mail).where(
        Mail.status == TAKEN, Mail.document_ids.contains([document_id])).order_by(Mail.id).limit(1))


def beside(document_id: int) -> list[int]:
    """The other documents that one mail brought with this one: the raw mail is evidence of each."""
    mail = of_document(document_id)
    return [other for other in mail.document_ids if other != document_id] if mail is not None else []


def reply_to(message_ids: tuple[str, ...]) -> MailReply | None:
    """The mail of ours that one of these Message-IDs names."""
    return db.session.scalar(select(MailReply).where(
        MailReply.message_id.in_(message_ids)).order_by(MailReply.id.desc()).limit(1)) if message_ids else None


def due_replies(at: datetime, tries: int) -> list[int]:
    """Ids of what is to be sent now, oldest first."""
    return list(db.session.scalars(select(MailReply.id).where(
        MailReply.sent_at.is_(None), MailReply.next_at <= at, MailReply.tries < tries).order_by(MailReply.id)))


def deliveries(message_ids: list[int]) -> list[MailReply]:
    """The mails that bring dispatched documents to these recipients, oldest first."""
    return list(db.session.scalars(select(MailReply).where(
        MailReply.delivery_id.in_(message_ids)).order_by(MailReply.id))) if message_ids else []


def claim_reply(reply_id: int, at: datetime, next_at: datetime) -> MailReply | None:
    """Begin a try; None when somebody else has. The caller commits before it sends."""
    return db.session.scalar(update(MailReply).where(
        MailReply.id == reply_id, MailReply.sent_at.is_(None), MailReply.next_at <= at, MailReply.tries < TRIES)
        .values(tries=MailReply.tries + 1, next_at=next_at).returning(MailReply))


def unsent_replies(most: int) -> list[MailReply]:
    """What failed at least once and did not go out, newest first."""
    return list(db.session.scalars(select(MailReply).where(
        MailReply.sent_at.is_(None), MailReply.error != "").order_by(MailReply.id.desc()).limit(most)))


def forget(document_id: int) -> None:
    """Art. 3.2: of the mail that became a document nothing stays that says what it was about; what waits is not sent.

    Only that it is not taken in is told after this, in words of the day (mail_reply.py).
    """
    of_mail = select(Mail.id).where(Mail.document_ids.contains([document_id]))
    db.session.execute(update(Mail).where(Mail.id.in_(of_mail)).values(subject="", files=[]))
    db.session.execute(delete(MailReply).where(MailReply.document_id == document_id, MailReply.sent_at.is_(None)))
    db.session.execute(update(MailReply).where(or_(
        MailReply.document_id == document_id, and_(MailReply.mail_id.in_(of_mail), MailReply.sent_at.is_not(None))))
        .values(subject="", text=""))
