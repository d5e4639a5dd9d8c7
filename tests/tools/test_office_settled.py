"""Fields show on the page what a draft stores, to who approves it as to who gets it (Art. 8.3, 9.1.b)."""

import io

import docx as library
import pypdfium2 as pdfium
import pytest
from docx.oxml import parse_xml
from test_docx import VALUES, _code, _field, _words, a_letter, saved

from app.tools import docx, docx_layout, media
from app.tools.conversion import Converter
from app.tools.office import HasField

SPACES = ('xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
          'xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"')


def bare(code, data="", result=""):
    """A field that stores no result."""
    return (f'<w:r><w:fldChar w:fldCharType="begin">{data}</w:fldChar></w:r>{_code(code)}{result}'
            '<w:r><w:fldChar w:fldCharType="end"/></w:r>')


def choice(chosen, entries=("Đồng ý", "Không đồng ý")):
    listed = "".join(f'<w:listEntry w:val="{one}"/>' for one in entries)
    return f"<w:ffData><w:ddList>{chosen}{listed}</w:ddList></w:ffData>"


def box(said):
    return f"<w:ffData><w:checkBox>{said}</w:checkBox></w:ffData>"


SEPARATE = '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
BOUND = ("<w:sdt><w:sdtPr><w:{}dataBinding w:prefixMappings=\"xmlns:ns0='http://purl.org/dc/elements/1.1/' "
         "xmlns:ns1='http://schemas.openxmlformats.org/package/2006/metadata/core-properties'\" "
         'w:xpath="/ns1:coreProperties[1]/ns0:title[1]" w:storeItemID="{{6C3C8BC8-F283-45AE-878A-BAB7291924A1}}"/>'
         "<w:text/></w:sdtPr><w:sdtContent>" + _words("500 triệu") + "</w:sdtContent></w:sdt>")
SHOWN = [
    (bare("FORMDROPDOWN", choice('<w:result w:val="1"/>')), "Không đồng ý"),
    (bare("FORMDROPDOWN", choice("")), "Đồng ý"), (bare(" FORMDROPDOWN ", choice('<w:default w:val="1"/>')),
                                                   "Không đồng ý"),
    (bare("FORMDROPDOWN", choice('<w:result w:val="1"/>'), SEPARATE + _words("Đồng ý")), "Không đồng ý"),
    (bare("FORMCHECKBOX", box('<w:default w:val="1"/>')), "☒"), (bare("FORMCHECKBOX", box("<w:checked/>")), "☒"),
    (bare("FORMCHECKBOX", box('<w:default w:val="1"/><w:checked w:val="0"/>')), "☐"),
    (bare(" MACROBUTTON  NoMacro Sở Nội vụ "), "Sở Nội vụ"), (bare("GOTOBUTTON a trang sau"), "trang sau"),
    (_field(_code(" TITLE "), _words("500 triệu")), "500 triệu"), (BOUND.format(""), "500 triệu"),
]


def with_line(line, title="50 triệu"):
    document = a_letter()
    document.core_properties.title = title
    document.element.body.insert(2, parse_xml(f"<w:p {SPACES}>{_words('Sở ')}{line}{_words(' nhé')}</w:p>"))
    return saved(document)


@pytest.mark.parametrize(("line", "words"), SHOWN)
def test_art_8_3_what_a_field_shows_is_read_checked_and_signed(line, words):
    draft, told = with_line(line), f"Sở {words} nhé"
    assert media.sniff(draft, "a.docx", refuse_changes=True)
    assert told in docx.text(draft).split("\n") and told in docx.shown(draft)[0]
    assert told in [one.text for one in docx_layout.read(draft).lines]
    filled = docx.fill_number(draft, **VALUES)
    stored = library.Document(io.BytesIO(filled)).element
    assert told in "".join(one.text for one in stored.iter("{*}t")) and next(stored.iter("{*}instrText"), None) is None
    assert docx.settled(docx.settled(draft)) == docx.settled(draft), "once is for good"


def test_art_8_3_the_page_of_a_draft_says_what_its_words_say():
    """Of LibreOffice itself, all fields on one page."""
    document = a_letter()
    document.core_properties.title = "50 triệu"
    for line, _said in SHOWN:
        document.element.body.insert(2, parse_xml(f"<w:p {SPACES}>{line}</w:p>"))
    draft, converter = saved(document), Converter(seconds=60)
    try:
        pages = [pdfium.PdfDocument(converter.to_pdf(one, "a.docx"))[0].get_textpage().get_text_range().splitlines()
                 for one in (docx.settled(draft), docx.fill_number(draft, **VALUES))]
    finally:
        converter.close()
    for page in pages:
        assert [one.strip() for one in page if one.strip() in {words for _line, words in SHOWN}] == [
            words for _line, words in reversed(SHOWN)]


@pytest.mark.parametrize(("line", "name"), [
    (bare(" AUTONUM "), "AUTONUM"), (bare("autonumlgl \\* arabic"), "AUTONUMLGL"), (bare("LISTNUM"), "LISTNUM"),
    (bare(' QUOTE "mười triệu" '), "QUOTE"), (bare("FORMTEXT"), "FORMTEXT"), (bare("SYMBOL 254"), "SYMBOL"),
    ('<w:fldSimple w:instr=" TITLE "/>', "TITLE"), ("<w:r><w:dayLong/></w:r>", "DAYLONG"),
    (bare("MACROBUTTON a Sở ", "", _field(_code("DATE"), _words("x"))), "MACROBUTTON")])
def test_art_8_3_a_field_that_stores_no_words_is_refused_by_its_name(line, name):
    for refuse in (lambda data: media.sniff(data, "a.docx", refuse_changes=True),
                   lambda data: docx.fill_number(data, **VALUES)):
        with pytest.raises(HasField) as refused:
            refuse(with_line(line))
        assert refused.value.facts == {"field": name}
    assert media.sniff(with_line(line), "a.docx")


@pytest.mark.parametrize("line", [
    bare(' XE "mục" '), bare(" SET a 5 "), bare("PAGE"), '<w:fldSimple w:instr="PAGE"/>', _field(_code("TITLE"), ""),
    _field(_code(" IF 1=1 ") + bare("AUTONUM"), _words("x"))])
def test_art_8_3_a_field_that_shows_nothing_or_the_page_is_taken(line):
    assert media.sniff(with_line(line), "a.docx", refuse_changes=True)


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"%PDF-", saved(library.Document())[:500]])
def test_s7_what_is_no_package_is_refused_before_it_is_settled(data):
    with pytest.raises(docx.TruncatedFile):
        docx.settled(data)
    assert docx.as_saved(data, "a.pdf") == data
