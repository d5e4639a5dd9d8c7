"""Art. 8.1, 8.2: versions of a draft compared word by word; every opinion beside the version it was made on.

The page is looked at in test_draft_form.py.
"""

import io
import json
import zipfile
from dataclasses import replace

import docx
import pypdfium2 as pdfium
import pytest
from docx.oxml.ns import nsdecls
from doors import Browser, drawn, open_task
from letters_world import changed, packed, paragraph, right, with_note
from lxml import html
from steps import Office, draft, quick

from app import worker
from app.db import db
from app.engine import instance, replay
from app.records import attachment, milestone
from app.records.document import Document
from app.regulation import recognition
from app.regulation.drafting import versions
from app.tools.conversion import Converter
from app.tools.media import TYPES

OLD = "Kính gửi: Sở A\n\nMột đoạn giữ nguyên.\nBáo cáo trước ngày 15 tháng 6.\nĐoạn này bị bỏ đi hẳn.\nCuối./."
NEW = "Kính gửi: Sở A\nMột đoạn giữ nguyên.\nBáo cáo trước ngày 20 tháng 6, bằng văn bản.\nCuối./.\nHoàn toàn mới thêm."


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def test_art_8_1_paragraphs_are_paired_and_compared_word_by_word():
    rows = versions.compare(OLD, NEW)
    assert [row.kind for row in rows] == ["same", "same", "changed", "removed", "same", "added"]
    assert rows[2].pieces == [("", "Báo cáo trước ngày"), ("del", " 15"), ("ins", " 20"), ("", " tháng 6"),
                              ("ins", ", bằng văn bản"), ("", ".")]
    for row, text in ((0, OLD), (1, NEW)):
        gone = ("ins", "del")[row]
        again = ["".join(words for mark, words in one.pieces if mark != gone) for one in rows]
        assert [line for line in again if line] == [line for line in text.splitlines() if line], "nothing is lost"
    assert [row.kind for row in versions.compare("", "Mới")] == ["added"] and versions.compare("", "") == []
    for text in ("a\n" * 1600, "b " * 1600):
        with pytest.raises(versions.TooLongToCompare):
            versions.compare(text, "")


def test_art_8_2_who_returns_a_draft_may_edit_it_and_his_file_is_the_next_version(stc):
    found = stc.begin()
    head, leader = Browser(stc.app, "stc", "truongphong"), Browser(stc.app, "stc", "lanhdao")
    author = Browser(stc.app, "stc", "chuyenvien")
    _submit(stc, found, "Báo cáo gửi trước ngày 15 tháng 6 năm 2026.")
    by_head = stc.upload("truongphong", _letter("Báo cáo gửi trước ngày 20 tháng 6 năm 2026."), "sua.docx")
    by_leader = stc.upload("lanhdao", _letter("Báo cáo gửi trước ngày 30 tháng 6 năm 2026."), "sua lan 2.docx")
    task = open_task(stc, "review", found)
    given = {"decision": "return", "opinion": "Đã sửa hạn nộp"}
    other = head.complete(task, **given, edited_file=by_leader)
    assert other.status_code == 422 and "edited_file" in other.json["errors"], "a hash opens no file of others"
    tracked = stc.upload("truongphong", packed(right(), word__document=_tracked()), "sua.docx")
    assert "edited_file" in head.complete(task, **given, edited_file=tracked).json["errors"]
    assert head.complete(task, **given, edited_file=by_head).status_code == 200
    assert head.complete(task, **given, edited_file=by_head).status_code == 409, "clicked again"
    shown = author.get(f"/viec/{open_task(stc, 'draft', found)[0]}")
    assert "đã sửa dự thảo khi trả lại: phiên bản 2" in shown.text and drawn(shown)["values"]["draft_file"] == by_head
    stc.draft(found, draft_file=by_head)
    assert head.complete(open_task(stc, "review", found), decision="accept", edited_file=by_head).status_code == 200
    task = open_task(stc, "approve", found)
    assert leader.complete(task, **given, edited_file=by_leader).status_code == 200
    assert stc.files(found) == ["draft"] * 3, "what was accepted brings no file along"
    assert not {"approve", "approval_given"} & _standing(stc, found).keys(), "what was returned is approved by nobody"
    stc.draft(found, draft_file=by_leader)
    assert "review_given" not in _standing(stc, found), "the leader's version is reviewed as any other"
    for person, form, decision in ((head, "review", "accept"), (leader, "approve", "approve")):
        assert person.complete(open_task(stc, form, found), decision=decision).status_code == 200
    assert _standing(stc, found)["approve"].sha256 == by_leader
    tree = html.fromstring(author.get(f"/van-ban/{found}/phien-ban").text)
    third, second, first = (one.text_content() for one in tree.xpath("//ol[contains(@class, 'versions')]/li"))
    assert "Đã sửa hạn nộp" in first and "sửa khi trả lại" not in first, "words stay with what they were said of"
    assert second.count("Đã sửa hạn nộp") == second.count("sửa khi trả lại") == 1 and "Kiểm duyệt: đồng ý" in second
    assert "Đã duyệt nội dung" in third and "Chưa có ý kiến" not in third
    assert "bỏ:  20" in tree.xpath("string(//p[@class='line changed'])")
    assert stc.faults() == []
    with stc.inside():
        assert replay.replay(instance.of_document(found)).difference == ""


def _standing(stc, found):
    with stc.inside():
        return milestone.standing(found)


def _letter(words):
    return right(body=[("plain", words), ("plain", "Đề nghị quý cơ quan phối hợp thực hiện./.")])


def _tracked():
    """The document's part with a tracked change in it."""
    part = zipfile.ZipFile(io.BytesIO(right())).read("word/document.xml")
    return part.replace(b"</w:p>", b'<w:ins w:id="1" w:author="a"><w:r><w:t>x</w:t></w:r></w:ins></w:p>', 1)


def _submit(stc, found, words):
    stc.draft(found, draft_file=stc.upload("chuyenvien", _letter(words), "du thao.docx"))


def test_art_8_2_each_opinion_stands_beside_its_version_and_two_are_compared(stc):
    found = stc.begin()
    reader = Browser(stc.app, "stc", "chuyenvien")
    assert "Chưa có phiên bản nào" in reader.get(f"/van-ban/{found}/phien-ban").text
    _submit(stc, found, "Báo cáo gửi trước ngày 15 tháng 6 năm 2026.")
    assert "So sánh" not in reader.get(f"/van-ban/{found}/phien-ban").text
    stc.do("truongphong", "review", {"decision": "return", "opinion": "Lùi hạn nộp"}, found)
    _submit(stc, found, "Báo cáo gửi trước ngày 20 tháng 6 năm 2026, <b>bằng</b> văn bản.")
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý bản này"}, found)
    stc.do("lanhdao", "approve", {"decision": "return", "opinion": "Ghi rõ mẫu báo cáo"}, found)
    tree = html.fromstring(reader.get(f"/van-ban/{found}/phien-ban").text)
    second, first = (one.text_content() for one in tree.xpath("//ol[contains(@class, 'versions')]/li"))
    assert "Lùi hạn nộp" in first and "Đồng ý" not in first
    assert "Đồng ý bản này" in second and "Ghi rõ mẫu báo cáo" in second and "Lùi hạn" not in second
    changed = tree.xpath("//p[@class='line changed']")
    assert len(changed) == 1 and "bỏ:  15" in changed[0].text_content() and tree.xpath("//ins//b") == []
    assert reader.get(f"/van-ban/{found}/phien-ban?cu=2&moi=1").status_code == 200
    assert reader.get(f"/van-ban/{found}/phien-ban?cu=2&moi=2").text.count("như nhau") == 1
    for wrong in ("cu=9", "moi=x", "cu=٢"):
        assert reader.get(f"/van-ban/{found}/phien-ban?{wrong}").status_code == 404
    assert Browser(stc.app, "stc", "chuyenvien2").get(f"/van-ban/{found}/phien-ban").status_code == 404
    with stc.inside():
        assert [len(one.said) for one in versions.of(db.session.get(Document, found))] == [1, 2]


def _with_foot(words):
    made = docx.Document(io.BytesIO(right()))
    made.sections[0].footer.paragraphs[0].text = words
    made.save(sink := io.BytesIO())
    return sink.getvalue()


@pytest.mark.parametrize("made", [with_note, _with_foot])
def test_art_8_1_what_notes_heads_and_feet_print_is_compared(stc, made):
    found = stc.begin()
    for words in ("Không áp dụng với 5.400.000.000 đồng", "Áp dụng với 9.400.000.000 đồng"):
        stc.draft(found, draft_file=stc.upload("chuyenvien", made(words), "du thao.docx"))
        if "9." not in words:
            stc.do("truongphong", "review", {"decision": "return", "opinion": "Xem lại"}, found)
    page = Browser(stc.app, "stc", "chuyenvien").get(f"/van-ban/{found}/phien-ban")
    changed = html.fromstring(page.text).xpath("//p[@class='line changed']")
    assert len(changed) == 1 and "thêm:  9" in changed[0].text_content() and "bỏ: Không áp" in changed[0].text_content()


def _with_choice(chosen):
    """The letter with a list to choose from in a sentence, and a title that is no more what was written."""
    part = zipfile.ZipFile(io.BytesIO(right())).read("word/document.xml").decode()
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{kind}">' for kind in ("begin", "separate", "end"))
    stored = (f'{begin}</w:fldChar></w:r><w:r><w:instrText> TITLE </w:instrText></w:r>{separate}</w:fldChar></w:r>'
              f'<w:r><w:t>500 triệu đồng</w:t></w:r>{end}</w:fldChar></w:r>')
    listed = (f'{begin}<w:ffData><w:ddList><w:result w:val="{chosen}"/><w:listEntry w:val="đồng ý"/><w:listEntry '
              'w:val="không đồng ý"/></w:ddList></w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMDROPDOWN '
              f'</w:instrText></w:r>{end}</w:fldChar></w:r>')
    before, between = (f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r>' for words in ("Sở ", " chi "))
    line = f"<w:p>{before}{listed}{between}{stored}</w:p>"
    at = part.rindex("<w:tbl>")
    return packed(right(), word__document=(part[:at] + line + part[at:]).encode())


def test_art_8_3_who_approves_reads_the_words_that_are_signed_whatever_fields_a_draft_has(stc):
    """A choice that no field stores is compared; a property that says another sum is shown nowhere."""
    found, converter = stc.begin(), Converter(seconds=60)
    stc.app.extensions["tools"] = replace(stc.app.extensions["tools"], converter=converter)
    leader = Browser(stc.app, "stc", "lanhdao")
    for chosen in (1, 0):
        stc.draft(found, draft_file=stc.upload("chuyenvien", _with_choice(chosen), "du thao.docx"))
        if chosen:
            stc.do("truongphong", "review", {"decision": "return", "opinion": "Xem lại"}, found)
    stc.do("truongphong", "review", {"decision": "accept"}, found)
    page = html.fromstring(leader.get(f"/van-ban/{found}/phien-ban").text)
    assert "bỏ: không" in " ".join(page.xpath("string(//p[@class='line changed'])").split())
    view = shown_at(leader, f"/viec/{open_task(stc, 'approve', found)[0]}")[-1]["view"]
    read = pdfium.PdfDocument(leader.get(view).data)[0].get_textpage().get_text_range()
    assert "Sở đồng ý chi 500 triệu đồng" in " ".join(read.split())
    stc.do("lanhdao", "approve", {"decision": "approve"}, found)
    worker.run_due(stc.app)
    with stc.inside():
        final = stc.app.extensions["tools"].blobs.read(attachment.latest(found, "final").sha256)
    converter.close()
    signed = pdfium.PdfDocument(final)[0].get_textpage().get_text_range()
    assert "Sở đồng ý chi 500 triệu đồng" in " ".join(signed.split())


def shown_at(browser, address):
    """The files of a page's viewer, the one that opens first the last."""
    return json.loads(html.fromstring(browser.get(address).text).xpath("//script[@data-files]")[0].text)


def test_nd_30_d15_what_a_cancelled_number_left_is_marked_and_opens_nothing(stc):
    """Signed by the leader, refused at the seal: PDF and signature count no more, and what is new is said."""
    found = stc.begin()
    stc.approved(found)
    stc.sign(found)
    author, head = Browser(stc.app, "stc", "chuyenvien"), Browser(stc.app, "stc", "truongphong")
    address = f"/van-ban/{found}"
    assert "Lãnh đạo đã ký số" in author.get(address).text
    stc.do("vanthu", "seal", {"decision": "refuse", "reason": "Thiếu phụ lục kèm theo"}, found)
    assert "Lãnh đạo đã ký số" not in author.get(address).text
    dead = "Không còn giá trị (số đã hủy hoặc dự thảo đã đổi)"
    assert [one["kind"] for one in shown_at(author, address)] == [dead, dead, "Dự thảo"]
    with stc.inside():
        same = attachment.latest(found, "draft").sha256
    annex = stc.upload("chuyenvien", draft("Phụ lục"), "phu luc.docx")
    stc.draft(found, draft_file=same, appendices=[annex])
    task = f"/viec/{open_task(stc, 'review', found)[0]}"
    assert "Mới kèm theo từ lần trình trước: phu luc.docx." in head.get(task).text
    assert shown_at(head, task)[-1]["kind"] == "Dự thảo", "what opens first"
    stc.do("truongphong", "review", {"decision": "return", "opinion": "Bỏ phụ lục này"}, found)
    stc.draft(found, draft_file=same)
    task = f"/viec/{open_task(stc, 'review', found)[0]}"
    assert "Đã bỏ ra từ lần trình trước: phu luc.docx." in head.get(task).text
    stc.do("truongphong", "review", {"decision": "return", "opinion": "Kèm lại phụ lục"}, found)
    stc.draft(found, draft_file=same, appendices=[stc.upload("chuyenvien", draft("Phụ lục"), "phu luc.docx")])
    task = f"/viec/{open_task(stc, 'review', found)[0]}"
    assert "Mới kèm theo từ lần trình trước: phu luc.docx." in head.get(task).text
    assert "Đã bỏ ra" not in head.get(task).text
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    stc.do("lanhdao", "approve", {"decision": "approve"}, found)
    worker.run_due(stc.app)
    stc.sign(found)
    stc.seal(found)
    assert [one["kind"] for one in shown_at(author, address)][-3:] == [
        "Bản PDF có số, ngày", "Bản lãnh đạo đã ký", "Bản phát hành"]
    assert stc.faults() == []


def test_art_8_3_the_preview_of_a_draft_shows_its_fields_as_the_signed_page_will(world):
    """A field of today's date shows the day that its author saw, to who approves and then on the page."""
    def change(document):
        line, space = paragraph(document, "Thực hiện"), nsdecls("w")
        for inner in ('<w:fldChar w:fldCharType="begin"/>', "<w:instrText> DATE </w:instrText>",
                      '<w:fldChar w:fldCharType="separate"/>', "<w:t> (01/02/2003)</w:t>",
                      '<w:fldChar w:fldCharType="end"/>'):
            line._p.append(docx.oxml.parse_xml(f"<w:r {space}>{inner}</w:r>"))

    stc = Office(world.app)
    found, data = stc.begin(), changed(right(), change)
    stc.draft(found, draft_file=stc.upload("chuyenvien", data, "du thao.docx"))
    with stc.inside():
        file = attachment.latest(found, "draft").id
    seen = Browser(stc.app, "stc", "truongphong").get(f"/tep/{found}/{file}/xem").data
    read, _kind = recognition.paged(stc.app.extensions["tools"].converter, data, TYPES["docx"])  # and when it comes in
    for pdf in (seen, read):
        assert "01/02/2003" in pdfium.PdfDocument(pdf)[0].get_textpage().get_text_bounded()
