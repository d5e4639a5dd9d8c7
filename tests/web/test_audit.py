"""The auditor's pages (Art. 10.3): who opens a history, what it shows and hides, what a replay says, what goes out."""

import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from doors import Browser, alone
from lxml import html
from sqlalchemy import event
from steps import Office, quick

from app import worker
from app.db import db, queue, tenancy
from app.engine import history_answer, suspend
from app.engine import instance as instances
from app.engine.task import Task
from app.records import history
from app.records.attachment import Attachment
from app.records.document import Document
from app.web import language
from app.web.shown import shown

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture
def office(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def letter(office):
    """A letter that is with its officer."""
    found = office.take_in()
    office.verify(found, subject=EVIL, organ_name="Ủy ban nhân dân tỉnh")
    office.assign(found)
    return found


def steps(page):
    """Of the list: the words of each step's head."""
    return [" ".join(one.text_content().split()) for one in html.fromstring(page).xpath("//a[@data-step]")]


def told(office, document_id):
    with office.inside():
        return [(act.kind, act.actor_id) for act in history.course(f"document:{document_id}")]


def replayed(browser, document_id):
    """What a run through a clean engine found; a short history is answered at once."""
    return browser.send(f"/lich-su/{document_id}/lay/phat-lai", {}).get_json()["verdict"]


def taken(office, browser, document_id, what):
    """A file that was asked for, made by the worker and fetched."""
    asked = browser.send(f"/lich-su/{document_id}/lay/{what}", {}).get_json()
    assert asked["status"] == "asked" and "<progress" in asked["html"]
    assert browser.get(f"{asked['state']}/tep").status_code == 404, "not made yet"
    worker.run_due(office.app)
    assert browser.get(asked["state"]).get_json()["status"] == "ready"
    return asked["state"], browser.get(f"{asked['state']}/tep")


def tamper(office, statement):
    with office.app.app_context(), tenancy.as_owner():
        db.session.rollback()
        db.session.execute(db.text(statement))
        db.session.commit()
        db.session.remove()


def test_art_10_3_an_auditor_plays_any_document_and_others_those_that_they_may_read(office, letter):
    for who, status in (("thanhtra", 200), ("lanhdao", 200), ("vanthu", 200), ("chuyenvien", 200), ("quantri", 404),
                        ("chuyenvien2", 404), ("truongphong2", 404)):
        browser = Browser(office.app, "stc", who)
        assert browser.get(f"/lich-su/{letter}").status_code == status, who
        assert browser.get(f"/lich-su/{letter}/so-do").status_code == status, who
        listed = 200 if who in ("thanhtra", "lanhdao") else 403
        assert browser.get("/lich-su").status_code == listed, who
    stranger = Browser(office.app, "snv", "thanhtra")
    for path in (f"/lich-su/{letter}", f"/lich-su/{letter}/so-do", f"/lich-su?so-sanh={letter},thuong-le"):
        assert stranger.get(path).status_code == 404, path
    assert stranger.get("/lich-su").status_code == 200 and str(letter) not in steps(stranger.get("/lich-su").text)
    assert "Chưa có văn bản nào" in stranger.get("/lich-su").text


def test_the_page_says_each_step_and_shows_text_of_people_as_text(office, letter):
    auditor = Browser(office.app, "stc", "thanhtra")
    page = auditor.get(f"/lich-su/{letter}?buoc=4").text
    assert alone(page) == [] and "&lt;/script&gt;" in page
    found, tree = steps(page), html.fromstring(page)
    assert len(found) == 6 and "Văn thư kiểm tra, nhập thông tin" in found[3] and "Hệ thống" in found[2]
    assert "Đọc văn bản" in found[5], "an auditor's own reading is in the history"
    assert [one.get("data-n") for one in tree.xpath("//li[@aria-current='step']")] == ["4"]
    shown = " ".join(tree.get_element_by_id("buoc-4").text_content().split())
    for words in ("Quyết định", "Trạng thái: Mới đến → Đã vào sổ", "Số trong sổ thêm",
                  "Ngày ban hành: trống → 20/01/2026", "Hạn phân công"):
        assert words in shown, words
    scene = json.loads(tree.get_element_by_id("scene").text)
    assert scene[0]["here"] == ["receive_paper"] and scene[-1]["here"] == ["handle"]
    drawn = auditor.get(f"/lich-su/{letter}/so-do?ban={scene[-1]['release']}")
    assert "bpmndi:BPMNShape" in drawn.get_json()["xml"]
    for wrong in ("0" * 64, "x", "../"):
        assert auditor.get(f"/lich-su/{letter}/so-do?ban={wrong}").status_code == 404
    for at, current in (("0", "5"), ("99", "5"), ("x", "5"), ("1", "1")):
        current_at = html.fromstring(auditor.get(f"/lich-su/{letter}?buoc={at}").text).xpath(
            "//li[@aria-current]/@data-n")
        assert current_at == [current], at


def test_art_3_2_removed_content_is_said_and_not_shown(office):
    removed = office.take_in()
    office.verify(removed, decision="not_entered", reason="Văn bản mật của cơ quan")
    worker.run_due(office.app)
    auditor = Browser(office.app, "stc", "thanhtra")
    page = auditor.get(f"/lich-su/{removed}").text
    last = len(steps(page)) - 1  # the auditor's own reading follows
    assert f"đã được xóa ở bước {last}" in page and "góp ý dự thảo" not in page
    assert page.count("Văn bản mật của cơ quan") == 1, "why it was not entered is the fact that stays"
    answer = replayed(auditor, removed)
    assert answer["equal"] and answer["title"] == "Khớp đến trước phần đã xóa nội dung"
    assert f"bước {last} " in answer["detail"]


def test_a_replay_says_equal_or_where_it_first_differs(office, letter):
    auditor = Browser(office.app, "stc", "thanhtra")
    before = told(office, letter)
    answer = replayed(auditor, letter)
    assert (answer["equal"], answer["title"], answer["chain"]) == (True, "Khớp", []) and "5 bước" in answer["detail"]
    mine = int(office.id_of("thanhtra"))
    assert told(office, letter) == [*before, ("document_read", mine)], "a replay writes that he asked for it, no more"
    tamper(office, f"""update act_content set input = jsonb_set(input::jsonb, '{{data,decision}}', '"return"')
        where act_id = (select id from act where subject = 'document:{letter}' and element = 'verify')""")
    answer = replayed(auditor, letter)
    assert (answer["equal"], answer["at"], answer["title"]) == (False, 4, "Lệch tại bước 4")
    assert answer["chain"] == ["Nội dung của bước 4 đã bị thay đổi."]



def test_s12_a_row_that_was_rewritten_is_told_though_it_runs_the_same(office, letter):
    tamper(office, f"update act set actor_id = null where subject = 'document:{letter}' and number = 2")
    answer = replayed(Browser(office.app, "stc", "thanhtra"), letter)
    assert (answer["equal"], answer["title"]) == (False, "Lệch tại bước 2")
    assert answer["chain"] == ["Bước 2 đã bị thay đổi."]


def test_s14_what_is_taken_out_is_an_act_and_only_for_those_who_may(office, letter):
    officer, admin = Browser(office.app, "stc", "chuyenvien"), Browser(office.app, "stc", "quantri")
    for what in ("goi-chung-cu", "phieu-kiem-soat", "phieu-kiem-soat-docx"):
        assert officer.post(f"/lich-su/{letter}/lay/{what}").status_code == 403
        assert admin.post(f"/lich-su/{letter}/lay/{what}").status_code == 404
    assert "Gói chứng cứ" not in officer.get(f"/lich-su/{letter}").text
    assert not any(kind == "history_exported" for kind, _ in told(office, letter))
    auditor = Browser(office.app, "stc", "thanhtra")
    assert auditor.post(f"/lich-su/{letter}/lay/x").status_code == 404
    _, slip = taken(office, auditor, letter, "phieu-kiem-soat")
    assert slip.mimetype == "application/pdf" and slip.data[:4] == b"%PDF"
    _, docx = taken(office, auditor, letter, "phieu-kiem-soat-docx")
    assert "word/document.xml" in zipfile.ZipFile(io.BytesIO(docx.data)).namelist()
    state, bundle = taken(office, auditor, letter, "goi-chung-cu")
    assert f"lich-su-{letter}.zip" in bundle.headers["Content-Disposition"]
    assert "no-store" in bundle.headers["Cache-Control"]
    with zipfile.ZipFile(io.BytesIO(bundle.data)) as pack:
        assert json.loads(pack.read("manifest.json"))["acts"] == len(told(office, letter))
        assert b'"history_exported"' in pack.read("acts.jsonl").splitlines()[-1], "the taking out is in what is taken"
    for other in (Browser(office.app, "stc", "lanhdao"), officer, admin, Browser(office.app, "snv", "thanhtra")):
        assert {other.get(f"{state}{more}").status_code for more in ("", "/tep")} == {404}, "its asker's only"
    with office.inside():
        mine = office.user("thanhtra").id
        assert history.faults(f"document:{letter}") == []
    assert told(office, letter)[-3:] == [("history_exported", mine)] * 3


def test_a_double_click_is_one_and_an_answer_goes_with_its_time_and_with_the_content(office, letter):
    auditor, folder = Browser(office.app, "stc", "thanhtra"), office.app.config["SETTINGS"].answers
    auditor.get(f"/lich-su/{letter}")
    states = {auditor.send(f"/lich-su/{letter}/lay/phieu-kiem-soat-docx", {}).get_json()["state"] for _ in range(3)}
    worker.run_due(office.app)
    again = auditor.send(f"/lich-su/{letter}/lay/phieu-kiem-soat-docx", {}).get_json()
    assert (again["status"], {again["state"]}) == ("ready", states), "nothing was done since: the same file"
    assert [kind for kind, _ in told(office, letter)].count("history_exported") == 1
    page = auditor.post(f"/lich-su/{letter}/lay/phieu-kiem-soat-docx")
    assert page.status_code == 303 and "data-file" in auditor.get(page.headers["Location"]).text, "without a script"
    assert len(list(folder.iterdir())) == 1
    (folder / f"{office.agency_id}-999.half").write_bytes(b"left by a worker that died")
    with office.inside():
        history_answer.forget(office.agency_id, folder, at=datetime.now(UTC))
        assert len(list(folder.iterdir())) == 1, "young"
        history_answer.forget(office.agency_id, folder, at=datetime.now(UTC) + timedelta(hours=25))
    assert list(folder.iterdir()) == [] and auditor.get(f"{again['state']}/tep").status_code == 404
    removed = office.take_in()
    taken(office, auditor, removed, "phieu-kiem-soat-docx")
    office.verify(removed, decision="not_entered", reason="Văn bản mật")
    worker.run_due(office.app)
    assert list(folder.iterdir()) == [], "Art. 3.2: what was taken of it goes too"


def test_a_failure_is_said_and_asked_again(office, letter):
    auditor, tools = Browser(office.app, "stc", "thanhtra"), office.app.extensions["tools"]
    asked = auditor.send(f"/lich-su/{letter}/lay/goi-chung-cu", {}).get_json()
    with office.inside():
        row = db.session.scalars(db.select(Attachment).where(Attachment.document_id == letter)).first()
        content = tools.blobs.read(row.sha256)
        tools.blobs.delete(row.sha256)
    worker.run_due(office.app)
    failed = auditor.get(asked["state"]).get_json()
    assert failed["status"] == "failed" and "Hãy bấm lại" in failed["html"]
    assert list(office.app.config["SETTINGS"].answers.iterdir()) == []
    tools.blobs.put(content)
    assert taken(office, auditor, letter, "goi-chung-cu")[1].data[:2] == b"PK"


def test_an_answer_that_no_job_makes_any_more_has_failed_and_may_be_asked_again(office, letter):
    auditor, path = Browser(office.app, "stc", "thanhtra"), f"/lich-su/{letter}/lay/phieu-kiem-soat-docx"
    asked = auditor.send(path, {}).get_json()["state"]
    assert auditor.send(path, {}).get_json()["state"] == asked
    with office.inside():
        assert queue.without_job(db.session, "answer", "request_id", [int(asked.split("/")[-1])]) == []
        history_answer.give_up(datetime.now(UTC) + timedelta(minutes=3))
        queues = db.session.scalars(db.text("select queue_name from procrastinate_jobs where task_name = 'answer'"))
        assert set(queues) == {"answer"}, "official documents are converted beside it"
    assert auditor.get(asked).get_json()["status"] == "asked", "a job is there"
    tamper(office, "delete from procrastinate_jobs where task_name = 'answer'")
    tamper(office, "update history_request set asked_at = asked_at - interval '3 minutes'")
    again = auditor.send(path, {}).get_json()["state"]
    assert again != asked, "at once, before the sweep"
    with office.inside():
        history_answer.give_up(datetime.now(UTC))
    assert auditor.get(again).get_json()["status"] == "asked"
    failed = auditor.get(asked).get_json()
    assert failed["status"] == "failed" and "thử nhiều lần" in failed["html"]


def test_s12_what_somebody_put_in_the_place_of_an_answer_or_a_preview_is_not_given(office, letter):
    auditor, folder = Browser(office.app, "stc", "thanhtra"), office.app.config["SETTINGS"].answers
    state, made = taken(office, auditor, letter, "phieu-kiem-soat-docx")
    place, = folder.iterdir()
    place.write_bytes(made.data[:-1] + b"x")
    assert auditor.get(f"{state}/tep").status_code == 404
    again, whole = taken(office, auditor, letter, "phieu-kiem-soat-docx")
    assert again != state and whole.status_code == 200 and whole.content_length == len(whole.data)
    with office.app.app_context():
        name, previews = "a" * 64, office.app.config["SETTINGS"].previews
        assert shown(name, ".pdf", lambda: b"one") == shown(name, ".pdf", lambda: b"two") == b"one"
        place, = previews.glob(f"{name}*")
        place.write_bytes(b"another")
        (previews / f"{name}.pdf").write_bytes(b"of an earlier version")
        assert shown(name, ".pdf", lambda: b"three") == shown(name, ".pdf", lambda: b"four") == b"three"
        assert not place.exists()


def test_art_10_4_what_waits_past_its_deadline_is_late_in_its_history(office, letter):
    auditor = Browser(office.app, "stc", "thanhtra")
    assert "Đang trễ hạn" not in auditor.get(f"/lich-su/{letter}").text
    tamper(office, "update task set due_at = now() - interval '1 hour' where status = 'open'")
    page = auditor.get(f"/lich-su/{letter}").text
    late, = html.fromstring(page).xpath("//li[contains(@class, 'step late')]")
    assert late.get("data-kind") == "task_completed" and "Lãnh đạo phân công" in late.text_content()
    assert "Đang trễ hạn" in late.text_content() and "mà vẫn đang chờ" in late.text_content()
    assert json.loads(html.fromstring(page).get_element_by_id("scene").text)[-2]["overdue"] == ["handle"]


def test_the_list_is_searched_and_filtered(office, letter):
    other = office.begin()
    with office.inside():
        key = instances.of_document(other).id
        suspend.suspend(key, office.user("chanhvanphong"), "Chờ", datetime.now(UTC))
    with office.inside():
        task = db.session.scalars(db.select(Task).where(Task.element == "verify")).one()
        task.due_at = task.created_at
        db.session.commit()
    auditor = Browser(office.app, "stc", "thanhtra")

    def found(query=""):
        page = auditor.get(f"/lich-su{query}")
        assert page.status_code == 200
        return [int(one) for one in html.fromstring(page.text).xpath("//input[@name='so-sanh']/@value")]

    assert found() == [other, letter]
    assert found("?chieu=incoming") == [letter] and found("?chieu=outgoing") == [other]
    assert found("?tre=1") == [letter] and found("?can-thiep=1") == [other] and found("?tre=1&can-thiep=1") == []
    assert found("?q=alert") == [letter] and found(f"?sau={other}") == [letter]
    assert found("?tu=2020-01-01&den=2020-12-31") == [] and found("?tu=2020-01-01") == [other, letter]
    assert auditor.get("/lich-su?chieu=x").status_code == 404
    for wrong in ("?tu=2020-13-01", "?den=x", "?tu=2020-02-01&den=2020-01-01"):
        answer = auditor.get(f"/lich-su{wrong}")
        assert answer.status_code == 422 and 'id="den-error"' in answer.text and "ngày cuối trước" in answer.text, wrong
    page = auditor.get("/lich-su").text
    assert "1 can thiệp" in page and "1 lần trễ hạn" in page and alone(page) == []


def test_two_courses_are_compared_by_those_who_may_read_both(office, letter):
    office.handle(letter)
    second = office.take_in()
    office.verify(second)
    office.assign(second, decision="return", reason="Chưa rõ", directive=None, handler_id=None)
    auditor = Browser(office.app, "stc", "thanhtra")
    page = auditor.get(f"/lich-su?so-sanh={second}&so-sanh={letter}").text
    assert alone(page) == [] and "quyết định khác" in page and "chỉ bên phải có" in page
    assert "Diễn biến thường lệ" in auditor.get(f"/lich-su?so-sanh={second},thuong-le").text
    assert "Chưa có hồ sơ nào khác" in auditor.get(f"/lich-su?so-sanh={letter},thuong-le").text
    assert "đúng hai văn bản" in auditor.get(f"/lich-su?so-sanh={letter}").text
    for wrong in ("thuong-le,1", "x,1", "1,x", "1,999999", "٣,1"):
        assert auditor.get(f"/lich-su?so-sanh={wrong}").status_code == 404, wrong
    leader = steps(Browser(office.app, "stc", "lanhdao").get(f"/lich-su/{letter}").text)
    assert not any("Đọc văn bản" in one for one in leader), "readings are told to auditors"
    officer = Browser(office.app, "stc", "chuyenvien")
    assert officer.get(f"/lich-su?so-sanh={letter},{second}").status_code == 404, "the second is not his"


def test_a_history_of_two_hundred_acts_costs_no_more_statements(office, letter):
    auditor = Browser(office.app, "stc", "thanhtra")

    def asked():
        seen = []

        def count(*arguments):
            seen.append(arguments[2])

        with office.app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", count)
        page = auditor.get(f"/lich-su/{letter}")
        event.remove(engine, "before_cursor_execute", count)
        assert page.status_code == 200
        return len(seen), len(steps(page.text))

    auditor.get(f"/lich-su/{letter}")
    few, _ = asked()
    with office.inside():
        document = db.session.get_one(Document, letter)
        for _ in range(200):
            history.note(f"document:{letter}", "document_read", agency_id=document.agency_id, at=datetime.now(UTC),
                         actor_id=None, input={"what": "page"})
        db.session.commit()
    many, shown = asked()
    assert shown > 200 and many <= few <= 30
    first, whole = (html.fromstring(auditor.get(f"/lich-su/{letter}{more}").text)
                    for more in ("?buoc=1", "?chi-tiet=tat-ca"))
    told = [one.xpath("string(.//li[@id='buoc-1']//div[@class='step-detail'])") for one in (first, whole)]
    assert told[0] == told[1] and "Thay đổi trong hồ sơ" in told[0], "the act at which it stands says all at once"
    assert len(first.xpath("//*[@data-later]")) == shown - 1, "each other one says it later"
    assert first.xpath("string(//noscript//a/@href)") == first.xpath("string(//ol/@data-rest)") == "?chi-tiet=tat-ca"
    assert not whole.xpath("//*[@data-later or @data-rest]")


def test_the_labels_of_what_is_shipped_are_in_the_language_of_the_page(office, letter):
    """The drawing, the list of steps, the course; an agency's own label stays; acts keep what was drawn."""
    browser = Browser(office.app, "stc", "thanhtra")
    place, drawn_so = f"/lich-su/{letter}/so-do", "Lãnh đạo phân công, bút phê"
    assert drawn_so in browser.get(place).get_json()["xml"] and drawn_so in browser.get(f"/lich-su/{letter}").text
    browser.client.set_cookie("ngon_ngu", "en")
    drawn = browser.get(place).get_json()["xml"]
    assert "The leader assigns, with a directive" in drawn and "bpmndi:BPMNShape" in drawn
    assert [name for name in re.findall(r'name="([^"]*)"', drawn) if not name.isascii()] == []
    for shown_so in (browser.get(f"/lich-su/{letter}").text, browser.get(f"/van-ban/{letter}").text):
        assert "The leader assigns, with a directive" in shown_so and drawn_so not in shown_so
    shown_so = browser.get(f"/lich-su/{letter}").text
    for said in ("<dt>Assignment (Art. 7)</dt><dd>Assign</dd>", "<dt>Directive</dt><dd>Giao đồng chí xử lý</dd>"):
        assert said in shown_so, "a choice of the form in the page's language, what was written as it was written"
    with office.inside():
        assert drawn_so in {act.label for act in history.course(f"document:{letter}")}
        own = instances.of_document(letter).bundle.drawing.replace(drawn_so.encode(), "Giám đốc cho ý kiến".encode())
    with office.app.test_request_context(headers={"Cookie": "ngon_ngu=en"}):
        assert 'name="Giám đốc cho ý kiến"' in language.drawn(own) and 'name="Clerk"' in language.drawn(own)
