"""Fields that fetch something when a text is laid out, however they are written (security.md S7)."""

import docx
import pytest
from test_media import XLSX, a_docx, an_ooxml, element, part, repacked

from app.tools import office
from app.tools.media import sniff


@pytest.mark.parametrize("field", ['INCLUDEPICTURE "http://127.0.0.1/a.png"', ' ddeauto c:\\\\cmd "/c calc"'])
def test_a_field_that_fetches_is_refused(field):
    def change(document, paragraph):
        paragraph.add_run()._r.append(element("w:instrText", field))

    with pytest.raises(office.HasOutsideContent):
        sniff(a_docx(change), "a.docx")


BEGIN, SEPARATE, END = ("begin",), ("separate",), ("end",)


def field(paragraph, *pieces):
    """A run each: a mark of a field, (tag, text), or a piece of an instruction."""
    for piece in pieces:
        made = paragraph.add_run()._r
        if isinstance(piece, str):
            made.append(element("w:instrText", piece))
        elif len(piece) == 1:
            made.append(element("w:fldChar", fldCharType=piece[0]))
        else:
            made.append(element(*piece))


@pytest.mark.parametrize("pieces", [
    ("INCLUDE", 'TEXT "file:///etc/passwd"'),
    (BEGIN, " I", "n", "c", 'lude', 'Picture "http://a"', SEPARATE, ("w:t", "ảnh"), END),
    (BEGIN, ' IF 1=1 "', BEGIN, " INCLUDE", 'TEXT "file:///a"', SEPARATE, ("w:t", "x"), END, '" ""', END),
    (BEGIN, BEGIN, ' QUOTE "INCLUDE"', SEPARATE, ("w:t", "INCLUDE"), END, 'TEXT "file:///a"', SEPARATE, END),
    (BEGIN, " D", "DE", 'AUTO c:\\\\cmd', END),
    (BEGIN, ' "LI', 'NK" Excel.Sheet.12 a.xlsx', END),
    (BEGIN, "\n", " database \\d a.mdb", END),
    (BEGIN, "RD http://a/b.docx", END),
    (BEGIN, ("w:delInstrText", "INCLUDE"), ("w:delInstrText", 'TEXT "a"'), END),
    (BEGIN, "IMPORT a.png"),
], ids=range(10))
@pytest.mark.parametrize("place", ["body", "header"])
def test_s7_a_field_that_fetches_is_put_together_from_its_runs(pieces, place):
    def change(document, paragraph):
        field(paragraph if place == "body" else document.sections[0].footer.paragraphs[0], *pieces)

    with pytest.raises(office.HasOutsideContent):
        sniff(a_docx(change), "a.docx")


@pytest.mark.parametrize("name", ["word/comments.xml", "word/glossary/document.xml", "word/footnotes.xml"])
def test_s7_a_field_that_fetches_is_found_in_every_part(name):
    made = docx.Document()
    field(made.add_paragraph(), BEGIN, "INCLUDE", "TEXT a", END)
    with pytest.raises(office.HasOutsideContent):
        sniff(repacked(a_docx(), {name: made.element.xml.encode()}), "a.docx")


def test_s7_a_field_cut_by_a_change_or_by_the_other_branch_is_found():
    for between in ("<w:del><w:r><w:delInstrText>X</w:delInstrText></w:r></w:del>",
                    "<w:ins><w:r><w:instrText>X</w:instrText></w:r></w:ins>",
                    '<mc:AlternateContent xmlns:mc="m"><mc:Choice/><mc:Fallback><w:r><w:instrText>X</w:instrText></w:r>'
                    "</mc:Fallback></mc:AlternateContent>"):
        body = part(a_docx(), "word/document.xml").replace(
            "<w:sectPr", '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>INCL</w:instrText></w:r>'
            f'{between}<w:r><w:instrText>UDETEXT "a"</w:instrText></w:r></w:p><w:sectPr', 1)
        with pytest.raises(office.HasOutsideContent):
            sniff(repacked(a_docx(), {"word/document.xml": body}), "a.docx")


@pytest.mark.parametrize("pieces", [
    (' HYPERLINK \\l "link 1" ',),
    (BEGIN, " HYPER", 'LINK "https://a.vn/import/database"', SEPARATE, ("w:t", "LINK tải về"), END),
    (BEGIN, " TOC \\o ", SEPARATE, ("w:t", "Import dữ liệu, include"), BEGIN, " PAGEREF _Toc1", END, END),
    (BEGIN, " MERGEFIELD Database ", END),
    (BEGIN, ' HYPERLINK "https://a.vn/x/3f2adde1-0dde-11ee-be56-0242ac12dde2"', END),
])
def test_a_field_that_fetches_nothing_is_accepted(pieces):
    assert sniff(a_docx(lambda document, paragraph: field(paragraph, *pieces)), "a.docx")


def test_s7_a_sheet_that_asks_another_program_is_refused():
    with pytest.raises(office.HasOutsideContent):
        sniff(repacked(an_ooxml(XLSX), {"xl/externalLinks/externalLink1.xml": "<a/>"}), "a.xlsx")
