"""Words of a draft that its page does not show (Art. 8.3: what is approved is what could be read)."""
import io
import zipfile

import pypdfium2 as pdfium
import pytest
from docx.oxml import parse_xml
from test_media import a_docx, an_odt

from app.tools import docx, office
from app.tools.conversion import Converter
from app.tools.media import sniff

WHITE, SHADE = '<w:color w:val="FFFFFF"/>', '<w:shd w:val="clear" w:fill="1F4E79"/>'
FAR = ('<wp:anchor xmlns:wp="x"><wp:posOffset>20000000</wp:posOffset><w:txbxContent><w:p><w:r><w:t>xa</w:t></w:r></w:p>'
       '</w:txbxContent></wp:anchor>')


def a_run(said="", text="không ai thấy", paragraph=""):
    return f"<w:p><w:pPr>{paragraph}</w:pPr><w:r><w:rPr>{said}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


W14 = '<w14:textFill xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml">{}</w14:textFill>'


def w14_fill(colour, more=""):
    return f'<w14:solidFill><w14:srgbClr w14:val="{colour}">{more}</w14:srgbClr></w14:solidFill>'


def drawn_box(fill, said):
    return ('<w:p><w:r><wps:wsp xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
            f'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><wps:spPr><a:solidFill><a:{fill}/>'
            f"</a:solidFill></wps:spPr><w:txbxContent>{a_run(said)}</w:txbxContent></wps:wsp></w:r></w:p>")


def old_box(fill, said):
    return (f'<w:p><w:r><v:rect xmlns:v="urn:schemas-microsoft-com:vml" {fill}><w:txbxContent>{a_run(said)}'
            "</w:txbxContent></v:rect></w:r></w:p>")


def with_body(inside):
    def change(document, paragraph):
        document.element.body.insert(0, parse_xml(f'<w:sdtContent xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">{inside}</w:sdtContent>'))
    return a_docx(change)


@pytest.mark.parametrize("inside", [
    a_run("<w:webHidden/>"), a_run(WHITE), a_run('<w:color w:val="FEFEFA"/>'), a_run('<w:sz w:val="1"/>'),
    a_run('<w:color w:themeColor="background1"/>'), a_run('<w:w w:val="1"/>'), a_run('<w:position w:val="-3000"/>'),
    a_run(paragraph='<w:framePr w:x="30000" w:hAnchor="page"/>'), f"<w:r>{FAR}</w:r>",
    a_run(WHITE + '<w:shd w:fill="FFFFFF"/>'), a_run("<w:vanish/>"), a_run('<w:specVanish w:val="1"/>'),
    f'<w:tbl><w:tr><w:trPr><w:trHeight w:val="1" w:hRule="exact"/></w:trPr><w:tc>{a_run()}</w:tc></w:tr></w:tbl>',
    a_run(paragraph='<w:spacing w:line="20" w:lineRule="exact"/>'), a_run(paragraph='<w:ind w:left="-9000"/>'),
    a_run(paragraph='<w:ind w:right="-9000"/>'), a_run(paragraph='<w:ind w:left="900" w:hanging="9000"/>'),
    a_run(paragraph='<w:ind w:left="15000"/>'), a_run(WHITE + '<w:highlight w:val="none"/>'),
    a_run(WHITE + '<w:highlight w:val="white"/>'), a_run('<w:color w:val="000000"/><w:highlight w:val="black"/>'),
    a_run('<w:color w:val="1F4E79"/>' + SHADE), a_run('<w:color w:val="F8F800"/><w:highlight w:val="yellow"/>'),
    a_run('<w:spacing w:val="-300"/>'), a_run('<w:sz w:val="28"/><w:spacing w:val="-80"/>'),
    a_run('<w:spacing w:val="30000"/>'), a_run(W14.format('<w14:noFill/>')), a_run(W14.format(w14_fill("FFFFFF"))),
    a_run(W14.format(w14_fill("000000", '<w14:alpha w14:val="100000"/>'))), drawn_box('srgbClr val="FFFFFF"', WHITE),
    drawn_box('schemeClr val="bg1"', WHITE), old_box('fillcolor="white"', WHITE), old_box("", WHITE),
    old_box('fillcolor="white [3212]"', WHITE), old_box('fillcolor="#1f4e79" filled="f"', WHITE),
    f"<w:tbl><w:tr><w:tc><w:tcPr>{SHADE}</w:tcPr><w:tbl><w:tr><w:tc><w:tcPr><w:shd w:fill=\"FFFFFF\"/></w:tcPr>"
    f"{a_run(WHITE)}</w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>"])
def test_art_8_3_words_that_nobody_sees_are_refused_where_asked(inside):
    with pytest.raises(office.HasHiddenText):
        sniff(with_body(inside), "a.docx", refuse_changes=True)


@pytest.mark.parametrize("inside", [
    a_run(WHITE, " "), a_run(WHITE + SHADE), a_run(WHITE, paragraph=SHADE), a_run('<w:sz w:val="1"/>', ""),
    f"<w:tbl><w:tr><w:tc><w:tcPr>{SHADE}</w:tcPr>{a_run(WHITE)}</w:tc></w:tr></w:tbl>",
    a_run('<w:vanish w:val="0"/>'), a_run('<w:color w:val="auto"/><w:sz w:val="16"/>'), a_run(WHITE + "<w:highlight/>"),
    a_run('<w:color w:themeColor="background1" w:themeShade="80"/>'),
    f'<w:tbl><w:tr><w:trPr><w:trHeight w:val="1"/></w:trPr><w:tc>{a_run()}</w:tc></w:tr></w:tbl>',
    f'<w:tbl><w:tr><w:trPr><w:trHeight w:val="340" w:hRule="exact"/></w:trPr><w:tc>{a_run()}</w:tc></w:tr></w:tbl>',
    a_run(paragraph='<w:ind w:left="-108" w:right="-108"/><w:spacing w:line="360" w:lineRule="exact"/>'),
    a_run(paragraph='<w:ind w:left="5040" w:firstLine="720"/>'), a_run('<w:sz w:val="28"/><w:spacing w:val="-20"/>'),
    a_run('<w:highlight w:val="black"/>'), a_run('<w:color w:val="auto"/><w:highlight w:val="black"/>'),
    a_run(WHITE + '<w:highlight w:val="black"/>'), a_run('<w:color w:val="000000"/><w:highlight w:val="yellow"/>'),
    a_run('<w:color w:val="FF0000"/><w:highlight w:val="yellow"/>'), a_run('<w:spacing w:val="60"/>'),
    a_run(WHITE + '<w:shd w:val="solid" w:color="1F4E79" w:fill="FFFFFF"/>'), a_run(W14.format(w14_fill("C00000"))),
    a_run(WHITE + '<w:highlight w:val="none"/>', paragraph=SHADE), drawn_box('srgbClr val="1F4E79"', WHITE),
    drawn_box('schemeClr val="accent1"', WHITE), old_box('fillcolor="#1f4e79"', WHITE),
    old_box('fillcolor="navy"', WHITE),
    old_box('fillcolor="white"', '<w:color w:val="000000"/>')])
def test_art_8_3_words_that_are_read_are_taken(inside):
    assert sniff(with_body(inside), "a.docx", refuse_changes=True)


@pytest.mark.parametrize("name, said", [
    ("Normal", {"vanish": "true"}), ("Table Grid", {"vanish": "true"}), ("Normal", {"color": "FFFFFF"})])
def test_art_8_3_words_that_a_style_hides_without_being_named_are_refused(name, said):
    """The usual style of paragraphs, and a table's."""
    def change(document, paragraph):
        table = document.add_table(1, 1, "Table Grid")
        table.cell(0, 0).text = "không ai thấy"
        style = document.styles[name].element
        for tag, value in said.items():
            style.get_or_add_rPr().append(parse_xml(
                f'<w:{tag} xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" w:val="{value}"/>'))
    with pytest.raises(office.HasHiddenText):
        sniff(a_docx(change), "a.docx", refuse_changes=True)


@pytest.mark.parametrize("inside, is_hidden", [
    ('<style:text-properties text:display="none"/>', True), ('<text:section text:display="none"/>', True),
    ('<text:section text:display="condition" text:condition="1==1"/>', True), ("<text:hidden-text/>", True),
    ('<style:text-properties fo:color="#ffffff"/>', True), ('<style:text-properties fo:font-size="1pt"/>', True),
    ('<style:text-properties style:text-scale="1%"/>', True), ('<style:x style:row-height="0.01cm"/>', True),
    ('<style:x fo:line-height="1pt"/>', True), ('<style:text-properties text:display="true"/>', False),
    ('<style:text-properties fo:color="#000000" fo:font-size="14pt"/><style:x fo:line-height="115%"/>', False),
    ('<text:chapter text:display="name"/>', False), ('<style:x style:row-height="0.6cm"/>', False)])
def test_art_8_3_an_odt_that_hides_words_is_refused_where_asked(inside, is_hidden):
    names = " ".join(f"xmlns:{short}='urn:oasis:names:tc:opendocument:xmlns:{name}:1.0'" for short, name in (
        ("office", "office"), ("text", "text"), ("style", "style"), ("fo", "xsl-fo-compatible")))
    made = an_odt(f"<office:document-content {names}>{inside}</office:document-content>")
    if is_hidden:
        with pytest.raises(office.HasHiddenText):
            sniff(made, "a.odt", refuse_changes=True)
    assert sniff(made, "a.odt", refuse_changes=not is_hidden)


@pytest.mark.parametrize("is_based", [False, True])
def test_art_8_3_white_words_of_an_odt_are_read_on_a_ground_of_their_own_alone(is_based):
    """A dark cell elsewhere in the file is no ground for what stands on the paper."""
    def made(*lines):
        names = " ".join(f"xmlns:{short}='urn:oasis:names:tc:opendocument:xmlns:{name}:1.0'" for short, name in (
            ("office", "office"), ("text", "text"), ("style", "style"), ("fo", "xsl-fo-compatible"),
            ("table", "table")))
        white = "<style:style style:name='White'><style:text-properties fo:color='#ffffff'/></style:style>"
        other = "<style:style style:name='Other' style:parent-style-name='White'/>"
        cell = "<style:style style:name='Cell'><style:x fo:background-color='#1f4e79'/></style:style>"
        inside = f"{white}{other}{cell}{''.join(lines)}"
        return an_odt(f"<office:document-content {names}>{inside}</office:document-content>")

    line = f"<text:p text:style-name='{'Other' if is_based else 'White'}'>trắng</text:p>"
    in_cell = f"<table:table-cell table:style-name='Cell'>{line}</table:table-cell>"
    assert sniff(made(in_cell), "a.odt", refuse_changes=True) and sniff(made(), "a.odt", refuse_changes=True)
    with pytest.raises(office.HasHiddenText):
        sniff(made(in_cell, line), "a.odt", refuse_changes=True)


def renamed(data, old, new):
    """The package with a part under another name, and all that says its name."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = source.read(name)
            if name.endswith(".rels") or name == "[Content_Types].xml":
                part = part.replace(f"{old}\"".encode(), f"{new}\"".encode())
            target.writestr(f"word/{new}" if name == f"word/{old}" else name, part)
    return sink.getvalue()


@pytest.mark.parametrize("name", ["kieu.xml", "styles2.xml", "kieu.dat"])
def test_art_8_3_the_styles_of_a_document_are_those_that_it_names(name):
    def change(document, paragraph):
        style = document.styles["Normal"].element.get_or_add_rPr()
        style.append(parse_xml('<w:vanish xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>'))
        paragraph.add_run("không ai thấy")
    with pytest.raises(office.HasHiddenText):
        sniff(renamed(a_docx(change), "styles.xml", name), "a.docx", refuse_changes=True)


@pytest.mark.parametrize("name", ["dautrang.xml", "dautrang.dat", "media/dau.png"])
def test_art_8_3_a_header_of_any_name_holds_no_tracked_change(name):
    def change(document, paragraph):
        document.sections[0].header.paragraphs[0]._p.append(parse_xml(
            '<w:ins xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:r><w:t>x</w:t></w:r></w:ins>'))
    data = a_docx(change)
    old = next(one for one in zipfile.ZipFile(io.BytesIO(data)).namelist() if "header" in one).split("/")[1]
    with pytest.raises(office.HasTrackedChanges):
        sniff(renamed(data, old, name), "a.docx", refuse_changes=True)


def test_art_9_1_b_fields_of_an_odt_show_what_was_approved():
    """A date of today is made its words; the number of a page lives on."""
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    made = an_odt(f"<office:document-content xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' "
                  f"xmlns:text='{text}'><text:p><text:date text:date-value='2020-01-01'>01/01/2020</text:date>"
                  "<text:page-number>1</text:page-number></text:p></office:document-content>")
    part = office.Package(docx.settled(made)).part("content.xml").decode()
    assert "text:date" not in part and "01/01/2020" in part and "<text:page-number>" in part


#: what a cell of a table in a text is reckoned from
FORMULAS = ("ooow:&lt;B1&gt;", "ooow:rand", "ooow:now()+today()")


@pytest.mark.parametrize("formula", FORMULAS)
def test_art_9_1_b_a_reckoned_cell_of_an_odt_shows_what_was_approved(formula):
    """LibreOffice reckons such a cell anew, or writes that the expression is faulty, on the way to the page."""
    names = " ".join(f"xmlns:{name}='urn:oasis:names:tc:opendocument:xmlns:{name}:1.0'" for name in (
        "office", "text", "table"))
    made = an_odt(
        f"<office:document-content {names} office:version='1.2'><office:body><office:text><table:table "
        "table:name='Bảng'><table:table-column/><table:table-row><table:table-cell office:value-type='float' "
        f"office:value='777' table:formula='{formula}'><text:p>777</text:p></table:table-cell></table:table-row>"
        "</table:table></office:text></office:body></office:document-content>", {"META-INF/manifest.xml": MANIFEST})
    converter = Converter(seconds=60)
    try:
        page = pdfium.PdfDocument(converter.to_pdf(docx.settled(made), "phu luc.odt"))[0]
    finally:
        converter.close()
    assert page.get_textpage().get_text_bounded().strip() == "777"


MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
SHEET = "<o:b xmlns:o='o'><o:body><o:spreadsheet/></o:body></o:b>"
CHART = "<o:b xmlns:o='o'><o:body><o:chart/></o:body></o:b>"
ODF = "<o:b xmlns:o='o' xmlns:d='urn:oasis:names:tc:opendocument:xmlns:drawing:1.0' xmlns:x='http://www.w3.org/1999/xlink'>"


@pytest.mark.parametrize(("inside", "refusal"), [
    (f'<w:p><m:oMathPara xmlns:m="{MATH}"><m:oMath><m:r><m:t>x=5</m:t></m:r></m:oMath></m:oMathPara></w:p>',
     office.HasFormula),
    ('<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> E</w:instrText></w:r><w:r><w:instrText>'
     'Q \\f(1,2)</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>', office.HasFormula),
    ('<w:p><w:r><w:object><o:OLEObject xmlns:o="urn:schemas-microsoft-com:office:office" ProgID="Excel.Sheet.12"/>'
     "</w:object></w:r></w:p>", office.HasObject),
    ("<w:p><w:r><w:control/></w:r></w:p>", office.HasObject),
    ('<w:p><w:r><w:drawing><x:chart xmlns:x="http://schemas.microsoft.com/office/drawing/2014/chartex"/></w:drawing>'
     "</w:r></w:p>", office.HasObject),
    ('<w:p><w:r><w:drawing><x:relIds xmlns:x="http://schemas.openxmlformats.org/drawingml/2006/diagram"/></w:drawing>'
     "</w:r></w:p>", office.HasObject)])
def test_art_9_1_b_what_writer_leaves_off_the_page_is_refused_where_asked(inside, refusal):
    with pytest.raises(refusal):
        sniff(with_body(inside), "a.docx", refuse_changes=True)
    assert sniff(with_body(inside), "a.docx")


def test_art_9_1_b_an_empty_formula_and_a_chart_are_taken():
    assert sniff(with_body(f'<w:p><m:oMath xmlns:m="{MATH}"><m:r><m:t> </m:t></m:r></m:oMath></w:p>'), "a.docx",
                 refuse_changes=True)
    assert sniff(with_body('<w:p><w:r><w:drawing><c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/'
                           'chart"/></w:drawing></w:r></w:p>'), "a.docx", refuse_changes=True)


@pytest.mark.parametrize(("inside", "content", "refusal"), [
    ("<d:object x:href='./Object 1'/>", SHEET, office.HasObject), ("<d:object x:href='./Object 1'/>", None,
                                                                   office.HasObject),
    ("<d:object-ole x:href='./Object 1'/>", None, office.HasObject), ("<d:plugin/>", None, office.HasObject),
    ("<d:object x:href='./Object 1'/>", "<math xmlns='http://www.w3.org/1998/Math/MathML'/>", office.HasFormula),
    ("<d:object><math xmlns='http://www.w3.org/1998/Math/MathML'/></d:object>", None, office.HasFormula),
    ("<d:object x:href='./Object 1'/>", CHART, None)])
def test_art_9_1_b_an_object_of_an_odt_that_prints_by_its_name_is_refused_and_a_chart_is_drawn(
        inside, content, refusal):
    made = an_odt(f"{ODF}{inside}</o:b>", {"Object 1/content.xml": content} if content else None)
    if refusal is None:
        assert sniff(made, "a.odt", refuse_changes=True)
        return
    with pytest.raises(refusal):
        sniff(made, "a.odt", refuse_changes=True)


_KIND = "manifest:media-type"
MANIFEST = ("<manifest:manifest xmlns:manifest='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'>"
            f"<manifest:file-entry manifest:full-path='/' {_KIND}='application/vnd.oasis.opendocument.text'/>"
            f"<manifest:file-entry manifest:full-path='content.xml' {_KIND}='text/xml'/></manifest:manifest>")
