"""The words in which a page is drawn, by the letter of ISO 32000-2 (7.2, 7.3, 7.8.2, 8.9.7; Annex A).

What is no such word each reader takes for another one: a number that is none is 0 here and 300 there. So nothing is
mended here: the first byte that belongs to no word, and the first operator without its operands, is a Stray. It does
not know what the words do (page_program.py).
"""

import re
from collections.abc import Callable, Iterator
from math import inf
from typing import Any, NamedTuple

#: numbers that every reader keeps whole, in a page and in an object; one of no more letters is none beyond them
LARGEST, _DIGITS = 2 ** 24, 7
#: letters of which every reader knows a number, a name, a string: more are cut by some
LONGEST: dict[str | None, int] = {"n": 32, "name": 127, "s": 32_000, "hex": 64_000}
#: arrays and dictionaries within one another that every reader follows: some stop at a few hundred
_DEEPEST = 16
#: a number of so many figures that some readers cut it, in bytes that are no string; how far apart bytes are looked at
_MANY, _STEP = re.compile(rb"(?<![\w<.+(-])[-+]?(?=[\d.]{200})\d*\.?\d*(?![\w.])"), 50
_FIGURES = re.compile(rb"[\d.]{3,}")
_INNER = rb"(?:[^()\\\r]|\\(?:[nrtbf()\\/\n]|\r\n?|[0-3][0-7]{0,2}|[4-7][0-7]?(?![0-7])))*+"
_WORD = re.compile(rb"""
    (?P<blank>[ \t\r\n\f]+ | %%[^\r\n]*[\r\n])
  | (?P<n>[-+]?(?:\d+\.?\d* | \.\d+)%(end)s)
  | (?P<name>/(?:[!"$&'*-.0-;=?-Z\\^-z|~]|\#(?:[2-9A-Fa-f][\dA-Fa-f]))+)
  | (?P<s>\(%(inner)s(?:\(%(inner)s(?:\(%(inner)s\)%(inner)s)*+\)%(inner)s)*+\))
  | (?P<hex><(?:[0-9A-Fa-f \t\r\n\f])*>)
  | (?P<opens><<|\[)
  | (?P<closes>>>|\])
  | (?P<word>[A-Za-z'"][A-Za-z0-9]*\*?%(end)s)
    """ % {b"end": rb"(?=[ \t\r\n\f()<>\[\]/%%]|\Z)", b"inner": _INNER}, re.X)
#: an operator with short numbers alone before it: most of a page, and read at one go
_SHORT = re.compile(rb"[ \t\r\n]*+((?:[-+]?(?:\d{1,6}(?:\.\d{0,8})?|\.\d{1,8})[ \t\r\n]++)*+)"
                    rb"(?!true|false|null)([A-Za-z'\"][A-Za-z0-9]*+\*?)(?=[ \t\r\n]|\Z)")
_NUMBERED = re.compile("#(..)")
_BOUNDS, _CONSTANTS = b" \t\r\n\f()<>[]/%", {b"true", b"false", b"null"}
_ESCAPE = re.compile(rb"\\(\r\n?|\n|[0-7]{1,3}|.)", re.S)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\r\n": b"", b"\r": b"", b"\n": b""}
#: operators by their operands (n: number, s: string, a: array, d: dictionary, /: name; *: by the space of colours) and
#: where they stand (p: page, t: text, x: path, c: path that limits; Figure 9 of the standard)
_OPERATORS = """
n pt J j M i Tc Tw Tz TL Tr Ts
n ptx w g G
an pt d
/ pt ri gs cs CS BMC MP
nnn ptx rg RG
nnnn ptx k K
/n pt Tf
// pt BDC DP
/d pt BDC DP
- pt EMC
* pt sc SC scn SCN
- p q Q BT BI
nnnnnn p cm
/ p sh Do
nn px m
nnnn px re
nn x l
nnnnnn x c
nnnn x v y
- x h W W*
- pxc S s f F f* B B* b b* n
nn t Td TD
nnnnnn t Tm
- t T* ET
s t Tj '
nns t "
a t TJ
nn p d0
nnnnnn p d1
"""
#: operator -> operands it may have, where it stands
OPERATORS: dict[bytes, tuple[set[str], str]] = {}
for _line in _OPERATORS.strip().splitlines():
    _operands, _where, *_names = _line.split(" ")
    for _one in _names:
        OPERATORS.setdefault(_one.encode(), (set(), _where))[0].add(_operands.replace("-", ""))


class Stray(ValueError):
    """Something that stands outside the language, or means nothing in it; `str` names it."""


class Array(NamedTuple):
    """The values of an array, and what kinds they are of, a letter each."""

    kinds: str
    values: list[Any]


class Words:
    """The operators of what one page, form, pattern or letter draws, each with its operands."""

    def __init__(self, parts: list[bytes], spend: Callable[[int], None]) -> None:
        """`parts`: drawn one after the other. `spend`: told how many bytes are to be read."""
        self._parts, self._spend = parts, spend
        self._kinds, self._values = "", list[Any]()
        #: arrays and dictionaries that are open, each with the operands before it
        self._open: list[tuple[bytes, str, list[Any]]] = []
        self.data, self.at = b"", 0

    def __iter__(self) -> Iterator[tuple[bytes, str, list[Any]]]:
        """Each operator, the kinds of its operands, and these: numbers and strings as they are written. After "ID" who
        reads must put `at` behind the picture. Raises Stray.
        """
        before = b" "
        for part in self._parts:
            self._spend(len(part))
            if part and before not in _BOUNDS and part[0] not in _BOUNDS:
                raise Stray("/Contents")  # one reader joins the words, another does not
            before, self.data, self.at = part[-1:] or before, part, 0
            while True:
                if not self._values and not self._open and (found := _SHORT.match(self.data, self.at)):
                    self.at, values = found.end(), list[Any](found[1].split())
                    yield found[2], "n" * len(values), values
                    continue
                if not (found := _WORD.match(self.data, self.at)):
                    break
                self.at, kind = found.end(), found.lastgroup
                if kind == "n":
                    self._kinds += "n"
                    self._values.append(found[0])
                    if (long := len(found[0])) > _DIGITS and (
                            long > LONGEST[kind] or abs(float(found[0])) >= LARGEST):
                        raise Stray(told(found[0]))
                elif kind == "word" and found[0] not in _CONSTANTS and not self._open:
                    kinds, values, self._kinds, self._values = self._kinds, self._values, "", []
                    yield found[0], kinds, values
                elif kind != "blank":
                    self._take(kind, found[0])
            if self.at < len(self.data):
                raise Stray(told(self.data[self.at:self.at + 20].split()[0]))
        if self._open or self._values:
            raise Stray("/Contents")

    def _take(self, kind: str | None, word: bytes) -> None:
        """An operand other than a number."""
        if kind == "opens":
            if len(self._open) >= _DEEPEST:
                raise Stray(word.decode())
            self._open.append((word, self._kinds, self._values))
            self._kinds, self._values = "", []
        elif kind == "closes":
            opened, kinds, values = self._open.pop() if self._open else (b"", "", [])
            if opened != {b"]": b"[", b">>": b"<<"}[word]:
                raise Stray(told(word))
            is_array = word == b"]"
            values.append(Array(self._kinds, self._values) if is_array else dictionary(self._kinds, self._values))
            self._kinds, self._values = kinds + ("a" if is_array else "d"), values
        elif kind == "word" and word not in _CONSTANTS or len(word) > LONGEST.get(kind, inf):
            raise Stray(told(word))
        else:
            self._kinds += "k" if kind == "word" else "/" if kind == "name" else "s"
            self._values.append(word.decode() if kind == "name" else word)


def long_number(data: bytes) -> str:
    """The first number of many figures in the bytes of a file: what is read of it here its value no longer tells."""
    for found in _FIGURES.finditer(data[::_STEP]):
        if many := _MANY.search(data, max(0, (found.start() - 1) * _STEP), (found.end() + 2) * _STEP):
            return told(many[0])
    return ""


def dictionary(kinds: str, values: list[Any]) -> dict[str, Any]:
    """Keys and values as they were written one after the other. Raises Stray where a key is none, or stands twice."""
    keys = [spelled(key) if isinstance(key, str) else key for key in values[::2]]
    if len(values) % 2 or set(kinds[::2]) - {"/"} or len(set(keys)) < len(keys):
        raise Stray(next((key for key in keys if isinstance(key, str) and keys.count(key) > 1), "<<"))
    return dict(zip(values[::2], values[1::2], strict=True))


def spelled(name: str) -> str:
    """A name without the numbers by which its letters may be written."""
    return _NUMBERED.sub(lambda found: chr(int(found[1], 16)), name) if "#" in name else name


def text(word: bytes) -> bytes:
    """What a string says."""
    if word[:1] == b"<":
        digits = b"".join(word[1:-1].split())
        if len(digits) % 2:
            raise Stray(told(word))
        return bytes.fromhex(digits.decode())
    return _ESCAPE.sub(_escaped, word[1:-1]) if b"\\" in word else word[1:-1]


def _escaped(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 8)]) if found[1][:1].isdigit() else _ESCAPED.get(found[1], found[1])


def told(word: bytes) -> str:
    """A word as it may be shown."""
    return "".join(chr(one) if 32 < one < 127 else f"\\x{one:02x}" for one in word[:24])
