"""Right drafts of each kind, their blanks filled, and small changes in them, for the tests of form (Art. 3.1.đ)."""

import copy
import io
import re
import zipfile
from collections.abc import Callable
from functools import cache

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.opc.constants import CONTENT_TYPE as CT
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.packuri import PackURI
from docx.opc.part import XmlPart
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from app.regulation import layout
from app.regulation.drafting.skeleton import SKELETONS
from app.tools import docx_letter

#: with what a regulation goes
REFERS = "(Ban hành kèm theo Quyết định số      /QĐ-STC ngày     tháng     năm 2026 của Giám đốc Sở Tài chính)"


def right(kind: str = "Công văn", **other: object) -> bytes:
    """A draft of a kind in which nothing is wrong."""
    return _right(kind) if not other else _made(kind, **other)


@cache
def _right(kind: str) -> bytes:
    return _made(kind)


def _made(kind: str, **other: object) -> bytes:
    skeleton = SKELETONS[kind]
    body = skeleton.body("Sở Tài chính", "Giám đốc Sở Tài chính")
    made = docx_letter.write(docx_letter.Letter(**{
        "organ_name": "Sở Tài chính", "parent_name": "UBND tỉnh Lào Cai", "place": "Lào Cai",
        "notation": layout.notation(kind, "STC", "QLNS"), "type_name": "" if kind == "Công văn" else kind,
        "subject": f"{'b' if kind == 'Công văn' else 'B'}áo cáo tình hình giải ngân vốn đầu tư công",
        "body": [(style, re.sub("…+", "nội dung đã nêu", words)) for style, words in body],
        "position": skeleton.position or "Phó Giám đốc",
        "signer_name": "Đinh Xuân Trường", "authority": "" if skeleton.position else "KT. GIÁM ĐỐC",
        "addressees": ["Sở Nội vụ", "Sở Xây dựng"] if skeleton.is_addressed else [], "recipients": [skeleton.first],
        "unit": "QLNS", "has_secretary": skeleton.has_secretary, **other}))
    named = skeleton.has_secretary and "body" not in other
    return changed(made, lambda d: setattr(paragraph(d, "(Họ và tên)").runs[0], "text", "Lê Thu Hà")) if named else made


def changed(data: bytes, change: Callable[[Document], object]) -> bytes:
    """The same draft after somebody has worked at it."""
    document, out = docx.Document(io.BytesIO(data)), io.BytesIO()
    change(document)
    document.save(out)
    return out.getvalue()


def paragraph(document: Document, start: str):
    """The first paragraph, of tables too, that begins so."""
    cells = [cell for table in document.tables for row in table.rows for cell in row.cells]
    every = [one for cell in cells for one in cell.paragraphs] + document.paragraphs
    return next(one for one in every if one.text.startswith(start))


def with_note(words: str) -> bytes:
    """The letter with a footnote of these words, as Word keeps it."""
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    content = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(right())) as old, zipfile.ZipFile(sink, "w") as made:
        for name in old.namelist():
            part = old.read(name)
            part = {"[Content_Types].xml": part.replace(
                b"</Types>", f'<Override PartName="/word/footnotes.xml" ContentType="{content}"/></Types>'.encode()),
                "word/_rels/document.xml.rels": part.replace(
                    b"</Relationships>", f'<Relationship Id="rIdF" Type="{kind}" Target="footnotes.xml"/>'
                                         "</Relationships>".encode())}.get(name, part)
            made.writestr(name, part)
        made.writestr("word/footnotes.xml", f'<w:footnotes xmlns:w="{space}"><w:footnote w:id="2"><w:p><w:r><w:t>'
                                            f"{words}</w:t></w:r></w:p></w:footnote></w:footnotes>")
    return sink.getvalue()


def attached(*lines: tuple[str, str]) -> Callable[[Document], None]:
    """More behind the tail, its pages counted from 1; styles: those of a Letter's body, and "name", "refers"."""
    def change(document: Document) -> None:
        document.add_section()
        counted(-1, start="1")(document)
        for style, words in lines:
            one = document.add_paragraph()
            if style == "refers":
                docx_letter._put(one, words, 14, italic=True)
            else:
                docx_letter._STYLES["title" if style == "name" else style](one, words)
    return change


def packed(data: bytes, **parts: bytes | None) -> bytes:
    """The package with other parts: name with __ for / and no ending -> bytes; None takes it out."""
    source, sink = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    named = {f"{name.replace('__', '/')}.xml": content for name, content in parts.items()}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if named.get(name, b"") is not None:
                target.writestr(name, named.pop(name, None) or source.read(name))
        for name, content in named.items():
            if content is not None:
                target.writestr(name, content)
    return sink.getvalue()


def text(start, words):
    """The first paragraph that begins with `start` says something else, in the same look."""
    def change(document):
        run, *rest = paragraph(document, start).runs
        lead = run.text if rest and words.startswith(run.text) else words  # "Điều 1. " is bold, its words are not
        run.text = lead
        for one in rest:
            one.text, lead = words[len(lead):], words
    return change


def look(start, **values):
    """Its letters look otherwise."""
    def change(document):
        for run in paragraph(document, start).runs:
            for name, value in values.items():
                setattr(run.font, name, value)
    return change


def form(start, **values):
    """The paragraph is set otherwise."""
    def change(document):
        for name, value in values.items():
            setattr(paragraph(document, start).paragraph_format, name, value)
    return change


def gone(*starts):
    """They are not there."""
    def change(document):
        for start in starts:
            line = paragraph(document, start)._p
            line.getparent().remove(line)
    return change


def page(**values):
    """The first section is set otherwise."""
    def change(document):
        for name, value in values.items():
            setattr(document.sections[0], name, value)
    return change


def under(start, places=1):
    """The drawn line under it is not there."""
    def change(document):
        line = paragraph(document, start)._p
        for _ in range(places):
            line = line.getnext()
        line.getparent().remove(line)
    return change


def added(words, **values):
    """One more paragraph in the body, set as the first of the body is but for the values."""
    def change(document):
        model = next(p for p in document.paragraphs if p.alignment == ALIGN.JUSTIFY)
        fresh = model.insert_paragraph_before()
        run = fresh.add_run(words)
        run.font.name, run.font.size = "Times New Roman", Pt(14)
        fresh.alignment, fresh.paragraph_format.space_before = ALIGN.JUSTIFY, Pt(6)
        fresh.paragraph_format.first_line_indent = Mm(12.7)
        for name, value in values.items():
            setattr(run.font, name, value)
    return change


def footer(document):
    """The number stands below."""
    section = document.sections[0]
    source = section.header.paragraphs[0]
    section.footer.is_linked_to_previous = False
    section.footer.paragraphs[0]._p.getparent().replace(section.footer.paragraphs[0]._p, source._p)


def counted(section=0, **values):
    """The pages of a section are counted otherwise: fmt, start; nothing: they go on."""
    def change(document):
        properties = document.sections[section]._sectPr
        for element in properties.findall(qn("w:pgNumType")):
            properties.remove(element)
        element = docx.oxml.OxmlElement("w:pgNumType")
        for name, value in values.items():
            element.set(qn(f"w:{name}"), value)
        properties.append(element)
    return change


def empty(start, count):
    """As many empty paragraphs before the one that begins so."""
    def change(document):
        for _ in range(count):
            paragraph(document, start)._p.addprevious(docx.oxml.OxmlElement("w:p"))
    return change


def one_section(document):
    """All pages are of the first section."""
    first, *_others, last = document.element.body.iter(qn("w:sectPr"))
    last.getparent().replace(last, first)


def cut_off(run, words):
    """A run of the same look that says something else."""
    fresh = copy.deepcopy(run._r)
    fresh.find(qn("w:t")).text = words
    fresh.find(qn("w:t")).set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return fresh


def unsigned(left):
    """So many of the empty paragraphs between the position and the name are left."""
    def change(document):
        name = paragraph(document, "Đinh Xuân")._p
        blank = [one for one in name.getparent() if one.tag == qn("w:p") and not "".join(one.itertext()).strip()]
        for one in blank[left:]:
            one.getparent().remove(one)
    return change


def number_look(**values):
    """The letters of the page number look otherwise."""
    def change(document):
        for run in document.sections[0].header.paragraphs[0].runs:
            for name, value in values.items():
                setattr(run.font, name, value)
    return change


def asked(words):
    """The field of the page number asks otherwise."""
    return lambda d: setattr(next(d.sections[0].header._element.iter(qn("w:instrText"))), "text", words)


def even(document):
    """Even pages have a header of their own, with nothing in it."""
    document.settings.odd_and_even_pages_header_footer = True
    document.sections[0].even_page_header.is_linked_to_previous = False


def close(document):
    """Paragraphs of the body have no gap beside those of their style."""
    for one in document.paragraphs:
        one._p.get_or_add_pPr().append(docx.oxml.OxmlElement("w:contextualSpacing"))


def lines(*marks, **other):
    """More paragraphs at the beginning of the body, one for each."""
    return lambda d: [added(words, **other)(d) for words in reversed(marks)]


def titled(*made, near=False):
    """Titles in the body: (words, whether they are bold, in the middle); `near`: what it is about right beneath."""
    def change(document):
        for words, is_bold, align in made:
            added(words, bold=is_bold)(document)
            paragraph(document, words).alignment = align
            paragraph(document, words).paragraph_format.first_line_indent = Mm(0)
            if near and words.isupper():
                paragraph(document, words).paragraph_format.space_before = Pt(0)
    return change


def to_somebody(document):
    """A document of a named kind says under its subject to whom it goes."""
    line = next(p for p in document.paragraphs if p.text.startswith("Báo cáo tình hình"))._p.getnext()
    fresh = docx.text.paragraph.Paragraph(line, None).insert_paragraph_before()
    line.addnext(fresh._p)
    docx_letter._put(fresh, "Kính gửi: Sở Nội vụ", 14, before=6)


def urgent(words, **values):
    """A mark under the subject of a letter: how urgent it is."""
    def change(document):
        line = docx_letter._put(document.tables[0].cell(1, 0).add_paragraph(), words, 13, bold=True, before=6)
        for name, value in values.items():
            setattr(line.runs[0].font, name, value)
    return change


def sideways(document, place=0):
    """A section on its side, its margins turned as Word turns them."""
    page = document.sections[place]
    page.orientation, page.page_width, page.page_height = WD_ORIENT.LANDSCAPE, page.page_height, page.page_width
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = (
        page.left_margin, page.right_margin, page.bottom_margin, page.top_margin)


def flat(document):
    """The head's table is away: everything stands one under the other."""
    table = document.tables[0]
    for row in table.rows:
        for cell in row.cells:
            for one in cell.paragraphs:
                table._tbl.addprevious(one._p)
    table._tbl.getparent().remove(table._tbl)


def rules_of(*lines, said="Điều 1. Ban hành kèm theo Quyết định này Quy chế quản lý tài sản."):
    """A decision with the regulation that it issues, in which lines are added or put in the place of others."""
    def change(document):
        text("Điều 1", said)(document)
        made = [("name", "QUY CHẾ"), ("name", "Quản lý, sử dụng tài sản công"), ("refers", REFERS),
                ("title", "Chương I"), ("title", "QUY ĐỊNH CHUNG"), ("article", "Điều 1. Phạm vi điều chỉnh."),
                ("plain", "1. Một khoản."), ("article", "Điều 2. Đối tượng áp dụng.")]
        for place, line in lines:
            made[place:place + (place < len(made))] = [line] if line else []
        attached(*made)(document)
    return change


def appendix(*names, title="BIỂU TỔNG HỢP SỐ LIỆU", refers="(Kèm theo Công văn số      /STC-QLNS của Sở Tài chính)",
             said="Thực hiện số liệu tại các phụ lục, Sở Tài chính báo cáo."):
    """A letter with appendices."""
    def change(document):
        text("Thực hiện", said)(document)
        for name in names:
            attached(("name", name), ("name", title), *([("refers", refers)] if refers else []),
                     ("plain", "Biểu số liệu có ……… ô trống."))(document)
    return change


def listed(*starts, form="decimal", words="%1."):
    """Paragraphs are members of a list of Word's, which puts `words` before them."""
    def change(document):
        space = docx.oxml.ns.nsdecls("w")
        known = [one.target_part for one in document.part.rels.values() if one.reltype == RT.NUMBERING]
        root = known[0].element if known else docx.oxml.parse_xml(f"<w:numbering {space}/>")
        number = len(root.findall(qn("w:num"))) + 1
        root.insert(0, docx.oxml.parse_xml(
            f'<w:abstractNum {space} w:abstractNumId="{number}"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt '
            f'w:val="{form}"/><w:lvlText w:val="{words}"/><w:pPr><w:ind w:left="720" w:hanging="360"/></w:pPr></w:lvl>'
            '</w:abstractNum>'))
        root.append(docx.oxml.parse_xml(
            f'<w:num {space} w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'))
        if not known:
            document.part.relate_to(XmlPart(PackURI("/word/numbering.xml"), CT.WML_NUMBERING, root,
                                            document.part.package), RT.NUMBERING)
        for start in starts:
            properties = paragraph(document, start)._p.get_or_add_pPr()
            properties.insert(0, docx.oxml.parse_xml(
                f'<w:numPr {space}><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>'))
            for indent in properties.findall(qn("w:ind")):
                properties.remove(indent)
    return change


def list_below(document):
    """Who signs the minutes stand side by side, "Nơi nhận" below them in paragraphs (PL III, model 1.10)."""
    table = document.tables[-1]._tbl
    for one in reversed([line for line in document.tables[-1].rows[-1].cells[0].paragraphs if line.text]):
        table.addnext(one._p)
    table.remove(table.tr_lst[-1])


def signed(*titles, names=("Trịnh Xuân Trường",)):
    """Another signature: authority and position, room, what stands under it."""
    def change(document):
        cell = document.tables[-1].rows[0].cells[-1]
        for one in cell.paragraphs[1:]:
            one._p.getparent().remove(one._p)
        cell.paragraphs[0].clear()
        for place, words in enumerate([*titles, "", "", "", *names]):
            docx_letter._put(cell.add_paragraph() if place else cell.paragraphs[0], words, 14, bold=True)
    return change
