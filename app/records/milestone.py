"""What has been done to a document and still stands: numbered, completed, signed, sent.

These facts decide what may come next (engine/obligation.py), so they are rows of their own and not case
data that a form or a diagram could write (security.md S6). It does not know the order they must have.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records.document import Document


class Milestone(AgencyOwned, Base):
    """One fact; cleared_at says from when it stands no more."""

    __tablename__ = "milestone"
    __table_args__ = (
        Index("milestone_by_day", "agency_id", "name", "at", postgresql_where="cleared_at is null"),
        Index("milestone_standing", "document_id", "name", unique=True, postgresql_where="cleared_at is null"),
    )

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    name: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: the file it is about
    sha256: Mapped[str | None] = mapped_column(String(64))
    cleared_at: Mapped[datetime | None]


def standing(document_id: int) -> dict[str, Milestone]:
    """The facts that hold now, by name."""
    rows = db.session.scalars(
        select(Milestone).where(Milestone.document_id == document_id, Milestone.cleared_at.is_(None))
    )
    return {row.name: row for row in rows}


def ever(document_id: int, *names: str) -> list[Milestone]:
    """The facts of these names, those that hold no more among them, in their order."""
    return list(db.session.scalars(select(Milestone).where(
        Milestone.document_id == document_id, Milestone.name.in_(names)).order_by(Milestone.id)))


def days(document_ids: list[int], name: str) -> dict[int, datetime]:
    """Since when the fact holds of each of the documents of which it does."""
    rows = db.session.execute(select(Milestone.document_id, Milestone.at).where(
        Milestone.document_id.in_(document_ids), Milestone.name == name, Milestone.cleared_at.is_(None)))
    return {document_id: at for document_id, at in rows}


def reach(document: Document, name: str, at: datetime, user_id: int | None, sha256: str | None) -> Milestone:
    """Write down that it is done; a standing fact of that name has been cleared before."""
    fact = Milestone(agency_id=document.agency_id, document_id=document.id, name=name, at=at, user_id=user_id,
                     sha256=sha256)
    db.session.add(fact)
    return fact


def clear(facts: list[Milestone], at: datetime) -> None:
    """Write down that these hold no more, before others take their names."""
    for fact in facts:
        fact.cleared_at = at
    db.session.flush()
