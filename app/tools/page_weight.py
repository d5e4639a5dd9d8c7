"""What the pages of a PDF cost whoever draws them: the bytes of their programs, those of a form, a mask, a tile or a
letter as often as it is drawn (security.md S7).

Two kilobytes of forms that draw one another draw without end. So it is counted before anything is drawn, and whatever
else is wrong with the pages: readers draw that, too, and what is no word counts too much rather than too little. It
judges nothing (page_program.py).
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import pikepdf

from app.tools.suspect_look import inherited
from app.tools.suspect_stream import unpacked

#: bytes that a file is drawn with, and for each of its pages (one full of print has 20,000); what a form costs at all
MOST_DRAWN, OF_PAGE, _FORM = 16_000_000, 30_000, 200
#: by which part less a letter costs that the file draws itself: it is read once
_LETTER = 8
#: forms within forms that are drawn; pages that may be drawn with more each; bytes of a string that are no words to all
_DEEPEST, _MOST_PAGES, _LONGEST = 40, 2_000, 32_000
_TOKEN = re.compile(rb"""
    (?P<text>\((?:[^()\\]|\\.|\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*+\))*+\))*+\) | <[0-9A-Fa-f%(blank)s]*+>)
  | %%[^\r\n]*+ | << | >>
  | (?P<name>/[^%(blank)s()<>\[\]{}/%%]*+)
  | (?P<word>[A-Za-z'"][^%(blank)s()<>\[\]{}/%%]*+)
  | (?P<loose>[(<])
    """ % {b"blank": rb"\0\t\n\f\r\ "}, re.X | re.S)
_NUMBERED = re.compile(rb"#([0-9A-Fa-f]{2})")
_SHOWS = {b"Tj", b"TJ", b"'", b'"'}
_PAINTS = _SHOWS | {b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"S", b"s", b"sh", b"Do", b"EI"}
#: operators that give what is filled, and lines, a colour
_FILLS, _LINES = {b"g", b"rg", b"k", b"cs", b"sc", b"scn"}, {b"G", b"RG", b"K", b"CS", b"SC", b"SCN"}


class _TooMuch(Exception):
    """What is drawn comes to more than is looked at."""


class _Costs(NamedTuple):
    """What is paid by each thing that is painted: a mask, the tiles of what is filled and of lines, a letter."""

    mask: int = 0
    fill: int = 0
    line: int = 0
    letter: int = 0


def draws_too_much(document: pikepdf.Pdf) -> bool:
    """Whether the pages, and the notes on them, are drawn with more bytes than a file may."""
    pages, left = list(_pages(document)), MOST_DRAWN
    weights = _Weights(MOST_DRAWN + OF_PAGE * min(len(pages), _MOST_PAGES))
    try:
        for number, (page, times) in enumerate(pages):
            left -= max(0, weights.page(page, number) - (OF_PAGE if number < _MOST_PAGES else 0)) * times
            if left < 0:
                return True
    except _TooMuch:
        return True
    return False


def _pages(document: pikepdf.Pdf) -> Iterator[tuple[Any, int]]:
    """All that any reader may take for a page, and how often it is one."""
    times, found = Counter[tuple[int, int]](), list[Any]()
    for item in document.objects:
        if isinstance(item, pikepdf.Dictionary):
            kids = item.get("/Kids")
            for kid in kids if isinstance(kids, pikepdf.Array) else ():
                if isinstance(kid, pikepdf.Dictionary):
                    times[kid.objgen] += kid.is_indirect
                    found += [] if kid.is_indirect else [kid]
            if isinstance(item.get("/Contents"), (pikepdf.Stream, pikepdf.Array)) or "/Annots" in item:
                found.append(item)
    for page in found:
        yield page, max(1, times[page.objgen])


class _Listed:
    """What some resources name; asked once for each kind."""

    def __init__(self, given: Any, key: Any) -> None:
        """`key`: by what the file knows them from others."""
        self._given, self.key = given, key
        self._lists: dict[str, dict[str, Any]] = {}

    def of(self, kind: str) -> dict[str, Any]:
        """All of a kind, by name."""
        if kind not in self._lists:
            those = self._given.get(kind) if isinstance(self._given, pikepdf.Dictionary) else None
            self._lists[kind] = dict(those.items()) if isinstance(those, pikepdf.Dictionary) else {}
        return self._lists[kind]

    @cached_property
    def is_plain(self) -> bool:
        """Whether nothing that is named is a program itself."""
        return not any(
            isinstance(one, pikepdf.Stream) and one.get("/Subtype") != "/Image" for one in self.of("/XObject").values()
        ) and not any(isinstance(one, pikepdf.Stream) for one in self.of("/Pattern").values()) and not any(
            isinstance(one, pikepdf.Dictionary) and (
                isinstance(one.get("/SMask"), pikepdf.Dictionary) or one.get("/Subtype") == "/Type3")
            for kind in ("/ExtGState", "/Font") for one in self.of(kind).values())


class _Named:
    """What a program names: among its own resources, or those of its page."""

    def __init__(self, own: _Listed, page: _Listed) -> None:
        self.own, self.page = own, page
        #: whether what is drawn depends on what the page names
        self.is_of_page = False

    def found(self, kind: str, name: bytes | None = None) -> list[Any]:
        """What a name stands for; without one that can be told: all of this kind."""
        own, page = self.own.of(kind), self.page.of(kind)
        if name is None:
            self.is_of_page |= bool(page)
            return [*own.values(), *page.values()]
        key = _NUMBERED.sub(lambda one: bytes([int(one[1], 16)]), name).decode("utf-8", "replace")
        self.is_of_page |= key not in own
        return [those[key] for those in (own, page) if key in those][:1]


class _Weights:
    """The weights of what one file draws, each read once."""

    def __init__(self, most: int) -> None:
        """`most`: bytes that are read at all."""
        self._known: dict[Any, tuple[int, bool]] = {}
        self._read, self._left = dict[Any, bytes](), most

    def page(self, page: pikepdf.Dictionary, number: int) -> int:
        """Of a page and the looks of all notes on it. Raises _TooMuch."""
        resources, contents, notes = (inherited(page, "/Resources"), page.get("/Contents"), page.get("/Annots"))
        key = resources.objgen if isinstance(resources, pikepdf.Dictionary) and resources.is_indirect else number
        listed = _Listed(resources, key)
        named = _Named(listed, listed)
        parts = contents if isinstance(contents, pikepdf.Array) else [contents]
        data = b" ".join(_bytes(one) for one in parts if isinstance(one, pikepdf.Stream))
        weight, _ = self._program(data, named, 0)
        for note in notes if isinstance(notes, pikepdf.Array) else ():
            look = note.get("/AP") if isinstance(note, pikepdf.Dictionary) else None
            shown = look.get("/N") if isinstance(look, pikepdf.Dictionary) else None
            for one in shown.values() if isinstance(shown, pikepdf.Dictionary) else [shown]:
                weight += self._stream(one, named, 1)
        return weight

    def _stream(self, given: Any, above: _Named, depth: int) -> int:
        """Of a form, a tile or a letter, by its own resources, else those of what draws it."""
        if not isinstance(given, pikepdf.Stream) or given.get("/Subtype") == "/Image" or depth > _DEEPEST:
            return 0
        own = _Listed(given["/Resources"], given.objgen) if "/Resources" in given else above.own
        keys = (given.objgen, own.key, None), (given.objgen, own.key, above.page.key)
        found = next((self._known[key] for key in keys if key in self._known), None)
        if found is None:
            self._known[keys[1]] = 0, True  # one that draws itself is drawn no further
            found = self._program(self._bytes_of(given), _Named(own, above.page), depth)
            del self._known[keys[1]]
            self._known[keys[found[1]]] = found
        above.is_of_page |= found[1]
        return found[0]

    def _bytes_of(self, form: pikepdf.Stream) -> bytes:
        if form.objgen not in self._read:
            self._read[form.objgen] = _bytes(form)
            self._left -= len(self._read[form.objgen])
            if self._left < 0:
                raise _TooMuch
        return self._read[form.objgen]

    def _program(self, data: bytes, named: _Named, depth: int) -> tuple[int, bool]:
        """What it costs, and whether that depends on what the page names."""
        weight = _FORM + len(data)
        if named.own.is_plain and named.page.is_plain:
            named.is_of_page = named.own is not named.page
        else:
            weight += sum(self._drawn(data, named, depth + 1))
        if weight > MOST_DRAWN:
            raise _TooMuch
        return weight, named.is_of_page

    def _drawn(self, data: bytes, named: _Named, depth: int) -> Iterator[int]:
        """Of each thing that is drawn what it costs beside its words."""
        name, said, costs, kept, is_loose, spent = None, 0, _Costs(), list[_Costs](), False, 0
        for token in _TOKEN.finditer(data):
            kind, word = token.lastgroup, token[0]
            if kind == "name":
                name = word
            elif kind == "text":
                name, said, is_loose = None, said + len(word), is_loose or len(word) > _LONGEST
            elif kind == "loose" or word == b"ID":
                is_loose = True  # where it ends who knows: what it seems to say gives nothing back any more
            elif kind == "word":
                if word == b"q":
                    kept.append(costs)
                elif word == b"Q" and kept:
                    costs = kept.pop() if not is_loose else costs
                elif word in _PAINTS:
                    spent += (drawn := self._painted(word, name, said, costs, named, depth))
                    if spent > MOST_DRAWN:
                        raise _TooMuch
                    yield drawn
                elif (changed := self._changed(word, name, costs, named, depth)) is not costs:
                    costs = _Costs(*map(max, costs, changed)) if is_loose else changed
                name, said = None, 0

    def _painted(self, word: bytes, name: bytes | None, said: int, costs: _Costs, named: _Named, depth: int) -> int:
        letters = said if word in _SHOWS else 1
        once = costs.mask + (costs.fill + costs.line) * letters
        if word == b"Do":
            return once + max((self._stream(one, named, depth) for one in named.found("/XObject", name)), default=0)
        return once + (costs.letter * letters // _LETTER if word in _SHOWS else 0)

    def _changed(self, word: bytes, name: bytes | None, costs: _Costs, named: _Named, depth: int) -> _Costs:
        """What is paid from here on."""
        if word == b"gs":
            masks = [one["/SMask"] for one in named.found("/ExtGState", name)
                     if isinstance(one, pikepdf.Dictionary) and "/SMask" in one]
            return costs._replace(mask=max(self._stream(
                one.get("/G"), named, depth) if isinstance(one, pikepdf.Dictionary) else 0 for one in masks)
            ) if masks else costs
        if word == b"Tf":
            return costs._replace(letter=max((
                self._letters(one, named, depth) for one in named.found("/Font", name)), default=0))
        if word in _FILLS | _LINES:
            tile = max((self._stream(one, named, depth) for one in named.found("/Pattern", name)),
                       default=0) if word in (b"scn", b"SCN") and name else 0
            return costs._replace(fill=tile) if word in _FILLS else costs._replace(line=tile)
        return costs

    def _letters(self, font: Any, named: _Named, depth: int) -> int:
        """Of the letter of a font that costs most, where the file draws them itself."""
        drawings = font.get("/CharProcs") if isinstance(font, pikepdf.Dictionary) else None
        letters = [one for _, one in drawings.items()] if isinstance(drawings, pikepdf.Dictionary) else []
        if not letters:
            return 0
        own = _Listed(font["/Resources"], letters[0].objgen) if "/Resources" in font else named.own
        within = _Named(own, named.page)
        heaviest = max((self._stream(one, within, depth) for one in letters), default=0)
        named.is_of_page |= within.is_of_page
        return heaviest


def _bytes(stream: pikepdf.Stream) -> bytes:
    """What a reader takes it for, also where it is damaged."""
    try:
        return stream.read_bytes()
    except pikepdf.PdfError:
        return unpacked(stream)
