"""What the check of a draft's form says (Art. 3.1.đ): its rules with their articles, findings, and looks of lines.

The rules are the layout of NĐ 30/2020 PL I. The values that they compare are here in one place; which line is which
part of a document is layout_parts.py's, the rules of head, body and tail are in files of their own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from app.tools.docx_layout import Line, Piece

FONT = "Times New Roman"
#: rule -> article of NĐ 30/2020 and whether it is an error or a warning
RULES: dict[str, tuple[str, str]] = {
    "paper": ("PL I.I.1", "error"), "margins": ("PL I.I.3", "error"), "font": ("PL I.I.4", "error"),
    "color": ("PL I.I.4", "error"), "page_number": ("PL I.I.7", "error"),
    "head_places": ("PL I.IV", "error"), "country": ("PL I.II.1", "error"), "motto": ("PL I.II.1", "error"),
    "motto_rule": ("PL I.II.1", "warning"), "sizes": ("PL I.II.1", "error"), "organ": ("PL I.II.2", "error"),
    "organ_rule": ("PL I.II.2", "warning"), "number": ("PL I.II.3", "error"), "date": ("PL I.II.4", "error"),
    "number_date": ("PL I.II.4", "error"), "type_name": ("PL I.II.5", "error"), "subject": ("PL I.II.5", "error"),
    "subject_rule": ("PL I.II.5", "warning"), "mark": ("PL I.III.2", "error"),
    "addressees": ("PL I.II.9", "error"), "basis": ("PL I.II.6", "error"),
    "body_size": ("PL I.II.6", "error"), "body_style": ("PL I.II.6", "warning"), "body_align": ("PL I.II.6", "error"),
    "first_line": ("PL I.II.6", "error"), "paragraph_gap": ("PL I.II.6", "error"),
    "line_spacing": ("PL I.II.6", "error"), "numbering": ("PL I.II.6", "error"),
    "heading": ("PL I.II.6", "error"), "blank": ("PL I.II.6", "error"), "ending": ("PL I.II.6", "error"),
    "tail_places": ("PL I.IV", "error"), "signature": ("PL I.II.7", "error"), "signer_name": ("PL I.II.7", "error"),
    "recipients": ("PL I.II.9", "error"), "attached": ("PL I.III.1", "error"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be. `repair`: changes of tools/docx_repair.py; None: a person's to do."""

    rule: str
    article: str
    where: str
    is_: str
    should: str
    severity: str
    repair: list[dict[str, Any]] | None = None
    #: lines with this fault
    places: int = 1

    def as_json(self) -> dict[str, Any]:
        """Plain values: rule, article, where, is, should, severity, repair, places."""
        plain = asdict(self)
        return {name.rstrip("_"): plain[name] for name in plain}


@dataclass(frozen=True)
class Look:
    """How the letters of a part look: points from and to, bold, italic (None: either), capitals."""

    low: float
    high: float
    bold: bool | None = None
    italic: bool | None = False
    is_upper: bool = False

    def words(self) -> str:
        """For people."""
        size = f"{_figure(self.low)}" if self.low == self.high else f"{_figure(self.low)}–{_figure(self.high)}"
        parts = [f"cỡ {size}", "in hoa" if self.is_upper else "",
                 {True: "đậm", False: "không đậm", None: ""}[self.bold],
                 {True: "nghiêng", False: "đứng", None: ""}[self.italic]]
        return ", ".join(part for part in parts if part)


def finding(rule: str, where: str, is_: str, should: str, repair: list[dict[str, Any]] | None = None, *,
            severity: str = "", places: int = 1) -> Finding:
    """A finding with the article and the severity of its rule."""
    article, usual = RULES[rule]
    return Finding(rule, f"NĐ 30/2020 {article}", where, is_, should, severity or usual, repair, places)


def looks(rule: str, where: str, lines: Iterable[Line], look: Look) -> Iterator[Finding]:
    """What is wrong with the letters of each line; capitals are a person's to write."""
    for line in lines:
        wrong = [piece for piece in line.seen if not _fits(piece, look)]
        if wrong:
            named = {name: value for name, value in (("bold", look.bold), ("italic", look.italic)) if value is not None}
            if any(not look.low <= piece.size <= look.high for piece in wrong):
                named["size"] = look.low
            if any(piece.underline for piece in wrong):
                named["underline"] = False
            yield finding(rule, where, f"“{short(line.text)}”: {_seen(wrong[0])}", look.words(),
                          [{"paragraph": line.paragraph, "runs": [piece.run for piece in line.pieces], **named}])
        if look.is_upper and line.text != line.text.upper():
            yield finding(rule, where, f"“{short(line.text)}”", f"“{short(line.text.upper())}” (in hoa)")


def _fits(piece: Piece, look: Look) -> bool:
    return (look.low <= piece.size <= look.high and look.bold in (None, piece.bold)
            and look.italic in (None, piece.italic) and not piece.underline)


def _seen(piece: Piece) -> str:
    return ", ".join((f"cỡ {_figure(piece.size)}", "đậm" if piece.bold else "không đậm",
                      "nghiêng" if piece.italic else "đứng", *(["gạch chân"] if piece.underline else [])))


def whole(line: Line, **change: Any) -> dict[str, Any]:
    """A change of the paragraph, or of the runs of the line when letters are named."""
    return {"paragraph": line.paragraph, "runs": [piece.run for piece in line.pieces], **change}


def gathered(rule: str, found: Iterable[tuple[Line, str, str, dict[str, Any] | None]]) -> Iterator[Finding]:
    """Lines with one and the same fault are one finding: (line, is, should, change)."""
    groups: dict[tuple[str, str], list[tuple[Line, dict[str, Any] | None]]] = {}
    for line, is_, should, change in found:
        groups.setdefault((is_, should), []).append((line, change))
    for (is_, should), members in groups.items():
        first = f"đoạn “{short(members[0][0].text)}”"
        where = first if len(members) == 1 else f"{first} và {len(members) - 1} đoạn khác"
        changes = [change for _line, change in members if change is not None]
        yield finding(rule, where, is_, should, changes if len(changes) == len(members) else None,
                      places=len(members))


def short(text: str) -> str:
    """The beginning, for people."""
    text = " ".join(text.split())
    return text if len(text) <= 48 else f"{text[:45]}…"


def _figure(value: float) -> str:
    return f"{value:g}".replace(".", ",")


def figure(value: float) -> str:
    """A number as it is written here, one digit behind the comma at most."""
    return _figure(round(value, 1))
