"""Demo letters: drawn, degraded, and read back by the real Tesseract."""

import io
import shutil
from datetime import date
from functools import cache

import pypdfium2
import pytest
from docx import Document

from app.demo import drafts, letters
from app.regulation import layout, layout_check
from app.tools.ocr import Reader

LETTER = {
    "code_number": "05", "code_notation": "STC-QLNS", "issued_date": date(2026, 1, 5), "place": "Lào Cai",
    "parent_name": "UBND tỉnh Lào Cai", "organ_name": "Sở Tài chính", "type_name": "Công văn",
    "subject": "báo cáo quyết toán ngân sách năm 2025", "priority": "1",
    "addressees": ["Văn phòng Ủy ban nhân dân tỉnh", "Sở Nội vụ"],
    "recipients": ["Như trên", "Lãnh đạo Sở", "Lưu: VT, QLNS"],
    "signer_name": "Hoàng Thị Thu Hà", "signer_position": "Phó Giám đốc", "authority": "KT. GIÁM ĐỐC",
}
PLAN = {
    "code_number": "128", "code_notation": "KH-UBND", "issued_date": date(2026, 3, 12), "place": "Lào Cai",
    "organ_name": "Ủy ban nhân dân tỉnh Lào Cai", "type_name": "Kế hoạch",
    "subject": "Chuyển đổi số trong hoạt động của các cơ quan nhà nước tỉnh Lào Cai năm 2026",
    "recipients": ["Các sở, ban, ngành tỉnh", "Lưu: VT, KGVX"],
    "signer_name": "Giàng Quốc Hưng", "signer_position": "Phó Chủ tịch", "authority": "KT. CHỦ TỊCH",
}
needs_tesseract = pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")


@cache
def _read(name, seed):
    fields = {"letter": LETTER, "plan": PLAN}[name]
    pages = Reader(60).read(letters.letter(fields, seed), "application/pdf")
    assert {page.source for page in pages} == {"ocr"}
    return layout.read_fields(pages, agencies=["Sở Tài chính", "Ủy ban nhân dân tỉnh Lào Cai", "Sở Nội vụ"])


@needs_tesseract
@pytest.mark.parametrize(("name", "seed"), [("letter", 3), ("plan", 8)])
def test_art_2_2_a_drawn_letter_is_read_back(name, seed):
    fields, found = {"letter": LETTER, "plan": PLAN}[name], _read(name, seed)
    value = {key: field["value"] for key, field in found.items()}
    assert value["code_number"] == fields["code_number"]
    assert value["code_notation"] == fields["code_notation"]
    assert value["issued_date"] == fields["issued_date"].isoformat()
    assert value["organ_name"] == fields["organ_name"]
    assert value["type_name"] == fields["type_name"]
    assert value["subject"].removeprefix("V/v ") == fields["subject"]
    assert value["recipients"] == fields["recipients"]
    assert value.get("addressees", []) == fields.get("addressees", [])
    assert value["signer_name"] == fields["signer_name"]
    assert value["signer_position"] == fields["signer_position"].upper()
    assert value["priority"] == fields.get("priority", "0")
    assert value["secrecy"] == ""


@needs_tesseract
def test_art_2_2_each_field_says_where_it_was_read():
    found = _read("letter", 3)
    x0, y0, x1, y1 = found["code_notation"]["boxes"][0]
    # under the agency: left of the middle, in the upper quarter of A4
    assert 60 < x0 < x1 < 297 and 60 < y0 < y1 < 210
    assert all(0 <= field["confidence"] <= 1 and field["page"] == 1 for field in found.values())


def test_the_same_seed_draws_the_same_bytes():
    assert letters.letter(PLAN, 4) == letters.letter(PLAN, 4)
    assert letters.letter(PLAN, 4) != letters.letter(PLAN, 5)


def test_a_long_letter_takes_a_second_page():
    document = pypdfium2.PdfDocument(letters.letter(PLAN | {"body": ["Nội dung của kế hoạch. " * 30] * 6}, 1))
    assert len(document) == 2


def test_art_9_1_b_a_draft_leaves_number_and_date_blank():
    document = Document(io.BytesIO(letters.draft_docx(LETTER)))
    assert layout_check.check(drafts.draft_of("stc", "Báo cáo tình hình quý", ["H38.01"]), "Báo cáo") == []
    cells = [p.text for table in document.tables for row in table.rows for cell in row.cells for p in cell.paragraphs]
    assert "Số:        /STC-QLNS" in cells
    assert "Lào Cai, ngày     tháng     năm 2026" in cells
    assert "Hoàng Thị Thu Hà" in cells
    fonts = {run.font.name for p in document.paragraphs for run in p.runs}
    assert fonts == {"Times New Roman"}
