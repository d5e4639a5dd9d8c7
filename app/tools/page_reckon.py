"""Whether a function that is written as a program (Type 4, ISO 32000-2 7.10.5) gives every reader the same number.

Readers count with few figures or with many, so a program that asks whether two numbers are equal, or makes a small
difference large, gives one colour here and another there. Taken are straight programs alone, and for each value is
reckoned how far two readers may be apart. It knows no colours.
"""

import re
from typing import NamedTuple

#: how far two readers may be apart in the end, and after each step, as part of the value
_APART, _ROUNDED = 1e-3, 6e-8
#: longest program, numbers on its stack, largest value
_MOST_WORDS, _MOST_KEPT, _LARGEST = 500, 50, 1e6
_PROGRAM = re.compile(rb"\s*\{([-+.\w\s]*)\}\s*")
_NUMBER = re.compile(r"[-+]?(?:\d{1,6}\.?\d{0,20}|\.\d{1,20})")


class Value(NamedTuple):
    """The largest that a number may be, how far two readers may be apart, and what it is where it is written."""

    most: float
    apart: float
    written: float | None = None


def is_reckoned_alike(program: bytes, takes: list[float], gives: int) -> bool:
    """`takes`: the largest of each number that goes in."""
    found = _PROGRAM.fullmatch(program)
    words = found[1].decode("ascii").split() if found else []
    kept = [Value(one, one * _ROUNDED) for one in takes]
    try:
        for word in words:
            _step(word, kept)
            if len(kept) > _MOST_KEPT or any(one.most > _LARGEST for one in kept):
                return False
    except (IndexError, ValueError):
        return False
    return 0 < len(words) <= _MOST_WORDS and len(kept) == gives and all(one.apart <= _APART for one in kept)


def _step(word: str, kept: list[Value]) -> None:
    """One word. Raises IndexError, ValueError where it has not what it needs, or is not known."""
    match word:
        case "add" | "sub":
            second, first = kept.pop(), kept.pop()
            kept.append(_rounded(first.most + second.most, first.apart + second.apart))
        case "mul":
            second, first = kept.pop(), kept.pop()
            kept.append(_rounded(first.most * second.most, first.most * second.apart + second.most * first.apart))
        case "div":
            by, first = kept.pop().written, kept.pop()
            if not by:
                raise ValueError(word)
            kept.append(_rounded(first.most / abs(by), (first.apart + first.most * _ROUNDED) / abs(by)))
        case "neg" | "abs" | "cvr":
            kept.append(kept.pop()._replace(written=None))
        case _ if _NUMBER.fullmatch(word):
            value = float(word)
            kept.append(_rounded(abs(value), 0)._replace(written=value))
        case _:
            _move(word, kept)


def _move(word: str, kept: list[Value]) -> None:
    """A word that changes the order of the numbers."""
    match word:
        case "dup":
            kept.append(kept[-1])
        case "exch":
            kept.extend((kept.pop(), kept.pop()))
        case "pop":
            kept.pop()
        case "copy":
            count = _count(kept, len(kept) - 1)
            kept.extend(kept[len(kept) - count:])
        case "index":
            count = _count(kept, len(kept) - 2)
            kept.append(kept[-1 - count])
        case "roll":
            turned = kept.pop().written
            if turned is None or turned != int(turned):
                raise ValueError(word)
            count = _count(kept, len(kept) - 1)
            if count:
                by, top = int(turned) % count, kept[-count:]
                kept[-count:] = top[count - by:] + top[:count - by]
        case _:
            raise ValueError(word)


def _rounded(most: float, apart: float) -> Value:
    return Value(most, apart + most * _ROUNDED)


def _count(kept: list[Value], most: int) -> int:
    """A written number of things that are there. Raises ValueError."""
    count = kept.pop().written
    if count is None or count != int(count) or not 0 <= count <= most:
        raise ValueError(count)
    return int(count)
