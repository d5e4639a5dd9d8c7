"""Art. 8.1: who handles a document answers it at his task; both are linked, the template cites it, dispatch closes it.

That dispatch closes it is shown in tests/procedures/test_incoming.py.
"""

from doors import Browser, drawn, open_task
from steps import Office, quick

from app.db import db
from app.records.document import Document
from app.regulation.drafting import template
from app.tools import docx


def test_art_8_1_an_answer_is_begun_at_the_task_linked_and_cites_what_it_answers(world):
    quick(world.app)
    stc = Office(world.app)
    found = stc.take_in()
    stc.verify(found)
    stc.assign(found)
    officer, clerk = Browser(stc.app, "stc", "chuyenvien"), Browser(stc.app, "stc", "vanthu")
    task_id, _ = open_task(stc, "handle", found)
    assert f"tra-loi={found}" in officer.get(f"/van-ban/{found}").text
    sent = officer.get(f"/van-ban/soan-thao?tra-loi={found}")
    assert sent.status_code == 302 and sent.location == f"/viec/{task_id}?chon=answer"
    assert drawn(officer.get(sent.location))["values"]["decision"] == "answer"
    assert "decision" not in drawn(officer.get(f"/viec/{task_id}"))["values"]
    besides = clerk.get(f"/van-ban/soan-thao?tra-loi={found}")
    assert besides.status_code == 200 and "Hai văn bản được liên kết" in besides.text
    draft = stc.answer(found)
    assert stc.tasks(found) == [], "it waits for the dispatch of its answer"
    task = open_task(stc, "draft", draft)[0]
    made = officer.send(f"/viec/{task}/mau", {"approver_id": stc.id_of("lanhdao"), "subject": "Trả lời góp ý"}).json
    text = docx.text(officer.get(f"/viec/{task}/the-thuc/tep?tep={made['sha256']}").data)
    cited = "Công văn số 12/UBND-VX ngày 20 tháng 01 năm 2026 của Ủy ban nhân dân tỉnh về việc góp ý dự thảo"
    assert f"Trả lời {cited}, Sở Tài chính" in text
    assert "văn bản trả lời" in officer.get(f"/van-ban/{found}").text
    with stc.inside():
        assert db.session.get(Document, draft).answers_id == found
        assert template.cited(Document(subject="", type_name="", code_number="", organ_name="")) == "văn bản"
