"""The texts of findings (Art. 3.1.đ): Vietnamese, as the documents are, each with its English out of the catalogue.

`_` marks them as it does in the pages. What is quoted of a document, “…”, is no text of ours and stays as it is
written; a plain string is the same in both languages.
"""

from collections.abc import Iterable
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import Self

_CATALOGUES = Path(__file__).parent.parent / "translations"


class Said(str):
    """A text in Vietnamese that knows how it is said in English."""

    __slots__ = ("english",)
    english: str

    def __new__(cls, vietnamese: str, english: str) -> Self:
        """Both are ready to be shown."""
        made = super().__new__(cls, vietnamese)
        made.english = english
        return made


def said(pattern: str, **facts: object) -> Said:
    """A text of the catalogue with its facts by name; of facts that were said so each language has its own."""
    theirs = {name: in_english(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
    return Said(pattern % facts, _english().gettext(pattern) % theirs)


def joined(parts: Iterable[str]) -> Said:
    """One beside the other, with commas."""
    every = list(parts)
    return Said(", ".join(every), ", ".join(map(in_english, every)))


def in_english(text: str) -> str:
    """A text of a finding as it is said in English."""
    return getattr(text, "english", str(text))


@cache
def _english() -> NullTranslations:
    return translation("messages", _CATALOGUES, ["en"], fallback=True)
