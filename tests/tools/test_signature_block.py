"""Where the pictures of the signatures stand (Art. 9.1.c, d; NĐ 30/2020 Appendix I, boxes 7c and 8): in the signature
block of the main document, over no printed word."""

import pytest
from signing_world import NAME, make_letter

from app.tools import appearance

BLOCK = [(80, 420, "Nơi nhận:"), (80, 400, "- Như trên;"), (370, 420, "GIÁM ĐỐC"), (345, 330, NAME)]
BODY = [(80, 700, "Thực hiện kế hoạch, Sở Tài chính báo cáo như sau.")]
TABLE = [(80, 700, "TT"), (180, 700, "Chức vụ"), (400, 700, "HỌ VÀ TÊN"), (80, 680, "1"), (180, 680, "Giám đốc"),
         (400, 680, NAME)]


def covered(pdf, place):
    """What is printed under a box, a point from its edge."""
    left, bottom, right, top = place.box
    return [line for line in appearance._lines(pdf, place.page)
            if appearance._shared((left + 1, bottom + 1, right - 1, top - 1), line)]


@pytest.mark.parametrize("appendix", [
    [(80, 760, "PHỤ LỤC"), *TABLE],
    [(270, 760, "Phụ lục I"), *TABLE],
    [(180, 760, "(Kèm theo Công văn số 12/STC-NS ngày 01/10/2026)"), *TABLE],
    [(80, 760, "PHỤ LỤC"), (80, 740, f"Người chịu trách nhiệm chỉ đạo, điều hành chung: {NAME}, Giám đốc")],
    [(80, 760, "DANH SÁCH TỔ CÔNG TÁC"), *TABLE],
], ids=["capitals", "lower", "issued with", "sentence", "no heading"])
def test_art_9_1_c_the_picture_stands_in_the_block_and_in_no_appendix(appendix):
    place = appearance.leader_place(make_letter([BODY + BLOCK, appendix]), NAME)
    assert place.page == 0 and 330 < place.box[1] and place.box[3] <= 420


def test_art_9_1_c_the_picture_stands_in_no_table_of_the_body():
    page = make_letter([BODY + TABLE + BLOCK])
    assert appearance.leader_place(page, NAME).box[3] <= 420
    other = make_letter([TABLE + [one if one[2] != NAME else (345, 330, "Ngô Thị Lan") for one in BLOCK]])
    assert appearance.leader_place(other, NAME).box[3] <= 420, "the block names another"


@pytest.mark.parametrize("room", [20, 30, 45])
def test_nd_30_without_blank_lines_above_the_name_no_picture_lies_over_words(room):
    block = [(80, 330 + room, "Nơi nhận:"), (80, 310 + room, "- Như trên;"), (370, 330 + room, "GIÁM ĐỐC"),
             (345, 330, NAME)]
    page = make_letter([[*BODY, (80, 350 + room, "Đề nghị quý cơ quan quan tâm, phối hợp thực hiện các nội dung."),
                         *block]])
    place = appearance.leader_place(page, NAME)
    assert covered(page, place) == [] and place.box[0] > 297
    if place.box[3] < 330:  # moved: then the seal has its own room as well
        assert covered(page, appearance.seal_place(place, page)) == []


@pytest.mark.parametrize("printed", ["TS. Đinh X. Trường", "Ngô Thị Lan"])
@pytest.mark.parametrize("foot", [100, 60, 400])
def test_art_9_1_c_where_the_block_names_another_no_picture_lies_over_words(printed, foot):
    lines = [(80, y, f"Đoạn {y}: Sở Tài chính báo cáo kết quả nhiệm vụ chi ngân sách của đơn vị trong năm, số tiền")
             for y in range(foot + 110, 780, 20)]
    page = make_letter([[*lines, (80, foot + 90, "Nơi nhận:"), (80, foot + 70, "- Như trên;"),
                         (350, foot + 90, "KT. GIÁM ĐỐC"), (345, foot + 75, "PHÓ GIÁM ĐỐC"), (345, foot, printed)]])
    assert covered(page, appearance.leader_place(page, NAME)) == []


def test_art_9_1_c_a_page_without_room_is_refused_in_words():
    lines = [(80, y, "Sở Tài chính báo cáo kết quả thực hiện nhiệm vụ chi ngân sách của đơn vị trong năm, số tiền")
             for y in range(10, 820, 15)]
    with pytest.raises(appearance.NoRoomToSign):
        appearance.leader_place(make_letter([lines]), NAME)
