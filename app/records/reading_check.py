"""What was read of a document beside what the clerk confirmed (Art. 2.2, 6.2.b): how good recognition is on real work.

One row a document, rewritten when the clerk confirms again. Figures count fields by month and give no content, so
that an administrator may see them (security.md S13). What counts as the same is regulation/incoming/doubt.py's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db

#: how a field was read: right and sure; right but doubtful; wrong and marked; wrong and not marked; not found
RIGHT, DOUBTED, CAUGHT, SILENT, MISSED = "right", "doubted", "caught", "silent", "missed"
#: months that the figures go back
MONTHS = 12


class ReadingCheck(AgencyOwned, Base):
    """The fields of one document as they were read and as they were confirmed."""

    __tablename__ = "reading_check"
    __table_args__ = (UniqueConstraint("agency_id", "document_id"),)

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    at: Mapped[datetime]
    #: field -> {"verdict", "confidence" (0..1)}, and where it was corrected "read", "kept"
    fields: Mapped[dict[str, dict[str, str | float]]] = mapped_column(JSONB)


@dataclass(frozen=True)
class Figures:
    """How often a field was read in which way."""

    right: int = 0
    doubted: int = 0
    caught: int = 0
    silent: int = 0
    missed: int = 0

    @property
    def total(self) -> int:
        """Documents on which the field stands."""
        return self.right + self.doubted + self.caught + self.silent + self.missed

    def share(self, *verdicts: str) -> float:
        """Part of all with these verdicts, 0..1."""
        return sum(getattr(self, one) for one in verdicts) / self.total if self.total else 0.0


def of(document_id: int) -> ReadingCheck | None:
    """What was confirmed of a document, if anything was."""
    return db.session.scalar(select(ReadingCheck).where(ReadingCheck.document_id == document_id))


def keep(agency_id: int, document_id: int, at: datetime, fields: Mapping[str, dict[str, str | float]]) -> None:
    """Write it down; the act under way tells of it."""
    row = of(document_id)
    if row is None:
        db.session.add(ReadingCheck(agency_id=agency_id, document_id=document_id, at=at, fields=dict(fields)))
    elif row.fields != fields:
        row.at, row.fields = at, dict(fields)


def forget(document_id: int) -> None:
    """Art. 3.2: the texts go; how they were read stays for the figures."""
    if row := of(document_id):
        row.fields = {key: {name: one[name] for name in ("verdict", "confidence")} for key, one in row.fields.items()}


_FIGURES = text("""
    select date_trunc('month', c.at at time zone 'Asia/Ho_Chi_Minh')::date as month, f.key as field,
           f.value ->> 'verdict' as verdict, count(*) as number
    from reading_check c cross join jsonb_each(c.fields) f where c.at >= :since group by 1, 2, 3""")


def figures(since: datetime) -> dict[date, dict[str, Figures]]:
    """Of the agency in whose name is asked: first day of a month -> field -> figures, the newest month first."""
    counts: dict[date, dict[str, dict[str, int]]] = {}
    for row in db.session.execute(_FIGURES, {"since": since}):
        counts.setdefault(row.month, {}).setdefault(row.field, {})[row.verdict] = row.number
    return {month: {name: Figures(**found) for name, found in fields.items()}
            for month, fields in sorted(counts.items(), reverse=True)}


def number_of_documents(since: datetime) -> dict[date, int]:
    """Documents confirmed, by first day of the month."""
    month = text("date_trunc('month', at at time zone 'Asia/Ho_Chi_Minh')::date")
    rows = db.session.execute(select(month, db.func.count()).select_from(ReadingCheck)
                              .where(ReadingCheck.at >= since).group_by(text("1")))
    return {first: count for first, count in rows}
