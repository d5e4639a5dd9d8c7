"""Is the scanned paper the one that was approved? Words, number, date and subject beside each other (Art. 9.2.b, c).

Two pages of the same words differ when they are read by a machine, so words are compared in pairs, without marks:
likeness is the share of pairs that both have. A paragraph that was approved and is not there, a whole line that nobody
approved, another number or date: each stops the clerk until he says why. What could not be read surely (a number
written by hand) is told and stops nobody. Pure: reading is the step's (paper.py).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from app.regulation.layout_grammar import fold
from app.regulation.layout_head import DOUBTFUL

#: share of pairs of words that both must have
LEAST = 0.7
#: words of a paragraph or a line that is looked for by itself, and the least share of its pairs that must be there
_LONG, _PART = 8, 0.4
#: of the subject
_SUBJECT = 0.5
#: the lines in which number and date were written after the approval; both are looked at by themselves
_NUMBER_OR_DATE = re.compile(r"^so\W|\bngay\b.*\bthang\b.*\bnam\b")
#: passages told of each kind, characters of each
_MOST, _LENGTH = 4, 200


@dataclass(frozen=True)
class Difference:
    """One thing that is not as approved. `what`: words, number, date, subject, missing, added, unread."""

    what: str
    #: in the scan; what was approved
    found: str = ""
    should: str = ""
    #: the clerk may go on only with a reason
    stops: bool = True

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def compare(approved: str, scanned: list[str], fields: Mapping[str, Mapping[str, Any]], *, number: str, notation: str,
            issued: date | None, subject: str) -> dict[str, Any]:
    """{"likeness": 0..100, "differences": [...]}.

    `approved`: the text of the file, a paragraph a line; `scanned`: the pages' texts, a printed line a line; `fields`:
    what was read of them (layout.read_fields).
    """
    ours, theirs = _pairs(approved), _pairs(" ".join(scanned))
    both = sum((ours & theirs).values())
    likeness = 2 * both / max(1, sum(ours.values()) + sum(theirs.values()))
    found = [] if likeness >= LEAST else [Difference("words", f"{likeness:.0%}", f"{LEAST:.0%}")]
    found += _number(fields, number, notation)
    found += _date(fields, issued)
    if subject and _share(subject, theirs) < _SUBJECT:
        found.append(Difference("subject", str(fields.get("subject", {}).get("value", "")), subject))
    found += [Difference("missing", "", text) for text in _absent(approved.split("\n"), theirs)]
    lines = [line for page in scanned for line in page.split("\n") if not _NUMBER_OR_DATE.search(fold(line))]
    found += [Difference("added", text) for text in _absent(lines, ours)]
    return {"likeness": round(likeness * 100), "differences": [one.as_json() for one in found]}


def _pairs(text: str) -> Counter[tuple[str, str]]:
    words = re.findall(r"\w+", fold(text))
    return Counter(zip(words, words[1:], strict=False))


def _share(text: str, there: Counter[tuple[str, str]]) -> float:
    """How much of a passage is there."""
    pairs = _pairs(text)
    return sum((pairs & there).values()) / max(1, sum(pairs.values()))


def _absent(passages: Iterable[str], there: Counter[tuple[str, str]]) -> list[str]:
    """Long passages most of which is not there, the first few."""
    found = [text for text in passages if len(re.findall(r"\w+", text)) >= _LONG and _share(text, there) < _PART]
    return [" ".join(text.split())[:_LENGTH] for text in found[:_MOST]]


def _read(fields: Mapping[str, Mapping[str, Any]], name: str) -> str:
    """What was read surely; "" for what was not."""
    one = fields.get(name)
    return str(one["value"]) if one and one["confidence"] > DOUBTFUL else ""


def _number(fields: Mapping[str, Mapping[str, Any]], number: str, notation: str) -> list[Difference]:
    read, mark = _read(fields, "code_number"), _read(fields, "code_notation")
    found = []
    if not read:
        found.append(Difference("unread", "", f"{number}/{notation}", stops=False))
    elif read.lstrip("0") != number.lstrip("0"):
        found.append(Difference("number", read, number))
    if mark and fold(mark) != fold(notation):
        found.append(Difference("number", mark, notation))
    return found


def _date(fields: Mapping[str, Mapping[str, Any]], issued: date | None) -> list[Difference]:
    read, should = _read(fields, "issued_date"), issued.isoformat() if issued else ""
    if not read:
        return [Difference("unread", "", should, stops=False)]
    return [] if read == should else [Difference("date", read, should)]
