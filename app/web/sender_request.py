"""What a sender asked about a document, as its pages show it: why, what changes, what became of it.

Read by the pages of a document and of a task. It decides nothing (regulation/incoming/sender_request.py).
"""

from typing import Any

from app.records import agency
from app.records import sender_request as requests
from app.records.document import Document
from app.records.sender_request import SenderRequest
from app.web import words
from app.web.audit_words import COLUMN
from app.web.moment import day


def shown(document: Document) -> list[dict[str, Any]]:
    """The requests about a document or met by it, oldest first."""
    rows = requests.of_document(document.id)
    names = agency.names(sorted({row.partner for row in rows}))
    return [{
        "row": row, "who": names.get(row.partner, row.partner), "is_ours": row.document_id == document.id,
        "other": row.replacement if row.document_id == document.id else row.document,
        "changes": [[COLUMN.get(name, name), _value(name, before), _value(name, after)]
                    for name, before, after in row.changes],
    } for row in rows]


def pending(document: Document) -> list[dict[str, Any]]:
    """The one that lies before the clerk."""
    return [one for one in shown(document) if one["is_ours"] and _is_open(one["row"])][:1]


def _is_open(row: SenderRequest) -> bool:
    return row.status in (requests.ASKED, requests.OPEN)


def _value(name: str, value: Any) -> str:
    if name == "priority":
        return str(words.word(words.PRIORITY, value))
    if name.endswith("_date"):
        return day(value) if value else ""
    return "" if value is None else str(value)
