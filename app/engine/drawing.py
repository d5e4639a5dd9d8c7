"""The bytes of a diagram -> a safe XML tree that holds only what the dialect knows (security rules S2, S3).

Size, DOCTYPE, depth and number are looked at first; then every element and every attribute is held against an
allow-list, and what the list does not name is refused by its name. Shapes (BPMNDI) are skipped: where something
is drawn never changes what it does. It does NOT know what the elements mean: that is `dialect.py`.
"""

import re
from collections.abc import Callable

from lxml import etree

from app.refusal import Refusal

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_SCHEMA_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"

MAX_BYTES = 2 * 1024 * 1024
MAX_ELEMENTS = 2000
#: tags, and attributes, of a file with its shapes, before it is parsed: what bounds the memory
MAX_MARKS = 80_000
MAX_DEPTH = 50
#: as long as the columns that keep an element (task.py, history.py)
MAX_ID_CHARACTERS = 60
#: findings of one drawing that are collected
MAX_REFUSED = 40
#: An id is pasted into XPath by the library's own parser and is a file-safe name everywhere else.
ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
#: Names that the library gives to its own nodes; an element of that name would be skipped.
RESERVED_IDS = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})

GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
TASKS = frozenset({"userTask", "scriptTask", "businessRuleTask"})
NODES = GATEWAYS | TASKS | {
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent", "subProcess",
}
_NOTES = frozenset({"documentation", "extensionElements"})
_ENDS = _NOTES | {"incoming", "outgoing"}
_REMARKS = frozenset({"textAnnotation", "association"})

#: element -> the children it may have, by local name in the BPMN namespace ("camunda:" for the editor's own)
CHILDREN: dict[str, frozenset[str]] = {
    "definitions": _NOTES | {"process", "collaboration", "message"},
    "collaboration": _NOTES | {"participant"} | _REMARKS,
    "participant": _NOTES,
    "message": _NOTES,
    "process": _NOTES | NODES | {"laneSet", "sequenceFlow"} | _REMARKS,
    "subProcess": _ENDS | NODES | {"sequenceFlow"} | _REMARKS,
    "laneSet": _NOTES | {"lane"},
    "lane": _NOTES | {"flowNodeRef"},
    "textAnnotation": _NOTES | {"text"},
    "association": _NOTES,
    "startEvent": _ENDS,
    "endEvent": _ENDS | {"terminateEventDefinition"},
    "userTask": _ENDS | {"multiInstanceLoopCharacteristics"},
    "scriptTask": _ENDS | {"script", "multiInstanceLoopCharacteristics"},
    "businessRuleTask": _ENDS,
    "exclusiveGateway": _ENDS, "parallelGateway": _ENDS, "inclusiveGateway": _ENDS, "eventBasedGateway": _ENDS,
    "intermediateCatchEvent": _ENDS | {"messageEventDefinition", "timerEventDefinition", "linkEventDefinition"},
    "intermediateThrowEvent": _ENDS | {"linkEventDefinition"},
    "boundaryEvent": _ENDS | {"messageEventDefinition", "timerEventDefinition"},
    "timerEventDefinition": frozenset({"timeDuration", "timeDate"}),
    "sequenceFlow": _NOTES | {"conditionExpression"},
    "extensionElements": frozenset({"camunda:properties", "camunda:inputOutput"}),
    "camunda:properties": frozenset({"camunda:property"}),
    "camunda:inputOutput": frozenset({"camunda:inputParameter"}),
}
_TEMPLATE = frozenset({"camunda:modelerTemplate", "camunda:modelerTemplateVersion"})
#: element -> its attributes besides id and name
ATTRIBUTES: dict[str, frozenset[str]] = {
    "definitions": frozenset({"targetNamespace", "exporter", "exporterVersion", "expressionLanguage"}),
    "participant": frozenset({"processRef"}),
    "process": frozenset({"isExecutable", "processType", "isClosed"}),
    "association": frozenset({"sourceRef", "targetRef", "associationDirection"}),
    "textAnnotation": frozenset({"textFormat"}),
    "documentation": frozenset({"textFormat"}),
    "userTask": _TEMPLATE | {"camunda:formKey", "camunda:assignee", "camunda:dueDate"},
    "scriptTask": _TEMPLATE | {"scriptFormat"},
    "businessRuleTask": _TEMPLATE | {"camunda:decisionRef"},
    "exclusiveGateway": frozenset({"default", "gatewayDirection"}),
    "inclusiveGateway": frozenset({"default", "gatewayDirection"}),
    "parallelGateway": frozenset({"gatewayDirection"}),
    "eventBasedGateway": frozenset({"gatewayDirection"}),
    "boundaryEvent": frozenset({"attachedToRef", "cancelActivity"}),
    "messageEventDefinition": frozenset({"messageRef"}),
    "conditionExpression": frozenset({"xsi:type"}),
    "timeDuration": frozenset({"xsi:type"}),
    "timeDate": frozenset({"xsi:type"}),
    "sequenceFlow": frozenset({"sourceRef", "targetRef"}),
    "multiInstanceLoopCharacteristics": frozenset(
        {"isSequential", "camunda:collection", "camunda:elementVariable"}
    ),
    "camunda:property": frozenset({"value"}),
}
_BOOLEANS = frozenset({"isExecutable", "isSequential", "cancelActivity", "isClosed"})


class DiagramRefused(Refusal):
    """The diagram holds something that this system does not run."""

    code = "diagram_refused"
    status = 422


def refuse(rule: str, sentence: str, element: "etree._Element | None" = None, **more: object) -> DiagramRefused:
    """A refusal that names the nearest element with an id; `sentence` is Vietnamese, shown to the admin."""
    while element is not None and not element.get("id"):
        element = element.getparent()
    found = shown(element.get("id")) if element is not None else ""
    label = label_of(element) if element is not None else ""
    where = f"Phần tử “{label}” ({found}): " if found else ""
    refused = DiagramRefused(f"{rule}: {found or 'the diagram'}", element=found, label=label, rule=rule)
    refused.facts |= {"message": where + sentence, **more}
    return refused


def shown(text: str | None) -> str:
    """Text of a hostile file made fit to show: short, one line, nothing that is not seen or turns the writing.

    Pages escape it; here `reason != "x"` stays what its author wrote.
    """
    return "".join(c if c.isprintable() else "?" for c in " ".join((text or "").split())[:80])


def label_of(element: etree._Element) -> str:
    """The name on the drawing, else the id."""
    return shown(element.get("name")) or shown(element.get("id"))


def name_of(tag: object) -> str:
    """`userTask`, `camunda:property`; the whole tag for a namespace that the dialect does not know."""
    text = str(tag)
    if text.startswith(BPMN):
        return text[len(BPMN):]
    return "camunda:" + text[len(CAMUNDA):] if text.startswith(CAMUNDA) else text


class Refused:
    """What is refused of one drawing: the first at once (`is_strict`), or all of it, up to a limit."""

    def __init__(self, is_strict: bool) -> None:
        self.is_strict = is_strict
        self.all: list[DiagramRefused] = []

    def add(self, refused: DiagramRefused) -> None:
        """Keep it. Raises it when one is enough, or when there are too many."""
        if self.is_strict or len(self.all) >= MAX_REFUSED:
            raise refused
        self.all.append(refused)


def read(text: bytes, refused: Refused | None = None) -> etree._Element:
    """The `definitions` element without its shapes and without what is refused. Raises DiagramRefused."""
    refused = refused or Refused(is_strict=True)
    root = parsed(text)
    for shapes in [child for child in root if str(child.tag).startswith(DI)]:
        root.remove(shapes)
    _limit(root)
    _allow(root, refused)
    _identify(root, refused)
    return root


def parsed(text: bytes) -> etree._Element:
    """The `definitions` element with its shapes, whatever it holds: well-formed only. Raises DiagramRefused."""
    if len(text) > MAX_BYTES:
        raise refuse("size", "Sơ đồ lớn hơn 2 MB.")
    if b"<!doctype" in text.lower():
        raise refuse("doctype", "Sơ đồ không được có khai báo DOCTYPE.")
    if text.count(b"<") > MAX_MARKS or text.count(b"=") > MAX_MARKS:
        raise refuse("count", "Sơ đồ có quá nhiều phần tử hoặc thuộc tính.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise refuse("xml", "Tệp không phải là XML đúng quy cách.") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise refuse("doctype", "Sơ đồ không được có khai báo DOCTYPE.")
    if root.tag != BPMN + "definitions":
        raise refuse("xml", "Tệp không phải là sơ đồ BPMN 2.0.")
    return root


def worded(text: bytes, word: Callable[[str], str]) -> str:
    """The drawing with each label as `word` gives it, to be looked at and not to be kept. Raises DiagramRefused."""
    root = parsed(text)
    for element in root.iter(f"{BPMN}*"):
        label = element.get("name")
        if label and element.tag != f"{BPMN}message":  # a code name, which nobody sees
            element.set("name", word(label))
    return etree.tostring(root, encoding="unicode")


def _limit(root: etree._Element) -> None:
    count, level = 0, [(root, 1)]
    while level:
        element, depth = level.pop()
        count += 1
        if depth > MAX_DEPTH:
            raise refuse("depth", "Các phần tử lồng nhau quá 50 lớp.", element)
        if count > MAX_ELEMENTS:
            raise refuse("count", "Sơ đồ có quá 2 000 phần tử.")
        level.extend((child, depth + 1) for child in element)


def _allow(root: etree._Element, refused: Refused) -> None:
    """Hold every element and attribute against the list, in order; what is not on it is taken out."""
    ahead = [root]
    while ahead:
        element = ahead.pop()
        name = name_of(element.tag)
        for child in list(element):
            if name_of(child.tag) not in CHILDREN.get(name, frozenset()):
                what = _called(child)
                refused.add(refuse("element", f"không hỗ trợ thành phần “{what}” ở đây.", child, what=what))
                element.remove(child)
        allowed = ATTRIBUTES.get(name, frozenset())
        for key in element.attrib:
            known = _attribute(key)
            if known in ("id", "name") or known in allowed or (element is root and _harmless(key)):
                if (known in _BOOLEANS and element.get(key) not in ("true", "false")) or (
                        known == "xsi:type" and not element.get(key, "").endswith("tFormalExpression")):
                    sentence = f"thuộc tính “{shown(known)}” không nhận giá trị “{shown(element.get(key))}”."
                    refused.add(refuse("attribute", sentence, element, what=shown(known)))
                continue
            refused.add(refuse("attribute", f"không hỗ trợ thuộc tính “{shown(known)}”.", element, what=shown(known)))
            del element.attrib[key]
        ahead.extend(reversed(element))


def _called(element: etree._Element) -> str:
    """The name of an element the list does not know, as its file writes it: `signavio:signavioMetaData`."""
    name = name_of(element.tag)
    if not name.startswith("{"):
        return shown(name)
    return shown(f"{element.prefix}:{etree.QName(element).localname}" if element.prefix else name)


def _attribute(key: str) -> str:
    return "xsi:type" if key == _XSI_TYPE else name_of(key)


def _harmless(key: str) -> bool:
    """What editors write on the root about themselves."""
    return key == _SCHEMA_LOCATION or key.startswith("{http://camunda.org/schema/modeler/1.0}")


def _identify(root: etree._Element, refused: Refused) -> None:
    seen: set[str] = set()
    for element in root.iter():
        found = element.get("id")
        if found is None:
            continue
        if not ID.fullmatch(found) or len(found) > MAX_ID_CHARACTERS or found in RESERVED_IDS:
            refused.add(refuse("id", f"mã “{shown(found)}” không dùng được.", element))
        if found in seen:
            refused.add(refuse("id", f"mã “{found}” bị trùng.", element))
        seen.add(found)
