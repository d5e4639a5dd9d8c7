"""Art. 10.3, S12: who read a document is an act of its history; reading neither holds a page up nor breaks a chain."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import worker
from app.db import db
from app.engine import instance as instances
from app.engine import reading
from app.records import history
from app.records.document import Document
from app.records.history import Act
from tests.steps import Office, quick


@pytest.fixture
def office(world: Any) -> Office:
    """A letter that waits for the clerk."""
    quick(world.app)
    office = Office(world.app)
    office.letter = office.take_in()
    return office


def read(office: Office, username: str, what: str = "page", later: timedelta = timedelta()) -> bool:
    with office.inside():
        return reading.note(db.session.get(Document, office.letter), office.user(username), what,
                            datetime.now(UTC) + later)


def readings(office: Office) -> list[tuple[str, dict[str, Any]]]:
    """(who, what was opened), in order."""
    with office.inside():
        rows = db.session.execute(db.select(Act, history.ActContent.input).join(
            history.ActContent, history.ActContent.act_id == Act.id).where(
            Act.subject == f"document:{office.letter}", Act.kind == "document_read").order_by(Act.number))
        return [(act.actor.username, given) for act, given in rows]


def test_art_10_3_a_reading_is_an_act_once_in_a_quarter_of_an_hour(office: Office) -> None:
    assert read(office, "vanthu") and not read(office, "vanthu", "file:1") and read(office, "lanhdao", "file:1")
    assert read(office, "vanthu", later=timedelta(minutes=reading.SAME_MINUTES + 1))
    assert readings(office) == [("vanthu", {"what": "page"}), ("lanhdao", {"what": "file:1"}),
                                ("vanthu", {"what": "page"})]


def test_art_10_3_each_thing_that_an_auditor_opens_is_an_act_once_in_a_quarter_of_an_hour(office: Office) -> None:
    things = ("page", "page", "file:1", "history", "file:2", "page")
    assert [read(office, "thanhtra", what) for what in things] == [True, False, True, True, True, False]
    assert read(office, "thanhtra", later=timedelta(minutes=reading.SAME_MINUTES + 1))
    assert [given["what"] for _, given in readings(office)] == ["page", "file:1", "history", "file:2", "page"]


def test_s12_readers_at_once_and_an_act_between_leave_the_chain_whole(office: Office) -> None:
    people = ("vanthu", "lanhdao", "pholanhdao", "thanhtra", "truongphong", "chuyenvien", "chuyenvien2", "truongphong2")
    start, failed = threading.Barrier(len(people) + 1), []

    def one(username: str) -> None:
        start.wait()
        try:
            read(office, username)
        except Exception as error:
            failed.append((username, error))

    threads = [threading.Thread(target=one, args=(name,)) for name in people]
    for thread in threads:
        thread.start()
    start.wait()
    office.verify(office.letter)
    for thread in threads:
        thread.join()
    worker.run_due(office.app)
    assert failed == [] and sorted(name for name, _ in readings(office)) == sorted(people)
    with office.inside():
        assert history.faults(f"document:{office.letter}") == []
    office.assign(office.letter)
    office.handle(office.letter)
    assert office.ended(office.letter) == "end_finished"


def test_s12_a_reader_does_not_wait_for_a_long_act(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is held by another: the page goes on, and a job writes the act afterwards."""
    monkeypatch.setattr(reading, "PATIENCE_MS", 50)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with office.inside():
            instances.lock_of_document(office.letter)
            held.set()
            done.wait(20)
            db.session.rollback()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(20)
    try:
        assert read(office, "thanhtra", "file:7") and readings(office) == []
    finally:
        done.set()
        holder.join()
    worker.run_due(office.app)
    (who, given), = readings(office)
    assert (who, given["what"]) == ("thanhtra", "file:7") and "read_at" in given
    with office.inside():
        assert history.faults(f"document:{office.letter}") == []
