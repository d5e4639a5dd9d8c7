"""Fonts that a page names, by the letter of ISO 32000-2 (9.5 to 9.7): whose letters they are and how wide.

A font of which two readers take two letters, or two widths, for one code is a Stray. It draws no letter.
"""

import struct
from io import BytesIO
from typing import Any, NamedTuple

import pikepdf
from fontTools.agl import AGL2UV, LEGACY_AGL2UV
from fontTools.ttLib import TTFont, TTLibError

from app.tools.page_means import is_number, matrix, numbers, whole
from app.tools.page_packed import bytes_of
from app.tools.page_words import Stray

#: fonts that every reader has (9.6.2.2)
_STANDARD = {"/Courier", "/Helvetica", "/Times", "/Symbol", "/ZapfDingbats"}
_ENCODINGS = {"/WinAnsiEncoding", "/MacRomanEncoding", "/MacExpertEncoding", "/StandardEncoding"}
#: which program belongs to which kind of font: its key, and of which kind it says it is
_PROGRAMS = {
    "/Type1": {("/FontFile", ""), ("/FontFile3", "/Type1C"), ("/FontFile3", "/OpenType")},
    "/MMType1": {("/FontFile", ""), ("/FontFile3", "/Type1C")},
    "/TrueType": {("/FontFile2", ""), ("/FontFile3", "/OpenType")},
    "/CIDFontType0": {("/FontFile3", "/CIDFontType0C"), ("/FontFile3", "/OpenType")},
    "/CIDFontType2": {("/FontFile2", ""), ("/FontFile3", "/OpenType")}}
#: fonts whose codes are their own; the tables in which readers seek them (platform, encoding); codes that mean the same
#: letter in each
_SYMBOLIC, _TABLES, _PRINTED = 4, {(1, 0), (3, 0), (3, 1)}, range(0x21, 0x7F)
#: from where a table of a symbolic font counts its codes
_BASES = (0, 0xF000, 0xF100, 0xF200)
_MOST_CODES = 0x10000
#: blanks and breaks: that they show nothing needs no letter
_BLANKS = frozenset({0x09, 0x0A, 0x0D, 0x20, 0xA0})
#: names of letters that readers have a list of
_NAMES = frozenset({*AGL2UV, *LEGACY_AGL2UV, ".notdef"})
#: how wide each letter of Courier is
_COURIER = 600


class Font(NamedTuple):
    """How the codes of a font are read."""

    #: whether two bytes are one letter, and codes that have a width
    is_wide: bool
    first: int = 0
    last: int = 255
    #: codes that lead to a letter; None: which do only the reader's own font knows, or each of the others
    known: frozenset[int] | None = None
    #: of letters that the file draws itself: the drawings
    drawings: tuple[pikepdf.Stream, ...] = ()
    matrix: tuple[float, ...] = ()
    resources: Any = None

    def has(self, code: int) -> bool:
        """Whether the code has a width and a letter: what a reader shows for a letter that is missing is its own."""
        return self.first <= code <= self.last and (self.known is None or code in self.known or code in _BLANKS)


def font(given: Any) -> Font:
    """The font that a page names. Raises Stray."""
    if not isinstance(given, pikepdf.Dictionary) or given.get("/Type", "/Font") != "/Font":
        raise Stray("/Font")
    kind = str(given.get("/Subtype"))
    if kind == "/Type3":
        return _drawn(given)
    if kind == "/Type0":
        return _composed(given)
    if kind not in ("/Type1", "/MMType1", "/TrueType") or not isinstance(given.get("/BaseFont"), pikepdf.Name):
        raise Stray("/Font")
    is_inside = _program(given, kind)
    _encoded(given)
    if "/FontFile2" not in given.get("/FontDescriptor", {}):
        _named(given, is_inside=is_inside)
    known = _one_letter_a_code(given) if kind == "/TrueType" and is_inside else None
    name = str(given.BaseFont)
    if "/Widths" not in given and not is_inside and name.split("-")[0] in _STANDARD:
        return Font(False)
    first = whole(given, "/FirstChar", range(256))
    last = whole(given, "/LastChar", range(first, 256))
    widths = numbers(given, "/Widths", last - first + 1)
    if not is_inside and name.startswith("/Courier") and set(widths) == {_COURIER}:
        return Font(False)  # as wide without being told
    return Font(False, first, last, known)


def _program(given: pikepdf.Dictionary, kind: str) -> bool:
    """Whether the font is inside the file. Raises Stray where it is two, or another."""
    about = given.get("/FontDescriptor")
    if about is None:
        return False
    if not isinstance(about, pikepdf.Dictionary) or not isinstance(about.get("/Flags", _SYMBOLIC), int):
        raise Stray("/FontDescriptor")
    found = [key for key in ("/FontFile", "/FontFile2", "/FontFile3") if key in about]
    for key in found:
        said = str(about[key].get("/Subtype", "")) if isinstance(about[key], pikepdf.Stream) else "?"
        if len(found) > 1 or (key, said if key == "/FontFile3" else "") not in _PROGRAMS[kind]:
            raise Stray(key)
    return bool(found)


def _encoded(given: pikepdf.Dictionary, *, is_own: bool = False) -> None:
    encoding = given.get("/Encoding")
    if isinstance(encoding, pikepdf.Dictionary):
        if str(encoding.get("/BaseEncoding", "/StandardEncoding")) not in _ENCODINGS:
            raise Stray("/BaseEncoding")
        listed, code, seen = list(encoding.get("/Differences", ())), -1, set[int]()
        for one in listed:
            if isinstance(one, int) and not isinstance(one, bool) and 0 <= one < 256:
                code = one
            elif isinstance(one, pikepdf.Name) and 0 <= code < 256 and code not in seen:
                seen.add(code)
                code += 1
            else:
                raise Stray("/Differences")
    elif is_own or encoding is not None and str(encoding) not in _ENCODINGS:
        raise Stray("/Encoding")


def _drawn(given: pikepdf.Dictionary) -> Font:
    """A font whose letters the file draws itself (Type 3)."""
    first = whole(given, "/FirstChar", range(256))
    last = whole(given, "/LastChar", range(first, 256))
    numbers(given, "/Widths", last - first + 1)
    numbers(given, "/FontBBox", 4)
    placed = matrix(given, "/FontMatrix")
    _encoded(given, is_own=True)
    drawings, resources = given.get("/CharProcs"), given.get("/Resources")
    if not isinstance(drawings, pikepdf.Dictionary) or "/FontMatrix" not in given:
        raise Stray("/Type3")
    streams = tuple(one for _, one in drawings.items())
    if not all(isinstance(one, pikepdf.Stream) for one in streams):
        raise Stray("/CharProcs")
    return Font(False, first, last, None, streams, tuple(placed), resources)


def _composed(given: pikepdf.Dictionary) -> Font:
    """A font of many letters (Type 0)."""
    inner = given.get("/DescendantFonts")
    if not isinstance(inner, pikepdf.Array) or len(inner) != 1 or not isinstance(inner[0], pikepdf.Dictionary):
        raise Stray("/DescendantFonts")
    one = inner[0]
    kind = str(one.get("/Subtype"))
    if kind not in ("/CIDFontType0", "/CIDFontType2") or one.get("/Type", "/Font") != "/Font":
        raise Stray("/DescendantFonts")
    if given.get("/Encoding") != "/Identity-H" or not _program(one, kind):
        raise Stray("/Encoding")  # whose letters these are only the font tells, and it is not here
    letters, last = one.get("/CIDToGIDMap", "/Identity"), _MOST_CODES - 1
    if letters != "/Identity":
        last = len(bytes_of(letters, "/CIDToGIDMap")) // 2 - 1
        if kind == "/CIDFontType0" or len(letters.read_bytes()) % 2:
            raise Stray("/CIDToGIDMap")
    if not is_number(one.get("/DW", 1000)):
        raise Stray("/DW")
    _widths(one.get("/W", ()))
    return Font(True, 0, last)


def _widths(listed: Any) -> None:
    """The widths of letters: "code [widths]" or "first last width", no code twice."""
    if not isinstance(listed, (pikepdf.Array, tuple)):
        raise Stray("/W")
    values, seen = list(listed), set[int]()
    while values:
        first, then = values[0], values[1] if len(values) > 1 else None
        if isinstance(then, pikepdf.Array) and all(map(is_number, then)):
            last, used = first + len(then) - 1 if isinstance(first, int) else -1, 2
        else:
            last, used = then, 3
        if not isinstance(first, int) or not isinstance(last, int) or len(values) < used or not (
                0 <= first <= last + 1 <= _MOST_CODES) or used == 3 and not is_number(values[2]):
            raise Stray("/W")
        codes = range(first, last + 1)
        if not seen.isdisjoint(codes):
            raise Stray("/W")
        seen.update(codes)
        values = values[used:]


def _named(given: pikepdf.Dictionary, *, is_inside: bool) -> None:
    """Names that do not say to every reader which letter they are (9.6.5.1): of a font that is not here, those in no
    list. A font of outlines that brings codes of its own (Type 1C) is told which letters they are. Raises Stray.
    """
    encoding = given.get("/Encoding")
    if is_inside:
        if encoding is None and "/FontFile3" in given.FontDescriptor:
            raise Stray("/Encoding")
        return
    listed = encoding.get("/Differences", ()) if isinstance(encoding, pikepdf.Dictionary) else ()
    names = {str(one)[1:] for one in listed if isinstance(one, pikepdf.Name)}
    if not names <= _NAMES:
        raise Stray("/Differences")


def _one_letter_a_code(given: pikepdf.Dictionary) -> frozenset[int] | None:
    """The codes of a TrueType font that is inside, where they lead by themselves (9.6.5.4); None: by names.

    Each reader seeks them in another table, by code or by name. Raises Stray where the tables give two letters for one
    code, and where they are not those that all readers seek in; so may those of a font that cannot be read.
    """
    flags, program = given.FontDescriptor.get("/Flags", _SYMBOLIC), given.FontDescriptor.get("/FontFile2")
    if program is None:
        return None
    is_symbolic = bool(flags & _SYMBOLIC)
    if is_symbolic and isinstance(given.get("/Encoding"), pikepdf.Dictionary):
        raise Stray("/Encoding")
    try:
        with TTFont(BytesIO(program.read_bytes()), lazy=True) as inside:
            tables = {(one.platformID, one.platEncID): one.cmap for one in inside["cmap"].tables
                      if one.platformID in (0, 3) or (one.platformID, one.platEncID) in _TABLES}
    except (TTLibError, KeyError, ValueError, AssertionError, IndexError, struct.error, pikepdf.PdfError) as error:
        raise Stray("/FontFile2") from error
    is_by_code = is_symbolic or "/Encoding" not in given
    if not is_by_code and (3, 1) in tables:  # by the standard it is this one that names are sought in
        tables.pop((1, 0), None)
    letters = {seen: {one[code] for one in tables.values() for base in _BASES if (code := base + seen) in one}
               for seen in (range(256) if is_by_code else _PRINTED)}
    if not tables.keys() & _TABLES or any(len(found) > 1 for found in letters.values()):
        raise Stray("/FontFile2")
    return frozenset(seen for seen, found in letters.items() if found) if is_by_code else None
