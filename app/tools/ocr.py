"""Recognition: page pictures -> words with boxes and confidence (Art. 2.2).

A PDF with a text layer worth trusting is read, not recognised. Of a scanned page running text is left out at first
(running_text.py) and read when the whole page is asked for. It knows no field and no layout (regulation/layout.py); a
page can be asked to read a part of itself again.
"""

import unicodedata
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import lru_cache, partial
from hashlib import sha256
from itertools import chain

from PIL import Image

from app.tools import tesseract
from app.tools.alphabet import bare, is_vietnamese
from app.tools.line_reader import Strip
from app.tools.page_drawn import apart
from app.tools.page_image import Prepared, prepare
from app.tools.page_part import corners, find_rows, read_strip, stroke
from app.tools.page_source import DPI, BadImage, Box, Source, as_it_lies
from app.tools.page_turn import TURNED, TURNS, is_on_end, is_unread, sureness, turned
from app.tools.running_text import running_text
from app.tools.stamp_reader import read_frames, read_stamps
from app.tools.tesseract import OcrFailed, OcrMissing

__all__ = ["BadImage", "Box", "OcrFailed", "OcrMissing", "Page", "Reader", "Word", "printed"]

#: least confidence of a word that is kept at all: below lies noise of the paper
LEAST_CONFIDENCE = 0.05
#: pages whose words are kept for whoever wants all pages after some were read for their fields
_LATELY = 100
#: share of a page that is dark though nothing is on it; points around what is drawn that are looked at with it
_SPECKS, _AROUND = 0.0005, 14.0
#: likeness from which the text of a page says what is seen on it
_SAID = 0.75


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
Stroke = Callable[[int, Box], float]
Whole = Callable[[int], "Page"]
Rows = Callable[[int, Box], list[Box]]
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
    #: running text that was not read: top and bottom of each stretch, in rows of the prepared picture
    left_out: tuple[tuple[int, int], ...] = ()
    _again: Again | None = field(default=None, repr=False, compare=False)
    _written: Written | None = field(default=None, repr=False, compare=False)
    _stamped: Stamped | None = field(default=None, repr=False, compare=False)
    _framed: Framed | None = field(default=None, repr=False, compare=False)
    _rows: Rows | None = field(default=None, repr=False, compare=False)
    _stroke: Stroke | None = field(default=None, repr=False, compare=False)
    _whole: Whole | None = field(default=None, repr=False, compare=False)

    #: degrees counterclockwise by which the page was turned to be read: words stand where they do on the turned page
    turn: int = 0
    #: was anything seen on the picture that was recognised
    is_inked: bool = False

    def lying(self, box: Box) -> Box:
        """A box of the page as it was read, on the page as it lies in its file."""
        return as_it_lies(box, self.turn, self.width, self.height)

    def upright(self, box: Box) -> Box:
        """A box of the page as it lies in its file, on the page as it was read."""
        width, height = (self.width, self.height) if self.turn in (0, 180) else (self.height, self.width)
        return as_it_lies(box, -self.turn % 360, width, height)

    def as_it_lies(self) -> "Page":
        """The page with its words where they stand in its file."""
        if not self.turn:
            return self
        width, height = (self.width, self.height) if self.turn == 180 else (self.height, self.width)
        words = tuple(replace(word, box=self.lying(word.box)) for word in self.words)
        return Page(self.number, width, height, words, self.source, is_inked=self.is_inked)

    def whole(self) -> "Page":
        """The page with its running text, which is read now if it was left out."""
        return self._whole(self.number) if self._whole else self

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

    def rows(self, box: Box) -> list[Box]:
        """Where level lines lie in a part, coloured ink lifted off, from the top; by the line finder."""
        return self._rows(self.number, box) if self._rows else []

    def stroke(self, box: Box) -> float:
        """How thick the strokes of print in a part are, in points: bold print has thicker ones; 0.0: unknown."""
        return self._stroke(self.number, box) if self._stroke else 0.0

    def framed(self, box: Box) -> list[list[Strip]]:
        """Each frame in a part, black or coloured, with what the second reader sees in it at several slants."""
        return self._framed(self.number, box) if self._framed else []

    def stamped(self, box: Box) -> list[Strip]:
        """Short lines of a part at whatever slant, coloured ink also by itself: stamps, read by the second reader."""
        return self._stamped(self.number, box, self.words) if self._stamped else []


#: letters of other languages that look the same
_LOOKALIKES = str.maketrans("Ððø", "Đđo")
#: page segmentation by kind of reading
_KINDS = {"page": tesseract.PAGE, "block": tesseract.BLOCK, "plain": tesseract.BLOCK, "line": tesseract.LINE,
          "sparse": tesseract.SPARSE}


class Reader:
    """Reads files page by page; `seconds` is the time-out of one page."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        #: pages read lately, without their pictures, by (sha256 of the file, number)
        self._lately: dict[tuple[str, int], Page] = {}

    def open(self, data: bytes, media_type: str) -> "Pages":
        """The pages of a file, each read when it is asked for.

        media_type: application/pdf, image/jpeg, image/png, image/tiff. Raises BadImage (unreadable, over
        500 pages or 100 Mpx), OcrMissing, OcrFailed; the last two also when a page is asked for.
        """
        return Pages(Source(data, media_type), self, sha256(data).hexdigest())

    def read(self, data: bytes, media_type: str, pages: list[int] | None = None) -> list[Page]:
        """All pages at once, or those numbered (from 1), in order, whole; refused as `open` does."""
        opened = self.open(data, media_type)
        wanted = pages or range(1, len(opened) + 1)
        return [opened.whole(number) for number in wanted if 1 <= number <= len(opened)]

    def words(self, data: bytes, media_type: str) -> Iterator[tuple[Page, bool]]:
        """The whole pages one after another for their words alone, each with whether it had to be read now.

        What was read of one lately is not read again. Refused as `open` does.
        """
        opened = self.open(data, media_type)
        for number in range(1, len(opened) + 1):
            known = self.known(opened.key, number)
            is_known = known is not None and not known.left_out
            yield opened.awake(known) if is_known else opened.whole(number), not is_known

    def known(self, key: str, number: int) -> Page | None:
        """What was read lately of a page; `key`: the sha256 of its file."""
        return self._lately.get((key, number))

    def remember(self, key: str, page: Page) -> None:
        """Keep the words of a page for a while; `key`: the sha256 of its file."""
        if len(self._lately) >= _LATELY:
            self._lately.pop(next(iter(self._lately)), None)
        self._lately[key, page.number] = Page(page.number, page.width, page.height, page.words, page.source,
                                              page.left_out, turn=page.turn, is_inked=page.is_inked)

    def read_page(self, page: Prepared, without: Sequence[tuple[int, int]] = ()) -> tuple[Word, ...]:
        """The words of a prepared page; `without`: top and bottom of what is left out, in its rows."""
        picture = page.picture
        if without:
            picture = picture.copy()
            for top, bottom in without:
                picture.paste(255, (0, top, picture.width, bottom))
        return self._recognise(picture, "page", page, (0.0, 0.0))

    def read_part(self, page: Prepared, box: Box, kind: str) -> tuple[Word, ...]:
        """The words of one part of a prepared page, box in points; kinds as of Page.again."""
        if (cut := corners(page, box)) is None:
            return ()
        left, top, right, bottom = cut
        rim = 12
        # Tesseract wants white around what it reads
        part = Image.new("L", (right - left + 2 * rim, bottom - top + 2 * rim), 255)
        part.paste(page.without_colour(cut) if kind == "plain" else page.picture.crop(cut), (rim, rim))
        return self._recognise(part, kind, page, (left - rim, top - rim))

    def _recognise(
        self, picture: Image.Image, kind: str, page: Prepared, corner: tuple[float, float]
    ) -> tuple[Word, ...]:
        return _found_words(tesseract.recognise(picture, _KINDS[kind], DPI, self._seconds), page, corner)


def printed(data: bytes, is_wanted: Callable[[int, str], bool]) -> Iterator[Page]:
    """The pages of a PDF whose own text is worth trusting and `is_wanted` (number, letters); nothing is recognised.

    Raises BadImage (unreadable, over 500 pages).
    """
    source = Source(data, "application/pdf")
    for number in range(1, source.count + 1):
        if is_wanted(number, source.letters(number)) and (layer := source.text(number)):
            yield Page(number, layer.width, layer.height, _lines(layer.words), "text", turn=layer.turn)


class Pages(Sequence[Page]):
    """The pages of one file, from 0, without running text; each is read once, when it is first asked for."""

    def __init__(self, source: Source, reader: Reader, key: str) -> None:
        """`key`: the sha256 of the file."""
        self._source, self._reader, self.key = source, reader, key
        self._read: dict[int, Page] = {}
        self._turns: dict[int, int] = {}
        self._prepared = lru_cache(maxsize=2)(
            lambda number: prepare(turned(source.sheet(number), self._turns.get(number, 0))))

    def __len__(self) -> int:
        return self._source.count

    def __getitem__(self, index: int) -> Page:  # type: ignore[override]
        if not 0 <= index < len(self):
            raise IndexError(index)
        if index not in self._read:
            self._keep(self._page(index + 1))
        return self._read[index]

    def awake(self, page: Page) -> Page:
        """A page that was read lately, with what looks at its picture."""
        if page.turn:
            self._turns[page.number] = page.turn
        return self._seeing(page) if page.source == "ocr" else self._with_drawings(page)

    def whole(self, number: int) -> Page:
        """A page (from 1) with its running text, which is read now if it was left out."""
        known = self._read.get(number - 1) or self._reader.known(self.key, number)
        page = self.awake(known) if known else self[number - 1]
        return self._keep(self._completed(page)) if page.left_out else page

    def _keep(self, page: Page) -> Page:
        self._read[page.number - 1] = page
        self._reader.remember(self.key, page)
        return page

    def _completed(self, page: Page) -> Page:
        """The page with what was left out, in reading order."""
        prepared = self._prepared(page.number)
        edges = [0, *chain.from_iterable(page.left_out), prepared.picture.height]
        rest = self._reader.read_page(prepared, list(zip(edges[::2], edges[1::2], strict=True)))
        last = max((word.line for word in page.words), default=-1), max((word.block for word in page.words), default=-1)
        words = [*page.words, *(replace(word, line=word.line + last[0] + 1, block=word.block + last[1] + 1)
                                for word in rest)]
        words.sort(key=lambda word: bisect(edges, sum(prepared.to_picture(word.box)[1::2]) / 2))
        numbers: dict[int, int] = {}
        ordered = [replace(word, line=numbers.setdefault(word.line, len(numbers))) for word in words]
        return replace(page, words=tuple(ordered), left_out=())

    def _page(self, number: int) -> Page:
        if layer := self._source.text(number):
            return self.awake(Page(number, layer.width, layer.height, _lines(layer.words), "text", turn=layer.turn))
        page = self._recognised(number)
        return self._turned(page) if page.is_inked and (is_unread(page.words) or is_on_end(page.words)) else page

    def _turned(self, page: Page) -> Page:
        """The page turned until it is read, or as it is: it is no print then."""
        for turn in TURNS:
            self._turns[page.number] = turn
            self._prepared.cache_clear()
            other = self._recognised(page.number)
            if sureness(other.words) > TURNED and not (is_unread(other.words) or is_on_end(other.words)):
                return replace(other, turn=turn)
        del self._turns[page.number]
        self._prepared.cache_clear()
        return page

    def _with_drawings(self, page: Page) -> Page:
        """A page with a text of its own: a mark may be drawn on it, which is looked at by itself."""
        boxes = [page.upright(box) for box in self._source.drawn(page.number)]
        framed = partial(self._framed_in, boxes) if boxes else None
        return replace(page, _stamped=partial(self._stamped_in, boxes), _framed=framed, _stroke=self._stroke)

    def _stamped_in(self, boxes: list[Box], number: int, box: Box, words: Sequence[Word]) -> list[Strip]:
        """What is seen on the drawn page and its text does not say: marks are drawn in many ways, and texts lie."""
        # words that lie over a picture may be somebody's reading of it, and wrong
        known = [word for word in words if is_vietnamese(word.text)
                 and not any(_lies_in(word.box, one) for one in boxes)]
        apart_from_all = [strip for part in apart(boxes, _AROUND, box) for strip in self._stamped(number, part, known)]
        seen = [strip for strip in self._stamped(number, box, ()) if not _is_said(strip, known)]
        return [*apart_from_all, *seen]

    def _framed_in(self, boxes: list[Box], number: int, box: Box) -> list[list[Strip]]:
        return [strips for part in apart(boxes, _AROUND, box) for strips in self._framed(number, part)]

    def _recognised(self, number: int) -> Page:
        page = self._prepared(number)
        width, height = page.picture.width * page.scale[0], page.picture.height * page.scale[1]
        text = tuple(running_text(page.picture))
        return self._seeing(Page(number, width, height, self._reader.read_page(page, text), "ocr", text,
                                 is_inked=_is_inked(page.picture)))

    def _seeing(self, page: Page) -> Page:
        return replace(page, _again=self._again, _written=self._written, _stamped=self._stamped, _framed=self._framed,
                       _rows=self._rows, _stroke=self._stroke, _whole=self.whole)

    def _again(self, number: int, box: Box, kind: str) -> tuple[Word, ...]:
        return self._reader.read_part(self._prepared(number), box, kind)

    def _written(self, number: int, box: Box, is_lifted: bool) -> Strip | None:
        return read_strip(self._prepared(number), box, is_lifted=is_lifted)

    def _framed(self, number: int, box: Box) -> list[list[Strip]]:
        return read_frames(self._prepared(number), box)

    def _rows(self, number: int, box: Box) -> list[Box]:
        return find_rows(self._prepared(number), box)

    def _stroke(self, number: int, box: Box) -> float:
        return stroke(self._prepared(number), box)

    def _stamped(self, number: int, box: Box, words: Sequence[Word]) -> list[Strip]:
        return read_stamps(self._prepared(number), box, words)


def _is_inked(picture: Image.Image) -> bool:
    """Whether there is more on a prepared page than specks."""
    return sum(picture.histogram()[:128]) > _SPECKS * picture.width * picture.height


def _is_said(strip: Strip, words: Sequence[Word]) -> bool:
    """Whether the words of a page that lie where something was seen say about what was seen."""
    said = bare("".join(word.text for word in words if _lies_in(word.box, strip.box)))
    return bool(said) and SequenceMatcher(None, said, bare(strip.text), autojunk=False).ratio() >= _SAID


def _lies_in(box: Box, other: Box) -> bool:
    """Whether the middle of a box lies in another."""
    return other[0] < (box[0] + box[2]) / 2 < other[2] and other[1] < (box[1] + box[3]) / 2 < other[3]


def _found_words(rows: list[tesseract.Row], page: Prepared, corner: tuple[float, float]) -> tuple[Word, ...]:
    """Tesseract's table -> words with boxes of the page and lines numbered through."""
    lines: dict[tuple[int, int, int], int] = {}
    words = []
    for row in rows:
        text = unicodedata.normalize("NFC", row.text.strip()).translate(_LOOKALIKES)
        if not text or row.confidence < LEAST_CONFIDENCE:
            continue
        left, top = row.left + corner[0], row.top + corner[1]
        box = page.to_page((left, top, left + row.width, top + row.height))
        words.append(Word(text, row.confidence, box, lines.setdefault(row.line, len(lines)), row.line[0]))
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
