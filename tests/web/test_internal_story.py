"""An invitation within the agency in the browsers of three people, on a desktop and on a phone (Art. 4.1.a)."""

import re
from datetime import datetime, timedelta

import pytest
from browser import Person, Site, log_in, looked, needs_axe
from fakes import pdf
from playwright.sync_api import Browser, expect
from steps import quick

from app.records.calendar import ZONE

pytestmark = [pytest.mark.browser, needs_axe]



@pytest.fixture
def office(world) -> None:
    """No recognition is asked for here."""
    quick(world.app)


def written(clerk: Person) -> None:
    """The clerk writes and sends an invitation; the first time he forgets where and when."""
    page = clerk.go("/noi-bo?muc=gui")
    page.get_by_role("link", name="Soạn văn bản đầu tiên").click()
    looked(clerk, "form")
    page.get_by_label("Loại văn bản").select_option("Mời họp, trao đổi công việc")
    page.get_by_label("Trích yếu").fill("Họp bàn phương án phân bổ vốn sự nghiệp năm 2027")
    page.get_by_label("Nội dung").fill("Kính mời các đồng chí dự họp.\nĐề nghị các phòng chuẩn bị số liệu.")
    page.get_by_label("Tệp kèm theo").set_input_files(
        [{"name": "Tài liệu họp.pdf", "mimeType": "application/pdf", "buffer": pdf(7)}])
    page.get_by_role("button", name="Gửi", exact=True).click()
    expect(page.get_by_text("Ghi giờ họp, sau lúc này.")).to_be_visible()
    expect(page.get_by_label("Tài liệu họp.pdf")).to_be_checked()
    clerk.complaints.clear()  # the browser says that it was answered with 422
    looked(clerk, "wrong")
    page.get_by_label("Họp lúc").fill((datetime.now(ZONE) + timedelta(days=2)).strftime("%Y-%m-%dT08:30"))
    page.get_by_label("Địa điểm").fill("Phòng họp số 1, tầng 2")
    page.get_by_placeholder("Tìm đơn vị, người").fill("ngân sách")
    page.get_by_label("Phòng Ngân sách cả đơn vị").check()
    page.get_by_label("Lãnh đạo cơ quan").check()
    page.get_by_role("button", name="Gửi", exact=True).click()
    expect(page.get_by_role("heading", name="Đã đọc 0/5")).to_be_visible()
    looked(clerk, "sent")


def test_art_4_1_a_an_invitation_is_sent_read_answered_urged_and_taken_back_in_three_browsers(
        office: None, pages: Site, chromium: Browser):
    clerk, head = log_in(chromium, pages, "stc", "vanthu"), log_in(chromium, pages, "stc", "truongphong")
    officer = log_in(chromium, pages, "stc", "chuyenvien")
    head.go("/noi-bo")
    looked(head, "empty")
    written(clerk)
    page = clerk.page
    officer.go("/")
    looked(officer, "home")
    officer.page.get_by_role("link", name="Trao đổi nội bộ").click()
    looked(officer, "received")
    officer.page.keyboard.press("j")
    officer.page.keyboard.press("Enter")
    expect(officer.page.get_by_role("heading", name="Họp bàn phương án")).to_be_visible()
    expect(officer.page.locator(".viewer canvas").first).to_be_visible()
    looked(officer, "read")
    officer.page.get_by_label("Không tham dự").check()
    officer.page.get_by_label("Lý do").fill("Đi kiểm tra dự án ở Bát Xát")
    looked(officer, "answering")
    officer.page.get_by_role("button", name="Trả lời").click()
    expect(officer.page.get_by_text("Đã ghi câu trả lời")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Đi kiểm tra dự án ở Bát Xát")).to_be_visible()
    page.get_by_text("Nhắc người chưa đọc").click()
    page.get_by_label("Lời nhắc").fill("Đề nghị trả lời trước 16 giờ")
    page.get_by_role("button", name="Nhắc 4 người").click()
    expect(page.get_by_text("Đã nhắc 4 người chưa đọc.")).to_be_visible()
    looked(clerk, "urged")
    head.go("/")
    expect(head.page.get_by_text("Đề nghị trả lời trước 16 giờ")).to_be_visible()
    head.page.get_by_role("link", name="Họp bàn phương án").first.click()
    head.page.get_by_label("Cử người khác").check()
    head.page.get_by_label("Người dự thay").select_option(index=1)
    head.page.get_by_role("button", name="Trả lời").click()
    expect(head.page.get_by_text("Đã ghi câu trả lời")).to_be_visible()
    clerk.go("/noi-bo?muc=gui")
    looked(clerk, "tally")
    page.get_by_role("link", name=re.compile("Họp bàn phương án")).click()
    page.get_by_text("Thu hồi văn bản này").click()
    page.get_by_label("Lý do thu hồi").fill("Đổi lịch họp sang tuần sau")
    page.get_by_role("button", name="Thu hồi", exact=True).click()
    expect(page.get_by_text("Đổi lịch họp sang tuần sau")).to_be_visible()
    looked(clerk, "taken-back")
    clerk.go("/noi-bo/loai")
    looked(clerk, "kinds")
