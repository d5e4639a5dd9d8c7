"""Who was asked for an opinion on a draft, in which round, on which version, until when; and what each said (Art. 8.1).

A row is one unit or person asked. The words of an answer are an opinion of the document (document.py) beside. Silence
is told as silence: a row whose round ended without an answer. Who may ask is regulation/drafting/consult.py's.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records.agency import Unit
from app.records.document import ENDED, Document
from app.records.people import User

#: what is answered
ANSWERS = AGREE, REMARKS, DISAGREE = ("agree", "remarks", "disagree")


class Consultation(AgencyOwned, Base):
    """One unit or person asked for an opinion on a version of a draft."""

    __tablename__ = "consultation"
    __table_args__ = (Index("consultation_open", "due_at", postgresql_where="ended_at is null"),)

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    #: from 1, of the document
    round: Mapped[int]
    #: the file that they were asked about
    sha256: Mapped[str] = mapped_column(String(64))
    #: who answers; of a unit its head
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    #: asked as a unit
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    question: Mapped[str] = mapped_column(Text, default="")
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    #: the asking gave the right to read, which ends with the round
    gave_read: Mapped[bool]
    #: one of ANSWERS; empty: nothing was said
    answer: Mapped[str] = mapped_column(String(10), default="")
    answered_at: Mapped[datetime | None]
    #: a file of the document that came with the answer
    file_sha256: Mapped[str] = mapped_column(String(64), default="")
    #: when the round ended, and why before its time; empty: all had answered, or the time was over
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(String(500), default="")

    user: Mapped[User] = relationship(foreign_keys=[user_id], lazy="joined")
    unit: Mapped[Unit | None] = relationship(lazy="joined")
    asked_by: Mapped[User] = relationship(foreign_keys=[asked_by_id], lazy="joined")

    @property
    def is_silent(self) -> bool:
        """The round is over and nothing was said."""
        return self.ended_at is not None and not self.answer


def of(document_id: int) -> list[Consultation]:
    """All that were asked, by round, in the order of asking."""
    return list(db.session.scalars(select(Consultation).where(Consultation.document_id == document_id)
                                   .order_by(Consultation.round, Consultation.id)))


def open_of(document_id: int) -> list[Consultation]:
    """Those of the round that is under way."""
    return [one for one in of(document_id) if one.ended_at is None]


def overdue(at: datetime) -> list[int]:
    """The documents of which a round is under way whose time is over."""
    return list(db.session.scalars(
        select(Consultation.document_id).join(Document, Document.id == Consultation.document_id)
        .where(Consultation.ended_at.is_(None), Consultation.due_at < at, Document.status.not_in(ENDED))
        .group_by(Consultation.document_id).order_by(Consultation.document_id)))
