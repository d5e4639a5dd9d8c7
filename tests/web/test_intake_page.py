"""The clerk's page of what comes in, in a browser (Art. 6.2.a): a stack is ordered with keys and registered."""

import io
from datetime import timedelta

import pytest
from browser import PHONE, Person, Site, attach, log_in, too_wide, until
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, expect

from app.db import db, tenancy
from app.demo.hand import Hands
from app.records.intake import IntakeFile
from app.regulation.incoming import intake as incoming
from app.regulation.incoming import scan
from app.web.moment import now

pytestmark = pytest.mark.browser


def _stack(*words: str) -> bytes:
    pages, sink = [], io.BytesIO()
    for text in words:
        pages.append(Image.new("L", (620, 877), 250))
        ImageDraw.Draw(pages[-1]).text((80, 90), text, fill=10, font_size=60)
    pages[0].save(sink, "PDF", resolution=75, save_all=True, append_images=pages[1:])
    return sink.getvalue()


def test_art_6_2_a_a_stack_is_ordered_by_keys_and_registered(world, pages: Site, chromium: Browser):
    clerk = log_in(chromium, pages, "stc", "vanthu")
    page = clerk.go("/van-ban/tiep-nhan")
    expect(page.get_by_text("Chưa có trang nào.")).to_be_visible()
    attach(page.locator("#files"), "Xấp thư.pdf", _stack("1. Thư thứ nhất", "2. Trang hai", "3. Thư ba", ""),
           "application/pdf")
    expect(page.locator("#board")).to_contain_text("Đang xem các trang")
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        for file_id in db.session.scalars(db.select(IntakeFile.id)).all():  # as the job does
            incoming.look(file_id, world.app.extensions["tools"].blobs, now())
        db.session.remove()
    leaves = page.locator(".leaf")
    expect(leaves).to_have_count(4)
    expect(page.locator(".page.dropped")).to_contain_text("Trang trắng")
    leaves.nth(2).focus()
    page.keyboard.press("t")
    expect(page.locator(".pile")).to_have_count(2)
    page.keyboard.press("r")
    expect(page.locator(".leaf .turn-90")).to_have_count(1)
    page.keyboard.press("g")
    expect(page.locator(".pile")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(page.locator(".pile")).to_have_count(2)
    leaves.nth(1).focus()
    page.keyboard.press("Delete")
    expect(page.locator(".page.dropped")).to_have_count(2)
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.locator(".page.dropped")).to_have_count(1)
    attach(page.locator("#files"), "hỏng.pdf", b"<html>", "application/pdf")
    expect(page.locator("#uploads .bad")).to_contain_text("Nội dung tệp")
    clerk.picture("intake")
    page.set_viewport_size(PHONE)
    assert too_wide(page) <= 0
    clerk.picture("intake-phone")
    leaves.first.click()
    expect(page.locator("dialog.sheet-view img")).to_be_visible()
    clerk.picture("intake-view")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Tiếp nhận cả 2 văn bản").click()
    expect(page.locator("#registered .good")).to_have_count(2)
    until(lambda: page.locator(".pile").count() == 0, lambda: "piles are left")
    _is_left_out(clerk, pages)
    assert clerk.complaints == [said for said in clerk.complaints if "422" in said]


def test_art_6_2_a_a_stack_that_asks_for_no_look_is_taken_in_with_enter(world, pages: Site, chromium: Browser):
    clerk = log_in(chromium, pages, "stc", "vanthu")
    page = clerk.go("/van-ban/tiep-nhan")
    all_of_them, first = page.locator("#register-all"), page.get_by_role("link", name="Kiểm tra lần lượt")
    photos = []
    for grey in (250, 252, 254):
        sink = io.BytesIO()
        photo = Image.new("L", (620, 877), grey)
        ImageDraw.Draw(photo).text((80, 90), f"Thư {grey}", fill=10, font_size=60)
        photo.save(sink, "JPEG")
        photos.append({"name": f"{grey}.jpg", "mimeType": "image/jpeg", "buffer": sink.getvalue()})
    page.locator("#files").set_input_files(photos[:2])
    expect(all_of_them).to_be_focused()
    # who is somewhere with the keys stays there
    page.locator(".leaf").first.focus()
    page.locator("#files").set_input_files(photos[2:])
    expect(all_of_them).to_have_text("Tiếp nhận cả 3 văn bản")
    expect(page.locator(".leaf").first).to_be_focused()
    page.reload()
    expect(all_of_them).to_be_visible()
    expect(all_of_them).not_to_be_focused()  # nothing was chosen here: it lies there for a look
    all_of_them.focus()
    page.keyboard.press("Enter")
    expect(first).to_be_focused()
    expect(page.locator("#registered .good")).to_have_count(3)


def test_art_6_2_a_scans_of_which_nothing_must_be_judged_are_accepted_together(world, pages: Site, chromium: Browser):
    folder, agency = pages.config.scans / "stc", world.ids["stc"]
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (("a", _stack("Thư một")), ("b", same := _stack("Thư hai")), ("c", same)):
        (folder / f"{name}.pdf").write_bytes(data)
    with world.app.app_context(), tenancy.acting_for(agency):
        for later in (0, 60):  # a file is finished when two looks saw the same
            for found in scan.finished(agency, folder, now() + timedelta(seconds=later)):
                scan.take(agency, found, folder, world.app.extensions["tools"].blobs, 10 ** 7, now())
        db.session.remove()
    page = log_in(chromium, pages, "stc", "vanthu").go("/van-ban/tiep-nhan")
    queue = page.locator(".intake-queue li")
    expect(queue).to_have_count(3)
    page.get_by_role("button", name="Nhận cả 2 tệp không vướng gì").click()
    expect(queue).to_have_count(1)
    expect(queue).to_contain_text("Tệp này đã có")
    expect(page.locator(".pile")).to_have_count(2)
    expect(page.locator("#accept-all")).to_be_hidden()


def _is_left_out(clerk: Person, pages: Site) -> None:
    """Art. 3.2: what must not be entered is asked for its reason, is gone, and stands on the page of such."""
    page = clerk.page
    attach(page.locator("#files"), "đơn.pdf", _stack("Thư riêng"), "application/pdf")
    page.get_by_role("button", name="Không cập nhật (Điều 3.2): Văn bản 1").click()
    dialog = page.locator("#bar")
    dialog.get_by_role("button", name="Xóa, không cập nhật").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Hãy chọn lý do")
    clerk.picture("intake-bar-phone")
    dialog.get_by_label("Dấu chỉ độ mật").check()
    dialog.get_by_role("button", name="Xóa, không cập nhật").click()
    expect(page.locator(".pile")).to_have_count(0)
    expect(page.locator("#board-said")).to_contain_text("Đã xóa nội dung")
    page.goto(f"{pages.base}/khong-cap-nhat")
    expect(page.locator("main")).to_contain_text("Dấu chỉ độ mật")


def test_art_6_2_a_a_photograph_that_lies_on_its_side_is_turned_to_be_read(world, pages: Site, chromium: Browser):
    photo, sink = Image.new("RGB", (900, 600), "white"), io.BytesIO()
    photo.save(sink, "JPEG")
    clerk = log_in(chromium, pages, "stc", "vanthu")
    page = clerk.go("/van-ban/tiep-nhan")
    attach(page.locator("#files"), "ảnh.jpg", sink.getvalue(), "image/jpeg")
    page.locator(".leaf").first.click()
    view = page.locator("dialog.sheet-view")
    for word in ("Xoay trái", "Xoay phải", "Bỏ trang", "Đóng"):
        expect(view.locator(f"button:has-text('{word}')")).to_be_visible()
    view.locator("button:has-text('Bỏ trang')").click()
    expect(view.locator("button:has-text('Lấy lại')")).to_be_visible()
    clerk.picture("intake-view")
    page.keyboard.press("Escape")
    document = Hands(world.app, "stc").hand_in("vanthu", sink.getvalue(), "ảnh.jpg")
    page = clerk.go(f"/van-ban/{document}")
    shown = page.locator(".viewer .sheet")
    wide = shown.bounding_box()
    assert wide["width"] > wide["height"]
    page.get_by_role("button", name="Xoay trang này").click()
    expect(page.locator(".viewer .sheet canvas")).to_be_visible()
    high = shown.bounding_box()
    assert high["height"] > high["width"]
