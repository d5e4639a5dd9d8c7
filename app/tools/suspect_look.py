"""What readers of PDF draw each in their own way, though a file does nothing by itself (security.md S10).

A letter that one program shows with one amount and another with another is no signed document of either. Named here is
what ISO 32000 leaves to the reader, or what is wrong by it and drawn all the same: notes without a look, or with
another look under the pointer; what is printed elsewhere than it is seen; states of drawing that are no such states;
forms within forms beyond what programs follow. It does not draw: signing_drawn.py does.
"""

import re
import struct
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO

import pikepdf
from fontTools.ttLib import TTFont, TTLibError

#: annotations that are a place, not a look; whose look is another's business
_LOOKLESS = {"/Link", "/Popup", "/Widget"}
#: flag of an annotation that is not seen at all (ISO 32000-2 12.5.3)
HIDDEN = 2
#: marks for printers (14.11), and what stands elsewhere on paper (12.5.6.22)
_OF_PRINT = {"/PrinterMark", "/TrapNet", "/Watermark"}
#: parts of a page that are shown or printed alone (12.2), when they are not the page
_AREAS = ("/ViewArea", "/ViewClip", "/PrintArea", "/PrintClip")
#: parameters of a state of drawing (8.4.5) that are numbers; functions that change colours on some printers and screens
_NUMBERS, _FUNCTIONS = ("/ca", "/CA", "/LW", "/LC", "/LJ", "/ML", "/FL", "/SM"), ("/TR", "/TR2")
#: operators of letters that paint; where it is said how text is drawn, and as what it is seen
_PAINTS = {b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"S", b"s", b"sh", b"Do", b"BI", b"Tj", b"TJ", b"'", b'"'}
_MODE, _SEEN = re.compile(rb"(?:^|(?<=[\s>\])]))(\S*)(?:^|\s+)Tr(?![^\s/(<\[%])"), {b"0", b"1", b"2", b"4", b"5", b"6"}
_MODES, _IS_NUMBER = {*_SEEN, b"3", b"7"}, re.compile(rb"[-+.\d]+")
#: fonts whose codes are their own; the tables in which readers seek them (platform, encoding); codes that mean the same
#: letter in each
_SYMBOLIC, _TABLES, _PRINTED = 4, {(1, 0), (3, 0), (3, 1)}, range(0x21, 0x7F)
#: objects written inside each other
DEEPEST = 40
#: forms within forms that every reader follows
_MOST_NESTED = 20


def drawn_otherwise(item: pikepdf.Dictionary) -> Iterator[str]:
    """By which of its keys a dictionary is drawn by each reader in its own way."""
    if "/Collection" in item:  # a portfolio: the reader opens one of the files that are carried along
        yield "/Collection"
    yield from (key for key in _AREAS if item.get(key, "/CropBox") != "/CropBox")
    if "/Rect" in item and isinstance(item.get("/Subtype"), pikepdf.Name):
        yield from _of_note(item)
    states = item.get("/ExtGState")
    if isinstance(states, pikepdf.Dictionary) and not all(map(_is_plain, (one for _, one in states.items()))):
        yield "/ExtGState"


def _of_note(note: pikepdf.Dictionary) -> Iterator[str]:
    looks = note.get("/AP")
    looks = looks if isinstance(looks, pikepdf.Dictionary) else {}
    if {"/R", "/D"} & set(looks.keys()):
        yield "/AP"
    if str(note.Subtype) in _OF_PRINT or "/FixedPrint" in note:
        yield str(note.Subtype)
    if str(note.Subtype) not in _LOOKLESS and not is_unseen(note) and not isinstance(looks.get("/N"), pikepdf.Stream):
        yield "/AP"


def is_unseen(note: pikepdf.Dictionary) -> bool:
    """Whether a note is seen nowhere, beyond doubt: hidden, or without extent."""
    try:
        flags, sides = int(note.get("/F", 0)), [float(side) for side in note.Rect]
        return bool(flags & HIDDEN) or len(sides) == 4 and (sides[0] == sides[2] or sides[1] == sides[3])
    except (TypeError, ValueError):
        return False


def _is_plain(state: object) -> bool:
    """Whether a state of drawing is one: a reader passes over what is of the wrong kind, or takes it for nothing."""
    if not isinstance(state, pikepdf.Dictionary):
        return False
    mask = state.get("/SMask", "/None")
    if isinstance(mask, pikepdf.Dictionary):
        form = mask.get("/G")
        is_mask = (mask.get("/S") in ("/Alpha", "/Luminosity") and isinstance(form, pikepdf.Stream)
                   and isinstance(form.get("/Group"), pikepdf.Dictionary))
    else:
        is_mask = mask == "/None"
    return (is_mask and all(_is_number(state.get(key, 0)) for key in _NUMBERS)
            and isinstance(state.get("/BM", pikepdf.Name("/Normal")), pikepdf.Name)
            and all(state.get(key, "/Identity") in ("/Identity", "/Default") for key in _FUNCTIONS))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def drawn_otherwise_in_all(document: pikepdf.Pdf) -> str:
    """By what a file as a whole is drawn by each reader in its own way; "" when by nothing."""
    if _is_nested_deeper(document):
        return "/XObject"
    if any(_has_two_letters(font) for font in map(_of_truetype, document.objects) if font is not None):
        return "/FontFile2"
    return _unseen_by_some(document)


def _of_truetype(item: object) -> pikepdf.Dictionary | None:
    """The font, when an object is one of TrueType of which each reader seeks letters in another table: nothing tells
    whose letters its codes are (9.6.5.4)."""
    if not isinstance(item, pikepdf.Dictionary) or item.get("/Subtype") != "/TrueType":
        return None
    about = item.get("/FontDescriptor")
    if not isinstance(about, pikepdf.Dictionary) or not isinstance(about.get("/FontFile2"), pikepdf.Stream):
        return None
    flags = about.get("/Flags", _SYMBOLIC)
    return item if "/Encoding" not in item or not isinstance(flags, int) or flags & _SYMBOLIC else None


def _has_two_letters(font: pikepdf.Dictionary) -> bool:
    """Whether the tables of a font give two letters for one code; so may those of a font that cannot be read."""
    try:
        with TTFont(BytesIO(font.FontDescriptor.FontFile2.read_bytes()), lazy=True) as program:
            tables = [one.cmap for one in program["cmap"].tables if (one.platformID, one.platEncID) in _TABLES]
    except (TTLibError, KeyError, ValueError, AssertionError, IndexError, struct.error, pikepdf.PdfError):
        return True
    letters = ({one[code] for one in tables for code in (seen, 0xF000 + seen) if code in one} for seen in _PRINTED)
    return any(len(found) > 1 for found in letters)


def _is_nested_deeper(document: pikepdf.Pdf) -> bool:
    """Whether forms lie within forms beyond what every reader draws; so they may where they name no forms of theirs and
    take those of the page.
    """
    inner: dict[tuple[int, int], set[tuple[int, int]]] = {}
    without = 0
    for item in document.objects:
        if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Form":
            resources = item.get("/Resources")
            without += resources is None
            named = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
            inner[item.objgen] = {one.objgen for _, one in named.items() if isinstance(one, pikepdf.Stream)} \
                if isinstance(named, pikepdf.Dictionary) else set()
    for _ in range(_MOST_NESTED):  # takes away the innermost, layer by layer; what is left lies deeper, or in a circle
        inner = {key: found for key, held in inner.items() if (found := held & inner.keys())}
    return bool(inner) or without > _MOST_NESTED


def _unseen_by_some(document: pikepdf.Pdf) -> str:
    """Letters that a file draws itself (Type 3) take no part in being unseen, by ISO 32000-2 9.3.6, and some readers
    draw them: whether the file has such, which paint, and text that is not to be seen; or text in no mode there is.
    """
    drawings, streams = set[tuple[int, int]](), list[pikepdf.Stream]()
    for item in document.objects:
        if isinstance(item, pikepdf.Stream):
            streams += [item] * (item.get("/Subtype") != "/Image")
        drawings |= {one.objgen for font in _fonts(item) for _, one in font.get("/CharProcs", {}).items()
                     if isinstance(one, pikepdf.Stream)}
    try:
        drawn = [one for one in streams if one.get("/Subtype") == "/Form"] + list(_contents(document))
        modes = {mode[1] for one in drawn for mode in _MODE.finditer(one.read_bytes())}
        if any(_IS_NUMBER.fullmatch(mode) for mode in modes - _MODES):
            return "/Tr"
        paints = any(_PAINTS & set(one.read_bytes().split()) for one in streams if one.objgen in drawings)
        is_unseen = paints and any(mode[1] not in _SEEN for one in streams for mode in _MODE.finditer(one.read_bytes()))
    except pikepdf.PdfError:
        return "/Tr"
    return "/Tr" if is_unseen else ""


def _fonts(item: object, depth: int = 0) -> Iterator[pikepdf.Dictionary]:
    """The fonts of Type 3 that an object is or holds."""
    if isinstance(item, pikepdf.Stream):
        item = item.stream_dict
    if not isinstance(item, pikepdf.Dictionary) or depth > DEEPEST:
        return
    if item.get("/Subtype") == "/Type3":
        yield item
    for _, value in item.items():
        if isinstance(value, pikepdf.Dictionary) and not value.is_indirect:
            yield from _fonts(value, depth + 1)


def _contents(document: pikepdf.Pdf) -> Iterator[pikepdf.Stream]:
    """What the pages draw."""
    for page in document.pages:
        parts = page.obj.get("/Contents")
        for one in parts if isinstance(parts, pikepdf.Array) else [parts]:
            if isinstance(one, pikepdf.Stream):
                yield one
