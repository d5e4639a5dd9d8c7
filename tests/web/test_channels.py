"""The page of the ways in, and a sender's request at its task, as the clerk sees them (Art. 6.3)."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from browser import PHONE, Site, log_in, needs_axe, serious, too_wide
from fakes import pdf
from mail_world import letter
from playwright.sync_api import Browser, expect
from steps import Office, arrived, fetch, quick, send, signed_pdf

from app.db import db
from app.records import mail as mails
from app.records import message, poll
from app.records.agency import Agency
from app.records.sender_request import SenderRequest
from app.regulation.incoming import mail as incoming
from app.tools.edxml import sentence
from app.tools.mail_read import read

pytestmark = [pytest.mark.browser, needs_axe]
HTML = "<b>Đậm</b><script>alert(1)</script>"


@pytest.fixture
def office(world) -> Office:
    quick(world.app)
    office = Office(world.app)
    send(world.app, signed_pdf(world.app))
    found, at = arrived(office), datetime.now(UTC)
    with office.inside():
        own = db.session.get_one(Agency, office.agency_id)
        incoming.settings(None, own, {"host": "mail.example", "port": 993, "user_name": "stc", "security": "tls",
                                      "folder": "INBOX", "senders": [], "is_on": True}, "Khai báo", at)
        for number, mail in enumerate((
                letter(("Công văn số 15 về việc góp ý dự thảo kế hoạch đầu tư công.pdf", pdf(1)), subject=HTML),
                letter(("winmail.dat", b"x"), subject="Họp giao ban"),
                letter(("a.exe", b"MZ"), subject="Chương trình"))):
            one = replace(read(mail.as_bytes()), sent_at=at - timedelta(hours=number))
            files = incoming.judged(one, 10**8)
            incoming.leave(own, one, files, one.trouble[0] if one.trouble else "mail_stranger", place=(1, number + 1),
                           size=1000, at=at)
        poll.reached(own.id, poll.EXCHANGE, at)
        poll.missed(own.id, poll.MAIL, "Chưa kết nối được với máy chủ thư.", at)
        refused = message.Message(
            agency_id=own.id, direction="in", kind="document", key="x", partner="H38.01", status_code="FAIL",
            axis_id="x", description=sentence("unmatched_file", content_id="7"), at=at)
        db.session.add(refused)
        message.tell_apart(refused, refused.description)
        db.session.add(SenderRequest(
            agency_id=own.id, key="r", kind="update", partner="H38.01", packet_id="?", document_id=found, asked_at=at,
            reason="Cập nhật hạn trả lời", changes=[["due_date", None, "2026-12-10"], ["priority", 1, 2]],
            notes=[incoming.__doc__.split(".")[0]]))
        db.session.commit()
    fetch(world.app, "stc")
    return office


def test_art_6_3_the_clerk_sees_what_did_not_become_a_document_and_decides(office: Office, chromium: Browser) -> None:
    site = Site(office.app.config["SETTINGS"], "serve")
    try:
        clerk = log_in(chromium, site, "stc", "vanthu")
        page = clerk.go("/kenh-den")
        expect(page.get_by_text("winmail.dat").first).to_be_visible()
        expect(page.get_by_role("heading", name=HTML)).to_be_visible()  # a subject is text
        expect(page.get_by_text("Không liên lạc được từ")).to_be_visible()
        expect(page.get_by_role("cell", name=re.compile("Danh mục tệp"))).to_be_visible()
        assert serious(page) == []
        clerk.picture("kenh-den")
        page.set_viewport_size(PHONE)
        assert too_wide(page) == 0
        clerk.picture("kenh-den-phone")
        card = page.locator("article", has_text="Họp giao ban")
        expect(card.get_by_role("button", name="Tiếp nhận")).to_have_count(0)
        card.get_by_text("Bỏ qua...").press("Enter")
        card.get_by_label("Lý do bỏ qua").fill("Thư nội bộ")
        card.get_by_label("Lý do bỏ qua").press("Enter")
        expect(page.get_by_text("Đã bỏ qua thư.")).to_be_visible()
        page.locator("article", has_text="Công văn số 15").get_by_role("button", name="Tiếp nhận").press("Enter")
        expect(page.get_by_text("Đang chờ lấy về")).to_be_visible()
        page.set_viewport_size({"width": 1366, "height": 768})
        clerk.task("báo cáo quý", "Giải quyết yêu cầu của nơi gửi")
        expect(page.get_by_role("row", name=re.compile("Hạn xử lý.*10.12.2026"))).to_be_visible()
        clerk.picture("yeu-cau")
        assert serious(page) == []
        page.set_viewport_size(PHONE)
        assert too_wide(page) == 0
        clerk.picture("yeu-cau-phone")
        page.get_by_label("Đồng ý, thực hiện ngay").check()
        clerk.finish()
    finally:
        site.stop()
    with office.inside():
        statuses = [row.status for row in db.session.scalars(db.select(mails.Mail))]
        assert sorted(statuses) == ["dismissed", "left", "wanted"]
        assert db.session.scalars(db.select(SenderRequest)).one().status == "accepted"
