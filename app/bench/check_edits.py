"""Random edits of a diagram, as an administrator might draw them: most are wrong, all are well-formed.

Each edit changes the flows between elements (delete, bypass, swap, branch, loop, parallel, boundary event,
subprocess, ...) and leaves a drawing that the editor could have saved: choices have a default and conditions,
nothing is out of reach, incoming and outgoing are in step. The same seed makes the same edits. It judges nothing.
"""

from collections.abc import Callable
from copy import deepcopy
from random import Random

from lxml import etree

from app.engine.drawing import BPMN, CAMUNDA, NODES, name_of

CHOICES = ("exclusiveGateway", "inclusiveGateway")
GATEWAYS = ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway")
WORK = ("userTask", "scriptTask", "businessRuleTask", "subProcess")
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}type"


def parsed(text: bytes) -> etree._Element:
    """A trusted drawing of ours, without its shapes."""
    root = etree.fromstring(text, etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_blank_text=True))
    for shapes in root.findall("{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"):
        root.remove(shapes)
    return root


class Sketch:
    """One drawing being changed. Elements are lxml elements; the flows carry the structure."""

    def __init__(self, text: bytes) -> None:
        self.root = parsed(text)
        self.process = self.root.find(BPMN + "process")
        self._made = 0

    # -- looking
    def nodes(self, *tags: str) -> list[etree._Element]:
        """Nodes of the process itself, in the order of the file; all kinds when no tag is named."""
        return [child for child in self.process if name_of(child.tag) in (tags or NODES)]

    def flows(self) -> list[etree._Element]:
        """Flows of the process itself."""
        return self.process.findall(BPMN + "sequenceFlow")

    def node(self, found: str) -> etree._Element:
        """The node of an id."""
        return next(node for node in self.nodes() if node.get("id") == found)

    def leaving(self, node: etree._Element) -> list[etree._Element]:
        """Flows out of a node."""
        return [flow for flow in self.flows() if flow.get("sourceRef") == node.get("id")]

    def entering(self, node: etree._Element) -> list[etree._Element]:
        """Flows into a node."""
        return [flow for flow in self.flows() if flow.get("targetRef") == node.get("id")]

    def targets(self) -> list[etree._Element]:
        """Nodes that a new flow may lead to."""
        waited = {flow.get("targetRef") for gate in self.nodes("eventBasedGateway") for flow in self.leaving(gate)}
        return [node for node in self.nodes() if node.get("id") not in waited
                and name_of(node.tag) not in ("startEvent", "boundaryEvent")]

    def free_flows(self) -> list[etree._Element]:
        """Flows into which a node may be put: not those behind an event gateway."""
        gates = {gate.get("id") for gate in self.nodes("eventBasedGateway")}
        return [flow for flow in self.flows() if flow.get("sourceRef") not in gates]

    def conditions(self) -> list[str]:
        """The conditions that stand in the drawing: a new one is one of them."""
        return sorted({found.text for found in self.root.iter(BPMN + "conditionExpression") if found.text})

    # -- drawing
    def new_id(self, stem: str) -> str:
        """An id that is not used yet."""
        known = {found.get("id") for found in self.root.iter()}
        while True:
            self._made += 1
            if f"{stem}_{self._made}" not in known:
                return f"{stem}_{self._made}"

    def add(self, tag: str, like: str | None = None, **attributes: str) -> etree._Element:
        """A new node, in the lane of the node `like`."""
        node = etree.Element(BPMN + tag, {"id": self.new_id(f"new_{tag}"), "name": f"Mới: {tag}", **attributes})
        self._place(node, like)
        return node

    def copy(self, of: etree._Element) -> etree._Element:
        """A second node like one that is there, in the same lane."""
        node = deepcopy(of)
        for found in node.iter():
            if found.get("id"):
                found.set("id", self.new_id(f"copy_{name_of(found.tag)}"))
        self._place(node, of.get("id"))
        return node

    def _place(self, node: etree._Element, like: str | None) -> None:
        self.process.insert(self.process.index(self.flows()[0]), node)
        for lane in self.process.iter(BPMN + "lane"):
            refs = [ref.text for ref in lane.findall(BPMN + "flowNodeRef")]
            if like in refs or (like is None and lane.get("id") == "system_lane"):
                etree.SubElement(lane, BPMN + "flowNodeRef").text = node.get("id")
                return

    def connect(self, source: str, target: str, condition: str | None = None) -> etree._Element:
        """A new flow."""
        flow = etree.SubElement(self.process, BPMN + "sequenceFlow",
                                {"id": self.new_id("new_flow"), "sourceRef": source, "targetRef": target})
        if condition:
            set_condition(flow, condition)
        return flow

    def into(self, flow: etree._Element, first: etree._Element, last: etree._Element | None = None) -> None:
        """Put a node, or a piece from `first` to `last`, into a flow."""
        target = flow.get("targetRef")
        flow.set("targetRef", first.get("id"))
        self.connect((last if last is not None else first).get("id"), target)

    def remove(self, node: etree._Element) -> None:
        """Take a node away with its flows, its boundary events and its place in a lane."""
        for flow in self.leaving(node) + self.entering(node):
            self.process.remove(flow)
        self.process.remove(node)
        gone = {found.get("id") for found in node.iter()}
        for ref in list(self.process.iter(BPMN + "flowNodeRef")):
            if ref.text in gone:
                ref.getparent().remove(ref)
        for event in self.nodes("boundaryEvent"):
            if event.get("attachedToRef") == node.get("id"):
                self.remove(event)

    # -- making it fit to be saved
    def tidy(self, random: Random) -> bytes:
        """The drawing as the editor would save it."""
        self._ends()
        self._unreached()
        for gate in self.nodes(*GATEWAYS):
            self._choice(gate, random)
        return self.saved()

    def saved(self) -> bytes:
        """The drawing as it stands."""
        for container in [self.process, *self.process.iter(BPMN + "subProcess")]:
            _marks(container)
        return etree.tostring(self.root, xml_declaration=True, encoding="UTF-8", pretty_print=True)

    def _ends(self) -> None:
        for node in self.nodes():
            if name_of(node.tag) != "endEvent" and not self.leaving(node):
                end = self.add("endEvent", like=node.get("id"))
                self.connect(node.get("id"), end.get("id"))

    def _unreached(self) -> None:
        reached: set[str] = set()
        ahead = [node.get("id") for node in self.nodes("startEvent")]
        events = [(e.get("attachedToRef"), e.get("id")) for e in self.nodes("boundaryEvent")]
        after: dict[str, list[str]] = {}
        for flow in self.flows():
            after.setdefault(flow.get("sourceRef"), []).append(flow.get("targetRef"))
        while ahead:
            found = ahead.pop()
            if found not in reached:
                reached.add(found)
                ahead += after.get(found, []) + [event for host, event in events if host == found]
        for node in self.nodes():
            if node.get("id") not in reached and node.getparent() is not None:
                self.remove(node)

    def _choice(self, gate: etree._Element, random: Random) -> None:
        flows, is_choice = self.leaving(gate), name_of(gate.tag) in CHOICES
        if not is_choice or len(flows) < 2:
            gate.attrib.pop("default", None)
            for flow in flows:
                set_condition(flow, None)
            return
        if gate.get("default") not in [flow.get("id") for flow in flows]:
            gate.set("default", flows[-1].get("id"))
        for flow in flows:
            is_default = flow.get("id") == gate.get("default")
            if is_default or flow.find(BPMN + "conditionExpression") is None:
                set_condition(flow, None if is_default else random.choice(self.conditions() or ["true"]))


def set_condition(flow: etree._Element, text: str | None) -> None:
    """Give a flow this condition, or none."""
    for found in flow.findall(BPMN + "conditionExpression"):
        flow.remove(found)
    if text is not None:
        etree.SubElement(flow, BPMN + "conditionExpression", {_XSI: "bpmn:tFormalExpression"}).text = text


def _marks(container: etree._Element) -> None:
    """Write `incoming` and `outgoing` again, from the flows."""
    flows = container.findall(BPMN + "sequenceFlow")
    for node in container:
        if name_of(node.tag) not in NODES:
            continue
        for mark in node.findall(BPMN + "incoming") + node.findall(BPMN + "outgoing"):
            node.remove(mark)
        place = len(node.findall(BPMN + "documentation")) + len(node.findall(BPMN + "extensionElements"))
        for tag, end in (("incoming", "targetRef"), ("outgoing", "sourceRef")):
            for flow in flows:
                if flow.get(end) == node.get("id"):
                    mark = etree.Element(BPMN + tag)
                    mark.text = flow.get("id")
                    node.insert(place, mark)
                    place += 1


def edited(text: bytes, seed: int) -> tuple[str, bytes]:
    """One to three edits of a drawing: their names joined by "+", and the new drawing."""
    from app.bench.check_kinds import KINDS

    random = Random(seed)
    sketch, names = Sketch(text), []
    wanted = random.choices((1, 2, 3), (5, 3, 2))[0]
    for _ in range(40):
        if len(names) == wanted or not (sketch.nodes("userTask") and sketch.nodes("scriptTask")
                                        and sketch.nodes("exclusiveGateway", "parallelGateway")):
            break  # enough, or hardly anything is left to edit
        name = random.choice(sorted(KINDS))
        edit: Callable[[Sketch, Random], bool] = KINDS[name]
        if edit(sketch, random):
            names.append(name)
            sketch = Sketch(sketch.tidy(random))
    return "+".join(names), sketch.tidy(random)


def add_script(sketch: Sketch, call: str, template: str) -> etree._Element:
    """A new script task with a call and its template."""
    node = sketch.add("scriptTask", scriptFormat="qlvb")
    node.set(CAMUNDA + "modelerTemplate", template)
    etree.SubElement(node, BPMN + "script").text = call
    return node
