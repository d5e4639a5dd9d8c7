"""S6, S7, "Bad input": what is wrong is said in Vietnamese where the person is; what was typed is kept.

Files go through POST /tep, values through the task page's two doors, facts of a draft through its form.
"""

import errno
import io
import json
import logging
import re
import uuid
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pikepdf
import pytest
from doors import Browser, count, drawn, open_task
from fakes import pdf
from steps import Office, draft, quick, signed_pdf

from app import create_app, worker
from app.db import db
from app.engine.task import Task
from app.records import attachment
from app.records.attachment import Upload
from app.records.document import Document
from app.records.history import ActContent
from app.regulation.incoming import receive
from app.tools import xlsx_table
from app.tools.blobs import Blobs

VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED_PDF = (
    b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n"
    b"trailer\n<</Root 1 0 R/Size 4/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4"
    b"/O<" + b"11" * 32 + b">/U<" + b"22" * 32 + b">>>>>\nstartxref\n0\n%%EOF\n"
)


def with_part(name, content):
    """A DOCX with one more part."""
    source, sink = zipfile.ZipFile(io.BytesIO(draft())), io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(entry, source.read(entry))
        target.writestr(name, content)
    return sink.getvalue()


#: name, content, status, a word that says what to do or what is wrong
BAD_FILES = [
    ("a.docx", b"<html>x</html>", 422, "đúng loại"),
    ("a.pdf", draft(), 422, "phần mở rộng"),
    ("a.png", pdf(), 422, "phần mở rộng"),
    ("a.exe", b"MZ\x90\0", 422, "Hãy dùng"),
    ("a.svg", b"<svg/>", 422, "Hãy dùng"),
    ("khong duoi", pdf(), 422, "mở rộng"),
    ("a.pdf", b"", 422, "rỗng"),
    ("a.pdf", pdf()[:-80], 422, "quét"),
    ("a.docx", draft()[:-900], 422, "hỏng"),
    ("a.pdf", LOCKED_PDF, 422, "bỏ mật khẩu"),
    ("a.docx", OLE + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le"), 422, "bỏ mật khẩu"),
    ("a.doc", OLE + b"\0" * 600, 422, ".docx"),
    ("a.docx", with_part("word/vbaProject.bin", b"x"), 422, "macro"),
    ("a.docx", with_part("word/media/a.bin", b"\0" * (60 * 1024 * 1024)), 413, "giải nén"),
    ("a.docx", with_part("../../evil", b"x"), 422, "không an toàn"),
    ("../../etc/a.pdf", pdf(), 422, "Tên tệp"),
    ("a\x07.pdf", pdf(), 422, "Tên tệp"),
    ("\u202efdp.exe.pdf", pdf(), 422, "Tên tệp"),
    ("x" * 300 + ".pdf", pdf(), 422, "Tên tệp"),
    ("..", pdf(), 422, "Tên tệp"),
    ("a.pdf", pdf() + b"\n" * 3_000_000 + b"%%EOF", 413, "Hãy giảm dung lượng"),
    ("a.pdf", b"%PDF-1.4" + b" " * 5_000_000, 413, "2 MB"),
]


@pytest.fixture
def office(world):
    quick(world.app)
    return Office(world.app)


def blobs(app):
    """What lies in the store, half-written files too."""
    folder = app.extensions["tools"].blobs.folder
    return sorted(str(path) for path in folder.rglob("*") if path.is_file())


def test_bad_files_are_refused_in_words_and_leave_nothing(world):
    app = create_app(replace(world.config, max_upload_bytes=2 * 1024 * 1024))
    clerk, office = Browser(app, "stc", "vanthu"), Office(app)
    for name, data, status, word in BAD_FILES:
        answer = clerk.upload(data, name)
        assert (answer.status_code, answer.is_json) == (status, True), (name[:30], answer.text)
        said = answer.json["error"]
        assert word in said and VIETNAMESE.search(said) and "%(" not in said, (name[:30], said)
    for body in ({}, {"file": "chữ"}):
        answer = clerk.client.post("/tep", data=body, headers=clerk.script)
        assert (answer.status_code, answer.json["error"]) == (422, "Chưa chọn tệp.")
    assert blobs(app) == [] and count(office, Upload) == [0]
    good = clerk.upload(pdf(), "thư đến.pdf")  # and the door is not simply shut
    assert good.json["name"] == "thư đến.pdf" and count(office, Upload) == [1] and len(blobs(app)) == 1


def test_a_hash_opens_no_file_of_others(office):
    """Of another person, of another agency, of nobody, and no hash at all."""
    theirs = office.upload("chuyenvien", pdf(5), "a.pdf")
    foreign = Office(office.app, "snv").upload("vanthu", pdf(6), "a.pdf")
    with office.inside():
        clerk = office.user("vanthu")
        receive.begin(clerk, datetime.now(UTC), uuid.uuid4())
    task, clerk = open_task(office, "receive_paper"), Browser(office.app, "stc", "vanthu")
    for sha256 in (theirs, foreign, "a" * 64, "\0" * 64, "../" * 21 + "x", 5, None):
        answer = clerk.complete(task, scan=sha256)
        assert answer.status_code == 422 and VIETNAMESE.search(answer.json["message"]), answer.text
    assert open_task(office, "receive_paper") == task


def test_values_of_a_form_are_refused_at_their_fields_and_kept_as_typed(office):
    document = office.take_in()
    clerk, task = Browser(office.app, "stc", "vanthu"), open_task(office, "verify", document)
    foreign = Office(office.app, "snv").id_of("lanhdao")
    typed = {"subject": "Về việc góp ý", "organ_name": "Sở Y tế " * 40, "code_notation": 7, "decision": "register",
             "issued_date": "32/13/2026", "page_amount": "năm", "type_name": "Thư tình", "leader_id": foreign,
             "register_id": ["1"], "priority": "9", "code_number": "1\x002"}
    saved = clerk.save(task, **typed)
    assert saved.status_code == 200
    task = (task[0], saved.json["version"])
    answer = clerk.complete(task, **typed, typename="X", data_objects={}, la="lạ")
    assert answer.status_code == 422 and VIETNAMESE.search(answer.json["message"])
    errors = answer.json["errors"]
    wrong = {"organ_name", "code_notation", "issued_date", "page_amount", "type_name", "leader_id", "register_id",
             "priority", "code_number"}
    assert wrong | {"typename", "data_objects", "la"} == set(errors), errors
    assert all(VIETNAMESE.search(text) for found in errors.values() for text in found), errors
    with office.inside():
        row = db.session.get(Task, task[0])
        assert row.status == "open" and row.draft["subject"] == typed["subject"]
        assert db.session.get(Document, document).subject == ""
    assert drawn(clerk.get(f"/viec/{task[0]}"))["values"]["subject"] == "Về việc góp ý"


def test_art_9_1_b_a_draft_without_its_places_is_refused_at_its_field(office):
    document = office.begin()
    officer, task = Browser(office.app, "stc", "chuyenvien"), open_task(office, "draft", document)
    file = officer.upload(draft(number="Về việc thử"), "du thao.docx").json["sha256"]
    answer = officer.complete(task, subject="V/v thử", approver_id=office.id_of("lanhdao"), priority="0",
                              draft_file=file, decision="submit")
    assert answer.status_code == 422 and "Số: …" in answer.json["errors"]["draft_file"][0], answer.json
    assert open_task(office, "draft", document) == task
    stranger = Browser(office.app, "stc", "chuyenvien2b").complete(task, draft_file=file, decision="submit")
    assert stranger.status_code == 404


def test_art_9_1_b_what_goes_with_a_draft_is_joined_behind_it_and_a_signed_file_is_refused_at_its_field(office):
    document, names = office.begin(), ("Phụ lục I.docx", "Phụ lục II.pdf", "Bảng kê.pdf")
    officer, task = Browser(office.app, "stc", "chuyenvien"), open_task(office, "draft", document)
    first, second, third, signed = (
        officer.upload(data, name).json["sha256"] for data, name in zip(
            (draft("Phụ lục"), pdf(5), pdf(6), signed_pdf(office.app)), (*names, "Đã ký.pdf"), strict=True))
    values = {"subject": "V/v thử", "approver_id": office.id_of("lanhdao"), "priority": "0", "decision": "submit",
              "draft_file": officer.upload(draft(), "du thao.docx").json["sha256"]}
    answer = officer.complete(task, **values, appendices=[first, signed])
    assert answer.status_code == 422 and "đã ký số" in answer.json["errors"]["appendices"][0], answer.json
    table = officer.upload(xlsx_table.build("Bảng kê", ["Bảng kê"], ["Ngày"], [["hôm nay"]], [40]), "Bảng kê.xlsx")
    answer = officer.complete(task, **values, appendices=[first, table.json["sha256"]])
    assert answer.status_code == 422 and "hãy lưu thành PDF" in answer.json["errors"]["appendices"][0], answer.json
    assert officer.complete(task, **values, appendices=[first, second]).status_code == 200
    office.do("truongphong", "review", {"decision": "return", "opinion": "Thay phụ lục II"}, document)
    task = open_task(office, "draft", document)
    assert drawn(officer.get(f"/viec/{task[0]}"))["values"]["appendices"] == [first, second]
    assert officer.complete(task, **values, appendices=[first, third]).status_code == 200
    office.do("truongphong", "review", {"decision": "accept"}, document)
    office.do("lanhdao", "approve", {"decision": "approve"}, document)
    worker.run_due(office.app)
    with office.inside():
        files = {file.name: file.kind for file in attachment.of(document)}
        assert [files[name] for name in names] == ["appendix", "appendix_old", "appendix"]
        final = office.app.extensions["tools"].blobs.read(attachment.latest(document, "final").sha256)
        with pikepdf.open(io.BytesIO(final)) as made, made.open_outline() as outline:
            assert len(made.pages) == 3
            assert [item.title for item in outline.root] == [
                "Văn bản", "Kèm theo: Phụ lục I.docx", "Kèm theo: Bảng kê.pdf"]
    page = Browser(office.app, "stc", "lanhdao").get(f"/viec/{open_task(office, 'sign_by_leader', document)[0]}").text
    shown = json.loads(re.search(r"<script[^>]* data-files>(.*?)</script>", page, re.DOTALL)[1])
    # before anyone signs: the result, with its number and date
    assert "01-STC-NS.pdf" in [one["name"] for one in shown[-2:]]
    assert office.faults() == []


def test_missing_values_and_no_values(office):
    task = open_task(office, "verify", office.take_in())
    clerk = Browser(office.app, "stc", "vanthu")
    errors = clerk.complete(task, decision="register").json["errors"]
    assert {"organ_name", "type_name", "subject", "register_id", "leader_id"} & set(errors) >= {"subject", "organ_name"}
    assert clerk.complete(task).json["errors"]["decision"]
    for body in ("[]", '"x"', '{"version"', "null", f'{{"version": {task[1]}}}', '{"version": true, "values": {}}',
                 f'{{"version": {task[1]}, "values": []}}', "[" * 100_000):
        for door in ("", "/nhap"):
            answer = clerk.send(f"/viec/{task[0]}{door}", body)
            assert (answer.status_code, answer.is_json) == (400, True), body[:40]
    long = clerk.save(task, subject="x" * 1_100_000)
    assert long.status_code == 413 and "dài" in long.json["message"] and "Tệp" not in long.json["message"]


def test_an_assignment_takes_only_people_of_the_agency(office):
    """Art. 7: the handler, those who handle with him and those who read are of this agency and of a fitting role."""
    document = office.take_in()
    office.verify(document)
    task, leader = open_task(office, "assign", document), Browser(office.app, "stc", "lanhdao")
    foreign, admin = Office(office.app, "snv").id_of("chuyenvien"), office.id_of("quantri")
    for handler, readers in ((foreign, []), (office.id_of("chuyenvien"), [foreign]), (admin, [admin]), ("0", ["x"])):
        answer = leader.complete(task, decision="assign", directive="Giao xử lý", handler_id=handler, readers=readers)
        assert answer.status_code == 422
        assert set(answer.json["errors"]) == {key for key, bad in (
            ("handler_id", handler != office.id_of("chuyenvien")), ("readers", readers)) if bad}
    with office.inside():
        assert db.session.get(Task, task[0]).status == "open"


def test_a_draft_keeps_the_fields_of_the_form_and_what_can_be_stored(office):
    """No engine word, no foreign key, no NUL, no half character, no NaN; nothing of it breaks the page."""
    task = open_task(office, "verify", office.take_in())
    clerk = Browser(office.app, "stc", "vanthu")
    body = (f'{{"version": {task[1]}, "values": {{"subject": "a\\u0000b\\ud800", "page_amount": 1e999, "typename": 1,'
            f'"_x": 2, "signature": "x", "decision": NaN, "code_number": {"[" * 60}{"]" * 60}}}}}')
    answer = clerk.send(f"/viec/{task[0]}/nhap", body)
    assert answer.status_code == 200, answer.text
    with office.inside():
        kept = db.session.get(Task, task[0]).draft
    assert kept.keys() == {"subject", "page_amount", "decision", "code_number"}
    assert (kept["subject"], kept["page_amount"], kept["decision"]) == ("ab", None, None)
    assert clerk.get(f"/viec/{task[0]}").status_code == 200


def test_what_no_row_can_have_is_not_found_or_a_bad_request(office):
    clerk, huge = Browser(office.app, "stc", "vanthu"), "9" * 30
    for path, status in {
        f"/viec/{huge}": 404, f"/van-ban/{huge}": 404, f"/tep/1/{huge}": 404,
        f"/van-ban/{huge}/so-do": 404,
        f"/viec?sau={huge}.1": 404, f"/viec?hop=overdue&sau={huge}.1": 404, "/viec?sau=%C2%B2.1": 404,
        "/viec?sau=x": 404, "/viec?hop=x": 404, f"/so/den?so={huge}": 200, f"/so/den?sau={huge}": 200,
        f"/so/den?nam={huge}": 404,
        "/so/den?nam=x": 200, "/so/x": 404, "/viec?q=%00": 400, "/so/den?q=%00": 400, "/viec?q=%ED%A0%80": 200,
        f"/van-ban/soan-thao?tra-loi={huge}": 404, "/van-ban/soan-thao?tra-loi=%C2%B2": 404,
        "/dang-nhap?coquan=%00": 400,
    }.items():
        answer = clerk.get(path)
        assert answer.status_code == status, (path, answer.status_code)
        assert VIETNAMESE.search(answer.text)


def test_art_8_1_a_draft_begins_only_with_known_facts_and_answers_only_what_one_reads(office):
    letter = office.take_in()
    foreign = Office(office.app, "snv")
    quick(foreign.app)
    theirs = foreign.take_in()
    officer = Browser(office.app, "stc", "chuyenvien")
    good = {"type_name": "Công văn", "purpose": "periodic_report", "subject": "Trả lời"}
    before = count(office, Document)
    for wrong, status in (({"type_name": "Thư tình"}, 422), ({"purpose": "x"}, 422), ({"subject": " "}, 422),
                          ({"type_name": ""}, 422), ({"subject": "a\0"}, 400), ({"tra-loi": str(letter)}, 404),
                          ({"tra-loi": str(theirs)}, 404), ({"tra-loi": "9" * 19}, 404), ({"tra-loi": "x"}, 404)):
        answer = officer.post("/van-ban/soan-thao", **{**good, **wrong})
        assert answer.status_code == status, (wrong, answer.status_code)
        if status == 422:  # at its field, and the rest is still there
            assert "field-error" in answer.text and ("Trả lời" in answer.text) is ("subject" not in wrong)
    assert count(office, Document) == before
    assert officer.post("/van-ban/soan-thao", **good).status_code == 302
    assert count(office, Document) == [before[0] + 1]


def test_refused_values_leave_no_trace_in_history(office):
    task = open_task(office, "verify", office.take_in())
    before = count(office, ActContent)
    Browser(office.app, "stc", "vanthu").complete(task, decision="register", subject="bí mật")
    assert count(office, ActContent) == before


class Full(Blobs):
    """A store without room."""

    def _store(self, source, limit):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_with_a_retry_and_logged_for_the_operator(world, caplog):
    tools = world.app.extensions["tools"]
    world.app.extensions["tools"] = replace(tools, blobs=Full(tools.blobs.folder))
    clerk = Browser(world.app, "stc", "vanthu")
    answer = clerk.upload(pdf(), "bí mật.pdf")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "hết chỗ" in answer.json["error"] and "báo quản trị" in answer.json["message"]
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(logged) == 1 and "disk_full" in caplog.text and "bí mật" not in caplog.text
