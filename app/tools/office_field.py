"""Fields of a word-processing part: those that fetch something into the page when a program lays it out (security.md
S7), and those that would show other words than people read and approved (Art. 8.3, 9.1.b).

A field's instruction may be cut over any number of runs, lie inside another's, be deleted and not yet accepted, stand
in one branch of two that a program chooses from, bear quotes or odd case: it is read as whole as a program would put
it together. Pure; nothing is fetched.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from lxml import etree

#: instructions that no sentence holds: looked for anywhere in a field; the short one as a word, for addresses hold it
_ANYWHERE = re.compile(r"(INCLUDETEXT|INCLUDEPICTURE|DDEAUTO|(?<![A-Z0-9])DDE)(?![A-Z0-9])", re.IGNORECASE)
#: words of every day, too: instructions only where a field begins
_FIRST = re.compile(r"[\s\"'“”‘’«»\\]*(LINK|IMPORT|INCLUDE|DATABASE|RD)(?![A-Z])", re.IGNORECASE)
#: of a text that changes: not there once it is accepted, not there once it is refused
_GONE, _NEW = ("del", "moveFrom"), ("ins", "moveTo")
#: what only the laid out page knows, or leads somewhere: it may go on living
_LIVING = re.compile(r"\s*(PAGE|NUMPAGES|SECTIONPAGES|PAGEREF|NOTEREF|HYPERLINK|TOC)(?![A-Z])", re.IGNORECASE)
#: a formula as older Word has it: only Word draws it
_EQUATION = re.compile(r"\s*EQ(?![A-Z])", re.IGNORECASE)
#: what no page shows: marks of an index, settings, what moves letters or asks
_SILENT = re.compile(r"\s*(TC|TA|XE|RD|SET|ASK|ADVANCE|PRINT|PRIVATE|NEXT|NEXTIF|SKIPIF|ADDIN)(?![A-Z])", re.IGNORECASE)
_CHOICE, _BOX = re.compile(r"\s*FORMDROPDOWN\b", re.IGNORECASE), re.compile(r"\s*FORMCHECKBOX\b", re.IGNORECASE)
#: what is run, or gone to, then what is shown
_BUTTON = re.compile(r"\s*(?:MACROBUTTON|GOTOBUTTON)\s+\S+\s(.*)", re.IGNORECASE | re.DOTALL)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
#: the day on which somebody reads, as older programs wrote it
_TODAY = tuple(f"{_W}{part}{form}" for part in ("day", "month", "year") for form in ("Short", "Long"))
#: fields of an ODT that show the day, a property, a variable or a choice
_ODT_FORMULA = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}formula"
_ODT_CHANGING = re.compile(
    r"\{urn:oasis:names:tc:opendocument:xmlns:text:1\.0\}(date|time|file-name|template-name|sheet-name|author-(name|initials)"
    r"|sender-[a-z-]+|initial-creator|creator|(creation|print|modification)-(date|time)|printed-by|editing-(cycles|duration)"
    r"|title|subject|description|keywords|user-defined|(variable|user-field)-(set|get|input)|conditional-text|expression"
    r"|placeholder|drop-down|text-input|meta-field|measure|dde-connection|database-(display|name|row-number|row-select)"
    r"|execute-macro)")


def fetching(root: etree._Element) -> str:
    """The instruction of the first field that fetches, in capitals; "" = none."""
    if next(root.iter("{*}instrText", "{*}delInstrText", "{*}fldSimple"), None) is None:
        return ""
    for left_out in product(("Fallback", "Choice"), (_GONE, _NEW, ())):
        for code in _codes(root, (left_out[0], *left_out[1])):
            if found := _ANYWHERE.search(code) or _FIRST.match(code):
                return found[1].upper()
    return ""


def has_equation(root: etree._Element) -> bool:
    """Whether one of its fields is a formula."""
    return next(root.iter("{*}instrText", "{*}fldSimple"), None) is not None and any(
        _EQUATION.match(code) for code in _codes(root, ()))


def _codes(root: etree._Element, left_out: tuple[str, ...]) -> Iterator[str]:
    """What each field says, those inside it and their results with it; the first is what lies in no field."""
    opened: list[list[str]] = [[]]  # codes of the fields that are open
    done: list[bool] = [False]      # whether the code of each is over, and its result goes on
    events, skipped = etree.iterwalk(root, events=("start", "end")), None
    for event, element in events:
        name = etree.QName(element).localname if isinstance(element.tag, str) else ""
        if skipped is not None or name in left_out:
            skipped = skipped if skipped is not None else element
            skipped = None if event == "end" and element is skipped else skipped
            continue
        if event == "start" and name == "fldSimple":
            yield next((text for key, text in element.attrib.items() if key.endswith("instr")), "")
        if event == "start" and name == "fldChar":
            kind = next((text for key, text in element.attrib.items() if key.endswith("fldCharType")), "")
            if kind == "begin":
                opened.append([])
                done.append(False)
            elif kind == "separate":
                done[-1] = len(opened) > 1
            elif kind == "end" and len(opened) > 1:
                done.pop()
                yield "".join(opened.pop())
        if event == "start" and name in ("instrText", "delInstrText", "t"):
            # what stands inside a field is a part of each around it whose code goes on
            for code, is_over in zip(opened, done, strict=True):
                if not is_over and (name != "t" or len(opened) > 1):
                    code.append(element.text or "")
    yield from ("".join(code) for code in opened)


@dataclass
class _Open:
    """A field whose end has not come yet."""

    begin: etree._Element
    marks: list[etree._Element]
    #: what stands between its begin and its result, fields inside it too
    inner: list[etree._Element] = field(default_factory=list)
    #: its result
    result: list[etree._Element] = field(default_factory=list)
    code: str = ""
    #: a result begins, if there is one in it
    is_shown: bool = False
    has_result: bool = False
    #: a part of what another one says
    is_within: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it shows something that is stored nowhere, which `words` do not tell either."""
        return not (self.has_result or self.is_within or _LIVING.match(self.code) or _SILENT.match(self.code)
                    or self.words is not None)

    @property
    def words(self) -> str | None:
        """What it shows and stores in no result: a choice, a box, a button; None: another field."""
        if _CHOICE.match(self.code):
            entries = [_said(one) for one in self.begin.iterfind(f".//{_W}listEntry")]
            chosen = next((_said(one) for name in ("result", "default")
                           for one in self.begin.iterfind(f".//{_W}ddList/{_W}{name}")), "0")
            return entries[int(chosen)] if chosen.isdigit() and int(chosen) < len(entries) else ""
        if _BOX.match(self.code):
            said = next((_said(one, "true") for name in ("checked", "default")
                         for one in self.begin.iterfind(f".//{_W}checkBox/{_W}{name}")), "false")
            return "\u2610" if said in ("false", "0", "off") else "\u2612"
        button = _BUTTON.match(self.code)
        is_plain = not self.has_result and all(node.tag == f"{_W}instrText" for node in self.inner[1:])
        return button[1].strip() if button and is_plain else None


def _said(element: etree._Element, otherwise: str = "") -> str:
    return element.get(f"{_W}val", otherwise)


def settle(root: etree._Element) -> None:
    """Make of each field the words that it shows: a date of today, a property, a choice would change them on the way
    to the page. Numbers of pages, contents and links go on living, and what `unsettled` names. What a control is bound
    to no longer writes over its words.
    """
    for bound in list(root.iter("{*}dataBinding")):
        _remove([bound])
    _settle_simple(root)
    ended, endless = _fields(root)
    for one in ended:
        if one.is_within or one.is_open or _LIVING.match(one.code):
            continue
        if (words := one.words) is not None:
            shown = etree.Element(f"{_W}t", {"{http://www.w3.org/XML/1998/namespace}space": "preserve"})
            shown.text = words
            one.begin.addprevious(shown)
            _remove([node for node in one.result if node.tag != f"{_W}rPr"])
        _remove(one.marks + one.inner)
    for one in endless:  # what stands in it is text to everybody
        _remove(one.marks + [node for node in one.inner if node.tag == f"{_W}instrText"])


def unsettled(root: etree._Element) -> str:
    """The first field that shows words which are stored nowhere, in capitals: numbers that Word counts itself, what
    was never brought up to date; "" = none.
    """
    if (today := next(root.iter(*_TODAY), None)) is not None:
        return etree.QName(today).localname.upper()
    ended, _endless = _fields(root)
    found = next((one.code for one in ended if one.is_open), None) or next((
        code for one in root.iter(f"{_W}fldSimple") if one.find(f".//{_W}r") is None and not _LIVING.match(
            code := one.get(f"{_W}instr", "")) and not _SILENT.match(code)), "")
    return (found.split() or [""])[0].upper()[:40]


def _fields(root: etree._Element) -> tuple[list[_Open], list[_Open]]:
    """Those that end, the inner ones first, and those that never do."""
    opened: list[_Open] = []
    ended: list[_Open] = []
    for node in list(root.iterfind(f".//{_W}r/*")):
        kind = node.get(f"{_W}fldCharType") if node.tag == f"{_W}fldChar" else None
        if kind == "begin":
            opened.append(_Open(node, [node], is_within=any(not one.is_shown for one in opened)))
        elif kind and opened:
            opened[-1].marks.append(node)
            opened[-1].is_shown = True
            opened[-1].has_result = opened[-1].has_result or kind == "separate"
        elif node.tag == f"{_W}instrText" and opened and not opened[-1].is_shown:
            opened[-1].code += node.text or ""
        for one in opened:
            if node.tag != f"{_W}rPr":
                (one.result if one.is_shown else one.inner).append(node)
        if kind == "end" and opened:
            ended.append(opened.pop())
    return ended, opened


def settle_odt(root: etree._Element) -> None:
    """The same for content or styles of an ODT: a field that changes is left as its words, and a cell that is reckoned
    as what it shows (of LibreOffice a formula may make today's date, or an error).
    """
    for one in root.iter(etree.Element):
        one.attrib.pop(_ODT_FORMULA, None)
    for one in [found for found in root.iter(etree.Element) if _ODT_CHANGING.fullmatch(found.tag)]:
        one.tag = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}span"
        for name in list(one.attrib):
            del one.attrib[name]


def _settle_simple(root: etree._Element) -> None:
    for one in list(root.iter(f"{_W}fldSimple")):
        if not _LIVING.match(one.get(f"{_W}instr", "")):
            for shown in one.xpath("*[local-name() != 'fldData']"):
                one.addprevious(shown)
            one.getparent().remove(one)


def _remove(nodes: list[etree._Element]) -> None:
    for node in nodes:
        if (run := node.getparent()) is not None:
            run.remove(node)
