"""Art. 6.2.b; NĐ 30/2020 Đ22.2: a number of arrival that was given wrongly is cancelled, and the register says why."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fakes import PrintedReader
from steps import Office, arrived, quick, send, signed_pdf, tables_with

from app import audit, worker, worker_forget
from app.db import db
from app.engine.instance import of_document
from app.engine.replay import replay
from app.records import attachment, history, paper_kind, register, register_book, text_layer
from app.records.document import Document, NotFound
from app.refusal import Refusal
from app.regulation.incoming import cancel_number

WHY = "Đã đăng ký bản giấy của văn bản này"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def cancelled(office, document_id, username="vanthu", reason=WHY):
    with office.inside():
        return cancel_number.cancel(document_id, office.user(username), reason, datetime.now(UTC))


def numbers(office, document_id):
    """Of the document: its number now, and the cancelled ones of its register with why; what is missing there."""
    with office.inside():
        document = db.session.get(Document, document_id)
        book = register.open_registers("incoming", datetime.now(UTC).year)[0]
        found = register_book.ledger(book.id)
        return document.arrival_number, [(row.number, row.void_reason) for row in found.voided], found.missing


def test_art_6_2_b_a_number_given_wrongly_is_cancelled_and_the_register_says_why(stc):
    document = stc.take_in()
    with pytest.raises(Refusal):
        cancelled(stc, document)  # no number yet
    stc.verify(document)
    number, *_ = numbers(stc, document)
    for who in ("lanhdao", "chuyenvien", "quantri"):
        with pytest.raises(NotFound):
            cancelled(stc, document, who)
    with pytest.raises(cancel_number.NumberReasonWrong):
        cancelled(stc, document, reason=" ab ")
    with stc.inside():
        shown = db.session.get(Document, document)
        assert cancel_number.may_cancel(stc.user("vanthu"), shown)
        assert not cancel_number.may_cancel(stc.user("lanhdao"), shown)
    assert cancelled(stc, document) == number
    assert numbers(stc, document) == (None, [(number, WHY)], [])
    assert stc.tasks(document) == ["verify"] and stc.status(document) == "arrived"
    assert ("reason", f"Hủy số đến {number}: {WHY}") in stc.said(document)
    with pytest.raises(cancel_number.NumberKept):
        cancelled(stc, document)
    stc.verify(document)
    assert numbers(stc, document) == (number + 1, [(number, WHY)], [])
    stc.assign(document)
    with pytest.raises(cancel_number.NumberKept):
        cancelled(stc, document)  # directed
    assert numbers(stc, document)[0] == number + 1
    stc.handle(document)
    assert stc.ended(document) == "end_finished" and stc.faults() == []


def test_art_6_2_b_cancelling_races_with_itself_and_with_the_leader(stc):
    document, led = stc.take_in(), stc.take_in()
    stc.verify(document)
    stc.verify(led, code_number="13")

    def race(*doings):
        came, failed = threading.Barrier(len(doings)), []

        def run(do):
            came.wait()
            try:
                do()
            except Refusal as refusal:
                failed.append(refusal.code)

        threads = [threading.Thread(target=run, args=(do,)) for do in doings]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        return failed

    assert race(*[lambda: cancelled(stc, document)] * 4) == ["number_kept"] * 3, "four clicks"
    assert len(numbers(stc, document)[1]) == 1
    lost = race(lambda: cancelled(stc, led), lambda: stc.assign(led))
    assert len(lost) == 1
    assert stc.tasks(led) == (["handle"] if lost == ["number_kept"] else ["verify"])
    assert stc.faults() == []


def test_art_3_4_a_number_is_cancelled_while_a_paper_file_is_awaited(stc):
    with stc.inside():
        assert paper_kind.put(stc.user("lanhdao"), "Công văn", ["Công văn"], "Theo quy chế", datetime.now(UTC))
    for mark, back in enumerate(({}, {"decision": "return", "reason": "Đã đăng ký bản giấy"})):
        send(stc.app, signed_pdf(stc.app, mark=mark), number=str(40 + mark))
        document = arrived(stc)
        stc.verify(document, code_number=str(40 + mark))
        assert stc.tasks(document) == ["await_paper"]
        with stc.inside():
            shown = db.session.get(Document, document)
            number = shown.arrival_number
            assert cancel_number.may_cancel(stc.user("vanthu"), shown)
        assert cancelled(stc, document) == number and stc.tasks(document) == ["verify"]
        with stc.inside():
            assert not cancel_number.may_cancel(stc.user("vanthu"), db.session.get(Document, document))
        stc.verify(document, code_number=str(40 + mark), **back)
        if not back:
            assert stc.tasks(document) == ["await_paper"], "its file has not come: waited for again"
            assert numbers(stc, document)[0] == number + 1
            stc.do("vanthu", "await_paper", {"decision": "arrived"}, document)
            stc.assign(document)
            stc.handle(document)
        assert stc.ended(document) == ("end_returned" if back else "end_finished")
    assert stc.faults() == []


class Earlier:
    """The history of an earlier version, whose removal told what it took away."""

    def __getattr__(self, name):
        return (lambda: []) if name == "take_changes" else getattr(history, name)


@pytest.mark.parametrize("is_mended", [False, True])
def test_art_3_2_of_a_number_that_was_cancelled_before_its_document_was_kept_out_no_word_or_hash_stays(
        stc, monkeypatch, is_mended):
    """The gap is explained in words of the day; the act that removes the content tells no hash of it either."""
    stc.app.extensions["tools"] = replace(stc.app.extensions["tools"], reader=PrintedReader())
    document = stc.take_in()
    with stc.inside():
        layer = text_layer.of(document)
        hashes = [attachment.of(document)[0].sha256, layer.sha256]
        assert layer.source_sha256 == hashes[0] and all(hashes)
    stc.verify(document, confirmed=["code_number", "code_notation", "issued_date", "subject"])
    number, *_ = numbers(stc, document)
    cancelled(stc, document, reason="Đơn Mimosa vào nhầm sổ")
    assert "register_entry" in tables_with(stc, "mimosa")
    with monkeypatch.context() as earlier:
        if is_mended:
            earlier.setattr(worker_forget, "history", Earlier())
            earlier.setattr(register, "forget", lambda _: None)
        stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Điều 3.2"}, document)
        worker.run_due(stc.app)
    if is_mended:
        _mend(stc, document, hashes)
    assert stc.status(document) == "discarded" and tables_with(stc, "mimosa") == set()
    assert [tables_with(stc, one) for one in hashes] == [set(), set()]
    assert numbers(stc, document) == (None, [(number, register.KEPT_OUT)], [])
    assert stc.faults() == []
    with stc.inside():
        assert replay(of_document(document)).difference == "content removed"


def _mend(stc, document, hashes):
    assert tables_with(stc, "mimosa") == {"register_entry", "act_content"}
    assert [tables_with(stc, one) for one in hashes] == [{"act_content"}, {"act_content"}]
    assert [check for check, _ in stc.faults()] == ["file"]
    why = {"slug": "stc", "reason": "Bản trước còn giữ", "previews": stc.app.config["SETTINGS"].previews}
    assert [audit.complete_removals(stc.app, **why) for _ in range(2)] == [
        [{"agency": "stc", "document": document}], []]
    with stc.inside():
        assert [one.kind for one in history.course(f"document:{document}")][-3:] == [
            "content_removed", "removal_completed", "content_removed"]
