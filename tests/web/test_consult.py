"""Art. 8.1: opinions of several units and people at once on a draft, with a deadline; silence is told as silence."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from doors import Browser, open_task
from lxml import html
from steps import Office, day_off, draft, in_days, quick

from app import worker
from app.db import db
from app.engine.form import FormInvalid
from app.engine.reason import ReasonShort
from app.records import attachment, consultation, history, notice, right
from app.records.calendar import ZONE
from app.records.document import Document, NotFound
from app.records.notice import Notice
from app.refusal import Refusal
from app.regulation.drafting import consult, versions
from app.regulation.drafting.consult import NotConsulting

WHY = "Đã đủ ý kiến để hoàn thiện"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def unit_of(stc, who):
    with stc.inside():
        return f"unit:{stc.user(who).unit_id}"


def ask(stc, found, *holders, **other):
    """The officer asks these for their opinion on a file."""
    stc.draft(found, **{"decision": "consult", "opinion_holders": list(holders), "approver_id": None,
                        "opinion_due_date": in_days(3), "opinion_question": "Góp ý mục II", **other})


def answer(stc, found, who, **values):
    """One who was asked answers, at his own task."""
    with stc.inside():
        task = next(one for one in consult_tasks(found) if one.assignee.username == who)
        from app.engine import act
        act.complete_task(task.id, stc.user(who), task.version, values or {"decision": "agree"})


def consult_tasks(found):
    from app.engine import instance as instances
    from app.engine import task as tasks
    return [one for one in tasks.open_of(instances.of_document(found).id) if one.form_key == "give_opinion"]


def rows(stc, found):
    with stc.inside():
        return [(one.round, one.user.username, one.answer, one.is_silent) for one in consultation.of(found)]


def expire(stc, found, at):
    with stc.inside():
        return consult.expire(found, at)


def test_art_8_1_several_are_asked_at_once_and_their_opinions_stand_beside_the_version(stc):
    found = stc.begin()
    ask(stc, found, stc.id_of("chuyenvien2"), unit_of(stc, "truongphong2"), stc.id_of("lanhdao"))
    assert stc.tasks(found) == ["give_opinion"] * 3
    with stc.inside():
        for one in consult_tasks(found):
            assert one.due_at.astimezone(ZONE).hour == 17 and one.inbox_key == f"u{one.assignee_id}"
        reader = stc.user("chuyenvien2")
        assert right.may_read(reader, db.session.get(Document, found), datetime.now(UTC).date())
    with pytest.raises(FormInvalid):
        answer(stc, found, "chuyenvien2", decision="disagree", opinion="  ")
    sha256 = stc.upload("chuyenvien2", draft("Đã sửa"), "gop y.docx")
    answer(stc, found, "chuyenvien2", decision="remarks", opinion="Bổ sung số liệu", opinion_file=sha256)
    answer(stc, found, "truongphong2")
    assert stc.tasks(found) == ["give_opinion"]
    answer(stc, found, "lanhdao", decision="disagree", opinion="Chưa đúng thẩm quyền")
    assert stc.tasks(found) == ["draft"]
    stc.approved(found, draft_file=stc.upload("chuyenvien", draft("Đã tiếp thu"), "du thao.docx"))
    with stc.inside():
        first, second = versions.of(db.session.get(Document, found))
        assert {(one.kind, one.text) for one in first.said} == {
            ("remarks", "Bổ sung số liệu"), ("agree", "Nhất trí với dự thảo."), ("disagree", "Chưa đúng thẩm quyền")}
        assert {one.kind for one in second.said}.isdisjoint(consultation.ANSWERS)
        asked = consultation.of(found)
        assert {one.sha256 for one in asked} == {first.file.sha256} and [one.answer for one in asked] == [
            "remarks", "agree", "disagree"]
        assert [one.name for one in attachment.of(found) if one.kind == "opinion"] == ["gop y.docx"]
        told = db.session.scalars(db.select(Notice).where(Notice.kind == notice.ANSWERED)).one()
        assert "3 có ý kiến, 0 không có ý kiến" in told.text
        assert not right.may_read(stc.user("chuyenvien2"), db.session.get(Document, found), datetime.now(UTC).date())
    stc.sign(found)
    stc.seal(found)
    assert stc.faults() == []
    assert ("record", f"document:{found}") in stc.faults(
        "update consultation set answer = 'agree' where answer = 'disagree'")
    assert ("record", f"document:{found}") in stc.faults("delete from consultation where answer = 'remarks'")


def test_art_8_1_when_the_time_is_over_the_round_ends_by_itself_and_silence_is_told(stc):
    found = stc.begin()
    ask(stc, found, stc.id_of("chuyenvien2"), stc.id_of("truongphong2"))
    answer(stc, found, "truongphong2")
    with stc.inside():
        due = consultation.of(found)[0].due_at
        agency = stc.agency_id
    assert not expire(stc, found, due - timedelta(minutes=1)) and stc.tasks(found) == ["give_opinion"]
    worker.use(stc.app)
    worker.run_sweep(agency_id=agency)
    assert stc.tasks(found) == ["give_opinion"], "it is not late yet"
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: expire(stc, found, due + timedelta(minutes=1)), range(4))) == 1
    assert stc.tasks(found) == ["draft"]
    assert rows(stc, found) == [(1, "chuyenvien2", "", True), (1, "truongphong2", "agree", False)]
    page = Browser(stc.app, "stc", "chuyenvien").get(f"/van-ban/{found}").text
    assert "Không có ý kiến" in page and "Hết hạn, kết thúc lúc" in page
    with stc.inside():
        silent = stc.user("chuyenvien2").full_name
    author = Browser(stc.app, "stc", "chuyenvien")
    page = author.get(f"/viec/{open_task(stc, 'draft', found)[0]}").text
    [last] = html.fromstring(page).xpath("//section[@aria-labelledby='answered-heading']//li[last()]")
    assert "1 trên 2 đã trả lời" in page and silent in last.text_content() and "Không có ý kiến" in last.text_content()
    ask(stc, found, stc.id_of("chuyenvien2"), draft_file=stc.upload("chuyenvien", draft("Bản hai"), "b.docx"))
    answer(stc, found, "chuyenvien2")
    assert rows(stc, found)[2] == (2, "chuyenvien2", "agree", False)
    stc.cancel(found)
    assert stc.ended(found) == "end_cancelled"
    assert {check for check, _ in stc.faults()} == {"time"}, "the clock of this test was put forward"


def test_art_8_1_the_sweep_ends_rounds_whose_time_is_over(stc):
    found = stc.begin()
    ask(stc, found, stc.id_of("chuyenvien2"))
    with stc.inside():
        consultation.of(found)[0].due_at = datetime.now(UTC) - timedelta(minutes=1)
        db.session.commit()
    worker.use(stc.app)
    worker.run_sweep(agency_id=stc.agency_id)
    assert stc.tasks(found) == ["draft"] and rows(stc, found) == [(1, "chuyenvien2", "", True)]


def test_art_8_1_the_drafter_urges_and_ends_the_round_early_with_a_reason(stc):
    found = stc.begin()
    ask(stc, found, stc.id_of("chuyenvien2"), stc.id_of("truongphong2"))
    answer(stc, found, "truongphong2")
    author, other = Browser(stc.app, "stc", "chuyenvien"), Browser(stc.app, "stc", "chuyenvien2")
    path = f"/van-ban/{found}/y-kien-du-thao"
    assert author.post(f"{path}/don-doc").status_code == 303 and author.post(f"{path}/don-doc").status_code == 303
    with stc.inside():
        told = db.session.scalars(db.select(Notice).where(Notice.kind == notice.URGED)).all()
        assert [one.to_user.username for one in told] == ["chuyenvien2"], "once, and only who has not answered"
        assert [act.kind for act in history.course(f"document:{found}")].count("urged") == 1
    assert other.post(f"{path}/ket-thuc", reason=WHY).status_code == 409, "he was only asked"
    assert other.post(f"{path}/don-doc").status_code == 409
    assert Browser(stc.app, "stc", "chuyenvien2b").post(f"{path}/ket-thuc", reason=WHY).status_code == 404
    with stc.inside(), pytest.raises(ReasonShort):
        consult.end(found, stc.user("chuyenvien"), "xong", datetime.now(UTC))

    def end(_):
        try:
            with stc.inside():
                consult.end(found, stc.user("chuyenvien"), WHY, datetime.now(UTC))
            return True
        except (NotConsulting, NotFound):
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(end, range(4))) == 1
    assert stc.tasks(found) == ["draft"] and rows(stc, found)[0] == (1, "chuyenvien2", "", True)
    assert WHY in author.get(f"/van-ban/{found}").text
    with pytest.raises((Refusal, StopIteration)):  # too late
        answer(stc, found, "chuyenvien2")
    assert stc.faults() == []


def test_art_8_1_who_can_be_asked_and_until_when(stc):
    found, person = stc.begin(), stc.id_of("truongphong2")

    def wrong(*holders, **other):
        with pytest.raises(FormInvalid) as raised:
            ask(stc, found, *holders, **other)
        return set(raised.value.errors)

    assert wrong() == {"opinion_holders"}
    assert wrong(stc.id_of("chuyenvien")) == {"opinion_holders"}, "oneself"
    assert wrong(person, unit_of(stc, "truongphong2")) == {"opinion_holders"}, "the same head twice"
    assert wrong("999999") == {"opinion_holders"}
    assert wrong(person, opinion_due_date=in_days(-1)) == {"opinion_due_date"}
    assert wrong(person, opinion_due_date=None) == {"opinion_due_date"}
    assert wrong(person, opinion_due_date=day_off()[0]) == {"opinion_due_date"}
    assert stc.tasks(found) == ["draft"] and rows(stc, found) == [] and stc.files(found) == []


def test_art_8_1_nobody_is_asked_by_default_and_the_pages_say_what_was_asked(stc):
    plain, found = stc.begin(), stc.begin()
    stc.approved(plain)
    assert stc.tasks(plain) == ["sign_by_leader"] and rows(stc, plain) == []
    ask(stc, found, stc.id_of("chuyenvien2"), unit_of(stc, "truongphong2"))
    reader = Browser(stc.app, "stc", "chuyenvien2")
    with stc.inside():
        task = next(one.id for one in consult_tasks(found) if one.assignee.username == "chuyenvien2")
    assert "Góp ý mục II" in reader.get(f"/viec/{task}").text
    answer(stc, found, "chuyenvien2", decision="remarks", opinion="Bổ sung số liệu")
    page = html.fromstring(Browser(stc.app, "stc", "chuyenvien").get(f"/van-ban/{found}/phien-ban").text)
    version = page.xpath("//ol[contains(@class, 'versions')]/li")[0].text_content()
    assert "1 trên 2 đã trả lời" in version and "Chưa trả lời" in version and "Nhất trí, có ý kiến thêm" in version
    assert open_task(stc, "give_opinion", found)


def test_art_8_1_who_drafts_reviews_and_approves_reads_every_answer_who_does_not_agree_first(stc):
    found = stc.begin()
    ask(stc, found, stc.id_of("chuyenvien2"), unit_of(stc, "truongphong2"), stc.id_of("lanhdao"))
    answer(stc, found, "lanhdao")
    answer(stc, found, "truongphong2", decision="disagree", opinion="Sai căn cứ pháp lý")
    answer(stc, found, "chuyenvien2", decision="remarks", opinion="Bổ sung nguồn")

    def told(who, form):
        page = html.fromstring(Browser(stc.app, "stc", who).get(f"/viec/{open_task(stc, form, found)[0]}").text)
        [section] = page.xpath("//div[@id='pane-form']//section[@aria-labelledby='answered-heading']")
        assert not page.xpath("//div[@id='pane-form']//blockquote[contains(., 'Bổ sung nguồn')]"), "said once"
        return [" ".join(one.text_content().split()) for one in section.xpath(".//li")], section.text_content()

    first, words = told("chuyenvien", "draft")
    assert "Không nhất trí" in first[0] and first[0].endswith("Sai căn cứ pháp lý")
    assert first[1].endswith("Bổ sung nguồn") and first[2].endswith("Nhất trí với dự thảo.")
    assert "Dự thảo đã sửa" not in words
    stc.draft(found, draft_file=stc.upload("chuyenvien", draft("Đã tiếp thu"), "du thao.docx"))
    seen, words = told("truongphong", "review")
    assert seen == first and "Dự thảo đã sửa sau lần lấy ý kiến này." in words
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    assert told("lanhdao", "approve")[0] == first
