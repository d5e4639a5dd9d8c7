"""Words of a word-processing part that the page does not show (Art. 8.3: what a leader approved is what he could read).

Not only those that are marked hidden: white on white, smaller than any eye reads, pressed to a line, cut off by a row
that has no height, or placed beyond the paper they would lie in the signed PDF unseen, and any program would find them
there. DOCX by what its runs, paragraphs, tables and styles say; ODT by its styles. Pure.
"""

import re
from collections.abc import Iterator

from lxml import etree

#: half-points (w:sz), percent (w:w), half-points off the line (w:position)
LEAST_SIZE, LEAST_WIDTH, MOST_OFF = 8, 20, 96
#: twentieths of a point: further off than any paper is large; the same in EMU
_BEYOND, _BEYOND_EMU = 20_000, 12_700_000
#: twentieths of a point: the least exact height of a line or row that shows words; the widest margin of NĐ 30 and the
#: width of A4, beyond which an indent leaves the paper
_LEAST_HEIGHT, _MARGIN, _PAPER = 80, 1_800, 11_900
_PALEST = 0xF0
_MARKS = ("vanish", "webHidden", "specVanish")
_OFF = ("false", "0", "off")
_ODF_TEXT, _STYLE, _FO = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in (
    "text", "style", "xsl-fo-compatible"))
#: what text:display says of elements whose words it does not hide
_NO_WORDS = {f"{_ODF_TEXT}chapter": ("name", "number", "number-and-name", "plain-number", "plain-number-and-name"),
             f"{_ODF_TEXT}file-name": ("full", "path", "name", "name-and-extension"),
             f"{_ODF_TEXT}template-name": ("full", "path", "name", "name-and-extension", "area", "title")}
_UNITS = {"pt": 1, "in": 72, "cm": 72 / 2.54, "mm": 72 / 25.4, "pc": 12, "px": 0.75}


class Hidden:
    """What a document's styles say of its words. `styles`: the root of word/styles.xml; None: it has none."""

    def __init__(self, styles: etree._Element | None) -> None:
        found = [] if styles is None else list(styles.iter("{*}style"))
        self._styles = {_attribute(one, "styleId"): one for one in found}
        #: of what names no style: the defaults of the document, and each kind's own ("paragraph", "table")
        self._defaults = [] if styles is None else styles.findall("{*}docDefaults/*")
        self._usual = {_attribute(one, "type"): _attribute(one, "styleId") for one in found
                       if _attribute(one, "default") not in ("", *_OFF)}

    def lies_in(self, root: etree._Element) -> bool:
        """Whether a run of the part has words that nobody sees."""
        return any("".join(one.text or "" for one in run.iterfind("{*}t")).strip() and self._is_hidden(run)
                   for run in root.iter("{*}r"))

    def _is_hidden(self, run: etree._Element) -> bool:
        say = {tag: value for element in self._said(run) for tag, value in element.items()}
        return (any(say.get(mark, "false") not in _OFF for mark in _MARKS)
                or _number(say.get("sz"), LEAST_SIZE) < LEAST_SIZE or _number(say.get("w"), 100) < LEAST_WIDTH
                or abs(_number(say.get("position"), 0)) > MOST_OFF
                or (_is_pale(say.get("color", "")) and not self._is_on_colour(run)) or _is_beyond(run)
                or self._is_cut_off(run))

    def _said(self, run: etree._Element) -> Iterator[dict[str, str]]:
        """What is said of a run, the nearest last: by the document, its table's, paragraph's and own style, itself."""
        yield from (_said_by(one.find("{*}rPrDefault") if one.find("{*}rPrDefault") is not None else one)
                    for one in self._defaults)
        for style in self._styled(run):
            yield _said_by(style)
        for named in run.iterfind("{*}rPr/{*}rStyle"):
            yield from (_said_by(one) for one in reversed(list(self._chain(_attribute(named, "val")))))
        yield _said_by(run)

    def _styled(self, run: etree._Element) -> list[etree._Element]:
        """The styles of the tables and the paragraph that a run stands in, the nearest last."""
        paragraph = next(run.iterancestors("{*}p"), None)
        named = None if paragraph is None else paragraph.find("{*}pPr/{*}pStyle")
        tables = [table.find("{*}tblPr/{*}tblStyle") for table in run.iterancestors("{*}tbl")]
        names = [*((_attribute(one, "val") if one is not None else self._usual.get("table", ""))
                   for one in reversed(tables)),
                 _attribute(named, "val") if named is not None else self._usual.get("paragraph", "")]
        return [style for name in names for style in reversed(list(self._chain(name)))]

    def _is_cut_off(self, run: etree._Element) -> bool:
        """Whether its row or its lines have no height, or its paragraph begins or ends beside the paper."""
        if any(_attribute(height, "hRule") == "exact" and _number(_attribute(height, "val"), 0) < _LEAST_HEIGHT
               for row in run.iterancestors("{*}tr") for height in row.iterfind("{*}trPr/{*}trHeight")):
            return True
        said: dict[str, str] = {}
        for owner in (*self._styled(run), *run.iterancestors("{*}p")):
            for one in owner.iterfind("{*}pPr/*"):
                if etree.QName(one).localname in ("spacing", "ind"):
                    said |= {etree.QName(key).localname: value for key, value in one.attrib.items()}
        left, right = (_number(said.get(near, said.get(far)), 0) for near, far in (("start", "left"), ("end", "right")))
        first = _number(said.get("firstLine"), 0) - _number(said.get("hanging"), 0)
        return ((said.get("lineRule") == "exact" and _number(said.get("line"), _LEAST_HEIGHT) < _LEAST_HEIGHT)
                or min(left, left + first, right) < -_MARGIN or max(left, left + first) > _PAPER)

    def _chain(self, name: str) -> Iterator[etree._Element]:
        seen: set[str] = set()
        while name in self._styles and name not in seen:
            seen.add(name)
            yield self._styles[name]
            base = self._styles[name].find("{*}basedOn")
            name = "" if base is None else _attribute(base, "val")

    def _is_on_colour(self, run: etree._Element) -> bool:
        """Whether something around a run is coloured, so that pale words are read on it."""
        around = [run.find("{*}rPr"), *(parent.find(f"{{*}}{name}") for name in ("pPr", "tcPr")
                                        for parent in run.iterancestors("{*}p", "{*}tc"))]
        tables = [named for table in run.iterancestors("{*}tbl")
                  if (named := table.find("{*}tblPr/{*}tblStyle")) is not None]
        styled = [one for named in tables for one in self._chain(_attribute(named, "val"))]
        shades = [*(shade for one in around if one is not None for shade in one.iterfind("{*}shd")),
                  *(shade for style in styled for shade in style.iter("{*}shd"))]
        return (any(not _is_pale(_attribute(shade, "fill") or "FFFFFF") and _attribute(shade, "fill") != "auto"
                    for shade in shades)
                or any(one is not None and one.find("{*}highlight") is not None for one in around)
                or any(box.find("{*}spPr/{*}solidFill") is not None for box in run.iterancestors("{*}wsp"))
                or any(not _is_pale(shape.get("fillcolor", "FFFFFF").lstrip("#"))
                       for shape in run.iterancestors("{*}shape", "{*}rect")))


def odt_hides(root: etree._Element) -> bool:
    """Whether content or styles of an ODT hide words: by a mark, a condition, a style that nobody can read."""
    has_ground = any(not _is_pale((one.get(f"{_FO}background-color") or "#ffffff").lstrip("#"))
                     and one.get(f"{_FO}background-color") != "transparent" for one in root.iter(etree.Element))
    for one in root.iter(etree.Element):
        if one.tag in (f"{_ODF_TEXT}hidden-text", f"{_ODF_TEXT}hidden-paragraph") or one.get(
                f"{_ODF_TEXT}display", "true") not in ("true", "value", "formula", *_NO_WORDS.get(one.tag, ())):
            return True
        if one.tag == f"{_STYLE}text-properties" and (
                _points(one.get(f"{_FO}font-size")) < LEAST_SIZE / 2
                or _number(one.get(f"{_STYLE}text-scale"), 100) < LEAST_WIDTH
                or (_is_pale(one.get(f"{_FO}color", "").lstrip("#")) and not has_ground)):
            return True
        if _points(one.get(f"{_STYLE}row-height")) < _LEAST_HEIGHT / 20 or _points(
                one.get(f"{_FO}line-height")) < _LEAST_HEIGHT / 20:
            return True
    return False


def _points(length: str | None) -> float:
    """A length of ODF in points; one that is none, or a percentage, is long."""
    found = re.fullmatch(r"(\d*\.?\d+)(pt|in|cm|mm|pc|px)", length or "")
    return float(found[1]) * _UNITS[found[2]] if found else float("inf")


def _said_by(owner: etree._Element) -> dict[str, str]:
    """{tag: value} of a run's or a style's properties; a colour of the theme's paper is white."""
    properties = owner.find("{*}rPr")
    said = {}
    for one in () if properties is None else properties.iterchildren(etree.Element):
        tag = etree.QName(one).localname
        said[tag] = _attribute(one, "val") or ("" if tag == "color" else "true")
        if tag == "color" and _attribute(one, "themeColor") in ("background1", "light1") and not _attribute(
                one, "themeShade"):
            said[tag] = "FFFFFF"
    return said


def _is_beyond(run: etree._Element) -> bool:
    """Whether the frame or the box that a run stands in lies beyond the paper."""
    frames = [place for one in run.iterancestors("{*}p") if (place := one.find("{*}pPr/{*}framePr")) is not None]
    offsets = [one.text for anchor in run.iterancestors("{*}anchor") for one in anchor.iter("{*}posOffset")]
    return (any(abs(_number(_attribute(one, axis), 0)) > _BEYOND for one in frames for axis in "xy")
            or any(abs(_number(text, 0)) > _BEYOND_EMU for text in offsets))


def _is_pale(colour: str) -> bool:
    try:
        return len(colour) == 6 and min(bytes.fromhex(colour)) >= _PALEST
    except ValueError:
        return False


def _number(text: str | None, otherwise: int) -> int:
    try:
        return int(float((text or "").removesuffix("%")))
    except (ValueError, OverflowError):
        return otherwise


def _attribute(element: etree._Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if etree.QName(key).localname == name), "")
