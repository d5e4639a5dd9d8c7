"""Art. 3.2: a DOCX before it is stored: marks by format, far from the head, beside words; titles to look at."""

import io
import zipfile

import docx
import pytest

from app import cli_intake
from app.regulation.incoming import keep_out
from app.tools.media import TYPES

SECRECY = ("secrecy", 1)


def word(*paragraphs: str, margin: str = "", run: str = "", style: str = "", based: str = "") -> bytes:
    """A DOCX with these paragraphs and this header.

    Those that say "Mật" have a format: their own, by their paragraph's style, or by the style under it.
    """
    made, target = docx.Document(), io.BytesIO()
    made.sections[0].header.paragraphs[0].text = margin
    for one in paragraphs:
        made.add_paragraph(one)
    for name, kind in ((style, "Heading 1"), (based, "Normal")):
        if name:
            setattr(made.styles[kind].font, name, True)
    for paragraph in (*made.paragraphs, *made.sections[0].header.paragraphs):
        if "Mật" not in paragraph.text:
            continue
        if style or based:
            paragraph.style = "Heading 1"
        if run:
            setattr(paragraph.runs[0].font, run, True)
    made.save(target)
    return target.getvalue()


def changed(data: bytes, was: bytes, now: bytes) -> bytes:
    """The package with other words in its parts."""
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(target := io.BytesIO(), "w") as made:
        for name in whole.namelist():
            made.writestr(name, whole.read(name).replace(was, now))
    return target.getvalue()


def found(data: bytes):
    one = keep_out.in_file(data, "a.docx", TYPES["docx"])
    return (one.rule, one.page) if one else None


@pytest.mark.parametrize("by", [{}, {"run": "all_caps"}, {"run": "small_caps"}, {"style": "all_caps"},
                                {"based": "small_caps"}])
def test_art_3_2_capitals_that_a_format_makes_are_capitals(by):
    expected = SECRECY if by else None
    assert found(word("ỦY BAN", "Mật", "Nội dung", **by)) == expected
    assert found(word("ỦY BAN", margin="Tối Mật", **by)) == expected


def test_art_3_2_capitals_of_a_style_count_unless_the_letters_say_no_and_whatever_part_holds_it():
    data = word("ỦY BAN", "Mật", style="all_caps")
    assert found(changed(data, b"<w:r><w:t>", b'<w:r><w:rPr><w:caps w:val="0"/></w:rPr><w:t>')) is None
    assert found(changed(data, b"wordprocessingml.styles+xml", b"wordprocessingml.other+xml")) == SECRECY


def test_art_3_2_a_mark_that_stands_alone_is_found_on_any_page():
    text = ("ỦY BAN", *(f"Nội dung {n}" for n in range(60)))
    for mark in ("MẬT", "T Ố I  M Ậ T", "ỦY BAN\tTUYỆT MẬT", "Độ mật: Mật."):
        assert found(word(*text, "PHỤ LỤC", mark, "Bảng 1")) == SECRECY, mark
    for other in (("bí mật nhà nước",), ("Mật",), ("TUYỆT MẬT", "TỐI MẬT", "MẬT", "Cộng"), ("MẬT\nĐỘ DÂN SỐ",),
                  ("BẢO", "MẬT"), ("CÔNG TÁC BẢO MẬT",), ("Số: 5/BC-UBND (Mật)",)):
        assert found(word(*text, "PHỤ LỤC", *other)) is None, other


def test_art_3_2_a_mark_beside_one_of_urgency_or_the_number_of_the_copy_is_one():
    for said in ("MẬT – KHẨN", "HỎA TỐC  MẬT", "THƯỢNG KHẨN / TỐI MẬT", "BẢN SỐ: 01 MẬT", "Bản số 01/05: TUYỆT MẬT"):
        assert found(word("ỦY BAN", said, "Số: 12/BC-UBND")) == SECRECY, said
        assert found(word("ỦY BAN", margin=said)) == SECRECY, said
    for said in ("KHẨN", "HỎA TỐC", "BẢN SỐ: 01", "BẢO MẬT – KHẨN", "Khẩn, bảo mật", "Bản số: mật khẩu"):
        assert found(word("ỦY BAN", said, "Số: 12/BC-UBND")) is None, said


def test_art_3_2_a_document_that_calls_itself_secret_bears_a_mark_and_one_about_secrets_none():
    head = ("ỦY BAN NHÂN DÂN TỈNH", "Số: 12/BC-UBND")
    for said in ("TÀI LIỆU MẬT", "VĂN BẢN TỐI MẬT", "Độ MẬT", "Độ: TUYỆT MẬT", "Độ: Mật", "MẬT/A1", "TỐI MẬT/B2",
                 "CHỈ NGƯỜI CÓ TÊN MỚI ĐƯỢC BÓC BÌ"):
        assert found(word(head[0], said, head[1])) == SECRECY, said
        assert found(word(*head, margin=said)) == SECRECY, said
    for said in (("BÁO CÁO", "CÔNG TÁC QUẢN LÝ, SỬ DỤNG", "TÀI LIỆU MẬT"), ("Thống kê văn bản mật",),
                 ("STT", "TÊN TÀI LIỆU", "ĐỘ MẬT", "GHI CHÚ"), ("Độ mật", "Độ khẩn"),
                 ("TÀI LIỆU MẬT VÀ TÀI LIỆU KHÁC",),
                 ("Về bảo vệ bí mật nhà nước", "quản lý văn bản mật"), ("Chỉ người có tên mới được bóc bì thư",),
                 ("QUYẾT ĐỊNH", "BAN HÀNH QUY CHẾ QUẢN LÝ", "VĂN BẢN MẬT"), ("SỔ ĐĂNG KÝ", "VĂN BẢN MẬT"),
                 ("HƯỚNG DẪN", "SOẠN THẢO, IN, SAO", "VĂN BẢN MẬT"), ("MẬT/ĐỘ DÂN SỐ",), ("BẢO MẬT/A1",)):
        assert found(word(*head, *said, "Nội dung")) is None, said
    assert found(word(*(f"Nội dung {n}" for n in range(60)), "Cột", "TÀI LIỆU MẬT")) is None, "a table behind the head"


@pytest.mark.parametrize(("title", "outcome"), [
    (("ĐƠN", "(V/v khiếu nại quyết định thu hồi đất)"), "hold"), (("ĐƠN TRÌNH BÁO", "(tranh chấp đất)"), "hold"),
    (("ĐƠN", "(V/v xin nghỉ phép)"), "accept"),
    (("ĐƠN ĐỀ NGHỊ", "Về việc giải quyết tranh chấp đất đai"), "hold"), (("ĐƠN KÊU CỨU",), "hold"),
    (("BÁO CÁO", "GIẢI QUYẾT", "ĐƠN KHIẾU NẠI"), "hold"), (("ĐƠN KHIẾU NẠI",), "reject"),
    (("Số: 12/BC-UBND", "ĐƠN KÊU CỨU"), "accept"), (("ĐƠN ĐỀ NGHỊ", "(V/v cấp lại thẻ)"), "accept")])
def test_art_3_2_the_check_holds_what_recognition_will_ask_a_person_about(title, outcome):
    said = cli_intake.judged(word("Độc lập - Tự do - Hạnh phúc", *title, "Kính gửi: Sở"), "a.docx", 10**7)
    assert (said.outcome, bool(said.message)) == (outcome, outcome != "accept")
