"""Stamps of urgency and secrecy on the first page (NĐ 30/2020 Appendix I.II.8; Art. 3.2: secrets stay outside).

Red or black, framed or in an arrow, level or slanted, and often over print: they are found by where short lines lie
and read by the second reader, which lacks Ẩ, Ậ, Ố, Ỏ, Ế. A mark of secrecy must never be missed: what only resembles
one makes the field doubtful.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from app.regulation.layout_grammar import fold
from app.regulation.layout_head import DOUBTFUL, SURE, Found, Head
from app.regulation.layout_words import Box, PageLike, StripLike, is_upper, lines

#: letters of a stamp without marks, those optional that the second reader lacks -> value
_URGENT = {"hoa?to?c": "3", "thu?o?ngkha?n": "2", "thuong": "2", "kha?n": "1"}
_SECRET = {"tuye?tma?t": "Tuyệt mật", "to?ima?t": "Tối mật", "ma?t": "Mật"}
_WHOLE = {"hoatoc": "3", "thuongkhan": "2", "thuong": "2", "tuyetmat": "Tuyệt mật", "toimat": "Tối mật"}
#: what a stamp of arrival says
_ARRIVAL = re.compile(r"d[e]n\b|\bs[o0]\b|ngay|chuyen|cong van|\d{3}")
#: a mark of secrecy among the strokes of what lies under its frame
_AMONG = (("Tuyệt mật", re.compile(r"tuy?e?t.{0,2}mat")), ("Tối mật", re.compile(r"t[oc].{0,3}mat")),
          ("Mật", re.compile(r"^mat|mat$")))
#: all values, the graver the higher
_RANK = {"": 0, "0": 0, "1": 1, "2": 2, "3": 3, "Mật": 1, "Tối mật": 2, "Tuyệt mật": 3}
#: a mark behind the number of a document, in brackets
BESIDE_NUMBER = re.compile(r"^\W*[Ss][ốỐ] *:.*[(\[] *((tối|tuyệt) +)?mật *[)\]]", re.IGNORECASE)
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
    for line in lines(head.page, gap=3.0):
        if line.y0 < head.page.height * 0.5 and (beside := BESIDE_NUMBER.match(line.text)):
            secrecy = _graver(secrecy, f"{beside[1] or ''}mật".capitalize(), line.confidence, line.boxes[0])
    for strips in head.page.framed(_zone(head)):
        urgency, secrecy = _in_frame(strips, urgency, secrecy)
    return urgency, secrecy


def mark_within(page: PageLike) -> Found | None:
    """A mark of secrecy on a page behind the first, where one stands; only what was read for sure."""
    secrecy, head = Found("", 0.0, page.number, []), Head(page, 0.0, [], [], [], [], None)
    for text, sure, box in _readings(head):
        secrecy = _graver(secrecy, _value(re.sub(r"[^a-z]", "", fold(text)), _SECRET), sure, box)
    return secrecy if secrecy.value and secrecy.confidence >= SURE else None


def _in_frame(strips: Sequence[StripLike], urgency: Found, secrecy: Found) -> tuple[Found, Found]:
    """What a frame says. One that says nothing, and is no stamp of arrival, may be a mark of secrecy: doubtful."""
    if not strips:
        return urgency, secrecy
    box = [round(value, 1) for value in strips[0].box]
    for strip in strips:
        letters = re.sub(r"[^a-z]", "", fold(strip.text))
        level, degree = _value(letters, _URGENT), _value(letters, _SECRET)
        if level or degree:
            sure = max(strip.confidence, 0.65) if is_upper(strip.text) else DOUBTFUL
            return _graver(urgency, level, sure, box), _graver(secrecy, degree, sure, box)
    capitals = ["".join(char for char in strip.text if char.isupper()) for strip in strips]
    for degree, pattern in _AMONG:
        if any(pattern.search(fold(text)) for text in capitals):
            return urgency, _graver(secrecy, degree, DOUBTFUL, box)
    is_explained = any(_ARRIVAL.search(fold(strip.text)) for strip in strips) or any(
        _overlap(box, other) for known in (urgency, secrecy) for other in known.boxes)
    if not secrecy.value and not is_explained:
        secrecy = Found("", DOUBTFUL, secrecy.page, [box])
    return urgency, secrecy


def _overlap(one: Sequence[float], other: Sequence[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _zone(head: Head) -> Box:
    page = head.page
    return page.width * 0.01, page.height * 0.03, page.width * 0.52, page.height * 0.56


def _graver(known: Found, value: str, sure: float, box: list[float]) -> Found:
    """What was known, or this reading: graver, or the same and surer; a doubtful one overrules no sure one."""
    if not value or _RANK[value] < _RANK[str(known.value)]:
        return known
    is_new = value != known.value and (sure > DOUBTFUL or not known.boxes or known.confidence <= DOUBTFUL)
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
    for strip in page.stamped(_zone(head)):
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
    """Whether a short line in capitals may be a mark of secrecy that was misread, or what is left of one."""
    if re.match(r"M\S{1,3}$", text):
        return True
    if not 2 <= len(letters) <= 10 or not is_upper(text):
        return False
    return any(SequenceMatcher(None, letters, whole).ratio() >= _RESEMBLES for whole in ("mat", "toimat", "tuyetmat"))
