"""Numbers: from 1, no gap, no double, whoever asks at once (Art. 9.1.a; NĐ 30/2020 Đ15, Đ22.2)."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from steps import Office, quick, this_year

from app.db import db
from app.records import register, register_book
from app.records.document import Document
from app.records.register import Asked, Register, RegisterEntry, RegisterMissing, RegisterShut

YEAR = this_year()


@pytest.fixture
def stc(world):
    return Office(world.app)


def _document():
    return Document(direction="outgoing", status="draft", created_at=datetime.now(UTC))


def take(office, kind="outgoing", year=YEAR, *, is_kept=True, register_id=None, type_name=""):
    """A number for a new document, in a transaction of its own."""
    with office.inside():
        document = _document()
        document.type_name = type_name
        document.agency_id = office.agency_id
        db.session.add(document)
        db.session.flush()
        number = register.take_number(kind, year, document, datetime.now(UTC), None, register_id).number
        db.session.commit() if is_kept else db.session.rollback()
        return number


def numbers(office, kind="outgoing", year=YEAR):
    with office.inside():
        return list(db.session.scalars(db.select(RegisterEntry.number).join(Register).where(
            Register.kind == kind, Register.year == year).order_by(RegisterEntry.number)))


def test_art_9_1_a_two_clerks_numbering_at_once_leave_no_gap_and_no_double(stc):
    """Forty documents by four hands; every fifth transaction is rolled back and gives its number back."""
    begin, failed = threading.Barrier(4), []

    def hand(first):
        begin.wait()
        try:
            for place in range(10):
                take(stc, is_kept=(first + place) % 5 != 0)
        except Exception as error:
            failed.append(error)

    hands = [threading.Thread(target=hand, args=(first,)) for first in range(4)]
    for one in hands:
        one.start()
    for one in hands:
        one.join()
    assert failed == []
    assert numbers(stc) == list(range(1, 33))


def test_art_6_2_two_clerks_registering_at_once(world):
    """The same through the whole act: two people complete the tasks of ten documents side by side."""
    quick(world.app)
    stc = Office(world.app)
    found = [stc.take_in() for _ in range(8)]
    begin, failed = threading.Barrier(2), []

    def clerk(mine):
        begin.wait()
        try:
            with stc.inside():
                book = str(register.open_registers("incoming", YEAR)[0].id)
            for document_id in mine:
                stc.do("vanthu", "verify", {
                    "organ_name": "UBND tỉnh", "type_name": "Công văn", "subject": f"Văn bản {document_id}",
                    "priority": "0", "register_id": book, "decision": "register"}, document_id)
        except Exception as error:
            failed.append(error)

    clerks = [threading.Thread(target=clerk, args=(found[n::2],)) for n in range(2)]
    for one in clerks:
        one.start()
    for one in clerks:
        one.join()
    assert failed == [] and numbers(stc, "incoming") == list(range(1, 9))


def test_a_rolled_back_act_gives_its_number_back(stc):
    assert take(stc, is_kept=False) == 1
    assert [take(stc), take(stc, is_kept=False), take(stc)] == [1, 2, 2]


def test_nd_30_d15_each_year_begins_with_1(stc):
    take(stc)
    assert take(stc, year=YEAR + 1) == 1 and take(stc, year=YEAR + 1) == 2
    with stc.inside():
        assert [r.name for r in register.open_registers("outgoing", YEAR + 1)] == ["Sổ văn bản đi"]
        assert register.years("outgoing")[0] == YEAR + 1
    assert numbers(stc) == [1]


def open_own(office, *types, year=None, name="Sổ quyết định"):
    """A register of its own for these kinds, in a transaction of its own."""
    with office.inside():
        book = register_book.open_new(office.user("vanthu"), "outgoing", name, "Theo quy chế làm việc",
                                      datetime.now(UTC), types=types, year=year)
        db.session.commit()
        return book.id


def books(office, year=YEAR):
    """(name, kinds, numbers) of each register of outgoing documents."""
    with office.inside():
        return [(one.name, one.types, one.next_number - 1) for one in register_book.of_year("outgoing", year)]


def test_nd_30_d15_1_c_kinds_with_a_register_of_their_own_are_numbered_there(stc):
    assert take(stc, type_name="Công văn") == 1
    for types in ((), ("Công văn",), ("Quyết định", "Công văn")):
        with pytest.raises(register_book.RegisterTypesWrong):
            open_own(stc, *types)
    own = open_own(stc, "Quyết định", "Chỉ thị")
    with pytest.raises(register_book.RegisterTypesWrong):
        open_own(stc, "Chỉ thị", name="Sổ chỉ thị")
    given = [take(stc, type_name=name) for name in ("Quyết định", "Công văn", "Chỉ thị", "Báo cáo", "Quyết định")]
    assert given == [1, 2, 2, 3, 3]
    assert books(stc) == [("Sổ văn bản đi", None, 3), ("Sổ quyết định", ["Chỉ thị", "Quyết định"], 3)]
    with stc.inside():
        assert [register_book.ledger(one.id).missing for one in register_book.of_year("outgoing", YEAR)] == [[], []]
        draft = _document()
        draft.type_name, draft.agency_id = "Quyết định", stc.agency_id
        db.session.add(draft)
        with pytest.raises(register_book.RegisterLastOpen) as asked:  # a draft that is to be numbered there
            register_book.close(stc.user("vanthu"), own, "Thôi đánh số riêng", datetime.now(UTC))
        assert asked.value.facts["waiting"] == 1
        db.session.rollback()
        assert register_book.close(stc.user("vanthu"), own, "Thôi đánh số riêng", datetime.now(UTC))
        db.session.commit()
    with pytest.raises(RegisterShut) as refused:  # the common one would give its numbers again
        take(stc, type_name="Quyết định")
    assert refused.value.facts["name"] == "Sổ quyết định"
    assert take(stc, type_name="Công văn") == 4


@pytest.mark.parametrize("kind", ["outgoing", "incoming", "copy"])
def test_nd_30_d15_a_closed_register_is_named_with_who_closed_it_and_when(stc, kind):
    take(stc, kind=kind)
    with stc.inside():
        book, clerk = register.open_registers(kind, YEAR)[0], stc.user("vanthu")
        at, book_id, name = datetime(YEAR, 11, 3, 2, 5, tzinfo=UTC), book.id, book.name
        assert register_book.close(clerk, book.id, "Kiểm kê sổ cuối năm", at, is_sure=True)
        told = {"name": name, "year": YEAR, "by": clerk.full_name, "on": f"03/11/{YEAR} 09:05"}
        db.session.commit()
    for wanted in (None, book_id):
        with pytest.raises(RegisterShut) as refused:
            take(stc, kind=kind, register_id=wanted)
        assert refused.value.facts == told


def test_nd_30_d15_1_c_own_registers_go_on_into_the_new_year_and_may_be_opened_ahead_of_it(stc):
    take(stc, type_name="Quyết định")
    with pytest.raises(register_book.RegisterTypesWrong):
        open_own(stc, "Quyết định")
    open_own(stc, "Báo cáo", name="Sổ báo cáo")
    open_own(stc, "Quyết định", year=YEAR + 1)
    with pytest.raises(register_book.RegisterOver):
        open_own(stc, "Quyết định", year=YEAR + 2)
    given = [take(stc, year=YEAR + 1, type_name=name) for name in ("Quyết định", "Công văn", "Báo cáo", "Quyết định")]
    assert given == [1, 1, 1, 2]
    assert sorted(books(stc, YEAR + 1)) == [("Sổ báo cáo", ["Báo cáo"], 1), ("Sổ quyết định", ["Quyết định"], 2),
                                            ("Sổ văn bản đi", None, 1)]


@pytest.mark.parametrize("is_opened_first", [True, False])
def test_nd_30_d15_1_c_no_number_is_given_twice_while_a_register_is_opened(stc, is_opened_first):
    def numbering():
        return take(stc, type_name="Quyết định")

    def opening():
        try:
            return open_own(stc, "Quyết định")
        except register_book.RegisterTypesWrong:
            return None

    with ThreadPoolExecutor(1) as pool, stc.inside():
        if is_opened_first:
            register_book.open_new(stc.user("vanthu"), "outgoing", "Sổ quyết định", "Theo quy chế làm việc",
                                   datetime.now(UTC), types=["Quyết định"])
        else:
            document = _document()
            document.agency_id, document.type_name = stc.agency_id, "Quyết định"
            db.session.add(document)
            db.session.flush()
            register.take_number("outgoing", YEAR, document, datetime.now(UTC), None)
        other = pool.submit(numbering if is_opened_first else opening)
        time.sleep(0.5)  # it waits for the register
        assert not other.done()
        db.session.commit()
        assert other.result(30) == (1 if is_opened_first else None)
    assert books(stc) == ([("Sổ văn bản đi", None, 0), ("Sổ quyết định", ["Quyết định"], 1)] if is_opened_first
                          else [("Sổ văn bản đi", None, 1)])


def test_a_year_that_nobody_prepared_is_refused(stc):
    with pytest.raises(RegisterMissing):
        take(stc, year=YEAR + 5)
    with pytest.raises(RegisterMissing):
        take(stc, kind="secret")


def test_a_closed_register_takes_nothing(stc):
    with stc.inside():
        book = register.open_registers("outgoing", YEAR)[0]
        other = register.open_registers("incoming", YEAR)[0].id
        book.is_open, book_id = False, book.id
        db.session.commit()
    for wanted in (None, book_id, other):
        with pytest.raises(RegisterMissing):
            take(stc, register_id=wanted)


def walk(office, size, **only):
    """(register, number) of all pages of outgoing numbers, newest first."""
    found, after = [], None
    with office.inside():
        while True:
            page = register.page("outgoing", YEAR, limit=size, after=after, **only)
            found += [(row.register_id, row.number) for row in page.rows]
            after = page.next
            if after is None:
                return found


def test_pages_over_several_registers_leave_nothing_out(stc):
    with stc.inside():
        usual = register.open_registers("outgoing", YEAR)[0].id
        second = Register(agency_id=stc.agency_id, kind="outgoing", name="Sổ quyết định", year=YEAR)
        db.session.add(second)
        db.session.commit()
        other = second.id
    given = [(book, take(stc, register_id=book)) for book in (usual, usual, other, usual, other, other, usual)]
    take(stc, kind="incoming")
    take(stc, year=YEAR + 1)
    for size in (1, 2, 3, 50):
        assert walk(stc, size) == given[::-1]
        assert walk(stc, size, register_id=other) == [(other, number) for number in (3, 2, 1)]
    with stc.inside():
        book = register.open_registers("incoming", YEAR)[0].id
        assert register.page("outgoing", YEAR, register_id=book).rows == []
        assert register.page("outgoing", YEAR, after=10**9).rows == []


def test_pages_of_a_register_newest_first_with_search(stc):
    for _ in range(5):
        take(stc)
    with stc.inside():
        first = register.page("outgoing", YEAR, limit=3)
        rest = register.page("outgoing", YEAR, limit=3, after=first.next)
        assert [row.number for row in [*first.rows, *rest.rows]] == [5, 4, 3, 2, 1] and rest.next is None
        assert register.page("outgoing", YEAR, Asked("không có")).rows == []
