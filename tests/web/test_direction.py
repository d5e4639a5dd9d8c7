"""Art. 7, 10.4, F-3c: urged, asked, answered, confirmed: beside the course of a document, whose token does not move."""

from datetime import date

import pytest
from doors import Browser
from steps import Office, day_off, in_days, quick

from app import worker
from app.db import db, tenancy
from app.engine import task as tasks
from app.engine.instance import of_document
from app.records import directive, history, notice, right
from app.records.calendar import local_date
from app.records.document import Document, NotFound, opinions
from app.regulation.assignment import urge
from app.web.moment import now


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def handled(stc):
    """A letter with an officer who handles it."""
    document = stc.take_in()
    stc.verify(document)
    stc.assign(document)
    return document


def told(office, username):
    with office.inside():
        return [(one.kind, one.text) for one in notice.open_for(office.user(username))]


def test_art_10_4_urging_is_an_act_and_lies_in_the_inbox_of_who_holds_it(stc, handled):
    leader = Browser(stc.app, "stc", "lanhdao")
    with stc.inside():
        before = of_document(handled).state
    for _ in range(2):  # a double click
        assert leader.post(f"/van-ban/{handled}/don-doc", text="Báo cáo ngay trong chiều nay").status_code == 303
    assert told(stc, "chuyenvien") == [("urged", "Báo cáo ngay trong chiều nay")]
    officer = Browser(stc.app, "stc", "chuyenvien")
    assert all("Báo cáo ngay trong chiều nay" in officer.get(page).text for page in ("/", "/viec", "/thong-bao"))
    assert officer.post(f"/van-ban/{handled}/don-doc", text="x").status_code == 404
    with stc.inside():
        assert [a.kind for a in history.course(f"document:{handled}")].count("urged") == 1
        assert of_document(handled).state == before, "no token moves"
        one = notice.open_for(stc.user("chuyenvien"))[0].id
        with pytest.raises(NotFound):
            urge.confirm(one, stc.user("chuyenvien2"), now())
    answer = officer.post("/thong-bao", notice=[str(one), "999999"])
    assert "đã xác nhận" in answer.text and "Không tìm thấy" in answer.text, "a result per item"
    assert told(stc, "chuyenvien") == []
    stc.handle(handled)
    with stc.inside(), pytest.raises(urge.NobodyToUrge):
        urge.urge(handled, stc.user("lanhdao"), "", now())


def test_art_10_4_urging_ends_with_the_work_that_it_was_about(stc, handled):
    leader, officer = Browser(stc.app, "stc", "lanhdao"), Browser(stc.app, "stc", "chuyenvien")
    leader.post(f"/van-ban/{handled}/don-doc", text="Báo cáo ngay")
    stc.handle(handled, decision="extend", new_due_date=in_days(30), reason="Chờ số liệu của các xã")
    assert told(stc, "chuyenvien") == [], "the leader has it now"
    assert officer.post(f"/van-ban/{handled}/rut-gia-han").status_code == 303
    for words in ("Báo cáo ngay", "Báo cáo ngay", "Nhắc lần nữa"):  # it stands again, once
        leader.post(f"/van-ban/{handled}/don-doc", text=words)
    assert [text for _, text in told(stc, "chuyenvien")] == ["Nhắc lần nữa", "Báo cáo ngay"]
    stc.handle(handled)
    worker.run_due(stc.app)
    assert stc.status(handled) == "closed" and told(stc, "chuyenvien") == []
    assert "Báo cáo ngay" not in officer.get("/viec").text and stc.faults() == []


@pytest.mark.parametrize("who", ["vanthu", "lanhdao"])
def test_art_10_4_who_has_given_the_work_back_is_urged_no_longer(stc, who):
    letter = stc.take_in()
    with stc.inside():
        task_id = stc.waiting("verify", letter).id
        tasks.claim(task_id, stc.user("vanthu"), now())
        db.session.commit()
    leader = Browser(stc.app, "stc", "lanhdao")
    assert leader.post(f"/van-ban/{letter}/don-doc", text="Vào sổ ngay").status_code == 303
    assert told(stc, "vanthu") == [("urged", "Vào sổ ngay")]
    with stc.inside():
        tasks.release(task_id, stc.user(who), now())
        db.session.commit()
    assert told(stc, "vanthu") == [] and stc.faults() == []


def test_f_3c_who_asks_another_and_so_lets_him_read_warns_the_leader_until_he_confirms(stc):
    letter = stc.take_in()
    stc.verify(letter)
    stc.assign(letter, co_handlers=[stc.id_of("chuyenvien2")])
    with stc.inside():
        asker, other, leader = (stc.user(one) for one in ("chuyenvien2", "chuyenvienb", "lanhdao"))
        said = f"{asker.full_name} hỏi ý kiến và mở quyền đọc cho {other.full_name}"
        for question in ("Xem giúp", "Hỏi thêm"):  # he reads already when he is asked again
            urge.ask(letter, asker, other.id, question, None, now())
        urge.ask(letter, leader, int(stc.id_of("chuyenvien2b")), "Ý kiến?", None, now())
    for who in ("lanhdao", "truongphong", "truongphong2"):  # and the heads of who asked and of who reads now
        assert told(stc, who) == [("rights", said)], "once, and never of what the leader did himself"
    assert Browser(stc.app, "stc", "lanhdao").get("/thong-bao").text.count(said) == 1
    assert stc.faults() == []


def test_art_7_an_opinion_is_asked_of_anybody_and_his_right_ends_with_the_answer(stc, handled):
    today = local_date(now())

    def reads(username):
        return right.may_read(stc.user(username), db.session.get(Document, handled), today)

    due = date.fromisoformat(in_days(1))
    with stc.inside():
        officer, other = stc.user("chuyenvien"), stc.user("chuyenvien2b")
        assert not reads("chuyenvien2b")
        assert urge.ask(handled, officer, other.id, "Ý kiến về dự toán?", due, now())
        assert not urge.ask(handled, officer, other.id, "Ý kiến về dự toán?", due, now())
        assert reads("chuyenvien2b")
        for to in (officer.id, 10**9, int(stc.id_of("quantri"))):
            with pytest.raises(urge.NotToAsk):
                urge.ask(handled, officer, to, "Hỏi", None, now())
            db.session.rollback()
        question = notice.open_for(other)[0].id
        with pytest.raises(urge.QuestionStands):
            urge.confirm(question, other, now())
        db.session.rollback()
        with pytest.raises(NotFound):
            urge.ask(handled, stc.user("chuyenvien2"), officer.id, "Không có quyền", None, now())
        db.session.rollback()
    page = Browser(stc.app, "stc", "chuyenvien2b")
    assert f'href="/van-ban/{handled}#opinion-text"' in page.get("/viec").text, "straight to where it is written"
    seen = page.get(f"/van-ban/{handled}").text
    assert seen.count("#opinion-text") == 1 and 'id="opinion-text"' in seen
    said = page.post(f"/van-ban/{handled}/y-kien", text="Nhất trí số liệu")
    assert said.status_code == 303 and said.location.endswith("/viec"), "the document is not his to read any more"
    with stc.inside():
        assert not reads("chuyenvien2b"), "the right ends with the answer"
        assert opinions(handled)[-1].text == "Nhất trí số liệu"
        assert stc.waiting("handle", handled).status == "open"
        assert [a.kind for a in history.course(f"document:{handled}")][-3:] == [
            "opinion_asked", "document_read", "opinion_given"]
    assert told(stc, "chuyenvien") == [("answered", "Nhất trí số liệu")] and told(stc, "chuyenvien2b") == []
    assert stc.faults() == []
    who = stc.id_of("chuyenvien2b")
    with stc.app.app_context(), tenancy.as_owner():  # S12: a right that ended, put back under its own id
        row = db.text("""insert into document_right (id, agency_id, document_id, kind, user_id)
            overriding system value select max(id) + 1, :agency, :document, 'handle', :who from document_right""")
        db.session.execute(row, {"agency": stc.agency_id, "document": handled, "who": who})
        db.session.commit()
        db.session.remove()
    assert set(stc.faults()) == {("record", f"document:{handled}")}


def test_art_7_an_answer_is_asked_for_by_a_working_day_and_the_next_is_taken_with_one_click(stc, handled):
    (off, after), leader = day_off(), Browser(stc.app, "stc", "lanhdao")
    asked = {"to": stc.id_of("chuyenvien2b"), "text": "Ý kiến về dự toán?"}
    refused = leader.post(f"/van-ban/{handled}/hoi-y-kien", due=off, **asked)
    assert refused.status_code == 422 and "là ngày nghỉ theo lịch làm việc" in refused.text
    assert f'name="instead" value="{after}"' in refused.text and "Ý kiến về dự toán?" in refused.text
    assert told(stc, "chuyenvien2b") == []
    assert leader.post(f"/van-ban/{handled}/hoi-y-kien", due=off, instead=after, **asked).status_code == 303
    with stc.inside():
        assert notice.open_for(stc.user("chuyenvien2b"))[0].due_date.isoformat() == after


def test_art_7_a_question_ends_with_its_document_and_both_learn_it(stc, handled):
    with stc.inside():
        asker, other = stc.user("lanhdao"), stc.user("chuyenvien2b")
        urge.ask(handled, asker, other.id, "Đủ kinh phí không?", None, now())
        question = notice.open_for(other)[0].id
    stc.handle(handled)
    for who in ("lanhdao", "chuyenvien2b"):
        assert told(stc, who) == [("over", "Đủ kinh phí không?")]
    with stc.inside():
        other = stc.user("chuyenvien2b")
        assert not right.may_read(other, db.session.get(Document, handled), local_date(now()))
    page = Browser(stc.app, "stc", "chuyenvien2b")
    late = page.post(f"/van-ban/{handled}/y-kien", text="Đủ")
    assert late.status_code == 409 and "không cần trả lời" in late.text
    with stc.inside():
        assert not urge.confirm(question, stc.user("chuyenvien2b"), now()), "it has ended"
        assert urge.confirm(notice.open_for(stc.user("chuyenvien2b"))[0].id, stc.user("chuyenvien2b"), now())
    assert told(stc, "chuyenvien2b") == [] and stc.faults() == []
    assert stc.ended(handled) == "end_finished"


def test_art_7_who_answers_keeps_what_the_assignment_gave_and_who_is_asked_reads_until_then(stc):
    letter = stc.take_in()
    stc.verify(letter)

    def reads(username):
        with stc.inside():
            return right.may_read(stc.user(username), db.session.get(Document, letter), local_date(now()))

    def asked(username):
        with stc.inside():
            urge.ask(letter, stc.user("lanhdao"), int(stc.id_of(username)), "Ý kiến?", None, now())

    asked("chuyenvien2b")
    stc.assign(letter, co_handlers=[stc.id_of("chuyenvien2")], readers=[stc.id_of("chuyenvien2b")])
    with stc.inside():
        urge.answer(letter, stc.user("chuyenvien2b"), "Nhất trí", now())
    assert reads("chuyenvien2b"), "the leader made him a reader meanwhile"
    asked("chuyenvien2")
    stc.handle(letter, decision="return", reason="Không thuộc nhiệm vụ")
    stc.assign(letter)
    assert not reads("chuyenvien2b") and reads("chuyenvien2"), "asked as who co-handled, and not yet answered"
    with stc.inside():
        urge.answer(letter, stc.user("chuyenvien2"), "Nhất trí", now())
    assert not reads("chuyenvien2") and stc.faults() == []


def test_art_7_directives_are_the_agencys_or_ones_own(stc):
    leader, head = Browser(stc.app, "stc", "lanhdao"), Browser(stc.app, "stc", "truongphong")
    for _ in range(2):
        assert leader.post("/mau-but-phe", text="Giao phòng chủ trì tham mưu", whose="agency").status_code == 303
    head.post("/mau-but-phe", text="Nghiên cứu, báo cáo tôi", whose="own")
    assert head.post("/mau-but-phe", text="Của cơ quan", whose="agency").status_code == 404
    with stc.inside():
        kept = {name: [one.text for one in directive.of(stc.user(name))] for name in ("lanhdao", "truongphong")}
        assert kept == {"lanhdao": ["Giao phòng chủ trì tham mưu"],
                        "truongphong": ["Nghiên cứu, báo cáo tôi", "Giao phòng chủ trì tham mưu"]}
        agencys = directive.of(stc.user("lanhdao"))[0].id
        assert [a.kind for a in history.course(f"directive:{stc.agency_id}")] == ["directive_changed"] * 2
    assert head.post(f"/mau-but-phe/{agencys}/bo").status_code == 404
    assert leader.post(f"/mau-but-phe/{agencys}/bo").status_code == 303


def test_art_7_many_are_given_for_information_each_in_its_own_act(stc):
    first, second, third = stc.take_in(), stc.take_in(), stc.take_in()
    for number, document in enumerate((first, second, third)):
        stc.verify(document, code_number=str(20 + number), subject=f"Thư số {number}")
    leader = Browser(stc.app, "stc", "lanhdao")
    with stc.inside():
        rows = {one: stc.waiting("assign", one) for one in (first, second)}
        asked = [f"{rows[first].id}.{rows[first].version}", f"{rows[second].id}.{rows[second].version + 5}"]
    assert "Thư số 2" in leader.get("/viec/nhieu").text and "theo ủy quyền" not in leader.get("/viec/nhieu").text
    delegate = Browser(stc.app, "stc", "truongphong")
    assert "(thay mặt Đinh Xuân Trường, theo ủy quyền)" in delegate.get("/viec/nhieu").text
    page = leader.post("/viec/nhieu", task=asked, directive="Để biết").text
    assert "chọn ít nhất một người" in page and f'value="{asked[0]}" checked' in page and 'value="Để biết"' in page
    assert stc.status(first) == "registered", "given to nobody, it is not finished"
    page = leader.post("/viec/nhieu", task=asked, readers=[stc.id_of("chuyenvien2")], directive="Để biết").text
    assert "Thư số 0: đã chuyển để biết" in page and "Thư số 1: Việc này đã thay đổi" in page
    worker_done(stc)
    assert [stc.status(one) for one in (first, second, third)] == ["closed", "registered", "registered"]
    late = leader.post("/viec/nhieu", task=asked[:1], readers=[stc.id_of("chuyenvien2")]).text
    assert "Thư số 0: Người khác đã làm việc này trước bạn" in late, "it is named though it waits no more"
    said = delegate.post("/viec/nhieu", task=["999999.1", f"{rows[second].id}.{rows[second].version}"],
                         readers=["abc"]).text
    assert "Văn bản thứ 1 đã đánh dấu: " in said and "Thư số 1 (thay mặt Đinh Xuân Trường, theo ủy quyền): " in said
    page = leader.post("/viec/nhieu", task=[f"{rows[second].id}.{rows[second].version}"], readers=["abc"]).text
    assert "Lựa chọn không có trong danh mục" in page and stc.tasks(second) == ["assign"]


def worker_done(office):
    worker.run_due(office.app)


def test_art_6_2_b_a_clerk_cancels_a_number_of_arrival_on_the_page_of_its_document(stc, world):
    document = stc.take_in()
    stc.verify(document)
    clerk, leader = Browser(world.app, "stc", "vanthu"), Browser(world.app, "stc", "lanhdao")
    page, cancel = f"/van-ban/{document}", f"/van-ban/{document}/huy-so-den"
    assert cancel in clerk.get(page).text and cancel not in leader.get(page).text
    assert leader.post(cancel, reason="Cấp nhầm sổ").status_code == 404
    assert clerk.post(cancel, reason="a").status_code == 422
    assert clerk.post(cancel, reason="Cấp nhầm sổ").status_code == 303
    assert clerk.post(cancel, reason="Cấp nhầm sổ").status_code == 409
    assert cancel not in clerk.get(page).text
    assert "Cấp nhầm sổ" in clerk.get("/so/den/doi-soat").text


def test_art_7_who_is_given_it_on_or_back_reads_why_at_his_task(stc):
    document = stc.take_in()
    stc.verify(document)
    with stc.inside():
        unit = f"unit:{stc.user('chuyenvien').unit_id}"
    stc.assign(document, handler_id=unit, due_date=in_days(28))

    def read(username):
        with stc.inside():
            place = f"/viec/{stc.waiting('handle', document).id}"
        return [part.partition("</p>")[0] for part in Browser(stc.app, "stc", username).get(place).text.split(
            '<blockquote class="directive"><p>')[1:]]

    assert read("truongphong") == ["Giao đồng chí xử lý"]
    stc.handle(document, "truongphong", decision="reassign", reason="Lấy số liệu quý III",
               handler_id=stc.id_of("chuyenvien"))
    assert read("chuyenvien") == ["Giao đồng chí xử lý", "Lấy số liệu quý III"]
    stc.handle(document, decision="return", reason="Không đúng lĩnh vực")
    assert read("truongphong") == ["Giao đồng chí xử lý", "Không đúng lĩnh vực"]
