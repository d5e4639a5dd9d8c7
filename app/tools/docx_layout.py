"""How a DOCX is laid out: paper, page numbers, and each line with the look of its letters (Art. 3.1.đ).

Reads what Word would show: direct formats over styles over the defaults of the document, fonts of the theme among
them. It judges nothing (regulation/layout_check.py) and changes nothing (docx_repair.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from docx.document import Document
from docx.oxml.ns import qn
from lxml import etree

from app.refusal import Refusal
from app.tools.docx import opened, paragraphs
from app.tools.office import TruncatedFile

#: twentieths of a point in a millimetre
_TWIPS = 1440 / 25.4
#: paragraphs that are read at most, some ten seconds of work: longer tables belong into files of their own
MOST_PARAGRAPHS = 20_000
_ON_OFF = {"b": "bold", "i": "italic", "caps": "caps", "strike": "strike"}
_DRAWN = (qn("w:drawing"), qn("w:pict"))
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
    #: "auto", or six hex digits
    color: str
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
    first_mm: float
    #: points
    before_pt: float
    after_pt: float
    #: times a single line; None: exactly or at least so many points
    spacing: float | None
    #: (table, row, column) from 0; None: in no table
    cell: tuple[int, int, int] | None
    #: a border above or below, or something drawn, is in it
    has_rule: bool
    #: Word numbers it
    is_listed: bool

    @property
    def text(self) -> str:
        """Its letters."""
        return "".join(piece.text for piece in self.pieces)

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
class Section:
    """Pages of one format; millimetres."""

    width: float
    height: float
    top: float
    bottom: float
    left: float
    right: float
    #: places of page numbers on the pages after the first: ("header" or "footer", alignment, size)
    numbers: tuple[tuple[str, str, float], ...]
    #: the first page shows a number, too
    is_first_numbered: bool


@dataclass(frozen=True)
class Layout:
    """A document."""

    sections: tuple[Section, ...]
    lines: tuple[Line, ...]


def read(data: bytes) -> Layout:
    """Raises TruncatedFile, TooLongToCheck, and what office.Package refuses: macros, content from outside, a bomb."""
    document = opened(data)
    looks = _Looks(document)
    try:
        return Layout(tuple(_sections(document, looks)), tuple(_lines(document, looks)))
    except KeyError as error:  # a header that is named and not there
        raise TruncatedFile() from error


def _most(weighed: list[tuple[float, int]]) -> float | None:
    sums: dict[float, int] = {}
    for value, weight in weighed:
        sums[value] = sums.get(value, 0) + weight
    return max(sums, key=lambda value: sums[value]) if sums else None


@dataclass
class _Looks:
    """The styles of a document, followed to their ends."""

    document: Document
    _styles: dict[str, etree._Element] = field(default_factory=dict)
    _chains: dict[str, list[etree._Element]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tree = self.document.styles.element
        self._styles = {style.get(qn("w:styleId"), ""): style for style in tree.iter(qn("w:style"))}
        self._usual = next((name for name, style in self._styles.items() if style.get(qn("w:default")) in ("1", "true")
                            and style.get(qn("w:type")) == "paragraph"), "")
        self._defaults = tree.find(qn("w:docDefaults"))
        self._theme = _theme(self.document)

    def chain(self, style: str | None) -> list[etree._Element]:
        """A style and those that it is based on, the deepest first."""
        name = style or self._usual
        if name not in self._chains:
            found, seen = [], set()
            while name in self._styles and name not in seen:
                seen.add(name)
                found.append(self._styles[name])
                based = self._styles[name].find(qn("w:basedOn"))
                name = based.get(qn("w:val"), "") if based is not None else ""
            self._chains[style or self._usual] = found[::-1]
        return self._chains[style or self._usual]

    def paragraph(self, paragraph: etree._Element) -> dict[str, Any]:
        """Attributes of w:spacing and w:ind, and jc, as they come out; and whether Word numbers it."""
        own = paragraph.find(qn("w:pPr"))
        sources = [self._default("w:pPrDefault/w:pPr"),
                   *(style.find(qn("w:pPr")) for style in self.chain(_style_of(own, "w:pStyle"))), own]
        look: dict[str, Any] = {}
        for source in sources:
            if source is None:
                continue
            for tag in ("w:spacing", "w:ind"):
                element = source.find(qn(tag))
                look.update({name.rpartition("}")[2]: value for name, value in element.attrib.items()}
                            if element is not None else {})
            for tag in ("w:jc", "w:pBdr", "w:numPr"):
                element = source.find(qn(tag))
                if element is not None:
                    look[tag] = element
        return look

    def run(self, run: etree._Element, paragraph: etree._Element) -> dict[str, Any]:
        """fonts, size, bold, italic, color, caps of a run as they come out."""
        own = run.find(qn("w:rPr"))
        style = _style_of(own, "w:rStyle")
        sources = [self._default("w:rPrDefault/w:rPr"),
                   *(one.find(qn("w:rPr")) for one in self.chain(_style_of(paragraph.find(qn("w:pPr")), "w:pStyle"))),
                   *((one.find(qn("w:rPr")) for one in self.chain(style)) if style else ()), own]
        look: dict[str, Any] = {"ascii": None, "hAnsi": None, "size": 10.0, "bold": False, "italic": False,
                                "caps": False, "color": "auto"}
        for source in sources:
            if source is not None:
                self._apply(source, look)
        return look

    def _apply(self, source: etree._Element, look: dict[str, Any]) -> None:
        for element in source:
            name = etree.QName(element).localname if isinstance(element.tag, str) else ""
            value = element.get(qn("w:val"))
            if name == "rFonts":
                for kind in ("ascii", "hAnsi"):
                    theme = element.get(qn(f"w:{kind}Theme"))
                    font = self._theme.get((theme or "")[:5]) if theme else element.get(qn(f"w:{kind}"))
                    look[kind] = font or look[kind]
            elif name == "sz" and value:
                look["size"] = _number(value) / 2
            elif name == "color" and value:
                look["color"] = "auto" if value.lower() in ("auto", "000000") else value.upper()
            elif name in _ON_OFF:
                look[_ON_OFF[name]] = value not in ("0", "false", "off")

    def _default(self, path: str) -> etree._Element | None:
        return self._defaults.find("/".join(qn(part) for part in path.split("/"))) \
            if self._defaults is not None else None


def _theme(document: Document) -> dict[str, str]:
    """{"minor": font, "major": font} of the theme."""
    for relation in document.part.rels.values():
        if relation.reltype.endswith("/theme") and not relation.is_external:
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
            try:
                root = etree.fromstring(relation.target_part.blob, parser)
            except etree.XMLSyntaxError:
                return {}
            found = {kind: root.find(f".//{{*}}{kind}Font/{{*}}latin") for kind in ("minor", "major")}
            return {kind: one.get("typeface", "") for kind, one in found.items() if one is not None}
    return {}


def _style_of(properties: etree._Element | None, tag: str) -> str | None:
    found = properties.find(qn(tag)) if properties is not None else None
    return found.get(qn("w:val")) if found is not None else None


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _lines(document: Document, looks: _Looks) -> Iterator[Line]:
    cells, every = _cells(document), [*paragraphs(document)]
    if len(every) > MOST_PARAGRAPHS:
        raise TooLongToCheck(limit=MOST_PARAGRAPHS)
    for number, paragraph in enumerate(every):
        look, cell = looks.paragraph(paragraph), cells.get(next(paragraph.iterancestors(qn("w:tc")), None))
        spacing = _number(look.get("line", "240")) / 240 if look.get("lineRule", "auto") == "auto" else None
        first = _number(look.get("firstLine")) - _number(look.get("hanging"))
        jc = look["w:jc"].get(qn("w:val"), "left") if "w:jc" in look else "left"
        align = {"start": "left", "end": "right", "justify": "both", "distribute": "both"}.get(jc, jc)
        has_rule = "w:pBdr" in look or any(_is_own(node, paragraph) for node in paragraph.iter(*_DRAWN))
        for pieces in _parts(paragraph, looks):
            yield Line(number, pieces, align, first / _TWIPS, _number(look.get("before")) / 20,
                       _number(look.get("after")) / 20, spacing, cell, has_rule, "w:numPr" in look)


def runs(paragraph: etree._Element) -> Iterator[etree._Element]:
    """The runs of a paragraph, without those of text boxes in it; a piece names its own by its place here."""
    return (run for run in paragraph.iter(qn("w:r")) if _is_own(run, paragraph))


def _is_own(node: etree._Element, paragraph: etree._Element) -> bool:
    return next(node.iterancestors(qn("w:p")), None) is paragraph


def _parts(paragraph: etree._Element, looks: _Looks) -> Iterator[tuple[Piece, ...]]:
    """The pieces between breaks; a paragraph without letters is one empty part."""
    pieces: list[Piece] = []
    for number, run in enumerate(runs(paragraph)):
        look = looks.run(run, paragraph)
        text = ""
        for node in run:
            if node.tag in (qn("w:br"), qn("w:cr")):
                pieces.append(_piece(text, look, number))
                yield tuple(pieces)
                pieces, text = [], ""
            elif node.tag == qn("w:t"):
                text += node.text or ""
            elif node.tag == qn("w:tab"):
                text += "\t"
            elif node.tag == qn("w:noBreakHyphen"):
                text += "-"
        pieces.append(_piece(text, look, number))
    yield tuple(pieces)


def _piece(text: str, look: dict[str, Any], run: int) -> Piece:
    return Piece(text.upper() if look["caps"] else text, (look["ascii"], look["hAnsi"]), look["size"], look["bold"],
                 look["italic"], look["color"], run)


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


def _sections(document: Document, looks: _Looks) -> Iterator[Section]:
    for section in document.sections:
        size = [(getattr(section, name) or 0) / 36000 for name in (
            "page_width", "page_height", "top_margin", "bottom_margin", "left_margin", "right_margin")]
        numbers = [(where, *found) for where in ("header", "footer")
                   if (found := _page_number(getattr(section, where)._element, looks))]
        is_other = section.different_first_page_header_footer
        first = [section.first_page_header, section.first_page_footer] if is_other else [section.header, section.footer]
        yield Section(*size, tuple(numbers), any(_page_number(one._element, looks) for one in first))


def _page_number(part: etree._Element, looks: _Looks) -> tuple[str, float] | None:
    """(alignment, size) of the page number in a header or a footer."""
    for node in part.iter(*_FIELDS):
        if "PAGE" not in (node.text or node.get(qn("w:instr")) or "").upper().split():
            continue
        paragraph = next(node.iterancestors(qn("w:p")))
        run = next((one for one in (node, *node.iterancestors()) if one.tag == qn("w:r")), None)
        run = run if run is not None else next(node.iter(qn("w:r")), None)
        jc = looks.paragraph(paragraph).get("w:jc")
        size = looks.run(run, paragraph)["size"] if run is not None else 0.0
        frame = next(paragraph.iter(qn("w:framePr")), None)
        align = frame.get(qn("w:xAlign")) if frame is not None else None
        return align or (jc.get(qn("w:val"), "left") if jc is not None else "left"), size
    return None
