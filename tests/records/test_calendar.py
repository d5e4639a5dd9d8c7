"""The working calendar (Art. 6.2.c; NĐ 30/2020 Đ4.2.c, Đ23.1; BLLĐ 2019 Đ112): limits, and what its change moves."""

from datetime import UTC, date, datetime, timedelta

import pytest
from steps import Office, in_days, quick

from app import worker
from app.db import db
from app.records import calendar, calendar_edit, history, verify_limit
from app.records.calendar import AFTERNOON, HOLIDAY, MORNING, SWAP_OFF, SWAP_WORK, WHOLE, ZONE, Holiday
from app.records.calendar_edit import CalendarDayWrong, CalendarWithoutReason, CalendarYearUnknown, NotCalendarKeeper
from app.records.deadline import Deadline
from app.records.document import Document
from tests.records.test_verify import found

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)


def moment(text):
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=ZONE)


def test_nd_30_d23_1_the_next_working_day_over_holidays_and_swapped_days(inside):
    """The vectors of the law's own years: Tết, a holiday on a Sunday made up for, days off in a row, swapped days."""
    for event, due in (("13/02/2026", "23/02/2026"), ("24/04/2026", "28/04/2026"), ("29/04/2026", "04/05/2026"),
                       ("23/11/2026", "25/11/2026"), ("21/08/2026", "22/08/2026"), ("28/08/2026", "03/09/2026"),
                       ("04/02/2027", "12/02/2027"), ("31/08/2026", "03/09/2026")):
        start = moment(f"{event} 00:00").date()
        assert calendar.due_at(start, 1) == moment(f"{due} 17:00"), event
    assert calendar.due_at(date(2026, 2, 14), 0) == moment("23/02/2026 17:00")
    assert calendar.due_at(date(2026, 2, 13), 0) == moment("13/02/2026 17:00")
    assert not calendar.is_worked(date(2026, 2, 16)) and calendar.is_worked(date(2026, 8, 22))


def test_half_days_end_at_noon(inside):
    clerk = inside.user("stc", "vanthu")
    for day, kind, part in ((date(2026, 12, 3), HOLIDAY, AFTERNOON), (date(2026, 12, 4), SWAP_OFF, MORNING),
                            (date(2026, 12, 5), SWAP_WORK, MORNING)):
        calendar_edit.put(clerk, day, kind, part, "Nửa ngày", "Thông báo 1/TB", "Theo thông báo", NOW)
    ends = [calendar.due_at(date(2026, 12, 2), days) for days in (1, 2, 3, 4)]
    assert ends == [moment("03/12/2026 12:00"), moment("04/12/2026 17:00"), moment("05/12/2026 12:00"),
                    moment("07/12/2026 17:00")]


def test_art_11_3_b_the_calendar_is_changed_with_a_reason_by_its_keepers(inside):
    clerk, officer = inside.user("stc", "vanthu"), inside.user("stc", "chuyenvien")
    day = date(2026, 12, 7)
    with pytest.raises(NotCalendarKeeper):
        calendar_edit.put(officer, day, HOLIDAY, WHOLE, "Nghỉ", "", "Theo thông báo", NOW)
    with pytest.raises(CalendarWithoutReason):
        calendar_edit.take(clerk, day, " ", NOW)
    for kind, part, name in (("feast", WHOLE, "Nghỉ"), (HOLIDAY, "night", "Nghỉ"), (HOLIDAY, WHOLE, " ")):
        with pytest.raises(CalendarDayWrong):
            calendar_edit.put(clerk, day, kind, part, name, "", "Theo thông báo", NOW)
    with pytest.raises(CalendarYearUnknown):
        calendar_edit.load(clerk, 2050, "Theo thông báo", NOW)
    assert calendar_edit.put(clerk, day, HOLIDAY, WHOLE, "Nghỉ", "", "Theo thông báo", NOW)
    assert not calendar_edit.put(clerk, day, HOLIDAY, WHOLE, "Nghỉ", "", "Theo thông báo", NOW)
    assert calendar_edit.take(clerk, day, "Đã rút thông báo", NOW) and not calendar_edit.take(clerk, day, "Lần 2", NOW)
    assert calendar_edit.load(clerk, 2028, "Năm mới", NOW) == 16
    assert calendar_edit.load(clerk, 2028, "Năm mới", NOW) == 0
    told = [said for _, said in calendar_edit.changes(clerk.agency_id)]
    assert [one["reason"] for one in told] == ["Năm mới", "Đã rút thông báo", "Theo thông báo"]
    assert told[2]["days"][0][0] is None and told[1]["days"][0][1] is None
    assert history.faults(calendar_edit.subject(clerk.agency_id)) == []


def test_art_6_2_c_a_changed_calendar_moves_what_is_not_yet_due_and_says_so(world):
    quick(world.app)
    stc = Office(world.app)
    waiting, chosen, urgent = (stc.take_in() for _ in range(3))
    stc.verify(chosen)
    stc.assign(chosen, due_date=in_days(300))
    stc.verify(urgent, priority="1")
    with stc.inside():
        before = {name: stc.waiting(form, key).due_at for name, form, key in (
            ("waiting", "verify", waiting), ("chosen", "handle", chosen), ("urgent", "assign", urgent))}
        day = calendar.local_date(before["waiting"])
        assert before["urgent"] - datetime.now(UTC) < timedelta(minutes=31)
        assert calendar.local_date(before["chosen"]) == date.fromisoformat(in_days(300))
        clerk = stc.user("vanthu")
        for off in (day, date(2031, 5, 15)):
            calendar_edit.put(clerk, off, HOLIDAY, WHOLE, "Nghỉ bão", "CĐ 1", "Theo công điện", datetime.now(UTC))
        db.session.commit()
    worker.run_due(world.app)
    with stc.inside():
        after = calendar.due_at(calendar.local_date(db.session.get(Document, waiting).created_at), 1)
        assert stc.waiting("verify", waiting).due_at == after > before["waiting"]
        assert stc.waiting("handle", chosen).due_at == before["chosen"]
        assert stc.waiting("assign", urgent).due_at == before["urgent"]
        last = history.course(f"document:{waiting}")[-1]
        assert (last.kind, last.element) == ("deadline_moved", "verify")
        assert history.faults(f"document:{waiting}") == []
        assert [a for a in history.course(f"document:{chosen}") if a.kind == "deadline_moved"] == []
        assert list(verify_limit.limits()) == []
        calendar_edit.take(stc.user("vanthu"), day, "Bão đã tan", datetime.now(UTC))
        db.session.commit()
    worker.run_due(world.app)
    worker.run_deadlines(agency_id=stc.agency_id)  # the same job twice
    with stc.inside():
        assert stc.waiting("verify", waiting).due_at == before["waiting"]
        assert [a.kind for a in history.course(f"document:{waiting}")].count("deadline_moved") == 2
        assert list(verify_limit.limits()) == []
        assert db.session.scalar(db.select(Holiday.id).where(Holiday.day == day)) is None
    stc.verify(waiting)  # what waited goes on as before
    stc.assign(waiting)
    stc.handle(waiting)
    assert stc.ended(waiting) == "end_finished"


def test_s12_a_limit_that_the_calendar_did_not_move_is_found(world):
    """Put in with its limit and its task moved, and with right hashes: only the calendar of then speaks against it."""
    quick(world.app)
    stc = Office(world.app)
    letter = stc.take_in()
    with stc.inside():
        limit, task = db.session.scalars(db.select(Deadline)).one(), stc.waiting("verify", letter)
        key, old, day = task.id, limit.due_at, calendar.local_date(limit.due_at)

        def moved(to, of_task=None, **also):
            now = datetime.now(UTC)
            act = history.append(
                history.Act(agency_id=stc.agency_id, subject=f"document:{letter}", at=now, kind="deadline_moved"),
                input={"form_key": "verify"}, changes=[
                    ["deadline", limit.id, {"due_at": [old.isoformat(), to.isoformat()]}],
                    ["task", key, {"due_at": [old.isoformat(), (of_task or to).isoformat()]}]])
            db.session.execute(db.text("update deadline set due_at = :to where id = :id"), {"to": to, "id": limit.id})
            db.session.execute(db.text("update task set due_at = :to where id = :id"), {"to": of_task or to, "id": key})
            return act.number

        first = moved(old + timedelta(days=9))
        faults = found(stc)
        assert [(one.check, one.subject, one.act) for one in faults] == [("chain", f"document:{letter}", first)]
        assert "lịch làm việc" in faults[0].message
        calendar_edit.put(stc.user("vanthu"), day, HOLIDAY, WHOLE, "Nghỉ bão", "", "Theo công điện", datetime.now(UTC))
        right = calendar.due_at(limit.start_date, limit.days)
        moved(right)
        beside, before = moved(right, right + timedelta(days=1)), moved(old)
        assert [one.act for one in verify_limit.limits()] == [first, beside], "the calendar of minutes ago counts"
        assert before > beside
        db.session.rollback()
