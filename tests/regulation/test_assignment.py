"""Art. 7: the leader, or whom he delegated, directs and gives the rights to read, handle and co-handle."""

from datetime import UTC, date, datetime

import pytest
from steps import Office, day_off, in_days, quick

from app.db import db
from app.engine.form import FormInvalid
from app.records import right
from app.records.calendar import local_date
from app.records.document import Document, opinions
from app.records.people import User, stands_in_for
from app.regulation.assignment import delegate


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def found(stc):
    """A document that waits for the leader."""
    document_id = stc.take_in()
    stc.verify(document_id)
    return document_id


def rights(office, document_id):
    with office.inside():
        return {(r.kind, r.user.username) for r in right.of(document_id) if r.user and r.kind != "read"}


def test_art_7_a_new_assignment_replaces_the_old(stc, found):
    stc.assign(found, co_handlers=[stc.id_of("chuyenvien2")])
    assert rights(stc, found) == {("handle", "chuyenvien"), ("co_handle", "chuyenvien2")}
    stc.handle(found, decision="return", reason="Ngoài nhiệm vụ")
    stc.assign(found, handler_id=stc.id_of("chuyenvien2b"), co_handlers=[])
    assert rights(stc, found) == {("handle", "chuyenvien2b")}


def readers(office, document_id):
    """Who may read it, of the eleven people of the agency."""
    with office.inside():
        document, today = db.session.get(Document, document_id), local_date(datetime.now(UTC))
        everybody = db.session.scalars(db.select(User)).all()
        assert len(everybody) == 12
        return {user.username for user in everybody if right.may_read(user, document, today)}


def test_art_7_who_has_no_right_reads_nothing(stc, found):
    stc.assign(found)
    whole_agency = {"vanthu", "lanhdao", "pholanhdao", "thanhtra"}  # the administrator reads no content
    assert readers(stc, found) == whole_agency | {"chuyenvien", "truongphong"}  # the handler and the head of his unit
    stc.handle(found, decision="return", reason="Cần phối hợp")
    stc.assign(found, readers=[stc.id_of("chuyenvien2")])
    assert readers(stc, found) == whole_agency | {"chuyenvien", "truongphong", "chuyenvien2", "truongphong2"}


def test_art_7_the_directive_stands_with_who_gave_it_and_for_whom(stc, found):
    stc.assign(found, "truongphong", directive="Báo cáo trước thứ Sáu", due_date=in_days(28))
    with stc.inside():
        said = next(o for o in opinions(found) if o.kind == "directive")
        assert (said.text, said.user.username, said.on_behalf_of.username) == (
            "Báo cáo trước thứ Sáu", "truongphong", "lanhdao")
        assert str(db.session.get(Document, found).due_date) == in_days(28)
        assert stc.waiting("handle", found).due_at.isoformat().startswith(in_days(28))


@pytest.mark.parametrize("values, field", [
    ({"handler_id": None}, "handler_id"), ({"handler_id": "999999"}, "handler_id"),
    ({"decision": "return", "handler_id": None}, "reason"), ({"readers": ["abc"]}, "readers"),
    ({"decision": "inform", "handler_id": None}, "readers"),
    ({"due_date": in_days(-1)}, "due_date"), ({"due_date": in_days(40_000)}, "due_date")], ids=range(7))
def test_art_7_what_the_leader_must_say(stc, found, values, field):
    with pytest.raises(FormInvalid) as raised:
        stc.assign(found, **values)
    assert field in " ".join(raised.value.facts["errors"])
    assert stc.tasks(found) == ["assign"] and rights(stc, found) == set()


def test_art_7_a_deadline_is_a_working_day_and_the_next_one_is_offered(stc, found):
    off, after = day_off()
    with pytest.raises(FormInvalid) as raised:
        stc.assign(found, due_date=off)
    assert raised.value.beside == {"instead": {"due_date": after}}
    assert f"{date.fromisoformat(after):%d/%m/%Y}" in raised.value.errors["due_date"][0]
    helper = stc.id_of("truongphong2")
    with pytest.raises(FormInvalid) as raised:
        stc.assign(found, co_handlers=[helper], own_dues=[{"holder": helper, "own_due_date": off}])
    assert raised.value.beside == {"instead": {"own_dues.0.own_due_date": after}}
    with pytest.raises(FormInvalid) as raised:
        stc.assign(found, due_date=in_days(40_000))
    assert raised.value.beside == {"instead": {}}, "what is offered would be refused, too"
    stc.assign(found, due_date=after)


def test_art_7_a_day_off_that_the_letter_itself_names_stands(stc):
    off, _ = day_off()
    letter = stc.take_in()
    stc.verify(letter, due_date=off)
    stc.assign(letter, due_date=off)
    with stc.inside():
        assert str(db.session.get(Document, letter).due_date) == off


def test_art_7_nobody_of_another_agency_can_be_chosen(stc, found):
    other = Office(stc.app, "snv").id_of("chuyenvien")
    with pytest.raises(FormInvalid):
        stc.assign(found, handler_id=other)


def test_art_7_nobody_acts_in_the_name_of_a_leader_whose_account_is_closed(stc):
    now = datetime.now(UTC)
    today = local_date(now)
    with stc.inside():
        leader = stc.user("lanhdao")
        assert stands_in_for(stc.user("truongphong"), today) == [leader.id]
        leader.is_active = False
        db.session.commit()
    with stc.inside():
        deputy = stc.user("truongphong")
        assert stands_in_for(deputy, today) == [] and delegate.standing(deputy, now) == []
