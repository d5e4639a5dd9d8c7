"""A file as it comes in, by whatever way: what it is, whether it is signed, what a person should look at first.

Art. 3.2, 6.2.a, 6.3; security.md S7. `judge` refuses what must not come in and names what is held; it stores nothing.
Upload, copier, mail and exchange all ask here. Whether signatures are valid is signing_verify.py's.
"""

from dataclasses import dataclass

from app.refusal import Refusal
from app.tools.media import MAX_BYTES, Media, UnknownKind, sniff
from app.tools.office import (
    HasComments,
    HasField,
    HasFormula,
    HasHiddenText,
    HasObject,
    HasTrackedChanges,
    Package,
)
from app.tools.page_cut import is_signed
from app.tools.suspect import ActiveContent, hold_active

#: what a clerk may take in; a letter is no spreadsheet and no packet
KINDS = ("pdf", "jpg", "png", "tif", "docx")
#: what may come beside a letter, by mail or exchange
_OFFICE = ("docx", "xlsx", "pptx", "odt")
BESIDE = (*KINDS, *_OFFICE[1:])


@dataclass(frozen=True)
class Arrived:
    """What came in, and why it waits for a person, if it does."""

    media: Media
    #: its pages are never turned, split or joined
    is_signed: bool
    held_for: Refusal | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it can only be taken as it is: signed, or without pages of its own."""
        return self.is_signed or self.media.extension == "docx"


def judge(data: bytes, name: str, limit: int = MAX_BYTES, kinds: tuple[str, ...] = KINDS) -> Arrived:
    """Raises the refusals of media.sniff for what must not come in, and UnknownKind."""
    media = sniff(data, name, limit=limit)
    if media.extension not in kinds:
        raise UnknownKind(name=name, extension=media.extension)
    signed = media.extension == "pdf" and is_signed(data)
    try:
        if media.extension == "pdf":
            hold_active(data)
        if media.extension in _OFFICE:
            if found := Package(data).embedded():
                raise ActiveContent(found=found)
            sniff(data, name, refuse_changes=True, limit=limit)
    except (ActiveContent, HasTrackedChanges, HasHiddenText, HasComments, HasFormula, HasObject,
            HasField) as refusal:
        return Arrived(media, signed, refusal)
    return Arrived(media, signed)
