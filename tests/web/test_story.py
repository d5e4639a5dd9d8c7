"""The main job in a real browser, each person on the pages: a scan comes in, a signed answer goes out.

Art. 6.2, 7, 8, 9.1 and, on the other side, Art. 6.3. Nothing is done past the pages; OCR, conversion, signatures
and the exchange are real and run in processes of their own. QLVB_PICTURES=<folder> keeps pictures of the way.
"""

import re
from datetime import date, timedelta

import pytest
from browser import Person, Site, attach, log_in, until
from playwright.sync_api import Browser, expect
from steps import day_off

from app.demo import drafts, letters
from app.demo.hand import DOCX
from app.records.calendar import local_date
from app.web.moment import now

pytestmark = pytest.mark.browser

SUBJECT = "báo cáo kết quả giải ngân vốn đầu tư công năm 2026"
ANSWER = "Báo cáo kết quả giải ngân vốn đầu tư công của Sở Tài chính"
OFFICE = "Văn phòng Ủy ban nhân dân tỉnh Lào Cai"


def _letter(today: date) -> bytes:
    return letters.letter({
        "organ_name": "Ủy ban nhân dân tỉnh Lào Cai", "code_number": "2481", "code_notation": "UBND-TH",
        "issued_date": today - timedelta(days=2), "place": "Lào Cai", "type_name": "Công văn", "subject": SUBJECT,
        "signer_name": "Nguyễn Thành Sinh", "signer_position": "PHÓ CHỦ TỊCH", "authority": "KT. CHỦ TỊCH",
        "addressees": ["Sở Tài chính tỉnh Lào Cai"], "recipients": ["Như trên", "Lưu: VT, TH"], "priority": "1"},
        seed=20)


def test_a_scan_comes_in_and_a_signed_answer_goes_out(chromium: Browser, site: Site):
    def of(username: str, slug: str = "stc") -> Person:
        return log_in(chromium, site, slug, username)

    today = local_date(now())
    clerk, leader, officer = of("vanthu"), of("lanhdao"), of("chuyenvien")
    incoming = _take_in(clerk, today)
    _register(clerk, today)
    _assign(leader, today)
    _answer(officer)
    _draft(officer)
    head = of("truongphong")
    _review(head)
    outgoing = _approve_and_sign(leader)
    _seal(clerk)
    office = of("vanthu", "vpubnd")
    _receive_and_register(office)
    _sender_sees_all(clerk, incoming, outgoing)
    for person in (clerk, leader, officer, head, office):
        complaints = [said for said in person.complaints if "422" not in said]  # the wrong PIN, answered 422
        assert complaints == []


def _take_in(clerk: Person, today: date) -> str:
    """Art. 6.2.a: the scan is dropped on the intake page. Returns the address of the document."""
    page = clerk.go("/van-ban/tiep-nhan")
    attach(page.locator("#files"), "Công văn 2481.pdf", _letter(today), "application/pdf")
    expect(page.locator("#uploads .good")).to_contain_text("Đã nhận")
    page.get_by_role("button", name="Tiếp nhận: Văn bản 1").click()
    expect(page.locator("#registered .good")).to_contain_text("Đã tiếp nhận")
    return page.get_by_role("link", name="Mở văn bản").get_attribute("href")


def _register(clerk: Person, today: date) -> None:
    """Art. 6.1, 6.2.b: what was read stands in the form; the clerk corrects and registers."""
    clerk.task("giải ngân", "Văn thư kiểm tra, nhập thông tin")
    expect(clerk.field("Số")).to_have_value("2481")
    expect(clerk.field("Ký hiệu")).to_have_value("UBND-TH")
    expect(clerk.field("Ngày ban hành")).to_have_value((today - timedelta(days=2)).strftime("%d/%m/%Y"))
    expect(clerk.field("Trích yếu nội dung")).to_have_value(re.compile("giải ngân vốn đầu tư công năm 2026"))
    clerk.page.get_by_label("Đăng ký vào sổ, chuyển lãnh đạo").check()
    clerk.choose("Sổ đăng ký văn bản đến", "Sổ văn bản đến")
    clerk.choose("Chuyển lãnh đạo", "Đinh Xuân Trường")
    clerk.finish()


#: of the page under the ĐẾN stamp: the share of dark points, and where the stamp lies, as shares of the page
STAMPED = """() => {
  const stamp = document.querySelector(".viewer .stamp"), sheet = stamp.parentElement;
  const canvas = sheet.querySelector("canvas");
  const [at, all] = [stamp.getBoundingClientRect(), sheet.getBoundingClientRect()], by = canvas.width / all.width;
  const box = [at.left - all.left, at.top - all.top, at.width, at.height].map((one) => one * by);
  const { data } = canvas.getContext("2d").getImageData(...box);
  let dark = 0;
  for (let i = 0; i < data.length; i += 4) dark += (data[i] * 3 + data[i + 1] * 6 + data[i + 2]) / 10 < 150;
  return { dark: dark / (data.length / 4), left: box[0] / canvas.width, top: box[1] / canvas.height };
}"""


def _assign(leader: Person, today: date) -> None:
    """Art. 7: a directive, who handles, who helps, by when. NĐ 30/2020 PL IV.V: the stamp hides nothing."""
    page = leader.task("giải ngân", "Lãnh đạo phân công, bút phê")
    page.locator(".viewer .stamp").wait_for()
    stamped = page.evaluate(STAMPED)
    assert stamped["dark"] < 0.002 and stamped["left"] < 0.3 and 0.1 < stamped["top"] < 0.5, stamped
    leader.field("Ý kiến chỉ đạo").fill("Giao Phòng Ngân sách chủ trì, tham mưu báo cáo UBND tỉnh trước thời hạn.")
    leader.choose("Người hoặc đơn vị chủ trì xử lý", "Nguyễn Thị Thảo")
    off, after = (f"{date.fromisoformat(day):%d/%m/%Y}" for day in day_off())
    leader.field("Hạn xử lý").fill(off)
    leader.choose("Người, đơn vị phối hợp xử lý", "Lý Thị Dung")
    expect(page.locator("#saved")).to_contain_text("Đã lưu lúc")
    leader.picture("task", ready=".viewer canvas")
    page.locator("#submit").click()
    expect(page.locator("#form")).to_contain_text("là ngày nghỉ theo lịch làm việc")
    page.get_by_role("button", name=f"Chọn ngày {after}").click()
    expect(leader.field("Hạn xử lý")).to_have_value(after)
    expect(page.locator("#form")).not_to_contain_text("là ngày nghỉ")
    leader.finish()


def _answer(officer: Person) -> None:
    """Art. 4, 7: the officer reads the directive and answers by a periodic report, electronic by Art. 4.1.b."""
    page = officer.task("giải ngân", "Chuyên viên xử lý văn bản")
    expect(page.locator(".directive")).to_contain_text("Giao Phòng Ngân sách chủ trì")
    page.get_by_label("Trả lời bằng văn bản").check()
    officer.choose("Loại văn bản trả lời", "Báo cáo")
    officer.choose("Mục đích văn bản trả lời", "Báo cáo định kỳ")
    officer.finish()


def _draft(officer: Person) -> None:
    """Art. 8.1: the draft of the answer, to be signed by the leader."""
    page = officer.task("Trả lời 2481/UBND-TH", "Soạn thảo, hoàn thiện dự thảo")
    officer.field("Trích yếu nội dung").fill(ANSWER)
    attach(page.locator("input[accept='.docx']"), "Dự thảo báo cáo.docx",
           drafts.draft_of("stc", ANSWER, ["H38.01"]), DOCX)
    expect(page.locator("#form .state.good")).to_contain_text("Dự thảo báo cáo.docx")
    if OFFICE not in page.locator("#form").inner_text():
        officer.choose("Kính gửi", OFFICE)
    officer.choose("Lãnh đạo duyệt và ký", "Đinh Xuân Trường")
    officer.finish()


def _review(head: Person) -> None:
    """Art. 8.2: the head of the drafting unit."""
    page = head.task(ANSWER, "Lãnh đạo phòng kiểm duyệt")
    head.field("Ý kiến kiểm duyệt").fill("Số liệu đã đối chiếu, đề nghị lãnh đạo Sở duyệt.")
    page.get_by_label("Đồng ý, trình lãnh đạo cơ quan").check()
    head.finish()


def _approve_and_sign(leader: Person) -> str:
    """Art. 8.3, 9.1.a-c: approved, numbered and completed by the worker, signed. Returns the document's address."""
    page = leader.task(ANSWER, "Lãnh đạo duyệt nội dung")
    page.get_by_label("Duyệt nội dung").check()
    leader.finish()
    leader.task(ANSWER, "Lãnh đạo ký số cá nhân")
    page.get_by_role("tab", name="Ý kiến").click()
    expect(page.locator("#pane-opinions")).to_contain_text("Số liệu đã đối chiếu")
    page.get_by_role("tab", name="Việc cần làm").last.click()
    _wrong_pin(leader)
    leader.sign()
    address = page.get_by_role("link", name="Mở văn bản").get_attribute("href")
    leader.finish()
    return address


def _wrong_pin(leader: Person) -> None:
    """The refusal stands at the field and what was typed is still there."""
    page, address = leader.page, leader.page.url
    leader.sign("000000")
    page.get_by_role("button", name="Hoàn thành").click()
    expect(page.locator(".fjs-has-errors")).to_contain_text("Mã PIN không đúng")
    expect(leader.field("Mã PIN")).to_have_value("000000")
    expect(page.get_by_label("Ký số vào văn bản")).to_be_checked()
    assert page.url == address
    kept = page.evaluate("JSON.stringify(localStorage)")
    assert "000000" not in kept


def _seal(clerk: Person) -> None:
    """Art. 9.1.d: the agency signs last, and the document leaves."""
    clerk.task(ANSWER, "Ký số cơ quan và phát hành")
    clerk.sign()
    clerk.finish()


def _receive_and_register(office: Person) -> None:
    """Art. 6.3, 3.3.b, 3.4: both signatures are valid; the receiver registers."""
    page = office.task(ANSWER, "Văn thư kiểm tra, nhập thông tin")
    signed = page.locator(".signed.green")
    expect(signed).to_contain_text("Chữ ký số của lãnh đạo và của cơ quan phát hành hợp lệ (Điều 3.3.b)")
    office.picture("received", ready=".viewer canvas")
    page.get_by_label("Đăng ký vào sổ, chuyển lãnh đạo").check()
    office.choose("Sổ đăng ký văn bản đến", "Sổ văn bản đến")
    office.choose("Chuyển lãnh đạo", "Nguyễn Minh Quang")
    office.finish()
    office.go("/so/den")
    expect(page.locator("table.register tbody")).to_contain_text(ANSWER.removeprefix("Báo cáo ").strip())


def _sender_sees_all(clerk: Person, incoming: str, outgoing: str) -> None:
    """The statuses came back; the letter is closed; both registers hold their number."""
    page = clerk.page

    def told() -> bool:
        clerk.go(outgoing)
        messages = page.get_by_role("tab", name="Liên thông")
        if not messages.count():
            return False
        messages.click()
        words = page.locator("#pane-messages").inner_text()
        return "Đã đến" in words and "Đã tiếp nhận" in words

    until(told, lambda: f"statuses 01 and 03 have not come back: {page.locator('main').inner_text()!r}")
    page.get_by_role("tab", name="Đang ở đâu").click()
    expect(page.locator(".diagram svg .djs-element").first).to_be_visible()
    clerk.picture("diagram")
    clerk.go(incoming)
    expect(page.locator(".tag.status-closed")).to_have_text("Đã hoàn thành")
    year = local_date(now()).year
    clerk.go(f"/so/den?nam={year}")
    row = page.locator("table.register tbody tr", has_text="2481/UBND-TH")
    expect(row.locator("td").nth(1)).to_have_text("1")
    clerk.go(f"/so/di?nam={year}")
    expect(page.locator("table.register tbody tr td").first).to_have_text("01/BC-STC")
