"""Art. 10.2: the drawing of a proposal is edited in the browser, by several people, and nobody loses work.

The doors are asked as the editor's script asks them; one story in Chromium draws a real change.
"""

import json
import re

import pytest
from browser import PHONE, ROOT, Person, Site, log_in, needs_axe, serious
from doors import Browser, alone
from lxml import html
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from app.engine.dialect import read_drawing

DOCTYPE = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa">]><definitions>&a;</definitions>'


@pytest.fixture
def admin(world) -> Browser:
    """The administrator of the Department of Finance, who may edit diagrams."""
    return Browser(world.app, "stc", "quantri")


@pytest.fixture
def proposal(admin) -> str:
    """The address of a proposal of the electronic procedure."""
    return admin.post("/quy-trinh/outgoing_electronic/sua", title="Thẩm định pháp lý").headers["Location"]


def drawing(who: Browser, proposal: str) -> dict:
    """What the page hands to its script."""
    page = who.get(f"{proposal}/so-do")
    assert page.status_code == 200, page.text
    assert not alone(page.text)
    return json.loads(html.fromstring(page.text).get_element_by_id("drawing").text)


def test_art_10_2_the_page_offers_the_catalogue_in_words(admin, proposal):
    found = drawing(admin, proposal)
    assert found["may_edit"] and found["text"].startswith("<?xml") and found["revision"] == 0
    offered = found["offered"]
    steps = {one["id"]: one for one in offered["templates"]}
    assert steps["qlvb.number"]["label"] == "Cấp số và ngày ban hành" and steps["qlvb.number"]["outside"]
    assert [choice["value"] for choice in steps["qlvb.report_status"]["settings"][0]["choices"]][0] == "02"
    review = next(form for form in offered["forms"] if form["key"] == "review")
    decision = next(field for field in review["fields"] if field["name"] == "decision")
    assert review["taken"] and [value["value"] for value in decision["values"]] == ["accept", "return"]
    assert {"value": "=author_id", "name": "author_id", "label": "Người soạn thảo"} in offered["people"]
    assert [table["key"] for table in offered["tables"]] == ["exchange_form"]
    assert {"value": "head", "label": "Lãnh đạo phòng"} in offered["roles"]
    admin.client.set_cookie("ngon_ngu", "en")
    english = [one["label"] for one in drawing(admin, proposal)["offered"]["templates"]]
    assert len(english) > 40 and not [label for label in english if not label.isascii()]


def test_art_10_2_a_drawing_is_saved_by_revision_and_never_written_over(world, admin, proposal):
    found = drawing(admin, proposal)
    text = found["text"].replace("Lãnh đạo phòng kiểm duyệt", "Trưởng phòng kiểm duyệt")
    assert admin.send(found["save"], {"revision": 0, "text": text}).json == {"revision": 1}
    other = Browser(world.app, "stc", "chanhvanphong")
    late = other.send(found["save"], {"revision": 0, "text": found["text"]})
    assert late.status_code == 409 and late.json["who"] and late.json["when"]
    assert drawing(admin, proposal)["text"] == text
    mine = other.send(found["another"], {"text": found["text"].replace("Hủy", "Bỏ"), "file": found["file"]})
    assert "Bỏ dự thảo" in drawing(other, mine.json["next"])["text"]
    for body in ({"revision": -1, "text": text}, {"revision": 1}, {"revision": "1", "text": text},
                 {"revision": 1, "text": 5}):
        assert admin.send(found["save"], body).status_code == 400


def test_s3_a_hostile_drawing_is_kept_as_text_and_named_by_the_check(admin, proposal):
    found = drawing(admin, proposal)
    said = admin.send(found["check"], {"text": DOCTYPE}).json["findings"]
    assert [one["severity"] for one in said] == ["error"] and "DOCTYPE" in said[0]["message"]
    foreign = found["text"].replace("<bpmn:userTask ", "<bpmn:manualTask ", 1).replace(
        "</bpmn:userTask>", "</bpmn:manualTask>", 1)
    said = admin.send(found["check"], {"text": foreign}).json["findings"]
    assert any("manualTask" in one["message"] for one in said)
    assert admin.send(found["save"], {"revision": 0, "text": DOCTYPE}).json == {"revision": 1}
    assert drawing(admin, proposal)["text"] == DOCTYPE
    assert admin.send(found["save"], {"revision": 1, "text": "x" * (2 * 1024 * 1024 + 1)}).status_code == 413


def test_art_10_2_remarks_are_written_settled_and_opened_again(world, admin, proposal):
    found = drawing(admin, proposal)
    remark = {"file": found["file"], "element": "review", "text": "Cần thêm bước thẩm định"}
    [said] = admin.send(found["remark"], remark).json["remarks"]
    assert (said["element"], said["resolved"]) == ("review", False)
    assert drawing(admin, proposal)["remarks"] == [said]
    publisher = Browser(world.app, "stc", "lanhdao")
    settled = publisher.send(f"{found['remark']}/{said['id']}", {"resolved": True}).json["remarks"][0]
    assert settled["resolved"] and settled["resolved_by"]
    assert not admin.send(f"{found['remark']}/{said['id']}", {"resolved": False}).json["remarks"][0]["resolved"]
    assert admin.send(found["remark"], {**remark, "text": "  "}).status_code == 422
    assert admin.send(found["remark"], {**remark, "element": 5}).status_code == 400
    assert admin.send(f"{found['remark']}/999", {"resolved": True}).status_code == 404


def test_s6_only_designers_edit_and_another_agency_finds_nothing(world, admin, proposal):
    found = drawing(admin, proposal)
    body = {"revision": 0, "text": found["text"]}
    auditor = Browser(world.app, "stc", "thanhtra")
    looked = drawing(auditor, proposal)
    assert not looked["may_edit"] and not looked["may_remark"]
    assert auditor.send(found["save"], body).status_code == 403
    assert auditor.send(found["remark"], {"file": found["file"], "element": "", "text": "x"}).status_code == 403
    officer = Browser(world.app, "stc", "chuyenvien")
    assert officer.get(f"{proposal}/so-do").status_code == 403
    assert officer.send(found["check"], {"text": found["text"]}).status_code == 403
    stranger = Browser(world.app, "snv", "quantri")
    assert stranger.get(f"{proposal}/so-do").status_code == 404
    for path, sent in ((found["save"], body), (found["check"], {"text": "x"}),
                       (found["another"], {"text": "x", "file": found["file"]}),
                       (found["remark"], {"file": found["file"], "element": "", "text": "x"})):
        assert stranger.send(path, sent).status_code == 404
    assert Browser(world.app).send(found["save"], body).status_code == 401


LIBRARIES = ROOT / "node_modules"
#: words that a library asks its translator for, as they stand in its source
_ASKED = re.compile(r"translate\(\s*'([^'+]+)'\s*[,)]")
_LABELS = re.compile(r"\blabel: '([^'\n]+)'|_GROUP = \{ id: '\w+', name: '([^']+)'")


@pytest.mark.skipif(not (LIBRARIES / "bpmn-js").exists(), reason="the browser libraries are absent (npm ci)")
def test_every_word_of_the_editor_is_in_vietnamese():
    menus = LIBRARIES / "bpmn-js-create-append-anything/dist/index.es.js"
    asked: set[str] = set()
    for path in [*LIBRARIES.glob("bpmn-js/lib/features/**/*.js"), *LIBRARIES.glob("diagram-js/lib/features/**/*.js"),
                 LIBRARIES / "diagram-js-minimap/dist/index.esm.js", menus]:
        text = path.read_text()
        asked.update(_ASKED.findall(text))
        if path == menus or path.name in ("PopupEntries.js", "ReplaceOptions.js"):
            asked.update(label or group for label, group in _LABELS.findall(text))
    words = (ROOT / "app/web/browser/lib/editor_words.js").read_text()
    assert len(asked) > 120
    assert asked - set(re.findall(r'^  "((?:[^"\\]|\\.)*)": "', words, re.M)) == set()


# ---- in the browser ---------------------------------------------------------------------------------------------

_XML = "() => drawing.saveXML({format: true}).then(({xml}) => xml)"
_WORDS = "() => { const offered = JSON.parse(document.getElementById('drawing').textContent).offered;"
_UNKNOWN = _WORDS + """ const ours = new Set(offered.templates.map(one => one.label));
  return [...drawing.unknown].filter(word => !ours.has(word)); }"""


def opened(person: Person, proposal: str) -> None:
    """Open the editor and wait until the drawing is there."""
    person.go(f"{proposal}/so-do")
    person.page.locator("html[data-ready=drawing]").wait_for(state="attached")


def shape(person: Person, element: str) -> None:
    """Choose an element by a click on it."""
    person.page.locator(f"g[data-element-id={element}] > .djs-hit").first.click()


def from_menu(person: Person, action: str, typed: str, entry: str) -> str:
    """Open a menu of the pad beside the chosen element, search, take an entry; the id of what is chosen then."""
    page = person.page
    page.locator(f".djs-context-pad [data-action={action}]").click()
    page.locator(".djs-popup input").press_sequentially(typed)
    page.locator(".djs-popup .entry", has_text=entry).first.click()
    return page.evaluate("() => drawing.get('selection').get()[0].id")


@pytest.mark.browser
@needs_axe
def test_art_10_2_a_person_draws_is_told_what_breaks_the_order_and_overwrites_nobody(
        proposal, pages: Site, chromium: Chromium):
    designer, other = log_in(chromium, pages, "stc", "quantri"), log_in(chromium, pages, "stc", "chanhvanphong")
    opened(designer, proposal)
    opened(other, proposal)
    _looks_well(designer)
    made = _draws(designer)
    assert read_drawing(designer.page.evaluate(_XML).encode()).scopes["outgoing_electronic"].nodes[made]
    _is_told(designer)
    _takes_in_a_file(designer, made)
    assert designer.page.evaluate(_UNKNOWN) == []
    assert designer.complaints == []
    _is_overtaken(other, made)
    _on_a_phone(chromium, pages, proposal)


def _looks_well(person: Person) -> None:
    page = person.page
    expect(page.locator(".bjs-powered-by")).to_be_visible()
    expect(page.locator("#checked")).to_have_text("Đã kiểm tra theo quy chế.")
    for tab in ("remarks", "properties"):
        page.locator(f"#tab-{tab}").click()
        assert serious(page, "#canvas") == []
    policy = person.context.request.get(page.url).headers["content-security-policy"]
    assert "script-src 'self';" in policy


def _draws(person: Person) -> str:
    """A task of the agency's own between the review and its record; its form, its person, its date."""
    page = person.page
    shape(person, "review")
    made = from_menu(person, "append", "theo bieu mau", "Việc theo biểu mẫu của cơ quan")
    page.keyboard.type("Thẩm định pháp lý")
    panel = page.locator("#properties")
    panel.get_by_label("Căn cứ, mô tả", exact=True).click()
    expect(panel.get_by_label("Tên", exact=True)).to_have_value("Thẩm định pháp lý")
    panel.get_by_label("Biểu mẫu", exact=True).select_option("review")
    panel.get_by_label("Người làm", exact=True).select_option(label="Người soạn thảo")
    panel.get_by_label("Hạn làm", exact=True).select_option(label="sau một khoảng thời gian")
    panel.get_by_label("Số", exact=True).fill("3")
    assert panel.locator("[name*=script]").count() == 0
    expect(page.locator("#saved")).to_contain_text("Đã lưu lúc")
    node = read_drawing(page.evaluate(_XML).encode()).scopes["outgoing_electronic"].nodes[made].element
    assert (node.form_key, node.assignee, node.due, node.role) == ("review", "=author_id", "P3D", "head")
    assert node.template == "qlvb.task.review" and node.label == "Thẩm định pháp lý"
    return made


def _is_told(person: Person) -> None:
    """Without the record of the approval the number is out of order: said with the article, drawn, undone."""
    page = person.page
    page.locator("[data-tool=find]").click()
    page.locator(".djs-search-input input").press_sequentially("ghi kết quả duyệt")
    page.keyboard.press("Enter")
    page.locator(".djs-context-pad [data-action=delete]").click()
    expect(page.locator("#count-findings")).not_to_be_hidden()
    page.locator("#tab-findings").click()
    finding = page.locator(".finding", has_text="Điều 9.1.a").first
    expect(finding).to_contain_text("Cấp số và ngày ban hành")
    finding.click()
    expect(page.locator(".path-number:text-is('1')")).to_have_count(1)
    expect(page.locator("g[data-element-id=number].on-path")).to_have_count(1)
    assert page.locator(".djs-connection.on-path").count() > 3
    page.get_by_role("button", name="Hoàn tác").click()
    expect(page.locator("#findings")).not_to_contain_text("Điều 9.1.a")
    expect(page.locator(".path-number")).to_have_count(0)


def _takes_in_a_file(person: Person, made: str) -> None:
    """A drawing of another tool becomes this procedure; what is left out is named, what cannot run too; and back."""
    page = person.page
    foreign = (ROOT / "processes/outgoing_electronic.bpmn").read_text().replace(
        'id="outgoing_electronic"', 'id="Process_1" camunda:historyTimeToLive="180"').replace(
        'processRef="outgoing_electronic"', 'processRef="Process_1"').replace("bpmn:scriptTask", "bpmn:serviceTask")
    page.locator("#import-file").set_input_files(
        [{"name": "khac.bpmn", "mimeType": "text/xml", "buffer": foreign.encode()}])
    page.get_by_role("button", name="Thay sơ đồ").click()
    expect(page.locator("#taken")).to_contain_text("camunda:historyTimeToLive")
    expect(page.locator("#findings")).to_contain_text("serviceTask")
    taken = page.evaluate(_XML)
    assert '<bpmn:process id="outgoing_electronic"' in taken and "historyTimeToLive" not in taken
    page.get_by_role("button", name="Trở lại sơ đồ trước đó").click()
    expect(page.locator("#findings")).not_to_contain_text("serviceTask")
    expect(page.locator("#saved")).to_contain_text("Đã lưu lúc")
    assert made in page.evaluate(_XML)


def _is_overtaken(person: Person, made: str) -> None:
    """Who saves second is told who was first, and keeps what is his as a proposal beside."""
    page = person.page
    expect(page.locator("#presence")).to_contain_text("cũng đang mở phần này")
    page.evaluate("""() => drawing.get('modeling').updateLabel(
        drawing.get('elementRegistry').get('review'), 'Kiểm duyệt')""")
    expect(page.get_by_role("dialog")).to_contain_text("đã lưu lúc")
    page.get_by_role("button", name="Lưu bản của tôi thành bản sửa mới").click()
    page.wait_for_url(lambda url: url.rstrip("/").rsplit("/", 1)[-1] == "2")
    opened(person, "/quy-trinh/sua/2")
    assert "Kiểm duyệt" in page.evaluate(_XML) and made not in page.evaluate(_XML)
    opened(person, "/quy-trinh/sua/1")
    assert made in page.evaluate(_XML)


def _on_a_phone(chromium: Chromium, pages: Site, proposal: str) -> None:
    person = log_in(chromium, pages, "stc", "quantri", PHONE)
    opened(person, proposal)
    expect(person.page.get_by_text("Màn hình này nhỏ")).to_be_visible()
    expect(person.page.locator("#findings")).to_be_visible()
    assert person.page.locator(".djs-palette").count() == 0
    assert person.complaints == []
