"""Trying a procedure over HTTP and in a browser: nothing written, rights at the doors, scenarios kept (Art. 10.2)."""

import json
import re
from datetime import UTC, datetime

import pytest
from browser import DESKTOP, PHONE, Site, log_in, serious, too_wide
from doors import Browser, alone
from lxml import html
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from app.db import db, tenancy
from app.engine import diagram
from app.engine import proposal as proposals
from app.engine.sandbox import SAMPLE_FILE

SCAN = {"element": "receive_paper", "values": {"scan": SAMPLE_FILE}}


@pytest.fixture
def admin(world) -> Browser:
    """Who may edit diagrams at the Department of Finance."""
    return Browser(world.app, "stc", "quantri")


@pytest.fixture
def proposal(admin) -> str:
    """The address of a proposal of the incoming procedure."""
    return admin.post("/quy-trinh/incoming/sua", title="Thêm thẩm định").headers["Location"]


def trial(who: Browser, address: str) -> dict:
    """What the page hands to its script."""
    page = who.get(f"{address}/chay-thu")
    assert page.status_code == 200, page.text
    assert not alone(page.text)
    return json.loads(html.fromstring(page.text).get_element_by_id("trial").text)


def rows(world) -> dict[str, int]:
    """Rows of every table but those of sessions, and files of the store."""
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        found = {table.name: db.session.scalar(db.select(db.func.count()).select_from(table))
                 for table in db.metadata.sorted_tables if "session" not in table.name}
        found["jobs"] = db.session.scalar(db.text("select count(*) from procrastinate_jobs"))
        db.session.remove()
    return found | {"blobs": sum(path.is_file() for path in world.config.blobs.rglob("*"))}


def test_a_trial_writes_nothing_at_all(world, admin, proposal):
    page, before = trial(admin, proposal), rows(world)
    assert [one["name"] for one in page["samples"]][0] == "Văn bản giấy, quét vào"
    seen = admin.send(page["step"], {"sample": page["samples"][0]["sample"], "moves": [SCAN]}).json
    place = seen["standing"][0]
    assert place["element"] == "verify" and place["role"] == "Văn thư" and place["form"]["values"]["subject"]
    assert place["form"]["schema"]["components"][4]["values"], "the lists of the agency"
    assert [entry["label"] for entry in seen["log"] if entry["outside"]] == ["Nhận dạng văn bản (OCR)",
                                                                            "Kiểm tra chữ ký số"]
    assert admin.send(page["all"], {}).json["is_ok"]
    assert rows(world) == before


def test_what_does_not_fit_is_said_and_the_rest_stays(admin, proposal):
    page = trial(admin, proposal)
    sample = page["samples"][0]["sample"]
    seen = admin.send(page["step"], {"sample": sample, "moves": [{"element": "receive_paper", "values": {}}]}).json
    assert seen["fault"]["errors"] == {"scan": ["Bắt buộc nhập."]} and seen["standing"][0]["element"] == "receive_paper"
    for body in ({}, {"sample": sample}, {"sample": sample, "moves": [1]}, {"sample": 1, "moves": []}):
        answer = admin.send(page["step"], body)
        assert answer.status_code == 422 and re.search("mẫu|thao tác|Thao tác", answer.json["message"])
    for at in ("soon", 5, "2026-01-05T00:00:00", "1970-01-01T00:00:00+00:00"):
        assert admin.send(page["step"], {"sample": sample, "moves": [], "at": at}).status_code == 400
    assert admin.send(page["step"], "[1]").status_code == 400


def test_a_draft_that_cannot_run_says_where(world, admin, proposal):
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        found = proposals.get(int(proposal.rpartition("/")[2]))
        text = diagram.texts_in_force()["bpmn:incoming"].replace(b"receive()", b"import os")
        proposals.save(found, "bpmn:incoming", text, 0, world.user("stc", "quantri"), datetime.now(UTC))
        db.session.commit()
        db.session.remove()
    page = trial(admin, proposal)
    answer = admin.send(page["step"], {"sample": {}, "moves": []})
    assert answer.status_code == 422 and "Tiếp nhận văn bản đến" in answer.json["message"]
    result = admin.send(page["all"], {}).json
    assert not result["is_ok"] and all("Tiếp nhận văn bản đến" in one["sentence"] for one in result["scenarios"])


def test_a_signing_form_of_a_trial_asks_no_pin(admin):
    address = admin.post("/quy-trinh/outgoing_electronic/sua", title="X").headers["Location"]
    page = trial(admin, address)
    listed = next(one for one in page["scenarios"] if "Điều 9.1)" in one["name"])
    seen = admin.send(page["step"], {"sample": listed["sample"], "moves": listed["moves"][:3]}).json
    form, = (place["form"] for place in seen["standing"])
    assert "pin" not in [component.get("key") for component in form["schema"]["components"]]
    assert "không cần mã PIN" in json.dumps(form["schema"], ensure_ascii=False)


def test_scenarios_are_kept_in_the_proposal_and_never_over_anothers(world, admin, proposal):
    page = trial(admin, proposal)
    made = {"name": "Chỉ tới văn thư", "sample": page["samples"][0]["sample"], "moves": [SCAN], "ends_at": "",
            "passes": ["receive"], "never": []}
    kept = admin.send(page["save"], {"revision": 0, "scenario": made}).json
    assert kept["revision"] == 1 and kept["scenarios"][-1]["name"] == made["name"]
    late = admin.send(page["save"], {"revision": 0, "scenario": {**made, "name": "Khác"}})
    assert late.status_code == 409
    again = admin.send(page["save"], {"revision": 1, "scenario": made})
    assert again.status_code == 422 and "cùng tên" in again.json["message"]
    assert [one["name"] for one in trial(admin, proposal)["scenarios"]] == [one["name"] for one in kept["scenarios"]]
    result = admin.send(page["all"], {}).json
    assert result["is_ok"] and len(result["scenarios"]) == len(kept["scenarios"])
    removed = admin.send(page["remove"], {"revision": 1, "name": made["name"]}).json
    assert removed["revision"] == 2 and len(removed["scenarios"]) == len(kept["scenarios"]) - 1
    same = admin.send(page["amend"], {"revision": 2, "moves": [SCAN]}).json
    assert same == {"revision": 2, "names": []} and admin.send(page["amend"], {"moves": 1}).status_code == 400
    for body in ({}, {"scenario": []}, {"revision": 2, "scenario": made, "replaces": 1}, {"scenario": made}):
        assert admin.send(page["save"], body).status_code == 400


def test_who_may_try_and_who_may_keep(world, admin, proposal):
    officer, publisher = (Browser(world.app, "stc", name) for name in ("chuyenvien", "lanhdao"))
    stranger = Browser(world.app, "snv", "quantri")
    page = trial(admin, proposal)
    assert not trial(publisher, proposal)["may_save"]
    in_force = trial(officer, "/quy-trinh/incoming")
    assert not in_force["may_save"] and not in_force["all"], "all scenarios cost seconds"
    every = trial(publisher, "/quy-trinh/incoming")["all"]
    assert officer.send(every, {}).status_code == 403 and publisher.send(every, {}).json["coverage"] == 100
    assert officer.send(in_force["step"], {"sample": {}, "moves": []}).json["standing"]
    assert officer.get("/quy-trinh/nothing/chay-thu").status_code == 404
    body = {"sample": {}, "moves": [], "revision": 0, "name": "x", "scenario": {}}
    for address in (page["step"], page["all"], page["save"], page["remove"], page["amend"]):
        assert officer.send(address, body).status_code == 403
        assert stranger.send(address, body).status_code == 404
    for address in (page["save"], page["remove"], page["amend"]):
        assert publisher.send(address, body).status_code == 403
    assert stranger.get(f"{proposal}/chay-thu").status_code == 404
    assert Browser(world.app).send(page["step"], body).status_code == 401


@pytest.mark.browser
def test_art_10_2_a_letter_is_tried_step_by_step_and_kept_as_a_scenario(pages: Site, chromium: Chromium, proposal: str):
    person = log_in(chromium, pages, "stc", "quantri")
    page, tab = person.go(f"{proposal}/chay-thu"), lambda name: person.page.get_by_role("tab", name=re.compile(name))
    expect(page.locator(".here-flag")).to_have_text("Đang ở đây")
    page.get_by_role("button", name="Hoàn thành việc này").click()
    expect(page.get_by_role("heading", name="Văn thư kiểm tra, nhập thông tin")).to_be_visible()
    expect(page.locator(".pretended-flag")).to_have_count(2)
    person.field("Trích yếu nội dung").fill("")
    page.get_by_role("button", name="Hoàn thành việc này").click()
    expect(page.locator("#message")).to_contain_text("Có mục chưa đúng")
    person.field("Trích yếu nội dung").fill("Giấy mời họp")
    person.choose("Sổ đăng ký văn bản đến", "")
    page.get_by_role("button", name="Hoàn thành việc này").click()
    expect(page.get_by_role("heading", name="Lãnh đạo phân công, bút phê")).to_be_visible()
    person.picture("trial_desktop")
    assert not serious(person.page)
    page.get_by_role("button", name="Cho đến hạn: Sau 1 ngày").click()
    tab("Diễn biến").click()
    expect(page.locator("#log")).to_contain_text("Nhắc lãnh đạo phân công")
    page.get_by_role("button", name="Lùi một bước").click()
    expect(page.locator("#log")).not_to_contain_text("Nhắc lãnh đạo phân công")
    person.picture("trial_log")
    tab("Đang chờ").click()
    page.get_by_label("Để biết").check()
    page.get_by_role("button", name="Hoàn thành việc này").click()
    expect(page.locator("#places")).to_contain_text("Đã kết thúc tại “Đã lưu để biết”")
    page.get_by_role("button", name="Lưu thành kịch bản").click()
    page.get_by_label("Tên kịch bản").fill("Giấy mời chỉ để biết")
    page.get_by_role("button", name="Lưu kịch bản", exact=True).click()
    expect(page.locator("#result")).to_contain_text("Đã lưu kịch bản")
    page.get_by_role("button", name="Chạy tất cả kịch bản").click()
    expect(page.locator("#result")).to_contain_text(
        re.compile(r"(\d+)/\1 kịch bản đạt\. Đã đi qua 100% phần tử"))
    person.picture("trial_cases")
    assert not serious(person.page)
    page.set_viewport_size(PHONE)
    assert too_wide(page) <= 0
    person.picture("trial_phone_cases")
    page.locator("#cases").get_by_role("button", name="Xem lại").last.click()
    expect(page.locator("#message")).to_contain_text("Đang xem lại kịch bản")
    person.picture("trial_phone_now")
    tab("Sơ đồ").click()
    person.picture("trial_phone_drawing")
    assert not serious(person.page)
    page.set_viewport_size(DESKTOP)
    assert not person.complaints
