"""An auditor plays a history in a browser (Art. 10.3): steps, jumps, link, filters; run again it is equal, then not."""

import re

import pytest
from browser import DESKTOP, PHONE, Site, log_in, needs_axe, serious, too_wide
from fakes import pdf
from playwright.sync_api import Browser, Page, expect
from steps import Office, in_days, quick

from app import worker
from app.db import db, tenancy
from app.engine import act
from app.engine.perform import SlowWork
from app.records import history
from app.records.document import Document
from app.web.moment import now

pytestmark = [
    pytest.mark.browser,
    needs_axe,
]


@pytest.fixture
def office(world) -> Office:
    """A letter whose recognition failed, was tried again by an administrator, and went to the officer; a fresh one.

    Made before the browser starts: the worker cannot run inside its loop.
    """
    quick(world.app)
    office = Office(world.app)
    letter = office.hand_in("vanthu", pdf(3), "thu den.pdf")
    with office.inside():
        act.fail_step(db.session.scalars(db.select(SlowWork)).one().id, "ocr_failed: không đọc được", now())
    with office.inside():
        act.retry(office.incident(letter).id, office.user("quantri"), "Thử lại", now())
    worker.run_due(office.app)
    office.verify(letter, subject="Về việc góp ý dự thảo kế hoạch chuyển đổi số năm 2027")
    office.assign(letter, due_date=in_days(5))
    office.take_in()
    office.letter = letter
    return office


def _look(page, where: str) -> list[str]:
    wrong = []
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        wrong += [f"{where} {size['width']}: {found}" for found in serious(page)]
        if (over := too_wide(page)) > 0:
            wrong.append(f"{where} {size['width']}: {over} px too wide")
    return wrong


def test_art_10_3_a_history_is_played_linked_and_run_again(office: Office, pages: Site, chromium: Browser):
    letter = office.letter
    auditor = log_in(chromium, pages, "stc", "thanhtra")
    page = auditor.go("/lich-su")
    expect(page.get_by_text("1 can thiệp")).to_be_visible()
    wrong = _look(page, "list")
    auditor.picture("history-list")
    page.get_by_role("link", name=re.compile("chuyển đổi số")).click()
    _play(page)
    wrong += _look(page, "player")
    auditor.picture("history-player", ready=".diagram .here-flag")
    _run_again(page, office, letter)
    auditor.picture("history-differs")
    page.set_viewport_size(PHONE)
    auditor.picture("history-phone")
    page.get_by_role("tab", name="Các bước").click()
    auditor.picture("history-phone-steps")
    page.set_viewport_size(DESKTOP)
    auditor.go(f"/lich-su?so-sanh={letter},{letter + 1}")
    expect(page.get_by_text("chỉ bên trái có").first).to_be_visible()
    wrong += _look(page, "compare")
    auditor.picture("history-compare")
    page.set_viewport_size(PHONE)
    assert page.locator(".table-scroll").evaluate("box => box.scrollWidth <= box.clientWidth")
    auditor.picture("history-compare-phone")
    assert not wrong and not auditor.complaints, "\n".join(wrong + auditor.complaints)


def _play(page: Page) -> None:
    """By keys, by the button, by the list, by the slider, by the link; ends at the sixth act."""
    caption, current = page.locator("#caption"), page.locator(".step[aria-current]")
    expect(caption).to_contain_text("Lãnh đạo phân công, bút phê")
    expect(page.locator('.diagram [data-element-id="handle"].here')).to_be_attached()
    page.keyboard.press("ArrowLeft")
    expect(current).to_have_attribute("data-n", "6")
    expect(page.locator('.diagram [data-element-id="assign"].here')).to_be_attached()
    page.keyboard.press("Home")
    expect(caption).to_contain_text("Bước 1/")
    expect(page).to_have_url(re.compile(r"buoc=1$"))
    page.locator("#speed").select_option("4")
    page.locator("[data-go=play]").click()
    expect(caption).to_contain_text("Lãnh đạo phân công, bút phê")
    expect(page.locator("[data-go=play]")).to_have_attribute("aria-pressed", "false")
    page.get_by_label("Can thiệp", exact=True).check()
    expect(page.locator("[data-count]")).to_have_text("1/8 bước")
    page.locator(".step:visible [data-step]").click()
    expect(caption).to_contain_text("Chạy lại bước xử lý")
    expect(page).to_have_url(re.compile(r"buoc=4$"))
    page.keyboard.press("Home")
    expect(caption).to_contain_text("Chạy lại bước xử lý")
    page.get_by_label("Trễ hạn", exact=True).check()
    expect(caption).to_have_text("Không có bước nào khớp.")
    page.get_by_label("Trễ hạn", exact=True).uncheck()
    expect(caption).to_contain_text("Chạy lại bước xử lý")
    page.reload()
    expect(caption).to_contain_text("Chạy lại bước xử lý")
    page.get_by_role("button", name="Toàn bộ").click()
    whole = page.locator(".diagram .viewport").get_attribute("transform")
    page.locator("[data-scrub]").fill("5")
    expect(page.locator('.diagram [data-element-id="assign"].here')).to_be_attached()
    assert page.locator(".diagram .viewport").get_attribute("transform") == whole, "it stays as it was chosen"


def _run_again(page: Page, office: Office, letter: int) -> None:
    """Equal; then, after a row was changed behind the back, different at that act."""
    button = page.get_by_role("button", name="Phát lại bằng bộ máy sạch")
    said = page.locator("[data-answer^=replay] strong")
    button.click()
    expect(said).to_have_text("Khớp")
    _tamper(office, letter)
    button.click()
    expect(said).to_have_text("Lệch tại bước 6")
    page.get_by_role("link", name="Tới bước 6").click()
    expect(page.locator(".step[aria-current]")).to_have_attribute("data-n", "6")


def _tamper(office: Office, letter: int) -> None:
    with office.app.app_context(), tenancy.as_owner():
        db.session.execute(db.text(
            f"""update act_content set input = jsonb_set(input::jsonb, '{{data,decision}}', '"return"') where act_id =
            (select id from act where subject = 'document:{letter}' and element = 'verify')"""))
        db.session.commit()
        db.session.remove()


def test_art_10_3_a_long_history_is_drawn_before_all_its_acts_say_what_they_did(
        office: Office, pages: Site, chromium: Browser):
    with office.inside():
        agency_id = db.session.get_one(Document, office.letter).agency_id
        for _ in range(70):
            history.note(f"document:{office.letter}", "document_read", agency_id=agency_id, at=now(), actor_id=None,
                         input={"what": "page"})
        db.session.commit()
    page = log_in(chromium, pages, "stc", "thanhtra").go(f"/lich-su/{office.letter}")
    expect(page.locator(".djs-shape.passed").first).to_be_visible()
    expect(page.locator("[data-later]")).to_have_count(0)
    page.locator("#buoc-1 [data-step]").click()
    expect(page.locator("#buoc-1 .step-detail")).to_contain_text("Thay đổi trong hồ sơ")
    expect(page.locator("#buoc-2 .step-detail")).to_be_hidden()
    assert _look(page, "a long history") == []
