"""Fields of a word-processing part that fetch something into the page when a program lays it out (security.md S7).

A field's instruction may be cut over any number of runs, lie inside another's, be deleted and not yet accepted, stand
in one branch of two that a program chooses from, bear quotes or odd case: it is read as whole as a program would put
it together. Pure; nothing is fetched.
"""

import re
from collections.abc import Iterator
from itertools import product

from lxml import etree

#: instructions that no sentence holds: looked for anywhere in a field; the short one as a word, for addresses hold it
_ANYWHERE = re.compile(r"(INCLUDETEXT|INCLUDEPICTURE|DDEAUTO|(?<![A-Z0-9])DDE)(?![A-Z0-9])", re.IGNORECASE)
#: words of every day, too: instructions only where a field begins
_FIRST = re.compile(r"[\s\"'“”‘’«»\\]*(LINK|IMPORT|INCLUDE|DATABASE|RD)(?![A-Z])", re.IGNORECASE)
#: of a text that changes: not there once it is accepted, not there once it is refused
_GONE, _NEW = ("del", "moveFrom"), ("ins", "moveTo")


def fetching(root: etree._Element) -> str:
    """The instruction of the first field that fetches, in capitals; "" = none."""
    if next(root.iter("{*}instrText", "{*}delInstrText", "{*}fldSimple"), None) is None:
        return ""
    for left_out in product(("Fallback", "Choice"), (_GONE, _NEW, ())):
        for code in _codes(root, (left_out[0], *left_out[1])):
            if found := _ANYWHERE.search(code) or _FIRST.match(code):
                return found[1].upper()
    return ""


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
