"""The end of a document, read by zone (Art. 3.1.đ; NĐ 30/2020 Appendix I, boxes 7 and 9b).

"Nơi nhận" stands at the left of the signature page; the signer's column at its right is layout_signer.py's.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.regulation.layout_confirm import settled
from app.regulation.layout_grammar import fold, likeness
from app.regulation.layout_head import DOUBTFUL, Found, found, items
from app.regulation.layout_lexicon import mend_terms
from app.regulation.layout_signer import Column
from app.regulation.layout_words import Line, PageLike, WordLike, is_upper, lines, slope

#: least confidence of a word that needs no second reading
_CLEAR = 0.88
#: a space within a line of the signer's, by its height: wider ones part it from the list on the left
_WITHIN = 0.8


@dataclass(frozen=True)
class Tail:
    """The signature page: the line "Nơi nhận" and all lines beside and below it."""

    page: PageLike
    label: Line | None
    left: list[Line]
    column: Column
    #: was "Nơi nhận" read, or its place only guessed by the list under it
    is_label_read: bool = True


def cut_tail(pages: Sequence[PageLike]) -> Tail:
    """The first page with "Nơi nhận", which is the main document's; else one with "Lưu:"; else the last page."""
    for page in pages:
        for line in lines(page, gap=1.3) if page.words else []:
            if _is_label(line) and line.x0 < page.width * 0.35:
                return _sides(page, line)
    for page in pages:
        label = _label_above(page) if page.words else None
        if label:
            return replace(_sides(page, label), is_label_read=False)
    page = next(page for page in reversed(pages) if page.words)
    right = [line for line in lines(page, gap=1.3) if line.x0 > page.width * 0.4 and line.y0 > page.height * 0.1]
    tilt = slope(page.words)
    return Tail(page, None, [], Column(page, tilt, page.width * 0.48, _top(right, page.height * 0.1), right, []))


def _is_label(line: Line) -> bool:
    start = " ".join(line.text.split()[:2])
    return likeness(re.sub(r"[^\w ]", "", start), "noi nhan") > 0.8


def _label_above(page: PageLike) -> Line | None:
    """Where "Nơi nhận:" must stand when only the list under it was read: a line above the first of its items."""
    left = [line for line in lines(page, gap=1.3) if line.x0 < page.width * 0.35]
    last = next((i for i, line in enumerate(left) if re.match(r"^\W*l[uư]u\s*[:;]", fold(line.text))), None)
    if last is None:
        return None
    first = last
    while first and left[first].y0 - left[first - 1].y0 < 24 and left[first - 1].x1 < page.width * 0.55:
        first -= 1
    line = left[first]
    pitch = 1.25 * line.height
    return Line(line.page, line.words, line.x0 - 6, line.y0 - pitch, line.x1, line.y1 - pitch)


def _sides(page: PageLike, label: Line) -> Tail:
    """Both columns, each read again by itself where the page can: apart they disturb each other less."""
    edge, tilt = _signature_edge(page, label), slope(page.words)
    level = label.y0 + tilt * label.x0
    start = min([label.x0, *(line.x0 for line in lines(page, gap=1.3) if 0 < line.y0 - label.y0 < 200
                             and page.width * 0.06 < line.x0 < label.x0 + 20 and line.x1 < edge)])
    left = page.again((start - 10, level - 4, edge, min(level + 330, page.height - 8)), "block")
    right = page.again((edge, level - 36, page.width - 8, min(level + 190, page.height - 8)), "plain")
    words = [word for word in page.words if word.box[3] > level - 36]
    right_words = _of_column(page, words, edge)
    left_words = left or [word for word in words if word not in right_words and word.box[3] > level]
    column = Column(page, tilt, edge, label.y0 - 4, lines(page, right_words, gap=3.0) if right_words else [],
                    lines(page, right, gap=3.0) if right else [])
    return Tail(page, label, lines(page, left_words, gap=4.0) if left_words else [], column)


def _of_column(page: PageLike, words: Sequence[WordLike], edge: float) -> list[WordLike]:
    """The words right of the edge; where the file itself says the words, a line is not cut: a name may be longer than
    the title over it, and begins left of it.
    """
    parts = lines(page, words, gap=_WITHIN) if page.source == "text" and words else []
    begun = {id(word): line.middle >= edge for line in parts for word in line.words}
    return [word for word in words if begun.get(id(word), word.box[0] >= edge)]


def _top(right: Sequence[Line], otherwise: float) -> float:
    """Where the title begins: the first line of capitals."""
    return next((line.y0 for line in right if is_upper(line.text) and len(line.text) > 6), otherwise)


def _signature_edge(page: PageLike, label: Line) -> float:
    """Left edge of the signer's column: where the capitals beside "Nơi nhận" begin."""
    near = [line for line in lines(page, gap=1.3) if abs(line.y0 - label.y0) < 45 and line.x0 > page.width * 0.38]
    upper = [line.x0 for line in near if is_upper(line.text) and len(line.text) > 4]
    return min(upper) - 12 if upper else page.width * 0.48


def recipients(tail: Tail) -> Found | None:
    """The items of "Nơi nhận"."""
    if not tail.label:
        return None
    taken: list[Line] = []
    last = tail.label
    for line in tail.left:
        if line.y0 <= tail.label.y0 + tail.label.height * 0.6:
            continue
        if line.x0 > tail.label.x0 + 45 or _is_noise(line, tail.label):
            continue
        if not taken and _is_label(line):
            last = line
            continue
        if line.y0 - last.y0 > 34:
            break
        taken.append(line)
        last = line
        if re.match(r"^\W*l[uư]u\b", fold(line.text)) and re.search(r"\.\W*$", line.text):
            break
    checked = [_settled(tail, line) for line in taken]
    taken = [line for line, _ in checked]
    values = [_kept_copy(mend_terms(value)) for value in items(taken)]
    # where the label was not read, the first items may be missing
    is_sure = tail.is_label_read and all(sure for _, sure in checked)
    return found(taken, values, 1.0 if is_sure else DOUBTFUL) if values else None


def _settled(tail: Tail, line: Line) -> tuple[Line, bool]:
    """Only what Tesseract itself is not clear about is read once more: a list is long."""
    if line.x1 > tail.column.edge - 6:
        # its end may lie under the other column
        return line, False
    if min(word.confidence for word in line.words) > _CLEAR:
        return line, True
    return settled(tail.page, tail.column.tilt, line)


def _kept_copy(item: str) -> str:
    """The item of the copy that is kept, in its one form: "Lưu: VT, <unit>" (NĐ 30/2020 Appendix I.II.9)."""
    item = re.sub(r"^L[ưu]u\s?[:;.z]\s*(?=[A-ZĐ])", "Lưu: ", item)
    return re.sub(r"^(Lưu: VT)[.;,]*\s+(?=[A-ZĐ])", r"\1, ", item)


def _is_noise(line: Line, label: Line) -> bool:
    """Strokes of a signature or the edge of a seal taken for letters."""
    letters = sum(char.isalpha() for char in line.text)
    return letters < 2 or letters < 5 and line.confidence < 0.7 or line.height > 2.4 * label.height
