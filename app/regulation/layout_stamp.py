"""Stamps of urgency and secrecy on the first page (NĐ 30/2020 Appendix I.II.8; Art. 3.2: secrets stay outside).

Red or black, framed or in an arrow, level or slanted, and often over print: they are found by where short lines lie
and read by the second reader, which lacks Ẩ, Ậ, Ố, Ỏ, Ế. A mark of secrecy must never be missed: what only resembles
one makes the field doubtful.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from app.regulation.layout_grammar import fold
from app.regulation.layout_head import DOUBTFUL, SURE, Found, Head
from app.regulation.layout_lexicon import AGENCY_STARTS
from app.regulation.layout_words import Box, Line, PageLike, StripLike, is_upper, lines
from app.tools.alphabet import bare, is_vietnamese

#: letters of a stamp without marks, those optional that the second reader lacks -> value
_URGENT = {"hoa?to?c": "3", "thu?o?ngkha?n": "2", "kha?n": "1"}
_SECRET = {"tuye?tma?t": "Tuyệt mật", "to?ima?t": "Tối mật", "ma?t": "Mật"}
_WHOLE = {"hoatoc": "3", "thuongkhan": "2", "tuyetmat": "Tuyệt mật", "toimat": "Tối mật"}
#: the marks letter by letter, blanks left out
_EXACT = {"HỎATỐC": "3", "HOẢTỐC": "3", "THƯỢNGKHẨN": "2", "KHẨN": "1",
          "TUYỆTMẬT": "Tuyệt mật", "TỐIMẬT": "Tối mật", "MẬT": "Mật"}
#: tones that no mark bears on its A: another word (the second reader has no Ậ, Ẩ, Ỏ); "khãn" is none
_OTHER_WORD, _OTHER_THAN_KHAN = re.compile("[ÁÀÃĂ]"), re.compile("[ÁÀĂ]")
#: a line above that goes on in "MẬT": a name, no mark
_BEFORE_MARK = re.compile(r"(BẢO|BÍ)$")
_AGENCY = re.compile(rf"^({AGENCY_STARTS})(\s|$)")
#: from one line of a name to the next, in heights of a line; a word is read well from this confidence
_NEXT_LINE, _WELL = 2.2, 0.8
#: what a stamp of arrival says
_ARRIVAL = re.compile(r"d[e]n\b|\bs[o0]\b|ngay|chuyen|cong van|\d{3}")
#: a mark of secrecy among the strokes of what lies under its frame
_AMONG = (("Tuyệt mật", re.compile(r"tuy?e?t.{0,2}mat")), ("Tối mật", re.compile(r"t[oc].{0,3}mat")),
          ("Mật", re.compile(r"^mat|mat$")))
#: all values, the graver the higher
_RANK = {"": 0, "0": 0, "1": 1, "2": 2, "3": 3, "Mật": 1, "Tối mật": 2, "Tuyệt mật": 3}
#: a mark behind the number of a document, in brackets
BESIDE_NUMBER = re.compile(r"^\W*[Ss][ốỐ] *:.*[(\[] *((tối|tuyệt) +)?mật *[)\]]", re.IGNORECASE)
#: a mark is at least so many times as wide as high, turned by 24 degrees, too; lines that a seal says at least
_WIDE, _SEAL_LINES = 1.5, 2
#: likeness from which a long stamp is taken for what it resembles; from which it is that
_LIKE, _ALIKE = 0.82, 0.9
#: likeness from which a short line may be a mark of secrecy
_RESEMBLES = 0.65


@dataclass(frozen=True)
class Reading:
    """A short line as it was read."""

    text: str
    sure: float
    box: list[float]
    #: of a text that the file brings along: each letter counts
    is_exact: bool = False
    #: read with the page, not by the second reader
    is_print: bool = False
    #: well read, and goes on an agency's name above it
    is_name: bool = False
    #: capitals right above it
    above: str = ""


def marks(head: Head) -> tuple[Found, Found]:
    """Urgency ("0".."3") and secrecy ("", "Mật", "Tối mật", "Tuyệt mật"); doubtful where something resembles one."""
    number = head.page.number
    urgency, secrecy = Found("0", 0.9, number, []), Found("", 0.9, number, [])
    readings = list(_readings(head))
    for read in readings:
        level, sure = _said(read, _URGENT)
        urgency = _graver(urgency, level, sure, read.box)
        degree, sure = _said(read, _SECRET)
        secrecy = _graver(secrecy, degree, sure, read.box)
        if not degree and not secrecy.value and not (read.is_exact or read.is_name) and _resembles(read.text):
            secrecy = Found("", DOUBTFUL, number, [read.box])
    for line in lines(head.page, gap=3.0):
        if line.y0 < head.page.height * 0.5 and (beside := BESIDE_NUMBER.match(line.text)):
            secrecy = _graver(secrecy, f"{beside[1] or ''}mật".capitalize(), line.confidence, line.boxes[0])
    for strips in head.page.framed(_zone(head)):
        if not _is_seal(strips, readings):
            urgency, secrecy = _in_frame(strips, urgency, secrecy)
    return urgency, secrecy


def mark_within(page: PageLike) -> Found | None:
    """A mark of secrecy on a page behind the first, where one stands; only what was read for sure."""
    secrecy, head = Found("", 0.0, page.number, []), Head(page, 0.0, [], [], [], [], None)
    for read in _readings(head):
        secrecy = _graver(secrecy, *_said(read, _SECRET), read.box)
    return secrecy if secrecy.value and secrecy.confidence >= SURE else None


def _is_seal(strips: Sequence[StripLike], readings: Sequence[Reading]) -> bool:
    """Whether a frame is the seal of a digital signature: about as high as wide, with well-read lines that say other
    things. A mark is wide and one line, at whatever slant.
    """
    if not strips:
        return False
    left, top, right, bottom = strips[0].box
    within = [read for read in readings if not read.is_print and read.sure >= _WELL and not _resembles(read.text)
              and left < (read.box[0] + read.box[2]) / 2 < right and top < (read.box[1] + read.box[3]) / 2 < bottom]
    return right - left < _WIDE * (bottom - top) and len(within) >= _SEAL_LINES


def _in_frame(strips: Sequence[StripLike], urgency: Found, secrecy: Found) -> tuple[Found, Found]:
    """What a frame says. One that says nothing, and is no stamp of arrival, may be a mark of secrecy: doubtful."""
    if not strips:
        return urgency, secrecy
    box = [round(value, 1) for value in strips[0].box]
    for strip in strips:
        read = Reading(strip.text, max(strip.confidence, 0.65) if is_upper(strip.text) else DOUBTFUL, box)
        (level, level_sure), (degree, degree_sure) = _said(read, _URGENT), _said(read, _SECRET)
        if level or degree:
            return _graver(urgency, level, level_sure, box), _graver(secrecy, degree, degree_sure, box)
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


def _readings(head: Head) -> Iterator[Reading]:
    """Short lines that stand by themselves: print of the page, then stamps by the second reader."""
    page = head.page
    print_of_page = lines(page, gap=1.2)
    for line in print_of_page:
        words = [word for word in line.words if any(char.isalpha() for char in word.text)]
        if line.y0 < page.height * 0.5 and len(words) <= 3 and len(line.words) <= 5 and is_upper(line.text):
            above = name_above(line, print_of_page)
            # at the right it may be a line of the body
            sure = line.confidence if line.x0 < page.width * 0.42 else DOUBTFUL
            is_name = bool(above) and line.confidence >= _WELL and _AGENCY.match(fold(above)) is not None
            yield Reading(line.text, sure, line.boxes[0], is_exact=page.source == "text" and is_vietnamese(line.text),
                          is_print=True, is_name=is_name, above=above)
    for strip in page.stamped(_zone(head)):
        # a stamp is in capitals: small letters are a piece of a line of print
        sure = max(strip.confidence, 0.7) if is_upper(strip.text) else DOUBTFUL
        box = [round(value, 1) for value in strip.box]
        yield Reading(strip.text, sure, box, above=name_above(Line(page.number, (), *strip.box), print_of_page))


def name_above(line: Line, others: Sequence[Line]) -> str:
    """The capitals right above a line that may go on in it, from the first line of the name; "" for none."""
    name: list[str] = []
    at = line
    while above := next((one for one in others if 0.5 * one.height < at.y0 - one.y0 < _NEXT_LINE * one.height
                         and one.x0 < at.x1 and at.x0 < one.x1 and is_upper(one.text)
                         and not any(map(str.isdigit, one.text))), None):
        name.insert(0, above.text)
        if _AGENCY.match(fold(above.text)):
            break
        at = above
    return " ".join(name)


def ends_a_name(above: str) -> bool:
    """Whether the capitals above go on in the word "MẬT" ("TRUNG TÂM BẢO" / "MẬT"): a name, no mark."""
    return _BEFORE_MARK.search(above.upper().strip()) is not None


def _said(read: Reading, stamps: dict[str, str]) -> tuple[str, float]:
    """The stamp that a reading is, "" for none, and how surely: equal without marks only is sure of no print."""
    joined = "".join(char for char in unicodedata.normalize("NFC", read.text.upper()) if char.isalpha())
    if (exact := _EXACT.get(joined, "")) in stamps.values():
        # on a scan a name that goes on is read so, too ("BỆNH VIỆN" / "MẮT")
        is_sure = not ends_a_name(read.above) and (read.is_exact or not read.is_name)
        return exact, read.sure if is_sure else DOUBTFUL
    if read.is_exact:
        return "", 0.0
    letters = bare(read.text)
    for pattern, value in stamps.items():
        if re.fullmatch(pattern, letters):
            if read.is_print and read.is_name:
                return "", 0.0
            if stamps is _URGENT and value != "1":
                # no other words have these letters
                return value, read.sure
            other_word = _OTHER_THAN_KHAN if stamps is _URGENT else _OTHER_WORD
            is_other = read.is_print or _AGENCY.match(fold(read.above)) or other_word.search(joined) is not None
            return value, min(read.sure, DOUBTFUL) if is_other else read.sure
    best = max(((SequenceMatcher(None, letters, whole).ratio(), value) for whole, value in _WHOLE.items()
                if value in stamps.values()), default=(0.0, ""))
    is_like = best[0] >= _LIKE and len(letters) > 4 and not read.is_name
    # one letter of ten, well read: no other words are so like a mark of urgency
    is_sure = stamps is _URGENT and best[0] >= _ALIKE and not read.is_print and read.sure >= _WELL
    return (best[1], read.sure if is_sure else min(read.sure, DOUBTFUL)) if is_like else ("", 0.0)


def _resembles(text: str) -> bool:
    """Whether a short line in capitals may be a mark of secrecy that was misread, or what is left of one."""
    letters = bare(text)
    if re.match(r"M\S{1,3}$", text):
        return True
    if not 2 <= len(letters) <= 10 or not is_upper(text):
        return False
    return any(SequenceMatcher(None, letters, whole).ratio() >= _RESEMBLES for whole in ("mat", "toimat", "tuyetmat"))
