"""A sender takes back, changes or replaces what it sent (QĐ 28/2018 Đ8, 9; NĐ 30/2020 Đ18): with real packets."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fakes import pdf
from steps import Office, arrived, fetch, quick, send, signed_pdf

from app import worker
from app.db import db
from app.engine import history_answer, suspend
from app.engine import instance as instances
from app.engine.form import FormInvalid
from app.engine.replay_many import Judged
from app.records import history, register, verify
from app.records import sender_request as requests
from app.records.document import Document, may_be_answered
from app.records.message import Message
from app.regulation.incoming import sender_answer
from app.tools import edxml
from app.web import replay_words, sender_request


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def day() -> str:
    return datetime.now(UTC).date().isoformat()


def named(number: str = "12") -> str:
    return f"H38.01,{day().replace('-', '/')},{number}/VPUBND"


def ask(stc: Office, doc_type: int, about: str = "", *, key: str = "", number: str = "12", files=(), is_taken=True,
        name="thu.pdf", business=None, edit=lambda data: data, **header) -> None:
    """The provincial office sends a recall (1), an update (2) or a replacement (3)."""
    data = edxml.build_document({
        "from_": {"organ_id": "H38.01", "organ_name": "Văn phòng Ủy ban nhân dân tỉnh Lào Cai"},
        "to": [{"organ_id": "H38.12", "organ_name": "Sở Tài chính"}], "document_id": named(number),
        "code_number": number, "code_notation": "VPUBND", "place": "Lào Cai", "promulgation_date": day(),
        "type_name": "Công văn", "subject": "Về việc báo cáo quý", "content": "Về việc báo cáo quý",
        "signer": {"competence": "", "position": "CHÁNH VĂN PHÒNG", "full_name": "Nguyễn Minh Quang"},
        "priority": 1, "page_amount": 1, "response_for": [], "to_places": [],
        "business": {"doc_type": doc_type, "reason": "Gửi nhầm nơi nhận", "document_id": about, "paper": 0,
                     **(business or {})},
        "traces": [{"organ_id": "H38.01", "timestamp": datetime.now(UTC).isoformat()}], **header,
    }, [{"name": name, "media_type": "application/pdf", "data": one} for one in files])
    stc.app.extensions["tools"].axis.of("H38.01").send_edoc(
        edit(data), sender="H38.01", to=["H38.12"], message_type="edoc", key=f"ask:{doc_type}:{number}:{key}")
    if is_taken:
        fetch(stc.app, "stc")


def ask_13(stc: Office, number: str = "12", reason: str = "Gửi nhầm nơi nhận") -> None:
    """The same as a status packet."""
    data = edxml.build_status({
        "from_": {"organ_id": "H38.01", "organ_name": "Văn phòng"}, "status_code": "13",
        "response_for": [{"organ_id": "H38.12", "code": f"{number}/VPUBND", "promulgation_date": day(),
                          "document_id": named(number)}],
        "description": reason, "timestamp": datetime.now(UTC).isoformat()})
    stc.app.extensions["tools"].axis.of("H38.01").send_edoc(
        data, sender="H38.01", to=["H38.12"], message_type="status", key=f"13:{number}")
    fetch(stc.app, "stc")


def told(stc: Office) -> list[tuple[str, str]]:
    """(code, description) of each status that the sender got, in order."""
    axis, today = stc.app.extensions["tools"].axis.of("H38.01"), datetime.now(UTC).date()
    items = axis.received("H38.01", "status", day(), today.replace(year=today.year + 1).isoformat())
    items.sort(key=lambda item: (item["created_time"], item["doc_id"]))
    found = [edxml.read(axis.get(item["doc_id"])) for item in items]
    return [(packet.status_code, packet.description) for packet in found]


def codes(stc: Office) -> list[str]:
    return [code for code, _ in told(stc)]


def accept(stc: Office, found: int) -> None:
    stc.do("vanthu", "decide_request", {"decision": "accept"}, found)
    worker.run_due(stc.app)


def refuse(stc: Office, found: int) -> None:
    stc.do("vanthu", "decide_request", {"decision": "refuse", "reason": "Đã giao xử lý"}, found)
    worker.run_due(stc.app)


def effects(stc: Office, found: int) -> str:
    """What the clerk is told that the request before him does."""
    with stc.inside(), stc.app.test_request_context():
        return " ".join(sender_request.pending(db.session.get_one(Document, found))[0]["effects"])


def taken_in(stc: Office) -> int:
    """A signed document of the exchange, before the clerk has looked at it."""
    send(stc.app, signed_pdf(stc.app))
    return arrived(stc)


def replayed(stc: Office, found: int) -> tuple[str, str]:
    """What an auditor is told when the history is run again."""
    with stc.inside(), stc.app.test_request_context():
        answer = history_answer._replayed(found, lambda done, total: None)
        told = replay_words.judgement([Judged(**one) for one in answer["judged"]], answer["faults"], answer["removals"])
        return told["title"], told["detail"].partition("đã ghi. ")[2]


def test_qd_28_d9_recalled_before_registration_it_is_deleted_and_the_sender_told(stc):
    found = taken_in(stc)
    with stc.inside():
        file = stc.app.extensions["tools"].blobs.path(db.session.scalars(db.select(Message.sha256)).first())
    ask_13(stc)
    ask(stc, edxml.RECALL, named())  # the same, asked for a second way
    assert stc.tasks(found) == ["decide_request", "verify"]
    assert "dừng ngay: Văn thư kiểm tra" in effects(stc, found) and "bị xóa" in effects(stc, found)
    accept(stc, found)
    assert stc.ended(found) == "end_withdrawn" and stc.status(found) == "recalled"
    assert codes(stc) == ["01", "15"] and told(stc)[1][1] == "Đồng ý thu hồi văn bản"
    with stc.inside():
        document = db.session.get(Document, found)
        assert (document.subject, document.reference) == ("", "12/VPUBND")
        [row] = requests.of_document(found)
        assert row.status == "accepted" and row.answered_at and row.decided_by.username == "vanthu"
    assert not file.exists()
    ask(stc, edxml.RECALL, named(), key="again")
    assert replayed(stc, found) == ("Khớp", "Tệp đã được xóa ở bước 9 (Điều 3.2); mã băm vẫn còn.")
    assert codes(stc)[2:] == ["15"]  # asked again afterwards: nothing is left of it
    stored = blobs(stc)
    ask(stc, edxml.UPDATE, named(), key="late", files=[pdf(5)], subject="Sửa sau khi thu hồi")
    with stc.inside():
        assert [row.changes for row in requests.of_document(found)] == [[], [], []]
    assert blobs(stc) - stored == {message_sha(stc, "out")}, "only our own answer"
    whole(stc)


def test_qd_28_d9_recalled_while_it_is_handled_its_number_is_explained_and_the_answer_warned(stc):
    found = taken_in(stc)
    stc.verify(found)
    stc.assign(found)
    reply = stc.answer(found)
    ask(stc, edxml.RECALL, named())
    accept(stc, found)
    assert stc.ended(found) == "end_withdrawn"
    assert codes(stc) == ["01", "03", "04", "05", "15"]
    with stc.inside():
        entry = db.session.scalars(db.select(register.RegisterEntry).where(
            register.RegisterEntry.document_id == found)).one()
        assert entry.number == 1 and entry.void_reason == "Nơi gửi thu hồi: Gửi nhầm nơi nhận"
        assert history.faults(f"document:{found}") == []
    assert stc.said(reply)[0][0] == "warning" and "không còn phải trả lời" in stc.said(reply)[0][1]
    assert stc.tasks(reply) == ["draft"]


def test_qd_28_d9_a_recall_is_refused_with_its_reason_and_the_course_goes_on(stc):
    found = taken_in(stc)
    ask(stc, edxml.RECALL, named())
    refuse(stc, found)
    stc.verify(found)
    stc.assign(found)
    stc.handle(found)
    assert stc.ended(found) == "end_finished"
    assert told(stc)[1] == ("16", "Từ chối thu hồi văn bản: Đã giao xử lý")
    assert codes(stc) == ["01", "16", "03", "04", "06"]


def test_an_end_before_the_clerk_decided_is_told_to_the_sender(stc):
    found = taken_in(stc)
    stc.verify(found)
    stc.assign(found)
    ask(stc, edxml.RECALL, named())
    stc.handle(found)
    assert stc.ended(found) == "end_finished"
    fetch(stc.app, "stc")
    fetch(stc.app, "stc")
    assert codes(stc) == ["01", "03", "04", "06", "16"] and "đã được xử lý xong" in told(stc)[4][1]
    ask_13(stc)  # after the end: the same answer again
    assert codes(stc)[5:] == ["16"] and stc.status(found) == "closed"
    with stc.inside():
        assert history.faults(f"document:{found}") == []


def test_a_suspended_document_is_asked_for_when_it_goes_on(stc):
    found = taken_in(stc)
    with stc.inside():
        run, admin = instances.of_document(found).id, stc.user("quantri")
        suspend.suspend(run, admin, "Chờ làm rõ", datetime.now(UTC))
    ask_13(stc)
    assert stc.tasks(found) == ["verify"]
    assert any(kind == "request" for kind, _ in stc.said(found))
    with stc.inside():
        suspend.resume(run, stc.user("quantri"), "Đã rõ", datetime.now(UTC))
        db.session.execute(db.text("update procrastinate_jobs set scheduled_at = now() where task_name = 'deliver'"))
        db.session.commit()
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["decide_request", "verify"]


def test_a_recall_that_overtakes_its_document_waits_for_it(stc):
    ask_13(stc)
    assert codes(stc) == []
    found = taken_in(stc)
    fetch(stc.app, "stc")
    assert stc.tasks(found) == ["decide_request", "verify"]
    accept(stc, found)
    assert stc.ended(found) == "end_withdrawn" and codes(stc) == ["01", "15"]
    whole(stc)


#: no seal was taken in these tests
_UNSEALED = ("seal", "copy", "time")


def whole(stc: Office) -> None:
    """History answers for every row (security.md S12)."""
    with stc.inside():
        tools = stc.app.extensions["tools"]
        faults = verify.verify(tools.blobs, tools.sealer, datetime.now(UTC))
        assert [fault for fault in faults if fault.check not in _UNSEALED] == []


def test_nd_30_d18_an_update_that_overtakes_its_document_changes_it_and_a_recall_leaves_nothing_of_it(stc):
    ask(stc, edxml.UPDATE, named(), files=[pdf(7)], subject="Về việc báo cáo sáu tháng",
        edit=lambda data: re.sub(rb"<(\w+:)?Priority>.*?</(\w+:)?Priority>", b"", data))
    early = message_sha(stc, "in")
    found = taken_in(stc)
    fetch(stc.app, "stc")
    with stc.inside():
        [row] = requests.of_document(found)
        assert row.changes == [["subject", "Về việc báo cáo quý", "Về việc báo cáo sáu tháng"]], "no word of urgency"
        assert "không sửa bằng gói cập nhật" in row.notes[0]
    assert "1 thông tin được sửa" in effects(stc, found)
    accept(stc, found)
    with stc.inside():
        document = db.session.get(Document, found)
        assert (document.subject, document.priority) == ("Về việc báo cáo sáu tháng", 1)
        assert may_be_answered(document)
    ask(stc, edxml.RECALL, named())
    accept(stc, found)
    assert codes(stc) == ["01", "15", "15"] and early not in blobs(stc)
    with stc.inside(), stc.app.test_request_context():
        document = db.session.get(Document, found)
        assert [one["changes"] for one in sender_request.shown(document)] == [[], []]
        assert not may_be_answered(document)
    whole(stc)


def test_art_6_3_an_update_is_held_to_what_a_registration_is_held_to(stc):
    send(stc.app, signed_pdf(stc.app, mark=2), number="11")
    stc.verify(arrived(stc))
    found = taken_in(stc)
    late = {"due_date": (datetime.now(UTC).date() - timedelta(days=9)).isoformat(), "code_number": "11"}
    ask(stc, edxml.UPDATE, named(), business={"document_info": 1}, **late)
    with pytest.raises(FormInvalid, match="decision") as refused:
        accept(stc, found)
    assert [words[:9] for words in refused.value.errors["decision"]] == ["Hạn xử lý", "Trùng số,"]
    stc.do("vanthu", "decide_request", {"decision": "accept", "is_past_due": True, "is_no_twin": True}, found)
    worker.run_due(stc.app)
    with stc.inside():
        document = db.session.get(Document, found)
        assert (document.due_date.isoformat(), document.code_number) == (late["due_date"], "11")
    ahead = (datetime.now(UTC).date() + timedelta(days=9)).isoformat()
    ask(stc, edxml.UPDATE, named(), key="ahead", promulgation_date=ahead, business={"document_info": 1}, **late)
    with pytest.raises(FormInvalid, match="decision") as refused:
        accept(stc, found)
    assert refused.value.errors["decision"] == ["Ngày ban hành không thể sau ngày hôm nay."]
    refuse(stc, found)
    stc.verify(found, is_past_due=True, due_date=late["due_date"])
    with pytest.raises(FormInvalid, match="due_date"):
        stc.assign(found, due_date=late["due_date"])
    with pytest.raises(FormInvalid, match="due_date"):
        stc.assign(found)  # nor silently, as with one thumb
    with pytest.raises(FormInvalid, match="due_date"):
        stc.assign(found, due_date="2020-01-01", is_past_due=True)  # only the document's own is kept
    stc.assign(found, due_date=late["due_date"], is_past_due=True)
    with stc.inside():
        assert db.session.get(Document, found).due_date.isoformat() == late["due_date"]


def test_art_3_2_a_request_that_brings_a_marked_file_or_word_is_refused_and_nothing_of_it_is_stored(stc):
    found = taken_in(stc)
    stored = blobs(stc)
    ask(stc, edxml.RECALL, named(), files=[pdf(3)], name="MẬT - ke hoach.pdf")
    ask(stc, edxml.UPDATE, named(), business={"reason": "TUYỆT MẬT: sửa trích yếu"})
    assert blobs(stc) == stored and stc.tasks(found) == ["verify"]
    assert codes(stc) == ["01", "16", "16"] and "chưa được thực hiện" in told(stc)[1][1]
    ask(stc, edxml.RECALL, named(), key="plain", business={"reason": "Đơn khiếu nại gửi nhầm"})
    assert stc.tasks(found) == ["decide_request", "verify"], "a reason may speak of a complaint"
    whole(stc)


def blobs(stc: Office) -> set[str]:
    """What lies in the store."""
    return {path.name for path in stc.app.extensions["tools"].blobs.folder.rglob("*") if path.is_file()}


def message_sha(stc: Office, direction: str) -> str:
    """The raw packet of the newest message."""
    with stc.inside():
        return db.session.scalars(db.select(Message.sha256).where(Message.direction == direction)
                                  .order_by(Message.id.desc()).limit(1)).one()


def test_a_recall_of_what_never_came_is_refused_after_a_day_and_once(stc, monkeypatch):
    ask_13(stc)
    assert told(stc) == []
    monkeypatch.setattr(sender_answer, "WAIT_HOURS", 0)  # the day is over
    fetch(stc.app, "stc")
    fetch(stc.app, "stc")
    assert told(stc) == [("16", "Từ chối thu hồi văn bản: Cơ quan chưa nhận được văn bản này.")]
    whole(stc)


def test_nd_30_d18_an_update_shows_what_changes_and_never_the_files(stc):
    found = taken_in(stc)
    due = (datetime.now(UTC).date() + timedelta(days=9)).isoformat()
    ask(stc, edxml.UPDATE, named(), files=[pdf(7)], subject="Về việc báo cáo sáu tháng", due_date=due,
        business={"document_info": 1, "document_receiver": 0})
    with stc.inside():
        [row] = requests.of_document(found)
        assert row.changes == [["subject", "Về việc báo cáo quý", "Về việc báo cáo sáu tháng"],
                               ["due_date", None, due]]
        assert "không sửa bằng gói cập nhật" in row.notes[0]
    said = effects(stc, found)
    assert "2 thông tin được sửa" in said and "vẫn tiếp tục: Văn thư kiểm tra" in said
    assert "Hạn của việc đang xử lý đổi theo" in said
    ask(stc, edxml.UPDATE, named(), key="second", priority=3, business={"document_info": 1})
    accept(stc, found)
    assert stc.tasks(found) == ["decide_request", "verify"]  # the second one, straight away
    refuse(stc, found)
    assert stc.tasks(found) == ["verify"] and codes(stc) == ["01", "15", "16"]
    with stc.inside():
        document = db.session.get(Document, found)
        assert (document.subject, document.due_date.isoformat(), document.priority) == (
            "Về việc báo cáo sáu tháng", due, 1)
    assert stc.files(found) == ["original"]


def test_qd_28_d8_a_recall_behind_an_update_is_told_at_once_and_comes_before_other_updates(stc):
    found = taken_in(stc)
    for key in ("first", "second"):
        ask(stc, edxml.UPDATE, named(), key=key, subject=f"Về việc báo cáo {key}", business={"document_info": 1})
    assert "thu hồi" not in effects(stc, found)
    ask_13(stc)
    said = effects(stc, found)
    assert "1 thông tin được sửa" in said and "đã yêu cầu thu hồi văn bản này (Gửi nhầm nơi nhận)" in said
    refuse(stc, found)
    assert stc.tasks(found) == ["decide_request", "verify"] and "bị xóa" in effects(stc, found)
    refuse(stc, found)
    assert stc.tasks(found) == ["decide_request", "verify"]
    said = effects(stc, found)
    assert "1 thông tin được sửa" in said and "thu hồi" not in said, "it is refused"
    accept(stc, found)
    assert [code for code, _ in told(stc)] == ["01", "16", "16", "15"] and "thu hồi" in told(stc)[2][1]
    with stc.inside():
        assert db.session.get_one(Document, found).subject == "Về việc báo cáo second"


def test_a_replacement_is_registered_by_itself_and_both_are_linked(stc):
    found = taken_in(stc)
    stc.verify(found)
    ask(stc, edxml.REPLACE, number="13", files=[signed_pdf(stc.app, mark=1)], business={"replacement": [
        {"document_id": named(), "organ_ids": ["H38.12"]}, {"document_id": "H38.01,2020/01/01,1/X", "organ_ids": []}]})
    new = arrived(stc)
    fetch(stc.app, "stc")
    assert new != found and stc.tasks(new) == ["verify"]
    assert stc.tasks(found) == ["assign"] and not any(kind == "request" for kind, _ in stc.said(found))
    stc.verify(new, code_number="13")
    fetch(stc.app, "stc")
    assert stc.tasks(found) == ["assign", "decide_request"]
    assert all(said in effects(stc, found) for said in ("dừng ngay: ", "được giữ để tra cứu", "Số đến 1 vẫn giữ"))
    accept(stc, found)
    assert stc.ended(found) == "end_withdrawn" and stc.status(found) == "replaced"
    with stc.inside():
        [row] = requests.of_document(found)
        assert [one.document_id for one in requests.of_document(new)] == [found, None] and row.replacement_id == new
        assert register.entry_of(found, "incoming").voided_at is None
        assert db.session.get(Document, found).subject
    assert any("chưa nhận văn bản đó" in text for _, text in stc.said(new))
    whole(stc)
