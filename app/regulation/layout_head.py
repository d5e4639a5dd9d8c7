"""The head of a document, read by zone (Art. 3.1.đ; NĐ 30/2020 Appendix I, boxes 1 to 5, 9a, 10).

The motto stands at the right; the agency is left of it, the number under the agency, the date under the motto,
"V/v" under the number; the name of the kind stands in the middle below, its subject under it. The agency is read by
layout_agency.py, the number and the date by layout_reference.py, the end of the document by layout_tail.py.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from app.regulation import layout_grammar as grammar
from app.regulation.layout_confirm import around, is_plain, settled
from app.regulation.layout_grammar import fold, likeness
from app.regulation.layout_lexicon import mend_terms
from app.regulation.layout_words import Line, PageLike, is_dash, is_upper, line_of, lines, slope

#: a reading in which two sources or the grammar disagree is worth at most this
DOUBTFUL = 0.5
#: from here on a field is taken for sure
SURE = 0.6

_MOTTOES = ("cong hoa xa hoi chu nghia viet nam", "dang cong san viet nam", "doc lap - tu do - hanh phuc")
#: place and date of issue, without marks
DATE = re.compile(r"ng?ay(.*?)[\w:.]?hang(.*?)n[ao]m\D{0,3}(\d[\doli]{3})")
_SUBJECT_MARK = re.compile(r"(?i)^\W*(v\s*[/i1l]\s*v|vv|v[eêềéè]\s+vi[eêệéẹ]c)\b")
#: what begins after the subject of a named kind
_BODY = re.compile(r"^(can cu|kinh gui|thuc hien nghi|dieu \d|phan [ivx]+\b|chuong [ivx\d]|i\.|1\.)")


@dataclass(frozen=True)
class Found:
    """A field as read."""

    value: str | list[str]
    #: 0..1, below 0.6 doubtful
    confidence: float
    page: int
    boxes: list[list[float]]

    def as_json(self) -> dict:
        """The shape that crosses to the form."""
        return {"value": self.value, "confidence": round(self.confidence, 2), "page": self.page,
                "boxes": self.boxes}


def found(line_or_lines: Line | Sequence[Line], value: str | list[str], most: float = 1.0) -> Found:
    """A field read from these lines."""
    group = [line_or_lines] if isinstance(line_or_lines, Line) else list(line_or_lines)
    confidence = min((line.confidence for line in group), default=0.0)
    return Found(value, min(confidence, most), group[0].page if group else 1,
                 [box for line in group for box in line.boxes])


@dataclass(frozen=True)
class Head:
    """The first page cut into its zones; lines from top to bottom."""

    page: PageLike
    tilt: float
    motto: list[Line]
    left: list[Line]
    right: list[Line]
    #: below the columns, over the whole width
    below: list[Line]
    #: index in `left` of the line of the number; None when it was not read
    number_at: int | None


def cut_head(page: PageLike) -> Head:
    """Find the motto, and by it the two columns of the head."""
    tilt = slope(page.words)
    split, motto = _motto(page, tilt)
    left_words, right_words = [], []
    top = min((line.y0 for line in motto), default=0.0) - 12
    bottom = (max((line.y1 for line in motto), default=page.height * 0.12)) + page.height * 0.2
    for word in page.words:
        level = word.box[1] - tilt * word.box[0]
        if top <= level <= bottom:
            is_left = (word.box[0] + word.box[2]) / 2 < split
            (left_words if is_left else right_words).append(word)
    left = lines(page, left_words, gap=3.0) if left_words else []
    right = lines(page, right_words, gap=4.0) if right_words else []
    below = [line for line in lines(page, gap=2.2) if line.y0 > top]
    return Head(page, tilt, motto, left, right, below, _number_line(left, right))


def _motto(page: PageLike, tilt: float) -> tuple[float, list[Line]]:
    """Left edge of the right column and the lines of the motto."""
    rows: dict[int, list] = {}
    for word in page.words:
        if word.box[1] < page.height * 0.35:
            rows.setdefault(word.line, []).append(word)
    hits = []
    for row in rows.values():
        row = sorted(row, key=lambda word: word.box[0])
        best = max(((likeness(" ".join(word.text for word in row[i:i + 9]), motto), i)
                    for motto in _MOTTOES for i in range(len(row))), default=(0.0, 0))
        if best[0] > 0.72:
            line = line_of(page.number, row[best[1]:], tilt)
            if line:
                hits.append(line)
    if not hits:
        return page.width * 0.45, []
    return min(line.x0 for line in hits) - 3, hits


def _number_line(left: list[Line], right: list[Line]) -> int | None:
    """Which line of the left column bears the number: by its word, its form, or the height of the date."""
    for i, line in enumerate(left):
        if re.match(r"(?i)^\W*s[ốôóòồổỗőöo0ó6ố]{1,2}\s*[:.;]", line.text):
            return i
    for i, line in enumerate(left):
        read = grammar.split_reference(line.text)
        if read and not _SUBJECT_MARK.match(line.text) and len(line.words) <= 5:
            return i
    dates = [line for line in right if DATE.search(fold(line.text))]
    if dates:
        near = [(abs(line.y1 - dates[0].y1), i) for i, line in enumerate(left)
                if abs(line.y1 - dates[0].y1) < 14 and re.search(r"[/\-]", line.text)]
        if near:
            return min(near)[1]
    return None


def type_line(head: Head, types: Mapping[str, str]) -> tuple[str, Line] | None:
    """The name of the kind, in capitals in the middle of the page, under the head."""
    floor = max([line.y1 for line in head.motto] or [head.page.height * 0.08])
    for line in head.below:
        if not floor < line.y0 < head.page.height * 0.5 or len(line.words) > 8 or not is_upper(line.text):
            continue
        if not head.page.width * 0.38 < line.middle < head.page.width * 0.66:
            continue
        text = re.sub(r"^\W+|[\W\d]+$", "", line.text)
        hit = grammar.nearest(text, types, 0.84)
        if hit and hit[0] != grammar.LETTER:
            return hit[0], line
    return None


#: from one line of a subject to the next, in heights of its title: set as one paragraph, as paragraphs of their own
_CLOSE, _APART = 1.75, 2.6
#: strokes of the same print as the line above, of thinner print: their thickness beside that line's
_SAME_PRINT, _THINNER = 0.88, 0.82


def subject_under(head: Head, title: Line) -> Found | None:
    """The subject of a named kind: the centred lines under its name.

    Lines set apart as paragraphs are told from what follows by their print, which is as bold as the line above.
    """
    taken: list[Line] = []
    last, most = title, 1.0
    for line in head.below:
        if line.y0 <= title.y0 + title.height * 0.5:
            continue
        pitch = line.y0 - last.y0
        if pitch < title.height * 0.5:
            # beside the last line: a stamp
            continue
        far = pitch / max(title.height, 11.0)
        if far > _APART or _BODY.match(fold(line.text)):
            break
        if taken and far > _CLOSE and (goes_on := _goes_on(head, last, line, title)) is not True:
            most = most if goes_on is False else DOUBTFUL
            break
        centred = _centred(line, title.middle, 14 if not taken else 11) or _completed(head, line, title.middle)
        if is_upper(line.text) or not centred:
            # at the distance of a next line: a stamp lies over it, or the body follows closely
            most = DOUBTFUL if line.x0 > title.x0 - 200 and not _is_body(head, line) else most
            break
        taken.append(centred)
        last = line
    return _subject(head, taken, most)


def _goes_on(head: Head, last: Line, line: Line, title: Line) -> bool | None:
    """Whether a line further below goes on a subject; None: it stands as if it did, and its print does not tell."""
    if is_upper(line.text) or abs(line.middle - title.middle) > 8 or not any(map(str.isalnum, line.text)):
        return False
    was, now = (head.page.stroke(around(one, head.tilt)) for one in (last, line))
    if was and now < was * _THINNER:
        return False
    is_bold = was >= head.page.stroke(around(title, head.tilt)) * _SAME_PRINT and now >= was * _SAME_PRINT
    return True if was and is_bold else None


def _centred(line: Line, middle: float, least: float) -> Line | None:
    """The line if it stands in the middle, or what of it does: a stamp at its left was read with it."""
    if abs(line.middle - middle) <= least:
        return line
    for i in range(1, len(line.words) - 1):
        rest = line_of(line.page, line.words[i:], 0.0)
        if rest and abs(rest.middle - middle) <= 8 and len(rest.words) > 2:
            return Line(line.page, rest.words, rest.x0, line.y0, rest.x1, line.y1)
    return None


def _completed(head: Head, line: Line, middle: float) -> Line | None:
    """A line whose beginning was lost under a stamp, read again as wide as it must be to stand in the middle."""
    left = 2 * middle - line.x1
    if not 20 < left < line.x0 - 12:
        return None
    words = head.page.again(around(line, head.tilt, (5.0, 4.0), (left - 5, line.x1 + 5)), "line")
    for other in lines(head.page, words, gap=9.0) if words else []:
        if abs(other.middle - middle) <= 11 and len(other.words) > len(line.words):
            return Line(line.page, other.words, other.x0, line.y0, other.x1, line.y1)
    return None


def _is_body(head: Head, line: Line) -> bool:
    """Whether a line is as wide as the body, or begins indented as a paragraph does."""
    widths = [other for other in head.below if other.x1 - other.x0 > head.page.width * 0.68]
    left = median([other.x0 for other in widths]) if widths else head.page.width * 0.14
    return line.x1 - line.x0 > head.page.width * 0.6 or 15 < line.x0 - left < 60 and line.x1 > head.page.width * 0.75


def _subject(head: Head, taken: list[Line], most: float, right: float | None = None) -> Found | None:
    """The subject out of its lines, each confirmed or read again."""
    if not taken:
        return None
    checked = [(line, True) if is_plain(line) else settled(head.page, head.tilt, line, right) for line in taken]
    if not all(agreed for _, agreed in checked):
        most = DOUBTFUL
    kept = [line for line, _ in checked]
    return found(kept, _joined(kept), most)


def subject_left(head: Head) -> Found | None:
    """The subject of a công văn: "V/v ..." under its number."""
    start = next((i for i, line in enumerate(head.left) if _SUBJECT_MARK.match(line.text)
                  and i > (head.number_at if head.number_at is not None else -1)), None)
    most = 1.0
    if start is None:
        start, most = (head.number_at if head.number_at is not None else len(head.left)) + 1, DOUBTFUL
    taken: list[Line] = []
    for line in head.left[start:]:
        if taken and line.y0 - taken[-1].y0 > _pitch(taken) * 1.45 or fold(line.text).startswith("kinh gui"):
            break
        if is_upper(line.text) and len(line.words) < 4 or line.height > 30:
            break
        taken.append(line)
    return _subject(head, taken, most)


def _pitch(taken: Sequence[Line]) -> float:
    steps = [b.y0 - a.y0 for a, b in zip(taken, taken[1:], strict=False)]
    return max(13.0, median(steps)) if steps else 15.0


def _joined(taken: Sequence[Line]) -> str:
    text = " ".join(line.text for line in taken)
    text = re.sub(r"(?<=\w)- (?=[A-ZĐ]{2})", "-", text)
    text = re.sub(r"^\W*[Vv]\s*[/il1]\s*[vV]\b[:.]?", "V/v", text)
    text = re.sub(r"^\W+|[\s.;:,_\-—]+$", "", re.sub(r"\s+", " ", text))
    return mend_terms(re.sub(r"^(?i:v[êềế]\s?vi[ệe]c)\b", "Về việc", text))


def addressees(head: Head) -> Found | None:
    """The items of "Kính gửi"; of a công điện what follows "điện:"."""
    for i, line in enumerate(head.below):
        plain = fold(line.text)
        mark = re.search(r"k[il1]nh g[uư]i\s*[:.;]?", plain) or re.search(r"\bdien\s*:", plain)
        if mark and line.y0 < head.page.height * 0.6 and mark.start() < 12:
            return _items_of(head, head.below[i:], line)
    return None


def _items_of(head: Head, following: Sequence[Line], label: Line) -> Found | None:
    count = next(i for i, word in enumerate(label.words) if re.search(r"(?i)[gq][ửưứuừữ]i|điện", word.text)) + 1
    rest = [word for word in label.words[count:] if word.text not in (":", ".", ";")]
    first = line_of(label.page, rest, head.tilt) if rest else None
    taken = [first] if first else []
    last = label
    edge = first.x0 if first else None
    for line in following[1:]:
        if line.y0 - last.y0 < label.height * 0.6:
            if line.x0 > label.x0 and not first and not taken:
                taken, last = [line], line
            continue
        dashed = is_dash(line.words[0].text)
        if line.y0 - last.y0 > max(label.height, 11) * (2.0 if dashed else 1.7) or len(taken) > 12:
            break
        inside = line.x0 > label.x0 + 8 if edge is None else line.x0 > min(edge, label.x0 + 30) - 6
        if not inside or (edge is not None and not dashed and line.x0 < edge - 6):
            break
        edge = edge if edge is not None else line.x0
        taken.append(line)
        last = line
    checked = [settled(head.page, head.tilt, line, min(line.x1 + 60, head.page.width - 30)) for line in taken]
    taken = [line for line, _ in checked]
    values = [mend_terms(value) for value in items(taken)]
    return found(taken, values, 1.0 if all(sure for _, sure in checked) else DOUBTFUL) if values else None


def items(taken: Sequence[Line]) -> list[str]:
    """Lines -> items: a dash or the end of the line before (";") opens a new one; marks at the ends are dropped."""
    values: list[str] = []
    open_item = False
    for line in taken:
        text = line.text
        dashed = bool(re.match(r"^[-–—~=_•+*“‹]+\s*[-.]?\s*(?=\w)", text))
        text = re.sub(r"^[^\w(]+", "", text)
        if dashed and values and open_item and text[:1].islower():
            # a name goes on with its own dash: "chính trị - xã hội"
            dashed, text = False, f"- {text}"
        ends = bool(re.search(r"[;:.]\W*$", text))
        text = re.sub(r"[\s;:.,'’‘_]+$", "", text)
        if not text:
            continue
        if values and open_item and not dashed:
            values[-1] += " " + text
        else:
            values.append(text)
        open_item = not ends
    return values


