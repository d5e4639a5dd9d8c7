"""Art. 10.3: histories are run again, one or all, and the first difference is told with act and element."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from app import audit, cli, cli_history, clock, worker
from app.db import db, tenancy
from app.engine import conformance_night, playback, replay_many, task
from app.engine import instance as instances
from app.engine.diagram import Release
from app.records import history, verify
from app.records.calendar import local_date
from app.records.document import Document
from app.web import audit_words
from tests.steps import Office, quick


@pytest.fixture
def office(world: Any) -> Office:
    """One letter that is with its officer, one draft."""
    quick(world.app)
    office = Office(world.app)
    office.letter = office.take_in()
    office.verify(office.letter)
    office.written = office.begin()
    office.draft(office.written)
    return office


def tamper(statement: str) -> None:
    with tenancy.as_owner():
        db.session.rollback()
        db.session.execute(db.text(statement))
        db.session.commit()


def test_every_history_runs_again_the_same(office: Office) -> None:
    found = audit.run_again(office.app)
    assert found == {"checked": 2, "equal": 2, "removed": 0, "removals": [], "different": []}
    assert audit.run_again(office.app, document_id=office.letter)["checked"] == 1
    assert audit.run_again(office.app, slug="snv")["checked"] == 0
    other = office.take_in()
    with office.inside():
        row = office.waiting("verify", other)
        task.claim(row.id, office.user("vanthu"), datetime.now(UTC))
        assert row.inbox_key != row.key(), "it lies before who took it"
        db.session.commit()
    assert audit.run_again(office.app, document_id=other)["equal"] == 1


def test_only_what_moved_since_a_day_is_run(office: Office) -> None:
    today = local_date(datetime.now(UTC))
    assert audit.run_again(office.app, since=today - timedelta(days=1))["checked"] == 2
    assert audit.run_again(office.app, since=date(2100, 1, 1))["checked"] == 0


@pytest.mark.parametrize(("change", "said"), [
    ("""update act_content set input = jsonb_set(input::jsonb, '{data,decision}', '"return"') where act_id = (
        select id from act where subject = 'document:1' and element = 'verify')""", "ran, history has"),
    ("""update act set state_hash = repeat('0', 64) where subject = 'document:1' and element = 'verify'""",
     "state after task_completed verify differs"),
    ("update act set element = 'nowhere' where subject = 'document:1' and element = 'verify'", "not_waiting"),
    ("update instance set state = state || ' '::bytea where document_id = 1", "the state kept now"),
    ("update task set status = 'cancelled' where document_id = 1 and status = 'open'", "the inbox and the state"),
    ("update task set inbox_key = 'admin' where document_id = 1 and status = 'open'", "another inbox"),
    ("update task set form_key = 'verify' where document_id = 1 and status = 'open'", "another inbox"),
    ("update instance set wake_at = wake_at + interval '9 days' where document_id = 1", "the next timer"),
])
def test_the_first_difference_is_told_with_its_act(office: Office, change: str, said: str) -> None:
    with office.app.app_context():
        tamper(change)
    found = audit.run_again(office.app, document_id=office.letter)
    assert found["equal"] == 0 and [d["document"] for d in found["different"]] == [office.letter]
    assert said in found["different"][0]["difference"]
    if "state after" in said:
        assert found["different"][0]["element"] == "verify" and found["different"][0]["act"] > 1


def test_art_3_2_removed_content_is_said_and_is_no_difference(
        office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    removed = office.take_in()
    office.verify(removed, decision="not_entered", reason="Văn bản mật")
    worker.run_due(office.app)
    found = audit.run_again(office.app, document_id=removed)
    assert (found["removed"], found["different"]) == (1, [])
    with office.inside():
        said = replay_many.judged(replay_many.instances_of(removed)[0])
        remover, = [a.number for a in history.course(f"document:{removed}") if a.kind == "content_removed"]
        assert said.difference == f"content removed by act {remover}"
        frames = playback.course(db.session.get_one(Document, removed)).frames
        shown = {fact.key for fact in frames[remover - 1].facts}
        shown |= {name for change in frames[remover - 1].changes for name, _old, _new in change.columns}
        assert {"acts", "id"} <= shown and shown <= set(audit_words.COLUMN), "each is put into words"
    assert found["removals"] == [{"document": removed, "act": remover}]
    monkeypatch.setattr(cli_history, "_app", lambda: office.app)
    shown = CliRunner().invoke(cli.cli, ["history", "replay", "--document", str(removed)]).output
    for asked, said in (("replay --all --agency nowhere", "no agency has the address 'nowhere'"),
                        ("verify --agency nowhere", "no agency has the address 'nowhere'"),
                        ("replay --document 999999", "there is no document 999999 with a procedure")):
        done = CliRunner().invoke(cli.cli, ["history", *asked.split()])
        assert done.exit_code == 2 and said in done.output, asked
    assert shown.splitlines()[0] == f"document {removed}: content removed by act {remover}"


def test_art_3_2_content_that_no_act_removed_is_a_difference(office: Office) -> None:
    with office.app.app_context():
        tamper(f"""delete from act_content where act_id = (select id from act where number = 2
            and subject = 'document:{office.letter}')""")
    found = audit.run_again(office.app, document_id=office.letter)
    assert (found["removed"], found["equal"]) == (0, 0) and found["different"][0]["act"] == 2
    with office.inside():
        second = playback.course(db.session.get_one(Document, office.letter)).frames[1]
        assert second.is_lost and not second.removed_by
        said, = conformance_night.of_document(office.letter, datetime.now(UTC), conformance_night.roles_then())
        assert (said.act, said.article) == (2, "Art. 3.2")
        judged = replay_many.judged(replay_many.instances_of(office.letter)[0])
        assert judged.difference == "the content is gone and no act removed it" and not judged.is_removed


def forge(office: Office, kind: str, element: str, given: Any, release: str) -> None:
    """An act well linked at the end of the letter's chain, with the release and the state that its procedure has."""
    last = history.course(f"document:{office.letter}")[-1]
    history.append(history.Act(agency_id=office.agency_id, subject=last.subject, at=datetime.now(UTC), kind=kind,
                               element=element, occurrence=1, release_sha256=release or last.release_sha256,
                               state_hash=last.state_hash), input=given, changes=[])
    db.session.execute(db.text("update instance set acts = acts + 1 where document_id = :id"), {"id": office.letter})
    db.session.commit()


def forgeries(office: Office) -> list[tuple[str, str, Any, str, str]]:
    """(kind, element, input, release, what is said): acts that somebody put in with any input."""
    instance = instances.of_document(office.letter)
    turn = {"instance": instance.id, "act": instance.acts + 1}
    whole = turn | {"results": [], "reason": "x"}
    other = db.session.scalars(db.select(Release.sha256).where(Release.id != instance.release_id)).first()
    return [
        ("message_received", "revised", turn | {"message": "revised", "payload": {}}, "", "lacks results"),
        ("message_received", "revised", whole | {"payload": {}}, "", "lacks message"),
        ("message_received", "revised", whole | {"message": 5, "payload": []}, "", "lacks message, payload"),
        ("message_received", "revised", whole | {"results": [["verify"]]}, "", "lacks message, payload, results"),
        ("task_completed", "assign", whole | {"data": "x"}, "", "lacks data"),
        ("timer_fired", "assign", whole | {"act": "x"}, "", "lacks act"),
        ("instance_started", "", whole | {"data": {}}, "", "begins twice"),
        ("instance_repaired", "assign", whole | {"to": "nowhere"}, "", "nobody else had asked"),
        ("timer_fired", "assign", whole, other, "another release"),
        ("instance_migrated", "", whole, other, "does not know"),
    ]


def test_s12_an_act_put_in_with_any_input_spoils_no_other_history(office: Office) -> None:
    """Each is told with its act and what it lacks; the other histories are run and judged all the same."""
    with office.inside():
        ways, last = forgeries(office), history.course(f"document:{office.letter}")[-1].number
    for kind, element, given, release, said in ways:
        with office.inside():
            forge(office, kind, element, given, release)
        found = audit.run_again(office.app)
        assert (found["checked"], found["equal"]) == (2, 1), said
        different, = found["different"]
        assert (different["document"], different["act"]) == (office.letter, last + 1), said
        assert said in different["difference"]
        with office.inside():
            replay_many.nightly(office.agency_id, datetime.now(UTC), None)
            conformance_night.nightly(office.agency_id, datetime.now(UTC), None)
            same, kept = verify.newest("replay"), verify.newest("conform")
            assert (same.seen["checked"], same.seen["equal"], kept.seen["checked"]) == (2, 1, 2)
            if "lacks" in said:
                assert last + 1 in [fault["act"] for fault in kept.faults if fault["article"] == "Art. 10.3"]
        with office.app.app_context():
            tamper(f"""delete from act_content where act_id = (select max(id) from act);
                delete from act where id = (select max(id) from act);
                update instance set acts = acts - 1 where document_id = {office.letter}""")


def test_the_clock_has_history_sealed_verified_and_run_again_each_night(
        office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("seal", "verify", "replay"):
        assert clock.tick(office.app, name) > 1
    worker.run_due(office.app)
    with office.inside():
        whole, same = verify.newest("verify"), verify.newest("replay")
        assert whole.is_whole and whole.seen["seals"] == 1 and whole.seen["acts"] > 5
        assert same.is_whole and same.seen["equal"] == 2
    assert list((office.app.extensions["tools"].sealer.copies / str(office.agency_id)).glob("*.json"))
    with office.app.app_context():
        tamper(f"update document set subject = 'khác' where id = {office.letter}")
        tamper(f"update document set subject = 'khác' where id = {office.written}")
    monkeypatch.setattr(verify, "KEPT_FAULTS", 1)
    clock.tick(office.app, "verify")
    worker.run_due(office.app)
    with office.inside():
        found = verify.newest("verify")
        assert [f["check"] for f in found.faults] == ["record"]
        assert found.seen["faults"] == 2 and not found.is_whole, "all are counted, the first kept"
