"""What the sender of a document asks for afterwards: to have it back, to change it, to replace it (QĐ 28/2018 Đ8).

One row per request, also one that came before its document or that is about none we have. What a request does to a
document is regulation/incoming/sender_request.py's.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records import message
from app.records.document import GONE, Document
from app.records.people import User

#: kinds
RECALL, UPDATE, REPLACE = "recall", "update", "replace"
#: came and waits; lies before a clerk; decided
ASKED, OPEN, ACCEPTED, REFUSED = "asked", "open", "accepted", "refused"


class SenderRequest(AgencyOwned, Base):
    """One request of one sender about one document."""

    __tablename__ = "sender_request"
    __table_args__ = (
        UniqueConstraint("agency_id", "key"),
        Index("sender_request_of_document", "document_id"),
        Index("sender_request_unanswered", "agency_id", postgresql_where="answered_at is null"),
    )

    #: DocId of the packet on the axis, and the place of the document in its list
    key: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(10))
    #: organisation code of who asks
    partner: Mapped[str] = mapped_column(String(35))
    #: DocumentId that it is about
    packet_id: Mapped[str] = mapped_column(String(255))
    #: "number/notation" and ISO date that it is about, as the sender writes them
    reference: Mapped[str] = mapped_column(String(42), default="")
    issued_date: Mapped[str] = mapped_column(String(10), default="")
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    #: the document that replaces it
    replacement_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500), default="")
    #: [[field of Document, before, after], ...], plain values
    changes: Mapped[list[Any]] = mapped_column(JSONB, default=list)
    #: sentences about what else is in it
    notes: Mapped[list[str]] = mapped_column(JSONB, default=list)
    status: Mapped[str] = mapped_column(String(10), default=ASKED)
    #: reason of a refusal
    answer: Mapped[str] = mapped_column(String(500), default="")
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: when the sender was told 15 or 16
    answered_at: Mapped[datetime | None]

    document: Mapped[Document | None] = relationship(foreign_keys=[document_id])
    replacement: Mapped[Document | None] = relationship(foreign_keys=[replacement_id])
    decided_by: Mapped[User | None] = relationship(foreign_keys=[decided_by_id])

    @property
    def waits(self) -> bool:
        """Whether what is to replace the document is not registered, or is not here any more."""
        new = self.replacement
        return new is not None and (new.arrival_number is None or new.status in GONE)


def of_document(document_id: int) -> list[SenderRequest]:
    """What was asked about a document, or to replace another by it, oldest first."""
    return list(db.session.scalars(select(SenderRequest).where(
        or_(SenderRequest.document_id == document_id, SenderRequest.replacement_id == document_id))
        .order_by(SenderRequest.id)))


def names_of(document: Document) -> list[str]:
    """The identifiers by which its sender knows a document: its own, and by which it asked for something about it."""
    asked = [row.packet_id for row in of_document(document.id) if row.document_id == document.id]
    return sorted({document.packet_id or "", *asked} - {""})


def forget(document_id: int) -> None:
    """Art. 3.2: what its sender changed in it goes, as it was and as it became, and why; that it asked stays.

    So does the reason for which it was to replace another.
    """
    for row in of_document(document_id):
        row.changes, row.notes, row.reason = [], [], ""


def without_packet(row: SenderRequest, at: datetime, why: str) -> list[str]:
    """Nothing names the raw packet of a request any more; its sha256, if something did."""
    packet = message.known("in", row.key)
    return [message.let_go(packet, at, why)] if packet is not None else []


def next_undecided(document_id: int) -> SenderRequest | None:
    """The request that is next: a recall, then the oldest; one that replaces is none before what replaces is
    registered.
    """
    entered = select(Document.id).where(Document.arrival_number.is_not(None), Document.status.not_in(GONE))
    return db.session.scalar(select(SenderRequest).where(
        SenderRequest.document_id == document_id, SenderRequest.status.in_((ASKED, OPEN)),
        or_(SenderRequest.replacement_id.is_(None), SenderRequest.replacement_id.in_(entered)))
        .order_by(SenderRequest.kind != RECALL, SenderRequest.id).limit(1))


def about(partners: list[str], packet_ids: list[str]) -> list[SenderRequest]:
    """What a sender, by any of its codes, asked about one of these identifiers, oldest first."""
    return list(db.session.scalars(select(SenderRequest).where(
        SenderRequest.partner.in_(partners), SenderRequest.packet_id.in_(packet_ids))
        .order_by(SenderRequest.id)))


def unanswered() -> list[SenderRequest]:
    """Whose sender still waits for 15 or 16, oldest first; who replaced what never came asks for nothing."""
    return list(db.session.scalars(select(SenderRequest).where(
        SenderRequest.answered_at.is_(None),
        or_(SenderRequest.document_id.is_not(None), SenderRequest.replacement_id.is_(None)))
        .order_by(SenderRequest.id)))
