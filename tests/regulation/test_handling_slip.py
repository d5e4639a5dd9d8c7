"""The handling slip and the ĐẾN stamp (NĐ 30/2020 PL IV.V, IV.VII): from the history, never in a signed file."""

import io
from datetime import UTC, date, datetime

import docx
import pypdfium2
import pytest
from steps import Office, arrived, in_days, quick, send, signed_pdf, this_year

from app.db import db
from app.records import attachment, register, register_print
from app.records.calendar import local_date
from app.records.catalogue import UNIT
from app.records.document import Document, NotFound
from app.regulation.assignment import extend, handling_slip, recall, urge


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


def test_nd_30_pl_iv_a_unit_that_leads_co_handles_or_reads_is_named_on_slip_stamp_and_in_the_register(world):
    quick(world.app)
    stc = Office(world.app)
    found = stc.take_in()
    stc.verify(found)
    with stc.inside():
        leads, helps, reads = (stc.user(one).unit for one in ("truongphong", "truongphong2", "vanthu"))
        leads_id, *others = (f"{UNIT}{one.id}" for one in (leads, helps, reads))
        names = [one.name for one in (leads, helps, reads)]
        person = stc.user("chuyenvien2")
        together = f"{person.full_name}, {person.unit.name}; {names[1]}"
    assert len(set(names)) == 3
    stc.assign(found, handler_id=leads_id, co_handlers=[others[0], stc.id_of("chuyenvien2")], readers=[others[1]])
    stc.handle(found, "truongphong", decision="reassign", handler_id=stc.id_of("chuyenvien"), reason="Chuyên môn")
    stc.handle(found, decision="reassign", handler_id=leads_id, reason="Nghỉ phép")
    with stc.inside():
        document = db.session.get(Document, found)
        said = _said(handling_slip.slip(document))
        for line in (f"Giao chủ trì: {names[0]}", f"Phối hợp: {together}", f"Để biết: {names[2]}",
                     f"Chuyển: {names[0]}", f"Giao cho: {names[0]}"):
            assert line in said, line
        assert handling_slip.stamp(document).to == names[0]
        book = register.open_registers("incoming", this_year())[0]
        assert register_print.sheet(book.id).rows[0][6] == f"{names[0]}; {person.full_name}; {names[1]}"


def test_nd_30_pl_iv_vii_the_slip_says_what_was_taken_back_and_what_co_handlers_owe_and_said(world):
    quick(world.app)
    stc, at = Office(world.app), datetime.now(UTC)
    found, other = stc.take_in(), in_days(20)
    stc.verify(found)
    stc.assign(found, handler_id=stc.id_of("chuyenvienb"), due_date=in_days(30))
    with stc.inside():
        recall.recall(found, stc.user("lanhdao"), at)
    helper = stc.id_of("chuyenvien2")
    stc.assign(found, co_handlers=[helper], own_dues=[{"holder": helper, "own_due_date": other}], due_date=in_days(30))
    with stc.inside():
        urge.answer(found, stc.user("chuyenvien2"), "Đủ nguồn kinh phí", at)
        document = db.session.get(Document, found)
        said = _said(handling_slip.slip(document))
        first, second = said.index("Giao chủ trì"), said.rindex("Giao chủ trì")
        assert first < said.index("Đã thu hồi phân công: Đinh Xuân Trường, ngày") < second
        assert f"Hạn phối hợp của {stc.user('chuyenvien2').full_name}" in said
        assert f"{date.fromisoformat(other):%d/%m/%Y}" in said and "Ý kiến: Đủ nguồn kinh phí" in said
    stc.do("chuyenvien", "handle", {"decision": "extend", "new_due_date": in_days(40), "reason": "Chờ số liệu"}, found)
    with stc.inside():
        extend.withdraw(found, stc.user("chuyenvien"), at)
        said = _said(handling_slip.slip(db.session.get(Document, found)))
        assert said.index("Xin gia hạn") < said.index("Đã rút lại đề nghị: ")
        assert said.count("Đã thu hồi phân công") == said.count("Đã rút lại đề nghị") == 1


def _said(data):
    tables = docx.Document(io.BytesIO(data)).tables
    return "\n".join(cell.text for table in tables for row in table.rows for cell in row.cells)


def _text(data):
    pages = pypdfium2.PdfDocument(data)
    return " ".join(" ".join(page.get_textpage().get_text_bounded().split()) for page in pages)
