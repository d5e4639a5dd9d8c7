"""NĐ 30/2020 Đ22: what is cancelled in a register that is closed is told after its closing line, where it is seen."""

from datetime import UTC, datetime

import pytest
from doors import Browser
from steps import Office, quick, this_year

from app.db import db
from app.records import register, register_book
from app.records.document import Document
from app.regulation.incoming import cancel_number

WHY = "Đã đăng ký bản giấy của văn bản này"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def cancel(office: Office, document_id: int) -> int:
    with office.inside():
        return cancel_number.cancel(document_id, office.user("vanthu"), WHY, datetime.now(UTC))


def test_nd_30_d22_a_number_cancelled_after_its_register_was_closed_is_told_after_the_closing_line(stc):
    before, document = stc.take_in(), stc.take_in()
    for one in (before, document):
        stc.verify(one)
    assert cancel(stc, before) == 1
    with stc.inside():
        book = register.open_registers("incoming", this_year())[0].id
        register_book.close(stc.user("vanthu"), book, "Hết sổ", datetime.now(UTC), is_sure=True)
        db.session.commit()
        assert register_book.ledger(book).late == []
        assert cancel_number.is_in_closed(db.session.get(Document, document))
    clerk = Browser(stc.app, "stc", "vanthu")
    assert "Sổ này đã khóa" in clerk.get(f"/van-ban/{document}").text
    assert cancel(stc, document) == 2
    page = clerk.get("/so/den/doi-soat").text
    assert "Số 2; dòng khóa sổ không có các số này" in page and page.count(", sau khi khóa sổ") == 1
    assert f"Hủy số: {WHY}" in clerk.get("/so/den").text
    with stc.inside():
        found = register_book.ledger(book)
        assert ([row.number for row in found.voided], found.late) == ([1, 2], [2])
        assert not cancel_number.is_in_closed(db.session.get(Document, document))
        register_book.reopen(stc.user("vanthu"), book, "Cấp số khác", datetime.now(UTC))
        register_book.close(stc.user("vanthu"), book, "Khóa lại sổ", datetime.now(UTC), is_sure=True)
        db.session.commit()
        assert register_book.ledger(book).late == [], "the new closing line names it"
