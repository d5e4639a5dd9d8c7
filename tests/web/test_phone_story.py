"""Art. 7 on a phone: a leader directs with one thumb, in three taps: the task, the person, the button.

QLVB_PICTURES=<folder> keeps pictures of the way.
"""

import unicodedata

import pytest
from browser import DESKTOP, PHONE, log_in
from playwright.sync_api import expect
from steps import Office, day_off, in_days

from app.records import directive
from app.records.document import opinions
from app.web.moment import now

pytestmark = pytest.mark.browser


@pytest.fixture
def two(world):
    """Two letters that wait for the leader; a directive of the agency."""
    office = Office(world.app)
    waiting = []
    for number in range(2):
        waiting.append(office.take_in())
        office.verify(waiting[-1], code_number=str(30 + number), subject=f"Về việc rà soát dự toán quý {number + 1}",
                      **({"due_date": "2026-01-05", "is_past_due": True} if number else {}))
    with office.inside():
        directive.add(office.user("lanhdao"), "Giao chủ trì tham mưu, báo cáo trong tuần", True, now())
    return office, waiting


def test_art_7_a_leader_directs_with_one_thumb(two, pages, chromium):
    office, waiting = two
    with office.inside():
        name = office.user("chuyenvien2b").full_name
    leader = log_in(chromium, pages, "stc", "lanhdao", PHONE)
    page = leader.page
    page.goto(f"{pages.base}/viec")
    leader.picture("dien-thoai-hop-viec", ready="a[data-row]")
    page.locator("a[data-row]", has_text="quý 1").click()
    quick = page.locator("[data-quick]")
    expect(quick).to_be_visible()
    expect(page.locator(".viewer canvas").first).to_be_visible()
    send = quick.get_by_role("button", name="Giao xử lý")
    box = send.bounding_box()
    assert box["height"] >= 48 and box["y"] > PHONE["height"] / 2, "a big target where the thumb is"
    assert box["y"] + box["height"] <= PHONE["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    send.click()
    expect(quick.get_by_role("alert")).to_contain_text("Hãy chọn người")
    leader.picture("dien-thoai-thieu-nguoi")
    quick.locator(".chip").first.click()
    expect(quick.get_by_role("alert")).to_be_hidden()
    leader.picture("dien-thoai-giao-viec")
    send.click()
    expect(page.locator(".flash.done")).to_contain_text("Đã giao xử lý")
    # somebody else, found by a few letters without diacritics, with words of the agency
    page.locator("a[data-row]", has_text="quý 2").click()
    quick.get_by_role("searchbox").fill(_bare(name))
    quick.locator(".chip", has_text=name).click()
    quick.locator(".chip", has_text="báo cáo trong tuần").click()
    leader.picture("dien-thoai-tim-nguoi")
    send.click()  # its deadline is past: kept only knowingly
    expect(quick.get_by_role("alert")).to_contain_text("giữ hạn đã qua")
    expect(quick).to_contain_text("05/01/2026")
    leader.picture("dien-thoai-han-da-qua")
    quick.get_by_label("Giữ hạn xử lý đã qua").check()
    send.click()
    expect(page.locator(".flash.done")).to_contain_text("Đã giao xử lý")
    assert [office.tasks(one) for one in waiting] == [["handle"], ["handle"]]
    with office.inside():
        assert "Giao chủ trì tham mưu, báo cáo trong tuần" in [one.text for one in opinions(waiting[1])]
    assert leader.complaints == []


def test_art_7_a_past_deadline_is_kept_knowingly_and_the_first_click_on_its_tick_lands(two, pages, chromium):
    office, waiting = two
    with office.inside():
        name = office.user("chuyenvien").full_name
    leader = log_in(chromium, pages, "stc", "lanhdao")
    page = leader.page
    leader.go("/viec")
    page.locator("a[data-row]", has_text="quý 2").click()
    leader.choose("chủ trì xử lý", name)
    expect(page.get_by_role("button", name="Thêm dòng")).to_be_visible()
    done = page.get_by_role("button", name="Hoàn thành")
    done.click()
    red = page.locator(".fjs-has-errors")
    expect(red).to_contain_text("đã qua. Hãy chọn hạn khác")
    due, tick = leader.field("Hạn xử lý"), page.locator("#form").get_by_label("Giữ hạn xử lý đã qua")
    due.focus()
    box = tick.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)  # where it stood
    expect(tick).to_be_checked()
    leader.picture("han-da-qua")
    leader.finish()
    assert office.tasks(waiting[1]) == ["handle"]


def _bare(name: str) -> str:
    """As it is typed in a hurry: small letters, no diacritics."""
    letters = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return "".join(one for one in letters if not unicodedata.combining(one))


def test_where_an_address_points_is_seen_though_its_side_is_not_the_first(two, pages, chromium):
    """What was just said is seen when the page comes again: it lies on the other side of a phone's page."""
    _, (letter, _) = two
    page = log_in(chromium, pages, "stc", "lanhdao", PHONE).page
    page.goto(f"{pages.base}/van-ban/{letter}")
    expect(page.locator("#pane-file")).to_be_visible()
    page.goto("about:blank")
    page.goto(f"{pages.base}/van-ban/{letter}#pane-course")
    expect(page.locator("#pane-course")).to_be_visible()
    expect(page.get_by_role("tab", name="Quá trình")).to_have_attribute("aria-selected", "true")


def test_art_7_a_leader_who_reads_a_document_is_led_to_what_he_may_do_with_it(two, pages, chromium):
    _, waiting = two
    page = log_in(chromium, pages, "stc", "lanhdao", PHONE).page
    page.goto(f"{pages.base}/van-ban/{waiting[0]}")
    own = page.get_by_role("link", name="Lãnh đạo phân công, bút phê")
    expect(own).to_be_visible()
    box = own.bounding_box()
    assert box["height"] >= 48 and PHONE["height"] / 2 < box["y"] <= PHONE["height"] - box["height"]
    own.click()
    page.locator("[data-quick] .chip").first.click()
    page.locator("[data-quick]").get_by_role("button", name="Giao xử lý").click()
    expect(page.locator(".flash.done")).to_contain_text("Đã giao xử lý")
    page.goto(f"{pages.base}/van-ban/{waiting[0]}")
    page.get_by_role("tab", name="Thông tin, thao tác").click()
    urge = page.locator("summary", has_text="Đôn đốc")
    expect(urge).to_be_visible()
    assert urge.bounding_box()["y"] < PHONE["height"] - 60, "without scrolling"


def test_art_7_at_a_desk_a_directive_is_chosen_into_the_form(two, pages, chromium):
    leader = log_in(chromium, pages, "stc", "lanhdao")
    leader.go("/mau-but-phe")
    for words in ("Giao phòng chủ trì tham mưu.", "Báo cáo tôi."):
        leader.field("Câu bút phê").fill(words)
        leader.page.get_by_role("button", name="Lưu mẫu").click()
        expect(leader.page.locator("main li", has_text=words)).to_be_visible()
    page = leader.task("quý 1", "Lãnh đạo phân công, bút phê")
    said = leader.field("Ý kiến chỉ đạo")
    page.get_by_label("Mẫu bút phê").select_option("Giao phòng chủ trì tham mưu.")
    expect(said).to_have_value("Giao phòng chủ trì tham mưu.")
    page.get_by_label("Mẫu bút phê").select_option("Báo cáo tôi.")
    expect(said).to_have_value("Giao phòng chủ trì tham mưu. Báo cáo tôi.")


@pytest.fixture
def helped(two):
    """The second of them with an officer and another who co-handles."""
    office, (_, other) = two
    office.assign(other, due_date=in_days(9), co_handlers=[office.id_of("chuyenvienb")])
    return two


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_art_7_what_is_wrong_with_a_day_is_read_beside_its_field_and_nothing_leaves_its_column(
        helped, pages, chromium, size):
    office, (letter, other) = helped
    with office.inside():
        name, task_id = office.user("chuyenvien").full_name, office.waiting("assign", letter).id
    page = log_in(chromium, pages, "stc", "lanhdao", size).page
    page.goto(f"{pages.base}/viec/{task_id}")
    if size == PHONE:
        page.locator("summary", has_text="Biểu mẫu").or_(page.get_by_role("tab", name="Việc cần làm")).first.click()
    frame, date = page.locator(".fjs-form-field-dynamiclist"), page.locator(".fjs-form-field-datetime input").first
    who = page.locator(".fjs-form-field-select input:visible").first
    who.click()
    who.fill(name)
    who.press("Enter")
    year, month, day = day_off()[0].split("-")
    date.fill(f"{day}/{month}/{year}")
    date.press("Tab")
    page.get_by_role("button", name="Hoàn thành").click()
    said = page.locator(".fjs-form-field-error", has_text="là ngày nghỉ")
    expect(said).to_be_visible()
    assert said.bounding_box()["height"] <= 45, "two lines"
    column, held = page.locator(".fjs-layout-row", has=frame).bounding_box(), frame.bounding_box()
    assert column["x"] <= held["x"] and held["x"] + held["width"] <= column["x"] + column["width"]
    officer = log_in(chromium, pages, "stc", "chuyenvienb", size).page
    officer.goto(f"{pages.base}/van-ban/{other}#opinion-text")
    card = officer.locator(".card", has=officer.locator("#opinion-text"))
    above = card.evaluate("one => one.getBoundingClientRect().top - (one.previousElementSibling?."
                          "getBoundingClientRect().bottom ?? -100)")
    assert above >= 12, "the card touches nothing"
