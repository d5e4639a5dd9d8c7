"""The keystroke-level model (Card, Moran, Newell 1980): seconds of a practised person, from what the hands do.

Machine waits are no part of it. Vietnamese is counted as it is typed, in Telex: a mark of a letter is a key, a tone is
one, "ươ" is three.
"""

import unicodedata
from collections import Counter
from itertools import groupby

#: a key, a click, pointing at something, a hand from keyboard to mouse or back, thinking before a unit of work
SECONDS = {"key": 0.28, "click": 0.2, "point": 1.1, "home": 0.4, "think": 1.35}

#: caps lock on and off, shift
_CAPS, _SHIFT = 2, 1


def telex(text: str) -> int:
    """Keys that a text takes."""
    plain = unicodedata.normalize("NFC", text)
    marks = sum(len(unicodedata.normalize("NFD", one)) - 1 + (one in "đĐ") for one in plain)
    words = (list(run) for is_upper, run in groupby((one for one in plain if one.isalpha()), str.isupper) if is_upper)
    capitals = sum(_SHIFT if len(run) == 1 else _CAPS for run in words)
    shifted = sum(_SHIFT for one in plain if one in '!"%&()*+:<>?_“”')
    saved = unicodedata.normalize("NFC", _toneless(plain)).count("ươ")
    return len(plain) + marks - saved + capitals + shifted


def _toneless(text: str) -> str:
    """Small letters without tones; their own marks stay."""
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(one for one in apart if one not in "\u0300\u0301\u0303\u0309\u0323")


class Hands:
    """What a person has done, one operator after the other."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self._is_at_mouse = False

    def keys(self, count: int = 1) -> None:
        """So many keys."""
        self._move(False)
        self.done["key"] += count

    def click(self) -> None:
        """Point at something and press."""
        self._move(True)
        self.done["point"] += 1
        self.done["click"] += 1

    def think(self, units: int = 1) -> None:
        """Look, read, decide."""
        self.done["think"] += units

    def _move(self, to_mouse: bool) -> None:
        if to_mouse != self._is_at_mouse:
            self.done["home"] += 1
            self._is_at_mouse = to_mouse

    @property
    def seconds(self) -> float:
        """By the model."""
        return sum(SECONDS[name] * count for name, count in self.done.items())
