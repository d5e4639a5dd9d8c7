"""What a request of a sender leaves when its document, or what replaces it, is not taken in (Art. 3.2; QĐ 28/2018)."""

import pytest
from fakes import pdf
from steps import Office, arrived, fetch, quick, signed_pdf, tables_with
from test_sender_request import accept, ask, codes, named, refuse, taken_in, told, whole

from app import worker
from app.engine.form import FormInvalid
from app.records import verify_removal
from app.regulation.incoming import sender_answer
from app.regulation.incoming import sender_request as incoming
from app.tools import edxml


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


#: what came before its document was told by a chain of its own
_EARLY = {"message", "act_content"}


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
    assert tables_with(stc, "mimosa") == (_EARLY if is_early else set())
    with stc.inside():
        assert list(verify_removal.staying()) == []
        assert not any(b"Mimosa" in path.read_bytes() for path in (
            stc.app.extensions["tools"].blobs.folder.rglob("*")) if path.is_file())
    whole(stc)
