"""The signer's name and position, read under a seal and a signature (Art. 3.1.đ; NĐ 30/2020 Appendix I, boxes 7a-7c).

Both stand in the signer's column and are often covered. They are read with the page, again with coloured ink lifted
off, and by the second reader, which sees through more but lacks most Vietnamese vowels: it finds what Tesseract lost,
confirms what it read, and the catalogues of positions and surnames give the marks.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from app.regulation import layout_grammar as grammar
from app.regulation.layout_confirm import around, differing, skeleton
from app.regulation.layout_grammar import fold
from app.regulation.layout_head import DOUBTFUL, Found, found
from app.regulation.layout_lexicon import POSITIONS, SURNAMES, is_usual_name, mend_surname, spelt_surname
from app.regulation.layout_words import Line, PageLike, StripLike, is_upper

_AUTHORITY = re.compile(r"^\W*(KT|TM|T/M|TL|T/L|TUQ|K/T|Q)\s*[.,/]")
#: confidence of each word of a title from which it needs no second reader, who sees less under a seal
_CLEAR_TITLE = 0.9
#: points between the middles of lines that stand centred under each other; "KT." makes 12
_CENTRED = 6.0
#: points between two looks for a line that Tesseract lost
_STEP = 6


@dataclass(frozen=True)
class Column:
    """The signer's column of the signature page."""

    page: PageLike
    tilt: float
    #: left edge and the top of the title, points
    edge: float
    top: float
    #: as read with the page, and again with coloured ink lifted off
    lines: Sequence[Line]
    lines_again: Sequence[Line]


def signer(column: Column) -> tuple[Found | None, Found | None]:
    """Name and position of the signer: the last capitals of the title, the name under the signature."""
    titles, position = _title(column)
    floor = titles[-1].y0 + titles[-1].height * 0.8 if titles else column.top
    middle = titles[-1].middle if titles else (column.edge + column.page.width - 20) / 2
    if position and not titles:
        floor = position.boxes[0][3] - column.tilt * position.boxes[0][0]
        middle = (position.boxes[0][0] + position.boxes[0][2]) / 2
    return _name(column, floor, middle), position


# ---- the title -------------------------------------------------------------------------------------------


def _title(column: Column) -> tuple[list[Line], Found | None]:
    """The lines of the title and the position they end in."""
    blocks = [block for block in (_titles(column.lines_again), _titles(column.lines)) if block]
    # the reading that ends in a known position, then the longer one
    titles = max(blocks, key=lambda block: (bool(_position(block)), len(block)), default=[])
    known = _position(titles) if titles else ""
    agreed = sum(1 for block in blocks if _position(block) == known) > 1
    if known and not _is_deputy_lost(titles, known):
        sure = agreed or not column.lines_again or _is_plainly_read(titles) or _is_confirmed(column, titles[-1])
        return titles, found(titles[-1], known, 0.95 if sure else DOUBTFUL)
    seen = _look_for_position(column, "PHÓ" if known else "")
    if seen:
        return titles, seen
    if known:
        # the line of the deputy himself was lost under the seal
        deputy = grammar.nearest("PHÓ " + known, POSITIONS, 0.95)
        return titles, found(titles[-1], deputy[0] if deputy else known, DOUBTFUL)
    if titles:
        return titles, found(titles[-1], re.sub(r"^[\W_]+|[\W_]+$", "", titles[-1].text), DOUBTFUL)
    return [], None


def _is_plainly_read(titles: Sequence[Line]) -> bool:
    """Whether a title was read letter by letter, and is whole: a deputy's; a head's right under the middle of the
    authority that he signs for. Else a seal may have left it of "KT. CHỦ TỊCH".
    """
    last = titles[-1]
    if last.text not in POSITIONS or min(word.confidence for word in last.words) < _CLEAR_TITLE:
        return False
    above = titles[-2] if len(titles) > 1 else None
    is_under_authority = above is not None and re.match(r"^T\s*[./]?\s*M\s*[.,]", above.text) is not None
    return _is_deputy(last.text) or (is_under_authority and abs(above.middle - last.middle) < _CENTRED)


def _is_confirmed(column: Column, line: Line) -> bool:
    strip = column.page.written(around(line, column.tilt), is_lifted=True)
    return strip is None or differing(line.text, strip.text) == 0


def _is_deputy_lost(titles: Sequence[Line], known: str) -> bool:
    """Whether the head's line is the last that was read although another signs for him."""
    return bool(re.match(r"^\W*KT\s*[.,]", titles[-1].text)) and not _is_deputy(known)


def _is_deputy(position: str) -> bool:
    return fold(position).startswith(("pho ", "thu truong"))


def _look_for_position(column: Column, start: str) -> Found | None:
    """The lowest line of the column that ends in a position, by the second reader."""
    best: tuple[float, float, str, StripLike] | None = None
    for_another = False
    for level, strip in _levels(column):
        value, chance = _like_position(strip.text)
        for_another = for_another or bool(re.match(r"^\W*K[TI1]\s*[.,]", strip.text))
        if value and value.startswith(start) and (best is None or (chance, level) > best[:2]):
            best = chance, level, value, strip
    if best is None:
        return None
    box = [round(value, 1) for value in best[3].box]
    # without a neighbour of the letters, and not the head's own title where another signs for him
    sure = skeleton(best[3].text) == skeleton(best[2]) and (not for_another or _is_deputy(best[2]))
    return Found(best[2], 0.9 if sure else DOUBTFUL, column.page.number, [box])


def _levels(column: Column) -> Iterator[tuple[float, StripLike]]:
    """The upper part of the column step by step: under a seal the line finder misses the deputy's own line."""
    lean = column.tilt * (column.edge + column.page.width) / 2
    for level in range(round(column.top) - 8, round(column.top) + 62, _STEP):
        place = column.edge, level + lean, column.page.width - 8, level + lean + 20
        if strip := column.page.written(place, is_lifted=True):
            yield level, strip


def _like_position(text: str) -> tuple[str, float]:
    """The position whose consonants end a line, and how nearly; ("", 0.0): none."""
    plain = skeleton(re.sub(r"^\W*(KT|TM|TL|TUQ|Q)\s*[.,]", "", text))
    best = ("", 0.0)
    for position in POSITIONS:
        wanted = skeleton(position)
        if len(wanted) < 4 or re.match(r"^\W*(KT|TM|TL|TUQ)\s*[.,]", text):
            continue
        chance = SequenceMatcher(None, plain[-len(wanted):], wanted).ratio()
        if chance > 0.85 and (chance, len(wanted)) > (best[1], len(skeleton(best[0]))):
            best = position, chance
    return best


def _position(titles: Sequence[Line]) -> str:
    """The catalogue's position that the last line of a title says; "" when it says none."""
    text = re.sub(r"^[\W_]+|[\W_]+$", "", titles[-1].text)
    text = re.sub(r"^(KT|TM|TL|TUQ|Q)\s*[.,]\s*", "", text)
    known = grammar.nearest(text, POSITIONS, 0.82)
    if not known:
        return ""
    # "KT." on the line before: only a deputy signs for the head
    if re.match(r"^\W*K[TI1]\s*[.,]", titles[-2].text if len(titles) > 1 else "") and not _is_deputy(known[0]):
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


# ---- the name --------------------------------------------------------------------------------------------


def _name(column: Column, floor: float, middle: float) -> Found | None:
    """The most name-like line in the middle of the column, whole and confirmed."""
    below = [line for line in [*column.lines_again, *column.lines]
             if line.y0 > floor and abs(line.middle - middle) < 80]
    rated = sorted(((_rate(line, middle), line) for line in below if _rate(line, middle) > 0),
                   key=lambda item: -item[0])
    if not rated:
        return _look_for_name(column, floor, middle)
    line = rated[0][1]
    read = mend_surname(clean_name(line.text))
    others = {mend_surname(clean_name(other.text)) for _, other in rated}
    # what begins with no surname is a piece of a signature, and contradicts nothing ("Đã Thế Vinh")
    others = {other for other in others if fold(other).split()[0] in SURNAMES}
    span = min(line.x0, middle - 75), max(line.x1, middle + 75)
    strips = [strip for margin in ((4.0, 3.0), (6.0, 5.0)) if (strip := column.page.written(
        around(line, column.tilt, margin, span), is_lifted=True))]
    if not strips:
        return found(line, read, 1.0 if _is_known(read) else DOUBTFUL)
    second = max((clean_name(strip.text) for strip in strips), key=len)
    name, agreed = _merged(read, second)
    clear = min(word.confidence for word in line.words) > 0.6
    sure = agreed and _is_known(name) and clear and len({other for other in others if len(other) >= len(name)}) <= 1
    return found(line, name, 1.0 if sure else DOUBTFUL)


def _is_known(name: str) -> bool:
    """Whether a surname and usual words: neither reader tells marks on vowels surely."""
    return fold(name).split()[0] in SURNAMES and is_usual_name(name)


def _merged(read: str, second: str) -> tuple[str, bool]:
    """A name out of both readings: words that Tesseract lost come from the second; and whether they agree."""
    if skeleton(read) == skeleton(second):
        return read, True
    words, others = read.split(), second.split()
    if len(others) > len(words) and [skeleton(word) for word in others[-len(words):]] == [skeleton(w) for w in words]:
        words = others[:-len(words)] + words
    surname = spelt_surname(words[0], others[0] if others else "")
    if surname:
        words[0] = surname
    return " ".join(words), False


def _look_for_name(column: Column, floor: float, middle: float) -> Found | None:
    """A name that only the second reader sees; its marks are those of the surnames, so it is doubtful."""
    best: tuple[float, str, StripLike] | None = None
    lean = column.tilt * middle
    for row in column.page.rows((middle - 95, floor + 18 + lean, middle + 95, floor + 152 + lean)):
        strip = column.page.written((row[0] - 3, row[1] - 1, row[2] + 3, row[3] + 1), is_lifted=True)
        words = clean_name(strip.text).split() if strip else []
        if 2 <= len(words) <= 5 and all(word[1:] == word[1:].lower() for word in words):
            surname = spelt_surname(words[0], "")
            worth = strip.confidence + 0.5 * bool(surname)
            if best is None or worth > best[0]:
                best = worth, " ".join([surname or words[0], *words[1:]]), strip
    if best is None:
        return None
    box = [round(value, 1) for value in best[2].box]
    return Found(mend_surname(best[1]), DOUBTFUL, column.page.number, [box])


def clean_name(text: str) -> str:
    """A name without titles, marks and the strokes around it."""
    text = re.sub(r"(?i)\b(gs|pgs|ts|ths|bs|cn|ks|ckii?)\.\s*", "", text)
    words = [re.sub(r"[\W_\d]", "", word) for word in re.split(r"[\s\-–]+", text)]
    while words and not (words[0][:1].isupper() and len(words[0]) > 1):
        words.pop(0)
    while words and not (words[-1][:1].isupper() and words[-1].isalpha()):
        words.pop()
    return " ".join(word for word in words if word)


def _rate(line: Line, middle: float) -> float:
    """How much a line looks like a full name: two to five words, each with one capital, in the middle."""
    name = clean_name(line.text)
    words = name.split()
    if not 2 <= len(words) <= 5 or not all(re.fullmatch(r"[^\W\d_]+", word) and word[0].isupper() for word in words):
        return 0.0
    if any(word[1:] != word[1:].lower() for word in words) or max(len(word) for word in words) > 7:
        return 0.0
    surname = 0.5 if fold(words[0]) in SURNAMES else 0.0
    return line.confidence + surname - abs(line.middle - middle) / 150
