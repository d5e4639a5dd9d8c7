"""Art. 3.1.đ, NĐ 30/2020 PL I: a draft's form is checked rule by rule; what can safely be repaired is."""

import io
import json
import re
from datetime import date

import docx
import pytest
from click.testing import CliRunner
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.enum.text import WD_LINE_SPACING as RULE
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from letters_world import (
    REFERS,
    added,
    appendix,
    asked,
    changed,
    close,
    counted,
    even,
    flat,
    footer,
    form,
    gone,
    lines,
    look,
    number_look,
    page,
    paragraph,
    right,
    rules_of,
    text,
    titled,
    under,
)

from app.cli import cli
from app.regulation import layout, layout_check
from app.regulation.drafting.skeleton import SKELETONS
from app.tools import docx as drafts
from app.tools.office import TruncatedFile

LONG = "Đây là một đoạn văn đủ dài để không phải là đề mục của bất cứ phần nào trong văn bản."
#: (rule, kind of document, what is changed, whether it is repaired)
WRONG = {
    "paper": ("Công văn", page(page_width=Mm(216), page_height=Mm(279)), True),
    "margins": ("Công văn", page(left_margin=Mm(25)), True),
    "margins right": ("Báo cáo", page(right_margin=Mm(25)), True),
    "font": ("Công văn", look("Thực hiện", name="Arial"), True),
    "font old": ("Công văn", look("Thực hiện", name=".VnTime"), False),
    "color": ("Công văn", lambda d: setattr(paragraph(d, "Thực hiện").runs[0].font.color, "rgb", RGBColor(200, 0, 0)),
              True),
    "page_number": ("Công văn", footer, False),
    "page_number first": ("Công văn", page(different_first_page_header_footer=False), True),
    "page_number left": ("Công văn", lambda d: setattr(d.sections[0].header.paragraphs[0], "alignment", 0), True),
    "page_number roman": ("Công văn", counted(fmt="upperRoman"), True),
    "page_number roman field": ("Công văn", asked("PAGE \\* roman \\* MERGEFORMAT"), True),
    "page_number start": ("Công văn", counted(start="3"), True),
    "page_number zero": ("Công văn", counted(start="0"), True),
    "page_number bold": ("Công văn", number_look(bold=True), True),
    "page_number font": ("Công văn", number_look(name="Arial"), True),
    "page_number even": ("Công văn", even, True),
    "margins gutter": ("Công văn", page(gutter=Mm(10)), True),
    "head_places": ("Công văn", flat, False),
    "country": ("Công văn", text("CỘNG HÒA", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT  NAM."), False),
    "country size": ("Công văn", look("CỘNG HÒA", size=Pt(14)), True),
    "motto": ("Công văn", text("Độc lập", "Độc lập – Tự do – Hạnh phúc"), False),
    "motto missing": ("Công văn", gone("Độc lập"), False),
    "motto bold": ("Công văn", look("Độc lập", bold=False), True),
    "motto_rule": ("Công văn", under("Độc lập"), False),
    "sizes": ("Công văn", look("CỘNG HÒA", size=Pt(13)), True),
    "organ": ("Công văn", text("SỞ TÀI", "Sở Tài chính"), False),
    "organ bold": ("Công văn", look("SỞ TÀI", bold=False), True),
    "organ place": ("Công văn", form("SỞ TÀI", alignment=ALIGN.LEFT), True),
    "organ above": ("Công văn", look("UBND TỈNH", bold=True), True),
    "organ_rule": ("Công văn", under("SỞ TÀI"), False),
    "number": ("Công văn", text("Số:", "Số 12 / STC - QLNS"), False),
    "number zero": ("Công văn", text("Số:", "Số: 5/STC-QLNS"), False),
    "number kind": ("Quyết định", text("Số:", "Số:     /TB-STC"), False),
    "number missing": ("Công văn", gone("Số:"), False),
    "number place": ("Công văn", form("Số:", alignment=ALIGN.LEFT), True),
    "number zeros": ("Công văn", text("Số:", "Số: 012/STC-QLNS"), False),
    "number spaces": ("Công văn", text("Số:", "Số: 12 /STC-QLNS"), False),
    "number mark": ("Công văn", text("Số:", "Số ……/STC-QLNS"), False),
    "number bold": ("Công văn", look("Số:", bold=True), True),
    "number size": ("Công văn", look("Số:", size=Pt(12)), True),
    "date": ("Công văn", look("Lào Cai", italic=False), True),
    "date month": ("Công văn", text("Lào Cai", "Lào Cai, ngày 05 tháng 03 năm 2026"), False),
    "date day": ("Công văn", text("Lào Cai", "Lào Cai, ngày 5 tháng 3 năm 2026"), False),
    "date impossible": ("Công văn", text("Lào Cai", "Lào Cai, ngày 31 tháng 02 năm 2026"), False),
    "date leap": ("Công văn", text("Lào Cai", "Lào Cai, ngày 29 tháng 02 năm 2026"), False),
    "date thirteen": ("Công văn", text("Lào Cai", "Lào Cai, ngày 10 tháng 13 năm 2026"), False),
    "date year": ("Công văn", text("Lào Cai", "Lào Cai, ngày 10 tháng 10 năm 26"), False),
    "date place": ("Công văn", form("Lào Cai", alignment=ALIGN.RIGHT), True),
    "date capitals": ("Công văn", text("Lào Cai", "LÀO CAI, ngày 10 tháng 10 năm 2026"), False),
    "number_date": ("Công văn", lambda d: d.tables[0].cell(0, 1)._tc.append(paragraph(d, "Lào Cai")._p) or
                    d.tables[0].cell(1, 1).add_paragraph(), False),
    "type_name": ("Báo cáo", text("BÁO CÁO", "Báo cáo"), False),
    "type_name look": ("Báo cáo", look("BÁO CÁO", size=Pt(16)), True),
    "type_name place": ("Báo cáo", form("BÁO CÁO", alignment=ALIGN.LEFT), True),
    "subject": ("Báo cáo", look("báo cáo tình hình", bold=False), True),
    "subject letter": ("Công văn", text("V/v", "Về việc báo cáo"), False),
    "subject letter place": ("Công văn", form("V/v", alignment=ALIGN.LEFT), True),
    "subject letter size": ("Công văn", look("V/v", size=Pt(14)), True),
    "subject missing": ("Công văn", gone("V/v"), False),
    "subject_rule": ("Báo cáo", under("báo cáo tình hình"), False),
    "addressees": ("Công văn", gone("Kính gửi", "- Sở Nội vụ", "- Sở Xây dựng"), False),
    "addressees look": ("Công văn", look("- Sở Nội vụ", bold=True), True),
    "addressees end": ("Công văn", text("- Sở Nội vụ", "- Sở Nội vụ."), True),
    "basis": ("Quyết định", look("Theo đề nghị", italic=False), True),
    "basis end": ("Quyết định", text("Theo đề nghị", "Theo đề nghị của Chánh Văn phòng;"), True),
    "body_size": ("Công văn", look("Thực hiện", size=Pt(12)), True),
    "body_style": ("Công văn", added(LONG, italic=True), True),
    "body_style bold": ("Công văn", added(LONG, bold=True), True),
    "body_style clause": ("Thông báo", added(f"1. {LONG} {LONG}", bold=True), True),
    "body_align": ("Công văn", form("Thực hiện", alignment=ALIGN.LEFT), True),
    "first_line": ("Công văn", form("Thực hiện", first_line_indent=Mm(20)), True),
    "paragraph_gap": ("Công văn", form("Đề nghị", space_before=Pt(0)), True),
    "paragraph_gap close": ("Công văn", close, True),
    "line_spacing": ("Công văn", form("Thực hiện", line_spacing=2.0), True),
    "line_spacing exactly": ("Công văn", form("Thực hiện", line_spacing=Pt(13)), True),
    "line_spacing least": ("Công văn", form("Thực hiện", line_spacing=Pt(32), line_spacing_rule=RULE.AT_LEAST), True),
    "numbering article": ("Quyết định", text("Điều 2", "Điều 3. Bỏ qua một điều."), False),
    "numbering mark": ("Quyết định", text("Điều 2", "Điều 2: Sai dấu."), False),
    "numbering clause": ("Thông báo", text("2. ", "3. Bỏ qua một khoản."), False),
    "numbering point": ("Thông báo", text("2. ", "d) Điểm không bắt đầu từ a."), False),
    "numbering chapter": ("Thông báo", titled(("Chương 1", True, ALIGN.CENTER)), False),
    "numbering chapter skipped": ("Quyết định", titled(("Chương I", True, ALIGN.CENTER), (
        "Chương III", True, ALIGN.CENTER)), False),
    "numbering section": ("Quyết định", titled(("Mục 1", True, ALIGN.CENTER), ("Mục 3", True, ALIGN.CENTER)), False),
    "numbering section roman": ("Quyết định", titled(("Mục I", True, ALIGN.CENTER)), False),
    "numbering article twice": ("Quyết định", text("Điều 2", "Điều 1. Lặp lại một điều."), False),
    "numbering heading": ("Báo cáo", text("II. ", "III. TỒN TẠI"), False),
    "numbering clause twice": ("Thông báo", text("2. ", "1. Lặp lại một khoản."), False),
    "numbering point twice": ("Thông báo", lines("a) Điểm thứ nhất;", "a) Lại là điểm thứ nhất."), False),
    "heading": ("Thông báo", titled(("Chương I", False, ALIGN.CENTER)), True),
    "heading place": ("Thông báo", titled(("Chương I", True, ALIGN.JUSTIFY)), True),
    "heading capitals": ("Quyết định", titled(("Chương I", True, ALIGN.CENTER), (
        "Quy định chung", True, ALIGN.CENTER)), False),
    "heading decides": ("Quyết định", look("QUYẾT ĐỊNH:", bold=False), True),
    "heading decides place": ("Quyết định", form("QUYẾT ĐỊNH:", alignment=ALIGN.LEFT), True),
    "blank": ("Công văn", text("Thực hiện", "Thực hiện ……………, Sở Tài chính báo cáo."), False),
    "blank brackets": ("Công văn", text("Thực hiện", "Thực hiện [tên văn bản], Sở Tài chính báo cáo."), False),
    "blank dots": ("Công văn", text("Thực hiện", "Thực hiện [...], Sở Tài chính báo cáo."), False),
    "blank cited": ("Công văn", text("Thực hiện", "Thực hiện Công văn số …/UBND-VP, Sở báo cáo."), False),
    "blank addressee": ("Công văn", text("- Sở Nội vụ", "- …………………………;"), False),
    "ending": ("Công văn", text("Đề nghị", "Đề nghị quý cơ quan phối hợp."), True),
    "tail_places": ("Công văn", lambda d: [d.tables[1].cell(0, 1)._tc.remove(p._p) for p in
                                           d.tables[1].cell(0, 1).paragraphs[:-1]] and text("Đinh", "")(d), False),
    "signature": ("Công văn", text("KT. GIÁM", "KT.GIÁM ĐỐC"), False),
    "signature prefix": ("Công văn", text("KT. GIÁM", "TUN. GIÁM ĐỐC"), False),
    "signature deputy": ("Công văn", text("PHÓ GIÁM", "GIÁM ĐỐC"), False),
    "signature bold": ("Công văn", look("PHÓ GIÁM", bold=False), True),
    "signer_name": ("Công văn", text("Đinh", "TS. Đinh Xuân Trường"), False),
    "signer_name size": ("Công văn", look("Đinh", size=Pt(12)), True),
    "recipients": ("Công văn", look("Nơi nhận", italic=False), True),
    "recipients size": ("Công văn", look("- Như trên", size=Pt(12)), True),
    "recipients end": ("Công văn", text("- Như trên", "- Như trên,"), True),
    "recipients copy": ("Công văn", text("- Lưu", "- Lưu hồ sơ."), False),
    "numbering level": ("Báo cáo", lines("1. Một.", "1.1. Một một.", "1.3. Một ba."), False),
    "numbering level of another": ("Báo cáo", lines("1. Một.", "2.1. Hai một."), False),
    "numbering level skipped": ("Báo cáo", lines("1. Một.", "1.1.1. Một một một."), False),
    "numbering level again": ("Báo cáo", lines("1. Một.", "1.1. Một một.", "1.1.1. Sâu hơn.", "1.1. Lặp lại."), False),
    "numbering attached": ("Quyết định", rules_of((7, ("article", "Điều 4. Bỏ qua hai điều."))), False),
    "blank name": ("Công văn", text("Đinh", "(Họ và tên)"), False),
    "blank name bare": ("Công văn", text("Đinh", "Họ và tên"), False),
    "blank nobody": ("Công văn", text("Đinh", "Nguyễn Văn A"), False),
    "blank secretary": ("Biên bản", text("Lê Thu Hà", "(Ký, ghi rõ họ tên)"), False),
    "blank organ": ("Công văn", text("SỞ TÀI", "TÊN CƠ QUAN, TỔ CHỨC"), False),
    "blank place": ("Công văn", text("Lào Cai", "Địa danh, ngày     tháng     năm 2026"), False),
    "blank subject": ("Báo cáo", text("báo cáo tình hình", "Trích yếu nội dung"), False),
    "blank recipient": ("Công văn", text("- Như trên", "- (Tên cơ quan);"), False),
    "blank figures": ("Công văn", text("Thực hiện", "Thực hiện Kế hoạch năm 20…, trước ngày xx/xx/2026, Sở báo cáo."),
                      False),
    "blank attached": ("Quyết định", rules_of((6, ("plain", "1. ………… chịu trách nhiệm."))), False),
    "body_align attached": ("Quyết định", lambda d: [rules_of()(d), form("1. Một khoản", alignment=ALIGN.LEFT)(d)],
                            True),
    "attached name": ("Quyết định", lambda d: [rules_of()(d), look("QUY CHẾ", size=Pt(16))(d)], True),
    "attached place": ("Quyết định", lambda d: [rules_of()(d), form("Quản lý, sử", alignment=ALIGN.LEFT)(d)], True),
    "attached title": ("Quyết định", lambda d: [rules_of()(d), look("Quản lý, sử", bold=False)(d)], True),
    "attached refers": ("Quyết định", rules_of((2, None)), False),
    "attached refers look": ("Quyết định", lambda d: [rules_of()(d), look("(Ban hành", italic=False)(d)], True),
    "attached refers open": ("Quyết định", rules_of((2, ("refers", REFERS.strip("()")))), False),
    "attached to another kind": ("Quyết định", rules_of((2, ("refers", REFERS.replace("Quyết định", "Thông báo")))),
                                 False),
    "attached to another": ("Quyết định", rules_of((2, ("refers", REFERS.replace("-STC", "-UBND")))), False),
    "attached unsaid": ("Quyết định", rules_of(said="Điều 1. Giao dự toán cho các đơn vị."), False),
    "attached appendix capitals": ("Công văn", appendix("PHỤ LỤC"), False),
    "attached appendix figures": ("Công văn", appendix("Phụ lục 1", "Phụ lục 2"), False),
    "attached appendix uncounted": ("Công văn", appendix("Phụ lục", "Phụ lục"), False),
    "attached appendix skipped": ("Công văn", appendix("Phụ lục I", "Phụ lục III"), False),
    "attached appendix title": ("Công văn", appendix("Phụ lục", title="Biểu tổng hợp số liệu"), False),
    "attached appendix refers": ("Công văn", appendix("Phụ lục", refers=""), False),
    "attached appendix unsaid": ("Công văn", appendix("Phụ lục", said="Thực hiện chỉ đạo, Sở Tài chính báo cáo."),
                                 False),
    "attached appendix size": ("Công văn", lambda d: [appendix("Phụ lục")(d), look("Phụ lục", size=Pt(13))(d)], True),
}


def rules(data, kind):
    """The rules under which something is found."""
    return {one.rule for one in layout_check.check(data, kind)}


@pytest.mark.parametrize("kind", SKELETONS)
def test_art_3_1_dd_each_template_is_right_blank_and_completed(kind):
    blank = right(kind)
    filled = drafts.fill_number(blank, number="7", notation=layout.notation(kind, "STC", "QLNS"), place="Lào Cai",
                                date=date(2026, 2, 3))
    assert layout_check.check(blank, kind) == layout_check.check(filled, kind) == layout_check.check(blank) == []
    unwritten = right(kind, body=SKELETONS[kind].body("Sở Tài chính", "Giám đốc Sở Tài chính"))
    assert rules(unwritten, kind) == {"blank"}, "what is to be written yet is not called right"
    assert "Lào Cai, ngày 03 tháng 02 năm 2026" in drafts.text(filled) and "Số: 07/" in drafts.text(filled)
    assert blank == right(kind), "the same letter gives the same bytes"


@pytest.mark.parametrize("name", WRONG)
def test_art_3_1_dd_each_rule_finds_its_fault_and_no_other_and_repairs_what_is_safe(name):
    kind, change, is_safe = WRONG[name]
    rule, wrong = name.partition(" ")[0], changed(right(kind), change)
    found = layout_check.check(wrong, kind)
    assert {one.rule for one in found} == {rule}, [one.as_json() for one in found]
    assert all(one.where and one.should and one.article.startswith("NĐ 30/2020 PL I") for one in found)
    assert all(bool(one.repair) is is_safe for one in found)
    if not is_safe:
        return
    mended = layout_check.repaired(wrong, {rule}, kind)
    assert layout_check.check(mended, kind) == []
    words = [re.sub(r"[\s.;,:/]", "", drafts.text(one)) for one in (mended, wrong)]
    assert words[0] == words[1], "a repair changes no word"


def test_nd_30_pl_i_what_ends_a_letter_stands_instead_of_its_last_mark():
    mended = layout_check.repaired(changed(right("Công văn"), text("Đề nghị", "Trân trọng cảm ơn!")), {"ending"},
                                   "Công văn")
    assert "Trân trọng cảm ơn./." in drafts.text(mended)


def test_art_3_1_dd_every_rule_has_its_file_and_the_kind_that_was_chosen_is_held_to():
    assert {name.partition(" ")[0] for name in WRONG} == set(layout_check.RULES)
    assert rules(right("Báo cáo"), "Kế hoạch") == {"type_name", "number"}
    assert "page_number" in rules(changed(right(), lambda d: d.sections[0].header.paragraphs[0].clear()), "")
    everything = changed(right(), lambda d: [run.font.__setattr__("size", Pt(11)) for p in d.paragraphs
                                             for run in p.runs])
    assert layout_check.check(layout_check.repaired(everything, layout_check.RULES), "Công văn") == []
    empty = io.BytesIO()
    docx.Document().save(empty)
    assert {"country", "motto", "number", "date", "type_name", "signature", "recipients"} <= rules(
        empty.getvalue(), "")


def test_art_3_1_dd_styles_and_the_theme_say_how_letters_look():
    def restyle(document):
        normal = document.styles["Normal"]
        normal._element.rPr.rFonts.attrib.clear()
        normal._element.rPr.rFonts.set(qn("w:asciiTheme"), "minorHAnsi")
        for run in paragraph(document, "Thực hiện").runs:
            run._r.rPr.remove(run._r.rPr.rFonts)

    found = layout_check.check(changed(right(), restyle), "Công văn")
    assert [(one.rule, one.is_) for one in found] == [("font", "Cambria")]


def test_art_3_1_dd_long_names_of_agencies_and_typed_lines_are_known_for_what_they_are():
    def long(document):
        paragraph(document, "SỞ TÀI").runs[0].text = "ỦY BAN NHÂN DÂN TỈNH LÀO CAI"
        first = paragraph(document, "UBND TỈNH").runs[0]
        first.text, first.bold = "VĂN PHÒNG", True

    def dashes(document):
        under("SỞ TÀI")(document)
        paragraph(document, "SỞ TÀI")._p.addnext(paragraph(document, "UBND")._p.__deepcopy__(None))
        paragraph(document, "UBND")._p.getnext().getnext().xpath(".//w:t")[0].text = "---------"

    assert layout_check.check(changed(right(), long), "Công văn") == []
    assert rules(changed(right(), dashes), "Công văn") == {"organ_rule"}


def test_art_3_1_dd_settings_that_word_writes_beside_ours_raise_no_alarm():
    def change(document):
        for one in document.paragraphs:
            if one.text:  # exactly 18 points of 14, gaps that Word chooses
                one.paragraph_format.line_spacing = Pt(18)
                spacing = one._p.pPr.find(qn("w:spacing"))
                spacing.set(qn("w:before"), "100")
                spacing.set(qn("w:beforeAutospacing"), "1")
        for _ in range(2):
            document.add_section()
        counted(start="1")(document)  # an appendix counts anew

    assert layout_check.check(changed(right(), change), "Công văn") == []


def test_art_3_1_dd_the_command_says_each_finding_as_json(tmp_path):
    files = {"wrong.docx": changed(right(), look("Số:", size=Pt(12))), "right.docx": right(), "cut.docx": right()[:99]}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    run = CliRunner().invoke(cli, ["layout", "check", *(str(tmp_path / name) for name in files), "--json"])
    wrong, good, cut = (json.loads(line) for line in run.output.splitlines())
    assert run.exit_code == 1 and good["findings"] == [] and cut["code"] == TruncatedFile().code
    assert [set(one) for one in wrong["findings"]] == [
        {"rule", "article", "where", "is", "should", "severity", "repair"}]
    told = CliRunner().invoke(cli, ["layout", "check", str(tmp_path / "right.docx"), "--type", "Công văn"])
    assert told.exit_code == 0 and "no finding" in told.output
