"""Whose history one may open, and who may take one out of the house (Art. 10.3; security.md S13)."""

from app.records import right
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.web.gate import me
from app.web.library import READERS
from app.web.moment import now

#: who may take a history out of the house
TAKERS = ("auditor", "leader", "clerk")


def find(document_id: int) -> Document:
    """The document, for a person who may read it; else, and for administrators, NotFound."""
    if not me().has(*READERS) or me().has("admin"):
        raise NotFound()
    return right.find(document_id, me(), local_date(now()))
