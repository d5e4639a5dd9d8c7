"""Jobs: one that fails does not take the others with it, and is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from fakes import pdf
from sqlalchemy.exc import OperationalError
from steps import Office, fetch, quick, send, this_year

from app import worker
from app.db import db, tenancy
from app.engine import act
from app.engine import instance as instances
from app.engine.diagram import DiagramMissing
from app.records import history, register
from app.records.calendar import ZONE
from app.records.document import Document
from app.regulation.incoming import receive
from app.regulation.oversight import given_up


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def failing_once(function, error):
    """The function, but its first call raises."""
    left = [error]

    def call(*arguments, **named):
        if left:
            raise left.pop()
        return function(*arguments, **named)

    return call


def test_a_job_during_which_the_database_goes_away_runs_again(stc, monkeypatch):
    monkeypatch.setattr(act, "finish_step", failing_once(act.finish_step, OperationalError("", {}, Exception("away"))))
    found = stc.take_in()
    assert stc.tasks(found) == []
    with stc.inside():
        job = db.session.execute(db.text("select status::text, attempts, scheduled_at from procrastinate_jobs")).one()
        assert (job.status, job.attempts) == ("todo", 1) and job.scheduled_at > datetime.now(UTC)
        db.session.execute(db.text("update procrastinate_jobs set scheduled_at = now()"))
        db.session.commit()
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["verify"]


def test_a_packet_that_cannot_be_taken_does_not_stop_the_next(stc, monkeypatch):
    monkeypatch.setattr(receive, "arrive", failing_once(receive.arrive, ZeroDivisionError()))
    send(stc.app, pdf(1), number="21")
    send(stc.app, pdf(2), number="22")

    def there():
        with stc.inside():
            return sorted(db.session.scalars(db.select(Document.code_number)))

    assert there() == ["21", "22"]  # the first one at the second look
    fetch(stc.app, "stc")
    assert there() == ["21", "22"]


def test_timers_of_one_document_that_fail_do_not_stop_those_of_another(stc, monkeypatch):
    first, second = stc.take_in(), stc.take_in()
    for found in (first, second):
        stc.verify(found)
    with stc.inside():
        broken = instances.of_document(first).id
        real = act.fire_timers

    def fire(instance_id, at):
        if instance_id == broken:
            raise ZeroDivisionError
        return real(instance_id, at)

    monkeypatch.setattr(act, "fire_timers", fire)
    monkeypatch.setattr(worker, "_now", lambda: datetime.now(UTC) + timedelta(days=2))
    worker.use(stc.app)
    worker.run_wake(agency_id=stc.agency_id)
    with stc.inside():
        assert stc.waiting("assign", second).reminded_at and not stc.waiting("assign", first).reminded_at


def test_the_clock_asks_once_for_each_agency_that_has_something_due(stc):
    from app import clock

    assert clock.wake_due(stc.app) == 0
    found = stc.take_in()
    stc.verify(found)
    with stc.app.app_context(), tenancy.as_owner():
        db.session.execute(db.text("update instance set wake_at = now() where wake_at is not null"))
        db.session.commit()
        db.session.remove()
    assert clock.wake_due(stc.app) == 1 and clock.wake_due(stc.app) == 1
    assert clock.tick(stc.app, "fetch", "exchange") == 8 and clock.tick(stc.app, "fetch", "exchange") == 0
    with stc.inside():
        jobs = db.session.execute(db.text(
            "select task_name, count(*) from procrastinate_jobs where status = 'todo' group by 1")).all()
    assert dict(map(tuple, jobs)) == {"wake": 1, "fetch": 8}


def test_nd_30_d22_a_new_year_s_registers_are_there_before_anybody_chooses_one(stc, monkeypatch):
    """The clerk's form names its register: one that opened with the first number would never open."""
    def books():
        with stc.inside():
            return [(one.kind, one.name) for kind in register.KINDS
                    for one in register.open_registers(kind, this_year() + 1)]

    new_year = datetime(this_year() + 1, 1, 1, tzinfo=ZONE)
    both = [("incoming", "Sổ văn bản đến"), ("outgoing", "Sổ văn bản đi")]
    for at, expected in ((new_year - timedelta(seconds=1), []), (new_year, both), (new_year + timedelta(days=1), both)):
        monkeypatch.setattr(worker, "_now", lambda at=at: at)
        worker.use(stc.app)
        worker.run_sweep(stc.agency_id)
        assert books() == expected
    with stc.inside():
        told = db.session.scalars(db.select(history.Act).where(history.Act.kind == "register_opened")).all()
        assert len(told) == 2 and {one.actor_id for one in told} == {None}


def test_slow_work_whose_job_was_given_up_gets_a_job_again(stc, monkeypatch):
    monkeypatch.setattr(act, "finish_step", failing_once(act.finish_step, OperationalError("", {}, Exception("away"))))
    found = stc.take_in()
    with stc.inside():
        db.session.execute(db.text("update procrastinate_jobs set status = 'failed'"))
        db.session.commit()
    worker.run_sweep(stc.agency_id)
    worker.run_due(stc.app)
    assert stc.tasks(found) == []  # too young: its job may just be between two states
    with stc.inside():
        db.session.execute(db.text("update slow_work set asked_at = now() - interval '1 hour'"))
        db.session.commit()
    worker.run_sweep(stc.agency_id)
    worker.run_sweep(stc.agency_id)
    with stc.inside():
        assert db.session.scalar(db.text("select count(*) from procrastinate_jobs where status = 'todo'")) == 1
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["verify"]


def test_a_timer_that_fails_gives_way_to_the_others(stc, monkeypatch):
    found = stc.take_in()
    stc.verify(found)
    monkeypatch.setattr(act, "fire_timers", failing_once(act.fire_timers, ZeroDivisionError()))
    monkeypatch.setattr(worker, "_now", lambda: datetime.now(UTC) + timedelta(days=2))
    worker.use(stc.app)
    worker.run_wake(agency_id=stc.agency_id)
    worker.run_wake(agency_id=stc.agency_id)
    with stc.inside():
        assert not stc.waiting("assign", found).reminded_at
        assert instances.of_document(found).wake_at > worker._now()
    monkeypatch.setattr(worker, "_now", lambda: datetime.now(UTC) + timedelta(days=3))
    worker.run_wake(agency_id=stc.agency_id)
    with stc.inside():
        assert stc.waiting("assign", found).reminded_at


def test_an_answer_that_could_not_start_starts_when_the_cause_is_gone(stc, monkeypatch, caplog):
    found = stc.take_in()
    stc.verify(found)
    stc.assign(found)
    real, broken = act.start, []

    def start(*arguments, **named):
        broken.append(1)
        raise DiagramMissing()

    monkeypatch.setattr(act, "start", start)
    stc.handle(found, decision="answer", answer_type_name="Công văn", answer_purpose="periodic_report")
    assert broken and "run_start" in caplog.text
    with stc.inside():
        db.session.execute(db.text("update procrastinate_jobs set status = 'failed' where task_name = 'start'"))
        db.session.commit()
    monkeypatch.setattr(act, "start", real)
    worker.run_sweep(stc.agency_id)
    assert "given up" in caplog.text
    assert stc.said(stc.draft_of(found)) == [("warning", given_up.WORDS)]
    worker.run_due(stc.app)
    assert stc.tasks(stc.draft_of(found)) == ["draft"]
