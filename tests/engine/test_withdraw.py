"""A withdrawn release takes no new document and never comes back by itself (Art. 10.2)."""

import threading
from datetime import UTC, datetime

import pytest
from edits import Edit, shipped
from sqlalchemy.exc import IntegrityError
from steps import Office, quick

from app.db import db
from app.engine import diagram, migrate, proposal, proposal_publish, withdraw
from app.engine import instance as instances
from app.engine.diagram import Diagram, Release, ReleaseWithdrawn
from app.records.history import Act, ActContent

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
        diagram.publish(office.agency_id, files, at=now(), user_id=None, note="Bản mới")
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
        assert diagram.publish(stc.agency_id, {"bpmn:incoming": text}, at=now(), note="Bản mới") == ["incoming"]
        table = diagram.texts_in_force()["dmn:exchange_form"] + b"\n"  # a part of each release, but not its own
        assert KEY not in diagram.publish(stc.agency_id, {"dmn:exchange_form": table}, at=now(), note="Bản mới")
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


def test_a_faulty_drawing_does_not_come_back_by_the_release_that_a_table_of_others_made(stc):
    publish(stc)
    with stc.inside():
        good = db.session.scalar(db.select(Release).where(Release.key == KEY, Release.version == 1)).parts
        present = diagram.texts_in_force()
        files = {name: present[name] + b"\n" for name in ("dmn:exchange_form", "form:verify")}  # neither is its own
        diagram.publish(stc.agency_id, files, at=now(), note="Bản mới")
        db.session.commit()
    assert versions(stc) == [(1, "retired"), (2, "retired"), (3, "published")]
    with stc.inside():
        other = diagram.in_force("incoming").id
        done = withdraw.withdraw(diagram.in_force(KEY).id, stc.user("lanhdao"), "Bản vẽ sai", now())
        assert done.restored.version == 4 and done.restored.parts[f"bpmn:{KEY}"] == good[f"bpmn:{KEY}"]
        assert diagram.texts_in_force().items() >= files.items(), "what is not its own stays"
        assert done.others == () and diagram.in_force("incoming").id == other
        again = withdraw.withdraw(done.restored.id, stc.user("lanhdao"), "Cũng sai", now())
        assert again.restored is None, "the first one's drawing was withdrawn as well"


def test_who_shares_a_form_that_goes_back_is_told(stc):
    with stc.inside():
        form = diagram.texts_in_force()["form:review"]
    bad = publish(stc, form=form + b"\n")
    with stc.inside():
        assert withdraw.withdraw(bad, stc.user("lanhdao"), "Biểu mẫu sai", now()).others == ("outgoing_hybrid",)
        act = db.session.scalar(db.select(Act).where(Act.kind == "release_withdrawn"))
        content = db.session.scalar(db.select(ActContent).where(ActContent.act_id == act.id))
        assert content.input["others"] == ["outgoing_hybrid"]


def test_a_change_of_a_shared_form_brings_back_only_the_procedure_that_it_is_made_for(stc):
    with stc.inside():
        withdraw.withdraw(diagram.in_force(KEY).id, stc.user("lanhdao"), "Sai quy định", now())
        forms = [diagram.texts_in_force()["form:approve"] + b"\n" * n for n in (1, 2)]
        assert diagram.publish(stc.agency_id, {"form:approve": forms[0]}, at=now(), note="Bản mới",
                               key="outgoing_hybrid") == ["outgoing_hybrid"]
        drawing = diagram.texts_in_force()[f"bpmn:{KEY}"]  # sent along, not changed
        assert KEY not in diagram.publish(stc.agency_id, {f"bpmn:{KEY}": drawing}, at=now(), note="Bản mới")
        assert KEY in diagram.publish(stc.agency_id, {"form:approve": forms[1]}, at=now(), note="Bản mới", key=KEY)
        db.session.rollback()


def test_a_proposal_that_was_begun_on_it_does_not_bring_it_back(stc):
    with stc.inside():
        author, publisher, base = stc.user("quantri"), stc.user("lanhdao"), diagram.in_force(KEY)
        form = diagram.texts_in_force()["form:approve"] + b"\n"
        begun = proposal.open_(KEY, "Sửa", author, now(), {"form:approve": form})
        db.session.commit()
        withdraw.withdraw(base.id, publisher, "Sai quy định", now())
        assert proposal_publish.moved(begun).release.id == base.id
        with pytest.raises(proposal_publish.BaseWithdrawn):
            proposal_publish.publish(begun.id, publisher, "Ban hành bản đã sửa", now())
        db.session.rollback()
        fresh = proposal_publish.follow_up(begun, {"form:approve"}, author, now())
        assert proposal_publish.moved(fresh) is None
        assert KEY in proposal_publish.publish(fresh.id, publisher, "Ban hành bản đã sửa", now())


def test_of_one_file_never_two_are_in_force(stc):
    with stc.inside():
        of = {"agency_id": stc.agency_id, "key": "incoming", "kind": "bpmn", "status": "published"}
        db.session.add(Diagram(**of, version=99, text=b"", sha256="", published_at=now()))
        with pytest.raises(IntegrityError):
            db.session.flush()
        db.session.rollback()
