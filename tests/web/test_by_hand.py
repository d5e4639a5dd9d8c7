"""Who has a document by mail or on paper is told by people that it is taken back or corrected (QĐ 28/2018 Đ8)."""

from datetime import UTC, datetime, timedelta

import pytest
from doors import Browser
from steps import Office, letter_to, quick

from app.db import db
from app.records import message
from app.records.calendar import local_date
from app.records.document import Document
from app.regulation.outgoing import by_hand, otherwise, recall


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def clerk(stc):
    return Browser(stc.app, "stc", "vanthu")


def dispatched(stc, to, also=(), **chosen):
    found = stc.begin()
    file = stc.upload("chuyenvien", letter_to([*to], [*also]), "du thao.docx")
    stc.approved(found, draft_file=file, **{"addressees": [], "recipients": [], **chosen})
    stc.sign(found)
    stc.seal(found)
    return found


def given(stc, found, partner, way="mail", note="vanthu@apatit.example"):
    with stc.inside():
        otherwise.tell(found, partner, way, note, stc.user("vanthu"), datetime.now(UTC))


def rows(stc, found):
    with stc.inside():
        return [(row.name or row.partner, row.status_code, row.other_way) for row in by_hand.of(found)]


def tick(clerk, stc, found, at=0, **said):
    with stc.inside():
        row = by_hand.of(found)[at].id
    today = local_date(datetime.now(UTC))
    clerk.post(f"/phat-hanh/{found}/da-bao", **{"row": str(row), "day": today.isoformat(),
                                               "note": "Điện thoại, ông Hoàng nhận"} | said)
    return clerk.get(f"/phat-hanh/{found}").text


def test_qd_28_d8_what_only_went_by_mail_and_on_paper_is_corrected_taken_back_and_told_by_hand(stc, clerk):
    found = dispatched(stc, ["Công ty TNHH Hoàng Liên"], ["Báo Lào Cai", "Hội Luật gia"])
    given(stc, found, "to:1")
    given(stc, found, "also:2", "none", "Chưa đến ngày công bố")
    page = f"/phat-hanh/{found}"
    shown = clerk.get(page).text
    assert "phải tự báo: Công ty TNHH Hoàng Liên." in shown and "qua trục" not in shown.partition("cap-nhat")[2]
    corrected = {"subject": "Về việc góp ý dự thảo, có hạn", "priority": "0", "reason": "Sửa trích yếu"}
    assert clerk.post(f"{page}/cap-nhat", **corrected).status_code == 303
    assert "hãy tự báo rồi ghi lại: Công ty TNHH Hoàng Liên." in clerk.get(page).text
    assert rows(stc, found) == [("Công ty TNHH Hoàng Liên", "", "")]
    assert clerk.post(f"/van-ban/{found}/thu-hoi", reason="Gửi nhầm phụ lục").status_code == 303
    assert stc.status(found) == "withdrawn"
    shown = clerk.get(f"/van-ban/{found}").text
    assert "Văn bản đã đóng băng" in shown and "Nơi nhận qua trục được báo" not in shown
    assert rows(stc, found) == [("Công ty TNHH Hoàng Liên", "13", ""), ("Hội Luật gia", "13", "")], (
        "nobody has said that the third does not have it; of the correction nobody need tell any more")
    given(stc, found, "also:3", "none", "Chưa kịp gửi")
    assert rows(stc, found) == [("Công ty TNHH Hoàng Liên", "13", "")]
    later = (local_date(datetime.now(UTC)) + timedelta(days=1)).isoformat()
    for wrong, words in (({"day": later}, "Ngày báo từ ngày"), ({"day": "hôm qua"}, "Ngày báo từ ngày"),
                         ({"note": " "}, "ý do"), ({"note": "ừ"}, "ý do")):
        assert words in tick(clerk, stc, found, **wrong), wrong
    assert rows(stc, found)[0][2] == ""
    assert Browser(stc.app, "stc", "chuyenvien").post(
        f"{page}/da-bao", row="1", day=later, note="Đã gọi điện").status_code in (403, 404, 409)
    for _ in range(2):
        assert "Điện thoại, ông Hoàng nhận" in tick(clerk, stc, found)
    assert rows(stc, found) == [("Công ty TNHH Hoàng Liên", "13", "told")]
    kinds = [kind for kind, _ in stc.course(found)]
    assert kinds.count("update_asked") == kinds.count("recall_asked") == 1
    assert kinds.count("sent_otherwise") == 4, "twice is said once"
    assert stc.faults() == []


def test_qd_28_d8_of_a_mixed_document_each_is_asked_the_way_that_reaches_him(stc, clerk):
    found = dispatched(stc, ["Công ty TNHH Hoàng Liên"], addressees=["H38.01", "H38.07"])
    given(stc, found, "to:1")
    with stc.inside():
        failed = next(one for one in message.sent_for(found) if one.partner == "H38.07")
        failed.axis_id, failed.description = "", "Cơ quan nhận không có trên trục liên thông."
        db.session.commit()
    given(stc, found, "H38.07", "post", "Bưu gửi EB 12")
    shown = clerk.get(f"/van-ban/{found}").text
    assert "Mọi nơi nhận qua trục được yêu cầu xóa" in shown
    assert "phải tự báo: Sở Nội vụ tỉnh Lào Cai; Công ty TNHH Hoàng Liên." in shown
    clerk.post(f"/van-ban/{found}/thu-hoi", reason="Gửi nhầm phụ lục")
    shown = clerk.get(f"/van-ban/{found}").text
    assert "Nơi nhận qua trục được báo ở lần kết nối kế tiếp" in shown
    assert "hãy tự báo rồi ghi lại: Sở Nội vụ tỉnh Lào Cai; Công ty TNHH Hoàng Liên." in shown
    with stc.inside():
        assert [one.partner for one in recall.states(found)] == ["H38.01"]
    assert [name for name, _, _ in rows(stc, found)] == ["H38.07", "Công ty TNHH Hoàng Liên"]


def test_qd_28_d8_what_nobody_outside_has_is_neither_corrected_nor_taken_back(stc, clerk):
    found = dispatched(stc, ["Công ty TNHH Hoàng Liên"])
    given(stc, found, "to:1", "none", "Chưa đến ngày công bố")
    page = f"/phat-hanh/{found}"
    assert clerk.post(f"/van-ban/{found}/thu-hoi", reason="Gửi nhầm phụ lục").status_code == 409
    assert clerk.post(f"{page}/cap-nhat", subject="Khác hẳn", priority="0", reason="Sửa trích yếu").status_code == 409
    with stc.inside():
        assert db.session.get_one(Document, found).status == "dispatched" and by_hand.of(found) == []
