"""Where on the pages of a PDF a signature is drawn, and what came after it (security.md S10).

Points from the top left corner of the page as one sees it, so that a viewer can draw them. It judges nothing: what
later changes mean is `signing_coverage.py`'s; a file too crooked to be walked through has no places.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature

from app.tools import appearance

#: pages that are looked through, and objects of one page
MOST_PAGES, MOST_OBJECTS = 500, 3000
_HIDDEN = 0b100010  # flags of an annotation: hidden, or shown nowhere
_SIZE, _NOWHERE = [0, 0, 595, 842], [0, 0, 0, 0]

#: {"page": from 1, "boxes": [[left, top, right, bottom]], "size": [width, height]}, all in points
Place = dict[str, Any]


def place_of(reader: PdfFileReader, signature: EmbeddedPdfSignature) -> Place | None:
    """Where the signature stands, the first time that one sees it; None: one does not."""
    return next(iter(places_of(reader, signature)), None)


def places_of(reader: PdfFileReader, signature: EmbeddedPdfSignature) -> list[Place]:
    """Everywhere that one sees it."""
    return [_place(number, page, [seen["/Rect"]]) for number, page, seen in drawn_as(reader, signature)]


def by_name(reader: PdfFileReader, pdf: bytes, name: str, beside: Iterable[Place]) -> list[Place]:
    """Where the signature of this person may belong, by the name that the pages print: on the last one that has it, and
    on the pages of those `beside`."""
    found = appearance.above_names(pdf, name, {one["page"] - 1 for one in beside})
    pages = dict(_pages(reader)) if found else {}
    return [_place(one.page + 1, pages[one.page + 1], [one.box]) for one in found if one.page + 1 in pages]


def drawn_as(reader: PdfFileReader, signature: EmbeddedPdfSignature) -> Iterator[
        tuple[int, generic.DictionaryObject, generic.DictionaryObject]]:
    """(number, page, what is drawn) wherever one sees the signature."""
    field = signature.sig_field
    own = field.container_ref
    widgets = {_reference(one) for one in _raw(_at(field, "/Kids"))} or {generic.Reference(own.idnum, own.generation)}
    for number, page in _pages(reader):
        for one in _raw(_at(page, "/Annots")):
            if _reference(one) in widgets and _is_seen(one.get_object()):
                yield number, page, one.get_object()


def too_many_pages(reader: PdfFileReader) -> bool:
    """Whether a signature may stand on a page that is not looked at."""
    return sum(1 for _ in _pages(reader)) >= MOST_PAGES


def changed_after(reader: PdfFileReader, signature: EmbeddedPdfSignature) -> list[Place]:
    """By page what is seen and came, or was changed, after the signature: notes by their boxes, content as the page."""
    before = reader.get_historical_resolver(signature.signed_revision)
    later: set[Any] = set()
    for revision in range(signature.signed_revision + 1, reader.xrefs.total_revisions):
        later |= set(reader.xrefs.explicit_refs_in_revision(revision))
    old_pages = {}
    for number, page in _pages(before):
        old_pages[number] = (page, {_reference(one) for one in _raw(_at(page, "/Annots"))})
    found = []
    for number, page in _pages(reader):
        old, had = old_pages.get(number, ({}, set()))
        notes = [one.get_object() for one in _raw(_at(page, "/Annots"))
                 if (reference := _reference(one)) in later or reference not in had]
        boxes = [one["/Rect"] for one in notes if _at(one, "/FT") != "/Sig" and _is_seen(one)]
        if not old or any(_at(page, key) != _at(old, key) for key in ("/MediaBox", "/CropBox", "/Rotate")) \
                or _drawn(page) != _drawn(old) or _drawn(page) & later:
            found.append(_place(number, page, [_box_of(page)]))
        elif boxes:
            found.append(_place(number, page, boxes))
    return found


def _pages(reader: Any) -> Iterator[tuple[int, generic.DictionaryObject]]:
    """(number from 1, page with what it inherits) in their order; no branch twice, however the tree is tied."""
    seen: set[Any] = set()
    waiting: list[tuple[Any, dict[str, Any]]] = [(reader.root.raw_get("/Pages"), {})]
    number = 0
    while waiting and number < MOST_PAGES and len(seen) < MOST_OBJECTS:
        one, given = waiting.pop()
        node = one.get_object() if isinstance(one, generic.IndirectObject) else one
        given = given | {key: node[key] for key in ("/MediaBox", "/CropBox", "/Rotate", "/Resources") if key in node}
        if "/Kids" in node:
            if (reference := _reference(one)) in seen:
                continue
            seen.add(reference)
            waiting += [(kid, given) for kid in reversed(_raw(node["/Kids"])[:MOST_PAGES])]
        else:
            number += 1
            yield number, generic.DictionaryObject({generic.pdf_name(key): value for key, value in given.items()} | {
                key: node.raw_get(key) for key in node})


def _drawn(page: generic.DictionaryObject) -> set[Any]:
    """References of all that a page is drawn with, but for its notes."""
    found: set[Any] = set()
    waiting: list[Any] = [page.raw_get(key) for key in ("/Contents", "/Resources") if key in page]
    while waiting and len(found) < MOST_OBJECTS:
        one = waiting.pop()
        if (reference := _reference(one)) is not None:
            if reference in found:
                continue
            found.add(reference)
            one = one.get_object()
        if isinstance(one, generic.DictionaryObject):  # a stream is one, too
            waiting += [one.raw_get(key) for key in one if key not in ("/Parent", "/P")]
        elif isinstance(one, generic.ArrayObject):
            waiting += _raw(one)
    return found


def _at(found: Any, key: str) -> Any:
    """What stands there, itself and not the reference to it, which `get` of the library would give; else None."""
    return found[key] if key in found else None


def _raw(array: Any) -> list[Any]:
    """What an array holds, references as such; [] of what is no array."""
    return [array.raw_get(place) for place in range(len(array))] if isinstance(array, generic.ArrayObject) else []


def _reference(one: Any) -> Any:
    """What an object is known by, whichever view of the file it was read through; None: it has no number."""
    return generic.Reference(one.idnum, one.generation) if isinstance(one, generic.IndirectObject) else None


def _is_seen(note: generic.DictionaryObject) -> bool:
    left, bottom, right, top = map(float, _at(note, "/Rect") or _NOWHERE)
    return left != right and bottom != top and not int(_at(note, "/F") or 0) & _HIDDEN


def _box_of(page: generic.DictionaryObject) -> list[float]:
    """What one sees of the page, in its own points."""
    return [float(one) for one in _at(page, "/CropBox") or _at(page, "/MediaBox") or _SIZE]


def _place(number: int, page: generic.DictionaryObject, boxes: Iterable[Iterable[Any]]) -> Place:
    x0, y0, x1, y1 = _sorted(_box_of(page))
    turn = int(_at(page, "/Rotate") or 0) % 360
    size = [x1 - x0, y1 - y0] if turn in (0, 180) else [y1 - y0, x1 - x0]
    found = []
    for box in boxes:
        left, bottom, right, top = _sorted([float(one) for one in box])
        left, bottom, right, top = max(left, x0), max(bottom, y0), min(right, x1), min(top, y1)
        found.append({
            90: [bottom - y0, left - x0, top - y0, right - x0], 180: [x1 - right, bottom - y0, x1 - left, top - y0],
            270: [y1 - top, x1 - right, y1 - bottom, x1 - left],
        }.get(turn, [left - x0, y1 - top, right - x0, y1 - bottom]))
    return {"page": number, "boxes": [[round(one, 1) for one in box] for box in found],
            "size": [round(one, 1) for one in size]}


def _sorted(box: list[float]) -> tuple[float, float, float, float]:
    return min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3])
