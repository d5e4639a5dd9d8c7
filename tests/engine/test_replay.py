"""Replay finds the act at which a course and its history part (security.md S12)."""

from datetime import UTC, datetime

import pytest
from steps import Office, quick

from app.db import db, tenancy
from app.engine import act
from app.engine import instance as instances
from app.engine.replay import replay
from app.records.history import Act, ActContent


@pytest.fixture
def found(world):
    quick(world.app)
    stc = Office(world.app)
    document_id = stc.take_in()
    stc.verify(document_id)
    return stc, document_id


def changed(office, document_id, kind, element, change):
    """What replay says after somebody with the owner's rights changed the content of one act; then it is undone."""
    with office.app.app_context(), tenancy.as_owner():
        content = db.session.scalars(
            db.select(ActContent).join(Act, Act.id == ActContent.act_id)
            .where(Act.subject == f"document:{document_id}", Act.kind == kind, Act.element == element)).one()
        content.input = change(content.input)
        db.session.flush()
        got = replay(instances.of_document(document_id))
        db.session.rollback()
        db.session.remove()
    return got


def test_every_state_comes_again(found):
    stc, document_id = found
    with stc.inside():
        instance = instances.of_document(document_id)
        assert replay(instance) == replay(instance) and replay(instance).acts == instance.acts == 4


def test_what_was_changed_in_history_shows(found):
    verify, recognise = ("task_completed", "verify"), ("step_finished", "recognise")
    got = changed(*found, *verify, lambda i: {**i, "data": {**i["data"], "decision": "return"}})
    assert got.difference and got.at_act == 4
    got = changed(*found, *recognise, lambda i: {**i, "data": {"signature_ok": True}})
    assert "state after step_finished recognise differs" in got.difference and got.at_act == 3
    got = changed(*found, *verify, lambda i: {**i, "results": i["results"][1:]})
    assert "ran, history has" in got.difference
    got = changed(*found, *verify, lambda i: {**i, "results": [*i["results"], ["x", 1, {}]]})
    assert "more results" in got.difference


def test_timers_messages_and_incidents_come_again(found):
    stc, document_id = found
    with stc.inside():
        instance = instances.of_document(document_id)
        later = instance.wake_at
        assert act.fire_timers(instance.id, later)
    stc.assign(document_id)
    with stc.inside():
        instance = instances.of_document(document_id)
        assert replay(instance).difference == "" and replay(instance).acts == instance.acts == 6
        assert datetime.now(UTC) < later
