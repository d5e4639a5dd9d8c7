"""processes/incoming.bpmn with its real steps on PostgreSQL: every branch to its end, replayed (Art. 3.2, 6, 7)."""

import subprocess
import sys
import tempfile
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from fakes import pdf
from steps import Office, arrived, fetch, quick, send, signed_pdf, this_year

from app import worker
from app.db import db
from app.engine import evidence
from app.engine import instance as instances
from app.engine.perform import SlowWork
from app.engine.replay import replay
from app.engine.task import Task
from app.records import attachment, history, message, register, right
from app.records.attachment import Upload
from app.records.document import Document
from app.records.history import ActContent
from app.records.message import Message
from app.regulation.drafting.draft import begin
from app.regulation.recognition import UNREAD


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def test_art_6_2_paper_is_registered_assigned_and_handled(stc):
    found = stc.take_in()
    assert stc.tasks(found) == ["verify"]
    stc.verify(found)
    with stc.inside():
        document = db.session.get(Document, found)
        assert (document.arrival_number, document.status, document.reference) == (1, "registered", "12/UBND-VX")
    stc.assign(found, co_handlers=[stc.id_of("chuyenvien2")], readers=[stc.id_of("truongphong2")])
    with stc.inside():
        given = {(r.kind, r.user.username) for r in right.of(found) if r.user}
        assert {("handle", "chuyenvien"), ("co_handle", "chuyenvien2"), ("read", "truongphong2")} <= given
    stc.handle(found)
    assert stc.ended(found) == "end_finished" and stc.status(found) == "closed"
    assert stc.sent(found) == []  # nobody is told of a paper through the exchange
    assert [e for k, e in stc.course(found) if k == "task_completed"] == ["receive_paper", "verify", "assign", "handle"]


def test_art_7_for_information_only(stc):
    found = stc.take_in()
    stc.verify(found)
    stc.assign(found, decision="inform", handler_id=None, readers=[stc.id_of("chuyenvien2b")])
    assert stc.ended(found) == "end_informed"
    with stc.inside():
        assert right.may_read(stc.user("chuyenvien2b"), db.session.get(Document, found), datetime.now(UTC).date())
        assert not right.may_read(stc.user("chuyenvien2"), db.session.get(Document, found), datetime.now(UTC).date())


def test_art_8_1_an_answer_is_an_instance_of_its_own_and_closes_this_one(stc):
    found = stc.take_in()
    stc.verify(found)
    stc.assign(found)
    reply = stc.answer(found)
    assert stc.tasks(found) == [] and stc.tasks(reply) == ["draft"]
    stc.approved(reply)
    stc.sign(reply)
    assert stc.status(found) == "handling"
    stc.seal(reply)
    assert stc.ended(found) == "end_finished"
    assert ("message_received", "answered") in stc.course(found)
    assert stc.faults() == []
    assert ("record", f"document:{reply}") in stc.faults(
        f"update document set answers_id = null where id = {reply}"), "told by the chain of what it answers"


def test_art_10_4_an_answer_that_is_given_up_gives_the_document_back_to_its_officer(stc):
    found = stc.take_in()
    stc.verify(found)
    stc.assign(found)
    first = stc.answer(found)
    assert stc.fire(found, datetime.now(UTC) + timedelta(days=5, minutes=1))
    with stc.inside():
        assert stc.waiting("draft", first).reminded_at is not None
    stc.cancel(first)
    worker.run_due(stc.app)
    assert stc.ended(first) == "end_cancelled" and stc.tasks(found) == ["handle"]
    second = stc.answer(found)
    stc.approved(second)
    stc.sign(second)
    stc.seal(second)
    assert stc.ended(found) == "end_finished"


def test_art_8_1_a_draft_besides_the_answer_closes_nothing(stc):
    found = stc.take_in()
    stc.verify(found)
    stc.assign(found)
    with stc.inside():
        besides = begin(stc.user("chuyenvien"), type_name="Công văn", purpose="periodic_report", scope="between",
                        subject="V/v thử", at=datetime.now(UTC), answers_id=found).id
    stc.approved(besides)
    stc.sign(besides)
    stc.seal(besides)
    reply = stc.answer(found)
    worker.run_due(stc.app)
    assert stc.tasks(reply) == ["draft"] and stc.status(found) == "handling"
    assert ("message_received", "answered") not in stc.course(found)


def test_returned_by_the_leader_it_keeps_its_number(stc):
    found = stc.take_in()
    stc.verify(found)
    stc.assign(found, decision="return", reason="Sai nơi nhận", handler_id=None)
    assert stc.tasks(found) == ["verify"]
    stc.verify(found)
    stc.assign(found)
    stc.handle(found)
    assert stc.ended(found) == "end_finished"
    with stc.inside():
        assert register.entry_of(found, "incoming").number == 1
        assert register.open_registers("incoming", this_year())[0].next_number == 2


def test_reassigned_then_given_back_to_the_leader(stc):
    found = stc.take_in()
    stc.verify(found)
    stc.assign(found)
    stc.handle(found, decision="reassign", handler_id=stc.id_of("chuyenvienb"), reason="Nghỉ phép")
    with stc.inside():
        row = stc.waiting("handle", found)
        assert row.inbox_key == f"u{stc.user('chuyenvienb').id}"
        assert {r.user.username for r in right.of(found) if r.kind == "handle"} == {"chuyenvienb"}
    stc.handle(found, "chuyenvienb", decision="return", reason="Ngoài nhiệm vụ của phòng")
    assert stc.tasks(found) == ["assign"]
    stc.assign(found)
    stc.handle(found)
    assert stc.ended(found) == "end_finished"


def test_deadlines_urge_and_change_nothing_else(stc):
    found = stc.take_in()
    stc.verify(found)
    assert not stc.fire(found, datetime.now(UTC) + timedelta(hours=23))
    assert stc.fire(found, datetime.now(UTC) + timedelta(days=1, minutes=1))
    with stc.inside():
        assert stc.waiting("assign", found).reminded_at is not None
    stc.assign(found)
    assert stc.fire(found, datetime.now(UTC) + timedelta(days=5, minutes=1))
    with stc.inside():
        assert stc.waiting("handle", found).reminded_at is not None
    stc.handle(found)
    assert stc.ended(found) == "end_finished"


def test_art_3_2_what_must_not_be_entered_leaves_nothing_but_the_fact(stc):
    found = stc.take_in()
    stc.verify(found, subject="Đơn tố cáo ông A")
    stc.assign(found, decision="return", reason="Đơn tố cáo: không cập nhật", handler_id=None)
    with stc.inside():
        scan = attachment.of(found)[0].sha256
    stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Thuộc Điều 3.2.a"}, found)
    worker.run_due(stc.app)
    assert not stc.app.extensions["tools"].blobs.has(scan)
    with stc.inside():
        document = db.session.get(Document, found)
        assert (document.status, document.subject, document.reference, document.organ_name) == ("discarded", "", "", "")
        assert document.recognised is None
        acts = history.course(f"document:{found}")
        kept = db.session.scalars(db.select(ActContent).where(ActContent.act_id.in_([a.id for a in acts]))).all()
        assert [c.act_id for c in kept] == [acts[-1].id] and acts[-1].kind == "content_removed"
        assert history.faults(f"document:{found}") == []
        assert replay(instances.of_document(found)).difference == "content removed"
        assert db.session.scalar(db.select(Upload.id).where(Upload.sha256 == scan)) is None
        number = db.session.scalars(db.select(register.RegisterEntry).where(
            register.RegisterEntry.document_id == found)).one()
        assert number.voided_at and number.void_reason == "Không cập nhật (Điều 3.2)"
    assert ("reason", "Thuộc Điều 3.2.a") in stc.said(found)
    assert _traces(stc, found, "tố cáo") == []
    assert stc.faults() == []
    number = f"update register_entry set void_reason = '' where document_id = {found}"
    assert [check for check, _ in stc.faults(number)] == ["record", "number"]


def _traces(office, document_id, word):
    """Tables of the whole database in which a word still stands."""
    with office.inside():
        tables = db.session.scalars(db.text(
            "select table_name from information_schema.tables where table_schema = 'public'"))
        return [name for name in tables.all() if db.session.scalar(db.text(
            f'select exists(select 1 from "{name}" t where t::text ilike :word)'), {"word": f"%{word}%"})]


def test_art_3_2_a_packet_of_the_exchange_goes_with_its_raw_form(stc):
    send(stc.app, signed_pdf(stc.app))
    found = arrived(stc)
    with stc.inside():
        blobs = [f.sha256 for f in attachment.of(found)] + [m.sha256 for m in message.received_for(found)]
        assert len(blobs) == 2 and all(map(stc.app.extensions["tools"].blobs.has, blobs))
    stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Thuộc Điều 3.2.a"}, found)
    worker.run_due(stc.app)
    assert not any(map(stc.app.extensions["tools"].blobs.has, blobs))
    with stc.inside():
        assert all(work.found is None for work in db.session.scalars(db.select(SlowWork)))
    assert _traces(stc, found, "báo cáo quý") == []
    send(stc.app, signed_pdf(stc.app), key="again")  # sent again, it is not taken in again
    assert arrived(stc) == found
    assert stc.faults() == []


def test_art_3_2_content_that_another_document_holds_stays(stc):
    first = stc.take_in()
    stc.scans = 0
    second = stc.take_in()
    stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Điều 3.2.a"}, first)
    worker.run_due(stc.app)
    with stc.inside():
        scan = attachment.of(second)[0]
        assert scan.removed_at is None and stc.app.extensions["tools"].blobs.has(scan.sha256)
    assert stc.faults() == []
    _proves_itself(stc, first)


def _proves_itself(stc, document_id):
    """The bundle of a document whose content is gone is true to the verifier that it brings."""
    with stc.inside(), tempfile.TemporaryFile() as made, tempfile.TemporaryDirectory() as folder:
        evidence.write(db.session.get(Document, document_id), stc.app.extensions["tools"], datetime.now(UTC), made)
        made.seek(0)
        zipfile.ZipFile(made).extractall(folder)
        ran = subprocess.run([sys.executable, "-I", "-S", f"{folder}/verify.py", folder], capture_output=True,
                             text=True)
    assert (ran.returncode, ran.stdout.splitlines()[0]) == (0, "true"), ran.stdout


def test_paper_that_is_not_for_us_is_returned(stc):
    found = stc.take_in()
    stc.verify(found, decision="return", reason="Gửi nhầm", register_id=None)
    assert stc.ended(found) == "end_returned" and stc.status(found) == "returned"
    assert stc.sent(found) == []


def test_art_6_3_a_signed_documents_go_straight_to_the_clerk_and_the_sender_hears_each_status(stc):
    send(stc.app, signed_pdf(stc.app))
    found = arrived(stc)
    assert stc.tasks(found) == ["verify"]
    with stc.inside():
        document = db.session.get(Document, found)
        assert (document.verdict["color"], document.verdict["kind"], document.priority) == ("green", "b", 1)
    stc.verify(found, code_number="999", organ_name="Cơ quan khác")
    stc.assign(found)
    stc.handle(found)
    worker.run_due(stc.app)
    assert stc.ended(found) == "end_finished"
    assert stc.sent(found) == [("status", "H38.01", code) for code in ("03", "04", "06")]
    with stc.inside():  # what the exchange stated stays as sent
        assert db.session.get(Document, found).reference == "12/VPUBND"


@pytest.mark.parametrize("decision", ["accept", "return"])
def test_art_6_3_b_unsigned_documents_are_the_leaders_to_decide(stc, decision):
    send(stc.app, pdf(7))
    found = arrived(stc)
    assert stc.tasks(found) == ["decide_unsigned"]
    with stc.inside():
        assert db.session.get(Document, found).verdict["color"] == "none"
        assert stc.waiting("decide_unsigned", found).role == "leader"
    reason = {"reason": "Văn bản chưa ký số"} if decision == "return" else {}
    stc.do("lanhdao", "decide_unsigned", {"decision": decision, **reason}, found)
    worker.run_due(stc.app)
    if decision == "accept":
        assert stc.tasks(found) == ["verify"]
        stc.verify(found, decision="return", reason="Không đúng thẩm quyền", register_id=None)
    assert stc.ended(found) == "end_returned" and stc.status(found) == "returned"
    assert stc.sent(found) == [("status", "H38.01", "02")]
    told = "Văn bản chưa ký số" if decision == "return" else "Không đúng thẩm quyền"
    with stc.inside():
        asked = db.session.scalars(db.select(SlowWork).where(SlowWork.name == "report_status")).one().asked
        assert asked["packet"]["description"] == told


def test_art_2_2_a_file_that_cannot_be_read_still_reaches_the_clerk(world):
    stc = Office(world.app)  # the real reader
    send(world.app, b"%PDF-1.7\nbroken")
    found = arrived(stc)
    assert stc.tasks(found) == ["decide_unsigned"]
    with stc.inside():
        assert db.session.get(Document, found).recognised == {"secrecy": UNREAD}  # a mark, perhaps: he looks


def test_a_packet_taken_twice_is_one_document(stc):
    send(stc.app, signed_pdf(stc.app))
    found = arrived(stc)
    stc.app.extensions["tools"].axis.of("H38.12").update_status(_axis_id(stc, found), "PROCESSING")
    fetch(stc.app, "stc")  # as if the worker had died before it said DONE
    with stc.inside():
        assert db.session.scalar(db.select(db.func.count()).select_from(Document)) == 1
        assert db.session.scalar(db.select(db.func.count()).select_from(Task).where(Task.form_key == "verify")) == 1


def _axis_id(office, document_id):
    with office.inside():
        return db.session.scalars(db.select(Message.axis_id).where(
            Message.document_id == document_id, Message.kind == "document")).one()
