"""A token is put elsewhere by two people, and never past what the regulation orders (Art. 10.2, security.md S5)."""

from datetime import UTC, datetime

import pytest
from steps import Office, quick

from app import worker
from app.db import db, tenancy
from app.engine import act, repair, suspend
from app.engine import instance as instances
from app.engine.perform import SlowWork
from app.engine.replay import replay
from app.records import history, milestone, verify_office
from app.records.history import Act, ActContent
from app.records.message import AlreadySent, Message


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def now():
    return datetime.now(UTC)


def ask(office, document_id, element, target, user="quantri", reason="Bước hệ thống không chạy được"):
    with office.inside():
        instance = instances.of_document(document_id)
        place = next(p for p in repair.places(instance) if p.element == element)
        return repair.ask(instance.id, element, place.occurrence, target, office.user(user), reason, now()).id


def decide(office, key, user, is_granted=True):
    with office.inside():
        return repair.decide(key, office.user(user), is_granted, "Đã xem hồ sơ", now()).status


def under_way(office):
    """A document whose completion as PDF is asked for and not done yet."""
    found = office.begin()
    office.draft(found)
    office.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    office.do("lanhdao", "approve", {"decision": "approve"}, found)
    return found


def failed(office):
    """A document whose completion as PDF has failed for good."""
    found = under_way(office)
    with office.inside():
        act.fail_step(db.session.scalar(db.select(SlowWork.id).where(SlowWork.name == "complete")), "TimeoutError",
                      now())
    return found


def test_a_second_person_lets_an_incident_go_on_where_the_regulation_allows(stc):
    found = failed(stc)
    assert stc.tasks(found) == ["incident:complete"]
    key = ask(stc, found, "complete", "draft")
    assert ask(stc, found, "complete", "draft") == key, "a double click is one request"
    with pytest.raises(repair.RepairDecided):
        ask(stc, found, "complete", "review")
    with pytest.raises(repair.RepairNeedsAnother) as raised:
        decide(stc, key, "quantri")
    assert raised.value.status == 403 and stc.tasks(found) == ["incident:complete"]
    with stc.inside():
        assert [(r.to_element, i.document_id) for r, i in repair.waiting("outgoing_electronic")] == [("draft", found)]
    assert decide(stc, key, "chanhvanphong") == "done"
    with pytest.raises(repair.RepairDecided):
        decide(stc, key, "lanhdao")
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["draft"]
    with stc.inside():
        instance = instances.of_document(found)
        assert instance.status == "running" and replay(instance).difference == ""
        assert db.session.scalar(db.select(SlowWork.status).where(SlowWork.name == "complete")) == "cancelled"
        done, content = db.session.execute(
            db.select(Act, ActContent).join(ActContent, ActContent.act_id == Act.id)
            .where(Act.kind == "instance_repaired")).one()
        assert done.actor.username == "chanhvanphong" and content.input["asked_by"] == stc.user("quantri").id
        assert "number" in milestone.standing(found)  # it is the document's still, and is asked for again
    assert stc.faults() == []
    with stc.app.app_context(), tenancy.as_owner():  # as if the one had asked who did it
        db.session.execute(db.text("""update act set actor_id = (select actor_id from act where
            kind = 'instance_repaired') where kind = 'repair_asked'"""))
        assert [f.act for f in verify_office.offices() if "không có người khác đề nghị" in f.message] == [done.number]
        assert replay(instances.of_document(found)).difference == "nobody else had asked for the repair"
        db.session.rollback()
    stc.approved(found)
    assert stc.tasks(found) == ["sign_by_leader"]
    with stc.inside():
        assert replay(instances.of_document(found)).difference == "" and not history.faults(f"document:{found}")


def test_art_10_2_a_request_that_no_act_tells_of_is_nobodys(stc):
    found = failed(stc)
    with stc.inside():
        instance, other = instances.of_document(found), stc.user("chanhvanphong").id
        place = next(p for p in repair.places(instance) if p.element == "complete")
        row = repair.Repair(
            agency_id=instance.agency_id, instance_id=instance.id, element="complete", occurrence=place.occurrence,
            to_element="draft", reason="Lỗi", asked_by_id=other, asked_at=now(), status="asked")
        db.session.add(row)
        db.session.commit()
        key = row.id
    with pytest.raises(repair.RepairNeedsAnother):
        decide(stc, key, "quantri")
    assert stc.tasks(found) == ["incident:complete"] and decide(stc, key, "quantri", is_granted=False) == "refused"


def test_s12_the_error_of_an_incident_is_the_one_that_an_act_tells(stc):
    found = failed(stc)
    assert stc.faults() == []
    assert stc.faults("update task set note = 'Lỗi khác' where kind = 'incident'") == [("record", f"document:{found}")]


def test_s12_requests_for_repairs_are_as_acts_tell_of_them(stc):
    refused, waits = failed(stc), stc.begin()
    stc.draft(waits)
    subjects = {name: f"document:{one}" for name, one in (("refused", refused), ("waits", waits))}
    assert decide(stc, ask(stc, refused, "complete", "draft"), "lanhdao", is_granted=False) == "refused"
    done, key = ask(stc, refused, "complete", "draft"), ask(stc, waits, "review", "draft")
    assert decide(stc, done, "lanhdao") == "done" and stc.faults() == []
    with stc.inside():
        others = stc.user("chanhvanphong").id, stc.user("lanhdao").id
    for change, subject in (
            (f"update repair set asked_by_id = {others[0]} where id = {key}", "waits"),
            (f"update repair set asked_at = asked_at - interval '1 day' where id = {key}", "waits"),
            (f"update repair set reason = 'Lý do khác' where id = {key}", "waits"),
            (f"update repair set to_element = 'approve' where id = {key}", "waits"),
            (f"update repair set status = 'done' where id = {key}", "waits"),
            (f"update repair set status = 'gì đó' where id = {key}", "waits"),
            (f"update repair set decided_by_id = {others[1]} where id = {key}", "waits"),
            (f"update repair set decided_by_id = {others[0]} where id = {done}", "refused"),
            (f"update repair set status = 'asked', decided_by_id = null, decided_at = null where id = {done}",
             "refused"),
            ("update repair set status = 'done' where status = 'refused'", "refused"),
            (f"delete from repair where id = {key}", "waits"), (f"delete from repair where id = {done}", "refused"),
            (f"""insert into repair select * from jsonb_populate_record(null::repair, (
                select to_jsonb(r) || '{{"id": 9000, "asked_by_id": {others[0]}}}' from repair r where id = {key}))""",
             "waits")):
        assert stc.faults(change) == [("record", subjects[subject])], change


def test_art_9_1_no_two_people_put_a_token_past_a_signature(stc):
    found = failed(stc)
    for target in ("seal", "sign_by_leader"):
        with pytest.raises(repair.RepairUnlawful) as raised:
            ask(stc, found, "complete", target)
        assert raised.value.facts["message"]
    with pytest.raises(repair.RepairUnlawful):
        ask(stc, found, "complete", "dispatch")  # a step of the system is no place for a person's hand
    assert stc.tasks(found) == ["incident:complete"]
    with stc.inside():
        assert not db.session.scalar(db.select(db.func.count()).select_from(repair.Repair))


def test_a_request_can_be_refused_and_one_that_came_too_late_changes_nothing(stc):
    found = stc.begin()
    stc.draft(found)
    key = ask(stc, found, "review", "draft")
    assert decide(stc, key, "lanhdao", is_granted=False) == "refused" and stc.tasks(found) == ["review"]
    key = ask(stc, found, "review", "draft")
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    with pytest.raises(repair.RepairUnlawful) as raised:
        decide(stc, key, "lanhdao")
    assert raised.value.facts["rule"] == "not_there"
    with stc.inside():
        assert db.session.get(repair.Repair, key).status == "asked"
    assert decide(stc, key, "lanhdao", is_granted=False) == "refused"
    kinds = [kind for kind, _ in stc.course(found)]
    assert (kinds.count("repair_asked"), kinds.count("repair_refused")) == (2, 2) and stc.tasks(found) == ["approve"]
    with stc.inside():
        assert replay(instances.of_document(found)).difference == ""


def test_art_10_2_what_was_refused_is_not_carried_out(stc, monkeypatch):
    """A row that somebody set back is nobody's word; nor does history hold an act of it for done."""
    found = failed(stc)
    key = ask(stc, found, "complete", "draft")
    assert decide(stc, key, "chanhvanphong", is_granted=False) == "refused"
    with stc.app.app_context(), tenancy.as_owner():
        db.session.execute(db.text("update repair set status = 'asked', decided_by_id = null, decided_at = null"))
        db.session.commit()
    with pytest.raises(repair.RepairNeedsAnother):
        decide(stc, key, "chanhvanphong")
    monkeypatch.setattr(repair, "_is_asked_by_another", lambda *_: True)  # somebody's own program
    assert decide(stc, key, "chanhvanphong") == "done"
    with stc.inside():
        assert [f.message for f in verify_office.offices() if "không có người khác đề nghị" in f.message]
        assert replay(instances.of_document(found)).difference == "nobody else had asked for the repair"


def test_a_slow_step_under_way_is_not_taken_back(stc):
    found = under_way(stc)
    with stc.inside():
        instance, work = instances.of_document(found), db.session.scalar(db.select(SlowWork))
        for status in ("asked", "worked"):
            work.status = status
            assert work.element == "complete" and repair.places(instance) == []
            assert [r.rule for r in repair.reasons(instance, "complete", work.occurrence, "draft")] == ["not_there"]
        work.status = "failed"
        assert [p.element for p in repair.places(instance)] == ["complete"]
        assert repair.reasons(instance, "complete", work.occurrence, "draft") == []
        db.session.rollback()


def test_art_8_1_what_a_recipient_may_hold_is_not_drafted_anew(stc):
    found = stc.begin()
    with stc.inside():
        db.session.add(Message(agency_id=stc.agency_id, direction="out", kind="document", key="out:1", partner="H38.01",
                               document_id=found, at=now()))
        db.session.commit()
    with pytest.raises(AlreadySent):
        stc.draft(found)
    assert stc.tasks(found) == ["draft"]


def test_a_request_of_an_instance_that_has_ended_waits_for_nobody_and_can_be_refused(stc):
    found = failed(stc)
    key = ask(stc, found, "complete", "draft")
    with stc.inside():
        instance = instances.of_document(found)
        assert suspend.cancel(instance.id, stc.user("lanhdao"), "Không cần nữa", now())
        assert repair.waiting("outgoing_electronic") == []
    with pytest.raises(suspend.InstanceEnded):
        decide(stc, key, "lanhdao")
    assert decide(stc, key, "lanhdao", is_granted=False) == "refused"
    with stc.inside():
        assert replay(instances.of_document(found)).difference == "" and not history.faults(f"document:{found}")
