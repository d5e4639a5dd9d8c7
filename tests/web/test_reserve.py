"""A number held for a draft, the dates that run as numbers do (Art. 9.1.a; NĐ 30/2020 Đ15)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from doors import Browser
from steps import Office, quick, this_year

from app import worker
from app.db import db
from app.engine.reason import ReasonShort
from app.records import history, register, register_book
from app.records.calendar import ZONE, local_date
from app.records.document import Document, NotFound
from app.records.register import DateOutOfOrder, RegisterEntry
from app.regulation.outgoing import reserve
from app.regulation.outgoing.reserve import NotReservable

WHY = "Lãnh đạo yêu cầu phát hành hôm nay"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def hold(office, document_id, who="vanthu", reason=WHY, hours=24):
    with office.inside():
        return reserve.reserve(document_id, office.user(who), reason, datetime.now(UTC), hours)


def reference(office, document_id):
    with office.inside():
        return db.session.get(Document, document_id).reference


def test_art_9_1_a_a_held_number_waits_for_its_document_and_the_date_keeps_the_order(stc):
    first, second = stc.begin(), stc.begin()
    assert hold(stc, first) == 1
    with pytest.raises(NotReservable):  # a second click
        hold(stc, first)
    with pytest.raises(NotReservable):
        hold(stc, second, "lanhdao")
    with pytest.raises(NotFound):
        hold(stc, 10**9)
    with pytest.raises(ReasonShort):
        hold(stc, second, reason="vội")
    stc.approved(second)
    stc.approved(first)
    assert (reference(stc, first), reference(stc, second)) == ("01/STC-NS", "02/STC-NS")
    with stc.inside():
        entry = register.entry_of(first, "outgoing")
        assert entry.held_until is None and entry.held_for == WHY
        assert [act.kind for act in history.course(f"document:{first}")].count("number_reserved") == 1
        assert not reserve.may_reserve(stc.user("vanthu"), db.session.get(Document, first))
    assert stc.faults() == []


def test_nd_30_d15_a_number_held_too_long_or_let_go_stays_in_the_ledger_with_its_reason(stc):
    late, dropped, given_up, soon = (stc.begin() for _ in range(4))
    assert [hold(stc, late, hours=0), hold(stc, dropped), hold(stc, given_up), hold(stc, soon)] == [1, 2, 3, 4]
    clerk = Browser(stc.app, "stc", "vanthu")
    assert "Giữ số" in clerk.get(f"/so/di?nam={this_year()}").text
    assert WHY in clerk.get(f"/so/di/doi-soat?nam={this_year()}").text
    assert "Đang giữ số 2 cho văn bản này" in clerk.get(f"/van-ban/{dropped}").text
    assert clerk.post(f"/van-ban/{dropped}/bo-giu-so", reason="Không ban hành nữa").status_code == 303
    assert clerk.post(f"/van-ban/{dropped}/bo-giu-so", reason="Không ban hành nữa").status_code == 409
    stc.cancel(given_up)
    worker.use(stc.app)
    worker.run_sweep(agency_id=stc.agency_id)
    worker.run_sweep(agency_id=stc.agency_id)
    with stc.inside():
        book = register.open_registers("outgoing", this_year())[0]
        found = register_book.ledger(book.id)
        assert found.missing == [] and [row.number for row in found.held] == [4]
        told = {row.number: row.void_reason for row in found.voided}
        assert told.keys() == {1, 2, 3} and told[1].startswith("Hết giờ giữ số") and WHY in told[1]
        assert (told[2], told[3]) == ("Không ban hành nữa", "Không cần nữa")
        acts = [act for act in history.course(f"document:{late}") if act.kind == "number_released"]
        assert [act.actor_id for act in acts] == [None]
    assert clerk.post(f"/van-ban/{late}/giu-so", reason=WHY).status_code == 303  # again, another number
    stc.approved(late)
    assert reference(stc, late) == "05/STC-NS"
    assert stc.faults() == []


def test_art_9_1_a_approved_after_its_hours_the_document_gets_a_new_number(stc):
    found = stc.begin()
    hold(stc, found, hours=0)
    stc.approved(found)  # nobody has swept
    assert reference(stc, found) == "02/STC-NS"
    assert stc.faults() == []


def test_nd_30_d15_a_number_is_held_no_longer_than_the_year_of_its_register(stc):
    found, last = stc.begin(), datetime(this_year(), 12, 31, 23, 0, tzinfo=ZONE)
    with stc.inside():
        reserve.reserve(found, stc.user("vanthu"), WHY, last, 24)
        entry = register.entry_of(found, "outgoing")
        assert entry.held_until == datetime(this_year(), 12, 31, 23, 59, 59, tzinfo=ZONE)
        assert reserve.take(db.session.get(Document, found), last + timedelta(hours=2)) is None
        db.session.rollback()


def test_nd_30_d15_dates_of_issue_run_as_numbers_do(inside):
    today = local_date(datetime.now(UTC))
    day, made = timedelta(days=1), []

    def take(issued: date | None, held: bool = False) -> RegisterEntry:
        document = Document(agency_id=inside.ids["stc"], direction="outgoing", status="numbered", issued_date=issued,
                            created_at=datetime.now(UTC))
        db.session.add(document)
        db.session.flush()
        made.append(register.take_number("outgoing", this_year(), document, datetime.now(UTC), None))
        made[-1].held_until = datetime.now(UTC) + day if held else None
        db.session.flush()
        return made[-1]

    assert register.day_of_issue(take(None), today) == today
    held = take(None, held=True)
    take(today)
    assert register.day_of_issue(held, today + day) == today  # no later than the number after it
    assert register.day_of_issue(take(None), today + day) == today + day
    assert register.day_of_issue(take(None), today - day) == today  # two clerks at midnight
    with pytest.raises(DateOutOfOrder):
        register.day_of_issue(take(None), today - 2 * day)


def test_nd_30_d15_1_c_a_register_of_its_own_is_opened_numbers_its_kind_and_is_printed(stc):
    admin, clerk = Browser(stc.app, "stc", "quantri"), Browser(stc.app, "stc", "vanthu")
    page = admin.get("/so/di/doi-soat").text
    assert "Loại văn bản đánh số trong sổ này" in page and 'value="Công văn"' in page
    put = {"name": "Sổ công văn đi", "reason": "Quy chế làm việc", "types": ["Công văn"], "nam": str(this_year())}
    assert Browser(stc.app, "stc", "chuyenvien").post("/so/di/mo", **put).status_code == 403
    assert admin.post("/so/di/mo", **put | {"types": ["Không có"]}).status_code == 400
    assert admin.post("/so/di/mo", **put | {"types": []}).status_code == 422
    assert [admin.post("/so/di/mo", **put).status_code for _ in range(2)] == [302, 422], "a double click opens one"
    begun = [stc.begin(), stc.begin(type_name="Báo cáo")]
    for found in begun:
        stc.approved(found)
    with stc.inside():
        assert [db.session.get(Document, found).code_number for found in begun] == ["01", "01"]
        books = register_book.of_year("outgoing", this_year())
        assert [(one.types, one.next_number) for one in books] == [(None, 2), (["Công văn"], 2)]
    page = clerk.get("/so/di/doi-soat").text
    assert "Các loại không có sổ riêng" in page and page.count("Đủ, không thiếu số") == 2
    assert "Sổ công văn đi (Công văn)" in page and 'value="Công văn"' not in page
    for book in books:
        assert clerk.get(f"/so/di/{book.id}/in.xlsx").status_code == 200
    assert clerk.get(f"/so/di?so={books[1].id}").text.count('class="number"') >= 1
    ahead = clerk.get(f"/so/di/doi-soat?nam={this_year() + 1}").text
    assert "chưa mở sổ nào" in ahead and 'value="Công văn"' in ahead
    assert stc.faults() == []
