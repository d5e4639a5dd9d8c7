"""Art. 2.2, 3.3, 6: what the steps of an incoming document decide, one sentence of the regulation a test."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from fakes import FakeReader, PrintedReader, StampedReader, pdf
from steps import Office, arrived, quick, send, signed_pdf

from app.db import db, tenancy
from app.engine.form import FormInvalid
from app.engine.perform import SlowWork
from app.records.attachment import Attachment
from app.records.calendar import local_date
from app.records.document import Document
from app.records.people import User
from app.regulation.barred_text import signs, sure
from app.regulation.incoming.forward import LeaderMissing, forward
from app.regulation.incoming.recognise import Recognise
from app.regulation.incoming.text_layer import read_of
from app.regulation.recognition import UNREAD
from app.tools.media import TYPES
from app.tools.ocr import BadImage, OcrFailed


class Unreadable(FakeReader):
    """Refuses what it is given."""

    def __init__(self, refusal):
        self.refusal = refusal

    def open(self, data, media_type):
        raise self.refusal


def forwarded(day: str, priority: int = 0, **data) -> dict:
    """What `forward` says at nine in the morning of a day in Viet Nam."""
    at = datetime.fromisoformat(f"{day}T02:00:00+00:00")
    document = Document(agency_id=tenancy.current_agency(), direction="incoming", status="registered", created_at=at,
                        priority=priority)
    db.session.add(document)
    db.session.flush()
    return forward(SimpleNamespace(data=data, at=at, document=document))


def test_art_6_2_c_forwarded_by_the_next_working_day_at_the_latest(inside):
    assert forwarded("2026-11-26", leader_id=7) == {
        "leader_id": 7, "forward_due_date": "2026-11-27", "forward_due_at": "2026-11-27T17:00:00+07:00",
        "due_date": None}
    assert forwarded("2026-11-27", leader_id=7)["forward_due_date"] == "2026-11-30"  # over a week-end
    assert forwarded("2026-08-31", leader_id=7)["forward_due_date"] == "2026-09-03"  # over the national holiday
    assert forwarded("2026-11-26", priority=1, leader_id=7)["forward_due_at"] == (
        "2026-11-26T09:30:00+07:00")  # urgent: at once


def test_art_6_2_c_without_a_choice_to_a_leader_who_is_there(inside):
    leaders = list(db.session.scalars(db.select(User).where(User.username.in_(["lanhdao", "pholanhdao"]))))
    assert forwarded("2026-11-26")["leader_id"] in [leader.id for leader in leaders]
    for leader in leaders:
        leader.is_active = False
    with pytest.raises(LeaderMissing):
        forwarded("2026-11-26")


def test_art_3_2_what_cannot_be_read_may_bear_a_mark_and_a_person_looks(world):
    tools = world.app.extensions["tools"]
    asked = {"sha256": tools.blobs.put(pdf()), "media_type": "application/pdf", "agencies": []}
    unread = {"fields": {"secrecy": UNREAD}, "pages": None}
    assert Recognise().work(replace(tools, reader=Unreadable(BadImage())), asked) == unread
    assert list(signs(unread["fields"])) == ["secrecy"] and sure(unread["fields"]) == []
    table = {**asked, "media_type": TYPES["xlsx"]}
    assert Recognise().work(tools, table) == unread, "nothing here lays it out"
    with pytest.raises(OcrFailed):  # the reader's own trouble is tried again
        Recognise().work(replace(tools, reader=Unreadable(OcrFailed())), asked)


class InOne(PrintedReader):
    """Sees a letter in every file, and in one of them a mark of secrecy."""

    def __init__(self, marked):
        self.marked = marked

    def open(self, data, media_type):
        return StampedReader(0.9).open(data, media_type) if data == self.marked else super().open(data, media_type)


def test_art_3_2_what_came_with_the_document_is_looked_at_too(world):
    tools = replace(world.app.extensions["tools"], reader=InOne(pdf(2)))
    first, second = (tools.blobs.put(pdf(number)) for number in (1, 2))
    asked = {"sha256": first, "media_type": TYPES["pdf"], "agencies": [],
             "beside": [[second, TYPES["pdf"], "phu luc.pdf"]]}
    found = Recognise().work(tools, asked)["fields"]
    assert found["code_number"]["value"] == "12" and list(signs(found)) == ["secrecy", "petition"]
    assert (found["secrecy"]["value"], found["secrecy"]["file"]) == ("Mật", "phu luc.pdf")
    assert found["secrecy"]["boxes"] == [] and found["secrecy"]["page"] is None


def test_art_6_3_the_first_file_that_came_by_wire_is_the_document():
    kinds = [("original", "xlsx"), ("original", "docx"), ("original", "pdf"), ("packet", "pdf")]
    files = [Attachment(kind=kind, media_type=TYPES[one], removed_at=None) for kind, one in kinds]
    assert read_of(files) is files[1] and read_of(files[:1]) is files[0] and read_of(files[3:]) is None
    scans = [Attachment(kind="scan", media_type=TYPES["pdf"], removed_at=None) for _ in range(2)]
    assert read_of([*files, *scans]) is scans[1]


def test_art_2_2_what_was_read_fills_empty_fields_only(world):
    document = Document(subject="Như nơi gửi ghi", code_number="", organ_name="", priority=0)
    at = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)
    with Office(world.app).inside():
        given = Recognise().record(SimpleNamespace(document=document, at=at), {"pages": 3, "fields": {
            "subject": {"value": "Đọc được"}, "code_number": {"value": "12"}, "organ_name": {"value": "x" * 300},
            "issued_date": {"value": "2026-01-20"}, "priority": {"value": "2"}, "signer_name": {"value": None}}})
    assert given == {"register_due_at": "2026-11-26T09:30:00+07:00"}, "urgent: at once, for the clerk too"
    assert (document.subject, document.code_number, document.priority) == ("Như nơi gửi ghi", "12", 2)
    assert (len(document.organ_name), document.page_amount, str(document.issued_date)) == (200, 3, "2026-01-20")


def test_art_3_3_a_document_altered_after_signing_is_not_valid(world):
    quick(world.app)
    stc, data = Office(world.app), bytearray(signed_pdf(world.app))
    place = data.index(b"stream") + 12
    data[place] ^= 1
    send(world.app, bytes(data))
    found = arrived(stc)
    assert stc.tasks(found) == ["decide_unsigned"]
    with stc.inside():
        verdict = db.session.get(Document, found).verdict
        assert verdict["color"] == "red" and "đã bị sửa" in " ".join(verdict["reasons"])


def test_art_3_3_another_agencys_signature_is_not_the_senders(world):
    quick(world.app)
    stc = Office(world.app)
    send(world.app, signed_pdf(world.app, "snv", "H38.07"))
    assert stc.tasks(arrived(stc)) == ["decide_unsigned"]


def test_art_6_1_no_document_is_issued_in_the_future(world):
    quick(world.app)
    stc = Office(world.app)
    found = stc.take_in()
    tomorrow = local_date(datetime.now(UTC)) + timedelta(days=1)
    with pytest.raises(FormInvalid) as raised:
        stc.verify(found, issued_date=tomorrow.isoformat())
    assert list(raised.value.facts["errors"]) == ["issued_date"]
    stc.verify(found, issued_date=local_date(datetime.now(UTC)).isoformat(), due_date=tomorrow.isoformat())
    with stc.inside():
        assert db.session.get(Document, found).due_date == tomorrow


def test_nd_30_d21_the_sender_hears_the_number_of_arrival(world):
    quick(world.app)
    stc = Office(world.app)
    send(world.app, signed_pdf(world.app))
    stc.verify(arrived(stc))
    with stc.inside():
        asked = db.session.scalars(db.select(SlowWork).where(SlowWork.name == "report_status")).one().asked
    assert asked["packet"]["description"].endswith("vào sổ văn bản đến số 1")
    assert asked["packet"]["staff"]["staff"] == "Trịnh Thị Hoa"
