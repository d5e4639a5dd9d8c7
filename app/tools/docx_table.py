"""A DOCX of a heading, some lines and one table: slips and lists that are printed. Text is data; it formats nothing.

It knows no document and no law; what stands in the table is the caller's.
"""

import io

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.shared import Mm, Pt


def build(heading: list[str], lines: list[str], head: list[str], rows: list[list[str]], widths: list[int]) -> bytes:
    """A landscape A4 in Times New Roman; `widths` of the columns in mm. The table's head repeats on each page."""
    made = Document()
    page = made.sections[0]
    page.orientation, page.page_width, page.page_height = WD_ORIENT.LANDSCAPE, Mm(297), Mm(210)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Mm(15)
    style = made.styles["Normal"]
    style.font.name, style.font.size = "Times New Roman", Pt(11)
    for text in heading:
        paragraph = made.add_paragraph()
        paragraph.alignment = 1
        run = paragraph.add_run(_plain(text))
        run.bold, run.font.size = True, Pt(13)
    for text in lines:
        made.add_paragraph(_plain(text))
    table = made.add_table(rows=1, cols=len(head))
    table.style, table.autofit = "Table Grid", False
    for cell, text in zip(table.rows[0].cells, head, strict=True):
        cell.paragraphs[0].add_run(_plain(text)).bold = True
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for row in rows:
        cells = table.add_row().cells
        for cell, text in zip(cells, row, strict=True):
            cell.text = _plain(text)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def _plain(text: str) -> str:
    """What XML can hold: no control characters but the usual white space."""
    return "".join(c if c in "\n\t" or c >= " " else " " for c in text)
