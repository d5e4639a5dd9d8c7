"""Art. 2.2, 3.1.đ: where an agency's own name begins, and what of it is doubtful."""

import pytest
from PIL import Image, ImageDraw, ImageFont

from app.regulation.layout_agency import _own_name, agency
from app.regulation.layout_grammar import initials, mend_notation
from app.regulation.layout_head import SURE, cut_head
from app.regulation.layout_lexicon import belongs_together, is_misspelt
from app.tools.ocr import Page, Word
from app.tools.page_image import prepare
from app.tools.page_part import stroke
from app.tools.page_source import Sheet

FONTS = "/usr/share/fonts/truetype/liberation2/LiberationSerif-"
#: strokes of plain and of bold capitals
PLAIN, BOLD = 1.5, 2.1


@pytest.mark.parametrize(("names", "strokes", "start", "is_sure"), [
    (["TỔNG CỤC QUẢN LÝ THỊ TRƯỜNG", "CỤC QUẢN LÝ THỊ", "TRƯỜNG TỈNH SƠN LA"], [PLAIN, BOLD, BOLD], 1, True),
    (["BẢO HIỂM XÃ HỘI VIỆT NAM", "BẢO HIỂM XÃ", "HỘI TỈNH SƠN LA"], [0.0, 0.0, 0.0], 1, True),
    (["ỦY BAN NHÂN DÂN", "TỈNH LÀO CAI"], [BOLD, 1.05 * BOLD], 0, True),
    (["UBND TỈNH LÀO CAI", "SỞ Y TẾ"], [0.0, 0.0], 1, True),
    # its first words were lost, or another name follows in thinner print
    (["QUỐC HỘI VÀ", "NHÂN DÂN TỈNH"], [BOLD, BOLD], 0, False),
    (["SỞ Y TẾ", "BAN QUẢN LÝ"], [BOLD, 0.9 * BOLD], 1, False),
    (["LIÊN HIỆP CÁC HỘI KHOA HỌC", "VÀ KỸ THUẬT TỈNH THÁI", "BÌNH"], [BOLD, BOLD, 1.2 * BOLD], 0, False),
    (["UBND TỈNH LÀO CAI", "TẬT TỈNH LÀO CAI"], [PLAIN, BOLD], 1, False),
])
def test_art_3_1_d_the_own_name_begins_with_bold_print_or_the_first_word_of_a_name(names, strokes, start, is_sure):
    assert _own_name(names, strokes) == (start, is_sure)


def test_art_3_1_d_a_line_goes_on_where_the_lexicon_knows_both_words_together():
    assert belongs_together("SỞ TÀI NGUYÊN VÀ MÔI", "TRƯỜNG TỈNH LÀO CAI")
    assert not belongs_together("UBND TỈNH LÀO CAI", "TRƯỜNG CAO ĐẲNG SƯ PHẠM") and not belongs_together("", "SỞ")


@pytest.mark.parametrize(("name", "is_wrong"), [
    ("VĂN PHÒNG ĐOÀN ĐẠI BIẾU", True), ("TRƯỜNG CAO ĐẰNG NGHỀ", True), ("TRƯỜNG CAO ĐẲNG NGHỀ", False),
    ("ỦY BAN NHÂN DÂN XÃ BẢN HỒ", False), ("CÔNG TY KTKS APATIT", False),
])
def test_art_2_2_a_usual_word_with_other_marks_is_doubtful_but_for_names_of_places(name, is_wrong):
    assert is_misspelt(name) == is_wrong


@pytest.mark.parametrize(("text", "is_sure"), [("SỞ XÂY DỰNG", True), ("ĐOÀN ĐẠI BIẾU", False)])
def test_art_2_2_a_misspelt_agency_is_taken_for_sure_from_the_directory_only(text, is_sure):
    head = [*((60 + 60 * at, 60, word, 0) for at, word in enumerate(text.split())), (60, 90, "Số:", 2),
            (90, 90, "12/SXD-VP", 2), (330, 60, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 1)]
    page = Page(1, 595.0, 842.0, tuple(Word(word, 0.95, (left, top, left + 55.0, top + 11.0), line, line)
                                       for left, top, word, line in head), "ocr")
    found = agency(cut_head(page), ())
    assert found.value == text and (found.confidence >= SURE) == is_sure
    assert agency(cut_head(page), ["Đoàn đại biểu", "Sở Xây dựng"]).confidence >= SURE


@pytest.mark.parametrize(("read", "agency_name", "notation"), [
    ("TTr-CDSP", "TRƯỜNG CAO ĐẲNG SƯ PHẠM HÀ GIANG", "TTr-CĐSP"), ("QD-SNV", "SỞ NỘI VỤ", "QĐ-SNV"),
    ("KH-DN", "SỞ NỘI VỤ", "KH-DN"), ("KH-SYT", "", "KH-SYT"),
    ("CV/ĐU", "ĐẢNG ỦY XÃ NGHĨA ĐÔ", "CV/ĐU"),
])
def test_art_3_1_d_the_initials_of_the_agency_spell_its_notation(read, agency_name, notation):
    assert mend_notation(read, agency_name)[0] == notation


def test_art_3_1_d_a_name_in_capitals_has_the_same_initials():
    assert initials("SỞ NỘI VỤ") == initials("Sở Nội vụ") == "SNV"
    assert initials("HUYỆN ỦY BÁT XÁT") == "HUBX"
    assert initials("CÔNG TY ĐIỆN LỰC LÀO CAI") == "CTĐLLC" and initials("Công ty CP Apatit") == "CTCPA"


def test_art_2_2_bold_print_has_thicker_strokes():
    picture = Image.new("RGB", (1200, 700), "white")
    pen = ImageDraw.Draw(picture)
    for top, style in ((100, "Regular"), (300, "Bold")):
        pen.text((100, top), "ỦY BAN NHÂN DÂN TỈNH", font=ImageFont.truetype(f"{FONTS}{style}.ttf", 36), fill="black")
    page = prepare(Sheet(picture, 432.0, 252.0))
    plain, bold = (stroke(page, (30.0, top, 250.0, top + 22.0)) for top in (34.0, 106.0))
    assert 0 < 1.2 * plain < bold and stroke(page, (0.0, 0.0, 1.0, 1.0)) == 0.0
