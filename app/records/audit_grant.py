"""What an agency lets the auditor of the agency above see (Art. 10.3, 12): histories handed over, and counts.

The agency above never looks past the wall: it sees counts (province_figures, a function of the database that gives
nothing else) and bundles that a leader handed over, each with a reason and a last day. Who may give is decided at the
door.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records.document import NotFound


class AuditGrant(AgencyOwned, Base):
    """The history of one document as it was, handed to the agency above until a day."""

    __tablename__ = "audit_grant"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    #: how the list names it: number and notation, never the subject
    reference: Mapped[str] = mapped_column(String(60))
    #: the bundle (engine/evidence.py) as a blob
    sha256: Mapped[str] = mapped_column(String(64))
    size_bytes: Mapped[int]
    until_date: Mapped[date]
    reason: Mapped[str] = mapped_column(String(500))
    given_by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


@dataclass
class Figures:
    """Counts of one agency below."""

    agency: str
    #: status -> documents, kind -> acts, check -> faults found last
    status: dict[str, int]
    act: dict[str, int]
    finding: dict[str, int]
    late: int = 0


def figures() -> list[Figures]:
    """Counts of the agencies right below one's own, by name."""
    found: dict[int, Figures] = {}
    for row in db.session.execute(text("select * from province_figures() order by agency, what, name")):
        one = found.setdefault(row.agency_id, Figures(row.agency, {}, {}, {}))
        if row.what == "late":
            one.late = row.number
        else:
            getattr(one, row.what)[row.name] = row.number
    return list(found.values())


def granted() -> list[Any]:
    """What agencies below have handed over and still stands: id, agency, document_id, reference, until_date, ..."""
    return list(db.session.execute(text("select * from province_grants() order by at desc, id desc")))


def find(grant_id: int) -> Any:
    """One of them. Raises NotFound."""
    row = db.session.execute(text("select * from province_grants() where id = :id"), {"id": grant_id}).first()
    if row is None:
        raise NotFound()
    return row
