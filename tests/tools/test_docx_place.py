"""The places of number and date, and what only looks like them: text is never written over (Art. 9.1.b)."""

import docx
import pytest
from test_docx import DATED, FILLED, a_draft, a_letter, filled, saved

from app.tools.docx import PlaceInMargin, PlaceMissing, require_places
from app.tools.docx_place import Words, find, match

NUMBER, DAY = "Số:     /UBND-VX", "Lào Cai, ngày    tháng    năm 2026"
DECISION = ("QUYẾT ĐỊNH", "Về việc phê duyệt kế hoạch", "CHỦ TỊCH ỦY BAN NHÂN DÂN")


@pytest.mark.parametrize("about", [
    ["V/v báo cáo kết quả thực hiện nhiệm vụ\nđến ngày 25 tháng 11 năm 2026"],
    ["V/v báo cáo kết quả thực hiện nhiệm vụ", "đến ngày 25 tháng 11 năm 2026"],
    ["V/v họp tại", "Lào Cai, ngày 25 tháng 11 năm 2026"], ["V/v họp tại\nLào Cai, ngày 25 tháng 11 năm 2026"],
    ["V/v phúc đáp Công văn ngày 05 tháng 3 năm 2026"]])
@pytest.mark.parametrize("day", [DAY, "Lào Cai, ngày 24 tháng 11 năm 2026"])
def test_art_9_1_b_a_day_in_the_subject_stays_beside_the_place_of_the_date(about, day):
    document = a_letter(day=day)
    for line in about:
        document.tables[0].cell(1, 0).add_paragraph(line)
    found = filled(saved(document))
    assert DATED in found and FILLED in found and "\n".join(about) in "\n".join(found)


@pytest.mark.parametrize("first", [
    "Dự thảo ngày 12 tháng 11 năm 2026", "DỰ THẢO LẦN 2, ngày 12 tháng 11 năm 2026", "Dự thảo, ngày … tháng … năm …",
    "DỰ THẢO, ngày 12 tháng 11 năm 2026", "Lào Cai, ngày 12 tháng 11 năm 2026"])
def test_art_9_1_b_the_day_of_a_draft_is_no_date_of_issue(first):
    assert filled(a_draft(first, NUMBER, DAY, "Kính gửi: A"))[:3] == [first, FILLED, DATED]


@pytest.mark.parametrize("lines", [
    (*DECISION, "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015.", "Điều 1. Xét."),
    ("BÁO CÁO", "Kết quả công tác tháng 11", "Số liệu tính đến ngày 25 tháng 11 năm 2026", "1. Kết quả"),
    ("BÁO CÁO", "Tình hình thu, chi đến ngày 25 tháng 11 năm 2026", "1. Kết quả"),
    ("BIÊN BẢN", "Lào Cai, ngày 25 tháng 11 năm 2026", "1. Kết quả"), ("Họp ngày 12 tháng 3 năm 2026",),
    ("V/v họp tại", "Lào Cai, ngày 25 tháng 11 năm 2026", "Kính gửi: A")])
def test_art_9_1_b_without_a_place_for_the_date_no_text_is_written_over(lines):
    with pytest.raises(PlaceMissing) as refused:
        require_places(a_draft(NUMBER, *lines))
    assert refused.value.facts["what"] == "date"
    assert filled(a_draft(NUMBER, DAY, *lines)) == [FILLED, DATED, *lines]


@pytest.mark.parametrize("cited", ["Số: 12/NQ-HĐND", "Số 12/NQ-HĐND", "Số/KH"])
def test_art_9_1_b_a_number_that_the_text_cites_is_no_place(cited):
    lines = ("TỜ TRÌNH", "Về việc A", cited, "1. Kết quả")
    with pytest.raises(PlaceMissing) as refused:
        require_places(a_draft(DAY, *lines))
    assert refused.value.facts["what"] == "number"
    assert filled(a_draft(DAY, NUMBER, *lines)) == [DATED, FILLED, *lines]


@pytest.mark.parametrize("place", [
    "Thành phố Lào Cai", "TP. Hồ Chí Minh", "Bà Rịa - Vũng Tàu", "xã Bát Xát", "Phường 7", "Ia H'Drai", "(Địa danh)",
    "[địa danh]", "Địa danh", "…(1)…", "LÀO CAI"])
def test_art_9_1_b_the_date_stands_behind_a_name_of_a_place_or_its_blanks(place):
    assert filled(a_draft(NUMBER, f"{place}, ngày 9 tháng 3 năm 2026", "Kính gửi: A"))[1] == DATED


@pytest.mark.parametrize("place", ["Lào  Cai", "Xã Bát  Xát", "Sa pa", "lào cai", "Cửa khẩu Lào Cai"])
def test_art_9_1_b_a_name_typed_otherwise_before_an_open_day_is_one(place):
    assert filled(a_draft(NUMBER, f"{place}, ngày    tháng    năm 2026", "Kính gửi: A"))[1] == DATED


def test_art_9_1_b_what_stands_in_the_column_beside_the_date_stays():
    assert filled(a_draft(NUMBER, f"SỞ TÀI CHÍNH  {DAY}", "Kính gửi: A"))[1] == f"SỞ TÀI CHÍNH  {DATED}"


def test_art_9_1_b_a_text_in_a_table_or_a_control_ends_the_head_too():
    document = docx.Document()
    for at, words in enumerate((NUMBER, "Kính gửi: A", "Lào Cai, ngày 12 tháng 3 năm 2026")):
        (document.tables[0] if at else document.add_table(3, 1)).cell(at, 0).text = words
    with pytest.raises(PlaceMissing):
        require_places(saved(document))


@pytest.mark.parametrize("is_first", [True, False])
def test_art_9_1_b_a_letterhead_in_the_heads_of_pages_is_refused_with_where_it_must_stand(is_first):
    document = docx.Document()
    section = document.sections[0]
    section.different_first_page_header_footer = is_first
    head = section.first_page_header if is_first else section.header
    head.paragraphs[0].text = NUMBER
    head.add_paragraph(DAY)
    document.add_paragraph("Kính gửi: A")
    with pytest.raises(PlaceInMargin) as refused:
        require_places(saved(document))
    assert refused.value.facts == {"what": "number", "name": "Số: …/…"}


def test_art_9_1_b_a_long_line_of_signs_is_weighed_at_once():
    for line in ("x" * 59 + ", ngày", "[" * 300, "1" * 59 + "a, ngày 1 tháng 1 năm 2026", "Số: " + "." * 900 + "!"):
        assert match("date", line) is None and find("number", [Words(line, None, True)]) is None
