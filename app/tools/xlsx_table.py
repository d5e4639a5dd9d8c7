"""An XLSX of some lines and one table, for a spreadsheet program. Each cell is text or a number, never a formula.

It knows no document and no law; what stands in the table is the caller's.
"""

import io

from xlsxwriter import Workbook

#: width of a character column in millimetres, about
_CHARACTER_MM = 2.0
#: the longest name of a sheet
_LONGEST_NAME = 31


def build(name: str, lines: list[str], head: list[str], rows: list[list[str | int]], widths: list[int]) -> bytes:
    """A sheet in landscape A4, its head frozen and repeated on each page; `widths` of the columns in mm."""
    target = io.BytesIO()
    with Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("".join(c for c in name if c not in "[]:*?/\\'")[:_LONGEST_NAME])
        plain = book.add_format({"font_name": "Times New Roman", "text_wrap": True, "valign": "top", "border": 1})
        bold = book.add_format({"font_name": "Times New Roman", "bold": True, "text_wrap": True, "align": "center",
                                "valign": "vcenter", "border": 1})
        title = book.add_format({"font_name": "Times New Roman", "bold": True})
        for place, line in enumerate(lines):
            sheet.write_string(place, 0, line, title)
        first = len(lines) + 1
        for column, (text, width) in enumerate(zip(head, widths, strict=True)):
            sheet.set_column(column, column, width / _CHARACTER_MM)
            sheet.write_string(first, column, text, bold)
            sheet.write_string(first + 1, column, f"({column + 1})", bold)
        for place, row in enumerate(rows, first + 2):
            for column, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(place, column, value, plain)
                else:
                    sheet.write_string(place, column, value, plain)
        sheet.freeze_panes(first + 2, 0)
        sheet.repeat_rows(first, first + 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
    return target.getvalue()
