"""An agency changes its own procedure in the browser, by people who never programmed (Art. 10.2).

A legal review before the leader's approval, with a form of the agency's own and a reminder; a row of the table of
Art. 4; tried, saved as a scenario, read, published by a second person. New documents follow it, running ones finish
as they began or are moved; and an edit that goes around the agency's signature (Art. 9.1.d) is refused, drawn.
QLVB_PICTURES=<folder> keeps pictures of the way.
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from browser import DESKTOP, PHONE, Person, Site, log_in, needs_axe, serious, too_wide, until
from playwright.sync_api import Browser, expect
from steps import Office, quick

from app import worker
from tests.conftest import World

pytestmark = [pytest.mark.browser, needs_axe]

PROCEDURE, TASK, OPINION = "Phát hành văn bản điện tử", "Thẩm định pháp chế", "Ý kiến thẩm định"
HEADS_OPINION = "Ý kiến của lãnh đạo phòng"
HOME = "/quy-trinh/outgoing_electronic"
KIND = "Phiếu gửi"
REASON = "Thực hiện kết luận của Giám đốc về thẩm định pháp chế"
#: where a point of the drawing is on the screen
_POINT = """([x, y]) => { const {x: left, y: top, scale} = drawing.get('canvas').viewbox();
  const box = document.getElementById('canvas').getBoundingClientRect();
  return [box.left + (x - left) * scale, box.top + (y - top) * scale]; }"""
_CHOSEN = "() => drawing.get('selection').get()[0].id"


@pytest.fixture
def office(world: World) -> Iterator[Office]:
    """The Department of Finance, whose people also work without a browser here."""
    quick(world.app)
    yield Office(world.app)


def test_art_10_2_an_agency_changes_its_procedure(office: Office, pages: Site, chromium: Browser):
    finishing, moved = (office.begin() for _ in range(2))
    for document_id in (finishing, moved):
        office.draft(document_id)
    admin = log_in(chromium, pages, "stc", "quantri")
    address = _begins(admin)
    _makes_a_form(admin)
    _draws(admin)
    _changes_the_table(admin)
    _tries(admin)
    _reads_what_changes(admin)
    _is_seen_on_a_phone(admin, address)
    chief = log_in(chromium, pages, "stc", "chanhvanphong")
    _publishes(chief, address)
    head = log_in(chromium, pages, "stc", "truongphong")
    _follows_at_once(office, head)
    with ThreadPoolExecutor(1) as apart:  # the worker's loop cannot run inside the browser's
        apart.submit(_finishes_as_it_began, office, finishing).result()
    _is_moved_after_a_look(office, admin, moved)
    _may_not_go_around_the_signature(admin, chief)
    for person in (admin, chief, head):
        assert [said for said in person.complaints if "422" not in said] == []  # the refused publication


def _looked(person: Person) -> None:
    """Nothing serious for axe, nothing beside the screen."""
    assert serious(person.page, "#canvas", ".djs-container") == [], person.page.url
    assert too_wide(person.page) <= 0, person.page.url


def _part(person: Person, name: str) -> None:
    """A tab of the proposal."""
    person.page.get_by_role("navigation", name="Phần của bản sửa").get_by_role("link", name=name).click()


def _begins(admin: Person) -> str:
    """From the menu to a proposal; its address."""
    page = admin.page
    page.get_by_role("link", name="Quy trình", exact=True).click()
    page.get_by_role("link", name=PROCEDURE, exact=True).click()
    expect(page.locator(".djs-container .djs-shape").first).to_be_visible()
    page.get_by_role("button", name="Tạo bản sửa").click()
    expect(page.get_by_text("Chưa có thay đổi nào.", exact=False).first).to_be_visible()
    return page.url.removeprefix(admin.site.base)


def _makes_a_form(admin: Person) -> None:
    """What who reviews fills in: one opinion, needed; and another word in a form that is there."""
    page, settings = admin.page, admin.page.locator("#settings")
    _part(admin, "Biểu mẫu")
    page.get_by_label("Tên", exact=True).fill(TASK)
    page.get_by_role("button", name="Tạo và mở để sửa").click()
    page.locator("#canvas .fjs-element[data-id=field_decision]").click()
    settings.get_by_role("button", name="Bỏ trường").click()
    expect(page.locator("#canvas .fjs-element[data-id=field_decision]")).to_have_count(0)
    page.locator("#canvas .fjs-element[data-id=field_opinion]").click()
    settings.get_by_label("Nhãn", exact=True).fill(OPINION)
    settings.get_by_label("Bắt buộc nhập").check()
    expect(page.locator("#preview").get_by_label(OPINION)).to_be_visible()
    expect(page.locator("#saved")).to_contain_text("Đã lưu lúc")
    _looked(admin)
    admin.picture("quy-trinh-bieu-mau")
    page.get_by_role("link", name="Tất cả biểu mẫu").click()
    page.get_by_role("link", name="Lãnh đạo phòng kiểm duyệt", exact=True).click()
    page.locator("#canvas .fjs-element[data-id=field_opinion]").click()
    settings.get_by_label("Nhãn", exact=True).fill(HEADS_OPINION)
    expect(page.locator("#preview").get_by_label(HEADS_OPINION)).to_be_visible()
    expect(page.locator("#saved")).to_contain_text("Đã lưu lúc")


def _opened(person: Person) -> None:
    _part(person, "Sơ đồ")
    person.page.locator("html[data-ready=drawing]").wait_for(state="attached")


def _append(person: Person, typed: str, entry: str) -> str:
    """Search in the menu beside the chosen element; the id of what is drawn then."""
    page = person.page

    def opened() -> bool:  # a setting that is still being taken over closes a menu again
        page.locator(".djs-context-pad [data-action=append]").click()
        page.wait_for_timeout(500)
        return page.locator(".djs-popup input").count() > 0

    until(opened, lambda: "the menu does not open")
    page.locator(".djs-popup input").press_sequentially(typed)
    page.locator(".djs-popup .entry", has_text=entry).first.click()
    return page.evaluate(_CHOSEN)


def _drag(person: Person, start: tuple[int, int], end: tuple[int, int]) -> None:
    mouse, point = person.page.mouse, lambda at: person.page.evaluate(_POINT, list(at))
    mouse.move(*point(start))
    mouse.down()
    mouse.move(*point((start[0] + 8, start[1] - 8)))
    mouse.move(*point(end), steps=4)
    mouse.up()


def _draws(admin: Person) -> None:
    """A task on the way to the approval, in the lane of the heads of unit; after a day, a reminder (Art. 10.4)."""
    page, panel = admin.page, admin.page.locator("#properties")
    _opened(admin)
    page.mouse.click(*page.evaluate(_POINT, [1240, 647]))
    page.locator(".djs-context-pad [data-action='insert.user-task']").click()
    page.keyboard.type(TASK)
    panel.get_by_label("Biểu mẫu", exact=True).click()
    expect(panel.get_by_label("Tên", exact=True)).to_have_value(TASK)
    page.keyboard.press("Escape")
    panel.get_by_label("Biểu mẫu", exact=True).select_option(label=TASK)
    _drag(admin, (1240, 660), (1300, 363))
    panel.get_by_label("Căn cứ, mô tả", exact=True).fill("Thẩm định nội dung pháp lý trước khi trình lãnh đạo duyệt.")
    panel.get_by_label("Hạn làm", exact=True).select_option(label="sau một khoảng thời gian")
    _append(admin, "nhac viec", "Quá thời gian thì nhắc")
    panel.get_by_label("Tên", exact=True).fill("Quá 1 ngày")
    panel.get_by_label("Số", exact=True).fill("1")
    _append(admin, "nhac han", "Nhắc hạn, đôn đốc")
    _append(admin, "ket thuc", "Điểm kết thúc")
    panel.get_by_label("Tên", exact=True).fill("Đã nhắc")
    page.locator("#tab-findings").click()
    expect(page.locator("#checked")).to_have_text("Đã kiểm tra theo quy chế.")
    expect(page.locator("#findings")).to_have_text("Không có điểm nào cần sửa.")
    expect(page.locator("#saved")).to_contain_text("Đã lưu lúc")
    page.locator("#tab-properties").click()
    page.locator("g.djs-element", has_text="Thẩm định").locator("> .djs-hit").first.click()
    _looked(admin)
    admin.picture("quy-trinh-so-do")


def _changes_the_table(admin: Person) -> None:
    """Art. 4.1.c: the province adds a kind of document that needs no paper; a test row holds it."""
    page = admin.page
    _part(admin, "Bảng quyết định")
    page.get_by_role("link", name=re.compile("Cách thức trao đổi")).click()
    cell = page.locator("tbody tr", has_text="được UBND tỉnh bổ sung").locator("td.input-cell").nth(1)
    cell.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(f',"{KIND}')  # the editor closes the quotes
    page.get_by_role("button", name="Thêm dòng thử").click()
    row = page.locator(".try").last
    row.get_by_label(re.compile("^Phạm vi")).select_option("between")
    row.get_by_label(re.compile("^Loại văn bản")).select_option(KIND)
    row.get_by_label(re.compile("^Mục đích")).select_option("other")
    expect(row.locator(".answer")).to_contain_text("Điều 4.1.c")
    row.get_by_role("button", name="Lưu với kết quả này").click()
    expect(row.get_by_text("Đúng mong đợi")).to_be_visible()
    expect(page.locator("#kept")).to_contain_text("Đã lưu")
    expect(page.locator("#saved")).to_contain_text("Đã lưu")
    _looked(admin)
    admin.picture("quy-trinh-bang")


def _done(admin: Person, now: str, then: str) -> None:
    """The task that a trial waits at is done; the next one waits."""
    expect(admin.page.get_by_role("heading", name=now)).to_be_visible()
    admin.page.get_by_role("button", name="Hoàn thành việc này").click()
    expect(admin.page.get_by_role("heading", name=then)).to_be_visible()


def _tries(admin: Person) -> None:
    """Step by step on a sample document; the run is kept, and the scenarios that stopped at the new task go on."""
    page = admin.page
    _part(admin, "Chạy thử")
    _done(admin, "Soạn thảo, hoàn thiện dự thảo", "Lãnh đạo phòng kiểm duyệt")
    page.get_by_label("Đồng ý, trình lãnh đạo cơ quan").check()
    _done(admin, "Lãnh đạo phòng kiểm duyệt", TASK)
    admin.field(OPINION).fill("Đúng thẩm quyền, đúng thể thức.")
    _looked(admin)
    admin.picture("quy-trinh-chay-thu")
    _done(admin, TASK, "Lãnh đạo duyệt nội dung")
    page.get_by_role("tab", name=re.compile("^Kịch bản")).click()
    page.get_by_label("Tên kịch bản").fill("Qua thẩm định pháp chế")
    page.get_by_role("button", name="Lưu kịch bản", exact=True).click()
    expect(page.locator("#result")).to_contain_text("Đã lưu kịch bản")
    page.get_by_role("button", name="Chạy tất cả kịch bản").click()
    page.get_by_role("button", name="Thêm các việc mới vừa làm vào kịch bản bị dừng").click()
    expect(page.locator("#result.done")).to_contain_text("kịch bản đạt")


def _reads_what_changes(admin: Person) -> None:
    page = admin.page
    _part(admin, "Thay đổi")
    expect(page.locator(".compare-list")).to_contain_text(f"“{TASK}”")
    for words in (KIND, HEADS_OPINION, "Quá 1 ngày"):
        expect(page.locator(".compare-list")).to_contain_text(words)
    page.locator(".compare-canvas[data-side=new] .djs-shape").first.wait_for()
    _looked(admin)
    admin.picture("quy-trinh-thay-doi")


def _is_seen_on_a_phone(admin: Person, address: str) -> None:
    page = admin.page
    page.set_viewport_size(PHONE)
    for path, name in ((address, "quy-trinh-dien-thoai"), (HOME, "quy-trinh-dien-thoai-so-do")):
        admin.go(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        _looked(admin)
        admin.picture(name)
    page.set_viewport_size(DESKTOP)


def _publishes(chief: Person, address: str) -> None:
    """Another person, with a reason; who drew it may not."""
    page = chief.go(address)
    expect(page.locator("#judgement")).to_contain_text(TASK)
    expect(page.locator("#judgement .tag.urgent")).to_have_count(0)
    page.get_by_label("Lý do ban hành").fill(REASON)
    page.get_by_label("Tôi đã xem các thay đổi").check()
    _looked(chief)
    chief.picture("quy-trinh-ban-hanh")
    page.get_by_role("button", name="Ban hành").click()
    expect(page.locator(".flash.done").first).to_contain_text("Đã ban hành")
    chief.go(f"{HOME}/van-ban-quy-trinh")
    expect(page.locator("article.rules")).to_contain_text(TASK)


def _follows_at_once(office: Office, head: Person) -> None:
    """A draft begun now comes to the head of unit for the legal review."""
    document_id = office.begin()
    office.draft(document_id)
    office.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, document_id)
    head.task("trả lời", TASK)
    head.field(OPINION).fill("Phù hợp quy định.")
    _looked(head)
    head.picture("quy-trinh-viec-moi")
    head.finish()
    assert office.tasks(document_id) == ["approve"]


def _finishes_as_it_began(office: Office, document_id: int) -> None:
    """A running document keeps the procedure under which it began, to its end (Art. 8, 9.1)."""
    office.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, document_id)
    assert office.tasks(document_id) == ["approve"], "no legal review"
    office.do("lanhdao", "approve", {"decision": "approve"}, document_id)
    worker.run_due(office.app)
    office.sign(document_id)
    office.seal(document_id)
    assert [sent[:2] for sent in office.sent(document_id)] == [("document", "H38.01")]


def _is_moved_after_a_look(office: Office, admin: Person, document_id: int) -> None:
    page = admin.go(f"{HOME}/ho-so-dang-chay?ban=1")
    page.get_by_label(f"Chọn hồ sơ {document_id}").check()
    page.get_by_role("button", name="Xem thử chuyển sang bản 2").click()
    expect(page.get_by_text("Xem thử xong: 1 hồ sơ chuyển được")).to_be_visible()
    page.get_by_label("Lý do (ghi vào lịch sử từng hồ sơ)").fill("Áp dụng bước thẩm định pháp chế")
    _looked(admin)
    admin.picture("quy-trinh-ho-so")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Chuyển các hồ sơ chuyển được").click()
    expect(page.get_by_text("Xong: 1 hồ sơ làm được")).to_be_visible()
    office.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, document_id)
    assert office.tasks(document_id) == ["tham_dinh_phap_che"]


def _may_not_go_around_the_signature(admin: Person, chief: Person) -> None:
    """Art. 9.1.d: without the agency's signature nothing is dispatched; the path is drawn, nothing is published."""
    page = admin.go(HOME)
    page.get_by_role("button", name="Tạo bản sửa").click()
    page.wait_for_url(re.compile("/quy-trinh/sua/"))
    address = page.url.removeprefix(admin.site.base)
    _opened(admin)
    page.locator("[data-tool=find]").click()
    page.locator(".djs-search-input input").press_sequentially("gắn chữ ký số cơ quan")
    page.keyboard.press("Enter")
    page.locator(".djs-context-pad [data-action=delete]").click()
    page.locator("#tab-findings").click()
    finding = page.locator(".finding", has_text="Điều 9.1.d").first
    finding.click()
    expect(page.locator("g[data-element-id=dispatch].on-path")).to_have_count(1)
    expect(page.locator("#saved")).to_contain_text("Đã lưu lúc")
    _looked(admin)
    admin.picture("quy-trinh-bi-tu-choi")
    page = chief.go(address)
    expect(page.locator("#judgement")).to_contain_text("Điều 9.1.d")
    page.get_by_label("Lý do ban hành").fill(REASON)
    page.get_by_label("Tôi đã xem các thay đổi").check()
    page.get_by_role("button", name="Ban hành").click()
    expect(page.locator("#publish-error")).to_be_visible()
