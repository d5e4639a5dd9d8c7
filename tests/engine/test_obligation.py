"""What the regulation orders holds whatever a diagram says: wrong drawings are published and run (security.md S5)."""

from datetime import UTC, datetime, timedelta

import pytest
from fakes import pdf
from redraw import rewire, shipped
from steps import Office, arrived, quick, send, this_year

from app.db import db
from app.engine import diagram, obligation, step
from app.records import attachment, history, milestone, register


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def publish(office, key, text, **more):
    files = {f"bpmn:{key}": text, **{f"form:{name}": form for name, form in more.items()}}
    with office.inside():
        assert key in diagram.publish(office.agency_id, files, at=datetime.now(UTC), user_id=None, note="sai quy chế")
        db.session.commit()


def refused(office, document_id, article, doing, kind=obligation.OutOfOrder):
    """The act is refused with the article, and nothing of it stays; that a file was looked at is an act of its own."""

    def stands():
        course = [one for one in office.course(document_id) if one[0] != "layout_checked"]
        return course, office.tasks(document_id), office.status(document_id)

    before = stands()
    with pytest.raises(kind) as raised:
        doing()
    assert raised.value.article == article and raised.value.status == kind.status
    assert stands() == before
    with office.inside():
        assert history.faults(f"document:{document_id}") == []


def test_art_9_1_a_no_number_before_approval(stc):
    publish(stc, "outgoing_electronic", rewire("outgoing_electronic", ("flow_gateway_draft_submit_draft", "number")))
    found = stc.begin()
    refused(stc, found, "Art. 9.1.a", lambda: stc.draft(found))
    with stc.inside():
        assert register.open_registers("outgoing", this_year())[0].next_number == 1
        assert attachment.of(found) == [] and milestone.standing(found) == {}


def test_art_8_3_no_approval_of_a_version_that_was_not_reviewed(stc):
    publish(stc, "outgoing_electronic", rewire("outgoing_electronic", ("flow_submit_draft_review", "approve")))
    found = stc.begin()
    stc.draft(found)
    refused(stc, found, "Art. 8.3", lambda: stc.do("lanhdao", "approve", {"decision": "approve"}, found))


def test_art_8_2_a_new_version_has_passed_no_review(stc):
    found = stc.begin()
    stc.draft(found)
    stc.do("truongphong", "review", {"decision": "accept"}, found)
    stc.do("lanhdao", "approve", {"decision": "return", "opinion": "Sửa"}, found)
    stc.draft(found, "Bản 2")
    with stc.inside():
        assert "review" not in milestone.standing(found)


def test_art_9_1_d_the_agency_does_not_sign_before_the_leader(stc):
    publish(stc, "outgoing_electronic", rewire(
        "outgoing_electronic", ("flow_complete_prepare_leader_signature", "prepare_agency_signature")))
    found = stc.begin()
    stc.approved(found)
    with stc.inside():  # the step before it had a result: an administrator hears why the course cannot go on
        assert "Art. 9.1.d" in stc.incident(found).note
        assert "complete" not in milestone.standing(found)
    assert stc.files(found) == ["draft"] and stc.tasks(found) == ["incident:complete"]


def test_art_9_1_d_no_dispatch_before_both_signatures(stc):
    publish(stc, "outgoing_electronic", rewire(
        "outgoing_electronic", ("flow_complete_prepare_leader_signature", "dispatch")))
    found = stc.begin()
    stc.approved(found)
    with stc.inside():
        assert "Art. 9.1.d" in stc.incident(found).note
    assert stc.sent(found) == []


def test_art_9_1_d_a_draft_edited_after_the_leaders_signature_is_not_sealed(stc):
    """Refused by the clerk the draft goes to its author, number kept; returned by the head it goes to the seal."""
    publish(stc, "outgoing_electronic", rewire(
        "outgoing_electronic", ("flow_gateway_sealed_void_number", "draft"),
        ("flow_gateway_review_draft", "prepare_agency_signature")))
    found = stc.begin()
    stc.approved(found)
    stc.sign(found)
    stc.do("vanthu", "seal", {"decision": "refuse", "reason": "Sửa lại"}, found)
    with stc.inside():
        assert {"approve", "sign_by_leader"} <= milestone.standing(found).keys()
    stc.draft(found, "Nội dung khác")
    with stc.inside():
        assert not {"approve", "complete", "sign_by_leader"} & milestone.standing(found).keys()
    refused(stc, found, "Art. 9.1.d", lambda: stc.do(
        "truongphong", "review", {"decision": "return", "opinion": "Ký luôn"}, found))


def test_art_6_2_c_nothing_is_assigned_before_it_is_entered(stc):
    publish(stc, "incoming", rewire("incoming", ("flow_gateway_registered_enter", "forward")))
    found = stc.take_in()
    refused(stc, found, "Art. 6.2.c", lambda: stc.verify(found))


def test_art_9_2_a_no_number_before_the_paper_is_signed(stc):
    publish(stc, "outgoing_hybrid", rewire("outgoing_hybrid", ("flow_gateway_approve_sign_paper", "number")))
    found = stc.begin(purpose="other", type_name="Quyết định")
    stc.draft(found)
    stc.do("truongphong", "review", {"decision": "accept"}, found)
    refused(stc, found, "Art. 9.2.a", lambda: stc.do("lanhdao", "approve", {"decision": "approve"}, found))


def test_a_document_is_dispatched_once(stc):
    """The drawing sends it again when receipts are late."""
    publish(stc, "outgoing_electronic", rewire(
        "outgoing_electronic", ("flow_remind_receipt_gateway_again", "dispatch")))
    found = stc.begin()
    stc.approved(found)
    stc.sign(found)
    stc.seal(found)
    before = stc.course(found)
    with pytest.raises(obligation.OnlyOnce) as raised:
        stc.fire(found, datetime.now(UTC) + timedelta(days=3))
    assert raised.value.article == "Art. 9.1.d"
    assert stc.course(found) == before and len(stc.sent(found)) == 1


def test_art_3_2_only_what_the_clerk_has_excluded_is_discarded(stc):
    publish(stc, "incoming", rewire("incoming", ("flow_gateway_registered_enter", "discard")))
    found = stc.take_in()
    refused(stc, found, "Art. 3.2", lambda: stc.verify(found))


def test_art_6_3_unsigned_documents_are_not_entered_without_the_leaders_word(stc):
    publish(stc, "incoming", rewire("incoming", ("flow_gateway_signature_decide_unsigned", "verify")))
    send(stc.app, pdf(7))
    found = arrived(stc)
    refused(stc, found, "Art. 6.3", lambda: stc.verify(found))
    paper = stc.take_in()
    stc.verify(paper)
    assert stc.tasks(paper) == ["assign"]


def test_art_6_2_c_what_is_registered_does_not_end_before_the_leader_has_it(stc):
    publish(stc, "incoming", rewire("incoming", ("flow_gateway_paper_forward", "end_returned")))
    found = stc.take_in()
    refused(stc, found, "Art. 6.2.c", lambda: stc.verify(found), obligation.StillOwed)


def test_art_7_only_the_leader_directs(stc):
    """The drawing gives the leader's task to the clerk; then it ends as if he had directed."""
    text = shipped("incoming")
    publish(stc, "incoming", text.replace(b'camunda:assignee="=leader_id"', b'camunda:assignee="=clerk_id"'))
    found = stc.take_in()
    stc.verify(found)
    refused(stc, found, "Art. 7", lambda: stc.assign(found, "vanthu"), obligation.NotTheirTask)
    publish(stc, "incoming", rewire("incoming", ("flow_forward_assign", "end_returned")))
    other = stc.take_in()
    refused(stc, other, "Art. 7", lambda: stc.verify(other), obligation.StillOwed)


def test_art_7_nothing_is_closed_before_it_is_assigned(stc):
    publish(stc, "incoming", rewire("incoming", ("flow_gateway_assigned_assign_informed", "close_informed")))
    found = stc.take_in()
    stc.verify(found)
    refused(stc, found, "Art. 7", lambda: stc.assign(found, decision="inform", handler_id=None,
                                                   readers=[stc.id_of("chuyenvien")]))


def test_art_10_4_what_is_assigned_does_not_end_unclosed(stc):
    publish(stc, "incoming", rewire("incoming", ("flow_report_assigned_handle", "end_finished")))
    found = stc.take_in()
    stc.verify(found)
    refused(stc, found, "Art. 10.4", lambda: stc.assign(found), obligation.StillOwed)


def test_art_8_1_a_submitted_draft_is_dispatched_or_given_up(stc):
    """The leader refuses to sign, and the drawing lets the number lie."""
    publish(stc, "outgoing_electronic", rewire(
        "outgoing_electronic", ("flow_gateway_leader_signed_void_number", "end_cancelled")))
    found = stc.begin()
    stc.approved(found)
    unsigned = {"decision": "refuse", "reason": "Sai"}
    refused(stc, found, "Art. 8.1", lambda: stc.do("lanhdao", "sign_by_leader", unsigned, found), obligation.StillOwed)


def test_art_8_1_an_answer_that_went_out_is_told_before_the_end(stc):
    publish(stc, "outgoing_electronic", rewire(
        "outgoing_electronic", ("flow_dispatch_tell_answered", "end_dispatched")))
    found = stc.begin()
    stc.approved(found)
    stc.sign(found)
    stc.seal(found)
    with stc.inside():
        assert "Art. 8.1" in stc.incident(found).note


OWN_FORM = rb'''{"type": "default", "components": [{"type": "radio", "key": "decision", "label": "Duy\u1ec7t",
 "values": [{"label": "Duy\u1ec7t", "value": "approve"}], "validate": {"required": true}}]}'''


def test_art_8_3_a_form_of_ones_own_approves_nothing(stc):
    """It may write the decision that the gateway asks; the leader's approval is his form's alone."""
    text = shipped("outgoing_electronic")
    publish(stc, "outgoing_electronic", text.replace(b'camunda:formKey="approve"', b'camunda:formKey="own"'),
            own=OWN_FORM)
    found = stc.begin()
    stc.draft(found)
    stc.do("truongphong", "review", {"decision": "accept"}, found)
    refused(stc, found, "Art. 9.1.a", lambda: stc.do("lanhdao", "own", {"decision": "approve"}, found))


def test_art_9_1_a_an_incoming_document_takes_no_number_of_issue(stc):
    text = shipped("incoming")
    publish(stc, "incoming", text.replace(b">enter()<", b">number()<"))
    found = stc.take_in()
    refused(stc, found, "Art. 9.1.a", lambda: stc.verify(found), obligation.OutOfPlace)


def test_nd_30_d15_what_was_sent_keeps_its_number_and_its_draft():
    for name in ("void_number", "cancel_draft", "submit_draft"):
        rules = obligation.of(name, "electronic", "outgoing")
        kinds = {kind for _, kind, _ in obligation.broken(rules, {"number", "draft", "dispatch"})}
        assert kinds == {"bars"}
    assert [rule.article for rule in obligation.owed(obligation.table(), {"number"})] == ["NĐ 30/2020 Đ15"]


def test_every_sentence_names_its_article_and_its_step():
    for sentence in obligation.table():
        assert sentence.article
        name = sentence.step.removeprefix("task:")
        assert step.taker(name) if name != sentence.step else sentence.step in step.catalogue()
