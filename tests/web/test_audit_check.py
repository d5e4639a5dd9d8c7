"""S12, Art. 10.3: the last nightly results are shown to who must know, aloud when history is not whole."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from doors import Browser, alone
from flask_babel import force_locale
from steps import Office, quick

from app import worker
from app.db import Base, db, tenancy
from app.engine import template
from app.engine.playback_words import Value
from app.records import nightly, verify, verify_record
from app.records.history import UNSAID
from app.web import audit_words

PAGE = "/lich-su/kiem-tra"


@pytest.fixture
def office(world):
    quick(world.app)
    return Office(world.app)


def kept(office: Office, check: str, faults: list[dict], before: timedelta = timedelta()) -> None:
    with office.inside():
        verify.keep(office.agency_id, check, datetime.now(UTC) - before, {"acts": 12, "checked": 3}, faults)
        db.session.commit()


def test_every_record_and_column_that_history_tells_of_has_a_word():
    for table in sorted(verify_record.OF_DOCUMENT | set(verify_record.STANDING)):
        assert table in audit_words.TABLE, table
        told = {column.name for column in Base.metadata.tables[table].columns} - UNSAID.get(table, set())
        assert told - {"id", "agency_id"} <= set(audit_words.COLUMN), table
    assert audit_words.recorded("Bản ghi deadline 2: cột due_at khác với lịch sử.") == \
        "Bản ghi “Thời hạn” mã 2: cột Hạn xử lý khác với lịch sử."
    assert audit_words.recorded("Mất bước 2 trước bước 3.") == "Mất bước 2 trước bước 3."


def test_what_pages_and_messages_are_called_is_said_in_words(office):
    parts = {name for name in office.app.blueprints if not name.startswith("diagram")}
    assert parts <= set(audit_words.PAGE) and audit_words.page_word("audit_answer.file") == "Lấy ra lịch sử"
    assert audit_words.said("", "message", "receipt") == "Hồi báo của nơi nhận"
    assert audit_words.said("", "payload", "receipt_code: 03") == "Mã hồi báo: Đã tiếp nhận"
    assert audit_words.said("document", "purpose", "periodic_report").startswith("Báo cáo định kỳ")
    assert audit_words.said("internal_paper", "chosen", "all; role:head; Phòng Ngân sách") == \
        "Toàn cơ quan; Lãnh đạo phòng; Phòng Ngân sách"
    assert audit_words.said("", "answer", "absent") == "Không tham dự"
    assert audit_words.said("", "kind", "fresh") == "Dự thảo mới của chuyên viên"
    with office.app.test_request_context(), force_locale("en"):
        assert audit_words.said("", "draft", "Tệp 637427c4b5691b38…") == "File 637427c4b5691b38…"
        assert audit_words.said("internal_paper", "is_meeting", "Có") == "Yes"
        assert audit_words.said("document", "subject", "Có") == "Có", "what people wrote stays"
        assert audit_words.value_said(Value("signature_ok", "", "Không", ("Không",))) == "No"
        assert audit_words.said("", "signature", "Đã ký bằng khóa của người ký") == "Signed with the signer's key"
        assert audit_words.said("", "signature", "Đã ký bằng khóa của người ký, chấp nhận chữ ký mức B") == \
            "Signed with the signer's key, accepted at level B"
        assert audit_words.column_word("prepared") == audit_words.column_word("prepared_sha256")
    for one in template.templates().values():
        assert set(one.gives) <= set(audit_words.COLUMN), one


def test_s12_a_run_at_once_shows_its_results_and_a_tampered_act_is_an_alarm(office):
    letter = office.take_in()
    auditor, admin, leader, officer = (Browser(office.app, "stc", name)
                                       for name in ("thanhtra", "quantri", "lanhdao", "chuyenvien"))
    assert officer.get(PAGE).status_code == officer.post(PAGE).status_code == 403
    page = auditor.get(PAGE).text
    assert "Chưa kiểm tra lần nào" in page and "Bị từ chối truy cập, Trang “Kiểm tra lịch sử”" in page
    assert auditor.post(PAGE).status_code == 303 and "Đang kiểm tra" in auditor.get(PAGE).text
    assert leader.post(PAGE).status_code == 303 and "đang chờ chạy rồi" in leader.get(PAGE).text
    worker.run_due(office.app)
    for browser, count in ((auditor, 3), (leader, 3), (admin, 2)):
        page = browser.get(PAGE)
        assert alone(page.text) == [] and page.text.count("data-check=") == count
        assert page.text.count("tag status-closed") == count and "class=\"flash error" not in page.text
        assert "Cảnh báo về lịch sử" not in browser.get("/").text
    with office.app.app_context(), tenancy.as_owner():
        db.session.execute(db.text("update act set element = 'x' where subject = :s and number = 2"),
                           {"s": f"document:{letter}"})
        db.session.commit()
        db.session.remove()
    assert admin.post(PAGE).status_code == 303
    worker.run_due(office.app)
    for browser, link in ((auditor, True), (admin, False)):
        page, home = browser.get(PAGE).text, browser.get("/").text
        assert "Bước 2 đã bị sửa sau khi ghi." in page and (f"/van-ban/{letter}\"" in page) is link
        assert "Cảnh báo về lịch sử" in home and "role=\"alert\"" in home
    assert "Cảnh báo về lịch sử" not in officer.get("/").text


def test_s12_checks_that_do_not_run_are_an_alarm_and_lateness_is_not(office):
    office.take_in()
    for check in nightly.CHECKS:
        kept(office, check, [], timedelta(hours=nightly.SILENT_HOURS + 1))
    leader, admin = Browser(office.app, "stc", "lanhdao"), Browser(office.app, "stc", "quantri")
    for browser in (leader, admin):  # the administrator must know, too, that one did not run; not what it found
        assert browser.get("/").text.count("hơn 2 ngày nay chưa được kiểm tra") == 3
    for check in nightly.CHECKS[:-1]:
        kept(office, check, [])
    kept(office, "conform", [{"check": "conform", "subject": "document:1", "act": 3, "article": "Art. 10.4",
                              "message": "“Phân công”: hoàn thành sau thời hạn (Điều 10.4)."}])
    home, page = leader.get("/").text, leader.get(PAGE).text
    assert "Cảnh báo về lịch sử" not in home and "1 việc trễ hạn" in home and "hoàn thành sau thời hạn" in page
    rows = [len(re.findall("data-nightly=", browser.get("/").text)) for browser in (leader, admin)]
    assert rows == [3, 2]
    assert "trễ hạn hoặc" not in admin.get("/").text and "sau thời hạn" not in admin.get(PAGE).text
    kept(office, "replay", [{"document": 1, "act": 3, "element": "x", "difference": "state after act 3 differs"}])
    kept(office, "verify", [{"check": "record", "subject": "audit_grant:3", "act": 0, "message":
                             "Bản ghi audit_grant 3 khác với lịch sử: until_date, void_reason."}])
    page = leader.get(PAGE).text  # in words, no name of the code
    assert "Trạng thái sau bước này khác trạng thái đã ghi." in page and "Quyền kiểm tra 3" in page
    assert "Bản ghi “Quyền kiểm tra” mã 3 khác với lịch sử: Đến ngày, Lý do hủy số." in page
    with office.inside():  # never checked, and there is history of that age
        db.session.rollback()
        found = nightly.results(datetime.now(UTC) + timedelta(hours=nightly.SILENT_HOURS + 1))
        assert [one.is_silent for one in found] == [True] * 3
