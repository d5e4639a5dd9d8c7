"""Art. 4: how a document is exchanged is shown with its clause, by the table of its day; a clerk asks for the other."""

from datetime import UTC, date, datetime

import pytest
from doors import Browser, open_task
from steps import Office, draft, quick

from app.db import db
from app.engine import diagram, instance, replay
from app.records import history
from app.records.document import Document, opinions
from app.regulation import exchange_form
from app.regulation.drafting import other_form

REASON = "Nơi nhận chưa ký số được"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def ask(office, found, form="hybrid", who="vanthu", reason=REASON):
    with office.inside():
        return other_form.ask(found, office.user(who), form, reason, datetime.now(UTC))


def kept(office, found):
    with office.inside():
        one = db.session.get(Document, found)
        return one.exchange_form, one.exchange_clause, instance.of_document(found).key


def test_art_4_the_row_of_the_day_decides_and_stays_with_the_document(stc):
    found, clerk = stc.begin(purpose="to_know"), Browser(stc.app, "stc", "vanthu")
    page = clerk.get("/hinh-thuc-trao-doi").text
    assert "Từ ngày 15/01/2018 trở đi" in page and "Điều 4.1.c" in page and "Không áp dụng vào ngày này" not in page
    editor = Browser(stc.app, "stc", "chanhvanphong")
    assert "Sửa bảng" not in page and "Sửa bảng" in editor.get("/hinh-thuc-trao-doi").text
    assert clerk.get("/hinh-thuc-trao-doi?ngay=2018-01-14").text.count("Không áp dụng vào ngày này") == 24
    assert clerk.get("/hinh-thuc-trao-doi?ngay=x").status_code == 404
    clerk.client.set_cookie("ngon_ngu", "en")
    assert "From 15/01/2018 on" in clerk.get("/hinh-thuc-trao-doi").text
    with stc.inside():
        text = diagram.texts_in_force()["dmn:exchange_form"].decode()
        ended = text.replace('&gt;= date("2018-01-15")', '[date("2018-01-15")..date("2019-12-31")]').replace(
            "chỉ để biết", "chỉ để xem")
        diagram.publish(stc.agency_id, {"dmn:exchange_form": ended.encode()}, at=datetime.now(UTC), note="Hết hạn",
                        credit=diagram.Credit(reason="Hết giai đoạn"))
        db.session.commit()
        assert exchange_form.verdict("Công văn", "to_know", "between", date(2019, 12, 31)).clause == "Điều 4.1.b"
        assert exchange_form.verdict("Công văn", "to_know", "between", date(2020, 1, 1)).clause == "Điều 4.2"
        document = db.session.get(Document, found)
        assert document.exchange_rule == "rule_b_to_know"
        table = exchange_form.decided(document)
        assert table.clause == "Điều 4.1.b" and "chỉ để biết" in table.words, "the words of the table of its day"
    assert kept(stc, stc.begin(purpose="to_know")) == ("hybrid", "Điều 4.2", "outgoing_hybrid")
    author = Browser(stc.app, "stc", "chuyenvien")
    shown = author.get(f"/viec/{open_task(stc, 'draft', found)[0]}").text
    assert "(Điều 4.1.b)" in shown and "chỉ để biết" in shown and "Đổi hình thức" in shown


def test_art_4_the_clerk_asks_for_the_other_form_and_the_draft_goes_on_by_its_procedure(stc):
    found, clerk = stc.begin(), Browser(stc.app, "stc", "vanthu")
    assert "Đổi hình thức" in clerk.get(f"/van-ban/{found}").text
    stc.draft(found)
    assert clerk.post(f"/van-ban/{found}/hinh-thuc", form="hybrid", reason="ok").status_code == 303
    assert "ít nhất 5 ký tự" in clerk.get(f"/van-ban/{found}").text and kept(stc, found)[0] == "electronic"
    stc.do("truongphong", "review", {"decision": "accept"}, found)
    for who in ("chuyenvien", "truongphong"):  # it is not in the author's hand any more; nor ever in the head's
        with pytest.raises(other_form.FormFixed):
            ask(stc, found, who=who)
    task = open_task(stc, "approve", found)
    assert [clerk.post(f"/van-ban/{found}/hinh-thuc", form="hybrid", reason=REASON).status_code for _ in range(2)] == [
        303, 303]
    assert kept(stc, found) == ("hybrid", "theo đề nghị", "outgoing_hybrid")
    kinds = [kind for kind, _ in stc.course(found)]
    assert kinds.count("exchange_form_changed") == 1, "a double click"
    with stc.inside():
        assert opinions(found)[-1].text.startswith("Đề nghị gửi cả văn bản giấy và văn bản điện tử; Điều 4.1.b: chỉ")
    leader = Browser(stc.app, "stc", "lanhdao")
    shown = leader.get(f"/viec/{open_task(stc, 'approve', found)[0]}").text
    assert REASON in shown and "theo đề nghị" in shown and "Theo bảng quyết định" in shown
    assert leader.complete(task, decision="approve").status_code == 409, "the page that was open is of the other form"
    assert leader.complete(open_task(stc, "approve", found), decision="approve").status_code == 200
    assert stc.tasks(found) == ["sign_paper"]
    with pytest.raises(other_form.FormFixed):
        ask(stc, found, "electronic")
    assert stc.faults() == []
    with stc.inside():
        assert replay.replay(instance.of_document(found)).difference == ""
        act = next(one for one in history.course(f"document:{found}") if one.kind == "exchange_form_changed")
        assert act.label == "" and act.actor_id == stc.user("vanthu").id


def test_art_4_a_form_asked_for_is_taken_back_and_nothing_is_changed_where_something_was_done(stc):
    found = stc.begin()
    assert ask(stc, found, who="chuyenvien") and not ask(stc, found)
    assert ask(stc, found, "electronic", reason="Nơi nhận đã ký số được")
    assert kept(stc, found) == ("electronic", "Điều 4.1.b", "outgoing_electronic")
    for wrong in ("postal", ""):
        with pytest.raises(other_form.FormFixed):
            ask(stc, found, wrong)
    stc.approved(found)
    stc.do("lanhdao", "sign_by_leader", {"decision": "refuse", "reason": "Sai số liệu"}, found)
    assert stc.tasks(found) == ["draft"]
    with pytest.raises(other_form.FormFixed) as refused:  # it had a number by the other procedure
        ask(stc, found)
    assert "không còn trong bản mới" in refused.value.facts["message"]
    assert kept(stc, found)[0] == "electronic" and stc.faults() == []


def test_art_4_where_the_form_is_fixed_the_page_says_why_and_what_leads_on(stc):
    found, clerk = stc.begin("other"), Browser(stc.app, "stc", "vanthu")
    assert kept(stc, found)[0] == "hybrid"
    stc.approved(found)
    shown = clerk.get(f"/viec/{open_task(stc, 'sign_paper', found)[0]}").text
    assert "bản giấy có thể đã ký" in shown and "Đổi hình thức" not in shown
    stc.do("vanthu", "sign_paper", {"decision": "not_signed", "reason": "Chỉ cần gửi điện tử"}, found)
    author = Browser(stc.app, "stc", "chuyenvien")
    shown = author.get(f"/viec/{open_task(stc, 'draft', found)[0]}").text
    assert "rồi trả lại" in shown and "Đổi hình thức" not in shown, "nobody is offered what is refused"
    with pytest.raises(other_form.FormFixed):
        ask(stc, found, "electronic")
    stc.cancel(found)
    again = stc.begin("other")
    assert ask(stc, again, "electronic"), "what the page says leads there"
    stc.approved(again)
    assert stc.tasks(again) == ["sign_by_leader"]
    assert "cấp số để ký số" in author.get(f"/van-ban/{again}").text
    assert "cấp số để ký số" not in Browser(stc.app, "stc", "truongphong").get(f"/van-ban/{again}").text
    assert stc.faults() == []


def test_art_4_what_was_begun_within_the_agency_goes_to_no_other_without_its_paper(stc):
    """The verdict of 4.1.a holds within the agency; between agencies the same document is hybrid (4.2)."""
    author = Browser(stc.app, "stc", "chuyenvien")
    begun = author.post("/van-ban/soan-thao", type_name="Kế hoạch", purpose="steering", scope="internal",
                        subject="V/v thử", how="own")
    with stc.inside():
        found = db.session.scalars(db.select(Document.id).order_by(Document.id.desc())).first()
    assert begun.status_code == 302 and kept(stc, found)[:2] == ("electronic", "Điều 4.1.a")
    sha256 = stc.upload("chuyenvien", draft("Nội dung"), "du thao.docx")
    values = {"subject": "V/v thử", "addressees": ["H38.07"], "recipients": [], "priority": "0",
              "approver_id": stc.id_of("lanhdao"), "draft_file": sha256, "decision": "submit"}
    answer = author.complete(open_task(stc, "draft", found), **values)
    assert answer.status_code == 422 and "Điều 4.2: đề nghị hình thức" in answer.json["errors"]["addressees"][0]
    ask(stc, found, who="chuyenvien")  # the paper goes, too
    assert kept(stc, found)[0] == "hybrid"
    assert author.complete(open_task(stc, "draft", found), **values).status_code == 200
