"""The handling slip and the ĐẾN stamp (NĐ 30/2020 PL IV.V, IV.VII): from the history, never in a signed file."""

from datetime import date

import pypdfium2
import pytest
from steps import Office, arrived, in_days, quick, send, signed_pdf

from app.db import db
from app.records import attachment
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.regulation.assignment import handling_slip


def test_nd_30_pl_iv_vii_the_slip_says_what_was_directed_and_done_and_the_signed_file_stays(world):
    converter = world.app.extensions["tools"].converter
    quick(world.app)
    stc = Office(world.app)
    send(world.app, signed_pdf(world.app))
    found = arrived(stc)
    with stc.inside():
        with pytest.raises(NotFound):
            handling_slip.slip(db.session.get(Document, found))
        before = [file.sha256 for file in attachment.of(found)]
    stc.verify(found)
    stc.assign(found, co_handlers=[stc.id_of("chuyenvien2")], due_date=in_days(300),
               directive="Tham mưu <b>trả lời</b>")
    stc.handle(found, decision="reassign", handler_id=stc.id_of("chuyenvienb"), reason="Nghỉ phép")
    stc.handle(found, "chuyenvienb")
    with stc.inside():
        document = db.session.get(Document, found)
        made = handling_slip.slip(document)
        stamp = handling_slip.stamp(document)
        assert (stamp.number, stamp.date) == ("1", f"{document.arrival_date:%d/%m/%Y}")
        assert stamp.agency == "SỞ TÀI CHÍNH TỈNH LÀO CAI" and stamp.to
        assert [file.sha256 for file in attachment.of(found)][:len(before)] == before
        today = local_date(document.created_at)
    text = _text(converter.to_pdf(made, "phieu.docx"))
    for said in ("PHIẾU GIẢI QUYẾT VĂN BẢN ĐẾN", "ĐẾN", "Số: 1", "12/VPUBND", "Tham mưu <b>trả lời</b>",
                 f"Thời hạn: {date.fromisoformat(in_days(300)):%d/%m/%Y}", "Nghỉ phép",
                 "Đã giải quyết xong: Đã thực hiện", f"ngày {today:%d/%m/%Y}"):
        assert said in text, said


def _text(data):
    pages = pypdfium2.PdfDocument(data)
    return " ".join(" ".join(page.get_textpage().get_text_bounded().split()) for page in pages)
