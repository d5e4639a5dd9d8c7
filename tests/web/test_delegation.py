"""Art. 7: a leader's delegation has days, a scope and an end, each an act; what the delegate does is said to be so."""

import uuid
from datetime import timedelta

import pytest
from doors import Browser
from steps import Office, quick

from app.db import db
from app.engine import task
from app.records import history, right
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.records.people import Delegation
from app.regulation.assignment import delegate
from app.web.moment import now


def today():
    """The day of the test itself: a run that began before midnight ends after it."""
    return local_date(now())


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def given(office, who="chuyenvien", scope="all", days=3, **other):
    with office.inside():
        return delegate.give(office.user("lanhdao"), int(office.id_of(who)), today(), today() + timedelta(days), scope,
                             "Đi công tác tỉnh", now(), **other).id


def open_for(office, username):
    with office.inside():
        return [row.document_id for row in task.inbox(office.user(username), "mine", at=now()).rows
                if row.form_key == "assign"]


def test_art_7_a_delegation_reaches_as_far_as_its_scope(stc):
    usual, urgent = stc.take_in(), stc.take_in()
    stc.verify(usual)
    stc.verify(urgent, priority="1", code_number="13")
    assert open_for(stc, "chuyenvien") == []
    reading = given(stc, scope="reading")
    with stc.inside():
        document = db.session.get(Document, urgent)
        assert right.may_read(stc.user("chuyenvien"), document, today())
    assert open_for(stc, "chuyenvien") == []
    with stc.inside():
        assert delegate.end(stc.user("lanhdao"), reading, now())
        assert not delegate.end(stc.user("lanhdao"), reading, now())
    first = given(stc, scope="usual")
    assert open_for(stc, "chuyenvien") == [usual]
    with stc.inside():
        user = stc.user("chuyenvien")
        read = [right.may_read(user, db.session.get(Document, one), today()) for one in (usual, urgent)]
        assert read == [True, False]
        assert task.counts(user, now())["mine"] == 1
    with pytest.raises(NotFound):
        stc.assign(urgent, "chuyenvien")
    stc.assign(usual, "chuyenvien")
    with stc.inside():
        act = [a for a in history.course(f"document:{usual}") if a.element == "assign"][-1]
        assert (act.actor.username, act.on_behalf_of.username) == ("chuyenvien", "lanhdao")
        delegate.end(stc.user("lanhdao"), first, now())
        kinds = [a.kind for a in history.course(f"user:{stc.id_of('lanhdao')}")]
        assert kinds[-4:] == ["delegation_given", "delegation_ended"] * 2
    assert open_for(stc, "chuyenvien") == [] and stc.faults() == []


def test_art_7_what_a_delegation_must_be(stc):
    seed = uuid.uuid4()
    assert given(stc, seed=seed) == given(stc, seed=seed), "a double click gives one"
    with pytest.raises(delegate.DelegationTwice):
        given(stc)
    with stc.inside():
        leader, other, day = stc.user("lanhdao"), int(stc.id_of("chuyenvien2")), today()
        past = day - timedelta(1)
        for who, to, first, last, scope, reason in (
                (stc.user("truongphong"), other, day, day, "all", "Đi công tác"),
                (leader, leader.id, day, day, "all", "Đi công tác"), (leader, other, past, day, "all", "Đi vắng"),
                (leader, other, day, past, "all", "Đi vắng"), (leader, other, day, day, "sign", "Đi vắng"),
                (leader, other, day, day, "all", "x"), (leader, 10**9, day, day, "all", "Đi công tác")):
            with pytest.raises((delegate.NotDelegating, delegate.DelegationWrong)):
                delegate.give(who, to, first, last, scope, reason, now())
            db.session.rollback()
        mine = db.session.scalars(db.select(Delegation.id).where(Delegation.from_user_id == leader.id)).first()
        with pytest.raises(NotFound):
            delegate.end(stc.user("truongphong"), mine, now())


def test_art_7_the_page_asks_before_it_gives_and_says_in_whose_name(stc):
    leader, to = Browser(stc.app, "stc", "lanhdao"), stc.id_of("chuyenvien")
    asked = {"to": to, "first": today().isoformat(), "last": today().isoformat(), "scope": "all", "reason": "Họp tỉnh"}
    sure = leader.get("/uy-quyen", query_string=asked).text
    assert "Bạn ủy quyền như sau?" in sure and "Đồng ý ủy quyền" in sure
    assert leader.post("/uy-quyen", seed=str(uuid.uuid4()), **asked | {"to": "9" * 5000}).status_code == 422
    assert leader.post("/uy-quyen", seed=str(uuid.uuid4()), **asked).status_code == 303
    assert "Chấm dứt ngay" in leader.get("/uy-quyen").text
    document = stc.take_in()
    stc.verify(document)
    officer = Browser(stc.app, "stc", "chuyenvien")
    assert "ủy quyền đến hết" in officer.get("/").text
    with stc.inside():
        waiting = stc.waiting("assign", document).id
    assert "Bạn làm việc này thay mặt" in officer.get(f"/viec/{waiting}").text
    stc.assign(document, "chuyenvien")
    assert "theo ủy quyền" in leader.get(f"/van-ban/{document}").text
    assert Browser(stc.app, "stc", "chuyenvien2").post("/uy-quyen", **asked).status_code == 403


def test_art_7_wrong_days_and_a_second_delegation_are_told_before_it_is_confirmed(stc):
    """At the field, with what was typed still there."""
    given(stc)
    leader, to = Browser(stc.app, "stc", "lanhdao"), stc.id_of("chuyenvien2")
    asked = {"to": to, "first": f"{today() + timedelta(9)}", "last": f"{today() + timedelta(3)}", "scope": "all",
             "reason": "Đi công tác tỉnh"}
    page = leader.client.get("/uy-quyen", query_string=asked).text
    assert "Ủy quyền cần một người khác" in page and "Bạn ủy quyền như sau?" not in page and asked["last"] in page
    twice = asked | {"to": stc.id_of("chuyenvien"), "first": f"{today()}", "last": f"{today()}"}
    page = leader.client.get("/uy-quyen", query_string=twice).text
    assert "đã được ủy quyền trong những ngày đó" in page and "Đi công tác tỉnh" in page
    good = leader.client.get("/uy-quyen", query_string=asked | {"last": f"{today() + timedelta(12)}"}).text
    assert "Bạn ủy quyền như sau?" in good
