"""What becomes of the copies of a document that must not be here (Art. 3.2; NĐ 30/2020 Đ25)."""

from doors import Browser
from steps import Office, fetch, quick, tables_with
from test_certified_copy import made
from test_copy_dispatch import sent, state_of

from app import audit, worker
from app.db import db
from app.records import attachment, history, message, verify_removal
from app.records.document import Document
from app.records.history import ActContent


def test_art_3_2_what_went_as_a_copy_leaves_the_store_and_can_be_asked_back(world):
    quick(world.app)
    stc, clerk = Office(world.app), Browser(world.app, "stc", "vanthu")
    paper = stc.take_in()
    stc.verify(paper)
    copy_id = made(stc, paper, form="electronic")
    clerk.post(f"/ban-sao/{copy_id}/gui", recipients=["H38.01", "H38.07"])
    fetch(stc.app, "stc")
    with stc.inside():  # as an update of its own sender leaves it
        db.session.get(Document, paper).subject = "Giao dự toán ngân sách năm 2027"
        db.session.commit()
    assert clerk.post(f"/ban-sao/{copy_id}/cap-nhat", reason="Sửa thành Mimosa").status_code == 303
    fetch(stc.app, "stc")
    with stc.inside():
        blobs, rows = stc.app.extensions["tools"].blobs, message.sent_for(paper, copy_id)
        packet = rows[0].sha256
    stc.assign(paper, decision="return", reason="Có dấu mật")
    stc.do("vanthu", "verify", {"decision": "not_entered", "reason": "Có dấu mật"}, paper)
    worker.run_due(stc.app)
    assert tables_with(stc, "mimosa") == set(), "nor the clerk's own reason for which it was corrected"
    assert not blobs.has(packet) and [row[1] for row in sent(stc, copy_id)] == [True, True], "that it went stays"
    said = [text for kind, text in stc.said(paper) if kind == "warning"]
    assert len(said) == 1 and said[0].startswith("Bản sao số 01/SY-STC đã gửi 2 nơi nhận")
    assert clerk.post(f"/ban-sao/{copy_id}/thu-hoi", reason="Không được cập nhật (Điều 3.2)").status_code == 303
    fetch(stc.app, "stc")
    assert state_of(stc, copy_id) == "recalled" and stc.faults() == []
    with stc.inside():
        assert list(verify_removal.staying()) == []
        rows[0] = db.session.merge(rows[0])
        rows[0].sha256 = packet  # somebody puts it back
        db.session.commit()
        assert [one.subject for one in verify_removal.staying()] == [f"document:{paper}"]
        db.session.execute(db.update(attachment.Attachment).where(
            attachment.Attachment.document_id == paper).values(sha256="0" * 64))
        db.session.commit()
    assert {check for check, _ in stc.faults()} >= {"file"}
    why = {"slug": "stc", "reason": "Bản trước còn giữ", "previews": stc.app.config["SETTINGS"].previews}
    assert [audit.complete_removals(stc.app, **why) for _ in range(2)] == [
        [{"agency": "stc", "document": paper}], []], "once, and then nothing is left"
    with stc.inside():
        last = history.course(f"document:{paper}")[-1]
        told = db.session.scalars(db.select(ActContent).where(ActContent.act_id == last.id)).one()
        assert last.kind == "removal_completed" and set(told.input) == {"operator", "reason"}
        assert packet not in str(told.changes) and list(verify_removal.staying()) == []
    assert tables_with(stc, packet) == set() and stc.faults() == []
