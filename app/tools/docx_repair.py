"""Changes of layout that change no word's meaning, made in a DOCX (Art. 3.1.đ): paper, page numbers, look of lines.

A change is a plain value, so that a finding can carry it; unknown names in it are refused. Which changes are right
and safe is said by regulation/layout_check.py; of the text only marks at the ends of a line and spaces are changed.
"""

import re
from collections.abc import Iterable
from typing import Any

from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph
from docx.text.run import Run
from lxml import etree

from app.refusal import Refusal
from app.tools.docx import opened, packed, paragraphs
from app.tools.docx_layout import runs
from app.tools.docx_letter import number_pages
from app.tools.docx_list import BULLETS, Lists
from app.tools.docx_look import EFFECTS, Looks

_ALIGN = {"both": WD_ALIGN_PARAGRAPH.JUSTIFY, "center": WD_ALIGN_PARAGRAPH.CENTER, "left": WD_ALIGN_PARAGRAPH.LEFT}
_MARGINS = ("top", "bottom", "left", "right")
_OF_LINES = frozenset({"paragraph", "runs", "font", "size", "bold", "italic", "underline", "caps", "color", "ground",
                       "raised", "effects", "align", "left_mm", "right_mm", "first_mm", "before_pt", "is_close",
                       "spacing", "ending", "opening", "dash", "spaces"})
_OF_PAGES = frozenset({"section", "width", "height", "starts_at", *_MARGINS})


#: two or three spaces where one belongs, within a sentence: no blank for a number or a day, not behind "a)"
DOUBLED = re.compile(r"(?<=[\w\u0300-\u036f,;)”%])(?<!^\w\))(?i:(?<!số)(?<!ngày)(?<!tháng)(?<!năm))[ \u00a0]{2,3}"
                     r"(?=[\w(“])")


class RepairUnknown(Refusal):
    """A change that is none of those that are made here."""

    code, article = "repair_unknown", "Art. 3.1.đ"


def repaired(data: bytes, changes: Iterable[dict[str, Any]]) -> bytes:
    """The document with the changes; the same ones give the same bytes.

    {"section", "width", "height", "top", "bottom", "left", "right"} in millimetres; {"section", "starts_at"};
    {"page_numbers": True}; {"paragraph", "runs" (None: all), and any of "font", "size", "bold", "italic",
    "underline", "caps", "color" ("auto"), "ground", "raised", "effects" ("": none), "align", "left_mm", "right_mm",
    "first_mm", "before_pt", "is_close" (False), "spacing", "ending", "opening" (instead of the sign before what is
    listed), "dash" (True: what Word's list of it puts there), "spaces" (True: one between two words)}.
    Raises RepairUnknown and what `docx.opened` does.
    """
    document = opened(data)
    lines, lists = [*paragraphs(document)], Lists(Looks(document))
    for change in changes:
        if change.get("page_numbers"):
            number_pages(document)
        elif "section" in change and change.keys() <= _OF_PAGES and change["section"] < len(document.sections):
            _set_page(document, change)
        elif "paragraph" in change and change.keys() <= _OF_LINES and change["paragraph"] < len(lines):
            _set_line(lines[change["paragraph"]], document, change)
            if "dash" in change:
                lists.dash(lines[change["paragraph"]])
        else:
            raise RepairUnknown()
    return packed(document)


def _set_page(document: Document, change: dict[str, Any]) -> None:
    section = document.sections[change["section"]]
    if "width" in change:
        section.page_width, section.page_height = Mm(change["width"]), Mm(change["height"])
        section.orientation = WD_ORIENT.PORTRAIT if change["width"] < change["height"] else WD_ORIENT.LANDSCAPE
    if "starts_at" in change:
        _count_from(section._sectPr, change["starts_at"])
    for side in _MARGINS:
        if side in change:
            section.gutter = Mm(0)  # what is bound is a part of the margin
            setattr(section, f"{side}_margin", Mm(change[side]))


def _count_from(properties: etree._Element, first: int) -> None:
    """The first page of a section has this number."""
    counted = properties.find(qn("w:pgNumType"))
    if counted is None:
        counted = OxmlElement("w:pgNumType")
        properties.insert_element_before(
            counted, "w:cols", "w:formProt", "w:vAlign", "w:noEndnote", "w:titlePg", "w:textDirection", "w:bidi",
            "w:rtlGutter", "w:docGrid", "w:printerSettings", "w:sectPrChange")
    counted.set(qn("w:start"), str(first))


def _set_line(element: etree._Element, document: Document, change: dict[str, Any]) -> None:
    paragraph = Paragraph(element, document)
    form = paragraph.paragraph_format
    if "align" in change:
        paragraph.alignment = _ALIGN[change["align"]]
    if "left_mm" in change:
        form.left_indent = Mm(change["left_mm"])
    if "right_mm" in change:
        form.right_indent = Mm(change["right_mm"])
    if "first_mm" in change:
        form.first_line_indent = Mm(change["first_mm"])
    if "before_pt" in change:
        form.space_before = Pt(change["before_pt"])
    if "is_close" in change:
        _hold_apart(element)
    if "spacing" in change:
        form.line_spacing = change["spacing"]
    named = change.get("runs")
    chosen = [run for number, run in enumerate(runs(element)) if named is None or number in named]
    for one in chosen:
        _set_run(Run(one, paragraph), change)
    if "ending" in change and chosen:
        _end(chosen, change["ending"])
    if "opening" in change:
        _open(chosen, change["opening"])
    if "spaces" in change:
        _single(chosen)


def _hold_apart(element: etree._Element) -> None:
    """Its gaps count beside paragraphs of the same style, too, whatever the style says."""
    properties = element.get_or_add_pPr()
    for old in properties.findall(qn("w:contextualSpacing")):
        properties.remove(old)
    apart = OxmlElement("w:contextualSpacing")
    apart.set(qn("w:val"), "0")
    properties.insert_element_before(
        apart, "w:mirrorIndents", "w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment",
        "w:textboxTightWrap", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange")


def _set_run(run: Run, change: dict[str, Any]) -> None:
    if "font" in change:
        run.font.name = change["font"]
        fonts = run._r.rPr.find(qn("w:rFonts"))
        for name in ("asciiTheme", "hAnsiTheme"):
            fonts.attrib.pop(qn(f"w:{name}"), None)
    if "size" in change:
        run.font.size = Pt(change["size"])
    if "bold" in change:
        run.bold = change["bold"]
    if "italic" in change:
        run.italic = change["italic"]
    if "underline" in change:
        run.underline = change["underline"]
    if "caps" in change:
        run.font.all_caps = change["caps"]
    _make_plain(run, change)


def _make_plain(run: Run, change: dict[str, Any]) -> None:
    """Its letters stand on the line, are black, of nothing but strokes, on no ground."""
    properties = run._r.get_or_add_rPr()
    if "raised" in change:
        properties.get_or_add_vertAlign().set(qn("w:val"), "baseline")
    if "effects" in change:
        for name in EFFECTS:
            setattr(run.font, name, False)
    if "ground" in change:
        _uncover(properties)
    if "color" in change:
        for element in properties.findall(qn("w:color")):
            properties.remove(element)
        if change["color"] != "auto":
            raise RepairUnknown()
        properties.get_or_add_color().set(qn("w:val"), "auto")


def _uncover(properties: etree._Element) -> None:
    """No colour behind the letters, whatever the style says."""
    properties.get_or_add_highlight().set(qn("w:val"), "none")
    for element in properties.findall(qn("w:shd")):
        properties.remove(element)
    plain = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", "auto")):
        plain.set(qn(f"w:{name}"), value)
    properties.insert_element_before(plain, "w:fitText", "w:vertAlign", "w:rtl", "w:cs", "w:em", "w:lang",
                                     "w:eastAsianLayout", "w:specVanish", "w:oMath")


#: what a line may end with, and what stands there instead of "./."
_ENDS = " .;,:/!?\u00a0"


def _end(chosen: list[etree._Element], ending: str) -> None:
    """The line ends with these marks, instead of those that it ends with."""
    texts = [node for run in chosen for node in run.iter(qn("w:t")) if node.text]
    while texts and not texts[-1].text.rstrip(_ENDS):
        texts.pop().text = ""
    if texts:
        texts[-1].text = texts[-1].text.rstrip(_ENDS) + ending


def _open(chosen: list[etree._Element], opening: str) -> None:
    """The line begins so, instead of with its sign and the gap behind it."""
    for node in [one for run in chosen for one in run.iter(qn("w:t"), qn("w:tab"))]:
        if node.tag == qn("w:tab"):
            node.getparent().remove(node)
            continue
        node.text = (node.text or "").lstrip(f"{BULLETS} \u00a0")
        if node.text:
            node.text = opening + node.text
            return


def _single(chosen: list[etree._Element]) -> None:
    """One space where two words are parted by more, the last one, in whichever run it stands."""
    nodes = [node for run in chosen for node in run.iter(qn("w:t"), qn("w:tab"), qn("w:br"))]
    texts = [(node.text or "") if node.tag == qn("w:t") else "\n" for node in nodes]
    dropped = {place for found in DOUBLED.finditer("".join(texts)) for place in range(found.start(), found.end() - 1)}
    start = 0
    for node, text in zip(nodes, texts, strict=True):
        if node.tag == qn("w:t"):
            node.text = "".join(char for place, char in enumerate(text, start) if place not in dropped)
        start += len(text)
