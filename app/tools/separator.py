"""The separator sheet: a page with a QR code that we print, found again in a scanned stack; and surely blank pages.

Art. 6.2.a. The code holds a random token and nothing else: what the sheet means stands in the database
(records/intake.py). Other codes on a page are not ours and are left alone.
"""

import io
import re
import secrets
from dataclasses import dataclass

import numpy
import segno
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from app.tools.appearance import type_face

#: long side of the picture in which a code is looked for, picture elements: 100 per inch of A4
READ_PIXELS = 1170
#: picture elements that may be darker than the paper on a page that is surely blank, and how much darker
MOST_DARK, DARKER = 3, 40
#: share of each side that may be black from the scanner
_EDGE = 0.03
_PREFIX = "QLVB:1:"
_TOKEN = re.compile(re.escape(_PREFIX) + r"([0-9a-f]{20})")
#: A4 at 150 picture elements per inch
_DPI, _WIDTH, _HEIGHT = 150, 1240, 1754


@dataclass(frozen=True)
class Sheet:
    """What is printed on one sheet."""

    token: str
    title: str
    lines: tuple[str, ...]


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_hex(10)


def draw(sheets: list[Sheet]) -> bytes:
    """A PDF, one page for each sheet. Raises FontMissing."""
    pages = [_drawn(sheet) for sheet in sheets]
    sink = io.BytesIO()
    pages[0].save(sink, "PDF", resolution=_DPI, save_all=True, append_images=pages[1:])
    return sink.getvalue()


def read(page: Image.Image) -> str | None:
    """The token of the sheet that this page is, or None."""
    for found in zxingcpp.read_barcodes(page.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode):
        if match := _TOKEN.fullmatch(found.text):
            return match[1]
    return None


def is_blank(page: Image.Image) -> bool:
    """Whether there is surely nothing on the page: a page number, a speck of dust or a faint line is something."""
    left, top = round(page.width * _EDGE), round(page.height * _EDGE)
    grey = page.convert("L").crop((left, top, page.width - left, page.height - top)).filter(ImageFilter.BoxBlur(1))
    seen = numpy.asarray(grey, dtype=numpy.int16)
    if seen.size < 10_000:
        return False
    return int((seen < numpy.median(seen) - DARKER).sum()) <= MOST_DARK


def _drawn(sheet: Sheet) -> Image.Image:
    page = Image.new("1", (_WIDTH, _HEIGHT), 1)
    pen = ImageDraw.Draw(page)
    pen.text((_WIDTH / 2, 210), sheet.title, font=type_face("bold", 54), fill=0, anchor="mm")
    code = segno.make(_PREFIX + sheet.token, error="h", micro=False)
    side = sum(1 for _ in code.matrix)
    box = 640 // side
    left, top = (_WIDTH - box * side) // 2, 380
    for down, row in enumerate(code.matrix):
        for across, is_dark in enumerate(row):
            if is_dark:
                x, y = left + across * box, top + down * box
                pen.rectangle((x, y, x + box - 1, y + box - 1), fill=0)
    for place, line in enumerate(sheet.lines):
        pen.text((_WIDTH / 2, 1130 + 62 * place), line, font=type_face("serif", 36), fill=0, anchor="mm")
    pen.text((_WIDTH / 2, _HEIGHT - 90), sheet.token, font=type_face("serif", 24), fill=0, anchor="mm")
    return page
