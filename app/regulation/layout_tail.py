"""The end of a document, read by zone (Art. 3.1.đ; NĐ 30/2020 Appendix I, boxes 7 and 9b).

"Nơi nhận" stands at the left of the signature page, the title and the name of the signer at its right.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.regulation import layout_grammar as grammar
from app.regulation.layout_grammar import fold, likeness
from app.regulation.layout_head import DOUBTFUL, Found, found, items
from app.regulation.layout_lexicon import POSITIONS, SURNAMES, mend_surname, mend_terms
from app.regulation.layout_words import Line, PageLike, is_upper, lines

_AUTHORITY = re.compile(r"^\W*(KT|TM|T/M|TL|T/L|TUQ|K/T|Q)\s*[.,/]")


@dataclass(frozen=True)
class Tail:
    """The signature page: the line "Nơi nhận" and all lines beside and below it."""

    page: PageLike
    label: Line | None
    left: list[Line]
    #: the signer's column as read with the page
    right: list[Line]
    #: the same read again, red ink lifted off; empty when the page cannot
    right_again: list[Line]


def cut_tail(pages: Sequence[PageLike]) -> Tail:
    """The first page with "Nơi nhận", which is the main document's; else the last page."""
    for page in pages:
        if not page.words:
            continue
        rows = lines(page, gap=1.3)
        for line in rows:
            start = " ".join(line.text.split()[:2])
            if likeness(re.sub(r"[^\w ]", "", start), "noi nhan") > 0.8 and line.x0 < page.width * 0.35:
                return _sides(page, line)
    page = next(page for page in reversed(pages) if page.words)
    right = [line for line in lines(page, gap=1.3) if line.x0 > page.width * 0.4 and line.y0 > page.height * 0.1]
    return Tail(page, None, [], right, [])


def _sides(page: PageLike, label: Line) -> Tail:
    """Both columns, each read again by itself where the page can: apart they disturb each other less."""
    edge, box = _signature_edge(page, label), label.words[0].box
    left = page.again((box[0] - 10, box[1] - 4, edge, min(box[1] + 330, page.height - 8)), "block")
    right = page.again((edge, box[1] - 36, page.width - 8, min(box[1] + 190, page.height - 8)), "plain")
    words = [word for word in page.words if word.box[3] > box[1] - 36]
    left_words = left or [word for word in words if word.box[0] < edge and word.box[3] > box[1]]
    right_words = [word for word in words if word.box[0] >= edge]
    return Tail(page, label, lines(page, left_words, gap=4.0) if left_words else [],
                lines(page, right_words, gap=3.0) if right_words else [],
                lines(page, right, gap=3.0) if right else [])


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
        if line.y0 - last.y0 > 34:
            break
        taken.append(line)
        last = line
        if re.match(r"^\W*l[uư]u\b", fold(line.text)) and re.search(r"\.\W*$", line.text):
            break
    values = [_kept_copy(mend_terms(value)) for value in items(taken)]
    return found(taken, values) if values else None


def _kept_copy(item: str) -> str:
    """The item of the copy that is kept, in its one form: "Lưu: VT, <unit>" (NĐ 30/2020 Appendix I.II.9)."""
    item = re.sub(r"^L[ưu]u\s?[:;.z]\s*(?=[A-ZĐ])", "Lưu: ", item)
    return re.sub(r"^(Lưu: VT)[.;]?\s+(?=[A-ZĐ])", r"\1, ", item)


def _is_noise(line: Line, label: Line) -> bool:
    """Strokes of a signature or the edge of a seal taken for letters."""
    letters = sum(char.isalpha() for char in line.text)
    return letters < 2 or letters < 5 and line.confidence < 0.7 or line.height > 2.4 * label.height


def signer(tail: Tail) -> tuple[Found | None, Found | None]:
    """Name and position of the signer: the last capitals of the title, the name under the signature."""
    blocks = [block for block in (_titles(tail.right_again), _titles(tail.right)) if block]
    # the reading that ends in a known position, then the longer one
    titles = max(blocks, key=lambda block: (bool(_position(block)), len(block)), default=[])
    every = tail.right_again + tail.right
    if not titles:
        return _name(every, tail.page.width * 0.7, bool(tail.right_again)), None
    known = _position(titles)
    if known and re.match(r"^\W*KT\s*[.,]", titles[-1].text) and fold(known)[:3] != "pho":
        # the line of the deputy himself was lost under the seal
        deputy = grammar.nearest("PHÓ " + known, POSITIONS, 0.95)
        return _name(every, titles[-1].middle, True), found(titles[-1], deputy[0] if deputy else known, DOUBTFUL)
    text = re.sub(r"^[\W_]+|[\W_]+$", "", titles[-1].text)
    position = found(titles[-1], known or text, 1.0 if known else DOUBTFUL)
    below = [line for line in every if line.y0 > titles[-1].y0 + titles[-1].height * 0.8]
    return _name(below, titles[-1].middle, bool(tail.right_again)), position


def _position(titles: Sequence[Line]) -> str:
    """The catalogue's position that the last line of a title says; "" when it says none."""
    text = re.sub(r"^[\W_]+|[\W_]+$", "", titles[-1].text)
    text = re.sub(r"^(KT|TM|TL|TUQ|Q)\s*[.,]\s*", "", text)
    known = grammar.nearest(text, POSITIONS, 0.82)
    if not known:
        return ""
    # "KT." on the line before: only a deputy signs for the head
    if re.match(r"^\W*K[TI1]\s*[.,]", titles[-2].text if len(titles) > 1 else "") and fold(known[0])[:3] != "pho":
        deputy = grammar.nearest("PHÓ " + known[0], POSITIONS, 0.95)
        return deputy[0] if deputy else known[0]
    return known[0]


def _titles(column: Sequence[Line]) -> list[Line]:
    """The block of capitals that opens the signer's column."""
    titles: list[Line] = []
    for line in column:
        text = re.sub(r"^[\W_]+|[\W_]+$", "", line.text)
        is_title = is_upper(text) and len(text) > 3 and (
            _AUTHORITY.match(line.text) or grammar.nearest(text, POSITIONS, 0.8)
            or titles and line.y0 - titles[-1].y0 < 24 and len(text) > 6)
        if is_title and (not titles or line.y0 - titles[-1].y0 < 34):
            titles.append(line)
    while len(titles) > 1 and not _position(titles) and _position(titles[:-1]):
        titles.pop()
    return titles


def _name(below: Sequence[Line], middle: float, was_read_twice: bool) -> Found | None:
    """The most name-like line in the middle of the signer's column."""
    rated = [(_rate(line, middle), line) for line in below if abs(line.middle - middle) < 80]
    rated = [item for item in rated if item[0] > 0]
    if not rated:
        return None
    _, line = max(rated, key=lambda item: item[0])
    name = mend_surname(_clean_name(line.text))
    agreed = sum(1 for _, other in rated if mend_surname(_clean_name(other.text)) == name) > 1
    # without a known surname the first word was perhaps lost under the seal
    is_whole = fold(name).split()[0] in SURNAMES
    return found(line, name, 1.0 if is_whole and (agreed or not was_read_twice) else DOUBTFUL)


def _clean_name(text: str) -> str:
    text = re.sub(r"(?i)\b(gs|pgs|ts|ths|bs|cn|ks|ckii?)\.\s*", "", text)
    words = [re.sub(r"[\W_\d]", "", word) for word in re.split(r"[\s\-–]+", text)]
    while words and not (words[0][:1].isupper() and len(words[0]) > 1):
        words.pop(0)
    while words and not (words[-1][:1].isupper() and words[-1].isalpha()):
        words.pop()
    return " ".join(word for word in words if word)


def _rate(line: Line, middle: float) -> float:
    """How much a line looks like a full name: two to five words, each with one capital, in the middle."""
    name = _clean_name(line.text)
    words = name.split()
    if not 2 <= len(words) <= 5 or not all(re.fullmatch(r"[^\W\d_]+", word) and word[0].isupper() for word in words):
        return 0.0
    if any(word[1:] != word[1:].lower() for word in words) or max(len(word) for word in words) > 7:
        return 0.0
    surname = 0.5 if fold(words[0]) in SURNAMES else 0.0
    return line.confidence + surname - abs(line.middle - middle) / 150
