"""What acts tell of rows that another document's acts made, of files read, of offices held: held as all is (S12)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes import PrintedReader

from app import worker
from app.db import db, tenancy
from app.records import history, text_layer, verify_behalf, verify_office, verify_record
from app.records import sender_request as requests
from app.records.calendar import local_date
from app.records.document import Document
from app.records.people import User
from app.regulation.incoming import answer
from app.tools import edxml
from tests.records.test_verify import after, found
from tests.regulation.test_sender_request import accept, ask, named
from tests.steps import Office, arrived, quick, send, signed_pdf


@pytest.fixture
def office(world: Any) -> Office:
    """A packet that replaces another and was kept out; a letter that was recalled while it was being answered."""
    quick(world.app)
    office = Office(world.app)
    office.app.extensions["tools"] = replace(office.app.extensions["tools"], reader=PrintedReader())
    send(office.app, signed_pdf(office.app))
    office.old = arrived(office)
    office.verify(office.old)
    ask(office, edxml.REPLACE, number="13", files=[signed_pdf(office.app, mark=1)], business={
        "replacement": [{"document_id": named(), "organ_ids": ["H38.12"]}]})
    office.new = arrived(office)
    office.do("vanthu", "verify", {"decision": "not_entered", "reason": "Văn bản mật"}, office.new)
    worker.run_due(office.app)
    send(office.app, signed_pdf(office.app, mark=2), number="14", key="b")
    office.letter = arrived(office)
    office.verify(office.letter)
    office.assign(office.letter)
    office.written = office.answer(office.letter)
    ask(office, edxml.RECALL, named("14"), number="14")
    accept(office, office.letter)
    office.verify(office.take_in(), code_number="31", confirmed=["code_notation", "issued_date"])  # as it was read
    office.scan = office.take_in()
    return office


def test_s12_what_another_chain_told_is_held_too(office: Office) -> None:
    draft, scan = f"document:{office.written}", f"document:{office.scan}"
    with office.inside():
        document = db.session.get(Document, office.written)
        assert not [one for one in history.course(draft) if one.kind == "task_completed"], "never submitted"
        assert requests.of_document(office.new)[0].replacement_id == office.new
        assert [(fault.subject, fault.message) for fault in found(office)] == []
        assert db.session.scalar(verify_record.BEGUN, {"id": office.written}) == f"document:{office.letter}"
        assert document.answers_id == office.letter and text_layer.of(office.scan).sha256
    ways = [
        (f"update document set subject = 'khác' where id = {office.written}", draft),
        (f"update document set answers_id = {office.old} where id = {office.written}", draft),
        (f"update document set purpose = 'khác' where id = {office.written}", draft),
        (f"update opinion set text = 'khác' where kind = 'warning' and document_id = {office.written}", draft),
        (f"delete from opinion where kind = 'warning' and document_id = {office.written}", "opinion:"),
        (f"""update sender_request set reason = 'khác' where replacement_id = {office.new}""", "sender_request:"),
        ("delete from sender_request", "sender_request:"),
        (f"update text_layer set sha256 = repeat('a', 64) where document_id = {office.scan}", scan),
        (f"update text_layer set source_sha256 = repeat('a', 64) where document_id = {office.scan}", scan),
        (f"update text_layer set mark = '[2]' where document_id = {office.scan}", scan),
        ("""update reading_check set fields = '{"a": 1e400}' where id = (select max(id) from reading_check)""",
         "document:"),
        (f"delete from text_layer where document_id = {office.scan}", scan),
    ]
    with office.app.app_context(), tenancy.as_owner():
        for way, where in ways:
            db.session.rollback()
            faults = after(office, way)
            assert [f.check for f in faults if f.subject.startswith(where)][:1] == ["record"], (way, faults)
        db.session.rollback()
    with office.inside():
        assert found(office) == [], "all of it was undone"
        officer = db.session.get(User, office.id_of("chuyenvien"))
        assert answer.say(office.written, officer, None, False, datetime.now(UTC)) and found(office) == []
        begun = {"id": office.written}
        assert db.session.scalar(verify_record.BEGUN, begun) == f"document:{office.letter}", "tied to nothing since"
        db.session.execute(db.text("update document set created_at = o.created_at from document o "
                                   f"where o.id = {office.written} and document.id = {office.scan}"))
        assert db.session.scalar(verify_record.BEGUN, begun) is None, "of two of that moment none is believed"
        db.session.rollback()


def test_art_11_3_an_act_of_office_by_who_did_not_hold_it_then_is_found(world: Any) -> None:
    office = Office(world.app)
    people = {name: int(office.id_of(name)) for name in ("quantri", "lanhdao")}
    admin, at = people["quantri"], datetime.now(UTC)
    assert history.ADMINISTRATIVE <= verify_office.OFFICES.keys()

    def told(minutes: int, actor: str, roles: str = "") -> None:
        change = [] if not roles else [["user_account", admin, {"roles": [["admin"], roles.split()]}]]
        given = {"reason": "Kiện toàn", **({} if actor or minutes == 34 else {"operator": "root"})}
        history.append(
            history.Act(agency_id=office.agency_id, subject=f"user:{admin}", at=at + timedelta(minutes=minutes),
                        kind="account_changed", actor_id=people.get(actor)),
            input=given, changes=change)

    with office.inside():
        last = history.head(f"user:{admin}")[0]
        for minutes, actor, roles in ((0, "quantri", ""), (1, "", "designer"), (6, "quantri", ""), (30, "quantri", ""),
                                      (31, "lanhdao", ""), (32, "", "admin"), (33, "quantri", ""), (34, "", ""),
                                      (50, "", "designer"), (49, "quantri", "")):
            told(minutes, actor, roles)
        wrong = list(verify_office.offices())
        assert [(fault.check, fault.act - last) for fault in wrong] == [("chain", 4), ("chain", 5), ("chain", 8)]
        assert ["không giữ vai trò" in fault.message for fault in wrong] == [True, True, False], "8: nobody, no command"
        assert {fault.act - last for fault in found(office) if "không giữ vai trò" in fault.message} == {4, 5}
        db.session.rollback()


def test_art_7_an_act_in_the_name_of_who_did_not_let_who_acted_is_found(world: Any) -> None:
    """A delegate within his days; a stranger; the delegate after it was ended; a delegation that another gave."""
    office = Office(world.app)
    leader, clerk, officer = (int(office.id_of(name)) for name in ("lanhdao", "vanthu", "chuyenvien"))
    letter, at = office.take_in(), datetime.now(UTC)

    def told(minutes: int, kind: str, actor: int, behalf: int | None = None, of: int = leader, **columns: Any) -> int:
        act = history.Act(agency_id=office.agency_id, at=at + timedelta(minutes=minutes), kind=kind, actor_id=actor,
                          subject=f"user:{of}" if columns else f"document:{letter}", on_behalf_of_id=behalf)
        change = [["delegation", columns.pop("id"), {name: [None, value] for name, value in columns.items()}]] \
            if columns else []
        return history.append(act, input={"reason": "Đi công tác"}, changes=change).number

    day = local_date(at)
    given = {"from_date": str(day), "until_date": str(day + timedelta(days=9)), "to_user_id": officer,
             "from_user_id": leader, "scope": "usual"}
    with office.inside():
        told(0, "delegation_given", leader, id=90001, **given)
        told(1, "urged", officer, leader)
        wrong = [("không được người ấy", told(2, "urged", clerk, leader)),
                 ("không được người ấy", told(2, "urged", officer, clerk))]
        told(20, "delegation_ended", leader, id=90001, ended_at=(at + timedelta(minutes=20)).isoformat())
        told(19, "urged", officer, leader)  # it was under way
        wrong += [("không được người ấy", told(40, "urged", officer, leader)),
                  ("không phải do người ủy quyền", told(41, "delegation_given", clerk, id=90002, **given)),
                  ("không phải do người ủy quyền", told(42, "delegation_given", clerk, of=clerk, id=90003, **given))]
        told(43, "delegation_changed", clerk, id=90004, **given)
        db.session.execute(db.text(f"update document set priority = 1 where id = {letter}"))
        told(44, "urged", officer, leader)  # it bears the mark since, and bore none then
        faults = list(verify_behalf.behalves())
        assert sorted(fault.act for fault in faults) == sorted(number for _, number in wrong)
        assert all(any(said in fault.message and fault.act == number for fault in faults) for said, number in wrong)
        office_of = [fault.message for fault in verify_office.offices() if "delegation_given" in fault.message]
        assert len(office_of) == 2, "who gives one is a leader"
        db.session.rollback()
