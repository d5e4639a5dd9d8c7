"""Tools of the same shape as the real ones, quick: for tests whose subject is not recognition or conversion.

Signing stays real everywhere: a document without true signatures does not pass the steps.
"""

import ctypes
import io
from dataclasses import replace
from functools import cache
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from app.tools.ocr import Page, Word

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


@cache
def pdf(mark: int = 0) -> bytes:
    """One white page, as a scanner gives it; another mark gives another file."""
    picture, target = Image.new("L", (595, 842), 255), io.BytesIO()
    picture.putpixel((mark % 83, mark // 83), 0)
    picture.save(target, "PDF", resolution=72)
    return target.getvalue()


def printed(*pages: tuple[tuple[float, float, str], ...]) -> bytes:
    """A born-digital PDF: of each page the lines, (left, top, text) in points."""
    document = pypdfium2.PdfDocument.new()
    data = Path(FONT).read_bytes()
    font = pdfium.FPDFText_LoadFont(
        document, (ctypes.c_uint8 * len(data)).from_buffer_copy(data), len(data), pdfium.FPDF_FONT_TRUETYPE, True)
    for lines in pages:
        page = document.new_page(595, 842)
        for left, top, text in lines:
            item = pdfium.FPDFPageObj_CreateTextObj(document, font, 11.0)
            wide = ctypes.create_string_buffer((text + "\x00").encode("utf-16-le"))
            pdfium.FPDFText_SetText(item, ctypes.cast(wide, pdfium.FPDF_WIDESTRING))
            pdfium.FPDFPageObj_Transform(item, 1, 0, 0, 1, left, 842 - top)
            pdfium.FPDFPage_InsertObject(page, item)
        pdfium.FPDFPage_GenerateContent(page)
    target = io.BytesIO()
    document.save(target)
    return target.getvalue()


class FakeReader:
    """Recognises nothing: one empty page."""

    def open(self, data: bytes, media_type: str) -> list[Page]:
        return [Page(1, 595.0, 842.0, (), "ocr")]

    def words(self, data: bytes, media_type: str) -> list[tuple[Page, bool]]:
        return [(page, False) for page in self.open(data, media_type)]


#: a letter as it lies on a page: left, top, words, how surely they were read; the head is less clear than the rest
LETTER = (
    (60, 60, "ỦY BAN NHÂN DÂN", .9), (330, 60, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", .9), (80, 76, "TỈNH LÀO CAI", .9),
    (360, 76, "Độc lập - Tự do - Hạnh phúc", .9), (80, 100, "Số: 12/UBND-VX", .5),
    (330, 100, "Lào Cai, ngày 20 tháng 01 năm 2026", .9), (70, 116, "V/v góp ý dự thảo", .4),
    (150, 160, "Kính gửi: Sở Tài chính tỉnh Lào Cai", .9),
    (80, 200, "Ủy ban nhân dân tỉnh yêu cầu góp ý dự thảo gửi kèm văn bản này.", .9),
)


class PrintedReader(FakeReader):
    """Sees the same letter on every page: layout and grammar are the real ones."""

    letter = LETTER

    def open(self, data: bytes, media_type: str) -> list[Page]:
        words = []
        for line, (left, top, text, sure) in enumerate(self.letter):
            for word in text.split():
                words.append(Word(word, sure, (left, top, left + 5.5 * len(word), top + 11), line, line))
                left += 5.5 * len(word) + 4
        return [Page(1, 595.0, 842.0, tuple(words), "ocr")]


class StampedReader(PrintedReader):
    """The same letter with a mark of secrecy, and with the title of a complaint; `sure`: how surely they were read."""

    #: what is printed in capitals: the mark, the title
    words_of: tuple[str, ...] = ("MẬT", "ĐƠN", "KHIẾU", "NẠI")

    def __init__(self, sure: float = 0.5) -> None:
        self.sure = sure

    def open(self, data: bytes, media_type: str) -> list[Page]:
        page, = super().open(data, media_type)
        title = [Word(word, self.sure, (200.0 + 60 * n, 178.0, 250.0 + 60 * n, 190.0), 98, 98)
                 for n, word in enumerate(self.words_of[1:])]
        return [replace(page, words=(*page.words, Word("MẬT", self.sure, (90.0, 130.0, 120.0, 142.0), 97, 97), *title))]


class WithinReader(PrintedReader):
    """The same letter, and a second page that bears a mark of secrecy."""

    def words(self, data: bytes, media_type: str) -> list[tuple[Page, bool]]:
        page, = self.open(data, media_type)
        mark = Word("MẬT", .9, (90.0, 60.0, 120.0, 72.0), 97, 97)
        return [(page, False), (replace(page, number=2, words=(mark, *page.words)), True)]


class FakeConverter:
    """Makes the same PDF of everything, and remembers the drafts that it got."""

    def __init__(self) -> None:
        self.drafts: list[bytes] = []

    def to_pdf(self, data: bytes, name: str) -> bytes:
        self.drafts.append(data)
        return pdf()

    def close(self) -> None:
        """Nothing runs."""
