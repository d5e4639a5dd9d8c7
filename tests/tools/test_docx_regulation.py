"""A regulation as DOCX in the layout of NĐ 30/2020: opened again, its parts where the decree has them."""

from io import BytesIO

import docx
from docx.shared import Pt

from app.tools.docx import text
from app.tools.docx_regulation import Annex, Head, regulation

HEAD = Head("Sở Tài chính", "Ủy ban nhân dân tỉnh Lào Cai", "QyĐ-STC", "Lào Cai", 2026, "Quy định",
            "Về quy trình nội bộ: Xử lý văn bản đến", ("Căn cứ một", "Căn cứ hai"), "Giám đốc",
            ("Như Điều 2", "Lưu: VT"))
LINES = [("chapter", "Chương I", [("Quy định chung", False)]), ("article", "Điều 1.", [("Phạm vi", False)]),
         ("clause", "1.", [("Văn thư", True), (" thực hiện <ngay> & đủ:", False)]), ("point", "a)", [("Quét.", False)])]
ANNEX = Annex("Phụ lục I", "Bảng", "Cách chọn dòng.", ("TT", "Trường hợp", "Kết quả", "Nội dung"),
              [("1", "Phạm vi", "Điện tử", "Nội bộ")])


def test_nd_30_layout_of_a_regulation():
    data = regulation(HEAD, LINES, [ANNEX])
    assert data == regulation(HEAD, LINES, [ANNEX])
    document = docx.Document(BytesIO(data))
    first = document.sections[0]
    lengths = (first.page_width, first.page_height, first.top_margin, first.left_margin, first.right_margin)
    assert [round(length.mm) for length in lengths] == [210, 297, 20, 30, 15]
    assert first.different_first_page_header_footer and "PAGE" in first.header._element.xml
    assert not "".join(p.text for p in first.first_page_header.paragraphs)
    assert len(document.sections) == 2 and "pgNumType" in document.sections[1]._sectPr.xml
    normal = document.styles["Normal"].font
    assert (normal.name, normal.size) == ("Times New Roman", Pt(14))
    styles = {p.text: p.style.name for p in document.paragraphs}
    assert styles["Chương I\nQUY ĐỊNH CHUNG"] == "Heading 1" and styles["Điều 1. Phạm vi"] == "Heading 2"
    read = text(data)
    for line in ("ỦY BAN NHÂN DÂN TỈNH LÀO CAI", "SỞ TÀI CHÍNH", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "QUY ĐỊNH",
                 "Độc lập - Tự do - Hạnh phúc", "Số:        /QyĐ-STC", "Căn cứ một;", "Căn cứ hai.", "GIÁM ĐỐC",
                 "1. Văn thư thực hiện <ngay> & đủ:", "- Lưu: VT.", "Phụ lục I\nBẢNG"):
        assert line in read
    bold = next(p for p in document.paragraphs if p.text.startswith("1. Văn thư"))
    assert [run.bold for run in bold.runs] == [None, True, None]
    assert [cell.text for cell in document.tables[-1].rows[1].cells] == ["1", "Phạm vi", "Điện tử", "Nội bộ"]
    assert "tblHeader" in document.tables[-1].rows[0]._tr.xml
