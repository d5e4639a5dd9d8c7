"""Registers opened, closed, printed; numbers cancelled; 64 writers, some killed (NĐ 30/2020 Đ15, Đ16, Đ22; PL IV)."""

import io
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import docx
import pytest
from steps import Office, quick, this_year

from app.db import db
from app.engine.form import FormInvalid
from app.records import history, register, register_book, register_print, verify
from app.records.calendar import local_date
from app.records.document import Document
from app.records.register import Asked, Register, RegisterEntry, RegisterMissing
from app.records.register_book import (
    NotRegisterKeeper,
    RegisterLastOpen,
    RegisterNameWrong,
    RegisterOver,
    RegisterTypesWrong,
    RegisterWithoutReason,
)
from app.records.register_print import RegisterEmpty, RegisterTooLong
from app.regulation.assignment import handling_slip

ROOT = Path(__file__).parents[2]
NOW, YEAR = datetime.now(UTC), this_year()


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def test_nd_30_d22_64_writers_and_killed_workers_leave_no_gap_and_no_double(stc, database):
    """Four processes of 16 writers on one register; two are killed in the middle of it."""
    call = [sys.executable, "tests/records/register_writers.py", database, str(stc.agency_id), "16", "4", "incoming"]
    workers = [subprocess.Popen(call, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)
               for _ in range(4)]
    try:
        for worker in workers:
            assert worker.stdout.readline() == "ready\n"
        while _count(stc) < 40:
            assert any(worker.poll() is None for worker in workers)
            time.sleep(0.02)
        for worker in workers[:2]:
            worker.kill()
        assert [worker.wait(60) for worker in workers[2:]] == [0, 0]
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
    with stc.inside():
        book = register.open_registers("incoming", YEAR)[0]
        numbers = list(db.session.scalars(db.select(RegisterEntry.number).where(
            RegisterEntry.register_id == book.id).order_by(RegisterEntry.number)))
        assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 110
        assert book.next_number == len(numbers) + 1
        assert register_book.ledger(book.id).missing == []


def test_art_9_1_a_a_thousand_numbers_by_fifty_clients_have_no_gap_and_no_double(stc, database):
    """Two processes of 25 clients, 20 numbers each, on the one register of outgoing documents."""
    call = [sys.executable, "tests/records/register_writers.py", database, str(stc.agency_id), "25", "20", "outgoing"]
    clients = [subprocess.Popen(call, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL)
               for _ in range(2)]
    assert [one.wait(60) for one in clients] == [0, 0]
    with stc.inside():
        book = register.open_registers("outgoing", YEAR)[0]
        numbers = list(db.session.scalars(db.select(RegisterEntry.number).where(
            RegisterEntry.register_id == book.id).order_by(RegisterEntry.number)))
        assert numbers == list(range(1, 1001)) and book.next_number == 1001
        assert register_book.ledger(book.id).missing == []


def test_nd_30_pl_i_64_writers_of_copies_open_their_register_once_and_leave_no_gap(stc, database):
    """Four processes of 16 writers; the first number opens the register."""
    call = [sys.executable, "tests/records/register_writers.py", database, str(stc.agency_id), "16", "1", "copy"]
    clients = [subprocess.Popen(call, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=subprocess.DEVNULL)
               for _ in range(4)]
    assert [one.wait(60) for one in clients] == [0] * 4
    with stc.inside():
        [book] = register_book.of_year("copy", YEAR)
        numbers = list(db.session.scalars(db.select(RegisterEntry.number).where(
            RegisterEntry.register_id == book.id).order_by(RegisterEntry.number)))
        assert numbers == list(range(1, 65)) and register_book.ledger(book.id).missing == []


def _count(office):
    with office.inside():
        return db.session.scalar(db.select(db.func.count()).select_from(RegisterEntry))


def test_art_11_2_a_registers_are_opened_and_closed_with_a_reason_as_acts(inside):
    clerk, officer = inside.user("stc", "vanthu"), inside.user("stc", "chuyenvien")
    usual = register.open_registers("incoming", YEAR)[0]
    with pytest.raises(NotRegisterKeeper):
        register_book.close(officer, usual.id, "Hết năm", NOW)
    with pytest.raises(RegisterWithoutReason):
        register_book.close(clerk, usual.id, " ", NOW)
    for name in ("", "xy", "sổ VĂN bản đến"):
        with pytest.raises(RegisterNameWrong):
            register_book.open_new(clerk, "incoming", name, "Theo quy định", NOW)
    with pytest.raises(RegisterTypesWrong):
        register_book.open_new(clerk, "outgoing", "Sổ quyết định", "Theo quy định", NOW)
    db.session.add(Document(agency_id=clerk.agency_id, direction="incoming", status="arrived", created_at=NOW))
    with pytest.raises(RegisterLastOpen) as refused:
        register_book.close(clerk, usual.id, "Hết sổ", NOW)
    assert refused.value.facts["waiting"] == 1
    second = register_book.open_new(clerk, "incoming", "Sổ văn bản của Bộ, ngành", "Theo quy định", NOW)
    assert register_book.close(clerk, usual.id, "Chuyển sang sổ mới", NOW)
    assert not register_book.close(clerk, usual.id, "Lần thứ hai", NOW)
    document = Document(agency_id=clerk.agency_id, direction="incoming", status="arrived", created_at=NOW)
    db.session.add(document)
    db.session.flush()
    with pytest.raises(RegisterMissing):
        register.take_number("incoming", YEAR, document, NOW, clerk.id, usual.id)
    assert register.take_number("incoming", YEAR, document, NOW, clerk.id, second.id).number == 1
    assert register_book.reopen(clerk, usual.id, "Khóa nhầm sổ", NOW)
    past = db.session.scalars(db.select(Register).where(Register.year == YEAR - 1, Register.kind == "incoming")).one()
    assert past in register_book.left_open("incoming", YEAR)
    assert register_book.close(clerk, past.id, f"Hết năm {YEAR - 1}", NOW)
    with pytest.raises(RegisterOver):
        register_book.reopen(clerk, past.id, "Mở lại năm cũ", NOW)
    told = [(act.kind, said.get("last_number")) for act, said in register_book.changes([usual.id, second.id, past.id])]
    assert told == [("register_closed", 0), ("register_reopened", None), ("register_closed", 0),
                    ("register_opened", None)]
    assert history.faults(register_book.subject(usual.id)) == []


def test_nd_30_d22_another_register_and_a_return_cancel_the_number_and_the_ledger_says_why(stc):
    with stc.inside():
        clerk = stc.user("vanthu")
        second = register_book.open_new(clerk, "incoming", "Sổ của Bộ, ngành", "Theo quy định", NOW).id
        usual = register.open_registers("incoming", YEAR)[0].id
        db.session.commit()
    found = stc.take_in()
    stc.verify(found)
    stc.assign(found, decision="return", reason="Vào nhầm sổ", handler_id=None)
    stc.verify(found, register_id=str(second))
    stc.assign(found, decision="return", reason="Gửi nhầm cơ quan", handler_id=None)
    stc.verify(found, decision="return", reason="Gửi nhầm cơ quan", register_id=None, void_number=True)
    assert stc.ended(found) == "end_returned"
    with stc.inside():
        for book, why in ((usual, "Chuyển sang Sổ của Bộ, ngành"),
                          (second, "Trả lại, không đăng ký: Gửi nhầm cơ quan")):
            kept = register_book.ledger(book)
            void, = kept.voided
            assert (void.number, void.void_reason, void.voided_by.username) == (1, why, "vanthu")
            assert (kept.given, kept.last, kept.missing) == (1, 1, [])
        assert db.session.get(Document, found).arrival_number is None
        seen = verify.Verified(stc.agency_id, NOW)
        assert list(verify.numbers(seen)) == []
        db.session.get(Register, second).next_number = 4
        assert register_book.ledger(second).missing == [2, 3]
        db.session.rollback()


def test_f_1h_the_same_number_notation_and_issuer_is_warned_of_until_confirmed(stc):
    first, again = stc.take_in(), stc.take_in()
    stc.verify(first)
    with pytest.raises(FormInvalid) as refused:
        stc.verify(again, is_no_twin=False, code_notation="ubnd-vx", organ_name="ỦY BAN NHÂN DÂN TỈNH")
    assert "số đến 1 ngày" in refused.value.errors["code_number"][0]
    stc.verify(again)
    stc.verify(stc.take_in(), is_no_twin=False, code_number="13")
    with stc.inside():
        assert register.entry_of(again, "incoming").number == 2


def test_art_6_1_a_deadline_that_is_past_is_warned_of_at_its_field_until_confirmed(stc):
    found = stc.take_in()
    with pytest.raises(FormInvalid) as refused:
        stc.verify(found, due_date="2026-01-05", is_past_due=False)
    assert set(refused.value.errors) == {"due_date"} and "05/01/2026 đã qua" in refused.value.errors["due_date"][0]
    assert stc.tasks(found) == ["verify"]
    stc.verify(found, due_date="2026-01-05", is_past_due=True)  # a late letter may honestly state one
    with stc.inside():
        assert db.session.get_one(Document, found).due_date.isoformat() == "2026-01-05"


def test_nd_30_pl_iv_who_co_handles_stands_behind_who_leads_in_both_forms(stc):
    document = stc.take_in()
    stc.verify(document)
    with stc.inside():
        unit = stc.user("chuyenvien2").unit
        lead, helper, name = stc.user("chuyenvien").full_name, stc.user("vanthu").full_name, unit.name
    stc.assign(document, co_handlers=[f"unit:{unit.id}", stc.id_of("vanthu")], readers=[stc.id_of("chuyenvienb")])
    with stc.inside():
        book = db.session.scalar(db.select(RegisterEntry.register_id).where(RegisterEntry.document_id == document))
        sheet = register_print.sheet(book)
        (row,) = sheet.rows
        assert row[6] == f"{lead}; {helper}; {name}", "who only reads it is no receiver beside them"
        table = docx.Document(io.BytesIO(sheet.docx())).tables[-1]
        assert row[6] in [cell.text for cell in table.rows[-1].cells]
        with zipfile.ZipFile(io.BytesIO(sheet.xlsx())) as pack:
            assert row[6] in pack.read("xl/sharedStrings.xml").decode()
        assert handling_slip.stamp(db.session.get(Document, document)).to == lead, "the stamp says who leads"


def test_nd_30_pl_iv_the_register_is_printed_with_its_cover_and_ten_columns_and_found_by_filters(world):
    stc, tools = Office(world.app), world.app.extensions["tools"]
    with stc.inside():
        book = register.open_registers("incoming", YEAR)[0]
        with pytest.raises(RegisterEmpty):
            register_print.sheet(book.id)
        for place, (sender, status, due) in enumerate((
                ("Bộ Tài chính", "assigned", "2020-01-02"), ("=1+1", "closed", "2020-01-02"),
                ("Sở Nội vụ", "registered", None))):
            document = Document(
                agency_id=stc.agency_id, direction="incoming", status=status, created_at=NOW, organ_name=sender,
                code_number=str(40 + place), code_notation="BTC-NS", type_name="Công văn", subject="Giao dự toán",
                due_date=datetime.fromisoformat(due).date() if due else None)
            db.session.add(document)
            db.session.flush()
            register.take_number("incoming", YEAR, document, NOW, None)
        register.void(document, "incoming", NOW, None, "Nhầm sổ")
        db.session.flush()
        today = local_date(NOW)

        def numbers(**asked):
            return [row.number for row in register.page("incoming", YEAR, Asked(**asked), today=today).rows]

        assert numbers(sender="tài chính") == [1] and numbers(number=2) == [2] and numbers(words="dự toán 42") == [3]
        assert [numbers(state=state) for state in register.STATES] == [[1], [], [3], [2]]
        assert numbers(since=today, until=today) == [3, 2, 1] and numbers(until=datetime(2020, 1, 1).date()) == []
        sheet = register_print.sheet(book.id, 1, 3, volume=2)
        assert sheet.head[:2] == ["Ngày đến", "Số đến"] and len(sheet.head) == 10
        assert {row[7] for row in sheet.rows} == {""}, "none was passed on yet"
        assert [row[1] for row in sheet.rows] == ["1", "2", "3"] and sheet.rows[2][9] == "Hủy số: Nhầm sổ"
        assert [text for text, _ in sheet.cover if text.startswith(("Năm", "Từ số", "Quyển"))] == [
            f"Năm: {YEAR}", "Từ số 1 đến số 3", "Quyển số: 02"]
        with pytest.raises(RegisterTooLong):
            register_print.Sheet("", [], ["a"], [10], [["x"]] * 1001).docx()
        made = tools.reader.read(tools.converter.to_pdf(sheet.docx(), "so.docx"), "application/pdf")
        words = [{word.text for word in page.words} for page in made]
        assert "Quyển" in words[0] and "Giao" not in words[0] and {"Giao", "(10)"} <= words[1]
        with zipfile.ZipFile(io.BytesIO(sheet.xlsx())) as pack:
            assert "<f>" not in pack.read("xl/worksheets/sheet1.xml").decode()  # no cell is a formula
            assert "=1+1" in pack.read("xl/sharedStrings.xml").decode()
