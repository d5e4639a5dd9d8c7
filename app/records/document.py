"""One document, incoming, outgoing or internal, with the fields of NĐ 30/2020 PL VI and what people said of it.

The fields bear the law's English names in snake_case. The files are in attachment.py, the facts that
decide (numbered, signed, sent) in milestone.py.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records.people import User
from app.refusal import Refusal

#: urgency by its digit (NĐ 30/2020; edXML Priority)
PRIORITIES = {0: "Thường", 1: "Khẩn", 2: "Thượng khẩn", 3: "Hỏa tốc"}
#: statuses of documents with which nothing more is done
ENDED = ("closed", "returned", "discarded", "recalled", "replaced", "dispatched", "cancelled", "withdrawn",
         "called_back")
#: statuses of what is not there to be answered, copied or sent on: refused, not to be here, or taken back
GONE = ("returned", "discarded", "recalled", "replaced", "withdrawn")
#: the direction of what is exchanged within the agency (Art. 4.1.a): no procedure runs for it
INTERNAL = "internal"
#: what stands in the place of a name or a text that must not be here (Art. 3.2)
REMOVED = "Đã xóa nội dung (Điều 3.2)"


class NotFound(Refusal):
    """There is no such thing here, or it is not yours to see."""

    code, status = "not_found", 404


class Document(AgencyOwned, Base):
    """One document of one agency."""

    __tablename__ = "document"
    __table_args__ = (
        Index("document_by_arrival", "agency_id", "direction", "arrival_number"),
        Index("document_by_packet", "agency_id", "packet_id"),
        Index("document_by_reference", "agency_id", "code_number"),
        Index("document_words", "agency_id", text("field_words(subject, organ_name, code_notation, signer_name)"),
              postgresql_using="gin"),
    )

    #: "incoming", "outgoing" or "internal"
    direction: Mapped[str] = mapped_column(String(10))
    #: for people: arrived, registered, assigned, handling, closed, returned, discarded, recalled, replaced; draft,
    #: reviewed, approved, numbered, completed, signed, dispatched, cancelled, withdrawn; circulated, called_back
    status: Mapped[str] = mapped_column(String(20))
    #: how it came: paper, exchange, mail; empty for an outgoing one
    channel: Mapped[str] = mapped_column(String(10), default="")
    #: Art. 4: "electronic" or "hybrid"; empty for an incoming one
    exchange_form: Mapped[str] = mapped_column(String(10), default="")
    #: the clause of Art. 4 that decided it
    exchange_clause: Mapped[str] = mapped_column(String(100), default="")
    #: the row of the decision table that decided it, by its id in the table of that day; empty: none did
    exchange_rule: Mapped[str] = mapped_column(String(100), default="")
    #: what the answer is for: code of the catalogue `purpose` (Art. 4)
    purpose: Mapped[str] = mapped_column(String(40), default="")

    code_number: Mapped[str] = mapped_column(String(11), default="")
    code_notation: Mapped[str] = mapped_column(String(30), default="")
    issued_date: Mapped[date | None]
    organ_name: Mapped[str] = mapped_column(String(200), default="")
    organ_id: Mapped[str] = mapped_column(String(35), default="")
    type_name: Mapped[str] = mapped_column(String(100), default="")
    subject: Mapped[str] = mapped_column(String(500), default="")
    language: Mapped[str] = mapped_column(String(30), default="Tiếng Việt")
    page_amount: Mapped[int | None]
    description: Mapped[str] = mapped_column(String(500), default="")
    signer_name: Mapped[str] = mapped_column(String(50), default="")
    signer_position: Mapped[str] = mapped_column(String(100), default="")
    signer_competence: Mapped[str] = mapped_column(String(100), default="")
    priority: Mapped[int] = mapped_column(default=0)
    #: under which urgency it went out, where a correction has changed it since; None: it has not
    sent_priority: Mapped[int | None]
    arrival_number: Mapped[int | None]
    arrival_date: Mapped[date | None]
    due_date: Mapped[date | None]
    #: "Kính gửi" and "Nơi nhận": organisation codes of an outgoing document
    addressees: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    recipients: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    #: identifier in the exchange (edXML DocumentId)
    packet_id: Mapped[str | None] = mapped_column(String(255))
    #: the incoming document that this one answers, the first of several (`AlsoAnswered`)
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), index=True)
    #: its dispatch closes what it answers; None: nobody has said, so only when it was begun at the task of handling
    closes_answered: Mapped[bool | None]
    #: the dispatched document that this one replaces when it is dispatched (NĐ 30/2020 Đ18.3)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: fields read from the scan, with confidence and place (regulation/layout.py)
    recognised: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    #: the verdict on the signatures of what came (regulation/verdict.py)
    verdict: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    author: Mapped[User | None] = relationship(foreign_keys=[author_id])

    @property
    def reference(self) -> str:
        """Number and notation as written: "12/UBND-VX"; empty before it has a number."""
        return f"{self.code_number}/{self.code_notation}" if self.code_number else ""


class Opinion(AgencyOwned, Base):
    """What a person wrote about a document: a directive, a review, a reason."""

    __tablename__ = "opinion"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    on_behalf_of_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: directive, opinion, reason, result, reminder
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    #: element of the diagram where it was said
    element: Mapped[str] = mapped_column(String(60), default="")

    user: Mapped[User | None] = relationship(foreign_keys=[user_id], lazy="joined")
    on_behalf_of: Mapped[User | None] = relationship(foreign_keys=[on_behalf_of_id], lazy="joined")


def opinions(document_id: int) -> list[Opinion]:
    """All that was said, oldest first."""
    return list(db.session.scalars(
        select(Opinion).where(Opinion.document_id == document_id).order_by(Opinion.at, Opinion.id)
    ))


def may_be_answered(document: Document) -> bool:
    """Whether an answer to it may be begun: it came, and was not refused or taken back since."""
    return document.direction == "incoming" and document.status not in GONE


class AlsoAnswered(AgencyOwned, Base):
    """A further incoming document that an outgoing one answers, beside the one of its `answers_id` (Art. 8.1)."""

    __tablename__ = "also_answered"
    __table_args__ = (UniqueConstraint("document_id", "answers_id"),)

    #: the outgoing one
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    answers_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    #: its dispatch closes that one
    closes: Mapped[bool]


def also_answered(document_id: int) -> list[AlsoAnswered]:
    """What the document answers beside the first, in the order of their arrival."""
    return list(db.session.scalars(select(AlsoAnswered).where(AlsoAnswered.document_id == document_id)
                                   .order_by(AlsoAnswered.answers_id)))


def answered_by(document: Document) -> list[Document]:
    """All that the document answers, the one that it was begun for first."""
    ids = [document.answers_id, *(one.answers_id for one in also_answered(document.id))]
    return [db.session.get_one(Document, one) for one in ids if one is not None]


def answers(document_id: int) -> ColumnElement[bool]:
    """Condition: it answers this one."""
    also = select(AlsoAnswered.document_id).where(AlsoAnswered.answers_id == document_id)
    return or_(Document.answers_id == document_id, Document.id.in_(also))


def answers_to(document_id: int) -> list[Document]:
    """The outgoing documents that answer this one."""
    return list(db.session.scalars(select(Document).where(answers(document_id)).order_by(Document.id)))
