"""What an auditor may read: scopes that the agency gave to its own auditor or to the one above (Art. 10.3, 12).

A scope is the whole agency or narrower: a register, a period, a kind of document, single documents; each condition that
is set must hold. It has a reason and a last day and can be ended. Without a scope an auditor reads nothing. right.py
asks here for every door; the auditor above reaches an agency by province_grants() alone, a function of the database,
and sees counts besides (province_figures). Who may give is decided in engine/handover.py.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    String,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records.calendar import ZONE
from app.records.document import Document, NotFound
from app.records.people import User
from app.records.register import Register, RegisterEntry


class AuditGrant(AgencyOwned, Base):
    """A scope that an auditor may read until a day."""

    __tablename__ = "audit_grant"

    #: the agency's own auditor; empty = the auditor of the agency above
    auditor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"), index=True)
    #: what has a number of this register; empty = of any, or none
    register_id: Mapped[int | None] = mapped_column(ForeignKey("register.id"))
    #: what was taken in or begun on these days, in Viet Nam
    since_date: Mapped[date | None]
    to_date: Mapped[date | None]
    #: kind of document, as it is called; empty = any
    type_name: Mapped[str] = mapped_column(String(100), default="")
    #: these documents only
    document_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    #: the last day it may be read
    until_date: Mapped[date]
    reason: Mapped[str] = mapped_column(String(500))
    given_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    end_reason: Mapped[str] = mapped_column(String(500), default="")

    auditor: Mapped[User | None] = relationship(foreign_keys=[auditor_id], lazy="joined")
    given_by: Mapped[User] = relationship(foreign_keys=[given_by_id], lazy="joined", innerjoin=True)
    ended_by: Mapped[User | None] = relationship(foreign_keys=[ended_by_id], lazy="joined")
    register: Mapped[Register | None] = relationship(lazy="joined")

    @property
    def is_whole(self) -> bool:
        """Whether it is all that the agency holds."""
        return not (self.register_id or self.since_date or self.to_date or self.type_name
                    or self.document_ids is not None)

    def stands(self, today: date) -> bool:
        """Whether it may be used today."""
        return self.ended_at is None and self.until_date >= today

    def covers(self) -> ColumnElement[bool]:
        """Condition on Document: it lies in this scope. The only place that says what a scope is."""
        found: list[ColumnElement[bool]] = [Document.agency_id == self.agency_id]
        if self.register_id:
            found.append(exists().where(RegisterEntry.document_id == Document.id,
                                        RegisterEntry.register_id == self.register_id))
        if self.since_date:
            found.append(Document.created_at >= datetime.combine(self.since_date, time(), ZONE))
        if self.to_date:
            found.append(Document.created_at <= datetime.combine(self.to_date, time.max, ZONE))
        if self.type_name:
            found.append(func.lower(Document.type_name) == self.type_name.lower())
        if self.document_ids is not None:
            found.append(Document.id.in_(self.document_ids))
        return and_(*found)


def auditable(user: User, today: date) -> ColumnElement[bool]:
    """Condition on Document: one of the scopes that this auditor was given covers it."""
    if not user.has("auditor"):
        return false()
    rows = db.session.scalars(select(AuditGrant).where(
        AuditGrant.auditor_id == user.id, AuditGrant.ended_at.is_(None), AuditGrant.until_date >= today)).all()
    if any(row.is_whole for row in rows):
        return true()
    return or_(false(), *(row.covers() for row in rows))


def of(user: User, limit: int = 200) -> list[AuditGrant]:
    """The scopes that the person may know of, newest first: a leader all of the agency, an auditor his own."""
    query = select(AuditGrant).order_by(AuditGrant.id.desc()).limit(limit)
    return list(db.session.scalars(query if user.has("leader") else query.where(AuditGrant.auditor_id == user.id)))


@dataclass
class Figures:
    """Counts of one agency below."""

    agency: str
    #: status -> documents, kind -> acts, check -> faults found last
    status: dict[str, int]
    act: dict[str, int]
    finding: dict[str, int]
    #: check -> when it looked last
    checked: dict[str, datetime]
    late: int = 0


def figures() -> list[Figures]:
    """Counts of the agencies right below one's own, by name."""
    found: dict[int, Figures] = {}
    for row in db.session.execute(text("select * from province_figures() order by agency, what, name")):
        one = found.setdefault(row.agency_id, Figures(row.agency, {}, {}, {}, {}))
        if row.what == "late":
            one.late = row.number
        elif row.what == "checked":
            one.checked[row.name] = datetime.fromtimestamp(row.number, UTC)
        else:
            getattr(one, row.what)[row.name] = row.number
    return list(found.values())


def from_below() -> list[Any]:
    """The scopes that agencies below gave and that stand, newest first: columns of AuditGrant, agency, names."""
    return list(db.session.execute(text("select * from province_grants() order by at desc, id desc")))


def find(grant_id: int) -> Any:
    """One of them. Raises NotFound."""
    row = db.session.execute(text("select * from province_grants() where id = :id"), {"id": grant_id}).first()
    if row is None:
        raise NotFound()
    return row
