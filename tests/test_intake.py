"""What the worker does with packets that are not as they should be, and with files that must go (security.md S8)."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from time import sleep

import pikepdf
import pytest
from fakes import pdf
from steps import Office, arrived, fetch, quick, send

from app import worker
from app.axis import server
from app.db import db
from app.engine import instance as instances
from app.records import attachment, history
from app.records.agency import Agency
from app.records.attachment import Upload, UploadMissing
from app.records.document import Document
from app.records.message import Message
from app.regulation.incoming import receive
from app.regulation.incoming.recognise import Recognise
from app.regulation.outgoing import not_taken
from app.tools.blobs import BlobMissing
from app.tools.exchange import Axis, ExchangeRefused


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def at_the_axis(stc: Office) -> list[tuple[str, str]]:
    """(status, reason) of each document that the axis holds for the agency, oldest first."""
    axis, today = stc.app.extensions["tools"].axis.of("H38.12"), datetime.now(UTC).date()
    found = axis.received("H38.12", "edoc", today.isoformat(), today.replace(year=today.year + 1).isoformat())
    return [(item["status"], item["status_desc"]) for item in sorted(found, key=lambda i: i["created_time"])]


def told(stc: Office) -> int:
    """How many statuses the provincial office was sent."""
    axis, today = stc.app.extensions["tools"].axis.of("H38.01"), datetime.now(UTC).date()
    return len(axis.received("H38.01", "status", today.isoformat(), today.replace(year=today.year + 1).isoformat()))


def test_s8_the_same_identifier_with_other_content_is_refused_and_the_clerk_warned(stc):
    send(stc.app, pdf(1))
    found = arrived(stc)
    send(stc.app, pdf(2), key="other")
    assert arrived(stc) == found and told(stc) == 1
    assert [status for status, _ in at_the_axis(stc)] == ["DONE", "FAIL"]
    assert at_the_axis(stc)[1][1] == receive.OTHER_CONTENT
    assert ("warning", receive.OTHER_CONTENT) in stc.said(found)
    with stc.inside():
        acts = history.course(f"document:{found}")
        assert [a.kind for a in acts].count("message_received") == 1
        assert history.faults(f"document:{found}") == []
    assert stc.faults() == []


def test_a_refused_packet_that_is_looked_at_again_is_refused_once(stc):
    send(stc.app, pdf(1))
    found = arrived(stc)
    send(stc.app, pdf(2), key="other")
    with stc.inside():
        refused = db.session.scalars(db.select(Message.axis_id).where(Message.status_code == receive.REFUSED)).one()
    stc.app.extensions["tools"].axis.of("H38.12").update_status(refused, "PROCESSING")
    fetch(stc.app, "stc")
    assert [status for status, _ in at_the_axis(stc)] == ["DONE", "FAIL"]
    assert [kind for kind, _ in stc.said(found)].count("warning") == 1


def test_an_unreadable_packet_stays_on_record_with_the_reason(stc, monkeypatch):
    monkeypatch.setattr(server, "peek", lambda data: {"sender": "H38.01"})
    axis = stc.app.extensions["tools"].axis.of("H38.01")
    axis.send_edoc(b"<edXML/>", sender="H38.01", to=["H38.12"], message_type="edoc", key="broken")
    fetch(stc.app, "stc")
    [(status, reason)] = at_the_axis(stc)
    with stc.inside():
        kept = db.session.scalars(db.select(Message)).one()
        assert (status, kept.direction, kept.kind, kept.partner, kept.document_id) == (
            "FAIL", "in", "document", "H38.01", None)
        assert kept.description == reason and reason
        assert stc.app.extensions["tools"].blobs.read(kept.sha256) == b"<edXML/>"
        packet = f"message:{kept.id}"
    assert stc.faults() == [] and stc.faults("delete from message") == [("record", packet)]


def test_a_packet_that_was_taken_is_done_although_its_document_changed(stc, monkeypatch):
    """The worker died between the commit and DONE; meanwhile the clerk returned the document."""
    done = Axis.update_status
    monkeypatch.setattr(Axis, "update_status", lambda *_: None)
    send(stc.app, pdf(1))
    found = arrived(stc)
    with stc.inside():
        document = db.session.get(Document, found)
        document.code_notation, document.status = "", "returned"
        db.session.commit()
    monkeypatch.setattr(Axis, "update_status", done)
    fetch(stc.app, "stc")
    assert arrived(stc) == found and told(stc) == 1
    assert [status for status, _ in at_the_axis(stc)] == ["DONE"]


def test_s7_what_upload_would_hold_arrives_by_exchange_with_a_warning_that_stops_the_quick_way(stc):
    made, sink = pikepdf.open(io.BytesIO(pdf(1))), io.BytesIO()
    made.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    made.save(sink)
    send(stc.app, sink.getvalue())
    assert [status for status, _ in at_the_axis(stc)] == ["DONE"] and told(stc) == 1, "01: it has come"
    warned = [words for kind, words in stc.said(arrived(stc)) if kind == "warning"]
    assert len(warned) == 1 and "12-VPUBND.pdf có mã lệnh" in warned[0]


def test_a_sender_that_cannot_be_told_does_not_keep_its_packet_waiting(stc, monkeypatch):
    real = Axis.send_edoc

    def refuse(self, data, *, key, **other):
        if key.startswith("arrived:"):
            raise ExchangeRefused("used", code="40", sentence="")
        return real(self, data, key=key, **other)

    monkeypatch.setattr(Axis, "send_edoc", refuse)
    send(stc.app, pdf(1))
    assert [status for status, _ in at_the_axis(stc)] == ["DONE"] and told(stc) == 0


def discarded(stc: Office) -> tuple[int, str]:
    """A paper that must not be here, and its scan; the job that deletes the scan has not run."""
    found = stc.take_in()
    with stc.inside():
        scan = attachment.of(found)[0].sha256
    stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Điều 3.2.a"}, found)
    return found, scan


def test_art_3_2_a_file_that_another_agency_is_about_to_use_stays(stc):
    other = Office(stc.app, "vpubnd")
    _, scan = discarded(stc)
    other.upload("vanthu", pdf(1), "thu.pdf")
    worker.run_due(stc.app)
    assert stc.app.extensions["tools"].blobs.has(scan)


def test_art_3_2_a_file_goes_at_once_but_not_from_under_who_stores_it_again(stc):
    _, scan = discarded(stc)
    blobs = stc.app.extensions["tools"].blobs
    with stc.inside(), ThreadPoolExecutor(1) as pool:
        user = stc.user("vanthu")
        attachment.store(blobs, pdf(1))  # the row that will name it is not written yet
        deleting = pool.submit(worker.run_due, stc.app)
        waits = db.text("select count(*) from pg_locks where locktype = 'advisory' and not granted")
        while not db.session.scalar(waits):
            sleep(0.02)
        db.session.add(Upload(agency_id=user.agency_id, sha256=scan, name="lại.pdf", media_type="application/pdf",
                              size_bytes=9, user_id=user.id, at=datetime.now(UTC)))
        db.session.commit()
        deleting.result()
    assert blobs.has(scan)
    _, scan = discarded(stc)
    worker.run_due(stc.app)
    assert not blobs.has(scan)


def test_a_file_that_was_removed_cannot_be_attached(stc):
    found, scan = discarded(stc)
    with stc.inside():
        user = stc.user("vanthu")
        assert db.session.scalar(db.select(Upload.id).where(Upload.sha256 == scan))
    worker.run_due(stc.app)
    with stc.inside(), pytest.raises(UploadMissing):
        attachment.attach_upload(db.session.get(Document, found), "scan", scan, datetime.now(UTC), user.id)


def test_art_2_2_a_lost_file_is_not_taken_for_an_unreadable_one(stc):
    tools = stc.app.extensions["tools"]
    with pytest.raises(BlobMissing):
        Recognise().work(tools, {"sha256": "0" * 64, "media_type": "application/pdf", "agencies": []})


def test_a_packet_that_a_recipient_could_not_take_is_shown_at_the_document(stc, monkeypatch):
    monkeypatch.setattr(server, "peek", lambda data: {"sender": "H38.12"})
    found, axis = stc.take_in(), stc.app.extensions["tools"].axis
    sent = axis.of("H38.12").send_edoc(b"<edXML/>", sender="H38.12", to=["H38.01"], message_type="edoc", key="sent")
    with stc.inside():
        db.session.add(Message(agency_id=stc.agency_id, direction="out", kind="document", key="sent", partner="H38.01",
                               document_id=found, axis_id=sent, at=datetime.now(UTC)))
        db.session.commit()
    fetch(stc.app, "stc")
    assert stc.said(found) == []
    fetch(stc.app, "vpubnd")  # it cannot read the packet
    fetch(stc.app, "stc")
    fetch(stc.app, "stc")
    [(kind, text)] = stc.said(found)
    assert kind == "warning" and text.startswith("Hệ thống của nơi nhận H38.01") and "edXML" in text
    with stc.inside():
        assert db.session.scalars(db.select(Message).where(Message.direction == "out")).one().description == text
        assert history.faults(f"document:{found}") == []


def test_who_keeps_a_failure_waits_for_the_instance_and_holds_no_packet_meanwhile(stc):
    """The same order as who keeps a recipient's answer: the other one is a deadlock."""
    found = stc.take_in()
    with stc.inside():
        db.session.add(Message(agency_id=stc.agency_id, direction="out", kind="document", key="sent", partner="H38.01",
                               document_id=found, axis_id="sent", at=datetime.now(UTC)))
        db.session.commit()

    def keep() -> int:
        with stc.inside():
            return not_taken.keep_failures(db.session.get_one(Agency, stc.agency_id), [
                {"senderdocid": "sent", "tocode": "H38.01", "receivestatus": "FAIL"}], datetime.now(UTC))

    with stc.inside(), ThreadPoolExecutor(1) as pool:
        instances.lock_of_document(found)
        kept = pool.submit(keep)
        try:
            while not kept.done() and not db.session.scalar(db.text(
                    "select exists (select 1 from pg_locks where not granted)")):
                sleep(0.02)
            free = "select id from message where axis_id = 'sent' for update nowait"
            assert db.session.scalar(db.text(free)) is not None
        finally:
            db.session.rollback()
        assert kept.result() == 1
    assert [kind for kind, _ in stc.said(found)] == ["warning"]
