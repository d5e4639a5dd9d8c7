"""A line as printed, confirmed by the second reader or read again until the two agree (Art. 2.2, 3.1.đ).

Confidence is earned: what Tesseract says of itself does not count where the other reader sees other consonants or
digits. Vowels with two marks are unknown to that reader, so vowels are not compared.
"""

import re
from difflib import SequenceMatcher

from app.regulation.layout_grammar import fold
from app.regulation.layout_words import Box, Line, PageLike, StripLike, lines

#: letters of a skeleton for each that may differ: the second reader drops one now and then
_LETTERS_AN_ERROR = 30
#: confidence of Tesseract above which the second reader contradicted none of 68 labelled lines
_PLAIN = 0.96


def around(line: Line, tilt: float, margin: tuple[float, float] = (4.0, 3.0), span: tuple[float, float] | None = None
           ) -> Box:
    """The box of a line on the slope of its page, `margin` points above and below, `span` its left and right end."""
    x0, x1 = span or (line.x0 - 4, line.x1 + 4)
    lean = tilt * (x0 + x1) / 2
    return x0, line.y0 + lean - margin[0], x1, line.y1 + lean + margin[1]


def skeleton(text: str) -> str:
    """Consonants and digits: what both readers can tell apart."""
    return re.sub(r"[^bcdfghjklmnpqrstvwxz\d]", "", fold(text))


def differing(first: str, second: str) -> int:
    """By how many letters the skeletons of two readings differ."""
    one, other = skeleton(first), skeleton(second)
    return sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in
               SequenceMatcher(None, one, other, autojunk=False).get_opcodes() if tag != "equal")


def is_plain(line: Line) -> bool:
    """Whether Tesseract is so clear about each word that a second reading would tell nothing new."""
    return min(word.confidence for word in line.words if any(map(str.isalnum, word.text))) > _PLAIN


def settled(page: PageLike, tilt: float, line: Line, right: float | None = None) -> tuple[Line, bool]:
    """The line, or a better reading of it, and whether both readers agree on it.

    `right`: how far to the right it may have gone on, in points; what was lost there is found again.
    """
    span = line.x0 - 4, max(line.x1 + 4, right or 0.0)
    strip = page.written(around(line, tilt, span=span))
    if strip is None:
        return line, True
    if _agrees(line, strip):
        return line, True
    again = page.again(around(line, tilt, (5.0, 4.0), span), "line")
    for other in lines(page, again, gap=9.0) if again else []:
        if _agrees(other, strip) and other.confidence > 0.7:
            # it stands where the line stood
            return Line(line.page, other.words, other.x0, line.y0, other.x1, line.y1), True
    return line, False


def _agrees(line: Line, strip: StripLike) -> bool:
    if re.findall(r"\d", line.text) != re.findall(r"\d", strip.text):
        return False
    return differing(line.text, strip.text) <= len(skeleton(line.text)) // _LETTERS_AN_ERROR
