"""Documents found by words in their fields or in the text of their file, with marks or without (Art. 2.2): the one rule
of library, registers and inbox.

The database keeps each word twice, as written and without marks: "dự toán" finds what is written so, "du toan" finds
both. Of a field the beginning of a word is enough, of a text the whole word. Behind row-level security no such
condition reaches an index, so a function of the database (`found_documents`, in the migrations) finds what is the
agency's own and gives ids only. A word that stands in very many is looked for from the newest document on instead. Who
may read what is found decides right.py.
"""

import unicodedata

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from app.db import db
from app.records.document import Document
from app.records.text_layer import TextLayer

#: words of one question, more are left out; documents with a word up to which they are named one by one
MOST, FEW = 8, 2000


def split(asked: str) -> list[str]:
    """The words of a question, spelled as they are kept; lone signs ("-", "&") between them are none."""
    words = unicodedata.normalize("NFC", asked.replace("\0", "")).split()
    return ([word for word in words if any(map(str.isalnum, word))] or words)[:MOST]


def bears(word: str) -> ColumnElement[bool]:
    """Condition on Document: the word stands in its fields, is its number and notation, or stands in its text.

    Asks the database how often the word stands there.
    """
    ids = list(db.session.scalars(select(func.found_documents(word)).limit(FEW + 1)))
    return Document.id.in_(ids) if len(ids) <= FEW else _one_by_one(word)


def _one_by_one(word: str) -> ColumnElement[bool]:
    """The same, asked of a document at a time: the first page is full after a few of them."""
    number, _, notation = word.partition("/")
    fields = func.field_words(Document.subject, Document.organ_name, Document.code_notation, Document.signer_name)
    text = select(TextLayer.words.bool_op("@@")(func.plainto_tsquery("simple", word))).where(
        TextLayer.document_id == Document.id).scalar_subquery()
    return or_(fields.bool_op("@@")(func.begun_words(word)), func.coalesce(text, false()),
               and_(Document.code_number == number,
                    func.starts_with(func.lower(Document.code_notation), func.lower(notation))))
