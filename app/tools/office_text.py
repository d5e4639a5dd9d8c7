"""The text that spreadsheets, slides and ODF texts bring along, without laying them out: what a reader sees first.

Of a sheet the first rows, of slides all of them, of an ODF text all of it; beside each what is printed around it
(headers, footers, masters, text boxes). Parts are read within the limits of office.py and never obeyed. No DOCX.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from app.tools.office import Package, TruncatedFile, UnsafePackage

#: rows of a sheet that are its head
HEAD_ROWS = 12
#: sheets or slides looked at; lines of each
MOST_PAGES, MOST_LINES = 200, 2000
_SHEET = re.compile(r"xl/worksheets/sheet(\d+)\.xml")
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")
_AROUND = re.compile(r"xl/drawings/drawing\d+\.xml|ppt/(slideMasters|slideLayouts)/\w+\.xml")
#: what stands in a sheet's header beside its words: place, font, size, style, fields
_CODES = re.compile(r'&"[^"]*"|&K[0-9A-Fa-f]{6}|&\d+|&[A-Za-z]')
_HEADERS = {f"{which}{where}" for which in ("odd", "even", "first") for where in ("Header", "Footer")}
#: bytes given to the reader at once
_PIECE = 1 << 16
#: what a run of a slide says of capitals
_CAPITALS = ("all", "small")
#: what stands for a blank in an ODF text
_BLANKS = {"tab": "\t", "line-break": "\n", "s": " "}


@dataclass(frozen=True)
class Part:
    """A sheet, a slide or a text: its lines, and those of what is printed around it, one a line."""

    text: str
    around: str = ""


def parts(data: bytes) -> list[Part]:
    """In the order of the file; [] for what is none of these. Raises what Package refuses, TruncatedFile."""
    package = Package(data)
    around = "\n".join(line for name in package.names() if _AROUND.fullmatch(name)
                       for line in _drawn(package, name))
    if package.extension == "xlsx":
        sheets = _numbered(package, _SHEET)
        rows = [_rows(package.part(name)) for name in sheets]
        strings = _strings(package, {one for cells, _ in rows for kind, one in cells if kind == "s"})
        found = [Part("\n".join(strings.get(one, "") if kind == "s" else one for kind, one in cells), headers)
                 for cells, headers in rows]
    elif package.extension == "pptx":
        found = [Part("\n".join(_drawn(package, name))) for name in _numbered(package, _SLIDE)]
    elif package.extension == "odt":
        read = [package.part(name) for name in ("content.xml", "styles.xml") if name in package.names()]
        upper = _upper_styles(read)
        found = [Part(*(_odf(one, upper) for one in read))]
    else:
        return []
    return [Part(one.text, "\n".join((one.around, around)) if not number else one.around)
            for number, one in enumerate(found)]


def _numbered(package: Package, pattern: re.Pattern[str]) -> list[str]:
    found = [(int(match[1]), name) for name in package.names() if (match := pattern.fullmatch(name))]
    return [name for _, name in sorted(found)][:MOST_PAGES]


def _events(data: bytes, *names: str) -> Iterator[etree._Element]:
    """The elements of these names as they end, children first; a document type is refused before anything counts."""
    parser = etree.XMLPullParser(("end",), tag=[f"{{*}}{one}" for one in names], resolve_entities=False,
                                  no_network=True, load_dtd=False, huge_tree=False)
    seen = False
    try:
        for at in range(0, len(data), _PIECE):
            parser.feed(data[at:at + _PIECE])
            for _, element in parser.read_events():
                if not seen and element.getroottree().docinfo.doctype:
                    raise UnsafePackage(found="DOCTYPE")
                seen = True
                yield element
        parser.close()
    except etree.XMLSyntaxError as error:
        raise TruncatedFile() from error


def _forget(element: etree._Element) -> None:
    """What was read goes, with what stood before it: a sheet may have a million rows."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _rows(data: bytes) -> tuple[list[tuple[str, str]], str]:
    """Of a sheet: (kind, text or number of a shared text) of the cells of its head; its headers and footers."""
    cells: list[tuple[str, str]] = []
    headers, seen = [], 0
    for element in _events(data, "row", *_HEADERS):
        if etree.QName(element).localname == "row":
            seen += 1
            if seen <= HEAD_ROWS:
                cells += [_cell(one) for one in element.iterchildren("{*}c")]
            _forget(element)
        else:
            headers.append(_CODES.sub("\n", element.text or ""))
    return cells[:MOST_LINES], "\n".join(headers)


def _cell(cell: etree._Element) -> tuple[str, str]:
    if cell.get("t") == "inlineStr":
        return "text", "".join(one.text or "" for one in cell.iter("{*}t"))
    value = cell.findtext("{*}v") or ""
    return ("s" if cell.get("t") == "s" else "text"), value.strip()


def _strings(package: Package, wanted: set[str]) -> dict[str, str]:
    """The shared texts of these numbers."""
    name, found, number = "xl/sharedStrings.xml", {}, 0
    if name not in package.names() or not wanted:
        return {}
    for element in _events(package.part(name), "si"):
        if str(number) in wanted:
            found[str(number)] = "".join(one.text or "" for one in element.iter("{*}t"))
        number += 1
        _forget(element)
        if len(found) == len(wanted):
            break
    return found


def _drawn(package: Package, name: str) -> list[str]:
    """The paragraphs of a slide, or of the text boxes of a drawing."""
    lines: list[str] = []
    for element in _events(package.part(name), "p"):
        if len(lines) < MOST_LINES:
            lines += "".join({"br": "\n", "tab": "\t"}.get(etree.QName(one).localname) or _as_shown(one, element)
                             for one in element.iter("{*}t", "{*}br", "{*}tab")).split("\n")
    return lines


def _as_shown(text: etree._Element, paragraph: etree._Element) -> str:
    """The words of a run, in capitals where its own format says so, else that of its text box."""
    box = paragraph.getparent()
    own = [one.get("cap") for one in text.getparent().iterchildren("{*}rPr") if one.get("cap")]
    of_box = [one.get("cap") for one in (box.iterfind("{*}lstStyle//{*}defRPr") if box is not None else ())]
    is_upper = any(one in _CAPITALS for one in own or of_box)
    return (text.text or "").upper() if is_upper else text.text or ""


def _upper_styles(parts: list[bytes]) -> dict[str, bool]:
    """Whether letters of a style are shown as capitals; a style of the text goes before one of the same name."""
    own: dict[str, bool | None] = {}
    above: dict[str, str] = {}
    for data in parts:
        for element in _events(data, "style"):
            if (name := _named(element, "name")) and name not in own:
                own[name], above[name] = _upper(element), _named(element, "parent-style-name")
    found = {}
    for name in own:
        at, seen = name, set()
        while own.get(at) is None and at in above and at not in seen:
            seen.add(at)
            at = above[at]
        found[name] = bool(own.get(at))
    return found


def _upper(style: etree._Element) -> bool | None:
    """What a style itself says of capitals; None: nothing."""
    for one in style.iterchildren("{*}text-properties"):
        said = [_named(one, "text-transform"), _named(one, "font-variant")]
        if any(said):
            return said[0] == "uppercase" or said[1] == "small-caps"
    return None


def _named(element: etree._Element, name: str) -> str:
    """An attribute by its local name."""
    return next((value for key, value in element.items() if etree.QName(key).localname == name), "")


def _odf(data: bytes, upper: dict[str, bool]) -> str:
    """The paragraphs of an ODF part; those of a text box are lines of their own."""
    lines: list[str] = []
    for element in _events(data, "p", "h"):
        if len(lines) < MOST_LINES:
            lines += "".join(_odf_text(element, upper, is_upper=False)).split("\n")
    return "\n".join(lines)


def _odf_text(element: etree._Element, upper: dict[str, bool], *, is_upper: bool) -> Iterator[str]:
    """The words of a paragraph as they are shown; what hangs on it (boxes, remarks) has paragraphs of its own."""
    is_own = upper.get(_named(element, "style-name"), is_upper)
    yield _cased(element.text, is_own)
    for one in element.iterchildren(etree.Element):
        tag = etree.QName(one).localname
        if tag not in ("frame", "annotation"):
            yield from (_BLANKS[tag],) if tag in _BLANKS else _odf_text(one, upper, is_upper=is_own)
        yield _cased(one.tail, is_own)


def _cased(text: str | None, is_upper: bool) -> str:
    return (text or "").upper() if is_upper else text or ""
