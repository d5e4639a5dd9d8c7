"""A withdrawn release takes no new document and never comes back by itself (Art. 10.2)."""

import threading
from datetime import UTC, datetime

import pytest
from edits import Edit, shipped
from steps import Office, quick

from app.db import db
from app.engine import diagram, migrate, withdraw
from app.engine import instance as instances
from app.engine.diagram import Diagram, Release, ReleaseWithdrawn
from app.records.history import Act

KEY = "outgoing_electronic"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def now():
    return datetime.now(UTC)


def publish(office, name="Bản lỗi", form=None):
    with office.inside():
        files = {f"bpmn:{KEY}": Edit(shipped(KEY)).set("review", "name", name).text}
        if form:
            files["form:review"] = form
        diagram.publish(office.agency_id, files, at=now(), user_id=None, note="")
        db.session.commit()
        return diagram.in_force(KEY).id


def versions(office):
    with office.inside():
        return [(r.version, r.status) for r in db.session.scalars(
            db.select(Release).where(Release.key == KEY).order_by(Release.version))]


def test_what_was_before_comes_in_force_again_with_its_forms(stc):
    with stc.inside():
        before = diagram.in_force(KEY).parts
        form = diagram.texts_in_force()["form:review"]
    bad = publish(stc, form=form + b"\n")
    found = stc.begin()
    with stc.inside():
        assert diagram.in_force(KEY).parts["form:review"] != before["form:review"]
        done = withdraw.withdraw(bad, stc.user("lanhdao"), "Thiếu bước kiểm tra", now())
        assert (done.release.version, done.restored.version, done.affected) == (2, 3, 1)
        assert done.restored.parts == before and done.restored.publisher_id == stc.user("lanhdao").id
        again = withdraw.withdraw(bad, stc.user("lanhdao"), "Lần hai", now())
        assert (again.release.withdrawn_reason, again.restored.version) == ("Thiếu bước kiểm tra", 3)
        assert db.session.scalar(db.select(db.func.count()).select_from(Act)
                                 .where(Act.kind == "release_withdrawn")) == 1
        assert [(r.version, count) for r, count in withdraw.open_ones(KEY)] == [(2, 1)]
        hybrid = diagram.in_force("outgoing_hybrid")
        assert hybrid.parts["form:review"] == before["form:review"], "a form is one for all procedures"
        plan = migrate.plan(instances.of_document(found), diagram.in_force(KEY))
        assert plan.is_ok and plan.target == 3
    assert versions(stc) == [(1, "retired"), (2, "withdrawn"), (3, "published")]
    with stc.inside():
        assert instances.of_document(stc.begin()).release.version == 3


def test_without_one_before_nothing_starts_until_a_corrected_one_is_published(stc):
    with stc.inside():
        only = diagram.in_force(KEY).id
        done = withdraw.withdraw(only, stc.user("lanhdao"), "Sai quy định", now())
        assert done.restored is None
    with pytest.raises(ReleaseWithdrawn) as raised:
        stc.begin()
    assert raised.value.status == 409
    with stc.inside():  # the next file of another procedure does not bring it back
        text = Edit(shipped("incoming")).set("verify", "name", "Kiểm tra").text
        assert diagram.publish(stc.agency_id, {"bpmn:incoming": text}, at=now(), user_id=None, note="") == ["incoming"]
        table = diagram.texts_in_force()["dmn:exchange_form"] + b"\n"  # a part of each release, but not its own
        assert KEY not in diagram.publish(stc.agency_id, {"dmn:exchange_form": table}, at=now(), user_id=None, note="")
        db.session.commit()
    assert versions(stc) == [(1, "withdrawn")]
    publish(stc, "Bản đã sửa")
    assert versions(stc) == [(1, "withdrawn"), (2, "published")] and stc.begin()


def test_an_older_release_is_withdrawn_without_touching_the_one_in_force(stc):
    with stc.inside():
        first = diagram.in_force(KEY).id
    second = publish(stc, "Bản mới")
    with stc.inside():
        files = db.session.scalar(db.select(db.func.count()).select_from(Diagram))
        assert withdraw.withdraw(first, stc.user("lanhdao"), "Lỗi cũ", now()).restored.id == second
        assert db.session.scalar(db.select(db.func.count()).select_from(Diagram)) == files
        withdraw.withdraw(second, stc.user("lanhdao"), "Cũng lỗi", now())
    assert versions(stc) == [(1, "withdrawn"), (2, "withdrawn")], "a withdrawn one is nothing to go back to"


def test_a_start_that_comes_during_the_withdrawal_follows_what_came_in_its_place(stc):
    bad, made = publish(stc), []
    with stc.inside():
        db.session.scalar(db.select(Release).where(Release.id == bad).with_for_update())  # as withdrawing begins
        late = threading.Thread(target=lambda: made.append(stc.begin()))
        late.start()
        late.join(1)
        assert late.is_alive() and not made, "it waits for what becomes of the release"
        withdraw.withdraw(bad, stc.user("lanhdao"), "Thiếu bước", now())
    late.join(60)
    with stc.inside():
        assert instances.of_document(made[0]).release.version == 3
        assert withdraw.affected(bad) == 0
