"""Art. 8.1: who handles a document answers it at his task; both are linked, the template cites it, dispatch closes it.

That dispatch closes it is shown in tests/procedures/test_incoming.py. A draft that was begun besides closes it when who
handles it says so.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from doors import Browser, drawn, open_task
from steps import Office, in_days, quick, send, signed_pdf

from app import worker
from app.db import db
from app.records import history, message
from app.records.document import Document, NotFound, answered_by
from app.records.message import AlreadySent
from app.regulation.drafting import template
from app.regulation.incoming import answer
from app.regulation.incoming.answer import NotToClose
from app.tools import docx, edxml


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def assigned(stc):
    found = stc.take_in()
    stc.verify(found)
    stc.assign(found)
    return found


def say(stc, draft, who, answers, closes):
    with stc.inside():
        return answer.say(draft, stc.user(who), answers, closes, datetime.now(UTC))


def said(stc, draft):
    with stc.inside():
        return [act.kind for act in history.course(f"document:{draft}")].count("answer_changed")


def dispatch(stc, draft):
    stc.approved(draft)
    stc.sign(draft)
    stc.seal(draft)


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
        for printed, written in (("TRƯỜNG MẦM NON SỐ 2", "Trường Mầm non số 2"), ("SỞ NỘI VỤ", "Sở Nội vụ")):
            assert template.cited(Document(subject="Kết quả năm học", type_name="Công văn", code_number="",
                                           organ_name=printed)) == f"Công văn của {written} về việc kết quả năm học"


def test_art_8_1_a_draft_begun_besides_is_tied_later_and_its_dispatch_closes_what_it_answers(stc):
    found, draft = assigned(stc), stc.begin()
    officer = Browser(stc.app, "stc", "chuyenvien")
    assert f'name="answers" value="{found}"' in officer.get(f"/van-ban/{draft}").text
    path = f"/van-ban/{draft}/tra-loi"
    assert officer.post(path, answers=str(found), closes="1").status_code == 303
    with ThreadPoolExecutor(4) as pool:  # clicked again and again
        list(pool.map(lambda _: say(stc, draft, "chuyenvien", found, True), range(4)))
    assert said(stc, draft) == 1
    assert "Khi văn bản trả lời phát hành, văn bản đến kết thúc xử lý." in officer.get(f"/van-ban/{draft}").text
    assert "văn bản đến được trả lời kết thúc xử lý" in officer.get(f"/viec/{open_task(stc, 'draft', draft)[0]}").text
    assert "Văn bản trả lời đang soạn" in officer.get(f"/van-ban/{found}").text
    dispatch(stc, draft)
    assert stc.ended(found) == "end_finished" and stc.status(found) == "closed"
    assert ("message_received", "answered") in stc.course(found)
    assert stc.faults() == []
    with pytest.raises((AlreadySent, NotToClose)):
        say(stc, draft, "chuyenvien", None, False)
    assert ("record", f"document:{draft}") in stc.faults(
        f"update document set closes_answered = false where id = {draft}")


def test_art_8_1_one_answer_closes_several_and_the_packet_names_each(stc):
    letters = []
    for number in ("12", "13"):
        send(stc.app, signed_pdf(stc.app, mark=int(number)), number=number, key=number)
        with stc.inside():
            letters.append(max(db.session.scalars(db.select(Document.id).where(Document.direction == "incoming"))))
    letters.append(stc.take_in())
    for found, number in zip(letters, ("12", "13", "15"), strict=True):
        stc.verify(found, code_number=number)
        stc.assign(found)
    draft, officer = stc.begin(), Browser(stc.app, "stc", "chuyenvien")
    path = f"/van-ban/{draft}/tra-loi"
    for _ in "12":  # a double click
        assert officer.post(path, answers=[str(one) for one in letters], closes="1").status_code == 303
    assert said(stc, draft) == 3
    page = officer.get(f"/van-ban/{draft}").text
    assert page.count("Khi văn bản trả lời phát hành, văn bản đến kết thúc xử lý.") == 3
    for found in letters:
        assert "Văn bản trả lời đang soạn" in officer.get(f"/van-ban/{found}").text
    with stc.inside():
        assert [one.id for one in answered_by(db.session.get(Document, draft))] == letters
    dispatch(stc, draft)
    assert [stc.status(found) for found in letters] == ["closed"] * 3
    assert [stc.ended(found) for found in letters] == ["end_finished"] * 3
    with stc.inside():
        sent = stc.app.extensions["tools"].blobs.read(message.sent_for(draft)[0].sha256)
        told = [one["code"] for one in edxml.read(sent, own_codes=["H38.01"]).response_for]
        ids = [db.session.get(Document, one).packet_id for one in letters]
    assert len(told) == 2 and all(ids[:2]) and ids[2] is None  # what came on paper has no name in the exchange
    assert officer.get(f"/van-ban/{draft}").text.count("Trả lời văn bản") >= 3
    assert officer.post(path, answers=[str(letters[1])], what="drop").status_code == 409  # it is out
    assert stc.faults() == []
    assert ("record", f"document:{draft}") in stc.faults("update also_answered set closes = false")


def test_art_8_1_of_several_each_is_kept_open_or_let_go_by_itself(stc):
    first, second, third = assigned(stc), assigned(stc), assigned(stc)
    draft, officer = stc.begin(), Browser(stc.app, "stc", "chuyenvien")
    path = f"/van-ban/{draft}/tra-loi"
    ids = [str(one) for one in (first, second, third)]
    assert officer.post(path, answers=ids, closes="1").status_code == 303
    assert officer.post(path, answers=ids[1], closes="").status_code == 303
    assert officer.post(path, answers=ids[2], what="drop").status_code == 303
    for who, answers, status in (("vanthu", ids[1], 404), ("chuyenvien2b", ids[1], 404), ("chuyenvien", "999", 404)):
        answer = Browser(stc.app, "stc", who).post(path, answers=answers, closes="1")
        assert answer.status_code == status, who
    assert said(stc, draft) == 5
    dispatch(stc, draft)
    assert [stc.status(one) for one in (first, second, third)] == ["closed", "assigned", "assigned"]
    assert stc.tasks(second) == stc.tasks(third) == ["handle"] and stc.faults() == []


def test_art_8_1_undone_before_dispatch_it_closes_nothing(stc):
    found, draft = assigned(stc), stc.begin()
    assert say(stc, draft, "chuyenvien", found, True) and say(stc, draft, "chuyenvien", found, False)
    dispatch(stc, draft)
    assert stc.tasks(found) == ["handle"] and stc.status(found) == "assigned"
    stc.handle(found)
    assert stc.ended(found) == "end_finished" and stc.faults() == []


def test_art_8_1_what_waits_for_its_answer_is_its_officers_again_when_that_closes_nothing(stc):
    found = assigned(stc)
    draft = stc.answer(found)
    assert stc.tasks(found) == []
    assert say(stc, draft, "chuyenvien", found, False)
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["handle"]
    assert say(stc, draft, "chuyenvien", found, True) and say(stc, draft, "chuyenvien", found, False)
    worker.run_due(stc.app)
    second = stc.answer(found)  # no word of the first one reaches what waits for the second
    worker.run_due(stc.app)
    assert stc.tasks(found) == [] and say(stc, draft, "chuyenvien", None, False)
    dispatch(stc, second)
    assert stc.ended(found) == "end_finished" and stc.faults() == []


def test_art_8_1_only_who_handles_it_says_that_an_answer_closes_it(stc):
    found = assigned(stc)
    clerk = Browser(stc.app, "stc", "vanthu")
    page = clerk.get(f"/van-ban/soan-thao?tra-loi={found}").text
    assert "Kết thúc văn bản đến khi văn bản này phát hành" not in page
    clerk.post("/van-ban/soan-thao", **{"tra-loi": str(found), "type_name": "Công văn", "purpose": "periodic_report",
                                        "scope": "between", "subject": "V/v thử", "how": "own", "closes": "1"})
    draft = stc.draft_of(found)
    with stc.inside():
        assert db.session.get(Document, draft).closes_answered is False
    with pytest.raises(NotToClose):
        say(stc, draft, "vanthu", found, True)
    for stranger in ("chuyenvien2b", "truongphong2"):
        with pytest.raises(NotFound):
            say(stc, draft, stranger, found, True)
    with pytest.raises(NotFound):
        say(stc, draft, "chuyenvien", None, False)  # not its author
    officer = Browser(stc.app, "stc", "chuyenvien")
    shown = officer.get(f"/van-ban/{found}").text
    assert "Kết thúc văn bản đến khi phát hành" in shown and f"/van-ban/{draft}/tra-loi" in shown
    assert say(stc, draft, "chuyenvien", found, True)
    assert not say(stc, draft, "chuyenvien", found, True)


def test_art_8_1_an_answer_that_comes_while_more_time_is_asked_for_closes_it_afterwards(stc):
    found, draft = assigned(stc), stc.begin()
    say(stc, draft, "chuyenvien", found, True)
    stc.handle(found, decision="extend", new_due_date=in_days(12), reason="Cần thêm số liệu")
    dispatch(stc, draft)
    assert stc.tasks(found) == ["extend"]
    stc.do("lanhdao", "extend", {"decision": "refuse", "reason": "Đã trả lời"}, found)
    assert stc.tasks(found) == ["handle"]
    with stc.inside():  # an hour has passed
        db.session.execute(db.text("update procrastinate_jobs set scheduled_at = now()"))
        db.session.commit()
    worker.run_due(stc.app)
    assert stc.ended(found) == "end_finished"


def test_art_8_1_no_drawing_goes_round_the_handling_by_an_answer_that_is_not_there(stc):
    found = assigned(stc)
    with stc.inside():
        from app.engine import act
        from app.engine import instance as instances
        with pytest.raises(answer.NotAnswered):
            act.receive_message(instances.of_document(found).id, "answered", {"answered_by": 1}, datetime.now(UTC))
    assert stc.tasks(found) == ["handle"]


def test_art_8_1_nobody_approves_an_answer_that_was_changed_behind_his_page(stc):
    """What the leader pressed on answered something else, or did not close it: his page is older than the draft."""
    found, draft = stc.take_in(), stc.begin()
    stc.verify(found)
    stc.assign(found)
    officer, leader = (Browser(stc.app, "stc", who) for who in ("chuyenvien", "lanhdao"))
    stc.draft(draft)
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, draft)
    for form in ({"closes": ""}, {"closes": "1"}, {"what": "drop"}, {"closes": "1"}):
        task = open_task(stc, "approve", draft)
        assert officer.post(f"/van-ban/{draft}/tra-loi", answers=[str(found)], **form).status_code == 303
        refused = leader.complete(task, decision="approve")
        assert refused.status_code == 409 and "đã thay đổi sau khi bạn mở trang" in refused.json["message"]
    task = open_task(stc, "approve", draft)
    officer.post(f"/van-ban/{draft}/tra-loi", answers=[str(found)], closes="1")  # said again, nothing changes
    assert leader.complete(task, decision="approve").status_code == 200 and stc.faults() == []
