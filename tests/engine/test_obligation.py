"""What the regulation orders holds whatever a diagram says: wrong drawings are published and run (security.md S5)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree
from steps import Office, quick, this_year

from app.db import db
from app.engine import diagram, obligation, step
from app.records import attachment, history, milestone, register

PROCESSES = Path(__file__).resolve().parents[2] / "processes"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def rewire(key: str, *moves: tuple[str, str]) -> bytes:
    """A shipped drawing in which flows (by id) lead to other elements; what no way leads to is taken out."""
    root = etree.fromstring((PROCESSES / f"{key}.bpmn").read_bytes())
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
    root.remove(root.find("{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"))
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


def publish(office, key, text):
    with office.inside():
        assert key in diagram.publish(office.agency_id, {f"bpmn:{key}": text}, at=datetime.now(UTC), user_id=None,
                                      note="sai quy chế")
        db.session.commit()


def refused(office, document_id, article, doing):
    """The act is refused with the article, and nothing of it stays."""
    before = office.course(document_id), office.tasks(document_id), office.status(document_id)
    with pytest.raises(obligation.OutOfOrder) as raised:
        doing()
    assert raised.value.article == article and raised.value.status == 409
    assert (office.course(document_id), office.tasks(document_id), office.status(document_id)) == before
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


def test_every_sentence_names_its_article_and_its_step():
    for sentence in obligation.table():
        assert sentence.article
        assert sentence.step in step.catalogue()
