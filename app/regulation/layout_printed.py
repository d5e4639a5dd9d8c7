"""Who a draft says signs it, and in whose place (NĐ 30/2020 PL I, boxes 7a-7b): read from the file, by its layout."""

import unicodedata
from dataclasses import dataclass

from app.regulation.layout_check_tail import PREFIXES
from app.regulation.layout_parts import parts
from app.regulation.layout_signer import clean_name
from app.tools import docx_layout


@dataclass(frozen=True)
class Printed:
    """What stands in the signature block of a draft."""

    #: "TM. ỦY BAN NHÂN DÂN; KT. CHỦ TỊCH"; "" when it is signed in nobody's place
    authority: str
    name: str

    def is_of(self, full_name: str) -> bool:
        """Whether the name is this person's, but for titles before it."""
        return _plain(clean_name(self.name)) == _plain(clean_name(full_name))


def signer(data: bytes) -> Printed | None:
    """The signature block of a draft; None: it has none that can be read. Raises what `docx_layout.read` does."""
    lines = [" ".join(line.text.split()) for line in parts(docx_layout.read(data)).signer]
    lines = [line for line in lines if line and not line.startswith("(")]
    if len(lines) < 2:
        return None
    return Printed("; ".join(line for line in lines[:-1] if line.startswith(PREFIXES))[:100], lines[-1])


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
