"""Art. 8.1, 8.2: versions of a draft compared word by word; every opinion beside the version it was made on.

The page is looked at in test_draft_form.py.
"""

import pytest
from doors import Browser
from letters_world import right
from lxml import html
from steps import Office, quick

from app.db import db
from app.records.document import Document
from app.regulation.drafting import versions

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


def _submit(stc, found, words):
    body = [("plain", words), ("plain", "Đề nghị quý cơ quan phối hợp thực hiện./.")]
    stc.draft(found, draft_file=stc.upload("chuyenvien", right(body=body), "du thao.docx"))


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
