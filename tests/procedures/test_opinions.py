"""An agency asks people of several units for their opinion, in a procedure it changed itself (Art. 8, 10.2)."""

import json
from datetime import UTC, datetime

import pytest
from redraw import ROOT, flow, inserted, user
from steps import Office, quick

from app import register_articles
from app.db import db
from app.engine import diagram
from app.engine.check import check

register_articles()
FILES = diagram.shipped(ROOT)
EACH = '<multiInstanceLoopCharacteristics camunda:collection="people" camunda:elementVariable="person"/>'


def form(**field):
    return json.dumps({"type": "default", "components": [{"label": "Hỏi", **field}]}).encode()


PICK = form(type="taglist", key="people", properties={"catalogue": "person"}, validate={"required": True})
SAY = form(type="textarea", key="opinion", validate={"required": True})


def changed(key, pick=PICK):
    """Before the approval the head of the unit says whom to ask; each of them is asked."""
    at = "flow_gateway_review_approve"
    asked = user("last", "say", inner=EACH, more='camunda:assignee="=person"')
    text = inserted(key, at, user("first", "pick") + asked + flow("first", "last"),
                    lanes={"head": ("first",), "officer": ("last",)})
    return {f"bpmn:{key}": text, "form:pick": pick, "form:say": SAY}


@pytest.mark.parametrize("key", ["outgoing_electronic", "outgoing_hybrid"])
def test_art_10_2_a_task_may_be_done_for_each_value_of_a_list_of_an_own_form(key):
    assert check({**FILES, **changed(key)}, key).findings == ()
    plain = form(type="checklist", key="people", values=[{"label": "A", "value": "a"}])
    finding, = check({**FILES, **changed(key, plain)}, key).findings
    assert (finding.rule, finding.element) == ("setting", "last"), "these values are no people"
    hidden = form(type="taglist", key="people", properties={"catalogue": "person"}, conditional={"hide": "=1 = 1"})
    assert ("loop", "last") in {(f.rule, f.element) for f in check({**FILES, **changed(key, hidden)}, key).findings}


def test_art_10_2_two_people_are_asked_and_each_answers(world):
    quick(world.app)
    stc = Office(world.app)
    with stc.inside():
        diagram.publish(stc.agency_id, changed("outgoing_electronic"), at=datetime.now(UTC), note="thử")
        db.session.commit()
    found = stc.begin()
    stc.draft(found)
    stc.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    assert stc.tasks(found) == ["pick"]
    asked = [stc.id_of("chuyenvien"), stc.id_of("chuyenvien2")]
    stc.do("truongphong", "pick", {"people": asked}, found)
    assert stc.tasks(found) == ["say", "say"]
    stc.do("chuyenvien", "say", {"opinion": "Đồng ý"}, found)
    assert stc.tasks(found) == ["say"]
    stc.do("chuyenvien2", "say", {"opinion": "Cần sửa mục 2"}, found)
    assert stc.tasks(found) == ["approve"]
    assert {"Đồng ý", "Cần sửa mục 2"} <= {text for _, text in stc.said(found)}
