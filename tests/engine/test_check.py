"""What the check of a diagram says: nothing of what is shipped; of what is wrong the rule, the article, the path."""

import json

import pytest
from redraw import flow, gate, inserted, replaced, rewire, script, user
from spiff_walk import ROOT

from app import register_articles
from app.engine.check import check, check_all, from_marking
from app.engine.diagram import shipped
from app.engine.dialect import read_drawing

register_articles()
FILES = shipped(ROOT)
KEYS = ("incoming", "outgoing_electronic", "outgoing_hybrid")
OWN = json.dumps({"type": "default", "components": [
    {"type": "radio", "key": "legal", "label": "Pháp chế", "validate": {"required": True},
     "values": [{"label": "Đạt", "value": "yes"}, {"label": "Không đạt", "value": "no"}]},
    {"type": "textarea", "key": "opinion", "label": "Ý kiến"}]}).encode()
E, H, IN = "outgoing_electronic", "outgoing_hybrid", "incoming"


def found(key, text, **forms):
    """The report of a changed drawing; own forms by keyword."""
    return check({**FILES, f"bpmn:{key}": text, **{f"form:{name}": form for name, form in forms.items()}}, key)


def only(report, rule, element=None):
    """The findings of a rule, at an element."""
    return [f for f in report.findings if f.rule == rule and element in (None, f.element)]


def follows(text, path):
    """Is each element of the path behind the one before it, or in the same step of the course?"""
    drawing = read_drawing(text)
    pairs = {(f.source, f.target) for scope in drawing.scopes.values() for f in scope.flows}
    pairs |= {(node.attached_to, node.id) for node in drawing.nodes() if node.attached_to}
    return path[0] == "start" and all(pair in pairs for pair in zip(path, path[1:], strict=False))


@pytest.mark.parametrize("key", KEYS)
def test_the_shipped_diagrams_are_right(key):
    report = check(FILES, key)
    assert report.ok and report.findings == ()


def test_art_10_2_an_agency_may_add_a_review_a_reminder_and_a_choice():
    """What the outcome of the editor is about: a legal review before the approval, in parallel with another."""
    late = '<boundaryEvent id="late" attachedToRef="legal" cancelActivity="false"><timerEventDefinition>' \
           "<timeDuration>P2D</timeDuration></timerEventDefinition></boundaryEvent>"
    text = inserted(E, "flow_gateway_review_approve", "".join((
        gate("first", "parallel"), user("legal", "own", more='name="Thẩm định pháp chế"'), late,
        script("urge", "remind()"), '<endEvent id="urged"/>', user("other", "own"), gate("both", "parallel"),
        gate("last", default="flow_last"), flow("first", "legal"), flow("first", "other"), flow("legal", "both"),
        flow("other", "both"), flow("both", "last"), flow("last", "draft", 'legal = "no"'), flow("late", "urge"),
        flow("urge", "urged"))), lanes={"head": ("legal", "other")})
    report = found(E, text, own=OWN)
    assert report.findings == ()


LAW = [
    # what is cut out or led past -> rule, article (of what is led past), element
    (E, (("flow_gateway_draft_submit_draft", "number"),), "needs", "Art. 8.3", "number"),
    (E, (("flow_submit_draft_review", "approve"),), "needs", "Art. 8.2", "approve"),
    (E, (("flow_review_review_step", "approve"),), "needs", "Art. 8.2", "approve"),
    (E, (("flow_submit_draft_review", "review_step"),), "needs", "Art. 8.2", "approve"),
    (E, (("flow_number_complete", "prepare_leader_signature"),), "needs", "Art. 9.1.b", "prepare_leader_signature"),
    (E, (("flow_complete_prepare_leader_signature", "prepare_agency_signature"),), "needs", "Art. 9.1.c",
     "prepare_agency_signature"),
    (E, (("flow_complete_prepare_leader_signature", "dispatch"),), "needs", "Art. 9.1.d", "dispatch"),
    (E, (("flow_prepare_agency_signature_seal", "sign_by_agency"),), "needs", "NĐ 30/2020 Đ32", "sign_by_agency"),
    (E, (("flow_remind_receipt_gateway_again", "dispatch"),), "once", "Art. 9.1.d", "dispatch"),
    (E, (("flow_remind_receipt_gateway_again", "void_number"),), "bars", "NĐ 30/2020 Đ15", "void_number"),
    (E, (("flow_gateway_leader_signed_void_number", "end_cancelled"),), "owed", "NĐ 30/2020 Đ15", "end_cancelled"),
    (E, (("flow_dispatch_tell_answered", "gateway_again"),), "owed", "Art. 8.1", "end_dispatched"),
    (E, (("flow_sign_by_agency_dispatch", "end_cancelled"),), "missing", "Art. 9.1.d", ""),
    (H, (("flow_gateway_approve_sign_paper", "number"),), "needs", "Art. 9.2", "number"),
    (H, (("flow_number_seal_paper", "digitise"),), "needs", "Art. 9.2.b", "digitise"),
    (H, (("flow_seal_paper_step_digitise", "prepare_agency_signature"),), "needs", "Art. 9.2.c",
     "prepare_agency_signature"),
    (IN, (("flow_gateway_registered_enter", "forward"),), "needs", "Art. 6.2.b", "forward"),
    (IN, (("flow_gateway_paper_forward", "end_returned"),), "owed", "Art. 6.2.c", "end_returned"),
    (IN, (("flow_gateway_paper_forward", "assign"),), "needs", "Art. 6.2.c", "assign"),
    (IN, (("flow_forward_assign", "end_returned"),), "owed", "Art. 7", "end_returned"),
    (IN, (("flow_forward_assign", "assign_step"),), "needs", "Art. 7", "assign_step"),
    (IN, (("flow_gateway_assigned_assign_informed", "close_informed"),), "needs", "Art. 7", "close_informed"),
    (IN, (("flow_report_assigned_handle", "end_finished"),), "owed", "Art. 10.4", "end_finished"),
    (IN, (("flow_gateway_entered_discard", "end_returned"), ("flow_gateway_barred_discard_barred", "end_returned")),
     "missing", "Art. 3.2", ""),
    (IN, (("flow_gateway_signature_decide_unsigned", "verify"),), "missing", "Art. 6.3.b", ""),
    (IN, (("flow_gateway_barred_check_signatures", "verify"),), "needs", "Art. 6.3.a", "enter"),
]  # fmt: skip


@pytest.mark.parametrize("key, moves, rule, article, element", LAW, ids=lambda value: str(value)[:60])
def test_every_obligation_is_asked_on_every_path(key, moves, rule, article, element):
    text = rewire(key, *moves)
    report = found(key, text)
    assert not report.ok
    wrong = [f for f in only(report, rule, element) if f.article == article]
    assert wrong and all(f.severity == "error" and f.label in f.message for f in wrong)
    for finding in wrong:
        assert rule == "missing" or (finding.path[-1] == element and follows(text, finding.path))
    if rule != "missing":
        assert "Điều " in wrong[0].message and "“" in wrong[0].message


DECIDED = [
    # the words of a gateway's conditions turned round: lawful whatever is decided, not as it is decided
    (E, 'decision = "accept"', 'decision = "return"', "needs", "approve"),
    (E, 'decision = "approve"', 'decision = "return"', "needs", "number"),
    (E, 'decision = "sign"', 'decision = "refuse"', "needs", "sign_by_leader_step"),
    (H, 'decision = "received"', 'decision = "not_signed"', "needs", "number"),
    (IN, 'decision = "not_entered"', 'decision = "register"', "needs", "discard"),
    (IN, 'signature_ok = true or channel = "paper"', 'signature_ok = false or channel = "paper"', "needs", "enter"),
]  # fmt: skip


@pytest.mark.parametrize("key, old, new, rule, element", DECIDED)
def test_what_people_decide_is_followed(key, old, new, rule, element):
    report = found(key, replaced(key, (old, new)))
    wrong, = only(report, rule, element)[:1]
    assert not report.ok and wrong.message.startswith("Tùy lựa chọn") and wrong.path


def test_a_value_that_no_form_offers_is_a_warning():
    report = found(H, replaced(H, ('decision = "void"', 'decision = "viod"')))
    assert report.ok
    assert [(f.rule, f.element, f.severity) for f in report.findings] == [
        ("values", "gateway_sealed", "warning"), ("never", "void_number", "warning")]


AND = (gate("first", "parallel") + user("a", "own") + user("b", "own") + flow("first", "a") + flow("first", "b"))
SOUND = {
    "deadlock": gate("first", default="d") + user("a", "own") + user("b", "own") + flow("first", "a", name="d")
    + flow("first", "b", 'legal = "no"') + flow("a", "last") + flow("b", "last") + gate("last", "parallel"),
    "twice": AND + flow("a", "last") + flow("b", "last") + gate("last"),
    "livelock": user("first", "own") + gate("out", default="f_out_last") + flow("first", "out") + flow("out", "last")
    + flow("out", "a", 'legal = "no"') + user("a", "own") + gate("back", default="f_back_a") + flow("a", "back")
    + flow("back", "a") + flow("back", "b", 'legal = "no"') + user("b", "own") + flow("b", "a")
    + script("last", "remind()"),
    "endless": script("first", "remind()") + gate("out", default="f_out_last") + flow("first", "out")
    + flow("out", "last") + flow("out", "first", 'legal = "no"') + user("last", "own"),
    "wide": gate("first", "parallel") + "".join(
        user(f"u{n}", "own") + flow("first", f"u{n}") + script(f"s{n}", "recognise()") + flow(f"u{n}", f"s{n}")
        + user(f"v{n}", "own", inner="") + flow(f"s{n}", f"v{n}") + gate(f"x{n}", default=f"d{n}")
        + flow(f"v{n}", f"x{n}") + flow(f"x{n}", "last", name=f"d{n}") + flow(f"x{n}", f"u{n}", 'legal = "no"')
        for n in range(18)) + gate("last", "parallel"),
    "ends": AND + flow("b", "last") + flow("a", "over") + '<endEvent id="over"/>' + script("last", "remind()"),
}  # fmt: skip


@pytest.mark.parametrize("rule", SOUND)
def test_what_can_get_stuck_or_run_twice_is_found_with_its_path(rule):
    place = "flow_dispatch_tell_answered" if rule == "ends" else "flow_gateway_review_approve"
    text = inserted(E, place, SOUND[rule], lanes={"head": tuple(
        name for name in ("first", "last", "a", "b", *(f"{c}{n}" for c in "uv" for n in range(18)))
        if f'userTask id="{name}"' in SOUND[rule])})
    report = found(E, text, own=OWN)
    wrong = only(report, rule)
    assert wrong and report.ok == (rule == "ends")
    assert rule in ("endless", "wide") or (wrong[0].path[0] == "start" and len(wrong[0].path) > 5)
    assert report.findings[0].rule == rule and len(report.findings) < 12


def test_eight_branches_side_by_side_are_looked_at_whole():
    drawn = gate("first", "parallel") + gate("last", "parallel") + "".join(
        user(f"u{n}", "own") + flow("first", f"u{n}") + flow(f"u{n}", "last") for n in range(8))
    text = inserted(E, "flow_gateway_review_approve", drawn, lanes={"head": tuple(f"u{n}" for n in range(8))})
    assert found(E, text, own=OWN).findings == ()


def test_a_step_started_is_not_a_step_done():
    """An interrupting timer at the signing leads past the signature."""
    late = '<boundaryEvent id="first" attachedToRef="sign_by_leader"><timerEventDefinition><timeDuration>P1D' \
           "</timeDuration></timerEventDefinition></boundaryEvent>" + flow("first", "sign_by_leader_step")
    text = replaced(E, ("<bpmn:sequenceFlow id=\"flow_start_draft\"", late.replace("<", "<bpmn:").replace(
        "<bpmn:/", "</bpmn:") + "<bpmn:sequenceFlow id=\"flow_start_draft\""))
    wrong, = only(found(E, text), "needs")
    assert (wrong.element, wrong.article) == ("sign_by_leader_step", "Art. 9.1.c")
    assert wrong.path[-3:] == ("sign_by_leader", "first", "sign_by_leader_step") and follows(text, wrong.path)


def test_a_path_is_one_way_without_what_goes_on_beside_it():
    drawn = AND + user("c", "own") + flow("a", "c") + flow("b", "both") + flow("c", "both") + gate("both", "parallel") \
        + flow("both", "last") + script("last", "prepare_leader_signature()")
    text = inserted(E, "flow_gateway_review_approve", drawn, lanes={"head": ("a", "b", "c")})
    wrong, *_ = only(found(E, text, own=OWN), "needs", "last")
    assert follows(text, wrong.path) and len({"a", "b"} & set(wrong.path)) == 1
    for rule in ("deadlock", "twice", "livelock", "ends"):
        place = "flow_dispatch_tell_answered" if rule == "ends" else "flow_gateway_review_approve"
        text = inserted(E, place, SOUND[rule], lanes={"head": tuple(
            name for name in ("first", "last", "a", "b") if f'userTask id="{name}"' in SOUND[rule])})
        wrong, *_ = only(found(E, text, own=OWN), rule)
        assert wrong.path[-1] == wrong.element and follows(text, wrong.path), (rule, wrong.path)


SINGLE = {
    "template-none": (' camunda:modelerTemplate="qlvb.number"', ""),
    "template-unknown": ("qlvb.number", "qlvb.nummer"),
    "template-another": ('camunda:modelerTemplate="qlvb.complete"', 'camunda:modelerTemplate="qlvb.number"'),
    "step-unknown": (">number()<", ">nummer()<"),
    "argument-unknown": (">number()<", ">number(book=3)<"),
    "names-argument": (">number()<", ">number(book=secret_book)<"),
    "place-paper": (">complete()<", ">seal_paper()<"),
    "lane-none": ("<bpmn:flowNodeRef>approve</bpmn:flowNodeRef>", ""),
    "lane-unknown": ('<bpmn:lane id="officer_lane"', '<bpmn:lane id="boss_lane"'),
    "lane-unknown_element": ("<bpmn:flowNodeRef>approve</bpmn:flowNodeRef>",
                             "<bpmn:flowNodeRef>approve</bpmn:flowNodeRef><bpmn:flowNodeRef>ghost</bpmn:flowNodeRef>"),
    "lane-twice": ("<bpmn:flowNodeRef>approve</bpmn:flowNodeRef>",
                   "<bpmn:flowNodeRef>approve</bpmn:flowNodeRef><bpmn:flowNodeRef>review</bpmn:flowNodeRef>"),
    "form-missing": ('camunda:formKey="review"', 'camunda:formKey="nothing"'),
    "form-none": (' camunda:formKey="review"', ""),
    "names-unknown": ('decision = "accept"', 'decison = "accept"'),
    "condition-kinds": ('decision = "accept"', "decision + 1 = 2"),
    "message-unknown": ('name="receipt"', 'name="reciept"'),
    "setting-assignee": ('camunda:assignee="=approver_id"', 'camunda:assignee="=decision"'),
    "setting-constant": ('camunda:assignee="=author_id"', 'camunda:assignee="admin"'),
    "setting-due": ('camunda:assignee="=author_id"', 'camunda:assignee="=author_id" camunda:dueDate="hello world"'),
    "procedure-unknown": ('id="outgoing_electronic"', 'id="my_process"'),
}  # fmt: skip


@pytest.mark.parametrize("name", SINGLE)
def test_each_element_is_held_against_the_catalogue(name):
    old, new = SINGLE[name]
    text = replaced(E, (old, new), *([('processRef="outgoing_electronic"', 'processRef="my_process"')]
                                     if "procedure" in name else []))
    key = read_key(text)
    report = check({**FILES, f"bpmn:{key}": text}, key)
    assert not report.ok and only(report, name.split("-")[0]), report


def read_key(text):
    return "my_process" if b'id="my_process"' in text else E


def test_art_8_3_the_leaders_task_stays_in_the_leaders_lane():
    text = replaced(E, ("<bpmn:flowNodeRef>approve</bpmn:flowNodeRef>", ""), (
        "<bpmn:flowNodeRef>review</bpmn:flowNodeRef>",
        "<bpmn:flowNodeRef>review</bpmn:flowNodeRef><bpmn:flowNodeRef>approve</bpmn:flowNodeRef>"))
    wrong, = only(found(E, text), "role")
    assert (wrong.element, wrong.article) == ("approve", "Art. 8.3") and "Lãnh đạo cơ quan" in wrong.message


def test_a_near_name_is_proposed():
    wrong, = only(found(E, replaced(E, ('decision = "accept"', 'decison = "accept"'))), "names")
    assert "Có phải “decision”?" in wrong.message and wrong.element == "gateway_review"


def test_art_9_1_c_a_form_or_table_of_ones_own_writes_no_name_that_decides():
    own = json.dumps({"type": "default", "components": [
        {"type": "textfield", "key": "approver_id", "label": "Người ký"}]}).encode()
    text = inserted(E, "flow_gateway_review_approve", user("first", "own") + script("last", "remind()")
                    + flow("first", "last"), lanes={"head": ("first",)})
    wrong, = found(E, text, own=own).findings
    assert (wrong.rule, wrong.element) == ("owned", "first") and "approver_id" in wrong.message


def test_art_4_the_table_that_the_code_asks_keeps_its_columns_and_values():
    dmn = FILES["dmn:exchange_form"]
    for old, new, said in ((b'name="exchange_form"', b'name="form"', "phải có cột"),
                           (b'"hybrid"', b'"paper"', "phải là một trong")):
        assert old in dmn
        report = check({**FILES, "dmn:exchange_form": dmn.replace(old, new)}, E)
        assert [f for f in only(report, "table") if f.article == "Art. 4" and said in f.message]
    assert not check({**FILES, "dmn:exchange_form": b"<x/>"}, H).ok


def test_a_rule_asks_a_table_that_is_there_and_right():
    rule = '<businessRuleTask id="first" camunda:decisionRef="{}" camunda:modelerTemplate="qlvb.table"/>'
    last = script("last", "remind()") + flow("first", "last")
    missing = found(E, inserted(E, "flow_gateway_review_approve", rule.format("nothing") + last))
    assert [f.rule for f in missing.findings if f.severity == "error"] == ["table"]
    asked = found(E, inserted(E, "flow_gateway_review_approve", rule.format("exchange_form") + last))
    assert {f.message for f in only(asked, "names")} and not asked.ok  # it reads what this procedure does not give


def test_a_changed_form_or_table_touches_the_procedures_that_use_it():
    assert set(check_all(FILES, {"form:verify"})) == {"incoming"}
    assert set(check_all(FILES, {"form:draft"})) == {"outgoing_electronic", "outgoing_hybrid"}
    assert set(check_all(FILES, {"dmn:exchange_form"})) == {"outgoing_electronic", "outgoing_hybrid"}
    assert set(check_all(FILES, {"bpmn:incoming", "case:incoming"})) == {"incoming"}
    alone = check_all({**FILES, "form:own": b"{}"}, {"form:own"})
    assert set(alone) == {"form:own"} and not alone["form:own"].ok


def test_art_9_1_d_a_way_around_is_told_though_it_leaves_elements_unreached():
    text = FILES[f"bpmn:{E}"].replace(b'sourceRef="number" targetRef="complete"',
                                      b'sourceRef="number" targetRef="dispatch"')
    report = found(E, text)
    first = report.findings[0]
    assert (first.rule, first.element, first.article) == ("needs", "dispatch", "Art. 9.1.d")
    assert first.path[-2:] == ("number", "dispatch")
    assert {f.element for f in only(report, "reach")} >= {"complete", "sign_by_leader", "seal", "sign_by_agency"}


def test_from_where_an_instance_stands_only_what_is_ahead_counts():
    earned = {"draft", "submit_draft", "review", "review_given", "approve", "approval_given", "number", "complete",
              "prepare_leader_signature"}
    at = [("user", "sign_by_leader")]
    assert from_marking(FILES, E, at, earned, "electronic") == ()
    assert {f.rule for f in from_marking(FILES, E, at, earned - {"complete"}, "electronic")} == {"needs"}
    cut = {**FILES, f"bpmn:{E}": rewire(  # and who refuses to sign is asked again: nothing leads back to the draft
        E, ("flow_gateway_draft_submit_draft", "number"), ("flow_gateway_leader_signed_void_number",
        "prepare_leader_signature"), ("flow_gateway_sealed_void_number", "prepare_agency_signature"))}
    assert not check(cut, E).ok and from_marking(cut, E, at, earned, "electronic") == ()
    gone, = from_marking(FILES, E, [("user", "legal")], earned, "electronic")
    assert (gone.rule, gone.element) == ("marking", "legal")
    sent = earned | {"sign_by_leader", "sign_by_agency", "agency_key", "dispatch", "tell_answered"}
    assert from_marking(FILES, E, [("catch", "gateway_wait")], sent, "electronic") == ()
    assert from_marking(FILES, E, [("script", "dispatch")], sent - {"dispatch"}, "electronic") == ()


def test_a_branch_that_waits_at_its_join_is_part_of_where_it_stands():
    drawn = gate("first", "parallel") + user("a", "own") + user("b", "own") + flow("first", "a") + flow("first", "b") \
        + flow("a", "last") + flow("b", "last") + gate("last", "parallel")
    text = inserted(E, "flow_gateway_review_approve", drawn, lanes={"head": ("a", "b")})
    files = {**FILES, f"bpmn:{E}": text, "form:own": OWN}
    earned = {"draft", "submit_draft", "review", "review_given"}
    assert from_marking(files, E, [("user", "a"), ("join", "last")], earned, "electronic") == ()
    assert [f.rule for f in from_marking(files, E, [("user", "a")], earned, "electronic")] == ["deadlock"]
