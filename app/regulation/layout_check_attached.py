"""What is attached in the file of a draft held against NĐ 30/2020 PL I.III.1 and PL III (Art. 3.1.đ).

Appendices, and documents issued with this one (a regulation with its decision): each has its name, what it is about
and the line that says with what it goes; a document issued so is a text with its own articles. Forms for others to
fill in are theirs.
"""

import re
from collections.abc import Iterator

from app.regulation.layout_check_body import of_text
from app.regulation.layout_check_order import roman
from app.regulation.layout_finding import Finding, Look, finding, looks, short, whole
from app.regulation.layout_grammar import TYPES, fold
from app.regulation.layout_parts import Attached, Parts
from app.regulation.layout_said import said as _
from app.tools.docx_layout import Line

_KINDS = {fold(name): name for name in TYPES}
#: "số 12/QĐ-STC": the notation
_NOTATION = re.compile(r"số[\s:._…]*\d*[\s._…]*/\s*([\w./-]*[^\W_])", re.IGNORECASE)


def check(parts: Parts, type_name: str) -> Iterator[Finding]:
    """Heading, title, reference, then the text of each."""
    appendices = [one for one in parts.attached if not one.type_name and not one.is_form]
    for place, one in enumerate(appendices):
        yield from _appendix(one.heading, place + 1 if len(appendices) > 1 else 0)
    for one in parts.attached:
        if one.is_form:
            continue
        if one.type_name:
            yield from _looked(_("tên loại văn bản kèm theo"), [one.heading], Look(13, 14, bold=True, is_upper=True))
        yield from _looked(_("tên của phần kèm theo"), one.title,
                           Look(13, 14, bold=True, is_upper=not one.type_name))
        if not one.title:
            yield finding("attached", f"“{short(one.heading.text)}”", _("không có tên"),
                          _("tên in hoa, đậm, ở giữa, dưới “Phụ lục”") if not one.type_name
                          else _("trích yếu đậm, ở giữa, dưới tên loại"))
        yield from _reference(one, parts, type_name)
        if one.type_name:
            yield from of_text(one.body, [])
    yield from _named(parts, appendices)


def _looked(where: str, lines: list[Line], look: Look) -> Iterator[Finding]:
    yield from looks("attached", where, lines, look)
    for line in lines:
        if line.align != "center":
            yield finding("attached", where, _("“%(words)s” không ở giữa", words=short(line.text)), _("ở giữa"),
                          [whole(line, align="center", first_mm=0)])


def _appendix(line: Line, number: int) -> Iterator[Finding]:
    """`number`: which one it is; 0: the only one."""
    yield from _looked(_("tên phụ lục"), [line], Look(14, 14, bold=True))
    text = line.text.strip()
    found = re.fullmatch(r"Phụ lục(?: ([IVXLC]+))?", text)
    if not found or (number and (not found[1] or roman(found[1]) != number)):
        should = _("“Phụ lục”, chữ in thường, số thứ tự %(number)s bằng chữ số La Mã", number=number) if number \
            else _("“Phụ lục”, chữ in thường")
        yield finding("attached", _("tên phụ lục"), f"“{short(text)}”", should)


def _reference(one: Attached, parts: Parts, type_name: str) -> Iterator[Finding]:
    where = f"“{short(one.heading.text)}”"
    if not one.reference:
        yield finding("attached", where, _("không có dòng chỉ dẫn văn bản mà nó kèm theo"),
                      _("“(Kèm theo … số … ngày … của …)” dưới tên, chữ nghiêng, ở giữa"))
        return
    yield from _looked(_("dòng chỉ dẫn “(Kèm theo …)”"), one.reference, Look(13, 14, italic=True))
    text = " ".join(line.text.strip() for line in one.reference)
    if not (text.startswith("(") and text.endswith(")")):
        yield finding("attached", where, f"“{short(text)}”", _("dòng chỉ dẫn trong ngoặc đơn: “(Kèm theo …)”"))
    words = fold(text).partition("kem theo ")[2]
    named = next((name for folded, name in _KINDS.items() if words.startswith(folded)), "")
    if named and type_name and named != type_name:
        yield finding("attached", where, _("kèm theo %(kind)s", kind=named), _("kèm theo %(kind)s", kind=type_name))
    told = _NOTATION.search(text)
    own = _NOTATION.search(parts.number.text) if parts.number else None
    if told and own and told[1] != own[1]:
        yield finding("attached", where, _("kèm theo văn bản ký hiệu “%(notation)s”", notation=told[1]),
                      _("“%(notation)s”, như ở đầu văn bản", notation=own[1]))


def _named(parts: Parts, appendices: list[Attached]) -> Iterator[Finding]:
    """The document says what is attached to it."""
    said = " ".join(fold(line.text) for line in parts.body)
    if appendices and "phu luc" not in said and not any(one.type_name for one in parts.attached):
        yield finding("attached", _("nội dung văn bản"), _("không nói đến phụ lục kèm theo"),
                      _("có chỉ dẫn về phụ lục"))
    for one in parts.attached:
        if one.type_name and fold(one.type_name) not in said:
            yield finding("attached", _("nội dung văn bản"), _("không nói đến %(kind)s kèm theo", kind=one.type_name),
                          _("ban hành hoặc phê duyệt %(kind)s kèm theo", kind=one.type_name))
