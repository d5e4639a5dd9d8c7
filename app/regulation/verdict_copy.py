"""What makes an electronic copy one: its number, and what the signature of who copied says (NĐ 30/2020 Đ25).

An electronic copy bears the agency's signature alone, text only, at the upper right of its first page: form of copy,
agency, time (PL I). Made as ordered it has the value of the original (Đ26). The notation alone makes no copy: anybody
can write it; the words are under the signature. Pure: it judges who signed nowhere (verdict.py).
"""

import unicodedata
from typing import Any

#: forms of copies by the abbreviation that begins their notation (PL III): "TrS-STC"
FORMS = {"SY": "SAO Y", "SL": "SAO LỤC", "TrS": "TRÍCH SAO"}
#: the one that may be made of an electronic document (Đ25.3)
EXTRACT = FORMS["TrS"]
_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}


def form(seal: dict[str, Any], notation: str, is_scan: bool | None) -> str:
    """Which form of copy a document is that one agency signed alone (`seal`: the report of it); "": none.

    Its notation says it; where none is known (a mail, a file by itself) an extract's own mark does. A scan by itself
    is of Art. 3.3.a, and what its sender numbers as a document is no copy, whatever the file says.
    """
    if notation:
        first = notation.partition("-")[0].strip().casefold()
        return next((one for short, one in FORMS.items() if short.casefold() == first), "")
    return EXTRACT if is_scan is False and _says(seal, EXTRACT) else ""


def faults(seal: dict[str, Any], wanted: str, is_scan: bool | None) -> list[tuple[str, dict[str, str]]]:
    """What speaks against a copy of this form, as codes of reasons with their names; []: nothing."""
    found = [("copy_of_electronic", {"wanted": wanted})] if wanted != EXTRACT and is_scan is False else []
    if not _says(seal, wanted) or not _is_upper_right(seal.get("place")):
        return [*found, ("copy_unmarked", {"wanted": wanted})]
    if not _names(seal, seal["organisation_name"]):
        found.append(("copy_other_agency", {"found": seal["organisation_name"]}))
    return found


def _says(seal: dict[str, Any], wanted: str) -> bool:
    """Whether the signature shows this form of copy, and no other."""
    shown = _joined(" ".join(seal.get("words", ())))
    return [one for one in FORMS.values() if _joined(one) in shown] == [wanted]


def _names(seal: dict[str, Any], name: str) -> bool:
    """Whether a line of it is the agency's name, in full or without what stands around it."""
    own = _joined(name)
    lines = [one for one in map(_joined, seal.get("words", ())) if len(one.split()) > 1]
    return own in _joined(" ".join(seal.get("words", ()))) or any(line in own for line in lines)


def _joined(words: str) -> str:
    return f" {' '.join(spelt(words))} "


def _is_upper_right(place: dict[str, Any] | None) -> bool:
    """Whether it stands there on the first page (box 14 of PL I)."""
    if not place or place["page"] != 1:
        return False
    [left, top, right, bottom], (width, height) = place["boxes"][0], place["size"]
    return bool(left + right > width and top + bottom < height * 2 / 3)


def spelt(name: str) -> list[str]:
    """Words of a name, with the tone mark after the word: "Hoà" and "Hòa" are one name."""
    words = unicodedata.normalize("NFD", name).casefold().split()
    return ["".join(c for c in w if c not in _TONES) + "".join(c for c in w if c in _TONES) for w in words]
