"""processes/outgoing_hybrid.bpmn with its real steps: every branch to its end, replayed (Art. 8, 9.2)."""

import subprocess
import time
from datetime import UTC, datetime, timedelta

import pytest
from fakes import pdf
from steps import Office, fetch, in_days, quick

from app import worker
from app.db import db
from app.engine import instance as instances
from app.engine.form import FormInvalid
from app.engine.reason import ReasonNeeded
from app.records import attachment, message, milestone, right, signature
from app.records.calendar import local_date
from app.records.document import Document
from app.records.register import RegisterEntry
from app.regulation.outgoing import board, certified_copy, otherwise
from app.regulation.outgoing.board import Asked

RECEIVED = {"decision": "received", "is_signed": True, "signed_date": in_days(0)}
SEALED = {"is_numbered": True, "is_sealed": True, "archive_place": "Cặp 3, hộp 12"}


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def found(stc):
    """A document of Art. 4.2: no row of 4.1 names it."""
    return stc.begin(purpose="other", type_name="Quyết định")


def scan(office, document_id, mark):
    sha256 = office.upload("vanthu", pdf(mark), "ban quet.pdf")
    office.do("vanthu", "digitise", {"scan": sha256}, document_id)
    worker.run_due(office.app)


def tick_the_papers(office, found):
    """All have registered it, and it is open until each is ticked, or said why no paper goes to him (Art. 9.2.b)."""
    with office.inside():
        today = local_date(datetime.now(UTC))
        codes = [row.partner for row in message.left_on_paper(found)]
        assert codes == [row.partner for row in message.sent_for(found)] and not message.is_settled(found)
        rows, _ = board.page(Asked(today, today, board.PAPER), right.readable(office.user("vanthu"), today),
                             at=datetime.now(UTC))
        assert [(row.document.id, row.states[board.PAPER]) for row in rows] == [(found, len(codes))]
        assert instances.of_document(found).status == "running"
        for wrong in ({"way": "none", "note": " "}, {"way": "inside", "note": "x"}):
            with pytest.raises((ReasonNeeded, otherwise.NotSentOtherwise)):
                otherwise.tell(found, codes[0], **wrong, user=office.user("vanthu"), at=datetime.now(UTC))
    for number, code in enumerate(codes):
        with office.inside():
            assert instances.of_document(found).status == "running"
            way, note = ("post", "Bưu gửi 12") if number else ("none", "Nơi nhận không yêu cầu bản giấy")
            otherwise.tell(found, code, way, note, office.user("vanthu"), datetime.now(UTC))
        worker.run_due(office.app)
    assert office.ended(found) == "end_dispatched"


def test_art_9_2_from_paper_to_the_receipt(stc, found):
    stc.approved(found)
    assert stc.tasks(found) == ["sign_paper"]
    with stc.inside():  # Art. 9.2.a: no number before the paper is signed
        assert db.session.get(Document, found).reference == ""
    for day in (in_days(1), in_days(-1)):  # neither after today nor before it was begun
        with pytest.raises(FormInvalid, match="signed_date"):
            stc.do("vanthu", "sign_paper", {**RECEIVED, "signed_date": day}, found)
    assert stc.tasks(found) == ["sign_paper"]
    stc.do("vanthu", "sign_paper", RECEIVED, found)
    stc.do("vanthu", "seal_paper", SEALED, found)
    scan(stc, found, 1)
    stc.do("vanthu", "seal_copy", {"decision": "refuse", "reason": "Bản quét mờ"}, found)
    assert stc.tasks(found) == ["digitise"]
    scan(stc, found, 2)
    with stc.inside():
        shown = signature.pending(found, "agency")
        prepared, preview = shown.prepared_at, shown.prepared_sha256
    time.sleep(1)  # a mark prints seconds
    asked = datetime.now(UTC).replace(microsecond=0)
    stc.seal(found)
    assert stc.files(found) == ["draft", "scan", "scan", "signed"]
    assert stc.faults() == []
    with stc.inside():
        document, file = db.session.get(Document, found), attachment.latest(found, "signed")
        assert (document.exchange_form, document.reference) == ("hybrid", "01/QĐ-STC")
        assert document.description == "Bản gốc lưu tại: Cặp 3, hộp 12"
        tools = stc.app.extensions["tools"]
        [report] = tools.signer.verify(tools.blobs.read(file.sha256))
        assert report["is_agency"] and "SAO Y" in report["words"], report  # NĐ 30/2020 Đ18.6, PL I part II
        printed = datetime.fromisoformat(report["words"][-1])
        assert prepared < asked <= printed  # PL I.II.I: the mark bears the hour of signing, not that of the preview
        done = signature.pending(found, "agency")
        assert done.prepared_sha256 != preview and set(done.proof) >= {"level", "token"} and "state" not in done.proof
        assert tools.blobs.read(file.sha256).startswith(pdf(2))  # of the second scan
        second = attachment.latest(found, "scan").id
    assert stc.fire(found, datetime.now(UTC) + timedelta(days=2, minutes=1))
    there = Office(stc.app, "vpubnd")
    fetch(stc.app, "vpubnd")
    with there.inside():
        came = db.session.scalars(db.select(Document).where(Document.direction == "incoming")).one()
        assert (came.verdict["color"], came.verdict["kind"]) == ("green", "a")  # Art. 3.3.a
        came_id = came.id
    there.verify(came_id, organ_name="Sở Tài chính tỉnh Lào Cai")
    fetch(stc.app, "stc")
    tick_the_papers(stc, found)
    with stc.inside():  # NĐ 30/2020 Đ25: the scan that was refused is no document that one can copy
        assert [one.id for one in certified_copy.sources(db.session.get(Document, found))] == [second]


def test_art_9_2_a_spoiled_paper_gives_up_its_number_and_another_is_signed(stc, found):
    stc.approved(found)
    stc.do("vanthu", "sign_paper", RECEIVED, found)
    stc.do("vanthu", "seal_paper", SEALED, found)
    scan(stc, found, 1)
    with pytest.raises(FormInvalid):
        stc.do("vanthu", "seal_copy", {"decision": "void"}, found)
    stc.do("vanthu", "seal_copy", {"decision": "void", "reason": "Bản giấy rách"}, found)
    assert stc.tasks(found) == ["draft"]
    with stc.inside():
        given = db.session.scalars(db.select(RegisterEntry)).one()
        assert (given.document_id, given.void_reason) == (found, "Bản giấy rách")
        assert not {"number", "sign_paper", "seal_paper", "digitise"} & milestone.standing(found).keys()
    stc.approved(found, text="Bản in lại")
    assert stc.tasks(found) == ["sign_paper"]
    stc.do("vanthu", "sign_paper", RECEIVED, found)
    with stc.inside():
        assert db.session.get(Document, found).reference == "02/QĐ-STC"


def test_art_9_2_a_paper_that_the_leader_does_not_sign_goes_back_without_a_number(stc, found):
    stc.approved(found)
    stc.do("vanthu", "sign_paper", {"decision": "not_signed", "reason": "Lãnh đạo yêu cầu sửa"}, found)
    assert stc.tasks(found) == ["draft"] and ("reason", "Lãnh đạo yêu cầu sửa") in stc.said(found)
    with stc.inside():
        assert not {"sign_paper", "number"} & milestone.standing(found).keys()
    stc.approved(found, text="Bản sửa")
    stc.do("vanthu", "sign_paper", RECEIVED, found)
    with stc.inside():
        assert db.session.get(Document, found).code_number == "01"
    assert stc.tasks(found) == ["seal_paper"]


def test_art_8_returned_by_head_and_leader_then_given_up(stc, found):
    stc.draft(found)
    stc.do("truongphong", "review", {"decision": "return", "opinion": "Bổ sung căn cứ"}, found)
    stc.draft(found, "Bản 2")
    stc.do("truongphong", "review", {"decision": "accept"}, found)
    stc.do("lanhdao", "approve", {"decision": "return", "opinion": "Chưa rõ"}, found)
    stc.cancel(found)
    assert stc.ended(found) == "end_cancelled"


def test_art_9_2_c_of_the_scan_that_the_agency_signed_another_verifier_says_the_same(stc, found, tmp_path):
    """One signature, the agency's, over the whole file: pdfsig of poppler agrees, and hears of a byte that changed."""
    stc.approved(found)
    stc.do("vanthu", "sign_paper", RECEIVED, found)
    stc.do("vanthu", "seal_paper", SEALED, found)
    scan(stc, found, 1)
    stc.seal(found)
    with stc.inside():
        tools = stc.app.extensions["tools"]
        data = tools.blobs.read(attachment.latest(found, "signed").sha256)
        [report] = tools.signer.verify(data)
        name = stc.user("vanthu").agency.name
    assert report["problems"] == [] and report["is_agency"] and report["time_source"] == "timestamp"
    place = tmp_path / "scan.pdf"
    altered = data.replace(b"/MediaBox", b"/mediabox", 1)
    for changed, words in ((data, "Signature is Valid"), (altered, "Digest Mismatch")):
        place.write_bytes(changed)
        said = subprocess.run(["pdfsig", "-nocert", str(place)], capture_output=True, text=True, timeout=30).stdout
        assert said.count("Signature #") == 1 and words in said and name in said, said
