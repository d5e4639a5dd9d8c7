"""A drawing read leniently for comparison: every element by its id with all that is set on it, also of a draft.

What is known has a name of its own ("due", "timer", "condition"); every other attribute and part is kept as written,
so that no setting inside an element can change unseen. It judges nothing (dialect.py does) and compares nothing.
"""

from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree

from app.engine.dialect import read_call
from app.engine.drawing import BPMN, CAMUNDA, DI, NODES, name_of, parsed
from app.engine.wording import fit

#: parts of an element that are elements of their own, or say again what a flow says
_APART = NODES | {"sequenceFlow", "textAnnotation", "association", "laneSet", "lane", "incoming", "outgoing",
                  "flowNodeRef", "process", "participant", "message", "collaboration"}
#: attributes that have a name of their own, or mean nothing when it runs
_ATTRIBUTES = frozenset({"id", "name", "sourceRef", "targetRef", "default", "attachedToRef", "cancelActivity",
                         "gatewayDirection", "processRef", "textFormat"})
_NAMED = {"camunda:formKey": "form", "camunda:assignee": "assignee", "camunda:dueDate": "due",
          "camunda:decisionRef": "table", "camunda:modelerTemplate": "template",
          "camunda:modelerTemplateVersion": "template_version"}
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


@dataclass
class Item:
    """One element with an id: its tag, what people read on it, and its settings by name, as written."""

    id: str
    tag: str
    name: str
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def is_node(self) -> bool:
        """Whether it is drawn as a shape that flows join."""
        return self.tag in NODES or self.tag not in _APART


@dataclass
class Sketch:
    """A drawing: its items in the order of the file, where each is drawn, and how they hang together."""

    items: dict[str, Item]
    shapes: dict[str, str]
    #: node -> ids of the nodes before it; an event on the edge of a task comes after the task
    entering: dict[str, list[str]]
    #: node -> flows out of it, in order
    leaving: dict[str, list[Item]]

    @property
    def forms(self) -> dict[str, str | None]:
        """Element -> key of its form."""
        return {item.id: item.facts.get("form") for item in self.items.values() if item.is_node}

    def following(self, node: str) -> list[str]:
        """The nodes after one, in order."""
        return [flow.facts.get("target", "") for flow in self.leaving.get(node, [])]


def sketch(text: bytes) -> Sketch:
    """Read a drawing. Raises DiagramRefused when it is no BPMN at all."""
    root = parsed(text)
    lanes = {(ref.text or "").strip(): lane.get("id") or ""
             for lane in root.iter(BPMN + "lane") for ref in lane.findall(BPMN + "flowNodeRef")}
    messages = {one.get("id"): one.get("name") or "" for one in root.findall(BPMN + "message")}
    items: dict[str, Item] = {}
    shapes: dict[str, str] = {}
    for element in root.iter("{*}*"):
        if str(element.tag).startswith(DI) or "/DI" in str(element.tag):
            drawn = element.get("bpmnElement")
            if drawn and str(element.tag).endswith(("BPMNShape", "BPMNEdge")):
                shapes[drawn] = _place(element)
        elif element.get("id") and _is_apart(element):
            items[element.get("id")] = _item(element, lanes, messages)
    return _joined(Sketch(items, shapes, {}, {}))


def _joined(drawn: Sketch) -> Sketch:
    for item in drawn.items.values():
        if item.tag == "sequenceFlow":
            source, target = item.facts.get("source", ""), item.facts.get("target", "")
            drawn.entering.setdefault(target, []).append(source)
            drawn.leaving.setdefault(source, []).append(item)
        if item.tag == "boundaryEvent":
            drawn.entering.setdefault(item.id, []).append(item.facts.get("host", ""))
    for node, flows in drawn.leaving.items():
        if node in drawn.items and len(flows) > 1:
            drawn.items[node].facts["order"] = " ".join(flow.id for flow in flows)
    return drawn


def _is_apart(element: etree._Element) -> bool:
    """Whether it is an element of its own: one that the dialect knows, or anything with an id inside a process."""
    parent = element.getparent()
    is_inside = parent is not None and name_of(parent.tag) in ("process", "subProcess")
    return name_of(element.tag) in _APART or (is_inside and bool(element.get("id")))


def _item(xml: etree._Element, lanes: dict[str, str], messages: dict[str | None, str]) -> Item:
    tag = name_of(xml.tag)
    item = Item(xml.get("id"), tag, fit(xml.get("name")))
    facts = item.facts
    parent = xml.getparent()
    if item.is_node:
        facts["lane"] = lanes.get(item.id, "")
        if parent is not None and name_of(parent.tag) == "subProcess":
            facts["scope"] = parent.get("id") or ""
    for name, key in (("sourceRef", "source"), ("targetRef", "target"), ("default", "default"),
                      ("attachedToRef", "host"), ("processRef", "process")):
        if xml.get(name) is not None:
            facts[key] = xml.get(name)
    if tag == "boundaryEvent":
        facts["interrupting"] = "true" if xml.get("cancelActivity", "true") == "true" else "false"
    for key, value in xml.attrib.items():
        known = name_of(key)
        if known in _NAMED:
            facts[_NAMED[known]] = value
        elif known not in _ATTRIBUTES and key != _TYPE:
            facts[f"attribute:{fit(known)}"] = value
    _parts(xml, facts, messages)
    return item


def _parts(xml: etree._Element, facts: dict[str, str], messages: dict[str | None, str]) -> None:
    rest = []
    for child in xml:
        name = name_of(child.tag)
        if _is_apart(child):
            continue
        if name == "documentation" and "documentation" not in facts:
            facts["documentation"] = " ".join((child.text or "").split())
        elif name == "conditionExpression":
            facts["condition"] = (child.text or "").strip()
        elif name == "text":
            facts["note"] = " ".join((child.text or "").split())
        elif name == "script" and "step" not in facts:
            _script(child, facts)
        elif name == "multiInstanceLoopCharacteristics":
            _loop(child, facts)
        elif name.endswith("EventDefinition"):
            _event(child, name, facts, messages)
        elif name == "extensionElements":
            _extensions(child, facts)
        else:
            rest.append(_written(child))
    if rest:
        facts["attribute:parts"] = " ".join(rest)


def _script(script: etree._Element, facts: dict[str, str]) -> None:
    text = (script.text or "").strip()
    try:
        name, arguments = read_call(text)
    except ValueError:
        facts["step"] = text
        return
    facts["step"] = name
    for key, value in arguments.items():
        facts[f"argument:{key}"] = f"={value['name']}" if isinstance(value, dict) else str(value)


def _loop(loop: etree._Element, facts: dict[str, str]) -> None:
    facts["loop"] = (loop.get(CAMUNDA + "collection") or "").removeprefix("=").strip()
    facts["loop_variable"] = loop.get(CAMUNDA + "elementVariable") or ""
    facts["loop_order"] = loop.get("isSequential", "false")
    if len(loop):
        facts["attribute:loop"] = _written(loop)


def _event(xml: etree._Element, name: str, facts: dict[str, str], messages: dict[str | None, str]) -> None:
    if name == "timerEventDefinition":
        facts["timer"] = "; ".join((part.text or "").strip() for part in xml)
    elif name == "messageEventDefinition":
        facts["message"] = messages.get(xml.get("messageRef")) or xml.get("messageRef") or ""
    elif name == "linkEventDefinition":
        facts["link"] = xml.get("name") or ""
    elif name == "terminateEventDefinition":
        facts["terminate"] = "true"
    else:
        facts[f"attribute:{fit(name)}"] = _written(xml)


def _extensions(xml: etree._Element, facts: dict[str, str]) -> None:
    for child in xml:
        kind, known = name_of(child.tag), {"camunda:properties": "camunda:property",
                                           "camunda:inputOutput": "camunda:inputParameter"}
        for part in child if kind in known else [child]:
            name = fit(part.get("name"))
            if kind == "camunda:properties" and name_of(part.tag) == known[kind]:
                facts["unit" if name == "unit" else f"property:{name}"] = part.get("value") or ""
            elif kind == "camunda:inputOutput" and name_of(part.tag) == known[kind] and not len(part):
                facts[f"argument:{name}"] = (part.text or "").strip()
            else:
                key = f"attribute:{fit(name_of(part.tag))}"
                facts[key] = " ".join([facts[key], _written(part)] if key in facts else [_written(part)])


def _written(xml: etree._Element) -> str:
    """The part as text, the same for the same content whatever its line breaks."""
    copy = deepcopy(xml)
    copy.tail = None
    for one in copy.iter():
        one.text = " ".join((one.text or "").split()) or None
        if one is not copy:
            one.tail = None
    return etree.tostring(copy, method="c14n").decode()


def _place(shape: etree._Element) -> str:
    """Where and how something is drawn, rounded to points."""
    said = []
    for one in shape.iter("{*}*"):
        for key, value in sorted(one.attrib.items()):
            if key not in ("id", "bpmnElement"):
                said.append(f"{key}={_rounded(value)}")
    return " ".join(said)


def _rounded(text: str) -> str:
    try:
        return str(round(float(text)))
    except (ValueError, OverflowError):
        return text
