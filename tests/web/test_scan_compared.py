"""The scan of a sealed paper beside the text that the leader approved (Art. 9.2.b, c)."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime

import docx
import pypdfium2
import pytest
from browser import attach, log_in, looked, needs_axe
from doors import Browser as Door
from doors import open_task
from fakes import pdf, printed
from playwright.sync_api import expect
from steps import Office, in_days, quick

from app import worker
from app.demo.people import PIN
from app.records import scan_check
from app.records.calendar import local_date
from app.regulation.outgoing import scan_answered

RECEIVED = {"decision": "received", "is_signed": True, "signed_date": in_days(0)}
SEALED = {"is_numbered": True, "is_sealed": True, "archive_place": "Cặp 3, hộp 12"}

BODY = ("Sở Tài chính đề nghị các cơ quan, đơn vị gửi số liệu quản lý tài sản công năm 2026 theo biểu mẫu gửi kèm.",
        "Báo cáo gửi về phòng Ngân sách trước ngày 15 tháng 12 để tổng hợp, trình Ủy ban nhân dân tỉnh xem xét.")
OTHER = ("Sở Tài chính thông báo lịch nghỉ lễ và phân công trực cơ quan trong các ngày nghỉ của tháng tới như sau.",
         "Các phòng cử người trực theo danh sách, bàn giao sổ trực cho bảo vệ vào đầu giờ sáng hôm sau.")


def sealed_paper(body, number="01", day=None):
    """The paper as its scan shows it: born digital, so that the real reader reads it at once."""
    day = day or local_date(datetime.now(UTC))
    lines = [(60, 60, "SỞ TÀI CHÍNH"), (330, 60, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
             (360, 76, "Độc lập - Tự do - Hạnh phúc"), (70, 100, f"Số: {number}/QĐ-STC"),
             (330, 100, f"Lào Cai, ngày {day.day:02} tháng {day.month:02} năm {day.year}"), (250, 140, "QUYẾT ĐỊNH"),
             (180, 156, "Báo cáo quản lý tài sản công")]
    for place, text in enumerate(body):
        words = text.split()
        lines += [(70, 200 + 40 * place, " ".join(words[:12])), (70, 216 + 40 * place, " ".join(words[12:]))]
    return printed((*lines, (380, 330, "GIÁM ĐỐC"), (360, 400, "Đinh Xuân Trường")))


AGAIN = {"decision": "refuse", "reason": "Quét nhầm"}


@pytest.fixture
def approved(world):
    """A decision whose draft is approved, to be signed on paper; scans are read by the real reader."""
    tools = world.app.extensions["tools"]
    quick(world.app)
    world.app.extensions["tools"] = replace(world.app.extensions["tools"], reader=tools.reader)
    stc = Office(world.app)
    found = stc.begin(purpose="other", type_name="Quyết định")
    made = docx.Document()
    for line in ("SỞ TÀI CHÍNH", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc",
                 "Số:      /QĐ-STC", "Lào Cai, ngày    tháng    năm 2026",
                 "QUYẾT ĐỊNH", "Báo cáo quản lý tài sản công", *BODY, "GIÁM ĐỐC", "Đinh Xuân Trường"):
        made.add_paragraph(line)
    made.save(sink := io.BytesIO())
    stc.approved(found, draft_file=stc.upload("chuyenvien", sink.getvalue(), "du thao.docx"),
                 subject="Báo cáo quản lý tài sản công")
    return stc, found


@pytest.fixture
def sealed(approved):
    """A paper that is sealed and waits for its scan: office, document, clerk, day."""
    stc, found = approved
    stc.do("vanthu", "sign_paper", RECEIVED, found)
    clerk, day = Door(stc.app, "stc", "vanthu"), local_date(datetime.now(UTC))
    assert f"Ghi lên bản giấy: số <strong>01/QĐ-STC</strong>, ngày <strong>{day:%d/%m/%Y}</strong>" in \
        clerk.get(f"/viec/{open_task(stc, 'seal_paper', found)[0]}").text
    stc.do("vanthu", "seal_paper", SEALED, found)

    return stc, found, clerk, day


def scanned(stc, found, data):
    """The scan is taken and compared: likeness, whether it stops, what differs."""
    stc.do("vanthu", "digitise", {"scan": stc.upload("vanthu", data, "ban quet.pdf")}, found)
    worker.run_due(stc.app)
    with stc.inside():
        check = scan_check.latest(found)
        return check.likeness, check.stops, {one["what"] for one in check.differences}


def test_art_9_2_c_the_scan_is_compared_with_what_was_approved_and_the_wrong_paper_stops_the_clerk(sealed):
    stc, found, clerk, day = sealed
    likeness, stops, what = scanned(stc, found, pdf(1))  # a blank page
    assert likeness == 0 and stops and {"words", "unread"} <= what
    stc.do("vanthu", "seal_copy", AGAIN, found)
    likeness, stops, what = scanned(stc, found, sealed_paper(OTHER))
    assert likeness < 50 and stops and {"words", "missing"} <= what
    with pytest.raises(scan_answered.ScanUnanswered):
        stc.do("vanthu", "seal_copy", {"decision": "sign"}, found)
    task = open_task(stc, "seal_copy", found)
    page = clerk.get(f"/viec/{task[0]}").text
    assert "Đoạn đã duyệt không thấy" in page and f"Từ ngữ giống {likeness}%, cần ít nhất 70%." in page
    assert 'field_difference' not in page, "it is asked place by place"
    answer = clerk.complete(task, decision="sign", pin=PIN)  # before a key is used
    assert answer.status_code == 422 and "chưa trả lời" in answer.json["message"]
    stc.do("vanthu", "seal_copy", AGAIN, found)
    assert scanned(stc, found, sealed_paper(BODY, number="07", day=date(2026, 3, 5)))[1:] == (True, {"number", "date"})
    page = clerk.get(f"/viec/{open_task(stc, 'seal_copy', found)[0]}").text
    assert "<mark>05/03/2026</mark>" in page and f"<mark>{day:%d/%m/%Y}</mark>" in page and "2026-03-05" not in page


def test_art_9_2_c_each_place_is_answered_for_before_the_agency_signs_the_scan(sealed):
    stc, found, clerk, _ = sealed
    other = tuple(text.replace("15 tháng 12", "25 tháng 12") for text in BODY)
    assert scanned(stc, found, sealed_paper(other))[1:] == (True, {"figure"})
    task = open_task(stc, "seal_copy", found)
    page = clerk.get(f"/viec/{task[0]}").text
    assert "<mark>25</mark>" in page and "<mark>15</mark> tháng 12 để tổng hợp" in page and "data-place" in page
    for word in ("", "đúng"):  # no word, too few
        clerk.post(f"/viec/{task[0]}/doi-chieu", place="0", **{"why-0": word})
        assert clerk.complete(task, decision="sign", pin=PIN).status_code == 422
    clerk.post(f"/viec/{task[0]}/doi-chieu", place="0", **{"why-0": "Lãnh đạo sửa tay, ký nháy bên cạnh"})
    page = clerk.get(f"/viec/{task[0]}").text
    assert "Vẫn đúng tờ giấy: Lãnh đạo sửa tay" in page and "Ghi lý do, cho ký" not in page
    stc.do("vanthu", "seal_copy", AGAIN, found)
    likeness, stops, what = scanned(stc, found, sealed_paper(BODY))
    assert likeness > 90 and not stops and not what, (likeness, what)
    stc.do("vanthu", "seal_copy", {"decision": "sign"}, found)
    worker.run_due(stc.app)
    assert stc.status(found) == "dispatched"
    form = {"partner": "H38.01", "way": "post", "note": "EB 123 456 789 VN"}  # the paper side, ticked by recipient
    assert "Bản giấy: đã ghi gửi 0 trên 1" in clerk.get(f"/phat-hanh/{found}").text
    assert [clerk.post(f"/phat-hanh/{found}/gui-cach-khac", **form).status_code for _ in range(2)] == [303, 303]
    page = clerk.get(f"/phat-hanh/{found}").text
    assert "Bản gốc lưu tại: Cặp 3, hộp 12" in clerk.get(f"/van-ban/{found}").text
    assert "Bản gốc lưu tại: Cặp 3, hộp 12" in clerk.get("/van-ban").text
    assert "Bản giấy: đã ghi gửi 1 trên 1" in page and "EB 123 456 789 VN" in page
    assert stc.course(found).count(("sent_otherwise", "")) == 1
    assert stc.faults() == []


def scanned_paper(data):
    """The paper as a copier gives it: a picture of 200 dpi, a little askew."""
    [page] = pypdfium2.PdfDocument(data)
    picture = page.render(scale=200 / 72).to_pil().rotate(0.6, fillcolor="white")
    picture.save(sink := io.BytesIO(), "PDF", resolution=200)
    return sink.getvalue()


@needs_axe
def test_art_9_2_c_the_place_in_the_scan_is_seen_beside_the_approved_words(sealed, pages, request):
    stc, found, _, _ = sealed
    other = tuple(text.replace("15 tháng 12", "25 tháng 12") for text in BODY)
    assert scanned(stc, found, scanned_paper(sealed_paper(other)))[2] == {"figure"}
    chromium = request.getfixturevalue("chromium")  # its loop begins when the steps, with loops of their own, are done
    clerk = log_in(chromium, pages, "stc", "vanthu")
    clerk.go(f"/viec/{open_task(stc, 'seal_copy', found)[0]}")
    cut = clerk.page.locator("[data-place]").first
    expect(cut).to_be_visible()
    looked(clerk, "scan-compared")


def worked(stc):
    """Jobs are done: in another thread, for Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(worker.run_due, stc.app).result()


def scan_at(clerk, data):
    """The clerk hands in the scan of the sealed paper."""
    page = clerk.task("Báo cáo quản lý", "Quét văn bản đã đóng dấu")
    attach(page.locator("input[type=file]").first, "ban quet.pdf", data, "application/pdf")
    expect(page.locator("#form")).to_contain_text("ban quet.pdf")
    clerk.finish()


@needs_axe
def test_art_9_2_a_clerk_takes_a_paper_from_its_signature_to_its_dispatch(approved, pages, request):
    """Signed, numbered, sealed, kept; the wrong paper noticed; the agency signs the scan; the paper is ticked off."""
    stc, found = approved
    chromium = request.getfixturevalue("chromium")
    clerk = log_in(chromium, pages, "stc", "vanthu")
    page = clerk.task("Báo cáo quản lý", "Nhận văn bản giấy đã ký")
    page.get_by_label("Đã nhận bản giấy có chữ ký").check()
    clerk.field("Văn bản giấy đã có chữ ký").check()
    looked(clerk, "hybrid-1-signed")
    clerk.finish()
    worked(stc)
    page = clerk.task("Báo cáo quản lý", "Ghi số, đóng dấu, lưu bản gốc")
    expect(page.get_by_text("Ghi lên bản giấy: số 01/QĐ-STC")).to_be_visible()
    clerk.field("Đã ghi đúng số").check()
    clerk.field("Đã đóng dấu").check()
    clerk.field("Nơi lưu bản gốc").fill("Cặp 3, hộp 12")
    looked(clerk, "hybrid-2-sealed")
    clerk.finish()
    worked(stc)
    scan_at(clerk, scanned_paper(sealed_paper(OTHER)))
    worked(stc)
    page = clerk.task("Báo cáo quản lý", "Ký số cơ quan và phát hành")
    expect(page.locator("#doi-chieu")).to_contain_text("chỗ phải xem")
    looked(clerk, "hybrid-3-wrong")
    page.get_by_label("Từ chối ký, quét lại").check()
    clerk.field("Lý do từ chối").fill("Quét nhầm tờ khác")
    clerk.finish()
    worked(stc)
    scan_at(clerk, scanned_paper(sealed_paper(BODY)))
    worked(stc)
    page = clerk.task("Báo cáo quản lý", "Ký số cơ quan và phát hành")
    expect(page.locator("#doi-chieu")).to_contain_text("Không thấy khác biệt")
    page.get_by_label("Ký số cơ quan và phát hành").check()
    clerk.sign()
    looked(clerk, "hybrid-4-right")
    clerk.finish()
    worked(stc)
    assert stc.status(found) == "dispatched" and stc.sent(found) == [("document", "H38.01", "")]
    page = clerk.go(f"/phat-hanh/{found}")
    expect(page.locator("main")).to_contain_text("Bản giấy: đã ghi gửi 0 trên 1")
    looked(clerk, "hybrid-5-board")
    page.get_by_text("Ghi đã gửi bản giấy").click()
    page.get_by_label("Cách gửi").select_option(label="Qua bưu điện")
    page.get_by_label("Số bưu gửi, người nhận").fill("EB 123 456 789 VN")
    page.get_by_role("button", name="Ghi lại").click()
    expect(page.locator("main")).to_contain_text("Bản giấy: đã ghi gửi 1 trên 1")
    assert stc.faults() == []
