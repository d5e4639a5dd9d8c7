"""Right drafts of each kind, their blanks filled, and small changes in them, for the tests of form (Art. 3.1.đ)."""

import io
import re
import zipfile
from collections.abc import Callable
from functools import cache

import docx
from docx.document import Document

from app.regulation import layout
from app.regulation.drafting.skeleton import SKELETONS
from app.tools import docx_letter


def right(kind: str = "Công văn", **other: object) -> bytes:
    """A draft of a kind in which nothing is wrong."""
    return _right(kind) if not other else _made(kind, **other)


@cache
def _right(kind: str) -> bytes:
    return _made(kind)


def _made(kind: str, **other: object) -> bytes:
    skeleton = SKELETONS[kind]
    body = skeleton.body("Sở Tài chính", "Giám đốc Sở Tài chính")
    return docx_letter.write(docx_letter.Letter(**{
        "organ_name": "Sở Tài chính", "parent_name": "UBND tỉnh Lào Cai", "place": "Lào Cai",
        "notation": layout.notation(kind, "STC", "QLNS"), "type_name": "" if kind == "Công văn" else kind,
        "subject": "báo cáo tình hình giải ngân vốn đầu tư công",
        "body": [(style, re.sub("…+", "nội dung đã nêu", words)) for style, words in body],
        "position": skeleton.position or "Phó Giám đốc",
        "signer_name": "Đinh Xuân Trường", "authority": "" if skeleton.position else "KT. GIÁM ĐỐC",
        "addressees": ["Sở Nội vụ", "Sở Xây dựng"] if skeleton.is_addressed else [], "recipients": [skeleton.first],
        "unit": "QLNS", "has_secretary": skeleton.has_secretary, **other}))


def changed(data: bytes, change: Callable[[Document], object]) -> bytes:
    """The same draft after somebody has worked at it."""
    document, out = docx.Document(io.BytesIO(data)), io.BytesIO()
    change(document)
    document.save(out)
    return out.getvalue()


def paragraph(document: Document, start: str):
    """The first paragraph, of tables too, that begins so."""
    cells = [cell for table in document.tables for row in table.rows for cell in row.cells]
    every = [one for cell in cells for one in cell.paragraphs] + document.paragraphs
    return next(one for one in every if one.text.startswith(start))


def packed(data: bytes, **parts: bytes | None) -> bytes:
    """The package with other parts: name with __ for / and no ending -> bytes; None takes it out."""
    source, sink = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    named = {f"{name.replace('__', '/')}.xml": content for name, content in parts.items()}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if named.get(name, b"") is not None:
                target.writestr(name, named.pop(name, None) or source.read(name))
        for name, content in named.items():
            if content is not None:
                target.writestr(name, content)
    return sink.getvalue()
