"""Playback from rows alone (Art. 10.3): every act a frame with what an auditor asks, on the diagram of its day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from edits import Edit, shipped
from fakes import pdf
from sqlalchemy import event
from steps import Office, in_days, quick

from app import worker
from app.db import db
from app.engine import act, diagram, migrate, playback, playback_compare, suspend
from app.engine import instance as instances
from app.engine.dialect import read_drawing
from app.engine.perform import SlowWork
from app.engine.task import Task
from app.records import history
from app.records.document import Document
from app.records.history import Act, ActContent
from app.regulation.assignment import recall
from app.regulation.incoming import cancel_number
from app.web.audit_words import person_of


@pytest.fixture
def office(world: Any) -> Office:
    quick(world.app)
    return Office(world.app)


def frames(office: Office, document_id: int) -> tuple[playback.Frame, ...]:
    with office.inside():
        return playback.course(db.session.get_one(Document, document_id)).frames


def led(found: tuple[playback.Frame, ...], drawing: bytes) -> set[str]:
    """The flows taken, after a look: whatever was reached was led to, by flows out of what was completed."""
    taken, passed = {flow for frame in found for flow in frame.flows}, set(found[-1].passed)
    scopes = read_drawing(drawing).scopes.values()
    flows = {flow.id: flow for scope in scopes for flow in scope.flows}
    starts = {name for scope in scopes for name in scope.nodes if not scope.entering(name)}
    assert passed | set(found[-1].here) <= starts | {flows[one].target for one in taken}
    assert {flows[one].source for one in taken} <= passed
    return taken


def texts(values: tuple) -> dict[str, str]:
    return {value.label or value.key: value.text for value in values}


def test_art_10_3_a_letter_is_played_with_who_what_and_where(office: Office) -> None:
    letter = office.take_in()
    office.verify(letter)
    office.assign(letter, due_date=in_days(5))
    office.handle(letter)
    found = frames(office, letter)
    assert [f.number for f in found] == list(range(1, len(found) + 1))
    by = {f.element: f for f in found}
    verify, assign, read = by["verify"], by["assign"], by["recognise"]
    with office.inside():
        clerk = office.user("vanthu").full_name
    assert (verify.who, verify.label, verify.version) == (clerk, "Văn thư kiểm tra, nhập thông tin", 1)
    filled = texts(assign.values)
    assert filled["Phân công (Điều 7)"] == "Giao xử lý", "the option's label, not its code"
    assert filled["Ý kiến chỉ đạo (bút phê)"] == "Giao đồng chí xử lý"
    with office.inside():
        assert filled["Người hoặc đơn vị chủ trì xử lý"] == office.user("chuyenvien").full_name, "a name, not an id"
    changed = {(c.table, name): (old, new) for c in verify.changes for name, old, new in c.columns}
    assert changed["document", "subject"] == ("", "Về việc góp ý dự thảo")
    assert changed["document", "status"] == ("arrived", "registered")
    assert ("milestone", "name") in changed and changed["milestone", "name"][1] not in ("verify", "enter")
    assert [(r.element, r.is_later) for r in by["receive_paper"].results] == [("receive", False), ("recognise", True)]
    assert read.is_system and read.waited is not None and "pages" in texts(read.results[0].values)
    assert found[0].here == ("receive_paper",) and verify.here == ("assign",), (
        "neither a timer on an edge nor what is waited for beside the work")
    assert "verify" not in read.passed and {"receive", "verify", "enter"} <= set(verify.passed)
    assert set(verify.passed) < set(assign.passed) and found[-1].here == () and "end_finished" in found[-1].passed
    assert not any(f.is_intervention or f.is_late for f in found)
    with office.inside():
        told = playback.course(db.session.get_one(Document, letter))
    taken = led(found, told.drawings[verify.release])
    assert verify.flows and assign.flows and not set(verify.flows) & set(assign.flows), "each act its own"
    refused = {flow.id for flow in read_drawing(told.drawings[verify.release]).scopes["incoming"].flows
               if flow.target in ("report_returned", "report_discarded", "end_not_entered", "discard")}
    assert refused and not refused & taken, "a way that was not gone is not drawn"


def test_late_and_waiting_are_told_from_tasks_and_moves(office: Office) -> None:
    letter = office.take_in()
    with office.inside():
        row = db.session.scalars(db.select(Task).where(Task.element == "verify")).one()
        row.due_at = datetime.now(UTC) - timedelta(days=1)
        db.session.commit()
    office.verify(letter)
    verify = next(f for f in frames(office, letter) if f.element == "verify")
    assert verify.is_late and verify.waited is not None and 0 < verify.waited < 600


def test_s10_signing_shows_neither_pin_nor_signature(office: Office) -> None:
    written = office.begin()
    office.approved(written)
    office.sign(written)
    signed = next(f for f in frames(office, written) if f.element == "sign_by_leader")
    with office.inside():
        told = playback.course(db.session.get_one(Document, written))
    led(told.frames, told.drawings[signed.release])
    assert texts(signed.values)["signature"] == "Đã ký bằng khóa của người ký"
    assert "pin" not in {value.key for value in signed.values}
    shown = " ".join(str(f) for f in frames(office, written))
    with office.inside():
        kept = db.session.scalars(db.select(ActContent).join(Act, Act.id == ActContent.act_id)
                                  .where(Act.element == "sign_by_leader", Act.kind == "task_completed")).one()
    given = kept.input["values"]["signature"]
    assert not [name for name in ("value", "attributes", "certificate", "token") if given[name][:40] in shown]


def test_art_4_the_row_that_decided_how_it_is_sent_is_shown_in_its_words(office: Office) -> None:
    written = office.begin()
    changed = {(c.table, name): new for f in frames(office, written) for c in f.changes for name, _, new in c.columns}
    assert changed["document", "exchange_rule"].endswith(
        "các loại báo cáo định kỳ (tuần, tháng, quý, năm).")
    given = [v for f in frames(office, office.take_in()) for v in (*f.facts, *(w for r in f.results for w in r.values))]
    assert [v.chosen for v in given if v.text in ("Có", "Không")], "true or not is said in the language of the page"
    assert all(v.chosen for v in given if v.text in ("Có", "Không"))


def test_art_3_2_removed_content_is_said_with_its_act(office: Office) -> None:
    removed = office.take_in()
    office.verify(removed, decision="not_entered", reason="Văn bản mật")
    worker.run_due(office.app)
    found = frames(office, removed)
    last = found[-1]
    assert last.kind == "content_removed" and last.removed_by == 0
    assert {f.removed_by for f in found[:-1]} == {last.number} and not any(f.is_lost for f in found)
    assert not any(f.values or f.changes or f.results for f in found[:-1]) and "Văn bản mật" not in str(found[:-1])
    assert found[-2].passed, "where it went stays"


def test_art_10_2_interventions_are_marks_and_a_migration_changes_the_drawing(office: Office) -> None:
    written = office.begin()
    office.draft(written)
    with office.inside():
        user, key = office.user("quantri"), instances.of_document(written).id
        suspend.suspend(key, user, "Chờ ý kiến", datetime.now(UTC))
    with office.inside():
        suspend.resume(key, office.user("quantri"), "Đã rõ", datetime.now(UTC))
    new = Edit(shipped("outgoing_electronic")).set("review", "name", "Xem xét").text
    with office.inside():
        diagram.publish(office.agency_id, {"bpmn:outgoing_electronic": new}, at=datetime.now(UTC), user_id=None,
                        note="Bản mới")
        db.session.commit()
        old, target = instances.of_document(written).release_id, diagram.in_force("outgoing_electronic").id
    with office.inside():
        migrate.migrate(key, old, target, office.user("quantri"), "Bản mới", datetime.now(UTC))
    with office.inside():
        told = playback.course(db.session.get_one(Document, written))
    found = told.frames
    assert [f.kind for f in found if f.is_intervention] == [
        "instance_suspended", "instance_resumed", "instance_migrated"]
    moved = found[-1]
    assert (moved.version, found[1].version) == (2, 1) and moved.release != found[1].release
    assert told.drawings[moved.release] == new and texts(moved.facts)["reason"] == "Bản mới"
    assert texts(moved.facts)["versions"] == "1 → 2" and moved.here == ("review",)
    assert office.faults() == [], "verify follows what an administrator does"


def test_a_failed_step_its_retry_and_a_step_back_are_told(office: Office) -> None:
    letter = office.hand_in("vanthu", pdf(7), "thu den.pdf")
    at = datetime.now(UTC)
    for step in ("retry", "back"):
        with office.inside():
            act.fail_step(db.session.scalars(db.select(SlowWork)).one().id, "ocr_failed: không đọc được", at)
        with office.inside():
            task, admin = office.incident(letter).id, office.user("quantri")
            (act.retry if step == "retry" else act.send_back)(task, admin, "Quét lại cho rõ", at)
    found = frames(office, letter)[2:]
    assert [(f.kind, f.is_intervention, f.is_system) for f in found] == [
        ("step_failed", False, True), ("step_retried", True, False), ("step_failed", False, True),
        ("sent_back", True, False)]
    assert texts(found[0].facts)["error"] == "ocr_failed: không đọc được"
    assert texts(found[-1].facts) == {"reason": "Quét lại cho rõ", "to": "Quét văn bản giấy"}
    assert found[-1].here == ("receive_paper",)
    assert office.faults() == [], "verify follows a step that failed"


def test_art_10_3_what_a_person_does_by_a_message_is_told_as_hers(office: Office) -> None:
    letter = office.take_in()
    office.verify(letter)
    with office.inside():
        cancel_number.cancel(letter, office.user("vanthu"), "Đã đăng ký bản giấy", datetime.now(UTC))
    office.verify(letter)
    office.assign(letter)
    with office.inside():
        leader, clerk = office.user("lanhdao"), office.user("vanthu").full_name
        recall.recall(letter, leader, datetime.now(UTC))
        leader = office.user("lanhdao").full_name
    told = [f for f in frames(office, letter) if f.kind == "message_received"]
    assert [(f.label, f.who, f.is_system) for f in told] == [
        ("Văn thư hủy số đến", clerk, False), ("Lãnh đạo thu hồi phân công", leader, False)]
    assert [person_of(f) for f in told] == [clerk, leader], "found by the filter of people"


def test_claims_wait_for_nothing_and_a_new_start_forgets_the_course_before() -> None:
    began, late = datetime(2026, 11, 25, tzinfo=UTC), ["draft", 1, "READY", "COMPLETED"]
    ready = ["draft", 1, "FUTURE", "READY"]
    acts = [Act(number=n, at=began + timedelta(minutes=n), kind=kind, element=element, occurrence=1, moves=moves,
                label="", release_sha256="") for n, (kind, element, moves) in enumerate((
                    ("instance_started", "", [ready]), ("task_claimed", "draft", []), ("task_released", "draft", []),
                    ("task_completed", "draft", [late]), ("instance_started", "", [ready])), 1)]
    found = playback._Teller({}, {}, playback.Book()).tell(acts, {})
    assert [f.waited for f in found] == [None, None, None, 180.0, None]
    assert (found[3].passed, found[3].here) == (("draft",), ())
    assert (found[4].passed, found[4].here) == ((), ("draft",))


def test_two_courses_are_aligned_and_what_differs_is_named(office: Office) -> None:
    first, second, third = office.take_in(), office.take_in(), office.take_in()
    for letter in (first, second, third):
        office.verify(letter)
    for letter in (first, third):
        office.assign(letter)
        office.handle(letter)
    office.assign(second, decision="return", reason="Chưa rõ", directive=None, handler_id=None)
    with office.inside():
        one, other, last = (playback_compare.steps_of(playback.course(db.session.get_one(Document, key)).frames)
                            for key in (first, second, third))
        release = instances.of_document(first).release.sha256
        usual = playback_compare.usual("incoming", release, but=first)
    assert all(pair.one and pair.other and not pair.differs for pair in playback_compare.compare(one, last))
    pairs = playback_compare.compare(one, other)
    assert [p.differs for p in pairs if p.one and p.one.element == "assign"] == [("decision",)]
    assert [p.one.element for p in pairs if p.differs == ("extra",)] == ["handle"]
    assert usual.instances == 1 and [s.element for s in usual.steps] == [s.element for s in last]
    assert {d for p in playback_compare.compare(one, usual.steps) for d in p.differs} <= {"slower", "faster"}
    slow = playback_compare.Step("task_completed", "verify", "", 90_000.0)
    quick_one = playback_compare.Step("task_completed", "verify", "", 600.0)
    assert playback_compare.compare([slow], [quick_one])[0].differs == ("slower",)
    with office.inside():
        assert playback_compare.usual("incoming", "0" * 64) == playback_compare.Usual(0, ())


def test_a_long_history_costs_no_more_statements_than_a_short_one(office: Office) -> None:
    letter = office.take_in()
    office.verify(letter)

    def asked() -> int:
        seen: list[str] = []
        with office.inside():
            document = db.session.get_one(Document, letter)
            event.listen(db.engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
            playback.course(document)
        return len(seen)

    short = asked()
    with office.inside():
        last = db.session.scalars(db.select(Act).where(Act.subject == f"document:{letter}")).first()
        for _ in range(200):
            history.note(last.subject, "document_read", agency_id=last.agency_id, at=datetime.now(UTC),
                         actor_id=last.actor_id, input={"what": "page"})
        db.session.commit()
    assert len(frames(office, letter)) > 200 and asked() <= short <= 12


def test_of_acts_that_are_not_chosen_it_is_told_who_when_and_where_only(office: Office) -> None:
    letter = office.take_in()
    office.verify(letter)
    with office.inside():
        document = db.session.get_one(Document, letter)
        whole, some = playback.course(document).frames, playback.course(document, chosen=lambda acts: {2}).frames
    assert [one.number for one in some if one.is_told] == [2] and some[1] == whole[1]
    for one, other in zip(some, whole, strict=True):
        if one.number != 2:
            assert one == replace(other, is_told=False, values=(), facts=(), changes=(), results=())
    assert any(one.changes for one in whole if one.number != 2), "something was left out"
