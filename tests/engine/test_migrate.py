"""A running instance follows another version only where that is right: nothing skipped, nothing lost (Art. 10.2)."""

import hashlib
import threading
from datetime import UTC, datetime

import pytest
from edits import CAMUNDA
from steps import Office, quick
from test_migrate_rule import KEY, edit, legal

from app import worker
from app.db import db
from app.engine import act, diagram, migrate, suspend, task
from app.engine import instance as instances
from app.engine.replay import replay
from app.records.history import Act, ActContent
from app.refusal import Refusal


def now():
    return datetime.now(UTC)


# the act, in an agency


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def publish(office, text, **forms):
    with office.inside():
        files = {f"bpmn:{KEY}": text, **{f"form:{k}": v for k, v in forms.items()}}
        diagram.publish(office.agency_id, files, at=now(), user_id=None, note="Bản mới")
        db.session.commit()
        return diagram.in_force(KEY).id


FORM = """{"type": "default", "components": [{"type": "textfield", "key": "opinion", "label": "Ý kiến"}]}""".encode()


def look(office, document_id):
    with office.inside():
        return migrate.plan(instances.of_document(document_id), diagram.in_force(KEY))


def ids(office, document_id):
    with office.inside():
        found = instances.of_document(document_id)
        return found.id, found.release_id


def move(office, document_id, target, user="quantri", reason="Áp dụng bản mới"):
    key, source = ids(office, document_id)
    with office.inside():
        return migrate.migrate(key, source, target, office.user(user), reason, now())


def test_an_instance_is_moved_with_its_draft_and_deadline_and_replays(stc):
    found = stc.begin()
    stc.draft(found)
    with stc.inside():
        row = stc.waiting("review", found)
        version = task.save_draft(row.id, stc.user("truongphong"), {"opinion": "Đang gõ"}, row.version, now())
        db.session.commit()
        key, due = row.id, row.due_at
        before = instances.of_document(found).state
    target = publish(stc, legal(what=edit().remind("review", "review_due").set("review", "name", "Xem xét")).text,
                     legal_review=FORM)
    plan = look(stc, found)
    assert plan.is_ok and (plan.source, plan.target, plan.drafts) == (1, 2, 1)
    assert plan.places == ("Lãnh đạo phòng kiểm duyệt",)
    assert move(stc, found, target)
    with stc.inside():
        instance, row = instances.of_document(found), stc.waiting("review", found)
        assert (row.id, row.draft, row.due_at, row.label) == (key, {"opinion": "Đang gõ"}, due, "Xem xét")
        assert row.version == version + 1 and instance.release_id == target and instance.wake_at
        with pytest.raises(task.StaleTask):
            act.complete_task(row.id, stc.user("truongphong"), version, {"decision": "accept"})
        db.session.rollback()
        done, content = db.session.execute(
            db.select(Act, ActContent).join(ActContent, ActContent.act_id == Act.id)
            .where(Act.kind == "instance_migrated")).one()
        assert done.actor.username == "quantri" and content.input["reason"] == "Áp dụng bản mới"
        assert content.input["before"] == hashlib.sha256(before).hexdigest() != done.state_hash
    with stc.inside():
        assert stc.fire(found, instances.of_document(found).wake_at)
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    stc.do("lanhdao", "legal_review", {"opinion": "Đúng luật"}, found)
    assert stc.tasks(found) == ["approve"]
    with stc.inside():
        instance = instances.of_document(found)
        assert replay(instance).difference == "" and replay(instance).acts == instance.acts


def test_a_refused_instance_is_untouched_and_says_why(stc):
    found = stc.begin()
    stc.draft(found)
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    target = publish(stc, legal().text, legal_review=FORM)
    assert [reason.rule for reason in look(stc, found).reasons] == ["done_before"]
    with pytest.raises(migrate.NotMovable) as raised:
        move(stc, found, target)
    assert "Kiểm tra pháp lý" in raised.value.facts["message"]
    stc.do("lanhdao", "approve", {"decision": "approve"}, found)
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["sign_by_leader"], "it ends on the release on which it began"


def test_art_9_1_a_version_that_breaks_the_order_ahead_takes_no_instance(stc):
    found = stc.begin()
    stc.draft(found)
    target = publish(stc, edit().drop("sign_by_leader_step").text)  # by force: the check would not let it pass
    plan = look(stc, found)
    assert not plan.is_ok and {reason.article for reason in plan.reasons} & {"Art. 9.1.c", "Art. 9.1.d"}
    assert "Quy chế" in plan.reasons[0].sentence
    with pytest.raises(migrate.NotMovable):
        move(stc, found, target)
    assert stc.tasks(found) == ["review"]


def test_two_migrators_at_once_move_it_once(stc):
    found = stc.begin()
    target = publish(stc, legal().text, legal_review=FORM)
    key, source = ids(stc, found)
    begin, said = threading.Barrier(2), []

    def ask():
        with stc.inside():
            user = stc.user("quantri")
            begin.wait()
            said.append(migrate.migrate(key, source, target, user, "Áp dụng bản mới", now()))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == [False, True]
    assert [kind for kind, _ in stc.course(found)].count("instance_migrated") == 1
    other = publish(stc, edit().set("draft", "name", "Soạn").text)
    with stc.inside(), pytest.raises(migrate.MovedMeanwhile):
        migrate.migrate(key, source, other, stc.user("quantri"), "Áp dụng bản mới", now())
    with stc.inside(), pytest.raises(migrate.MovedMeanwhile):  # that version is in force no more
        migrate.migrate(key, target, source, stc.user("quantri"), "Áp dụng bản mới", now())


def test_who_completes_while_it_is_moved_learns_that_his_page_is_old(stc):
    found = stc.begin()
    stc.draft(found)
    target = publish(stc, legal().text, legal_review=FORM)
    key, source = ids(stc, found)
    said = []

    def complete(task_id, version):
        with stc.inside():
            try:
                act.complete_task(task_id, stc.user("truongphong"), version, {"decision": "accept", "opinion": ""})
            except Refusal as refusal:
                said.append(refusal)

    with stc.inside():
        row = stc.waiting("review", found)
        late = threading.Thread(target=complete, args=(row.id, row.version))
        instances.locked(key)
        late.start()
        late.join(1)
        assert late.is_alive(), "he waits for the lock"
        assert migrate.migrate(key, source, target, stc.user("quantri"), "Áp dụng bản mới", now())
    late.join(60)
    assert isinstance(said[0], task.StaleTask) and stc.tasks(found) == ["review"]


def test_a_suspended_instance_with_slow_work_is_moved_and_goes_on(stc):
    found = stc.begin()
    stc.draft(found)
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    stc.do("lanhdao", "approve", {"decision": "approve"}, found)
    with stc.inside():
        suspend.suspend(instances.of_document(found).id, stc.user("quantri"), "Bản lỗi", now())
    target = publish(stc, edit().set("complete", "name", "Chuyển PDF").set(
        "sign_by_leader", "assignee", "=author_id", CAMUNDA).text)
    assert move(stc, found, target)
    with stc.inside():
        assert instances.of_document(found).status == "suspended"
        suspend.resume(instances.of_document(found).id, stc.user("quantri"), "Đã chuyển", now())
    worker.run_due(stc.app)
    with stc.inside():
        row = stc.waiting("sign_by_leader", found)
        assert row.assignee_id == stc.user("chuyenvien").id
        assert replay(instances.of_document(found)).difference == ""


def test_a_task_that_another_version_gives_to_others_changes_hands_with_its_draft(stc):
    found = stc.begin()
    stc.draft(found)
    with stc.inside():
        row = stc.waiting("review", found)
        task.claim(row.id, stc.user("truongphong"), now())
        db.session.commit()
        assert row.inbox_key == f"u{stc.user('truongphong').id}"
    drawn = edit().set("review", "assignee", "=approver_id", CAMUNDA)
    assert move(stc, found, publish(stc, drawn.text))
    with stc.inside():
        row, leader = stc.waiting("review", found), stc.user("lanhdao")
        assert (row.assignee_id, row.claimed_by_id, row.inbox_key) == (leader.id, None, f"u{leader.id}")
