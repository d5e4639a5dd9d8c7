"""What readers of PDF draw each in their own way, though a file does nothing by itself (security.md S10).

A letter that one program shows with one amount and another with another is no signed document of either. Named here is
what ISO 32000 leaves to the reader around the pages: notes without a look, or with another look under the pointer; what
is printed elsewhere than it is seen, or in part. What the pages themselves draw is page_alike.py's business.
"""

from collections.abc import Iterator
from typing import Any

import pikepdf

#: annotations that are a place, not a look; whose look is another's business
_LOOKLESS = {"/Link", "/Popup", "/Widget"}
#: flag of an annotation that is not seen at all (ISO 32000-2 12.5.3)
HIDDEN = 2
#: flags of one that does not grow, or turn, with the page
_UPRIGHT = 8 | 16
#: marks for printers (14.11), and what stands elsewhere on paper (12.5.6.22)
_OF_PRINT = {"/PrinterMark", "/TrapNet", "/Watermark"}
#: parts of a page that are shown or printed alone (12.2), when they are not the page
_AREAS = ("/ViewArea", "/ViewClip", "/PrintArea", "/PrintClip")
#: objects written inside each other
DEEPEST = 40


def drawn_otherwise(item: pikepdf.Dictionary) -> Iterator[str]:
    """By which of its keys a dictionary is drawn by each reader in its own way."""
    if "/Collection" in item:  # a portfolio: the reader opens one of the files that are carried along
        yield "/Collection"
    if "/PrintPageRange" in item:  # of which pages a print shows no more than some
        yield "/PrintPageRange"
    yield from (key for key in _AREAS if item.get(key, "/CropBox") != "/CropBox")
    if "/Rect" in item and isinstance(item.get("/Subtype"), pikepdf.Name):
        yield from _of_note(item)


def _of_note(note: pikepdf.Dictionary) -> Iterator[str]:
    looks = note.get("/AP")
    looks = looks if isinstance(looks, pikepdf.Dictionary) else {}
    if {"/R", "/D"} & set(looks.keys()):
        yield "/AP"
    if str(note.Subtype) in _OF_PRINT or "/FixedPrint" in note:
        yield str(note.Subtype)
    if str(note.Subtype) not in _LOOKLESS and not is_unseen(note) and not isinstance(looks.get("/N"), pikepdf.Stream):
        yield "/AP"


def inherited(item: pikepdf.Dictionary, key: str, otherwise: Any = None) -> Any:
    """What an object says, or one that it hangs from."""
    for _ in range(DEEPEST):
        if key in item:
            return item[key]
        parent = item.get("/Parent")
        if not isinstance(parent, pikepdf.Dictionary):
            break
        item = parent
    return otherwise


def shown_elsewhere(note: pikepdf.Dictionary) -> str:
    """By what a note that paints is shown otherwise by some readers: one that keeps its size or stands upright however
    the page is seen, as every /Text does (12.5.3, 12.5.6.4), or the place of a signature that is none yet, into which
    MuPDF draws a sign of its own.
    """
    if int(note.get("/F", 0)) & _UPRIGHT:
        return "/F"
    if note.get("/Subtype") == "/Text":
        return "/Text"
    return "/V" if note.get("/Subtype") == "/Widget" and not _is_signed(note) else ""


def _is_signed(field: pikepdf.Dictionary) -> bool:
    """Whether every reader takes it for signed; a time stamp alone is none for MuPDF."""
    value = inherited(field, "/V")
    return isinstance(value, pikepdf.Dictionary) and value.get("/Type", "/Sig") == "/Sig"


def is_unseen(note: pikepdf.Dictionary) -> bool:
    """Whether a note is seen nowhere, beyond doubt: hidden, or without extent."""
    try:
        flags, sides = int(note.get("/F", 0)), [float(side) for side in note.Rect]
        return bool(flags & HIDDEN) or len(sides) == 4 and (sides[0] == sides[2] or sides[1] == sides[3])
    except (TypeError, ValueError):
        return False
