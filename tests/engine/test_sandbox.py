"""A trial runs a diagram on a sample document in memory: what waits, what was passed, what is only pretended."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from spiff_walk import DATA, GOOD

from app import register_articles
from app.engine import diagram, sandbox_host
from app.engine.dialect import DiagramRefused, read_drawing
from app.engine.sandbox import MAX_MOVES, SAMPLE_FILE, TrialRefused, play

register_articles()
ROOT = Path(__file__).resolve().parents[2]
AT = datetime(2026, 1, 5, 1, tzinfo=UTC)
FILES = diagram.shipped(ROOT)
PAPER = {"data": {"channel": "paper"}, "results": {"exclude": {}, "check_signatures": {}, "require_paper": {}}}
PACKET = {"data": {"channel": "exchange"}, "results": {"exclude": {}}}
SCAN = {"element": "receive_paper", "values": {"scan": SAMPLE_FILE}}
VERIFIED = {"element": "verify", "values": {
    "organ_name": "Sở Nội vụ", "type_name": "Công văn", "subject": "Về việc họp giao ban", "decision": "register",
    "register_id": "1", "leader_id": "7"}}
DRAFTED = {"element": "draft", "values": {
    "subject": "Báo cáo", "draft_file": SAMPLE_FILE, "approver_id": "7", "decision": "submit"}}
DECISION = json.dumps({"type": "default", "id": "own", "schemaVersion": 19, "components": [
    {"type": "radio", "key": "decision", "id": "decision", "label": "Quyết định",
     "values": [{"label": value, "value": value} for value in ("accept", "return", "finish")]}]}).encode()
APPROVED = [DRAFTED, {"element": "review", "values": {"decision": "accept"}},
            {"element": "approve", "values": {"decision": "approve"}}]


def tried(sample, moves, key="incoming", files=FILES, **more):
    return play(files, key, sample, moves, AT, **more)


def course(seen):
    """Where the document stands, without the branch that waits for its sender and a later scan all the time."""
    return [place for place in seen.standing if place.element not in ("request", "gateway_beside", "paper_scanned")]


def changed(name, *pairs):
    """The shipped files with texts of one of them replaced, each exactly once."""
    text = FILES[name].decode()
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return {**FILES, name: text.encode()}


def drawn(*elements, flows):
    """A small diagram of one lane."""
    flows = "".join(f'<bpmn:sequenceFlow id="f{n}" sourceRef="{a}" targetRef="{b}">{c}</bpmn:sequenceFlow>'
                    for n, (a, b, c) in enumerate(flows))
    return {"bpmn:own": f"""<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
        id="d" targetNamespace="own"><bpmn:process id="own" isExecutable="true">
        <bpmn:startEvent id="begin"/>{''.join(elements)}<bpmn:endEvent id="finish"/>{flows}
        </bpmn:process></bpmn:definitions>""".encode()}


def when(text):
    return f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{text}</bpmn:conditionExpression>'


def test_a_paper_letter_waits_at_its_first_task_with_its_form_and_lane():
    seen = tried(PAPER, [])
    assert [(p.kind, p.element, p.form_key, p.role) for p in course(seen)] == [
        ("user", "receive_paper", "receive_paper", "clerk")]
    assert seen.passed == ["start", "gateway_begin", "gateway_channel", "gateway_beside_again"]
    assert set(seen.flows) == {"flow_start_gateway_begin", "flow_gateway_begin_gateway_beside_again",
                               "flow_gateway_beside_again_gateway_beside",
                               "flow_gateway_begin_gateway_channel", "flow_gateway_channel_receive_paper"}
    assert seen.fault is None and seen.ended_at is None


def test_what_goes_outside_is_only_pretended_and_marked():
    seen = tried(PAPER, [SCAN, VERIFIED])
    outside = {entry.element for entry in seen.log if entry.is_outside}
    assert outside == {"recognise", "check_signatures", "enter", "report_received"}
    assert seen.data["arrival_number"] == 1 and seen.data["leader_id"] == 7, "a sample number; the leader as chosen"
    assert {"enter", "forward"} <= set(seen.milestones)
    forward = next(entry for entry in seen.log if entry.element == "forward")
    assert not forward.is_outside and forward.move == 2 and forward.gives["leader_id"] == 7


def test_the_same_moves_give_the_same_picture_and_undo_is_leaving_out_the_last():
    moves = [SCAN, VERIFIED, {"timer": "assign_late"}]
    assert tried(PAPER, moves) == tried(PAPER, moves)
    assert tried(PAPER, moves[:-1]) == tried(PAPER, [SCAN, VERIFIED])


def test_values_that_the_form_refuses_stop_at_their_fields_and_nothing_else_moves():
    wrong = {"element": "verify", "values": {**VERIFIED["values"], "subject": " ", "surprise": 1}}
    seen = tried(PAPER, [SCAN, wrong])
    assert seen.fault.move == 2 and seen.fault.code == "form_invalid" and seen.fault.element == "verify"
    assert set(seen.fault.errors) == {"subject", "surprise"}
    assert "Văn thư kiểm tra, nhập thông tin" in seen.fault.sentence
    assert [place.element for place in course(seen)] == ["verify"]


def test_art_3_3_the_result_of_a_check_is_chosen_or_as_usual_when_another_move_comes():
    place, = course(tried(PACKET, []))
    assert (place.kind, place.element) == ("script", "check_signatures")
    assert place.choices == [{"signature_ok": True}, {"signature_ok": False}]
    chosen = {"element": "check_signatures", "result": {"signature_ok": False}}
    assert [p.element for p in course(tried(PACKET, [chosen]))] == ["decide_unsigned"]
    assert [p.element for p in course(tried(PACKET, [], is_settled=True))] == ["verify"]
    assert tried(PACKET, [VERIFIED]).fault is None
    invented = {"element": "check_signatures", "result": {"signature_ok": "yes"}}
    assert tried(PACKET, [invented]).fault.code == "trial_refused"
    fixed = {**PACKET, "results": {"exclude": {}, "check_signatures": {"signature_ok": False}}}
    assert [p.element for p in course(tried(fixed, []))] == ["decide_unsigned"]


@pytest.mark.parametrize(("due", "day"), [
    ("P2D", "2026-01-07"), ("=duration(&quot;P2D&quot;)", "2026-01-07"), ("2026-02-01", "2026-02-01"), ("Pxx", None),
    ("=subject", None), ("P&quot;", None)])
def test_art_7_when_a_task_is_due_is_a_date_or_a_length_of_time(due, day):
    task = 'camunda:modelerTemplate="qlvb.task.verify" camunda:dueDate='
    files = changed("bpmn:incoming", (f'{task}"=register_due_at"', f'{task}"{due}"'))
    place, = (one for one in tried(PAPER, [SCAN], files=files).standing if one.kind == "user")
    assert (place.due_at or "")[:10] == (day or "")


def test_art_10_4_a_timer_fires_when_it_is_due_and_a_message_comes_when_it_is_waited_for():
    moves = [SCAN, VERIFIED]
    timer = next(p for p in tried(PAPER, moves).standing if p.kind == "timer")
    assert timer.element == "assign_late" and timer.due_at.startswith("2026-01-06T01:00")
    seen = tried(PAPER, [*moves, {"timer": "assign_late"}])
    assert "remind_assign" in seen.passed and seen.at.startswith("2026-01-06T01:00")
    assert tried(PAPER, [*moves, {"message": "answered"}]).fault.code == "not_waiting"
    answered = [*moves, {"element": "assign", "values": {"decision": "assign", "handler_id": "5"}},
                {"element": "handle", "values": {"decision": "answer", "answer_type_name": "Công văn"}}]
    assert {(p.kind, p.message) for p in course(tried(PAPER, answered))} == {
        ("message", "answered"), ("message", "answer_cancelled"), ("timer", None)}
    assert tried(PAPER, [*answered, {"message": "answered"}]).ended_at == "end_finished"


def test_art_9_1_d_a_broken_obligation_stops_the_trial_with_its_article():
    files = changed("bpmn:outgoing_electronic",
                    ('sourceRef="gateway_leader_signed" targetRef="void_number"',
                     'sourceRef="gateway_leader_signed" targetRef="prepare_agency_signature"'))
    refused = {"element": "sign_by_leader", "values": {"decision": "refuse", "reason": "Sai thể thức."}}
    seen = tried({}, [*APPROVED, refused], "outgoing_electronic", files)
    assert seen.fault.code == "out_of_order" and seen.fault.element == "prepare_agency_signature"
    assert seen.fault.article == "Art. 9.1.d" and "Điều 9.1.d" in seen.fault.sentence
    assert "Gắn chữ ký số cá nhân" in seen.fault.sentence
    assert [place.element for place in seen.standing] == ["sign_by_leader"], "as at run time, the whole act is undone"


def test_no_pin_is_asked_for_and_none_is_kept():
    seen = tried({}, [*APPROVED, {"element": "sign_by_leader", "values": {"decision": "sign"}}], "outgoing_electronic")
    assert seen.fault is None and "sign_by_leader" in seen.milestones
    assert not any("0" * 8 in str(part) for part in (seen.data, seen.log))


def test_a_form_of_ones_own_gives_its_plain_values_but_nothing_that_a_step_owns():
    form = (b'{"type": "default", "id": "own", "schemaVersion": 19, "components": ['
            b'{"type": "textfield", "key": "remark", "label": "Ghi ch\xc3\xba", "id": "f1"},'
            b'{"type": "textfield", "key": "approver_id", "label": "X", "id": "f2"}]}')
    task = '<bpmn:userTask id="ask" name="Hỏi" camunda:formKey="own"/>'
    files = {**drawn(task, flows=[("begin", "ask", ""), ("ask", "finish", "")]), "form:own": form}
    seen = play(files, "own", {}, [{"element": "ask", "values": {"remark": "được", "approver_id": "9"}}], AT)
    assert seen.ended_at == "finish" and seen.data == {"remark": "được"}


def test_a_rule_asks_the_table_and_says_which_row(monkeypatch):
    rule = '<bpmn:businessRuleTask id="ask" name="Tra" camunda:decisionRef="exchange_form"/>'
    files = {**FILES, **drawn(rule, flows=[("begin", "ask", ""), ("ask", "finish", "")])}
    seen = play(files, "own", {"data": {"purpose": "consult", "type_name": "Công văn", "scope": "between"}}, [], AT)
    assert seen.fault is None and seen.rows and seen.rows[0][0] == "exchange_form"
    lost = {name: text for name, text in files.items() if not name.startswith("dmn:")}
    assert play(lost, "own", {}, [], AT).fault.code == "table_missing"
    monkeypatch.setattr(sandbox_host, "MAX_CELLS", 1)
    assert "quá nhiều lần" in play(files, "own", {}, [], AT).fault.sentence, "a loop around a large table ends"


@pytest.mark.parametrize("moves", [
    None, {}, [None], [{}], [{"element": "verify"}], [{"element": 1, "values": {}}], [{"timer": "a b"}],
    [{"element": "verify", "values": [], }], [{"element": "verify", "occurrence": 0, "values": {}}],
    [{"element": "verify", "values": {}, "result": {}}], [{"timer": "x"}] * (MAX_MOVES + 1),
    [{"element": "verify", "values": {"a": "x" * 2001}}], [{"message": "receipt", "payload": []}],
])
def test_moves_of_another_shape_are_refused(moves):
    with pytest.raises(TrialRefused) as refused:
        tried(PAPER, moves)
    assert refused.value.facts["message"]


@pytest.mark.parametrize("sample", [
    None, [], {"moves": []}, {"data": []}, {"data": {"Bad name": 1}}, {"data": {"invented": 1}},
    {"exchange_form": "postal"}, {"results": {"check_signatures": 1}}, {"data": {"channel": {"a": [[[[[[[1]]]]]]]}}},
])
def test_samples_of_another_shape_are_refused(sample):
    with pytest.raises(TrialRefused):
        tried(sample, [])


def test_a_diagram_that_cannot_run_is_refused_by_name():
    with pytest.raises(DiagramRefused):
        tried(PAPER, [], files=changed("bpmn:incoming", ("receive()", "import os")))
    with pytest.raises(TrialRefused):
        tried(PAPER, [], key="nowhere")


def test_a_loop_without_end_stops_by_its_limit():
    gateway = '<bpmn:exclusiveGateway id="again" default="f2"/><bpmn:scriptTask id="turn" name="Lặp">' \
              '<bpmn:script>remind()</bpmn:script></bpmn:scriptTask>'
    files = drawn(gateway, flows=[("begin", "turn", ""), ("turn", "again", ""), ("again", "turn", ""),
                                  ("again", "finish", when("1 = 2"))])
    seen = play(files, "own", {}, [], AT)
    assert seen.fault.code == "too_deep" and seen.fault.sentence


def test_a_user_task_without_its_form_says_so():
    files = {name: text for name, text in FILES.items() if name != "form:verify"}
    assert "verify" in tried(PAPER, [SCAN, VERIFIED], files=files).fault.sentence


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_whatever_is_passed_was_entered_by_a_flow_that_was_taken(path):
    """Gateways, lists, subprocesses, links, boundary events: steps and forms do not matter here."""
    text = re.sub(rb"(<bpmn:script>)[^<]*(<)", rb"\1remind()\2", path.read_bytes())
    text = re.sub(rb'formKey="(\w+)"', rb'formKey="own"', text)
    files = {**FILES, "bpmn:own": text, "form:own": DECISION}
    nodes = {node.id: node for node in read_drawing(text).nodes()}
    into = {flow.id: flow.target for scope in read_drawing(text).scopes.values() for flow in scope.flows}
    random, moves = Random(path.stem), []
    for _ in range(8):
        seen = play(files, "own", {"data": DATA}, moves, AT)
        assert seen.fault is None, seen.fault
        entered = {into[flow] for flow in seen.flows}
        lost = set(seen.passed) - entered
        assert {nodes[element].tag for element in lost} <= {"startEvent", "boundaryEvent"}, lost
        if not seen.standing:
            break
        place = random.choice(seen.standing)
        moves.append({
            "user": {"element": place.element, "occurrence": place.occurrence,
                     "values": {"decision": random.choice(["accept", "return", "finish"])}},
            "script": {"element": place.element, "result": {}}, "timer": {"timer": place.element},
            "message": {"message": place.message or "none"}}[place.kind])
    assert moves
