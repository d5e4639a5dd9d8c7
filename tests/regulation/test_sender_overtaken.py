"""A replacement comes before what it replaces: both are tied when the other comes, and say so (NĐ 30/2020 Đ18)."""

import pytest
from fakes import pdf
from steps import Office, arrived, fetch, quick, send, signed_pdf
from test_sender_request import accept, ask, codes, named, taken_in, told, whole

from app import worker
from app.db import db
from app.records import sender_request as requests
from app.records.document import Document
from app.tools import edxml
from app.web import sender_request


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def replacement(stc: Office, file: bytes | None = None) -> int:
    """Letter 13 of the provincial office comes and replaces letter 12, which is not here."""
    ask(stc, edxml.REPLACE, number="13", files=[file or signed_pdf(stc.app, mark=1)],
        business={"replacement": [{"document_id": named(), "organ_ids": ["H38.12"]}]})
    found = arrived(stc)
    assert any("chưa nhận văn bản đó" in text for _, text in stc.said(found))
    return found


def test_nd_30_d18_what_was_replaced_before_it_came_is_tied_and_said_at_both(stc):
    new = replacement(stc)
    stc.verify(new, code_number="13")
    old = taken_in(stc)
    fetch(stc.app, "stc")
    assert stc.tasks(old) == ["decide_request", "verify"]
    said = " ".join(text for kind, text in stc.said(old) if kind == "request")
    assert "đã gửi văn bản thay thế văn bản này trước khi văn bản đến" in said
    assert "Văn bản thay thế: 13/VPUBND" in said
    assert any(kind == "request" and "Văn bản được thay thế đã đến: 12" in text for kind, text in stc.said(new))
    with stc.inside(), stc.app.test_request_context():
        [row] = requests.of_document(old)
        assert (row.replacement_id, row.status) == (new, "open")
        [shown] = sender_request.shown(db.session.get_one(Document, new))
        assert shown["other"].id == old
    accept(stc, old)
    assert stc.status(old) == "replaced" and codes(stc) == ["01", "03", "01", "15"]
    whole(stc)


def test_a_replacement_that_is_not_registered_yet_is_said_and_asked_about_once_it_is(stc):
    new, old = replacement(stc), taken_in(stc)
    fetch(stc.app, "stc")
    assert stc.tasks(old) == ["verify"], "it replaces nothing before it is registered"
    assert any("trước khi văn bản đến" in text for kind, text in stc.said(old) if kind == "request")
    stc.verify(new, code_number="13")
    fetch(stc.app, "stc")
    assert stc.tasks(old) == ["decide_request", "verify"]
    whole(stc)


def test_what_comes_after_a_replacement_that_was_returned_is_handled_as_it_is(stc):
    new = replacement(stc, pdf(50))
    stc.do("lanhdao", "decide_unsigned", {"decision": "return", "reason": "Không có chữ ký số"}, new)
    worker.run_due(stc.app)
    old = taken_in(stc)
    fetch(stc.app, "stc")
    assert stc.tasks(old) == ["verify"] and codes(stc) == ["01", "02", "01", "16"]
    assert "giữ nguyên" in told(stc)[3][1]
    whole(stc)


def test_a_replacement_of_what_never_comes_asks_nobody(stc, monkeypatch):
    from app.regulation.incoming import sender_answer

    monkeypatch.setattr(sender_answer, "WAIT_HOURS", 0)
    new = replacement(stc)
    stc.verify(new, code_number="13")
    fetch(stc.app, "stc")
    with stc.inside():
        assert requests.unanswered() == []
    assert codes(stc) == ["01", "03"]
    send(stc.app, signed_pdf(stc.app, mark=3), number="14")
    assert requests_of(stc, arrived(stc)) == []
    whole(stc)


def requests_of(stc: Office, found: int) -> list:
    with stc.inside():
        return requests.of_document(found)
