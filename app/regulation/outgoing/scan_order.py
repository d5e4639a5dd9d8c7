"""The words of a scan in the order in which the approved text has them (Art. 9.2.c): head, text, tables, tail.

Of boxes side by side the left one comes first; cells of a table come row by row. The places of number and date, which
are written after the approval, and numbers of pages are left out.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from app.regulation.layout_grammar import fold
from app.regulation.layout_words import Line, PageLike, lines
from app.regulation.outgoing.alignment import Atom, atoms

#: the blanks in which number and date are written after the approval; both are looked at by themselves
_NUMBER = re.compile(r"^so\b\W*[\W\d]*(?:/|$)|^so\s*:")
_DATE = re.compile(r"^[^,;:]{2,40},\s*ngay\b.{0,12}\bthang\b.{0,12}\bnam\b\W*\d{0,4}\W*$")
_DATED = re.compile(r"\bngay.{0,9}thang.{0,9}nam\W*\w{0,6}\W*$")
#: figures of the number of a page, which stands alone on its line
_PAGE = 3


def is_blank(row: Sequence[str]) -> bool:
    """Whether a paragraph is the place of the number or of the date, which are written later."""
    text = fold(" ".join(row))
    return bool(_NUMBER.match(text) or _DATE.match(text))


def read(pages: Sequence[PageLike]) -> list[Atom]:
    """The words of the scan in the order of reading, without the places of number and date."""
    found: list[Atom] = []
    row, blanks = 0, [_NUMBER, _DATED]
    for page in pages:
        for line in _ordered(lines(page), page.width / 2, page is pages[0]):
            text = fold(line.text)
            row += 1
            if text.isdigit() and len(text) <= _PAGE:
                continue
            if filled := [one for one in blanks if one.search(text)]:
                blanks = [one for one in blanks if one not in filled]
                continue
            for number, word in enumerate(line.words):
                found += [replace(one, word=number) for one in atoms(
                    [word.text], row, confidence=word.confidence, page=page.number, box=word.box)]
    return found


def _ordered(some: list[Line], middle: float, is_first: bool) -> list[Line]:
    """Lines from the top, cells of a table from the left; of the head and of "Nơi nhận", where two boxes stand side by
    side, the left box first.
    """
    crosses = [place for place, line in enumerate(some) if line.x0 < middle - 20 and line.x1 > middle + 40]
    first, last = (crosses[0], crosses[-1] + 1) if crosses else (len(some), 0)
    first = first if is_first else 0
    tail = some[last:]
    if not any(fold(line.text).startswith("noi nhan") for line in tail):
        tail, last = [], len(some)
    last = max(first, last)
    return [*_by_side(some[:first], middle), *_by_row(some[first:last]), *_by_side(some[last:], middle)]


def _by_row(some: list[Line]) -> list[Line]:
    """Cells that stand beside each other are read from the left, however the paper lay."""
    found: list[list[Line]] = []
    for line in sorted(some, key=lambda one: one.y0):
        if found and line.y0 - found[-1][0].y0 < (line.y1 - line.y0) / 2:
            found[-1].append(line)
        else:
            found.append([line])
    return [line for row in found for line in sorted(row, key=lambda one: one.x0)]


def _by_side(some: list[Line], middle: float) -> list[Line]:
    return sorted(some, key=lambda line: line.x0 >= middle - 40)
