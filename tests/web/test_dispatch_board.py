"""The delivery board as people see it, and the packet sent again from it (Art. 9.1.d; QĐ 28/2018 Đ6, 8)."""

import re
from datetime import UTC, datetime

import pytest
from browser import PHONE, Site, log_in, needs_axe, serious, too_wide
from doors import Browser as Door
from playwright.sync_api import Browser, expect
from steps import Office, quick

from app.records import message
from app.regulation.outgoing import not_taken

pytestmark = [pytest.mark.browser, needs_axe]


@pytest.fixture
def office(world) -> Office:
    """An urgent letter was dispatched to two; the software of the first could not take it."""
    quick(world.app)
    office = Office(world.app)
    found = office.begin()
    office.approved(found, addressees=["H38.01", "H38.07"], priority="1")
    office.sign(found)
    office.seal(found)
    with office.inside():
        own, row = office.user("vanthu").agency, message.sent_for(found)[0]
        not_taken.keep_failures(own, [{"senderdocid": row.axis_id, "tocode": row.partner, "receivestatus": "FAIL",
                                       "receivestatusdesc": "Đĩa đầy"}], datetime.now(UTC))
    return office


def test_art_9_1_d_the_clerk_sees_who_has_it_and_sends_it_again(office: Office, chromium: Browser, pages: Site) -> None:
    clerk = log_in(chromium, pages, "stc", "vanthu")
    page = clerk.go("/phat-hanh?tu=2026-01-01&den=2026-01-02")
    expect(page.get_by_text("Chưa có văn bản nào được ký")).to_be_visible()
    for path in ("?tu=x", "?trang-thai=99", "?sau=1", "?sau=9-9-9", "?tu=0001-01-01"):
        assert Door(office.app, "stc", "lanhdao").get(f"/phat-hanh{path}").status_code == 404
    clerk.go("/phat-hanh")
    expect(page.get_by_role("link", name="Không gửi được: 1")).to_be_visible()
    assert serious(page) == []
    clerk.picture("phat-hanh")
    page.set_viewport_size(PHONE)
    assert too_wide(page) == 0
    clerk.picture("phat-hanh-phone")
    page.get_by_label("Nơi nhận", exact=True).fill("văn phòng ủy ban")
    page.get_by_label("Nơi nhận", exact=True).press("Enter")
    expect(page.get_by_text("Đã gửi: 1")).to_have_count(0)
    page.get_by_role("row", name=re.compile("Không gửi được: 1")).get_by_role("link").press("Enter")
    expect(page.get_by_text("Đĩa đầy")).to_be_visible()
    page.get_by_text("Gửi lại").first.press("Enter")
    assert serious(page) == []
    assert too_wide(page) == 0
    clerk.picture("phat-hanh-noi-nhan-phone")
    page.set_viewport_size({"width": 1366, "height": 768})
    clerk.picture("phat-hanh-noi-nhan")
    page.get_by_role("button", name="Gửi lại nơi nhận này").press("Enter")
    expect(page.get_by_text("Đã xếp gửi lại.")).to_be_visible()
    expect(page.get_by_text("Chờ gửi")).to_be_visible()
    clerk.go("/phat-hanh?tu=2026-02-02&den=2026-02-01")
    expect(page.get_by_role("alert")).to_have_text("Ngày cuối đứng trước ngày đầu.")
    assert clerk.complaints == []
    stranger = Door(office.app, "stc", "chuyenvien2")  # of another unit
    assert "Chưa có văn bản nào được ký" in stranger.get("/phat-hanh").text


def test_art_9_1_d_the_board_says_the_kind_of_a_document_once(world) -> None:
    quick(world.app)
    office = Office(world.app)
    for type_name, subject in (("Báo cáo", "Báo cáo quý III"), ("Công văn", "V/v báo cáo quý")):
        found = office.begin(type_name=type_name)
        office.approved(found, subject=subject)
        office.sign(found)
    page = Door(world.app, "stc", "vanthu").get("/phat-hanh").text
    assert ">Báo cáo quý III</a>" in page and ">Công văn - V/v báo cáo quý</a>" in page
