"""What a request of a sender leaves when its document, or what replaces it, is not taken in (Art. 3.2; QĐ 28/2018)."""

import pytest
from fakes import pdf
from steps import Office, arrived, fetch, quick, signed_pdf, tables_with
from test_sender_request import accept, ask, ask_13, codes, named, refuse, taken_in, told, whole

from app import worker
from app.db import db, tenancy
from app.engine.form import FormInvalid
from app.records import attachment, history, verify_removal
from app.records.message import Message
from app.regulation.incoming import sender_answer
from app.regulation.incoming import sender_request as incoming
from app.tools import edxml


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def replacing(stc: Office, file: bytes) -> tuple[int, int]:
    """A document that is handled, and another that its sender puts in its place."""
    found = taken_in(stc)
    stc.verify(found)
    stc.assign(found)
    ask(stc, edxml.REPLACE, number="13", files=[file], subject="Về việc Mimosa", business={
        "reason": "Vì Mimosa", "replacement": [{"document_id": named(), "organ_ids": ["H38.12"]}]})
    return found, arrived(stc)


def test_a_replacement_that_is_returned_replaces_nothing(stc):
    found, new = replacing(stc, pdf(50))
    assert stc.tasks(new) == ["decide_unsigned"] and stc.tasks(found) == ["handle"]
    stc.do("lanhdao", "decide_unsigned", {"decision": "return", "reason": "Không có chữ ký số"}, new)
    worker.run_due(stc.app)
    fetch(stc.app, "stc")
    fetch(stc.app, "stc")
    assert stc.tasks(found) == ["handle"] and codes(stc)[3:] == ["01", "02", "16"]
    assert told(stc)[-1][1] == f"Từ chối thay thế văn bản: {sender_answer.NOT_REPLACED}"
    stc.handle(found)
    assert stc.ended(found) == "end_finished"
    whole(stc)


def test_art_3_2_a_replacement_that_is_kept_out_replaces_nothing_and_leaves_no_word(stc):
    found, new = replacing(stc, signed_pdf(stc.app, mark=3))
    assert "sender_request" in tables_with(stc, "mimosa")
    stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Dấu mật"}, new)
    worker.run_due(stc.app)
    fetch(stc.app, "stc")
    fetch(stc.app, "stc")
    assert codes(stc)[-2:] == ["02", "16"] and stc.tasks(found) == ["handle"]
    assert tables_with(stc, "mimosa") == set()
    whole(stc)


def test_a_replacement_that_was_registered_and_returned_since_replaces_nothing(stc):
    found, new = replacing(stc, signed_pdf(stc.app, mark=3))
    stc.verify(new, code_number="13")
    fetch(stc.app, "stc")
    assert stc.tasks(found) == ["decide_request", "handle"]
    stc.assign(new, decision="return", reason="Không thuộc thẩm quyền", handler_id=None)
    stc.verify(new, code_number="13", decision="return", reason="Không thuộc thẩm quyền")
    worker.run_due(stc.app)
    with pytest.raises(FormInvalid) as refused:
        accept(stc, found)
    assert refused.value.errors == {"decision": [incoming.NOT_ENTERED]}
    refuse(stc, found)
    assert stc.tasks(found) == ["handle"]


@pytest.mark.parametrize("is_early", [False, True])
def test_art_3_2_of_an_update_about_what_is_kept_out_no_word_stays(stc, is_early):
    def update() -> None:
        ask(stc, edxml.UPDATE, named(), subject="Về việc Mimosa", business={"reason": "Vì Mimosa"})

    if is_early:
        update()
    found = taken_in(stc)
    if not is_early:
        update()
    fetch(stc.app, "stc")
    stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Dấu mật"}, found)
    worker.run_due(stc.app)
    fetch(stc.app, "stc")
    fetch(stc.app, "stc")
    assert codes(stc) == ["01", "02", "16"] and told(stc)[2][1].endswith(sender_answer.RETURNED)
    assert tables_with(stc, "mimosa") == set()
    ask(stc, edxml.UPDATE, named(), key="late", subject="Về việc Mimosa", business={"reason": "Vì Mimosa"})
    fetch(stc.app, "stc")
    assert tables_with(stc, "mimosa") == set(), "nor of what it says about it afterwards"
    with stc.inside():
        assert list(verify_removal.staying()) == []
        assert not any(b"Mimosa" in path.read_bytes() for path in (
            stc.app.extensions["tools"].blobs.folder.rglob("*")) if path.is_file())
    whole(stc)


def test_art_3_2_of_what_came_before_it_only_that_it_came_stays(stc):
    for key in ("a", "b"):  # asked for twice, it is one request and two packets
        ask(stc, edxml.RECALL, named(), key=key, business={"reason": "Vì Mimosa"})
    ask_13(stc, reason="Vì Mimosa")
    found = taken_in(stc)
    with stc.inside():
        file = attachment.of(found)[0].sha256
    assert "attachment" in tables_with(stc, file)
    stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Dấu mật"}, found)
    worker.run_due(stc.app)
    fetch(stc.app, "stc")
    fetch(stc.app, "stc")
    assert tables_with(stc, "mimosa") == set()
    assert tables_with(stc, file) == set(), "no hash by which a guess at it could be proved"
    with stc.inside():
        rows = db.session.scalars(db.select(Message).where(Message.document_id.is_(None))).all()
        for row in rows:
            kinds = [one.kind for one in history.course(f"message:{row.id}")]
            assert kinds == ["message_received"] * 2 + ["content_removed"] and (row.sha256, row.description) == ("", "")
        assert len(rows) == 3 and list(verify_removal.staying()) == []
    whole(stc)
    with stc.app.app_context(), tenancy.as_owner():  # S12: the content of another packet is not let go with it
        last = "delete from act_content where act_id in (select max(id) from act where subject = :it)"
        db.session.execute(db.text(last), {"it": f"message:{rows[0].id}"})
        db.session.commit()
        db.session.remove()
    assert ("content", f"message:{rows[0].id}") in stc.faults()
