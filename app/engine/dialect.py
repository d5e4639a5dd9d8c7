"""The drawing as the editor saves it -> a plain model of elements and flows, from which spiff.py builds specs.

The dialect is BPMN with the editor's `camunda:` attributes. Every text that could ever be evaluated is read here
once, by our own readers: conditions and settings by language.py, the one call of a script task by `read_call`,
timers as literals. What the engine would run wrongly is refused with the element's id and label.

Lanes are kept in a map of our own (the library keys them by the address of a parsed file). Branches go in the
order in which their flows stand in the file. It does NOT judge soundness or the regulation (`check.py`).
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from lxml import etree

from app.engine import language
from app.engine.dialect_model import (
    DATA_NAME,
    Drawing,
    Element,
    Flow,
    Loop,
    Node,
    Scope,
    arguments_of,
    read_call,
)
from app.engine.drawing import BPMN, CAMUNDA, ID, NODES, DiagramRefused, Refused, label_of, name_of, read, refuse, shown
from app.engine.structure import check_structure

__all__ = ["DiagramRefused", "Drawing", "Element", "Flow", "Loop", "Node", "Scope", "arguments_of", "read_call",
           "read_drawing", "survey"]

SHORTEST_TIMER, LONGEST_TIMER = timedelta(minutes=1), timedelta(days=400)
_DURATION = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,3})W)?(?:([0-9]{1,4})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,5})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,8})S)?)?"
)
#: keys that the library uses beside a message's payload
_TAKEN_MESSAGES = frozenset({"event_fired", "event_value", "seen_events", "merged", "remaining"})
_KINDS = {
    "startEvent": "start", "endEvent": "end", "userTask": "user", "scriptTask": "script",
    "businessRuleTask": "rule", "subProcess": "subprocess", "boundaryEvent": "boundary",
    "intermediateCatchEvent": "catch", "intermediateThrowEvent": "event",
    "exclusiveGateway": "gateway", "parallelGateway": "gateway", "inclusiveGateway": "gateway",
    "eventBasedGateway": "gateway",
}  # fmt: skip


def read_drawing(text: bytes) -> Drawing:
    """Check and read a diagram. Raises DiagramRefused with facts element, label, rule, message."""
    return _read(text, Refused(is_strict=True))


def survey(text: bytes) -> tuple[Drawing | None, list[DiagramRefused]]:
    """Everything that `read_drawing` could refuse, in its order, up to a limit; a drawing only of what it read.

    With refusals the drawing is what is left of it, fit to look at, not to run; None: nothing could be read.
    """
    refused = Refused(is_strict=False)
    try:
        return _read(text, refused), refused.all
    except DiagramRefused as last:
        return None, [*refused.all, last]


def _read(text: bytes, refused: Refused) -> Drawing:
    root = read(text, refused)
    processes = [p for p in root.findall(BPMN + "process") if p.get("isExecutable", "true") == "true"]
    if len(processes) != 1:
        raise refuse("process", "Sơ đồ phải có đúng một quy trình chạy được.")
    process = processes[0]
    if not process.get("id"):
        raise refuse("process", "Quy trình phải có mã.")
    reader = _Reader(root, process, refused)
    reader.scope(process)
    if not refused.is_strict:
        reader.lanes(process)
        known = {found.get("id") for found in root.findall(BPMN + "process")}
        for pool in root.iter(BPMN + "participant"):
            if pool.get("processRef", process.get("id")) not in known:
                refused.add(refuse("process", f"không có quy trình “{shown(pool.get('processRef'))}”.", pool))
    return Drawing(hashlib.sha256(text).hexdigest(), process.get("id"), label_of(process), reader.scopes)


class _Reader:
    """Walks one checked drawing."""

    def __init__(self, root: etree._Element, process: etree._Element, refused: Refused) -> None:
        self.messages = {m.get("id"): m.get("name") or "" for m in root.findall(BPMN + "message")}
        self.scopes: dict[str, Scope] = {}
        self.roles: dict[str, str] = {}
        self.refused = refused
        for lane in process.iter(BPMN + "lane"):
            for reference in lane.findall(BPMN + "flowNodeRef"):
                self.roles[(reference.text or "").strip()] = (lane.get("id") or "").removesuffix("_lane")

    def scope(self, container: etree._Element, role: str | None = None) -> None:
        """Read a process or a subprocess, and those inside it."""
        found = container.get("id")
        nodes: dict[str, Node] = {}
        self.scopes[found] = Scope(found, nodes, ())
        for child in container:
            if name_of(child.tag) in NODES:
                if not child.get("id"):
                    self.refused.add(refuse("id", "có phần tử không mang mã.", container))
                    continue
                node = self._kept(child, found, role)
                nodes[node.id] = node
        drawn = tuple(flow for xml in container.findall(BPMN + "sequenceFlow") if (flow := self._drawn(xml, nodes)))
        try:
            drawn += tuple(_links(container, nodes))
        except DiagramRefused as refused:
            self.refused.add(refused)
        self.scopes[found] = Scope(found, nodes, drawn)
        if not self.refused.all:  # else what is missing would be said twice
            check_structure(self.scopes[found], container, self.refused)
        for child in container.findall(BPMN + "subProcess"):
            if child.get("id"):
                self.scope(child, nodes[child.get("id")].element.role)

    def lanes(self, process: etree._Element) -> None:
        """Lanes name elements that are there, each in one lane; what runs already is not refused for it."""
        nodes = {name for scope in self.scopes.values() for name in scope.nodes}
        seen: set[str] = set()
        gone = {known.facts["element"] for known in self.refused.all}
        for lane in process.iter(BPMN + "lane"):
            for reference in lane.findall(BPMN + "flowNodeRef"):
                name = (reference.text or "").strip()
                if name in seen:
                    self.refused.add(refuse("lane", f"phần tử “{shown(name)}” nằm trong hai làn.", lane))
                elif name not in nodes and name not in gone:
                    self.refused.add(refuse("lane", f"làn này nhắc tới phần tử “{shown(name)}” không có.", lane))
                seen.add(name)

    def _kept(self, xml: etree._Element, scope: str, role: str | None) -> Node:
        """The node; of one that is refused what is on the drawing."""
        try:
            return self._node(xml, scope, role)
        except DiagramRefused as refused:
            self.refused.add(refused)
        tag = name_of(xml.tag)
        return Node(Element(xml.get("id"), label_of(xml), _KINDS[tag], role=self.roles.get(xml.get("id"), role)), tag,
                    scope, default=xml.get("default"))

    def _drawn(self, xml: etree._Element, nodes: dict[str, Node]) -> Flow | None:
        try:
            return self._flow(xml, nodes)
        except DiagramRefused as refused:
            ends = {xml.get("sourceRef"), xml.get("targetRef")}
            if not ends & {known.facts["element"] for known in self.refused.all}:  # its end has been refused
                self.refused.add(refused)
            return None

    def _node(self, xml: etree._Element, scope: str, role: str | None) -> Node:
        tag = name_of(xml.tag)
        element = Element(
            xml.get("id"), label_of(xml), _KINDS[tag], role=self.roles.get(xml.get("id"), role),
            template=xml.get(CAMUNDA + "modelerTemplate"),
        )
        node = Node(element, tag, scope, default=xml.get("default"), loop=_loop(xml),
                    is_terminate=xml.find(BPMN + "terminateEventDefinition") is not None)
        if tag == "userTask":
            return replace(node, element=_user(xml, element))
        if tag == "scriptTask":
            return replace(node, element=_script(xml, element))
        if tag == "businessRuleTask":
            return replace(node, element=_rule(xml, element))
        if tag == "boundaryEvent":
            node = replace(node, attached_to=xml.get("attachedToRef"),
                           is_interrupting=xml.get("cancelActivity", "true") == "true")
        return self._event(xml, node) if tag.endswith("Event") else node

    def _event(self, xml: etree._Element, node: Node) -> Node:
        definitions = [child for child in xml if name_of(child.tag).endswith("EventDefinition")]
        if len(definitions) > 1:
            raise refuse("event", "chỉ được chờ một loại sự kiện.", xml)
        if not definitions:
            if node.tag in ("startEvent", "endEvent", "intermediateThrowEvent"):
                return node
            raise refuse("event", "phải chọn sự kiện để chờ: thông điệp hoặc thời gian.", xml)
        definition = definitions[0]
        kind = name_of(definition.tag)
        if kind == "messageEventDefinition":
            message = self.messages.get(definition.get("messageRef"), "")
            if not DATA_NAME.fullmatch(message) or message in _TAKEN_MESSAGES:
                name = shown(message or definition.get("messageRef"))
                raise refuse("message", f"thông điệp “{name}” không có hoặc sai tên.", xml)
            return replace(node, element=replace(node.element, message=message))
        if kind == "timerEventDefinition":
            duration, moment = _timer(definition)
            return replace(node, duration=duration, moment=moment)
        if kind == "linkEventDefinition":
            if not definition.get("name"):
                raise refuse("link", "điểm nối phải có tên.", xml)
            return replace(node, link=definition.get("name"), element=replace(node.element, kind="event"))
        return node

    def _flow(self, xml: etree._Element, nodes: dict[str, Node]) -> Flow:
        source, target = xml.get("sourceRef"), xml.get("targetRef")
        if source not in nodes or target not in nodes:
            raise refuse("flow", "đường nối phải nối hai phần tử của cùng một quy trình.", xml)
        conditions = xml.findall(BPMN + "conditionExpression")
        if not conditions:
            return Flow(xml.get("id") or f"{source}->{target}", source, target)
        condition = (conditions[0].text or "").strip().removeprefix("=").strip()
        try:
            language.parse(condition)
        except language.ExpressionRefused as refused:
            sentence = f"điều kiện “{shown(condition)}” sai: {refused.facts.get('message', '')}"
            raise refuse("condition", sentence, xml) from refused
        return Flow(xml.get("id") or f"{source}->{target}", source, target, condition)


def _setting(xml: etree._Element, name: str, value: str | None) -> str | None:
    """A setting in the language, as drawn."""
    if not value:
        return None
    try:
        language.parse_setting(value)
    except language.ExpressionRefused as refused:
        sentence = f"thiết lập {name} “{shown(value)}” sai: {refused.facts.get('message', '')}"
        raise refuse("setting", sentence, xml) from refused
    return value


def _properties(xml: etree._Element, known: frozenset[str]) -> dict[str, str]:
    found = {}
    for item in xml.iterfind(f"{BPMN}extensionElements/{CAMUNDA}properties/{CAMUNDA}property"):
        if item.get("name") not in known or item.get("name") in found:
            raise refuse("property", f"không hỗ trợ thuộc tính “{shown(item.get('name'))}”.", xml)
        found[item.get("name")] = item.get("value") or ""
    return found


def _user(xml: etree._Element, element: Element) -> Element:
    unit = _properties(xml, frozenset({"unit"})).get("unit")
    form_key = xml.get(CAMUNDA + "formKey")
    if form_key is not None and not ID.fullmatch(form_key):
        raise refuse("form", f"mã biểu mẫu “{shown(form_key)}” sai.", xml)
    why = " ".join((xml.findtext(BPMN + "documentation") or "").split())
    return replace(
        element, form_key=form_key, unit=_setting(xml, "đơn vị", unit), why=why or None,
        assignee=_setting(xml, "người xử lý", xml.get(CAMUNDA + "assignee")),
        due=_setting(xml, "thời hạn", xml.get(CAMUNDA + "dueDate")),
    )


def _script(xml: etree._Element, element: Element) -> Element:
    scripts = xml.findall(BPMN + "script")
    text = (scripts[0].text or "") if len(scripts) == 1 else ""
    try:
        name, arguments = read_call(text)
        for item in xml.iterfind(f"{BPMN}extensionElements/{CAMUNDA}inputOutput/{CAMUNDA}inputParameter"):
            key, value = item.get("name") or "", (item.text or "").strip()
            if not DATA_NAME.fullmatch(key) or key in arguments:
                raise ValueError("arguments have names")
            name_of_data = value.removeprefix("=").strip()
            if value.startswith("=") and not DATA_NAME.fullmatch(name_of_data):
                raise ValueError("an argument is a constant or a name")
            arguments[key] = {"name": name_of_data} if value.startswith("=") else value
    except ValueError as error:
        sentence = f"“{shown(text)}” không phải là một lời gọi bước, ví dụ number() hay report_status(code=\"03\")."
        raise refuse("script", sentence, xml) from error
    return replace(element, step=name, arguments=arguments)


def _rule(xml: etree._Element, element: Element) -> Element:
    table = xml.get(CAMUNDA + "decisionRef") or ""
    if not ID.fullmatch(table):
        raise refuse("rule", "phải chọn bảng quyết định.", xml)
    return replace(element, step="decide", arguments={"table": table})


def _timer(definition: etree._Element) -> tuple[timedelta | None, datetime | None]:
    """A literal duration from 1 minute to 400 days, or a literal date."""
    parts = list(definition)
    text = (parts[0].text or "").strip() if len(parts) == 1 else ""
    found = _DURATION.fullmatch(text)
    if found and name_of(parts[0].tag) == "timeDuration":
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        if SHORTEST_TIMER <= length <= LONGEST_TIMER:
            return length, None
    elif parts and name_of(parts[0].tag) == "timeDate":
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None and date(2020, 1, 1) <= moment.date() < date(2100, 1, 1):
            return None, moment
    sentence = f"thời gian “{shown(text)}” phải là hằng số từ 1 phút đến 400 ngày (ví dụ P1D, PT2H) hoặc một thời điểm."
    raise refuse("timer", sentence, definition)


def _loop(xml: etree._Element) -> Loop | None:
    drawn = xml.find(BPMN + "multiInstanceLoopCharacteristics")
    if drawn is None:
        return None
    collection = (drawn.get(CAMUNDA + "collection") or "").removeprefix("=").strip()
    variable = drawn.get(CAMUNDA + "elementVariable") or ""
    if not DATA_NAME.fullmatch(collection) or not DATA_NAME.fullmatch(variable) or collection == variable:
        raise refuse("loop", "phải chọn danh sách và tên của từng giá trị trong danh sách.", xml)
    return Loop(collection, variable, drawn.get("isSequential") == "true")


def _links(container: etree._Element, nodes: dict[str, Node]) -> Iterator[Flow]:
    """A link pair is a flow that is not drawn."""
    catches: dict[str, str] = {}
    for node in nodes.values():
        if node.link and node.tag == "intermediateCatchEvent":
            if node.link in catches:
                raise refuse("link", f"có hai điểm đến cùng tên “{shown(node.link)}”.", container)
            catches[node.link] = node.id
    for node in nodes.values():
        if node.tag == "intermediateThrowEvent" and node.link:
            if node.link not in catches:
                xml = next(child for child in container if child.get("id") == node.id)
                raise refuse("link", f"không có điểm đến tên “{shown(node.link)}”.", xml)
            yield Flow(f"{node.id}->{catches[node.link]}", node.id, catches[node.link])
