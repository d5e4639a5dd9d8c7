"""What a scan of a sealed paper was found to be beside the text that was approved (Art. 9.2.c), by the scan's sha256.

The act that finishes the step holds the same; a row is there for pages and for the rule that asks for a reason. It
compares nothing itself (regulation/outgoing/compare.py).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db


class ScanCheck(AgencyOwned, Base):
    """Of one scan of one document."""

    __tablename__ = "scan_check"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64))
    #: 0..100: how much of the words is the same
    likeness: Mapped[int]
    #: [compare.Difference with "size" and "turn" of its page]; rows of before told some with "stops" False
    differences: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    at: Mapped[datetime]

    @property
    def stops(self) -> bool:
        """Whether it is signed only when it was answered for."""
        return any(one.get("stops", True) for one in self.differences)


def latest(document_id: int) -> ScanCheck | None:
    """Of the newest scan."""
    return db.session.scalar(
        select(ScanCheck).where(ScanCheck.document_id == document_id).order_by(ScanCheck.id.desc()).limit(1))


def keep(agency_id: int, document_id: int, sha256: str, found: dict[str, Any], at: datetime) -> None:
    """Write down what was found; the caller's act commits."""
    db.session.add(ScanCheck(agency_id=agency_id, document_id=document_id, sha256=sha256,
                             likeness=found["likeness"], differences=found["differences"], at=at))
