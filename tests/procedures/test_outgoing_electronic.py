"""processes/outgoing_electronic.bpmn with its real steps: every branch to its end, replayed (Art. 8, 9.1)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes import FakeConverter
from steps import UNSIGNED, Office, fetch, numbers, quick

from app.db import db
from app.engine import act
from app.records import attachment, message, milestone
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.records.people import Delegation
from app.tools import docx
from app.tools.office import TruncatedFile


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def test_art_9_1_from_draft_to_the_last_receipt(stc):
    found = stc.begin()
    stc.approved(found, addressees=["H38.01"], recipients=["H38.07", "H38.01"])
    assert stc.tasks(found) == ["sign_by_leader"]
    with stc.inside():
        document = db.session.get(Document, found)
        assert (document.exchange_form, document.reference) == ("electronic", "01/STC-NS")
        assert document.signer_name == "Đinh Xuân Trường"
    filled = docx.text(stc.app.extensions["tools"].converter.drafts[0])
    assert "Số: 01/STC-NS" in filled and f"ngày {local_date(datetime.now(UTC)).day:02} tháng" in filled
    stc.sign(found)
    assert _judged(stc, found) == ("incomplete", ["agency_to_sign"])
    stc.seal(found)
    assert _judged(stc, found) == ("3.3.b", ["valid_b"])
    assert stc.files(found) == ["draft", "final", "signed_leader", "signed"]
    assert stc.sent(found) == [("document", "H38.01", ""), ("document", "H38.07", "")]  # each recipient once
    with stc.inside():
        signed = attachment.latest(found, "signed")
        reports = stc.app.extensions["tools"].signer.verify(stc.app.extensions["tools"].blobs.read(signed.sha256))
        assert [(r["signer"], r["is_agency"], r["problems"]) for r in reports] == [
            ("Đinh Xuân Trường", False, []), ("Sở Tài chính tỉnh Lào Cai", True, [])]
    _received_by_all(stc, found)


def _judged(office, found):
    """The verdict over the agency's own file after a signing, over the very file that was signed (Art. 3.3)."""
    with office.inside():
        kept = db.session.get(Document, found).verdict
        assert kept["files"] == [attachment.of(found)[-1].sha256]
        return kept["verdict"], [one["code"] for one in kept["told"]]


def _received_by_all(stc, found):
    """Two agencies register it; after the second receipt nothing is waited for."""
    for slug in ("vpubnd", "snv"):
        there = Office(stc.app, slug)
        fetch(stc.app, slug)
        with there.inside():
            came = db.session.scalars(db.select(Document.id).where(Document.direction == "incoming")).one()
        there.verify(came, organ_name="Sở Tài chính tỉnh Lào Cai")
        assert stc.course(found)[-1] != ("message_received", "receipt") or slug == "snv"
        fetch(stc.app, "stc")
    assert stc.sent(found) == [("document", "H38.01", "03"), ("document", "H38.07", "03")]
    assert stc.ended(found) == "end_dispatched" and stc.status(found) == "dispatched"
    _records_are_as_told(stc, found)


def _records_are_as_told(stc, found):
    """What was sent, received and signed is as the acts say, and nothing else (security.md S12)."""
    assert stc.faults() == [] and Office(stc.app, "vpubnd").faults() == []
    mine = f"where document_id = {found}"
    for done in (f"update message set status_code = '05' {mine} and direction = 'out'",
                 f"update message set partner = 'H38.02' {mine}", f"delete from message {mine} and kind = 'status'",
                 f"update message set at = at - interval '1 day' {mine}",
                 f"update signature set signed_by_id = null {mine}", f"update signature set value = 'AAAA' {mine}",
                 f"update signature set key = 'person:x' {mine}", f"delete from signature {mine}",
                 f"update attachment set sha256 = repeat('a', 64) {mine} and kind = 'signed'",
                 f"update document set code_number = '99' where id = {found}"):
        assert ("record", f"document:{found}") in stc.faults(done), done
    tools = stc.app.extensions["tools"]
    with stc.inside():
        sha256 = db.session.scalar(db.select(message.Message.sha256).where(
            message.Message.document_id == found, message.Message.kind == "document").limit(1))
    tools.blobs.path(sha256).write_bytes(b"another packet")
    assert ("file", f"document:{found}") in stc.faults()


def test_art_8_2_8_3_returned_by_the_head_and_by_the_leader(stc):
    found = stc.begin()
    stc.draft(found, "Bản 1")
    stc.do("truongphong", "review", {"decision": "return", "opinion": "Bổ sung căn cứ"}, found)
    stc.draft(found, "Bản 2")
    stc.do("truongphong", "review", {"decision": "accept"}, found)
    stc.do("lanhdao", "approve", {"decision": "return", "opinion": "Chưa rõ ý kiến"}, found)
    with stc.inside():
        assert not {"approve", "number"} & milestone.standing(found).keys()
    stc.cancel(found)
    assert stc.ended(found) == "end_cancelled" and stc.status(found) == "cancelled"
    assert stc.files(found) == ["draft", "draft"] and numbers(stc) == []
    assert stc.said(found) == [("reason", "Bổ sung căn cứ"), ("reason", "Chưa rõ ý kiến"), ("reason", "Không cần nữa")]


def test_refused_at_signing_the_number_is_given_up_with_its_reason(stc):
    found = stc.begin()
    stc.approved(found)
    stc.do("lanhdao", "sign_by_leader", UNSIGNED, found)
    assert stc.tasks(found) == ["draft"] and numbers(stc) == [(1, found, "Sai thẩm quyền ký")]
    with stc.inside():
        assert db.session.get(Document, found).reference == ""
    stc.approved(found, text="Bản sửa")
    assert numbers(stc) == [(1, found, "Sai thẩm quyền ký"), (2, found, "")]
    stc.sign(found)
    stc.do("vanthu", "seal", {"decision": "refuse", "reason": "Sai thể thức"}, found)
    with stc.inside():
        assert not {"number", "complete", "sign_by_leader"} & milestone.standing(found).keys()
    stc.cancel(found)
    assert stc.ended(found) == "end_cancelled"
    assert numbers(stc) == [(1, found, "Sai thẩm quyền ký"), (2, found, "Sai thể thức")]


class Broken(FakeConverter):
    """A converter that takes nothing."""

    def to_pdf(self, data, name):
        raise TruncatedFile()


def uncompleted(stc):
    """A document that got a number and could not be completed; the administrator gave it back to the leader."""
    works, found = stc.app.extensions["tools"], stc.begin()
    stc.app.extensions["tools"] = replace(works, converter=Broken())
    stc.approved(found)
    stc.app.extensions["tools"] = works
    assert stc.tasks(found) == ["incident:complete"]
    with stc.inside():
        act.send_back(stc.incident(found).id, stc.user("quantri"), "Tệp hỏng", datetime.now(UTC))
    assert stc.tasks(found) == ["approve"]
    return found


def test_art_9_1_a_approved_again_after_a_failure_it_keeps_its_number(stc):
    found = uncompleted(stc)
    stc.do("lanhdao", "approve", {"decision": "return", "opinion": "Nộp lại tệp"}, found)
    stc.approved(found, text="Bản sửa")
    assert stc.tasks(found) == ["sign_by_leader"] and numbers(stc) == [(1, found, "")]
    with stc.inside():
        assert db.session.get(Document, found).reference == "01/STC-NS"


def test_nd_30_d15_a_draft_given_up_gives_up_its_number_with_the_reason(stc):
    found = uncompleted(stc)
    stc.do("lanhdao", "approve", {"decision": "return", "opinion": "Dừng lại"}, found)
    stc.cancel(found)
    assert stc.ended(found) == "end_cancelled" and numbers(stc) == [(1, found, "Không cần nữa")]
    with stc.inside():
        assert db.session.get(Document, found).reference == "" and "number" not in milestone.standing(found)


def test_receipts_that_do_not_come_are_urged_and_still_waited_for(stc):
    found = stc.begin()
    stc.approved(found)
    stc.sign(found)
    stc.seal(found)
    later = datetime.now(UTC) + timedelta(days=2, minutes=1)
    assert stc.fire(found, later) and not stc.fire(found, later)
    assert stc.fire(found, later + timedelta(days=2, minutes=1))
    fetch(stc.app, "vpubnd")
    there = Office(stc.app, "vpubnd")
    with there.inside():
        came = db.session.scalars(db.select(Document.id).where(Document.direction == "incoming")).one()
    there.verify(came, decision="return", reason="Gửi nhầm", register_id=None)
    fetch(stc.app, "stc")
    assert stc.ended(found) == "end_dispatched"  # a refusal is an answer, too
    assert stc.sent(found) == [("document", "H38.01", "02")]


def test_art_9_1_c_a_delegate_does_not_refuse_in_the_signers_name(stc):
    """Whom the leader delegated (Art. 7) neither signs nor refuses what he approved: a refusal gives up the number."""
    found = stc.begin()
    stc.approved(found)
    with pytest.raises(NotFound):  # it is not even his to see
        stc.do("truongphong", "sign_by_leader", UNSIGNED, found)
    assert stc.tasks(found) == ["sign_by_leader"] and numbers(stc) == [(1, found, "")]


def test_without_recipients_nothing_is_waited_for(stc):
    found = stc.begin()
    stc.approved(found, addressees=[], recipients=[])
    stc.sign(found)
    stc.seal(found)
    assert stc.ended(found) == "end_dispatched" and stc.sent(found) == []


def test_art_8_3_only_a_leader_approves(stc):
    """The head of unit stands in for the leader with incoming documents (Art. 7), not with a signature."""
    found = stc.begin()
    stc.draft(found)
    stc.do("truongphong", "review", {"decision": "accept"}, found)
    with stc.inside():
        assert db.session.scalars(db.select(Delegation)).one().to_user_id == stc.user("truongphong").id
    with pytest.raises(NotFound):
        stc.do("truongphong", "approve", {"decision": "approve"}, found)
    assert stc.tasks(found) == ["approve"]
