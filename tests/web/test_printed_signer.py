"""Whom a draft prints as its signer, and in whose place, is who signs and what the packet tells (Art. 8.3, 9.1)."""

import io
from itertools import product

import docx
import pikepdf
import pypdfium2 as pdfium
import pytest
import steps
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from doors import Browser, open_task
from letters_world import changed, paragraph, right
from lxml import html
from steps import Office, quick

from app import worker
from app.db import db
from app.engine import instance, replay
from app.records import attachment
from app.records.document import Document
from app.regulation import layout_check, layout_printed
from app.regulation.drafting import template
from app.regulation.drafting.skeleton import SKELETONS
from app.tools import appearance, pdf_join, signature_block
from app.tools.conversion import Converter


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def reviewed(stc, **other):
    found = stc.begin()
    stc.draft(found, draft_file=stc.upload("chuyenvien", right(**other), "du thao.docx"))
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    return found, Browser(stc.app, "stc", "lanhdao")


@pytest.mark.parametrize("authority, position, told", [
    ("", "Giám đốc", ""), ("KT. GIÁM ĐỐC", "Phó Giám đốc", "KT. GIÁM ĐỐC"),
    ("TM. ỦY BAN NHÂN DÂN", "Chủ tịch", "TM. ỦY BAN NHÂN DÂN"), ("TUQ. GIÁM ĐỐC", "Chánh Văn phòng", "TUQ. GIÁM ĐỐC")])
def test_nd_30_pl_i_authority_and_name_are_read_from_the_signature_block(authority, position, told):
    found = layout_printed.signer(right(authority=authority, position=position, signer_name="TS. Ngô Thị Lan"))
    assert found.authority == told and found.is_of("Ngô Thị Lan") and not found.is_of("Đinh Xuân Trường")


def test_art_9_1_c_a_leader_approves_no_draft_that_prints_another_signer_without_a_word(stc):
    found, leader = reviewed(stc, signer_name="Ngô Thị Lan")
    for opinion in ("", "Đồng ý phát hành", "Ngô Thị Lan"):
        answer = leader.complete(open_task(stc, "approve", found), decision="approve", opinion=opinion)
        assert answer.status_code == 422 and list(answer.json["errors"]) == ["opinion"]
        assert "“Ngô Thị Lan”" in answer.json["errors"]["opinion"][0]
    why = "Văn bản in Ngô Thị Lan, đồng chí Lan đi vắng, tôi trực tiếp ký"
    assert leader.complete(open_task(stc, "approve", found), decision="approve", opinion=why).status_code == 200


def test_art_9_1_d_the_packet_tells_the_authority_that_the_draft_prints(stc):
    found, leader = reviewed(stc, authority="TUQ. CHỦ TỊCH", position="Giám đốc")
    assert leader.complete(open_task(stc, "approve", found), decision="approve").status_code == 200
    worker.run_due(stc.app)
    with stc.inside():
        document = db.session.get(Document, found)
        assert document.status == "completed" and document.signer_competence == "TUQ. CHỦ TỊCH"
        assert replay.replay(instance.of_document(found)).difference == ""


BODY, HEAD = "Ủy ban nhân dân xã Y Tý", "CHỦ TỊCH"
OFFICE, OF_OFFICE = "CHÁNH VĂN PHÒNG", f"TL. {HEAD}; KT. CHÁNH VĂN PHÒNG"
ONESELF, DEPUTY, UNIT = template.AuthorityOfOneself, template.AuthorityOfDeputy, template.AuthorityOfUnit
#: title -> authority that the form lets one choose -> what stands above the title, or what refuses it (NĐ 30/2020 Đ13)
BLOCKS = {
    HEAD: {"": "", "none": "", "TM.": f"TM. {BODY.upper()}", "KT.": ONESELF, "TL.": ONESELF, "TUQ.": ONESELF, "Q.": ""},
    f"PHÓ {HEAD}": {"": f"KT. {HEAD}", "none": DEPUTY, "TM.": f"TM. {BODY.upper()}; KT. {HEAD}", "KT.": f"KT. {HEAD}",
                    "TL.": DEPUTY, "TUQ.": DEPUTY, "Q.": ""},
    OFFICE: {"": "", "none": "", "TM.": f"TM. {BODY.upper()}", "KT.": UNIT, "TL.": f"TL. {HEAD}",
             "TUQ.": f"TUQ. {HEAD}", "Q.": ""},
    f"PHÓ {OFFICE}": {"": OF_OFFICE, "none": UNIT, "TM.": f"TM. {BODY.upper()}; KT. {OFFICE}", "KT.": UNIT,
                      "TL.": OF_OFFICE, "TUQ.": UNIT, "Q.": ""},
}


def test_nd_30_d13_whoever_may_sign_so_stands_in_a_block_that_is_found_and_nobody_else_is_named(stc):
    blocks = {}
    with stc.inside(), db.session.no_autoflush:  # nothing of it is written
        author, head, signer = (stc.user(who) for who in ("chuyenvien", "lanhdao", "pholanhdao"))
        author.agency.name, head.position, head.competence, signer.competence = BODY, HEAD, "", ""
        name, known = signer.full_name, tuple(template.AUTHORITIES)
        for title, by_authority in BLOCKS.items():
            assert tuple(by_authority) == known, "every one that may be chosen"
            signer.position = title.capitalize()
            for (authority, above), kind in product(by_authority.items(), SKELETONS):
                wish = {"type_name": kind, "subject": "báo cáo quý", "signer_id": signer.id, "addressees": ["H38.01"],
                        "recipients": [], "authority": authority}
                if isinstance(above, type) and not SKELETONS[kind].position:
                    with pytest.raises(above):
                        template.make(author, **wish)
                    continue
                data = template.make(author, **wish)
                assert {one.rule for one in layout_check.check(data, kind)} == {"blank"}, (title, authority, kind)
                printed = "Q. CHỦ TỊCH" if authority == "Q." else above
                if not SKELETONS[kind].position:
                    assert layout_printed.signer(data) == layout_printed.Printed(printed, name), (title, authority)
                    blocks[title, printed] = data
        db.session.rollback()
    converter = Converter(seconds=60)
    try:
        for (title, printed), data in blocks.items():
            pdf = converter.to_pdf(data, "a.docx")
            document = pdfium.PdfDocument(pdf)
            found = signature_block.named(signature_block.read(document, pdf_join.main_pages(document)), name)
            document.close()
            assert found, (title, printed)
            place = appearance.leader_place(pdf, name)
            assert place.page == found.page and 0 < place.box[1] - found.box[3] < 30, (title, printed)
    finally:
        converter.close()


@pytest.mark.parametrize("lines, wrong", [
    (("TL. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"), "“KT. GIÁM ĐỐC”: cấp phó ký thay"),
    (("TUQ. CHỦ TỊCH", "PHÓ CHỦ TỊCH"), "“KT. CHỦ TỊCH”: cấp phó ký thay"),
    (("TUQ. CHỦ TỊCH", "KT. CHÁNH VĂN PHÒNG", "PHÓ CHÁNH VĂN PHÒNG"), "không giao cho cấp phó"),
    (("TM. ỦY BAN NHÂN DÂN", "PHÓ CHỦ TỊCH"), "“KT. CHỦ TỊCH” ở dòng giữa")])
def test_nd_30_d13_a_deputy_signs_for_the_head_and_what_one_is_authorised_to_do_is_handed_to_nobody(lines, wrong):
    data = right(authority="; ".join(lines[:-1]), position=lines[-1])
    [found] = [one for one in layout_check.check(data) if one.rule == "signature"]
    assert found.severity == "error" and wrong in found.should
    assert layout_printed.signer(data) == layout_printed.Printed("; ".join(lines[:-1]), "Đinh Xuân Trường")


def test_nd_30_d13_two_authorities_on_one_line_are_found():
    data = changed(right(authority="TM. ỦY BAN NHÂN DÂN", position="PHÓ CHỦ TỊCH"), lambda document: setattr(
        paragraph(document, "TM. ").runs[0], "text", "TM. ỦY BAN NHÂN DÂN; KT. CHỦ TỊCH"))
    found = [one.should for one in layout_check.check(data) if one.rule == "signature"]
    assert found == ["hai dòng: “TM. ỦY BAN NHÂN DÂN”, dòng dưới “KT. CHỦ TỊCH”"]


@pytest.mark.parametrize("decider, authority, position, wrong", [
    ("CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ Y TÝ", "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", "không “TM.”"),
    ("ỦY BAN NHÂN DÂN XÃ Y TÝ", "", "CHỦ TỊCH", "tập thể ban hành"),
    ("ỦY BAN NHÂN DÂN XÃ Y TÝ", "TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH", ""),
    ("CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ Y TÝ", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "")])
def test_nd_30_pl_iii_a_decision_is_signed_by_who_decides(decider, authority, position, wrong):
    data = changed(right("Quyết định", authority=authority, position=position), lambda document: setattr(
        paragraph(document, "GIÁM ĐỐC SỞ").runs[0], "text", decider))
    found = [one.should for one in layout_check.check(data, "Quyết định") if one.rule == "signature"]
    assert len(found) == bool(wrong) and all(wrong in one for one in found)


@pytest.mark.parametrize("who, competence, authority, decider, above", [
    ("lanhdao", "TM. Ủy ban nhân dân", "", BODY.upper(), "TM. ỦY BAN NHÂN DÂN"),
    ("lanhdao", "TM. Ủy ban nhân dân", "none", f"{HEAD} {BODY.upper()}", ""),
    ("pholanhdao", "TM. Ủy ban nhân dân; KT. Chủ tịch", "", BODY.upper(), "TM. ỦY BAN NHÂN DÂN; KT. CHỦ TỊCH"),
    ("pholanhdao", "TM. Ủy ban nhân dân", "", BODY.upper(), "TM. ỦY BAN NHÂN DÂN; KT. CHỦ TỊCH"),
    ("pholanhdao", "", "KT.", f"{HEAD} {BODY.upper()}", "KT. CHỦ TỊCH")])
def test_nd_30_pl_iii_the_template_of_a_decision_names_who_signs_it(stc, who, competence, authority, decider, above):
    """A People's Committee's named its chair as who decides, and was signed in the committee's name."""
    with stc.inside(), db.session.no_autoflush:  # nothing of it is written
        author, head, deputy = (stc.user(one) for one in ("chuyenvien", "lanhdao", "pholanhdao"))
        author.agency.name, head.position, deputy.position = BODY, HEAD, f"Phó {HEAD.lower()}"
        signer = stc.user(who)
        signer.competence = competence
        data = template.make(author, type_name="Quyết định", subject="phê duyệt kế hoạch", signer_id=signer.id,
                             addressees=[], recipients=[], authority=authority)
        assert decider in [line.text for line in docx.Document(io.BytesIO(data)).paragraphs]
        assert layout_printed.signer(data) == layout_printed.Printed(above, signer.full_name)
        assert {one.rule for one in layout_check.check(data, "Quyết định")} == {"blank"}
        db.session.rollback()


def unsigned(document):
    """Its signature block is gone."""
    for one in ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC", "Đinh Xuân Trường"):
        paragraph(document, one).clear()


def boxed(document):
    """Its signature block stands in a text box instead."""
    unsigned(document)
    lines = "".join(f"<w:p {nsdecls('w')}><w:r><w:t>{one}</w:t></w:r></w:p>"
                    for one in ("GIÁM ĐỐC", "Đinh Xuân Trường"))
    document.paragraphs[-1].add_run()._r.append(parse_xml(
        f'<w:pict {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:textbox><w:txbxContent>{lines}'
        "</w:txbxContent></v:textbox></v:shape></w:pict>"))


@pytest.mark.parametrize("made", [steps.draft, lambda: changed(right(), boxed)], ids=["no table", "a text box"])
def test_nd_30_pl_i_the_signer_is_read_where_the_tail_is_no_table(made):
    assert layout_printed.signer(made()) == layout_printed.Printed("", "Đinh Xuân Trường")


@pytest.mark.parametrize("change", [unsigned, lambda d: paragraph(d, "Đinh Xuân Trường").clear()])
def test_art_9_1_c_a_draft_that_prints_no_signer_is_not_approved_and_says_what_to_do(stc, change):
    found = stc.begin()
    stc.draft(found, draft_file=stc.upload("chuyenvien", changed(right(), change), "du thao.docx"))
    head = Browser(stc.app, "stc", "truongphong")
    assert "Không đọc được phần ký của dự thảo" in head.get(f"/viec/{open_task(stc, 'review', found)[0]}").text
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    leader, task = Browser(stc.app, "stc", "lanhdao"), open_task(stc, "approve", found)
    for opinion in ("", "Vẫn ký", "Ký ở cuối văn bản.", "Biểu mẫu của Bộ không có phần ký"):
        answer = leader.complete(task, decision="approve", opinion=opinion)
        assert answer.status_code == 422 and "Hãy trả lại để ghi chức vụ" in answer.json["errors"]["opinion"][0]
    assert leader.complete(task, decision="return", opinion="Thiếu phần ký").status_code == 200


def test_art_9_1_c_a_draft_that_prints_no_signer_is_signed_at_its_end_when_who_approves_says_so_and_why(stc):
    """A form of somebody else has none: the place is shown before it is signed, over no text, and the reason stays."""
    found = stc.begin()
    stc.draft(found, draft_file=stc.upload("chuyenvien", changed(right(), unsigned), "du thao.docx"))
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    leader, why = Browser(stc.app, "stc", "lanhdao"), "Ký ở cuối văn bản: biểu mẫu của Bộ không có phần ký"
    assert leader.complete(open_task(stc, "approve", found), decision="approve", opinion=why).status_code == 200
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["sign_by_leader"] and ("opinion", why) in stc.said(found)
    shown = leader.get(f"/viec/{open_task(stc, 'sign_by_leader', found)[0]}/ban-se-ky")
    assert shown.status_code == 200 and shown.data.startswith(b"%PDF")
    stc.sign(found)
    stc.seal(found)
    with stc.inside():
        tools = stc.app.extensions["tools"]
        data = tools.blobs.read(attachment.latest(found, "signed").sha256)
        reports = tools.signer.verify(data)
    assert [one["problems"] for one in reports] == [[], []] and stc.faults() == []
    _over_no_text(data)


def _over_no_text(data):
    """Of the leader's signature: where it stands the page has no words of its own."""
    with pikepdf.open(io.BytesIO(data)) as document:
        boxes = [(number, [float(one) for one in note.Rect]) for number, page in enumerate(document.pages)
                 for note in page.get("/Annots", []) if str(note.get("/T", "")).startswith("leader")]
    [(number, (left, bottom, right_, top))] = boxes
    assert left >= 595 / 2 - 1 and top - bottom > 20
    document = pdfium.PdfDocument(data)
    text = document[number].get_textpage()
    assert text.get_text_bounded(left, bottom, right_, top).strip() == ""
    document.close()


def test_art_9_1_c_author_and_reviewer_are_told_that_the_draft_prints_another_than_was_chosen(stc):
    found = stc.begin()
    officer, task = Browser(stc.app, "stc", "chuyenvien"), open_task(stc, "draft", found)[0]
    file = officer.upload(right(signer_name="Ngô Thị Lan"), "du thao.docx").json["sha256"]

    def told(chosen: str) -> str:
        page = officer.get(f"/viec/{task}/the-thuc", query_string={"tep": file, "nguoi-ky": chosen}).text
        return " ".join("".join(html.fromstring(page).xpath("//*[@data-signer]//text()")).split())

    assert told("") == told(stc.id_of("pholanhdao")) == told(stc.id_of("chuyenvien")) == told("x") == ""
    assert told(stc.id_of("lanhdao")) == (
        "Dự thảo in tên người ký là “Ngô Thị Lan”, lãnh đạo được chọn để duyệt và ký là Đinh Xuân Trường. "
        "Hãy sửa tên trong dự thảo hoặc chọn lại lãnh đạo.")
    stc.draft(found, draft_file=file)
    page = Browser(stc.app, "stc", "truongphong").get(f"/viec/{open_task(stc, 'review', found)[0]}").text
    assert "lãnh đạo được chọn để duyệt và ký là Đinh Xuân Trường. Nếu chưa đúng, trả lại để sửa." in page
