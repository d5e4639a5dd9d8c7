"""People at work on the task page: two on one task, a double click, a session that ended, keys instead of a mouse.

The pages in a real browser; the task to work on is made through the acts that the pages use (demo/hand.py).
"""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from browser import PATIENCE, Person, Site, attach, enter, log_in, until
from playwright.sync_api import Browser, expect
from steps import Office, quick

from app.db import db
from app.demo import drafts
from app.demo.hand import DOCX, Hands
from app.demo.story import begin, submit
from app.engine.instance import of_document
from app.records import history
from app.records.session import LoginSession

pytestmark = pytest.mark.browser

SUBJECT = "Báo cáo tình hình thực hiện dự toán tháng 11"


@pytest.fixture
def department(world) -> Hands:
    """The people of the Department of Finance."""
    return Hands(world.app, "stc")


@pytest.fixture
def review(department: Hands) -> str:
    """The address of the task of reviewing a draft."""
    document_id = begin(department, SUBJECT)
    submit(department, document_id, SUBJECT, ["H38.01"])
    with department.inside():
        return f"/viec/{department.waiting('review', document_id).id}"


@pytest.fixture
def assignment(world) -> str:
    """The address of the task of assigning a letter: the leader may, and who stands in for the leader (Art. 7)."""
    quick(world.app)

    def made() -> str:
        office = Office(world.app)
        document_id = office.take_in()
        office.verify(document_id)
        with office.inside():
            return f"/viec/{office.waiting('assign', document_id).id}"

    with ThreadPoolExecutor(1) as aside:  # the worker's event loop does not go beside the browser's
        return aside.submit(made).result()


def _task(person: Person, address: str) -> None:
    person.go(address)
    expect(person.page.get_by_role("button", name="Hoàn thành")).to_be_enabled()


def test_the_second_is_told_who_was_first_and_keeps_what_was_typed(chromium: Browser, pages: Site, assignment: str):
    leader, deputy = log_in(chromium, pages, "stc", "lanhdao"), log_in(chromium, pages, "stc", "truongphong")
    for person in (leader, deputy):
        _task(person, assignment)
    deputy.page.route("**/nhap", lambda route: route.abort())  # the button tells, not the saving as one types
    for person in (leader, deputy):
        person.page.get_by_label("Chỉ để biết, lưu hồ sơ").check()
        person.choose("Người, đơn vị được đọc", "Nguyễn Thị Thảo")
    leader.finish()
    deputy.field("Ý kiến chỉ đạo (bút phê)").fill("Bổ sung số liệu của các xã.")
    deputy.page.get_by_role("button", name="Hoàn thành").click()
    told = deputy.page.locator("#message")
    expect(told).to_contain_text(re.compile(r"Đinh Xuân Trường đã làm việc này trước, lúc \d\d/\d\d/\d{4}"))
    expect(told).to_contain_text("Bổ sung số liệu của các xã.")
    expect(deputy.page.get_by_role("button", name="Hoàn thành")).to_be_disabled()


def test_a_double_click_completes_once(chromium: Browser, pages: Site, review: str, department: Hands):
    head = log_in(chromium, pages, "stc", "truongphong")
    _task(head, review)
    sent: list[str] = []
    head.page.on("request", lambda asked: sent.append(asked.url) if asked.method == "POST" else None)
    head.page.get_by_label("Đồng ý, trình lãnh đạo cơ quan").check()
    head.page.get_by_role("button", name="Hoàn thành").dblclick()
    head.page.wait_for_url(lambda url: url != pages.base + review)
    expect(head.page.locator(".flash.done")).to_be_visible()
    assert [url for url in sent if url.endswith(review)] == [pages.base + review]
    with department.inside():
        document_id = department.waiting("approve").document_id
        done = [act for act in history.course(f"document:{document_id}") if act.element == "review"
                and act.kind == "task_completed"]
        assert len(done) == 1 and of_document(document_id).status == "running"


def test_an_ended_session_keeps_what_was_typed(chromium: Browser, pages: Site, review: str, department: Hands):
    head = log_in(chromium, pages, "stc", "truongphong")
    _task(head, review)
    with department.inside():
        db.session.execute(db.delete(LoginSession))
        db.session.commit()
    head.field("Ý kiến kiểm duyệt").fill("Đã xem, đề nghị sửa bảng 2.")
    head.page.get_by_label("Đồng ý, trình lãnh đạo cơ quan").check()
    head.page.get_by_role("button", name="Hoàn thành").click()
    told = head.page.locator("#message")
    expect(told).to_contain_text("Phiên làm việc đã hết")
    expect(head.field("Ý kiến kiểm duyệt")).to_have_value("Đã xem, đề nghị sửa bảng 2.")
    with head.context.expect_page() as opened:
        told.get_by_role("link", name="Đăng nhập lại").click()
    enter(opened.value, "truongphong")
    expect(opened.value.locator(".side .brand")).to_be_visible()
    head.finish()
    with department.inside():
        document_id = department.waiting("approve").document_id
    head.go(f"/van-ban/{document_id}")
    head.page.get_by_role("tab", name=re.compile("Ý kiến")).click()
    expect(head.page.locator("#pane-opinions")).to_contain_text("Đã xem, đề nghị sửa bảng 2.")


def test_a_page_closed_too_early_loses_nothing(chromium: Browser, pages: Site, review: str):
    head = log_in(chromium, pages, "stc", "truongphong")
    _task(head, review)
    head.field("Ý kiến kiểm duyệt").press_sequentially("Một nửa câu")
    head.go("/viec")
    _task(head, review)
    expect(head.field("Ý kiến kiểm duyệt")).to_have_value("Một nửa câu")


def test_text_stays_when_a_file_arrives_while_one_types(chromium: Browser, pages: Site, department: Hands):
    document_id = begin(department, SUBJECT)
    with department.inside():
        address = f"/viec/{department.waiting('draft', document_id).id}"
    officer = log_in(chromium, pages, "stc", "chuyenvien")
    _task(officer, address)
    officer.field("Trích yếu nội dung").fill("Báo cáo đã sửa trong lúc tải tệp")
    attach(officer.page.locator("input[accept='.docx']"), "Dự thảo.docx",
           drafts.draft_of("stc", SUBJECT, ["H38.01"]), DOCX)
    expect(officer.page.locator("#form .state.good")).to_contain_text("Dự thảo.docx")
    expect(officer.field("Trích yếu nội dung")).to_have_value("Báo cáo đã sửa trong lúc tải tệp")
    expect(officer.page.locator("#saved")).to_contain_text("Đã lưu lúc")
    officer.page.reload()
    expect(officer.field("Trích yếu nội dung")).to_have_value("Báo cáo đã sửa trong lúc tải tệp")


def test_the_inbox_works_by_keys_alone(chromium: Browser, pages: Site, department: Hands):
    for subject in ("V/v việc thứ nhất", "V/v việc thứ hai", "V/v việc thứ ba"):
        begin(department, subject)
    officer = log_in(chromium, pages, "stc", "chuyenvien")
    page = officer.go("/viec")
    rows = page.locator("a[data-row]")
    expect(rows).to_have_count(3)
    for key, at in (("j", 0), ("j", 1), ("k", 0), ("k", 0), ("j", 1)):
        page.keyboard.press(key)
        expect(rows.nth(at)).to_be_focused()
    second = rows.nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(pages.base + second)
    officer.go("/viec")
    page.keyboard.press("/")
    page.keyboard.type("thứ ba")
    expect(rows).to_have_count(1, timeout=PATIENCE * 1000)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/viec/\d+$"))
    expect(page.locator("h1")).to_contain_text("việc thứ ba")


def test_a_page_of_the_past_is_refused_and_says_so(chromium: Browser, pages: Site, review: str):
    """A page opened before a colleague saved: 409, with what was typed in sight."""
    first, second = (log_in(chromium, pages, "stc", "truongphong") for _ in range(2))
    for person in (first, second):
        _task(person, review)
    first.field("Ý kiến kiểm duyệt").fill("Bản của máy thứ nhất")
    expect(first.page.locator("#saved")).to_contain_text("Đã lưu lúc")
    second.field("Ý kiến kiểm duyệt").fill("Bản của máy thứ hai")
    until(lambda: second.page.locator("#message").inner_text(), lambda: "the second page was told nothing")
    expect(second.page.locator("#message")).to_contain_text("Bản của máy thứ hai")
