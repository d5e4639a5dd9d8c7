"""Art. 3.2: what an earlier removal left of a mail goes by command, once; letters that came with it stay."""

import hashlib

from steps import signed_pdf
from test_mailbox import documents, letter, look, server, stc  # noqa: F401

from app import audit, worker
from app.db import db
from app.records import history, message, verify_removal


def test_art_3_2_a_raw_mail_that_a_removal_left_goes_by_command_once(stc, server):  # noqa: F811
    kept_out, stays = signed_pdf(stc.app, mark=5), signed_pdf(stc.app, mark=6)
    server.put(letter(("Kế hoạch Mimosa.pdf", kept_out), ("thu.pdf", stays), subject="Gửi Mimosa"))
    look(stc)
    first, second = documents(stc)
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
