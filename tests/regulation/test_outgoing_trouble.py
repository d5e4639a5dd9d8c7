"""Dispatch when the axis, a recipient or we ourselves are in trouble: nothing lost, nothing twice (Art. 9.1.d)."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from steps import Office, fetch, numbers, quick

from app import worker
from app.axis import register as register_member
from app.db import db
from app.engine import act
from app.engine.perform import SlowWork
from app.engine.step import slow
from app.records import message, poll
from app.records.agency import Agency
from app.records.calendar import local_date
from app.records.document import Document
from app.records.message import AlreadySent
from app.regulation.outgoing import board, receipt
from app.tools.exchange import ExchangeAway, ExchangeRefused


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


class Picky:
    """The axis of an agency, in trouble with one recipient: `refusal` comes before or after the letter is taken."""

    def __init__(self, axis, code, refusal, is_after=False):
        self.axis, self.code, self.refusal, self.is_after = axis, code, refusal, is_after

    def __getattr__(self, name):
        return getattr(self.axis, name)

    def send_edoc(self, data, *, to, **rest):
        if to == [self.code] and not self.is_after:
            raise self.refusal
        found = self.axis.send_edoc(data, to=to, **rest)
        if to == [self.code]:
            raise self.refusal
        return found


@pytest.fixture
def axis(stc):
    """The clients of the axis by agency."""
    return stc.app.extensions["tools"].axis._clients


def retried(stc, found):
    with stc.inside():
        act.retry(stc.incident(found).id, stc.user("quantri"), "Đã sửa xong", datetime.now(UTC))
    worker.run_due(stc.app)


def sealed(stc, *codes):
    found = stc.begin()
    stc.approved(found, addressees=list(codes))
    stc.sign(found)
    stc.seal(found)
    return found


def registered_by_vpubnd(stc):
    """Every document that the provincial office has got."""
    there = Office(stc.app, "vpubnd")
    fetch(stc.app, "vpubnd")
    with there.inside():
        came = list(db.session.scalars(db.select(Document.id).where(Document.direction == "incoming")))
    for document_id in came:
        there.verify(document_id, organ_name="Sở Tài chính tỉnh Lào Cai")
    fetch(stc.app, "stc")
    return came


def test_art_9_1_d_a_recipient_whom_the_axis_refuses_stops_no_other(stc, axis):
    axis["H38.12"] = Picky(axis["H38.12"], "H38.07", ExchangeRefused(code="18", sentence="Cơ quan nhận không có."))
    found = sealed(stc, "H38.07", "H38.01")
    with stc.inside():
        rows = message.sent_for(found)
        assert [(r.partner, bool(r.axis_id), r.description) for r in rows] == [
            ("H38.01", True, ""), ("H38.07", False, "Cơ quan nhận không có.")]
    assert len(registered_by_vpubnd(stc)) == 1
    assert stc.ended(found) == "end_dispatched"


def test_art_9_1_d_a_recipient_whom_the_axis_has_locked_stops_no_other_and_is_sent_it_later(stc, axis):
    good = axis["H38.12"]
    axis["H38.12"] = Picky(good, "H38.07", ExchangeAway(code="23", sentence="Cơ quan nhận đang bị khóa."))
    found = sealed(stc, "H38.07", "H38.01")
    fetch(stc.app, "stc")  # still locked
    with stc.inside():
        assert [(r.partner, bool(r.axis_id), r.description) for r in message.sent_for(found)] == [
            ("H38.01", True, ""), ("H38.07", False, "")]
    assert stc.status(found) == "dispatched"
    axis["H38.12"] = good
    fetch(stc.app, "stc")
    fetch(stc.app, "stc")
    with stc.inside():
        assert all(r.axis_id for r in message.sent_for(found))
    day = local_date(datetime.now(UTC)).isoformat()
    assert len(good.sent("edoc", day, day)) == 2
    assert stc.faults() == []


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_art_9_1_d_while_the_axis_is_away_for_an_hour_what_is_dispatched_waits_and_goes_once(stc, axis, is_after):
    """Away before it takes the letter, or before it can say that it has."""
    good = axis["H38.12"]
    axis["H38.12"] = Picky(good, "H38.01", ExchangeAway(sentence="Chưa kết nối được với trục."), is_after=is_after)
    found = sealed(stc, "H38.01", "H38.07")
    assert stc.status(found) == "dispatched" and stc.tasks(found) == []  # no administrator is called
    at = datetime.now(UTC)
    for looks in range(1, 16):  # after pauses that grow to five minutes
        later(stc)
        fetch(stc.app, "stc")
        with stc.inside():
            assert poll.of(poll.EXCHANGE).failures == looks
            row = message.sent_for(found)[0]
            assert (row.axis_id, row.description) == ("", "")
            assert [one.state for one in board.recipients(db.session.get_one(Document, found), at, at)][0] == "unsent"
    axis["H38.12"] = good
    fetch(stc.app, "stc")  # not before its time
    with stc.inside():
        assert poll.of(poll.EXCHANGE).failures == 15
    later(stc)
    fetch(stc.app, "stc")
    fetch(stc.app, "stc")
    day = local_date(datetime.now(UTC)).isoformat()
    with stc.inside():
        assert all(row.axis_id for row in message.sent_for(found)) and poll.of(poll.EXCHANGE).failures == 0
    assert len(good.sent("edoc", day, day)) == 2 and len(registered_by_vpubnd(stc)) == 1
    assert stc.files(found).count("signed") == 1 and numbers(stc) == [(1, found, "")] and stc.faults() == []


def later(stc):
    """The pause is over."""
    with stc.inside():
        db.session.execute(db.update(poll.Poll).values(next_at=datetime.now(UTC)))
        db.session.commit()


@pytest.mark.parametrize("codes", [("04", "01", "03", "03"), ("03", "04", "01"), ("04", "01")], ids=str)
def test_qd_28_d10_statuses_out_of_order_leave_the_highest_and_each_is_kept(stc, codes):
    found = sealed(stc, "H38.01")
    with stc.inside():
        packet_id, own = message.sent_for(found)[0].packet_id, db.session.get_one(Agency, stc.agency_id)
        for number, code in enumerate(codes):
            about = SimpleNamespace(response_for=[{"document_id": packet_id}], from_={"organ_id": "H38.01"},
                                    status_code=code, description=f"Lời của {code}")
            said = {"axis_id": f"doc-{number}", "sha256": "", "at": datetime.now(UTC)}
            assert receipt.keep_status(own, about, **said)
            assert not receipt.keep_status(own, about, **said)  # the axis gives it again
            own = db.session.get_one(Agency, stc.agency_id)
        stranger = SimpleNamespace(response_for=about.response_for, from_={"organ_id": "H38.07"}, status_code="02",
                                   description="Không phải của tôi")
        assert not receipt.keep_status(own, stranger, axis_id="doc-9", sha256="", at=datetime.now(UTC))
        db.session.rollback()
        assert [row.status_code for row in message.statuses_of(found)] == list(codes)
        assert message.sent_for(found)[0].description == "Lời của 04"
    worker.run_due(stc.app)
    assert stc.sent(found) == [("document", "H38.01", "04")]
    assert stc.ended(found) == "end_dispatched"


def test_nd_30_d18_the_slow_work_of_an_urgent_document_comes_first_and_a_long_list_is_sent_once(stc, world):
    """Forty recipients; the worker that sent to them died before it could say so, and another begins again."""
    codes = [f"H38.9{number}" for number in range(10, 50)]
    for code in codes:
        register_member(world.config.data / "axis", code, code)
    found = stc.begin()
    stc.approved(found, priority="3")
    stc.sign(found)
    form_key, = stc.tasks(found)
    with stc.inside():
        db.session.get(Document, found).addressees = codes
        db.session.commit()
    stc.do("vanthu", form_key, {"decision": "sign"}, found)
    with stc.inside():
        work = db.session.scalars(db.select(SlowWork).where(SlowWork.status == "asked")).one()
        assert db.session.scalar(db.text("select priority from procrastinate_jobs where task_name = 'perform'"
                                         " and status = 'todo'")) == 3
        work_id = work.id
        db.session.remove()
    worker.use(stc.app)
    worker.run_perform(agency_id=stc.agency_id, work_id=work_id)
    with stc.inside():
        asked = db.session.scalars(db.select(SlowWork).where(SlowWork.name == "dispatch")).one().asked
    tools = stc.app.extensions["tools"]
    slow("dispatch").work(tools, asked)
    worker.run_due(stc.app)
    day = local_date(datetime.now(UTC)).isoformat()
    assert len(tools.axis.of("H38.12").sent("edoc", day, day)) == len(codes)
    with stc.inside():
        assert all(row.axis_id for row in message.sent_for(found))


def test_art_9_1_d_refused_for_all_nothing_is_waited_for(stc, axis):
    axis["H38.12"] = Picky(axis["H38.12"], "H38.07", ExchangeRefused(code="18", sentence="Cơ quan nhận không có."))
    assert stc.ended(sealed(stc, "H38.07")) == "end_dispatched"


def test_art_9_1_d_what_is_partly_sent_is_not_renumbered_and_not_sent_twice(stc, axis):
    good = axis["H38.12"]
    axis["H38.12"] = Picky(good, "H38.07", OSError("trouble of our own"))
    found = sealed(stc, "H38.01", "H38.07")
    assert stc.tasks(found) == ["incident:dispatch"]
    with stc.inside():
        act.send_back(stc.incident(found).id, stc.user("quantri"), "Gửi lại", datetime.now(UTC))
    with pytest.raises(AlreadySent):
        stc.do("vanthu", "seal", {"decision": "refuse", "reason": "Thôi"}, found)
    assert stc.tasks(found) == ["seal"] and numbers(stc) == [(1, found, "")]
    axis["H38.12"] = good
    stc.seal(found)
    assert stc.files(found).count("signed") == 1 and len(stc.sent(found)) == 2
    assert len(registered_by_vpubnd(stc)) == 1
    with stc.inside():
        assert all(row.axis_id for row in message.sent_for(found))


def test_nd_30_d18_a_receipt_that_comes_before_the_dispatch_is_recorded_counts(stc, axis):
    good = axis["H38.12"]
    axis["H38.12"] = Picky(good, "H38.01", OSError("trouble of our own"), is_after=True)
    found = sealed(stc, "H38.01")
    assert stc.tasks(found) == ["incident:dispatch"]
    assert len(registered_by_vpubnd(stc)) == 1
    assert stc.sent(found) == [("document", "H38.01", "03")]
    axis["H38.12"] = good
    retried(stc, found)
    assert stc.ended(found) == "end_dispatched"
