"""The head of a document, read by zone (Art. 3.1.đ; NĐ 30/2020 Appendix I, boxes 1 to 5, 9a, 10).

The motto stands at the right; the agency is left of it, the number under the agency, the date under the motto,
"V/v" under the number; the name of the kind stands in the middle below, its subject under it. What stands at the
end of the document is layout_tail.py's.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from app.regulation import layout_grammar as grammar
from app.regulation.layout_grammar import fold, likeness
from app.regulation.layout_words import Box, Line, PageLike, hull, is_dash, line_of, lines, slope

#: a reading in which two sources or the grammar disagree is worth at most this
DOUBTFUL = 0.5

_MOTTOES = ("cong hoa xa hoi chu nghia viet nam", "dang cong san viet nam", "doc lap - tu do - hanh phuc")
_DATE = re.compile(r"ng[aà]?y(.*?)th[aá]ng(.*?)n[aă]m\D*(\d[\dOolI]{3})")
_DIGITS = ("digits", "digits_soft", "digits_raw", "line")
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
    dates = [line for line in right if _DATE.search(fold(line.text))]
    if dates:
        near = [(abs(line.y1 - dates[0].y1), i) for i, line in enumerate(left)
                if abs(line.y1 - dates[0].y1) < 14 and re.search(r"[/\-]", line.text)]
        if near:
            return min(near)[1]
    return None


def agency(head: Head, agencies: Sequence[str]) -> Found | None:
    """The issuing agency: the last lines above the number, without the superior agency above them."""
    above = head.left[:head.number_at] if head.number_at is not None else [
        line for line in head.left if _is_upper(line.text)][:3]
    above = [line for line in above if sum(char.isalpha() for char in line.text) > 2]
    above = [line for line in above if _is_upper(line.text)] or above
    if not above:
        return None
    names = [_clean_agency(line.text) for line in above]
    start = _own_name(names)
    name = " ".join(names[start:])
    known = grammar.nearest(name, agencies, 0.9)
    if known:
        own = known[0].upper()
        return found(above[start:], own, 1.0)
    return found(above[start:], name)


def _own_name(names: list[str]) -> int:
    """Index of the first line of the agency's own name: the superior's lines stand above it."""
    starts = [i for i, name in enumerate(names) if _STARTS.match(fold(name))]
    if not starts:
        return 0
    # "UBND TỈNH X" above "SỞ Y": the last start counts; a continued line begins with no such word
    return starts[-1]


_STARTS = re.compile(
    r"^(uy ban nhan dan|ubnd|hoi dong|hdnd|so |bo |tong cuc|cuc |chi cuc|phong |van phong|ban |trung tam|truong |"
    r"benh vien|dang uy|huyen uy|tinh uy|thanh uy|thi uy|bao hiem|kho bac|thanh tra|cong an|vien |toa an|lien doan|"
    r"hoi |doan |mat tran|uy ban|chi nhanh|ngan hang|doi |tram |cong ty|hat |dai |lien minh|quy |vien kiem sat)")


def _clean_agency(text: str) -> str:
    text = re.sub(r"^[^\w]+|[^\w]+$", "", text)
    return re.sub(r"\s+", " ", text)


def _is_upper(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return bool(letters) and sum(char.isupper() for char in letters) >= 0.75 * len(letters)


def number(head: Head, agency_name: str, types: Mapping[str, str]) -> tuple[Found | None, Found | None, str]:
    """The number, the notation, and the kind its first group names ("" when it names none)."""
    best: tuple[float, Line, str, str, str] | None = None
    for line in _number_readings(head):
        read = grammar.split_reference(line.text)
        if not read:
            continue
        text, kind = grammar.mend_notation(read[1], agency_name, types)
        is_own = bool(agency_name) and grammar.initials(agency_name) in re.split(r"[-/]", text)
        worth = 2 * bool(kind) + is_own + 0.5 * bool(grammar.figures(read[0])) + line.confidence / 2
        if best is None or worth > best[0]:
            best = worth, line, read[0], text, kind
    if best is None:
        return None, None, ""
    _, line, digits_read, text, kind = best
    digits, doubt = _digits(head.page, line, digits_read)
    sure = 1.0 if kind or grammar.initials(agency_name) in re.split(r"[-/]", text) else DOUBTFUL
    given = Found(digits, doubt, line.page, line.boxes) if digits else None
    return given, found(line, text, sure), kind


def _number_readings(head: Head) -> list[Line]:
    """The line of the number as read with the page, and again by itself and with its column."""
    readings = [head.left[head.number_at]] if head.number_at is not None else []
    edge = min((line.x0 for line in head.motto), default=head.page.width * 0.45) - 3
    start = min((line.x0 for line in head.left), default=20.0) - 12
    if readings:
        line = readings[0]
        if grammar.split_reference(line.text):
            return readings
        top, bottom = line.words[0].box[1] - 8, line.words[0].box[3] + 6
        words = head.page.again((min(start, line.x0), top, edge, bottom), "line")
        readings += lines(head.page, words, gap=9.0) if words else []
    top = min((line.words[0].box[1] for line in head.motto + head.left[:1]), default=40.0) - 14
    words = head.page.again((start, top, edge, top + 130), "block")
    readings += lines(head.page, words, gap=6.0) if words else []
    return readings


def _digits(page: PageLike, line: Line, read: str) -> tuple[str, float]:
    """The digits of the number, by vote of several readings; doubtful when they disagree."""
    printed = [word for word in line.words if grammar.figures(word.text) and re.match(r"\W*\w*\W*\d", word.text)]
    if read.isdigit() and printed and printed[0].confidence > 0.85:
        return read, printed[0].confidence
    area = _before_slash(line)
    votes = [grammar.figures(read), *_digit_readings(page, area)]
    return _vote([vote for vote in votes if 0 < len(vote) < 6], line.confidence)


def _digit_readings(page: PageLike, area: Box | None) -> list[str]:
    if not area:
        return []
    return [grammar.figures("".join(word.text for word in page.again(area, kind))) for kind in _DIGITS]


def _vote(votes: list[str], confidence: float) -> tuple[str, float]:
    """The reading most often given, of equals the longer: a pen's digit is lost sooner than made up."""
    if not votes:
        return "", 0.0
    best = max(votes, key=lambda vote: (votes.count(vote), len(vote)))
    return best, min(confidence, 1.0 if votes.count(best) == len(votes) > 2 else DOUBTFUL)


def _before_slash(line: Line) -> Box | None:
    """Where the digits stand: from the colon to the stroke, by the letters' share of their words."""
    start = end = None
    for word in line.words:
        width = (word.box[2] - word.box[0]) / len(word.text)
        mark = re.search(r"[/]|-(?=[A-ZĐ])", word.text)
        label = re.match(r"^\W*[Ss][^\d\s/]{1,2}[:.;]?", word.text)
        if label and start is None:
            start = word.box[0] + width * label.end()
        if mark:
            end = word.box[0] + width * (mark.start() + 0.2)
            break
    if end is None:
        return None
    top = min(word.box[1] for word in line.words) - 7
    bottom = max(word.box[3] for word in line.words) + 4
    start = start if start is not None else max(0.0, end - 60)
    return (start, top, end, bottom) if end - start > 4 else None


def issued_date(head: Head) -> Found | None:
    """The date under the motto, "ngày .. tháng .. năm ..", as ISO."""
    for line in _date_readings(head):
        match = _DATE.search(fold(line.text))
        if not match:
            continue
        parts = [part.strip(" .,:;_-") for part in match.groups()]
        day, month, sure = _date_parts(head.page, line, parts)
        day_read = grammar.read_date(day, month, parts[2])
        if day_read:
            return found(line, day_read.isoformat(), 1.0 if sure else DOUBTFUL)
    return None


def _date_readings(head: Head) -> Iterator[Line]:
    """Lines under the motto, as read with the page, then read again by themselves."""
    floor = max((line.y1 for line in head.motto), default=head.page.height * 0.1)
    yield from (line for line in head.right if line.y0 < floor + 70)
    edge = min((line.words[0].box[0] for line in head.motto), default=head.page.width * 0.4) - 20
    top = max((line.words[0].box[3] for line in head.motto), default=head.page.height * 0.05)
    words = head.page.again((edge, top, head.page.width - 15, top + 60), "block")
    yield from (lines(head.page, words, gap=9.0) if words else [])
    yield from (line for line in head.below if line.y0 < floor + 70)


def _date_parts(page: PageLike, line: Line, parts: list[str]) -> tuple[str, str, bool]:
    """Day and month; what was not read as digits is read again from the gap between the printed words."""
    values, sure = [], True
    for part, before, after in ((parts[0], "ngay", "thang"), (parts[1], "thang", "nam")):
        most = 31 if before == "ngay" else 12
        if part.isdigit() and 1 <= int(part) <= most and len(part) <= 2:
            values.append(part)
            continue
        sure = False
        area = _between(line, before, after)
        readings = [grammar.figures(part), *_digit_readings(page, area)]
        readings = [reading for reading in readings if reading and len(reading) < 3 and 1 <= int(reading) <= most]
        values.append(_vote(readings, 1.0)[0])
    return values[0], values[1], sure


def _between(line: Line, before: str, after: str) -> Box | None:
    """The gap between two printed words of the line; glued letters are shared out by their number."""
    start = end = None
    for word in line.words:
        plain = fold(word.text)
        width = (word.box[2] - word.box[0]) / max(1, len(plain))
        if before in plain:
            start = word.box[0] + width * (plain.index(before) + len(before))
        if after in plain and start is not None:
            end = word.box[0] + width * plain.index(after)
            break
    if start is None or end is None or end - start < 4:
        return None
    top = min(word.box[1] for word in line.words) - 6
    return start - 1, top, end + 1, max(word.box[3] for word in line.words) + 4


def type_line(head: Head, types: Mapping[str, str]) -> tuple[str, Line] | None:
    """The name of the kind, in capitals in the middle of the page, under the head."""
    floor = max([line.y1 for line in head.motto] or [head.page.height * 0.08])
    for line in head.below:
        if not floor < line.y0 < head.page.height * 0.5 or len(line.words) > 8 or not _is_upper(line.text):
            continue
        if not head.page.width * 0.38 < line.middle < head.page.width * 0.66:
            continue
        text = re.sub(r"^\W+|[\W\d]+$", "", line.text)
        hit = grammar.nearest(text, types, 0.84)
        if hit and hit[0] != grammar.LETTER:
            return hit[0], line
    return None


def subject_under(head: Head, title: Line) -> Found | None:
    """The subject of a named kind: the centred lines under its name."""
    taken: list[Line] = []
    last = title
    for line in head.below:
        if line.y0 <= title.y0 + title.height * 0.5:
            continue
        pitch = line.y0 - last.y0
        if pitch < title.height * 0.5:
            # beside the last line: a stamp
            continue
        limit = 2.6 if not taken else 1.75
        if pitch > max(title.height, 11.0) * limit or _BODY.match(fold(line.text)) or _is_upper(line.text):
            break
        if abs(line.middle - title.middle) > (14 if not taken else 11):
            break
        taken.append(line)
        last = line
    if not taken:
        return None
    return found(taken, _joined(taken))


def subject_left(head: Head) -> Found | None:
    """The subject of a công văn: "V/v ..." under its number."""
    start = next((i for i, line in enumerate(head.left) if _SUBJECT_MARK.match(line.text)
                  and i > (head.number_at if head.number_at is not None else -1)), None)
    if start is None:
        start = (head.number_at if head.number_at is not None else len(head.left)) + 1
    taken: list[Line] = []
    for line in head.left[start:]:
        if taken and line.y0 - taken[-1].y0 > _pitch(taken) * 1.45 or fold(line.text).startswith("kinh gui"):
            break
        if _is_upper(line.text) and len(line.words) < 4 or line.height > 30:
            break
        taken.append(line)
    return found(taken, _joined(taken)) if taken else None


def _pitch(taken: Sequence[Line]) -> float:
    steps = [b.y0 - a.y0 for a, b in zip(taken, taken[1:], strict=False)]
    return max(13.0, median(steps)) if steps else 15.0


def _joined(taken: Sequence[Line]) -> str:
    text = " ".join(line.text for line in taken)
    text = re.sub(r"(?<=\w)- (?=[A-ZĐ]{2})", "-", text)
    text = re.sub(r"^\W*[Vv]\s*[/il1]\s*[vV]\b[:.]?", "V/v", text)
    return re.sub(r"[\s.;:,_\-—]+$", "", re.sub(r"\s+", " ", text)).strip()


def addressees(head: Head) -> Found | None:
    """The items of "Kính gửi"; of a công điện what follows "điện:"."""
    for i, line in enumerate(head.below):
        plain = fold(line.text)
        mark = re.search(r"k[il1]nh g[uư]i\s*[:.;]?", plain) or re.search(r"\bdien\s*:", plain)
        if mark and line.y0 < head.page.height * 0.6 and mark.start() < 12:
            return _items_of(head.below[i:], line)
    return None


def _items_of(following: Sequence[Line], label: Line) -> Found | None:
    count = next(i for i, word in enumerate(label.words) if re.search(r"(?i)[gq][ửưứuừữ]i|điện", word.text)) + 1
    rest = [word for word in label.words[count:] if word.text not in (":", ".", ";")]
    first = line_of(label.page, rest, 0.0) if rest else None
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
    values = items(taken)
    return found(taken, values) if values else None


def items(taken: Sequence[Line]) -> list[str]:
    """Lines -> items: a dash or the end of the line before (";") opens a new one; marks at the ends are dropped."""
    values: list[str] = []
    open_item = False
    for line in taken:
        text = line.text
        dashed = bool(re.match(r"^[-–—~=_•+*“‹]+\s*[-.]?\s*(?=\w)", text))
        text = re.sub(r"^[^\w(]+", "", text)
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


def marks(head: Head) -> tuple[Found, Found]:
    """Urgency ("0".."3") and secrecy ("", "Mật", "Tối mật", "Tuyệt mật") stamped on the first page."""
    urgency, secrecy = ("0", None), ("", None)
    for line in lines(head.page, gap=1.2):
        if line.y0 > head.page.height * 0.5:
            continue
        text = " ".join(word.text for word in line.words[:3])
        plain = re.sub(r"[^A-Z ]", "", fold(text).upper()).strip() if _is_upper(text) else ""
        for stamp, level in _URGENT.items():
            if plain == stamp:
                urgency = level, line
        for stamp, level in _SECRET.items():
            if plain == stamp:
                secrecy = level, line
    return tuple(found(line, value) if line else Found(value, 0.8, head.page.number, [])
                 for value, line in (urgency, secrecy))


_URGENT = {"KHAN": "1", "THUONG KHAN": "2", "HOA TOC": "3"}
_SECRET = {"MAT": "Mật", "TOI MAT": "Tối mật", "TUYET MAT": "Tuyệt mật"}


def area_of(group: Sequence[Line]) -> list[float]:
    """The box around several lines."""
    return hull(word.box for line in group for word in line.words)
