"""Running diagrams: what waits, what moves, what is refused."""

import re
from datetime import datetime, timedelta

import pytest
from spiff_walk import DATA, GOOD, START, Host, Walk, compiled

from app.engine import spiff

GOOD_BY_NAME = {path.stem: path for path in GOOD}


def diagram(name):
    return compiled(GOOD_BY_NAME[name])


def walk(name, **more):
    return Walk(diagram(name), **more)


def test_elements_carry_what_the_drawing_says():
    elements = diagram("rework").elements
    draft, number = elements["draft"], elements["number"]
    assert (draft.kind, draft.label, draft.role, draft.form_key) == ("user", "Soạn thảo", "officer", "draft")
    assert (draft.assignee, draft.due, draft.unit) == ("=author_id", "P3D", None)
    assert elements["review"].role == "head"
    assert (number.kind, number.step, number.arguments, number.role) == ("script", "number", {}, None)
    assert elements["accepted"].kind == "gateway"
    assert diagram("events").elements["receipt"].message == "receipt"
    rule = diagram("rule").elements["which_form"]
    assert (rule.kind, rule.step, rule.arguments) == ("rule", "decide", {"table": "exchange_form"})
    with pytest.raises(TypeError):
        elements["draft"] = None


def test_rework_counts_occurrences_and_notes_moves():
    run = walk("rework")
    assert run.run.moves == [
        spiff.Move("start", 1, "FUTURE", "READY"),
        spiff.Move("start", 1, "READY", "COMPLETED"),
        spiff.Move("draft", 1, "FUTURE", "READY"),
    ]
    run.complete("draft", subject="a")
    assert [(m.element, m.after) for m in run.run.moves] == [
        ("draft", "COMPLETED"), ("number", "READY"), ("number", "COMPLETED"), ("review", "READY")]
    run.complete("review", decision="return")
    assert (run.open(), run.of("draft").occurrence) == (["draft"], 2)
    run.complete("draft").complete("review", decision="accept")
    assert (run.run.is_finished, run.run.ended_at_element) == (True, "end")
    assert [call[:3] for call in run.host.calls] == [("number", 1, "number"), ("number", 2, "number")]
    assert run.run.data["decision"] == "accept"


def test_values_are_assigned_by_key_never_merged():
    run = walk("rework", data={"addressees": ["A", "B"], "note": {"a": 1, "b": 2}})
    given = {"addressees": ["B", "C"], "note": {"a": 3}}
    run.complete("draft", **given)
    given["addressees"].append("changed later")
    assert run.of("review").data["addressees"] == ["B", "C"]
    assert run.of("review").data["note"] == {"a": 3}
    run.of("review").data["addressees"].append("x")
    assert run.of("review").data["addressees"] == ["B", "C"]


def test_only_json_values_enter():
    run = walk("rework")
    for value in [datetime.now(), {1, 2}, object(), b"x"]:
        with pytest.raises(TypeError):
            run.next().complete("draft", 1, {"value": value})


def test_what_does_not_wait_is_refused_with_409():
    run = walk("rework")
    for verb, element, occurrence in [("complete", "review", 1), ("complete", "draft", 2), ("finish", "draft", 1),
                                      ("complete", "number", 1), ("complete", "nothing", 1)]:
        with pytest.raises(spiff.NotWaiting) as refused:
            getattr(run.next(), verb)(element, occurrence, {})
        assert refused.value.status == 409
    run.complete("draft")
    with pytest.raises(spiff.NotWaiting):
        run.next().complete("draft", 1, {})


def test_a_step_gets_its_arguments_and_gives_data():
    host = Host(results={"number": {"code_number": 12}})
    run = walk("rework", host=host).complete("draft")
    assert run.of("review").data["code_number"] == 12


def test_a_slow_step_waits_started_and_is_not_run_twice():
    run = walk("reminder").complete("handle")
    assert [(w.kind, w.element, w.message) for w in run.run.waiting()] == \
        [("script", "convert", None), ("catch", "stalled", None)]
    assert spiff.Move("convert", 1, "READY", "STARTED") in run.run.moves
    run.next()
    run.rest()
    assert len([call for call in run.host.calls if call[2] == "convert"]) == 1
    run.finish("convert", pdf="sha")
    assert (run.run.is_finished, run.run.ended_at_element, run.run.data["pdf"]) == (True, "finished", "sha")


def test_a_reminder_fires_once_and_ends_beside_the_main_path():
    run = walk("reminder")
    assert run.run.wake_at == START + timedelta(days=1)
    assert run.refresh(hours=23) == []
    assert run.host.calls == []
    assert run.refresh(hours=2) == ["late"]
    assert [call[2] for call in run.host.calls] == ["remind"]
    assert (run.open(), run.run.wake_at, run.run.is_finished) == (["handle"], None, False)
    assert run.refresh(hours=48) == []
    run.complete("handle").finish("convert")
    assert run.run.ended_at_element == "finished"


def test_a_timer_fires_only_in_a_refresh():
    run = walk("reminder")
    late = run.next(hours=30)
    late.complete("handle", 1, {})
    assert late.fired == []
    assert all(call[2] != "remind" for call in run.host.calls)


def test_an_interrupting_timer_takes_the_step_away():
    run = walk("reminder").complete("handle")
    assert run.refresh(hours=3) == ["stalled"]
    assert run.open() == ["repair"]
    assert spiff.Move("convert", 1, "STARTED", "CANCELLED") in run.run.moves
    with pytest.raises(spiff.NotWaiting):
        run.next().finish("convert", 1, {})
    assert run.complete("repair").run.ended_at_element == "repaired"


def test_a_message_interrupts_or_is_waited_for():
    run = walk("recall")
    assert not run.next().receive("answered", {})
    assert not run.next().receive("nothing", {})
    assert [(w.element, w.message) for w in run.run.waiting() if w.kind == "catch"] == [("recalled", "recalled")]
    run.complete("handle").complete("approve")
    assert run.next().receive("answered", {"self": "x", "reference": "12/UBND"})
    run.rest()
    assert (run.run.ended_at_element, run.run.data["reference"]) == ("end", "12/UBND")
    run = walk("recall").receive("recalled", reason="sai")
    assert (run.open(), run.open("script")) == ([], ["convert"])
    assert run.of("convert").data["reason"] == "sai"
    assert run.finish("convert").run.ended_at_element == "withdrawn"


def test_a_message_that_nothing_awaits_changes_nothing():
    run = walk("recall")
    before, after = run.state, run.next()
    assert not after.receive("answered", {"a": 1})
    assert after.save() == before
    assert after.moves == []


def test_an_event_gateway_waits_for_either_and_again():
    run = walk("events")
    assert [(w.element, w.message) for w in run.run.waiting()] == [("wait", "receipt"), ("wait", None)]
    assert run.refresh(hours=49) == ["silence"]
    assert [call[2] for call in run.host.calls] == ["remind"]
    run.receive("receipt", all_received=False)
    assert run.of("wait").occurrence == 3
    assert run.run.wake_at == run.at + timedelta(days=2)
    assert run.receive("receipt", all_received=True).run.is_finished


@pytest.mark.parametrize("first, second", [("opinion_a", "opinion_b"), ("opinion_b", "opinion_a")])
def test_a_join_waits_for_every_branch_in_every_round(first, second):
    run = walk("parallel")
    for round_ in (1, 2, 3):
        run.complete(first)
        assert run.open() == [second], round_
        run.complete(second)
        assert run.open() == ["decide"], round_
        run.complete("decide", decision="again")
    assert run.of("opinion_a").occurrence == 4
    run.complete(first).complete(second).complete("decide", decision="accept")
    assert run.run.is_finished


def test_a_join_keeps_what_each_branch_changed():
    """The library lets the branch that ends last put back old values, and loses items of lists."""
    run = walk("parallel", data={"a": "old", "b": "old", "names": ["x", "y"]})
    run.complete("opinion_a", a="new", names=["z"]).complete("opinion_b", b="new")
    assert {k: run.of("decide").data[k] for k in ("a", "b", "names")} == {"a": "new", "b": "new", "names": ["z"]}


def test_an_inclusive_gateway_waits_for_what_it_opened():
    run = walk("inclusive", data={"is_electronic": True, "is_mail": True})
    assert run.open() == ["electronic", "mail"]
    run.complete("mail")
    assert run.open() == ["electronic"]
    assert run.complete("electronic").open() == ["close"]
    run = walk("inclusive", data={})
    assert run.open() == ["paper"]
    assert run.complete("paper").open() == ["close"]


def test_an_inclusive_gateway_with_one_way_in_waits_for_nobody():
    """A join in front of it has let the token through; what is still on its way elsewhere does not hold it."""
    text = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p" isExecutable="true">
      <startEvent id="start"/><parallelGateway id="fork"/><userTask id="a"/><userTask id="b"/>
      <exclusiveGateway id="merge"/><inclusiveGateway id="which" default="f8"/><userTask id="x"/><userTask id="y"/>
      <endEvent id="end_x"/><endEvent id="end_y"/>{}</process></definitions>"""
    ways = ("start fork", "fork a", "fork b", "a merge", "b merge", "merge which", "which x", "which y", "x end_x",
            "y end_y")
    flows = "".join(
        f'<sequenceFlow id="f{number}" sourceRef="{way.split()[0]}" targetRef="{way.split()[1]}">'
        + ("<conditionExpression>go = true</conditionExpression>" if way == "which x" else "") + "</sequenceFlow>"
        for number, way in enumerate(ways, 1))
    run = Walk(spiff.compile_diagram(text.format(flows).encode()))
    assert run.complete("a", go=True).open() == ["b", "x"]
    assert run.complete("b", go=False).open() == ["x", "y"]


def test_a_subprocess_runs_inside_with_a_slow_step():
    run = walk("subprocess").complete("open", a=1)
    assert (run.open(), run.open("script")) == (["first"], ["convert"])
    run.finish("convert", pdf="sha")
    assert run.open() == ["first"]
    run.complete("first", b=2)
    assert run.open() == ["shut"]
    assert {k: run.of("shut").data.get(k) for k in ("a", "b", "pdf")} == {"a": 1, "b": 2, "pdf": "sha"}
    assert run.complete("shut").run.is_finished


def test_nested_subprocesses_repeat_and_remind():
    run = walk("nested")
    assert run.refresh(hours=25) == ["deep_late"]
    run.complete("deep", decision="return")
    assert (run.of("deep").occurrence, run.run.is_finished) == (2, False)
    run.complete("deep", decision="accept")
    assert (run.run.is_finished, run.run.ended_at_element) == (True, "end")


def test_one_task_for_each_value():
    run = walk("each")
    assert [w.data["person"] for w in run.run.waiting()] == [3, 5, 8]
    assert [w.occurrence for w in run.run.waiting()] == [1, 2, 3]
    for occurrence, decision in [(2, "accept"), (3, "return"), (1, "accept")]:
        run.next().complete("ask", occurrence, {"decision": decision})
        run.rest()
    assert [(w.element, w.data["signer"]) for w in run.run.waiting()] == [("sign", 5)]
    assert run.of("sign").data["ask_decisions"] == ["accept", "return", "accept"]
    assert "person" not in run.of("sign").data
    run.complete("sign")
    assert [(w.element, w.occurrence, w.data["signer"]) for w in run.run.waiting()] == [("sign", 2, 3)]
    run.complete("sign")
    assert [call[3] for call in run.host.calls] == [{"kind": "pdf", "person": p} for p in (3, 5, 8)]
    for occurrence in (1, 2, 3):
        run.next().finish("convert", occurrence, {})
        run.rest()
    assert run.run.is_finished


def test_one_task_for_each_value_of_no_or_a_wrong_list():
    run = walk("each", data={"people": [], "signers": []})
    assert run.run.is_finished
    for people in (None, "abc", {"a": 1}, list(range(201))):
        with pytest.raises(spiff.CollectionUnfit):
            walk("each", data={"people": people, "signers": []})


def test_a_deadline_takes_all_open_instances_away():
    run = walk("each_late").complete("ask", decision="accept")
    assert run.refresh(hours=24 * 6) == ["late"]
    assert {m.occurrence for m in run.run.moves if m.element == "ask" and m.after == "CANCELLED"} == {2, 3}
    assert run.open() == ["decide"]


def test_a_link_pair_is_a_flow():
    assert walk("link").complete("first").open() == ["second"]


def test_a_rule_asks_the_host_for_the_table():
    host = Host(results={"decide": {"exchange_form": "hybrid"}})
    run = walk("rule", host=host)
    assert host.calls == [("which_form", 1, "decide", {"table": "exchange_form"})]
    assert run.open() == ["paper"]


def test_terminate_ends_everything():
    run = walk("terminate").complete("stop")
    assert (run.run.is_finished, run.run.ended_at_element, run.open()) == (True, "stopped", [])
    assert spiff.Move("work", 1, "READY", "CANCELLED") in run.run.moves


def test_cancel_ends_the_instance_and_its_subprocesses():
    run = walk("subprocess").complete("open")
    run.next().cancel()
    run.rest()
    assert (run.run.is_finished, run.run.waiting(), run.run.ended_at_element) == (True, [], None)
    assert {(m.element, m.after) for m in run.run.moves} >= {("first", "CANCELLED"), ("convert", "CANCELLED")}
    assert run.next().waiting() == []


def test_a_failed_step_goes_back_to_the_task_before_it():
    run = walk("reminder").complete("handle", subject="x")
    element = run.next().send_back("convert", 1)
    run.rest()
    assert element == "handle"
    assert (run.open(), run.of("handle").occurrence) == (["handle"], 2)
    assert [w.element for w in run.run.waiting() if w.kind == "catch"] == ["late"]
    assert run.of("handle").data["subject"] == "x"
    with pytest.raises(spiff.NotWaiting):
        run.next().finish("convert", 1, {})
    run.complete("handle").finish("convert")
    assert run.run.ended_at_element == "finished"


def test_no_way_back_out_of_a_parallel_branch():
    run = walk("subprocess").complete("open")
    with pytest.raises(spiff.NoWayBack) as refused:
        run.next().send_back("convert", 1)
    assert refused.value.facts == {"element": "convert", "label": "convert"}


def test_an_error_of_a_step_leaves_the_stored_state_alone():
    class Failing(Host):
        def step(self, *_):
            raise spiff.NotWaiting("no")

    run = walk("rework")
    before, run.host = run.state, Failing()
    with pytest.raises(spiff.NotWaiting):
        run.next().complete("draft", 1, {})
    assert run.state == before
    run.host = Host()
    assert run.complete("draft").open() == ["review"]


def test_an_automatic_loop_without_end_is_stopped():
    step = r'<bpmn:scriptTask id="\1"><bpmn:script>go()</bpmn:script></bpmn:scriptTask>'
    text = re.sub(r'<bpmn:userTask id="(\w+)".*?</bpmn:userTask>', step, GOOD_BY_NAME["rework"].read_text())
    with pytest.raises(spiff.TooDeep):
        Walk(spiff.compile_diagram(text.encode()))


def test_a_deadlock_is_stuck_and_named():
    text = GOOD_BY_NAME["inclusive"].read_text().replace("inclusiveGateway id=\"both\"", "parallelGateway id=\"both\"")
    run = Walk(spiff.compile_diagram(text.encode()), data=DATA)
    assert run.open() == ["electronic"]
    with pytest.raises(spiff.Stuck) as stuck:
        run.complete("electronic")
    assert stuck.value.facts == {"elements": ["both"]}


def test_moving_a_shape_changes_nothing():
    plain = GOOD_BY_NAME["parallel"].read_text()
    shapes = '''<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
      xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" id="d"><bpmndi:BPMNPlane id="p" bpmnElement="parallel">
      <bpmndi:BPMNShape id="s1" bpmnElement="opinion_a"><dc:Bounds x="0" y="{}" width="1" height="1"/>
      </bpmndi:BPMNShape><bpmndi:BPMNShape id="s2" bpmnElement="opinion_b"><dc:Bounds x="0" y="{}" width="1"
      height="1"/></bpmndi:BPMNShape></bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>'''
    states = set()
    for above, below in [(0, 9), (9, 0)]:
        text = plain.replace("</bpmn:definitions>", shapes.format(above, below))
        run = Walk(spiff.compile_diagram(text.encode()))
        assert run.open() == ["opinion_a", "opinion_b"]
        states.add(run.state)
    assert len(states) == 1


def test_blocks_in_a_row_do_not_double_the_work():
    """The library predicts the whole rest of the diagram under each branch: 2 to the power of the blocks."""
    text, parts, before = GOOD_BY_NAME["parallel"].read_text(), [], "start"
    for number in range(60):
        parts.append(
            f'<bpmn:parallelGateway id="s{number}"/><bpmn:scriptTask id="a{number}"><bpmn:script>a()</bpmn:script>'
            f'</bpmn:scriptTask><bpmn:scriptTask id="b{number}"><bpmn:script>b()</bpmn:script></bpmn:scriptTask>'
            f'<bpmn:parallelGateway id="j{number}"/>' + "".join(
                f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'
                for source, target in [(before, f"s{number}"), (f"s{number}", f"a{number}"),
                                       (f"s{number}", f"b{number}"), (f"a{number}", f"j{number}"),
                                       (f"b{number}", f"j{number}")]))
        before = f"j{number}"
    text = text.replace('sourceRef="start"', f'sourceRef="{before}"').replace("<bpmn:endEvent", "".join(parts)
                                                                               + "<bpmn:endEvent", 1)
    run = Walk(spiff.compile_diagram(text.encode()))
    assert run.open() == ["opinion_a", "opinion_b"]
    assert len(run.host.calls) == 120
    assert sum(1 for _ in run.run._top.tokens()) < 400
