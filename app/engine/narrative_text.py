"""The parts of a procedure's text: lines with numbers, runs of words that name or lead to elements, tables.

A value only. Pages and documents lay it out; narrative.py writes it.
"""

from dataclasses import dataclass, replace

#: points of a clause, in the order of the Vietnamese alphabet
LETTERS = tuple("abcdđeghiklmnopqrstuvxy")
CHAPTER, ARTICLE, CLAUSE, POINT, PLAIN = "chapter", "article", "clause", "point", "plain"


@dataclass(frozen=True)
class Span:
    """A run of words; `anchor`: the element that is told here, `to`: the element whose place it names."""

    text: str
    anchor: str = ""
    to: str = ""
    is_strong: bool = False


@dataclass(frozen=True)
class Line:
    """A numbered paragraph: "Điều 4.", "1.", "a)"; `anchor`: the element that it is about."""

    style: str
    number: str
    spans: tuple[Span, ...]
    anchor: str = ""

    @property
    def text(self) -> str:
        """All its words, with the number."""
        return f"{self.number} {''.join(span.text for span in self.spans)}".strip()


@dataclass(frozen=True)
class Table:
    """A decision table in words; each row (id, cells) with as many cells as heads."""

    anchor: str
    number: str
    title: str
    intro: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Narrative:
    """The text of one procedure: legal bases, chapters with their articles, tables as annexes."""

    key: str
    title: str
    bases: tuple[str, ...]
    lines: tuple[Line, ...]
    tables: tuple[Table, ...] = ()

    @property
    def text(self) -> str:
        """Everything as plain text, one paragraph a line."""
        rows = [" | ".join(cells) for table in self.tables for _, cells in table.rows]
        return "\n".join([self.title, *self.bases, *(line.text for line in self.lines), *rows])

    def anchors(self) -> list[str]:
        """Every element that is told, in order; each once."""
        found = []
        for line in self.lines:
            found += [line.anchor] if line.anchor else []
            found += [span.anchor for span in line.spans if span.anchor]
        return found


@dataclass(frozen=True)
class Place:
    """Where an element is told: an article, and a clause of it unless the article is about it."""

    article: int
    clause: int = 0

    def said(self, here: int) -> str:
        """“khoản 3 Điều này”, “Điều 6”, as read from article `here`."""
        article = "Điều này" if self.article == here else f"Điều {self.article}"
        return f"khoản {self.clause} {article}" if self.clause else article


def resolved(line: Line, here: Place, places: dict[str, Place], names: dict[str, str]) -> Line:
    """The line, read at `here`, with the places that its runs lead to: “chuyển sang “Duyệt” (Điều 6)”.

    What stands in the next clause is not named again.
    """
    spans = []
    for span in line.spans:
        place = places.get(span.to)
        if span.to and not span.text:
            is_next = place == Place(here.article, here.clause + 1) and line.style == CLAUSE
            name = "" if is_next else names.get(span.to, "")
            said = place.said(here.article) if place else ""
            span = replace(span, text=f"{name} ({said})" if name and said else name or said or "…")
        spans.append(span)
    return replace(line, spans=tuple(spans))
