"""Copies sent through the exchange, and what comes back to them (NĐ 30/2020 Đ18, 25, 26; Art. 4.1.b, 9.1.d)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from doors import Browser
from fakes import FakeConverter, printed
from steps import Office, arrived, fetch, quick, send
from test_certified_copy import ask, made

from app import worker
from app.db import db
from app.demo import letters
from app.demo.people import PIN
from app.records import attachment, certified_copy, history, message
from app.records.calendar import local_date
from app.records.document import Document
from app.regulation.outgoing import board, copy_dispatch
from app.tools.exchange import ExchangeRefused


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def paper(stc):
    """A paper, scanned and registered."""
    page = letters.letter({
        "organ_name": "Ủy ban nhân dân tỉnh Lào Cai", "code_number": "41", "code_notation": "UBND-TH",
        "issued_date": local_date(datetime.now(UTC)), "place": "Lào Cai", "type_name": "Công văn",
        "subject": "giao dự toán ngân sách", "priority": "0", "signer_name": "Nguyễn Thành Sinh",
        "signer_position": "PHÓ CHỦ TỊCH", "addressees": ["Sở Tài chính tỉnh Lào Cai"], "recipients": ["Như trên"]},
        seed=7)
    found = stc.hand_in("vanthu", page, "cong van.pdf")
    worker.run_due(stc.app)
    stc.verify(found)
    return found


@pytest.fixture
def copy_id(stc, paper):
    """An electronic copy of it."""
    return made(stc, paper, form="electronic")


@pytest.fixture
def clerk(stc):
    return Browser(stc.app, "stc", "vanthu")


def sent(stc, copy_id):
    """(recipient, whether the axis has it, the status that counts) of each."""
    with stc.inside():
        copy = certified_copy.get(copy_id)
        return [(row.partner, bool(row.axis_id), row.status_code)
                for row in message.sent_for(copy.document_id, copy_id)]


def came(app, slug):
    """What an agency got, as its documents."""
    there = Office(app, slug)
    fetch(app, slug)
    with there.inside():
        return there, list(db.session.scalars(db.select(Document).where(
            Document.channel == "exchange").order_by(Document.id)))


def state_of(stc, copy_id):
    with stc.inside():
        return certified_copy.get(copy_id).status


class Writing(FakeConverter):
    """Makes a text of everything, not the picture of one."""

    def to_pdf(self, data, name):
        return printed(((85, 100, "Công văn"), (85, 300, "Điều 1")))


class Refusing:
    """The axis of an agency, which does not take what goes to one recipient."""

    def __init__(self, axis, code):
        self.axis, self.code = axis, code

    def __getattr__(self, name):
        return getattr(self.axis, name)

    def send_edoc(self, data, *, to, **rest):
        if to == [self.code]:
            raise ExchangeRefused(code="18", sentence="Cơ quan nhận không có trên trục liên thông.")
        return self.axis.send_edoc(data, to=to, **rest)


def test_nd_30_d18_an_electronic_copy_goes_as_a_document_of_its_own_and_its_statuses_come_back_to_it(
        stc, paper, copy_id, clerk):
    page = f"/ban-sao/{copy_id}"
    assert "Chọn nơi nhận trong danh bạ" in clerk.get(page).text
    assert [clerk.post(f"{page}/gui", recipients=["H38.01", "H38.07"]).status_code for _ in range(2)] == [303, 303]
    assert sent(stc, copy_id) == [("H38.01", False, ""), ("H38.07", False, "")]
    fetch(stc.app, "stc")
    fetch(stc.app, "stc")
    assert sent(stc, copy_id) == [("H38.01", True, ""), ("H38.07", True, "")]
    there, [got] = came(stc.app, "vpubnd")
    day = local_date(datetime.now(UTC))
    assert (got.packet_id, got.reference, got.issued_date) == (f"H38.12,{day:%Y/%m/%d},01/SY-STC", "01/SY-STC", day)
    assert got.type_name == "Công văn" and got.subject == "Sao y Công văn 12/UBND-VX: Về việc góp ý dự thảo"
    with there.inside():
        [file] = [one for one in attachment.of(got.id) if one.media_type == "application/pdf"]
        signer, data = stc.app.extensions["tools"].signer, stc.app.extensions["tools"].blobs.read(file.sha256)
        [report] = signer.verify(data)
        assert report["is_agency"] and report["problems"] == []  # what came is the copy, with its text-only signature
    with stc.inside():
        assert data == stc.app.extensions["tools"].blobs.read(certified_copy.get(copy_id).file.sha256)
    there.verify(got.id, code_number="01", code_notation="SY-STC", issued_date=day.isoformat(), type_name=got.type_name,
                 organ_name="Sở Tài chính tỉnh Lào Cai", subject=got.subject)
    fetch(stc.app, "stc")
    assert sent(stc, copy_id) == [("H38.01", True, "03"), ("H38.07", True, "")]
    shown = clerk.get(page).text
    assert "Đã vào sổ" in shown or "Đã tiếp nhận" in shown
    with stc.inside():  # what was copied knows nothing of it
        assert message.sent_for(paper) == [] and not message.is_out(paper)
        assert [one.status_code for one in message.statuses_of(paper)] == []
        assert [one.status_code for one in message.statuses_of(paper, copy_id)] == ["01", "03"]
        acts = [(act.kind, act.label) for act in history.course(f"document:{paper}") if act.kind == "copy_sent"]
    assert acts == [("copy_sent", "01/SY-STC")]  # of two clicks, one
    assert "Gửi bản sao qua trục liên thông" in clerk.get(f"/van-ban/{paper}").text
    stc.assign(paper)
    stc.handle(paper)
    assert stc.ended(paper) and stc.faults() == []


def test_nd_30_d26_an_extract_of_an_electronic_original_is_a_valid_copy_to_who_gets_it(stc, clerk):
    stc.app.extensions["tools"] = replace(stc.app.extensions["tools"], converter=Writing())
    found = stc.begin()
    stc.approved(found)
    stc.sign(found)
    stc.seal(found)
    copy_id = made(stc, found, kind="extract", form="electronic", part="Điều 1", pages="1 (0-60)")
    assert clerk.post(f"/ban-sao/{copy_id}/gui", recipients=["H38.01"]).status_code == 303
    fetch(stc.app, "stc")
    there, [*_, got] = came(stc.app, "vpubnd")
    assert got.reference == "01/TrS-STC" and (got.verdict["color"], got.verdict["verdict"]) == ("green", "copy")
    page = Browser(stc.app, "vpubnd", "vanthu").get(f"/van-ban/{got.id}/chu-ky").text
    assert "Bản sao hợp lệ" in page and "Chữ ký của người ký bản chính không có trong bản sao" in page
    assert "Điều 6.3.a" in page and there.faults() == []


@pytest.mark.parametrize(("marked", "number", "told"), [
    (True, b"TrS-VPUBND", "valid_copy"),
    (False, b"TrS-VPUBND", "copy_unmarked"), (True, b"VPUBND", "leader_missing"),
    (True, b"SY-VPUBND", "copy_of_electronic")])
def test_nd_30_d25_a_letter_that_only_its_agency_signed_is_no_copy_by_its_number_or_its_mark_alone(
        stc, marked, number, told):
    signer, key = stc.app.extensions["tools"].signer, "agency:H38.01"
    label = {"form": "TRÍCH SAO", "agency": "Văn phòng Ủy ban nhân dân tỉnh Lào Cai"} if marked else {}
    state = signer.prepare(Writing().to_pdf(b"", ""), key=key, kind="copy", reason="12", at=datetime.now(UTC),
                           label=label)
    value = signer.sign_digest(key, PIN, state["attributes"])
    file = signer.embed(state["prepared"], state, value, signer.prove(state, value, "B-LT"))
    send(stc.app, file, seal=lambda data: data.replace(b"VPUBND", number))
    with stc.inside():
        verdict = db.session.get(Document, arrived(stc)).verdict
        assert told in [one["code"] for one in verdict["told"]]
        assert (verdict["color"] == "green") is (told == "valid_copy")


def test_nd_30_d18_two_clerks_at_once_send_it_to_each_recipient_once_and_more_may_be_chosen_later(stc, copy_id):
    clerks = [Browser(stc.app, "stc", "vanthu") for _ in range(3)]
    for clerk in clerks:
        assert clerk.token
    page = f"/ban-sao/{copy_id}/gui"
    with ThreadPoolExecutor(3) as hands:
        answers = list(hands.map(lambda one: one.post(page, recipients=["H38.01", "H38.07"]).status_code, clerks * 2))
    assert answers == [303] * 6
    fetch(stc.app, "stc")
    assert clerks[0].post(page, recipients=["H38.01", "H38.10"]).status_code == 303
    fetch(stc.app, "stc")
    assert [code for code, is_out, _ in sent(stc, copy_id) if is_out] == ["H38.01", "H38.07", "H38.10"]
    day = local_date(datetime.now(UTC)).isoformat()
    assert len(stc.app.extensions["tools"].axis.of("H38.12").sent("edoc", day, day)) == 3
    with stc.inside():
        rows = message.sent_for(certified_copy.get(copy_id).document_id, copy_id)
        assert len({row.packet_id for row in rows}) == 1
    assert stc.faults() == []


def test_nd_30_d18_whom_it_did_not_reach_is_sent_it_again_or_in_another_way(stc, paper, copy_id, clerk):
    axis = stc.app.extensions["tools"].axis._clients
    good, page = axis["H38.12"], f"/ban-sao/{copy_id}"
    axis["H38.12"] = Refusing(good, "H38.07")
    assert clerk.post(f"{page}/gui", recipients=["H38.01", "H38.07"]).status_code == 303
    fetch(stc.app, "stc")
    assert sent(stc, copy_id) == [("H38.01", True, ""), ("H38.07", False, "")]
    shown = clerk.get(page).text
    assert "Cơ quan nhận không có trên trục liên thông." in shown and "Gửi lại nơi nhận này" in shown
    officer = Browser(stc.app, "stc", "lanhdao")
    for door, values in (("gui", {"recipients": ["H38.10"]}), ("gui-lai", {"partner": "H38.07"}),
                         ("gui-cach-khac", {"partner": "H38.07", "way": "post"})):
        assert officer.post(f"{page}/{door}", **values).status_code == 409, door
    assert clerk.post(f"{page}/gui-lai", partner="H38.01").status_code == 409  # it has it
    assert clerk.post(f"{page}/gui-cach-khac", partner="H38.01", way="post").status_code == 409
    assert clerk.post(f"{page}/gui-cach-khac", partner="H38.07", way="pigeon").status_code == 409
    assert clerk.post(f"{page}/gui-cach-khac", partner="H38.07", way="post", note="EB 12").status_code == 303
    assert "EB 12" in clerk.get(page).text
    axis["H38.12"] = good
    done = [clerk.post(f"{page}/gui-lai", partner="H38.07") for _ in range(2)]
    assert [one.status_code for one in done] == [303, 409]
    with stc.inside():
        first = stc.user("vanthu").full_name
    assert "đã được xếp gửi lại" in done[1].text and f"{first} đã làm trước, lúc " in done[1].text
    fetch(stc.app, "stc")
    assert sent(stc, copy_id) == [("H38.01", True, ""), ("H38.07", True, "")]
    with stc.inside():  # at the original nothing can be sent again or ticked
        assert board.of_copy([], datetime.now(UTC)) == []
    assert clerk.post(f"/phat-hanh/{paper}/gui-lai", partner="H38.01").status_code == 409
    assert stc.faults() == []


def test_nd_30_d25_only_an_electronic_copy_that_is_made_of_what_still_stands_is_sent(stc, paper, copy_id, clerk):
    on_paper = made(stc, paper)
    assert clerk.post(f"/ban-sao/{on_paper}/gui", recipients=["H38.01"]).status_code == 409
    assert Browser(stc.app, "snv", "vanthu").post(f"/ban-sao/{copy_id}/gui", recipients=["H38.01"]).status_code == 404
    for codes in ([], ["H38.12"], ["H38.01", "X"]):
        refused = clerk.post(f"/ban-sao/{copy_id}/gui", recipients=codes)
        assert refused.status_code == 422 and "Chọn ít nhất một cơ quan trong danh bạ" in refused.text, codes
    assert clerk.post(f"/ban-sao/{copy_id}/gui", recipients=["H38.01"]).status_code == 303
    with stc.inside():
        db.session.get(Document, paper).status = "recalled"
        db.session.commit()
    fetch(stc.app, "stc")  # taken back before it went
    assert sent(stc, copy_id) == [("H38.01", False, "")]
    assert clerk.post(f"/ban-sao/{copy_id}/gui", recipients=["H38.07"]).status_code == 409


def test_nd_30_d18_the_board_of_a_copy_says_what_is_late(stc, paper, copy_id, clerk):
    assert clerk.post(f"/ban-sao/{copy_id}/gui", recipients=["H38.01"]).status_code == 303
    now = datetime.now(UTC)

    def late(at):
        with stc.inside():
            [one] = board.of_copy(message.sent_for(paper, copy_id), at)
            return one.state, one.late

    assert late(now) == ("unsent", "") and late(now + timedelta(days=10)) == ("unsent", "send")
    fetch(stc.app, "stc")
    assert late(now) == ("sent", "") and late(now + timedelta(days=10)) == ("sent", "registration")
    came(stc.app, "vpubnd")
    fetch(stc.app, "stc")
    assert late(now) == ("01", "") and late(now + timedelta(days=10)) == ("01", "registration")


def registered(stc, copy_id, clerk):
    """(an agency that was sent the copy, its document), once it has a number there."""
    assert clerk.post(f"/ban-sao/{copy_id}/gui", recipients=["H38.01", "H38.07"]).status_code == 303
    fetch(stc.app, "stc")
    there, [got] = came(stc.app, "vpubnd")
    entered(there, got, "01")
    fetch(stc.app, "stc")
    return there, got.id


def entered(there, got, number):
    there.verify(got.id, code_number=number, code_notation="SY-STC", issued_date=got.issued_date.isoformat(),
                 type_name=got.type_name, organ_name="Sở Tài chính tỉnh Lào Cai", subject=got.subject)


def agrees(stc, there, document_id):
    """Its clerk agrees to what was asked, and we hear of it."""
    fetch(stc.app, "stc")
    fetch(stc.app, "vpubnd")
    fetch(stc.app, "vpubnd")
    there.do("vanthu", "decide_request", {"decision": "accept"}, document_id)
    fetch(stc.app, "vpubnd")
    fetch(stc.app, "stc")


def test_qd_28_d8_what_was_told_of_a_sent_copy_is_corrected_on_its_own_board(stc, paper, copy_id, clerk):
    page = f"/ban-sao/{copy_id}"
    for door in ("thu-hoi", "cap-nhat"):  # nobody has it
        assert clerk.post(f"{page}/{door}", reason="Gửi nhầm nơi nhận").status_code == 409, door
    there, got = registered(stc, copy_id, clerk)
    assert "Cập nhật thông tin ở nơi nhận" in (shown := clerk.get(page).text) and "built-in" not in shown
    refused = clerk.post(f"{page}/cap-nhat", reason="Sửa trích yếu")
    assert refused.status_code == 422 and "không có gì để cập nhật" in refused.text
    with stc.inside():  # as an update of its own sender leaves it
        db.session.get(Document, paper).subject = "Giao dự toán ngân sách năm 2027"
        db.session.commit()
    assert Browser(stc.app, "stc", "lanhdao").post(f"{page}/cap-nhat", reason="Sửa trích yếu").status_code == 409
    assert [clerk.post(f"{page}/cap-nhat", reason="Sửa trích yếu").status_code for _ in range(2)] == [303, 422]
    agrees(stc, there, got)
    assert "Yêu cầu cập nhật: Đồng ý" in clerk.get(page).text
    assert sent(stc, copy_id) == [("H38.01", True, "03"), ("H38.07", True, "")]
    with there.inside():
        assert db.session.get(Document, got).subject.endswith(": Giao dự toán ngân sách năm 2027")
    with stc.inside():
        assert [act.kind for act in history.course(f"document:{paper}") if act.kind == "update_asked"]


def test_qd_28_d8_a_sent_copy_is_replaced_and_taken_back_on_its_own_board(stc, paper, copy_id, clerk):
    page, other = f"/ban-sao/{copy_id}", made(stc, paper, form="electronic")
    there, got = registered(stc, copy_id, clerk)
    assert "Thay thế bản sao đã gửi" in clerk.get(f"/ban-sao/{other}").text
    assert clerk.post(f"/ban-sao/{other}/gui", recipients=["H38.01"], replaces=str(other)).status_code == 409
    assert clerk.post(f"/ban-sao/{other}/gui", recipients=["H38.01"], replaces=str(copy_id)).status_code == 303
    assert clerk.post(f"/ban-sao/{other}/gui", recipients=["H38.10"]).status_code == 303  # later: it replaces it, too
    fetch(stc.app, "stc")
    entered(there, came(stc.app, "vpubnd")[1][-1], "02")  # what is not registered replaces nothing
    agrees(stc, there, got)
    assert there.status(got) == "replaced"
    assert sent(stc, copy_id)[0] == ("H38.01", True, "15")
    shown = clerk.get(page).text
    assert "đã được thay thế bởi bản sao" in shown and "Chọn nơi nhận" not in shown
    assert clerk.post(f"{page}/gui", recipients=["H38.10"]).status_code == 409
    for reason in ("", "ok"):
        assert clerk.post(f"/ban-sao/{other}/thu-hoi", reason=reason).status_code == 422
    assert Browser(stc.app, "stc", "lanhdao").post(f"/ban-sao/{other}/thu-hoi", reason="Gửi nhầm").status_code == 409
    done = [clerk.post(f"/ban-sao/{other}/thu-hoi", reason="Gửi nhầm nơi nhận").status_code for _ in range(2)]
    assert done == [303, 409]
    fetch(stc.app, "stc")
    assert "Yêu cầu thu hồi: Chưa trả lời" in clerk.get(f"/ban-sao/{other}").text
    assert state_of(stc, other) == "recalled"
    for door, values in (("gui", {"recipients": ["H38.07"]}), ("cap-nhat", {"reason": "Sửa trích yếu"}),
                         ("gui-lai", {"partner": "H38.01"}), ("huy", {"reason": "Không dùng nữa"})):
        assert clerk.post(f"/ban-sao/{other}/{door}", **values).status_code == 409, door
    with stc.inside():
        told = [one.status_code for one in message.statuses_of(paper, other) if one.direction == "out"]
        assert [one.status_code for one in message.statuses_of(paper)] == [], "of the original nothing was asked"
    assert told == ["13", "13"] and stc.faults() == []


def test_qd_28_d8_a_copy_taken_back_before_it_went_goes_to_nobody(stc, paper, copy_id, clerk):
    assert clerk.post(f"/ban-sao/{copy_id}/gui", recipients=["H38.01"]).status_code == 303
    assert clerk.post(f"/ban-sao/{copy_id}/thu-hoi", reason="Gửi nhầm nơi nhận").status_code == 303
    fetch(stc.app, "stc")
    assert sent(stc, copy_id) == [("H38.01", False, "")] and stc.faults() == []


def test_art_3_2_a_copy_of_what_had_to_go_waits_for_nobody(stc, paper, clerk):
    ask(stc, "vanthu", paper)
    leader = Browser(stc.app, "stc", "lanhdao")
    assert "Không có bản sao nào chờ bạn" not in leader.get("/ban-sao").text
    with stc.inside():
        assert certified_copy.count_waiting(stc.user("lanhdao")) == 1
        db.session.get(Document, paper).status = "discarded"
        db.session.commit()
        assert certified_copy.count_waiting(stc.user("lanhdao")) == 0
    assert "Không có bản sao nào chờ bạn" in leader.get("/ban-sao").text


def test_nd_30_d25_whom_the_order_names_is_ticked_beforehand_and_left_out_for_a_reason_only(stc, copy_id, clerk):
    with stc.inside():
        copy = certified_copy.get(copy_id)
        copy.recipients = ["Sở Nội vụ", "Như trên"]
        db.session.commit()
        code, = copy_dispatch.unsent(copy, stc.user("vanthu"))
    other = "H38.10" if code != "H38.10" else "H38.07"
    page = f"/ban-sao/{copy_id}"
    shown = clerk.get(page).text
    assert f'value="{code}" checked' in shown and "Lãnh đạo quyết định sao gửi: Sở Nội vụ." in shown
    for why in ("", "x"):
        refused = clerk.post(f"{page}/gui", recipients=[other], why=why)
        assert refused.status_code == 422 and "chưa đánh dấu: Sở Nội vụ" in refused.text
    assert clerk.post(f"{page}/gui", recipients=[other], why="Đã có bản gốc").status_code == 303
    with stc.inside():
        assert copy_dispatch.unsent(certified_copy.get(copy_id), stc.user("vanthu")) == {}
        told = history.latest(history.Act.kind == "copy_sent", limit=1)[0][1]
        assert told["left"] == {code: "Đã có bản gốc"}
