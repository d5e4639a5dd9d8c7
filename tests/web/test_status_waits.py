"""What a sender is to be told while the axis is away waits and is told once (NĐ 30/2020 Đ21; QĐ 28/2018 Đ6.3)."""

from datetime import UTC, datetime

import pytest
from doors import Browser
from steps import Office, arrived, fetch, quick, send, signed_pdf

from app import worker
from app.db import db
from app.records import message, poll
from app.records.calendar import local_date
from app.tools.exchange import ExchangeAway


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
