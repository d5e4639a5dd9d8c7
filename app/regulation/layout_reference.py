"""Number, notation and date of issue, read from the head of a document (Art. 3.1.đ; NĐ 30/2020 Art. 15).

They are often written by pen: each is read several times and put to the vote; readings that disagree are doubtful.
A better reader of digits belongs in `_digit_readings`.
"""

import re
from collections.abc import Iterator, Mapping

from app.regulation import layout_grammar as grammar
from app.regulation.layout_grammar import fold
from app.regulation.layout_head import DATE, DOUBTFUL, Found, Head, found
from app.regulation.layout_words import Box, Line, PageLike, lines

#: the same when "ngày" was lost under the pen
_DATE_LOOSE = re.compile(r"(?:^|,)[^,]{0,12}?(\S{0,3}?)\s*\bthang(.*?)n[ao]m\D{0,3}(\d[\doli]{3})")
#: ways to read a line of digits (tools/ocr.py)
_DIGITS = ("digits", "digits_soft", "digits_raw", "line")


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
    if read.isdigit() and len(read) > 1 and printed and printed[0].confidence > 0.85:
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
    # a number is printed with two digits at least: of one, another was lost
    is_sure = votes.count(best) == len(votes) > 2 and len(best) > 1
    return best, min(confidence, 1.0 if is_sure else DOUBTFUL)


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
    readings = list(_date_readings(head))
    for pattern, line in [(pattern, line) for pattern in (DATE, _DATE_LOOSE) for line in readings]:
        match = pattern.search(fold(line.text))
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
    for part, before, after in ((parts[0], "ngay", "hang"), (parts[1], "hang", "nam")):
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
            # "hang": the t before it is often read as something else
            end = word.box[0] + width * max(0, plain.index(after) - (after == "hang"))
            break
    if start is None or end is None or end - start < 4:
        return None
    top = min(word.box[1] for word in line.words) - 6
    return start - 1, top, end + 1, max(word.box[3] for word in line.words) + 4
