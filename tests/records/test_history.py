"""History: a changed act, a removed act, a changed content, each is found (security.md S12)."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import DataError
from steps import Office, quick

from app.db import db, tenancy
from app.records import history
from app.records.document import Document
from app.records.history import KindUnknown


@pytest.fixture
def found(world):
    """A document with some acts, and its subject."""
    quick(world.app)
    stc = Office(world.app)
    document_id = stc.take_in()
    stc.verify(document_id)
    return stc, document_id, f"document:{document_id}"


def tampered(found, *statements):
    """What history says after somebody with the owner's rights ran these ({s}: the subject); then they are undone."""
    stc, _, subject = found
    with stc.app.app_context(), tenancy.as_owner():
        for statement in statements:
            assert db.session.execute(db.text(statement), {"s": subject}).rowcount == 1
        faults = history.faults(subject)
        db.session.rollback()
        db.session.remove()
    return faults


def test_an_untouched_chain_has_no_fault(found):
    with found[0].inside():
        assert history.faults(found[2]) == [] and len(history.course(found[2])) == 4


CHANGES = {
    "kind": "'document_read'", "at": "at - interval '1 hour'", "actor_id": "1 + coalesce(actor_id, 0)",
    "moves": "'[]'", "on_behalf_of_id": "1", "element": "'assign'", "label": "'khác'", "occurrence": "7",
    "state_hash": "repeat('1', 64)", "input_hash": "repeat('1', 64)", "changes_hash": "repeat('1', 64)",
    "release_sha256": "repeat('1', 64)", "hash": "repeat('1', 64)"}


def test_a_changed_act_is_found_whatever_the_column(found):
    for column, value in CHANGES.items():
        got = tampered(found, f"update act set {column} = {value} where subject = :s and number = 2")
        assert f"{found[2]}: act 2 was changed" in got, column
    columns = {c.name for c in history.Act.__table__.columns}
    assert columns - set(CHANGES) == {"id", "agency_id", "subject", "number", "previous_hash"}


def test_a_removed_act_is_found(found):
    subject, second = found[2], "(select id from act where subject = :s and number = 2)"
    assert tampered(found, f"delete from act_content where act_id = {second}",
                    "delete from act where subject = :s and number = 2") == [
        f"{subject}: act 2 is missing", f"{subject}: act 3 does not follow the act before"]


def test_a_changed_content_is_found(found):
    got = tampered(found, "update act_content set input = input::jsonb || '{\"values\": {}}' where act_id = "
                          "(select id from act where subject = :s and number = 4)")
    assert got == [f"{found[2]}: the content of act 4 was changed"]


def test_a_rewritten_chain_of_one_act_does_not_fit_the_next(found):
    """Who also writes the hash anew breaks the link to the act that follows."""
    stc, _, subject = found
    with stc.app.app_context(), tenancy.as_owner():
        act = next(a for a in history.course(subject) if a.number == 2)
        act.label = "khác"
        act.hash = history.hash_of(act)
        db.session.commit()
        db.session.remove()
    with stc.inside():
        assert history.faults(subject) == [f"{subject}: act 3 does not follow the act before"]


def test_what_changed_is_told_with_old_and_new(found):
    stc, document_id, subject = found
    with stc.inside():
        act = history.course(subject)[-1]
        changes = db.session.scalars(db.select(history.ActContent.changes).where(
            history.ActContent.act_id == act.id)).one()
    told = {(table, key): columns for table, key, columns in changes}
    assert told["document", document_id]["arrival_number"] == [None, 1]
    assert any(table == "register_entry" for table, _ in told)
    assert any(table == "register" and columns["next_number"] == [1, 2] for (table, _), columns in told.items())


def test_kinds_of_acts_are_a_closed_list(found):
    stc = found[0]
    with stc.inside(), pytest.raises(KindUnknown):
        history.note("user:1", "something_else", agency_id=stc.agency_id, at=datetime.now(UTC), actor_id=None)


def test_a_change_that_no_act_told_is_not_told_by_the_next_act(found):
    """What was committed for one document does not enter the chain of another one."""
    stc, document_id, _ = found
    with stc.inside():
        db.session.get(Document, document_id).subject = "đổi"
        db.session.commit()
        assert history.take_changes() == []
        db.session.get(Document, document_id).subject = "đổi nữa"
        with db.session.begin_nested():
            pass
        assert [change[0] for change in history.take_changes()] == ["document"]


def test_s12_an_input_lies_letter_by_letter_as_its_hash_covers_it_and_holds_no_nul(found):
    stc, document_id, subject = found
    given = {"values": {"z": 1e16, "a": "“số”"}, "b": [1.0, None]}
    with stc.inside():
        agency_id, at = db.session.get_one(Document, document_id).agency_id, datetime.now(UTC)
        act = history.note(subject, "document_read", agency_id=agency_id, at=at, actor_id=None, input=given)
        kept = db.session.scalar(db.text("select c.input::text from act_content c join act a on a.id = c.act_id where "
                                         "a.hash = :hash"), {"hash": act.hash})
        assert kept == history.canonical(given).decode()
        history.note(subject, "document_read", agency_id=agency_id, at=at, actor_id=None, input={"a": "\\u0000"})
        with pytest.raises(DataError):
            history.note(subject, "document_read", agency_id=agency_id, at=at, actor_id=None, input={"a": "\0"})


def test_many_writers_of_one_chain_leave_no_gap_and_no_fork(found):
    """Each finds its place behind the lock in the statement that writes it (S12)."""
    stc, _, subject = found

    def write():
        for _ in range(5):
            with stc.inside():
                history.note(subject, "document_read", agency_id=stc.agency_id, at=datetime.now(UTC), actor_id=None,
                             input={"what": 'trang "một", \\number'})
                db.session.commit()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    with stc.inside():
        assert [act.number for act in history.course(subject)] == list(range(1, 25)) and history.faults(subject) == []


def test_what_is_written_bears_the_hash_that_it_must(found):
    """Spelled by the database around its number and the hash before it, as `hash_of` spells it."""
    stc, _, subject = found
    with stc.inside():
        act = history.append(history.Act(
            agency_id=stc.agency_id, subject=subject, at=datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC), actor_id=1,
            kind="document_read", label='Nhãn "số", \\u0022 "number":7,"previous_hash":"', element="đọc",
            moves=[["a", 1, "READY", "x\ty"]]), input={}, changes=[])
        assert act.number == 5 and act.hash == history.hash_of(act)
        db.session.commit()
        assert history.faults(subject) == []
