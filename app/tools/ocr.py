"""Recognition: page pictures -> words with boxes and confidence (Art. 2.2).

The only importer of pytesseract. A PDF with a text layer worth trusting is read, not recognised. It knows no
field and no layout (regulation/layout.py); a page can be asked to read a part of itself again.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from math import cos, radians, sin

import numpy as np
import pytesseract
from PIL import Image, ImageChops

from app.refusal import Refusal
from app.tools.line_finder import Slanted, find_frames, find_lines
from app.tools.line_reader import Strip, read_line
from app.tools.page_image import Prepared, prepare
from app.tools.page_source import DPI, BadImage, Box, Source

__all__ = ["BadImage", "Box", "OcrFailed", "OcrMissing", "Page", "Reader", "Word", "printed"]

#: language model of Tesseract
LANGUAGE = "vie"
#: a stamp is no longer than this, in points
LONGEST_STAMP = 160.0
#: confidence of words that need no second look for stamps
_CLEAR = 0.85
#: picture elements of coloured ink from which it is looked at by itself
_LEAST_COLOUR = 400
#: slants at which a frame is read, degrees, and the most frames that are looked at
_SLANTS = (0, -6, 6, -12, 12, -18, 18, -24, 24)
_MOST_FRAMES = 6
#: more coloured lines are no stamps
_MOST_COLOURED = 12
#: coloured ink made dark, its shades spread
_COLOUR = [max(0, 255 - 3 * (255 - value)) for value in range(256)]
#: least confidence of a word that is kept at all: below lies noise of the paper
LEAST_CONFIDENCE = 0.05
#: pages whose words are kept for whoever wants all pages after some were read for their fields
_LATELY = 100


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
Written = Callable[[int, Box, bool], Strip | None]
Framed = Callable[[int, Box], list[list[Strip]]]
Stamped = Callable[[int, Box, Sequence[Word]], list[Strip]]


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
    _written: Written | None = field(default=None, repr=False, compare=False)
    _stamped: Stamped | None = field(default=None, repr=False, compare=False)
    _framed: Framed | None = field(default=None, repr=False, compare=False)

    def again(self, box: Box, kind: str = "block") -> tuple[Word, ...]:
        """Read one part again, by itself; () when the page was not recognised here.

        kind: "block" lines of one column, "line" one line, "sparse" scattered words, "plain" a block with
        coloured ink lifted off (under a seal).
        """
        return self._again(self.number, box, kind) if self._again else ()

    def written(self, box: Box, *, is_lifted: bool = False) -> Strip | None:
        """One line read by the second reader, places in points; None when the page was not recognised here.

        is_lifted: without coloured ink, as under a seal.
        """
        return self._written(self.number, box, is_lifted) if self._written else None

    def framed(self, box: Box) -> list[list[Strip]]:
        """Each frame in a part, black or coloured, with what the second reader sees in it at several slants."""
        return self._framed(self.number, box) if self._framed else []

    def stamped(self, box: Box) -> list[Strip]:
        """Short lines of a part at whatever slant, coloured ink also by itself: stamps, read by the second reader."""
        return self._stamped(self.number, box, self.words) if self._stamped else []


#: letters of other languages that look the same
_LOOKALIKES = str.maketrans("Ððø", "Đđo")
#: page segmentation and the like, by kind of second reading
_KINDS = {
    "page": "--psm 3",
    "block": "--psm 6",
    "plain": "--psm 6",
    "line": "--psm 7",
    "sparse": "--psm 11",
}


class Reader:
    """Reads files page by page; `seconds` is the time-out of one page."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        #: pages read lately, without their pictures, by (sha256 of the file, number)
        self._lately: dict[tuple[str, int], Page] = {}
        # one thread a process: more only fight for the same cores; pytesseract hands on the environment
        os.environ["OMP_THREAD_LIMIT"] = "1"

    def open(self, data: bytes, media_type: str) -> "Pages":
        """The pages of a file, each read when it is asked for.

        media_type: application/pdf, image/jpeg, image/png, image/tiff. Raises BadImage (unreadable, over
        500 pages or 100 Mpx), OcrMissing, OcrFailed; the last two also when a page is asked for.
        """
        return Pages(Source(data, media_type), self, sha256(data).hexdigest())

    def read(self, data: bytes, media_type: str, pages: list[int] | None = None) -> list[Page]:
        """All pages at once, or those numbered (from 1), in order; refused as `open` does."""
        opened = self.open(data, media_type)
        wanted = pages or range(1, len(opened) + 1)
        return [opened[number - 1] for number in wanted if 1 <= number <= len(opened)]

    def words(self, data: bytes, media_type: str) -> list[Page]:
        """All pages for their words alone: one that was read lately is not read again. Refused as `open` does."""
        opened, key = self.open(data, media_type), sha256(data).hexdigest()
        return [self._lately.get((key, number)) or opened[number - 1] for number in range(1, len(opened) + 1)]

    def remember(self, key: str, page: Page) -> None:
        """Keep the words of a page for a while; `key`: the sha256 of its file."""
        if len(self._lately) >= _LATELY:
            self._lately.pop(next(iter(self._lately)), None)
        self._lately[key, page.number] = Page(page.number, page.width, page.height, page.words, page.source)

    def read_page(self, page: Prepared) -> tuple[Word, ...]:
        """The words of a whole prepared page."""
        return self._recognise(page.picture, "page", page, (0.0, 0.0))

    def read_part(self, page: Prepared, box: Box, kind: str) -> tuple[Word, ...]:
        """The words of one part of a prepared page, box in points; kinds as of Page.again."""
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
        return _found_words(found, page, corner)


def printed(data: bytes, is_wanted: Callable[[int, str], bool]) -> Iterator[Page]:
    """The pages of a PDF whose own text is worth trusting and `is_wanted` (number, letters); nothing is recognised.

    Raises BadImage (unreadable, over 500 pages).
    """
    source = Source(data, "application/pdf")
    for number in range(1, source.count + 1):
        if is_wanted(number, source.letters(number)) and (layer := source.text(number)):
            width, height, words = layer
            yield Page(number, width, height, _lines(words), "text")


class Pages(Sequence[Page]):
    """The pages of one file, from 0; a page is prepared and read once, when it is first asked for."""

    def __init__(self, source: Source, reader: Reader, key: str) -> None:
        """`key`: the sha256 of the file."""
        self._source, self._reader, self._key = source, reader, key
        self._read: dict[int, Page] = {}
        self._prepared = lru_cache(maxsize=2)(lambda number: prepare(source.sheet(number)))

    def __len__(self) -> int:
        return self._source.count

    def __getitem__(self, index: int) -> Page:  # type: ignore[override]
        if not 0 <= index < len(self):
            raise IndexError(index)
        if index not in self._read:
            self._read[index] = self._page(index + 1)
            self._reader.remember(self._key, self._read[index])
        return self._read[index]

    def _page(self, number: int) -> Page:
        layer = self._source.text(number)
        if layer:
            width, height, words = layer
            return Page(number, width, height, _lines(words), "text")
        page = self._prepared(number)
        width, height = page.picture.width * page.scale[0], page.picture.height * page.scale[1]
        return Page(number, width, height, self._reader.read_page(page), "ocr", self._again, self._written,
                    self._stamped, self._framed)

    def _again(self, number: int, box: Box, kind: str) -> tuple[Word, ...]:
        return self._reader.read_part(self._prepared(number), box, kind)

    def _written(self, number: int, box: Box, is_lifted: bool) -> Strip | None:
        return read_strip(self._prepared(number), box, is_lifted=is_lifted)

    def _framed(self, number: int, box: Box) -> list[list[Strip]]:
        return read_frames(self._prepared(number), box)

    def _stamped(self, number: int, box: Box, words: Sequence[Word]) -> list[Strip]:
        return read_stamps(self._prepared(number), box, words)


def read_strip(page: Prepared, box: Box, *, is_lifted: bool = False) -> Strip | None:
    """One line of a prepared page by the second reader; box and places in points; None when it is a mere speck."""
    x0, y0, x1, y1 = page.to_picture(box)
    left, top = max(0, round(x0)), max(0, round(y0))
    right, bottom = min(page.picture.width, round(x1)), min(page.picture.height, round(y1))
    if right - left < 8 or bottom - top < 8:
        return None
    picture = page.without_colour if is_lifted else page.picture
    scale = (box[2] - box[0]) / (x1 - x0)
    place = box[0] + (left - x0) * scale, box[1], box[0] + (right - x0) * scale, box[3]
    return read_line(picture.crop((left, top, right, bottom)), place)


def read_stamps(page: Prepared, box: Box, words: Sequence[Word] = ()) -> list[Strip]:
    """Short lines of a part of a prepared page, coloured ink also by itself; boxes in points.

    A level line that `words` cover with confidence is print that was read already and is left out.
    """
    x0, y0, x1, y1 = (max(0, round(value)) for value in page.to_picture(box))
    everything = page.picture.crop((x0, y0, x1, y1))
    if min(everything.size) < 64:
        return []
    coloured = _coloured(everything, page.without_colour.crop((x0, y0, x1, y1)))
    known = [page.to_picture(word.box) for word in words if word.confidence > _CLEAR]
    strips = []
    for picture in [everything] + [coloured] * bool(coloured):
        found = find_lines(picture)
        if picture is coloured and len(found) > _MOST_COLOURED:
            # the other side shines through, or all print is coloured
            continue
        for line in found:
            hull = line.hull(x0, y0)
            is_long = line.width * page.scale[0] > LONGEST_STAMP or hull[2] > x0 + everything.width - 8
            is_read = picture is everything and abs(line.slant) < 4 and _covered(hull, known) > 0.6
            if not (is_long or is_read or line.height < 12 or abs(line.slant) > 60):
                strips.append(read_line(line.cut(picture), page.to_page(hull)))
    return strips


def read_frames(page: Prepared, box: Box) -> list[list[Strip]]:
    """What stands in each frame of a part of a prepared page, read level and at several slants; boxes in points."""
    x0, y0, x1, y1 = (max(0, round(value)) for value in page.to_picture(box))
    everything = page.picture.crop((x0, y0, x1, y1))
    if min(everything.size) < 64:
        return []
    found = []
    for left, top, right, bottom in find_frames(everything, page.scale[0])[:_MOST_FRAMES]:
        place = page.to_page((x0 + left, y0 + top, x0 + right, y0 + bottom))
        strips = []
        for slant in _SLANTS:
            turn = radians(abs(slant))
            # the height of the rectangle that, turned, fills this box
            height = ((bottom - top) * cos(turn) - (right - left) * sin(turn)) / max(0.2, cos(2 * turn))
            width = ((right - left) * cos(turn) - (bottom - top) * sin(turn)) / max(0.2, cos(2 * turn))
            if height > 14 and width > 1.2 * height:
                line = Slanted((left + right) / 2, (top + bottom) / 2, width - 6, height - 6, slant)
                strips.append(read_line(line.cut(everything), place))
        found.append(strips)
    return found


def _coloured(everything: Image.Image, lifted: Image.Image) -> Image.Image | None:
    """Coloured ink by itself, dark on light; None where there is next to none."""
    picture = ImageChops.invert(ImageChops.subtract(lifted, everything)).point(_COLOUR)
    return picture if np.count_nonzero(np.asarray(picture) < 128) > _LEAST_COLOUR else None


def _covered(hull: Box, boxes: Sequence[Box]) -> float:
    """Share of the width of a line that lies under boxes of its height."""
    middle = (hull[1] + hull[3]) / 2
    under = sum(max(0.0, min(hull[2], box[2]) - max(hull[0], box[0])) for box in boxes if box[1] < middle < box[3])
    return under / max(1.0, hull[2] - hull[0])


def _found_words(found: dict[str, list], page: Prepared, corner: tuple[float, float]) -> tuple[Word, ...]:
    """Tesseract's table -> words with boxes of the page and lines numbered through."""
    lines: dict[tuple[int, int, int], int] = {}
    words = []
    for i, text in enumerate(found["text"]):
        text = unicodedata.normalize("NFC", text.strip()).translate(_LOOKALIKES)
        confidence = float(found["conf"][i]) / 100
        if not text or confidence < LEAST_CONFIDENCE:
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
