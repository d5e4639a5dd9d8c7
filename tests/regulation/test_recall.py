"""Art. 7: an assignment is taken back until its receiver has opened it; whoever is first has his way."""

import threading
from datetime import UTC, datetime

import pytest
from steps import Office, quick

from app.db import db
from app.engine import reading
from app.records import history, notice, right
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.regulation.assignment import recall, urge


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def taken_back(office, document_id, username="lanhdao"):
    with office.inside():
        recall.recall(document_id, office.user(username), datetime.now(UTC))


def opened(office, document_id, username="chuyenvien"):
    with office.inside():
        reading.note(db.session.get(Document, document_id), office.user(username), "page", datetime.now(UTC))


def test_art_7_an_assignment_is_taken_back_until_it_is_opened(stc):
    document = stc.take_in()
    stc.verify(document)
    with pytest.raises(recall.AlreadyOpened):
        taken_back(stc, document)  # nothing is assigned yet
    stc.assign(document, co_handlers=[stc.id_of("chuyenvien2")], readers=[stc.id_of("chuyenvienb")])
    with stc.inside():  # who is asked may read until he has answered, whoever has the document meanwhile
        urge.ask(document, stc.user("lanhdao"), int(stc.id_of("chuyenvien2b")), "Đủ kinh phí không?", None,
                 datetime.now(UTC))
    with pytest.raises(NotFound):
        taken_back(stc, document, "chuyenvien")
    opened(stc, document, "chuyenvien2")  # not the one who leads
    taken_back(stc, document, "truongphong")  # the leader's delegate
    assert stc.tasks(document) == ["assign"] and stc.status(document) == "registered"
    with pytest.raises(recall.AlreadyOpened):
        taken_back(stc, document)  # a double click
    with stc.inside():
        act = history.course(f"document:{document}")[-1]
        assert (act.kind, act.actor.username, act.on_behalf_of.username) == (
            "message_received", "truongphong", "lanhdao")
        officer, today = stc.user("chuyenvien"), local_date(datetime.now(UTC))
        left = {name for name in ("chuyenvien", "chuyenvien2", "chuyenvienb", "chuyenvien2b")
                if right.may_read(stc.user(name), db.session.get(Document, document), today)}
        assert left == {"chuyenvien2b"}, "rights end with it, of who was to read, too"
        assert [one.kind for one in notice.open_for(officer)] == ["recalled"]
        assert [one.kind for name in ("chuyenvien2", "chuyenvienb", "chuyenvien2b")
                for one in notice.open_for(stc.user(name))] == ["recalled", "recalled", "asked"], "who loses a right"
    stc.assign(document, handler_id=stc.id_of("chuyenvien2b"), co_handlers=[stc.id_of("chuyenvien2")])
    with stc.inside():
        told = {name: [one.kind for one in notice.open_for(stc.user(name))] for name in ("chuyenvien", "chuyenvien2")}
        assert told == {"chuyenvien": ["recalled"], "chuyenvien2": []}, "to whom it is given again need not confirm it"
    opened(stc, document, "chuyenvien2b")
    with pytest.raises(recall.AlreadyOpened):
        taken_back(stc, document)
    stc.handle(document, "chuyenvien2b")
    assert stc.status(document) == "closed" and stc.faults() == []
    assert stc.ended(document) == "end_finished"


def test_art_7_what_the_head_of_the_unit_has_opened_and_given_on_is_not_taken_back(stc):
    document = stc.take_in()
    stc.verify(document)
    with stc.inside():
        unit = f"unit:{stc.user('chuyenvien').unit_id}"
    stc.assign(document, handler_id=unit)
    opened(stc, document, "truongphong")
    stc.handle(document, "truongphong", decision="reassign", reason="Giao", handler_id=stc.id_of("chuyenvien"))
    with stc.inside():
        assert not recall.may_recall(stc.user("lanhdao"), db.session.get(Document, document), datetime.now(UTC))
    with pytest.raises(recall.AlreadyOpened):
        taken_back(stc, document)
    stc.handle(document, decision="return", reason="Không thuộc nhiệm vụ")
    stc.handle(document, "truongphong", decision="return", reason="Không thuộc nhiệm vụ")
    stc.assign(document)
    taken_back(stc, document)  # assigned anew, and opened by nobody
    assert stc.tasks(document) == ["assign"]


def test_art_7_taking_back_races_with_opening(stc):
    document, came, failed = stc.take_in(), threading.Barrier(2), []
    stc.verify(document)
    stc.assign(document)

    def race(do):
        came.wait()
        try:
            do(stc, document)
        except recall.AlreadyOpened:
            failed.append(do)

    racing = [threading.Thread(target=race, args=(do,)) for do in (taken_back, opened)]
    for one in racing:
        one.start()
    for one in racing:
        one.join()
    acts = [(a.kind, a.actor and a.actor.username) for a in _course(stc, document)]
    read, back = acts.index(("document_read", "chuyenvien")), ("message_received", "lanhdao") in acts
    if back:
        assert failed == [] and acts.index(("message_received", "lanhdao")) < read and stc.tasks(document) == ["assign"]
    else:
        assert failed == [taken_back] and stc.tasks(document) == ["handle"]


def _course(office, document_id):
    with office.inside():
        return history.course(f"document:{document_id}")
