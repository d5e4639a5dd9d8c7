"""The diagrams of `processes/` and the forms of `forms/`: drawn well, complete, and with a reason at each task."""

import copy
import json
import re
from pathlib import Path

import pytest
from drawing import BPMN, CAMUNDA, Drawing, faults, read

ROOT = Path(__file__).resolve().parents[2]
DIAGRAMS = sorted((ROOT / "processes").glob("*.bpmn"))
FORMS = sorted((ROOT / "forms").glob("*.json"))
TASKS = (f"{BPMN}userTask", f"{BPMN}scriptTask")
STEPS = frozenset(
    "receive recognise check_signatures enter forward report_status assign answer close discard review approve"
    " submit_draft number void_number complete prepare_leader_signature sign_by_leader prepare_agency_signature"
    " sign_by_agency seal_paper digitise sign_paper dispatch record_receipt tell_answered cancel_draft tell_cancelled"
    " remind take_request amend withdraw require_paper attach_paper exclude take_answer end_opinions".split()
)
LANES = {"clerk_lane": "Văn thư", "leader_lane": "Lãnh đạo cơ quan", "head_lane": "Lãnh đạo phòng",
         "officer_lane": "Chuyên viên", "system_lane": "Hệ thống"}
#: a letter that only Vietnamese has
MARKED = re.compile("[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]", re.IGNORECASE)
each_diagram = pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
each_form = pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)


def test_the_three_procedures_are_there():
    assert [path.stem for path in DIAGRAMS] == ["incoming", "outgoing_electronic", "outgoing_hybrid"]


@each_diagram
def test_nothing_overlaps_or_crosses(path):
    assert faults(read(path)) == []


@each_diagram
def test_every_element_and_flow_is_drawn(path):
    drawing = read(path)
    assert drawing.nodes.keys() <= drawing.boxes.keys()
    assert drawing.flows.keys() == drawing.lines.keys()
    named_flows = {name for name, flow in drawing.flows.items() if flow.get("name")}
    named_points = {name for name, node in drawing.nodes.items() if node.get("name") and node.tag not in TASKS}
    assert drawing.labels.keys() == named_flows | named_points


@each_diagram
def test_flows_are_named_at_both_ends(path):
    drawing = read(path)
    for name, node in drawing.nodes.items():
        for tag, end in ("incoming", "targetRef"), ("outgoing", "sourceRef"):
            listed = {ref.text for ref in node.findall(f"{BPMN}{tag}")}
            assert listed == {flow for flow, element in drawing.flows.items() if element.get(end) == name}


@each_diagram
def test_lanes_are_roles_and_the_system_keeps_to_its_own(path):
    drawing = read(path)
    lanes = {lane.get("id"): lane.get("name") for lane in drawing.root.iter(f"{BPMN}lane")}
    assert lanes == {name: LANES[name] for name in lanes}
    for name, node in drawing.nodes.items():
        if node.tag in TASKS:
            assert (drawing.lane_of[name] == "system_lane") == (node.tag == f"{BPMN}scriptTask"), name


@each_diagram
def test_scripts_call_one_known_step(path):
    for script in read(path).root.iter(f"{BPMN}scriptTask"):
        call = re.fullmatch(r'(\w+)\((code="(0[2-6]|15|16)")?\)', script.findtext(f"{BPMN}script"))
        assert call and call[1] in STEPS, script.get("id")
        assert (call[1] == "report_status") == bool(call[2])
        assert script.get("scriptFormat") == "qlvb"
        assert script.get(f"{CAMUNDA}modelerTemplate") == f"qlvb.{call[1]}"


@each_diagram
def test_user_tasks_have_their_form(path):
    for task in read(path).root.iter(f"{BPMN}userTask"):
        key = task.get(f"{CAMUNDA}formKey")
        assert (ROOT / "forms" / f"{key}.json").is_file()
        assert task.get(f"{CAMUNDA}modelerTemplate") == f"qlvb.task.{key}"


def test_no_form_is_left_over():
    used = {task.get(f"{CAMUNDA}formKey") for path in DIAGRAMS for task in read(path).root.iter(f"{BPMN}userTask")}
    assert used == {path.stem for path in FORMS}


@each_diagram
def test_each_task_says_why_it_exists(path):
    for node in read(path).nodes.values():
        if node.tag in TASKS:
            assert re.match(r"Điều \d+(\.\d+(\.[a-zđ])?)?[.,] ", node.findtext(f"{BPMN}documentation")), node.get("id")


@each_diagram
def test_exclusive_gateways_ask_and_always_have_a_way_out(path):
    drawing = read(path)
    for name, gateway in drawing.nodes.items():
        ways = [flow for flow in drawing.flows.values() if flow.get("sourceRef") == name]
        if gateway.tag != f"{BPMN}exclusiveGateway" or len(ways) == 1:
            continue
        assert gateway.get("name").endswith("?") or "? (" in gateway.get("name")
        conditional = [way for way in ways if way.find(f"{BPMN}conditionExpression") is not None]
        assert [way.get("id") for way in ways if way not in conditional] == [gateway.get("default")]
        assert all(way.get("name") for way in ways)


@each_diagram
def test_each_decision_asked_for_is_one_the_form_offers(path):
    """Behind a task with a decision the gateways may only ask for values that its form offers."""
    drawing = read(path)
    for task in drawing.root.iter(f"{BPMN}userTask"):
        offered = _decisions(ROOT / "forms" / f"{task.get(f'{CAMUNDA}formKey')}.json")
        asked = set(_asked_after(drawing, task.get("id")))
        assert asked <= offered, task.get("id")
        if task.get("id") not in ("extend", "await_paper", "give_opinion"):  # they move no document
            assert len(offered - asked) <= 1, f"{task.get('id')}: two answers take the same way"


@each_diagram
def test_names_are_vietnamese(path):
    drawing = read(path)
    named = [*drawing.nodes.values(), *drawing.root.iter(f"{BPMN}participant"), *drawing.root.iter(f"{BPMN}lane")]
    for element in named:
        if element.get("name"):
            assert MARKED.search(element.get("name")), element.get("id")
    assert all(flow.get("name") in (None, "Không") or MARKED.search(flow.get("name"))
               for flow in drawing.flows.values())


@each_form
def test_forms_speak_vietnamese_and_sit_on_a_grid(path):
    form = json.loads(path.read_text())
    assert (form["type"], form["schemaVersion"], form["id"]) == ("default", 19, path.stem)
    rows: dict[str, int] = {}
    for component in form["components"]:
        assert MARKED.search(component.get("label") or component["dateLabel"]), component["id"]
        rows[component["layout"]["row"]] = rows.get(component["layout"]["row"], 0) + component["layout"]["columns"]
        assert component.get("conditional", {}).get("hide", "=").startswith("=")
    assert all(total <= 16 for total in rows.values())


@each_form
def test_every_refusal_in_a_form_asks_for_a_reason(path):
    """Where a form can send a document back, the person says why: a reason or an opinion."""
    components = {component.get("key"): component for component in json.loads(path.read_text())["components"]}
    if _decisions(path) & {"return", "refuse", "void", "cancel", "not_entered", "not_signed"}:
        assert "opinion" in components or components["reason"]["validate"]["required"]


def _decisions(path: Path) -> set[str]:
    components = json.loads(path.read_text())["components"]
    return {value["value"] for c in components if c.get("key") == "decision" for value in c["values"]}


def _asked_after(drawing: Drawing, start: str) -> list[str]:
    """The decisions that gateways ask for between a task and the next user task."""
    found, seen, todo = [], set(), [start]
    while todo:
        for flow in drawing.flows.values():
            target = drawing.nodes[flow.get("targetRef")]
            if flow.get("sourceRef") != todo[0]:
                continue
            found += re.findall(r'decision = "(\w+)"', flow.findtext(f"{BPMN}conditionExpression") or "")
            if target.tag != f"{BPMN}userTask" and target.get("id") not in seen:
                seen.add(target.get("id"))
                todo.append(target.get("id"))
        todo.pop(0)
    return found


def _moved(drawing: Drawing, element: str, by: tuple[int, int]) -> Drawing:
    """A copy of the drawing with the box of one element moved; its lines stay."""
    box = drawing.boxes[element]
    other = copy.copy(drawing)
    other.boxes = {**drawing.boxes, element: type(box)(box.x + by[0], box.y + by[1], box.width, box.height)}
    return other


def test_the_judge_of_drawings_can_say_no():
    drawing = read(ROOT / "processes" / "incoming.bpmn")
    assert "recognise overlaps exclude" in faults(_moved(drawing, "recognise", (100, 0)))
    assert "recognise is drawn outside its lane" in faults(_moved(drawing, "recognise", (0, 300)))
    crooked = copy.copy(drawing)
    crooked.lines = {**drawing.lines, "flow_enter_report_received": [(1940, 400), (4440, 700)]}
    found = faults(crooked)
    assert "flow_enter_report_received is not orthogonal" in found
    assert "flow_enter_report_received does not begin at enter" in found
    assert any("runs through assign" in fault for fault in found)
    assert any(" meets " in fault for fault in found)
    labelled = copy.copy(drawing)
    labelled.labels = {**drawing.labels, "gateway_channel": drawing.boxes["recognise"]}
    assert "label of gateway_channel overlaps recognise" in faults(labelled)
