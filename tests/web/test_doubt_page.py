"""The clerk's task beside its scan: places light up and fill fields, doubtful readings are confirmed with one key.

The reader is one of fakes.py, so that what is doubtful is known; layout, server and browser are real.
"""

import io
import re
from dataclasses import replace
from datetime import date

import pikepdf
import pytest
from browser import DESKTOP, PHONE, Person, Site, log_in, needs_axe, serious, too_wide
from doors import Browser as Door
from fakes import StampedReader
from playwright.sync_api import Browser, expect
from steps import Office, quick

from app import worker
from app.demo import letters

pytestmark = [pytest.mark.browser, needs_axe]

LETTER = {
    "organ_name": "Ủy ban nhân dân tỉnh Lào Cai", "code_number": "12", "code_notation": "UBND-VX",
    "place": "Lào Cai",
    "type_name": "Công văn", "subject": "góp ý dự thảo", "priority": "0", "signer_name": "Trần Văn An",
    "signer_position": "CHỦ TỊCH", "addressees": ["Sở Tài chính"], "recipients": ["Như trên"],
    "issued_date": date(2026, 1, 20)}


def waiting(world, reader: StampedReader) -> Office:
    """A letter waits for the clerk; it is read before the browser's own loop runs."""
    quick(world.app)
    world.app.extensions["tools"] = replace(world.app.extensions["tools"], reader=reader)
    office = Office(world.app)
    office.hand_in("vanthu", letters.letter(LETTER, seed=3), "thu.pdf")
    worker.run_due(office.app)
    return office


@pytest.fixture
def office(world) -> Office:
    """A letter with a mark of secrecy."""
    return waiting(world, StampedReader())


class NoticeReader(StampedReader):
    """The same letter with a title that it read badly."""

    words_of = ("MẬT", "THÔNG", "BÁO")


@pytest.fixture
def notice(world) -> Office:
    """A letter whose kind, a field with a list, is doubtful."""
    return waiting(world, NoticeReader())


@pytest.fixture
def turned(world) -> Office:
    """A letter that was scanned upside down; the reader is real."""
    reader = world.app.extensions["tools"].reader
    quick(world.app)
    world.app.extensions["tools"] = replace(world.app.extensions["tools"], reader=reader)
    office, out = Office(world.app), io.BytesIO()
    with pikepdf.open(io.BytesIO(letters.letter(LETTER, seed=3))) as pdf:
        pdf.pages[0].rotate(180, relative=True)
        pdf.save(out)
    office.hand_in("vanthu", out.getvalue(), "thu.pdf")
    worker.run_due(office.app)
    return office


def healthy(person: Person, name: str) -> None:
    """Fits and speaks in both sizes."""
    for size in (PHONE, DESKTOP):
        person.page.set_viewport_size(size)
        assert too_wide(person.page) <= 0, size
        assert serious(person.page) == []
        person.picture(f"{name}-{size['width']}")


def test_art_2_2_a_field_shows_its_place_a_place_fills_its_field_and_one_key_confirms(office: Office, pages: Site,
                                                                                    chromium: Browser):
    admin = Door(office.app, "stc", "quantri")
    assert "Chưa có số liệu" in admin.get("/nhan-dang").text
    assert Door(office.app, "stc", "chuyenvien").get("/nhan-dang").status_code in (403, 404)
    clerk = log_in(chromium, pages, "stc", "vanthu")
    page = clerk.task("góp ý dự thảo", "Văn thư kiểm tra, nhập thông tin")
    healthy(clerk, "doubt")
    expect(page.locator(".doubt.open")).to_have_count(5)
    expect(page.locator("#doubts")).to_contain_text("5 trường")
    page.locator(".doubt canvas:visible").nth(3).wait_for()  # each shows where it was read

    clerk.field("Trích yếu").focus()  # its place lights up, near enough to be read
    place = page.locator(".sheet > .mark")
    expect(place).to_be_visible()
    assert place.bounding_box()["height"] >= 14
    clerk.picture("doubt-place")
    clerk.field("Trích yếu").fill("chép nhầm")
    expect(page.locator(".doubt.changed")).to_contain_text("Đã sửa")
    page.locator(".region[aria-label*='góp ý']").last.click()  # the place gives back what was read there
    expect(clerk.field("Trích yếu")).to_have_value("V/v góp ý dự thảo")
    expect(clerk.field("Trích yếu")).to_be_focused()

    expect(page.locator(".sign")).to_have_count(2)  # Art. 3.2: what must not be entered, with what to do
    page.get_by_role("button", name="Xem trên bản quét").first.click()
    expect(place).to_be_visible()
    clerk.choose("Sổ đăng ký", "Sổ văn bản đến")
    page.get_by_role("button", name="Hoàn thành").click()
    expect(page.locator(".fjs-form-field-error", has_text="dấu chỉ độ mật")).to_be_visible()
    for clear in page.get_by_role("button", name="Đã xem: không phải").all():
        clear.click()
    expect(page.locator(".sign.cleared")).to_have_count(2)
    page.get_by_role("button", name="Hoàn thành").click()  # the server refuses, at the fields
    expect(page.locator(".fjs-form-field-error", has_text="Máy đọc chưa chắc")).to_have_count(5)
    page.locator(".doubt.open button").first.click()  # by hand
    expect(page.locator(".doubt.open")).to_have_count(4)
    for left in (4, 3, 2, 1):  # by keys: to the next, then yes
        if left == 4:
            page.keyboard.press("F2")
        page.keyboard.press("F2")
        expect(page.locator(".doubt.open")).to_have_count(left - 1)
    expect(page.locator("#doubts")).to_be_hidden()
    expect(page.get_by_role("button", name="Hoàn thành")).to_be_focused()
    expect(page.locator("#saved")).to_contain_text("Đã lưu")
    page.reload()  # what was confirmed is kept with the draft
    expect(page.locator(".doubt.confirmed")).to_have_count(5)
    clerk.finish()
    assert not [said for said in clerk.complaints if "422" not in said]

    shown = log_in(chromium, pages, "stc", "quantri")
    expect(shown.go("/nhan-dang").locator("tbody tr").first).to_be_visible()
    text = shown.page.locator("main").inner_text()
    assert re.search(r"1 văn bản", text) and "góp ý" not in text and "UBND" not in text, "figures only (S13)"
    healthy(shown, "reading-figures")


def test_art_2_2_the_list_of_a_doubtful_field_hides_nothing_of_what_was_read(notice: Office, pages: Site,
                                                                            chromium: Browser):
    page = log_in(chromium, pages, "stc", "vanthu").task("góp ý dự thảo", "Văn thư kiểm tra, nhập thông tin")
    kind, opened = page.locator("input[id$=field_type_name]"), page.locator(".fjs-dropdownlist")
    for _ in range(6):
        if kind.evaluate("field => field === document.activeElement"):
            break
        page.keyboard.press("F2")
    expect(kind).to_be_focused()
    expect(opened).to_have_count(0)
    kind.press("ArrowLeft")
    kind.press_sequentially("x")
    expect(opened).to_have_count(1)
    page.keyboard.press("Control+A")
    kind.press_sequentially("Thông b")
    kind.press("Enter")
    expect(opened).to_have_count(0)
    kind.press("Control+Enter")  # a list keeps Enter to itself, and this one is the page's
    expect(page.locator("#message")).not_to_be_empty()


def test_art_2_2_a_page_that_lies_upside_down_is_shown_upright_and_can_be_turned(turned: Office, pages: Site,
                                                                             chromium: Browser):
    clerk = log_in(chromium, pages, "stc", "vanthu")
    page = clerk.task("góp ý dự thảo", "Văn thư kiểm tra, nhập thông tin")
    place = page.locator(".region[title*='Số']").first
    place.wait_for()
    sheet = page.locator(".sheet").first
    at, whole = place.bounding_box(), sheet.bounding_box()
    assert at["y"] - whole["y"] < whole["height"] / 3  # the number stands above
    assert at["x"] - whole["x"] < whole["width"] / 2  # and left
    clerk.picture("turned")
    page.get_by_role("button", name="Xoay trang").click()
    page.wait_for_function("() => { const at = document.querySelector('.sheet').getBoundingClientRect();"
                           " return at.width > at.height }")
    place.wait_for()  # it is drawn anew with its page
    turned_at = place.bounding_box()
    assert turned_at["height"] > turned_at["width"]  # it turns with its page
    assert clerk.complaints == []


def test_art_6_2_b_ticks_for_a_past_deadline_and_a_twin_are_asked_for_only_where_they_apply(
        notice: Office, site: Site, chromium: Browser):
    clerk = log_in(chromium, site, "stc", "vanthu")
    page = clerk.go("/viec/kiem-tra")
    page.get_by_label("Đăng ký vào sổ, chuyển lãnh đạo").check()
    past, twin = page.get_by_label("Hạn xử lý đã qua: văn bản ghi đúng như vậy"), page.get_by_label("Đã đối chiếu")
    expect(page.get_by_label("Chuyển lãnh đạo", exact=True)).to_be_visible()
    expect(past).to_be_hidden()
    expect(twin).to_be_hidden()
    page.get_by_role("button", name="Đã xem: không phải").click()
    while page.locator(".doubt.open").count():
        page.keyboard.press("F2")
    page.get_by_label("Hạn xử lý", exact=True).fill("05/01/2026")
    page.keyboard.press("Tab")
    clerk.choose("Sổ đăng ký văn bản đến", "Sổ văn bản đến")
    page.locator("#submit").click()
    expect(past).to_be_visible()
    expect(twin).to_be_hidden()
    clerk.picture("den-han-da-qua")
    past.check()
    clerk.finish()
