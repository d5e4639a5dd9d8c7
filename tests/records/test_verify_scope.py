"""An act forged with correct hashes says no more than acts of its kind ever say (S12)."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import orjson

from app.db import db, tenancy
from app.db.spelling import canonical, deflated
from app.records import act_scope, history
from tests.records.test_verify import after, found, office  # noqa: F401
from tests.steps import Office


def test_each_kind_has_its_scope():
    assert set(act_scope.SCOPES) == set(history.KINDS)
    assert all(scope.must <= scope.may for scope in act_scope.SCOPES.values())


def test_a_forged_act_of_a_harmless_kind_covers_no_change(office: Office) -> None:  # noqa: F811
    letter, officer, agency = f"document:{office.letter}", int(office.known["quantri"]), f"agency:{office.agency_id}"
    roles = [["user_account", officer, {"roles": [["officer"], ["leader"]]}]]
    subject = [["document", office.letter, {"subject": ["", "khác"]}]]
    make = f"update user_account set roles = '{{leader}}' where id = {officer}"
    turn = f"update document set subject = 'khác' where id = {office.letter}"
    ways = [
        (letter, "document_read", roles, make), (letter, "document_read", subject, turn),
        (letter, "opinion_given", [*subject, ["opinion", 1, {}]], turn), (letter, "urged", [], ""),
        (letter, "task_claimed", [], ""), (letter, "account_changed", roles, make),
        (letter, "register_opened", [["register", 1, {}]], ""), (f"user:{officer}", "calendar_changed", [], ""),
        (letter, "act_refused", [], ""), (f"user:{officer}", "document_read", roles, make),
        (agency, "taken_over", roles, make), ("mail:1", "mail_decided", roles, make), (letter, "no_such_kind", [], ""),
    ]
    with office.app.app_context(), tenancy.as_owner():
        for chain, kind, changes, change in ways:
            db.session.rollback()
            last = history.head(chain)[0]
            faults = after(office, lambda chain=chain, kind=kind, changes=changes, change=change: (
                db.session.execute(db.text(change)) if change else None, _forge(office, chain, kind, changes=changes)))
            assert ("chain", chain, last + 1) in {(f.check, f.subject, f.act) for f in faults}, (chain, kind, faults)
        db.session.rollback()
    with office.inside():
        assert found(office) == [], "all of it was undone"


def test_an_act_that_cannot_be_read_is_found_and_stops_nothing(office: Office) -> None:  # noqa: F811
    letter = f"document:{office.letter}"
    ways: list[tuple[str, dict[str, Any]]] = [
        ("content", {"given": ["no", "fields"]}), ("content", {"changes": {"no": "list"}}),
        ("content", {"changes": [["document", "one", {}]]}), ("content", {"changes": [["document", 1, {"a": 5}]]}),
        ("chain", {"moves": [["verify"]]}), ("chain", {"moves": {"a": 1}})]
    with office.app.app_context(), tenancy.as_owner():
        for check, broken in ways:
            db.session.rollback()
            last = history.head(letter)[0]
            faults = after(office, lambda broken=broken: _forge(office, letter, "message_received", **broken))
            assert [(f.check, f.subject, f.act) for f in faults] == [(check, letter, last + 1)], broken
        db.session.rollback()


def _forge(office: Office, chain: str, kind: str, *, given: Any = None, changes: Any = (),  # noqa: F811
           moves: Any = ()) -> None:
    """An act as one writes it past the product: every hash is right, nothing else is asked."""
    given = {"tables": ["user_account"]} if given is None else given
    last, previous = history.head(chain)
    act = history.Act(agency_id=office.agency_id, subject=chain, number=last + 1, at=datetime.now(UTC), kind=kind,
                      element="", occurrence=0, label="", moves=moves, release_sha256="", state_hash="",
                      actor_id=None, on_behalf_of_id=None, previous_hash=previous)
    act.input_hash, act.changes_hash = (hashlib.sha256(canonical(one)).hexdigest() for one in (given, changes))
    act.hash = history.hash_of(act)
    db.session.add(act)
    db.session.flush()
    db.session.execute(
        db.text("insert into act_content (agency_id, act_id, input, changes) values (:agency, :act, :given, :changes)"),
        {"agency": office.agency_id, "act": act.id, "given": orjson.dumps(given).decode(),
         "changes": deflated(canonical(changes))})
