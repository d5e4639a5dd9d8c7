"""Art. 3.1.đ, NĐ 30/2020 PL I: what is rightly written in another way than ours raises no alarm."""

import copy
import unicodedata

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt
from letters_world import (
    appendix,
    changed,
    gone,
    list_below,
    listed,
    look,
    paragraph,
    right,
    sideways,
    signed,
    text,
    titled,
    urgent,
)

from app.regulation import layout, layout_check
from app.tools import docx_letter

FIRST = ("plain", "Thực hiện Công văn số 123/UBND-TH ngày 05 tháng 10 năm 2026 của Ủy ban nhân dân tỉnh, Sở Tài chính "
                  "báo cáo như sau:")
LAST = ("plain", "Sở Tài chính đề nghị quý cơ quan quan tâm, phối hợp thực hiện các nội dung đã nêu./.")
DECISION = [
    ("title", "CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH LÀO CAI"),
    ("basis", "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2025;"),
    ("basis", "Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;"),
    ("basis", "Theo đề nghị của Giám đốc Sở Nội vụ tại Tờ trình số 15/TTr-SNV ngày 03 tháng 3 năm 2026."),
    ("title", "QUYẾT ĐỊNH:"), ("article", "Điều 1. Thành lập Tổ công tác gồm các ông, bà có tên sau:"),
    ("plain", "1. Ông Nguyễn Văn Bình, Phó Chủ tịch Ủy ban nhân dân tỉnh - Tổ trưởng;"),
    ("plain", "2. Bà Trần Thị Hoa, Giám đốc Sở Nội vụ - Tổ phó."), ("article", "Điều 2. Tổ công tác có nhiệm vụ:"),
    ("plain", "a) Xây dựng kế hoạch;"), ("plain", "b) Tổ chức thực hiện."),
    ("article", "Điều 3. Quyết định này có hiệu lực kể từ ngày ký ban hành./.")]
RESOLUTION = [
    ("title", "HỘI ĐỒNG NHÂN DÂN TỈNH LÀO CAI"), ("title", "KHÓA XVI, KỲ HỌP THỨ HAI"),
    ("basis", "Căn cứ Luật Tổ chức chính quyền địa phương;"),
    ("basis", "Xét Tờ trình số 12/TTr-UBND ngày 05 tháng 3 năm 2026 của Ủy ban nhân dân tỉnh."),
    ("title", "QUYẾT NGHỊ:"), ("article", "Điều 1. Thông qua kế hoạch."),
    ("article", "Điều 2. Hội đồng nhân dân tỉnh giao Ủy ban nhân dân tỉnh tổ chức thực hiện./.")]
OTHERS = {
    "Công điện": [("plain", "Chủ tịch Ủy ban nhân dân tỉnh điện: Giám đốc các sở, ban, ngành."), FIRST, LAST],
    "Giấy giới thiệu": [("plain", "Sở Tài chính trân trọng giới thiệu:"), ("plain", "Ông: Trần Văn Hùng."),
                        ("plain", "Chức vụ: Chuyên viên."), ("plain", "Được cử đến: Sở Nội vụ."),
                        ("plain", "Giấy này có giá trị đến hết ngày 30 tháng 10 năm 2026./.")],
    "Nghị quyết": RESOLUTION, "Chương trình": [FIRST, LAST], "Phương án": [FIRST, LAST], "Phiếu chuyển": [FIRST, LAST],
}


def letter(*lines):
    """A công văn with more lines between its first and its last one."""
    return right(body=[FIRST, *(line if isinstance(line, tuple) else ("plain", line) for line in lines), LAST])


def broken(start, at):
    """A line break that its author typed within a sentence, a name, a title."""
    def change(document):
        run = paragraph(document, start).runs[0]
        before, after = run.text.split(at, 1)
        run.text = before.rstrip()
        run.add_break()
        run.add_text(at + after)
    return change


def in_one(start, *more):
    """Lines that stand in one paragraph, line breaks between them."""
    def change(document):
        run = paragraph(document, start).runs[0]
        for words in more:
            run.add_break()
            run.add_text(words)
    return change


def table(caption, size=13, **values):
    """A table behind the first paragraph, something said above it."""
    def change(document):
        above, made = document.add_paragraph(), document.add_table(rows=3, cols=3)
        docx_letter._put(above, caption, size, align=values.pop("align", ALIGN.CENTER), **values)
        for row in made.rows:
            for cell in row.cells:
                docx_letter._put(cell.paragraphs[0], "Số liệu", 12)
        paragraph(document, "Thực hiện")._p.addnext(above._p)
        above._p.addnext(made._tbl)
    return change


def set_all(**values):
    """The paragraphs of the running text are set otherwise."""
    def change(document):
        for one in (line for line in document.paragraphs if line.alignment == ALIGN.JUSTIFY):
            for name, value in values.items():
                setattr(one.paragraph_format, name, value)
    return change


def sized(document):
    for one in (line for line in document.paragraphs if line.alignment == ALIGN.JUSTIFY):
        for run in one.runs:
            run.font.size = Pt(13)


def apart(document):
    """Each letter and its marks for themselves."""
    for node in document.element.body.iter(qn("w:t")):
        node.text = unicodedata.normalize("NFD", node.text or "")


def cut(document):
    """Runs of three letters each."""
    for run in [*document.element.body.iter(qn("w:r"))]:
        node = run.find(qn("w:t"))
        if node is None or not node.text:
            continue
        for start in range(0, len(node.text), 3):
            piece = copy.deepcopy(run)
            piece.find(qn("w:t")).text = node.text[start:start + 3]
            piece.find(qn("w:t")).set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            run.addprevious(piece)
        run.getparent().remove(run)


def styled(document):
    """The style says which font it is."""
    for fonts in [*document.element.body.iter(qn("w:rFonts"))]:
        fonts.getparent().remove(fonts)


def tabbed(table_at, rows):
    """Two columns by tabs in the place of a table: (left, right, size of each, how the left and the right look)."""
    def change(document):
        old = document.tables[table_at]._tbl
        for left, words, sizes, looks in rows:
            line = document.add_paragraph()
            docx_letter._put(line, left, sizes[0], align=ALIGN.LEFT, **looks[0])
            if words:
                docx_letter._styled(line.add_run(f"\t{words}"), sizes[1], **looks[1])
            if "Hạnh phúc" in words:
                line._p.append(docx.oxml.parse_xml(f"<w:r {nsdecls('w')}><w:pict/></w:r>"))
            old.addprevious(line._p)
        old.getparent().remove(old)
    return change


def addressed(document):
    """ "Kính gửi:" and the list in a table of their own."""
    made = document.add_table(rows=1, cols=2)
    docx_letter._put(made.cell(0, 0).paragraphs[0], "Kính gửi:", 14, align=ALIGN.RIGHT)
    docx_letter._put(made.cell(0, 1).paragraphs[0], "- Sở Nội vụ;", 14, align=ALIGN.LEFT)
    docx_letter._put(made.cell(0, 1).add_paragraph(), "- Sở Xây dựng.", 14, align=ALIGN.LEFT)
    paragraph(document, "Thực hiện")._p.addprevious(made._tbl)
    for line in [one for one in document.paragraphs if one.text.startswith(("Kính gửi", "- Sở"))]:
        line._p.getparent().remove(line._p)


def appended(document):
    """An appendix on a page on its side."""
    document.add_section()
    text("Thực hiện", "Thực hiện số liệu tại phụ lục kèm theo, Sở Tài chính báo cáo như sau:")(document)
    sideways(document, -1)
    appendix("Phụ lục", said="Thực hiện số liệu tại phụ lục kèm theo, Sở Tài chính báo cáo như sau:")(document)
    docx_letter._put(document.add_paragraph(), "Đơn vị tính: triệu đồng", 13, italic=True, align=ALIGN.RIGHT)


def hospital(document):
    text("UBND TỈNH", "SỞ Y TẾ TỈNH LÀO CAI")(document)
    text("SỞ TÀI", "BỆNH VIỆN ĐA KHOA TỈNH")(document)
    signed("GIÁM ĐỐC", names=["BSCKII. Phạm Văn Thinh"])(document)


def of_two_lines(document):
    text("UBND TỈNH", "ỦY BAN NHÂN DÂN")(document)
    text("SỞ TÀI", "TỈNH LÀO CAI")(document)
    look("ỦY BAN", bold=True)(document)
    text("Số:", "Số:       /UBND-TH")(document)


def cited(document):
    """A footnote, and an address that leads there."""
    paragraph(document, "Thực hiện").add_run()._r.append(docx.oxml.parse_xml(
        f'<w:footnoteReference {nsdecls("w")} w:id="2"/>'))
    paragraph(document, "Sở Tài chính đề")._p.insert(1, docx.oxml.parse_xml(
        f'<w:hyperlink {nsdecls("w")} w:anchor="a"><w:r><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New '
        'Roman"/><w:sz w:val="28"/></w:rPr><w:t>https://laocai.gov.vn</w:t></w:r></w:hyperlink>'))


PLAIN, BOLD, ITALIC, BOTH = {}, {"bold": True}, {"italic": True}, {"bold": True, "italic": True}
HEAD = [("UBND TỈNH LÀO CAI", docx_letter._COUNTRY, (12, 12), (PLAIN, BOLD)),
        ("SỞ TÀI CHÍNH", docx_letter._MOTTO, (12, 13), (BOLD, BOLD)),
        ("Số:      /STC-QLNS", "Lào Cai, ngày     tháng     năm 2026", (13, 13), (PLAIN, ITALIC)),
        ("V/v báo cáo tình hình giải ngân", "", (12, 12), (PLAIN, PLAIN))]
TAIL = [("Nơi nhận:", "GIÁM ĐỐC", (12, 14), (BOTH, BOLD)), ("- Như trên;", "", (11, 11), (PLAIN, PLAIN)),
        ("- Lưu: VT, QLNS.", "", (11, 11), (PLAIN, PLAIN)), ("", "Đinh Xuân Trường", (11, 14), (PLAIN, BOLD))]
SIGNERS = (
    ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"), ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"),
    ("TL. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"), ("TL. CHỦ TỊCH", "KT. CHÁNH VĂN PHÒNG", "PHÓ CHÁNH VĂN PHÒNG"),
    ("TUQ. CHỦ TỊCH", "GIÁM ĐỐC SỞ TÀI CHÍNH"), ("Q. GIÁM ĐỐC",), ("KT. BỘ TRƯỞNG", "THỨ TRƯỞNG"), ("GIÁM ĐỐC",),
    ("KT. TRƯỞNG BAN", "PHÓ TRƯỞNG BAN"), ("TM. HỘI ĐỒNG NHÂN DÂN", "CHỦ TỊCH"), ("TM. ĐOÀN KIỂM TRA", "TRƯỞNG ĐOÀN"),
    ("KT. HIỆU TRƯỞNG", "PHÓ HIỆU TRƯỞNG"), ("TL. GIÁM ĐỐC", "TRƯỞNG PHÒNG KẾ HOẠCH - TỔNG HỢP"),
    ("KT. TRƯỞNG PHÒNG", "PHÓ TRƯỞNG PHÒNG PHỤ TRÁCH"),
    ("KT. TỔ TRƯỞNG", "TỔ PHÓ"), ("KT. CHÁNH THANH TRA", "PHÓ CHÁNH THANH TRA"), ("TM. BAN CHỈ ĐẠO", "TRƯỞNG BAN"),
    ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH THƯỜNG TRỰC"), ("GIÁM ĐỐC", "(Đã ký)"))

#: name -> (kind, the draft)
HONEST = {
    **{f"signed {'/'.join(one)}": ("Công văn", lambda one=one: changed(letter(), signed(*one))) for one in SIGNERS},
    "signed with another office": ("Công văn", lambda: changed(letter(), signed(
        "TM. HỘI ĐỒNG", "CHỦ TỊCH HỘI ĐỒNG", names=["GIÁM ĐỐC SỞ TÀI CHÍNH", "Đinh Xuân Trường"]))),
    "a hospital": ("Công văn", lambda: changed(letter(), hospital)),
    **{f"agency {words}": ("Công văn", lambda words=words: changed(letter(), text("SỞ TÀI", words))) for words in (
        "TRƯỜNG THPT SỐ 1 BẢO THẮNG", "KHO BẠC NHÀ NƯỚC KHU VỰC VIII", "BẢO HIỂM XÃ HỘI KRÔNG PẮK",
        "HẠT KIỂM LÂM IA GRAI", "ỦY BAN NHÂN DÂN XÃ Y TÝ", "CÔNG TY TNHH MTV CẤP NƯỚC LÀO CAI")},
    "an agency over two lines": ("Công văn", lambda: changed(letter(), of_two_lines)),
    "a unit over a table": ("Công văn", lambda: changed(letter(), table(
        "Đơn vị tính: triệu đồng", italic=True, align=ALIGN.RIGHT))),
    "a unit in brackets": ("Công văn", lambda: changed(letter(), table("(Đơn vị: Triệu đồng)", 12, align=ALIGN.RIGHT))),
    "a table with a name": ("Công văn", lambda: changed(letter(), table("Bảng 1. Kết quả giải ngân", bold=True))),
    "a list of Word": ("Công văn", lambda: changed(letter("Nội dung một;", "Nội dung hai;", "3. Nội dung ba."), listed(
        "Nội dung một", "Nội dung hai"))),
    "dashes of Word": ("Công văn", lambda: changed(letter("Nội dung một;", "Nội dung hai."), listed(
        "Nội dung một", "Nội dung hai", form="bullet", words="-"))),
    "recipients of Word": ("Công văn", lambda: changed(letter(), lambda d: [
        text("- Như trên", "Như trên;")(d), text("- Lưu", "Lưu: VT, QLNS (05).")(d),
        listed("Như trên", "Lưu", form="bullet", words="-")(d)])),
    "a head by tabs": ("Công văn", lambda: changed(letter(), tabbed(0, HEAD))),
    "a tail by tabs": ("Công văn", lambda: changed(letter(), tabbed(-1, TAIL))),
    "a head by tabs in the middle": ("Công văn", lambda: changed(letter(), tabbed(0, [
        (f"\t{left}", *others) for left, *others in HEAD]))),
    "head and tail by tabs": ("Công văn", lambda: changed(letter(), lambda d: [
        tabbed(-1, TAIL)(d), tabbed(0, HEAD)(d), appendix("Phụ lục", said=FIRST[1].replace("như sau", "phụ lục"))(d)])),
    **{f"letters and marks apart {kind}": (kind, lambda kind=kind: changed(right(kind), apart))
       for kind in ("Công văn", "Quyết định", "Báo cáo", "Biên bản")},
    **{f"runs cut {kind}": (kind, lambda kind=kind: changed(right(kind), cut))
       for kind in ("Công văn", "Quyết định", "Báo cáo", "Biên bản")},
    **{f"broken at {at}": ("Quyết định", lambda start=start, at=at: changed(right("Quyết định", body=DECISION), broken(
        start, at))) for start, at in (("Căn cứ Nghị", "ngày"), ("CHỦ TỊCH", "TỈNH"), ("Báo cáo", "giải ngân"),
                                       ("SỞ TÀI", "CHÍNH"), ("1. Ông", "Phó"))},
    "broken V/v": ("Công văn", lambda: changed(letter(), broken("V/v", "giải ngân"))),
    "broken addressee": ("Công văn", lambda: changed(right(addressees=["Ủy ban nhân dân tỉnh Lào Cai"]), broken(
        "Kính gửi", "tỉnh"))),
    "addressees in one paragraph": ("Công văn", lambda: changed(letter(), lambda d: [
        gone("- Sở Nội vụ", "- Sở Xây dựng")(d), in_one("Kính gửi", "- Sở Nội vụ;", "- Sở Xây dựng.")(d)])),
    "recipients in one paragraph": ("Công văn", lambda: changed(letter(), lambda d: [
        gone("- Lưu")(d), in_one("- Như trên", "- Sở Nội vụ (phối hợp);", "- Lưu: VT, QLNS (05).")(d)])),
    "addressees over two paragraphs": ("Công văn", lambda: changed(letter(), lambda d: [
        text("- Sở Nội vụ", "- Ủy ban Mặt trận Tổ quốc và các tổ chức")(d), paragraph(d, "- Ủy ban")._p.addnext(
            copy.deepcopy(paragraph(d, "- Sở Xây")._p)), text("- Sở Xây", "chính trị - xã hội;")(d)])),
    "addressees in a table": ("Công văn", lambda: changed(letter(), addressed)),
    "a name with commas": ("Công văn", lambda: right(addressees=["Sở Văn hóa, Thể thao và Du lịch"])),
    "addressees of many": ("Công văn", lambda: right(addressees=["Các sở, ban, ngành tỉnh", "UBND các xã, phường"])),
    "three points above and below": ("Công văn", lambda: changed(letter(), set_all(
        space_before=Pt(3), space_after=Pt(3), line_spacing=1.15))),
    **{f"lines of {points} points": ("Công văn", lambda points=points: changed(letter(), set_all(
        line_spacing=Pt(points)))) for points in (16.1, 17, 18, 20, 24)},
    "a font by style": ("Công văn", lambda: changed(letter(), styled)),
    "letters of 13 points": ("Công văn", lambda: changed(letter(), sized)),
    "an appendix on its side": ("Công văn", lambda: changed(right(), appended)),
    "appendices": ("Công văn", lambda: changed(right(), appendix("Phụ lục I", "Phụ lục II"))),
    "an urgent letter": ("Công văn", lambda: changed(letter(), urgent("HỎA TỐC"))),
    "a footnote and an address": ("Công văn", lambda: changed(letter(), cited)),
    "a decision of a chairman": ("Quyết định", lambda: right("Quyết định", body=DECISION)),
    **{f"a part over its title {kind}": (kind, lambda kind=kind: changed(right(kind), titled(
        ("Phần I", True, ALIGN.CENTER), ("KẾT QUẢ THỰC HIỆN", True, ALIGN.CENTER), near=True)))
       for kind in ("Báo cáo", "Quyết định")},
    "minutes over their list": ("Biên bản", lambda: changed(right("Biên bản"), list_below)),
    "minutes of two agencies over their list": ("Biên bản", lambda: changed(right("Biên bản"), lambda d: [
        list_below(d), text("THƯ KÝ", "ĐẠI DIỆN BÊN GIAO")(d), text("CHỦ TRÌ", "ĐẠI DIỆN BÊN NHẬN")(d)])),
    "titles of clauses": ("Công văn", lambda: changed(
        letter("1. Mục tiêu", "Nội dung.", "2. Yêu cầu", "Nội dung."),
        lambda d: [look("1. Mục", bold=True)(d), look("2. Yêu", bold=True)(d)])),
    "lines that begin like marks": ("Công văn", lambda: letter(
        "1/3 số đơn vị đã báo cáo.", "05 - 10 đơn vị chưa báo cáo.", "30/NQ-CP là căn cứ.", "1.500 triệu đồng.",
        "15 giờ 30 phút.", "10% số vốn.", "I/2026 là mốc.", "Quý I/2026: hoàn thành.", "V.I. Lê-nin đã viết.",
        "C.Mác đã viết.", "- Gạch đầu dòng;", "+ Dấu cộng.", "12/2026/TT-BTC là căn cứ.")),
    "signs that list nothing": ("Công văn", lambda: letter(
        "* Ghi chú: số liệu đến hết tháng 10.", "Ông (bà):      Chức vụ:     ", "□ Đồng ý  □ Không đồng ý.",
        "Công văn số  /STC-NS ngày  tháng  năm 2026.", "a)  Điểm a;", "b) Điểm b.  Câu sau.", "12,5 % - 14 %.",
        "Ngày 07 tháng 10 năm 2026, Sở Nội vụ họp.")),
    "days of no year": ("Công văn", lambda: letter(
        "Kỷ niệm Quốc khánh ngày 2 tháng 9; ngày Quốc tế phụ nữ ngày 8 tháng 3.",
        "Báo cáo gửi trước ngày 1 tháng 1 hằng năm, từ ngày 1 tháng 2 đến ngày 15 tháng 2 năm sau.")),
    "words that cite nothing": ("Công văn", lambda: letter(
        "1. Khoản 2 Điều 5 Quy chế được sửa đổi:", "a) Điểm a khoản 1 Điều 2; điểm b, khoản 3, Điều 6.",
        "Hai bên thống nhất 05 điều; những điều 02 bên đã bàn, 20 điểm, một khoản 50 triệu đồng.")),
    "numbers behind tabs": ("Thông báo", lambda: changed(right("Thông báo", parent_name="", body=[
        ("plain", "1. Một."), ("plain", "2. Hai:"), ("plain", "a) Điểm a."), LAST]), lambda d: [
            text("1. Một", "1.\tNội dung một.")(d), text("2. Hai", "\t2.\tNội dung hai:")(d),
            text("a) Điểm", "a)\tĐiểm a.")(d)])),
    "what is under a point": ("Công văn", lambda: letter(
        "1. Khoản một:", "a) Điểm a:", "1) Một;", "2) Hai.", "b) Điểm b:", "1) Một.", "2. Khoản hai.")),
    "a note behind the end": ("Công văn", lambda: right(body=[FIRST, LAST, ("plain", "(Có danh sách kèm theo)")])),
    **{kind: (kind, lambda kind=kind, body=body: docx_letter.write(docx_letter.Letter(
        organ_name="Sở Tài chính", parent_name="UBND tỉnh Lào Cai", place="Lào Cai", type_name=kind, body=body,
        notation=layout.notation(kind, "STC"), subject="Về việc báo cáo tình hình", position="Giám đốc", unit="NS",
        signer_name="Đinh Xuân Trường", recipients=["Sở Nội vụ"]))) for kind, body in OTHERS.items()},
}


@pytest.mark.parametrize("name", HONEST)
def test_art_3_1_dd_an_honest_draft_raises_no_alarm(name):
    kind, made = HONEST[name]
    assert [found.as_json() for found in layout_check.check(made(), kind)] == []
