"""Art. 3.2: a letter that is kept out leaves nothing of its mail, not by an earlier version either; others stay."""

import hashlib

from mail_world import letter
from steps import signed_pdf, tables_with
from test_mailbox import documents, look, server, stc  # noqa: F401

from app import audit, worker
from app.db import db
from app.records import history, message, verify_removal
from app.worker_forget import MAIL_GONE


def two_letters(stc, server):  # noqa: F811
    """Two signed letters of one mail: their files, the first of which is kept out later, and the documents of them."""
    files = [signed_pdf(stc.app, mark=mark) for mark in (5, 6)]
    server.put(letter(("Kế hoạch Mimosa.pdf", files[0]), ("thu.pdf", files[1]), subject="Gửi Mimosa"))
    look(stc)
    return files, documents(stc)


def test_art_3_2_of_two_letters_in_one_mail_the_one_that_is_kept_out_leaves_the_store(stc, server):  # noqa: F811
    (kept_out, stays), (first, second) = two_letters(stc, server)
    blobs = stc.app.extensions["tools"].blobs
    with stc.inside():
        [raw] = {row.sha256 for one in (first, second) for row in message.received_for(one)}
    stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Dấu mật"}, first)
    worker.run_due(stc.app)
    assert not blobs.has(raw) and not blobs.has(hashlib.sha256(kept_out).hexdigest())
    assert blobs.has(hashlib.sha256(stays).hexdigest()) and tables_with(stc, "mimosa") == set()
    with stc.inside():
        assert history.course(f"document:{second}")[-1].label == MAIL_GONE
    assert stc.faults() == [] and _of_removal(stc) == []
    with stc.inside():  # somebody puts it back
        message.received_for(second)[0].sha256 = raw
        db.session.commit()
    assert _of_removal(stc) == [f"document:{second}"]


def _of_removal(stc):  # noqa: F811
    with stc.inside():
        return [one.subject for one in verify_removal.staying()]


def test_art_3_2_a_raw_mail_that_a_removal_left_goes_by_command_once(stc, server):  # noqa: F811
    (_, stays), (first, second) = two_letters(stc, server)
    blobs = stc.app.extensions["tools"].blobs
    with stc.inside():
        [raw] = {row.sha256 for one in (first, second) for row in message.received_for(one)}
        mail = blobs.read(raw)
    stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Dấu mật"}, first)
    worker.run_due(stc.app)
    with stc.inside():  # as an earlier version left it: the letter beside it names the mail still
        assert blobs.put(mail) == raw
        message.received_for(second)[0].sha256 = raw
        db.session.commit()
        assert first in verify_removal.left()
    why = {"slug": "stc", "reason": "Bản trước còn giữ", "previews": stc.app.config["SETTINGS"].previews}
    assert [audit.complete_removals(stc.app, **why) for _ in range(2)] == [
        [{"agency": "stc", "document": first}], []], "once, and then nothing is left"
    assert not blobs.has(raw) and blobs.has(hashlib.sha256(stays).hexdigest())
    with stc.inside():
        assert {row.sha256 for one in (first, second) for row in message.received_for(one)} == {""}
        assert history.course(f"document:{first}")[-1].kind == "removal_completed"
        assert list(verify_removal.staying()) == []
