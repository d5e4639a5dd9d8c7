"""A copy of a paper in the browsers of three people, on a desktop and on a phone (NĐ 30/2020 Đ25 to 27)."""

import re

import pytest
from browser import Person, Site, log_in, looked, needs_axe
from playwright.sync_api import Browser, expect
from steps import Office, quick

from app import worker
from app.demo import letters
from app.demo.people import PIN
from app.records.calendar import local_date
from app.web.moment import now

pytestmark = [pytest.mark.browser, needs_axe]



@pytest.fixture
def paper(world) -> int:
    """A paper, scanned and registered, before the browser is there."""
    quick(world.app)
    office = Office(world.app)
    page = letters.letter({
        "organ_name": "Ủy ban nhân dân tỉnh Lào Cai", "code_number": "41", "code_notation": "UBND-TH",
        "issued_date": local_date(now()), "place": "Lào Cai", "type_name": "Công văn",
        "subject": "giao dự toán ngân sách nhà nước năm 2027", "priority": "0", "signer_name": "Nguyễn Thành Sinh",
        "signer_position": "PHÓ CHỦ TỊCH", "addressees": ["Sở Tài chính tỉnh Lào Cai"],
        "recipients": ["Như trên", "Lưu: VT"]}, seed=7)
    found = office.hand_in("vanthu", page, "cong-van-41.pdf")
    worker.run_due(world.app)
    office.verify(found)
    return found


def asked(person: Person, document_id: int, form: str, kind: str = "Sao y") -> None:
    """Fill in the form of the document's page and look at what the copy will be."""
    page = person.go(f"/van-ban/{document_id}")
    page.get_by_role("link", name="Sao văn bản").click()
    page.get_by_label(re.compile(f"^{kind}")).check()
    page.get_by_label(re.compile(f"^{form}")).check()
    if kind == "Trích sao":
        page.get_by_label("Phần được trích").fill("khoản 2 Điều 3")
        page.get_by_label("Các trang trích").fill("1 (0-45)")
    page.get_by_label("Nơi nhận").fill("Kho bạc Nhà nước khu vực VIII\nCác phòng thuộc Sở")
    page.get_by_label("Lý do, mục đích").fill("Gửi các đơn vị thực hiện")


def signed_and_sent(clerk: Person, leader: Person, paper: int) -> None:
    """An electronic copy, with the agency's signature, goes to an agency of the directory."""
    asked(leader, paper, "Bản điện tử")
    leader.page.get_by_role("button", name="Xem trước").click()
    leader.page.get_by_role("button", name="Quyết định sao").click()
    clerk.go("/ban-sao")
    clerk.page.get_by_role("link", name="Sao y").first.click()
    clerk.page.get_by_label("Mã PIN").fill("111111")
    clerk.page.get_by_role("button", name="Ký và cấp số").click()
    expect(clerk.page.get_by_text("Mã PIN không đúng")).to_be_visible()
    clerk.complaints.clear()
    looked(clerk, "pin")
    clerk.page.get_by_label("Mã PIN").fill(PIN)
    clerk.page.get_by_role("button", name="Ký và cấp số").click()
    expect(clerk.page.get_by_role("heading", name="Sao y số 02/SY-STC")).to_be_visible()
    expect(clerk.page.locator(".viewer canvas").first).to_be_visible()
    looked(clerk, "signed")
    clerk.page.get_by_label("Tìm cơ quan").fill("Nội vụ")
    clerk.page.get_by_label("Sở Nội vụ").check()
    clerk.page.get_by_text("Gửi bản sao", exact=True).click()
    looked(clerk, "sending")
    clerk.page.get_by_role("button", name="Đồng ý gửi").click()
    expect(clerk.page.get_by_text("Đã xếp gửi tới 1 cơ quan")).to_be_visible()
    looked(clerk, "sent")


def test_nd_30_d25_a_copy_is_asked_for_decided_and_made_in_three_browsers(paper: int, pages: Site, chromium: Browser):
    clerk, leader = log_in(chromium, pages, "stc", "vanthu"), log_in(chromium, pages, "stc", "lanhdao")
    clerk.go("/ban-sao")
    looked(clerk, "empty")
    asked(clerk, paper, "Bản giấy", "Trích sao")
    looked(clerk, "form")
    clerk.page.get_by_label("Các trang trích").fill("2")
    clerk.page.get_by_role("button", name="Xem trước").click()
    expect(clerk.page.get_by_text("Ghi đúng các trang")).to_be_visible()
    clerk.complaints.clear()  # the browser says that it was answered with 422
    looked(clerk, "wrong")
    clerk.page.get_by_label("Các trang trích").fill("1 (0-45)")
    clerk.page.get_by_role("button", name="Xem trước").click()
    expect(clerk.page.locator(".viewer canvas").first).to_be_visible()
    looked(clerk, "asking")
    clerk.page.get_by_role("button", name="Gửi đề nghị sao").click()
    expect(clerk.page.get_by_text("Đã đề nghị sao")).to_be_visible()
    leader.go("/")
    leader.page.get_by_role("link", name=re.compile("^Bản sao")).click()
    leader.page.get_by_role("link", name="Trích sao").first.click()
    looked(leader, "deciding")
    leader.page.get_by_role("button", name="Cho phép sao").click()
    expect(leader.page.get_by_text("Đã cho sao")).to_be_visible()
    clerk.page.reload()
    clerk.page.get_by_text("Cấp số, ngày").click()
    looked(clerk, "making")
    clerk.page.get_by_role("button", name="Đồng ý cấp số").click()
    expect(clerk.page.get_by_role("heading", name="Trích sao số 01/TrS-STC")).to_be_visible()
    expect(clerk.page.locator(".viewer canvas").first).to_be_visible()
    looked(clerk, "made")
    signed_and_sent(clerk, leader, paper)
    clerk.go("/ban-sao")
    looked(clerk, "list")
    clerk.page.get_by_role("link", name="Sổ đăng ký bản sao").click()
    looked(clerk, "register")
