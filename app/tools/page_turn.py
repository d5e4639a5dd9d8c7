"""A page upside down or on its side: told by how it is read, turned, its boxes turned back (Art. 2.2).

Measured on labelled scans: upright every page was read with 0.90 or more, upside down none with more than 0.50; on its
side it is read, but its words stand on end. It reads nothing itself (ocr.py).
"""

from collections.abc import Iterable
from typing import Protocol

from PIL import Image

from app.tools.page_source import Box, Sheet

#: turns that are tried, degrees counterclockwise, the likeliest first
TURNS = (180, 90, 270)
#: how surely a page is read at least, by length of words; one with few letters; one that was turned rightly
_LEAST, _LEAST_OF_FEW, TURNED = 0.65, 0.8, 0.75
#: below so many letters a page has few
_FEW = 40
_TRANSPOSED = {180: Image.Transpose.ROTATE_180, 90: Image.Transpose.ROTATE_90, 270: Image.Transpose.ROTATE_270}


class Read(Protocol):
    """What is needed of a word (ocr.py's Word)."""

    text: str
    confidence: float
    box: Box


def sureness(words: Iterable[Read]) -> float:
    """0..1: how surely words were read, by their length; 0 without any."""
    read = [(len(word.text), word.confidence) for word in words]
    return sum(count * sure for count, sure in read) / max(1, sum(count for count, _ in read))


def is_unread(words: Iterable[Read]) -> bool:
    """Whether what was read of a page is next to nothing, or no sense."""
    read = list(words)
    letters = sum(len(word.text) for word in read)
    return sureness(read) < (_LEAST if letters >= _FEW else _LEAST_OF_FEW)


def is_on_end(words: Iterable[Read]) -> bool:
    """Whether most words that are long enough to tell are higher than wide."""
    long = [word.box for word in words if len(word.text) > 3]
    return sum(box[3] - box[1] > box[2] - box[0] for box in long) > len(long) / 2


def turned(sheet: Sheet, turn: int) -> Sheet:
    """The sheet turned by so many degrees counterclockwise."""
    if not turn:
        return sheet
    size = (sheet.width, sheet.height) if turn == 180 else (sheet.height, sheet.width)
    return Sheet(sheet.picture.transpose(_TRANSPOSED[turn]), *size)
