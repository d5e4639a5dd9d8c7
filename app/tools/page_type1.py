"""Which letters a Type 1 font within a PDF has, and by which codes (Adobe Type 1 Font Format 2, 7; ISO 32000-2 9.9.1).

It runs nothing: names are found where programs write them, in the one way that every reader finds them.
"""

import re
from functools import lru_cache
from typing import NamedTuple

#: bytes of a font that is looked into, the key of its hidden part, and bytes before that
_MOST, _KEY, _BEFORE = 2_000_000, 55_665, 4
_HIDDEN = re.compile(rb"[\r\n]currentfile eexec[ \t]*(?:\r\n|\r|\n)")
_STANDARD, _OWN = re.compile(rb"[\r\n]/Encoding StandardEncoding def\s"), re.compile(rb"[\r\n]/Encoding 256 array\s")
_PUT = re.compile(rb"[\r\n]dup[ \t]+(\d{1,3})[ \t]*/([!-$&'*-.0-;=?-Z\\^-z|~]+)[ \t]+put(?=\s)")
_FOR = re.compile(rb"\bfor\b")
_LETTERS = re.compile(rb"/CharStrings\s+\d+\s+dict\s+dup\s+begin\s+")
_LETTER = re.compile(rb"/([!-$&'*-.0-;=?-Z\\^-z|~]+)\s+(\d{1,5})\s+(?:RD|-\|)\s")
_AFTER = re.compile(rb"\s*(?:ND|\|-|noaccess\s+def)\s+")


class Letters(NamedTuple):
    """The names of a font's letters; what codes it gives names, None: those of the standard."""

    names: frozenset[str]
    codes: dict[int, str] | None


@lru_cache(maxsize=64)
def letters(program: bytes) -> Letters:
    """Raises ValueError where they are not found beyond doubt."""
    begins = _HIDDEN.search(program)
    if begins is None or len(program) > _MOST or program.count(b"eexec", 0, begins.end()) != 1:
        raise ValueError("eexec")
    return Letters(_names(_shown(program[begins.end():])), _codes(program[:begins.start() + 1]))


def _shown(hidden: bytes) -> bytes:
    """What the second part of the program says."""
    key, said = _KEY, bytearray()
    for one in hidden:
        said.append(one ^ key >> 8)
        key = (one + key) * 52_845 + 22_719 & 0xFFFF
    return bytes(said[_BEFORE:])


def _codes(clear: bytes) -> dict[int, str] | None:
    if clear.count(b"/Encoding") != 1:
        raise ValueError("/Encoding")
    if _STANDARD.search(clear):
        return None
    begins = _OWN.search(clear)
    put = _PUT.findall(clear)
    found = {int(code): f"/{name.decode('ascii')}" for code, name in put}
    # the first one puts "no letter" behind every code
    if begins is None or len(found) < len(put) or max(found, default=0) > 255 or len(
            re.findall(rb"\bput\b", clear[begins.end():])) != len(put) + bool(_FOR.search(clear, begins.end())):
        raise ValueError("/Encoding")
    return {code: name for code, name in found.items() if name != "/.notdef"}


def _names(private: bytes) -> frozenset[str]:
    begins = _LETTERS.search(private)
    if begins is None or private.count(b"/CharStrings") != 1:
        raise ValueError("/CharStrings")
    at, found = begins.end(), list[str]()
    while one := _LETTER.match(private, at):
        found.append(f"/{one[1].decode('ascii')}")
        after = _AFTER.match(private, one.end() + int(one[2]))
        if after is None:
            raise ValueError(found[-1])
        at = after.end()
    if not private.startswith(b"end", at) or len(set(found)) < len(found):
        raise ValueError("/CharStrings")
    return frozenset(found)
