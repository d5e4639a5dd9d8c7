"""What the picture of a later signature does to a page: it hides, writes into and adds nothing (security.md S10).

NĐ 30/2020 PL I: the seal stands over about a third of the leader's picture, between position and name; the words of a
copy stand at the upper right of page 1. So it may touch what is printed in the block of a signature, and nothing else
of the page; it stands where signatures, marks of copies, number and date have their place, or in the margin, takes no
more room than seals do, and says no more than signatures say. The page as it was before the signature is drawn beside
the page with it. It does NOT judge who signed.
"""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass

import numpy as np
import pypdfium2
from numpy.typing import NDArray
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import EmbeddedPdfSignature

from app.tools import appearance
from app.tools.pdfium import LOCK, seen
from app.tools.signing_path import is_agencys
from app.tools.signing_place import Place, by_name, drawn_as, too_many_pages
from app.tools.signing_policy import is_adorned
from app.tools.signing_words import says_more

#: the part of a page that the pictures of all later signatures may take
_MOST_OF_PAGE = 1 / 8
#: points left, above, right and below a leader's picture that belong to his block: room for the seal, position and name
_BLOCK = (appearance.SEAL_POINTS, 64.0, 24.0, 64.0)
#: the part of what is printed in a block that a seal may cross
_MOST_OF_BLOCK = 0.5
#: points from what is printed within which a stroke would be read as part of it
_NEAR = 6.0
#: a line of text that comes so many points from the left, without a gap of so many, runs into the block from elsewhere
_RUNNING, _GAP = 60.0, 12.0
#: points across a seal at most; points around within which hardly anything but its colour is seen, which hides letters
_LARGEST_SEAL, _PATCH, _SOLID = 1.3 * appearance.SEAL_POINTS, 4.0, 0.9
#: points from the left, top, right and bottom that are margins (NĐ 30/2020 PL I, I.4)
_MARGINS = (30 * appearance.MM, 25 * appearance.MM, 20 * appearance.MM, 25 * appearance.MM)
#: the part of the height of page 1 at whose right half marks of copies stand; points around the line of number and date
_CORNER, _LINE = 1 / 8, 8.0
#: the part of a page that a later picture may take in a document of which no block of a signature is known
_MOST_ANYWHERE = 1 / 20
#: picture elements in which a page is compared at most
_MOST_DRAWN = 4_000_000
#: by how much a colour is another; picture elements that are no accident; signatures one sees that are compared
_OTHER, _SEEN, _MOST_SIGNATURES = 40, 3, 40

Mask = NDArray[np.bool_]
Page = NDArray[np.int16]


def covering(pdf: bytes, reader: PdfFileReader, found: list[EmbeddedPdfSignature], ends: list[int],
             places: list[list[Place]]) -> list[str]:
    """For each signature, in their order, what is wrong with its picture, "" for nothing: it "covers" what was signed
    before it, or takes too much of a page; it "adds" something where no signature belongs, or says more than one does.

    The first one signs what it draws itself. `ends`: where in the file each signature's bytes end; `places`: where each
    is seen. Raises PageUnreadable, and PdfiumError of what cannot be drawn.
    """
    if len(found) > 1 and too_many_pages(reader):
        raise appearance.PageUnreadable()
    told, taken, blocks = [""] * len(found), Counter[int](), list[Place]()
    for number, own in enumerate(places):
        if number and own:
            for place in own:
                taken[place["page"]] += sum(_share(place, box) for box in place["boxes"])
            if number > _MOST_SIGNATURES or any(taken[place["page"]] > _MOST_OF_PAGE for place in own) or not all(
                    _has_one_look(widget) for _, _, widget in drawn_as(reader, found[number])):
                told[number] = "covers"
            else:
                before, after = pdf[:ends[number - 1]], pdf[:ends[number]]
                room = _room_of(reader, before, found[:number + 1], places, blocks)
                told[number] = next(filter(None, (_wrong(before, after, place, room) for place in own)), "") or (
                    "adds" if says_more(reader, found[number], is_number=all(map(room.is_number, own))) else "")
        blocks += [one for one in own if all(_share(one, box) <= _MOST_OF_PAGE for box in one["boxes"])]
    return told


@dataclass(frozen=True)
class _Room:
    """Where a later signature may stand."""

    #: the blocks of signatures, and whether that of who signs, or of whom the agency seals for, is among them
    blocks: list[Place]
    is_known: bool
    #: top and bottom of the lines of page 1 that give number and date
    rows: list[tuple[float, float]]

    def is_number(self, place: Place) -> bool:
        """Whether it stands where number and date do."""
        return place["page"] == 1 and all(any(top - _LINE <= box[1] and box[3] <= bottom + _LINE for top, bottom
                                              in self.rows) for box in place["boxes"])


def _room_of(reader: PdfFileReader, before: bytes, found: list[EmbeddedPdfSignature], places: list[list[Place]],
             blocks: list[Place]) -> _Room:
    """The room of the last signature of these; `before`: the file as it was before it, `blocks`: where others stand."""
    people = {number: str(one.signer_cert.subject.native.get("common_name", "")) for number, one in enumerate(found)
              if not is_agencys(one.signer_cert)}
    number = len(found) - 1
    named = {one: by_name(reader, before, name, places[number]) for one, name in people.items()
             if name and (one == number or not places[one])}
    whose = number if number in people else max((one for one in people if one < number), default=number - 1)
    is_known = bool(named.get(whose) or whose < number and places[whose])
    return _Room([*blocks, *(one for those in named.values() for one in those)], is_known,
                 appearance.rows_of_numbers(before))


def _has_one_look(widget: generic.DictionaryObject) -> bool:
    """Whether all readers draw the same: one look, not one of several states, and nothing around it."""
    looks = widget["/AP"] if "/AP" in widget else {}
    return "/N" in looks and isinstance(looks["/N"], generic.StreamObject) and not is_adorned(widget)


def _share(place: Place, box: list[float]) -> float:
    """The part of the page that a box takes."""
    return (box[2] - box[0]) * (box[3] - box[1]) / max(1.0, place["size"][0] * place["size"][1])


def _wrong(before: bytes, after: bytes, place: Place, room: _Room) -> str:
    """Whether what came to the page "covers" what was there outside the blocks of signatures, or crosses most of one,
    or "adds" to the page where no signature belongs; "": neither."""
    old, new = (_drawn(one, place["page"] - 1) for one in (before, after))
    if old.shape != new.shape:
        return "covers"
    fine = old.shape[1] / max(1.0, place["size"][0])
    paper = np.median(old[::8, ::8], axis=(0, 1)).astype(np.int16)
    ink, changed = (_differs(old, other) for other in (paper, new))
    free, blocks = np.zeros_like(ink), [one for one in room.blocks if one["page"] == place["page"]]
    running = _grown(ink, _GAP / 2 * fine)  # the gaps between words and between lines closed
    for block in blocks:
        rows, columns = _around(block, fine)
        left = max(0, columns.start - round(_RUNNING * fine))
        own = np.zeros_like(ink)
        entering = np.logical_and.accumulate(running[rows, left:columns.stop], axis=1)
        through = entering[:, round(block["boxes"][0][0] * fine) - left:].any(axis=1)[:, None]  # no line beside it
        own[rows, columns] = ~(entering[:, columns.start - left:] | through)
        printed = ink & own
        if (printed & changed).sum() > _MOST_OF_BLOCK * printed.sum():
            return "covers"
        free |= own
    if any(_is_seal_of(place, block) for block in blocks):
        crossed = ink & changed & ~free
        solid = _counted(changed, _PATCH * fine) >= _SOLID * (2 * round(_PATCH * fine) + 1) ** 2
        return "covers" if int((crossed & (solid | ~_differs(new, paper))).sum()) >= _SEEN else ""
    if int((changed & _grown(ink, _NEAR * fine) & ~free).sum()) >= _SEEN:
        return "covers"
    return "adds" if _strays(changed, place, blocks, room, fine) else ""


def _strays(changed: Mask, place: Place, blocks: list[Place], room: _Room, fine: float) -> bool:
    """Whether it stands where no signature belongs. Where it is not known where that is, it is small wherever it is."""
    if not room.is_known:
        return any(_share(place, box) > _MOST_ANYWHERE for box in place["boxes"])
    (height, width), (left, top, right, bottom) = changed.shape, (round(side * fine) for side in _MARGINS)
    strange = np.zeros_like(changed)
    strange[top:height - bottom, left:width - right] = True
    if place["page"] == 1:
        strange[:round(height * _CORNER), width // 2:] = False
        for above, below in room.rows:
            strange[round(max(0.0, above - _LINE) * fine):round((below + _LINE) * fine)] = False
    for block in blocks:
        strange[_around(block, fine)] = False
    return int((changed & strange).sum()) >= _SEEN


def _is_seal_of(place: Place, block: Place) -> bool:
    """Whether it has the size of a seal and lies over this signature: its rings may cross what is printed around, which
    can still be read."""
    (one, *more), (left, top, right, bottom) = place["boxes"], block["boxes"][0]
    return not more and max(one[2] - one[0], one[3] - one[1]) <= _LARGEST_SEAL \
        and one[0] < right and left < one[2] and one[1] < bottom and top < one[3]


def _differs(one: Page, other: Page) -> Mask:
    """Where the colours are not the same."""
    red, green, blue = (np.abs(one - other)[:, :, colour] > _OTHER for colour in range(3))
    return red | green | blue


def _around(block: Place, fine: float) -> tuple[slice, slice]:
    """The rows and columns of a block."""
    left, top, right, bottom = (
        round(max(0.0, side + sign * more) * fine) for side, sign, more in
        zip(block["boxes"][0], (-1, -1, 1, 1), _BLOCK, strict=True))
    return slice(top, bottom), slice(left, right)


def _grown(mask: Mask, more: float) -> Mask:
    """The mask with so many picture elements more on each side."""
    return _counted(mask, more) > 0


def _counted(mask: Mask, more: float) -> NDArray[np.int32]:
    """How many of the mask's picture elements lie so far around each at most."""
    counts, more = mask.astype(np.int32), round(more)
    for axis in (0, 1):
        sums, size = np.cumsum(counts, axis=axis, dtype=np.int32), mask.shape[axis]
        until = np.take(sums, np.minimum(np.arange(size) + more, size - 1), axis=axis)
        since = np.arange(size) - more - 1
        first = np.take(sums, np.maximum(since, 0), axis=axis)
        counts = until - np.where(np.expand_dims(since < 0, 1 - axis), 0, first)
    return counts


def _drawn(pdf: bytes, number: int) -> Page:
    """A page as one sees it, fields of signatures with it."""
    with LOCK, closing(pypdfium2.PdfDocument(pdf)) as document:
        document.init_forms()
        return seen(document[number], _MOST_DRAWN).astype(np.int16)
