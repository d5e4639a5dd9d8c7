"""An act forged with correct hashes says no more than acts of its kind ever say (S12)."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from app.db import db, tenancy
from app.db.spelling import canonical, deflated
from app.engine import replay_many
from app.records import act_scope, history
from app.records.document import REMOVED
from tests.records.test_verify import after, found, office  # noqa: F401
from tests.steps import Office


def test_each_kind_has_its_scope():
    assert set(act_scope.SCOPES) == set(history.KINDS)
    assert all(scope.must <= scope.may for scope in act_scope.SCOPES.values())


@pytest.mark.parametrize("kind, chain, is_moving, by_nobody, by_somebody", [
    ("task_claimed", "document:7", False, False, True), ("opinion_given", "document:7", False, False, True),
    ("internal_answered", "document:7", False, False, True), ("act_refused", "user:3", False, False, True),
    ("task_completed", "document:7", True, False, True), ("exchange_form_changed", "document:7", True, False, True),
    ("text_read", "document:7", False, True, False), ("timer_fired", "document:7", True, True, False),
    ("taken_over", "agency:1", False, True, False), ("content_removed", "document:7", False, True, False),
    ("message_received", "document:7", False, True, False), ("message_received", "document:7", True, True, True),
    ("step_failed", "document:7", False, True, False), ("step_finished", "document:7", True, True, True),
    ("document_read", "document:7", False, True, True), ("urged", "document:7", False, True, True),
])
def test_s12_a_person_did_what_only_people_do_and_nobody_what_only_the_system_does(
        kind, chain, is_moving, by_nobody, by_somebody):
    judged = [act_scope.problem(kind, chain, None, is_moving, is_by_nobody) for is_by_nobody in (True, False)]
    assert [not one for one in judged] == [by_nobody, by_somebody], judged


def test_s12_who_an_act_names_is_held_against_its_kind(office: Office) -> None:  # noqa: F811
    """A claim by nobody, a limit moved by somebody, a file stamped for the archive by one who is no clerk."""
    letter, admin = f"document:{office.letter}", int(office.known["quantri"])
    ways = [("task_claimed", None, "không có người làm"), ("deadline_moved", admin, "chỉ hệ thống làm"),
            ("message_received", admin, "chỉ hệ thống làm"), ("signature_preserved", admin, "không giữ vai trò")]
    with office.app.app_context(), tenancy.as_owner():
        for kind, actor, said in ways:
            db.session.rollback()
            faults = after(office, lambda kind=kind, actor=actor: _forge(office, letter, kind, given={}, actor=actor))
            assert any(said in one.message for one in faults if one.subject == letter), (kind, faults)
        db.session.rollback()


def test_a_forged_act_of_a_harmless_kind_covers_no_change(office: Office) -> None:  # noqa: F811
    letter, officer, agency = f"document:{office.letter}", int(office.known["quantri"]), f"agency:{office.agency_id}"
    own, entry = {"document_id": [None, office.letter]}, {"voided_at": ["", "x"], "held_until": [None, None]}
    roles = [["user_account", officer, {"roles": [["officer"], ["leader"]]}]]
    subject = [["document", office.letter, {"subject": ["", "khác"]}]]
    make = f"update user_account set roles = '{{leader}}' where id = {officer}"
    turn = f"update document set subject = 'khác' where id = {office.letter}"
    ways = [
        (letter, "document_read", roles, make), (letter, "document_read", subject, turn),
        (letter, "opinion_given", [*subject, ["opinion", 1, {}]], turn), (letter, "urged", [], ""),
        (letter, "task_claimed", [], ""), (letter, "account_changed", roles, make),
        (letter, "register_opened", [["register", 1, {}]], ""), (f"user:{officer}", "calendar_changed", [], ""),
        (letter, "opinion_given", [["opinion", 1, own], ["document_right", 99, {"kind": [None, "read"], **own}]], ""),
        (letter, "sent_otherwise", [["message", 1, {"partner": ["", "x"]}]], ""),
        (letter, "number_released", [["register_entry", 1, entry]], ""),
        (letter, "layout_checked", [["layout_result", 1, {"sha256": [None, "c" * 64]}]], ""),
        (f"barred:{office.agency_id}", "barred_cleared", [["barred_entry", 1, {"rule": [None, "secrecy"]}]], ""),
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


#: of document 7, as its chain told before
_KNOWN = {
    ("opinion", 1): {"document_id": (None, 7), "text": (None, "Giải quyết")},
    ("attachment", 2): {"document_id": (None, 7), "sha256": (None, "a")},
    ("notice", 3): {"document_id": (None, 7)}, ("register_entry", 4): {"document_id": (None, 7)},
    ("certified_copy", 5): {"document_id": (None, 7), "status": (None, "made"), "form": (None, "electronic")},
    ("certified_copy", 6): {"document_id": (None, 7), "status": (None, "refused"), "form": (None, "paper")},
    ("document_right", 8): {"document_id": (None, 7)},
    ("document", 7): {"direction": (None, "incoming"), "verdict": (None, {"verdict": "3.3.b"})},
    ("document", 15): {"direction": (None, "outgoing")}, ("document", 16): {"direction": (None, "incoming")},
    ("document", 17): {"direction": (None, "incoming"), "verdict": (None, {
        "verdict": "invalid", "told": [{"code": "not_leader"}]})},
    ("text_layer", 9): {"document_id": (None, 7)}, ("task", 10): {"document_id": (None, 7)},
}


@pytest.mark.parametrize("kind, table, row, columns", [
    ("message_received", "opinion", 1, {"text": ("Giải quyết", "Không giải quyết")}),
    ("opinion_given", "opinion", 1, {"text": ("Giải quyết", "Không")}),
    ("step_failed", "opinion", 1, {"text": ("Giải quyết", "Không")}),
    ("urged", "notice", 3, {"text": ("", "khác"), "at": ("2026-11-26T01:00:00+00:00", "2026-11-20T01:00:00+00:00")}),
    ("signature_preserved", "attachment", 2, {"sha256": ("a", "b")}),
    ("copy_made", "attachment", 2, {"sha256": ("a", "b")}),
    ("copy_made", "register_entry", 4, {"voided_at": ("2026-11-26T01:00:00+00:00", None)}),
    ("copy_made", "certified_copy", 5, {"status": ("ordered", "made")}),
    ("number_reserved", "register_entry", 4, {"at": ("2026-11-26T01:00:00+00:00", "2026-11-20T01:00:00+00:00")}),
    ("copy_asked", "certified_copy", 6, {"status": ("refused", "ordered")}),
    ("copy_decided", "certified_copy", 5, {"recipients": ([], ["Báo chí"])}),
    ("copy_decided", "certified_copy", 6, {"status": ("asked", "ordered")}),
    ("copy_cancelled", "certified_copy", 5, {"status": ("made", "cancelled")}),
    ("opinion_asked", "document_right", 8, {"user_id": (3, 4)}),
    ("text_read", "text_layer", 9, {"sha256": ("a", "b")}),
    ("text_read", "text_layer", 9, {"agency_id": (None, 1), "document_id": (None, 7), "sha256": (None, "b")}),
    ("deadline_moved", "task", 10, {"done_by_id": (3, 4)}),
    ("signature_rechecked", "document", 7, {"verdict": ({"verdict": "indeterminate"}, {"verdict": "invalid"})}),
    ("trust_asked", "trust_anchor", 11, {"granted_at": (None, "2026-11-26T01:00:00+00:00")}),
    ("trust_asked", "trust_anchor", 11, {"certificate": ("a", "b")}),
    ("trust_asked", "trust_anchor", 12, {"agency_id": (None, 1), "granted_at": (None, "2026-11-26T01:00:00+00:00")}),
    ("trust_decided", "trust_anchor", 12, {"agency_id": (None, 1), "granted_at": (None, "2026-11-26T01:00:00+00:00")}),
    ("signature_preserved", "attachment", 31, {"agency_id": (None, 1), "document_id": (None, 7),
                                               "kind": (None, "signed")}),
    ("copy_made", "attachment", 31, {"agency_id": (None, 1), "document_id": (None, 7), "kind": (None, "scan")}),
    ("internal_sent", "internal_paper", 32, {"agency_id": (None, 1), "document_id": (None, 7)}),
    ("internal_discarded", "document", 7, {"status": ("registered", "discarded")}),
    ("update_asked", "document", 7, {"due_date": (None, "2027-11-26")}),
    ("recall_asked", "document", 7, {"status": ("registered", "withdrawn")}),
    ("recall_asked", "document", 15, {"status": ("dispatched", "registered")}),
    ("replacement_changed", "document", 7, {"replaces_id": (None, 15)}),
    ("answer_changed", "document", 7, {"answers_id": (None, 15)}),
    ("signature_rechecked", "document", 16, {"verdict": (None, {"verdict": "3.3.b"})}),
    ("signature_rechecked", "document", 17, {"verdict": ({"verdict": "invalid"}, {"verdict": "3.3.b"})}),
    ("delegation_given", "delegation", 13, {"until_date": ("2026-11-26", "2027-11-26")}),
    ("audit_granted", "audit_grant", 14, {"until_date": ("2026-11-26", "2027-11-26")}),
])
def test_s12_an_act_beside_the_procedure_rewrites_no_row_that_is_there(kind, table, row, columns):
    chains = {"trust_anchor": "trust:3", "delegation": "user:3", "audit_grant": "audit_grant:14"}
    chain = chains.get(table, f"document:{row if table == 'document' else 7}")
    assert act_scope.foreign(kind, chain, [[table, row, columns]], _KNOWN, {}), (kind, columns)


@pytest.mark.parametrize("kind, table, row, columns", [
    ("message_received", "opinion", 21, {"agency_id": (None, 1), "document_id": (None, 7), "text": (None, "x")}),
    ("message_received", "message", 21, {"status_code": ("", "03")}),
    ("text_read", "text_layer", 9, {"id": (9, None), "document_id": (7, None), "sha256": ("a", None)}),
    ("copy_decided", "certified_copy", 22, {"agency_id": (None, 1), "document_id": (None, 7)}),
    ("copy_cancelled", "certified_copy", 23, {"status": ("asked", "cancelled")}),
    ("account_changed", "user_account", 3, {"roles": ([], ["leader"])}),
    ("recall_asked", "document", 15, {"status": ("dispatched", "withdrawn")}),
    ("update_asked", "document", 15, {"subject": ("a", "b"), "priority": (0, 1)}),
])
def test_s12_an_act_beside_the_procedure_may_say_what_its_kind_says(kind, table, row, columns):
    chain = {"user_account": "user:3", "document": "document:15"}.get(table, "document:7")
    known = {**_KNOWN, (table, row): _KNOWN.get((table, row), {"document_id": (None, 7)})} if row != 22 and row != 21 \
        or table == "message" else _KNOWN
    assert act_scope.foreign(kind, chain, [[table, row, columns]], known, {}) == ""


@pytest.mark.parametrize("table, columns, is_wrong", [
    ("attachment", {"sha256": ("a", "b")}, True), ("attachment", {"kind": ("appendix", "signed")}, True),
    ("attachment", {"kind": ("appendix", "appendix_old")}, False), ("opinion", {"text": ("Giải quyết", "Không")}, True),
    ("opinion", {"text": ("Giải quyết", REMOVED)}, False), ("register_entry", {"number": (3, 4)}, True),
    ("milestone", {"at": ("2026-11-26T01:00:00+00:00", "2026-11-20T01:00:00+00:00")}, True),
    ("milestone", {"cleared_at": (None, "2026-11-26T01:00:00+00:00")}, False),
    ("document", {"direction": ("incoming", "outgoing")}, True), ("document", {"status": ("arrived", "closed")}, False),
])
def test_s12_no_step_of_a_procedure_writes_anew_what_was_written(table, columns, is_wrong):
    assert bool(act_scope.rewritten(table, 5, columns)) == is_wrong


def test_s12_an_act_of_a_procedure_that_tells_of_what_none_does_is_found(office: Office) -> None:  # noqa: F811
    """A procedure held up and let go on, and an act that no seal knows yet, as if they had changed records."""
    letter = f"document:{office.letter}"
    with office.app.app_context(), tenancy.as_owner():
        file = db.session.execute(db.text(
            f"select id, sha256 from attachment where document_id = {office.letter} limit 1")).one()
        other = "c" * 64
        ways = [("document", office.letter, {"subject": ["", "khác"]}, "subject = 'khác'"),
                ("attachment", file.id, {"sha256": [file.sha256, other]}, f"sha256 = '{other}'")]
        for table, row, columns, change in ways:
            for kind in ("instance_suspended", "task_completed"):
                db.session.rollback()
                if (table, kind) == ("document", "task_completed"):  # a form changes fields of its document
                    continue
                last = history.head(letter)[0]
                faults = after(office, lambda table=table, row=row, columns=columns, change=change, kind=kind: (
                    db.session.execute(db.text(f"update {table} set {change} where id = {row}")),
                    _beside(office, kind, changes=[[table, row, columns]])))
                assert ("chain", letter, last + 1) in _told(faults), (table, kind)
        db.session.rollback()


def _beside(office: Office, kind: str, *, actor: str = "quantri", element: str = "assign", moves: Any = (),  # noqa: F811
            changes: Any = (), **more: Any) -> None:
    """The next act of the letter's procedure, with the state that it has, as if nothing had moved."""
    subject = f"document:{office.letter}"
    row = db.session.execute(db.text(f"select id, acts from instance where document_id = {office.letter}")).one()
    before = history.course(subject)[-1]
    act = history.Act(agency_id=office.agency_id, subject=subject, at=datetime.now(UTC), kind=kind, element=element,
                      occurrence=1, moves=list(moves), release_sha256=before.release_sha256,
                      state_hash=before.state_hash, actor_id=int(office.known[actor]) if actor else None)
    given = {"instance": row.id, "act": row.acts + 1, "results": [], "reason": "Vì", **more}
    history.append(act, input=given, changes=list(changes))
    db.session.execute(db.text("update instance set acts = acts + 1 where id = :id"), {"id": row.id})


def test_s12_an_act_that_moves_nothing_is_where_it_can_be_and_tells_of_its_own(office: Office) -> None:  # noqa: F811
    letter, other = f"document:{office.letter}", [["message", 9, {"document_id": [None, office.written]}]]
    subject = [["document", office.letter, {"subject": ["", "khác"]}]]
    turn = f"update document set subject = 'khác' where id = {office.letter}"
    admin = int(office.known["quantri"])
    told = [(letter, "message_received", subject), (letter, "step_failed", [*subject, ["opinion", 1, {}]]),
            ("message:1", "message_received", subject), (letter, "message_received", other),
            (letter, "recall_asked", [*subject, ["message", 1, {}]]),
            (f"user:{office.known['lanhdao']}", "account_changed", [["user_account", admin, {}]])]
    heard = {"message": "no_such", "payload": {}}
    acts: list[tuple[list[tuple[str, dict[str, Any]]], int, str]] = [
        ([("step_failed", {"error": "x"}), ("step_retried", {})], 1, "no slow step"),
        ([("step_retried", {})], 1, "had not failed"), ([("instance_resumed", {})], 1, "not suspended"),
        ([("instance_suspended", {"actor": ""}), ("instance_resumed", {})], 1, ""),
        ([("instance_suspended", {}), ("instance_suspended", {})], 2, "was suspended"),
        ([("message_received", heard)], 1, "nothing waited"), ([("timer_fired", {})], 1, "no timer"),
        ([("instance_suspended", {"moves": [["assign", 1, "READY", "READY"]]})], 1, "")]
    with office.app.app_context(), tenancy.as_owner():
        for chain, kind, changes in told:
            db.session.rollback()
            last = history.head(chain)[0]
            faults = after(office, lambda chain=chain, kind=kind, changes=changes: (
                db.session.execute(db.text(turn)), _forge(office, chain, kind, changes=changes)))
            assert ("chain", chain, last + 1) in _told(faults), (chain, kind)
        db.session.rollback()
        faults = after(office, lambda: _forge(office, f"user:{admin}", "account_changed", given={"reason": ""}))
        assert [fault.message for fault in faults if fault.check == "chain" and "không ghi lý do" in fault.message]
        for steps, wrong, said in acts:
            db.session.rollback()
            last = history.head(letter)[0]
            faults = after(office, lambda steps=steps: [_beside(office, kind, **more) for kind, more in steps])
            assert ("chain", letter, last + wrong) in _told(faults), steps
            if said:
                instance, = replay_many.instances_of(office.letter)
                assert said in replay_many.judged(instance).difference, steps
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


def test_acts_that_change_their_order_or_go_back_in_time_are_found(office: Office) -> None:  # noqa: F811
    letter, twin = f"document:{office.letter}", f"document:0{office.letter}"
    swap = """
        with two as (select array_agg(id order by number desc) as ids from act where subject = :subject),
        content as (update act_content c set act_id = two.ids[1] + two.ids[2] - c.act_id from two
                    where c.act_id in (two.ids[1], two.ids[2]))
        update act a set id = two.ids[1] + two.ids[2] - a.id from two where a.id in (two.ids[1], two.ids[2])"""
    with office.app.app_context(), tenancy.as_owner():
        db.session.rollback()
        last, ago = history.head(letter)[0], datetime.now(UTC)

        def swapped() -> None:
            for key in ("alter table act drop constraint act_pkey cascade",
                        "alter table act_content drop constraint act_content_act_id_key"):
                db.session.execute(db.text(key))  # they are judged by themselves (verify_schema.py)
            db.session.execute(db.text(swap), {"subject": letter})

        assert ("chain", letter, last) in _told(after(office, swapped))
        db.session.rollback()
        drift = after(office, lambda: [
            _forge(office, letter, "document_read", at=ago - timedelta(minutes=9 * n)) for n in range(4)])
        assert {("time", letter, last + n) for n in (3, 4)} <= _told(drift)
        db.session.rollback()
        assert ("chain", twin, 1) in _told(after(office, lambda: _forge(office, twin, "document_read")))
        db.session.rollback()
        admin, ago_3 = f"user:{office.known['quantri']}", ago - timedelta(hours=3)
        roles = [["user_account", int(office.known["quantri"]), {"roles": [["admin"], ["leader"]]}]]

        def turned() -> None:
            """A later act of another chain, told with an id before the one that is to count."""
            db.session.execute(db.text(f"update user_account set roles = '{{leader}}' where id = {roles[0][1]}"))
            _forge(office, f"agency:{office.agency_id}", "agency_changed", given={"reason": "x"}, changes=[
                ["agency", office.agency_id, {"name": ["a", "b"]}]])
            _forge(office, admin, "account_changed", given={"reason": "x"}, changes=roles, at=ago_3)

        assert any("trái với thời điểm" in fault.message for fault in after(office, turned) if fault.subject == admin)
        db.session.rollback()
        named = {"tables": ["document_right"]}
        taken = after(office, lambda: _forge(office, f"agency:{office.agency_id}", "taken_over", given=named,
                                             changes=[["document_right", 1, {}]]))
        assert any(check == "chain" and subject.startswith("agency:") for check, subject, _ in _told(taken))
        db.session.rollback()


def _told(faults: list[Any]) -> set[tuple[str, str, int]]:
    return {(fault.check, fault.subject, fault.act) for fault in faults}


def _forge(office: Office, chain: str, kind: str, *, given: Any = None, changes: Any = (),  # noqa: F811
           moves: Any = (), at: datetime | None = None, actor: int | None = None) -> None:
    """An act as one writes it past the product: every hash is right, nothing else is asked."""
    given = {"tables": ["user_account"]} if given is None else given
    last, previous = history.head(chain)
    act = history.Act(agency_id=office.agency_id, subject=chain, number=last + 1, at=at or datetime.now(UTC), kind=kind,
                      element="", occurrence=0, label="", moves=moves, release_sha256="", state_hash="",
                      actor_id=actor, on_behalf_of_id=None, previous_hash=previous)
    act.input_hash, act.changes_hash = (hashlib.sha256(canonical(one)).hexdigest() for one in (given, changes))
    act.hash = history.hash_of(act)
    db.session.add(act)
    db.session.flush()
    db.session.execute(
        db.text("insert into act_content (agency_id, act_id, input, changes) values (:agency, :act, :given, :changes)"),
        {"agency": office.agency_id, "act": act.id, "given": orjson.dumps(given).decode(),
         "changes": deflated(canonical(changes))})
