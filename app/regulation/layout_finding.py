"""What the check of a draft's form says (Art. 3.1.đ): its rules with their articles, findings, and looks of lines.

The rules are the layout of NĐ 30/2020 PL I. The values that they compare are here in one place; which line is which
part of a document is layout_parts.py's, the rules of head, body and tail are in files of their own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from app.regulation.layout_said import Said, in_english, joined
from app.regulation.layout_said import said as _
from app.tools.docx_layout import Line, Piece
from app.tools.docx_repair import DOUBLED

FONT = "Times New Roman"
#: rule -> place in NĐ 30/2020 PL and whether it is an error or a warning
RULES: dict[str, tuple[str, str]] = {
    "paper": ("I.I.1", "error"), "margins": ("I.I.3", "error"), "font": ("I.I.4", "error"),
    "color": ("I.I.4", "error"), "page_number": ("I.I.7", "error"),
    "head_places": ("I.IV", "error"), "country": ("I.II.1", "error"), "motto": ("I.II.1", "error"),
    "motto_rule": ("I.II.1", "warning"), "sizes": ("I.II.1", "error"), "organ": ("I.II.2", "error"),
    "organ_rule": ("I.II.2", "warning"), "number": ("I.II.3", "error"), "date": ("I.II.4", "error"),
    "number_date": ("I.II.4", "error"), "type_name": ("I.II.5", "error"), "subject": ("I.II.5", "error"),
    "subject_rule": ("I.II.5", "warning"), "mark": ("I.III.2", "error"),
    "addressees": ("I.II.9", "error"), "basis": ("I.II.6", "error"),
    "body_size": ("I.II.6", "error"), "body_style": ("I.II.6", "warning"), "body_align": ("I.II.6", "error"),
    "first_line": ("I.II.6", "error"), "paragraph_gap": ("I.II.6", "error"),
    "line_spacing": ("I.II.6", "error"), "numbering": ("I.II.6", "error"),
    "heading": ("I.II.6", "error"), "blank": ("I.II.6", "error"), "ending": ("I.II.6", "error"),
    "spaces": ("I.II.6", "warning"), "dash": ("I.II.6", "warning"), "cited": ("II.V", "warning"),
    "tail_places": ("I.IV", "error"), "signature": ("I.II.7", "error"), "signer_name": ("I.II.7", "error"),
    "recipients": ("I.II.9", "error"), "attached": ("I.III.1", "error"),
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
        """Plain values: rule, article, where, is, should, those with _en in English, severity, repair, places."""
        told = {"article": self.article, "where": self.where, "is": self.is_, "should": self.should}
        return {"rule": self.rule, **{name: str(text) for name, text in told.items()},
                **{f"{name}_en": in_english(text) for name, text in told.items()},
                "severity": self.severity, "repair": self.repair, "places": self.places}


@dataclass(frozen=True)
class Look:
    """How the letters of a part look: points from and to, bold, italic (None: either), capitals."""

    low: float
    high: float
    bold: bool | None = None
    italic: bool | None = False
    is_upper: bool = False

    def words(self) -> Said:
        """For people."""
        size = f"{_figure(self.low)}" if self.low == self.high else f"{_figure(self.low)}–{_figure(self.high)}"
        parts = [_("cỡ %(size)s", size=size), _("chữ in hoa") if self.is_upper else "",
                 {True: _("đậm"), False: _("không đậm"), None: ""}[self.bold],
                 {True: _("nghiêng"), False: _("đứng"), None: ""}[self.italic]]
        return joined(part for part in parts if part)


def finding(rule: str, where: str, is_: str, should: str, repair: list[dict[str, Any]] | None = None, *,
            severity: str = "", places: int = 1) -> Finding:
    """A finding with the article and the severity of its rule."""
    article, usual = RULES[rule]
    return Finding(rule, _("NĐ 30/2020 PL %(place)s", place=article), where, is_, should, severity or usual, repair,
                   places)


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
            yield finding(rule, where, _("“%(words)s”: %(look)s", words=short(line.text), look=_seen(wrong[0])),
                          look.words(), [{"paragraph": line.paragraph, "runs": [piece.run for piece in line.pieces],
                                          **named}])
        if look.is_upper and line.text != line.text.upper():
            yield finding(rule, where, f"“{short(line.text)}”",
                          _("“%(words)s”, chữ in hoa", words=short(line.text.upper())))


def _fits(piece: Piece, look: Look) -> bool:
    return (look.low <= piece.size <= look.high and look.bold in (None, piece.bold)
            and look.italic in (None, piece.italic) and not piece.underline)


def _seen(piece: Piece) -> Said:
    return joined((_("cỡ %(size)s", size=_figure(piece.size)), _("đậm") if piece.bold else _("không đậm"),
                   _("nghiêng") if piece.italic else _("đứng"), *([_("gạch chân")] if piece.underline else [])))


def whole(line: Line, **change: Any) -> dict[str, Any]:
    """A change of the paragraph, or of the runs of the line when letters are named."""
    return {"paragraph": line.paragraph, "runs": [piece.run for piece in line.pieces], **change}


def gathered(rule: str, found: Iterable[tuple[Line, str, str, dict[str, Any] | None]], *,
             severity: str = "") -> Iterator[Finding]:
    """Lines with one and the same fault are one finding: (line, is, should, change)."""
    groups: dict[tuple[str, str], list[tuple[Line, dict[str, Any] | None]]] = {}
    for line, is_, should, change in found:
        groups.setdefault((is_, should), []).append((line, change))
    for (is_, should), members in groups.items():
        words, others = short(members[0][0].text), len(members) - 1
        where = _("đoạn “%(words)s” và %(count)s đoạn khác", words=words, count=others) if others else _(
            "đoạn “%(words)s”", words=words)
        changes = [change for _line, change in members if change is not None]
        yield finding(rule, where, is_, should, changes if len(changes) == len(members) else None,
                      severity=severity, places=len(members))


def doubled(lines: Iterable[Line]) -> Iterator[Finding]:
    """Two spaces between the words of a sentence."""
    yield from gathered("spaces", ((line, _("hai dấu cách trở lên giữa hai từ"), _("một dấu cách"),
                                    whole(line, spaces=True)) for line in lines if DOUBLED.search(line.text)))


def undashed(line: Line) -> dict[str, Any]:
    """The change that puts a dash in the place of a sign, typed or of a list of Word."""
    return {"paragraph": line.paragraph, "dash": True} if line.mark else whole(line, opening="- ")


def short(text: str) -> str:
    """The beginning, for people."""
    text = " ".join(text.split())
    return text if len(text) <= 48 else f"{text[:45]}…"


def _figure(value: float) -> str:
    return f"{value:g}".replace(".", ",")


def figure(value: float) -> str:
    """A number as it is written here, one digit behind the comma at most."""
    return _figure(round(value, 1))
