"""What a sender is to be told while the axis is away waits and is told once (NĐ 30/2020 Đ21; QĐ 28/2018 Đ6.3)."""

from datetime import UTC, datetime

import pytest
from doors import Browser
from steps import Office, arrived, fetch, quick, send, signed_pdf

from app import worker
from app.db import db
from app.records import history, message, poll
from app.records.calendar import local_date
from app.regulation.incoming import sender_answer
from app.tools import edxml
from app.tools.exchange import ExchangeAway, ExchangeRefused


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


class Away:
    """The axis of an agency, of which nothing is heard: it takes what comes (`is_after`), or not."""

    def __init__(self, axis, is_after):
        self.axis, self.is_after = axis, is_after

    def __getattr__(self, name):
        return getattr(self.axis, name)

    def send_edoc(self, *data, **rest):
        if self.is_after:
            self.axis.send_edoc(*data, **rest)
        raise ExchangeAway(sentence="Chưa kết nối được với trục.")


class Refusing(Away):
    """The axis of an agency, which has no place for whoever is to be told."""

    def __init__(self, axis):
        super().__init__(axis, False)

    def send_edoc(self, *data, **rest):
        raise ExchangeRefused(code="18", sentence="Cơ quan nhận không có trên trục.")


def _next_look(stc):
    """The pause is over: the next look into the exchange."""
    with stc.inside():
        db.session.execute(db.update(poll.Poll).values(next_at=datetime.now(UTC)))
        db.session.commit()
    fetch(stc.app, "stc")


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_nd_30_d21_while_the_axis_is_away_for_an_hour_statuses_wait_and_each_is_told_once(stc, is_after):
    """Away before it takes a status, or before it can say that it has; the procedure goes on meanwhile."""
    send(stc.app, signed_pdf(stc.app))
    found = arrived(stc)
    clients = stc.app.extensions["tools"].axis._clients
    good, day = clients["H38.12"], local_date(datetime.now(UTC)).isoformat()
    told = len(good.sent("status", day, day))
    clients["H38.12"] = Away(good, is_after)
    stc.verify(found)
    stc.assign(found)
    assert stc.tasks(found) == ["handle"]
    assert stc.sent(found) == [("status", "H38.01", "03"), ("status", "H38.01", "04")]
    for looks in range(1, 16):  # after pauses that grow to five minutes
        _next_look(stc)
        with stc.inside():
            assert poll.of(poll.EXCHANGE).failures == looks
    assert "Chờ gửi" in Browser(stc.app, "stc", "vanthu").get(f"/van-ban/{found}").text
    clients["H38.12"] = good
    _next_look(stc)
    _next_look(stc)
    assert len(good.sent("status", day, day)) == told + 2
    with stc.inside():
        rows = message.statuses_of(found)
        assert [row.status_code for row in rows if row.axis_id] == ["03", "04"]
    stc.handle(found)
    assert stc.ended(found) == "end_finished" and len(good.sent("status", day, day)) == told + 3
    assert stc.faults() == []


def test_nd_30_d21_a_refusal_under_art_3_2_is_told_when_the_axis_is_back(stc):
    send(stc.app, signed_pdf(stc.app))
    found = arrived(stc)
    clients = stc.app.extensions["tools"].axis._clients
    good, day = clients["H38.12"], local_date(datetime.now(UTC)).isoformat()
    told = len(good.sent("status", day, day))
    clients["H38.12"] = Away(good, False)
    stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Thuộc Điều 3.2.a"}, found)
    worker.run_due(stc.app)
    clients["H38.12"] = good
    _next_look(stc)
    assert len(good.sent("status", day, day)) == told + 1
    assert stc.sent(found) == [("status", "H38.01", "02")] and stc.faults() == []


def test_qd_28_d6_a_status_that_the_axis_will_not_have_stops_nothing_is_marked_and_told_again_by_a_clerk(stc):
    send(stc.app, signed_pdf(stc.app))
    found = arrived(stc)
    clients = stc.app.extensions["tools"].axis._clients
    good, day = clients["H38.12"], local_date(datetime.now(UTC)).isoformat()
    told = len(good.sent("status", day, day))
    clients["H38.12"] = Refusing(good)
    stc.verify(found)
    stc.assign(found)
    stc.handle(found)
    assert stc.ended(found) == "end_finished"  # no incident: whoever works on it is not held up
    fetch(stc.app, "stc")
    clerk, officer = Browser(stc.app, "stc", "vanthu"), Browser(stc.app, "stc", "chuyenvien")
    for page in (f"/van-ban/{found}", "/kenh-den"):
        shown = clerk.get(page).text
        assert "trục không nhận: Cơ quan nhận không có trên trục." in shown and "Gửi lại trạng thái" in shown, page
    with stc.inside():
        rows = [row for row in message.statuses_of(found) if row.is_untold]
        ids, codes = [row.id for row in rows], [row.status_code for row in rows]
        assert codes == ["03", "04", "06"] and message.not_told(1)[0].id == ids[-1]
    assert officer.post(f"/kenh-den/trang-thai/{ids[0]}/gui-lai").status_code == 403
    assert Browser(stc.app, "snv", "vanthu").post(f"/kenh-den/trang-thai/{ids[0]}/gui-lai").status_code == 404
    assert "Gửi lại trạng thái" not in officer.get(f"/van-ban/{found}").text
    # still refused: it is marked anew, with the words once
    assert clerk.post(f"/kenh-den/trang-thai/{ids[0]}/gui-lai").status_code == 303
    fetch(stc.app, "stc")
    with stc.inside():
        assert db.session.get(message.Message, ids[0]).description.count("trục không nhận") == 1
    clients["H38.12"] = good
    for one in ids:
        assert [clerk.post(f"/kenh-den/trang-thai/{one}/gui-lai", document="").status_code for _ in "12"] == [303, 409]
    assert clerk.post("/kenh-den/trang-thai/999999/gui-lai").status_code == 404
    fetch(stc.app, "stc")
    fetch(stc.app, "stc")
    assert len(good.sent("status", day, day)) == told + 3
    assert "Trạng thái mà trục không nhận" not in clerk.get("/kenh-den").text
    with stc.inside():
        rows = [row for row in message.statuses_of(found) if row.direction == "out" and row.status_code != "01"]
        assert [row.status_code for row in rows if row.axis_id not in ("", message.NOT_TAKEN)] == ["03", "04", "06"]
        assert not any("trục không nhận" in row.description for row in rows)
    assert stc.faults() == []


def test_qd_28_d9_an_answer_about_what_never_came_is_marked_and_told_again_by_a_clerk(stc, monkeypatch):
    """It has no document: it stands on the clerk's page, in a chain of its own, and is tried once."""
    data = edxml.build_status({
        "from_": {"organ_id": "H38.01", "organ_name": "Văn phòng"}, "status_code": "13",
        "response_for": [{"organ_id": "H38.12", "code": "77/VPUBND", "document_id": "H38.01,2026/01/20,77/VPUBND"}],
        "description": "Gửi nhầm nơi nhận", "timestamp": datetime.now(UTC).isoformat()})
    clients = stc.app.extensions["tools"].axis._clients
    clients["H38.01"].send_edoc(data, sender="H38.01", to=["H38.12"], message_type="status", key="13:77")
    fetch(stc.app, "stc")
    monkeypatch.setattr(sender_answer, "WAIT_HOURS", 0)  # the day is over
    good, tries = clients["H38.12"], []

    class Counting(Refusing):
        def send_edoc(self, *data, **rest):
            tries.append(rest["key"])
            super().send_edoc(*data, **rest)

    clients["H38.12"] = Counting(good)
    for _ in range(3):
        fetch(stc.app, "stc")
    assert len(tries) == 1, "what the axis does not take is not tried again by itself"
    clerk, door = Browser(stc.app, "stc", "vanthu"), "/kenh-den/trang-thai/{}/gui-lai"
    shown = clerk.get("/kenh-den").text
    assert "trục không nhận: Cơ quan nhận không có trên trục." in shown and "Trả lời về văn bản chưa đến" in shown
    with stc.inside():
        [row] = message.not_told(9)
        key, document_id = row.id, row.document_id
    assert document_id is None
    assert Browser(stc.app, "stc", "chuyenvien").post(door.format(key)).status_code == 403
    assert Browser(stc.app, "snv", "vanthu").post(door.format(key)).status_code == 404
    clients["H38.12"] = good
    assert [clerk.post(door.format(key)).status_code for _ in "12"] == [303, 409]
    fetch(stc.app, "stc")
    with stc.inside():
        assert message.not_told(9) == [] and db.session.get(message.Message, key).axis_id
        kinds = [act.kind for act in history.course(f"message:{key}")]
    assert kinds == ["message_received", "resend_asked", "message_received"]
    assert "Trả lời về văn bản chưa đến" not in clerk.get("/kenh-den").text and stc.faults() == []
