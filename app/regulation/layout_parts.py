"""Which line of a draft is which part of a document: head, body and tail by their words and places (Art. 3.1.đ).

Takes what tools/docx_layout.py has read. A part that is not found is None or empty; what that means is said by the
rules. Lines of a head without a table are parted at their tabs.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from app.regulation.layout_grammar import LETTER, TYPES, fold, likeness
from app.tools.docx_layout import Layout, Line
from app.tools.docx_list import BULLETS

COUNTRY, MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
#: lines with letters that a head has at most
_HEAD = 40
_DATE = re.compile(r"\bngay\b.*\bthang\b.*\bnam\b")
#: folded: urgency and who may read it (NĐ 30/2020 PL I.III.2)
MARKS = ("hoa toc", "thuong khan", "khan", "hoa toc hen gio", "xem xong tra lai", "luu hanh noi bo")
#: before what is listed: what belongs there, and what Word makes of other signs in its own fonts
_DASHES, _WINGDINGS = ("-", "–", "—", "+"), ("o", "§", "Ø", "ü", "v", "q")
#: paragraphs in which a head without a table stands
_TABBED = 12
#: nothing, or a line typed as dashes
_NO_WORDS = re.compile(r"[\s\-_–—=*~]*")
_NAMED = {fold(name): name for name, abbrev in TYPES.items() if abbrev}
#: how what is attached begins, folded; and the line that says with what it goes
_APPENDIX = re.compile(r"phu luc( (so )?([ivxlc]+|\d+))?$")
_FORM = re.compile(r"(mau|bieu mau|bieu)( so)? \d+[\w./-]*$")
_REFERS = re.compile(r"\(?\s*(ban hanh |phe duyet )?kem theo\b")
#: millimetres from which on something stands under "Kính gửi:", and no more at the margin
_LISTED = 25
#: lines within which that line stands, and lines of a title at most
_ABOUT, _TITLE = 8, 4


@dataclass
class Attached:
    """An appendix, or a document that is issued with this one."""

    #: "Phụ lục I", "QUY CHẾ", "Mẫu số 01"
    heading: Line
    #: the kind of a document issued with this one, as TYPES names it; "" of an appendix, of a blank form
    type_name: str = ""
    #: a form to be filled in by others
    is_form: bool = False
    #: what it is about
    title: list[Line] = field(default_factory=list)
    #: "(Kèm theo ...)", in one paragraph or two
    reference: list[Line] = field(default_factory=list)
    #: outside tables
    body: list[Line] = field(default_factory=list)


@dataclass
class Parts:
    """The parts of one draft, each in the order of its lines."""

    #: all lines, those of tabs parted
    lines: list[Line] = field(default_factory=list)
    country: Line | None = None
    motto: Line | None = None
    #: the last one is the agency, those before it stand above it
    organ: list[Line] = field(default_factory=list)
    number: Line | None = None
    date: Line | None = None
    #: "" when no kind is printed
    type_name: str = ""
    type_line: Line | None = None
    subject: list[Line] = field(default_factory=list)
    #: how urgent it is, who may read it
    marks: list[Line] = field(default_factory=list)
    addressees: list[Line] = field(default_factory=list)
    #: paragraphs between head and tail outside tables
    body: list[Line] = field(default_factory=list)
    #: "Nơi nhận:" and its list
    recipients: list[Line] = field(default_factory=list)
    #: authority and position, then the name
    signer: list[Line] = field(default_factory=list)
    #: what else stands beside the signature: a secretary
    beside: list[Line] = field(default_factory=list)
    #: what goes with the document in the same file, behind its tail
    attached: list["Attached"] = field(default_factory=list)

    def follows_rule(self, line: Line) -> bool:
        """Whether a drawn line is at this line or right under it."""
        at = self.lines.index(line)
        under = self.lines[at + 1] if at + 1 < len(self.lines) else None
        return line.has_rule or (under is not None and under.has_rule and not under.text.strip())


def is_dashed(line: Line) -> bool:
    """Whether a dash stands before what is listed, or what is as good."""
    return line.told.lstrip().startswith(_DASHES)


def is_bulleted(line: Line) -> bool:
    """Whether a sign that is no dash stands before what is listed, typed or of a list of Word."""
    mark = line.mark.strip()
    is_sign = bool(mark) and mark not in (*_DASHES, "*") and not any(char.isalnum() for char in mark)
    return is_sign or mark in _WINGDINGS or not mark and line.text.lstrip()[:1] in tuple(BULLETS)


def is_undashed(line: Line, above: Line) -> bool:
    """Whether a line is listed under "Kính gửi:" or a name above, and only its dash is missing."""
    return line.align == "left" and line.left_mm > _LISTED and line.text.rstrip().endswith((";", ".")) \
        and above.text.rstrip().endswith((":", ";"))


def names(addressees: list[Line]) -> list[list[Line]]:
    """The lines of "Kính gửi" by names, the heading first: a name can go over two of them."""
    found: list[list[Line]] = []
    for above, line in zip([*addressees[:1], *addressees], addressees, strict=False):
        if line is above or is_dashed(line) or is_bulleted(line) or is_undashed(line, above):
            found.append([line])
        else:
            found[-1].append(line)
    return found


def _goes_on(above: Line, other: Line) -> bool:
    """Whether a name under "Kính gửi:" goes on in a paragraph of its own."""
    return other.left_mm > _LISTED and other.align == above.align and not above.text.rstrip().endswith((":", ";", "."))


def parts(layout: Layout) -> Parts:
    """The parts of a draft."""
    found = Parts(lines=_joined(_parted(layout.lines)))
    written = [line for line in found.lines if not _NO_WORDS.fullmatch(line.text)]
    found.marks = [line for line in written[:_HEAD] if fold(line.text).strip(" .:[]()") in MARKS]
    written = [line for line in written if line not in found.marks]
    tail = _tail(found, written)
    head = written[:min(_HEAD, tail)]
    found.country, found.motto = _like(head, COUNTRY), _like(head, MOTTO)
    found.number = next((line for line in head if re.match(r"so[\s.…_]*(:|\d*\s*/)", fold(line.text))), None)
    found.date = next((line for line in head if len(line.text) < 80 and _DATE.search(fold(line.text))
                       and not fold(line.text).startswith(("can cu", "hom nay", "ngay"))), None)
    _organ(found, head)
    last = [one for one in (found.country, found.motto, found.number, found.date, *found.organ) if one is not None]
    last += _kind(found, head)
    last += _addressees(found, head)
    start = max((written.index(line) for line in last), default=-1) + 1
    found.body = [line for line in written[start:tail] if line.cell is None]
    ends = {id(line) for line in (*found.recipients, *found.signer, *found.beside)}
    behind = max((place + 1 for place, line in enumerate(written) if id(line) in ends), default=len(written))
    found.attached = _attached(written[behind:])
    return found


def _parted(lines: Iterable[Line]) -> list[Line]:
    """The lines; without a table, what tabs hold apart in head and tail is two lines side by side."""
    made: list[Line] = []
    has_head = has_tail = has_table = False
    for line in lines:
        begins_at = len(line.text) - len(line.text.lstrip("\t "))  # by a tab both columns can stand in their middle
        left, _tab, right = line.text[begins_at:].partition("\t")
        has_tail = has_tail and line.align != "center"  # what is attached begins
        begins = fold(left) == "noi nhan:" and bool(right.strip())
        has_table = has_table or line.cell is not None and not has_head  # a head in a table has no other
        if line.cell is not None or not (line.paragraph <= _TABBED and not has_table or has_tail or begins):
            made.append(line)
        elif left.strip() and right.strip():
            has_head, has_tail = True, has_tail or begins
            place = (-2, 0) if has_tail else (-1, line.paragraph)
            at = len(line.text) - len(right.lstrip("\t"))
            made += [replace(_cut(line, begins_at, begins_at + len(left)), cell=(*place, 0)),
                     replace(_cut(line, at, len(line.text)), cell=(*place, 1))]
        elif has_tail and line.text.strip():
            made.append(replace(line, cell=(-2, 0, int(line.text.startswith("\t")))))
        elif has_head and fold(line.text).startswith("v/v"):
            made.append(replace(line, cell=(-1, line.paragraph, 0)))
        else:
            made.append(line)
    return made


def _joined(lines: list[Line]) -> list[Line]:
    """The lines; of a paragraph of running text that its author broke within a sentence, one line."""
    made: list[Line] = []
    for line in lines:
        above = made[-1] if made else None
        is_running = above is not None and above.paragraph == line.paragraph and line.cell is None and (
            line.align in ("both", "left")) and bool(above.text.strip()) and bool(line.text.strip())
        if above is None or not is_running or above.text.rstrip().endswith((".", ";", ":", "!", "?")) or (
                not line.text.lstrip()[0].isalpha()):
            made.append(line)
            continue
        *before, last = above.pieces
        first, *others = line.pieces
        made[-1] = replace(above, pieces=(*before, replace(last, text=f"{last.text.rstrip()} "),
                                          replace(first, text=first.text.lstrip()), *others))
    return made


def _cut(line: Line, start: int, end: int) -> Line:
    """A part of it."""
    kept, place = [], 0
    for piece in line.pieces:
        low, high = max(start, place), min(end, place + len(piece.text))
        if low < high:
            kept.append(replace(piece, text=piece.text[low - place:high - place]))
        place += len(piece.text)
    return replace(line, pieces=tuple(kept))


def _like(lines: list[Line], words: str) -> Line | None:
    best = max(((likeness(line.text, words), -place) for place, line in enumerate(lines)
                if 15 < len(line.text) < 60), default=(0.0, 0))
    return lines[-best[1]] if best[0] >= 0.8 else None


def _organ(found: Parts, head: list[Line]) -> None:
    """What stands left of the country's name, above the number."""
    country = found.country
    if country is None or country.cell is None:
        return
    table, _row, column = country.cell
    end = head.index(found.number) if found.number in head else len(head)
    found.organ = [line for line in head[:end] if line.cell is not None and line.cell[0] == table
                   and line.cell[2] < max(column, 1) and line not in (country, found.motto, found.date)
                   and not fold(line.text).startswith(("v/v", "ve viec"))]


def _kind(found: Parts, head: list[Line]) -> list[Line]:
    """The name of the kind and the subject; of a công văn the subject under its number."""
    for place, line in enumerate(head):
        name = _NAMED.get(fold(line.text).strip(" :"))
        if name and line not in found.organ:
            found.type_name, found.type_line = name, line
            found.subject = _subject(found, head[place + 1:])
            return [line, *found.subject]
    about = [line for line in head if re.match(r"(v/v|ve viec)\b", fold(line.text))]
    if about:
        found.type_name = LETTER
        found.subject = [about[0], *(line for line in head[head.index(about[0]) + 1:]
                                     if line.cell is not None and line.cell == about[0].cell)]
    return found.subject


def _subject(found: Parts, following: list[Line]) -> list[Line]:
    lines: list[Line] = []
    for line in following:
        words = fold(line.text)
        if words.startswith(("kinh gui", "can cu", "dieu 1")) or len(lines) == 4:
            break
        is_who = lines and line.text.isupper() and not lines[0].text.isupper()  # who decides, with no line between
        is_apart = is_who or lines and (found.follows_rule(lines[-1]) or not _is_next(found, lines[-1], line))
        if is_apart or (lines and line.align != "center") or (line.align != "center" and len(line.text) > 200):
            break
        lines.append(line)
    return lines


def _is_next(found: Parts, one: Line, other: Line) -> bool:
    at = found.lines.index(one)
    return found.lines[at + 1] is other


def _addressees(found: Parts, head: list[Line]) -> list[Line]:
    for place, line in enumerate(head):
        if fold(line.text).startswith("kinh gui"):
            found.addressees, is_list = [line], fold(line.text).strip(" :") == "kinh gui"
            for other in head[place + 1:]:
                above = found.addressees[-1]  # behind a last one what is set otherwise is a list of the text
                is_ended = above.text.rstrip().endswith(".") and other.align != above.align
                is_named = not is_ended and (is_dashed(other) or is_list and (
                    is_bulleted(other) or is_undashed(other, above) or _goes_on(above, other)))
                if not is_named and other.paragraph != line.paragraph:
                    break
                found.addressees.append(other)
            return found.addressees
    return []


def _tail(found: Parts, written: list[Line]) -> int:
    """The list of who gets it and the signature; gives the place among the written lines at which the tail begins."""
    at = _list_at(written)
    if at is None:
        return _unlisted(found, written)
    heading = written[at]
    if heading.cell is None:
        found.recipients = [heading]
        for line in written[at + 1:]:
            if not is_dashed(line) and not is_bulleted(line):
                break
            found.recipients.append(line)
        return _signed_above(found, written[:at])
    table, row, column = heading.cell
    of_table = [line for line in written if line.cell and line.cell[0] == table]
    found.recipients = [line for line in written[at:] if line.cell == (table, row, column)]
    found.signer = [line for line in of_table if line.cell and line.cell[2] > column]
    found.beside = [line for line in of_table if line not in found.recipients and line not in found.signer]
    return written.index(of_table[0])


def _signed_above(found: Parts, written: list[Line]) -> int:
    """Who signs side by side in a table right above the list, as under minutes (PL III, model 1.10)."""
    last = written[-1].cell if written else None
    of_table = [line for line in written if line.cell and last and line.cell[0] == last[0]]
    sides: dict[int, list[Line]] = {}
    for line in of_table:
        sides.setdefault((line.cell or last or ())[2], []).append(line)
    if len(sides) < 2 or not all(_is_signed(lines) for lines in sides.values()):
        return len(written)
    found.signer = sides[max(sides)]
    found.beside = [line for line in of_table if line not in found.signer]
    return written.index(of_table[0])


def _is_signed(lines: list[Line]) -> bool:
    """A position in bold capitals, below it a name, in capitals too, or the place of one."""
    title, name = lines[0].text.strip(), lines[-1].text.strip()
    return title.isupper() and lines[0].is_all("bold") and (
        name.istitle() or name.isupper() or name.startswith("("))


def _list_at(written: list[Line]) -> int | None:
    """Where "Nơi nhận" stands: the last one, but for those of what is attached."""
    places = [place for place, line in enumerate(written) if fold(line.text).startswith("noi nhan")]
    alone = [place for place in places if fold(written[place].text).strip(" :") == "noi nhan"]
    first = alone[0] if alone else len(written)
    begins = next((place for place in range(first, len(written)) if _begins(written[place])), len(written))
    return max((place for place in places if place < begins), default=None)


def _begins(line: Line) -> tuple[str, bool] | None:
    """(kind, whether a blank form) when the line heads something attached; an appendix has no kind."""
    words = fold(line.text).strip(" :.")
    if line.cell is not None or not (line.align == "center" or line.is_all("bold")):
        return None
    if _FORM.match(words):
        return "", True
    if _APPENDIX.match(words):
        return "", False
    return (_NAMED[words], False) if words in _NAMED and line.text.isupper() else None


def _attached(behind: list[Line]) -> list[Attached]:
    """What stands behind the tail, each from its heading to the next one."""
    starts = [(place, begins) for place, line in enumerate(behind) if (begins := _begins(line))]
    made = []
    for one, (place, (type_name, is_form)) in enumerate(starts):
        end = starts[one + 1][0] if one + 1 < len(starts) else len(behind)
        found = Attached(behind[place], type_name, is_form)
        rest = [line for line in behind[place + 1:end] if line.cell is None]
        at = next((here for here, line in enumerate(rest[:_ABOUT]) if _REFERS.match(fold(line.text))), None)
        if at is not None:
            last = next((here for here in range(at, min(at + 3, len(rest))) if rest[here].text.rstrip().endswith(")")),
                        at)
            found.title, found.reference, found.body = rest[:at], rest[at:last + 1], rest[last + 1:]
        else:
            at = next((here for here, line in enumerate(rest) if here == _TITLE or line.align != "center"
                       or fold(line.text).startswith(("chuong", "phan", "dieu"))), len(rest))
            found.title, found.body = rest[:at], rest[at:]
        made.append(found)
    return made


def _unlisted(found: Parts, written: list[Line]) -> int:
    """Without "Nơi nhận": the signature is the right side of the last table, when that is not the head's."""
    tables = [line.cell[0] for line in written if line.cell]
    if not tables or tables[-1] <= 0:
        return len(written)
    of_table = [line for line in written if line.cell and line.cell[0] == tables[-1]]
    right = [line for line in of_table if line.cell and line.cell[2] > 0]
    if not right or not right[0].is_all("bold"):
        return len(written)
    found.signer = right
    return written.index(of_table[0])
