"""The pages of procedures over HTTP and in a browser: rights at the doors, two people, zip, rights (Art. 10.2)."""

import io
import json
import re
from collections.abc import Callable
from datetime import datetime

import pytest
from browser import DESKTOP, PHONE, Person, Site, log_in, needs_axe, serious, too_wide
from doors import Browser
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from app.db import db, tenancy
from app.demo import legal_review
from app.demo.hand import Hands
from app.engine import diagram, parcel, proposal
from app.records import history
from app.records.people import User
from tests.conftest import World

REASON = "Thêm một dòng vào biểu mẫu kiểm tra văn bản"


def begun(browser: Browser, key: str = "incoming", **fields: str) -> str:
    """A new proposal; its address."""
    answer = browser.post(f"/quy-trinh/{key}/sua", **fields)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def edit(world: World, address: str, name: str = "form:verify", username: str = "quantri",
         change: Callable[[bytes], bytes] = lambda text: text + b"\n") -> None:
    """Save a file of the proposal as its editor does: the text in force with a line more, or changed otherwise."""
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        found = proposal.get(int(address.rpartition("/")[2]))
        proposal.save(found, name, change(diagram.texts_in_force()[name]), 0, world.user("stc", username),
                      datetime.now().astimezone())
        db.session.commit()
        db.session.remove()


def version(world: World, key: str = "incoming") -> int:
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        found = diagram.in_force(key).version
        db.session.remove()
    return found


def test_everybody_reads_what_is_in_force_and_designers_begin(world: World):
    officer, admin = Browser(world.app, "stc", "chuyenvien"), Browser(world.app, "stc", "quantri")
    assert "Xử lý văn bản đến" in officer.get("/quy-trinh").text
    page = officer.get("/quy-trinh/incoming").text
    assert "Các phiên bản" not in page and "Tạo bản sửa" not in page and "Văn bản quy trình nội bộ" in page
    assert officer.get("/quy-trinh/incoming/so-do").json["xml"].startswith("<?xml")
    assert officer.get("/quy-trinh/nothing").status_code == 404
    for path in ("/quy-trinh/incoming/tai-ve", "/quy-trinh/quyen"):
        assert officer.get(path).status_code == 403
    for path in ("/quy-trinh/incoming/sua", "/quy-trinh/incoming/nhap", "/quy-trinh/incoming/tu-mau",
                 "/quy-trinh/quyen"):
        assert officer.post(path).status_code == 403
    assert "Các phiên bản" in admin.get("/quy-trinh/incoming").text
    for wrong in ("?phien-ban=99", "?phien-ban=x", "?phien-ban=-1", "?phien-ban=99999999999"):
        assert admin.get(f"/quy-trinh/incoming{wrong}").status_code == 404
    address = begun(admin, title="Thêm thẩm định")
    assert officer.get(address).status_code == 403
    assert "Thêm thẩm định" in admin.get(address).text
    others = Browser(world.app, "snv", "quantri") if "snv" in world.ids else Browser(world.app, next(
        slug for slug in world.ids if slug != "stc"), "quantri")
    for path in (address, f"{address}/danh-gia", f"{address}/tai-ve"):
        assert others.get(path).status_code == 404
    for path in ("ban-hanh", "bo", "mo-lai", "ten", "chuyen", "tra-lai", "loi-nhan-xet"):
        assert officer.post(f"{address}/{path}").status_code == 403
        assert others.post(f"{address}/{path}", reason=REASON, title="x", revision="1", text="x").status_code in (
            (403, 404) if path == "ban-hanh" else (404,)), path


def test_art_10_2_publishing_by_a_second_person_who_says_why(world: World):
    author, publisher = Browser(world.app, "stc", "quantri"), Browser(world.app, "stc", "lanhdao")
    address, before = begun(author), version(world)
    assert publisher.post(f"{address}/ban-hanh", reason=REASON).status_code == 409  # nothing changed
    edit(world, address)
    assert author.post(f"{address}/ban-hanh", reason=REASON).status_code == 403  # no right
    refused = publisher.post(f"{address}/ban-hanh", reason="vì sao")
    assert refused.status_code == 422 and "Hãy ghi lý do" in refused.text and ">vì sao</textarea>" in refused.text
    page = publisher.get(address).text
    assert "Lý do ban hành" in page and "Bạn đã sửa bản này" not in page
    assert publisher.post(f"{address}/ban-hanh", reason=REASON).status_code == 302
    again = publisher.post(f"{address}/ban-hanh", reason=REASON)
    assert again.status_code == 409 and "không sửa được nữa" in again.text  # a second press
    assert version(world) == before + 1
    row = re.search(rf"<td class=\"number\">{before + 1}</td>.*?</tr>", author.get("/quy-trinh/incoming").text, re.S)[0]
    assert REASON in row and "Đang áp dụng" in row
    assert "Người có quyền" in author.get("/quy-trinh/quyen").text


def test_art_8_2_designers_are_told_which_field_a_form_of_theirs_does_not_have(world: World):
    """A form from before the field was taken, published anew by nobody."""
    author, publisher = Browser(world.app, "stc", "quantri"), Browser(world.app, "stc", "lanhdao")
    home = "/quy-trinh/outgoing_electronic"
    assert "chưa có trường" not in author.get(home).text

    def older(text: bytes) -> bytes:
        drawn = json.loads(text)
        drawn["components"] = [one for one in drawn["components"] if one.get("key") != "edited_file"]
        return json.dumps(drawn).encode()

    address = begun(author, "outgoing_electronic")
    edit(world, address, "form:review", change=older)
    assert publisher.post(f"{address}/ban-hanh", reason=REASON).status_code == 302
    page = author.get(home).text
    assert "chưa có trường" in page and "<code>edited_file</code>" in page and "Điều 8.2" in page
    assert "chưa có trường" not in author.get("/quy-trinh/incoming").text
    assert "chưa có trường" not in Browser(world.app, "stc", "chuyenvien").get(home).text
    assert "Tạo bản sửa có các trường này" in page
    assert publisher.post(f"{home}/them-truong").status_code == 403  # no designer
    assert author.post("/quy-trinh/incoming/them-truong").status_code == 404  # lacks nothing
    address = author.post(f"{home}/them-truong").headers["Location"]
    form = author.get(f"{address}/bieu-mau/review").text
    assert "field_edited_file" in form and "row_added_edited_file" in form
    assert publisher.post(f"{address}/ban-hanh", reason=REASON).status_code == 302
    assert "chưa có trường" not in author.get(home).text


def test_the_check_and_the_scenarios_stand_beside_the_proposal(world: World):
    admin = Browser(world.app, "stc", "quantri")
    address = begun(admin)
    edit(world, address)
    part = admin.get(f"{address}/danh-gia").text
    assert "Kiểm tra theo quy định" in part and "Kịch bản chạy thử" in part


def test_a_proposal_is_remarked_on_put_away_and_opened_again(world: World):
    admin, publisher = Browser(world.app, "stc", "quantri"), Browser(world.app, "stc", "lanhdao")
    address = begun(admin)
    assert publisher.post(f"{address}/loi-nhan-xet", text=" ").status_code == 422
    assert publisher.post(f"{address}/loi-nhan-xet", text="<b>Đổi tên</b>", element="verify").status_code == 302
    page = admin.get(address).text
    assert "&lt;b&gt;Đổi tên&lt;/b&gt;" in page
    done = re.search(r"/loi-nhan-xet/(\d+)", page)[1]
    assert admin.post(f"{address}/loi-nhan-xet/{done}", done="1").status_code == 302
    assert "đã xong" in admin.get(address).text
    assert admin.post(f"{address}/loi-nhan-xet/999999", done="1").status_code == 404
    assert admin.post(f"{address}/ten", title="Tên mới").status_code == 302
    assert admin.post(f"{address}/bo", reason="Không cần").status_code == 302
    assert "Mở lại" in admin.get(address).text
    assert admin.post(f"{address}/loi-nhan-xet", text="muộn").status_code == 409
    assert admin.post(f"{address}/mo-lai").status_code == 302
    edit(world, address)
    assert admin.post(f"{address}/tra-lai", name="form:verify").status_code == 400
    assert admin.post(f"{address}/tra-lai", name="form:verify", revision="7").status_code == 409
    assert admin.post(f"{address}/tra-lai", name="form:verify", revision="1").status_code == 302
    assert "Chưa có thay đổi nào" in admin.get(address).text


def test_a_release_goes_out_as_zip_and_comes_in_elsewhere(world: World):
    admin = Browser(world.app, "stc", "quantri")
    packed = admin.get("/quy-trinh/incoming/tai-ve")
    assert packed.headers["Content-Disposition"].startswith("attachment")
    files = parcel.unpack(packed.data, "a.zip", "incoming")
    files["form:verify"] += b"\n"
    with io.BytesIO(parcel.pack(files, {})) as made:
        answer = admin.post("/quy-trinh/incoming/nhap", file=(made, "a.zip"))
    address = answer.headers["Location"]
    page = admin.get(address).text
    assert page.count("tag file-") == 1 and "tag file-changed" in page  # only what differs
    assert parcel.unpack(admin.get(f"{address}/tai-ve").data, "b.zip", "incoming") == files
    bomb = b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa">]><d>&a;</d>'
    refused = admin.post("/quy-trinh/incoming/nhap", file=(io.BytesIO(bomb), "x.bpmn"))
    assert refused.status_code == 422 and "DOCTYPE" in refused.text and "Các phiên bản" in refused.text  # at the field
    assert admin.post("/quy-trinh/incoming/nhap").status_code == 422


def test_on_moved_ground_the_changes_go_into_a_new_proposal(world: World):
    author, publisher = Browser(world.app, "stc", "quantri"), Browser(world.app, "stc", "lanhdao")
    early, late = begun(author), begun(author)
    edit(world, early)
    edit(world, late, "form:assign")
    publisher.post(f"{early}/ban-hanh", reason=REASON)
    assert publisher.post(f"{late}/ban-hanh", reason=REASON).status_code == 409
    assert "sau khi mở bản sửa này" in author.get(late).text
    fresh = author.post(f"{late}/chuyen", name="form:assign").headers["Location"]
    assert fresh != late
    assert publisher.post(f"{fresh}/ban-hanh", reason=REASON).status_code == 302


def test_art_11_3_b_administrators_give_and_take_rights_of_others_only(world: World):
    admin, leader = Browser(world.app, "stc", "quantri"), Browser(world.app, "stc", "lanhdao")
    officer = Browser(world.app, "stc", "chuyenvien")
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        ids = {name: world.user("stc", name).id for name in ("quantri", "lanhdao", "chuyenvien")}
        db.session.remove()
    give = {"right": "designer", "given": "1", "reason": "Phân công phụ trách"}
    assert leader.post("/quy-trinh/quyen", user=str(ids["chuyenvien"]), **give).status_code == 403
    assert admin.post("/quy-trinh/quyen", user=str(ids["quantri"]), **{**give, "right": "publisher"}).status_code == 403
    assert admin.post("/quy-trinh/quyen", user=str(ids["chuyenvien"]), **{**give, "reason": ""}).status_code == 422
    assert admin.post("/quy-trinh/quyen", user=str(ids["chuyenvien"]), **{**give, "right": "admin"}).status_code == 422
    assert admin.post("/quy-trinh/quyen", user="abc", **give).status_code == 404
    assert officer.post("/quy-trinh/incoming/sua").status_code == 403
    assert admin.post("/quy-trinh/quyen", user=str(ids["chuyenvien"]), **give).status_code == 302
    address = begun(officer)
    assert admin.post("/quy-trinh/quyen", user=str(ids["chuyenvien"]), **{**give, "given": "0"}).status_code == 302
    assert officer.post("/quy-trinh/incoming/sua").status_code == 403  # at once, in the same session
    assert officer.post(f"{address}/bo").status_code == 403
    mover = {**give, "right": "migrator"}
    assert officer.post(f"{address}/loi-nhan-xet", text="Xem lại").status_code == 403
    assert admin.post("/quy-trinh/quyen", user=str(ids["chuyenvien"]), **mover).status_code == 302
    assert officer.post(f"{address}/loi-nhan-xet", text="Xem lại").status_code == 302  # as beside the drawing
    assert "Phân công phụ trách" in admin.get("/quy-trinh/quyen").text
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        acts = [act for act in history.course(f"user:{ids['chuyenvien']}") if act.kind == "account_changed"]
        assert [act.actor_id for act in acts[-3:]] == [ids["quantri"]] * 3
        assert "designer" not in db.session.get(User, ids["chuyenvien"]).roles
        db.session.remove()


def looked_at(person: Person) -> list[str]:
    """What is wrong with the page on a desktop and on a phone: axe, what sticks out, what the console said."""
    found = []
    for size in (DESKTOP, PHONE):
        person.page.set_viewport_size(size)
        found += serious(person.page)
        if (over := too_wide(person.page)) > 0:
            found.append(f"{over} px too wide at {size['width']}")
    person.page.set_viewport_size(DESKTOP)
    return found + person.complaints


@pytest.mark.browser
@needs_axe
def test_art_10_2_an_edit_is_judged_and_published_on_its_page(world: World, pages: Site, chromium: Chromium):
    proposal_id = legal_review.leave_open(Hands(world.app, "stc"))
    leader = log_in(chromium, pages, "stc", "lanhdao")
    page = leader.page
    leader.go("/quy-trinh")
    assert looked_at(leader) == []
    page.get_by_role("link", name="Phát hành văn bản điện tử", exact=True).click()
    expect(page.locator(".djs-container .djs-shape").first).to_be_visible()
    assert looked_at(leader) == []
    page.get_by_role("link", name=legal_review.TITLE).click()
    expect(page.get_by_role("heading", name="Kiểm tra theo quy định")).to_be_visible()
    expect(page.locator("#judgement .tag.urgent")).to_have_count(0)
    expect(page.locator("#judgement")).to_contain_text("Thẩm định pháp chế")
    assert looked_at(leader) == []
    page.get_by_label("Lý do ban hành").fill(REASON)
    page.get_by_role("button", name="Ban hành").click()
    expect(page.get_by_label("Lý do ban hành")).to_be_visible()  # not before one says that one has looked
    page.get_by_label("Tôi đã xem các thay đổi").check()
    page.get_by_role("button", name="Ban hành").click()
    expect(page.locator(".flash.done").first).to_contain_text("Đã ban hành")
    assert version(world, legal_review.KEY) == 2
    leader.go("/quy-trinh/quyen")
    assert looked_at(leader) == []
    assert proposal_id
