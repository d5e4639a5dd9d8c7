"""Art. 3.1.đ: kinds of documents, reference numbers, where each part stands on a page; read and written.

Reading proposes: a person verifies (Art. 6.2.b). Writing is used by numbering and drafting. The grammar is in
layout_grammar.py, the zones in layout_head.py, layout_agency.py, layout_reference.py and layout_tail.py. It neither
recognises letters (tools/ocr.py) nor keeps anything.
"""

from collections.abc import Mapping, Sequence

from app.regulation import layout_agency, layout_head, layout_reference, layout_signer, layout_stamp, layout_tail
from app.regulation.layout_grammar import (
    LETTER,
    TYPES,
    format_date,
    format_number,
    initials,
    notation,
    reference,
)
from app.regulation.layout_head import DOUBTFUL, Found, Head
from app.regulation.layout_words import PageLike

__all__ = ["LETTER", "TYPES", "format_date", "format_number", "initials", "notation", "read_fields", "reference"]


def read_fields(
    pages: Sequence[PageLike], *, agencies: Sequence[str] = (), types: Mapping[str, str] = TYPES,
    notations: Sequence[str] = ()
) -> dict[str, dict]:
    """Propose the fields of a document from its pages (tools/ocr.py), in order from the first.

    Pages may be read as they are asked for: only those that carry fields are.

    agencies: names that may have issued it; a reading near one becomes it. notations: of documents that came before, as
    they were confirmed. Returns, for each field that was found,
    {"value", "confidence" (0..1, below 0.6 doubtful), "page", "boxes" (points, origin top left)}; keys: code_number,
    code_notation, issued_date (ISO), organ_name, type_name, subject, signer_name, signer_position, addressees and
    recipients (lists), priority ("0".."3"), secrecy ("", "Mật", "Tối mật", "Tuyệt mật").
    """
    first = next((page for page in pages if page.words), None)
    if first is None:
        return {}
    head = layout_head.cut_head(first)
    fields: dict[str, Found | None] = {"organ_name": layout_agency.agency(head, agencies)}
    organ = fields["organ_name"]
    named = str(organ.value) if organ else ""
    fields["code_number"], fields["code_notation"], kind = layout_reference.number(
        head, named, types, notations)
    fields["issued_date"] = layout_reference.issued_date(head)
    fields |= _type_and_subject(head, kind, types)
    fields["addressees"] = layout_head.addressees(head)
    fields["priority"], fields["secrecy"] = layout_stamp.marks(head)
    # the first page is done with: its picture need not be kept while the signature page is looked for
    tail = layout_tail.cut_tail(pages)
    fields["recipients"] = layout_tail.recipients(tail)
    fields["signer_name"], fields["signer_position"] = layout_signer.signer(tail.column)
    return {key: value.as_json() for key, value in fields.items() if value}


def _type_and_subject(head: Head, kind: str, types: Mapping[str, str]) -> dict[str, Found | None]:
    """The kind by its printed name, checked against the notation, and the subject where that kind has it."""
    title = layout_head.type_line(head, types)
    if title:
        name, line = title
        # the notation names another kind: one of the two was misread
        most = 1.0 if kind == name or types[name] == "" else DOUBTFUL
        subject = layout_head.subject_under(head, line)
        return {"type_name": layout_head.found(line, name, most), "subject": subject}
    subject = layout_head.subject_left(head)
    boxes = subject.boxes if subject else []
    name = kind or LETTER
    return {"type_name": Found(name, 0.9 if name == LETTER and subject else DOUBTFUL, 1, boxes),
            "subject": subject}


def page_text(page: PageLike) -> str:
    """The words of a page, one line of print to a line."""
    rows: dict[int, list[str]] = {}
    for word in page.words:
        rows.setdefault(word.line, []).append(word.text)
    return "\n".join(" ".join(words) for words in rows.values())
