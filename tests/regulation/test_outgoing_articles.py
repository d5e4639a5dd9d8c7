"""Art. 9: what is signed is what was approved, by who approved it, and no secret stays behind."""

import base64
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
import steps
from steps import Office, quick

from app import worker
from app.db import db
from app.demo.people import PIN
from app.engine import act, instance, replay
from app.records import attachment, milestone
from app.records.document import Document, NotFound
from app.records.signature import pending
from app.refusal import Refusal
from app.regulation.outgoing.complete import Complete, NotApprovedFile
from app.regulation.outgoing.signing_door import WrongSigner, sign_with_pin
from app.tools.docx import PlaceMissing
from app.tools.signing_key import WrongPin


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def found(stc):
    """A document that waits for the leader's signature."""
    document_id = stc.begin()
    stc.approved(document_id)
    return document_id


def test_art_9_1_b_only_the_approved_version_is_completed(inside, now):
    document = Document(agency_id=inside.ids["stc"], direction="outgoing", status="approved", created_at=now)
    db.session.add(document)
    db.session.flush()
    for mark in "ab":
        attachment.attach(document, "draft", f"{mark}.docx", "application/x", mark * 64, 1, now)
    with pytest.raises(NotApprovedFile):  # nothing approved
        Complete().ask(SimpleNamespace(document=document, at=now))
    milestone.reach(document, "approve", now, None, "a" * 64)
    with pytest.raises(NotApprovedFile) as raised:  # an older version was
        Complete().ask(SimpleNamespace(document=document, at=now))
    assert raised.value.article == "Art. 8.3"


def test_nd_30_pl_iii_a_public_letter_is_completed_without_a_place_for_its_number(stc):
    found = stc.begin(type_name="Thư công")
    letter = stc.upload("chuyenvien", steps.draft(number="THƯ CÔNG"), "thu.docx")
    stc.approved(found, draft_file=letter)
    assert stc.status(found) == "completed"
    stc.sign(found)
    stc.seal(found)
    with stc.inside():
        ran = instance.of_document(found)
        assert ran.document.status == "dispatched" and replay.replay(ran) == replay.Replayed(ran.acts)
    other = stc.begin()
    with pytest.raises(PlaceMissing):
        stc.draft(other, draft_file=letter)


def test_art_9_1_c_only_the_leader_who_approved_signs(stc, found):
    tools = stc.app.extensions["tools"]
    with stc.inside():
        row = stc.waiting("sign_by_leader", found)
        task_id, version = row.id, row.version
        assert row.assignee_id == milestone.standing(found)["approve"].user_id
        with pytest.raises(WrongSigner):
            sign_with_pin(tools, row, stc.user("pholanhdao"), PIN)
        for who in ("pholanhdao", "vanthu"):
            with pytest.raises(NotFound):
                act.complete_task(task_id, stc.user(who), version, {"decision": "sign", "signature": "AAAA"})
            db.session.rollback()
    # who stands in for him in other things (Art. 7) does not sign in his name
    with stc.inside(), pytest.raises(NotFound):
        act.complete_task(task_id, stc.user("truongphong"), version, {"decision": "sign", "signature": "AAAA"})


def test_art_9_1_c_a_wrong_pin_signs_nothing(stc, found):
    before = stc.course(found)
    with pytest.raises(WrongPin) as raised:
        stc.do("lanhdao", "sign_by_leader", {"decision": "sign"}, found, pin="000000")
    assert raised.value.facts["field"] == "pin"
    with pytest.raises(Refusal):  # and without a signature there is none
        with stc.inside():
            row = stc.waiting("sign_by_leader", found)
            act.complete_task(row.id, stc.user("lanhdao"), row.version, {"decision": "sign"})
    assert stc.course(found) == before and stc.tasks(found) == ["sign_by_leader"]


def test_art_9_1_c_a_signature_of_something_else_is_not_embedded(stc, found):
    with stc.inside():
        row = stc.waiting("sign_by_leader", found)
        forged = base64.b64encode(b"\0" * 256).decode()
        act.complete_task(row.id, stc.user("lanhdao"), row.version, {"decision": "sign", "signature": forged})
    worker.run_due(stc.app)
    assert stc.tasks(found) == ["incident:sign_by_leader_step"] and "signed_leader" not in stc.files(found)
    with stc.inside():
        assert stc.incident(found).note.startswith("foreign_signature")
        act.send_back(stc.incident(found).id, stc.user("quantri"), "Ký lại", datetime.now(UTC))
    stc.sign(found)
    assert stc.tasks(found) == ["seal"]


def test_art_9_1_d_the_agency_signs_over_the_leaders_signature(stc, found):
    stc.sign(found)
    with stc.inside():
        row, waiting = stc.waiting("seal", found), pending(found, "agency")
        assert (row.role, row.assignee_id, waiting.key, waiting.user_id) == ("clerk", None, "agency:H38.12", None)
        led = attachment.latest(found, "signed_leader").sha256
        blobs = stc.app.extensions["tools"].blobs
        assert blobs.read(waiting.prepared_sha256).startswith(blobs.read(led))


def test_a_pin_is_nowhere_once_it_was_used(stc, found):
    stc.sign(found)
    stc.seal(found)
    with stc.inside():
        tables = db.session.scalars(db.text(
            "select table_name from information_schema.tables where table_schema = 'public'")).all()
        assert "act_content" in tables and "procrastinate_jobs" in tables
        for table in tables:
            held = db.session.scalar(db.text(f'select count(*) from "{table}" t where t::text like :pin'),
                                     {"pin": f"%{PIN}%"})
            assert held == 0, table
