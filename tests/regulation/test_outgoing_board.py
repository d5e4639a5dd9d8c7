"""The delivery board and the packet sent again (Art. 9.1.d; QĐ 28/2018 Đ6, 8; NĐ 30/2020 Đ4.2.c, Đ18, Đ21.2.c)."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import event
from steps import Office, fetch, quick

from app.db import db
from app.records import history, message, right
from app.records.agency import Agency
from app.records.calendar import ZONE, due_at, local_date, next_ends
from app.records.document import Document
from app.regulation.outgoing import board, otherwise, recall, resend
from app.regulation.outgoing.board import Asked


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def clock():
    return datetime.now(UTC)


def shown(stc, *, at=None, who="vanthu", **asked):
    """{document: (recipients by state, late ones)} of today's board, newest first."""
    now = datetime.now(UTC)
    with stc.inside():
        today = local_date(now)
        rows, _ = board.page(Asked(today - timedelta(days=1), today, **asked), right.readable(stc.user(who), today),
                             at=at or now)
        return {row.document.id: (row.states, row.late) for row in rows}


def fail(stc, code="H38.01"):
    """The software of a recipient says of the newest packet to it that it cannot take it; we hear of it."""
    there, day = stc.app.extensions["tools"].axis.of(code), datetime.now(UTC).date()
    days = (day - timedelta(days=1)).isoformat(), (day + timedelta(days=1)).isoformat()
    waiting = [one for one in there.received(code, "edoc", *days) if one["status"] == "INITIAL"]
    there.update_status(waiting[-1]["doc_id"], "FAIL", "Đĩa đầy")
    fetch(stc.app, "stc")


def ask(stc, found, partner="H38.01", who="vanthu"):
    with stc.inside():
        resend.ask(found, partner, stc.user(who), datetime.now(UTC))


def row_of(stc, found, partner="H38.01"):
    with stc.inside():
        row = next(one for one in message.sent_for(found) if one.partner == partner)
        return row.key, row.sha256, row.axis_id, row.description


def incoming(office):
    with office.inside():
        return list(db.session.scalars(db.select(Document.id).where(Document.direction == "incoming")))


def test_qd_28_d8_a_packet_that_could_not_be_taken_is_sent_again_and_arrives_once(stc):
    found = stc.begin()
    stc.approved(found, addressees=["H38.01", "H38.07"])
    stc.sign(found)
    stc.seal(found)
    assert shown(stc) == {found: ({"sent": 2}, {})}
    refused = [("H38.01", "vanthu"), ("H38.45", "vanthu")]  # on its way; not a recipient
    fail(stc)
    assert shown(stc) == {found: ({"failed": 1, "sent": 1}, {})} == shown(stc, state="failed")
    for partner, who in [*refused[1:], ("H38.07", "vanthu"), ("H38.01", "chuyenvien"), ("H38.01", "lanhdao")]:
        with pytest.raises(resend.NotResendable):
            ask(stc, found, partner, who)
    key, sha256, axis_id, _ = row_of(stc, found)
    ask(stc, found)
    with pytest.raises(resend.AlreadyAsked) as asked:  # a double click, or another clerk
        ask(stc, found)
    with stc.inside():
        act = [one for one in history.course(f"document:{found}") if one.kind == "resend_asked"][-1]
        assert asked.value.facts == {"who": stc.user("vanthu").full_name, "when": act.at.isoformat()}
    assert row_of(stc, found) == (f"{key}:2", sha256, "", "") and shown(stc)[found][0] == {"unsent": 1, "sent": 1}
    tools = stc.app.extensions["tools"]
    place = tools.blobs.path(sha256)
    place.rename(place.with_suffix(".away"))
    with stc.inside():
        assert resend.send_all(db.session.get_one(Agency, stc.agency_id), tools, clock) == 0
    place.with_suffix(".away").rename(place)
    assert "không còn trong kho" in row_of(stc, found)[3] and shown(stc)[found][0] == {"failed": 1, "sent": 1}
    ask(stc, found)  # once it is back
    gone = tools.axis.of("H38.12").send_edoc(  # a worker that was killed when the axis had it
        tools.blobs.read(sha256), sender="H38.12", to=["H38.01"], message_type="edoc", key=f"{key}:3")
    with stc.inside():
        own = db.session.get_one(Agency, stc.agency_id)
        assert [resend.send_all(own, tools, clock) for _ in range(2)] == [1, 0]
    assert row_of(stc, found) == (f"{key}:3", sha256, gone, "") and gone != axis_id
    there = {slug: Office(stc.app, slug) for slug in ("vpubnd", "snv")}
    fetch(stc.app, "vpubnd", "snv", "stc")
    assert shown(stc) == {found: ({"01": 2}, {})}
    assert [len(incoming(one)) for one in there.values()] == [1, 1]
    there["vpubnd"].verify(*incoming(there["vpubnd"]), organ_name="Sở Tài chính tỉnh Lào Cai")
    there["snv"].verify(*incoming(there["snv"]), decision="return", reason="Gửi nhầm", register_id=None)
    fetch(stc.app, "stc")
    assert shown(stc) == {found: ({"02": 1, "03": 1}, {})}
    with stc.inside():
        said = {act.label for act in history.course(f"document:{found}") if act.element == "receipt"}
    assert said >= {"Đã đến (01): Văn phòng Ủy ban nhân dân tỉnh Lào Cai",
                    "Từ chối tiếp nhận (02): Sở Nội vụ tỉnh Lào Cai"}
    for partner in ("H38.01", "H38.07"):  # who refused it gets a new document, who has it nothing
        with pytest.raises(resend.NotResendable):
            ask(stc, found, partner)
    assert stc.ended(found) == "end_dispatched" and stc.faults() == []


def test_qd_28_d6_2_what_is_late_is_marked_and_counted(stc):
    found, urgent, idle = stc.begin(), stc.begin(), stc.begin()
    stc.approved(found, addressees=["H38.01", "H38.07"])
    for one, priority in ((urgent, "1"), (idle, "0")):
        stc.approved(one, addressees=["H38.07"], priority=priority)
        stc.sign(one)
    stc.sign(found)
    stc.seal(found)
    fetch(stc.app, "vpubnd", "stc")
    now = datetime.now(UTC)
    with stc.inside():
        today = local_date(now)
        end = due_at(today, 1)
        noon = datetime.combine(local_date(end), time(12), ZONE)
        assert next_ends(today - timedelta(days=9), today)[today] == end
        assert {row.document.id: row.due_at for row in board.page(
            Asked(today, today), right.readable(stc.user("vanthu"), today), at=now)[0]} == {
            found: noon, idle: noon, urgent: board.signed_at(urgent) + timedelta(hours=1)}
    assert shown(stc) == {found: ({"sent": 1, "01": 1}, {}), idle: ({"waiting": 1}, {}), urgent: ({"waiting": 1}, {})}
    midnight = datetime.combine(local_date(now) + timedelta(days=1), time(0, 1), ZONE)
    late = shown(stc, at=max(midnight, now + timedelta(hours=2)), late=True)
    assert late == {found: ({"sent": 1, "01": 1}, {"arrival": 1}), urgent: ({"waiting": 1}, {"send": 1})}
    assert shown(stc, at=noon)[idle][1] == {} and shown(stc, at=noon + timedelta(minutes=1))[idle][1] == {"send": 1}
    at = end + timedelta(minutes=1)
    assert shown(stc, at=at)[found][1] == {"registration": 2}
    with stc.inside():
        asked, readable = Asked(today, today), right.readable(stc.user("vanthu"), today)
        assert board.totals(asked, readable, at) == {
            "documents": 3, "failed": 0, "02": 0, "16": 0, "send": 2, "arrival": 0, "registration": 2}
        assert [one.late for one in board.recipients(db.session.get_one(Document, found), now, at)] == [
            "registration", "registration"]
    assert shown(stc, partners=("H38.01",)) == {found: ({"01": 1}, {})} and shown(stc, partners=()) == {}
    assert shown(stc, state="waiting").keys() == {urgent, idle} and shown(stc, who="chuyenvien2") == {}
    assert shown(stc, who="chuyenvien").keys() == {found, urgent, idle} and shown(stc, who="quantri") == {}
    _pages(stc, asked)
    _taken_back(stc, found)


def _taken_back(stc, found):
    """QĐ 28/2018 Đ8: what waits to be sent again is not sent any more, and its recipient is asked all the same."""
    fail(stc, "H38.07")
    ask(stc, found, "H38.07")
    with stc.inside():
        recall.ask(found, stc.user("vanthu"), "Gửi nhầm phụ lục", datetime.now(UTC))
        own, tools = db.session.get_one(Agency, stc.agency_id), stc.app.extensions["tools"]
        assert resend.send_all(own, tools, clock) == 0, "frozen"
        assert recall.send_all(own, tools, clock) == 2
        first, second = [act.at for act in history.course(f"document:{found}") if act.label.startswith("13 ")]
        assert first < second, "each sending has its own time"
        assert [one.partner for one in recall.states(found)] == ["H38.01", "H38.07"], "it may have gone out just then"
    with pytest.raises(resend.NotResendable):
        ask(stc, found, "H38.07")
    assert shown(stc, state="13").keys() == {found} and stc.faults() == []


def _pages(stc, asked):
    """Each document once, newest signature first, with the same statements for few and for many rows."""
    pages, counts, after = [], [], None
    with stc.inside():
        readable, at = right.readable(stc.user("vanthu"), asked.since), datetime.now(UTC)
        for limit in (1, 2):
            said = []
            event.listen(db.engine, "before_cursor_execute", listener := lambda *a, said=said: said.append(a[2]))
            rows, is_more = board.page(asked, readable, at=at, after=after, limit=limit)
            event.remove(db.engine, "before_cursor_execute", listener)
            pages, counts, after = [*pages, *rows], [*counts, len(said)], rows[-1].key
        assert not is_more and counts[0] == counts[1] == 2
        assert [row.key for row in pages] == sorted({row.key for row in pages}, reverse=True) and len(pages) == 3


def test_art_9_1_d_whom_the_exchange_does_not_reach_is_sent_it_otherwise_and_is_late_no_more(stc):
    found = stc.begin()
    stc.approved(found, addressees=["H38.01", "H38.07"])
    stc.sign(found)
    stc.seal(found)
    fail(stc)

    def tell(who="vanthu", partner="H38.01", way="post"):
        with stc.inside():
            otherwise.tell(found, partner, way, "Bưu gửi 12", stc.user(who), clock())

    for wrong in ({"who": "lanhdao"}, {"partner": "H38.07"}, {"partner": "H38.99"}, {"way": "pigeon"}):
        with pytest.raises(otherwise.NotSentOtherwise):
            tell(**wrong)
    later = clock() + timedelta(days=3)
    assert shown(stc, at=later)[found][0] == {"failed": 1, "sent": 1}
    tell()
    tell()
    assert shown(stc, at=later)[found][0] == {"other": 1, "sent": 1}
    assert [kind for kind, _ in stc.course(found)].count("sent_otherwise") == 1
    assert stc.faults() == []
