"""Art. 3.1.đ, 8.1: a draft from a template, its form beside its task, repairs, and faults that stop approvals."""


import pytest
from browser import DESKTOP, PHONE, log_in, needs_axe, serious, too_wide
from doors import Browser, drawn, open_task
from letters_world import changed, paragraph, right
from playwright.sync_api import expect
from steps import Office, quick

from app.db import db
from app.engine import instance, replay
from app.records import attachment, history, layout_result, layout_rule
from app.records.document import Document, opinions
from app.regulation import layout_check
from app.regulation.drafting import fit, template
from app.regulation.drafting.skeleton import SKELETONS
from app.tools import docx
from app.web.moment import now

REASON = "Theo quy chế làm việc"
SUBJECT = "báo cáo tình hình giải ngân"


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def wrong():
    """A letter of which a repair makes a right one: a small "Số:", and one side of the page."""
    def change(document):
        paragraph(document, "Số:").runs[0].font.size = 127000
        document.sections[0].left_margin = 720000

    return changed(right(), change)


def start(browser, **other):
    """Begin a draft at its page; gives the task's id."""
    answer = browser.post("/van-ban/soan-thao", **{
        "type_name": "Công văn", "purpose": "periodic_report", "scope": "between", "subject": SUBJECT,
        "how": "template", **other})
    return answer


def test_art_8_1_a_draft_is_begun_from_a_template_with_its_signer_and_addressees(stc):
    author, leader = Browser(stc.app, "stc", "chuyenvien"), stc.id_of("pholanhdao")
    page = author.get("/van-ban/soan-thao").text
    assert "Tạo từ mẫu đúng thể thức" in page and "Sở Nội vụ" in page
    assert "Chọn lãnh đạo ký." in start(author).text and "trong danh mục" in start(
        author, approver_id=leader, addressees="H99").text
    assert start(author, approver_id=leader, type_name="Thông cáo").status_code == 422
    begun = start(author, approver_id=leader, authority="KT.", addressees="H38.01", once="o" * 20)
    assert start(author, approver_id=leader, once="o" * 20).location == begun.location, "a double click starts one"
    task_id = int(begun.location.rpartition("/")[2])
    page, values = author.get(begun.location).text, drawn(author.get(begun.location))["values"]
    assert drawn(author.get(begun.location))["names"][values["draft_file"]].endswith(".docx"), "called by its name"
    assert "Để soạn tiếp: tải về, sửa, rồi chọn lại tệp." in page
    assert values["addressees"] == ["H38.01"] and values["approver_id"] == leader
    sha256 = values["draft_file"]
    file = author.get(f"/viec/{task_id}/the-thuc/tep?tep={sha256}")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert {one.rule for one in layout_check.check(file.data)} == {"blank"}, "only what is to be written yet"
    text = docx.text(file.data)
    assert all(one in text for one in ("SỞ TÀI CHÍNH", "/STC-", f"V/v {SUBJECT}", "KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC"))
    assert "Chỗ chưa điền" in author.get(f"/viec/{task_id}/the-thuc?tep={sha256}").text
    again = author.send(f"/viec/{task_id}/mau", {"approver_id": stc.id_of("lanhdao"), "subject": "V/v họp\u0000",
                                                 "addressees": ["H38.01", 7, "không có"]}).json
    assert again["sha256"] != sha256 and again["name"].endswith(".docx")
    assert author.send(f"/viec/{task_id}/mau", {"approver_id": "x"}).status_code == 422
    assert author.get(f"/viec/{task_id}/the-thuc?tep={'0' * 64}").text.count("flash error") == 1, "nobody's upload"
    head = Browser(stc.app, "stc", "truongphong")
    assert head.send(f"/viec/{task_id}/mau", {}).status_code == 404, "only who writes it"
    with stc.inside():
        user = stc.user("chuyenvien")
        for kind in SKELETONS:
            made = template.make(user, type_name=kind, subject=f"{kind} {SUBJECT}", signer_id=int(leader),
                                 addressees=["H38.01"], recipients=["H38.01"], authority="KT.")
            assert {one.rule for one in layout_check.check(made, kind)} == {"blank"}
        for values in ({"type_name": "Thông cáo"}, {"signer_id": user.id}, {"authority": "X."}):
            with pytest.raises((template.NoTemplate, template.SignerUnknown)):
                template.make(user, **{"type_name": "Công văn", "subject": SUBJECT, "signer_id": int(leader),
                                       "addressees": [], "recipients": [], **values})


def test_nd_30_d13_nobody_signs_in_his_own_place_nor_a_department_as_a_body(stc):
    author, head, deputy = Browser(stc.app, "stc", "chuyenvien"), stc.id_of("lanhdao"), stc.id_of("pholanhdao")
    for authority in ("KT.", "TL.", "TUQ."):
        answer = start(author, approver_id=head, authority=authority, addressees="H38.01")
        assert answer.status_code == 422 and "không ký thay, ký thừa lệnh" in answer.text
    for authority in ("none", "TL.", "TUQ."):
        refused = start(author, approver_id=deputy, authority=authority, addressees="H38.01")
        assert refused.status_code == 422 and "Cấp phó của người đứng đầu ký thay (KT.)" in refused.text
    refused = start(author, approver_id=deputy, authority="TM.", addressees="H38.01")
    assert refused.status_code == 422 and "thay mặt tập thể" in refused.text
    begun = start(author, approver_id=deputy, authority="Q.", addressees="H38.01")
    task_id = int(begun.location.rpartition("/")[2])
    told = {"approver_id": head, "authority": "TL.", "subject": SUBJECT}
    assert "chính mình" in author.send(f"/viec/{task_id}/mau", told).json["message"]
    sha256 = drawn(author.get(begun.location))["values"]["draft_file"]
    lines = docx.text(author.get(f"/viec/{task_id}/the-thuc/tep?tep={sha256}").data).splitlines()
    assert "Q. GIÁM ĐỐC" in lines and "GIÁM ĐỐC" not in lines and "PHÓ GIÁM ĐỐC" not in lines


def unfinished():
    """A letter that is right but for two blanks of its template and one side of the page."""
    def change(document):
        for start in ("Thực hiện", "Đề nghị"):
            one = paragraph(document, start)
            one.runs[0].text = "Thực hiện ……………………………… " + one.runs[0].text
        document.sections[0].left_margin = 720000

    return changed(right(), change)


def test_art_8_2_8_3_who_reviews_and_who_approves_is_told_which_blanks_the_draft_still_has(stc):
    found = stc.begin()
    stc.draft(found, draft_file=stc.upload("chuyenvien", unfinished(), "du thao.docx"))
    for name, form, decision in (("truongphong", "review", "accept"), ("lanhdao", "approve", "approve")):
        person = Browser(stc.app, "stc", name)
        task = open_task(stc, form, found)
        page = person.get(f"/viec/{task[0]}").text
        assert "Dự thảo còn 2 chỗ trống chưa điền: đoạn “Thực hiện" in page and "data-layout-list" in page
        assert "Ngoài ra có lỗi thể thức: Lề trang." in page and "không cho duyệt" not in page
        person.client.set_cookie("ngon_ngu", "en")
        page = person.get(f"/viec/{task[0]}").text + person.get(f"/viec/{task[0]}/the-thuc").text
        assert "paragraph “Thực hiện ……" in page and "left margin, page: 20 mm" in page
        assert "Decree 30/2020 Appendix I.I.3" in page
        person.client.set_cookie("ngon_ngu", "vi")
        assert person.complete(task, decision=decision).status_code == 200, "told, not stopped"
        assert "chỗ trống" not in person.get(f"/viec/{task[0]}").text, "what is done is history"
    assert stc.faults() == []


def test_art_3_1_dd_nobody_is_told_of_a_draft_that_is_right(stc):
    found = stc.begin()
    stc.draft(found, draft_file=stc.upload("chuyenvien", right(), "du thao.docx"))
    task_id, _version = open_task(stc, "review", found)
    assert "data-layout-list" not in Browser(stc.app, "stc", "truongphong").get(f"/viec/{task_id}").text


def test_art_3_1_dd_faults_that_the_agency_does_not_let_pass_stop_review_and_approval(stc):
    clerk, author = Browser(stc.app, "stc", "vanthu"), Browser(stc.app, "stc", "chuyenvien")
    head, leader = Browser(stc.app, "stc", "truongphong"), Browser(stc.app, "stc", "lanhdao")
    found = stc.begin()
    stc.draft(found, draft_file=stc.upload("chuyenvien", wrong(), "du thao.docx"))
    assert head.complete(open_task(stc, "review", found), decision="accept").status_code == 200, "nothing stops yet"
    assert "chưa có thay đổi" in clerk.get("/the-thuc").text.lower()
    put = {"rule": ["number", "margins"], "reason": REASON}
    assert author.post("/the-thuc", **put).status_code == 403
    assert [clerk.post("/the-thuc", **put).status_code for _ in range(2)] == [303, 303]
    assert clerk.post("/the-thuc", rule="font", seen="", reason=REASON).status_code == 409, "somebody was first"
    assert clerk.post("/the-thuc", rule="không có", seen="margins number", reason=REASON).status_code == 422
    with stc.inside():  # the file was read by older rules, or never
        for row in db.session.scalars(db.select(layout_result.LayoutResult)):
            db.session.delete(row)
        history.note(f"document:{found}", "layout_checked", agency_id=stc.agency_id, at=now(), actor_id=None)
        db.session.commit()
    with pytest.raises(fit.LayoutUnchecked):
        stc.do("lanhdao", "approve", {"decision": "approve"}, found)
    task = open_task(stc, "approve", found)
    refused = leader.complete(task, decision="approve")
    assert refused.status_code == 422 and "còn 2 lỗi thể thức" in refused.json["message"]
    with pytest.raises(fit.LayoutBlocks):
        stc.do("lanhdao", "approve", {"decision": "approve"}, found)
    seen = leader.get(f"/viec/{task[0]}/the-thuc").text
    assert seen.count("Chặn duyệt") == 2 and "data-repair" not in seen
    assert leader.complete(task, decision="return", opinion="Sửa lề trang").status_code == 200
    task_id, version = open_task(stc, "draft", found)
    with stc.inside():
        first = attachment.latest(found, "draft").sha256
    tab = author.get(f"/viec/{task_id}/the-thuc").text
    assert "Sửa 2 điểm sửa được" in tab and "lề trái, trang giấy" in tab
    mended = author.send(f"/viec/{task_id}/the-thuc/sua", {"sha256": first, "rules": ["number", "margins"]})
    assert mended.status_code == 200 and mended.json["name"] == "du thao.docx"
    for body in ({"sha256": first, "rules": ["x"]}, {"sha256": 1, "rules": []}, {"rules": "number"}):
        assert author.send(f"/viec/{task_id}/the-thuc/sua", body).status_code == 400
    assert leader.send(f"/viec/{task_id}/the-thuc/sua", {"sha256": first, "rules": ["number"]}).status_code == 404
    stc.draft(found, draft_file=mended.json["sha256"])
    assert stc.files(found) == ["draft", "draft"], "the repaired file is a version of its author"
    for person, form in ((head, "review"), (leader, "approve")):
        decision = "accept" if form == "review" else "approve"
        assert person.complete(open_task(stc, form, found), decision=decision).status_code == 200
    assert stc.status(found) == "approved" or "approve" not in stc.tasks(found)
    with stc.inside():
        keeper = stc.user("lanhdao")
        assert layout_rule.put(keeper, [], ["margins", "number"], layout_check.RULES, REASON, now())
        assert [a.kind for a in history.course(f"layout_rule:{stc.agency_id}")] == ["layout_rules_changed"] * 2
    assert "không chặn nữa: Lề trang" in clerk.get("/the-thuc").text
    assert stc.faults() == []


@needs_axe
def test_art_3_1_dd_the_author_repairs_his_draft_with_one_click(stc, pages, chromium):
    found, older = stc.begin(), stc.begin()
    stc.draft(older, draft_file=stc.upload("chuyenvien", right(), "du thao.docx"))
    stc.do("truongphong", "review", {"decision": "return", "opinion": "Sửa trích yếu"}, older)
    stc.draft(older, draft_file=stc.upload("chuyenvien", right(subject="góp ý dự thảo"), "du thao.docx"))
    author = log_in(chromium, pages, "stc", "chuyenvien")
    task_id = open_task(stc, "draft", found)[0]
    page = author.go(f"/viec/{task_id}")
    author.choose("Lãnh đạo duyệt và ký", "Đinh Xuân Trường")
    page.get_by_role("button", name="Tạo từ mẫu").click()
    expect(page.locator("[data-say]")).to_contain_text(".docx")
    page.get_by_role("tab", name="Thể thức").click()
    expect(page.locator("#pane-layout")).to_contain_text("Chỗ chưa điền")
    page.locator("input[accept='.docx']").set_input_files([{
        "name": "du thao.docx", "mimeType": "application/octet-stream", "buffer": wrong()}])
    expect(page.locator("#pane-layout")).to_contain_text("Sửa 2 điểm sửa được")
    assert serious(page, ".bjs-powered-by", ".fjs-powered-by") == []
    author.picture("the-thuc")
    page.set_viewport_size(PHONE)
    page.get_by_role("tab", name="Văn bản").first.click()
    assert too_wide(page) <= 0
    author.picture("the-thuc-dien-thoai")
    undo = page.get_by_role("button", name="Hoàn tác lần sửa")
    expect(undo).to_be_hidden()
    page.get_by_role("button", name="Sửa 2 điểm sửa được").click()
    expect(page.locator("#pane-layout")).to_contain_text("Đúng thể thức")
    author.picture("the-thuc-da-sua-dien-thoai")
    undo.click()
    page.get_by_role("button", name="Sửa 2 điểm sửa được").click()
    expect(undo).to_be_visible()
    page.set_viewport_size(DESKTOP)
    author.picture("the-thuc-da-sua")
    clerk = log_in(chromium, pages, "stc", "vanthu")
    for person, path, name in ((author, "/van-ban/soan-thao", "soan-thao"), (clerk, "/the-thuc", "chan-duyet"),
                               (author, f"/van-ban/{older}/phien-ban", "phien-ban")):
        for size, what in ((DESKTOP, ""), (PHONE, "-dien-thoai")):
            person.page.set_viewport_size(size)
            person.go(path)
            assert too_wide(person.page) <= 0 and serious(person.page) == [], path
            person.picture(f"{name}{what}")
    assert author.complaints == clerk.complaints == []


def test_art_4_the_other_form_is_asked_for_with_a_reason_that_stands_beside_the_draft(stc):
    officer = Browser(stc.app, "stc", "chuyenvien")
    given = {"type_name": "Công văn", "purpose": "periodic_report", "scope": "between", "subject": SUBJECT,
             "how": "own", "once": "a" * 20, "other": "1", "other_reason": "ok"}
    assert "Đề nghị hình thức khác" in officer.get("/van-ban/soan-thao").text
    refused = officer.post("/van-ban/soan-thao", **given)
    assert refused.status_code == 422 and "Ghi lý do, từ 5 đến 500 ký tự." in refused.text
    good = given | {"other_reason": "Nơi nhận chưa ký số được"}
    tasks = [officer.post("/van-ban/soan-thao", **good).location for _ in range(2)]
    assert tasks[0] == tasks[1], "a double click starts one"
    with stc.inside():
        [one] = db.session.scalars(db.select(Document).where(Document.direction == "outgoing"))
        assert (one.exchange_form, one.exchange_clause) == ("hybrid", "theo đề nghị")
        assert instance.of_document(one.id).key == "outgoing_hybrid"
        [said] = [one.text for one in opinions(one.id)]
        found = one.id
    assert said.startswith("Đề nghị gửi cả văn bản giấy và văn bản điện tử; Điều 4.1") and "Nơi nhận chưa" in said
    shown = officer.get(f"/van-ban/{found}").text
    assert "theo đề nghị" in shown and "Nơi nhận chưa ký số được" in shown
    assert stc.faults() == []
    with stc.inside():
        assert replay.replay(instance.of_document(found)).difference == ""
