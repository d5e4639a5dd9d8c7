"""The marks that Word puts before the paragraphs of its lists: "1.", "b)", "II.", "-" (Art. 3.1.đ).

They stand in no text of the file: numbering.xml says how they look, the paragraphs above say how far they have counted.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from docx.oxml.ns import qn
from lxml import etree

from app.tools.docx import opened, paragraphs, text_of
from app.tools.docx_look import Looks, number, related, style_of

#: signs that are typed before what is listed, the Wingdings of them too; boxes to be ticked are none
BULLETS = "•●○◦∙·▪■◆◇❖➢➤►▶▸‣⁃★☆\uf0b7\uf0a7\uf0d8\uf076"
#: what is written instead: of the first level, of the one under it, and so on in turn
_DASHES = ("-", "+")
#: levels that a list of Word has
_LEVELS = 9
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
          (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))
#: numbers above are written in figures: no draft counts so far
_MOST = 3999


@dataclass
class Lists:
    """The lists of one document, asked for each of its paragraphs in their order."""

    looks: Looks
    #: list -> (what it is made from, level -> the number that it begins with anew)
    _made: dict[str, tuple[str, dict[int, int]]] = field(default_factory=dict)
    #: list -> level -> its description, where it is the list's own
    _own: dict[str, dict[int, etree._Element]] = field(default_factory=dict)
    #: what lists are made from -> level -> its description
    _models: dict[str, dict[int, etree._Element]] = field(default_factory=dict)
    #: what lists are made from -> level -> how far it has counted
    _counted: dict[str, dict[int, int]] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        root = related(self.looks.document, "numbering")
        for model in () if root is None else root.iter(qn("w:abstractNum")):
            self._models[model.get(qn("w:abstractNumId"), "")] = _levels(model)
        for one in () if root is None else root.iter(qn("w:num")):
            anew = {int(number(over.get(qn("w:ilvl")))): int(number(start)) for over in one.iter(qn("w:lvlOverride"))
                    if (start := _value(over, "w:startOverride"))}
            named = one.get(qn("w:numId"), "")
            self._made[named] = _value(one, "w:abstractNumId"), anew
            self._own[named] = _levels(one)

    def mark(self, look: dict[str, Any], style: str) -> str:
        """Before a paragraph with this look (docx_look.Looks.paragraph) and style; "": it is in no list."""
        named, levels, level = self._place(look, style)
        if level not in levels or level >= _LEVELS:
            return ""
        model, anew = self._made[named]
        counted = self._counted.setdefault(model, {})
        if named not in self._begun:
            self._begun.add(named)
            counted.update({one: start - 1 for one, start in anew.items()})
        counted[level] = counted.get(level, _start(levels[level]) - 1) + 1
        for deeper in [one for one in counted if one > level]:
            del counted[deeper]
        return re.sub(r"%(\d)", lambda found: self._figure(levels, counted, int(found[1]) - 1),
                      _value(levels[level], "w:lvlText"))

    def dash(self, paragraph: etree._Element) -> None:
        """Whatever Word lists with the sign of this paragraph gets a dash; what it counts stays as it is."""
        _named, levels, level = self._place(self.looks.paragraph(paragraph), _style(paragraph))
        found = levels.get(level)
        sign = None if found is None or _value(found, "w:numFmt") != "bullet" else found.find(qn("w:lvlText"))
        if sign is None:
            return
        sign.set(qn("w:val"), _DASHES[level % 2])
        for tag in ("w:lvlPicBulletId", "w:rPr/w:rFonts"):  # a picture, and the font of the sign
            for one in found.findall("/".join(map(qn, tag.split("/")))):
                one.getparent().remove(one)

    def _place(self, look: dict[str, Any], style: str) -> tuple[str, dict[int, etree._Element], int]:
        """The list of a paragraph, its levels, the paragraph's; ("", {}, 0): it is in none."""
        asked = look.get("w:numPr")
        named = _value(asked, "w:numId") if asked is not None else ""
        if named not in self._made:
            return "", {}, 0
        levels = {**self._models.get(self._made[named][0], {}), **self._own[named]}
        written = _value(asked, "w:ilvl")
        of_style = next((one for one, level in levels.items() if _value(level, "w:pStyle") == style != ""), 0)
        return named, levels, int(number(written)) if written else of_style

    def _figure(self, levels: dict[int, etree._Element], counted: dict[int, int], level: int) -> str:
        if level not in levels:
            return ""
        return _written(counted.get(level, _start(levels[level])), _value(levels[level], "w:numFmt"))


def printed(data: bytes) -> str:
    """The text as docx.text gives it, with the marks of Word's lists, as it stands on paper."""
    document = opened(data)
    looks, rows = Looks(document), []
    lists = Lists(looks)
    for paragraph in paragraphs(document):
        mark = lists.mark(looks.paragraph(paragraph), _style(paragraph))
        rows.append(f"{mark} {text_of(paragraph)}" if mark else text_of(paragraph))
    return "\n".join(rows)


def _style(paragraph: etree._Element) -> str:
    return style_of(paragraph.find(qn("w:pPr")), "w:pStyle") or ""


def _levels(owner: etree._Element) -> dict[int, etree._Element]:
    return {int(number(level.get(qn("w:ilvl")))): level for level in owner.iter(qn("w:lvl"))}


def _value(element: etree._Element, tag: str) -> str:
    found = element.find(qn(tag))
    return found.get(qn("w:val"), "") if found is not None else ""


def _start(level: etree._Element) -> int:
    return int(number(_value(level, "w:start") or "1"))


def _written(count: int, form: str) -> str:
    """A number as a list writes it."""
    if form in ("none", "bullet"):
        return ""
    if form in ("lowerLetter", "upperLetter") and 0 < count <= _MOST:
        letters = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letters.upper() if form == "upperLetter" else letters
    if form in ("lowerRoman", "upperRoman") and 0 < count <= _MOST:
        letters = ""
        for value, sign in _ROMAN:
            letters, count = letters + sign * (count // value), count % value
        return letters.upper() if form == "upperRoman" else letters
    return f"{count:02}" if form == "decimalZero" else str(count)
