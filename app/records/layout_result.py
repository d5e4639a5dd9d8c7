"""What the check of form found in a file, by its sha256 (Art. 3.1.đ): an act reads no file, so it asks here.

Found anew from the file whenever it is missing or of older rules. It may stop an approval, so an act of the document
in whose draft it was found tells of it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records.history import settled, tell


class LayoutResult(AgencyOwned, Base):
    """Of one file, held to be of one kind of document."""

    __tablename__ = "layout_result"
    __table_args__ = (UniqueConstraint("agency_id", "sha256", "type_name"),)

    sha256: Mapped[str] = mapped_column(String(64))
    type_name: Mapped[str] = mapped_column(String(100))
    #: of the rules
    edition: Mapped[int]
    #: plain values of layout_finding.Finding
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    at: Mapped[datetime]


def of(sha256: str, type_name: str) -> LayoutResult | None:
    """What was found, if it was looked for."""
    return db.session.scalar(select(LayoutResult).where(
        LayoutResult.sha256 == sha256, LayoutResult.type_name == type_name))


def keep(agency_id: int, sha256: str, type_name: str, edition: int, findings: Iterable[dict[str, Any]],
         at: datetime) -> None:
    """Keep it in place of an older one; two at once find the same. The caller tells it in an act, and commits."""
    values = {"edition": edition, "findings": list(findings), "at": at}
    known = {"agency_id": agency_id, "sha256": sha256, "type_name": type_name}
    row_id = db.session.scalar(insert(LayoutResult).values(**known, **values).on_conflict_do_update(
        index_elements=list(known), set_=values).returning(LayoutResult.id))
    told = settled({**known, **values, "at": at.astimezone(UTC).isoformat()})
    tell("layout_result", row_id, {name: [None, value] for name, value in told.items()})
