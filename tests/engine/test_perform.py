"""Slow steps: tried again, then an incident that an administrator retries or sends back; twice is harmless."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fakes import FakeReader, pdf
from steps import Office, arrived, quick, send, signed_pdf

from app import worker
from app.db import db
from app.engine import act
from app.engine import instance as instances
from app.engine.perform import SlowWork
from app.records import history
from app.records.document import Document, NotFound
from app.refusal import Refusal
from app.regulation.incoming.recognise import Recognise
from app.tools.conversion import ConversionFailed
from app.tools.ocr import OcrFailed


class Failing:
    """A tool that fails some times, then works."""

    def __init__(self, tool, error, times):
        self.tool, self.error, self.left, self.calls = tool, error, times, 0

    def _call(self, name, *arguments):
        self.calls += 1
        self.left -= 1
        if self.left >= 0:
            raise self.error
        return getattr(self.tool, name)(*arguments)

    def open(self, *arguments):
        return self._call("open", *arguments)

    def to_pdf(self, *arguments):
        return self._call("to_pdf", *arguments)

    def close(self):
        pass


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def fit(office, **tools):
    office.app.extensions["tools"] = replace(office.app.extensions["tools"], **tools)


def work(office, name):
    with office.inside():
        row = db.session.scalars(db.select(SlowWork).where(SlowWork.name == name).order_by(SlowWork.id.desc())).first()
        return row.id, row.status, row.attempts


def test_a_passing_failure_is_tried_again(stc):
    reader = Failing(FakeReader(), OcrFailed(), 2)
    fit(stc, reader=reader)
    found = stc.take_in()
    assert stc.tasks(found) == ["verify"] and reader.calls == 3
    assert work(stc, "recognise")[1:] == ("recorded", 3)
    assert [k for k, e in stc.course(found) if e == "recognise"] == ["step_finished"]


@pytest.mark.parametrize("error", [OcrFailed(), ZeroDivisionError("secret")])
def test_after_the_last_attempt_an_administrator_sees_it_and_lets_it_try_again(stc, error):
    reader = Failing(FakeReader(), error, 4)
    fit(stc, reader=reader)
    found = stc.take_in()
    assert stc.tasks(found) == ["incident:recognise"] and reader.calls == 4
    with stc.inside():
        row = stc.incident(found)
        assert row.note.startswith("ocr_failed") if isinstance(error, Refusal) else row.note == "ZeroDivisionError"
        for who in ("vanthu", "lanhdao", "chuyenvien"):
            with pytest.raises(NotFound):
                act.retry(row.id, stc.user(who), "Đã sửa xong", datetime.now(UTC))
            db.session.rollback()
        act.retry(row.id, stc.user("quantri"), "Đã sửa xong", datetime.now(UTC))
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["verify"]
    stc.verify(found, decision="return", reason="Gửi nhầm", register_id=None)
    assert stc.ended(found) == "end_returned"
    kinds = [k for k, e in stc.course(found) if e == "recognise"]
    assert kinds == ["step_failed", "step_retried", "step_finished"]


def test_what_cannot_get_better_is_not_tried_again_and_goes_back_to_the_person_before(stc):
    converter = Failing(stc.app.extensions["tools"].converter, ConversionFailed(), 1)
    fit(stc, converter=converter)
    found = stc.begin()
    stc.approved(found)
    assert stc.tasks(found) == ["incident:complete"] and converter.calls == 1
    with stc.inside():
        act.send_back(stc.incident(found).id, stc.user("quantri"), "Tệp hỏng", datetime.now(UTC))
    assert stc.tasks(found) == ["approve"]
    stc.do("lanhdao", "approve", {"decision": "return", "opinion": "Nộp lại tệp"}, found)
    stc.cancel(found)
    assert stc.ended(found) == "end_cancelled"


def test_a_result_is_recorded_once_however_often_the_job_runs(stc):
    found = stc.take_in()
    work_id = work(stc, "recognise")[0]
    before = stc.course(found)
    worker.use(stc.app)
    worker.run_perform(agency_id=stc.agency_id, work_id=work_id)
    with stc.inside():
        assert act.finish_step(work_id, datetime.now(UTC)) is False
        act.fail_step(work_id, "late", datetime.now(UTC))
    assert stc.course(found) == before and stc.tasks(found) == ["verify"]
    assert work(stc, "recognise")[1] == "recorded"


def test_a_result_that_is_there_is_not_worked_for_again(stc):
    """The worker died between `work` and `record`: the next one finds the result and only records it."""
    reader = Failing(FakeReader(), OcrFailed(), 0)
    fit(stc, reader=reader)
    found = stc.hand_in("vanthu", pdf(1), "a.pdf")
    with stc.inside():
        db.session.execute(db.update(SlowWork).values(status="worked", found={"fields": {}, "pages": 7}, attempts=1))
        db.session.commit()
    worker.run_due(stc.app)
    assert reader.calls == 0 and stc.tasks(found) == ["verify"]
    with stc.inside():
        assert db.session.get(Document, found).page_amount == 7


def test_a_result_that_cannot_be_written_down_is_an_incident_too(stc, monkeypatch):
    def broken(self, act, found):
        raise ZeroDivisionError

    monkeypatch.setattr(Recognise, "record", broken)
    found = stc.take_in()
    assert stc.tasks(found) == ["incident:recognise"]
    monkeypatch.undo()
    with stc.inside():
        act.retry(stc.incident(found).id, stc.user("quantri"), "Đã sửa xong", datetime.now(UTC))
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["verify"]


def test_art_7_what_a_delegate_asked_for_is_done_in_the_same_name(stc):
    send(stc.app, signed_pdf(stc.app))
    found = arrived(stc)
    stc.verify(found)
    stc.assign(found, "truongphong")
    with stc.inside():
        done = [a for a in history.course(f"document:{found}") if a.kind == "step_finished"][-1]
        assert done.element == "report_assigned"
        assert (done.actor.username, done.on_behalf_of.username) == ("truongphong", "lanhdao")


@pytest.mark.parametrize("way", ["retry", "send_back"])
def test_one_incident_solved_leaves_the_other_one_open(stc, way):
    """Two branches of a procedure have failed; the instance runs again when both are mended."""
    fit(stc, converter=Failing(stc.app.extensions["tools"].converter, ConversionFailed(), 1))
    found = stc.begin()
    stc.approved(found)
    with stc.inside():
        row, admin = stc.incident(found), stc.user("quantri")
        other = SlowWork(agency_id=row.agency_id, instance_id=row.instance_id, element="other", occurrence=1,
                         name="complete", queue="conversion", asked={}, status="failed", asked_at=row.created_at)
        db.session.add(other)
        db.session.commit()
        now = datetime.now(UTC)
        act.retry(row.id, admin, "Đã sửa", now) if way == "retry" else act.send_back(row.id, admin, "Tệp hỏng", now)
        assert instances.of_document(found).status == "incident"


def test_work_that_kills_its_worker_each_time_becomes_an_incident(stc):
    found = stc.hand_in("vanthu", pdf(1), "a.pdf")
    with stc.inside():
        db.session.execute(db.update(SlowWork).values(attempts=4))
        db.session.commit()
    worker.run_due(stc.app)
    with stc.inside():
        assert stc.incident(found).note.startswith("WorkerDied")
