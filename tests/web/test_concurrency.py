"""S6, S11 over HTTP: two at once, a stale page, a double click, and a step that fails until its program is there."""

import logging
import threading
from dataclasses import replace

import pytest
from doors import Browser, count, open_task
from fakes import FakeConverter
from steps import Office, draft, quick

from app import worker
from app.db import db
from app.engine.perform import SlowWork
from app.engine.task import Task
from app.records import history
from app.records.document import Document
from app.records.people import User
from app.records.register import RegisterEntry
from app.tools.soffice import ConversionMissing


@pytest.fixture
def office(world):
    quick(world.app)
    return Office(world.app)


def at_once(*calls):
    """What the calls return, all begun together."""
    found, gate = [None] * len(calls), threading.Barrier(len(calls))

    def run(index, call):
        gate.wait()
        found[index] = call()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def second_clerk(office):
    """Another clerk of the agency."""
    with office.inside():
        first = office.user("vanthu")
        db.session.add(User(agency_id=first.agency_id, username="vanthu2", full_name="Lò Văn Pín", position="Văn thư",
                            roles=["clerk"], unit_id=first.unit_id, password_hash="-", must_change_password=False))
        db.session.commit()
    return Browser(office.app, "stc", "vanthu2")


def completed(office, document, element):
    """How often the element was completed."""
    with office.inside():
        return sum(a.kind == "task_completed" and a.element == element for a in history.course(f"document:{document}"))


def test_two_people_at_once_one_is_first_and_the_other_hears_who(office):
    """Art. 7: the leader and whom he delegated; both press at the same moment, both twice."""
    document = office.take_in()
    office.verify(document)
    task, values = open_task(office, "assign", document), {"decision": "assign", "directive": "Giao xử lý",
                                                            "handler_id": office.id_of("chuyenvien")}
    leader, delegate = Browser(office.app, "stc", "lanhdao"), Browser(office.app, "stc", "truongphong")
    browsers = {"Đinh Xuân Trường": leader, "Phan Văn Hùng": delegate}
    assert all(browser.token for browser in browsers.values())
    answers = at_once(*[lambda b=b: b.complete(task, **values) for b in (leader, delegate, leader, delegate)])
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409], [a.text for a in answers]
    with office.inside():
        winner = db.session.get(Task, task[0]).done_by.full_name
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json["who"] == winner in browsers and answer.json["when"]
            assert "trước" in answer.json["message"]
    assert completed(office, document, "assign") == 1
    page = leader.get(f"/viec/{task[0]}")
    assert page.status_code == 200 and "Việc này đã xong" in page.text and winner in page.text
    for door in ("nhan", "tra"):
        page = leader.post(f"/viec/{task[0]}/{door}")
        assert page.status_code == 409 and winner in page.text and "đã làm trước" in page.text


def test_a_draft_over_a_newer_one_is_refused_and_the_newer_stays(office):
    document = office.take_in()
    first, second = Browser(office.app, "stc", "vanthu"), second_clerk(office)
    task = open_task(office, "verify", document)
    assert first.post(f"/viec/{task[0]}/nhan").status_code == 302
    task = open_task(office, "verify", document)
    newer = first.save(task, subject="bản mới hơn").json["version"]
    for answer in (first.save(task, subject="bản cũ"), first.complete(task, decision="register")):
        assert answer.status_code == 409 and answer.json["message"]
        assert answer.json["who"] == "Trịnh Thị Hoa" and answer.json["when"], answer.json
    task = (task[0], newer)
    for answer in (second.save(task, subject="của người khác"), second.complete(task, decision="x")):
        assert answer.status_code == 409 and answer.json["who"] == "Trịnh Thị Hoa", answer.json
    with office.inside():
        assert db.session.get(Task, task[0]).draft == {"subject": "bản mới hơn"}
    assert first.save(task, subject="tiếp").status_code == 200


def test_drafts_saved_at_once_lose_none_unseen(office):
    """Of several pages that save over the same version one is kept; the others are told."""
    task = open_task(office, "verify", office.take_in())
    clerk = Browser(office.app, "stc", "vanthu")
    assert clerk.token
    answers = at_once(*[lambda n=n: clerk.save(task, subject=f"bản {n}") for n in range(4)])
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    kept = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
    with office.inside():
        assert db.session.get(Task, task[0]).draft == {"subject": f"bản {kept}"}


def test_art_6_1_two_clerks_registering_at_once_get_two_numbers(office):
    documents = [office.take_in() for _ in range(4)]
    first, second = Browser(office.app, "stc", "vanthu"), second_clerk(office)
    assert first.token and second.token
    tasks = [open_task(office, "verify", document) for document in documents]
    with office.inside():
        book = str(db.session.scalar(db.text("select max(id) from register where kind = 'incoming'")))
    values = {"organ_name": "Ủy ban nhân dân tỉnh", "type_name": "Công văn", "subject": "Về việc", "priority": "0",
              "register_id": book, "leader_id": office.id_of("lanhdao"), "decision": "register"}
    answers = at_once(*[lambda b=b, t=t: b.complete(t, **values)
                        for b, t in zip((first, second) * 2, tasks, strict=True)])
    assert [answer.status_code for answer in answers] == [200] * 4, [answer.text for answer in answers]
    with office.inside():
        numbers = db.session.scalars(db.select(RegisterEntry.number).order_by(RegisterEntry.number)).all()
    assert numbers == [1, 2, 3, 4]


class Missing:
    """A converter that is not installed."""

    def to_pdf(self, data, name):
        raise ConversionMissing()

    def close(self):
        pass


def test_a_missing_program_becomes_an_incident_that_an_administrator_understands(office, caplog):
    caplog.set_level(logging.INFO)
    tools = office.app.extensions["tools"]
    office.app.extensions["tools"] = replace(tools, converter=Missing())
    document = office.begin()
    office.approved(document, subject="Bí mật nghề nghiệp")
    with office.inside():
        row, tried = office.incident(document), db.session.scalars(
            db.select(SlowWork.attempts).where(SlowWork.status == "failed")).one()
        incident = row.id
    assert tried == office.app.config["SETTINGS"].step_attempts
    admin, clerk = Browser(office.app, "stc", "quantri"), Browser(office.app, "stc", "vanthu")
    page = admin.get(f"/viec/{incident}")
    assert page.status_code == 200 and "Máy chủ chưa cài phần chuyển đổi tệp" in page.text
    assert "Bí mật nghề nghiệp" not in page.text + caplog.text  # S13: without the content
    assert f"/viec/{incident}" in admin.get("/viec").text
    assert clerk.get(f"/viec/{incident}").status_code == 404
    for door in ("thu-lai", "tra-ve"):
        assert clerk.post(f"/viec/{incident}/{door}", reason="x").status_code == 404
    assert admin.send(f"/viec/{incident}", {"version": 1, "values": {}}).status_code == 404
    office.app.extensions["tools"] = replace(tools, converter=FakeConverter())
    for door in ("thu-lai", "tra-ve"):  # S12: an administrative act says why
        assert admin.post(f"/viec/{incident}/{door}").status_code == 302
    assert "Hãy ghi lý do" in admin.get(f"/viec/{incident}").text
    again = f"/viec/{incident}/thu-lai"
    answers = at_once(*[lambda: admin.post(again, reason="Đã cài") for _ in range(2) if admin.token])
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    worker.run_due(office.app)
    assert office.tasks(document) == ["sign_by_leader"]
    assert "đã được giải quyết" in admin.get(f"/viec/{incident}").text


def test_an_incident_sent_back_needs_a_reason_and_reaches_the_person_before(office):
    tools = office.app.extensions["tools"]
    office.app.extensions["tools"] = replace(tools, converter=Missing())
    document = office.begin()
    office.approved(document)
    with office.inside():
        incident = office.incident(document).id
    admin = Browser(office.app, "stc", "quantri")
    answer = admin.post(f"/viec/{incident}/tra-ve", reason="  ")
    assert answer.headers["Location"] == f"/viec/{incident}" and "Hãy ghi lý do" in admin.get(f"/viec/{incident}").text
    assert admin.post(f"/viec/{incident}/tra-ve", reason="Chưa có máy chuyển đổi").status_code == 302
    assert office.tasks(document) and not [name for name in office.tasks(document) if name.startswith("incident")]


def test_a_double_click_on_a_file_or_a_task_acts_once(office):
    task, clerk = open_task(office, "verify", office.take_in()), Browser(office.app, "stc", "vanthu")
    assert clerk.token
    answers = at_once(*[lambda: clerk.post(f"/viec/{task[0]}/nhan") for _ in range(3)])
    assert [answer.status_code for answer in answers] == [302] * 3  # to claim again is harmless
    with office.inside():
        row = db.session.get(Task, task[0])
        assert (row.version, row.claimed_by.username) == (task[1] + 1, "vanthu")
    file = draft()
    sent = at_once(*[lambda: clerk.upload(file, "du thao.docx") for _ in range(3)])
    assert {answer.status_code for answer in sent} == {200} and len({answer.json["sha256"] for answer in sent}) == 1


def test_a_draft_started_by_a_double_click_is_one_draft(office):
    officer = Browser(office.app, "stc", "chuyenvien")
    page = officer.get("/van-ban/soan-thao").get_data(as_text=True)
    once = page.split('name="once" value="')[1].split('"')[0]
    values = {"type_name": "Báo cáo", "purpose": "periodic_report", "scope": "between", "subject": "Một lần"}
    places = {officer.post("/van-ban/soan-thao", **values, once=once).headers["Location"] for _ in range(2)}
    assert len(places) == 1 and count(office, Document) == [1]
    officer.post("/van-ban/soan-thao", **values, once="another form than the first")
    assert count(office, Document) == [2]
