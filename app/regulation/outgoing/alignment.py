"""Two texts of one paper word beside word: what was approved, and what a machine read of the scan (Art. 9.2.c).

Marks of letters, line breaks, hyphens and joined or parted words make no difference. Passages of boxes that stand side
by side may come in another order; those of the body may not: a sum that changed its line is another sum. A word that
was not read as it was approved lies in a gap, with what was read in its place. Pure: what a gap means is compare.py's.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from app.regulation.layout_grammar import fold
from app.regulation.layout_words import Box

#: letters that a reader takes for figures, and pairs of letters that he takes for one
_FIGURES = str.maketrans("oqlijzsbg", "001112589")
_SHAPES = (("0", "o"), ("1", "i"), ("l", "i"), ("j", "i"), ("h", "ii"), ("m", "rn"))
#: grave, acute, tilde, hook above, dot below, apart from their letters
_TONES = "\u0300\u0301\u0303\u0309\u0323"
#: the reader's own figure below which a word that is nearly the same is the same
_SURE = 0.9
#: words of a gap that are paired one by one; a longer one is another text as a whole
_MOST = 80
#: words that may be one when joined
_JOINED = 4
#: what it costs to leave one word of either side alone, to put two others beside each other, to join
_ALONE, _OTHER, _JOIN = 1.0, 1.6, 0.05


@dataclass(frozen=True)
class Atom:
    """A word or string of figures without the marks around it."""

    #: folded
    key: str
    #: the whole word as it is written, with what stands around it, and the number of that word in its row
    text: str
    word: int
    #: of which paragraph or printed line it is
    row: int
    #: of the scan alone
    confidence: float = 1.0
    page: int = 0
    box: Box = (0.0, 0.0, 0.0, 0.0)

    @property
    def is_figure(self) -> bool:
        """Whether a figure is in it."""
        return any(char.isdigit() for char in self.key)


def spelt(written: str) -> tuple[str, str]:
    """A word without its mark of tone, and that mark: "uỷ" and "ủy" are one."""
    apart = unicodedata.normalize("NFD", written.lower())
    plain = unicodedata.normalize("NFC", "".join(char for char in apart if char not in _TONES))
    return re.sub(r"^[\W_]+|[\W_]+$", "", plain), "".join(char for char in apart if char in _TONES)


@dataclass(frozen=True)
class Gap:
    """What was approved and not read, [first, last) of its words, and what was read there, by numbers; either may be
    empty. What stands in no place of the approved text has `first` None.
    """

    first: int | None
    last: int
    read: tuple[int, ...]


def atoms(words: Iterable[str], row: int, **seen: Any) -> list[Atom]:
    """The parts of written words that are letters and figures; `seen`: what else is known of them (a scan)."""
    return [Atom(key, written, number, row, **seen) for number, written in enumerate(words)
            for key in re.findall(r"[^\W_]+", fold(written))]


def gaps(ours: Sequence[Atom], theirs: Sequence[Atom], free: Collection[int]) -> tuple[list[Gap], dict[int, int]]:
    """Where they differ, and the number of each approved word that was read with that of the word of the scan.

    `free`: the rows of the approved text whose passages may stand in another order.
    """
    pairs = _moved(ours, theirs, _blocks(ours, theirs), free)
    used = set(pairs.values())
    found: list[Gap] = []
    for first, last in _unread(len(ours), pairs):
        there = _between(pairs.get(first - 1), pairs.get(last), used, len(theirs))
        some, same = _paired(ours, theirs, first, last, there)
        used.update(there)
        pairs |= same
        found += [part for one in some for part in _by_row(ours, one)]
    return [*found, *_alone(theirs, used, {their: our for our, their in pairs.items()})], pairs


def _by_row(ours: Sequence[Atom], gap: Gap) -> list[Gap]:
    """A gap over several paragraphs is one for each; what was read lies beside the first."""
    first = gap.first or 0
    if first == gap.last:
        return [gap]
    starts = [place for place in range(first, gap.last) if place == first or ours[place].row != ours[place - 1].row]
    ends = [*starts[1:], gap.last]
    return [Gap(start, end, gap.read if start == first else ())
            for start, end in zip(starts, ends, strict=True)]


def _unread(count: int, pairs: Collection[int]) -> list[tuple[int, int]]:
    """The runs of approved words that are in no pair, as they are now."""
    free = [place for place in range(count) if place not in pairs]
    runs = [(place, place + 1) for place in free if place - 1 in pairs or not place]
    ends = [place + 1 for place in free if place + 1 in pairs or place + 1 == count]
    return [(first, end) for (first, _), end in zip(runs, ends, strict=True)]


def _blocks(ours: Sequence[Atom], theirs: Sequence[Atom]) -> dict[int, int]:
    matcher = SequenceMatcher(None, [one.key for one in ours], [one.key for one in theirs], autojunk=False)
    return {a + step: b + step for a, b, size in matcher.get_matching_blocks() for step in range(size)}


def _moved(ours: Sequence[Atom], theirs: Sequence[Atom], pairs: dict[int, int],
           free: Collection[int]) -> dict[int, int]:
    """The pairs and those of passages of two words or more that stand elsewhere."""
    for _ in range(4):
        used = set(pairs.values())
        left = [place for place in range(len(ours)) if place not in pairs and ours[place].row in free]
        there = [place for place in range(len(theirs)) if place not in used]
        matcher = SequenceMatcher(None, _keys(ours, left), _keys(theirs, there), autojunk=False)
        new = {our: their for a, b, size in matcher.get_matching_blocks() if size > 1
               for our, their in zip(left[a:a + size], there[b:b + size], strict=True)}
        if not new:
            break
        pairs = pairs | new
    return pairs


def _keys(some: Sequence[Atom], places: list[int]) -> list[str]:
    return [some[place].key for place in places]


def _between(before: int | None, after: int | None, used: set[int], count: int) -> list[int]:
    """What was read and is in no pair between two words of the scan; after the one when the other is before it."""
    first = -1 if before is None else before
    last = count if after is None else after
    found = []
    for place in range(first + 1, last if last > first else count):
        if place in used:
            break
        found.append(place)
    if not found and after is not None and after <= first:
        for place in range(after - 1, -1, -1):
            if place in used:
                break
            found.insert(0, place)
    return found


def _paired(ours: Sequence[Atom], theirs: Sequence[Atom], first: int, last: int,
            there: list[int]) -> tuple[list[Gap], dict[int, int]]:
    """The gaps that stay when words nearly the same, joined and parted ones are paired; those pairs."""
    count, others = last - first, len(there)
    if not there or count > _MOST or others > _MOST:
        return [Gap(first, last, tuple(there))], {}
    cost = [[0.0] * (others + 1) for _ in range(count + 1)]
    step: list[list[tuple[int, int]]] = [[(0, 0)] * (others + 1) for _ in range(count + 1)]
    for a in range(count + 1):
        for b in range(others + 1):
            if a or b:
                cost[a][b], step[a][b] = min(_ways(ours, theirs, first, there, cost, a, b))
    a, b, found, pairs = count, others, [], {}
    end = (a, b)
    while a or b:
        back, forth = step[a][b]
        is_same = back and forth and cost[a][b] - cost[a - back][b - forth] < _ALONE
        if is_same:
            found += _gap(first, there, (a, b), end)
            end = (a - back, b - forth)
            pairs |= {first + place: there[b - forth] for place in range(a - back, a)}
        a, b = a - back, b - forth
    found += _gap(first, there, (0, 0), end)
    return found[::-1], pairs


def _ways(ours: Sequence[Atom], theirs: Sequence[Atom], first: int, there: list[int], cost: list[list[float]], a: int,
          b: int) -> list[tuple[float, tuple[int, int]]]:
    """What it costs to come to this pair of places, and by which step."""
    found = []
    if a:
        found.append((cost[a - 1][b] + _ALONE, (1, 0)))
    if b:
        found.append((cost[a][b - 1] + _ALONE, (0, 1)))
    if a and b:
        found.append((cost[a - 1][b - 1] + _OTHER, (1, 1)))
    for back in range(1, min(a, _JOINED) + 1):
        for forth in range(1, min(b, _JOINED) + 1):
            if back > 1 and forth > 1:
                continue
            some, read = ours[first + a - back:first + a], [theirs[there[at]] for at in range(b - forth, b)]
            if is_near(some, read):
                found.append((cost[a - back][b - forth] + _JOIN * (back + forth - 1), (back, forth)))
    return found


def _gap(first: int, there: list[int], start: tuple[int, int], end: tuple[int, int]) -> list[Gap]:
    return [Gap(first + start[0], first + end[0], tuple(there[start[1]:end[1]]))] if start != end else []


def _alone(theirs: Sequence[Atom], used: set[int], partners: Mapping[int, int]) -> list[Gap]:
    """What was read and stands beside nothing that was approved, a run of one printed line each."""
    found: list[Gap] = []
    run: list[int] = []
    for place in range(len(theirs) + 1):
        is_free = place < len(theirs) and place not in used
        if run and (not is_free or theirs[place].row != theirs[run[-1]].row):
            before = partners.get(run[0] - 1)
            is_inside = before is not None and partners.get(run[-1] + 1) == before + 1
            found.append(Gap(before + 1 if is_inside else None, before + 1 if is_inside else 0, tuple(run)))
            run = []
        if is_free:
            run.append(place)
    return found


def is_near(some: Sequence[Atom], read: Sequence[Atom]) -> bool:
    """Whether these words are those, joined or parted, with what a reader confuses; figures must be the same."""
    if [one.key for one in some] == [one.key for one in read]:
        return True
    ours, theirs = "".join(one.key for one in some), "".join(one.key for one in read)
    if any(one.is_figure for one in some):
        if len(some) > 1 and any("," in one.text for one in some[:1]):
            return False  # a decimal comma that is not there makes another number
        return ours == theirs or not theirs.isdigit() and ours == theirs.translate(_FIGURES)
    if _shape(ours) == _shape(theirs):
        return True
    unsure = min(one.confidence for one in read) < _SURE
    return unsure and distance(ours, theirs) <= (len(ours) + 1) // 4


@lru_cache(maxsize=4096)
def _shape(key: str) -> str:
    for one, other in _SHAPES:
        key = key.replace(one, other)
    return key


def distance(first: str, second: str) -> int:
    """Letters that must be changed, put in or taken out."""
    row = list(range(len(second) + 1))
    for place, char in enumerate(first, 1):
        before, row[0] = row[0], place
        for at, other in enumerate(second, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (char != other))
    return row[-1]
