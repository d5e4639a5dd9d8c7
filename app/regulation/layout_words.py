"""Words with boxes -> lines that lie level, cut where a column ends (Art. 3.1.đ).

Geometry only: it knows no field. The slope of a page is taken out of the positions it works with; the boxes of
the words stay those of the page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

Box = tuple[float, float, float, float]


class WordLike(Protocol):
    """What is needed of a word (tools/ocr.py's Word)."""

    text: str
    confidence: float
    box: Box
    line: int


class StripLike(Protocol):
    """What is needed of a line read by the second reader (tools/line_reader.py's Strip)."""

    text: str
    confidences: Sequence[float]
    places: Sequence[float]
    box: Box

    @property
    def confidence(self) -> float:
        """Mean of the characters."""

    def digits(self, start: float, end: float) -> dict[str, float]:
        """What stands between two places, read as digits -> probability."""


class PageLike(Protocol):
    """What is needed of a page (tools/ocr.py's Page)."""

    number: int
    width: float
    height: float
    words: Sequence[WordLike]
    #: "text": brought along by the file; "ocr": recognised
    source: str

    def again(self, box: Box, kind: str = "block") -> Sequence[WordLike]:
        """Read one part again."""

    def written(self, box: Box, *, is_lifted: bool = False) -> StripLike | None:
        """One line read by the second reader, or coloured ink lifted off first."""

    def rows(self, box: Box) -> Sequence[Box]:
        """Where level lines lie in a part, coloured ink lifted off."""

    def stroke(self, box: Box) -> float:
        """How thick the strokes of print in a part are; 0.0: unknown."""

    def framed(self, box: Box) -> Sequence[Sequence[StripLike]]:
        """What stands in each frame of a part, read at several slants."""

    def stamped(self, box: Box) -> Sequence[StripLike]:
        """Short lines at whatever slant, read by the second reader."""


@dataclass(frozen=True)
class Line:
    """Words side by side, left to right, with the place they have on the levelled page."""

    page: int
    words: tuple[WordLike, ...]
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def text(self) -> str:
        """The words, separated by spaces."""
        return " ".join(word.text for word in self.words)

    @property
    def confidence(self) -> float:
        """Mean of the words, by length."""
        length = sum(len(word.text) for word in self.words)
        return sum(word.confidence * len(word.text) for word in self.words) / max(1, length)

    @property
    def height(self) -> float:
        """Height of the line in points."""
        return self.y1 - self.y0

    @property
    def middle(self) -> float:
        """Half way between left and right."""
        return (self.x0 + self.x1) / 2

    @property
    def boxes(self) -> list[list[float]]:
        """One box of the page around all words, rounded to tenths."""
        return [hull(word.box for word in self.words)]


def hull(boxes: Iterable[Box]) -> list[float]:
    """The smallest box around all."""
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return [round(min(x0), 1), round(min(y0), 1), round(max(x1), 1), round(max(y1), 1)]


def slope(words: Sequence[WordLike]) -> float:
    """Points down per point to the right: the skew left in the page's coordinates."""
    slopes = []
    for row in _rows(words):
        if len(row) > 4 and row[-1].box[0] - row[0].box[0] > 150:
            first, last = row[0].box, row[-1].box
            # the bottoms: letters differ more in height than in depth
            slopes.append((last[3] - first[3]) / (last[0] - first[0]))
    return median(slopes) if len(slopes) > 2 else 0.0


def lines(page: PageLike, words: Sequence[WordLike] | None = None, gap: float = 1.6) -> list[Line]:
    """Lines of the page from top to bottom; one is cut where a space is wider than `gap` times its height.

    `words`: others than the page's own, read again. Marks without a letter or digit at either end are dropped,
    but for the dash that opens an item.
    """
    tilt = slope(page.words)
    result = []
    for row in _rows(page.words if words is None else words):
        for part in _cut(row, gap):
            line = line_of(page.number, part, tilt)
            if line:
                result.append(line)
    return sorted(result, key=lambda line: ((line.y0 + line.y1) / 2, line.x0))


def line_of(page: int, words: Sequence[WordLike], tilt: float) -> Line | None:
    """These words as one line; None when nothing but marks is left."""
    kept = list(words)
    while kept and not any(char.isalnum() for char in kept[-1].text) and kept[-1].text not in (":", ";", "-", "–"):
        kept.pop()
    while kept and not any(char.isalnum() for char in kept[0].text) and not is_dash(kept[0].text):
        kept.pop(0)
    solid = [word for word in kept if any(char.isalnum() for char in word.text)]
    if not solid:
        return None
    level = [(word.box[1] - tilt * word.box[0], word.box[3] - tilt * word.box[0]) for word in solid]
    return Line(page, tuple(kept), kept[0].box[0], median(top for top, _ in level), kept[-1].box[2],
                median(bottom for _, bottom in level))


def is_dash(text: str) -> bool:
    """Whether a word is the dash before an item, or what a reader makes of it."""
    return text in ("-", "–", "—", "~", "=", "_", "•", "+", "*", "~-", "-_", "--", "_-", "=-", "“-", "‹-", "-.")


def is_upper(text: str) -> bool:
    """Whether a line is printed in capitals; a few misread letters do no harm."""
    letters = [char for char in text if char.isalpha()]
    return bool(letters) and sum(char.isupper() for char in letters) >= 0.75 * len(letters)


def _rows(words: Sequence[WordLike]) -> list[list[WordLike]]:
    rows: dict[int, list[WordLike]] = {}
    for word in words:
        # a modifier letter (ˆ) counts as a letter, yet is but a speck
        if any((char.isalnum() and char not in "ˆˇªº") or char in "-–:;.,()" for char in word.text):
            rows.setdefault(word.line, []).append(word)
    return [sorted(row, key=lambda word: word.box[0]) for row in rows.values()]


def _cut(row: list[WordLike], gap: float) -> list[list[WordLike]]:
    tall = median(word.box[3] - word.box[1] for word in row)
    parts = [[row[0]]]
    for before, word in zip(row, row[1:], strict=False):
        if word.box[0] - before.box[2] > max(tall, 6.0) * gap:
            parts.append([])
        parts[-1].append(word)
    return parts
