"""To which document a separate annex belongs, by the numbers that its pages and its seal tell (NĐ 30/2020 PL I, III.1).

An annex says "(Kèm theo Báo cáo số 12/BC-STC ...)"; the agency's signature on it may say the number, too. Another
letter that goes along bears a number of its own, which the document cites. What nothing ties is no fault of the
annex, and is said. Pure: letters in, numbers out; it opens no file and gives no verdict.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

#: number and notation: 12/BC-STC, 05/2026/QĐ-UBND, 7/SNN&PTNT; no day. Bounded: the letters come from outside
_NUMBER = r"(?<!\d)\d{1,6}(?:\s*/\s*\d{4})?\s*/\s*[^\W\d_]\w{0,19}(?:(?:-\s*|[&.])\w{1,20}){0,6}"
_ANY = re.compile(_NUMBER)
_WITH = re.compile(rf"kèm theo\b[^()]{{0,160}}?(?<!/)({_NUMBER})", re.IGNORECASE)
_OWN = re.compile(rf"\bSố\s*:\s*({_NUMBER})")
#: pages on which it is looked for, as it may stand behind a cover; and the most numbers that are kept
PAGES = 10


def spelled(reference: str) -> str:
    """Letters and figures of a number with its notation, by which it is the same in another spelling."""
    return "".join(char for char in reference.upper() if char.isalnum()).lstrip("0")


def says(pages: Sequence[str], main: Sequence[str]) -> dict[str, Any]:
    """What the letters of an annex say: {"to": numbers of the documents with which it goes, "own": its own}. One that
    the letters of the document (`main`) cite is not told: it goes along.
    """
    own = next(_found(_OWN, pages), "")
    cited = {spelled(one) for one in _found(_ANY, main)}
    return {"to": list(dict.fromkeys(_found(_WITH, pages)))[:PAGES], "own": "" if spelled(own) in cited else own,
            "is_cited": bool(own) and spelled(own) in cited}


def trouble(said: dict[str, Any] | str, seals: Sequence[dict], reference: str) -> tuple[str, str] | None:
    """The code of what is to be said of an annex to this document, and the number found; None: it belongs to it.

    `said`: as `says` gives it, or the one number that was kept of an older check; `seals`: the reports of its
    signatures, of which an agency's may say the number.
    """
    told = said if isinstance(said, dict) else {"to": [said], "own": "", "is_cited": False}
    numbers = [*told["to"], *(_found(_ANY, [" ".join(one.get("words", ())) for one in seals]))]
    wanted = spelled(reference)
    if told["is_cited"] or wanted in map(spelled, [*numbers, told["own"]]):
        return None
    if numbers:
        return "attachment_elsewhere", numbers[0]
    return ("attachment_other_letter", told["own"]) if told["own"] else ("attachment_untied", "")


def _found(pattern: re.Pattern[str], pages: Sequence[str]) -> Iterator[str]:
    for page in pages:
        for found in pattern.finditer(unicodedata.normalize("NFC", page)):
            yield re.sub(r"\s", "", found[found.re.groups])
