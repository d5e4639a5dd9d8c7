"""Is the scanned paper the one that was approved? Word beside word, number, date, signer by themselves (Art. 9.2.b, c).

Every place where the scan reads otherwise than was approved is told with where it lies: another figure, another name
under "Kính gửi", "Nơi nhận" or at the signature, a name in the text or a negation with another mark, a word that turns
the sense, another word that was read surely, passages that are missing or were put in. Each stops the clerk until he
has looked and says why it is nevertheless the paper. What is a reader's noise is left out: before a place is told it is
read again by itself. Pure but for that (PageLike.again): reading the scan is the step's (paper.py).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from app.regulation.layout_grammar import fold, likeness
from app.regulation.layout_head import DOUBTFUL
from app.regulation.layout_words import Box, PageLike, hull
from app.regulation.outgoing.alignment import Atom, Gap, atoms, gaps, is_near, spelt
from app.regulation.outgoing.scan_order import is_blank, read

#: share of words that both must have, of the longer text; below it is another paper as a whole
LEAST = 0.7
#: likeness of the signer's name to what was read of it
_NAME = 0.75
#: words that turn the sense of a sentence
_TURNS = frozenset(("không", "chưa", "chẳng", "chớ", "đừng", "trừ", "cấm", "miễn", "ngừng", "khỏi"))
#: figures and words that were read surely, and surely enough where figures, names and such words stand
_SURE, _CLEAR = 0.85, 0.5
#: marks around a word; likeness below which something else was read, not the same badly
_MARKS, _OTHER = ".,;:()“”\"'/", 0.55
#: words of a line of its own that was put in, of a name among names; words missing in a row, when they turn nothing
_LINE, _NAMED, _RUN = 4, 2, 2
_LISTS = ("kinh gui", "noi nhan")
#: figures of what counts the rows of a table, at most
_COUNT = 3
#: how what goes with the document begins, folded
_ATTACHED = re.compile(r"phu luc( (so )?([ivxlc]+|\d+))?$|(mau|bieu)( so)? \d+|\(?(ban hanh |phe duyet )?kem theo\b")
#: words of a paragraph of the body, at least, when no "Kính gửi" stands over it; of a line of the signature, at
#: most; of one of those beside "Nơi nhận"
_HEAD, _TITLE, _SIGNED = 20, 4, 8
#: what is told first
_WEIGHT = ("name", "figure", "sense", "missing", "added", "changed", "unread")
#: points of a letter of print, about; between a word and the room beside it that is read by itself
_LETTER, _ROOM = 8, 8
#: places that are told, most; words shown around one; characters of a passage
_MOST, _AROUND, _LENGTH = 12, 6, 300


@dataclass(frozen=True)
class Difference:
    """One thing that is not as approved.

    `what`: words, number, date, figure, name, sense, changed, missing, added, signer, unread.
    """

    what: str
    #: in the scan; what was approved
    found: str = ""
    should: str = ""
    #: what was approved before it and after it
    before: str = ""
    after: str = ""
    #: where on the scan it is, in points; 0: nowhere
    page: int = 0
    boxes: list[list[float]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def compare(approved: str, scanned: Sequence[PageLike], fields: Mapping[str, Mapping[str, Any]], *, number: str,
            notation: str, issued: date | None, signer: str = "") -> dict[str, Any]:
    """{"likeness": 0..100, "differences": [...], "more": how many are not told}.

    `approved`: the text of the file, a paragraph a line; `fields`: what was read of the pages (layout.read_fields).
    """
    sides = _Sides(approved, scanned, signer)
    found = [*_written(fields, number, notation, issued), *_signer(fields, signer)]
    if sides.likeness < LEAST:
        found.insert(0, Difference("words", f"{sides.likeness:.0%}", f"{LEAST:.0%}"))
    gaps_told = filter(None, map(sides.judged, sides.gaps))
    found += sorted([*gaps_told, *sides.marked()], key=lambda one: _WEIGHT.index(one.what))
    return {"likeness": round(sides.likeness * 100), "differences": [one.as_json() for one in found[:_MOST]],
            "more": max(0, len(found) - _MOST)}


class _Sides:
    """What was approved and what was read, beside each other."""

    def __init__(self, approved: str, scanned: Sequence[PageLike], signer: str) -> None:
        self.rows = [row.split() for row in approved.split("\n")]
        self.named, self.signed, beside = _places(self.rows, fold(signer))
        self.counters = _counters(self.rows)
        self.ours = [atom for number, row in enumerate(self.rows) if not is_blank(row) and
                     not (signer and fold(" ".join(row)) == fold(signer)) for atom in atoms(row, number)]
        self.pages = {page.number: page for page in scanned}
        self.theirs = read(scanned)
        self.gaps, self.pairs = gaps(self.ours, self.theirs, beside)
        self.partners = {their: our for our, their in self.pairs.items()}

    @property
    def likeness(self) -> float:
        """0..1: how many of the words both have."""
        return 2 * len(self.pairs) / max(1, len(self.ours) + len(self.theirs))

    def judged(self, gap: Gap) -> Difference | None:
        """What a gap means; None for noise."""
        ours = self.ours[gap.first:gap.last] if gap.first is not None else []
        theirs = [self.theirs[place] for place in gap.read]
        what = self._kind(gap, ours, theirs)
        if not what or self._is_read_again(gap, ours, theirs) or self._is_read_alone(gap, ours, theirs):
            return None
        before, after = self._around(gap)
        box = self._box(gap)
        return Difference(what, _said(theirs), _said(ours), before, after, *(box or (0, [])))

    def marked(self) -> Iterator[Difference]:
        """Names and negations that were read with another mark: "Hường" for "Hương". Of other words a reader errs in
        one of a hundred so; he is believed when no further reading of the word finds what was approved.
        """
        for place, there in sorted(self.pairs.items()):
            our, their = self.ours[place], self.theirs[there]
            ours, theirs = spelt(our.text), spelt(their.text)
            if our.key != their.key or ours == theirs or fold(ours[0]) != fold(theirs[0]) or our.is_figure:
                continue
            what = "sense" if _turns(our) or _turns(their) else "name" if self._is_name(our) else ""
            if not what or their.confidence < _CLEAR or their.page not in self.pages:
                continue
            again = [{spelt(word.text) for word in self.pages[their.page].again(_wide(their.box), kind)}
                     for kind in ("line", "plain")]
            agreed = [theirs in some for some in again]
            # a mark that is lost is seldom told from one that was not read
            is_sure = any(agreed) or their.confidence >= _SURE and all(again) if theirs[1] else all(agreed)
            if is_sure and not any(ours in some for some in again):
                gap = Gap(place, place + 1, (there,))
                yield Difference(what, their.text, our.text, *self._around(gap), *(self._box(gap) or (0, [])))

    def _is_name(self, our: Atom) -> bool:
        """Whether it stands in a list of names, or is written large within a sentence."""
        if our.row in self.signed:
            return False
        before = self.rows[our.row][our.word - 1] if our.word else "."
        letters = our.text.strip(_MARKS)
        return our.row in self.named or letters[:1].isupper() and not letters.isupper() and \
            before[-1] not in ".:;-–“!?"

    def _kind(self, gap: Gap, ours: list[Atom], theirs: list[Atom]) -> str:
        """What it is called; "" for noise."""
        if not ours:
            return self._added(gap, theirs)
        row, least = ours[0].row, min((one.confidence for one in theirs), default=1.0)
        if row in self.signed or all(one.row in self.counters for one in ours):
            return ""
        if not theirs and len(ours) >= _LINE:
            return "missing"
        if any(one.is_figure for one in ours):
            return "figure" if not theirs or any(one.is_figure for one in theirs) else "unread"
        if any(_turns(one) for one in [*ours, *theirs]):
            return "sense"
        if row in self.named:
            return "name" if not theirs or least >= _CLEAR else "unread"
        if not theirs:
            return "missing" if len(ours) >= _RUN else ""
        is_other = likeness(_joined(ours), _joined(theirs)) < _OTHER and least >= _CLEAR
        return "changed" if is_other or least >= _SURE or len(ours) >= _LINE else ""

    def _added(self, gap: Gap, theirs: list[Atom]) -> str:
        """Within a sentence a figure or a word counts, among names a name, else a line, or what turns the sense."""
        is_within = gap.first is not None and 0 < gap.first < len(self.ours) \
            and self.ours[gap.first - 1].row == self.ours[gap.first].row
        least = min(one.confidence for one in theirs)
        if is_within and any(one.is_figure and one.confidence >= _SURE for one in theirs):
            return "figure"
        if any(_turns(one) and one.confidence >= _CLEAR for one in theirs):
            return "sense"
        sure = sum(one.confidence >= _SURE for one in theirs)
        before = self.partners.get(gap.read[0] - 1)
        if before is not None and self.ours[before].row in self.named and sure >= _NAMED:
            return "name"
        is_said = is_within and least >= _SURE and any(len(one.key) > 1 for one in theirs)
        return "added" if is_said or sure >= _LINE else ""

    def _around(self, gap: Gap) -> tuple[str, str]:
        """The approved words of the same paragraph before and after it."""
        if gap.first is None:
            return "", ""
        at = self.ours[gap.first] if gap.first < len(self.ours) else self.ours[-1]
        first, last = at.word, (self.ours[gap.last - 1].word + 1 if gap.last > gap.first else at.word)
        row = self.rows[at.row]
        return " ".join(row[max(0, first - _AROUND):first]), " ".join(row[last:last + _AROUND])

    def _neighbours(self, gap: Gap) -> list[Atom]:
        """The words of the scan before and after a gap."""
        places = [self.pairs.get(gap.first - 1), self.pairs.get(gap.last)] if gap.first is not None else []
        return [self.theirs[place] for place in places if place is not None]

    def _box(self, gap: Gap) -> tuple[int, list[list[float]]] | None:
        """Page and boxes, one for each printed line, of what was read there, or of the words around it."""
        some = [self.theirs[place] for place in gap.read] or self._neighbours(gap)
        some = [one for one in some if one.page == some[0].page]
        rows = {one.row: [other.box for other in some if other.row == one.row] for one in some}
        return (some[0].page, [hull(boxes) for boxes in rows.values()]) if some else None

    def _is_read_again(self, gap: Gap, ours: list[Atom], theirs: list[Atom]) -> bool:
        """Whether another reading of the place alone finds what was approved, beside a word that stands there."""
        around = self._neighbours(gap)
        some = [*theirs, *around]
        if not some or len(ours) > _LENGTH or len({one.page for one in some}) > 1:
            return False
        rows = sorted({one.row for one in some})
        if len(rows) > 2:
            return False
        near = [self.ours[place] if 0 <= place < len(self.ours) else None for place in (gap.first - 1, gap.last)] \
            if gap.first is not None else [None, None]
        boxes = [hull(one.box for one in some if one.row == row) for row in rows]
        if not theirs:  # it may stand where the line was read to its end
            boxes[0][2] += _LETTER * sum(len(one.key) + 1 for one in ours)
        return any(_holds(words, ours, near) if ours else not _is_there(words, theirs)
                   for words in _readings(self.pages[some[0].page], boxes, bool(ours)))

    def _is_read_alone(self, gap: Gap, ours: list[Atom], theirs: list[Atom]) -> bool:
        """Whether a figure that was lost, or read as no clear one, stands by itself where it belongs, in every reading
        that finds a figure there: a cell of a table. Another figure is a person's to look at.
        """
        if not ours or not all(one.is_figure for one in ours) or any(
                one.key.isdigit() and one.confidence >= _CLEAR for one in theirs):
            return False
        keys = [one.key for one in ours]
        for page, cell in self._cells(gap, theirs):
            readings = [[one.key for one in words if one.is_figure] for words in _readings(
                self.pages[page], [list(cell)], True)]
            found = [one for one in readings if one]  # what else is read there are the lines of the table
            if found and all(one == keys for one in found):
                return True
        return False

    def _cells(self, gap: Gap, theirs: list[Atom]) -> Iterator[tuple[int, Box]]:
        """Pages and places where it may stand: what was read, the room behind the word before it and before the word
        behind it, each up to the next word on that level.
        """
        if theirs and len({one.row for one in theirs}) == 1:
            x0, y0, x1, y1 = hull(one.box for one in theirs)
            yield theirs[0].page, (x0, y0, x1, y1)
        for place, is_behind in ((gap.first or 0) - 1, True), (gap.last, False):
            if place not in self.pairs:
                continue
            word = self.theirs[self.pairs[place]]
            x0, y0, x1, y1 = word.box
            every = [one.box for one in self.theirs if one.page == word.page]
            level = [box for box in every if abs(box[1] + box[3] - y0 - y1) < y1 - y0]
            low = x1 if is_behind else max((box[2] for box in level if box[2] <= x0), default=min(
                box[0] for box in every) - _ROOM)
            high = x0 if not is_behind else min((box[0] for box in level if box[0] >= x1), default=max(
                box[2] for box in every) + _ROOM)
            if high - low > 2 * _ROOM:  # clear of the words at either side
                yield word.page, (low + _ROOM, y0, high - _ROOM, y1)


def _readings(page: PageLike, boxes: list[list[float]], is_lost: bool) -> Iterator[list[Atom]]:
    """The words of some lines, read again in other ways; of what was put in only by the reader that has our letters."""
    wide = [_wide(box) for box in boxes]
    for kind in ("line", "plain") if is_lost else ("line",):
        if words := [word.text for box in wide for word in page.again(box, kind)]:
            yield atoms(words, 0)
    strips = [page.written(box) for box in wide] if is_lost else []
    if strips and all(strips):
        yield atoms([word for strip in strips if strip for word in strip.text.split()], 0)


def _wide(box: Sequence[float]) -> Box:
    """A box with some room around it."""
    return box[0] - 6, box[1] - 3, box[2] + 6, box[3] + 3


def _holds(words: list[Atom], sought: list[Atom], near: list[Atom | None]) -> bool:
    """Whether the words hold what is sought in a row, beside one of those that stand beside it, where there are any."""
    for first in range(len(words)):
        for last in range(first + 1, min(len(words), first + len(sought) + 2) + 1):
            if not is_near(sought, words[first:last]):
                continue
            before, after = near
            if before is None and after is None or first and before and is_near([before], words[first - 1:first]) \
                    or after and last < len(words) and is_near([after], words[last:last + 1]):
                return True
    return False


def _is_there(words: list[Atom], sought: list[Atom]) -> bool:
    """Whether half of what is sought, at least, is among the words."""
    there = {one.key for one in words}
    return 2 * sum(one.key in there for one in sought) >= len(sought)


def _turns(one: Atom) -> bool:
    """Whether a word turns the sense of its sentence."""
    return one.text.lower().strip(_MARKS) in _TURNS


def _joined(some: Sequence[Atom]) -> str:
    return " ".join(one.key for one in some)


def _said(some: Sequence[Atom]) -> str:
    """The words as they are written, each once."""
    words = [next(same).text for _, same in groupby(some, key=lambda one: (one.page, one.row, one.word))]
    return " ".join(words)[:_LENGTH]


def _places(rows: list[list[str]], signer: str) -> tuple[set[int], set[int], set[int]]:
    """The rows in which names stand ("Kính gửi", "Nơi nhận"), those of the signature, those of boxes side by side."""
    texts = [fold(" ".join(row)) for row in rows]
    named: set[int] = set()
    is_list = False
    for number, text in enumerate(texts):
        is_list = text.startswith(_LISTS) or is_list and text.startswith(("-", "–"))
        if is_list:
            named.add(number)
    body = next((number for number, text in enumerate(texts) if text.startswith(_LISTS[0]) or
                 len(text.split()) > _HEAD and not text.startswith("v/v")), 0)
    tail = next((number for number, text in enumerate(texts) if text.startswith(_LISTS[1])), len(rows))
    while tail > body and len(rows[tail - 1]) <= _TITLE:  # minutes: who wrote them signs on the left
        tail -= 1
    end = range(tail, _behind(texts, tail, signer))
    named |= {number for number in end if texts[number].startswith(("-", "–"))}
    signed = {number for number in end if number not in named and len(rows[number]) <= _SIGNED}
    return named, signed, {*range(body), *end}


def _counters(rows: list[list[str]]) -> set[int]:
    """The rows that only count those of a table, 1, 2, 3, each as many cells below the other: readers lose them."""
    alone = {number: int(row[0].strip(".")) for number, row in enumerate(rows)
             if len(row) == 1 and row[0].strip(".").isdecimal() and len(row[0]) <= _COUNT}
    found: set[int] = set()
    for first in (number for number, value in alone.items() if value == 1):
        second = next((number for number, value in alone.items() if number > first and value == 2), first)
        step = second - first
        some = [first]
        while step > 1 and alone.get(some[-1] + step) == len(some) + 1:
            some.append(some[-1] + step)
        found.update(some if len(some) > 1 else ())
    return found


def _behind(texts: list[str], tail: int, signer: str) -> int:
    """Where what is attached begins: it is compared as the text is."""
    for place in range(tail + 1, len(texts)):
        is_ended = signer and signer in texts[tail:place] and texts[place] and not texts[place].startswith(("-", "–"))
        if _ATTACHED.match(texts[place]) or is_ended and not texts[place].startswith(_LISTS[1]):
            return place
    return len(texts)


def _written(fields: Mapping[str, Mapping[str, Any]], number: str, notation: str,
             issued: date | None) -> Iterator[Difference]:
    """Number and date, which were written on the paper: another one, or none that could be read, is looked at."""
    read, mark = _sure(fields, "code_number"), _sure(fields, "code_notation")
    if not read:
        yield Difference("unread", "", f"{number}/{notation}", **_seen(fields, "code_number"))
    elif read.lstrip("0") != number.lstrip("0") or mark and fold(mark) != fold(notation):
        yield Difference("number", f"{read}/{mark}" if mark else read, f"{number}/{notation}",
                         **_seen(fields, "code_number"))
    day, should = _sure(fields, "issued_date"), issued.isoformat() if issued else ""
    if day != should:
        yield Difference("date" if day else "unread", day, should, **_seen(fields, "issued_date"))


def _sure(fields: Mapping[str, Mapping[str, Any]], name: str) -> str:
    """What was read surely; "" for what was not."""
    one = fields.get(name)
    return str(one["value"]) if one and one["confidence"] > DOUBTFUL else ""


def _signer(fields: Mapping[str, Mapping[str, Any]], signer: str) -> Iterator[Difference]:
    """Another name at the signature; a name under seal and signature is often read badly, which is none."""
    one = fields.get("signer_name") or {}
    read = str(one.get("value", ""))
    if signer and likeness(read, signer) < (_NAME if one.get("confidence", 0.0) > DOUBTFUL else _OTHER):
        yield Difference("signer" if read else "unread", read, signer, **_seen(fields, "signer_name"))


def _seen(fields: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Any]:
    one = fields.get(name) or {}
    return {"page": one.get("page", 0) if one.get("boxes") else 0, "boxes": one.get("boxes", [])}
