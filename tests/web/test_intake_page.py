"""The clerk's page of what comes in, in a browser (Art. 6.2.a): a stack is ordered with keys and registered."""

import io
import random
import re
from datetime import timedelta

import pikepdf
import pytest
from browser import PHONE, Person, Site, attach, log_in, too_wide, until
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from app.db import db, tenancy
from app.demo import letters
from app.demo.hand import Hands
from app.records.calendar import local_date
from app.records.intake import IntakeFile
from app.records.people import User
from app.regulation.incoming import intake as incoming
from app.regulation.incoming import scan
from app.tools import separator
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
    _look(world, page)
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


def test_art_6_2_a_what_was_done_on_the_board_is_taken_back_one_after_the_other(world, pages: Site, chromium: Browser):
    page = log_in(chromium, pages, "stc", "vanthu").go("/van-ban/tiep-nhan")
    undo, said, piles = page.locator("#undo"), page.locator("#board-said"), page.locator(".pile")
    attach(page.locator("#files"), "thư.pdf", _stack("Trang một", "Trang hai", "Trang ba"), "application/pdf")
    _look(world, page)
    expect(page.locator(".leaf")).to_have_count(3)
    page.get_by_role("button", name="Tách từ trang này").first.click()
    expect(piles).to_have_count(2)
    page.get_by_role("button", name="Ghép vào văn bản trên").click()
    expect(piles).to_have_count(1)
    page.locator(".leaf").first.focus()
    for key in ("r", "r", "r"):  # faster than the server answers
        page.keyboard.press(key)
    expect(page.locator(".leaf .turn-270")).to_have_count(1)
    page.get_by_role("button", name="Bỏ", exact=False).filter(has_text="Bỏ").last.click()
    expect(page.locator(".pile.left-out h3")).to_have_text("Đã bỏ")
    expect(page.locator("#board")).not_to_contain_text("0 trang")
    page.get_by_role("button", name="Cất khỏi bảng").click()
    expect(piles).to_have_count(0)
    for count in (1, 1, 1, 1, 1, 2, 1):
        undo.click()
        expect(said).to_have_text("Đã hoàn tác.")
        expect(piles).to_have_count(count)
    expect(undo).to_be_disabled()
    expect(page.locator(".leaf .turn-0")).to_have_count(3)
    page.get_by_role("button", name="Bỏ trang").first.click()
    expect(page.locator(".page.dropped")).to_have_count(1)
    page.context.set_offline(True)
    undo.click()
    expect(said).to_contain_text("kết nối")
    page.context.set_offline(False)
    expect(undo).to_be_enabled()  # it was not done: it can still be asked for
    undo.click()
    expect(page.locator(".page.dropped")).to_have_count(0)


def _look(world, page: Page) -> None:
    """The pages of all stacks are looked at, as the job does."""
    expect(page.locator("#board")).to_contain_text("Đang xem các trang")
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        for file_id in db.session.scalars(db.select(IntakeFile.id)).all():
            incoming.look(file_id, world.app.extensions["tools"].blobs, now())
        db.session.remove()


def test_art_6_2_a_the_first_page_behind_a_sheet_is_not_said_to_be_another_letter(world, pages: Site,
                                                                                 chromium: Browser):
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        clerk = db.session.scalars(db.select(User).where(User.username == "vanthu")).one()
        printed = separator.draw(incoming.blank_sheets(clerk, 1, now()))
        db.session.remove()
    letter = letters.letter({
        "organ_name": "Ủy ban nhân dân tỉnh Lào Cai", "code_number": "2481", "code_notation": "UBND-TH",
        "issued_date": local_date(now()), "place": "Lào Cai", "type_name": "Công văn", "subject": "rà soát dự án",
        "signer_name": "Nguyễn Thành Sinh", "signer_position": "PHÓ CHỦ TỊCH", "authority": "KT. CHỦ TỊCH",
        "addressees": ["Sở Tài chính"], "recipients": ["Như trên"], "priority": "0", "body": ["Đề nghị."]}, seed=1)
    sink, stack = io.BytesIO(), pikepdf.new()
    for part in (printed, letter, letter):
        with pikepdf.open(io.BytesIO(part)) as opened:
            stack.pages.extend(opened.pages)
    stack.save(sink)
    page = log_in(chromium, pages, "stc", "vanthu").go("/van-ban/tiep-nhan")
    attach(page.locator("#files"), "xấp.pdf", sink.getvalue(), "application/pdf")
    _look(world, page)
    expect(page.locator(".leaf")).to_have_count(3)
    expect(page.locator(".pile .flash.notice")).to_have_count(1)
    expect(page.locator(".pile .flash.notice")).to_contain_text("Trang 3 có Quốc hiệu")
    # the page behind the sheet is the first of its letter: there is nothing to part it from
    expect(page.locator(".page").nth(1).get_by_role("button", name="Tách từ trang này")).to_have_count(0)
    expect(page.locator(".page").nth(2).get_by_role("button", name="Tách từ trang này")).to_have_count(1)


def _grain(seed: int) -> bytes:
    """A photograph of some ten megabytes."""
    noise, sink = random.Random(seed).randbytes(3000 * 3000), io.BytesIO()
    Image.frombytes("L", (3000, 3000), noise).save(sink, "JPEG", quality=97)
    return sink.getvalue()


def test_art_6_2_a_a_dropped_line_says_how_much_is_there_and_goes_on(world, pages: Site, chromium: Browser):
    page = log_in(chromium, pages, "stc", "vanthu").go("/van-ban/tiep-nhan")
    begun, pieces = [], []
    away = {"is": False}

    def post(route):
        begun.append(route.request.post_data_json["name"])
        return route.abort() if away["is"] else route.continue_()

    def patch(route):
        pieces.append(int(route.request.headers["upload-offset"]))
        away["is"] = away["is"] or len(pieces) == 3
        return route.abort() if away["is"] else route.continue_()

    page.route("**/tai-len", post)
    page.route("**/tai-len/*", patch)
    page.locator("#files").set_input_files(
        [{"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": _grain(seed)} for seed, name in enumerate("ab")])
    expect(page.locator("#uploads")).to_contain_text("Mất kết nối")
    here = sorted(int(said) for said in re.findall(r"Đã có (\d+)%", page.locator("#uploads").inner_text()))
    assert here and here[-1] > 30, page.locator("#uploads").inner_text()
    page.wait_for_timeout(2500)  # asked again, in vain: what is there is there still
    assert max(int(said) for said in re.findall(r"Đã có (\d+)%", page.locator("#uploads").inner_text())) == here[-1]
    away["is"] = False
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#uploads li.good")).to_have_count(2)
    expect(page.locator(".pile header .name")).to_contain_text(["a.jpg", "b.jpg"])
    assert begun[:2] == ["a.jpg", "b.jpg"]
