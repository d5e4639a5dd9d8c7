"""Drafts in DOCX: read their text, write number and date of issue into them (Art. 9.1.b; NĐ 30/2020 Art. 8).

Which paragraph, cell or text box of the head has the two places is docx_place.py's to tell. Blanks, dots, placeholders
and an earlier number or date are replaced; the author's formatting stays. It gives no number itself and knows no
document.
"""

import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from io import BytesIO

import docx
from docx.document import Document
from docx.oxml.ns import qn
from docx.parts.hdrftr import FooterPart, HeaderPart
from lxml import etree

from app.refusal import Refusal
from app.tools import docx_place
from app.tools.docx_look import Looks
from app.tools.office import Package, TruncatedFile
from app.tools.office_field import settle, settle_odt

_ALTERNATIVE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}AlternateContent"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_FIELDS = re.compile(rb"\b(?:fldSimple|fldChar|dataBinding)\b|xmlns:text=")
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
#: how the text begins, behind the head; a paragraph of more letters is text, but for the subject
_TEXT = re.compile(r"\s*(kính gửi|điều\s+1\b)", re.IGNORECASE)
_SUBJECT, _LONG = re.compile(r"\s*(v/v|về)\b", re.IGNORECASE), 160
#: the names of the two places as people know them
_NAMES = {"number": "Số: …/…", "date": "…, ngày … tháng … năm …"}


class PlaceMissing(Refusal):
    """The draft has no place for the number, or none for the date of issue."""

    code, article = "draft_place_missing", "Art. 9.1.b"

    def __init__(self, what: str) -> None:
        """`what`: "number" or "date"; the fact `name` is the line that the draft lacks, in Vietnamese."""
        super().__init__(f"The draft has no place for the {what}", what=what, name=_NAMES[what])


class PlaceInMargin(PlaceMissing):
    """The place stands in the heads of the pages, which Word shows beside the text."""

    code = "draft_place_in_margin"


def fill_number(data: bytes, *, number: str, notation: str, place: str, date: date, needs_number: bool = True) -> bytes:
    """The draft with number, notation, place and date of issue written in.

    `number` below 10 gets one 0; the day below 10 and the months 1 and 2 too (NĐ 30/2020 PL I.II.3, 4). With
    an empty `place` the draft's own stays. A draft that needs no number gets it where it has a place for it. The same
    values give the same bytes, also on a filled draft's text.
    Raises PlaceMissing, TruncatedFile, and what Package refuses: tracked changes, hidden text and comments, too.
    """
    opened(data, refuse_changes=True)
    document = read(data)
    reference = f"{number.zfill(2)}/{notation}"
    day = f"ngày {date.day:02} tháng {date.month:02} năm {date.year}"
    if date.month > 2:
        day = f"ngày {date.day:02} tháng {date.month} năm {date.year}"
    if needs_number or _has_number(document):
        _write(document, "number", lambda found: f"{found['word']}: {reference}")
    _write(document, "date", lambda found: f"{place or found['place'].strip()}, {day}".lstrip(", "))
    return packed(document)


def settled(data: bytes) -> bytes:
    """A DOCX or ODT whose fields show for good what they store, as they do to who approves it and on the signed page
    (Art. 8.3; office_field.settle); the same bytes when it has none. Raises what Package does, TruncatedFile.
    """
    package = Package(data)
    names = package.xml_parts if package.extension == "docx" else package.names() if package.extension == "odt" else ()
    changed = {name: _settled(part) for name in names
               if name.endswith(".xml") or package.extension == "docx" if _FIELDS.search(part := package.part(name))}
    return _rewritten(data, lambda name, part: changed.get(name, part)) if changed else data


def as_saved(data: bytes, name: str) -> bytes:
    """A file to be laid out: of a DOCX or ODT with its fields settled, what all who read it see alike."""
    return settled(data) if name.lower().endswith((".docx", ".odt")) else data


def _settled(part: bytes) -> bytes:
    try:
        root = etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False,
                                                      huge_tree=False))
    except etree.XMLSyntaxError:  # beside the text: nobody has read it, and no program will
        return part
    (settle_odt if root.tag.startswith("{urn:oasis:names:tc:opendocument:") else settle)(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def read(data: bytes) -> Document:
    """The document as it is approved and signed, its fields settled. Raises what `opened` does."""
    document, after = opened(data), settled(data)
    return document if after is data else opened(after)


def require_places(data: bytes, *, needs_number: bool = True) -> None:
    """Refuse a draft into which `fill_number` could not write. Raises PlaceMissing, TruncatedFile."""
    document = read(data)
    if needs_number:
        _find(document, "number")
    _find(document, "date")


def text(data: bytes) -> str:
    """The text of the body, tables and text boxes in reading order, one paragraph a line."""
    return "\n".join(map(text_of, paragraphs(read(data))))


def text_of(paragraph: etree._Element) -> str:
    """The text of one paragraph."""
    return _Line(paragraph).text


def shown(data: bytes) -> tuple[str, str]:
    """The text of the body, and of all headers, footers and notes, one paragraph a line: capitals where a format
    prints them, whatever was typed.
    """
    document = read(data)
    looks = Looks(document)
    body, around = ("\n".join(_shown_of(one, looks) for one in those)
                    for those in (paragraphs(document), (*_margins(document), *_notes(document))))
    return body, around


def _shown_of(paragraph: etree._Element, looks: Looks) -> str:
    return "".join(piece.text.upper() if looks.is_capital(piece.node.getparent(), paragraph) else piece.text
                   for piece in _Line(paragraph).pieces)


def margins(data: bytes) -> str:
    """The text of all headers and footers, one paragraph a line."""
    return "\n".join(map(text_of, _margins(read(data))))


def _margins(document: Document) -> list[etree._Element]:
    parts = [one.target_part for one in document.part.rels.values()
             if not one.is_external and isinstance(one.target_part, HeaderPart | FooterPart)]
    return [paragraph for part in parts for paragraph in part.element.iter(qn("w:p"))
            if next(paragraph.iterancestors(_FALLBACK), None) is None]


def notes(data: bytes) -> str:
    """The text of all footnotes and endnotes, one paragraph a line."""
    return "\n".join(text_of(one).strip() for one in _notes(read(data)))


def _notes(document: Document) -> list[etree._Element]:
    found, parser = [], etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    for one in document.part.rels.values():
        if not one.is_external and one.reltype.endswith(("/footnotes", "/endnotes")):
            tree = etree.fromstring(one.target_part.blob, parser)  # whole: Package has read it
            found += tree.iter(qn("w:p"))
    return found


@dataclass
class _Piece:
    """A text node, tab or line break of a paragraph, and where it begins in the paragraph's text."""

    node: etree._Element
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class _Line:
    """The text of one paragraph, in whatever runs it is split."""

    def __init__(self, paragraph: etree._Element) -> None:
        self.paragraph = paragraph
        self.pieces: list[_Piece] = []
        position = 0
        for node in paragraph.iter(qn("w:t"), qn("w:tab"), qn("w:br"), qn("w:cr"), qn("w:noBreakHyphen")):
            if _owner(node) is paragraph and node.getparent().tag == qn("w:r"):
                self.pieces.append(_Piece(node, position, _written(node)))
                position = self.pieces[-1].end
        self.text = "".join(piece.text for piece in self.pieces)

    def replace(self, start: int, end: int, words: str) -> None:
        """Put `words` in the place of text[start:end], in the format of its first letter."""
        first = next(p for p in self.pieces if p.start <= start < p.end)
        _free([piece.node for piece in self.pieces if piece.start < end and piece.end > start], self.paragraph)
        for piece in self.pieces:
            low, high = max(start, piece.start), min(end, piece.end)
            if low >= high:
                continue
            if piece.node.tag != qn("w:t"):
                piece.node.getparent().remove(piece.node)
                continue
            kept = piece.text[: low - piece.start], piece.text[high - piece.start :]
            piece.node.text = (words if piece is first else "").join(kept)
            piece.node.set(_SPACE, "preserve")


def _free(nodes: list[etree._Element], paragraph: etree._Element) -> None:
    """Take text out of content controls and fields: they would put their own value over what is written here.

    A control bound to data, a date picker, a field of today's date: each is filled anew when the file is opened. The
    words of a control that nobody has filled in are grey; what is written in their place is not.
    """
    for control in {one for node in nodes for one in node.iterancestors(qn("w:sdt"))}:
        if control.find(f"{qn('w:sdtPr')}/{qn('w:showingPlcHdr')}") is not None:
            for style in list(control.iter(qn("w:rStyle"))):
                style.getparent().remove(style)
        content = control.find(qn("w:sdtContent"))
        _unwrap(control, [] if content is None else list(content))
    for field in {one for node in nodes for one in node.iterancestors(qn("w:fldSimple"))}:
        _unwrap(field, [one for one in field if one.tag != qn("w:fldData")])
    for mark in list(paragraph.iter(qn("w:fldChar"), qn("w:instrText"))):
        mark.getparent().remove(mark)


def _unwrap(wrapper: etree._Element, inner: list[etree._Element]) -> None:
    for one in inner:
        wrapper.addprevious(one)
    wrapper.getparent().remove(wrapper)


def _find(document: Document, what: str) -> etree._Element:
    """The paragraph of the head that has the place. Raises PlaceMissing, PlaceInMargin."""
    head = list(_head(document))
    at = docx_place.find(what, [
        docx_place.Words(_Line(one).text, one.getparent(), _is_outside(one)) for one in head])
    if at is not None:
        return head[at]
    if any(docx_place.match(what, text_of(one)) for one in _margins(document)):
        raise PlaceInMargin(what)
    raise PlaceMissing(what)


def _has_number(document: Document) -> bool:
    try:
        return _find(document, "number") is not None
    except PlaceMissing:
        return False


def _head(document: Document) -> Iterator[etree._Element]:
    """The paragraphs before the text: before whom it goes to, its first article or its first long
    paragraph outside tables and text boxes.
    """
    for paragraph in document.element.body.iter(qn("w:p")):
        line = unicodedata.normalize("NFC", _Line(paragraph).text)
        if _TEXT.match(line) or _is_outside(paragraph) and (
                len(line) > _LONG and not line.isupper() and not _SUBJECT.match(line)):
            return
        yield paragraph


def _is_outside(paragraph: etree._Element) -> bool:
    """Whether it stands in no table and in no text box; controls may hold it."""
    return next(paragraph.iterancestors(qn("w:tc"), qn("w:txbxContent")), None) is None


def _write(document: Document, what: str, words: Callable[[re.Match[str]], str]) -> None:
    """Write into the paragraph that has the place, and into its twin for older readers."""
    paragraph = _find(document, what)
    twins = next(paragraph.iterancestors(_ALTERNATIVE), None)
    for one in [paragraph] if twins is None else twins.iter(qn("w:p")):
        line = _Line(one)
        if found := docx_place.match(what, line.text):
            line.replace(*found.span("all"), words(found))


def paragraphs(document: Document) -> Iterator[etree._Element]:
    """Those that a reader sees, in reading order, those of tables and text boxes among them."""
    for paragraph in document.element.body.iter(qn("w:p")):
        if next(paragraph.iterancestors(_FALLBACK), None) is None:
            yield paragraph


def _owner(node: etree._Element) -> etree._Element:
    """The innermost paragraph: that of a text box is another than the one that holds the box."""
    return next(node.iterancestors(qn("w:p")))


def _written(node: etree._Element) -> str:
    if node.tag == qn("w:t"):
        return node.text or ""
    return {qn("w:tab"): "\t", qn("w:noBreakHyphen"): "-"}.get(node.tag, "\n")


def opened(data: bytes, *, refuse_changes: bool = False) -> Document:
    """The document, when it is whole and brings nothing along. Raises TruncatedFile and what Package refuses."""
    package = Package(data)
    if package.extension != "docx":
        raise TruncatedFile("Not a DOCX")
    package.check(refuse_changes=refuse_changes)
    try:
        document = docx.Document(BytesIO(data))
        if document.element.body is None or document.element.tag != qn("w:document"):
            raise TruncatedFile("The main part is no document")
    except (KeyError, ValueError, AttributeError) as error:  # what the library says of parts that are not there
        raise TruncatedFile() from error
    return document


def packed(document: Document) -> bytes:
    """The package with times of its own taken out: the same content is the same bytes."""
    saved = BytesIO()
    document.save(saved)
    return _rewritten(saved.getvalue(), lambda _, part: part)


def _rewritten(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The package with each part as `change` gives it for (name, bytes), without times."""
    sink = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), change(name, source.read(name)),
                            zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return sink.getvalue()
