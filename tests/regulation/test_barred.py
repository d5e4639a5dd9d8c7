"""Art. 3.2: signs of what must not be entered stop a registration until a clerk has looked; letters by their title."""

from dataclasses import replace

import pytest
from fakes import StampedReader
from steps import Office, quick

from app.db import db
from app.engine.form import FormInvalid
from app.records.document import Document
from app.regulation.incoming import barred
from app.regulation.layout_petition import petition
from app.tools.ocr import Page, Word

CONFIRMED = ["code_number", "code_notation", "issued_date", "subject"]


def page(*texts: str) -> Page:
    """A page with these lines in its middle, one under the other."""
    words = [Word(word, 0.9, (150 + 60 * place, 150 + 20 * line, 200 + 60 * place, 162 + 20 * line), line, 0)
             for line, text in enumerate(texts) for place, word in enumerate(text.split())]
    return Page(1, 595.0, 842.0, tuple(words), "ocr")


def test_art_3_2_a_letter_is_known_by_its_title_and_a_document_about_letters_is_none():
    for title in (("ĐƠN KHIẾU NẠI",), ("ĐƠN TỐ CÁO",), ("ĐƠN ĐỀ NGHỊ", "GIẢI QUYẾT TRANH CHẤP")):
        assert petition([page("CỘNG HÒA XÃ HỘI", *title, "Kính gửi: Ủy ban nhân dân tỉnh")]).value == " ".join(title)
    for other in (("QUYẾT ĐỊNH", "Về việc giải quyết đơn khiếu nại"), ("V/v trả lời đơn tố cáo",),
                  ("ĐƠN XIN NGHỈ PHÉP",), ("ĐƠN XIN NGHỈ", "Tôi tên là An, không có tranh chấp")):
        assert petition([page("CỘNG HÒA XÃ HỘI", *other)]) is None, other
    assert petition([Page(1, 595.0, 842.0, (), "ocr")]) is None


@pytest.fixture
def office(world):
    quick(world.app)
    world.app.extensions["tools"] = replace(world.app.extensions["tools"], reader=StampedReader())
    return Office(world.app)


def test_art_3_2_nothing_that_bears_a_mark_of_secrecy_is_registered_before_a_clerk_has_looked(office):
    letter, other = office.take_in(), office.take_in()
    with office.inside():
        seen = barred.signs(db.session.get_one(Document, letter))
        assert (seen["secrecy"]["value"], seen["petition"]["value"]) == ("Mật", "ĐƠN KHIẾU NẠI")
    values = {"code_number": "13", "subject": "Đơn", "code_notation": "UB", "signer_name": "A"}
    for cleared in ([], ["secrecy"], ["petition"]):
        with pytest.raises(FormInvalid) as refused:
            office.verify(letter, **values, confirmed=[*CONFIRMED, *cleared])
        assert len(refused.value.errors["decision"]) == 2 - len(cleared) and set(refused.value.errors) == {"decision"}
        assert all("Điều 3.2" in sentence for sentence in refused.value.errors["decision"])
    assert office.tasks(letter) == ["verify"]
    office.do("vanthu", "verify", {"decision": "not_entered", "reason": "Có dấu mật"}, letter)
    assert office.status(letter) == "discarded"
    office.verify(other, **values, confirmed=[*CONFIRMED, *barred.SIGNS])  # the clerk's word counts, and is kept
    assert office.status(other) == "registered" and office.faults() == []
