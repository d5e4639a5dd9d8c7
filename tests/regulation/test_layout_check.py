"""Art. 3.1.đ, NĐ 30/2020 PL I: a draft's form is checked rule by rule; what can safely be repaired is."""

import copy
import io
import json
import re
from datetime import date
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt
from letters_world import changed, counted, lines, listed, look, paragraph, right, text, under
from letters_wrong import WRONG

from app.cli import cli
from app.regulation import layout, layout_check
from app.regulation.drafting.skeleton import SKELETONS
from app.tools import docx as drafts
from app.tools import docx_list
from app.tools.docx_list import BULLETS
from app.tools.office import TruncatedFile


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
    english = " ".join(text for one in found for name, text in one.as_json().items() if name.endswith("_en"))
    assert not [char for char in re.sub("“[^”]*”", "", english) if char.isalpha() and not char.isascii()], english
    if not is_safe:
        return
    mended = layout_check.repaired(wrong, {rule}, kind)
    assert layout_check.check(mended, kind) == []
    words = [re.sub(rf"[\s.;,:/\-{BULLETS}]", "", drafts.text(one)) for one in (mended, wrong)]
    assert words[0] == words[1], "a repair changes no word"


@pytest.mark.parametrize("kind", sorted({kind for kind, _change, _is_safe in WRONG.values()}))
def test_art_3_1_dd_of_two_faults_a_repair_makes_no_third_and_leaves_what_is_a_persons(kind):
    of_kind = [change for one, change, is_safe in WRONG.values() if one == kind and is_safe]
    for one, other in zip(of_kind[::2], of_kind[1::2], strict=False):
        wrong = changed(right(kind), lambda d, one=one, other=other: [one(d), other(d)])
        mended = layout_check.repaired(wrong, layout_check.RULES, kind)
        seen = {(found.rule, found.where, found.is_) for found in layout_check.check(wrong, kind)}
        left = layout_check.check(mended, kind)
        assert not any(found.repair for found in left)
        assert {(found.rule, found.where, found.is_) for found in left} <= seen


def test_nd_30_pl_i_what_ends_a_letter_stands_instead_of_its_last_mark():
    mended = layout_check.repaired(changed(right("Công văn"), text("Đề nghị", "Trân trọng cảm ơn!")), {"ending"},
                                   "Công văn")
    assert "Trân trọng cảm ơn./." in drafts.text(mended)


def test_nd_30_pl_i_the_signs_of_words_lists_become_dashes_and_what_they_count_stays():
    """Level by level, where a list has its own sign for a level, and where a picture is the sign."""
    def change(document):
        words = ["Nội dung một:", "Ý thứ nhất;", "Ý thứ hai.", "Nội dung hai.", "Nội dung ba."]
        lines(*words)(document)
        listed(*words)(document)
        root = document.part.part_related_by(RT.NUMBERING).element
        level = root.find(f".//{qn('w:lvl')}")
        for number, (form, sign) in enumerate((("bullet", "\uf0b7"), ("bullet", "o"), ("decimal", "%3."))):
            fresh = copy.deepcopy(level)
            fresh.set(qn("w:ilvl"), str(number))
            fresh.find(qn("w:numFmt")).set(qn("w:val"), form)
            fresh.find(qn("w:lvlText")).set(qn("w:val"), sign)
            fresh.insert(2, docx.oxml.parse_xml(f'<w:lvlPicBulletId {nsdecls("w")} w:val="0"/>'))
            fresh.append(docx.oxml.parse_xml(f'<w:rPr {nsdecls("w")}><w:rFonts w:ascii="Symbol"/></w:rPr>'))
            level.addprevious(fresh)
        level.getparent().remove(level)
        own = docx.oxml.parse_xml(
            f'<w:num {nsdecls("w")} w:numId="2"><w:abstractNumId w:val="1"/><w:lvlOverride w:ilvl="0">'
            '<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="➢"/></w:lvl></w:lvlOverride></w:num>')
        root.append(own)
        for start, number, named in zip(words, (0, 1, 1, 0, 2), (1, 1, 1, 2, 1), strict=True):
            asked = paragraph(document, start)._p.pPr.find(qn("w:numPr"))
            asked.find(qn("w:ilvl")).set(qn("w:val"), str(number))
            asked.find(qn("w:numId")).set(qn("w:val"), str(named))

    wrong = changed(right(), change)
    assert rules(wrong, "Công văn") == {"dash"}
    mended = layout_check.repaired(wrong, {"dash"}, "Công văn")
    assert layout_check.check(mended, "Công văn") == [] and drafts.text(mended) == drafts.text(wrong)
    told = docx_list.printed(mended)
    for line in ("- Nội dung một:", "+ Ý thứ nhất;", "+ Ý thứ hai.", "- Nội dung hai.", "1. Nội dung ba."):
        assert f"\n{line}\n" in told
    numbering = drafts.opened(mended).part.part_related_by(RT.NUMBERING).element
    assert [len(list(one.iter(qn("w:lvlPicBulletId"), qn("w:rFonts")))) for one in numbering.iter(qn("w:lvl"))] == [
        0, 0, 2, 0]


def test_art_3_1_dd_every_rule_has_its_file_and_the_kind_that_was_chosen_is_held_to():
    assert {name.partition(" ")[0] for name in WRONG} == set(layout_check.RULES)
    told = (Path(__file__).parents[2] / "docs/drafts.md").read_text()
    assert all(re.search(rf"^\| [^|]*\b{rule}\b", told, re.MULTILINE) for rule in layout_check.RULES)
    assert rules(right("Báo cáo"), "Công điện") == {"type_name", "number"}
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
        {"rule", "article", "where", "is", "should", "article_en", "where_en", "is_en", "should_en", "severity",
         "repair", "places"}]
    told = CliRunner().invoke(cli, ["layout", "check", str(tmp_path / "right.docx"), "--type", "Công văn"])
    assert told.exit_code == 0 and "no finding" in told.output
