"""Art. 3.1.đ, NĐ 30/2020 PL I.II.6: what counts its parts rightly is not called wrong."""

import pytest
from letters_world import attached, changed, right

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
    "levels under a clause": [
        ("heading", "I. KẾT QUẢ"), ("plain", "1. Chỉ đạo, điều hành"), ("plain", "1.1. Ban hành văn bản:"),
        ("plain", "a) Một;"), ("plain", "b) Hai."), ("plain", "1.2. Hội nghị:"), ("plain", "a) Một."),
        ("plain", "1.2.1. Cấp tỉnh."), ("plain", "1.2.2. Cấp xã."), ("plain", "2. Thu ngân sách"),
        ("plain", "1.500 triệu đồng là thu nội địa."), ("plain", "2.1 Thu nội địa"), ("plain", "2.2 Thu khác"),
        ("heading", "II. NHIỆM VỤ"), ("plain", "1. Một"), ("plain", "1.1. Một một./.")],
    "words that a model has, meant as they are": [
        ("plain", "Đề nghị cử cán bộ tham gia (họ và tên, chức vụ, số điện thoại) trước ngày 05 tháng 3 năm 2026."),
        ("plain", "Danh sách gồm: họ và tên; chức vụ; chữ ký, ghi rõ nội dung, ngày, tháng, năm (nếu có)."),
        ("plain", "Đại hội đại biểu Đảng bộ tỉnh lần thứ XX, XXI; mẫu số 01, 02 kèm theo, v.v.../.")],
}


@pytest.mark.parametrize("name", GOOD)
def test_art_3_1_dd_what_is_well_formed_raises_no_alarm(name):
    assert layout_check.check(right("Thông báo", body=GOOD[name]), "Thông báo") == []


def test_art_3_1_dd_what_is_attached_is_read_as_a_text_of_its_own():
    """Articles begin anew, forms for others keep their blanks, "Nơi nhận" of the document stays its own."""
    refers = "(Ban hành kèm theo Quyết định số      /QĐ-STC ngày     tháng     năm 2026 của Giám đốc Sở Tài chính)"
    body = [("title", "GIÁM ĐỐC SỞ TÀI CHÍNH"), ("basis", "Căn cứ Luật Ngân sách nhà nước."), ("title", "QUYẾT ĐỊNH:"),
            ("article", "Điều 1. Ban hành kèm theo Quyết định này Quy chế quản lý tài sản và các phụ lục."),
            ("article", "Điều 2. Quyết định này có hiệu lực kể từ ngày ký./.")]
    regulation = [
        ("name", "QUY CHẾ"), ("name", "Quản lý, sử dụng tài sản công"), ("refers", refers), ("title", "Chương I"),
        ("title", "QUY ĐỊNH CHUNG"), ("article", "Điều 1. Phạm vi điều chỉnh."), ("plain", "1. Một."),
        ("plain", "2. Hai:"),
        ("plain", "a) Điểm;"), ("plain", "b) Điểm."), ("title", "Chương II"), ("title", "TỔ CHỨC THỰC HIỆN"),
        ("article", "Điều 2. Nơi nhận, nơi gửi tài sản."), ("plain", "Nơi nhận tài sản ghi vào sổ theo mẫu.")]
    first = [("name", "Phụ lục I"), ("name", "DANH MỤC TÀI SẢN"), ("refers", "(Kèm theo Quyết định số      /QĐ-STC)"),
             ("plain", "1. Nhà làm việc.")]
    second = [("name", "Phụ lục II"), ("name", "BIÊN BẢN BÀN GIAO"),
              ("refers", "(Kèm theo Quyết định số      /QĐ-STC)"), ("plain", "Bên giao: ……………………"),
              ("name", "Mẫu số 01"), ("name", "GIẤY ĐỀ NGHỊ"), ("plain", "Họ và tên: ……………………")]
    one = right("Quyết định", body=body, recipients=["Như Điều 2"])
    for part in (regulation, first, second):
        one = changed(one, attached(*part))
    assert [found.as_json() for found in layout_check.check(one, "Quyết định")] == []
