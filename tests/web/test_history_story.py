"""An auditor's day in the browser (Art. 10.3): given a scope, a history played and run again, proof taken away.

What is taken is checked where nobody has ever seen the product; then somebody changes the database behind its back,
and the next check says where. QLVB_PICTURES=<folder> keeps pictures of the way.
"""

import re
import shutil
import subprocess
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from browser import DESKTOP, PHONE, Person, Site, log_in, needs_axe, serious, too_wide
from fakes import pdf
from playwright.sync_api import Browser, Download, expect
from steps import Office, in_days, quick

from app import worker
from app.db import db, tenancy

pytestmark = [pytest.mark.browser, needs_axe]

SUBJECT = "Về việc góp ý dự thảo kế hoạch chuyển đổi số năm 2027"
REASON = "Kiểm tra theo kế hoạch năm 2026"
PLAYER, CHECK = "/lich-su/{}", "/lich-su/kiem-tra"


@pytest.fixture
def office(world) -> Office:
    """A letter that went from the clerk over the leader to an officer, who dealt with it."""
    quick(world.app)
    office = Office(world.app)
    office.letter = office.hand_in("vanthu", pdf(3), "thu den.pdf")
    worker.run_due(office.app)
    office.verify(office.letter, subject=SUBJECT)
    office.assign(office.letter, due_date=in_days(5))
    office.handle(office.letter, decision="finish", result="Đã góp ý trực tiếp tại cuộc họp")
    worker.run_due(office.app)
    return office


def test_art_10_3_an_auditor_plays_proves_and_finds(office: Office, site: Site, chromium: Browser, tmp_path: Path):
    leader = log_in(chromium, site, "stc", "lanhdao")
    _gives(leader)
    auditor = log_in(chromium, site, "stc", "thanhtra")
    _plays(auditor, office.letter)
    _takes_a_bundle(auditor, tmp_path)
    _takes_the_slip(auditor, tmp_path)
    _checks(auditor)
    _somebody_tampers(office)
    _is_alarmed(auditor, office.letter)
    above = log_in(chromium, site, "tinh", "thanhtra")
    above.go("/lich-su/don-vi-truc-thuoc")
    expect(above.page.get_by_text("Sở Tài chính", exact=False).first).to_be_visible()
    _looked(above)
    above.picture("lich-su-tinh")
    for person in (leader, auditor, above):
        assert person.complaints == []


def _looked(person: Person) -> None:
    """Nothing serious for axe and nothing beside the screen, on a phone and at a desk."""
    for size in (PHONE, DESKTOP):
        person.page.set_viewport_size(size)
        assert serious(person.page) == [], person.page.url
        assert too_wide(person.page) <= 0, person.page.url


def _gives(leader: Person) -> None:
    """The leader gives the auditor above one kind of document for a while, with a reason."""
    page = leader.go("/lich-su/quyen-kiem-tra")
    page.get_by_label("Người được giao").select_option(label="Người kiểm tra của cơ quan cấp trên")
    page.get_by_label("Chỉ loại văn bản").select_option("Công văn")
    page.get_by_label("Được xem đến hết ngày").fill((date.today() + timedelta(days=200)).isoformat())
    page.get_by_label("Lý do", exact=True).last.fill(REASON)
    page.get_by_role("button", name="Giao quyền kiểm tra").click()
    expect(page.locator(".plain-list").get_by_text(REASON)).to_be_visible()
    _looked(leader)
    page.evaluate("scrollTo(0, 0)")
    leader.picture("lich-su-quyen")


def _plays(auditor: Person, letter: int) -> None:
    """Every step back to the first and forward again; then by a clean engine."""
    page = auditor.go("/lich-su")
    page.get_by_role("link", name=re.compile("chuyển đổi số")).click()
    caption = page.locator("#caption")
    expect(caption).to_contain_text("Chuyên viên xử lý văn bản")
    page.keyboard.press("Home")
    expect(caption).to_contain_text("Bước 1/")
    page.locator(".step-head", has_text="Lãnh đạo phân công, bút phê").click()
    expect(page.locator('.diagram [data-element-id="assign"].acted')).to_be_attached()
    page.get_by_role("button", name="Phát lại bằng bộ máy sạch").click()
    expect(page.locator("[data-answer^=replay] strong")).to_have_text("Khớp")
    expect(page).to_have_url(re.compile(PLAYER.format(letter)))
    _looked(auditor)
    auditor.picture("lich-su-phat-lai", ready=".diagram .acted")
    page.set_viewport_size(PHONE)
    auditor.picture("lich-su-dien-thoai")
    page.set_viewport_size(DESKTOP)


def _taken(auditor: Person, name: str, answer: str) -> Download:
    """Asked for, made by the worker, downloaded."""
    page = auditor.page
    page.get_by_text("Lấy ra", exact=True).click()
    page.get_by_role("button", name=name).click()
    ready = page.locator(f"[data-answer^={answer}][data-status=ready]")
    expect(ready).to_be_visible()
    if page.locator(".take[open]").count():
        page.get_by_text("Lấy ra", exact=True).click()
    with page.expect_download() as coming:
        ready.locator("[data-file]").click()
    return coming.value


def _takes_a_bundle(auditor: Person, tmp_path: Path) -> None:
    """It proves itself with Python's standard library alone; one byte of a file altered, it says which."""
    bundle, empty = tmp_path / "bundle.zip", tmp_path / "empty"
    _taken(auditor, "Gói chứng cứ", "bundle").save_as(bundle)
    with zipfile.ZipFile(bundle) as packed:
        packed.extractall(empty)
    said = _verified(empty)
    assert said.returncode == 0 and said.stdout.split()[0] == "true", said.stdout + said.stderr
    scan = next(path for path in empty.rglob("*.pdf") if path.read_bytes() == pdf(3))
    scan.write_bytes(scan.read_bytes() + b" ")
    said = _verified(empty)
    assert said.returncode != 0 and scan.name in said.stdout, said.stdout


def _verified(folder: Path) -> subprocess.CompletedProcess[str]:
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    return subprocess.run(["env", "-i", "PATH=/usr/bin:/bin", python, "-I", "-S", "verify.py"], cwd=folder,
                          capture_output=True, text=True, check=False)


def _takes_the_slip(auditor: Person, tmp_path: Path) -> None:
    """The control slip: who did what and when."""
    slip = tmp_path / "slip.pdf"
    _taken(auditor, "Phiếu kiểm soát (PDF)", "slip").save_as(slip)
    text = subprocess.run(["pdftotext", "-layout", slip, "-"], capture_output=True, text=True, check=True).stdout
    assert "Lãnh đạo phân công, bút phê" in " ".join(text.split())


def _checks(auditor: Person) -> None:
    page = auditor.go(CHECK)
    page.get_by_role("button", name="Kiểm tra ngay").click()
    for check in ("verify", "replay", "conform"):
        _until_checked(auditor, check, "Có")
    _looked(auditor)
    auditor.picture("lich-su-kiem-tra")


def _until_checked(auditor: Person, check: str, tag: str) -> None:
    page = auditor.page
    for _ in range(60):
        if tag in page.locator(f"[data-check={check}] .tag").inner_text():
            return
        page.wait_for_timeout(1000)
        page.reload()
    raise AssertionError(page.locator("main").inner_text())


def _somebody_tampers(office: Office) -> None:
    """As the owner of the database, behind the product's back: another handler, later."""
    with office.app.app_context(), tenancy.as_owner():
        db.session.execute(db.text("update act set at = at + interval '2 days' where subject = :s and number = "
                                   "(select max(number) from act where subject = :s)"),
                           {"s": f"document:{office.letter}"})
        db.session.commit()
        db.session.remove()


def _is_alarmed(auditor: Person, letter: int) -> None:
    page = auditor.page
    page.get_by_role("button", name="Kiểm tra ngay").click()
    _until_checked(auditor, "verify", "điểm sai")
    expect(page.get_by_role("link", name=f"Văn bản {letter}", exact=True).first).to_be_visible()
    auditor.picture("lich-su-bao-dong")
    auditor.go("/")
    expect(page.get_by_role("alert").first).to_contain_text("Cảnh báo về lịch sử")
    _looked(auditor)
