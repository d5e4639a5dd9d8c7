"""A regulation as DOCX in the layout of NĐ 30/2020 (Appendix I): head, chapters, articles, clauses, annexes, signature.

A4, margins 20/20/30/15 mm, Times New Roman 14, page numbers in the top margin but not on the first page, each annex
numbered on its own; chapters and articles are headings, so that readers and screen readers can jump. Same content, same
bytes. Number and date are left blank for issuing. It knows no procedure and writes no words of the law itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import docx
from docx.document import Document
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from app.tools.docx import packed

FONT, BODY_POINTS, TABLE_POINTS = "Times New Roman", 14, 12
#: A4 and its margins, mm
PAGE, MARGINS = (210, 297), {"top": 20, "bottom": 20, "left": 30, "right": 15}
_FIRST_LINE, _GAP = Mm(12.7), Pt(6)
#: widths of the two halves of the head, and of the columns of an annex's table, mm
_HALVES, _COLUMNS = (68, 97), (11, 60, 46, 48)

NATION, MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"

#: (style, number, runs of (words, is bold)); styles: chapter, article, clause, point, plain
Lines = Sequence[tuple[str, str, Sequence[tuple[str, bool]]]]


@dataclass(frozen=True)
class Head:
    """What stands above and below the text."""

    organ_name: str
    parent_name: str
    #: "QyĐ-STC"
    notation: str
    place: str
    year: int
    #: "QUY ĐỊNH"
    type_name: str
    subject: str
    bases: Sequence[str]
    #: who signs: "GIÁM ĐỐC"
    signer: str
    recipients: Sequence[str]

    #: the words above the recipients
    sent_to: str = "Nơi nhận:"

    @property
    def number(self) -> str:
        """The line of number and notation, the number blank."""
        return f"Số:        /{self.notation}"

    @property
    def day(self) -> str:
        """The line of place and date, the date blank."""
        return f"{self.place}, ngày     tháng     năm {self.year}"

    @property
    def attached(self) -> str:
        """The line under the title of an annex."""
        return (f"(Kèm theo {self.type_name} số:        /{self.notation} ngày     tháng     năm {self.year} của "
                f"{self.organ_name})")


@dataclass(frozen=True)
class Annex:
    """A table after the signature, on a page of its own."""

    number: str
    title: str
    intro: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def regulation(head: Head, lines: Lines, annexes: Sequence[Annex] = ()) -> bytes:
    """The document. Words are taken as they are; control characters must have been taken out."""
    document = docx.Document()
    _prepare(document, head)
    _head(document, head)
    for style, number, runs in lines:
        _line(document, style, number, runs)
    _signature(document, head)
    for annex in annexes:
        _annex(document, annex, head)
    return packed(document)


def _prepare(document: Document, head: Head) -> None:
    core = document.core_properties
    core.author, core.title, core.language, core.comments = head.organ_name, head.subject, "vi-VN", ""
    for name, size in (("Normal", BODY_POINTS), ("Heading 1", BODY_POINTS), ("Heading 2", BODY_POINTS),
                       ("Heading 3", BODY_POINTS), ("Header", 13)):
        style = document.styles[name]
        _face(style, size)
        if name.startswith("Heading"):
            style.font.bold, style.font.italic = True, False
            style.font.color.rgb = RGBColor(0, 0, 0)
    _section(document.sections[0])


def _face(style: Any, size: float) -> None:
    """The font for every alphabet: the template's themes would win otherwise."""
    style.font.name, style.font.size = FONT, Pt(size)
    properties = style.element.get_or_add_rPr()
    fonts = properties.find(qn("w:rFonts"))
    for key in list(fonts.attrib):
        del fonts.attrib[key]
    for key in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{key}"), FONT)
    language = properties.find(qn("w:lang"))
    if language is None:
        language = properties.makeelement(qn("w:lang"))
        properties.append(language)
    language.set(qn("w:val"), "vi-VN")


def _section(section: Any) -> None:
    section.page_width, section.page_height = Mm(PAGE[0]), Mm(PAGE[1])
    for side, length in MARGINS.items():
        setattr(section, f"{side}_margin", Mm(length))
    section.header_distance = Mm(10)
    section.different_first_page_header_footer = True
    section.header.is_linked_to_previous = section.first_page_header.is_linked_to_previous = False
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = paragraph.add_run()._r
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run.append(mark)


def _put(paragraph: Paragraph, text: str, size: float, *, bold: bool = False, italic: bool = False,
         middle: bool = True) -> Paragraph:
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    paragraph.paragraph_format.space_after = Pt(0)
    if middle:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    return paragraph


def _rule(cell: Any, side: float) -> None:
    """A line under what was written, `side` mm from both edges."""
    paragraph = cell.add_paragraph()
    form = paragraph.paragraph_format
    form.left_indent = form.right_indent = Mm(side)
    form.space_after, form.line_spacing = Pt(0), Pt(3)
    borders = OxmlElement("w:pBdr")
    line = OxmlElement("w:top")
    for key, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        line.set(qn(f"w:{key}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")


def _two(document: Document, rows: int, widths: Sequence[float]) -> list[list[_Cell]]:
    table = document.add_table(rows=rows, cols=len(widths))
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
    return [list(row.cells) for row in table.rows]


def _head(document: Document, head: Head) -> None:
    (left, right), (number, day) = _two(document, 2, _HALVES)
    names = [(head.parent_name, False)] if head.parent_name else []
    for place, (name, bold) in enumerate([*names, (head.organ_name, True)]):
        _put(left.add_paragraph() if place else left.paragraphs[0], name.upper(), 12, bold=bold)
    _rule(left, 22)
    _put(right.paragraphs[0], NATION, 12, bold=True)
    _put(right.add_paragraph(), MOTTO, 13, bold=True)
    _rule(right, 17)
    _put(number.paragraphs[0], head.number, 13)
    _put(day.paragraphs[0], head.day, 13, italic=True)
    title = _put(document.add_paragraph(), head.type_name.upper(), 14, bold=True)
    title.paragraph_format.space_before = Pt(14)
    _put(document.add_paragraph(), head.subject, 14, bold=True)
    for number_of, basis in enumerate(head.bases):
        paragraph = document.add_paragraph()
        _body(paragraph)
        if not number_of:
            paragraph.paragraph_format.space_before = Pt(12)
        last = "." if number_of == len(head.bases) - 1 else ";"
        paragraph.add_run(f"{basis}{last}").italic = True


def _body(paragraph: Paragraph) -> None:
    form = paragraph.paragraph_format
    form.first_line_indent, form.space_after, form.space_before, form.line_spacing = _FIRST_LINE, _GAP, Pt(0), 1.0
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY


def _line(document: Document, style: str, number: str, runs: Sequence[tuple[str, bool]]) -> None:
    if style == "chapter":
        heading = document.add_paragraph(style="Heading 1")
        heading.alignment = WD_ALIGN_PARAGRAPH.CENTER
        heading.paragraph_format.space_before, heading.paragraph_format.space_after = Pt(12), _GAP
        heading.add_run(number).add_break()
        heading.add_run("".join(words for words, _ in runs).upper())
        return
    paragraph = document.add_paragraph(style="Heading 2" if style == "article" else "Normal")
    _body(paragraph)
    if number:
        paragraph.add_run(f"{number} ")
    for words, bold in runs:
        run = paragraph.add_run(words)
        if bold:
            run.bold = True


def _signature(document: Document, head: Head) -> None:
    document.add_paragraph().paragraph_format.space_after = Pt(0)
    ((left, right),) = _two(document, 1, (80, 85))
    _put(left.paragraphs[0], head.sent_to, 12, bold=True, italic=True, middle=False)
    for number, name in enumerate(head.recipients):
        last = "." if number == len(head.recipients) - 1 else ";"
        _put(left.add_paragraph(), f"- {name}{last}", 11, middle=False)
    _put(right.paragraphs[0], head.signer.upper(), 14, bold=True)


def _annex(document: Document, annex: Annex, head: Head) -> None:
    section = document.add_section(WD_SECTION.NEW_PAGE)
    _section(section)
    start = OxmlElement("w:pgNumType")
    start.set(qn("w:start"), "1")
    section._sectPr.insert_element_before(start, "w:cols", "w:titlePg", "w:docGrid")
    title = document.add_paragraph(style="Heading 1")
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_before, title.paragraph_format.space_after = Pt(0), Pt(0)
    title.add_run(annex.number).add_break()
    title.add_run(annex.title.upper())
    _put(document.add_paragraph(), head.attached, 14, italic=True)
    intro = document.add_paragraph()
    _body(intro)
    intro.paragraph_format.space_before = _GAP
    intro.add_run(annex.intro)
    table = document.add_table(rows=1 + len(annex.rows), cols=len(annex.heads), style="Table Grid")
    table.autofit = False
    widths = _COLUMNS if len(annex.heads) == len(_COLUMNS) else (165 / len(annex.heads),) * len(annex.heads)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for row, cells in zip(table.rows, [annex.heads, *annex.rows], strict=True):
        _cells(row, cells, widths, is_head=cells is annex.heads)


def _cells(row: Any, texts: Sequence[str], widths: Sequence[float], *, is_head: bool) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if is_head:
        properties.append(OxmlElement("w:tblHeader"))
    for number, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
        cell.width = Mm(widths[number])
        _put(cell.paragraphs[0], text, TABLE_POINTS, bold=is_head, middle=is_head or number == 0)
