"""Art. 2.2, 6.2.b: a doubtful reading is confirmed or corrected; what was corrected is kept and counted."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fakes import PrintedReader
from steps import Office, quick

from app.db import db
from app.engine.form import FormInvalid
from app.records import reading_check
from app.records.document import Document
from app.records.reading_check import Figures
from app.regulation.incoming import doubt

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
#: what the clerk says of the letter of fakes.py: the number is another, what was taken for a signer is none
SAID = {"code_number": "13", "subject": "V/v góp ý dự thảo", "organ_name": "Ủy ban nhân dân tỉnh",
        "signer_position": "CHỦ TỊCH"}


@pytest.fixture
def office(world):
    quick(world.app)
    world.app.extensions["tools"] = replace(world.app.extensions["tools"], reader=PrintedReader())
    return Office(world.app)


def test_art_2_2_a_doubtful_value_is_confirmed_or_corrected_before_it_is_registered(office):
    letter = office.take_in()
    with office.inside():
        document = db.session.get_one(Document, letter)
        assert document.recognised["subject"]["size"] == [595.0, 842.0]
        assert set(doubt.doubtful(document)) == {"code_number", "code_notation", "issued_date", "subject",
                                                 "signer_name"}
    asked = {"code_notation", "issued_date", "subject"}
    for confirmed in ([], ["subject"], ["code_notation", "issued_date"]):
        with pytest.raises(FormInvalid) as refused:
            office.verify(letter, **SAID, confirmed=confirmed)
        assert refused.value.errors == {key: [doubt.UNCONFIRMED] for key in asked - set(confirmed)}
    with pytest.raises(FormInvalid) as refused:  # a field that no machine reads
        office.verify(letter, **SAID, confirmed=[*asked, "due_date"])
    assert all(key.startswith("confirmed") for key in refused.value.errors)
    assert office.tasks(letter) == ["verify"]
    office.verify(letter, **SAID, confirmed=sorted(asked))
    with office.inside():
        assert reading_check.of(letter).fields == {
            "code_number": {"verdict": "caught", "confidence": 0.5, "read": "12", "kept": "13"},
            "code_notation": {"verdict": "doubted", "confidence": 0.5},
            "issued_date": {"verdict": "doubted", "confidence": 0.5},
            "organ_name": {"verdict": "silent", "confidence": 0.9, "read": "Ủy ban nhân dân tỉnh Lào Cai",
                           "kept": "Ủy ban nhân dân tỉnh"},
            "type_name": {"verdict": "right", "confidence": 0.9},
            "subject": {"verdict": "doubted", "confidence": 0.4},
            "signer_name": {"verdict": "caught", "confidence": 0.5, "read": "Lào Cai", "kept": ""},
            "signer_position": {"verdict": "missed", "confidence": 0.0, "read": "", "kept": "CHỦ TỊCH"}}
        assert doubt.doubtful(db.session.get_one(Document, letter)) == {}, "what was confirmed is not asked again"
        month, = reading_check.figures(LONG_AGO).values()
        assert month["organ_name"] == Figures(silent=1) and month["subject"] == Figures(doubted=1)
        assert list(reading_check.number_of_documents(LONG_AGO).values()) == [1]
    assert office.faults() == []
    assert office.faults("update reading_check set fields = fields - 'organ_name'") == [
        ("record", f"document:{letter}")]
    with Office(office.app, "snv").inside():  # behind another wall
        assert reading_check.of(letter) is None and reading_check.figures(LONG_AGO) == {}


def test_art_3_2_what_was_corrected_goes_with_the_document_and_a_return_asks_for_nothing(office):
    letter = office.take_in()
    office.verify(letter, **SAID, confirmed=["code_notation", "issued_date", "subject"])
    office.do("lanhdao", "assign", {"decision": "return", "directive": "Không thuộc thẩm quyền", "reason": "Gửi nhầm"},
              letter)
    office.do("vanthu", "verify", {"decision": "not_entered", "reason": "Điều 3.2"}, letter)
    with office.inside():
        assert reading_check.of(letter).fields["code_number"] == {"verdict": "caught", "confidence": 0.5}
        assert "13" not in str(reading_check.of(letter).fields)
    other = office.take_in()
    office.verify(other, decision="return", reason="Gửi nhầm")  # nothing is registered: nothing is counted
    with office.inside():
        assert reading_check.of(other) is None
    assert office.faults() == []


def test_art_2_2_what_a_packet_brought_is_no_error_of_the_reader(office):
    """NĐ 30/2020 Đ21.2: the fields of the exchange stand as sent; the page may word them otherwise."""
    letter = office.take_in()
    with office.inside():
        db.session.get_one(Document, letter).channel = "exchange"
        db.session.commit()
    office.verify(letter, **SAID, confirmed=["subject"])
    with office.inside():
        assert reading_check.of(letter) is None
