"""Proposals: saved beside those in force, never over each other, put in force by a second person (Art. 10.2)."""

import json
import threading
from datetime import datetime, timedelta

import pytest

from app.db import db, tenancy
from app.demo import legal_review
from app.engine import diagram, proposal, proposal_publish
from app.engine.diagram import Release
from app.engine.proposal_table import Proposal
from app.records import history
from app.records.document import NotFound
from app.records.people import User
from tests.conftest import World

REASON = "Thêm một dòng vào biểu mẫu để ghi ý kiến"
LABEL = ("Trích yếu nội dung", "Trích yếu")


def people(world: World) -> tuple[User, User]:
    """An author (admin and designer) and a publisher."""
    return world.user("stc", "quantri"), world.user("stc", "lanhdao")


def edited(name: str = "form:verify") -> bytes:
    """The text in force, changed without changing what it means."""
    return diagram.texts_in_force()[name].rstrip() + b"\n\n"


def opened(world: World, now: datetime, title: str = "Thử") -> Proposal:
    author, _ = people(world)
    found = proposal.open_("incoming", title, author, now)
    proposal.save(found, "form:verify", edited(), 0, author, now)
    return found


def test_who_was_overtaken_learns_by_whom_and_nothing_is_written_over(inside: World, now: datetime):
    author, other = people(inside)
    found = proposal.open_("incoming", "Sửa", author, now)
    assert proposal.changed(found) == []
    first = proposal.save(found, "form:verify", b"{}", 0, author, now)
    assert proposal.save(found, "form:verify", b"{}", 0, author, now) == first  # a lost answer, sent again
    with pytest.raises(proposal.Overtaken) as told:
        proposal.save(found, "form:verify", b"[]", 0, other, now + timedelta(minutes=1))
    assert (told.value.facts["who"], told.value.facts["when"]) == (author.full_name, now)
    second = proposal.save(found, "form:verify", b"[]", first, other, now + timedelta(minutes=1))
    with pytest.raises(proposal.Overtaken):
        proposal.save(found, "form:verify", b"{ }", first, author, now)
    assert proposal.file(found, "form:verify") == (b"[]", second)
    assert proposal.saved(found)[0].author_ids == [author.id, other.id]
    assert diagram.texts_in_force()["form:verify"] != b"[]"
    assert proposal.files(found)["form:verify"] == b"[]"


def test_a_file_is_added_removed_and_brought_back(inside: World, now: datetime):
    author, _ = people(inside)
    found = proposal.open_("incoming", "Sửa", author, now, {"form:legal_review": b"{}"})
    gone = proposal.remove(found, "dmn:exchange_form", 0, author, now)
    assert "dmn:exchange_form" not in proposal.files(found)
    assert {file.name for file in proposal.changed(found)} == {"form:legal_review", "dmn:exchange_form"}
    back = proposal.restore(found, "dmn:exchange_form", gone, author, now)
    proposal.restore(found, "form:legal_review", 1, author, now)
    assert back == 2 and proposal.files(found) == diagram.texts_in_force() and proposal.changed(found) == []
    for name in ("bpmn:../x", "form:A", "exe:x", "form:" + "a" * 60):
        with pytest.raises(proposal.FileNameUnfit):
            proposal.save(found, name, b"", 0, author, now)
    with pytest.raises(proposal.DrawingNeeded):
        proposal.remove(found, "bpmn:incoming", 0, author, now)
    with pytest.raises(proposal.FileTooLarge):
        proposal.save(found, "form:verify", b" " * (proposal.MOST_BYTES + 1), 0, author, now)


def test_who_else_is_here_and_what_was_remarked(inside: World, now: datetime):
    author, other = people(inside)
    found = proposal.open_("incoming", "Sửa", author, now)
    assert proposal.seen(found, author, now, "bpmn:incoming") == []
    assert [(one.user_id, one.file) for one in proposal.seen(found, other, now)] == [(author.id, "bpmn:incoming")]
    assert proposal.seen(found, other, now + timedelta(minutes=2)) == []
    made = proposal.remark(found, "bpmn:incoming", "verify", " Nên đổi tên ", other, now)
    with pytest.raises(proposal.RemarkEmpty):
        proposal.remark(found, "bpmn:incoming", "verify", "  ", other, now)
    for _ in range(2):
        proposal.resolve(found, made.id, author, now)
    assert [(one.text, one.resolved_by_id) for one in proposal.remarks(found, "bpmn:incoming")] == [
        ("Nên đổi tên", author.id)]
    proposal.discard(found, author, now, "Không cần nữa")
    for refused in (lambda: proposal.save(found, "form:verify", b"{}", 0, author, now),
                    lambda: proposal.remark(found, "bpmn:incoming", "", "x", other, now)):
        with pytest.raises(proposal.ProposalClosed):
            refused()
    proposal.reopen(found)
    assert proposal.save(found, "form:verify", b"{}", 0, author, now) == 1


def test_art_10_2_two_people_publish_with_a_reason(inside: World, now: datetime):
    author, publisher = people(inside)
    found = opened(inside, now)
    before = diagram.in_force("incoming")
    with pytest.raises(proposal_publish.ReasonMissing):
        proposal_publish.publish(found.id, publisher, "  vì  ", now)
    with pytest.raises(proposal_publish.TwoPeople):
        proposal_publish.publish(found.id, author, REASON, now)
    assert proposal_publish.publish(found.id, publisher, REASON, now) == ["incoming"]
    made = diagram.in_force("incoming")
    assert (made.version, made.author_id, made.publisher_id, made.reason) == (
        before.version + 1, author.id, publisher.id, REASON)
    assert made.parts["form:verify"] == diagram.sha256_of(edited("form:verify").rstrip() + b"\n\n")
    assert before.status == "retired" and (found.status, found.release_id) == ("published", made.id)
    act = history.course("release:incoming")[-1]
    told = db.session.scalars(db.select(history.ActContent).where(history.ActContent.act_id == act.id)).one().input
    assert (act.kind, act.actor_id, told["author"], told["publisher"], told["sha256"], told["reason"]) == (
        "diagram_published", publisher.id, author.id, publisher.id, made.sha256, REASON)
    assert history.faults("release:incoming") == []
    with pytest.raises(proposal.ProposalClosed):
        proposal_publish.publish(found.id, publisher, REASON, now)


def test_a_proposal_on_moved_ground_is_taken_over_with_its_authors(inside: World, now: datetime):
    author, publisher = people(inside)
    early, late = opened(inside, now, "Sớm"), opened(inside, now, "Muộn")
    proposal.save(late, "form:verify", edited() + b"\n", 1, author, now)
    proposal.save(late, "form:assign", edited("form:assign"), 0, author, now)
    proposal_publish.publish(early.id, publisher, REASON, now)
    with pytest.raises(proposal_publish.BaseMoved):
        proposal_publish.publish(late.id, publisher, REASON, now)
    assert proposal_publish.moved(late).names == ("form:verify",)
    fresh = proposal_publish.follow_up(late, {"form:assign"}, publisher, now)
    assert proposal_publish.authors(fresh) == sorted([author.id, publisher.id])  # he took it over: not his alone
    assert [file.name for file in proposal.changed(fresh)] == ["form:assign"]
    head = inside.user("stc", "chanhvanphong")
    assert proposal_publish.publish(fresh.id, head, REASON, now) == ["incoming"]
    nothing = proposal.open_("incoming", "Rỗng", author, now)
    with pytest.raises(proposal_publish.NothingChanged):
        proposal_publish.publish(nothing.id, publisher, REASON, now)


def test_of_two_publishers_at_once_one_makes_one_release(world: World, now: datetime):
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        ids = [opened(world, now).id, opened(world, now).id]
        db.session.commit()
        version = diagram.in_force("incoming").version
        db.session.remove()
    outcomes, start = [], threading.Barrier(4)

    def press(proposal_id: int) -> None:
        with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
            publisher = world.user("stc", "lanhdao")
            start.wait()
            try:
                outcomes.append(proposal_publish.publish(proposal_id, publisher, REASON, now))
                db.session.commit()
            except (proposal.ProposalClosed, proposal_publish.BaseMoved, proposal_publish.NothingChanged) as refused:
                outcomes.append(refused.code)
            db.session.remove()

    threads = [threading.Thread(target=press, args=(ids[n % 2],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(["incoming"]) == 1 and len(outcomes) == 4, outcomes
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        assert diagram.in_force("incoming").version == version + 1
        assert db.session.scalar(db.select(db.func.count()).select_from(Release).where(
            Release.key == "incoming", Release.status == "published")) == 1


def test_no_agency_sees_the_proposal_of_another(world: World, now: datetime):
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        found = opened(world, now)
        db.session.commit()
        proposal_id = found.id
        db.session.remove()
    other = next(slug for slug in world.ids if slug != "stc")
    with world.app.app_context(), tenancy.acting_for(world.ids[other]):
        with pytest.raises(NotFound):
            proposal.get(proposal_id)
        with pytest.raises(NotFound):
            proposal_publish.publish(proposal_id, world.user(other, "lanhdao"), REASON, now)
        db.session.remove()


def test_art_10_2_what_the_check_refuses_is_not_published(inside: World, now: datetime):
    author, publisher = people(inside)
    key, before = legal_review.KEY, diagram.texts_in_force()
    edit = legal_review.files(before)
    found = proposal.open_(key, "Thêm thẩm định", author, now, edit)
    bypassed = edit[f"bpmn:{key}"].replace(f'sourceRef="{legal_review.TASK}" targetRef="approve"'.encode(),
                                           f'sourceRef="{legal_review.TASK}" targetRef="number"'.encode())
    revision = proposal.save(found, f"bpmn:{key}", bypassed, 1, author, now)
    with pytest.raises(proposal_publish.CheckFailed) as told:
        proposal_publish.publish(found.id, publisher, REASON, now)
    assert told.value.facts["count"] > 0 and told.value.facts["findings"][0]["severity"] == "error"
    proposal.save(found, f"bpmn:{key}", edit[f"bpmn:{key}"], revision, author, now)
    revision = proposal.restore(found, f"case:{key}", 1, author, now)
    with pytest.raises(proposal_publish.ScenariosFail):  # the scenarios in force know no legal review
        proposal_publish.publish(found.id, publisher, REASON, now)
    proposal.save(found, f"case:{key}", edit[f"case:{key}"], revision, author, now)
    assert proposal_publish.publish(found.id, publisher, REASON, now) == [key]
    act = history.course(f"release:{key}")[-1]
    told = db.session.scalars(db.select(history.ActContent).where(history.ActContent.act_id == act.id)).one().input
    assert any("Thẩm định pháp chế" in sentence for sentence in told["changes"])
    back = proposal.open_(key, "Bỏ thẩm định", author, now, {name: before[name] for name in edit if name in before})
    proposal.remove(back, f"form:{legal_review.FORM}", 0, author, now)
    assert proposal_publish.publish(back.id, publisher, REASON, now) == [key]
    assert diagram.texts_in_force() == before and f"form:{legal_review.FORM}" not in diagram.in_force(key).parts


def test_art_10_2_scenarios_of_another_procedure_hold_too(inside: World, now: datetime):
    author, publisher = people(inside)
    found = opened(inside, now)
    case = json.loads(diagram.texts_in_force()["case:outgoing_hybrid"])
    case["scenarios"][0]["ends_at"] = "nowhere"
    proposal.save(found, "case:outgoing_hybrid", json.dumps(case).encode(), 0, author, now)
    with pytest.raises(proposal_publish.ScenariosFail):
        proposal_publish.publish(found.id, publisher, REASON, now)


def test_art_10_2_ones_own_text_beside_anothers_keeps_authors_removals_and_ground(inside: World, now: datetime):
    author, publisher = people(inside)
    late = inside.user("stc", "chanhvanphong")
    found = opened(inside, now)
    proposal.remove(found, "dmn:exchange_form", 0, author, now)
    made = proposal_publish.beside(found, "Của tôi", "form:assign", edited("form:assign"), late, now)
    assert proposal_publish.authors(made) == sorted([author.id, late.id])
    assert {(one.name, one.is_removed) for one in proposal.changed(made)} == {
        ("form:verify", False), ("form:assign", False), ("dmn:exchange_form", True)}
    with pytest.raises(proposal_publish.TwoPeople):
        proposal_publish.publish(made.id, author, REASON, now)
    other = proposal.open_("incoming", "Trước", author, now)
    proposal.save(other, "form:verify", edited() + b"\n", 0, author, now)
    proposal_publish.publish(other.id, publisher, REASON, now)
    for one in (made, proposal_publish.beside(found, "Sau", "form:assign", edited("form:assign"), late, now)):
        assert proposal_publish.moved(one).names == ("form:verify",), "an older text does not undo what was published"
    after = proposal_publish.beside(other, "Tiếp", "form:verify", edited() + b"\n\n", late, now)
    assert proposal_publish.moved(after) is None and [one.name for one in proposal.changed(after)] == ["form:verify"]
