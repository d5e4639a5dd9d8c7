"""A BPMN drawing as geometry: boxes, lines, labels, and what is ugly about them.

Only for the tests of `processes/*.bpmn`. It judges the picture, not the procedure: `app/engine/check.py` does that.
"""

from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from lxml import etree

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
WAYPOINT = "{http://www.omg.org/spec/DD/20100524/DI}waypoint"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)

Segment = tuple[float, float, float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle on the canvas."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def overlaps(self, other: "Box") -> bool:
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom

    def holds(self, other: "Box") -> bool:
        return (self.x <= other.x and other.right <= self.right
                and self.y <= other.y and other.bottom <= self.bottom)

    def is_crossed_by(self, line: Segment) -> bool:
        x1, y1, x2, y2 = line
        return (min(x1, x2) < self.right and max(x1, x2) > self.x
                and min(y1, y2) < self.bottom and max(y1, y2) > self.y)

    def has_on_border(self, x: float, y: float) -> bool:
        inside = self.x <= x <= self.right and self.y <= y <= self.bottom
        return inside and (x in (self.x, self.right) or y in (self.y, self.bottom))


@dataclass
class Drawing:
    """One diagram: its elements by id and where they lie."""

    root: etree._Element
    nodes: dict[str, etree._Element] = field(default_factory=dict)
    flows: dict[str, etree._Element] = field(default_factory=dict)
    #: element id -> lane id
    lane_of: dict[str, str] = field(default_factory=dict)
    lanes: dict[str, Box] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    labels: dict[str, Box] = field(default_factory=dict)

    def segments(self, flow: str) -> list[Segment]:
        points = self.lines[flow]
        return [(*a, *b) for a, b in zip(points, points[1:], strict=False)]


def read(path: Path) -> Drawing:
    """The drawing in a file."""
    drawing = Drawing(etree.fromstring(path.read_bytes(), PARSER))
    process = drawing.root.find(f"{BPMN}process")
    for element in process:
        if element.tag == f"{BPMN}sequenceFlow":
            drawing.flows[element.get("id")] = element
        elif element.get("id") and element.tag != f"{BPMN}laneSet":
            drawing.nodes[element.get("id")] = element
    for ref in process.iter(f"{BPMN}flowNodeRef"):
        drawing.lane_of[ref.text] = ref.getparent().get("id")
    for shape in drawing.root.iter(f"{DI}BPMNShape"):
        where = drawing.lanes if shape.get("bpmnElement") in drawing.lane_of.values() else drawing.boxes
        where[shape.get("bpmnElement")] = _box(shape.find(f"{DC}Bounds"))
    for edge in drawing.root.iter(f"{DI}BPMNEdge"):
        drawing.lines[edge.get("bpmnElement")] = [
            (float(p.get("x")), float(p.get("y"))) for p in edge.iter(WAYPOINT)]
    for label in drawing.root.iter(f"{DI}BPMNLabel"):
        bounds = label.find(f"{DC}Bounds")
        if bounds is not None:
            drawing.labels[label.getparent().get("bpmnElement")] = _box(bounds)
    return drawing


def faults(drawing: Drawing) -> list[str]:
    """All that is ugly, one sentence each; empty for a good drawing."""
    return _shape_faults(drawing) + _line_faults(drawing) + _crossings(drawing) + _label_faults(drawing)


def _box(bounds: etree._Element) -> Box:
    return Box(*(float(bounds.get(name)) for name in ("x", "y", "width", "height")))


def _shape_faults(drawing: Drawing) -> list[str]:
    found = [f"{name} is drawn outside its lane" for name in drawing.nodes
             if not drawing.lanes[drawing.lane_of[name]].holds(drawing.boxes[name])]
    for one, other in combinations(drawing.nodes, 2):
        is_attached = (drawing.nodes[one].get("attachedToRef") == other
                       or drawing.nodes[other].get("attachedToRef") == one)
        if not is_attached and drawing.boxes[one].overlaps(drawing.boxes[other]):
            found.append(f"{one} overlaps {other}")
    return found


def _line_faults(drawing: Drawing) -> list[str]:
    found = []
    for name, flow in drawing.flows.items():
        source, target = flow.get("sourceRef"), flow.get("targetRef")
        segments = drawing.segments(name)
        if any(x1 != x2 and y1 != y2 for x1, y1, x2, y2 in segments):
            found.append(f"{name} is not orthogonal")
        if not drawing.boxes[source].has_on_border(*drawing.lines[name][0]):
            found.append(f"{name} does not begin at {source}")
        if not drawing.boxes[target].has_on_border(*drawing.lines[name][-1]):
            found.append(f"{name} does not end at {target}")
        found += [f"{name} runs through {node}" for node in drawing.nodes
                  if any(drawing.boxes[node].is_crossed_by(s) for s in segments)]
    return found


def _crossings(drawing: Drawing) -> list[str]:
    """Two lines that cross or lie on each other."""
    return [f"{one} meets {other}" for one, other in combinations(drawing.flows, 2)
            if any(_meet(a, b) for a in drawing.segments(one) for b in drawing.segments(other))]


def _meet(one: Segment, other: Segment) -> bool:
    """Orthogonal segments as degenerate boxes: touching counts."""
    return (min(one[0], one[2]) <= max(other[0], other[2]) and min(other[0], other[2]) <= max(one[0], one[2])
            and min(one[1], one[3]) <= max(other[1], other[3]) and min(other[1], other[3]) <= max(one[1], one[3]))


def _label_faults(drawing: Drawing) -> list[str]:
    found = []
    for name, label in drawing.labels.items():
        found += [f"label of {name} overlaps {node}" for node in drawing.nodes
                  if label.overlaps(drawing.boxes[node])]
        found += [f"label of {name} lies on {flow}" for flow in drawing.flows
                  if any(label.is_crossed_by(s) for s in drawing.segments(flow))]
        if not any(lane.holds(label) for lane in drawing.lanes.values()):
            found.append(f"label of {name} lies on the border of a lane")
    found += [f"labels of {one} and {other} overlap" for one, other in combinations(drawing.labels, 2)
              if drawing.labels[one].overlaps(drawing.labels[other])]
    return found
