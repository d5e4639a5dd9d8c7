"""The inbox: who may see, take and give back a task (Art. 7, 10.4), and what is urgent or late."""

from datetime import UTC, date, datetime, timedelta

import pytest
from steps import Office, in_days, quick

from app.db import db
from app.engine import instance as instances
from app.engine import task
from app.records import history, right
from app.records.calendar import local_date
from app.records.document import NotFound
from app.records.people import Delegation


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def box(office, who, name="mine", **other):
    """The documents in a person's inbox, in order."""
    other.setdefault("at", datetime.now(UTC))
    with office.inside():
        return [row.document_id for row in task.inbox(office.user(who), name, **other).rows]


def until(office, day: date):
    """The one delegation of the agency ends."""
    with office.inside():
        row = db.session.scalars(db.select(Delegation)).one()
        row.from_date, row.until_date = day - timedelta(days=5), day
        db.session.commit()


def test_art_7_whom_the_leader_delegated_assigns_in_his_name(stc):
    found = stc.take_in()
    stc.verify(found)
    assert box(stc, "truongphong") == [found] and box(stc, "truongphong2") == []
    stc.assign(found, "truongphong")
    with stc.inside():
        act = next(a for a in history.course(f"document:{found}") if a.element == "assign")
        assert (act.actor.username, act.on_behalf_of.username) == ("truongphong", "lanhdao")
        assert stc.waiting("handle", found)
    stc.handle(found)
    assert stc.ended(found) == "end_finished"


def test_art_7_after_the_last_day_the_delegate_may_not(stc):
    today = local_date(datetime.now(UTC))
    found = stc.take_in()
    stc.verify(found)
    until(stc, today)
    assert box(stc, "truongphong") == [found]  # the last day counts
    until(stc, today - timedelta(days=1))
    assert box(stc, "truongphong") == []
    with pytest.raises(NotFound):
        stc.assign(found, "truongphong")
    stc.assign(found)
    assert stc.tasks(found) == ["handle"]


def test_art_7_a_delegate_who_claimed_in_time_may_not_finish_late(stc):
    found = stc.take_in()
    stc.verify(found)
    today = local_date(datetime.now(UTC))
    with stc.inside():
        task.claim(stc.waiting("assign", found).id, stc.user("truongphong"), datetime.now(UTC))
        db.session.commit()
    until(stc, today - timedelta(days=2))
    with pytest.raises(NotFound):
        stc.assign(found, "truongphong")
    assert box(stc, "lanhdao") == [found]
    stc.assign(found)  # the leader is not kept from it
    assert stc.tasks(found) == ["handle"]


def test_art_7_a_delegate_whose_days_are_over_sees_nothing_of_what_he_claimed(stc):
    found, at = stc.take_in(), datetime.now(UTC)
    stc.verify(found)
    with stc.inside():
        row = task.claim(stc.waiting("assign", found).id, stc.user("truongphong"), at)
        db.session.commit()
        task_id, version = row.id, row.version
    until(stc, local_date(at) - timedelta(days=1))
    for door in (lambda user: task.find(task_id, user, at), lambda user: task.release(task_id, user, at),
                 lambda user: task.claim(task_id, user, at),
                 lambda user: task.save_draft(task_id, user, {"directive": "muộn"}, version, at)):
        with stc.inside(), pytest.raises(NotFound):
            door(stc.user("truongphong"))


def test_what_an_absent_person_holds_a_leader_or_an_administrator_gives_back(stc):
    found, at = stc.take_in(), datetime.now(UTC)
    stc.verify(found)
    for who in ("pholanhdao", "quantri"):
        with stc.inside():
            task_id = task.claim(stc.waiting("assign", found).id, stc.user("truongphong"), at).id
            db.session.commit()
        for other in ("chuyenvien", "vanthu", "thanhtra"):
            with stc.inside(), pytest.raises(NotFound):
                task.release(task_id, stc.user(other), at)
        with stc.inside():
            assert task.release(task_id, stc.user(who), at).claimed_by_id is None
            db.session.commit()
    with stc.inside(), pytest.raises(NotFound):  # there is nothing to free, and nothing for him to learn
        task.release(task_id, stc.user("quantri"), at)
    stc.assign(found)
    with stc.inside(), pytest.raises(task.TaskTaken):
        task.release(task_id, stc.user("quantri"), at)


def test_the_claim_of_a_closed_account_holds_nobody_up(stc):
    found = stc.take_in()
    stc.verify(found)
    with stc.inside():
        task.claim(stc.waiting("assign", found).id, stc.user("truongphong"), datetime.now(UTC))
        stc.user("truongphong").is_active = False
        db.session.commit()
    stc.assign(found)
    assert stc.tasks(found) == ["handle"]


def test_claimed_by_one_it_is_closed_to_the_others_until_given_back(stc):
    found = stc.take_in()
    stc.verify(found)
    now = datetime.now(UTC)
    with stc.inside():
        task_id = stc.waiting("assign", found).id
        task.claim(task_id, stc.user("lanhdao"), now)
        task.claim(task_id, stc.user("lanhdao"), now)  # again is harmless
        db.session.commit()
    with stc.inside(), pytest.raises(task.TaskTaken) as raised:
        task.claim(task_id, stc.user("truongphong"), now)
    assert raised.value.facts == {"who": "Đinh Xuân Trường", "when": None, "done": False}
    with stc.inside(), pytest.raises(task.TaskTaken):
        task.release(task_id, stc.user("truongphong"), now)
    with stc.inside():
        task.release(task_id, stc.user("lanhdao"), now)
        task.claim(task_id, stc.user("truongphong"), now)
        db.session.commit()
    stc.assign(found, "truongphong")
    acted = [kind for kind, element in stc.course(found) if element == "assign"]
    assert acted == ["task_claimed", "task_released", "task_claimed", "task_completed"], "a claim again is no act"
    assert stc.faults() == []


def test_a_task_of_a_unit_is_for_its_people(stc):
    found = stc.begin()
    stc.draft(found)
    with stc.inside():
        assert stc.waiting("review", found).inbox_key == f"head@{stc.user('truongphong').unit_id}"
    assert box(stc, "truongphong") == [found] and box(stc, "truongphong2") == []
    assert box(stc, "truongphong", "unit") == [found] and box(stc, "chuyenvienb", "unit") == []
    with stc.inside(), pytest.raises(NotFound):
        task.claim(stc.waiting("review", found).id, stc.user("chuyenvienb"), datetime.now(UTC))


def test_art_10_4_urgent_first_and_late_seen(stc):
    slow, fast = stc.take_in(), stc.take_in()
    stc.verify(fast, priority="3")
    stc.verify(slow, subject="Việc thường")
    assert box(stc, "lanhdao") == [fast, slow]
    assert box(stc, "lanhdao", words="việc thường") == [slow]
    stc.assign(slow, due_date=in_days(1))
    later = datetime.now(UTC) + timedelta(days=20)
    assert box(stc, "chuyenvien", "overdue") == [] and box(stc, "chuyenvien", "overdue", at=later) == [slow]
    with stc.inside():
        counts = task.counts(stc.user("lanhdao"), later)
        assert (counts["mine"], counts["urgent"]) == (1, 1)
        assert task.counts(stc.user("chuyenvien"), later)["overdue"] == 1


def test_pages_of_an_inbox_follow_each_other(stc):
    made = [stc.take_in() for _ in range(5)]
    with stc.inside():
        clerk, now, seen, after = stc.user("vanthu"), datetime.now(UTC), [], None
        for _ in range(3):
            page = task.inbox(clerk, "mine", at=now, after=after, limit=2)
            seen += [row.document_id for row in page.rows]
            after = page.next
    assert seen == made[::-1] and after is None


def test_what_was_typed_is_kept_and_gone_when_done(stc):
    found = stc.take_in()
    with stc.inside():
        row, clerk = stc.waiting("verify", found), stc.user("vanthu")
        version = task.save_draft(row.id, clerk, {"subject": "Đang"}, row.version, datetime.now(UTC))
        db.session.commit()
        with pytest.raises(task.StaleTask):  # another page of the same person saved since
            task.save_draft(row.id, clerk, {"subject": "Khác"}, version - 1, datetime.now(UTC))
    stc.verify(found)
    with stc.inside():
        done = db.session.scalars(db.select(task.Task).where(task.Task.form_key == "verify")).one()
        assert (done.status, done.draft, done.done_by.username) == ("done", None, "vanthu")
        assert len(task.open_of(instances.of_document(found).id)) == 1


def test_art_8_2_a_head_follows_the_work_of_his_unit_and_an_officer_does_not(stc):
    found = stc.take_in()
    stc.verify(found)
    stc.assign(found)
    with stc.inside():
        now = datetime.now(UTC)
        head, officer, other = stc.user("truongphong"), stc.user("chuyenvienb"), stc.user("truongphong2")
        row = stc.waiting("handle", found)
        assert [t.id for t in task.inbox(head, "unit", at=now).rows] == [row.id]
        assert task.find(row.id, head, now).id == row.id and not task.may_act(row, head, local_date(now))
        assert right.find(found, head, local_date(now)).id == found
        for door in (task.claim, task.release):
            with pytest.raises(NotFound):
                door(row.id, head, now)
        with pytest.raises(NotFound):
            task.save_draft(row.id, head, {"result": "của người khác"}, row.version, now)
        assert row.draft is None
        assert task.inbox(officer, "unit", at=now).rows == [] and task.inbox(other, "unit", at=now).rows == []
        for stranger in (officer, other):
            with pytest.raises(NotFound):
                task.find(row.id, stranger, now)
            with pytest.raises(NotFound):
                right.find(found, stranger, local_date(now))


def test_a_head_without_a_unit_reads_nothing_of_others_without_one(stc):
    found = stc.take_in()
    stc.verify(found)
    stc.assign(found)
    with stc.inside():
        head = stc.user("truongphong2")
        head.unit_id = stc.user("chuyenvien").unit_id = None
        db.session.commit()
        with pytest.raises(NotFound):
            right.find(found, head, local_date(datetime.now(UTC)))
