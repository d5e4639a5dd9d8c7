"""What somebody asked of one document's history and waits for: a bundle, a control slip, a run through a clean engine.

No record of the document: that something was taken out is an act, this row only says how far the answer is and lets
its asker, and nobody else, have it for a while (Art. 10.3); he may be of the agency above (engine/handover_below.py).
The answering is engine/history_answer.py.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records.document import NotFound

#: what is taken out as a file, and what is only answered
FILES = {"bundle": "zip", "slip": "pdf", "slip_docx": "docx"}
KINDS = (*FILES, "replay")


class HistoryRequest(AgencyOwned, Base):
    """One question about one document's history, and how far its answer is."""

    __tablename__ = "history_request"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    #: one of KINDS
    what: Mapped[str] = mapped_column(String(10))
    #: number of the document's last act when it was asked, the act of taking out included
    head: Mapped[int]
    #: asked, ready, failed
    status: Mapped[str] = mapped_column(String(10), default="asked")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    size_bytes: Mapped[int] = mapped_column(default=0)
    #: of a replay what it found, of a file {"sha256"}, of a failure {"code"}
    found: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    asked_at: Mapped[datetime]

    @property
    def file_name(self) -> str:
        """Its place in the folder of answers: never a name that somebody chose."""
        return f"{self.agency_id}-{self.id}.{FILES[self.what]}"


def find(request_id: int, user_id: int) -> HistoryRequest:
    """One's own question. Raises NotFound for those of others."""
    found = db.session.get(HistoryRequest, request_id)
    if found is None or found.user_id != user_id:
        raise NotFound()
    return found


def of(document_id: int, user_id: int) -> list[HistoryRequest]:
    """One's own questions about a document that are still answered or kept, newest first, one of a kind."""
    rows = db.session.scalars(
        select(HistoryRequest).where(HistoryRequest.document_id == document_id, HistoryRequest.user_id == user_id)
        .order_by(HistoryRequest.id.desc()))
    newest: dict[str, HistoryRequest] = {}
    for row in rows:
        newest.setdefault(row.what, row)
    return list(newest.values())
