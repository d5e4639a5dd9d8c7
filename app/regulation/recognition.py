"""Art. 2.2: a file as it came -> the registration fields of NĐ 30/2020, each with its place and how sure it is.

The pages that carry fields are read first, the first page and the signature page, and these without running text. How a
page is read is tools/ocr.py's, where each field stands layout.py's. It keeps nothing; a person verifies (Art. 6.2.b).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.regulation import barred_text, layout
from app.regulation.barred_text import RuleLike
from app.regulation.layout_head import DOUBTFUL, Found
from app.regulation.layout_petition import petition
from app.tools.conversion import Converter
from app.tools.docx import as_saved
from app.tools.media import TYPES
from app.tools.ocr import Page, Pages, Reader
from app.tools.page_turn import is_unread

#: every field, in the order of a registration; an absent one is given with no value and no confidence
FIELDS = ("code_number", "code_notation", "issued_date", "organ_name", "type_name", "subject", "signer_name",
          "signer_position", "addressees", "recipients", "priority", "secrecy")
_LISTS = ("addressees", "recipients")
#: what the reader takes as it is; what has pages once it is laid out
_PAGED = {TYPES[kind] for kind in ("pdf", "jpg", "png", "tif")}
_LAID_OUT = {TYPES[kind] for kind in ("docx", "odt")}
_EXTENSIONS = {media_type: extension for extension, media_type in TYPES.items()}
#: the sign of a file that nobody could read: what it bears, a person must see (Art. 3.2)
UNREAD = {"value": "", "confidence": 0.0, "page": None, "boxes": [], "size": None, "is_unread": True}


@dataclass(frozen=True)
class Recognition:
    """What was read of one file."""

    #: field -> {"value", "confidence" (0..1, below 0.6 doubtful), "page", "boxes" [[x0, y0, x1, y1] in points]};
    #: beside FIELDS "petition" and "listed", what Art. 3.2 keeps out: the title of a letter, the agency's own list
    fields: dict[str, dict[str, Any]]
    page_count: int
    _pages: Pages = field(repr=False)

    @property
    def pages_with_fields(self) -> int:
        """How many pages a field stands on."""
        return len({found["page"] for found in self.fields.values() if found["boxes"]}) or 1

    def sizes(self) -> dict[int, list[float]]:
        """Width and height in points of each page on which a field stands, by its number."""
        numbers = {found["page"] for found in self.fields.values() if found["boxes"]}
        lying = {number: self._pages[number - 1].lying((0.0, 0.0, page.width, page.height))
                 for number in sorted(numbers) for page in [self._pages[number - 1]]}
        return {number: [round(box[2], 1), round(box[3], 1)] for number, box in lying.items()}

    def turns(self) -> dict[int, int]:
        """Degrees clockwise by which each page on which a field stands is turned to be read, by its number."""
        numbers = {found["page"] for found in self.fields.values() if found["boxes"]}
        return {number: -self._pages[number - 1].turn % 360 for number in sorted(numbers)}

    def texts(self) -> list[str]:
        """The text of each page, one line of print to a line; reads whatever was not needed for fields."""
        return [layout.page_text(page.whole()) for page in self._pages]

    def stated(self) -> dict[str, dict[str, Any]]:
        """All of FIELDS, those that were not found with an empty value."""
        return {key: self.fields.get(key) or {"value": [] if key in _LISTS else "", "confidence": 0.0, "page": None,
                                              "boxes": []} for key in FIELDS}


def has_pages(media_type: str) -> bool:
    """Whether files of this kind show pages, by themselves or laid out."""
    return media_type in _PAGED or media_type in _LAID_OUT


def paged(converter: Converter, data: bytes, media_type: str) -> tuple[bytes, str]:
    """A file with the pages that it shows, and its kind: an office file laid out, any other as it is.

    Raises what the converter raises; NotConvertible for a kind that nothing here lays out.
    """
    if media_type in _PAGED:
        return data, media_type
    name = f"tep.{_EXTENSIONS.get(media_type, 'bin')}"
    return converter.to_pdf(as_saved(data, name), name), TYPES["pdf"]


def recognise(
    reader: Reader, data: bytes, media_type: str, agencies: Sequence[str] = (),
    types: Mapping[str, str] = layout.TYPES, barred: Sequence[RuleLike] = (), notations: Sequence[str] = ()
) -> Recognition:
    """Read the fields of a file. `agencies`: the directory; `barred`: what the agency keeps out (Art. 3.2);
    `notations`: of documents that came before, as they were confirmed.

    Refused as tools/ocr.py's Reader.open does.
    """
    pages = reader.open(data, media_type)
    fields = layout.read_fields(pages, agencies=agencies, types=types, notations=notations)
    if title := petition(pages):
        fields["petition"] = title.as_json()
    first = next((page for page in pages if page.words), None) if barred else None
    # what the list names may stand in running text, too
    if first is not None and (listed := barred_text.listed(first.whole(), barred)):
        fields["listed"] = listed.as_json()
    if not fields.get("secrecy", {}).get("value") and (unread := _unread(pages)):
        fields["secrecy"] = Found("", DOUBTFUL, unread.number, [[0.0, 0.0, unread.width, unread.height]]).as_json()
    for found in fields.values():
        page = pages[found["page"] - 1]
        if page.turn:
            found["boxes"] = [[round(value, 1) for value in page.lying(tuple(box))] for box in found["boxes"]]
    return Recognition(fields, len(pages), pages)


def _unread(pages: Pages) -> Page | None:
    """A page at the beginning that bears something nobody could read: it may be a mark of secrecy."""
    for page in pages:
        if page.is_inked and is_unread(page.words):
            return page
        if page.words:
            break
    return None
