"""Art. 7: given to people and units, each with a deadline; passed on, given back to who gave it; rights end with it."""


import pytest
from steps import Office, in_days, quick

from app.db import db
from app.engine.form import FormInvalid
from app.records import catalogue, notice, right
from app.records.calendar import local_date
from app.records.document import Document
from app.records.people import User
from app.regulation.assignment import holder
from app.web.moment import now


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def unit_of(office, username):
    with office.inside():
        return f"unit:{office.user(username).unit_id}"


def held(office, document_id):
    with office.inside():
        return {(r.kind, r.user.username if r.user else f"unit:{r.unit_id}", r.due_date and r.due_date.isoformat())
                for r in right.of(document_id)}


def reads(office, document_id):
    with office.inside():
        found = db.session.get(Document, document_id)
        today = local_date(now())
        return {u.username for u in db.session.scalars(db.select(User)) if right.may_read(u, found, today)}


def choices(office, username, document):
    """Whom the task offers to give it on to."""
    with office.inside():
        return {one["value"] for one in holder.takers(
            office.waiting("handle", document), catalogue.values("handler", office.user(username)))}


def test_art_7_units_and_people_each_with_a_deadline_of_its_own(stc):
    document, finance, budget = stc.take_in(), unit_of(stc, "chuyenvien"), unit_of(stc, "chuyenvien2")
    stc.verify(document)
    due = {"decision": "assign", "handler_id": finance, "due_date": in_days(28),
           "co_handlers": [budget, stc.id_of("chuyenvien2")]}
    for row, field in (
            ({"holder": budget, "own_due_date": in_days(29)}, "own_dues.0.why_later"),
            ({"holder": stc.id_of("vanthu"), "own_due_date": in_days(24)}, "own_dues.0.holder"),
            ({"holder": budget, "own_due_date": None}, "own_dues.0.own_due_date"),
            ({"holder": budget, "own_due_date": in_days(-2)}, "own_dues.0.own_due_date")):
        with pytest.raises(FormInvalid) as raised:
            stc.assign(document, **due, own_dues=[row])
        assert field in raised.value.facts["errors"], raised.value.facts
    stc.assign(document, **due, readers=[unit_of(stc, "vanthu")], own_dues=[
        {"holder": budget, "own_due_date": in_days(26)},
        {"holder": stc.id_of("chuyenvien2"), "own_due_date": in_days(32), "why_later": "Chờ số liệu quý IV"}])
    given = held(stc, document)
    assert {("handle", finance, None), ("co_handle", budget, in_days(26)),
            ("co_handle", "chuyenvien2", in_days(32)), ("read", unit_of(stc, "vanthu"), None)} <= given
    assert ("reason", "Chờ số liệu quý IV") in stc.said(document)
    with stc.inside():
        waiting = stc.waiting("handle", document)
        assert (waiting.assignee.username, waiting.due_at.isoformat()[:10]) == ("truongphong", in_days(28))
    assert {"chuyenvien", "chuyenvienb", "chuyenvien2", "truongphong2"} <= reads(stc, document)
    with pytest.raises(FormInvalid) as raised:  # a head gives on within his unit
        stc.handle(document, "truongphong", decision="reassign", reason="Giao tiếp",
                   handler_id=stc.id_of("chuyenvien2b"))
    assert "handler_id" in raised.value.facts["errors"]
    stc.handle(document, "truongphong", decision="reassign", reason="Giao tiếp",
               handler_id=stc.id_of("chuyenvienb"))
    with stc.inside():
        warned = notice.open_for(stc.user("lanhdao"))
        assert [one.kind for one in warned] == ["rights"], "F-3c: until the leader confirms"
    assert "chuyenvien" not in reads(stc, document), "the unit's right ended with its assignment"
    stc.handle(document, "chuyenvienb", decision="return", reason="Chưa đủ hồ sơ")
    with stc.inside():
        assert stc.waiting("handle", document).assignee.username == "truongphong", "back to who gave it"
    stc.handle(document, "truongphong", decision="return", reason="Không thuộc nhiệm vụ")
    assert stc.tasks(document) == ["assign"]
    stc.assign(document, decision="inform", handler_id=None, readers=[budget])
    assert stc.status(document) == "closed", "for information never blocks"
    assert "chuyenvienb" not in reads(stc, document) and "chuyenvien2" in reads(stc, document)
    assert stc.faults() == []


def test_art_7_who_handles_it_gives_it_on_within_his_unit_and_who_gave_it_is_told(stc):
    document = stc.take_in()
    stc.verify(document)
    stc.assign(document, handler_id=unit_of(stc, "chuyenvien"), due_date=in_days(28))
    stc.handle(document, "truongphong", decision="reassign", reason="Giao", handler_id=stc.id_of("chuyenvien"))
    assert choices(stc, "chuyenvien", document) == {
        unit_of(stc, "chuyenvien"), stc.id_of("truongphong"), stc.id_of("chuyenvienb")}
    for other in (stc.id_of("chuyenvien2"), unit_of(stc, "chuyenvien2")):
        with pytest.raises(FormInvalid) as raised:  # past its head it would leave the unit
            stc.handle(document, decision="reassign", reason="Nhờ", handler_id=other)
        assert "trả lại" in raised.value.facts["errors"]["handler_id"][0]
    stc.handle(document, decision="reassign", reason="Nghỉ phép", handler_id=stc.id_of("chuyenvienb"))
    with stc.inside():
        assert [one.kind for one in notice.open_for(stc.user("truongphong"))] == ["rights"], "he gave it"
        assert len(notice.open_for(stc.user("lanhdao"))) == 2
    stc.handle(document, "chuyenvienb", decision="reassign", reason="Quá tải", handler_id=stc.id_of("truongphong"))
    with stc.inside():
        assert len(notice.open_for(stc.user("truongphong"))) == 1, "what comes to him tells him itself"
    assert choices(stc, "truongphong", document) == {
        stc.id_of("chuyenvien"), stc.id_of("chuyenvienb")}, "neither himself nor his unit, which is he"
    assert stc.faults() == []
