"""Art. 3.1.đ, NĐ 30/2020 PL I.II.6: what counts its parts rightly is not called wrong."""

import pytest
from letters_world import right

from app.regulation import layout_check

#: well-formed bodies in which counting goes astray easily; styles as docx_letter has them
GOOD = {
    "names that begin like headings": [
        ("plain", "1. Mục tiêu chung: nâng cao hiệu quả."), ("plain", "Mục tiêu cụ thể như sau:"),
        ("plain", "2. Chương trình phối hợp:"), ("plain", "Chương trình hành động số 05 được sơ kết hằng năm, gồm…"),
        ("plain", "3. Phần kinh phí do ngân sách bảo đảm."),
        ("plain", "Mục 4 của Kế hoạch được thực hiện trước ngày 30 tháng 6 năm 2026./.")],
    "letters and figures": [
        ("heading", "A. PHẦN THỨ NHẤT"), ("heading", "I. KẾT QUẢ"), ("plain", "1. Một."), ("heading", "II. HẠN CHẾ"),
        ("heading", "B. PHẦN THỨ HAI"), ("heading", "I. NHIỆM VỤ"), ("plain", "1. Một."), ("plain", "2. Hai."),
        ("heading", "C. KẾT LUẬN"), ("plain", "1. Một./.")],
    "chapters": [
        ("title", "Chương I"), ("title", "QUY ĐỊNH CHUNG"), ("article", "Điều 1. Phạm vi."), ("plain", "1. Một:"),
        ("plain", "a) Điểm thứ nhất;"), ("plain", "b) Điểm thứ hai."), ("plain", "2. Hai:"), ("plain", "a) Điểm."),
        ("title", "Chương II"), ("title", "QUY ĐỊNH CỤ THỂ"), ("title", "Mục 1"), ("title", "QUẢN LÝ VĂN BẢN"),
        ("article", "Điều 2. Một điều nữa."), ("title", "Mục 2. QUẢN LÝ VĂN BẢN ĐI"), ("article", "Điều 3. Hết."),
        ("title", "Chương III"), ("title", "TỔ CHỨC THỰC HIỆN"), ("title", "Mục 1"), ("title", "THI HÀNH"),
        ("article", "Điều 4. Điều cuối cùng./.")],
    "quoted amendments": [
        ("article", "Điều 1. Sửa đổi, bổ sung một số điều của Quy chế."), ("plain", "1. Sửa đổi Điều 5 như sau:"),
        ("plain", "“Điều 5. Trách nhiệm"), ("plain", "3. Một khoản được thay;"), ("plain", "7. Một khoản nữa.”"),
        ("plain", "2. Bãi bỏ khoản 3 Điều 8."), ("article", "Điều 2. Hiệu lực."),
        ("plain", "Điều 5 Nghị định số 30/2020/NĐ-CP vẫn được áp dụng, Điều 6 của Quy chế cũng vậy./.")],
}


@pytest.mark.parametrize("name", GOOD)
def test_art_3_1_dd_what_is_well_formed_raises_no_alarm(name):
    assert layout_check.check(right("Thông báo", body=GOOD[name]), "Thông báo") == []
