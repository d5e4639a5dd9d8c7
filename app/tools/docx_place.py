"""Which line of a draft's head is the place of its number, which that of its date (Art. 9.1.b; NĐ 30/2020 PL I).

A place is a line of its own, or what stands apart on one: "Số: …/…", and "<place>, ngày … tháng … năm …" with a name
of a place, never words of a sentence. One with blanks goes before one that is filled in; below the title, or under
the subject, what is filled in is text. Knows words alone; docx.py reads and writes them.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_BRACKETS = r"\[+[^\]\n]*\]+|\{+[^}\n]*\}+|<+[^>\n]*>+|«[^»\n]*»"
#: what authors leave where a value is to come: blanks, dots, lines, x, digits, or a word in brackets
_BLANK = rf"(?:[ \u00a0\t._…·*?#\-–]|\d|[xX]+(?![^\W\d_])|{_BRACKETS})*?"
_GAP = r"[ \u00a0]*"
_SUBJECT = re.compile(r"(?:^|\n)\s*(v/v|về việc)\b", re.IGNORECASE)
#: what belongs to a name of a place in small letters, and before its number
_UNITS = {"tỉnh", "thành", "phố", "thị", "xã", "trấn", "phường", "huyện", "quận", "đặc", "khu", "tp", "tx", "tt"}
_MOST_WORDS, _LEAST_TITLE = 7, 5


@dataclass(frozen=True)
class Words:
    """A paragraph of the head."""

    text: str
    #: the cell, box or body that it stands in; compared alone
    holder: Any
    #: outside tables and boxes
    is_outside: bool


def _spelt(word: str) -> str:
    """A pattern of every way in which keyboards compose a word: whole letters, letter and tone, or all apart."""
    apart = unicodedata.normalize("NFD", word)
    with_tone = "".join(
        c if c in _TONES else unicodedata.normalize("NFC", c)
        for c in re.findall(f"[{_TONES}]|[^{_TONES}](?:[\u0302\u0306\u031b])?", _tone_last(apart))
    )
    return "(?:" + "|".join(sorted({word, apart, with_tone})) + ")"


def _tone_last(apart: str) -> str:
    """In decomposed text, the tone after the mark that makes another vowel (ô, ơ, ă)."""
    return re.sub(f"([{_TONES}])([\u0302\u0306\u031b])", r"\2\1", apart)


_DASH, _SLASH = r"[-–—‐‑−]", r"[/\\⁄∕／]"
_MARK = rf"(?:{_BRACKETS}|[^\W_]|[._…*?#])+"
#: "STC-NS", "2026/QĐ-UBND", "STC – NS" as a word processor spaces and lengthens it
_NOTATION = rf"{_MARK}(?:{_GAP}(?:{_DASH}|{_SLASH}){_GAP}{_MARK})*{_DASH}?"
_PLACE_AND_DAY = rf"[^,:/\\\t\n\-–]{{0,60}},?{_GAP}{_spelt('ngày')}\b"
#: where a line's number ends: with the line, or where the date begins beside it
_END = rf"(?={_GAP}(?:$|\n)|[ \u00a0\t]+{_PLACE_AND_DAY})"
#: of one line, from the surest form to the barest: with its slash, with the notation alone, with nothing. The whole of
#: it is taken: what is written in must not stand beside the rest of what was there
_NUMBER = tuple(re.compile(rf"^\s*(?P<all>(?P<word>{_spelt('Số')}){rest})", re.IGNORECASE) for rest in (
    rf"{_GAP}(?:(?P<colon>:)|(?=[ \u00a0\t\d._…·*?#\[{{<«]))(?P<number>{_BLANK}|{_GAP}\d+[^\W\d_])"
    rf"{_SLASH}(?:{_GAP}{_NOTATION})?(?:{_END}|(?=\t))",
    rf"{_GAP}(?P<colon>:)(?P<number>[ \u00a0\t\d._…·*?#]*+)(?=[^\n]*(?:{_DASH}|{_SLASH})){_NOTATION}(?:{_END}|(?=\t))",
    rf"{_GAP}(?P<colon>:)(?P<number>[ \u00a0\d._…·*?#]*?){_END}(?!\s*{_SLASH})",
))
#: two blanks hold columns apart; behind a small letter they stand within a name that was typed so
_TYPED = r"(?-i:(?<=[a-zà-ýăđĩũơưạ-ỹ\u0300-\u0323]))[ \u00a0]{2}(?=[^\W\d_])"
_DATE = (re.compile(
    r"(?:^|[\t\n]|[ \u00a0]{2,})[ \u00a0]*(?P<all>"
    rf"(?P<place>(?:(?![ \u00a0]{{2}})[^,:/\t\n]|{_TYPED}){{0,60}}?)(?P<comma>,?){_GAP}"
    rf"{_spelt('ngày')}(?P<day>{_BLANK}){_spelt('tháng')}(?P<month>{_BLANK})"
    rf"{_spelt('năm')}(?:[ \u00a0._…\-–]*\d*[._…]*|{_BLANK}))(?=\s*(?:$|[\t\n]))", re.IGNORECASE),)
#: words of a name in which two blanks stand
_MOST_TYPED = 3
_PATTERNS = {"number": _NUMBER, "date": _DATE}
#: no name yet: nothing, dots, a word in brackets, what forms say in its stead
_NO_NAME = re.compile(
    rf"(?:[ \u00a0\t._…·*?#\-–\d]|[xX]+(?![^\W\d_])|{_BRACKETS}|\([^()\n]*\))*|địa danh", re.IGNORECASE)


def match(what: str, text: str) -> re.Match[str] | None:
    """The place in one paragraph, with groups "all", "word" of a number, "place" of a date; one with blanks first."""
    found = [one for pattern in _PATTERNS[what] for one in pattern.finditer(text) if _is_place(what, one)]
    return min(found, key=lambda one: not _is_blank(what, one), default=None)


def find(what: str, head: Sequence[Words]) -> int | None:
    """Which paragraph of the head has the place; None: no one has. `what`: "number" or "date"."""
    best: tuple[bool, bool, int] | None = None
    is_titled, had_place, about = False, False, set()
    for at, one in enumerate(head):
        found = match(what, one.text)
        is_place = found is not None or match("date" if what == "number" else "number", one.text) is not None
        is_titled = is_titled or had_place and not is_place and _is_title(one)
        had_place = had_place or is_place
        if found and not (what == "number" and _goes_on(head[at + 1:])):
            is_late = is_titled or id(one.holder) in about or bool(_SUBJECT.search(one.text[:found.start("all")]))
            is_filled = not _is_blank(what, found)
            if not (is_late and is_filled):
                best = min(best or (True, True, at), (is_late, is_filled, at))
        if _SUBJECT.search(one.text):
            about.add(id(one.holder))
    return None if best is None else best[2]


def _goes_on(behind: Sequence[Words]) -> bool:
    """Whether the rest of a number stands in the next cell, beside what would be written."""
    return next((line for one in behind if (line := one.text.strip())), "").startswith("/")


def _is_title(one: Words) -> bool:
    return one.is_outside and one.text.isupper() and len(one.text.strip()) >= _LEAST_TITLE


def _is_blank(what: str, found: re.Match[str]) -> bool:
    """Whether a value is still to come."""
    if what == "number":
        return found["colon"] is not None and not any(char.isdigit() for char in found["number"])
    return not (found["day"].strip().isdigit() and found["month"].strip().isdigit())


def _is_place(what: str, found: re.Match[str]) -> bool:
    """Not a number that a sentence cites; not a day that one tells: before it stands a name of a place, or blanks."""
    if what == "number":
        return found["colon"] is not None or not any(char.isdigit() for char in found["number"])
    name = unicodedata.normalize("NFC", found["place"]).strip()
    if _NO_NAME.fullmatch(name):
        return True
    words = re.split(r"[\s.\-–]+", name.strip(".-– "))
    if len(words) > _MOST_WORDS or " ".join(words[:2]).casefold() == "dự thảo":
        return False
    if re.search(r"[ \u00a0]{2}", name) and len(words) > _MOST_TYPED:
        return False
    if found["comma"] and _is_blank(what, found):  # "Sa pa, ngày    tháng": no sentence leaves its day open
        return True
    return (bool(found["comma"]) or len(words) > 1) and all(
        word[:1].isupper() or word.casefold() in _UNITS or word.isdigit() and before.casefold() in _UNITS
        for before, word in zip(("", *words), words, strict=False))
