"""The agency that issues a document (NĐ 30/2020 Art. 8.2, Appendix I, box 2): the last lines above the number.

The superior agency stands above it in plain capitals, its own name in bold ones: the thickness of print tells where it
begins, the first words of names where the print does not. A name that is in no directory and is spelt as no usual name
is doubtful.
"""

import re
from collections.abc import Sequence

from app.regulation import layout_grammar as grammar
from app.regulation.layout_grammar import fold
from app.regulation.layout_head import DOUBTFUL, Found, Head, found
from app.regulation.layout_lexicon import AGENCY_STARTS, belongs_together, is_misspelt, mend_agency
from app.regulation.layout_words import Line, is_upper

#: strokes of bold capitals are thicker by at least so much (labelled scans: 1.19 to 1.45; lines of one name up to 1.11)
_BOLDER = 1.15
#: a last line of so few letters tells little of how thick its print is
_SHORT = 12
_STARTS = re.compile(rf"^({AGENCY_STARTS})(\s|$)")


def agency(head: Head, agencies: Sequence[str]) -> Found | None:
    """The issuing agency without the superior agency above it; `agencies`: a reading near one becomes it."""
    above = head.left[:head.number_at] if head.number_at is not None else [
        line for line in head.left if is_upper(line.text)][:3]
    above = [line for line in above if _is_name(line)]
    above = [line for line in above if is_upper(line.text)] or above
    if not above:
        return None
    names = [_clean(line.text) for line in above]
    start, is_sure = _own_name(names, [head.page.stroke(tuple(line.boxes[0])) for line in above])
    name = mend_agency(" ".join(names[start:]))
    name = re.sub(r"^S[OƠỜỚỎỐÔ] ", "SỞ ", name)
    # the directory says "UBND" or the whole words
    full = {agency: re.sub(r"\bUBND\b", "Ủy ban nhân dân", agency) for agency in agencies}
    known = grammar.nearest(re.sub(r"\bUBND\b", "Ủy ban nhân dân", name), full.values(), 0.9)
    if known:
        return found(above[start:], next(agency for agency in agencies if full[agency] == known[0]))
    return found(above[start:], name, 1.0 if is_sure and not is_misspelt(name) else DOUBTFUL)


def _is_name(line: Line) -> bool:
    """Whether a line can be part of an agency's name: no speck, no notation that slipped off its line."""
    letters = sum(char.isalpha() for char in line.text)
    return (letters > 2 or letters == 2 and line.confidence > 0.6) and not re.fullmatch(
        r"\W*[A-ZĐƯ]{1,8}[-/][A-ZĐƯ]{2,}\W*", line.text)


def _own_name(names: Sequence[str], strokes: Sequence[float]) -> tuple[int, bool]:
    """Index of the first line of the agency's own name, and whether print or words leave no doubt."""
    starts = [i for i, name in enumerate(names) if len(name) > 3 and _STARTS.match(fold(name))
              and not (i and belongs_together(names[i - 1], name))]
    bolder, ratio = _bolder(strokes)
    if ratio >= _BOLDER and (bolder in starts or len("".join(names[bolder:])) > _SHORT):
        return bolder, bolder in starts
    # "UBND TỈNH X" above "SỞ Y": the last start counts; a continued line begins with no such word
    start = starts[-1] if starts else 0
    # a further name in thinner print is no name of its own
    return start, bool(starts) and ratio < _BOLDER and not (start and 0 < ratio < 1.0)


def _bolder(strokes: Sequence[float]) -> tuple[int, float]:
    """Before which line the print grows thicker, and by how much; (0, 0.0): one line, or unknown."""
    if len(strokes) < 2 or not all(strokes):
        return 0, 0.0
    steps = [(_mean(strokes[at:]) / _mean(strokes[:at]), at) for at in range(1, len(strokes))]
    ratio, at = max(steps)
    return at, ratio


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _clean(text: str) -> str:
    return mend_agency(re.sub(r"^[^\w]+|[^\w]+$", "", text))
