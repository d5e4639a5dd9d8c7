"""Where a document's signature block is on its pages (NĐ 30/2020 Appendix I, boxes 7a-7c, 9a-9b).

Authority and position in capitals, the name under them, in the right half beside "Nơi nhận", before any appendix. A
table or a sentence that names the signer is no such place. It reads text; what is drawn there is appearance.py's.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import pypdfium2 as pdfium

Box = tuple[float, float, float, float]

#: points between runs of one line; cells of a table lie further apart
_GAP = 14.0
#: points from the position down to the name, and from "Nơi nhận" to it, the break of a page included
_TALLEST, _FAR = 170.0, 300.0
#: points that a name may stand above "Nơi nhận", and between the middles of lines under each other
_ABOVE, _CENTRED = 80.0, 80.0
#: an appendix's own heading, or what it was issued with (NĐ 30/2020 PL I.III)
_HEADING = re.compile(r"(PHỤ LỤC|Phụ lục)(\s*((SỐ|số)\s*)?[IVXLC\d]{1,5})?\W*")
_ISSUED_WITH = re.compile(r"\(\s*(Ban hành\s+)?[Kk]èm theo\b.*")
#: what may stand before a name: a degree or a rank, no number and no sentence
_TITLE = re.compile(r"[^\d:;,()/-]{0,20}")


@dataclass(frozen=True)
class Line:
    """A line of text: page from 0; left, bottom, right, top in points from the lower left corner."""

    page: int
    box: Box
    text: str

    @property
    def middle(self) -> float:
        """The middle of its width."""
        return (self.box[0] + self.box[2]) / 2


@dataclass(frozen=True)
class Pages:
    """The lines of the pages of the main document, from the top down, and how large a page is."""

    lines: Sequence[Line]
    left: float
    right: float
    height: float

    @property
    def middle(self) -> float:
        """What divides left from right half."""
        return (self.left + self.right) / 2

    def level(self, line: Line) -> float:
        """How far down a line stands, counted from the top of the first page."""
        return (line.page + 1) * self.height - line.box[3]


def read(document: pdfium.PdfDocument, count: int) -> Pages:
    """The first `count` pages."""
    left, bottom, right, top = document[0].get_mediabox()
    lines: list[Line] = []
    for number in range(count):
        with closing(document[number].get_textpage()) as text:
            lines += _lines(text, number)
    return Pages(lines, left, right, top - bottom)


def named(pages: Pages, full_name: str) -> Line | None:
    """The name in the signature block; None: the block names another, or nobody."""
    first, last = recipients(pages), _end(pages)
    found = []
    for line in pages.lines:
        if line.middle <= pages.middle or not _is_name(line.text, full_name) or pages.level(line) >= last:
            continue
        is_under = _is_under_capitals(pages, line)
        under = pages.level(line) - pages.level(first) if first else 0.0
        if -_ABOVE <= under <= _FAR and (is_under or first):
            found.append(((is_under, -abs(under), pages.level(line)), line))
    return max(found, key=lambda one: one[0])[1] if found else None


def recipients(pages: Pages) -> Line | None:
    """The line "Nơi nhận" of the main document."""
    last = _end(pages)
    return next((line for line in pages.lines if line.box[0] < pages.middle and pages.level(line) < last
                 and _plain(line.text).startswith("nơinhận")), None)


def last_in_right_half(text: pdfium.PdfTextPage, full_name: str, middle: float) -> Box | None:
    """Box of the lowest occurrence whose centre is right of `middle`."""
    # a name broken over two lines is running text, not a signature block
    found = [box for box in boxes(text, full_name.strip())
             if (box[0] + box[2]) / 2 > middle and box[3] - box[1] < 30]
    return min(found, key=lambda box: box[1]) if found else None


def boxes(text: pdfium.PdfTextPage, words: str) -> list[Box]:
    """Where words stand on a page, wherever they do; tried in both Unicode forms."""
    found = []
    for form in ("NFC", "NFD"):
        searcher = text.search(unicodedata.normalize(form, words), match_case=False)
        while hit := searcher.get_next():
            boxes = [text.get_charbox(i) for i in range(hit[0], hit[0] + hit[1])]
            found.append((min(b[0] for b in boxes), min(b[1] for b in boxes),
                          max(b[2] for b in boxes), max(b[3] for b in boxes)))
    return found


def before_appendix(pages: Pages) -> list[Line]:
    """What is the main document's, not an appendix's."""
    last = _end(pages)
    return [line for line in pages.lines if pages.level(line) < last]


def _end(pages: Pages) -> float:
    """How far down the first appendix begins."""
    first = next((line for line in pages.lines if _plain(line.text).startswith("nơinhận")), None)
    under = pages.level(first) if first and first.page == 0 else pages.height
    return next((pages.level(line) for line in pages.lines if pages.level(line) > under and _opens(pages, line)),
                float("inf"))


def _opens(pages: Pages, line: Line) -> bool:
    text, is_centred = unicodedata.normalize("NFC", line.text.strip()), abs(line.middle - pages.middle) < 40
    is_heading, is_issued = _HEADING.fullmatch(text) is not None, _ISSUED_WITH.fullmatch(text) is not None
    return is_heading and text.isupper() or is_centred and (is_heading or is_issued)


def _is_under_capitals(pages: Pages, name: Line) -> bool:
    """Whether the next line above, but for "(Đã ký)", is a position in capitals."""
    above = [line for line in pages.lines if line.page == name.page and 0 < line.box[1] - name.box[1] < _TALLEST
             and abs(line.middle - name.middle) < _CENTRED and not line.text.strip().startswith("(")]
    nearest = min(above, key=lambda line: line.box[1], default=None)
    letters = [one for one in nearest.text if one.isalpha()] if nearest else []
    return len(letters) > 2 and all(one.isupper() for one in letters)


def _is_name(text: str, full_name: str) -> bool:
    """Whether a line is the name alone, but for a degree or rank before it."""
    plain, name = _plain(text).rstrip(".,;"), _plain(full_name)
    return bool(name) and plain.endswith(name) and _TITLE.fullmatch(plain.removesuffix(name)) is not None


def _plain(text: str) -> str:
    """Small letters without blanks: PDFs lose and invent them."""
    return "".join(unicodedata.normalize("NFC", text).casefold().split())


def _lines(text: pdfium.PdfTextPage, number: int) -> Iterator[Line]:
    """Runs that stand side by side, as lines, from the top down."""
    boxes = [text.get_rect(index) for index in range(text.count_rects())]
    rows: list[list[Box]] = []
    for box in sorted(boxes, key=lambda box: (-(box[1] + box[3]) / 2, box[0])):
        row = next((row for row in reversed(rows[-8:]) if _is_beside(row[-1], box)), None)
        if row is None:
            rows.append([box])
        else:
            row.append(box)
    for row in rows:
        part: list[Box] = []
        for box in sorted(row):
            if part and box[0] - part[-1][2] > _GAP:
                yield _line(text, number, part)
                part = []
            part.append(box)
        yield _line(text, number, part)


def _is_beside(one: Box, other: Box) -> bool:
    middle = (other[1] + other[3]) / 2
    return one[1] < middle < one[3]


def _line(text: pdfium.PdfTextPage, number: int, part: list[Box]) -> Line:
    words = " ".join(text.get_text_bounded(*box).replace("\r\n", " ").strip() for box in part)
    box = (min(one[0] for one in part), min(one[1] for one in part),
           max(one[2] for one in part), max(one[3] for one in part))
    return Line(number, box, words)
