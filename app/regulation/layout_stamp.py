"""Stamps of urgency and secrecy on the first page (NĐ 30/2020 Appendix I.II.8; Art. 3.2: secrets stay outside).

Red or black, framed or in an arrow, level or slanted, and often over print: they are found by where short lines lie
and read by the second reader, which lacks Ẩ, Ậ, Ố, Ỏ, Ế. A mark of secrecy must never be missed: what only resembles
one makes the field doubtful.
"""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from app.regulation.layout_grammar import fold
from app.regulation.layout_head import DOUBTFUL, Found, Head
from app.regulation.layout_words import is_upper, lines

#: letters of a stamp without marks, those optional that the second reader lacks -> value
_URGENT = {"hoa?to?c": "3", "thu?o?ngkha?n": "2", "thuong": "2", "kha?n": "1"}
_SECRET = {"tuye?tma?t": "Tuyệt mật", "to?ima?t": "Tối mật", "ma?t": "Mật"}
_WHOLE = {"hoatoc": "3", "thuongkhan": "2", "thuong": "2", "tuyetmat": "Tuyệt mật", "toimat": "Tối mật"}
#: all values, the graver the higher
_RANK = {"": 0, "0": 0, "1": 1, "2": 2, "3": 3, "Mật": 1, "Tối mật": 2, "Tuyệt mật": 3}
#: likeness from which a long stamp is taken for what it resembles
_LIKE = 0.82
#: likeness from which a short line may be a mark of secrecy
_RESEMBLES = 0.65


def marks(head: Head) -> tuple[Found, Found]:
    """Urgency ("0".."3") and secrecy ("", "Mật", "Tối mật", "Tuyệt mật"); doubtful where something resembles one."""
    number = head.page.number
    urgency, secrecy = Found("0", 0.9, number, []), Found("", 0.9, number, [])
    for text, sure, box in _readings(head):
        letters = re.sub(r"[^a-z]", "", fold(text))
        level, degree = _value(letters, _URGENT), _value(letters, _SECRET)
        urgency = _graver(urgency, level, sure, box)
        secrecy = _graver(secrecy, degree, sure, box)
        if not degree and not secrecy.value and _resembles(letters, text):
            secrecy = Found("", DOUBTFUL, number, [box])
    return urgency, secrecy


def _graver(known: Found, value: str, sure: float, box: list[float]) -> Found:
    """What was known, or this reading: graver, or the same and surer; a doubtful one overrules no sure one."""
    if not value or _RANK[value] < _RANK[str(known.value)]:
        return known
    is_new = value != known.value and (sure > DOUBTFUL or not known.boxes)
    if is_new or value == known.value and sure > known.confidence:
        return Found(value, sure, known.page, [box])
    return known


def _readings(head: Head) -> Iterator[tuple[str, float, list[float]]]:
    """Short lines that stand by themselves: print of the page, then stamps by the second reader."""
    page = head.page
    for line in lines(page, gap=1.2):
        words = [word for word in line.words if any(char.isalpha() for char in word.text)]
        if line.y0 < page.height * 0.5 and len(words) <= 3 and len(line.words) <= 5 and is_upper(line.text):
            # at the right it may be a line of the body
            yield line.text, line.confidence if line.x0 < page.width * 0.42 else DOUBTFUL, line.boxes[0]
    for strip in page.stamped((page.width * 0.01, page.height * 0.03, page.width * 0.52, page.height * 0.56)):
        # a stamp is in capitals: small letters are a piece of a line of print
        sure = max(strip.confidence, 0.7) if is_upper(strip.text) else DOUBTFUL
        yield strip.text, sure, [round(value, 1) for value in strip.box]


def _value(letters: str, stamps: dict[str, str]) -> str:
    """The stamp that these letters are; "" when they are none."""
    for pattern, value in stamps.items():
        if re.fullmatch(pattern, letters):
            return value
    best = max(((SequenceMatcher(None, letters, whole).ratio(), value) for whole, value in _WHOLE.items()
                if value in stamps.values()), default=(0.0, ""))
    return best[1] if best[0] >= _LIKE and len(letters) > 4 else ""


def _resembles(letters: str, text: str) -> bool:
    """Whether a short line in capitals may be a mark of secrecy that was misread."""
    if not 2 <= len(letters) <= 10 or not is_upper(text):
        return False
    return any(SequenceMatcher(None, letters, whole).ratio() >= _RESEMBLES for whole in ("mat", "toimat", "tuyetmat"))
