"""One act = one transaction: all of it or nothing, one at a time, by whoever was first."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from fakes import pdf
from steps import Office, quick

from app.db import db
from app.engine import act, diagram, step, task
from app.engine import instance as instances
from app.engine.diagram import DiagramMissing
from app.engine.form import FormInvalid
from app.records import history, register
from app.records.attachment import Attachment
from app.records.document import Document, NotFound
from app.records.history import Act


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def counted(office):
    """How much there is: acts, documents, files, jobs, numbers given."""
    with office.inside():
        return [db.session.scalar(db.select(db.func.count()).select_from(t))
                for t in (Act, Document, Attachment, db.text("procrastinate_jobs"), register.RegisterEntry)]


def at_once(*things):
    """Each thing in a thread of its own, all begun together: what each gave or raised."""
    begin, found = threading.Barrier(len(things)), [None] * len(things)

    def run(place, thing):
        begin.wait()
        try:
            found[place] = thing()
        except Exception as error:
            found[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(things)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_double_click_completes_once(stc):
    found = stc.take_in()
    with stc.inside():
        row = stc.waiting("verify", found)
        task_id, version = row.id, row.version

    def click():
        with stc.inside():
            return act.complete_task(task_id, stc.user("vanthu"), version, {
                "decision": "return", "reason": "Gửi nhầm", "organ_name": "UBND", "type_name": "Công văn",
                "subject": "Thử", "priority": "0"})

    before = counted(stc)
    first, second = sorted(at_once(click, click), key=lambda found: isinstance(found, Exception))
    assert isinstance(first, act.Outcome)
    assert isinstance(second, task.TaskTaken) and second.status == 409
    assert second.facts["who"] == "Trịnh Thị Hoa" and second.facts["done"]
    assert datetime.fromisoformat(second.facts["when"]) <= datetime.now(UTC)
    assert counted(stc)[0] == before[0] + 1
    assert stc.ended(found) == "end_returned"


def test_two_people_on_one_task_the_second_hears_who_was_first(stc):
    """The leader and whom he delegated (Art. 7) assign at the same moment, differently."""
    found = stc.take_in()
    stc.verify(found)
    with stc.inside():
        row = stc.waiting("assign", found)
        task_id, version = row.id, row.version
    handlers = {who: stc.id_of(who) for who in ("chuyenvien", "chuyenvien2")}

    def assign(who, handler):
        with stc.inside():
            act.complete_task(task_id, stc.user(who), version, {"decision": "assign", "handler_id": handlers[handler]})
            return who

    done = at_once(lambda: assign("lanhdao", "chuyenvien"), lambda: assign("truongphong", "chuyenvien2"))
    (first,) = [one for one in done if isinstance(one, str)]
    (refusal,) = [one for one in done if isinstance(one, task.TaskTaken)]
    assert refusal.facts["who"] == {"lanhdao": "Đinh Xuân Trường", "truongphong": "Phan Văn Hùng"}[first]
    with stc.inside():
        handler = stc.waiting("handle", found).assignee_id
    assert str(handler) == handlers[{"lanhdao": "chuyenvien", "truongphong": "chuyenvien2"}[first]]
    assert [e for k, e in stc.course(found) if k == "task_completed"].count("assign") == 1


def test_who_waited_for_the_lock_sees_the_document_as_it_became(stc):
    found = stc.take_in()
    with stc.inside():
        row = stc.waiting("verify", found)
        task_id, instance_id = row.id, row.instance_id

    def through(lock):
        with stc.inside():
            return lock().document.subject

    locks = [lambda: instances.locked(instance_id), lambda: instances.lock_of_document(found),
             lambda: act._locked_with(task_id)[0]]
    for place, lock in enumerate(locks):
        with ThreadPoolExecutor() as pool, stc.inside():
            instances.locked(instance_id).document.subject = f"Lần {place}"
            db.session.flush()
            waits = pool.submit(through, lock)
            while not db.session.scalar(db.text(
                    "select count(*) from pg_locks where not granted and locktype in ('transactionid', 'tuple')")):
                assert not waits.done()
            db.session.commit()
            assert waits.result() == f"Lần {place}"


def test_a_page_older_than_the_task_is_refused(stc):
    found = stc.take_in()
    with stc.inside():
        row, user = stc.waiting("verify", found), stc.user("vanthu")
        task_id, version = row.id, row.version
        task.save_draft(task_id, user, {"subject": "Đang gõ"}, version, datetime.now(UTC))
        db.session.commit()
    with stc.inside(), pytest.raises(task.StaleTask):
        act.complete_task(task_id, stc.user("vanthu"), version, {})
    with stc.inside():  # what was typed is still there
        assert stc.waiting("verify", found).draft == {"subject": "Đang gõ"}


def test_invalid_values_change_nothing(stc):
    found = stc.take_in()
    before = counted(stc)
    with pytest.raises(FormInvalid) as raised:
        stc.do("vanthu", "verify", {"decision": "register", "subject": "x" * 501, "unknown": 1}, found)
    assert {"subject", "unknown", "register_id", "organ_name"} <= raised.value.facts["errors"].keys()
    assert counted(stc) == before and stc.tasks(found) == ["verify"]


def test_people_without_the_task_find_nothing(stc):
    found = stc.take_in()
    with stc.inside():
        row = stc.waiting("verify", found)
        task_id, version = row.id, row.version
        for who in ("chuyenvien", "lanhdao", "quantri", "thanhtra"):
            with pytest.raises(NotFound):
                act.complete_task(task_id, stc.user(who), version, {"decision": "return"})
            db.session.rollback()
    other = Office(stc.app, "snv")
    with other.inside(), pytest.raises(NotFound):
        act.complete_task(task_id, other.user("vanthu"), version, {"decision": "return"})
    assert stc.tasks(found) == ["verify"]


def test_a_step_that_breaks_takes_the_whole_act_with_it(stc, monkeypatch):
    """The number taken before the break is free again, and no job is left behind (Art. 6.2.b)."""
    found = stc.take_in()
    before = counted(stc)

    def broken(act):
        raise ZeroDivisionError

    monkeypatch.setitem(step._steps, "forward", broken)
    with pytest.raises(ZeroDivisionError):
        stc.verify(found)
    assert counted(stc) == before and stc.tasks(found) == ["verify"] and stc.status(found) == "arrived"
    monkeypatch.undo()
    stc.verify(found)
    with stc.inside():
        assert db.session.get(Document, found).arrival_number == 1
        assert history.faults(f"document:{found}") == []


def test_a_step_whose_program_is_missing_is_refused_by_name(stc, monkeypatch):
    found = stc.take_in()
    monkeypatch.delitem(step._steps, "enter")
    with pytest.raises(step.StepUnknown) as raised:
        stc.verify(found)
    assert raised.value.facts["name"] == "enter" and stc.tasks(found) == ["verify"]


def test_without_a_published_diagram_nothing_starts(stc):
    with stc.inside():
        db.session.execute(db.update(diagram.Release).values(status="retired"))
        db.session.commit()
    before = counted(stc)
    sha256 = stc.upload("vanthu", pdf(1), "a.pdf")
    assert sha256
    with pytest.raises(DiagramMissing):
        stc.hand_in("vanthu", pdf(1), "a.pdf")
    assert counted(stc) == before


def test_a_running_document_stays_on_its_release(stc):
    found = stc.take_in()
    with stc.inside():
        old = instances.of_document(found).release.sha256
        text = diagram.in_force("incoming")
        drawing = diagram.bundle(text).drawing.replace("Quét văn bản giấy".encode(), "Quét giấy đến".encode())
        diagram.publish(stc.agency_id, {"bpmn:incoming": drawing}, at=datetime.now(UTC), user_id=None, note="Bản mới")
        db.session.commit()
    newer = stc.take_in()
    with stc.inside():
        assert instances.of_document(found).release.sha256 == old
        assert instances.of_document(newer).release.sha256 != old
        assert diagram.publish(stc.agency_id, {"bpmn:incoming": drawing}, at=datetime.now(UTC), user_id=None,
                               note="Bản mới") == []
    stc.verify(found, decision="return", reason="Gửi nhầm", register_id=None)
    assert stc.ended(found) == "end_returned"


def test_a_message_nobody_waits_for_changes_nothing(stc):
    found = stc.take_in()
    before = counted(stc)
    with stc.inside():
        assert not act.receive_message(instances.of_document(found).id, "answered", {}, datetime.now(UTC))
        assert not act.fire_timers(instances.of_document(found).id, datetime.now(UTC))
    assert counted(stc) == before
