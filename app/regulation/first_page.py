"""Whether a page looks like the first of a letter: country or motto stands at its top (NĐ 30/2020 PL I.II.1).

Art. 6.2.a: several letters scanned in one go are pointed out before they are registered as one. It only points: an
annex may bear the motto, too, and a person parts them. It reads the upper part of the picture and nothing else.

Of every second labelled file (../shared/ocr-dev): 18 of 20 first pages were known, of 21 others one was taken for a
first page (a form with the motto, appended).
"""

import re
from difflib import SequenceMatcher

from PIL import Image

from app.regulation.layout_grammar import fold
from app.tools import tesseract

#: long side of the picture in which it is looked for: 150 elements an inch of A4
READ_PIXELS = 1754
#: the part of the page that is read, as shares of height and width: the right column of the head
_TOP, _LEFT = 0.2, 0.36
#: how near a line must be to what is printed there
_NEAR = 0.72
_SECONDS = 20
_PRINTED = ("conghoaxahoichunghiavietnam", "doclaptudohanhphuc")


def begins(page: Image.Image) -> bool:
    """Whether another letter seems to begin on the page. Raises what tesseract.recognise does."""
    top = page.convert("L").crop((round(page.width * _LEFT), 0, page.width, round(page.height * _TOP)))
    lines: dict[tuple[int, int, int], str] = {}
    for row in tesseract.recognise(top, tesseract.BLOCK, READ_PIXELS * 25 // 297, _SECONDS):
        lines[row.line] = lines.get(row.line, "") + row.text
    return any(_is_printed(line) for line in lines.values())


def _is_printed(line: str) -> bool:
    said = re.sub(r"[^a-z]", "", fold(line))
    return any(SequenceMatcher(None, said, one, autojunk=False).ratio() >= _NEAR for one in _PRINTED)
