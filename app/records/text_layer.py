"""What was read of a document's file: its text for search, and a searchable copy beside the original (Art. 2.2).

Made of the file, in an act that tells of which and of the copy, but not of the text; it goes when the content of its
document goes (Art. 3.2). Who may read a document decides right.py. Making it is regulation/incoming/text_layer.py's.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Computed, ForeignKey, Index, String, Text, select
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db

#: characters of a text that are searched
MOST_CHARACTERS = 200_000


class TextLayer(AgencyOwned, Base):
    """The text of one document's newest file."""

    __tablename__ = "text_layer"
    __table_args__ = (Index("text_layer_of_document", "document_id", unique=True),
                      Index("text_layer_words", "agency_id", "words", postgresql_using="gin"))

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    #: the file that was read
    source_sha256: Mapped[str] = mapped_column(String(64))
    #: the searchable copy (PDF/A); empty where the file is left alone: signed, or it has a text of its own
    sha256: Mapped[str] = mapped_column(String(64), default="", index=True)
    size_bytes: Mapped[int] = mapped_column(default=0)
    text: Mapped[str] = mapped_column(Text)
    #: each word as written and without marks; what asks for them is search.py
    words: Mapped[str] = mapped_column(TSVECTOR, Computed("search_words(text)", persisted=True), deferred=True)
    made_at: Mapped[datetime]
    #: a mark of secrecy on a page behind the first, as a field that was read (Art. 3.2): then there is no text
    mark: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


def of(document_id: int) -> TextLayer | None:
    """What was read of a document's file, once it was."""
    return db.session.scalar(select(TextLayer).where(TextLayer.document_id == document_id))


def mark_of(document_id: int) -> dict[str, Any] | None:
    """The mark of secrecy on a later page that nobody has called a mistake."""
    return db.session.scalar(select(TextLayer.mark).where(TextLayer.document_id == document_id))


def copies_of(document_id: int) -> list[str]:
    """The sha256 of the searchable copy, where there is one."""
    layer = of(document_id)
    return [layer.sha256] if layer is not None and layer.sha256 else []


def keep(layer: TextLayer) -> None:
    """Put it in the place of what was read before."""
    remove(layer.document_id)
    layer.text = layer.text.replace("\0", "")[:MOST_CHARACTERS]
    db.session.add(layer)


def remove(document_id: int) -> list[str]:
    """Take it away, in an act of the caller; the sha256 of the copy, if there is one, for whoever deletes blobs."""
    layer, copies = of(document_id), copies_of(document_id)
    if layer is not None:
        db.session.delete(layer)
        db.session.flush()
    return copies
