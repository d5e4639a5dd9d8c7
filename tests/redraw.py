"""Shipped drawings with something changed, for tests of what is wrong with a drawing."""

from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parents[1]
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
_SHAPES = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"


def shipped(key: str) -> bytes:
    """A drawing of processes/."""
    return (ROOT / "processes" / f"{key}.bpmn").read_bytes()


def replaced(key: str, *pairs: tuple[str, str]) -> bytes:
    """A shipped drawing with texts replaced; each must be there."""
    text = shipped(key).decode()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def rewire(key: str, *moves: tuple[str, str]) -> bytes:
    """A shipped drawing in which flows (by id) lead to other elements; what no way leads to is taken out."""
    root = etree.fromstring(shipped(key))
    named = {element.get("id"): element for element in root.iter(f"{BPMN}*")}
    for flow, target in moves:
        assert target in named
        named[flow].set("targetRef", target)
    process = root.find(f"{BPMN}process")
    reached = _reached(process)
    for element in list(process):
        if element.tag != f"{BPMN}laneSet" and (element.get("sourceRef") or element.get("id")) not in {None, *reached}:
            process.remove(element)
    for ref in list(root.iter(f"{BPMN}flowNodeRef")):
        if ref.text not in reached:
            ref.getparent().remove(ref)
    root.remove(root.find(_SHAPES))
    return etree.tostring(root)


def _reached(process):
    """Ids of what a way leads to from the start."""
    flows = [(f.get("sourceRef"), f.get("targetRef")) for f in process.iter(f"{BPMN}sequenceFlow")]
    flows += [(e.get("attachedToRef"), e.get("id")) for e in process.iter(f"{BPMN}boundaryEvent")]
    found, ahead = set(), {"start"}
    while ahead:
        found |= ahead
        ahead = {target for source, target in flows if source in found} - found
    return found


def inserted(key: str, flow: str, drawn: str, *, lanes: dict[str, tuple[str, ...]] | None = None) -> bytes:
    """A shipped drawing with more elements on a flow: `drawn` is BPMN without prefix "bpmn:" needed.

    The flow leads to the element `first`; a new flow from the element `last` leads to where it led.
    """
    root = etree.fromstring(shipped(key))
    root.remove(root.find(_SHAPES))
    process = root.find(f"{BPMN}process")
    found = next(f for f in process.iter(f"{BPMN}sequenceFlow") if f.get("id") == flow)
    target = found.get("targetRef")
    found.set("targetRef", "first")
    spaces = 'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    more = f'<sequenceFlow id="flow_last" sourceRef="last" targetRef="{target}"/>'
    for element in etree.fromstring(f"<x {spaces}>{drawn}{more}</x>"):
        process.append(element)
    for lane, names in (lanes or {}).items():
        box = next(found for found in process.iter(f"{BPMN}lane") if found.get("id") == f"{lane}_lane")
        for name in names:
            etree.SubElement(box, f"{BPMN}flowNodeRef").text = name
    return etree.tostring(root)


def user(name: str, form: str, template: str = "qlvb.task", inner: str = "", more: str = "") -> str:
    """A user task."""
    return (f'<userTask id="{name}" camunda:formKey="{form}" camunda:modelerTemplate="{template}" {more}>{inner}'
            "</userTask>")


def script(name: str, call: str, step: str = "") -> str:
    """A script task."""
    step = step or call.split("(")[0]
    return f'<scriptTask id="{name}" camunda:modelerTemplate="qlvb.{step}"><script>{call}</script></scriptTask>'


def flow(source: str, target: str, condition: str = "", name: str = "") -> str:
    """A flow; its id is `name` or made of its ends."""
    inner = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{name or f"f_{source}_{target}"}" sourceRef="{source}" targetRef="{target}">{inner}' \
           "</sequenceFlow>"


def gate(name: str, kind: str = "exclusive", default: str = "") -> str:
    """A gateway."""
    chosen = f' default="{default}"' if default else ""
    return f'<{kind}Gateway id="{name}"{chosen}/>'
