"""Art. 10.4: who is late is named each working day: urged himself, and told to the leader who directed."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from fakes import pdf
from steps import Office, arrived, in_days, quick, send

from app import worker
from app.engine import act as acts
from app.engine import instance as instances
from app.records import calendar, deadline, history, notice
from app.regulation.assignment import urge
from app.regulation.oversight import late


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def morning(day: date) -> datetime:
    return datetime.combine(day, time(8), calendar.ZONE)


def test_art_10_4_who_is_late_is_urged_once_a_working_day_and_the_leader_learns_who(stc):
    found = stc.take_in()
    stc.verify(found)
    with stc.inside():
        due, after, then = (calendar.local_date(calendar.due_at(calendar.local_date(datetime.now(UTC)), n))
                            for n in (2, 3, 4))
        name = stc.user("chuyenvien").full_name
    stc.assign(found, due_date=due.isoformat())
    with stc.inside():
        assert late.documents(morning(due)) == [] and late.documents(morning(after)) == [found]
        off = after + timedelta(days=5 - after.weekday() if after.weekday() < 5 else 0)
        assert late.documents(morning(off)) == [], "nobody is urged on a day off"
        before = instances.of_document(found).state
        assert [late.urge(found, morning(after)) for _ in range(2)] == [2, 0], "two clocks urge once"
        told = {who: [(one.id, one.kind, one.text) for one in notice.open_for(stc.user(who))]
                for who in ("chuyenvien", "lanhdao", "vanthu")}
        (mine, kind, said), (own, other, named) = told["chuyenvien"][0], told["lanhdao"][0]
        assert (kind, other) == (notice.URGED, notice.LATE) and told["vanthu"] == []
        assert f"{due:%d/%m/%Y}" in said and name in named
        act = history.course(f"document:{found}")[-1]
        assert (act.kind, act.actor_id, act.label) == ("urged", None, f"Trễ hạn: {name}")
        assert instances.of_document(found).state == before, "no token moves"
        assert stc.waiting("handle", found).reminded_at is not None
        for one in (mine, own):
            row = notice.find(one, stc.user("chuyenvien" if one == mine else "lanhdao"))
            row.done_at = morning(after)
        assert late.urge(found, morning(after)) == 0, "confirmed today: again tomorrow"
        assert late.urge(found, morning(then)) == 2
    stc.handle(found)
    with stc.inside():
        assert late.documents(morning(then)) == []


def test_art_6_3_b_the_leader_has_his_time_and_the_clerk_another_from_the_word_on(stc):
    send(stc.app, pdf(33))  # urgent: half an hour each
    found, half = arrived(stc), timedelta(minutes=deadline.URGENT_MINUTES)
    with stc.inside():
        word = morning(calendar.local_date(calendar.due_at(calendar.local_date(datetime.now(UTC)), 8)))
        row = stc.waiting("decide_unsigned", found)
        assert abs(row.due_at - row.created_at - half) < timedelta(minutes=1) and late.documents(word) == [found]
        acts.complete_task(row.id, stc.user("lanhdao"), row.version, {"decision": "accept"}, at=word)
    with stc.inside():
        assert stc.waiting("verify", found).due_at == word + half and late.documents(word) == []
    assert {check for check, _ in stc.faults()} <= {"time"}, "the word is of a day to come"


def test_art_10_4_the_clock_urges_by_a_job(stc):
    found = stc.take_in()  # the clerks have it
    worker.use(stc.app)
    worker.run_urge(agency_id=stc.agency_id)
    with stc.inside():
        assert notice.open_for(stc.user("vanthu")) == [], "not late yet"
        assert stc.waiting("verify", found).due_at is not None
        assert [one.username for one in late.holders(stc.waiting("verify", found))] == ["vanthu"]


def test_art_7_who_co_handles_is_urged_by_his_own_deadline_until_he_has_said_his_part(stc):
    found = stc.take_in()
    stc.verify(found)
    with stc.inside():
        unit = f"unit:{stc.user('chuyenvien2').unit_id}"
        due, after, last = (calendar.local_date(calendar.due_at(calendar.local_date(datetime.now(UTC)), n))
                            for n in (2, 3, 9))
    stc.assign(found, due_date=last.isoformat(), co_handlers=[unit, stc.id_of("chuyenvienb")], own_dues=[
        {"holder": unit, "own_due_date": due.isoformat()},
        {"holder": stc.id_of("chuyenvienb"), "own_due_date": last.isoformat()}])
    with stc.inside():
        head, officer, leader = (stc.user(one) for one in ("truongphong2", "chuyenvien", "lanhdao"))
        assert late.documents(morning(due)) == [] and late.documents(morning(after)) == [found]
        assert [late.urge(found, morning(after)) for _ in range(2)] == [2, 0], "the head of the unit, and the leader"
        said = [(one.kind, one.text) for one in notice.open_for(head)]
        assert said == [(notice.URGED, f"Quá hạn từ {due:%d/%m/%Y}: Phối hợp xử lý")]
        assert [one.kind for one in notice.open_for(leader)] == [notice.LATE]
        assert notice.open_for(officer) == [], "who leads has time"
        document = stc.waiting("handle", found).document
        today = calendar.local_date(datetime.now(UTC))
        assert {one.username for one in urge.to_urge(leader, document, today)} == {
            "chuyenvien", "chuyenvienb", "truongphong2"}
        assert [one.username for one in urge.to_urge(head, document, today)] == [], "not the people of other units"
    stc.handle(found, decision="reassign", handler_id=stc.id_of("truongphong"), reason="Trưởng phòng trực tiếp xử lý")
    with stc.inside():
        head = stc.user("truongphong2")
        assert [one.kind for one in notice.open_for(head)] == [notice.URGED], "his part is still owed"
        urge.answer(found, stc.user("chuyenvien2"), "Nhất trí, phòng không có ý kiến thêm.", datetime.now(UTC))
        assert notice.open_for(head) == [], "any of the unit answers for it"
        assert late.documents(morning(after)) == []
    stc.handle(found, "truongphong")
    with stc.inside():
        assert late.documents(morning(last + timedelta(days=30))) == [], "nobody owes a part of what is handled"
    assert {kind for kind, _ in stc.faults()} <= {"time"}, "only the morning that has not come"


def test_art_7_who_was_asked_by_a_day_is_urged_until_he_answers_and_who_asked_learns_it(stc):
    found = stc.take_in()
    stc.verify(found)
    with stc.inside():
        due, after, last = (calendar.local_date(calendar.due_at(calendar.local_date(datetime.now(UTC)), n))
                            for n in (2, 3, 9))
    stc.assign(found, due_date=last.isoformat())
    with stc.inside():
        asker, other, leader = (stc.user(one) for one in ("chuyenvien", "chuyenvien2", "lanhdao"))
        urge.ask(found, asker, other.id, "Đủ kinh phí không?", due, datetime.now(UTC))
        urge.ask(found, asker, int(stc.id_of("chuyenvienb")), "Có ý kiến gì không?", None, datetime.now(UTC))
        assert late.documents(morning(due)) == [] and late.documents(morning(after)) == [found]
        assert [late.urge(found, morning(after)) for _ in range(2)] == [2, 0], "who was asked, and who asked"
        said = f"Quá hạn từ {due:%d/%m/%Y}: Trả lời ý kiến"
        assert (notice.URGED, said) in [(one.kind, one.text) for one in notice.open_for(other)]
        assert [one.kind for one in notice.open_for(asker)] == [notice.LATE]
        assert notice.LATE not in [one.kind for one in notice.open_for(leader)], "it was the officer's question"
        document, today = stc.waiting("handle", found).document, calendar.local_date(datetime.now(UTC))
        assert {one.username for one in urge.to_urge(leader, document, today)} == {"chuyenvien", "chuyenvien2"}
        assert [one.username for one in urge.to_urge(stc.user("truongphong2"), document, today)] == ["chuyenvien2"]
    stc.handle(found, decision="extend", new_due_date=in_days(30), reason="Chờ số liệu của các xã")
    with stc.inside():
        assert notice.URGED in [one.kind for one in notice.open_for(stc.user("chuyenvien2"))], "still to be answered"
        urge.answer(found, stc.user("chuyenvien2"), "Đủ.", datetime.now(UTC))
        assert notice.open_for(stc.user("chuyenvien2")) == []
        assert late.documents(morning(after)) == [] or not notice.awaited(found)
    assert {kind for kind, _ in stc.faults()} <= {"time"}, "only the morning that has not come"


def test_art_10_4_what_was_told_of_the_late_ends_with_the_document(stc):
    found = stc.take_in()
    stc.verify(found)
    with stc.inside():
        due, after = (calendar.local_date(calendar.due_at(calendar.local_date(datetime.now(UTC)), n)) for n in (2, 3))
    stc.assign(found, due_date=due.isoformat())
    with stc.inside():
        urge.ask(found, stc.user("lanhdao"), int(stc.id_of("chuyenvien2")), "Đủ không?", due, datetime.now(UTC))
        late.urge(found, morning(after))
        assert {one.kind for one in notice.open_for(stc.user("lanhdao"))} == {notice.LATE}
    stc.handle(found)
    with stc.inside():
        assert [one.kind for who in ("lanhdao", "chuyenvien", "chuyenvien2")
                for one in notice.open_for(stc.user(who))] == [notice.OVER] * 2, "only that the question is over"
