"""Contents that are gone: only where a step of the diagram removed them, and what is left is as it was left (S12, 3.2).
"""

from datetime import UTC, datetime

from app import worker
from app.db import db, tenancy
from app.records import history
from app.records.verify_record import OF_A_DOCUMENT
from tests.records.test_verify import after, found, office  # noqa: F401
from tests.steps import Office

_GONE = "delete from act_content where act_id in (select id from act where subject = '{0}' and number {1})"


def _forge(office: Office, document: int, *changes: str) -> None:  # noqa: F811
    """All contents but the first taken away, an act that says so, and records of one's own."""
    subject = f"document:{document}"
    db.session.execute(db.text(_GONE.format(subject, "> 1")))
    for change in changes:
        db.session.execute(db.text(change))
    history.note(subject, "content_removed", agency_id=office.agency_id, at=datetime.now(UTC), actor_id=None,
                 input={"sha256s": []})


def test_art_3_2_a_forged_removal_hides_nothing(office: Office) -> None:  # noqa: F811
    letter = office.letter
    with office.app.app_context(), tenancy.as_owner():
        for names in (["document"], []):  # with the rows told as they are, and without
            db.session.rollback()
            faults = after(office, lambda names=names: (
                history.tell_as_is(names, letter),
                _forge(office, letter, f"update document set subject = 'khác' where id = {letter}")))
            assert {f.subject for f in faults} == {f"document:{letter}"}
            acts = [f.act for f in faults if f.check == "content"]
            assert acts == [acts[0], 2], "no step removes, and the first content that is gone"
        db.session.rollback()


def test_art_3_2_what_a_removal_left_is_held_against_it(office: Office) -> None:  # noqa: F811
    removed = office.take_in()
    office.verify(removed, decision="not_entered", reason="Văn bản mật")
    worker.run_due(office.app)
    worker.run_purge(agency_id=office.agency_id, document_id=removed, sha256s=[])  # its worker died before it said so
    subject, mine = f"document:{removed}", f"where document_id = {removed}"
    with office.inside():
        assert found(office) == []
    ways = [
        f"update document set subject = 'khác' where id = {removed}",
        f"update document set arrival_number = 7 where id = {removed}",
        f"update opinion set text = 'khác' {mine}", f"update attachment set name = 'a.pdf' {mine}",
        f"update milestone set user_id = {office.known['quantri']} {mine}", f"delete from milestone {mine}",
        f"update task set done_at = done_at - interval '1 day' {mine}", f"update task set label = 'khác' {mine}",
        f"update task set created_at = created_at - interval '1 day' {mine}", f"update task set note = 'khác' {mine}"]
    with office.app.app_context(), tenancy.as_owner():
        for change in ways:
            db.session.rollback()
            faults = after(office, change)
            assert {(f.check, f.subject) for f in faults} == {("record", subject)}, change
        db.session.rollback()
        faults = after(office, lambda: _forge_again(office, removed))
        assert ("record", subject) in {(f.check, f.subject) for f in faults}, "told again after a change"
        db.session.rollback()
        faults = after(office, lambda: (
            db.session.execute(db.text(_GONE.format(subject, "> 0"))), _forge_again(office, removed)))
        assert ("content", subject) in {(f.check, f.subject) for f in faults}, "one step allows one removal"
        db.session.rollback()
        planted = 10**6
        faults = after(office, lambda: _plant(office, planted, removed))
        assert ("record", f"document:{planted}") in {(f.check, f.subject) for f in faults}, "nobody began this answer"
        db.session.rollback()
    with office.inside():
        assert found(office) == [], "all of it was undone"


def test_art_3_2_a_word_about_internal_papers_lets_no_other_content_go(office: Office) -> None:  # noqa: F811
    """With all that a removal leaves: records told as they stand, nothing kept of what slow steps found."""
    letter, at = office.letter, datetime.now(UTC)
    subject, known = f"document:{letter}", {"agency_id": office.agency_id, "at": at}
    turn = f"update document set status = 'discarded', subject = '' where id = {letter}"

    def forge() -> None:
        db.session.execute(db.text("update slow_work set found = null"))
        db.session.execute(db.text(turn))
        discarded = history.Act(subject=subject, kind="internal_discarded", actor_id=office.known["vanthu"], **known)
        history.append(discarded, input={"reason": "Xóa"},
                       changes=[["document", letter, {"status": ["", "discarded"]}]])
        db.session.execute(db.text(_GONE.format(subject, "> 0")))
        history.tell_as_is(OF_A_DOCUMENT, letter)
        history.note(subject, "content_removed", actor_id=None, input={"sha256s": []}, **known)

    with office.app.app_context(), tenancy.as_owner():
        faults = after(office, forge)
        removal = history.head(subject)[0]
        assert ("content", subject, removal) in {(f.check, f.subject, f.act) for f in faults}
        db.session.rollback()


def _plant(office: Office, planted: int, removed: int) -> None:  # noqa: F811
    """A document put in by hand, as if it answered the one whose acts can no longer say so, and a harmless act."""
    db.session.execute(db.text("""
        insert into document select r.* from document d, jsonb_populate_record(
            d, jsonb_build_object('id', cast(:planted as int), 'answers_id', cast(:removed as int))) r
        where d.id = :id"""), {"planted": planted, "removed": removed, "id": office.written})
    history.note(f"document:{planted}", "document_read", agency_id=office.agency_id, at=datetime.now(UTC),
                 actor_id=office.known["lanhdao"])


def _forge_again(office: Office, removed: int) -> None:  # noqa: F811
    """A second removal that tells the records as somebody has changed them."""
    db.session.execute(db.text(f"update document set organ_name = 'khác' where id = {removed}"))
    history.tell_as_is(["document"], removed)
    history.note(f"document:{removed}", "content_removed", agency_id=office.agency_id, at=datetime.now(UTC),
                 actor_id=None, input={"sha256s": []})
