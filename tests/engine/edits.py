"""Edits of the shipped diagrams for tests: what an agency would draw."""

from pathlib import Path

from lxml import etree

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
ROOT = Path(__file__).parents[2]


def shipped(key: str) -> bytes:
    """A diagram of processes/."""
    return (ROOT / "processes" / f"{key}.bpmn").read_bytes()


class Edit:
    """A drawing that is being edited; `text` is the file."""

    def __init__(self, text: bytes) -> None:
        self.root = etree.fromstring(text)
        self.process = self.root.find(BPMN + "process")

    @property
    def text(self) -> bytes:
        return etree.tostring(self.root)

    def of(self, identity: str) -> etree._Element:
        return next(node for node in self.process.iter() if node.get("id") == identity)

    def insert(self, flow: str, tag: str, identity: str, label: str, lane: str = "", script: str = "",
               **attributes: str) -> "Edit":
        """Put an element into a flow."""
        drawn = self.of(flow)
        node = etree.SubElement(self.process, BPMN + tag, id=identity, name=label)
        for name, value in attributes.items():
            node.set(CAMUNDA + name, value)
        if script:
            etree.SubElement(node, BPMN + "script").text = script
        self.connect(f"flow_{identity}_on", identity, drawn.get("targetRef"))
        drawn.set("targetRef", identity)
        if lane:
            etree.SubElement(self.of(lane), BPMN + "flowNodeRef").text = identity
        return self

    def connect(self, identity: str, source: str, target: str) -> "Edit":
        etree.SubElement(self.process, BPMN + "sequenceFlow", id=identity, sourceRef=source, targetRef=target)
        return self

    def remind(self, host: str, identity: str, duration: str = "P1D") -> "Edit":
        """Beside an open task: after some time it is urged, and stays open."""
        event = etree.SubElement(self.process, BPMN + "boundaryEvent", id=identity, name="Đến hạn nhắc",
                                 attachedToRef=host, cancelActivity="false")
        timer = etree.SubElement(event, BPMN + "timerEventDefinition")
        etree.SubElement(timer, BPMN + "timeDuration").text = duration
        step = etree.SubElement(self.process, BPMN + "scriptTask", id=f"{identity}_step", name="Nhắc việc")
        etree.SubElement(step, BPMN + "script").text = "remind()"
        etree.SubElement(self.process, BPMN + "endEvent", id=f"{identity}_end", name="Đã nhắc")
        self.connect(f"flow_{identity}", identity, f"{identity}_step")
        return self.connect(f"flow_{identity}_step", f"{identity}_step", f"{identity}_end")

    def drop(self, identity: str) -> "Edit":
        """Take an element with one way in and one way out away."""
        out = next(f for f in self.process.iter(BPMN + "sequenceFlow") if f.get("sourceRef") == identity)
        for flow in self.process.iter(BPMN + "sequenceFlow"):
            if flow.get("targetRef") == identity:
                flow.set("targetRef", out.get("targetRef"))
        for node in (out, self.of(identity)):
            node.getparent().remove(node)
        for lane in self.process.iter(BPMN + "flowNodeRef"):
            if lane.text == identity:
                lane.getparent().remove(lane)
        return self

    def set(self, identity: str, name: str, value: str, space: str = "") -> "Edit":
        self.of(identity).set(space + name, value)
        return self
