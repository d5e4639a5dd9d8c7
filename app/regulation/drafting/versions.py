"""Art. 8.1, 8.2: the versions of a draft, what was said of each, and two of them compared word by word.

An opinion belongs to the version that lay before its speaker: the newest one then; the reason of a return to the one
that was returned, also when the same act puts an edited one after it. Formats are not compared, words are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

from app.db import db
from app.records import attachment, history, milestone
from app.records import document as documents
from app.records.attachment import Attachment
from app.records.document import Document, Opinion
from app.records.history import Act, ActContent
from app.records.people import User
from app.refusal import Refusal

#: paragraphs with words that are compared at most, and words of one
MOST_PARAGRAPHS, MOST_WORDS = 1500, 1500
#: facts that let a version pass
_PASSED = ("review_given", "approval_given")
#: paragraphs less alike than this are one taken out and one put in
_ALIKE = 0.4
#: paragraphs that may have been put in before one that was changed
_AHEAD = 6


class TooLongToCompare(Refusal):
    """The drafts are longer than two versions can be compared."""

    code, article = "too_long_to_compare", "Art. 8.1"


@dataclass(frozen=True)
class Version:
    """One version: its place from 1, its file, what was said of it."""

    number: int
    file: Attachment
    said: list[Opinion]
    #: who put it in: the author, or who returned the version before it edited
    by: User | None
    #: who let it pass: (review_given or approval_given, who, when)
    passed: list[tuple[str, User | None, datetime]]


@dataclass(frozen=True)
class Row:
    """A paragraph of the two: "same", "changed", "added" or "removed", in pieces of (mark, words).

    Marks: "" stands in both, "ins" in the newer, "del" in the older one only.
    """

    kind: str
    pieces: list[tuple[str, str]]


def of(document: Document) -> list[Version]:
    """The versions, oldest first; an opinion from before the first one stands with it."""
    files = [one for one in attachment.of(document.id) if one.kind == "draft"]
    found = [Version(number, file, [], db.session.get(User, file.created_by_id or 0), [])
             for number, file in enumerate(files, 1)]
    for opinion in documents.opinions(document.id) if found else ():
        _lay(found, opinion.at, is_return=opinion.kind == "reason").said.append(opinion)
    for fact in milestone.ever(document.id, *_PASSED) if found else ():
        _lay(found, fact.at).passed.append((fact.name, db.session.get(User, fact.user_id or 0), fact.at))
    return found


def edited(document: Document) -> Version | None:
    """The newest version, when who returned the draft put it in and not its author."""
    last = of(document)[-1:]
    return last[0] if last and last[0].number > 1 and last[0].by and last[0].by.id != document.author_id else None


def annexes_changed(document: Document) -> tuple[list[str], list[str]]:
    """Names of what goes with the draft since it was submitted before, and of what was taken out; none at first."""
    values = ActContent.input["values"]
    told = history.latest(
        Act.subject == f"document:{document.id}", Act.kind == "task_completed",
        values["decision"].as_string() == "submit", values["draft_file"].as_string().is_not(None), limit=2)
    if len(told) < 2:
        return [], []
    new, old = (given["values"].get("appendices") or [] for _, given in told)
    names = {one.sha256: one.name for one in attachment.of(document.id) if one.kind in ("appendix", "appendix_old")}
    return ([names[one] for one in new if one not in old and one in names],
            [names[one] for one in old if one not in new and one in names])


def _lay(found: list[Version], at: datetime, *, is_return: bool = False) -> Version:
    """The version that lay before whom at a moment; what a return brings along came after its words."""
    before = [one for one in found if one.file.created_at < at or (one.file.created_at == at and not is_return)]
    return (before or found)[-1 if before else 0]


def compare(old: str, new: str) -> list[Row]:
    """The paragraphs of two texts, one a line, in their order. Raises TooLongToCompare."""
    older, newer = ([" ".join(line.split()) for line in text.splitlines() if line.strip()] for text in (old, new))
    longest = max((line.count(" ") for line in [*older, *newer]), default=0)
    if max(len(older), len(newer)) > MOST_PARAGRAPHS or longest > MOST_WORDS:
        raise TooLongToCompare(paragraphs=MOST_PARAGRAPHS)
    rows: list[Row] = []
    for kind, low, high, start, end in SequenceMatcher(None, older, newer, autojunk=False).get_opcodes():
        if kind == "equal":
            rows += [Row("same", [("", line)]) for line in newer[start:end]]
        else:
            rows += _replaced(older[low:high], newer[start:end])
    return rows


def _replaced(older: list[str], newer: list[str]) -> Iterator[Row]:
    """Paragraphs that are alike are one that was changed; the others went or came."""
    left = list(newer)
    for line in older:
        at = next((place for place, other in enumerate(left[:_AHEAD]) if _is_alike(line, other)), None)
        if at is None:
            yield Row("removed", [("del", line)])
            continue
        yield from (Row("added", [("ins", one)]) for one in left[:at])
        yield Row("changed", _words(line, left[at]))
        left = left[at + 1:]
    yield from (Row("added", [("ins", one)]) for one in left)


def _is_alike(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, _parts(one), _parts(other), autojunk=False)
    return matcher.real_quick_ratio() > _ALIKE and matcher.quick_ratio() > _ALIKE and matcher.ratio() > _ALIKE


def _parts(line: str) -> list[str]:
    return re.findall(r"\s*\w+|\s*[^\w\s]|\s+", line)


def _words(old: str, new: str) -> list[tuple[str, str]]:
    before, after = _parts(old), _parts(new)
    pieces: list[tuple[str, str]] = []
    for kind, low, high, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("", "".join(after[start:end])))
            continue
        if high > low:
            pieces.append(("del", "".join(before[low:high])))
        if end > start:
            pieces.append(("ins", "".join(after[start:end])))
    return pieces
