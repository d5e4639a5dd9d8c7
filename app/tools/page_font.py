"""Fonts that a page names, by the letter of ISO 32000-2 (9.5 to 9.7): whose letters they are and how wide.

A font of which two readers take two letters, or two widths, for one code is a Stray. It draws no letter.
"""

import re
import struct
from io import BytesIO
from typing import Any, NamedTuple

import pikepdf
from fontTools.agl import AGL2UV, LEGACY_AGL2UV, UV2AGL
from fontTools.cffLib import CFFFontSet
from fontTools.encodings.MacRoman import MacRoman
from fontTools.encodings.StandardEncoding import StandardEncoding
from fontTools.ttLib import TTFont, TTLibError

from app.tools.page_hints import moves
from app.tools.page_means import is_number, matrix, numbers, whole
from app.tools.page_packed import bytes_of
from app.tools.page_tables import are_told_once
from app.tools.page_type1 import letters
from app.tools.page_words import Stray

#: fonts that every reader has (9.6.2.2), and those of them whose letters have names of their own
_OWN_NAMES = {"/Symbol", "/ZapfDingbats"}
_STANDARD = _OWN_NAMES | {"/Times-Roman", "/Times-Bold", "/Times-Italic", "/Times-BoldItalic"} | {
    f"/{name}{look}" for name in ("Courier", "Helvetica") for look in ("", "-Bold", "-Oblique", "-BoldOblique")}
_ENCODINGS = {"/WinAnsiEncoding", "/MacRomanEncoding", "/MacExpertEncoding", "/StandardEncoding"}
#: which program belongs to which kind of font: its key, and of which kind it says it is
_PROGRAMS = {
    "/Type1": {("/FontFile", ""), ("/FontFile3", "/Type1C"), ("/FontFile3", "/OpenType")},
    "/MMType1": {("/FontFile", ""), ("/FontFile3", "/Type1C")},
    "/TrueType": {("/FontFile2", ""), ("/FontFile3", "/OpenType")},
    "/CIDFontType0": {("/FontFile3", "/CIDFontType0C"), ("/FontFile3", "/OpenType")},
    "/CIDFontType2": {("/FontFile2", ""), ("/FontFile3", "/OpenType")}}
#: flags (9.8.2) of fonts whose codes are their own, whose codes are letters as printed, whose letters all are capitals
_SYMBOLIC, _LETTERS, _CAPITALS = 4, 32, 0x30000
#: the tables in which readers seek codes (platform, encoding); codes that mean the same letter in each
_TABLES, _PRINTED = {(1, 0), (3, 0), (3, 1)}, range(0x21, 0x7F)
#: from where a table of a symbolic font counts its codes
_BASES = (0, 0xF000, 0xF100, 0xF200)
_MOST_CODES, _WIDEST = 0x10000, 0x8000
#: blanks and breaks: that they show nothing needs no letter
_BLANKS = frozenset({0x09, 0x0A, 0x0D, 0x20, 0xA0})
#: names of letters that readers have a list of
_NUMBERED = re.compile("/uni([0-9A-F]{4})")
_NAMES = frozenset({*AGL2UV, *LEGACY_AGL2UV, ".notdef"})
#: what the standards name each code (Annex D)
_BASE = {
    "/StandardEncoding": {code: f"/{name}" for code, name in enumerate(StandardEncoding) if name != ".notdef"},
    "/MacRomanEncoding": {code: f"/{name}" for code, name in enumerate(MacRoman)} | {0xCA: "/space"},
    "/WinAnsiEncoding": {code: f"/{UV2AGL[ord(bytes([code]).decode('cp1252'))]}" for code in range(32, 256)
                         if ord(bytes([code]).decode("cp1252", "replace")) in UV2AGL} | {
        0xA0: "/space", 0xAD: "/hyphen", 0xB2: "/twosuperior", 0xB3: "/threesuperior", 0xB9: "/onesuperior"}}
#: how wide each letter of Courier is
_COURIER = 600
#: widths of a letter, and of a figure, to which every reader can fit that of another font
_FITTING, _FIGURES = (150, 1500), {code: (400, 800) for code in b"0123456789"}


#: what a font that is none makes of who reads it
_BROKEN = (TTLibError, KeyError, ValueError, AssertionError, IndexError, struct.error, pikepdf.PdfError)


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
        return self.first <= code <= self.last and (
            self.known is None or code in self.known or code in _BLANKS and not self.drawings)


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
    name, known = str(given.BaseFont), None
    if not is_inside:
        if name in _OWN_NAMES and kind != "/Type1":
            raise Stray("/Subtype")
        _of_another(given)
    elif kind == "/TrueType":
        known = _one_letter_a_code(given)
    else:
        known = _one_letter_a_name(given)
    if "/Widths" not in given and not is_inside and name in _STANDARD:
        return Font(False)
    first = whole(given, "/FirstChar", range(256))
    last = whole(given, "/LastChar", range(first, 256))
    widths = numbers(given, "/Widths", last - first + 1)
    if min(widths) < 0:  # some read no further, some to the left
        raise Stray("/Widths")
    if is_inside:
        return Font(False, first, last, known)
    if name.startswith("/Courier") and set(widths) == {_COURIER}:
        return Font(False)  # as wide without being told
    fitting = ((code, wide, *_FIGURES.get(code, _FITTING)) for code, wide in enumerate(widths, first))
    return Font(False, first, last, frozenset(code for code, wide, low, high in fitting if low <= wide <= high))


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
        if key == "/FontFile2" or said == "/OpenType":
            program = bytes_of(about[key], key)
            if not are_told_once(program) or moves(program):
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
    known = frozenset(code for code, name in _differences(given).items() if name in drawings)
    return Font(False, first, last, known, streams, tuple(placed), resources)


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
    whole(one, "/DW", range(_WIDEST), 1000)  # some pass over one that is not whole
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


def _differences(given: pikepdf.Dictionary) -> dict[int, str]:
    """Which codes a font gives names of its own, and which, once `_encoded` has asked them."""
    encoding, found, code = given.get("/Encoding"), dict[int, str](), 0
    for one in encoding.get("/Differences", ()) if isinstance(encoding, pikepdf.Dictionary) else ():
        if isinstance(one, pikepdf.Name):
            found[code], code = str(one), code + 1
        else:
            code = int(one)
    return found


def _of_another(given: pikepdf.Dictionary) -> None:
    """Raises Stray for a font that is not here, where its names do not say to every reader which letters they are, or
    each makes capitals of them or not.
    """
    encoding, about = given.get("/Encoding"), given.get("/FontDescriptor", {})
    if not {name[1:] for name in _differences(given).values()} <= _NAMES:
        raise Stray("/Differences")
    if "/MacExpertEncoding" in (encoding, encoding.get("/BaseEncoding") if isinstance(
            encoding, pikepdf.Dictionary) else None) or encoding is not None and str(given.BaseFont) in _OWN_NAMES:
        raise Stray("/Encoding")
    if int(about.get("/Flags", 0)) & _CAPITALS:
        raise Stray("/Flags")


def _one_letter_a_name(given: pikepdf.Dictionary) -> frozenset[int] | None:
    """The codes of a font of outlines (Type 1) that is inside, which lead to a letter of it; None: all. Raises Stray.

    One that brings codes of its own is told which letters they are: what it is not told some take from there, others
    from the standard (9.6.5.2). Of a name that no letter has some take the number, some a letter that looks alike.
    """
    encoding, about = given.get("/Encoding"), given.FontDescriptor
    packed = about.get("/FontFile3")
    if packed is not None and encoding is None:
        raise Stray("/Encoding")
    if packed is not None and packed.get("/Subtype") != "/Type1C":
        return frozenset(_differences(given)) if _is_told_alone(encoding) else None
    there, own = _outlines(given)
    is_letters = int(about.get("/Flags", _SYMBOLIC)) & (_SYMBOLIC | _LETTERS) == _LETTERS
    base = encoding.get("/BaseEncoding") if isinstance(encoding, pikepdf.Dictionary) else encoding
    if own is not None and (encoding is None and is_letters or base == "/StandardEncoding"):
        raise Stray("/Encoding")
    if encoding is None:
        names = own if own is not None else _BASE["/StandardEncoding"]
    else:
        names = _BASE.get(str(base), {}) | _differences(given)
        if str(base) == "/MacExpertEncoding":
            return None
    return frozenset(code for code, name in names.items() if name in there)


def _is_told_alone(encoding: Any) -> bool:
    return isinstance(encoding, pikepdf.Dictionary) and "/BaseEncoding" not in encoding


def _outlines(given: pikepdf.Dictionary) -> tuple[frozenset[str], dict[int, str] | None]:
    """The names of the letters of such a font, and those of its codes where it is no packed one. Raises Stray."""
    packed = given.FontDescriptor.get("/FontFile3")
    try:
        if packed is None:
            return letters(bytes_of(given.FontDescriptor.FontFile, "/FontFile"))
        fonts = CFFFontSet()
        fonts.decompile(BytesIO(packed.read_bytes()), None)
        return frozenset(f"/{name}" for name in fonts[0].charset), None
    except Stray:
        raise
    except (*_BROKEN, AttributeError, TypeError) as error:
        raise Stray("/FontFile" if packed is None else "/FontFile3") from error


def _one_letter_a_code(given: pikepdf.Dictionary) -> frozenset[int] | None:
    """The codes of a TrueType font that is inside, where they lead by themselves (9.6.5.4); None: by names.

    Each reader seeks them in another table, by code or by name. Raises Stray where the tables give two letters for one
    code, and where they are not those that all readers seek in; so may those of a font that cannot be read.
    """
    flags, program = given.FontDescriptor.get("/Flags", _SYMBOLIC), given.FontDescriptor.get("/FontFile2")
    if program is None:
        return None
    is_symbolic, names = bool(flags & _SYMBOLIC), _differences(given)
    if isinstance(given.get("/Encoding"), pikepdf.Dictionary) and flags & (_SYMBOLIC | _LETTERS) != _LETTERS:
        raise Stray("/Encoding")
    try:
        with TTFont(BytesIO(program.read_bytes()), lazy=True) as inside:
            tables = {(one.platformID, one.platEncID): one.cmap for one in inside["cmap"].tables
                      if one.platformID in (0, 3) or (one.platformID, one.platEncID) in _TABLES}
    except _BROKEN as error:
        raise Stray("/FontFile2") from error
    is_by_code = is_symbolic or "/Encoding" not in given
    if not is_by_code and (3, 1) in tables:  # by the standard it is this one that names are sought in
        tables.pop((1, 0), None)
    letters = {seen: {one[code] for one in tables.values() for base in _BASES if (code := base + seen) in one}
               for seen in (range(256) if is_by_code else _PRINTED)}
    if not tables.keys() & _TABLES or any(len(found) > 1 for found in letters.values()):
        raise Stray("/FontFile2")
    if is_by_code:
        return frozenset(seen for seen, found in letters.items() if found)
    return frozenset(range(256)) - {code for code, name in names.items() if _told(name) not in tables.get((3, 1), ())}


def _told(name: str) -> int | None:
    """The letter that a name stands for to every reader; others some seek by a number in it, some take for none."""
    if number := _NUMBERED.fullmatch(name):
        return int(number[1], 16)
    known = [AGL2UV[name[1:]]] if name[1:] in AGL2UV else LEGACY_AGL2UV.get(name[1:], [])
    return known[0] if len(known) == 1 else None
