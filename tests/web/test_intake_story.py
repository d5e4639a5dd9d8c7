"""A stack of ten mixed letters, taken in by one clerk (Art. 2.2, 3.2, 6.2, 6.3): paper and electronic, four ways.

Two letters scanned as one file with a separator sheet that we print, a photo, a fax in TIFF, an office file, a signed
file, one from the copier's folder, one from the exchange, one that is secret, and one that came already; beside them a
program with the name of a letter. Reading is real and runs in the worker. QLVB_PICTURES=<folder> keeps pictures.
"""

import io
from datetime import date, timedelta
from pathlib import Path

import pikepdf
import pypdfium2
import pytest
from browser import DESKTOP, PHONE, Person, Site, attach, log_in, too_wide, until
from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, expect
from steps import send, signed_pdf

from app.db import db, tenancy
from app.demo import letters
from app.demo.hand import DOCX
from app.records import barred
from app.records.calendar import local_date
from app.records.document import Document
from app.web.moment import now

pytestmark = pytest.mark.browser

HOME, CHECK = "/van-ban/tiep-nhan", "Văn thư kiểm tra, nhập thông tin"
TODAY = local_date(now())
SUBJECTS = {
    "stack 1": "rà soát danh mục dự án đầu tư công năm 2027", "stack 2": "góp ý dự thảo nghị quyết về phí và lệ phí",
    "photo": "cử cán bộ tham gia đoàn kiểm tra liên ngành", "fax": "báo cáo tình hình giá cả thị trường tháng 11",
    "office": "đề nghị thẩm định dự toán sửa chữa trụ sở", "copier": "mời họp triển khai chuyển đổi số",
    "secret": "kế hoạch bảo vệ hội nghị",
}

#: of all of them in the end; the file that we signed says none, the office file is a draft without one
NUMBERS = {"", "12", "2481", "2482", "2483", "2484", "2486"}


def letter(way: str, number: int, day: date) -> dict:
    """What a letter of the People's Committee says."""
    return {"organ_name": "Ủy ban nhân dân tỉnh Lào Cai", "code_number": str(number), "code_notation": "UBND-TH",
            "issued_date": day, "place": "Lào Cai", "type_name": "Công văn", "subject": SUBJECTS[way],
            "signer_name": "Nguyễn Thành Sinh", "signer_position": "PHÓ CHỦ TỊCH", "authority": "KT. CHỦ TỊCH",
            "addressees": ["Sở Tài chính tỉnh Lào Cai"], "recipients": ["Như trên", "Lưu: VT, TH"], "priority": "0",
            "body": ["Ủy ban nhân dân tỉnh đề nghị Sở Tài chính nghiên cứu, thực hiện theo thẩm quyền."]}


def scanned(way: str, number: int) -> bytes:
    return letters.letter(letter(way, number, TODAY - timedelta(days=2)), seed=number)


def drawn(data: bytes, mark: str = "") -> Image.Image:
    """The first page as a picture; `mark`: stamped in red at the left, below the number (NĐ 30/2020)."""
    page = pypdfium2.PdfDocument(data)[0].render(scale=200 / 72).to_pil().convert("RGB")
    if mark:
        pen = ImageDraw.Draw(page)
        pen.rectangle((330, 560, 560, 650), fill="white", outline="#a00", width=5)
        font = ImageFont.truetype("/usr/share/fonts/truetype/liberation2/LiberationSerif-Bold.ttf", 56)
        pen.text((445, 605), mark, fill="#a00", font=font, anchor="mm")
    return page


def saved(page: Image.Image, kind: str) -> bytes:
    sink = io.BytesIO()
    page.save(sink, kind, dpi=(200, 200))
    return sink.getvalue()


@pytest.fixture
def signed(world) -> bytes:
    """A signed file to be dropped; another has come by the exchange, before the browser's loop runs."""
    send(world.app, signed_pdf(world.app, mark=7))
    return signed_pdf(world.app, mark=8)


def test_art_6_2_ten_mixed_letters_become_what_they_should(world, signed: bytes, site: Site, chromium: Browser,
                                                           tmp_path: Path):
    clerk = log_in(chromium, site, "stc", "vanthu")
    _drop_all(clerk, _printed_sheet(clerk, tmp_path), signed)
    _copier_writes(site)
    _decide_on_the_queue(clerk)
    _register_all(clerk)
    _register_one(clerk)
    until(lambda: _numbers(world) == NUMBERS and _kept_out(world) == ["recognised secrecy"],
          lambda: f"read: {_numbers(world)}, kept out: {_kept_out(world)}")
    expect(clerk.go("/viec").get_by_text("Bản quét đã bị xóa khỏi hệ thống")).to_be_visible()
    expect(clerk.page.get_by_text("Trang 1 trong tệp 1 trang nhận lúc")).to_be_visible()
    assert clerk.complaints == [said for said in clerk.complaints if "422" in said]


def _numbers(world) -> set[str]:
    """Numbers of what was taken in, as read or as the sender stated them."""
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        found = set(db.session.scalars(db.select(Document.code_number)))
        db.session.remove()
        return found


def _kept_out(world) -> list[str]:
    """What must not be entered (Art. 3.2) and was discarded when it was read."""
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        found = [f"{one.way} {one.rule}" for one in barred.newest()]
        db.session.remove()
        return found


def _decide_on_the_queue(clerk: Person) -> None:
    """What came by itself or came twice waits for a word; the rest lies in piles, the sheet is no page of a letter."""
    page = clerk.page
    queue = page.locator(".intake-queue li")
    until(lambda: clerk.go(HOME) and queue.count() == 2, lambda: page.locator("main").inner_text())
    expect(page.locator(".pile")).to_have_count(7)
    clerk.picture("den-xap-thu")
    page.get_by_role("button", name="Nhận: scan-0001.pdf").click()
    expect(page.locator(".pile")).to_have_count(8)
    page.get_by_role("button", name="Từ chối: ảnh chụp (2).jpg").click()
    page.get_by_label("Lý do").fill("Quét hai lần")
    page.get_by_role("button", name="Từ chối", exact=True).click()
    expect(queue).to_have_count(0)
    page.set_viewport_size(PHONE)
    assert too_wide(page) <= 0
    clerk.picture("den-xap-thu-dien-thoai")
    page.set_viewport_size(DESKTOP)


def _register_all(clerk: Person) -> None:
    page = clerk.page
    page.get_by_role("button", name="Tiếp nhận cả 8 văn bản").click()
    expect(page.locator("#registered .good")).to_have_count(7)
    clerk.picture("den-khong-phai-ban-quet")  # the office file is no scan: is its paper there?
    page.set_viewport_size(PHONE)
    assert too_wide(page) <= 0
    clerk.picture("den-khong-phai-ban-quet-dien-thoai")
    page.set_viewport_size(DESKTOP)
    page.get_by_role("button", name="Có bản giấy, tôi đã đối chiếu").click()
    expect(page.locator("#registered .good")).to_have_count(8)
    expect(page.locator(".pile")).to_have_count(0)


def _register_one(clerk: Person) -> None:
    """The fields are there; what is doubtful is confirmed by a key."""
    page = clerk.task("rà soát danh mục", CHECK)
    expect(clerk.field("Số")).to_have_value("2481")
    expect(clerk.field("Ký hiệu")).to_have_value("UBND-TH")
    clerk.field("Trích yếu nội dung").focus()
    expect(page.locator(".sheet > .mark").first).to_be_visible()
    clerk.picture("den-kiem-tra", ready=".viewer canvas")
    while page.locator(".doubt.open").count():
        page.keyboard.press("F2")
    expect(page.locator(".sheet > .region")).not_to_have_count(0)
    expect(page.locator(".sheet > .region.doubtful")).to_have_count(0)  # nor does the page ask any more
    page.get_by_label("Đăng ký vào sổ, chuyển lãnh đạo").check()
    clerk.choose("Sổ đăng ký văn bản đến", "Sổ văn bản đến")
    clerk.choose("Chuyển lãnh đạo", "Đinh Xuân Trường")
    clerk.finish()


def _printed_sheet(clerk: Person, tmp_path: Path) -> bytes:
    """A separator sheet as we print it."""
    page = clerk.go(HOME)
    page.get_by_text("Tờ phân cách, quét sau").click()
    page.get_by_label("Số tờ").fill("1")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Tải tờ phân cách để in").click()
    coming.value.save_as(tmp_path / "sheet.pdf")
    return (tmp_path / "sheet.pdf").read_bytes()


def _drop_all(clerk: Person, sheet: bytes, signed: bytes) -> None:
    """Files of every kind at once; what is no letter is refused by name, the rest goes on."""
    page, pdf = clerk.go(HOME), "application/pdf"
    stack = pikepdf.new()
    for part in (scanned("stack 1", 2481), sheet, scanned("stack 2", 2482)):
        with pikepdf.open(io.BytesIO(part)) as opened:
            stack.pages.extend(opened.pages)
    sink = io.BytesIO()
    stack.save(sink)
    office = letter("office", 2485, TODAY - timedelta(days=1))
    for name, data, kind in (
            ("xấp thư.pdf", sink.getvalue(), pdf),
            ("ảnh chụp.jpg", saved(drawn(scanned("photo", 2483)), "JPEG"), "image/jpeg"),
            ("fax.tif", saved(drawn(scanned("fax", 2484)).convert("L"), "TIFF"), "image/tiff"),
            ("đề nghị.docx", letters.draft_docx(office), DOCX),
            ("đã ký.pdf", signed, pdf),
            ("kế hoạch.jpg", saved(drawn(scanned("secret", 2487), "MẬT"), "JPEG"), "image/jpeg"),
            ("ảnh chụp (2).jpg", saved(drawn(scanned("photo", 2483)), "JPEG"), "image/jpeg"),
            ("công văn.pdf", b"MZ\x90\x00 this program cannot be run in DOS mode", pdf)):
        attach(page.locator("#files"), name, data, kind)
    expect(page.locator("#uploads .bad")).to_have_count(1)
    expect(page.locator("#uploads .good")).to_have_count(6)


def _copier_writes(site: Site) -> None:
    folder = site.config.scans / "stc"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "part").write_bytes(scanned("copier", 2486))
    (folder / "part").rename(folder / "scan-0001.pdf")
