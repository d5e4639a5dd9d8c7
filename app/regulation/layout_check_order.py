"""The order of a draft's parts held against NĐ 30/2020 PL I.II.6 (Art. 3.1.đ): nothing skipped, nothing twice.

Parts, chapters and headings count in Roman figures, sections, articles and clauses in Arabic ones, points in the
Vietnamese alphabet; "1.1." counts under its clause, "1.1.1." under that. What is quoted from another document has its
own order. Numbers are not repaired: other places of the text may name them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.regulation.layout_finding import Finding, finding, gathered, short
from app.regulation.layout_said import said as _
from app.tools.docx_layout import Line

#: "Chương II", and what it is about when that stands behind it
HEADING = re.compile(r"(?i:(phần|chương|mục|tiểu mục))\s+([IVXLC]+|\d+)(?=[.:\s]|$)[.:]?\s*(.*)$")
#: begins with a mark that counts
NUMBERED = re.compile(r"(?i:điều|phần|chương|mục|tiểu mục)\s+[\dIVXLC]|[IVXLC]+\.\s|\d+(\.\d+)*\.\s|[a-zđ]\)")
#: "1.1." and what is under it; no sum of money, no day
_LEVELS = re.compile(r"(\d{1,2}(?:\.\d{1,2})+)(?:\.\s|\s+(?=[^\W\d_a-zà-ỹđ]))")
#: a mark behind a number that is none of the decree's: "a." and "a/" for "a)", "1)" and "1-" for "1.", "I/" for "I."
_MISMARKED = (
    ("point", re.compile(r"([a-eghik-vxyđ])([./:-])\s+(?=\S)"), _("“a)”: dấu đóng ngoặc đơn sau chữ cái của điểm")),
    ("clause", re.compile(r"(\d{1,2})\s?(\)\s*|[/:-]\s+)(?=[^\W\d_a-zà-ỹđ]|“)"), _("“1.”: dấu chấm sau số của khoản")),
    ("clause", re.compile(r"(\d{1,2})(\.)(?=[^\W\d_a-zà-ỹđ]\w)"), _("“1. ”: một dấu cách sau số của khoản")),
    ("roman", re.compile(r"([IVX]+)([)/:-])\s+(?=\S)"), _("“I.”: dấu chấm sau chữ số La Mã")),
    ("roman", re.compile(r"([IVX]+)(\.)(?=[^\W\d_a-zà-ỹđ]\w)"), _("“I. ”: một dấu cách sau chữ số La Mã")))
#: a heading in capitals behind a Roman figure without its dot
_UNDOTTED = re.compile(r"([IVX]+)\s+(?=[^\W\d_]{2})")
_NUMBERS = {"point": _("chữ cái của điểm"), "clause": _("số của khoản"), "roman": _("chữ số La Mã")}
#: points, in the order of the Vietnamese alphabet
_POINTS = "abcdđeghiklmnopqrstuvxy"
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
#: what stands behind an article that is cited, and not begun
_CITED = re.compile(r"Điều\s+\d+\s*(,|;|(của|và|đến|Bộ luật|Hiến pháp|Luật|Nghị|Pháp lệnh|Quy|Quyết|Thông tư)\b)")
#: the heading -> how it is called, and in which figures it counts
_CALLED = {"phần": (_("phần"), True), "chương": (_("chương"), True), "mục": (_("mục"), False),
           "tiểu mục": (_("tiểu mục"), False)}
#: what begins anew under each
_UNDER = {"phần": ("mục", "tiểu mục", "roman", "clause", "point"),
          "chương": ("mục", "tiểu mục", "roman", "clause", "point"), "mục": ("tiểu mục", "roman", "clause", "point"),
          "tiểu mục": ("roman", "clause", "point"), "article": ("clause", "point"), "roman": ("clause", "point"),
          "clause": ("point",)}


def heading_of(line: Line) -> re.Match[str] | None:
    """(what, number, about) when the line heads a part, a chapter, a section; None: it only names one."""
    found = HEADING.match(line.told.strip())
    is_apart = found and (not found[3] or found[3].isupper() or line.align == "center" or line.is_all("bold"))
    return found if is_apart else None


@dataclass
class _Due:
    """The next number of each kind; 1 when there is none yet."""

    next: dict[str, int] = field(default_factory=dict)
    #: the mark of the line before
    last: tuple[str, int] | None = None
    #: the clause, and what was counted under it last: [1, 2] of "1.2."
    levels: list[int] = field(default_factory=list)
    #: lines whose marks are written otherwise: (line, is, should, no repair)
    mismarked: list[tuple[Line, str, str, None]] = field(default_factory=list)

    def of(self, kind: str) -> int:
        return self.next.get(kind, 1)

    def take(self, kind: str, number: int) -> None:
        self.next[kind] = number + 1
        self.next.update(dict.fromkeys(_UNDER.get(kind, ()), 1))
        self.last = kind, number
        if kind != "point":
            self.levels = [number] if kind == "clause" else []


def check(body: list[Line]) -> Iterator[Finding]:
    """Each mark that is not the next one of its kind, or not written as its kind is."""
    due, in_article = _Due(), False
    for line in _own(body):
        text = line.told.strip()
        before, due.last = due.last, None
        if found := heading_of(line):
            yield from _heading(line, found, due)
        elif (found := re.match(r"Điều\s+(\d+)(.?)", text)) and not _CITED.match(text):
            yield from _article(line, int(found[1]), found[2], due)
            in_article = True
        elif (found := re.match(r"([IVXLC]+)\.\s", text)) and not _is_letter(found[1], due.of("roman")):
            yield from _roman_heading(text, roman(found[1]), found[1], due)
        elif re.match(r"[A-ZĐ]\.\s", text):
            due.next.update(dict.fromkeys(("roman", "clause", "point"), 1))
        elif found := re.match(r"(\d+)\.\s", text):
            number = int(found[1])
            is_again = number == 1 and not in_article and before != ("clause", 1)
            if number != due.of("clause") and not is_again:
                yield finding("numbering", _("khoản: “%(words)s”", words=short(text)), f"{number}.",
                              f"{due.of('clause')}.")
            due.take("clause", number)
        elif found := _LEVELS.match(text):
            yield from _level(text, [int(one) for one in found[1].split(".")], due)
        elif found := re.match(r"([a-zđ])\)\s?", text):
            yield from _point(text, found[1], due, before)
        elif text.isupper() and (found := _UNDOTTED.match(text)) and roman(found[1]) == due.of("roman"):
            due.mismarked.append((line, _("thiếu dấu chấm sau chữ số La Mã"),
                                   _("“I.”: dấu chấm sau chữ số La Mã"), None))
            due.take("roman", roman(found[1]))
        elif mark := _mismark(text):
            yield from _as_meant(line, *mark, due, before)
    yield from gathered("numbering", due.mismarked)


def _mismark(text: str) -> tuple[str, str, str, str] | None:
    """(kind, number, its wrong mark, the right one in words)."""
    return next(((kind, found[1], found[2].strip(), right) for kind, pattern, right in _MISMARKED
                 if (found := pattern.match(text))), None)


def _as_meant(line: Line, kind: str, written: str, sign: str, right: str, due: _Due,
              before: tuple[str, int] | None) -> Iterator[Finding]:
    """The order of what has another mark: the next of its kind, or of a row of its own ("1)" under "1." or "a)")."""
    text, own = short(line.told.strip()), f"{kind}{sign}"
    told = _("không có dấu cách") if sign == "." and kind != "point" else _(
        "sau %(number)s là “%(sign)s”", number=_NUMBERS[kind], sign=sign)
    if kind == "point":
        due.mismarked.append((line, told, right, None))
        yield from _point(text, written, due, before)
        return
    number, is_in_point = int(written) if kind == "clause" else roman(written), due.of("point") != 1
    if sign != "." and (due.of(own) == number > 1 or number == 1 and (due.of(kind) != 1 or is_in_point)):
        due.next[own] = number + 1
        if not is_in_point:  # the decree has no marks for what is under a point
            due.mismarked.append((line, told, right, None))
        return
    due.mismarked.append((line, told, right, None))
    if number != due.of(kind):
        should = due.of(own) if due.of(own) > 1 else due.of(kind)
        yield finding("numbering", f"“{text}”", f"{written}{sign}",
                      _("số thứ tự %(number)s, chữ số La Mã", number=should)
                      if kind == "roman" else _("số thứ tự %(number)s", number=should))
    due.take(kind, number)


def _own(body: list[Line]) -> Iterator[Line]:
    """The lines that are not quoted: a quotation begins a line and goes on to its end, some lines below."""
    ends = [place for place, line in enumerate(body) if line.text.count("”") > line.text.count("“")]
    until = -1
    for place, line in enumerate(body):
        if place <= until:
            continue
        if line.text.count("“") > line.text.count("”"):
            until = next((end for end in ends if end > place), -1)
        if not line.text.lstrip().startswith("“"):
            yield line


def roman(text: str) -> int:
    """The number that Roman figures write."""
    values = [_ROMAN[char] for char in text]
    return sum(-value if value < max(values[place:]) else value for place, value in enumerate(values))


def _is_letter(written: str, due: int) -> bool:
    """"C." after "B.": a letter of the alphabet, no figure."""
    return written in ("C", "D", "L") and roman(written) != due


def _heading(line: Line, found: re.Match[str], due: _Due) -> Iterator[Finding]:
    kind, written = found[1].lower(), found[2]
    called, is_roman = _CALLED[kind]
    number = int(written) if written.isdigit() else roman(written)
    may_restart = kind == "chương" and number == 1 and due.last is None and due.of("phần") > 1
    if written.isdigit() is is_roman or (number != due.of(kind) and not may_restart):
        yield finding("numbering", f"“{short(line.text)}”", f"“{found[1]} {written}”", _(
            "%(called)s thứ %(number)s, chữ số La Mã", called=called, number=due.of(kind)) if is_roman else _(
            "%(called)s thứ %(number)s, chữ số Ả Rập", called=called, number=due.of(kind)))
    due.take(kind, due.of(kind) if not may_restart else 1)


def _roman_heading(text: str, number: int, written: str, due: _Due) -> Iterator[Finding]:
    if number != due.of("roman"):
        yield finding("numbering", f"“{short(text)}”", f"{written}.",
                      _("phần thứ %(number)s, chữ số La Mã", number=due.of("roman")))
    due.take("roman", number)


def _article(line: Line, number: int, mark: str, due: _Due) -> Iterator[Finding]:
    if number != due.of("article"):
        yield finding("numbering", f"“{short(line.text)}”", f"“Điều {number}”", f"“Điều {due.of('article')}”")
    due.take("article", number)
    if re.match(r"Điều\s+0", line.told.strip()):
        yield finding("numbering", f"“{short(line.told)}”", f"“Điều 0{number}”", f"“Điều {number}”")
    if mark != ".":
        yield finding("numbering", f"“{short(line.text)}”", f"“Điều {number}{mark}”",
                      _("“Điều %(number)s.”: dấu chấm sau số", number=number))
    if line.mark:  # how its letters look is said by the list
        return
    lead, read = len(f"Điều {number}."), ""
    for piece in line.seen:
        if len(read) < lead and piece.text.strip() and not piece.bold:
            only = len((read + piece.text).strip()) <= lead + 1
            yield finding("numbering", f"“{short(line.text)}”", _("“Điều %(number)s.” không đậm", number=number),
                          _("chữ đậm"),
                          [{"paragraph": line.paragraph, "runs": [piece.run], "bold": True}] if only else None)
            return
        if len(read) < lead and piece.text.strip() and piece.underline:
            yield finding("numbering", f"“{short(line.text)}”", _("“Điều %(number)s.” gạch chân", number=number),
                          _("không gạch chân"),
                          [{"paragraph": line.paragraph, "runs": [piece.run], "underline": False}])
            return
        read += piece.text


def _level(text: str, written: list[int], due: _Due) -> Iterator[Finding]:
    """The next of its level, of a level above, or the first of the level below."""
    before = due.levels or written[:1]
    may = [[*before, 1], *([*before[:depth], before[depth] + 1] for depth in range(len(before) - 1, 0, -1))]
    if written not in may:
        should = next((one for one in may if len(one) == len(written)), may[0])
        yield finding("numbering", f"“{short(text)}”", f"{_marked(written)}", _marked(should))
    due.levels, due.last = written, ("level", written[-1])
    due.next["point"] = 1


def _marked(level: list[int]) -> str:
    return "".join(f"{one}." for one in level)


def _point(text: str, letter: str, due: _Due, before: tuple[str, int] | None) -> Iterator[Finding]:
    place, written = due.of("point") - 1, _POINTS.find(letter) + 1
    is_again = letter == "a" and before != ("point", 1)
    if written - 1 != place and not is_again:
        should = _POINTS[place] if place < len(_POINTS) else ""
        yield finding("numbering", _("điểm: “%(words)s”", words=short(text)), f"“{letter})”",
                      _("“%(letter)s)” theo thứ tự chữ cái tiếng Việt (a, b, c, d, đ, e, g…)", letter=should))
    due.take("point", written)
