"""DOCX of headings, lines and tables: slips, registers and forms that are printed. Text is data; it formats nothing.

It knows no document and no law; what stands in the table is the caller's.
"""

import io
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

#: twentieths of a point in a millimetre
_TWIPS = 56.7


def build(heading: list[str], lines: list[str], head: list[str], rows: list[list[str]], widths: list[int]) -> bytes:
    """A landscape A4 in Times New Roman; `widths` of the columns in mm. The table's head repeats on each page."""
    made = _blank(is_wide=True)
    _lines(made, heading, lines)
    _table(made, [head], rows, widths)
    return _bytes(made)


def book(cover: list[tuple[str, int]], head: list[str], rows: list[list[str]], widths: list[int]) -> bytes:
    """A bound book (NĐ 30/2020 PL IV): an upright cover of (line, size in points), then the table in landscape.

    Below the head stands the number of each column; both repeat on each page.
    """
    made = _blank(is_wide=False)
    for text, size in cover:
        _line(made, text, size, is_bold=size > 13, is_centred=True)
    page = made.add_section(WD_SECTION.NEW_PAGE)
    page.orientation, page.page_width, page.page_height = WD_ORIENT.LANDSCAPE, Mm(297), Mm(210)
    _line(made, max(cover, key=lambda line: line[1])[0], 12, is_bold=True, is_centred=True)  # no table begins a section
    _table(made, [head, [f"({n})" for n in range(1, len(head) + 1)]], rows, widths)
    return _bytes(made)


def form(heading: list[tuple[str, int]], parts: list[list[list[str]]], widths: list[list[int]]) -> bytes:
    """An upright page of (line, size in points) and small tables below each other; `widths` of each in mm."""
    made = _blank(is_wide=False)
    for text, size in heading:
        _line(made, text, size, is_bold=size > 12, is_centred=True)
    for rows, columns in zip(parts, widths, strict=True):
        _table(made, [], rows, columns)
        made.add_paragraph()
    return _bytes(made)


def _blank(*, is_wide: bool) -> Any:
    made = Document()
    page = made.sections[0]
    page.page_width, page.page_height = (Mm(297), Mm(210)) if is_wide else (Mm(210), Mm(297))
    page.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(15)
    style = made.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(11)
    return made


def _lines(made: Any, heading: list[str], lines: list[str]) -> None:
    for text in heading:
        _line(made, text, 13, is_bold=True, is_centred=True)
    for text in lines:
        made.add_paragraph(_plain(text))


def _line(made: Any, text: str, size: int, *, is_bold: bool, is_centred: bool) -> None:
    paragraph = made.add_paragraph()
    paragraph.alignment = 1 if is_centred else 0
    run = paragraph.add_run(_plain(text))
    run.bold, run.font.size = is_bold, Pt(size)


def _table(made: Any, heads: list[list[str]], rows: list[list[str]], widths: list[int]) -> None:
    table = made.add_table(rows=0, cols=len(widths))
    table.style, table.autofit = "Table Grid", False
    for column, width in zip(table._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.w = Mm(width)
    for head in heads:
        row = _row(head, widths, is_bold=True)
        row.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        table._tbl.append(row)
    for texts in rows:
        row = _row(texts, widths, is_bold=False)
        if heads:  # an entry of a list is read whole, on one page
            row.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        table._tbl.append(row)


def _row(texts: list[str], widths: list[int], *, is_bold: bool) -> Any:
    """One row, made directly: the library takes seconds for some hundreds of them."""
    row = OxmlElement("w:tr")
    for text, width in zip(texts, widths, strict=True):
        cell, size, kind = OxmlElement("w:tc"), OxmlElement("w:tcW"), OxmlElement("w:tcPr")
        size.set(qn("w:w"), str(round(width * _TWIPS)))
        size.set(qn("w:type"), "dxa")
        kind.append(size)
        cell.append(kind)
        for line in _plain(text).split("\n"):
            cell.append(_paragraph(line, is_bold=is_bold))
        row.append(cell)
    return row


def _paragraph(line: str, *, is_bold: bool) -> Any:
    paragraph, run, words = OxmlElement("w:p"), OxmlElement("w:r"), OxmlElement("w:t")
    if is_bold:
        style = OxmlElement("w:rPr")
        style.append(OxmlElement("w:b"))
        run.append(style)
    words.text = line
    words.set(qn("xml:space"), "preserve")
    run.append(words)
    paragraph.append(run)
    return paragraph


def _bytes(made: Any) -> bytes:
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def _plain(text: str) -> str:
    """What XML can hold: no control characters but the usual white space."""
    return "".join(c if c in "\n\t" or c >= " " else " " for c in text)
