"""What stops an instance from following another version: the rules, on drawings alone (Art. 10.2)."""

from datetime import timedelta
from random import Random

import pytest
from edits import CAMUNDA, ROOT, Edit, shipped
from spiff_walk import PROCESSES, SEED, Host, Walk, choose, do

from app.engine import migrate_rule, spiff, spiff_move
from app.engine.dialect import read_drawing

KEY = "outgoing_electronic"
REVIEW = {"lane": "leader_lane", "formKey": "legal_review"}


def edit():
    return Edit(shipped(KEY))


def legal(before="flow_gateway_review_approve", what=None):
    """A legal review before the leader's approval."""
    return (what or edit()).insert(before, "userTask", "legal_review", "Kiểm tra pháp lý", **REVIEW)



class Still:
    """An instance of the outgoing diagram that stands somewhere, and its moves so far."""

    def __init__(self, *steps, text=None):
        self.old = text or shipped(KEY)
        self.walk = Walk(spiff.compile_diagram(self.old),
                         data={"author_id": 1, "unit_id": 1, "approver_id": 2, "channel": "paper"})
        self.moves = self._take()
        for element, values in steps:
            (self.walk.finish if element in ("complete", "prepare_leader_signature") else self.walk.complete)(
                element, **values)
            self.moves += self._take()

    def _take(self):
        return [[m.element, m.occurrence, m.before, m.after] for m in self.walk.run.moves]

    def rules(self, text):
        found = migrate_rule.reasons(read_drawing(self.old), read_drawing(text), spiff_move.places(self.walk.run),
                                     migrate_rule.Course.of(self.moves))
        return [(reason.rule, reason.element) for reason in found]

    def moved(self, text):
        compiled = spiff.compile_diagram(text)
        assert spiff_move.unknown(compiled, self.walk.state) == []
        at = self.walk.at + timedelta(hours=1)
        made = [spiff_move.move(compiled, self.walk.state, seed=SEED, act=self.walk.act + 1, at=at, host=Host())
                for _ in range(2)]
        states = [run.save() for run in made]
        assert states[0] == states[1], "replay gets the same bytes"
        self.walk.compiled, self.walk.state, self.walk.act, self.walk.at = compiled, states[0], self.walk.act + 1, at
        self.walk.run = spiff.Run.load(compiled, states[0], seed=SEED, act=self.walk.act, at=at, host=Host())
        return self.walk


DRAFT = ("draft", {"decision": "submit"})
REVIEWED = ("review", {"decision": "accept"})
APPROVED = ("approve", {"decision": "approve"})


def test_a_step_inserted_ahead_of_the_open_task_is_done_by_the_moved_instance():
    stood = Still(DRAFT)
    assert stood.rules(legal().text) == []
    walk = stood.moved(legal().text)
    walk.complete("review", decision="accept")
    assert walk.open() == ["legal_review"]
    walk.complete("legal_review")
    assert walk.open() == ["approve"]


def test_a_step_inserted_before_the_open_task_is_never_skipped():
    stood = Still(DRAFT, REVIEWED)
    assert stood.rules(legal().text) == [("done_before", "gateway_review")]
    found = migrate_rule.reasons(read_drawing(stood.old), read_drawing(legal().text),
                                 spiff_move.places(stood.walk.run), migrate_rule.Course.of(stood.moves))
    assert "“Kiểm tra pháp lý”" in found[0].sentence and "bị bỏ qua" in found[0].sentence


def test_what_a_loop_will_repeat_lies_ahead():
    returned = Still(DRAFT, REVIEWED, ("approve", {"decision": "return"}))
    assert returned.walk.open() == ["draft"]
    assert returned.rules(legal().text) == []
    assert returned.rules(legal("flow_start_draft").text) == [("done_before", "start")]
    # but not the way on which the task was entered just now
    assert returned.rules(legal("flow_gateway_approve_draft").text) == [("done_before", "gateway_approve")]
    assert returned.rules(legal("flow_approve_approve_step").text) == [("done_before", "approve")]
    assert returned.rules(legal("flow_gateway_approve_number").text) == []


def test_an_open_element_that_is_gone_or_another_thing_stops_it():
    stood = Still(DRAFT, REVIEWED)
    assert ("open_missing", "approve") in stood.rules(edit().drop("approve").text)
    assert ("open_other", "approve") in stood.rules(edit().set("approve", "formKey", "review", CAMUNDA).text)
    assert stood.rules(edit().set("approve", "name", "Ký duyệt").text) == []
    assert stood.rules(edit().set("approve", "assignee", "=author_id", CAMUNDA).text) == []


def test_what_was_done_must_still_be_drawn_as_it_was():
    stood = Still(DRAFT, REVIEWED)
    assert ("done_missing", "review_step") in stood.rules(edit().drop("review_step").text)
    other = edit()
    other.of("review_step").find("{*}script").text = "approve()"
    assert ("done_other", "review_step") in stood.rules(other.text)
    turned = edit()
    turned.of("flow_gateway_review_approve").find("{*}conditionExpression").text = '=decision != "return"'
    assert ("done_before", "gateway_review") in stood.rules(turned.text)


def test_a_reminder_added_to_the_open_task_begins_and_the_task_keeps_its_number():
    stood = Still(DRAFT)
    new = edit().remind("review", "review_due")
    assert stood.rules(new.text) == []
    before = stood.walk.of("review")
    walk = stood.moved(new.text)
    after = walk.of("review")
    assert (after.occurrence, after.data) == (before.occurrence, before.data)
    assert walk.run.timers() == {"review_due": walk.at + timedelta(days=1)}
    due, second = walk.run.timers()["review_due"], Edit(new.text).remind("review", "review_later", "P3D")
    walk = Still.moved(stood, second.text)
    assert walk.run.timers() == {"review_due": due, "review_later": walk.at + timedelta(days=3)}
    assert walk.refresh(48) == ["review_due"] and walk.open() == ["review"]
    walk.complete("review", decision="accept")
    assert walk.open() == ["approve"] and not walk.run.timers()


def test_a_running_reminder_cannot_be_drawn_away_and_its_length_does_not_restart_it():
    stood = Still(DRAFT, text=edit().remind("review", "review_due").text)
    assert stood.rules(shipped(KEY)) == [("open_missing", "review_due")]
    longer = edit().remind("review", "review_due", "P9D")
    due = stood.walk.run.timers()
    assert stood.rules(longer.text) == [] and stood.moved(longer.text).run.timers() == due


def test_a_slow_step_under_way_is_kept_when_it_is_the_same():
    stood = Still(DRAFT, REVIEWED, APPROVED)
    assert [w.element for w in stood.walk.run.waiting()] == ["complete"]
    later = edit().insert("flow_complete_prepare_leader_signature", "userTask", "read_pdf", "Xem bản PDF",
                          formKey="read_pdf")
    assert stood.rules(later.text) == []
    assert ("open_events", "complete") in stood.rules(edit().remind("complete", "slow").text)
    walk = stood.moved(later.text)
    walk.finish("complete")
    assert walk.open() == ["read_pdf"]


def test_nothing_is_moved_in_the_midst_of_a_list_or_a_subprocess():
    good = ROOT / "tests/data/diagrams/good"
    for name, rule in (("each", "open_in_list"), ("subprocess", "open_in_subprocess")):
        text = (good / f"{name}.bpmn").read_bytes()
        walk = Walk(spiff.compile_diagram(text))
        for _ in range(3):
            found = migrate_rule.reasons(read_drawing(text), read_drawing(text), spiff_move.places(walk.run),
                                         migrate_rule.Course.of([]))
            if rule in [reason.rule for reason in found]:
                break
            walk.complete(walk.open()[0])
        else:
            pytest.fail(f"{name} never stood there")


# at random: a step drawn anywhere into a diagram under way


@pytest.mark.parametrize("path", PROCESSES, ids=lambda path: path.stem)
def test_whatever_may_be_moved_stands_where_it_stood_and_goes_on(path):
    moved, refused = 0, 0
    for seed in range(12):
        random = Random(seed)
        stood = Still(text=path.read_bytes())
        for _ in range(random.randrange(1, 6)):
            if stood.walk.run.is_finished:
                break
            do(stood.walk, choose(random, stood.walk.run.waiting()))
            stood.moves += stood._take()
        done = {element for element, _, _, after in stood.moves if after == "COMPLETED"}
        flows = [flow.get("id") for flow in Edit(stood.old).process.iter("{*}sequenceFlow")
                 if seed % 2 or flow.get("sourceRef") in done]
        text = Edit(stood.old).insert(random.choice(flows), "userTask", "drawn_in", "Việc thêm", formKey="x").text
        try:
            read_drawing(text)
        except spiff.DiagramRefused:  # an event gateway leads to events only
            continue
        if stood.walk.run.is_finished:
            continue
        if stood.rules(text):
            refused += 1
            continue
        before = {(w.kind, w.element, w.occurrence, repr(w.data)) for w in stood.walk.run.waiting()}
        due = stood.walk.run.timers()
        walk = stood.moved(text)
        assert {(w.kind, w.element, w.occurrence, repr(w.data)) for w in walk.run.waiting()} == before
        assert walk.run.timers() == due
        moved += 1
        for _ in range(25):
            if walk.run.is_finished:
                break
            do(walk, choose(random, walk.run.waiting()))
    assert moved > 1 and refused > 1, (moved, refused)
