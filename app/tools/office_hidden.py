"""Words of a word-processing part that the page does not show (Art. 8.3: what a leader approved is what he could read).

Not only those that are marked hidden: white on white, smaller than any eye reads, pressed to a line, or placed beyond
the paper they would lie in the signed PDF unseen, and any program would find them there. Pure.
"""

from collections.abc import Iterator

from lxml import etree

#: half-points (w:sz), percent (w:w), half-points off the line (w:position)
LEAST_SIZE, LEAST_WIDTH, MOST_OFF = 8, 20, 96
#: twentieths of a point: further off than any paper is large; the same in EMU
_BEYOND, _BEYOND_EMU = 20_000, 12_700_000
_PALEST = 0xF0
_MARKS = ("vanish", "webHidden", "specVanish")
_OFF = ("false", "0", "off")


class Hidden:
    """What a document's styles say of its words. `styles`: the root of word/styles.xml; None: it has none."""

    def __init__(self, styles: etree._Element | None) -> None:
        found = () if styles is None else styles.iter("{*}style")
        self._styles = {_attribute(one, "styleId"): one for one in found}

    def lies_in(self, root: etree._Element) -> bool:
        """Whether a run of the part has words that nobody sees."""
        return any("".join(one.text or "" for one in run.iterfind("{*}t")).strip() and self._is_hidden(run)
                   for run in root.iter("{*}r"))

    def _is_hidden(self, run: etree._Element) -> bool:
        say = {tag: value for element in self._said(run) for tag, value in element.items()}
        return (any(say.get(mark, "false") not in _OFF for mark in _MARKS)
                or _number(say.get("sz"), LEAST_SIZE) < LEAST_SIZE or _number(say.get("w"), 100) < LEAST_WIDTH
                or abs(_number(say.get("position"), 0)) > MOST_OFF
                or (_is_pale(say.get("color", "")) and not self._is_on_colour(run)) or _is_beyond(run))

    def _said(self, run: etree._Element) -> Iterator[dict[str, str]]:
        """What is said of a run, the nearest last: by its paragraph's style, by its own, by itself."""
        paragraph = next(run.iterancestors("{*}p"), None)
        for named in (None if paragraph is None else paragraph.find("{*}pPr/{*}pStyle"), run.find("{*}rPr/{*}rStyle")):
            if named is not None:
                yield from reversed([_said_by(one) for one in self._chain(_attribute(named, "val"))])
        yield _said_by(run)

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
