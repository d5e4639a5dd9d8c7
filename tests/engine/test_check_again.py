"""Each person's decision twice in a row, first yes, then no: the second word counts (Art. 3.2, 6.3.b, 7, 8, 9).

And what else the regulation orders that only an agency's own drawing could get wrong: the order of the statuses, who
may be named for a task, a message that cannot come yet.
"""

import pytest
from redraw import flow, gate, inserted, replaced, rewire, script, user
from test_check import FILES, IN, E, H, found, only

from app.engine.check import check
from app.engine.check_finding import said

AGAIN = [
    # the flow behind a yes, the form shown once more, its lane -> what then lacks
    (E, "flow_gateway_draft_submit_draft", "draft", "officer", "submit_draft", "Art. 8.1"),
    (E, "flow_gateway_review_approve", "review", "head", "approve", "Art. 8.3"),
    (E, "flow_gateway_approve_number", "approve", "leader", "number", "Art. 9.1.a"),
    (E, "flow_gateway_leader_signed_sign_by_leader_step", "sign_by_leader", "leader", "sign_by_leader_step",
     "Art. 9.1.c"),
    (E, "flow_gateway_sealed_sign_by_agency", "seal", "clerk", "sign_by_agency", "Art. 9.1.d"),
    (H, "flow_gateway_paper_signed_number", "sign_paper", "clerk", "number", "Art. 9.2.a"),
    (H, "flow_gateway_sealed_sign_by_agency", "seal_copy", "clerk", "sign_by_agency", "Art. 9.2.c"),
    (IN, "flow_gateway_unsigned_verify", "decide_unsigned", "leader", "enter", "Art. 6.3"),
    (IN, "flow_gateway_registered_enter", "verify", "clerk", "enter", "Art. 6.2.b"),
    (IN, "flow_gateway_request_kind_report_updated", "decide_request", "clerk", "report_updated", "Art. 6.3"),
    (IN, "flow_report_recalled_withdraw", "decide_request", "clerk", "withdraw", "Art. 6.3"),
    (IN, "flow_gateway_assigned_assign_step", "assign", "leader", "assign_step", "Art. 7"),
]  # fmt: skip


@pytest.mark.parametrize("key, place, form, lane, element, article", AGAIN, ids=lambda value: str(value)[:40])
def test_a_second_person_who_says_no_is_heard(key, place, form, lane, element, article):
    drawn = user("last", form, f"qlvb.task.{form}") + script("first", "remind()") + flow("first", "last")
    report = found(key, inserted(key, place, drawn, lanes={lane: ("last",)}))
    assert [f for f in only(report, "needs", element) if said(article) in f.message], report.findings
    assert not report.ok


def test_every_form_that_decides_is_among_them():
    """A form of an article whose decision reaches something: another decision must undo it."""
    from app.engine import obligation

    deciding = {rule.step for rule in obligation.table() if rule.step.startswith("task:") and rule.sets
                and any(name == "decision" for name, _ in rule.when)}
    assert {f"task:{form}" for _, _, form, _, _, _ in AGAIN} >= deciding - {"task:handle"}


@pytest.mark.parametrize("place, lacks", [
    ("flow_gateway_approve_number", "number"), ("flow_number_complete", "complete"),
    ("flow_sign_by_leader_step_prepare_agency_signature", "prepare_agency_signature"),
    ("flow_sign_by_agency_dispatch", "dispatch"),
])
def test_art_8_1_a_new_draft_ends_the_approval_and_what_followed_it(place, lacks):
    drawn = user("last", "draft", "qlvb.task.draft") + script("first", "remind()") + flow("first", "last")
    report = found(E, inserted(E, place, drawn, lanes={"officer": ("last",)}))
    assert only(report, "needs", lacks), report.findings


def test_art_3_2_6_3_a_sender_is_told_no_only_after_somebody_refused():
    late = '<boundaryEvent id="first" attachedToRef="handle"><timerEventDefinition><timeDuration>P30D</timeDuration>' \
           "</timerEventDefinition></boundaryEvent>" + flow("first", "no") + script("no", 'report_status(code="02")') \
           + '<endEvent id="over"/>' + flow("no", "over")
    text = replaced(IN, ('<bpmn:sequenceFlow id="flow_start_gateway_begin"', late.replace("<", "<bpmn:").replace(
        "<bpmn:/", "</bpmn:") + '<bpmn:sequenceFlow id="flow_start_gateway_begin"'))
    wrong = only(found(IN, text), "needs", "no")
    assert [f.path[-2:] for f in wrong] == [("first", "no")] and "Điều 6.3 Quy chế" in wrong[0].message


STATUS = [("flow_gateway_registered_enter", "03"), ("flow_gateway_paper_forward", "04"),
          ("flow_gateway_paper_forward", "05"), ("flow_report_assigned_handle", "06")]


@pytest.mark.parametrize("place, code", STATUS)
def test_art_6_3_each_status_is_told_after_what_it_tells(place, code):
    drawn = script("first", f'report_status(code="{code}")') + script("last", "remind()") + flow("first", "last")
    wrong, = only(found(IN, inserted(IN, place, drawn)), "needs", "first")
    assert "Điều 6.3 Quy chế" in wrong.message


def test_art_6_3_nothing_follows_a_refusal_but_the_end():
    report = found(IN, rewire(IN, ("flow_report_returned_end_returned", "verify")))
    assert {f.element for f in only(report, "bars")} >= {"report_returned", "enter"}


def test_art_7_nothing_is_closed_that_nobody_handled():
    assert [(f.rule, f.article) for f in found(IN, rewire(IN, ("flow_report_assigned_handle", "close"))).findings] == [
        ("missing", "Art. 7")]
    drawn = gate("first", default="past") + flow("first", "close", name="past") + script("last", "remind()") \
        + flow("first", "last", 'decision = "assign" and due_date = null')
    wrong = only(found(IN, inserted(IN, "flow_report_assigned_handle", drawn)), "needs", "close")
    assert [f.article for f in wrong] == ["Art. 7"] and wrong[0].message.startswith("Tùy lựa chọn")


def test_art_3_4_a_packet_does_not_wait_for_its_paper():
    drawn = user("last", "receive_paper", "qlvb.task.receive_paper") + script("first", "remind()") \
        + flow("first", "last")
    for place in ("flow_gateway_signature_verify", "flow_gateway_channel_receive"):
        report = found(IN, inserted(IN, place, drawn, lanes={"clerk": ("last",)}))
        assert not report.ok and [f.article for f in only(report, "only", "last")] == ["Art. 6.2.a"]


def test_art_6_1_what_was_not_received_is_not_entered():
    report = found(IN, rewire(IN, ("flow_receive_paper_receive", "recognise"),
                              ("flow_gateway_channel_receive", "recognise")))
    assert only(report, "needs", "enter")


def test_a_message_that_cannot_come_yet_is_not_waited_for():
    """A receipt comes after the dispatch only: an event that waits for it before would wait for ever."""
    wait = '<intermediateCatchEvent id="first"><messageEventDefinition messageRef="message_receipt"/>' \
           "</intermediateCatchEvent>" + script("last", "remind()") + flow("first", "last")
    report = found(E, inserted(E, "flow_gateway_approve_number", wait))
    assert [f.path[-2:] for f in only(report, "unheard", "first")] == [("gateway_approve", "first")] and not report.ok
    assert found(E, inserted(E, "flow_gateway_all_received_end_dispatched", wait)).ok


def test_what_a_message_brings_is_done_before_anything_else_happens():
    """Art. 6.2.a: a scan comes after the number of arrival, which a discard takes back; the step behind the message
    belongs to its act, whatever it reaches. Where a task or slow work waits between, the discard can come first."""
    place, last = "flow_paper_scanned_attach_paper", script("last", "remind()")
    between = {"first": script("first", "remind()"), "task": user("first", "receive_paper", "qlvb.task.receive_paper"),
               "slow": script("first", "recognise()"),
               "split": '<parallelGateway id="first"/>' + script("beside", "recognise()") + flow("first", "beside")
               + '<endEvent id="over"/>' + flow("beside", "over")}
    reports = {name: found(IN, inserted(IN, place, drawn + last + flow("first", "last"), lanes={"clerk": ("first",)}))
               for name, drawn in between.items()}
    assert {name: bool(only(report, "needs", "attach_paper")) for name, report in reports.items()} == {
        "first": False, "task": True, "slow": True, "split": True}, reports


NAMED = [(E, "approver_id", "author_id"), (E, "approver_id", "unit_id"), (E, "author_id", "approver_id"),
         (IN, "leader_id", "clerk_id"), (IN, "leader_id", "decided_by"), (IN, "handler_id", "clerk_id")]


@pytest.mark.parametrize("key, old, new", NAMED)
def test_nobody_is_named_for_a_task_that_is_not_of_the_role(key, old, new):
    report = found(key, replaced(key, (f'camunda:assignee="={old}"', f'camunda:assignee="={new}"')))
    wrong = only(report, "assignee")
    assert bool(wrong) is (old in ("approver_id", "leader_id") and new != "decided_by"), report.findings
    assert all(f.severity == "error" and "không" in f.message for f in wrong)


def test_every_name_of_a_person_is_known_and_given():
    from app.engine import template

    assert set(template.people()) <= template.owned_names() and check(FILES, E).ok
