"""Who a draft says signs it, and in whose place (NĐ 30/2020 PL I, boxes 7a-7b): read from the file, by its layout."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from app.regulation.layout_check_tail import PREFIXES
from app.regulation.layout_lexicon import POSITIONS
from app.regulation.layout_parts import parts
from app.regulation.layout_signer import clean_name
from app.tools import docx, docx_layout

#: words of a name, titles before it not counted
_NAME = range(2, 8)
#: lines of the title of who signs
_TITLES = 4


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
    found = parts(docx_layout.read(data))
    lines = _words(line.text for line in found.signer)
    if len(lines) < 2 or _is_position(lines[-1]):
        heading = found.attached[0].heading if found.attached else None
        main = takewhile(lambda line: line is not heading, found.lines)
        lines = _last_name(line.text for line in main) or _last_name(docx.text(data).splitlines())  # in a text box
    if not lines:
        return None
    return Printed("; ".join(line for line in lines[:-1] if line.startswith(PREFIXES))[:100], lines[-1])


def _last_name(texts: Iterable[str]) -> list[str]:
    """The block of a tail that is no table: the last name that stands alone under capitals."""
    lines = _words(texts)
    at = next((at for at in range(len(lines) - 1, 0, -1) if _is_name(lines[at]) and lines[at - 1].isupper()), 0)
    above = takewhile(str.isupper, reversed(lines[max(at - _TITLES, 0):at]))
    return [*reversed([*above]), lines[at]] if at else []


def _is_position(line: str) -> bool:
    return line.startswith((*PREFIXES, "PHÓ ")) or line in POSITIONS


def _is_name(line: str) -> bool:
    words = clean_name(line).split()
    return len(words) in _NAME and all(word.isalpha() and word[0].isupper() for word in words) and not line.isupper()


def _words(texts: Iterable[str]) -> list[str]:
    """The lines with words, but for "(Đã ký)"."""
    lines = [" ".join(unicodedata.normalize("NFC", text).split()) for text in texts]
    return [line for line in lines if line and not line.startswith("(")]


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
