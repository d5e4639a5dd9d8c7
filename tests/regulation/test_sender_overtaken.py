"""What a sender asks is tied to its document, whichever came first and however it is named (NĐ 30/2020 Đ18; QĐ 28/2018
Đ8, 9).
"""

import re
from datetime import UTC, datetime

import pytest
from fakes import pdf
from steps import Office, arrived, fetch, quick, send, signed_pdf, tables_with
from test_sender_request import accept, ask, ask_13, codes, day, named, refuse, taken_in, told, whole

from app import worker
from app.db import db
from app.records import sender_request as requests
from app.records import verify_removal
from app.records.document import Document
from app.records.message import Message
from app.regulation.incoming import sender_answer
from app.tools import edxml
from app.web import sender_request


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def replacement(stc: Office, file: bytes | None = None) -> int:
    """Letter 13 of the provincial office comes and replaces letter 12, which is not here."""
    ask(stc, edxml.REPLACE, number="13", files=[file or signed_pdf(stc.app, mark=1)],
        business={"replacement": [{"document_id": named(), "organ_ids": ["H38.12"]}]})
    found = arrived(stc)
    assert any("chưa nhận văn bản đó" in text for _, text in stc.said(found))
    return found


def test_nd_30_d18_what_was_replaced_before_it_came_is_tied_and_said_at_both(stc):
    new = replacement(stc)
    stc.verify(new, code_number="13")
    old = taken_in(stc)
    fetch(stc.app, "stc")
    assert stc.tasks(old) == ["decide_request", "verify"]
    said = " ".join(text for kind, text in stc.said(old) if kind == "request")
    assert "đã gửi văn bản thay thế văn bản này trước khi văn bản đến" in said
    assert "Văn bản thay thế: 13/VPUBND" in said
    assert any(kind == "request" and "Văn bản được thay thế đã đến: 12" in text for kind, text in stc.said(new))
    with stc.inside(), stc.app.test_request_context():
        [row] = requests.of_document(old)
        assert (row.replacement_id, row.status) == (new, "open")
        [shown] = sender_request.shown(db.session.get_one(Document, new))
        assert shown["other"].id == old
    accept(stc, old)
    assert stc.status(old) == "replaced" and codes(stc) == ["01", "03", "01", "15"]
    whole(stc)


def test_a_replacement_that_is_not_registered_yet_is_said_and_asked_about_once_it_is(stc):
    new, old = replacement(stc), taken_in(stc)
    fetch(stc.app, "stc")
    assert stc.tasks(old) == ["verify"], "it replaces nothing before it is registered"
    assert any("trước khi văn bản đến" in text for kind, text in stc.said(old) if kind == "request")
    stc.verify(new, code_number="13")
    fetch(stc.app, "stc")
    assert stc.tasks(old) == ["decide_request", "verify"]
    whole(stc)


def test_qd_28_d9_what_was_deleted_after_its_recall_is_replaced_and_corrected_in_true_words(stc):
    """It was not "finished": its sender took it back, and there is nothing that a replacement has to replace."""
    old = taken_in(stc)
    stc.verify(old)
    fetch(stc.app, "stc")
    ask(stc, edxml.REPLACE, number="13", files=[signed_pdf(stc.app, mark=1)],
        business={"replacement": [{"document_id": named(), "organ_ids": ["H38.12"]}]})
    new = arrived(stc)
    ask_13(stc)
    accept(stc, old)
    ask(stc, edxml.UPDATE, named(), key="late", subject="Khác hẳn")
    fetch(stc.app, "stc")
    stc.verify(new, code_number="13")
    fetch(stc.app, "stc")
    assert stc.status(old) == "recalled" and stc.status(new) == "registered"
    answers = [(code, words) for code, words in told(stc) if code in ("15", "16")]
    assert [one for one in answers if one[0] == "15"] == [
        ("15", "Đồng ý thu hồi văn bản"), ("15", "Đồng ý thay thế văn bản")]
    [(_, refused)] = [one for one in answers if one[0] == "16"]
    assert refused.startswith("Từ chối cập nhật văn bản: Văn bản đã được xóa ngày")
    whole(stc)


def test_what_comes_after_a_replacement_that_was_returned_is_handled_as_it_is(stc):
    new = replacement(stc, pdf(50))
    stc.do("lanhdao", "decide_unsigned", {"decision": "return", "reason": "Không có chữ ký số"}, new)
    worker.run_due(stc.app)
    old = taken_in(stc)
    fetch(stc.app, "stc")
    assert stc.tasks(old) == ["verify"] and codes(stc) == ["01", "02", "01", "16"]
    assert "giữ nguyên" in told(stc)[3][1]
    whole(stc)


def test_a_replacement_of_what_never_comes_asks_nobody(stc, monkeypatch):
    monkeypatch.setattr(sender_answer, "WAIT_HOURS", 0)
    new = replacement(stc)
    stc.verify(new, code_number="13")
    fetch(stc.app, "stc")
    with stc.inside():
        assert requests.unanswered() == []
    assert codes(stc) == ["01", "03"]
    send(stc.app, signed_pdf(stc.app, mark=3), number="14")
    assert requests_of(stc, arrived(stc)) == []
    whole(stc)


def requests_of(stc: Office, found: int) -> list:
    with stc.inside():
        return requests.of_document(found)


def ask_13_by_code(stc: Office, code: str = "12/VPUBND", date: str | None = "",
                   reason: str = "Gửi nhầm nơi nhận") -> None:
    """A status 13 that names its document by number, notation and date alone (edXML section 9)."""
    data = edxml.build_status({
        "from_": {"organ_id": "H38.01", "organ_name": "Văn phòng"}, "status_code": "13",
        "response_for": [{"organ_id": "H38.12", "code": code, "promulgation_date": day() if date == "" else date,
                          "document_id": ""}],
        "description": reason, "timestamp": datetime.now(UTC).isoformat()})
    stc.app.extensions["tools"].axis.of("H38.01").send_edoc(
        data, sender="H38.01", to=["H38.12"], message_type="status", key=f"13:{code}:{date}:{reason}")
    fetch(stc.app, "stc")


def test_qd_28_d9_a_recall_by_number_and_date_alone_finds_its_document(stc, monkeypatch):
    monkeypatch.setattr(sender_answer, "WAIT_HOURS", 0)
    ask(stc, 0, files=[signed_pdf(stc.app)], document_id="9d3c1f0e-uuid")
    found = arrived(stc)
    send(stc.app, signed_pdf(stc.app, mark=3), number="14")
    other = arrived(stc)
    ask_13_by_code(stc)
    ask_13_by_code(stc, "14/VPUBND")
    ask_13_by_code(stc, "14/vpubnd", None)
    assert stc.tasks(found) == stc.tasks(other) == ["decide_request", "verify"]
    accept(stc, found)
    assert stc.status(found) == "recalled" and codes(stc) == ["01", "01", "15"]
    with stc.inside():
        assert [row.packet_id for row in requests.of_document(found)] == ["9d3c1f0e-uuid"]
        assert len(requests.of_document(other)) == 1, "asked for twice, it is one"
    whole(stc)


@pytest.mark.parametrize("identifier", ["9d3c1f0e-uuid", None])
def test_a_recall_by_number_and_date_alone_waits_for_its_document(stc, identifier):
    ask_13_by_code(stc, "14/VPUBND")
    ask_13_by_code(stc)
    ask(stc, 0, files=[signed_pdf(stc.app)], **({"document_id": identifier} if identifier else {}))
    found = arrived(stc)
    fetch(stc.app, "stc")
    assert stc.tasks(found) == ["decide_request", "verify"]
    with stc.inside():
        assert [row.reference for row in requests.unanswered() if row.document_id is None] == ["14/VPUBND"]
    accept(stc, found)
    whole(stc)


def test_art_3_2_of_a_recall_that_named_what_is_kept_out_by_its_number_no_word_stays(stc):
    ask_13_by_code(stc, reason="Vì Mimosa")
    ask_13_by_code(stc, reason="Vì Mimosa, nhắc lại")  # one request, two packets
    ask(stc, 0, files=[signed_pdf(stc.app)], document_id="9d3c1f0e-uuid")
    found = arrived(stc)
    stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Dấu mật"}, found)
    worker.run_due(stc.app)
    fetch(stc.app, "stc")
    assert tables_with(stc, "mimosa") == set()
    with stc.inside():
        rows = db.session.scalars(db.select(Message).where(Message.document_id.is_(None))).all()
        assert [(row.sha256, row.description) for row in rows] == [("", "")] * 2
        assert list(verify_removal.staying()) == []
    whole(stc)


def test_a_recall_of_what_may_be_two_documents_is_the_clerks_to_decide_at_both(stc):
    for mark, identifier in ((1, "first-uuid"), (2, "second-uuid")):
        ask(stc, 0, key=identifier, files=[signed_pdf(stc.app, mark=mark)], document_id=identifier)
    with stc.inside():
        one, two = db.session.scalars(db.select(Document.id).order_by(Document.id)).all()
    ask_13_by_code(stc)
    assert stc.tasks(one) == stc.tasks(two) == ["decide_request", "verify"]
    assert all("2 văn bản như vậy" in " ".join(text for _, text in stc.said(found)) for found in (one, two))
    accept(stc, one)
    refuse(stc, two)
    assert (stc.status(one), stc.tasks(two)) == ("recalled", ["verify"])
    assert codes(stc) == ["01", "01", "15", "16"]
    whole(stc)


def test_letters_without_an_identifier_are_told_apart_by_number_and_date(stc):
    for number in ("12", "13"):
        ask(stc, 0, number=number, files=[signed_pdf(stc.app, mark=int(number))],
            edit=lambda data: re.sub(rb"<(\w+:)?DocumentId>.*?</(\w+:)?DocumentId>", b"", data))
    with stc.inside():
        assert db.session.scalars(db.select(Document.packet_id).order_by(Document.id)).all() == [named(), named("13")]
    assert codes(stc) == ["01", "01"]
