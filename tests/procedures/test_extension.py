"""More time for a document (Art. 7, 10.4; NĐ 30/2020 Đ24): asked for by who handles it, decided by the leader."""

from datetime import UTC, date, datetime, timedelta

import pytest
from steps import Office, quick

from app.db import db
from app.engine.form import FormInvalid
from app.records import calendar
from app.records.document import Document, NotFound
from app.regulation.assignment import delegate, extend


def working_day(after: int) -> date:
    return calendar.local_date(calendar.due_at(calendar.local_date(datetime.now(UTC)), after))


def registered(world):
    """The office and a document that waits for its leader."""
    quick(world.app)
    stc = Office(world.app)
    found = stc.take_in()
    stc.verify(found)
    return stc, found


def test_art_10_4_more_time_is_asked_for_and_granted_or_refused_and_both_see_why(world):
    stc, found = registered(world)
    with stc.inside():
        due, later, latest = (working_day(n) for n in (3, 6, 9))
    stc.assign(found, due_date=due.isoformat())

    def ask(day, **other):
        stc.handle(found, decision="extend", new_due_date=day.isoformat(), **{"reason": "Chờ số liệu", **other})

    for day in (due, due - timedelta(days=1), later + timedelta(days=5 - later.weekday())):  # not later, or a Saturday
        with pytest.raises(FormInvalid):
            ask(day)
    with pytest.raises(FormInvalid):
        ask(later, reason="")
    ask(later)
    assert stc.tasks(found) == ["extend"]
    with stc.inside():
        waiting = stc.waiting("extend", found)
        assert str(waiting.assignee_id) == stc.id_of("lanhdao") and waiting.due_at is not None
        assert db.session.get(Document, found).due_date == due  # nothing moves by asking
    with pytest.raises(NotFound):
        stc.do("chuyenvien", "extend", {"decision": "grant", "new_due_date": later.isoformat()}, found)
    with pytest.raises(FormInvalid):
        stc.do("lanhdao", "extend", {"decision": "refuse"}, found)
    assert stc.fire(found, datetime.now(UTC) + timedelta(days=1, minutes=1))
    with stc.inside():
        assert stc.waiting("extend", found).reminded_at is not None
    stc.do("lanhdao", "extend", {"decision": "grant", "new_due_date": latest.isoformat()}, found)
    with stc.inside():
        assert db.session.get(Document, found).due_date == latest
        assert calendar.local_date(stc.waiting("handle", found).due_at) == latest
        after = working_day(12)
    ask(after)
    stc.do("lanhdao", "extend", {"decision": "refuse", "reason": "Việc gấp"}, found)
    with stc.inside():
        assert calendar.local_date(stc.waiting("handle", found).due_at) == latest
    said = [text for kind, text in stc.said(found) if kind == "extension"]
    assert said == [
        f"Xin gia hạn đến {later:%d/%m/%Y} (hạn cũ {due:%d/%m/%Y}): Chờ số liệu",
        f"Cho gia hạn đến {latest:%d/%m/%Y}, hạn cũ {due:%d/%m/%Y}.",
        f"Xin gia hạn đến {after:%d/%m/%Y} (hạn cũ {latest:%d/%m/%Y}): Chờ số liệu",
        "Không cho gia hạn: Việc gấp"]
    stc.handle(found)
    assert stc.ended(found) == "end_finished"


def test_art_7_who_asked_for_more_time_grants_it_not_to_himself_by_delegation(world):
    stc, found = registered(world)
    with stc.inside():
        due, later = (working_day(n) for n in (3, 6))
        today = calendar.local_date(datetime.now(UTC))
        delegate.give(stc.user("lanhdao"), int(stc.id_of("chuyenvien")), today, today + timedelta(3), "all",
                      "Đi công tác tỉnh", datetime.now(UTC))
    stc.assign(found, due_date=due.isoformat())
    stc.handle(found, decision="extend", new_due_date=later.isoformat(), reason="Chờ số liệu")
    granted = {"decision": "grant", "new_due_date": later.isoformat()}
    with pytest.raises(FormInvalid) as refused:
        stc.do("chuyenvien", "extend", granted, found)
    assert "không theo ủy quyền" in refused.value.errors["decision"][0]
    stc.do("lanhdao", "extend", granted, found)
    with stc.inside():
        assert db.session.get(Document, found).due_date == later


def test_art_10_4_who_asked_for_more_time_may_take_it_back_and_finish(world):
    stc, found = registered(world)
    with stc.inside():
        due, later = working_day(3), working_day(6)
    stc.assign(found, due_date=due.isoformat())
    stc.handle(found, decision="extend", new_due_date=later.isoformat(), reason="Chờ số liệu")
    with stc.inside():
        with pytest.raises(NotFound):
            extend.withdraw(found, stc.user("chuyenvien2"), datetime.now(UTC))
        db.session.rollback()
        assert extend.may_withdraw(stc.user("chuyenvien"), db.session.get(Document, found))
        extend.withdraw(found, stc.user("chuyenvien"), datetime.now(UTC))
        assert not extend.may_withdraw(stc.user("chuyenvien"), db.session.get(Document, found))
        with pytest.raises(extend.AlreadyDecided):  # a double click
            extend.withdraw(found, stc.user("chuyenvien"), datetime.now(UTC))
        db.session.rollback()
        assert calendar.local_date(stc.waiting("handle", found).due_at) == due, "the old date stands"
    assert stc.tasks(found) == ["handle"] and ("extension", "Rút đề nghị gia hạn.") in stc.said(found)
    stc.handle(found)
    assert stc.ended(found) == "end_finished"
    assert stc.faults() == []
