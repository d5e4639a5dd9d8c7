"""Recipients that are in no directory: a row each, ticked by a person; not wholly sent until then (Art. 9.1.d)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from doors import Browser, open_task
from steps import Office, letter_to, quick, this_year
from test_certified_copy import made

from app import worker
from app.db import db
from app.engine.reason import ReasonNeeded
from app.records import message, register, register_print, right
from app.records.agency import Agency, Unit
from app.records.calendar import local_date
from app.records.document import Document
from app.regulation import exchange_form
from app.regulation.outgoing import board, by_mail, otherwise, recall
from app.regulation.outgoing.board import Asked


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def dispatched(stc, found, to, also, **chosen):
    file = stc.upload("chuyenvien", letter_to(to, also), "du thao.docx")
    stc.approved(found, draft_file=file, **{"addressees": [], "recipients": [], **chosen})
    stc.sign(found)
    stc.seal(found)


def tell(stc, found, partner, way="post", note="Bưu gửi 12", who="vanthu"):
    with stc.inside():
        otherwise.tell(found, partner, way, note, stc.user(who), datetime.now(UTC))
    worker.run_due(stc.app)


def states(stc, found):
    now, today = datetime.now(UTC), local_date(datetime.now(UTC))
    with stc.inside():
        rows, _ = board.page(Asked(today, today), right.readable(stc.user("vanthu"), today), at=now)
        return next(row.states for row in rows if row.document.id == found)


def test_art_9_1_d_whoever_is_in_no_directory_is_ticked_and_only_then_is_the_letter_answered(stc):
    incoming = stc.take_in()
    stc.verify(incoming, organ_name="Công ty TNHH Hoàng Liên")
    stc.assign(incoming)
    found = stc.answer(incoming)
    with stc.inside():
        first, second = db.session.scalars(db.select(Agency.name).where(Agency.code.in_(["H38.01", "H38.07"]))
                                           .order_by(Agency.code))
    dispatched(stc, found, ["Công ty TNHH Hoàng Liên", first], ["Như trên", second, "Báo Lào Cai"],
               addressees=["H38.01"], recipients=["H38.07"])
    with stc.inside():
        assert [(row.partner, row.name) for row in message.outside_of(found)] == [
            ("to:1", "Công ty TNHH Hoàng Liên"), ("also:2", "Báo Lào Cai")]
        assert not recall.holders(found)[2:]  # nobody asks by the exchange whom it does not know
    assert states(stc, found) == {"sent": 2, "by_hand": 2} and stc.status(incoming) == "handling"
    clerk = Browser(stc.app, "stc", "vanthu")
    page = clerk.get(f"/phat-hanh/{found}").text
    assert "Còn 2 nơi nhận ngoài danh bạ chưa được gửi." in page and "Báo Lào Cai" in page
    shown = clerk.get(f"/van-ban/{found}").text
    assert "Nơi nhận ngoài danh bạ</dt><dd>Công ty TNHH Hoàng Liên; Báo Lào Cai</dd>" in shown
    for wrong in ({"who": "chuyenvien"}, {"way": "pigeon"}, {"partner": "to:9"}):
        with pytest.raises(otherwise.NotSentOtherwise):
            tell(stc, found, **{"partner": "to:1", **wrong})
    with pytest.raises(ReasonNeeded):
        tell(stc, found, "also:2", "none", " ")
    clerk.post(f"/phat-hanh/{found}/gui-cach-khac", partner="also:2", way="none", note="")
    assert "thì phải ghi lý do" in clerk.get(f"/phat-hanh/{found}").text
    tell(stc, found, "also:2", "none", "Chưa đến ngày công bố")
    assert stc.status(incoming) == "handling"
    shown = clerk.get(f"/van-ban/{incoming}").text
    assert "đã phát hành nhưng chưa ghi đã gửi tới: Công ty TNHH Hoàng Liên." in shown, "why it is still handled"
    form = clerk.get(f"/phat-hanh/{found}").text
    assert "Khi nơi cuối cùng ở “Kính gửi” được ghi đã gửi" in form and '<option value="">Chọn</option>' in form
    for way, note, words in (("", "", "Hãy chọn cách gửi."), ("post", " ", "thì ghi số bưu gửi")):
        clerk.post(f"/phat-hanh/{found}/gui-cach-khac", partner="to:1", way=way, note=note)
        assert words in clerk.get(f"/phat-hanh/{found}").text and stc.status(incoming) == "handling"
    with ThreadPoolExecutor(4) as pool:  # a double click
        list(pool.map(lambda _: tell(stc, found, "to:1"), range(4)))
    assert stc.ended(incoming) == "end_finished" and states(stc, found) == {"sent": 2, "other": 2}
    assert [kind for kind, _ in stc.course(found)].count("sent_otherwise") == 2
    assert [kind for kind, element in stc.course(incoming) if element == "answered"] == ["message_received"]
    assert stc.faults() == []


def test_art_9_1_d_a_letter_to_nobody_on_the_axis_ends_when_the_last_has_it(stc):
    found = stc.begin()
    dispatched(stc, found, ["Công ty TNHH Hoàng Liên"], ["Các đơn vị liên quan"])
    assert states(stc, found) == {"by_hand": 2} and stc.tasks(found) == []
    with stc.inside():
        assert not message.is_settled(found)
    clerk, address = Browser(stc.app, "stc", "vanthu"), f"/phat-hanh/{found}/gui-cach-khac"
    many = ["also:2", "to:1", "to:9"]  # ticked together: one way and time, a result for each
    assert clerk.post(address, partner=many, way="none", note=" ").status_code == 303
    assert clerk.get(f"/phat-hanh/{found}").text.count("thì phải ghi lý do") == 2
    assert states(stc, found) == {"by_hand": 2}
    clerk.post(address, way="post")
    clerk.post(address, partner=many, way="hand", note="Ông Hoàng nhận")
    shown = clerk.get(f"/phat-hanh/{found}").text
    assert "Chưa đánh dấu nơi nhận nào." in shown and "to:9: Không ghi được" in shown
    assert "Đã ghi: Các đơn vị liên quan; Công ty TNHH Hoàng Liên." in shown
    worker.run_due(stc.app)
    assert [kind for kind, _ in stc.course(found)].count("sent_otherwise") == 2
    assert stc.ended(found) == "end_dispatched" and stc.faults() == []
    with stc.inside():
        document = db.session.get(Document, found)
        book = register.open_registers("outgoing", this_year())[0]
        row = register_print.sheet(book.id).rows[-1]  # NĐ 30/2020 PL IV: columns 5 to 7
        unit = db.session.get(Unit, document.unit_id).name
        assert row[4:7] == ["Công ty TNHH Hoàng Liên; Các đơn vị liên quan", unit, "2"]
    page = Browser(stc.app, "stc", "vanthu").get("/so/di").text
    assert "Công ty TNHH Hoàng Liên; Các đơn vị liên quan" in page


def test_art_4_1_a_what_was_issued_within_the_agency_goes_to_nobody_outside_it_in_another_way(stc):
    """Between agencies the same document would have its paper (4.2): a mail or an item of the post is none, but for a
    copy on paper that was handed over.
    """
    author, clerk = Browser(stc.app, "stc", "chuyenvien"), Browser(stc.app, "stc", "vanthu")
    author.post("/van-ban/soan-thao", type_name="Kế hoạch", purpose="steering", scope="internal", subject="V/v thử",
                how="own")
    with stc.inside():
        found = db.session.scalars(db.select(Document.id).order_by(Document.id.desc())).first()
    file = stc.upload("chuyenvien", letter_to(["Công ty TNHH Hoàng Liên"], ["Báo Lào Cai"]), "du thao.docx")
    stc.draft(found, draft_file=file, addressees=[], recipients=[])
    page = Browser(stc.app, "stc", "truongphong").get(f"/viec/{open_task(stc, 'review', found)[0]}").text
    assert "nơi ngoài cơ quan thì theo Điều 4.2 phải có cả bản giấy. Hãy đề nghị" in page, "said while it can be mended"
    stc.do("truongphong", "review", {"decision": "return", "opinion": "Sửa"}, found)
    dispatched(stc, found, ["Công ty TNHH Hoàng Liên"], ["Báo Lào Cai"])
    for way in otherwise.WAYS:
        with pytest.raises(exchange_form.OutsideScopeIssued):
            tell(stc, found, "to:1", way)
    with stc.inside(), pytest.raises(exchange_form.OutsideScopeIssued):
        by_mail.ask(found, "to:1", "hanhchinh@hoanglien.example", stc.user("vanthu"), datetime.now(UTC))
    clerk.post(f"/phat-hanh/{found}/gui-cach-khac", partner=["to:1", "also:2"], way="post", note="EB 12")
    page = clerk.get(f"/phat-hanh/{found}").text
    assert page.count("theo Điều 4.2 phải có cả bản giấy") == 2 and "Còn 2 nơi nhận ngoài danh bạ" in page
    copy_id = made(stc, found, recipients="- Công ty TNHH Hoàng Liên;\nLưu: VT")
    with pytest.raises(exchange_form.OutsideScopeIssued):
        tell(stc, found, "to:1")
    assert clerk.post(f"/ban-sao/{copy_id}/giao", place="1", way="post", note="EB 12").status_code == 303
    with pytest.raises(exchange_form.OutsideScopeIssued):  # no paper
        tell(stc, found, "to:1", "mail")
    tell(stc, found, "to:1", "post", "EB 12")
    tell(stc, found, "also:2", "none", "Ban hành văn bản riêng có bản giấy")
    assert stc.ended(found) == "end_dispatched" and stc.faults() == []
