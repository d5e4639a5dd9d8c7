"""A draft written as DOCX in the layout of NĐ 30/2020 PL I: number and date blank, the rest as it is given (Art. 8.1).

The sizes are those of the decree's footnote 12/13/13, the body 14. The same letter gives the same bytes. What is
written, and who signs with which authority, is said by the caller; whether a draft is right is judged elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO

import docx
from docx.document import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from app.tools.docx import packed

FONT = "Times New Roman"
#: millimetres of the two boxes of the head and of the tail; NĐ 30/2020 PL I.III
_LEFT, _RIGHT = 68, 97
#: what a cell keeps free on each side
_CELL_MM = 1.9
#: points of one millimetre, and of a capital and a small letter of 12 points, bold, on the average
_POINTS, _CAPITAL, _SMALL = 72 / 25.4, 8.1, 5.7
#: parts and styles of the library's empty document that drafts have
_PARTS = frozenset({"officeDocument", "core-properties", "styles", "settings", "theme", "fontTable"})
_KEPT = frozenset({"Normal", "Header", "HeaderChar", "DefaultParagraphFont", "TableNormal", "NoList"})
_COUNTRY, _MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"


@dataclass(frozen=True)
class Letter:
    """What stands on a draft. A body is of (style, text); styles: plain, basis, title, article, heading."""

    organ_name: str
    #: "QĐ-STC", "STC-QLNS"
    notation: str
    place: str
    #: empty: a công văn
    type_name: str
    subject: str
    body: Sequence[tuple[str, str]]
    position: str
    signer_name: str
    parent_name: str = ""
    addressees: Sequence[str] = ()
    #: without the file copy, which is the last one
    recipients: Sequence[str] = ()
    #: the unit that keeps the copy: "Lưu: VT, QLNS."
    unit: str = ""
    #: "KT. GIÁM ĐỐC", "TM. ỦY BAN NHÂN DÂN; KT. CHỦ TỊCH"
    authority: str = ""
    #: minutes bear a secretary's name on the left
    has_secretary: bool = False
    year: int | None = None


def write(letter: Letter) -> bytes:
    """The draft."""
    document = _sheet()
    document.core_properties.title, document.core_properties.author = _printable(letter.subject)[:200], ""
    _head(document, letter)
    _addressees(document, letter.addressees)
    for style, text in letter.body:
        _STYLES[style](document.add_paragraph(), text)
    _tail(document, letter)
    return packed(document)


@cache
def _bare() -> bytes:
    """An empty document: of the library's own, what no draft needs is taken out."""
    document, out = docx.Document(), BytesIO()
    for holder in (document.part, document.part.package):
        for key, relation in [*holder.rels.items()]:
            if relation.reltype.rpartition("/")[2] not in _PARTS:
                del holder.rels[key]
    styles = document.styles.element
    for style in [*styles]:
        if style.tag == qn("w:latentStyles") or style.tag == qn("w:style") and style.styleId not in _KEPT:
            styles.remove(style)
    document.save(out)
    return out.getvalue()


def _sheet() -> Document:
    document = docx.Document(BytesIO(_bare()))
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(15)
    section.header_distance = Mm(10)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(14)
    normal.paragraph_format.space_after, normal.paragraph_format.line_spacing = Pt(0), 1.0
    number_pages(document)
    return document


def number_pages(document: Document) -> None:
    """Arabic numbers from 1, size 13, in the middle of the top margin, none on the first page (NĐ 30/2020 PL I.I)."""
    document.settings.odd_and_even_pages_header_footer = False
    for section in document.sections:
        for counted in section._sectPr.findall(qn("w:pgNumType")):
            counted.attrib.pop(qn("w:fmt"), None)
            if counted.get(qn("w:start")) != "1":  # an appendix counts from 1 again
                counted.attrib.pop(qn("w:start"), None)
        section.different_first_page_header_footer = True
        for one in (section.first_page_header, section.header):
            one.is_linked_to_previous = False
            for paragraph in one.paragraphs[1:]:
                paragraph._p.getparent().remove(paragraph._p)
            one.paragraphs[0].clear()
        paragraph = section.header.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
            run = _styled(paragraph.add_run(), 13)
            mark = OxmlElement("w:fldChar" if kind else "w:instrText")
            if kind:
                mark.set(qn("w:fldCharType"), kind)
            mark.text = text or None
            run._r.append(mark)


def _printable(text: str) -> str:
    """Without what XML cannot hold, and without breaks."""
    return "".join(char for char in text if char.isprintable())


def _styled(run: Run, size: float, *, bold: bool = False, italic: bool = False) -> Run:
    run.font.name, run.font.size, run.bold, run.italic = FONT, Pt(size), bold, italic
    return run


def _put(paragraph: Paragraph, text: str, size: float, *, bold: bool = False, italic: bool = False,
         align: WD_ALIGN_PARAGRAPH | None = WD_ALIGN_PARAGRAPH.CENTER, before: float = 0) -> Paragraph:
    _styled(paragraph.add_run(_printable(text)), size, bold=bold, italic=italic)
    paragraph.alignment = align
    paragraph.paragraph_format.space_before = Pt(before)
    return paragraph


def _rule(paragraph: Paragraph, room_mm: float, width: float) -> None:
    """A line of `width` points in the middle of `room_mm`: the upper border of an empty, low paragraph."""
    form = paragraph.paragraph_format
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(3)
    form.left_indent = form.right_indent = Pt(max(0.0, round((room_mm * _POINTS - width) / 2)))
    borders, top = OxmlElement("w:pBdr"), OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "auto")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    paragraph._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap", "w:overflowPunct",
        "w:topLinePunct", "w:autoSpaceDE", "w:autoSpaceDN", "w:bidi", "w:adjustRightInd", "w:snapToGrid", "w:spacing",
        "w:ind", "w:contextualSpacing", "w:mirrorIndents", "w:suppressOverlap", "w:jc", "w:textDirection",
        "w:textAlignment", "w:textboxTightWrap", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr")


def _boxes(document: Document, rows: int) -> Table:
    table = document.add_table(rows=rows, cols=2)
    table.autofit, table.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    for column, width in zip(table.columns, (_LEFT, _RIGHT), strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
    for row in table.rows:  # a box is not torn at the end of a page
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    return table


def _third(text: str, letter: float, room_mm: float) -> float:
    """The length of a line under a text: two fifths of it (PL I: a third to a half)."""
    return 0.4 * min(len(text) * letter, room_mm * _POINTS)


def _head(document: Document, letter: Letter) -> None:
    table = _boxes(document, 2)
    (left, right), (number, day) = (row.cells for row in table.rows)
    room = _LEFT - 2 * _CELL_MM
    organ = left.paragraphs[0]
    if letter.parent_name:
        _put(organ, letter.parent_name.upper(), 12)
        organ = left.add_paragraph()
    _put(organ, letter.organ_name.upper(), 12, bold=True)
    _rule(left.add_paragraph(), room, _third(letter.organ_name, _CAPITAL, room))
    _put(right.paragraphs[0], _COUNTRY, 12, bold=True)
    _put(right.add_paragraph(), _MOTTO, 13, bold=True)
    _rule(right.add_paragraph(), _RIGHT - 2 * _CELL_MM, len(_MOTTO) * _SMALL * 13 / 12)
    _put(number.paragraphs[0], f"Số:        /{letter.notation}", 13, before=6)
    year = letter.year or "      "
    _put(day.paragraphs[0], f"{letter.place}, ngày     tháng     năm {year}", 13, italic=True, before=6)
    if not letter.type_name:
        _put(number.add_paragraph(), f"V/v {letter.subject}", 12, before=6)
        return
    _put(document.add_paragraph(), letter.type_name.upper(), 14, bold=True, before=14)
    _put(document.add_paragraph(), letter.subject, 14, bold=True)
    _rule(document.add_paragraph(), _LEFT + _RIGHT, min(_third(letter.subject, _SMALL * 14 / 12, _RIGHT), 160))


def _addressees(document: Document, names: Sequence[str]) -> None:
    if len(names) == 1:
        _put(document.add_paragraph(), f"Kính gửi: {names[0]}", 14, before=14)
    elif names:
        first = _put(document.add_paragraph(), "Kính gửi:", 14, before=14, align=WD_ALIGN_PARAGRAPH.LEFT)
        first.paragraph_format.left_indent = Mm(35)
        for name in names:
            one = _put(document.add_paragraph(), f"- {name}{'.' if name is names[-1] else ';'}", 14,
                       align=WD_ALIGN_PARAGRAPH.LEFT)
            one.paragraph_format.left_indent = Mm(55)
    document.add_paragraph().paragraph_format.line_spacing = Pt(6)


def _plain(paragraph: Paragraph, text: str) -> None:
    _put(paragraph, text, 14, align=WD_ALIGN_PARAGRAPH.JUSTIFY, before=6)
    paragraph.paragraph_format.first_line_indent = Mm(12.7)


def _basis(paragraph: Paragraph, text: str) -> None:
    _put(paragraph, text, 14, italic=True, align=WD_ALIGN_PARAGRAPH.JUSTIFY, before=6)
    paragraph.paragraph_format.first_line_indent = Mm(12.7)


def _title(paragraph: Paragraph, text: str) -> None:
    _put(paragraph, text, 14, bold=True, before=10)


def _article(paragraph: Paragraph, text: str) -> None:
    """ "Điều 1. ...": its name is bold, its words are not."""
    lead, _, words = text.partition(". ")
    _put(paragraph, f"{lead}. ", 14, bold=True, align=WD_ALIGN_PARAGRAPH.JUSTIFY, before=6)
    _styled(paragraph.add_run(words), 14)
    paragraph.paragraph_format.first_line_indent = Mm(12.7)


def _heading(paragraph: Paragraph, text: str) -> None:
    _put(paragraph, text, 14, bold=True, align=WD_ALIGN_PARAGRAPH.JUSTIFY, before=6)
    paragraph.paragraph_format.first_line_indent = Mm(12.7)


_STYLES = {"plain": _plain, "basis": _basis, "title": _title, "article": _article, "heading": _heading}


def _tail(document: Document, letter: Letter) -> None:
    document.add_paragraph().paragraph_format.line_spacing = Pt(6)
    table = _boxes(document, 2 if letter.has_secretary else 1)
    if letter.has_secretary:
        _signer(table.rows[0].cells[0], ["THƯ KÝ"], "(Họ và tên)")
    _signer(table.rows[0].cells[1], [line for part in (*letter.authority.split(";"), letter.position.upper())
                                       if (line := part.strip())], letter.signer_name)
    left = table.rows[-1].cells[0]
    _put(left.paragraphs[0], "Nơi nhận:", 12, bold=True, italic=True, align=WD_ALIGN_PARAGRAPH.LEFT)
    for name in letter.recipients:
        _put(left.add_paragraph(), f"- {name};", 11, align=WD_ALIGN_PARAGRAPH.LEFT)
    kept = f"- Lưu: VT, {letter.unit}." if letter.unit else "- Lưu: VT."
    _put(left.add_paragraph(), kept, 11, align=WD_ALIGN_PARAGRAPH.LEFT)


def _signer(cell: _Cell, lines: Sequence[str], name: str) -> None:
    """Authority and position, room for a signature, the name."""
    _put(cell.paragraphs[0], lines[0], 14, bold=True)
    for line in [*lines[1:], *[""] * 5]:  # the seal in its real size, 36 mm, stands clear of text and name
        _put(cell.add_paragraph(), line, 14, bold=True)
    _put(cell.add_paragraph(), name, 14, bold=True)
