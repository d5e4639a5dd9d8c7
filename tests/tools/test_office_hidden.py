"""Words of a draft that its page does not show (Art. 8.3: what is approved is what could be read)."""

import pytest
from docx.oxml import parse_xml
from test_media import a_docx

from app.tools import office
from app.tools.media import sniff

WHITE, SHADE = '<w:color w:val="FFFFFF"/>', '<w:shd w:val="clear" w:fill="1F4E79"/>'
FAR = ('<wp:anchor xmlns:wp="x"><wp:posOffset>20000000</wp:posOffset><w:txbxContent><w:p><w:r><w:t>xa</w:t></w:r></w:p>'
       '</w:txbxContent></wp:anchor>')


def a_run(said="", text="không ai thấy", paragraph=""):
    return f"<w:p><w:pPr>{paragraph}</w:pPr><w:r><w:rPr>{said}</w:rPr><w:t>{text}</w:t></w:r></w:p>"


def with_body(inside):
    def change(document, paragraph):
        document.element.body.insert(0, parse_xml(f'<w:sdtContent xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">{inside}</w:sdtContent>'))
    return a_docx(change)


@pytest.mark.parametrize("inside", [
    a_run("<w:webHidden/>"), a_run(WHITE), a_run('<w:color w:val="FEFEFA"/>'), a_run('<w:sz w:val="1"/>'),
    a_run('<w:color w:themeColor="background1"/>'), a_run('<w:w w:val="1"/>'), a_run('<w:position w:val="-3000"/>'),
    a_run(paragraph='<w:framePr w:x="30000" w:hAnchor="page"/>'), f"<w:r>{FAR}</w:r>",
    a_run(WHITE + '<w:shd w:fill="FFFFFF"/>'), a_run("<w:vanish/>"), a_run('<w:specVanish w:val="1"/>')])
def test_art_8_3_words_that_nobody_sees_are_refused_where_asked(inside):
    with pytest.raises(office.HasHiddenText):
        sniff(with_body(inside), "a.docx", refuse_changes=True)


@pytest.mark.parametrize("inside", [
    a_run(WHITE, " "), a_run(WHITE + SHADE), a_run(WHITE, paragraph=SHADE), a_run('<w:sz w:val="1"/>', ""),
    f"<w:tbl><w:tr><w:tc><w:tcPr>{SHADE}</w:tcPr>{a_run(WHITE)}</w:tc></w:tr></w:tbl>",
    a_run('<w:vanish w:val="0"/>'), a_run('<w:color w:val="auto"/><w:sz w:val="16"/>'), a_run(WHITE + "<w:highlight/>"),
    a_run('<w:color w:themeColor="background1" w:themeShade="80"/>')])
def test_art_8_3_words_that_are_read_are_taken(inside):
    assert sniff(with_body(inside), "a.docx", refuse_changes=True)
