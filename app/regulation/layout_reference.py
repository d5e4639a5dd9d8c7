"""Number, notation and date of issue, read from the head of a document (Art. 3.1.đ; NĐ 30/2020 Art. 15).

Both stand on a line that is often filled in by pen. The line is read with the page and, cut out at several heights,
by the second reader, which keeps every reading of the digits with its probability; the grammar chooses among them.
What the readings or the grammar contradict is doubtful.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from app.regulation import layout_grammar as grammar
from app.regulation.layout_confirm import around
from app.regulation.layout_grammar import fold
from app.regulation.layout_head import DATE, DOUBTFUL, Found, Head
from app.regulation.layout_lexicon import GROUPS
from app.regulation.layout_words import Line, StripLike

#: points above and below the letters of a line at which it is cut out: a pen leaves the line
_MARGINS = ((4.0, 3.0), (7.0, 5.0), (10.0, 7.0))
#: probability from which the second reader's digits are believed
_BELIEVED = 0.85
#: confidence of Tesseract from which its digits count as a reading
_CLEAR = 0.85
_LABEL = re.compile(r"(?<!\w)[sS5$][^\W\d_]{1,2}\s*[:.;]?|(?<!\w)[sS5$][oO06]?\s*[:;]|(?<!\w)[oóôõ]\s*[:;]")
_ABBREVS = "|".join(fold(abbrev) for abbrev in grammar.TYPES.values() if abbrev)
#: between the number and the notation: a stroke, in the Party a dash; or the stroke was lost
_MARK = re.compile(
    r"[/|](?=\s*[^\W\d_]|\s*\d{4}\s*/)|[-–—](?=\s*[^\W_]+\s*[/|])|"
    rf"(?<=[\d\s:.])(?=({_ABBREVS})\s*-\s*[^\W\d_])", re.I)
_DATE = re.compile(r"(?:n?ga?y|ng?.{0,2}y)(?P<day>.{0,7}?)[tr]?h?.?ng(?P<month>.{0,7}?)n.{0,2}m(?P<year>.*)")
_DAY_WORD = re.compile(r"^\W*ng?ay")
#: day and month as a pen writes them -> how usual that is: a nought stands before days below 10, months 1 and 2
_DAYS = {f"{day:02d}": 1.0 for day in range(1, 32)} | {str(day): 0.15 for day in range(1, 10)}
_MONTHS = {f"{month:02d}": 1.0 for month in range(1, 13)} | {str(month): 1.0 for month in range(3, 10)}
_MONTHS |= {"1": 0.15, "2": 0.15}
_YEARS = {str(year): 1.0 for year in range(1976, 2100)}


def number(head: Head, agency_name: str, types: Mapping[str, str],
           notations: Sequence[str] = ()) -> tuple[Found | None, Found | None, str]:
    """The number, the notation, and the kind its first group names ("" when it names none).

    `notations`: of documents that came before, as they were confirmed.
    """
    line = head.left[head.number_at] if head.number_at is not None else None
    read = grammar.split_reference(line.text) if line else None
    clear = _clear_number(line, read[0]) if line and read else ""
    strips = [(strip, cut) for strip in _number_strips(head, line, clear) if (cut := _cut(strip))]
    if not read and not strips:
        return None, None, ""
    tails = [strip.text[cut[2]:].strip() for strip, cut in strips]
    text, kind, sure = _notation(read[1] if read else "", tails, agency_name, types)
    if sure and text not in notations:
        sure = not any(_is_ambiguous(group, agency_name, types) for group in re.split(r"[-/]", text))
    boxes = line.boxes if line and read else [_box_of(strips[0][0], head, line)] if strips else []
    digits, chance = _number_digits(clear, read[0] if read else "", strips)
    given = Found(digits, chance, head.page.number, boxes) if digits else None
    return given, Found(text, 0.95 if sure else DOUBTFUL, head.page.number, boxes), kind


def _number_strips(head: Head, line: Line | None, clear: str) -> list[StripLike]:
    """The line of the number cut out at several heights; where it was not found, the column looked through.

    `clear`: the digits as Tesseract read them for sure.
    """
    edge = min((row.x0 for row in head.motto), default=head.page.width * 0.45) - 3
    start = max(head.page.width * 0.03, min((row.x0 for row in head.left), default=head.page.width * 0.1) - 14)
    if line:
        # what Tesseract read whole, from its label on, is cut out as far as it goes
        whole = _LABEL.match(line.text) and grammar.split_reference(line.text)
        span = (max(start, line.x0 - 8), min(edge, line.x1 + 40)) if whole else (start, edge)
        span = span[0], max(span[1], line.x1 + 6)
        strips = _cuts(head, line, span, lambda strip: bool(clear) and _agreed(_number_ways([strip]), clear))
        if any(_cut(strip) for strip in strips) or not strips:
            return strips
    top = max((row.y0 for row in head.motto), default=head.page.height * 0.04)
    best = _look_through(head, (start, edge), top, lambda strip: bool(_cut(strip)))
    return best


def _cuts(
    head: Head, line: Line, span: tuple[float, float], is_sure: Callable[[StripLike], bool]
) -> list[StripLike]:
    """A line cut out at several heights, until one is sure: no pen wrote on it."""
    strips: list[StripLike] = []
    for margin in _MARGINS:
        strip = head.page.written(around(line, head.tilt, margin, span))
        if strip is not None:
            strips.append(strip)
            if is_sure(strip):
                break
    return strips


def _agreed(ways: Sequence[tuple[str, float]], clear: str) -> bool:
    """Whether the second reader says the same as Tesseract and believes it."""
    return bool(ways) and ways[0][0] == clear and ways[0][1] >= _BELIEVED


def _look_through(
    head: Head, span: tuple[float, float], top: float, is_right: Callable[[StripLike], bool]
) -> list[StripLike]:
    """The readings of the height at which a column says what is looked for, the surest three."""
    found = []
    reach = 110 if head.motto else 200
    for level in range(round(top), round(top) + reach, 6):
        strip = head.page.written((span[0], level, span[1], level + 22.0))
        if strip is None:
            return []
        if is_right(strip):
            found.append((strip.confidence, -level, strip))
        elif found:
            break
    return [strip for _, _, strip in sorted(found, key=lambda item: item[:2], reverse=True)[:3]]


def _box_of(strip: StripLike, head: Head, line: Line | None) -> list[float]:
    top, bottom = (line.y0, line.y1) if line else (strip.box[1], strip.box[3])
    return [round(strip.places[0] - 3, 1), round(top, 1), round(strip.places[-1] + 3, 1), round(bottom, 1)]


def _cut(strip: StripLike) -> tuple[float, float, int] | None:
    """Places where the digits begin and end, and the index of the notation; None: no reference stands there."""
    label = _LABEL.search(strip.text)
    begin = label.end() if label else 0
    mark = _MARK.search(strip.text, begin)
    if not mark or mark.start() - begin > 9 or not re.search(r"[A-ZĐa-z]{2}", strip.text[mark.end():]):
        return None
    start = strip.places[begin - 1] if begin else strip.box[0]
    # without a stroke the digits end half way to the first letter
    end = strip.places[mark.start()] if mark[0] else strip.places[mark.end()] - 1.0
    return start, end, mark.end()


def _clear_number(line: Line, read: str) -> str:
    """The digits of the number where Tesseract is sure of them; "" where not."""
    sure = min((word.confidence for word in line.words if any(char.isdigit() for char in word.text)), default=0.0)
    return read if read.isdigit() and sure > _CLEAR and len(read) > 1 else ""


def _number_ways(strips: Sequence[StripLike]) -> list[tuple[str, float]]:
    """What the second reader takes the number for, best first."""
    ways = _mean([strip.digits(cut[0], cut[1]) for strip in strips if (cut := _cut(strip))])
    return _admitted(ways, lambda text: 0.0 if not 0 < len(text) < 6 or set(text) == {"0"} else
                     0.1 if len(text) == 1 else 1.0)


def _number_digits(clear: str, read: str, strips: list) -> tuple[str, float]:
    """The digits of the number and how sure they are; `clear`: those that Tesseract is sure of."""
    ways = _number_ways([strip for strip, _ in strips])
    if not ways:
        return (clear or grammar.figures(read)), (0.9 if clear and not strips else DOUBTFUL if read else 0.0)
    best, chance = ways[0]
    if clear and clear != best:
        return best, DOUBTFUL
    return best, _worth(best, chance, clear)


def _worth(best: str, chance: float, clear: str) -> float:
    """Confidence: two readers agree, or the second is sure alone."""
    if clear == best:
        return max(chance, 0.9)
    return chance if chance >= _BELIEVED else min(chance, DOUBTFUL)


def _mean(many: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Mean probability of each reading over several cuts."""
    total: Counter[str] = Counter()
    for ways in many:
        total.update({text: chance / len(many) for text, chance in ways.items()})
    return dict(total)


def _admitted(ways: Mapping[str, float], usual: Callable[[str], float]) -> list[tuple[str, float]]:
    """The readings that the grammar admits, best first, their probabilities weighed by how usual they are.

    What the grammar threw out stays in the sum with half its weight: a reading that was mostly nonsense is not sure.
    """
    weighed = {text: chance * usual(text) for text, chance in ways.items()}
    whole = sum(weighed.values()) + 0.5 * sum(chance for text, chance in ways.items() if not weighed[text])
    kept = [(text, chance / whole) for text, chance in weighed.items() if chance > 0]
    return sorted(kept, key=lambda item: -item[1])


def _notation(
    printed: str, tails: Sequence[str], agency: str, types: Mapping[str, str]
) -> tuple[str, str, bool]:
    """The notation out of the readings of both readers, the kind it names, and whether they agree."""
    readings = [text for text in (printed, *(_only_notation(tail) for tail in tails)) if text]
    mended = [grammar.mend_notation(text, agency, types) for text in readings]
    if not mended:
        return "", "", False
    own = {"UBND", "HĐND", grammar.initials(agency)} if agency else set()

    def worth(item: tuple[str, str]) -> tuple:
        count = sum(fold(text) == fold(item[0]) for text, _ in mended)
        return count + 1.5 * bool(item[1]) + bool(own & set(re.split(r"[-/]", item[0]))), item == mended[0]

    text, kind = max(mended, key=worth)
    same = [other for other, _ in mended if fold(other) == fold(text)]
    if printed and text not in (mended[0][0],) and fold(mended[0][0]) == fold(text):
        text, kind = mended[0]
    groups = re.split(r"([-/])", text)
    if not printed or fold(mended[0][0]) != fold(text):
        # the second reader mistakes small letters for capitals
        groups = [group if group in own or group in types.values() else group.upper() for group in groups]
    is_known = all(group in own or group in types.values() or group in "-/" for group in groups)
    sure = len(same) > 1 if tails else bool(kind) or is_known
    return "".join(groups), kind, sure or is_known


def _is_ambiguous(group: str, agency: str, types: Mapping[str, str]) -> bool:
    """Whether D and Đ are one stroke apart in it and nothing known says which: the second reader has one letter for
    both.
    """
    return bool({*"DĐ"} & {*group}) and not (
        group in GROUPS or group in types.values() or bool(agency) and group in grammar.initials(agency))


def _only_notation(tail: str) -> str:
    """What of the end of a line is the notation: up to the first space behind its groups."""
    match = re.match(r"\s*(\d{4}\s*/\s*)?([^\W\d_][\w.&]*(\s*[-/–]\s*[^\W\d_][\w.&]*)*)", tail)
    return re.sub(r"\s+", "", match[0]).replace("–", "-").strip(".-/") if match else ""


def issued_date(head: Head) -> Found | None:
    """The date under the motto, "ngày .. tháng .. năm ..", as ISO."""
    lines = list(_date_lines(head))
    line = next((row for row in lines if DATE.search(fold(row.text))), None)
    strips = _date_strips(head, line or next(
        (row for row in lines if re.search(r"\bng?ay|t?hang|\bn[ao]m\b", fold(row.text))), None))
    if not strips:
        return _printed_date(line) if line else None
    parts, printed = _date_ways(strips), _printed_parts(line)
    best = {name: ways[0] if ways else ("", 0.0) for name, ways in parts.items()}
    day = grammar.read_date(*(text for text, _ in best.values())) or _valid(parts)
    box = line.boxes if line else [_box_of(strips[0], head, None)]
    if day is None:
        return _printed_date(line) if line else None
    chances = [_worth(text, chance, printed.get(name, "")) for name, (text, chance) in best.items()]
    disagree = any(printed.get(name) and int(printed[name]) != int(best[name][0] or 0) for name in best)
    return Found(day.isoformat(), DOUBTFUL if disagree else min(chances), head.page.number, box)


def _date_ways(strips: Sequence[StripLike]) -> dict[str, list[tuple[str, float]]]:
    """What the second reader takes day, month and year for, best first."""
    return {name: _admitted(_mean([_window(strip, name) for strip in strips]), lambda text, known=known:
                            known.get(text, 0.0)) for name, known in _PARTS.items()}


def _is_printed(strip: StripLike, printed: Mapping[str, str]) -> bool:
    """Whether both readers read the same day, month and year for sure."""
    if len(printed) < len(_PARTS) or not _date_match(strip):
        return False
    return all(_agreed(ways, printed[name]) for name, ways in _date_ways([strip]).items())


_PARTS = {"day": _DAYS, "month": _MONTHS, "year": _YEARS}


def _valid(parts: Mapping[str, list[tuple[str, float]]]) -> object:
    """The likeliest readings that together are a date."""
    every = sorted(((d[1] * m[1] * y[1], d[0], m[0], y[0]) for d in parts["day"][:5] for m in parts["month"][:5]
                    for y in parts["year"][:3]), reverse=True)
    return next((day for _, *read in every if (day := grammar.read_date(*read))), None)


def _date_lines(head: Head) -> Iterator[Line]:
    """Lines under the motto that may be the date's."""
    floor = max((line.y1 for line in head.motto), default=head.page.height * 0.1)
    yield from (line for line in head.right if line.y0 < floor + 70)
    yield from (line for line in head.below if line.y0 < floor + 70)


def _date_strips(head: Head, line: Line | None) -> list[StripLike]:
    """The line of the date cut out at several heights; where it was not found, the column looked through."""
    start = min((row.x0 for row in head.motto), default=head.page.width * 0.42) - 10
    span = start, head.page.width - 8
    if line:
        span = _date_span(line) or (min(start, line.x0 - 6), span[1])
        printed = _printed_parts(line)
        strips = _cuts(head, line, span, lambda strip: _is_printed(strip, printed))
        if not strips:
            return []
        if any(_date_match(strip) for strip in strips):
            return [strip for strip in strips if _date_match(strip)]
    top = max((row.y1 for row in head.motto), default=head.page.height * 0.06) - 4
    return _look_through(head, span, top, lambda strip: bool(_date_match(strip)))


def _date_span(line: Line) -> tuple[float, float] | None:
    """From "ngày" to the end of the year, where Tesseract read both; the place before them is not needed."""
    first = next((word for word in line.words if _DAY_WORD.search(fold(word.text))), None)
    if first is None or not DATE.search(fold(line.text)) or not re.search(r"\d{4}\W*$", line.text):
        return None
    return first.box[0] - 8, line.x1 + 14


def _plain(text: str) -> str:
    """Without marks, letter by letter, so that places stay."""
    return "".join((fold(char) or " ")[:1] for char in text)


def _date_match(strip: StripLike) -> re.Match[str] | None:
    return _DATE.search(_plain(strip.text))


def _window(strip: StripLike, part: str) -> dict[str, float]:
    """What the strip says at the place of the day, the month or the year."""
    match = _date_match(strip)
    first, last = match.span(part) if match else (0, 0)
    start = strip.places[first - 1]
    end = strip.places[last] if last < len(strip.places) else strip.box[2]
    if part == "year":
        digits = re.match(r"\D{0,3}\d{4}", match["year"])
        end = strip.places[first + digits.end() - 1] + 2.0 if digits else end
    return strip.digits(start, end)


def _printed_parts(line: Line | None) -> dict[str, str]:
    """Day, month and year where Tesseract read clear digits."""
    match = DATE.search(fold(line.text)) if line else None
    if not match:
        return {}
    clear = {re.sub(r"\W", "", word.text) for word in line.words if word.confidence > _CLEAR}
    read = {name: part.strip(" .,:;_-") for name, part in zip(_PARTS, match.groups(), strict=True)}
    return {name: part for name, part in read.items() if part in clear and _PARTS[name].get(part, 0.0) == 1.0}


def _printed_date(line: Line) -> Found | None:
    """The date of a line that only one reader could read."""
    match = DATE.search(fold(line.text))
    day = grammar.read_date(*(part.strip(" .,:;_-") for part in match.groups())) if match else None
    if day is None:
        return None
    return Found(day.isoformat(), line.confidence if line.confidence > 0.99 else DOUBTFUL, line.page, line.boxes)
