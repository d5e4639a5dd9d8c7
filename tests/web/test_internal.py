"""Art. 4.1.a: papers exchanged within the agency: sent, read, answered, urged, taken back; kinds and their rule."""

import io
import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from doors import Browser, end_grants
from fakes import pdf
from steps import Office, in_days, quick

from app import worker
from app.db import db
from app.engine import reading
from app.engine.instance import lock_of_document
from app.records import attachment, history, internal_kind, internal_paper, notice, right
from app.records.calendar import ZONE, local_date
from app.records.document import Document, NotFound
from app.records.internal_kind import InternalKindWrong, Kind, NotKindKeeper
from app.regulation import internal_exchange as rule

PLAIN, MEETING, NUMBERED = "Văn bản để biết", "Mời họp, trao đổi công việc", "Thông báo chung"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def person(office, name):
    return Browser(office.app, office.slug, name)


def values(**other):
    return {"kind": PLAIN, "title": "Lịch trực tuần 48", "text": "Các đồng chí xem lịch trực.", "chosen": ["all"],
            "seed": str(uuid.uuid4()), "issued": "", "meeting_at": "", "place": "", "due_date": "", **other}


def send(office, who="chuyenvien", **other):
    answer = person(office, who).post("/noi-bo/soan", **values(**other))
    assert answer.status_code == 303, answer.text
    return int(answer.location.rpartition("/")[2])


def got(office, document_id):
    """username -> whether he has read it."""
    with office.inside():
        return {row.user.username: row.read_at is not None for row in internal_paper.recipients(document_id)}


def kinds_of(office, document_id):
    return [kind for kind, _ in office.course(document_id)]


def sunday():
    today = local_date(datetime.now(UTC))
    return (today + timedelta(days=13 - today.weekday())).isoformat()


def soon(hours=3):
    return (datetime.now(ZONE) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def test_art_4_1_a_a_paper_reaches_its_recipients_and_opening_it_is_the_receipt(stc):
    found = send(stc, due_date=in_days(2))
    assert set(got(stc, found)) == {"lanhdao", "pholanhdao", "chanhvanphong", "vanthu", "truongphong", "truongphong2",
                                    "chuyenvienb", "chuyenvien2", "chuyenvien2b"}, "no admin, no auditor, not himself"
    clerk = person(stc, "vanthu")
    assert '<b class="count">1</b>' in clerk.get("/").text
    page = clerk.get("/noi-bo?chua-doc=1").text
    assert "Lịch trực tuần 48" in page and "is-fresh" in page
    assert not got(stc, found)["vanthu"], "a list is no reading"
    assert clerk.get(f"/noi-bo/{found}").status_code == 200 and got(stc, found)["vanthu"]
    assert "Bạn đã đọc hết" in clerk.get("/noi-bo?chua-doc=1").text
    assert '<b class="count">' not in re.search(r"<header.*?</header>", clerk.get("/").text, re.S)[0]
    page = person(stc, "chuyenvien").get(f"/noi-bo/{found}").text
    assert "Đã đọc 1/9" in page and "Trịnh Thị Hoa" in page and "chưa đọc" in page
    assert "Đã đọc" not in clerk.get(f"/noi-bo/{found}").text, "who else has read is the sender's to see"
    assert kinds_of(stc, found) == ["internal_sent", "document_read", "document_read"]
    with stc.inside():
        receipt = history.course(f"document:{found}")[1]
        row = internal_paper.of(found, stc.user("vanthu").id)
        assert receipt.actor_id == row.user_id and receipt.at == row.read_at, "the act of the reading is the receipt"
    assert stc.faults() == []


def test_art_4_1_a_a_file_opened_is_a_reading_and_a_file_comes_in_as_every_other(stc):
    writer = person(stc, "chuyenvien")
    sent = writer.client.post("/noi-bo/soan", content_type="multipart/form-data", data={
        "csrf_token": writer.token, **values(text=""), "files": [(io.BytesIO(pdf(3)), "lich.pdf"),
                                                               (io.BytesIO(pdf(4)), "kèm.pdf")]})
    assert sent.status_code == 303, sent.text
    found = int(sent.location.rpartition("/")[2])
    assert stc.files(found) == ["internal", "internal"]
    with stc.inside():
        file = attachment.of(found)[0].id
    assert person(stc, "truongphong").get(f"/tep/{found}/{file}").status_code == 200
    assert got(stc, found)["truongphong"]
    wrong = writer.client.post("/noi-bo/soan", content_type="multipart/form-data", data={
        "csrf_token": writer.token, **values(title="x"), "files": [(io.BytesIO(b"MZ not a pdf"), "a.pdf"),
                                                                   (io.BytesIO(pdf(5)), "tốt.pdf")]})
    assert wrong.status_code == 422 and "tốt.pdf" in wrong.text and "a.pdf: " in wrong.text
    kept = re.search(r'name="kept" value="([0-9a-f]{64})"', wrong.text)[1]
    assert "Ghi trích yếu" in wrong.text and "Các đồng chí xem lịch trực." in wrong.text
    again = writer.post("/noi-bo/soan", **values(kept=kept))
    assert stc.files(int(again.location.rpartition("/")[2])) == ["internal"], "the good file stayed with the form"
    other = person(stc, "chuyenvien2").post("/noi-bo/soan", **values(kept=kept))
    assert other.status_code == 422, "a hash opens no file of others"
    assert stc.faults() == []


def test_art_3_2_a_paper_that_must_not_be_entered_leaves_only_the_fact(stc):
    writer = person(stc, "chuyenvien")
    for one in ({"text": "TỐI MẬT\nKế hoạch"}, {"title": "Đơn khiếu nại của ông Nguyễn Văn A"}):
        answer = writer.post("/noi-bo/soan", **values(**one))
        assert answer.status_code == 422 and 'id="wrong-text"' in answer.text, one
    marked = writer.client.post("/noi-bo/soan", content_type="multipart/form-data", data={
        "csrf_token": writer.token, **values(), "files": [(io.BytesIO(pdf(6)), "Đơn tố cáo.pdf")]})
    assert marked.status_code == 422 and 'id="wrong-files"' in marked.text
    with stc.inside():
        assert db.session.scalar(db.select(db.func.count()).where(Document.direction == "internal")) == 0
        assert db.session.scalar(db.text("select count(*) from barred_entry")) == 3
    assert stc.faults() == []


WRONG = (
    ("kind", {"kind": "Không có"}), ("title", {"title": "ab"}), ("text", {"text": ""}), ("chosen", {"chosen": []}),
    ("chosen", {"chosen": ["unit:999", "all"]}), ("due_date", {"due_date": "2020-01-01"}),
    ("due_date", {"due_date": "mai"}), ("due_date", {"due_date": sunday()}),
    ("issued", {"kind": NUMBERED}), ("issued", {"kind": NUMBERED, "issued": "99"}),
    ("meeting_at", {"kind": MEETING, "place": "Phòng họp số 1"}), ("place", {"kind": MEETING, "meeting_at": soon()}),
    ("meeting_at", {"kind": MEETING, "meeting_at": "2020-01-01T08:00", "place": "Phòng họp"}))


def test_art_4_1_a_what_is_wrong_is_said_at_its_field_and_nothing_is_sent(stc):
    writer = person(stc, "chuyenvien")
    for field, other in WRONG:
        answer = writer.post("/noi-bo/soan", **values(**other))
        assert answer.status_code == 422 and f'id="wrong-{field}"' in answer.text, (field, other)
    with stc.inside():
        assert db.session.scalar(db.select(db.func.count()).where(Document.direction == "internal")) == 0


def test_art_4_1_a_units_roles_and_people_are_chosen_and_each_is_written_down(stc):
    with stc.inside():
        unit = stc.user("chuyenvien").unit_id
        head = stc.user("truongphong2").id
    found = send(stc, "vanthu", chosen=[f"unit:{unit}", "role:leader", f"user:{head}", f"user:{head}"])
    assert set(got(stc, found)) == {"truongphong", "chuyenvien", "chuyenvienb", "lanhdao", "pholanhdao", "truongphong2"}
    page = person(stc, "truongphong2").get(f"/noi-bo/{found}").text
    assert "Phòng Ngân sách" in page and "Lãnh đạo" in page and "Giàng Thị Sua" not in page


def test_art_4_1_a_only_sender_and_recipients_read_it_and_nobody_of_another_agency(stc):
    end_grants(stc)
    found = send(stc, chosen=[f"user:{stc.id_of('truongphong')}"])
    for name in ("lanhdao", "vanthu", "chanhvanphong", "chuyenvienb", "quantri", "thanhtra"):
        other = person(stc, name)
        for path in (f"/noi-bo/{found}", f"/van-ban/{found}", f"/lich-su/{found}",
                     f"/van-ban/{found}/phieu-giai-quyet.pdf"):
            assert other.get(path).status_code in (403, 404), (name, path)
        for path in ("thu-hoi", "nhac", "tra-loi"):
            assert other.post(f"/noi-bo/{found}/{path}", reason="Vì lý do thử").status_code in (403, 404), (name, path)
        if name not in ("quantri", "thanhtra"):
            assert "Lịch trực tuần 48" not in other.get("/van-ban").text + other.get("/noi-bo").text, name
    assert person(stc, "quantri").get("/noi-bo").status_code == 403
    assert person(stc, "thanhtra").get("/noi-bo").status_code == 403
    stranger = Browser(stc.app, "snv", "lanhdao")
    assert stranger.get(f"/noi-bo/{found}").status_code == 404
    assert "Lịch trực tuần 48" not in stranger.get("/noi-bo").text
    assert "Lịch trực tuần 48" in person(stc, "truongphong").get("/van-ban").text
    assert person(stc, "truongphong").get(f"/van-ban/{found}").location == f"/noi-bo/{found}"
    with stc.inside():
        today = local_date(datetime.now(UTC))
        reads = [one.username for one in db.session.scalars(db.select(type(stc.user("vanthu"))))
                 if right.may_read(one, db.session.get(Document, found), today)]
        assert sorted(reads) == ["chuyenvien", "truongphong"]
        assert stc.user("lanhdao").has("leader"), "a leader reads what comes and goes, and not what others exchange"


def test_art_10_3_an_auditor_reads_it_within_what_he_was_given(stc):
    end_grants(stc)
    found, other = send(stc), send(stc, kind="Lịch công tác", title="Lịch tuần")
    leader = person(stc, "lanhdao")
    given = leader.post("/lich-su/quyen-kiem-tra", auditor=stc.id_of("thanhtra"), until=in_days(3), type=PLAIN,
                        whole="", reason="Theo kế hoạch thanh tra")
    assert given.status_code == 303, given.text
    auditor = person(stc, "thanhtra")
    page = auditor.get(f"/noi-bo/{found}")
    assert page.status_code == 200 and "Đã đọc 0/9" in page.text
    assert auditor.get(f"/noi-bo/{other}").status_code == 404
    assert auditor.get(f"/lich-su/{found}").status_code == 200
    listed = auditor.get("/lich-su?chieu=internal").text
    assert "Lịch trực tuần 48" in listed and "Lịch tuần" not in listed
    assert not any(got(stc, found).values()), "an auditor's reading is no receipt"
    assert stc.faults() == []


def test_art_4_1_a_taken_back_before_it_was_opened_it_is_gone_and_after_it_is_marked(stc):
    found = send(stc)
    reader, late, writer = person(stc, "vanthu"), person(stc, "truongphong"), person(stc, "chuyenvien")
    reader.get(f"/noi-bo/{found}")
    writer.post(f"/noi-bo/{found}/nhac", text="Đọc trong sáng nay")
    assert late.get("/").text.count("Đọc trong sáng nay") == 1
    assert writer.post(f"/noi-bo/{found}/thu-hoi", reason="x").status_code == 422
    assert reader.post(f"/noi-bo/{found}/thu-hoi", reason="Nhầm lịch").status_code == 403
    for _ in range(2):
        assert writer.post(f"/noi-bo/{found}/thu-hoi", reason="Nhầm lịch tuần").status_code == 303
    assert kinds_of(stc, found).count("internal_called_back") == 1
    assert "Nhầm lịch tuần" in reader.get(f"/noi-bo/{found}").text
    assert late.get(f"/noi-bo/{found}").status_code == 404
    assert "Lịch trực tuần 48" not in late.get("/noi-bo").text + late.get("/").text
    assert writer.post(f"/noi-bo/{found}/nhac", text="").status_code == 403
    assert stc.faults() == []


def test_art_10_4_who_has_not_read_is_urged_once_in_the_same_words(stc):
    found = send(stc)
    person(stc, "vanthu").get(f"/noi-bo/{found}")
    writer = person(stc, "chuyenvien")
    for _ in range(2):
        assert writer.post(f"/noi-bo/{found}/nhac", text="Đọc trước 9 giờ").status_code == 303
    with stc.inside():
        told = notice.open_on(found)
        assert len(told) == 8 and {one.kind for one in told} == {"urged"}
        assert stc.user("vanthu").id not in {one.to_user_id for one in told}
    assert kinds_of(stc, found).count("urged") == 1
    assert "đã nhắc" in writer.get(f"/noi-bo/{found}").text
    head = person(stc, "truongphong")
    key = re.search(r'name="notice" value="(\d+)"', head.get("/").text)[1]
    assert head.post("/thong-bao", notice=key).status_code == 200
    assert "notice_confirmed" in kinds_of(stc, found)
    other = person(stc, "truongphong2")
    assert "Đọc trước 9 giờ" in other.get("/").text
    other.get(f"/noi-bo/{found}")
    assert "Đọc trước 9 giờ" not in other.get("/").text, "who has read it is urged no longer"
    assert stc.faults() == []


def test_art_4_1_a_a_kind_that_bears_a_number_goes_with_the_document_that_has_it(stc):
    issued = stc.begin()
    stc.approved(issued)
    stc.sign(issued)
    writer = person(stc, "chuyenvien")
    assert f'value="{issued}"' not in writer.get("/noi-bo/soan").text, "not signed by the agency yet"
    stc.seal(issued)
    worker.run_due(stc.app)
    with stc.inside():
        reference = db.session.get(Document, issued).reference
    assert f"<option value=\"{issued}\" selected>{reference}" in writer.get(f"/noi-bo/soan?van-ban={issued}").text
    found = send(stc, kind=NUMBERED, text="", issued=str(issued))
    assert stc.files(found) == ["internal"]
    with stc.inside():
        assert attachment.of(found)[0].sha256 == attachment.latest(issued, "signed").sha256
        assert db.session.get(Document, found).code_number == "", "one document, one number"
    page = person(stc, "chuyenvien2b").get(f"/noi-bo/{found}").text
    assert reference in page and f"/van-ban/{issued}" not in page, "the number, and no door to what is not his"
    assert stc.faults() == []


def test_art_4_1_a_kinds_and_their_rule_are_data_of_the_agency_changed_with_a_reason(stc):
    clerk, writer = person(stc, "vanthu"), person(stc, "chuyenvien")
    free = {"name": NUMBERED, "is_used": "1", "reason": "Thông báo nội bộ không cấp số"}
    assert clerk.post("/noi-bo/loai", **free).status_code == 303
    send(stc, kind=NUMBERED)
    assert clerk.post("/noi-bo/loai", name="Lịch công tác", reason="Dùng trang lịch riêng").status_code == 303
    assert "Lịch công tác" not in writer.get("/noi-bo/soan").text
    own = {"name": "Phiếu trình nội bộ", "is_used": "1", "reason": "Theo quy chế làm việc"}
    assert clerk.post("/noi-bo/loai", **own).status_code == 303
    send(stc, kind="Phiếu trình nội bộ")
    page = clerk.get("/noi-bo/loai").text
    assert "Theo quy chế làm việc" in page and "Thông báo nội bộ không cấp số" in page
    assert Browser(stc.app, "snv", "vanthu").get("/noi-bo/loai").text.count("Phiếu trình nội bộ") == 0
    at = datetime.now(UTC)
    with stc.inside():
        assert not internal_kind.put(stc.user("vanthu"), Kind("phiếu trình nội bộ"), "Ghi lại lần nữa", at)
        for who, name, why, wrong in (("chuyenvien", "Loại khác", "Vì lý do thử", NotKindKeeper),
                                      ("vanthu", "a", "Vì lý do thử", InternalKindWrong),
                                      ("vanthu", "Loại khác", "", InternalKindWrong)):
            with pytest.raises(wrong):
                internal_kind.put(stc.user(who), Kind(name), why, at)
    assert stc.faults() == []


def test_art_4_1_a_sent_twice_at_once_it_is_sent_once(stc):
    seed, at = str(uuid.uuid4()), datetime.now(UTC)

    def send_it(_turn):
        with stc.inside():
            return rule.send(stc.user("chuyenvien"), rule.Paper(PLAIN, "Lịch trực", "Xem lịch", ["all"]), at, seed)

    with ThreadPoolExecutor(4) as many:
        assert len(set(many.map(send_it, range(8)))) == 1
    with stc.inside():
        assert db.session.scalar(db.select(db.func.count()).where(Document.direction == "internal")) == 1


def test_art_4_1_a_many_open_it_at_once_while_it_is_taken_back_and_the_chain_holds(stc):
    found, at = send(stc), datetime.now(UTC)
    names = ["lanhdao", "pholanhdao", "vanthu", "truongphong", "truongphong2", "chuyenvienb", "chuyenvien2"]

    def act(name):
        with stc.inside():
            user = stc.user(name)
            if name == "chuyenvien":
                return rule.call_back(found, user, "Gửi nhầm tuần", at)
            try:
                return reading.note(right.find(found, user, local_date(at)), user, "page", at)
            except NotFound:
                return None

    with ThreadPoolExecutor(4) as many:
        told = dict(zip(["a", *names], many.map(act, ["chuyenvien", *names]), strict=True))
    read = {name for name, is_read in got(stc, found).items() if is_read}
    assert read == {name for name in names if told[name]}
    assert stc.faults() == []


def test_art_4_1_a_a_receipt_that_could_not_be_written_at_once_bears_the_time_of_the_reading(stc):
    found, at = send(stc), datetime.now(UTC)
    held, let_go = threading.Event(), threading.Event()

    def hold():
        with stc.inside():
            assert lock_of_document(found) is None
            held.set()
            let_go.wait(20)

    busy = threading.Thread(target=hold)
    busy.start()
    held.wait(20)
    with stc.inside():
        user = stc.user("vanthu")
        assert reading.note(db.session.get(Document, found), user, "page", at), "a job writes it"
        assert internal_paper.of(found, user.id).read_at is None
    let_go.set()
    busy.join()
    worker.run_due(stc.app)
    with stc.inside():
        assert internal_paper.of(found, stc.user("vanthu").id).read_at == at
    assert stc.faults() == []


def test_art_4_1_a_one_finds_again_what_one_got_and_sent_and_nothing_else(stc):
    rota = send(stc, text="Phân công trực ban tại trụ sở")
    other = send(stc, who="lanhdao", title="Kế hoạch tập huấn", text="Tài liệu nghiệp vụ",
                 chosen=[f"user:{stc.id_of('chuyenvien')}"])
    clerk, officer = person(stc, "vanthu"), person(stc, "chuyenvien")

    def found(who, **asked):
        page = who.get("/noi-bo", query_string=asked).text
        return [one for one in (rota, other) if f'/noi-bo/{one}"' in page]

    for words, there in (("lich truc", [rota]), ("trụ sở", [rota]), ("tuần 48 trực ban", [rota]), ("tap huan", [])):
        assert found(clerk, tim=words) == there, words
    assert found(officer, tim="tập huấn") == [other] and found(officer, tim="tập huấn", muc="gui") == []
    assert found(officer, tim="trụ sở", muc="gui") == [rota]
    with stc.inside():
        leader = stc.user("lanhdao").full_name
    assert found(officer, tim=leader) == [other], "by who sent it"
    assert "Không có văn bản nội bộ nào có các từ này" in clerk.get("/noi-bo?tim=tập huấn").text
    assert person(stc, "chuyenvien").post(f"/noi-bo/{rota}/thu-hoi", reason="Gửi nhầm lịch").status_code == 303
    assert found(clerk, tim="lich truc") == [], "taken back before it was opened"
