"""Art. 10.2: the drawing of a proposal is edited in the browser, by several people, and nobody loses work.

The doors are asked as the editor's script asks them; one story in Chromium draws a real change.
"""

import json

import pytest
from doors import Browser, alone
from lxml import html

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
