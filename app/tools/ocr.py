"""Recognition: page pictures -> words with boxes and confidence (Art. 2.2).

The only importer of pytesseract. A PDF with a text layer worth trusting is read, not recognised. It knows no
field and no layout (regulation/layout.py); a page can be asked to read a part of itself again.
"""

import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import pytesseract
from PIL import Image, ImageFilter

from app.refusal import Refusal
from app.tools.page_image import Prepared, prepare
from app.tools.page_source import DPI, BadImage, Box, Source

__all__ = ["BadImage", "Box", "OcrFailed", "OcrMissing", "Page", "Reader", "Word"]

#: language model of Tesseract
LANGUAGE = "vie"
#: least confidence of a word that is kept at all: below lies noise of the paper
LEAST_CONFIDENCE = 0.05


class OcrFailed(Refusal):
    """Recognition of a page failed or took too long."""

    code = "ocr_failed"
    status = 503
    article = "Art. 2.2"


class OcrMissing(Refusal):
    """The recognition program or its Vietnamese model is not installed."""

    code = "ocr_missing"
    status = 503
    article = "Art. 2.2"


@dataclass(frozen=True)
class Word:
    """One word as it was read."""

    text: str
    #: 0..1, the reader's own figure
    confidence: float
    #: left, top, right, bottom in points, from the upper left corner of the page
    box: Box
    #: number of the line within the page
    line: int
    #: number of the block (column, paragraph) within the page
    block: int


Again = Callable[[int, Box, str], tuple[Word, ...]]


@dataclass(frozen=True)
class Page:
    """One page with its words, in reading order."""

    #: from 1
    number: int
    #: size in points
    width: float
    height: float
    words: tuple[Word, ...]
    #: "ocr": recognised; "text": taken from the file's text layer
    source: str
    _again: Again | None = field(default=None, repr=False, compare=False)

    def again(self, box: Box, kind: str = "block") -> tuple[Word, ...]:
        """Read one part again, by itself; () when the page was not recognised here.

        kind: "block" lines of one column, "line" one line, "sparse" scattered words, "plain" a block with
        coloured ink lifted off (under a seal); "digits", "digits_soft", "digits_raw": a line of digits, read
        in three ways.
        """
        return self._again(self.number, box, kind) if self._again else ()


#: page segmentation and the like, by kind of second reading
_KINDS = {
    "page": "--psm 3",
    "block": "--psm 6",
    "plain": "--psm 6",
    "line": "--psm 7",
    "sparse": "--psm 11",
    "digits": "--psm 7 -c tessedit_char_whitelist=0123456789",
    "digits_soft": "--psm 7 -c tessedit_char_whitelist=0123456789",
    "digits_raw": "--psm 13 -c tessedit_char_whitelist=0123456789",
}


class Reader:
    """Reads files page by page; `seconds` is the time-out of one page."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        # one thread a process: more only fight for the same cores; pytesseract hands on the environment
        os.environ["OMP_THREAD_LIMIT"] = "1"

    def read(self, data: bytes, media_type: str, pages: list[int] | None = None) -> list[Page]:
        """All pages, or those numbered (from 1), in order.

        media_type: application/pdf, image/jpeg, image/png, image/tiff. Raises BadImage (unreadable, over
        500 pages or 100 Mpx), OcrMissing, OcrFailed.
        """
        source = Source(data, media_type)
        prepared = lru_cache(maxsize=2)(lambda number: prepare(source.sheet(number)))

        def again(number: int, box: Box, kind: str) -> tuple[Word, ...]:
            return self._read_part(prepared(number), box, kind)

        wanted = [number for number in (pages or range(1, source.count + 1)) if 1 <= number <= source.count]
        return [self._page(source, number, prepared, again) for number in wanted]

    def _page(self, source: Source, number: int, prepared: Callable[[int], Prepared], again: Again) -> Page:
        layer = source.text(number)
        if layer:
            width, height, words = layer
            return Page(number, width, height, _lines(words), "text")
        page = prepared(number)
        words = self._recognise(page.picture, "page", page, (0.0, 0.0))
        width, height = page.picture.width * page.scale[0], page.picture.height * page.scale[1]
        return Page(number, width, height, words, "ocr", again)

    def _read_part(self, page: Prepared, box: Box, kind: str) -> tuple[Word, ...]:
        x0, y0, x1, y1 = page.to_picture(box)
        picture = page.without_colour if kind == "plain" else page.picture
        left, top = max(0, round(x0)), max(0, round(y0))
        right, bottom = min(picture.width, round(x1)), min(picture.height, round(y1))
        if right - left < 8 or bottom - top < 8:
            return ()
        rim = 12
        # Tesseract wants white around what it reads
        part = Image.new("L", (right - left + 2 * rim, bottom - top + 2 * rim), 255)
        part.paste(picture.crop((left, top, right, bottom)), (rim, rim))
        if kind == "digits_soft":
            # a pen's thin stroke reads better a little blurred
            part = part.filter(ImageFilter.GaussianBlur(1.2))
        return self._recognise(part, kind, page, (left - rim, top - rim))

    def _recognise(
        self, picture: Image.Image, kind: str, page: Prepared, corner: tuple[float, float]
    ) -> tuple[Word, ...]:
        config = f"{_KINDS[kind]} --oem 1 --dpi {DPI}"
        try:
            found = pytesseract.image_to_data(
                picture, lang=LANGUAGE, config=config, timeout=self._seconds,
                output_type=pytesseract.Output.DICT)
        except pytesseract.TesseractNotFoundError as error:
            raise OcrMissing from error
        except pytesseract.TesseractError as error:
            if re.search(r"loading language|initialize tesseract", str(error)):
                raise OcrMissing from error
            raise OcrFailed from error
        except RuntimeError as error:
            # pytesseract's way to say that the time is up
            raise OcrFailed(seconds=self._seconds) from error
        # of a narrowed alphabet the figure means little
        least = 0.0 if kind.startswith("digits") else LEAST_CONFIDENCE
        return _found_words(found, page, corner, least)


def _found_words(
    found: dict[str, list], page: Prepared, corner: tuple[float, float], least: float
) -> tuple[Word, ...]:
    """Tesseract's table -> words with boxes of the page and lines numbered through."""
    lines: dict[tuple[int, int, int], int] = {}
    words = []
    for i, text in enumerate(found["text"]):
        # the Icelandic letter looks the same
        text = unicodedata.normalize("NFC", text.strip()).replace("Ð", "Đ").replace("ð", "đ")
        confidence = float(found["conf"][i]) / 100
        if not text or confidence < least:
            continue
        key = found["block_num"][i], found["par_num"][i], found["line_num"][i]
        left, top = found["left"][i] + corner[0], found["top"][i] + corner[1]
        box = page.to_page((left, top, left + found["width"][i], top + found["height"][i]))
        line = lines.setdefault(key, len(lines))
        words.append(Word(text, confidence, box, line, found["block_num"][i]))
    return tuple(words)


def _lines(words: list[tuple[str, Box]]) -> tuple[Word, ...]:
    """Words of a text layer, lines numbered: a new one where a word does not stand beside the last."""
    result: list[Word] = []
    line = 0
    for text, box in words:
        if result:
            last = result[-1].box
            overlap = min(last[3], box[3]) - max(last[1], box[1])
            if overlap < 0.3 * min(last[3] - last[1], box[3] - box[1]) or box[0] < last[0]:
                line += 1
        result.append(Word(text, 1.0, box, line, 0))
    return tuple(result)
