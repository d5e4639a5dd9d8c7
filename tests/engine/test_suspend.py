"""A suspended instance stands still whatever happens around it, and goes on as if nothing had (Art. 10.2)."""

from datetime import UTC, datetime, timedelta

import pytest
from steps import Office, quick

from app import worker
from app.db import db
from app.engine import act, obligation, suspend
from app.engine import instance as instances
from app.engine.instance import InstanceSuspended
from app.engine.perform import SlowWork
from app.engine.reason import ReasonNeeded
from app.engine.replay import replay
from app.records import milestone, register


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def now():
    return datetime.now(UTC)


def hold(office, document_id, reason="Bản quy trình có lỗi"):
    with office.inside():
        return suspend.suspend(instances.of_document(document_id).id, office.user("quantri"), reason, now())


def let_go(office, document_id):
    with office.inside():
        done = suspend.resume(instances.of_document(document_id).id, office.user("quantri"), "Đã sửa", now())
    worker.run_due(office.app)
    return done


def replayed(office, document_id):
    with office.inside():
        instance = instances.of_document(document_id)
        found = replay(instance)
        assert found.difference == "" and found.acts == instance.acts
    return True


def test_nothing_moves_a_suspended_instance_and_deadlines_stay(stc):
    found = stc.take_in()
    stc.verify(found)
    with stc.inside():
        instance, row = instances.of_document(found), stc.waiting("assign", found)
        due, task_due, key = instance.wake_at, row.due_at, row.id
    assert due and task_due
    assert hold(stc, found) and not hold(stc, found, "lần hai")
    with pytest.raises(InstanceSuspended) as raised:
        stc.assign(found)
    assert raised.value.status == 409 and raised.value.facts["reason"] == "Bản quy trình có lỗi"
    with stc.inside():
        instance = instances.of_document(found)
        assert instance.wake_at is None, "the clock does not ask for it"
        assert not act.fire_timers(instance.id, due + timedelta(days=1))
        assert not act.receive_message(instance.id, "answered", {}, now())
        of, agency = instance.id, stc.agency_id
        jobs = db.text("select count(*) from procrastinate_jobs where task_name = 'deliver'")
        before = db.session.scalar(jobs)
        db.session.rollback()
    worker.use(stc.app)
    worker.run_deliver(agency_id=agency, instance_id=of, message="answered", payload={},
                       attempt=worker.DELIVERY_ATTEMPTS)
    with stc.inside():
        assert db.session.scalar(jobs) == before + 1, "a message waits as long as the suspension lasts"
        instance = instances.of_document(found)
        assert suspend.paused([instance.id]) == {instance.id: "Bản quy trình có lỗi"}
    assert let_go(stc, found) and not let_go(stc, found)
    with stc.inside():
        instance, row = instances.of_document(found), stc.waiting("assign", found)
        assert instance.wake_at == due and (row.id, row.due_at) == (key, task_due)
        assert instance.status == "running" and instance.suspended_at is None
    assert stc.fire(found, due)
    stc.assign(found)
    assert replayed(stc, found) and stc.tasks(found) == ["handle"]
    assert [kind for kind, _ in stc.course(found)].count("instance_suspended") == 1


def test_slow_work_of_a_suspended_instance_waits_and_is_recorded_when_it_goes_on(stc):
    found = stc.begin()
    stc.draft(found)
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    stc.do("lanhdao", "approve", {"decision": "approve"}, found)
    assert hold(stc, found)
    worker.run_due(stc.app)  # the job comes, and nothing goes out
    with stc.inside():
        work = db.session.scalars(db.select(SlowWork).order_by(SlowWork.id.desc()).limit(1)).one()
        assert (work.name, work.status, work.attempts) == ("complete", "asked", 0)
        work.status, work.found = "worked", None  # as when the worker was in the midst of it
        key = work.id
        db.session.commit()
        assert not act.finish_step(key, now()) and db.session.get(SlowWork, key).status == "worked"
        work = db.session.get(SlowWork, key)
        work.status = "asked"
        db.session.commit()
    assert let_go(stc, found)
    assert stc.tasks(found) == ["sign_by_leader"] and replayed(stc, found)


def test_an_incident_stays_one_through_a_suspension(stc):
    found = stc.begin()
    stc.draft(found)
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    stc.do("lanhdao", "approve", {"decision": "approve"}, found)
    with stc.inside():
        key = db.session.scalar(db.select(SlowWork.id).where(SlowWork.name == "complete"))
    assert hold(stc, found)
    with stc.inside():
        act.fail_step(key, "conversion_missing: x", now())  # it failed while the instance was being suspended
        instance, row = instances.of_document(found), stc.incident(found)
        assert (instance.status, instance.condition) == ("suspended", "incident")
        with pytest.raises(InstanceSuspended):
            act.retry(row.id, stc.user("quantri"), "Đã sửa xong", now())
        db.session.rollback()
    assert let_go(stc, found)
    with stc.inside():
        assert instances.of_document(found).status == "incident"
        act.retry(stc.incident(found).id, stc.user("quantri"), "Đã sửa xong", now())
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["sign_by_leader"] and replayed(stc, found)


def test_nd_30_article_15_a_cancelled_instance_gives_its_number_up_with_the_reason(stc):
    found = stc.begin()
    stc.approved(found)
    with stc.inside():
        instance = instances.of_document(found)
        number = instance.document.code_number
        assert number and suspend.cancel(instance.id, stc.user("lanhdao"), "Bản quy trình bỏ sót một bước", now())
        assert not suspend.cancel(instance.id, stc.user("lanhdao"), "Hai lần", now())
        entry = db.session.scalars(db.select(register.RegisterEntry).where(
            register.RegisterEntry.document_id == found)).one()
        assert entry.voided_at and entry.void_reason == "Bản quy trình bỏ sót một bước"
        instance = instances.of_document(found)
        assert (instance.status, instance.document.status, instance.document.code_number) == \
            ("cancelled", "cancelled", "")
        assert not {"number", "complete"} & milestone.standing(found).keys() and instance.wake_at is None
        with pytest.raises(suspend.InstanceEnded):
            suspend.suspend(instance.id, stc.user("quantri"), "x", now())
        db.session.rollback()
    assert not stc.tasks(found) and replayed(stc, found)


def test_what_was_sent_and_what_came_in_is_not_cancelled(stc):
    came = stc.take_in()
    with stc.inside(), pytest.raises(suspend.NotCancellable):
        suspend.cancel(instances.of_document(came).id, stc.user("lanhdao"), "Không cần", now())
    with stc.inside(), pytest.raises(ReasonNeeded):
        suspend.suspend(instances.of_document(came).id, stc.user("quantri"), "  ", now())
    sent = stc.begin()
    stc.approved(sent)
    stc.sign(sent)
    stc.seal(sent)
    with stc.inside(), pytest.raises(obligation.TooLate):
        suspend.cancel(instances.of_document(sent).id, stc.user("lanhdao"), "Không cần", now())
    with stc.inside():
        assert instances.of_document(sent).status == "running"
