"""Art. 6.2.c, 10.4: a deadline that a person chose stays where it is when the calendar makes its day one off; who
handles the document and who gave the deadline are told, and its page says so.
"""

from datetime import UTC, date, datetime

import pytest
from doors import Browser
from steps import Office, in_days, quick

from app import worker
from app.db import db
from app.records import calendar_edit, history, notice
from app.records.calendar import HOLIDAY, WHOLE, local_date
from app.records.document import Document


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def off(stc, day, is_off=True):
    """The clerk changes the calendar; what follows is done."""
    with stc.inside():
        clerk = stc.user("vanthu")
        if is_off:
            calendar_edit.put(clerk, date.fromisoformat(day), HOLIDAY, WHOLE, "Nghỉ bão", "", "Theo công điện",
                              datetime.now(UTC))
        else:
            calendar_edit.take(clerk, date.fromisoformat(day), "Bão đã tan", datetime.now(UTC))
        db.session.commit()
    worker.run_due(stc.app)


def told(stc, who):
    with stc.inside():
        return [(one.kind, one.text) for one in notice.open_for(stc.user(who)) if one.kind == notice.DAY_OFF]


def kinds(stc, document_id):
    with stc.inside():
        return [act.kind for act in history.course(f"document:{document_id}")]


def test_art_10_4_a_granted_day_that_becomes_one_off_is_told_to_who_handles_and_who_granted_it(stc):
    granted, after = in_days(30), in_days(31)
    found, other = stc.take_in(), stc.take_in()
    for one in (found, other):
        stc.verify(one)
    stc.assign(found, due_date=in_days(20))
    stc.assign(other, due_date=in_days(20))
    stc.handle(found, decision="extend", new_due_date=granted, reason="Chờ số liệu")
    stc.do("lanhdao", "extend", {"decision": "grant", "new_due_date": granted}, found)
    off(stc, granted)
    says = f"Hạn {date.fromisoformat(granted):%d/%m/%Y} nay là ngày nghỉ"
    for who in ("chuyenvien", "lanhdao"):
        (one,) = told(stc, who)
        assert says in one[1] and f"{date.fromisoformat(after):%d/%m/%Y}" in one[1]
    assert told(stc, "vanthu") == []
    with stc.inside():
        assert db.session.get(Document, found).due_date.isoformat() == granted, "the day itself stays"
        assert local_date(stc.waiting("handle", found).due_at).isoformat() == granted
        last = history.course(f"document:{found}")[-1]
        assert (last.kind, last.actor_id) == ("day_off_told", None)
    assert "day_off_told" not in kinds(stc, other)
    page = Browser(stc.app, "stc", "chuyenvien").get(f"/van-ban/{found}").text
    assert "nay là ngày nghỉ" in page and "Báo hạn rơi vào ngày nghỉ" in page
    off(stc, in_days(40))
    assert kinds(stc, found).count("day_off_told") == 1, "another day is nothing to it"
    off(stc, granted, is_off=False)
    assert told(stc, "chuyenvien") == told(stc, "lanhdao") == [], "worked again: nothing to confirm"
    assert "nay là ngày nghỉ" not in Browser(stc.app, "stc", "chuyenvien").get(f"/van-ban/{found}").text
    assert stc.faults() == []


def test_art_10_4_another_day_granted_or_the_end_of_the_document_ends_what_was_told(stc):
    granted = in_days(30)
    found, ended = stc.take_in(), stc.take_in()
    for one in (found, ended):
        stc.verify(one)
        stc.assign(one, due_date=granted)
    off(stc, granted)
    assert len(told(stc, "chuyenvien")) == 2
    stc.handle(ended)
    stc.handle(found, decision="extend", new_due_date=in_days(31), reason="Ngày nghỉ")
    stc.do("lanhdao", "extend", {"decision": "grant", "new_due_date": in_days(31)}, found)
    assert told(stc, "chuyenvien") == told(stc, "lanhdao") == []
    assert stc.faults() == []


def test_art_7_the_own_day_of_who_co_handles_and_of_who_was_asked_is_told_too(stc):
    day = in_days(25)
    found = stc.take_in()
    stc.verify(found)
    helper = stc.id_of("chuyenvien2")
    stc.assign(found, due_date=in_days(28), co_handlers=[helper],
               own_dues=[{"holder": helper, "own_due_date": day}])
    off(stc, day)
    assert "Phối hợp xử lý" in told(stc, "chuyenvien2")[0][1]
    assert told(stc, "lanhdao") and told(stc, "chuyenvien") == []
    assert stc.faults() == []


def test_art_6_2_c_the_history_shows_from_when_to_when_a_limit_moved(stc):
    found = stc.take_in()
    with stc.inside():
        before = stc.waiting("verify", found).due_at
    off(stc, local_date(before).isoformat())
    with stc.inside():
        after = stc.waiting("verify", found).due_at
    page = Browser(stc.app, "stc", "vanthu").get(f"/van-ban/{found}").text
    assert f"{local_date(before):%d/%m/%Y}" in page and f"{local_date(after):%d/%m/%Y}" in page
    assert "17:00 → " in page
