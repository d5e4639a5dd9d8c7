"""How a DOCX is laid out: paper, page numbers, and each line with the look of its letters (Art. 3.1.đ).

Reads what Word would show (docx_look.py follows the styles). It judges nothing (regulation/layout_check.py) and
changes nothing (docx_repair.py).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docx.document import Document
from docx.oxml.ns import qn
from lxml import etree

from app.refusal import Refusal
from app.tools import docx
from app.tools.docx import paragraphs
from app.tools.docx_list import Lists
from app.tools.docx_look import EFFECTS, OFF, Looks, number, style_of
from app.tools.office import TruncatedFile

#: twentieths of a point in a millimetre
_TWIPS = 1440 / 25.4
#: paragraphs that are read at most, some ten seconds of work: longer tables belong into files of their own
MOST_PARAGRAPHS = 20_000
_DRAWN = (qn("w:drawing"), qn("w:pict"))
#: points of a single line for each point of its letters, Times New Roman
_SINGLE = 1.15
#: points between paragraphs that Word chooses itself
_AUTO_GAP = 14
#: how a field says in which figures it counts
_COUNTED = re.compile(r"\\\*\s*(?!MERGEFORMAT|CHARFORMAT)(\w+)", re.IGNORECASE)
#: namespaces of page numbers in fields
_FIELDS = (qn("w:instrText"), qn("w:fldSimple"))


class TooLongToCheck(Refusal):
    """The document has more paragraphs, those of tables among them, than are looked at."""

    code, status, article = "too_long_to_check", 413, "Art. 3.1.đ"


@dataclass(frozen=True)
class Piece:
    """Letters of one look."""

    text: str
    #: of letters below U+0080 and of the others; None: nobody says
    fonts: tuple[str | None, str | None]
    #: points
    size: float
    bold: bool
    italic: bool
    underline: bool
    strike: bool
    #: capitals by its format, whatever was typed
    caps: bool
    #: "auto", or six hex digits
    color: str
    #: a colour behind the letters, as Word names it; "": none
    ground: str
    #: smaller letters above or below the line: "superscript", "subscript"; "": none
    raised: str
    #: letters of an outline, a shadow, a relief
    is_drawn: bool
    #: its run in the paragraph, from 0
    run: int


@dataclass(frozen=True)
class Line:
    """A paragraph, or a part of it between breaks."""

    #: the paragraph in the document, from 0
    paragraph: int
    pieces: tuple[Piece, ...]
    #: left, center, right, both
    align: str
    #: millimetres
    left_mm: float
    right_mm: float
    first_mm: float
    #: points
    before_pt: float
    after_pt: float
    #: times a single line of its letters, also where points are set; None: there are no letters
    spacing: float | None
    #: no gap to a neighbour of the same style
    is_close: bool
    style: str
    #: (table, row, column) from 0; None: in no table
    cell: tuple[int, int, int] | None
    #: a border above or below, or something drawn, is in it
    has_rule: bool
    #: Word lists it
    is_listed: bool
    #: what Word puts before it as a member of a list: "1.", "-"
    mark: str = ""
    #: the number of its section, from 0
    section: int = 0

    @property
    def text(self) -> str:
        """Its letters, each with its marks as one."""
        return unicodedata.normalize("NFC", "".join(piece.text for piece in self.pieces))

    @property
    def told(self) -> str:
        """What one reads, the mark of its list too."""
        return f"{self.mark} {self.text.lstrip()}" if self.mark else self.text

    @property
    def seen(self) -> tuple[Piece, ...]:
        """Pieces with letters that one sees."""
        return tuple(piece for piece in self.pieces if piece.text.strip())

    @property
    def size(self) -> float:
        """Of most of its letters; 0: there are none."""
        return _most([(piece.size, len(piece.text.strip())) for piece in self.seen]) or 0.0

    def is_all(self, name: str) -> bool:
        """Whether all its letters are "bold" or "italic"."""
        return bool(self.seen) and all(getattr(piece, name) for piece in self.seen)

    def is_any(self, name: str) -> bool:
        """Whether some are."""
        return any(getattr(piece, name) for piece in self.seen)


@dataclass(frozen=True)
class PageNumber:
    """How the number of a page stands in a header or a footer."""

    #: header, footer
    where: str
    align: str
    size: float
    bold: bool
    italic: bool
    font: str | None
    #: "decimal", "upperRoman", as Word names it
    figures: str
    #: what stands beside it: "Trang", "/5"
    beside: str


@dataclass(frozen=True)
class Section:
    """Pages of one format; millimetres. What is kept free for binding is a part of its side."""

    width: float
    height: float
    top: float
    bottom: float
    left: float
    right: float
    binding: float
    #: on the pages after the first
    numbers: tuple[PageNumber, ...]
    #: the first page shows a number, too
    is_first_numbered: bool
    #: even pages have headers of their own, and no number in them
    is_even_unnumbered: bool
    #: the number of its first page; None: it goes on
    starts_at: int | None


@dataclass(frozen=True)
class Layout:
    """A document."""

    sections: tuple[Section, ...]
    lines: tuple[Line, ...]


def read(data: bytes) -> Layout:
    """Raises TruncatedFile, TooLongToCheck, and what office.Package refuses: macros, content from outside, a bomb."""
    document = docx.read(data)
    looks = Looks(document)
    try:
        return Layout(tuple(_sections(document, looks)), tuple(_lines(document, looks)))
    except KeyError as error:  # a header that is named and not there
        raise TruncatedFile() from error


def _most(weighed: list[tuple[float, int]]) -> float | None:
    sums: dict[float, int] = {}
    for value, weight in weighed:
        sums[value] = sums.get(value, 0) + weight
    return max(sums, key=lambda value: sums[value]) if sums else None


def _lines(document: Document, looks: Looks) -> Iterator[Line]:
    cells, every, lists, section = _cells(document), [*paragraphs(document)], Lists(looks), 0
    if len(every) > MOST_PARAGRAPHS:
        raise TooLongToCheck(limit=MOST_PARAGRAPHS)
    for place, paragraph in enumerate(every):
        look, cell = looks.paragraph(paragraph), cells.get(next(paragraph.iterancestors(qn("w:tc")), None))
        first = number(look.get("firstLine")) - number(look.get("hanging"))
        left, right = (number(look.get(side, look.get(other))) / _TWIPS
                       for side, other in (("left", "start"), ("right", "end")))
        jc = look["w:jc"].get(qn("w:val"), "left") if "w:jc" in look else "left"
        align = {"start": "left", "end": "right", "justify": "both", "distribute": "both"}.get(jc, jc)
        has_rule = "w:pBdr" in look or any(_is_own(node, paragraph) for node in paragraph.iter(*_DRAWN))
        is_close = "w:contextualSpacing" in look and look["w:contextualSpacing"].get(qn("w:val")) not in OFF
        style = style_of(paragraph.find(qn("w:pPr")), "w:pStyle") or ""
        mark = lists.mark(look, style)
        for part, pieces in enumerate(_parts(paragraph, looks)):
            yield Line(place, pieces, align, left, right, first / _TWIPS, _gap(look, "before"), _gap(look, "after"),
                       _spacing(look, pieces), is_close, style, cell, has_rule, _is_listed(look),
                       "" if part else mark, section)
        section += paragraph.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None


def _is_listed(look: dict[str, Any]) -> bool:
    """A paragraph takes itself out of its style's list by the list 0."""
    own = look["w:numPr"].find(qn("w:numId")) if "w:numPr" in look else None
    return "w:numPr" in look and (own is None or own.get(qn("w:val")) != "0")


def _gap(look: dict[str, Any], side: str) -> float:
    """Points: as they are set, in lines of 12 points, or as Word chooses."""
    if look.get(f"{side}Autospacing", "0") not in OFF:
        return _AUTO_GAP
    return max(number(look.get(side)) / 20, number(look.get(f"{side}Lines")) / 100 * 12)


def _spacing(look: dict[str, Any], pieces: tuple[Piece, ...]) -> float | None:
    rule, size = look.get("lineRule", "auto"), max((piece.size for piece in pieces if piece.text.strip()), default=0)
    if not size:
        return None
    if rule == "auto":
        return number(look.get("line", "240")) / 240
    times = number(look.get("line")) / 20 / (_SINGLE * size)
    return times if rule == "exact" else max(times, 1.0)


def runs(paragraph: etree._Element) -> Iterator[etree._Element]:
    """The runs of a paragraph, without those of text boxes in it; a piece names its own by its place here."""
    return (run for run in paragraph.iter(qn("w:r")) if _is_own(run, paragraph))


def _is_own(node: etree._Element, paragraph: etree._Element) -> bool:
    return next(node.iterancestors(qn("w:p")), None) is paragraph


def _parts(paragraph: etree._Element, looks: Looks) -> Iterator[tuple[Piece, ...]]:
    """The pieces between breaks; a paragraph without letters is one empty part."""
    pieces: list[Piece] = []
    for place, run in enumerate(runs(paragraph)):
        look = looks.run(run, paragraph)
        text = ""
        for node in run:
            if node.tag in (qn("w:br"), qn("w:cr")):
                pieces.append(_piece(text, look, place))
                yield tuple(pieces)
                pieces, text = [], ""
            elif node.tag == qn("w:t"):
                text += node.text or ""
            elif node.tag == qn("w:tab"):
                text += "\t"
            elif node.tag == qn("w:noBreakHyphen"):
                text += "-"
        pieces.append(_piece(text, look, place))
    yield tuple(pieces)


def _piece(text: str, look: dict[str, Any], run: int) -> Piece:
    text = unicodedata.normalize("NFC", text)
    return Piece(text.upper() if look["caps"] else text, (look["ascii"], look["hAnsi"]), look["size"], look["bold"],
                 look["italic"], look["underline"], look["strike"], look["caps"], look["color"], look["ground"],
                 look["raised"], any(look[name] for name in EFFECTS), run)


def _cells(document: Document) -> dict[etree._Element, tuple[int, int, int]]:
    """Each cell -> its table, row, column; a table inside a table is one more."""
    found: dict[etree._Element, tuple[int, int, int]] = {}
    rows: dict[etree._Element, int] = {}
    tables = {table: number for number, table in enumerate(document.element.body.iter(qn("w:tbl")))}
    in_table, in_row = dict.fromkeys(tables, 0), {}
    for row in document.element.body.iter(qn("w:tr")):
        table = next(row.iterancestors(qn("w:tbl")))
        rows[row], in_row[row] = in_table[table], 0
        in_table[table] += 1
    for cell in document.element.body.iter(qn("w:tc")):
        row = next(cell.iterancestors(qn("w:tr")))
        found[cell] = tables[next(row.iterancestors(qn("w:tbl")))], rows[row], in_row[row]
        in_row[row] += 1
    return found


def _sections(document: Document, looks: Looks) -> Iterator[Section]:
    settings = document.settings.element
    is_on_top = settings.find(qn("w:gutterAtTop")) is not None
    for section in document.sections:
        width, height, top, bottom, left, right, binding = ((getattr(section, name) or 0) / 36000 for name in (
            "page_width", "page_height", "top_margin", "bottom_margin", "left_margin", "right_margin", "gutter"))
        counted = section._sectPr.find(qn("w:pgNumType"))
        figures, start = (counted.get(qn(f"w:{name}")) if counted is not None else None for name in ("fmt", "start"))
        numbers = [found for where in ("header", "footer")
                   if (found := _page_number(getattr(section, where)._element, where, figures or "decimal", looks))]
        is_other = section.different_first_page_header_footer
        first = [section.first_page_header, section.first_page_footer] if is_other else [section.header, section.footer]
        even = [section.even_page_header, section.even_page_footer] \
            if document.settings.odd_and_even_pages_header_footer else []
        yield Section(
            width, height, top + binding * is_on_top, bottom, left + binding * (not is_on_top), right, binding,
            tuple(numbers), any(_is_numbered(one, looks) for one in first),
            bool(even) and not any(_is_numbered(one, looks) for one in even), int(number(start)) if start else None)


def _is_numbered(part: Any, looks: Looks) -> bool:
    return _page_number(part._element, "", "", looks) is not None


def _page_number(part: etree._Element, where: str, figures: str, looks: Looks) -> PageNumber | None:
    """The page number in a header or a footer; `figures`: what the section counts in."""
    for node in part.iter(*_FIELDS):
        asked = node.text or node.get(qn("w:instr")) or ""
        if "PAGE" not in asked.upper().split():
            continue
        paragraph = next(node.iterancestors(qn("w:p")))
        run, jc = _shown(node, paragraph), looks.paragraph(paragraph).get("w:jc")
        look = looks.run(run, paragraph) if run is not None else {"size": 0, "bold": 0, "italic": 0, "ascii": None}
        frame = next(paragraph.iter(qn("w:framePr")), None)
        align = (frame.get(qn("w:xAlign")) if frame is not None else None) or (
            jc.get(qn("w:val"), "left") if jc is not None else "left")
        if own := _COUNTED.search(asked):
            figures = "decimal" if own[1].lower() == "arabic" else own[1]
        beside = "".join(one.text or "" for one in (part if where == "header" else paragraph).iter(qn("w:t")))
        return PageNumber(where, align, look["size"], bool(look["bold"]), bool(look["italic"]), look["ascii"], figures,
                          re.sub(r"[\s\d\-–—]|^[ivxIVX]+$", "", beside))
    return None


def _shown(node: etree._Element, paragraph: etree._Element) -> etree._Element | None:
    """The run whose look a field's result has: the first one that is shown of it, else the one that asks."""
    if node.tag == qn("w:fldSimple"):
        return next(node.iter(qn("w:r")), None)
    asking = next(node.iterancestors(qn("w:r")))
    for run in asking.itersiblings(qn("w:r")):
        if run.find(qn("w:t")) is not None:
            return run
        mark = run.find(qn("w:fldChar"))
        if mark is not None and mark.get(qn("w:fldCharType")) == "end":
            break
    return asking
