"""Copies of documents: their number, form, sheet and signature (NĐ 30/2020 Đ25 to 27, Đ32; Appendix I part II)."""

import hashlib
import io
import json
import re
import subprocess
import sys
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pikepdf
import pypdfium2
import pytest
from doors import Browser
from fakes import printed
from lxml import html
from steps import Office, quick, this_year

from app import worker
from app.db import db
from app.demo.people import PIN
from app.engine import evidence
from app.records import attachment, certified_copy, history, register_book
from app.records.calendar import local_date
from app.records.document import Document
from app.regulation import layout
from app.tools.pdfium import LOCK

LETTER = ((85, 100, "Ủy ban nhân dân tỉnh"), (85, 140, "Điều 1. Điều khoản thứ nhất"))
MIDDLE = ((85, 100, "Điều 2. Điều khoản phải giữ kín"), (85, 400, "Điều 3. Điều khoản cần trích"))
END = ((85, 100, "Nơi nhận"), (340, 140, "CHỦ TỊCH"))


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def paper(stc):
    """A paper of three pages, scanned and registered."""
    found = stc.hand_in("vanthu", printed(LETTER, MIDDLE, END), "cong van.pdf")
    worker.run_due(stc.app)
    stc.verify(found)
    return found


def wish(office, document_id, **other):
    """What the form of the page sends."""
    with office.inside():
        file = next(one for one in attachment.of(document_id) if one.kind in ("scan", "signed"))
        return {"kind": "certified", "form": "paper", "file": file.id, "recipients": "Như trên;\nKho bạc Nhà nước",
                "amount": 3, "signer": office.user("pholanhdao").id, "reason": "Gửi các đơn vị thực hiện",
                "pages": "", "part": "", "seed": str(uuid.uuid4()), **other}


def ask(office, who, document_id, **other):
    """The id of the copy that the person asks for."""
    answer = Browser(office.app, "stc", who).post(f"/van-ban/{document_id}/sao", **wish(office, document_id, **other))
    assert answer.status_code == 303, answer.text
    return int(answer.location.rpartition("/")[2])


def state(office, copy_id):
    """Its row, apart from the session."""
    with office.inside():
        row = certified_copy.get(copy_id)
        return row.status, row.reference, row.file_id


def text_of(data):
    """The text of each page."""
    with LOCK:
        document = pypdfium2.PdfDocument(data)
        try:
            return [page.get_textpage().get_text_bounded() for page in document]
        finally:
            document.close()


def test_nd_30_d27_the_leader_decides_the_clerk_makes_and_a_paper_bears_its_sheet(stc, paper):
    officer, clerk, leader = (Browser(stc.app, "stc", who) for who in ("chuyenvien", "vanthu", "lanhdao"))
    with stc.inside():
        before = [(file.kind, file.sha256) for file in attachment.of(paper)]
    given = wish(stc, paper)
    assert clerk.get(f"/van-ban/{paper}/sao").status_code == 200
    look = clerk.get(f"/van-ban/{paper}/sao", query_string=given)
    assert look.status_code == 200 and "Đề nghị sao như sau?" in look.text
    shown = clerk.get(f"/van-ban/{paper}/sao/xem-truoc", query_string=given)
    assert "SAO Y" in text_of(shown.data)[-1] and "/SY-STC" in text_of(shown.data)[-1]
    answers = [clerk.post(f"/van-ban/{paper}/sao", **given) for _ in range(2)]  # a double click
    assert answers[0].location == answers[1].location
    copy_id = int(answers[0].location.rpartition("/")[2])
    page = f"/ban-sao/{copy_id}"
    assert Browser(stc.app, "snv", "vanthu").get(page).status_code == 404  # behind the wall
    for person, door, status in ((officer, "quyet-dinh", 404), (clerk, "quyet-dinh", 403), (clerk, "lam", 409),
                                 (leader, "lam", 403)):
        assert person.post(f"{page}/{door}", decision="allow").status_code == status, door
    assert "Cho phép sao" in leader.get(page).text and "Chờ bạn" in leader.get("/ban-sao").text
    assert leader.post(f"{page}/quyet-dinh", decision="refuse", reason="x").status_code == 422
    assert leader.post(f"{page}/quyet-dinh", decision="allow").status_code == 303
    assert leader.post(f"{page}/quyet-dinh", decision="allow").status_code == 409
    assert [clerk.post(f"{page}/lam").status_code for _ in range(2)] == [303, 409]
    assert state(stc, copy_id) == ("made", "01/SY-STC", None)
    made = clerk.get(f"{page}/ban-in").data
    pages = text_of(made)
    said = " ".join(pages[-1].split())
    today = layout.format_date("Lào Cai", local_date(datetime.now(UTC)))
    for part in ("SAO Y", "Số: 01/SY-STC", today, "Nơi nhận:", "- Như trên;", "- Kho bạc Nhà nước;", "- Lưu: VT.",
                 "KT. GIÁM ĐỐC"):
        assert part in said, part
    assert len(pages) == 3 and "CHỦ TỊCH" in pages[-1]  # on the last page, where there is room
    with stc.inside():
        assert [(file.kind, file.sha256) for file in attachment.of(paper)] == before
        told = [(act.kind, act.label) for act in history.course(f"document:{paper}") if act.kind.startswith("copy_")]
    assert told == [("copy_asked", "SAO Y"), ("copy_decided", "SAO Y"), ("copy_made", "SAO Y 01/SY-STC")]
    assert stc.faults() == []


def made(office, document_id, pin=PIN, **other):
    """The id of a copy that a leader asked for and the clerk has made."""
    copy_id = ask(office, "lanhdao", document_id, **other)
    assert Browser(office.app, "stc", "vanthu").post(f"/ban-sao/{copy_id}/lam", pin=pin).status_code == 303
    return copy_id


def pdfsig(data, folder):
    """What poppler says of the signatures."""
    place = folder / "copy.pdf"
    place.write_bytes(data)
    return subprocess.run(["pdfsig", str(place)], capture_output=True, text=True).stdout


def test_nd_30_d25_1_c_an_electronic_copy_of_a_paper_is_the_scan_with_the_agencys_text_only_signature(
        stc, paper, tmp_path):
    copy_id = ask(stc, "lanhdao", paper, form="electronic")
    clerk, tools = Browser(stc.app, "stc", "vanthu"), stc.app.extensions["tools"]
    page = clerk.get(f"/ban-sao/{copy_id}").text
    assert "Ký số của cơ quan" in page and "Mã PIN" in page
    assert b"/Type" in clerk.get(f"/ban-sao/{copy_id}/ban-in").data  # the look at it before it is signed
    for pin, words in (("", "Nhập mã PIN"), ("000000", "Mã PIN không đúng"), ("9" * 65, "Nhập mã PIN")):
        refused = clerk.post(f"/ban-sao/{copy_id}/lam", pin=pin)
        assert refused.status_code == 422 and words in refused.text, pin
    with stc.inside():
        assert register_book.of_year("copy", this_year()) == []  # no number was taken
    assert [clerk.post(f"/ban-sao/{copy_id}/lam", pin=PIN).status_code for _ in range(2)] == [303, 409]
    status, reference, file_id = state(stc, copy_id)
    assert (status, reference) == ("made", "01/SY-STC") and stc.files(paper).count("copy") == 1
    data = clerk.get(f"/tep/{paper}/{file_id}").data
    with stc.inside():
        scan = attachment.latest(paper, "scan")
        assert data.startswith(tools.blobs.read(scan.sha256))
        name = stc.user("vanthu").agency.name
        inputs = [told for _, told in history.latest(history.Act.kind == "copy_made", limit=5)]
        assert [(one["number"], one["level"]) for one in inputs] == [(1, "B-LT")] and PIN not in str(inputs)
    [report] = tools.signer.verify(data)
    assert report["problems"] == [] and report["is_agency"]
    said = pdfsig(data, tmp_path)
    assert said.count("Signature is Valid") == 1 and said.count("Signature #") == 1
    shown = [line for line in text_of(_flat(data))[0].splitlines() if line.strip()]
    assert "SAO Y" in shown and name in shown  # the form, the agency, the time in Viet Nam; no number
    assert any(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+07:00", line) for line in shown)
    assert "01/SY" not in "".join(shown)
    assert stc.faults() == []


def _flat(data):
    """With what signatures show made part of the page: pdfium reads no text of fields."""
    with pikepdf.open(io.BytesIO(data)) as document:
        document.flatten_annotations("all")
        sink = io.BytesIO()
        document.save(sink)
    return sink.getvalue()


def test_nd_30_d25_an_electronic_original_goes_to_paper_and_not_to_another_electronic_copy(stc):
    found = stc.begin()
    clerk = Browser(stc.app, "stc", "vanthu")
    assert clerk.post(f"/van-ban/{found}/sao", kind="certified").status_code == 409  # a draft
    stc.approved(found)
    stc.sign(found)
    stc.seal(found)
    refused = clerk.post(f"/van-ban/{found}/sao", **wish(stc, found, form="electronic"))
    assert refused.status_code == 422 and "hãy chuyển tiếp nguyên bản" in refused.text
    copy_id = made(stc, found)
    page = clerk.get(f"/ban-sao/{copy_id}/ban-in").data
    assert "SAO Y" in text_of(page)[-1] and b"/ByteRange" not in page  # what is printed bears the pictures only
    electronic = made(stc, found, kind="extract", form="electronic", part="Điều 1", pages="1 (0-60)")
    data = clerk.get(f"/tep/{found}/{state(stc, electronic)[2]}").data
    assert [one["problems"] for one in stc.app.extensions["tools"].signer.verify(data)] == [[]]
    assert state(stc, electronic)[1] == "02/TrS-STC" and stc.faults() == []
    with stc.inside():  # taken back: frozen
        db.session.get(Document, found).status = "withdrawn"
        db.session.commit()
    assert clerk.post(f"/van-ban/{found}/sao", **wish(stc, found)).status_code == 409


def test_nd_30_d25_2_a_copy_is_recopied_only_from_a_certified_one(stc, paper):
    clerk = Browser(stc.app, "stc", "vanthu")
    refused = clerk.post(f"/van-ban/{paper}/sao", **wish(stc, paper, kind="recopied"))
    assert refused.status_code == 422 and "xác nhận tệp đã chọn là bản sao y" in refused.text
    electronic = made(stc, paper, form="electronic")
    with stc.inside():
        own = attachment.latest(paper, "copy").id
    for other in ({"kind": "certified", "file": own}, {"kind": "recopied", "file": own, "form": "electronic"}):
        assert clerk.post(f"/van-ban/{paper}/sao", **wish(stc, paper, **other)).status_code == 422, other
    again = made(stc, paper, kind="recopied", file=own)
    assert "SAO LỤC" in text_of(clerk.get(f"/ban-sao/{again}/ban-in").data)[-1]
    told = made(stc, paper, kind="recopied", is_copy="1")  # the paper itself is one, as the person says
    assert [state(stc, one)[1] for one in (electronic, again, told)] == ["01/SY-STC", "02/SL-STC", "03/SL-STC"]
    assert stc.faults() == []


def test_nd_30_d25_3_an_extract_holds_the_head_and_its_parts_and_nothing_of_the_rest(stc, paper):
    clerk = Browser(stc.app, "stc", "vanthu")
    for pages in ("", "2", "1-3", "1, 1", "1, 4", "1 (60-20)", "3, 1", "một", "1-3 (0-10)"):
        refused = clerk.post(f"/van-ban/{paper}/sao", **wish(stc, paper, kind="extract", part="Điều 3", pages=pages))
        assert refused.status_code == 422 and "Ghi đúng các trang" in refused.text, pages
    copy_id = made(stc, paper, kind="extract", form="electronic", part="Điều 3", pages="1, 2 (40-100), 3")
    data = clerk.get(f"/tep/{paper}/{state(stc, copy_id)[2]}").data
    with LOCK:
        document = pypdfium2.PdfDocument(data)
        assert len(document) == 3
        shown = document[1].render(scale=1, grayscale=True).to_numpy()
        document.close()
    assert "giữ kín" not in "".join(text_of(data)) and "Điều 1" in text_of(data)[0] and "CHỦ TỊCH" in text_of(data)[2]
    assert (shown[:300] > 200).all() and (shown[380:420] < 128).any()
    assert stc.faults() == []


def test_nd_30_pl_i_numbers_of_copies_are_one_series_without_gap_when_64_are_made_at_once(stc, paper):
    ids = [ask(stc, "lanhdao", paper, kind=kind, is_copy="1", part="Điều 3", pages="1" if kind == "extract" else "")
           for kind in ("certified", "recopied", "extract") * 22][:64]
    clerks = [Browser(stc.app, "stc", "vanthu") for _ in range(3)]  # as many as one person may be logged in
    for clerk in clerks:
        assert clerk.token

    def press(hand):
        return [clerks[hand % 3].post(f"/ban-sao/{ids[place // 2]}/lam").status_code for place in range(hand, 128, 8)]

    with ThreadPoolExecutor(8) as hands:
        answers = sum(hands.map(press, range(8)), [])  # each by two of them
    assert sorted(answers) == [303] * 64 + [409] * 64
    with stc.inside():
        [book] = register_book.of_year("copy", this_year())
        assert [one.entry.number for one in certified_copy.numbered(book.id)] == list(range(1, 65))
        assert {one.kind for one in certified_copy.numbered(book.id)} == {"certified", "recopied", "extract"}
        found = register_book.ledger(book.id)
        assert (found.given, found.last, found.missing) == (64, 64, [])
    assert stc.faults() == []


def test_nd_30_d15_a_spoiled_copy_keeps_its_number_with_the_reason(stc, paper):
    clerk, head = Browser(stc.app, "stc", "vanthu"), Browser(stc.app, "stc", "lanhdao")
    first, second = made(stc, paper), made(stc, paper, form="electronic")
    assert clerk.post(f"/ban-sao/{first}/huy", reason="x").status_code == 422
    assert head.post(f"/ban-sao/{first}/huy", reason="Bản in bị nhòe").status_code == 409
    assert [clerk.post(f"/ban-sao/{first}/huy", reason="Bản in bị nhòe").status_code for _ in "12"] == [303, 409]
    assert clerk.post(f"/ban-sao/{second}/huy", reason="Bản in bị nhòe").status_code == 409  # it is signed
    third = ask(stc, "lanhdao", paper)
    assert clerk.post(f"/ban-sao/{third}/huy", reason="Không cần nữa").status_code == 303
    assert clerk.post(f"/ban-sao/{third}/lam").status_code == 409
    assert [clerk.get(f"/ban-sao/{one}/ban-in").status_code for one in (first, second, third)] == [409, 200, 409]
    page = clerk.get(f"/so/sao/doi-soat?nam={this_year()}").text
    assert "01/SY-STC" in page and "02/SY-STC" in page and "Bản in bị nhòe" in page
    with stc.inside():
        [book] = register_book.of_year("copy", this_year())
        found = register_book.ledger(book.id)
        assert (found.given, [row.number for row in found.voided], found.missing) == (2, [1], [])
    assert clerk.get(f"/so/sao/{book.id}/in.xlsx").status_code == 200
    assert stc.faults() == []
    assert stc.faults("update certified_copy set reference = '9/SY-STC' where id = 1") == [("record", "document:1")]


def test_nd_30_d27_what_may_not_be_copied_is_refused(stc, paper):
    clerk = Browser(stc.app, "stc", "vanthu")
    fresh = stc.hand_in("vanthu", printed(LETTER), "moi.pdf")
    assert clerk.post(f"/van-ban/{fresh}/sao", **wish(stc, fresh)).status_code == 409  # not registered
    assert Browser(stc.app, "stc", "chuyenvien").post(f"/van-ban/{paper}/sao", kind="certified").status_code == 404
    assert Browser(stc.app, "stc", "quantri").get(f"/van-ban/{paper}/sao").status_code == 404
    for wrong in ({"kind": "x"}, {"form": "x"}, {"file": 10**9}, {"recipients": " "}, {"amount": 0}, {"reason": "x"},
                  {"signer": 10**9}, {"recipients": "a" * 201}):
        assert clerk.post(f"/van-ban/{paper}/sao", **wish(stc, paper, **wrong)).status_code == 422, wrong
    ordered = ask(stc, "lanhdao", paper)
    with stc.inside():
        db.session.get(Document, paper).status = "recalled"
        db.session.commit()
    assert clerk.post(f"/ban-sao/{ordered}/lam").status_code == 409
    assert Browser(stc.app, "stc", "lanhdao").post(f"/van-ban/{paper}/sao", **wish(stc, paper)).status_code == 409


def test_art_10_3_the_history_tells_of_copies_in_words_and_by_name(stc, paper):
    refused = ask(stc, "vanthu", paper)
    leader = Browser(stc.app, "stc", "lanhdao")
    assert leader.post(f"/ban-sao/{refused}/quyet-dinh", decision="refuse", reason="Không cần").status_code == 303
    made(stc, paper, form="electronic")
    steps, = html.fromstring(leader.get(f"/lich-su/{paper}").text).xpath("//ol[@class='steps']")
    page = " ".join(" ".join(steps.itertext()).split())
    with stc.inside():
        names = [stc.user(one).full_name for one in ("vanthu", "lanhdao", "pholanhdao")]
    for words in ("Không cho phép", "Không được sao", "Đã sao", "Khóa ký lưu ở máy chủ", "Mức chữ ký",
                  f"Người đề nghị.{{0,9}}{names[0]}", f"Người ký bản sao.{{0,9}}{names[2]}"):
        assert re.search(words, page), words
    for code in ("refuse", "refused", "asked", "certified", "electronic", "level"):
        assert not re.search(rf"\b{code}\b", page), code


def test_art_10_3_a_document_with_copies_is_replayed_bundled_and_goes_on_to_its_end(stc, paper, tmp_path):
    made(stc, paper, form="electronic")
    stc.assign(paper)
    second = made(stc, paper)
    stc.handle(paper)
    assert stc.ended(paper)  # replay gives every state again
    with stc.inside():
        target = io.BytesIO()
        evidence.write(db.session.get_one(Document, paper), stc.app.extensions["tools"], datetime.now(UTC), target)
    with zipfile.ZipFile(target) as pack:
        pack.extractall(tmp_path / "bundle")
        files = [hashlib.sha256(pack.read(name)).hexdigest() for name in pack.namelist()]
    with stc.inside():
        copy = attachment.latest(paper, "copy").sha256
    assert copy in files
    signed = json.loads((tmp_path / "bundle/manifest.json").read_text())["signed"]
    assert [name[6:70] for name in signed] == [copy], "its signature is checked with the others"
    call = [sys.executable, "-I", "-S", "verify.py"]
    ran = subprocess.run(call, cwd=tmp_path / "bundle", capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout
    history_page = Browser(stc.app, "stc", "lanhdao").get(f"/van-ban/{paper}").text
    assert "Cấp số, làm bản sao" in history_page and "SAO Y 02/SY-STC" in history_page
    with stc.inside():  # a copy is given up after its document is closed, too
        assert db.session.get(Document, paper).status == "closed"
    clerk = Browser(stc.app, "stc", "vanthu")
    assert clerk.post(f"/ban-sao/{second}/huy", reason="Bản in bị nhòe").status_code == 303
    assert stc.faults() == []
