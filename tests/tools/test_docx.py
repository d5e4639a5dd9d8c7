"""Number and date written into drafts (Art. 9.1.b, NĐ 30/2020 PL I.II.3 and 4)."""

import io
import re
import unicodedata
import zipfile
from datetime import date

import docx
import pytest
from docx.oxml import parse_xml

from app.tools import media
from app.tools.docx import PlaceMissing, fill_number, require_places, text
from app.tools.office import HasComments, HasHiddenText, HasTrackedChanges, TruncatedFile

VALUES = {"number": "5", "notation": "UBND-VX", "place": "Lào Cai", "date": date(2026, 1, 5)}
FILLED = "Số: 05/UBND-VX"
DATED = "Lào Cai, ngày 05 tháng 01 năm 2026"


def saved(document):
    sink = io.BytesIO()
    document.save(sink)
    return sink.getvalue()


def a_draft(*lines):
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    return saved(document)


def a_letter(number="Số:       /UBND-VX", day="Lào Cai, ngày       tháng       năm 2026"):
    """The layout of NĐ 30: a table of two columns without lines, then the body."""
    document = docx.Document()
    table = document.add_table(2, 2)
    table.cell(0, 0).text = "ỦY BAN NHÂN DÂN\nTỈNH LÀO CAI"
    table.cell(0, 1).text = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"
    table.cell(1, 0).text = number
    table.cell(1, 1).text = day
    document.add_paragraph("Kính gửi: Sở Tài chính")
    document.add_paragraph("Căn cứ Quyết định số 12/QĐ-UBND ngày 05 tháng 3 năm 2020, Số: 7/X giữ nguyên./.")
    return document


def filled(data, **other):
    return text(fill_number(data, **(VALUES | other))).split("\n")


def test_art_9_1_b_number_and_date_are_written_in_and_nothing_else_changes():
    draft = saved(a_letter())
    before, after = text(draft).split("\n"), filled(draft)
    changed = {(a, b) for a, b in zip(before, after, strict=True) if a != b}
    assert changed == {("Số:       /UBND-VX", FILLED), ("Lào Cai, ngày       tháng       năm 2026", DATED)}


@pytest.mark.parametrize(
    "line",
    ["Số:      /UBND-VX", "Số: ……/UBND-VX", "Số: ......./UBND-VX", "Số: ___/UBND-VX", "Số:\t/UBND-VX", "Số: /",
     "Số:", "Số: …", "Số: xx/UBND-VX", "Số: [số]/UBND-VX", "Số: {{so}}/[ký hiệu]", "Số: <số>/UBND-VX", "Số /UBND-VX",
     "SỐ: 05/UBND-VX", "  Số: 05/UBND-VX", "Số: 99/2025/QĐ-UBND", "Số: / UBND-VX",
     unicodedata.normalize("NFD", "Số: ../UBND-VX"), "Sô\u0301: ../UBND-VX", "Số:   /UBND - VX", "Số: /UBND – VX",
     "Số:  / UBND - VX", "Số: /QĐ -UBND", "Số: …… / … - ……", "Số:   UBND-VX", "Số: \\UBND-VX", "Số: ⁄UBND-VX",
     "Số: ?/UBND-VX", "Số: ***/UBND-VX", "Số: 12a/UBND-VX", "Số: ba/UBND-VX", "Số:\tba/UBND-VX"],
)
def test_every_way_of_leaving_a_place_for_the_number(line):
    found = filled(a_draft("UBND TỈNH", line, "..., ngày   tháng   năm 2026", "Kính gửi: A"))
    assert unicodedata.normalize("NFC", found[1]).strip().lower() == FILLED.lower()


@pytest.mark.parametrize(
    "line",
    ["Lào Cai, ngày     tháng     năm 2026", "Lào Cai, ngày ... tháng ... năm 20...", "......, ngày … tháng … năm …",
     "Hà Nội, ngày 31 tháng 12 năm 2025", "Lào Cai, ngày [ngày] tháng [tháng] năm [năm]", "ngày  tháng  năm",
     "Lào Cai, ngày xx tháng xx năm 202x", "Lào Cai,ngày tháng năm 2026 ",
     unicodedata.normalize("NFD", "Lào Cai, ngày   tháng   năm 2026")],
)
def test_every_way_of_leaving_a_place_for_the_date(line):
    assert filled(a_draft("Số: /X", line))[1].strip() == DATED


@pytest.mark.parametrize("line", ["Số liệu 3/4 năm", "Theo Số: 5/X", "Số lượng: 5", "số hóa"])
def test_what_only_looks_like_a_number_stays(line):
    assert filled(a_draft(line, "Số: /X", "A, ngày tháng năm"))[0] == line


@pytest.mark.parametrize(
    "line",
    ["Căn cứ Nghị quyết ngày 05 tháng 3 năm 2020 của", "Căn cứ Luật X, ngày 05 tháng 3 năm 2020;", "trong ngày"],
)
def test_what_only_looks_like_a_date_stays(line):
    assert filled(a_draft(line, "Số: /X", "A, ngày tháng năm"))[0] == line


@pytest.mark.parametrize("line", ["Số: /UBND-VX, HC", "Số: ba bốn/UBND-VX", "Số:\n/UBND-VX", "Số:\tba bốn/UBND"])
def test_art_9_1_b_a_number_is_never_written_beside_the_rest_of_another(line):
    with pytest.raises(PlaceMissing):
        filled(a_draft(line, "A, ngày tháng năm"))


@pytest.mark.parametrize("heading", ["Số/Ký hiệu", "Số / Ký hiệu", "Số 15/BC-STC ngày 01/11/2026 của Sở", "Số/KH"])
@pytest.mark.parametrize("head", ["Số: ……", "Số:    UBND-VX"])
def test_art_9_1_b_the_number_stands_in_the_head_and_not_in_a_table_of_the_body(head, heading):
    document = a_letter(number=head)
    document.add_table(1, 1).cell(0, 0).text = heading
    found = filled(saved(document))
    assert FILLED in found and heading in found


def test_number_and_date_on_one_line_with_a_tab_or_blanks_between():
    for gap in ("\t", " " * 12):
        found = filled(a_draft(f"Số: ……/UBND-VX{gap}Lào Cai, ngày … tháng … năm 2026"))
        assert found[0] == f"{FILLED}{gap}{DATED}"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 2, 9), "ngày 09 tháng 02 năm 2026"),
        (date(2026, 3, 9), "ngày 09 tháng 3 năm 2026"),
        (date(2026, 9, 10), "ngày 10 tháng 9 năm 2026"),
        (date(2026, 12, 31), "ngày 31 tháng 12 năm 2026"),
    ],
)
def test_nd_30_days_and_only_the_first_two_months_get_a_zero(day, words):
    assert f"Lào Cai, {words}" in filled(saved(a_letter()), date=day)


@pytest.mark.parametrize(("number", "shown"), [("1", "01"), ("09", "09"), ("10", "10"), ("1234", "1234")])
def test_nd_30_numbers_below_ten_get_a_zero(number, shown):
    assert f"Số: {shown}/UBND-VX" in filled(saved(a_letter()), number=number)


def test_the_registers_notation_wins_over_the_drafts():
    assert "Số: 05/QĐ-UBND" in filled(saved(a_letter("Số: …/TTr-STC")), notation="QĐ-UBND")


def test_without_a_place_the_drafts_own_stays():
    found = filled(saved(a_letter(day="Sa Pa, ngày   tháng   năm 2026")), place="")
    assert "Sa Pa, ngày 05 tháng 01 năm 2026" in found
    assert "ngày 05 tháng 01 năm 2026" in filled(saved(a_letter(day="ngày  tháng  năm")), place="")


def test_filling_again_gives_the_same_text_and_the_same_input_the_same_bytes():
    draft = saved(a_letter())
    once = fill_number(draft, **VALUES)
    assert fill_number(draft, **VALUES) == once
    assert text(fill_number(once, **VALUES)) == text(once)
    assert "Số: 06/UBND-VX" in filled(once, number="6")


def test_runs_split_anywhere_keep_their_format():
    document = a_letter()
    cell = document.tables[0].cell(1, 0).paragraphs[0]
    for run in list(cell.runs):
        run._r.getparent().remove(run._r)
    for piece, bold in (("S", False), ("ố", False), (": ", False), (" ", True), ("…", True), ("/", False),
                        ("UBND", False), ("-VX", True)):
        cell.add_run(piece).bold = bold
    day = document.tables[0].cell(1, 1).paragraphs[0]
    day.runs[0].italic = True
    after = docx.Document(io.BytesIO(fill_number(saved(document), **VALUES))).tables[0]
    assert after.cell(1, 0).text == FILLED
    assert [run.bold for run in after.cell(1, 0).paragraphs[0].runs if run.text] == [False]
    assert after.cell(1, 1).text == DATED
    assert [run.italic for run in after.cell(1, 1).paragraphs[0].runs if run.text] == [True]


TEXT_BOX = """<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
 xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:v="urn:schemas-microsoft-com:vml"
 xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">
 <w:r><mc:AlternateContent>
  <mc:Choice Requires="wps"><w:drawing><wps:txbx><w:txbxContent>BOX</w:txbxContent></wps:txbx></w:drawing></mc:Choice>
  <mc:Fallback><w:pict><v:textbox><w:txbxContent>BOX</w:txbxContent></v:textbox></w:pict></mc:Fallback>
 </mc:AlternateContent></w:r></w:p>"""


def test_a_text_box_is_filled_in_both_its_forms():
    box = "<w:p><w:r><w:t>Số: …/UBND-VX</w:t></w:r></w:p>"
    document = docx.Document()
    document.element.body.insert(0, parse_xml(TEXT_BOX.replace("BOX", box)))
    document.add_paragraph("Lào Cai, ngày … tháng … năm 2026")
    after = fill_number(saved(document), **VALUES)
    xml = docx.Document(io.BytesIO(after)).element.xml
    assert xml.count("05/UBND-VX") == 2 and "…/UBND" not in xml
    assert text(after).count("05/UBND-VX") == 1


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
BOUND = """<w:sdt><w:sdtPr>{marks}<w:dataBinding w:xpath="/so" w:storeItemID="{{0}}"/></w:sdtPr>
 <w:sdtContent>{inner}</w:sdtContent></w:sdt>"""


def test_art_9_1_b_content_controls_and_fields_do_not_write_over_number_and_date():
    """A control bound to data, an empty one with its grey words, a control around a line, a field of today's date."""
    grey = '<w:r><w:rPr><w:rStyle w:val="PlaceholderText"/></w:rPr><w:t>[số]</w:t></w:r>'
    field = ('<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DATE</w:instrText></w:r>'
             '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>26</w:t></w:r>'
             '<w:r><w:fldChar w:fldCharType="end"/></w:r>')
    number = (f'<w:p {W}><w:r><w:t xml:space="preserve">Số: </w:t></w:r>'
              f"{BOUND.format(marks='<w:showingPlcHdr/>', inner=grey)}<w:r><w:t>/UBND-VX</w:t></w:r></w:p>")
    day = (f'<w:p {W}><w:r><w:t xml:space="preserve">Lào Cai, ngày </w:t></w:r>{field}'
           '<w:r><w:t xml:space="preserve"> tháng </w:t></w:r><w:fldSimple w:instr="DATE"><w:r><w:t>11</w:t></w:r>'
           '</w:fldSimple><w:r><w:t xml:space="preserve"> năm 2026</w:t></w:r></w:p>')
    document = docx.Document()
    document.element.body.insert(0, parse_xml(BOUND.format(marks="", inner=day).replace("<w:sdt>", f"<w:sdt {W}>", 1)))
    document.element.body.insert(0, parse_xml(number))
    after = fill_number(saved(document), **VALUES)
    assert text(after).split("\n")[:2] == [FILLED, DATED]
    xml = docx.Document(io.BytesIO(after)).element.xml
    assert not any(mark in xml for mark in ("w:sdt", "dataBinding", "PlaceholderText", "fldSimple", "instrText"))


def test_art_9_1_b_a_draft_with_remarks_changes_or_hidden_text_is_not_completed():
    draft, found = saved(a_letter()), {}
    style = ('<w:style w:type="character" w:styleId="An"><w:name w:val="An"/><w:rPr><w:vanish/></w:rPr></w:style>'
             '<w:style w:type="character" w:styleId="AnHon"><w:name w:val="AnHon"/><w:basedOn w:val="An"/></w:style>')
    run = '<w:p><w:r><w:rPr><w:rStyle w:val="AnHon"/></w:rPr><w:t>ẩn</w:t></w:r></w:p>'
    for name, inside in (("comment", '<w:p><w:r><w:commentReference w:id="0"/></w:r></w:p>'), ("hidden", run),
                         ("change", '<w:p><w:ins w:id="1"><w:r><w:t>thêm</w:t></w:r></w:ins></w:p>')):
        found[name] = _with(draft, "document", "<w:sectPr", f"{inside}<w:sectPr")
    found["hidden by style"] = _with(found["hidden"], "styles", "</w:styles>", f"{style}</w:styles>")
    assert fill_number(found.pop("hidden"), **VALUES)  # no style of that name: everybody sees it
    for name, refusal in (("comment", HasComments), ("change", HasTrackedChanges), ("hidden by style", HasHiddenText)):
        with pytest.raises(refusal):
            fill_number(found[name], **VALUES)


def _field(code, shown):
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
    return f"{begin}{code}{separate}{shown}{end}"


def _code(words):
    return f"<w:r><w:instrText>{words}</w:instrText></w:r>"


def _words(words):
    return f"<w:r><w:t>{words}</w:t></w:r>"


@pytest.mark.parametrize("field", [
    _field(_code(' DATE \\@ "dd/MM/yyyy"'), _words("đã duyệt")),
    '<w:fldSimple w:instr=" TITLE "><w:fldData>AAAA</w:fldData><w:r><w:t>đã duyệt</w:t></w:r></w:fldSimple>',
    _field(_code(' IF 1 = 1 "') + _field(_code(" DATE "), _words("hôm nay")) + _code('" "khác"'), _words("đã duyệt")),
    _field(_code(" REF a "), _field(_code(" TIME "), _words("đã duyệt"))),
    _field(_code(" = 5400 * 2"), _words("đã ")) + _words("duyệt"),
    f'<w:r><w:fldChar w:fldCharType="begin"/></w:r>{_code("DATE")}{_words("đã duyệt")}',
])
@pytest.mark.parametrize("part", ["document", "header1"])
def test_art_8_3_a_field_shows_in_the_pdf_what_it_showed_to_who_approved(field, part):
    document = a_letter()
    body = document.element.body if part == "document" else document.sections[0].header._element
    body.insert(0, parse_xml(f"<w:p {W}>{field}</w:p>"))
    draft = saved(document)
    after = zipfile.ZipFile(io.BytesIO(fill_number(draft, **VALUES))).read(f"word/{part}.xml").decode()
    assert "fldChar" not in after and "instr" not in after and "hôm nay" not in after
    assert "".join(re.findall("<w:t>([^<]*)</w:t>", after)).startswith("đã duyệt")


@pytest.mark.parametrize("code", ["PAGE", " NUMPAGES \\* Arabic ", 'HYPERLINK "https://a.vn"', ' TOC \\o "1-3"'])
def test_art_9_1_b_pages_contents_and_links_go_on_living(code):
    draft = _with(saved(a_letter()), "document", "<w:sectPr", f"<w:p>{_field(_code(code), _words('3'))}</w:p><w:sectPr")
    after = zipfile.ZipFile(io.BytesIO(fill_number(draft, **VALUES))).read("word/document.xml").decode()
    assert after.count("<w:fldChar") == 3 and code.strip()[:4] in after


def _with(data, part, old, new):
    """The package with something put into a part."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(sink, "w") as target:
        for name in source.namelist():
            body = source.read(name)
            if name == f"word/{part}.xml":
                assert old.encode() in body
                body = body.replace(old.encode(), new.encode(), 1)
            target.writestr(name, body)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("lines", "what", "name"),
    [
        (("Kính gửi: A", "A, ngày tháng năm"), "number", "Số: …/…"),
        (("Số: /X", "Kính gửi: A"), "date", "…, ngày … tháng … năm …"),
    ],
)
def test_art_9_1_b_a_draft_without_a_place_is_refused_by_its_name(lines, what, name):
    with pytest.raises(PlaceMissing) as refused:
        fill_number(a_draft(*lines), **VALUES)
    assert refused.value.facts == {"what": what, "name": name}
    assert refused.value.article == "Art. 9.1.b"


LONG = "Sở Tài chính báo cáo Ủy ban nhân dân tỉnh về tình hình quản lý, sử dụng tài sản công trên địa bàn. " * 2


@pytest.mark.parametrize("begins", ["Kính gửi: Sở Nội vụ", "Điều 1. Phạm vi", LONG])
@pytest.mark.parametrize("said", ["Họp ngày 12 tháng 3 năm 2026", "Lào Cai, ngày ... tháng ... năm 2026"])
def test_art_9_1_b_a_date_in_the_text_is_never_written_over_when_the_head_has_none(begins, said):
    with pytest.raises(PlaceMissing) as refused:
        fill_number(a_draft("Số: /UBND-VX", begins, said), **VALUES)
    assert refused.value.facts["what"] == "date"
    right = filled(a_draft("Số: /UBND-VX", "Lào Cai, ngày    tháng    năm 2026", begins, said))
    assert right == [FILLED, DATED, *begins.split("\n"), said]


def test_art_9_1_b_a_long_subject_ends_no_head():
    draft = a_draft("Số: /UBND-VX", f"V/v {LONG}", "Lào Cai, ngày    tháng    năm 2026", "Kính gửi: A")
    assert filled(draft)[2] == DATED


def test_art_9_1_b_a_number_whose_notation_stands_in_the_next_cell_is_refused():
    document = docx.Document()
    table = document.add_table(2, 3)
    for at, words in enumerate(("Số:", "      /STC-NS", "Lào Cai, ngày   tháng   năm 2026")):
        table.cell(1, at).text = words
    document.add_paragraph("Kính gửi: Sở Nội vụ")
    with pytest.raises(PlaceMissing):
        require_places(saved(document))


def test_nd_30_pl_iii_a_public_letter_prints_a_number_only_where_it_has_a_place():
    letter = a_draft("Lào Cai, ngày    tháng    năm 2026", "THƯ CÔNG", "Thân gửi các đồng chí")
    require_places(letter, needs_number=False)
    assert filled(letter, needs_number=False) == [DATED, "THƯ CÔNG", "Thân gửi các đồng chí"]
    assert filled(saved(a_letter()), needs_number=False) == filled(saved(a_letter()))
    with pytest.raises(PlaceMissing):
        require_places(letter)


def test_the_result_is_a_sound_docx():
    result = fill_number(saved(a_letter()), **VALUES)
    assert media.sniff(result, "a.docx", refuse_changes=True).extension == "docx"


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"%PDF-", saved(docx.Document())[:500]])
def test_what_is_no_docx_is_refused(data):
    with pytest.raises(TruncatedFile):
        text(data)
