"""The editors of tables and forms (Art. 4, 10.2): rights, drafts of two people, what is refused, trials, a browser."""

import json
import re

import pytest
from browser import PHONE, ROOT, Site, log_in, needs_axe, serious, too_wide
from doors import Browser, alone
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from app.web.diagram_parts import fresh_key
from tests.conftest import World

TABLE = (ROOT / "processes/exchange_form.dmn").read_text()
FORM = json.loads((ROOT / "forms/assign.json").read_text())
MEETING = {"scope": "internal", "type_name": "Giấy mời", "purpose": "meeting_invitation",
           "day": "2026-01-20"}


def begun(browser: Browser, key: str = "incoming") -> str:
    return browser.post(f"/quy-trinh/{key}/sua", title="Bản sửa thử").headers["Location"]


def data(page: str, name: str) -> dict:
    """What a page hands to its script."""
    return json.loads(re.search(rf'id="{name}">(.*?)</script>', page, re.S)[1])


def with_form(change) -> str:
    schema = json.loads(json.dumps(FORM))
    change(schema["components"])
    return json.dumps(schema, ensure_ascii=False)


def test_who_may_edit_tables_and_forms_and_of_which_agency(world: World):
    editor, officer, auditor = (Browser(world.app, "stc", name) for name in ("quantri", "chuyenvien", "thanhtra"))
    other = Browser(world.app, "snv", "quantri")
    address = begun(editor)
    pages = ("/bang", "/bieu-mau", "/bang/exchange_form", "/bieu-mau/assign")
    doors = ("/bang/exchange_form", "/bieu-mau/assign", "/bang/exchange_form/thu", "/bang/exchange_form/dong-thu",
             "/bieu-mau/assign/xem-truoc", "/bieu-mau/assign/thu-gui", "/dang-mo", "/ban-rieng")
    for path in pages:
        assert alone(editor.get(address + path).text) == [], path
        assert auditor.get(address + path).status_code == 200, path
        assert (officer.get(address + path).status_code, other.get(address + path).status_code) == (403, 404), path
    body = {"text": TABLE, "revision": 0, "rows": [], "was": [], "values": {}, "file": "dmn:exchange_form"}
    for path in doors:
        for stranger, status in ((officer, 403), (auditor, 403), (other, 404)):
            assert stranger.send(address + path, body).status_code == status, path
    for path in ("/bang", "/bieu-mau", "/bieu-mau/assign/bo", "/bang/exchange_form/lay-lai"):
        assert officer.post(address + path, title="x").status_code == 403
        assert other.post(address + path, title="x").status_code == 404
    assert data(editor.get(f"{address}/bieu-mau/assign").text, "form-data")["open"] is True
    assert data(auditor.get(f"{address}/bieu-mau/assign").text, "form-data")["open"] is False
    for path in ("/bang/nothing", "/bieu-mau/nothing", "/bang/..%2f", "/khac/assign"):
        assert editor.get(address + path).status_code == 404
        assert editor.send(address + path, body).status_code in (404, 405)
    for wrong in ({}, {"text": 1, "revision": 0}, {"text": TABLE, "revision": "0"}, {"text": TABLE, "revision": True},
                  {"text": TABLE, "revision": -1}, {"text": "\ud800", "revision": 0}):
        assert editor.send(f"{address}/bang/exchange_form", wrong).status_code == 400, wrong


def test_two_people_edit_one_form_and_nothing_is_written_over(world: World):
    first, second = Browser(world.app, "stc", "quantri"), Browser(world.app, "stc", "chanhvanphong")
    address = begun(first)
    mine, theirs = (with_form(lambda parts, word=word: parts[0].update(label=word)) for word in ("Một", "Hai"))
    assert second.send(f"{address}/dang-mo", {"file": "form:assign"}).json["others"] == []
    for _ in ("sent", "sent again: the answer was lost"):
        assert first.send(f"{address}/bieu-mau/assign", {"text": mine, "revision": 0}).json == {"revision": 1}
    seen = first.send(f"{address}/dang-mo", {"file": "dmn:exchange_form"}).json
    assert [one["here"] for one in seen["others"]] == [False]
    late = second.send(f"{address}/bieu-mau/assign", {"text": theirs, "revision": 0})
    assert late.status_code == 409 and late.json["who"] and re.match(r"\d\d/\d\d/\d{4}", late.json["when"])
    assert json.loads(data(second.get(f"{address}/bieu-mau/assign").text, "form-data")["text"]) == json.loads(mine)
    seen = second.send(f"{address}/dang-mo", {"file": "form:assign"}).json
    assert (seen["revision"], seen["who"]) == (1, late.json["who"])
    beside = second.send(f"{address}/ban-rieng", {"file": "form:assign", "text": theirs}).json["next"]
    assert beside != address and json.loads(
        data(second.get(f"{beside}/bieu-mau/assign").text, "form-data")["text"]) == json.loads(theirs)
    assert second.send(f"{address}/ban-rieng", {"file": "../x", "text": theirs}).status_code == 422


HOSTILE = (
    {"type": "html", "content": "<img src=x onerror=alert(1)>"}, {"type": "iframe", "url": "https://example.org"},
    {"type": "button", "label": "x", "action": "submit"}, {"type": "expression", "key": "x", "expression": "=1"},
    {"type": "textfield", "key": "x", "label": "<script>alert(1)</script>"},
    {"type": "textfield", "key": "x", "label": "=eval(1)"}, {"type": "textfield", "key": "__class__", "label": "x"},
    {"type": "textfield", "key": "x", "label": "x", "validate": {"pattern": "^(a+)+$", "maxLength": 9}},
    {"type": "select", "key": "x", "label": "x", "properties": {"catalogue": "secrets"}},
    {"type": "image", "source": "https://example.org/a.png"}, {"type": "text", "text": "{{ secrets }}"},
)


def test_a_form_that_the_server_cannot_check_is_not_kept(world: World):
    editor = Browser(world.app, "stc", "quantri")
    address = begun(editor)
    for hostile in HOSTILE:
        text = with_form(lambda parts, hostile=hostile: parts.append(hostile))
        refused = editor.send(f"{address}/bieu-mau/assign", {"text": text, "revision": 0})
        assert refused.status_code == 422 and refused.json["faults"][0]["message"], hostile
        assert editor.send(f"{address}/bieu-mau/assign/xem-truoc", {"text": text}).json["faults"], hostile
    assert editor.send(f"{address}/dang-mo", {"file": "form:assign"}).json["revision"] == 0, "nothing is kept"
    own = editor.post(f"{address}/bieu-mau", title="Riêng").headers["Location"]
    owned = {"type": "default", "components": [{"type": "textfield", "key": "approver_id", "label": "Người duyệt"}]}
    refused = editor.send(own, {"text": json.dumps(owned), "revision": 1})
    assert refused.status_code == 422 and "approver_id" in refused.json["message"], "who signs is no form's to say"


def test_art_7_a_form_keeps_what_its_article_reads_and_a_trial_answers_at_the_field(world: World):
    editor = Browser(world.app, "stc", "quantri")
    address = f"{begun(editor)}/bieu-mau/assign"
    shown = data(editor.get(address).text, "form-data")
    assert shown["needs"]["handler_id"]["kept"] and shown["article"] == "Điều 7" and shown["look"]["faults"] == []
    lists = {one.get("key"): one.get("values") for one in shown["look"]["schema"]["components"]}
    assert len(lists["handler_id"]) > 1, "the list of handlers of this agency"
    gone = with_form(lambda parts: parts.remove(next(one for one in parts if one.get("key") == "handler_id")))
    refused = editor.send(address, {"text": gone, "revision": 0})
    assert refused.status_code == 422 and refused.json["faults"][0]["article"] == "Điều 7"
    half = with_form(lambda parts: parts[1].update(conditional={"hide": '=decision = "ret'}))
    assert editor.send(address, {"text": half, "revision": 0}).json == {"revision": 1}, "a draft may be half done"
    assert editor.send(f"{address}/xem-truoc", {"text": half}).json["faults"][0]["unfinished"] is True
    free = with_form(lambda parts: parts.append({"type": "number", "key": "copies", "label": "Số bản",
                                                 "validate": {"required": True, "min": 1}}))
    wrong = editor.send(f"{address}/thu-gui", {"text": free, "values": {"decision": "inform", "copies": 0}})
    assert wrong.status_code == 422 and list(wrong.json["errors"]) == ["copies"]
    good = editor.send(f"{address}/thu-gui", {"text": free, "values": {"decision": "inform", "copies": 2}})
    assert {"label": "Số bản", "value": "2"} in good.json["values"]
    assert editor.send(f"{address}/thu-gui", {"text": "{", "values": {}}).status_code == 422


def test_art_4_a_table_is_tried_by_rows_that_are_kept(world: World):
    editor, second = Browser(world.app, "stc", "quantri"), Browser(world.app, "stc", "chanhvanphong")
    address = f"{begun(editor, 'outgoing_electronic')}/bang/exchange_form"
    shown = data(editor.get(address).text, "table")
    before = shown["rows"]
    assert [one["name"] for one in shown["look"]["asked"]] == ["scope", "type_name", "purpose", "day"]
    labels = {one["value"]: one["label"] for one in shown["look"]["asked"][2]["choices"]}
    assert labels["meeting_invitation"] == "Mời dự họp, hội nghị"
    row = {"given": MEETING, "expect": {"exchange_form": "electronic", "clause": "Điều 4.1.a"}}
    tried = editor.send(f"{address}/thu", {"text": TABLE, "rows": [row, {"given": {}}]}).json["tried"]
    assert tried[0]["passed"] is True and len(tried[0]["rules"]) == 1 and tried[1]["passed"] is None
    turned = TABLE.replace('"electronic"</text>', '"hybrid"</text>')
    assert editor.send(f"{address}/thu", {"text": turned, "rows": [row]}).json["tried"][0]["passed"] is False
    assert editor.send(f"{address}/dong-thu", {"rows": [*before, row], "was": before}).json["rows"] == [*before, row]
    late = second.send(f"{address}/dong-thu", {"rows": [], "was": before})
    assert late.status_code == 409 and late.json["who"]
    assert data(second.get(address).text, "table")["rows"] == [*before, row]
    assert second.send(f"{address}/dong-thu", {"rows": [], "was": [*before, row]}).status_code == 200
    for wrong in ([{"given": {}}], [{"given": {"a": []}, "expect": {}}], {}, None):
        assert editor.send(f"{address}/dong-thu", {"rows": wrong, "was": []}).status_code in (400, 422)


def test_art_4_a_table_says_what_is_wrong_at_its_cell_and_keeps_nothing_unsafe(world: World):
    editor = Browser(world.app, "stc", "quantri")
    address = f"{begun(editor, 'outgoing_electronic')}/bang/exchange_form"
    half = TABLE.replace("<text>\"steering\"</text>", "<text>\"steer</text>")
    found = editor.send(f"{address}/thu", {"text": half, "rows": []}).json
    assert found["findings"][0]["element"] == "a_steering_purpose" and "tried" not in found
    half = half.replace('name="clause"', 'name=""')
    assert editor.send(address, {"text": half, "revision": 0}).json == {"revision": 1}, "a draft may be half done"
    other = TABLE.replace('name="clause"', 'name="article"')
    found = editor.send(f"{address}/thu", {"text": other, "rows": []}).json["findings"][0]
    assert found["article"] == "Điều 4" and "clause" in found["message"]
    overlap = TABLE.replace('hitPolicy="FIRST"', 'hitPolicy="UNIQUE"')
    said = [one["message"] for one in editor.send(f"{address}/thu", {"text": overlap, "rows": []}).json["findings"]]
    assert any(re.search(r"Dòng trùng với dòng \d+", one) for one in said), "rows are named by their numbers"
    for hostile in (
        '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + TABLE.partition("?>")[2],
        TABLE.replace("</decisionTable>", "<script>alert(1)</script></decisionTable>"),
        TABLE.replace('typeRef="string"', 'typeRef="string" onload="x"', 1),
        TABLE.replace('typeRef="string"', 'typeRef="string" expressionLanguage="python"', 1),
        half.replace('<decision id="exchange_form"', '<decision id="other"'),
        TABLE.replace("</decision>", '</decision><decision id="b" name="b"/>', 1), "x" * 1_100_000, "",
    ):
        assert hostile != TABLE
        assert editor.send(address, {"text": hostile, "revision": 1}).status_code in (413, 422), hostile[:60]
    for cell in ("__import__('os')", "scope.__class__", "lambda: 1", "exec(1)"):
        found = editor.send(f"{address}/thu", {"text": TABLE.replace('"steering"', cell, 1), "rows": []}).json
        assert found["findings"][0]["level"] == "error"
    assert editor.send(f"{address[:-13]}../dang-mo".replace("/bang/../", "/"),
                       {"file": "dmn:exchange_form"}).json["revision"] == 1


def test_new_parts_copies_and_removal(world: World):
    editor = Browser(world.app, "stc", "quantri")
    address = begun(editor)
    made = editor.post(f"{address}/bieu-mau", title="Thẩm định pháp lý").headers["Location"]
    assert made.endswith("/bieu-mau/tham_dinh_phap_ly")
    assert data(editor.get(made).text, "form-data")["look"]["faults"] == []
    assert editor.post(f"{address}/bieu-mau", title="Thẩm định pháp lý").headers["Location"].endswith("_2")
    copied = editor.post(f"{address}/bang", title="Thời hạn", tu="exchange_form").headers["Location"]
    table = data(editor.get(copied).text, "table")
    assert 'id="thoi_han"' in table["xml"] and not [f for f in table["look"]["findings"] if f["level"] == "error"]
    fresh = editor.post(f"{address}/bang", title="Mức phí").headers["Location"]
    look = data(editor.get(fresh).text, "table")["look"]
    assert look["findings"] == [] and look["asked"][0]["name"] == "channel", "what an incoming document brings along"
    page = editor.get(f"{address}/bieu-mau").text
    assert "Thẩm định pháp lý" in page and page.count(">Mới<") == 2
    for path in ("/bieu-mau/assign", "/bang/exchange_form"):
        editor.post(f"{address}{path}/bo", revision=0)
        assert editor.get(f"{address}{path}").status_code == 200, "what is used stays"
    shown = re.findall(r'/tham_dinh_phap_ly/bo".*?name="revision" value="(\d+)"', page)
    assert editor.post(f"{made}/bo").status_code == 400 and editor.post(f"{made}/bo", revision=0).status_code == 409
    assert editor.get(made).status_code == 200, "a page drawn before the last save takes nothing away"
    editor.post(f"{made}/bo", revision=shown[0])
    assert editor.get(made).status_code == 404 and "Thẩm định pháp lý" in editor.get(f"{address}/bieu-mau").text
    assert editor.post(f"{address}/bieu-mau", title=" ").headers["Location"].endswith("/bieu-mau")
    assert editor.post(f"{address}/bieu-mau", title="x", tu="nothing").status_code == 404
    editor.send(f"{address}/bieu-mau/assign", {"text": with_form(lambda parts: parts[0].update(label="Khác")),
                                               "revision": 0})
    assert ">Đã sửa<" in editor.get(f"{address}/bieu-mau").text
    assert editor.post(f"{address}/bieu-mau/assign/lay-lai", revision=0).status_code == 409
    editor.post(f"{address}/bieu-mau/assign/lay-lai", revision=1)
    assert ">Đã sửa<" not in editor.get(f"{address}/bieu-mau").text
    assert [fresh_key(title, {"duong"}) for title in ("Đường", "1. Ví dụ!", "…")] == ["duong_2", "vi_du", "moi"]
    editor.post(f"{address}/bo", reason="Không cần nữa, thử thôi")
    closed = editor.send(f"{address}/bieu-mau/assign", {"text": json.dumps(FORM), "revision": 2})
    assert closed.status_code == 409




@pytest.mark.browser
@needs_axe
def test_a_cell_turns_a_test_row_and_a_new_field_is_seen_in_the_preview(world: World, pages: Site, chromium: Chromium):
    editor = log_in(chromium, pages, "stc", "quantri")
    address = begun(Browser(world.app, "stc", "quantri"), "outgoing_electronic")
    page = editor.go(f"{address}/bang/exchange_form")
    first = page.locator(".try").first
    expect(first.get_by_text("Đúng mong đợi")).to_be_visible()
    assert page.locator(".bjs-powered-by, .powered-by").first.is_visible(), "the mark of bpmn.io stays"
    number = int(re.search(r"dòng (\d+)", first.locator(".answer").inner_text())[1])
    cell = page.locator("tbody tr").nth(number - 1).locator("td.output-cell").nth(1)
    cell.click()
    page.keyboard.press("Control+a")
    page.keyboard.type("1 +")
    expect(page.locator("#count")).to_have_text("1")
    expect(cell).to_have_attribute("data-mark", "error")
    page.keyboard.press("Control+a")
    page.keyboard.type('"Điều 9')  # the editor closes the quotes
    expect(first.get_by_text("Khác mong đợi")).to_be_visible()
    first.get_by_role("button", name="Nhận kết quả mới").click()
    expect(first.get_by_text("Đúng mong đợi")).to_be_visible()
    expect(page.locator("#saved")).to_contain_text("Đã lưu")
    expect(page.locator("#kept")).to_contain_text("Đã lưu")
    assert serious(page) == []
    page.set_viewport_size(PHONE)
    assert too_wide(page) <= 0
    page.set_viewport_size({"width": 1366, "height": 768})
    editor.go(f"{address}/bang/exchange_form")
    expect(page.locator(".try").first).to_contain_text("Điều 9")

    editor.go(f"{address}/bieu-mau/draft")
    page.locator("#canvas .fjs-form-field").first.wait_for()
    page.get_by_role("button", name="Ô đánh dấu").click()
    label = page.locator("#settings").get_by_label("Nhãn")
    label.fill("Đã lấy ý kiến pháp chế")
    expect(page.locator("#preview").get_by_label("Đã lấy ý kiến pháp chế")).to_be_visible()
    expect(page.locator("#saved")).to_contain_text("Đã lưu")
    kept = _kept(world, address)
    assert "Đã lấy ý kiến pháp chế" in kept and '"da_lay_y_kien_phap_che"' in kept
    needed = page.locator('#canvas .fjs-element[data-id="field_subject"]')
    needed.click()
    expect(page.locator("#settings").get_by_role("button", name="Bỏ trường")).to_be_disabled()
    needed.press("Delete")
    expect(needed).to_be_visible()
    page.get_by_role("button", name="Thử gửi").click()
    expect(page.locator("#preview").get_by_text("Bắt buộc nhập.").first).to_be_visible()
    assert serious(page) == []
    page.set_viewport_size(PHONE)
    assert too_wide(page) <= 0
    editor.go(f"{address}/bieu-mau")
    assert serious(page) == [] and too_wide(page) <= 0
    expect(page.get_by_role("row", name="Soạn thảo, hoàn thiện dự thảo")).to_contain_text("Đã sửa")
    assert [said for said in editor.complaints if "422" not in said] == []


def _kept(world: World, address: str) -> str:
    return data(Browser(world.app, "stc", "quantri").get(f"{address}/bieu-mau/draft").text, "form-data")["text"]
