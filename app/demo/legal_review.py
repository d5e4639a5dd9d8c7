"""An edit that an agency would make: a legal review before the leader's approval, left open as a proposal (Art. 10.2).

The drawing in force with one task more, its form, and the scenarios that pass it; nothing is published.
"""

import json
from datetime import UTC, datetime

from app.db import db
from app.demo.hand import Hands
from app.engine import diagram, proposal

KEY, TASK, FORM = "outgoing_electronic", "legal_review", "legal_review"
TITLE = "Thêm thẩm định pháp chế trước khi lãnh đạo duyệt"
_WHY = "Lãnh đạo phòng được phân công thẩm định nội dung pháp lý trước khi trình lãnh đạo duyệt."
_SET = f'camunda:formKey="{FORM}" camunda:modelerTemplate="qlvb.task" camunda:dueDate="=duration(&quot;P1D&quot;)"'
_TASK = f"""    <bpmn:userTask id="{TASK}" name="Thẩm định pháp chế" {_SET}>
      <bpmn:documentation>{_WHY}</bpmn:documentation>
      <bpmn:incoming>flow_gateway_review_approve</bpmn:incoming>
      <bpmn:outgoing>flow_{TASK}_approve</bpmn:outgoing>
    </bpmn:userTask>
"""
#: in the drawing -> what stands there afterwards; each is found exactly once
EDITS = (
    ("        <bpmn:flowNodeRef>review</bpmn:flowNodeRef>\n",
     f"        <bpmn:flowNodeRef>review</bpmn:flowNodeRef>\n        <bpmn:flowNodeRef>{TASK}</bpmn:flowNodeRef>\n"),
    ("      <bpmn:incoming>flow_gateway_review_approve</bpmn:incoming>\n",
     f"      <bpmn:incoming>flow_{TASK}_approve</bpmn:incoming>\n"),
    ('    <bpmn:userTask id="approve" ', _TASK + '    <bpmn:userTask id="approve" '),
    ('sourceRef="gateway_review" targetRef="approve">', f'sourceRef="gateway_review" targetRef="{TASK}">'),
    ('    <bpmn:sequenceFlow id="flow_approve_approve_step" ',
     f'    <bpmn:sequenceFlow id="flow_{TASK}_approve" sourceRef="{TASK}" targetRef="approve" />\n'
     '    <bpmn:sequenceFlow id="flow_approve_approve_step" '),
    ('      <bpmndi:BPMNShape id="approve_di" ', f"""      <bpmndi:BPMNShape id="{TASK}_di" bpmnElement="{TASK}">
        <dc:Bounds x="1285" y="310" width="110" height="80" />
        <bpmndi:BPMNLabel />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="approve_di" """),
    ("""        <di:waypoint x="1240" y="535" />
        <di:waypoint x="1240" y="760" />
""", """        <di:waypoint x="1240" y="535" />
        <di:waypoint x="1240" y="580" />
        <di:waypoint x="1322" y="580" />
        <di:waypoint x="1322" y="390" />
"""),
    ('      <bpmndi:BPMNEdge id="flow_approve_approve_step_di" ',
     f"""      <bpmndi:BPMNEdge id="flow_{TASK}_approve_di" bpmnElement="flow_{TASK}_approve">
        <di:waypoint x="1395" y="350" />
        <di:waypoint x="1465" y="350" />
        <di:waypoint x="1465" y="720" />
        <di:waypoint x="1240" y="720" />
        <di:waypoint x="1240" y="760" />
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="flow_approve_approve_step_di" """),
)


def files(present: dict[str, bytes]) -> dict[str, bytes]:
    """The drawing, the form and the scenarios, made from what is in force."""
    drawing = present[f"bpmn:{KEY}"].decode()
    for old, new in EDITS:
        if drawing.count(old) != 1:
            raise ValueError(f"the drawing in force has another place for {old.strip()[:60]}")
        drawing = drawing.replace(old, new)
    form = {"type": "default", "id": FORM, "title": "Thẩm định pháp chế", "schemaVersion": 19, "components": [
        {"type": "textarea", "id": "field_opinion", "key": "opinion", "label": "Ý kiến thẩm định",
         "description": "Căn cứ pháp lý, thẩm quyền, thể thức. Ý kiến được lưu cùng văn bản.",
         "validate": {"required": True, "maxLength": 2000}, "layout": {"row": "row_1", "columns": 16}}]}
    return {f"bpmn:{KEY}": drawing.encode(), f"case:{KEY}": _scenarios(present[f"case:{KEY}"]),
            f"form:{FORM}": json.dumps(form, ensure_ascii=False, indent=2).encode()}


def _scenarios(text: bytes) -> bytes:
    """The saved scenarios with the new task done wherever the head of unit agreed."""
    case = json.loads(text)
    done = {"element": TASK, "values": {"opinion": "Phù hợp quy định."}}
    for one in case["scenarios"]:
        one["moves"] = [move for old in one["moves"] for move in (
            (old, done) if old.get("element") == "review" and old["values"].get("decision") == "accept" else (old,))]
    return json.dumps(case, ensure_ascii=False, indent=2).encode()


def leave_open(hands: Hands) -> int:
    """The administrator's proposal with a remark of the chief of office; its id."""
    at = datetime.now(UTC)
    with hands.inside():
        found = proposal.open_(KEY, TITLE, hands.user("quantri"), at, files(diagram.texts_in_force()))
        proposal.remark(found, f"bpmn:{KEY}", TASK, "Nên cho thẩm định trong 1 ngày làm việc.",
                        hands.user("chanhvanphong"), at)
        db.session.commit()
        return found.id
