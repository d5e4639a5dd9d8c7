"""Whether pages look as they did when they were signed (NĐ 30/2020 Đ21.2.a; security.md S10).

The judgement of changes follows the objects of a file as one program reads them; another may find other objects by the
same bytes. So the pages are drawn as they were at each signature and as they are, and compared: nothing may differ but
where later signatures stand. What lies in those places is signing_cover.py's.
"""

from collections.abc import Sequence
from contextlib import closing
from itertools import pairwise

import numpy as np
import pypdfium2
from numpy.typing import NDArray

from app.tools.pdfium import LOCK, seen
from app.tools.signing_place import Place

#: picture elements per point; how many of them at most, of one page; bytes of all that are drawn
_FINE, _MOST_OF_PAGE, _MOST_DRAWN = 0.5, 2_000_000, 300_000_000
#: by how much a colour is another; picture elements that are no accident; points around a field
_OTHER, _SEEN, _MARGIN = 48, 3, 3.0


def look_otherwise(pdf: bytes, ends: Sequence[int], places: Sequence[Sequence[Place]]) -> list[bool]:
    """For each signature, in their order, whether a page looks otherwise now than when it was made.

    `ends`: where in the file each signature's bytes end, growing; `places`: where each is seen. Pages beyond what can
    be drawn in seconds are not looked at. Raises PdfiumError of what cannot be drawn.
    """
    states = sorted({*ends, len(pdf)})
    if not ends or states == [ends[0]]:
        return [False] * len(ends)
    differs = {}
    with LOCK:
        for before, after in pairwise(states):
            later = [place for end, own in zip(ends, places, strict=True) if end > before for place in own]
            differs[after] = _differ(pdf[:before], pdf[:after], later, _MOST_DRAWN // len(states))
    return [any(does for after, does in differs.items() if after > end) for end in ends]


def _differ(before: bytes, after: bytes, later: list[Place], budget: int) -> bool:
    with closing(pypdfium2.PdfDocument(before)) as old, closing(pypdfium2.PdfDocument(after)) as new:
        if len(old) != len(new):
            return True
        for document in (old, new):
            document.init_forms()
        for number in range(len(old)):
            if old[number].get_size() != new[number].get_size():
                return True
            if budget <= 0:
                return False
            one, other = (seen(document[number], _MOST_OF_PAGE, _FINE) for document in (old, new))
            budget -= one.size
            if np.array_equal(one, other):  # as nearly always
                continue
            changed = (np.abs(one.astype(np.int16) - other) > _OTHER).any(axis=2)
            for place in later:
                if place["page"] == number + 1:
                    for box in place["boxes"]:
                        _leave_out(changed, box, changed.shape[1] / max(1.0, place["size"][0]))
            if changed.sum() >= _SEEN:
                return True
    return False


def _leave_out(changed: NDArray[np.bool_], box: list[float], fine: float) -> None:
    """What lies in a field."""
    left, top, right, bottom = (round(max(0.0, side + sign * _MARGIN) * fine)
                                for side, sign in zip(box, (-1, -1, 1, 1), strict=True))
    changed[top:bottom + 1, left:right + 1] = False
