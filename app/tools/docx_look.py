"""How paragraphs and letters of a DOCX come out: direct formats over styles over the document's defaults (Art. 3.1.đ).

Fonts of the theme among them. What stands in the document is docx_layout.py's to read.
"""

from dataclasses import dataclass, field
from typing import Any

from docx.document import Document
from docx.opc.part import XmlPart
from docx.oxml.ns import qn
from lxml import etree

#: how an attribute says no
OFF = ("0", "false", "off")
#: letters that are no plain ones
EFFECTS = ("outline", "shadow", "emboss", "imprint")
_ON_OFF = {"b": "bold", "i": "italic", "caps": "caps", "strike": "strike", "dstrike": "strike",
           **{name: name for name in EFFECTS}}
#: formats that print small letters as capitals, of one height or two
_CAPITALS = ("w:caps", "w:smallCaps")
#: grounds of letters that one does not see
_WHITE = ("none", "white", "auto", "FFFFFF", "ffffff", None)


@dataclass
class Looks:
    """The styles of a document, followed to their ends."""

    document: Document
    _styles: dict[str, etree._Element] = field(default_factory=dict)
    _chains: dict[str, list[etree._Element]] = field(default_factory=dict)
    #: (style of the paragraph, style of the run) -> caps, smallCaps
    _capitals: dict[tuple[str, str], tuple[bool, bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tree = _styles(self.document)
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
                   *(style.find(qn("w:pPr")) for style in self.chain(style_of(own, "w:pStyle"))), own]
        look: dict[str, Any] = {}
        for source in sources:
            if source is None:
                continue
            for tag in ("w:spacing", "w:ind"):
                element = source.find(qn(tag))
                said = {} if element is None else {
                    name.rpartition("}")[2]: value for name, value in element.attrib.items()}
                for one, other in (("firstLine", "hanging"), ("hanging", "firstLine")):
                    if one in said:
                        look.pop(other, None)
                look.update(said)
            for tag in ("w:jc", "w:pBdr", "w:numPr", "w:contextualSpacing"):
                element = source.find(qn(tag))
                if element is not None:
                    look[tag] = element
        return look

    def run(self, run: etree._Element, paragraph: etree._Element) -> dict[str, Any]:
        """fonts, size, bold, italic, underline, strike, color, ground, caps, raised and the effects of a run as they
        come out.
        """
        own = run.find(qn("w:rPr"))
        style = style_of(own, "w:rStyle")
        sources = [self._default("w:rPrDefault/w:rPr"),
                   *(one.find(qn("w:rPr")) for one in self.chain(style_of(paragraph.find(qn("w:pPr")), "w:pStyle"))),
                   *((one.find(qn("w:rPr")) for one in self.chain(style)) if style else ()), own]
        look: dict[str, Any] = {"ascii": None, "hAnsi": None, "size": 10.0, "bold": False, "italic": False,
                                "caps": False, "underline": False, "strike": False, "color": "auto", "highlight": None,
                                "shd": None, "raised": "", **dict.fromkeys(EFFECTS, False)}
        for source in sources:
            if source is not None:
                self._apply(source, look)
        look["ground"] = next((look[name] for name in ("highlight", "shd") if look[name] not in _WHITE), "")
        return look

    def is_capital(self, run: etree._Element, paragraph: etree._Element) -> bool:
        """Whether a format prints the letters of a run as capitals, small ones too."""
        own, of = run.find(qn("w:rPr")), paragraph.find(qn("w:pPr"))
        names = style_of(of, "w:pStyle") or "", style_of(own, "w:rStyle") or ""
        if names not in self._capitals:
            styles = [*self.chain(names[0]), *(self.chain(names[1]) if names[1] else ())]
            known = _capitals(self._default("w:rPrDefault/w:rPr"), (False, False))
            for style in styles:
                known = _capitals(style.find(qn("w:rPr")), known)
            self._capitals[names] = known
        return any(_capitals(own, self._capitals[names]))

    def _apply(self, source: etree._Element, look: dict[str, Any]) -> None:
        for element in source:
            name = etree.QName(element).localname if isinstance(element.tag, str) else ""
            value = element.get(qn("w:val"))
            if name == "rFonts":
                for kind in ("ascii", "hAnsi"):
                    theme = element.get(qn(f"w:{kind}Theme"))
                    font = self._theme.get((theme or "")[:5]) if theme else element.get(qn(f"w:{kind}"))
                    look[kind] = font or look[kind]
            elif name == "vertAlign":
                look["raised"] = value if value in ("superscript", "subscript") else ""
            elif name == "sz" and value:
                look["size"] = number(value) / 2
            elif name == "color" and value:
                look["color"] = "auto" if value.lower() in ("auto", "000000") else value.upper()
            elif name == "u":
                look["underline"] = value not in ("none", *OFF)
            elif name in ("highlight", "shd"):
                look[name] = value if name == "highlight" else element.get(qn("w:fill"))
            elif name in _ON_OFF:
                look[_ON_OFF[name]] = value not in OFF

    def _default(self, path: str) -> etree._Element | None:
        return self._defaults.find("/".join(qn(part) for part in path.split("/"))) \
            if self._defaults is not None else None


def _capitals(properties: etree._Element | None, known: tuple[bool, bool]) -> tuple[bool, bool]:
    """caps and smallCaps as these properties say, or as they were known."""
    said = [None if properties is None else properties.find(qn(tag)) for tag in _CAPITALS]
    caps, small = (was if one is None else one.get(qn("w:val")) not in OFF
                   for one, was in zip(said, known, strict=True))
    return caps, small


def related(document: Document, kind: str) -> etree._Element | None:
    """The root of the part of this kind: "theme", "numbering"; None: there is none that can be read. What is changed
    of one that the library has read is changed in the document.
    """
    for relation in document.part.rels.values():
        if relation.reltype.endswith(f"/{kind}") and not relation.is_external:
            if isinstance(relation.target_part, XmlPart):
                return relation.target_part.element
            parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
            try:
                return etree.fromstring(relation.target_part.blob, parser)
            except etree.XMLSyntaxError:
                return None
    return None


def _styles(document: Document) -> etree._Element:
    """The root of its styles; Word's own where it has none."""
    try:
        return document.styles.element
    except AttributeError:  # a part that says that it is of another kind; office programs read it all the same
        root = related(document, "styles")
        return etree.Element(qn("w:styles")) if root is None else root


def _theme(document: Document) -> dict[str, str]:
    """{"minor": font, "major": font} of the theme."""
    root = related(document, "theme")
    found = {} if root is None else {kind: root.find(f".//{{*}}{kind}Font/{{*}}latin") for kind in ("minor", "major")}
    return {kind: one.get("typeface", "") for kind, one in found.items() if one is not None}


def style_of(properties: etree._Element | None, tag: str) -> str | None:
    """The name of the style that its properties name."""
    found = properties.find(qn(tag)) if properties is not None else None
    return found.get(qn("w:val")) if found is not None else None


def number(text: str | None) -> float:
    """The figure that is written; 0: there is none."""
    try:
        return float(text or 0)
    except ValueError:
        return 0.0
