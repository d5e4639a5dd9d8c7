"""Art. 3.1.đ: kinds, reference numbers and dates, written and read."""

from datetime import date

import pytest

from app.regulation import layout, layout_case, layout_grammar, layout_reference


def test_nd_30_2020_has_29_kinds_with_abbreviations_of_their_own():
    assert len(layout.TYPES) == 29
    abbreviations = [abbrev for abbrev in layout.TYPES.values() if abbrev]
    assert len(set(abbreviations)) == 27
    assert (layout.TYPES["Đề án"], layout.TYPES["Dự án"]) == ("ĐA", "DA")


def test_art_3_1_dd_notation_of_a_named_kind_and_of_a_letter():
    assert layout.notation("Quyết định", "UBND", "VX") == "QĐ-UBND"
    assert layout.notation("Công văn", "UBND", "VX") == "UBND-VX"
    assert layout.notation("Công văn", "TNMT") == "TNMT"
    with pytest.raises(KeyError):
        layout.notation("Thư tay", "UBND")


@pytest.mark.parametrize(("number", "printed"), [(1, "01"), (9, "09"), (10, "10"), (1336, "1336")])
def test_nd_30_2020_numbers_below_ten_take_a_nought(number, printed):
    assert layout.format_number(number) == printed


@pytest.mark.parametrize(("printed", "written"), [
    ("SỞ KẾ HOẠCH VÀ ĐẦU TƯ", "Sở Kế hoạch và Đầu tư"), ("CÔNG TY TNHH ABC", "Công ty TNHH ABC"),
    ("VĂN PHÒNG ỦY BAN NHÂN DÂN TỈNH LÀO CAI", "Văn phòng Ủy ban nhân dân tỉnh Lào Cai"),
    ("TRƯỜNG THPT SỐ 1 THÀNH PHỐ LÀO CAI", "Trường THPT số 1 thành phố Lào Cai"), ("UBND PHƯỜNG 3", "UBND Phường 3"),
    ("SỞ VĂN HÓA, THỂ THAO VÀ DU LỊCH", "Sở Văn hóa, Thể thao và Du lịch"), ("Sở Y tế tỉnh", "Sở Y tế tỉnh"),
    ("BAN QUẢN LÝ DỰ ÁN XÃ BÁT XÁT", "Ban Quản lý dự án xã Bát Xát"), ("", "")])
def test_nd_30_2020_pl_ii_an_agency_is_named_within_a_sentence(printed, written):
    assert layout_case.named(printed) == written


@pytest.mark.parametrize(("subject", "written"), [
    ("Kết quả thực hiện", "kết quả thực hiện"), ("UBND tỉnh chỉ đạo", "UBND tỉnh chỉ đạo"), ("", ""),
    ("Lào Cai triển khai", "Lào Cai triển khai"), ("Quyết định chủ trương", "quyết định chủ trương"),
    ("Quyết định số 4", "Quyết định số 4"), ("Nghị quyết của Đảng", "Nghị quyết của Đảng"),
    ("KẾT QUẢ THỰC HIỆN TẠI XÃ BÁT XÁT", "kết quả thực hiện tại xã Bát Xát"), ("Đất đai", "đất đai")])
def test_nd_30_2020_pl_ii_a_subject_goes_on_within_a_sentence(subject, written):
    assert layout_case.told(subject) == written


def test_nd_30_2020_numbers_start_at_one():
    with pytest.raises(ValueError):
        layout.format_number(0)


@pytest.mark.parametrize(("day", "printed"), [
    (date(2026, 1, 5), "Lào Cai, ngày 05 tháng 01 năm 2026"),
    (date(2026, 2, 28), "Lào Cai, ngày 28 tháng 02 năm 2026"),
    (date(2026, 3, 5), "Lào Cai, ngày 05 tháng 3 năm 2026"),
    (date(2026, 12, 31), "Lào Cai, ngày 31 tháng 12 năm 2026"),
])
def test_nd_30_2020_only_days_below_ten_and_two_months_take_a_nought(day, printed):
    assert layout.format_date("Lào Cai", day) == printed


@pytest.mark.parametrize(("line", "number", "notation"), [
    ("Số: 05/QĐ-UBND", "05", "QĐ-UBND"),
    ("Số: 48/2017/QĐ-UBND", "48", "2017/QĐ-UBND"),
    ("Số 2186-CV/ĐU", "2186", "CV/ĐU"),
    ("Số:        /UBND-VP", "", "UBND-VP"),
    ("số: 2256 /UBND - QLĐT", "2256", "UBND-QLĐT"),
])
def test_art_3_1_dd_reference_numbers_are_read_and_joined_again(line, number, notation):
    assert layout_grammar.split_reference(line) == (number, notation)
    if number:
        joined = layout.reference(number, notation)
        assert joined in line.replace(" ", "")


def test_a_line_without_a_reference_gives_none():
    assert layout_grammar.split_reference("Kính gửi: Sở Tài chính") is None


def test_a_misread_notation_is_mended_by_the_catalogue_and_the_agency():
    assert layout_grammar.mend_notation("QD-UBNĐ", "UBND TỈNH LÀO CAI") == ("QĐ-UBND", "Quyết định")
    assert layout_grammar.mend_notation("ttr-SYT", "SỞ Y TẾ") == ("TTr-SYT", "Tờ trình")
    # Đ and D tell two kinds apart
    assert layout_grammar.mend_notation("ĐA-UBND", "")[1] == "Đề án"
    assert layout_grammar.mend_notation("DA-UBND", "")[1] == "Dự án"


@pytest.mark.parametrize(("group", "agency", "is_ambiguous"), [
    ("QLĐĐ", "", False), ("QLĐD", "", True), ("QLDD", "", True), ("DT", "", True), ("ĐT", "", True), ("SYT", "", False),
    ("QĐ", "", False), ("CĐXD", "Trường Cao đẳng Xây dựng", False), ("CĐXĐ", "Trường Cao đẳng Xây dựng", True)])
def test_art_2_2_where_d_and_its_stroke_cannot_be_told_a_notation_is_doubtful(group, agency, is_ambiguous):
    assert layout_reference._is_ambiguous(group, agency, layout.TYPES) is is_ambiguous


def test_a_reading_that_is_no_date_is_refused():
    assert layout_grammar.read_date("31", "2", "2026") is None
    assert layout_grammar.read_date("O5", "l2", "2026") == date(2026, 12, 5)


def test_no_words_no_fields():
    assert layout.read_fields([]) == {}
