"""S6, S9: who gets through a door. Routes are read from the application, so that a new one cannot be forgotten."""

import re

import pytest
from doors import Browser, alone, drawn, open_task
from fakes import pdf, printed
from steps import Office, quick

from app import worker
from app.db import db, tenancy
from app.demo import legal_review
from app.engine import reading
from app.records import attachment, history
from app.records.document import Document
from app.records.history import Act

#: arguments of addresses that name a record, those that name one of a procedure, and those that name none
IDS = {"document_id", "attachment_id", "task_id"}
EDITED = {"proposal_id", "remark_id", "instance_id", "repair_id", "grant_id", "mail_id", "page_id", "part_id",
          "file_id", "pile_id", "register_id", "request_id", "delegation_id", "directive_id", "entry_id",
          "copy_id", "group_id", "message_id"}
NO_IDS = {"way": "den", "filename": "app.css", "key": "incoming", "version": "1", "place": "bieu-mau",
          "what": "tam-dung", "pack": "goi-chung-cu", "size": "nho", "decision": "nhan", "form": "pdf",
          "visit": "1.khong"}
#: what a stranger may ask, besides the static files
OPEN = {("GET", "/dang-nhap"), ("POST", "/dang-nhap"), ("POST", "/ngon-ngu"), ("GET", "/suc-khoe"),
        ("GET", "/ky-may/1.khong"), ("POST", "/ky-may/1.khong")}
#: who sends there has no session, so nobody can abuse one: the token in the address is the right
NO_SESSION = "/ky-may/1.khong"
HEADERS = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy",
           "Cross-Origin-Resource-Policy", "Permissions-Policy", "Cache-Control")
VIETNAMESE = re.compile("[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


@pytest.fixture
def office(world):
    quick(world.app)
    return Office(world.app)


def routes(app, *, with_id):
    """(method, address with places) of every route; an argument of an unknown name fails.

    `with_id`: those that name a document or what hangs on it (True), nothing (False), something edited ("edited").
    """
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        assert rule.arguments <= IDS | EDITED | NO_IDS.keys(), f"{rule.rule}: say here what its argument names"
        kind = "edited" if rule.arguments & EDITED else bool(rule.arguments & IDS)
        if kind == with_id:
            for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
                yield method, re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"{\1}", rule.rule).format_map(Keep(NO_IDS))


EVERY = (False, True, "edited")
#: of something edited: names that are there, in an agency that has nothing else
FIRST = dict.fromkeys(EDITED, 1)


class Keep(dict):
    """Leaves the places of ids."""

    def __missing__(self, key):
        return "{" + key + "}"


def ask(browser, method, path):
    """The request with what its door needs to go further."""
    if method == "GET":
        return browser.get(path)
    if method == "PATCH":
        return browser.client.patch(path, data=b"", headers={**browser.script, "Upload-Offset": "0"})
    assert method == "POST", f"{path}: say in this test how to ask with {method}"
    if path.endswith(("/nhan", "/tra", "/thu-lai", "/tra-ve")):
        return browser.post(path, reason="vì sao")
    return browser.send(path, {"version": 1, "values": {"decision": "sign", "pin": "000000"}})


def ids(office, form_key, document_id):
    """Of a document: itself, its newest file, its open task."""
    with office.inside():
        return {"document_id": document_id, "attachment_id": attachment.of(document_id)[-1].id,
                "task_id": office.waiting(form_key, document_id).id}


def traces(office):
    """How many acts there are in all agencies, but those that tell of refusals: what a refused request must not change.
    """
    with office.app.app_context(), tenancy.as_owner():
        found = db.session.scalar(db.select(db.func.count()).where(Act.kind.not_in(("access_refused", "act_refused"))))
        db.session.remove()
        return found


def test_what_is_not_ones_own_is_not_found_on_every_route(office):
    """Another agency's people of every role, and people of this one without right: 404, as for what is not there."""
    letter, draft = office.take_in(), office.begin()
    office.verify(letter)
    office.assign(letter)
    office.draft(draft)
    handled, reviewed = ids(office, "handle", letter), ids(office, "review", draft)
    strangers = [("snv", name) for name in ("vanthu", "lanhdao", "truongphong", "chuyenvien", "quantri", "thanhtra")]
    others = [("stc", name) for name in ("chuyenvien2", "truongphong2", "quantri")]
    cases = [(handled, who) for who in [*strangers, *others]]
    cases += [(reviewed, who) for who in [*strangers[:4], *others]]
    cases.append(({"document_id": 10**9, "attachment_id": 10**9, "task_id": 10**9}, ("stc", "vanthu")))
    before, tried, leaks = traces(office), 0, []
    for found, (slug, name) in cases:
        browser = Browser(office.app, slug, name)
        for method, path in routes(office.app, with_id=True):
            answer = ask(browser, method, path.format_map(found))
            if answer.status_code != 404 and (name, method, answer.status_code) != ("thanhtra", "POST", 403):
                leaks.append((slug, name, method, path, answer.status_code))
            tried += 1
    assert leaks == []
    assert tried == len(cases) * len(list(routes(office.app, with_id=True))) and tried > 150
    assert traces(office) == before


def test_what_another_agency_edits_is_not_found_on_every_route(office):
    """Proposals, remarks, instances, repairs: not for another agency's people, not for those without the right."""
    office.take_in()
    found = FIRST | {"document_id": 1, "proposal_id": legal_review.leave_open(office)}
    paths = list(routes(office.app, with_id="edited"))
    before, leaks = traces(office), []
    for slug, name in (("snv", "quantri"), ("snv", "chanhvanphong"), ("snv", "lanhdao"), ("stc", "chuyenvien")):
        browser = Browser(office.app, slug, name)
        leaks += [(slug, name, method, path, status) for method, path in paths
                  if (status := ask(browser, method, path.format_map(found)).status_code) not in (403, 404)]
    assert leaks == [] and len(paths) > 30 and traces(office) == before
    designer = Browser(office.app, "stc", "quantri")
    seen = [path for method, path in paths
            if method == "GET" and designer.get(path.format_map(found)).status_code == 200]
    assert {"/quy-trinh/sua/{proposal_id}", "/quy-trinh/sua/{proposal_id}/so-do",
            "/quy-trinh/sua/{proposal_id}/thay-doi"} <= set(seen)


def test_those_with_a_right_get_in_by_the_same_routes(office):
    """Else the test above would pass on a product that answers 404 to everybody."""
    letter = office.take_in()
    office.verify(letter)
    office.assign(letter)
    found, opened = ids(office, "handle", letter), set()
    officer = Browser(office.app, "stc", "chuyenvien")
    for method, path in routes(office.app, with_id=True):
        if ask(officer, method, path.format_map(found)).status_code != 404:
            opened.add(path)
    assert opened >= {"/van-ban/{document_id}", "/van-ban/{document_id}/so-do", "/tep/{document_id}/{attachment_id}",
                      "/viec/{task_id}", "/viec/{task_id}/nhap", "/viec/{task_id}/nhan"}


#: what says nothing of a document's content: its procedure with where it stands, a sheet with a code to print
SILENT = {"/van-ban/{document_id}/so-do", "/lich-su/{document_id}/so-do", "/van-ban/tiep-nhan/to-ghep/{document_id}"}


def test_art_10_3_every_door_that_gives_something_of_a_document_writes_who_looked(office, monkeypatch):
    monkeypatch.setattr(reading, "SAME_MINUTES", 0)  # each look is one of its own
    letter = office.hand_in("vanthu", printed(((85, 100, "Điều 1"),)), "thu.pdf")
    draft, ready, sent = office.begin(), office.begin(), office.begin()
    worker.run_due(office.app)
    office.verify(letter)
    office.assign(letter)
    office.draft(draft)
    office.approved(ready)
    office.approved(sent)
    office.sign(sent)
    office.seal(sent)
    with office.inside():
        wish = {"kind": "certified", "form": "paper", "file": attachment.of(letter)[0].id, "recipients": "Như trên",
                "amount": 1, "signer": office.user("lanhdao").id, "reason": "Gửi các đơn vị"}
    asked = Browser(office.app, "stc", "lanhdao").post(f"/van-ban/{letter}/sao", **wish)
    copy = {"copy_id": int(asked.location.rpartition("/")[2])}
    cases = [(ids(office, "handle", letter) | copy, "chuyenvien"), (ids(office, "handle", letter) | copy, "vanthu"),
             (ids(office, "review", draft), "truongphong"), (ids(office, "sign_by_leader", ready), "lanhdao"),
             ({"document_id": sent}, "vanthu")]
    silent, walked = set(), set()
    for found, who in cases:
        browser, document_id = Browser(office.app, "stc", who), found["document_id"]
        for path in {path for with_id in (True, "edited") for method, path in routes(office.app, with_id=with_id)
                     if method == "GET"}:
            if "{" in (address := path.format_map(Keep(found))):
                continue
            before = readings(office, document_id)
            if browser.get(address, query_string=wish if "/sao" in path else {}).status_code == 200:
                walked.add(path)
                silent |= {path} if readings(office, document_id) == before else set()
    assert silent == SILENT & walked
    assert walked >= {"/van-ban/{document_id}/sao/xem-truoc", "/ban-sao/{copy_id}/ban-in", "/phat-hanh/{document_id}",
                      "/tep/{document_id}/{attachment_id}", "/viec/{task_id}/the-thuc/tep", "/viec/{task_id}/ban-se-ky"}


def readings(office, document_id):
    """How often somebody has read the document."""
    with office.inside():
        return [act.kind for act in history.course(f"document:{document_id}")].count("document_read")


def test_a_file_belongs_to_its_document_and_comes_as_a_download(office):
    letter, other = office.take_in(), office.take_in()
    mine, clerk = ids(office, "verify", letter), Browser(office.app, "stc", "vanthu")
    answer = clerk.get("/tep/{document_id}/{attachment_id}".format_map(mine))
    assert answer.data == pdf(1)
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''thu%20den.pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert clerk.get(f"/tep/{other}/{mine['attachment_id']}").status_code == 404


def test_administrators_read_no_content(office):
    """S13: neither registers, nor documents, nor tasks of others."""
    admin = Browser(office.app, "stc", "quantri")
    office.take_in()
    for path, status in (("/so/den", 403), ("/so/di", 403), ("/van-ban/tiep-nhan", 403), ("/van-ban/soan-thao", 403),
                         ("/viec", 200), ("/", 200)):
        answer = admin.get(path)
        assert answer.status_code == status, path
        assert "góp ý dự thảo" not in answer.text


def test_without_a_session_every_route_asks_to_log_in(office):
    found, stranger = ids(office, "verify", office.take_in()), Browser(office.app)
    found, tried = found | FIRST, 0
    for with_id in EVERY:
        for method, path in routes(office.app, with_id=with_id):
            if (method, path) in OPEN or path.startswith("/static/"):
                continue
            answer, tried = ask(stranger, method, path.format_map(found)), tried + 1
            if method == "GET":
                assert answer.status_code == 302 and answer.headers["Location"].startswith("/dang-nhap"), path
                assert stranger.get(path.format_map(found), headers=stranger.script).status_code == 401
            else:
                assert answer.status_code == 401 and VIETNAMESE.search(answer.json["message"]), path
    assert tried > 20


def test_without_a_csrf_token_no_form_is_taken(office):
    found, clerk = ids(office, "verify", office.take_in()), Browser(office.app, "stc", "vanthu")
    found, before = found | FIRST, traces(office)
    for with_id in EVERY:
        for method, path in routes(office.app, with_id=with_id):
            if method != "GET" and path != NO_SESSION:
                send = getattr(clerk.client, method.lower())
                for token in ({}, {"csrf_token": "x" * 91}):
                    answer = send(path.format_map(found), data=token)
                    said = answer.json["message"] if answer.is_json else answer.text
                    assert answer.status_code == 400 and "tải lại trang" in said, (path, answer.status_code)
                answer = send(path.format_map(found), json={}, headers={"Accept": "application/json"})
                assert answer.status_code == 400 and "tải lại trang" in answer.json["message"], path
    assert traces(office) == before


def test_every_answer_bears_the_security_headers_and_no_inline_script(office):
    found = ids(office, "verify", office.take_in())
    clerk, stranger = Browser(office.app, "stc", "vanthu"), Browser(office.app)
    found, pages = found | FIRST, 0
    for browser in (clerk, stranger):
        answers = [ask(browser, *route) for with_id in EVERY for route in (
            (method, path.format_map(found)) for method, path in routes(office.app, with_id=with_id)
            if method == "GET" or browser is stranger)]
        answers += [browser.get("/khong-co"), browser.client.put("/viec", headers=browser.script),
                    browser.client.post("/viec/1", data={}), browser.get("/viec?hop=x")]
        for answer in answers:
            at = f"{answer.request.method} {answer.request.path} {answer.status_code}"
            assert not [name for name in HEADERS if name not in answer.headers], at
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy, at
            assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", ""), at
            assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0], at
            assert answer.headers["X-Content-Type-Options"] == "nosniff", at
            if answer.mimetype == "text/html" and not 300 <= answer.status_code < 400:
                assert alone(answer.text) == [], at
                assert "no-store" in answer.headers["Cache-Control"] or answer.status_code == 404, at
                pages += 1
    assert pages > 12


def test_text_of_people_is_only_text(office):
    """S9: markup in a subject, a search and a reason is shown as written, in pages and in the data of forms."""
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\" onload='1"
    document = office.take_in()
    task, clerk = open_task(office, "verify", document), Browser(office.app, "stc", "vanthu")
    clerk.save(task, subject=evil, organ_name=evil)
    page = clerk.get(f"/viec/{task[0]}")
    assert alone(page.text) == [] and drawn(page)["values"]["subject"] == evil
    office.verify(document, subject=evil, organ_name=evil[:200])
    leader = Browser(office.app, "stc", "lanhdao")
    for path in (f"/van-ban/{document}", "/so/den", "/viec", "/", f"/viec?q={evil}", f"/so/den?q={evil}"):
        for browser in (clerk, leader):
            page = browser.get(path)
            assert page.status_code == 200 and alone(page.text) == [], path
    assert "&lt;/script&gt;" in clerk.get("/so/den").text


def test_a_letter_that_came_twice_is_named_only_to_who_may_read_both(office):
    for place in range(2):
        office.verify(office.take_in(), subject=f"Lần {place}")
    with office.inside():
        first, second = db.session.scalars(db.select(Document.id).order_by(Document.id))
    office.assign(second)
    for who, is_told in (("vanthu", True), ("chuyenvien", False)):
        page = Browser(office.app, "stc", who).get(f"/van-ban/{second}")
        assert page.status_code == 200 and (f"/van-ban/{first}\"" in page.text) is is_told, who


def test_a_leader_gives_back_what_a_colleague_holds(office):
    """The officer sees no such button; the administrator opens no document."""
    letter = office.take_in()
    office.verify(letter)
    task = open_task(office, "assign", letter)
    assert Browser(office.app, "stc", "truongphong").post(f"/viec/{task[0]}/nhan").status_code == 302
    leader, address = Browser(office.app, "stc", "pholanhdao"), f"/viec/{task[0]}/tra"
    page = leader.get(f"/van-ban/{letter}").text
    assert f'action="{address}"' in page and "Phan Văn Hùng đã nhận việc" in page
    assert address not in Browser(office.app, "stc", "vanthu").get(f"/van-ban/{letter}").text
    assert leader.post(address).status_code == 302
    assert address not in leader.get(f"/van-ban/{letter}").text


def test_only_files_named_by_their_content_are_kept_for_ever(office, tmp_path):
    folder, stranger = tmp_path / "dist", Browser(office.app)
    folder.mkdir()
    for name in ("chunk-2JUGVS3O.js", "audit.js"):
        (folder / name).write_text("export {};")
    office.app.static_folder, before = str(tmp_path), office.app.static_folder
    try:
        kept = {path: stranger.get(f"/static/dist/{path}").headers["Cache-Control"]
                for path in ("chunk-2JUGVS3O.js", "audit.js", "audit.js?v=1", "chunk-AAAAAAAA.js")}
    finally:
        office.app.static_folder = before
    assert kept == {"chunk-2JUGVS3O.js": "private, max-age=31536000, immutable", "audit.js": "no-cache",
                    "audit.js?v=1": "private, max-age=3600", "chunk-AAAAAAAA.js": "no-cache"}
