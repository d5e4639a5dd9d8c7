"""Words of a word-processing part that the page does not show (Art. 8.3: what a leader approved is what he could read).

Not only those that are marked hidden: white on white, smaller than any eye reads, pressed to a line, cut off by a row
that has no height, or placed beyond the paper they would lie in the signed PDF unseen, and any program would find them
there. DOCX by what its runs, paragraphs, tables and styles say; ODT by its styles. Pure.
"""

import re
from collections.abc import Iterator

from lxml import etree

#: half-points (w:sz), percent (w:w), half-points off the line (w:position)
LEAST_SIZE, LEAST_WIDTH, MOST_OFF, _USUAL_SIZE = 8, 20, 96, 20
#: twentieths of a point: further off than any paper is large; the same in EMU
_BEYOND, _BEYOND_EMU = 20_000, 12_700_000
#: twentieths of a point: the least exact height of a line or row that shows words; the widest margin of NĐ 30 and the
#: width of A4, beyond which an indent leaves the paper
_LEAST_HEIGHT, _MARGIN, _PAPER = 80, 1_800, 11_900
_PALEST = 0xF0
#: letters this near to what is behind them are not read; pressed together by this part of their size, nor are they
_ALIKE, _PRESSED = 0x18, 0.25
#: twentieths of a point between letters: more, and each stands beside the paper
_MOST_APART = 2_000
#: thousandths of a percent of what shows through letters
_MOST_THROUGH = 90_000
#: what Word names the colours behind letters; of VML those that are white
_HIGHLIGHTS = {"black": "000000", "blue": "0000FF", "cyan": "00FFFF", "green": "00FF00", "magenta": "FF00FF",
               "red": "FF0000", "yellow": "FFFF00", "white": "FFFFFF", "darkBlue": "000080", "darkCyan": "008080",
               "darkGreen": "008000", "darkMagenta": "800080", "darkRed": "800000", "darkYellow": "808000",
               "darkGray": "808080", "lightGray": "C0C0C0"}
#: some colour behind letters on which they are taken to be read
_ANY, _HEX = "any", re.compile("[0-9a-fA-F]{6}")
_PAPER_COLOURS = ("background1", "light1", "bg1", "lt1")
_OTHER_FILLS = ("{*}gradFill", "{*}blipFill", "{*}pattFill")
_MARKS = ("vanish", "webHidden", "specVanish")
_OFF = ("false", "0", "off")
_ODF_TEXT, _STYLE, _FO, _DRAW = (f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in (
    "text", "style", "xsl-fo-compatible", "drawing"))
#: what text:display says of elements whose words it does not hide
_NO_WORDS = {f"{_ODF_TEXT}chapter": ("name", "number", "number-and-name", "plain-number", "plain-number-and-name"),
             f"{_ODF_TEXT}file-name": ("full", "path", "name", "name-and-extension"),
             f"{_ODF_TEXT}template-name": ("full", "path", "name", "name-and-extension", "area", "title")}
_UNITS = {"pt": 1, "in": 72, "cm": 72 / 2.54, "mm": 72 / 25.4, "pc": 12, "px": 0.75}


class Hidden:
    """What a document's styles say of its words. `styles`: the root of their part; None: it has none."""

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
        pressed = -_number(say.get("sz"), _USUAL_SIZE) * 10 * _PRESSED
        return (any(say.get(mark, "false") not in _OFF for mark in _MARKS)
                or _number(say.get("sz"), LEAST_SIZE) < LEAST_SIZE or _number(say.get("w"), 100) < LEAST_WIDTH
                or abs(_number(say.get("position"), 0)) > MOST_OFF or say.get("textFill") == "none"
                or not pressed <= _number(say.get("spacing"), 0) <= _MOST_APART
                or _HEX.fullmatch(colour := say.get("color", "")) is not None and _is_like(colour, self._ground(run))
                or _is_beyond(run) or self._is_cut_off(run))

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

    def _ground(self, run: etree._Element) -> str:
        """The colour behind a run, the nearest that is said: its own, its paragraph's, cell's, box's, a style's."""
        for owner in (run.find("{*}rPr"), *(named for one in run.iterancestors("{*}p", "{*}tc", "{*}wsp", *_SHAPES)
                                            for named in self._owners(one))):
            if owner is not None and (found := _ground_of(owner)):
                return found
        tables = [named for table in run.iterancestors("{*}tbl")
                  if (named := table.find("{*}tblPr/{*}tblStyle")) is not None]
        shades = [_shade(shade) for named in tables for style in self._chain(_attribute(named, "val"))
                  for shade in style.iter("{*}shd")]  # which of its rows a style shades is the program's to know
        return next((one for one in shades if one and not _is_pale(one)), "FFFFFF")

    def _owners(self, around: etree._Element) -> Iterator[etree._Element]:
        """What says how the ground of something around a run looks."""
        tag = etree.QName(around).localname
        if tag not in ("p", "tc"):
            yield around
            return
        yield from around.iterfind(f"{{*}}{tag}Pr")
        for named in around.iterfind("{*}pPr/{*}pStyle"):
            for style in self._chain(_attribute(named, "val")):
                yield from (*style.iterfind("{*}rPr"), *style.iterfind("{*}pPr"))


_SHAPES = tuple(f"{{urn:schemas-microsoft-com:vml}}{name}" for name in ("shape", "rect", "roundrect", "oval"))


def _ground_of(owner: etree._Element) -> str:
    """The colour that properties or a box give what stands on them; "" = none, _ANY = one that is not known."""
    for light in owner.iterfind("{*}highlight"):
        said = _attribute(light, "val")
        return "" if said == "none" else _HIGHLIGHTS.get(said, _ANY)
    for shade in owner.iterfind("{*}shd"):
        if found := _shade(shade):
            return found
    if owner.tag in _SHAPES:
        if owner.get("filled", "t")[:1] in "f0":
            return ""
        said = owner.get("fillcolor", "white").split(" ")[0].lstrip("#").lower()
        return "FFFFFF" if said in ("white", "fff", "window") else said.upper() if _HEX.fullmatch(said) else _ANY
    if any(owner.find(f"{{*}}spPr/{fill}") is not None for fill in _OTHER_FILLS):
        return _ANY
    fill = owner.find("{*}spPr/{*}solidFill")
    return "" if fill is None else _filled(fill)


def _filled(fill: etree._Element) -> str:
    """The colour of a solid fill of DrawingML."""
    colour = next(fill.iterchildren(etree.Element), None)
    if colour is None:
        return ""
    said = _attribute(colour, "val")
    if said in (*_PAPER_COLOURS, "window") and colour.find("{*}lumMod") is None and colour.find("{*}shade") is None:
        return "FFFFFF"
    return "FFFFFF" if said == "white" else said.upper() if _HEX.fullmatch(said) else _ANY


def _shade(shade: etree._Element) -> str:
    """The colour of a shading; "" = none."""
    fill, pattern = _attribute(shade, "fill"), _attribute(shade, "val")
    if pattern not in ("", "clear", "nil"):  # drawn over the fill, wholly or in part
        colour = _attribute(shade, "color")
        return _ANY if colour in ("", "auto") or not _is_pale(colour) else colour
    if _attribute(shade, "themeFill") not in ("", *_PAPER_COLOURS) and not _HEX.fullmatch(fill):
        return _ANY
    return fill.upper() if _HEX.fullmatch(fill) else ""


def _is_like(colour: str, ground: str) -> bool:
    """Whether letters of a colour are not read on this ground."""
    if not _HEX.fullmatch(colour) or ground == _ANY:
        return False
    return _is_pale(colour) and _is_pale(ground) or all(
        abs(one - other) <= _ALIKE for one, other in zip(bytes.fromhex(colour), bytes.fromhex(ground), strict=True))


def odt_hides(*roots: etree._Element) -> bool:
    """Whether content or styles of an ODT hide words: by a mark, a condition, a style that nobody can read."""
    styles = {_attribute(one, "name"): one for root in roots for one in root.iter(f"{_STYLE}style")}
    users: dict[str, list[etree._Element]] = {}
    for one in (element for root in roots for element in root.iter(etree.Element)):
        if name := one.get(f"{_ODF_TEXT}style-name", ""):
            users.setdefault(name, []).append(one)
    for one in (element for root in roots for element in root.iter(etree.Element)):
        if one.tag in (f"{_ODF_TEXT}hidden-text", f"{_ODF_TEXT}hidden-paragraph") or one.get(
                f"{_ODF_TEXT}display", "true") not in ("true", "value", "formula", *_NO_WORDS.get(one.tag, ())):
            return True
        if one.tag == f"{_STYLE}text-properties" and (
                _points(one.get(f"{_FO}font-size")) < LEAST_SIZE / 2
                or _number(one.get(f"{_STYLE}text-scale"), 100) < LEAST_WIDTH):
            return True
        if _points(one.get(f"{_STYLE}row-height")) < _LEAST_HEIGHT / 20 or _points(
                one.get(f"{_FO}line-height")) < _LEAST_HEIGHT / 20:
            return True
        if one.tag == f"{_STYLE}text-properties" and _HEX.fullmatch(colour := one.get(f"{_FO}color", "").lstrip("#")):
            owner = one.getparent()
            if _is_pale(colour) and (owner is None or not _attribute(owner, "name")):
                return True  # of everything
            if any(_is_like(colour, _odt_ground(used, styles)) for used in _uses(owner, styles, users)):
                return True
    return False


def _uses(style: etree._Element, styles: dict[str, etree._Element], users: dict[str, list[etree._Element]]
          ) -> Iterator[etree._Element]:
    """What has words and this style, or one that is based on it."""
    names, before = {_attribute(style, "name")}, 0
    while before != len(names):
        before = len(names)
        names |= {name for name, one in styles.items() if _attribute(one, "parent-style-name") in names}
    return (one for name in names for one in users.get(name, ()) if "".join(one.itertext()).strip())


def _odt_ground(used: etree._Element, styles: dict[str, etree._Element]) -> str:
    """The colour behind words, the nearest that a style around them says."""
    for around in (used, *used.iterancestors()):
        name, seen = _attribute(around, "style-name"), set()
        while name in styles and name not in seen:
            seen.add(name)
            for said in styles[name].iterchildren(etree.Element):
                for key in (f"{_FO}background-color", f"{_DRAW}fill-color"):
                    colour = said.get(key, "").lstrip("#")
                    if _HEX.fullmatch(colour) and said.get(f"{_DRAW}fill", "solid") == "solid":
                        return colour.upper()
            name = _attribute(styles[name], "parent-style-name")
    return "FFFFFF"


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
        if tag == "color" and _attribute(one, "themeColor") in _PAPER_COLOURS and not _attribute(one, "themeShade"):
            said[tag] = "FFFFFF"
        if tag == "textFill":
            through = one.find(".//{*}alpha")
            is_none = one.find("{*}noFill") is not None or through is not None and _number(
                _attribute(through, "val"), 0) > _MOST_THROUGH
            said[tag] = "none" if is_none else ""
            if (fill := one.find("{*}solidFill")) is not None and (colour := _filled(fill)) != _ANY:
                said["color"] = colour
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
