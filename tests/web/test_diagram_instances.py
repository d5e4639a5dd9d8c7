"""Running instances on the page: chosen, looked at, moved one by one, held up, repaired by two people (Art. 10.2)."""

import re
from datetime import UTC, datetime

import pytest
from browser import DESKTOP, PHONE, ROOT, Site, log_in, needs_axe, serious, too_wide
from doors import Browser as Door
from playwright.sync_api import Browser, expect
from steps import Office, quick

from app.db import db
from app.engine import act, diagram, suspend
from app.engine import instance as instances
from app.engine.diagram import Release
from app.engine.perform import SlowWork

KEY = "outgoing_electronic"
HOME = f"/quy-trinh/{KEY}/ho-so-dang-chay"
SECRET = "Nội dung chỉ người được giao mới đọc"


def now():
    return datetime.now(UTC)


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def legal():
    """The diagram with a legal review before the approval, and the review's own form."""
    text = (ROOT / f"processes/{KEY}.bpmn").read_bytes()
    into = 'targetRef="approve"'
    flow = re.search(rb'<bpmn:sequenceFlow id="flow_gateway_review_approve"[^>]*targetRef="approve"', text).group(0)
    text = text.replace(flow, flow.replace(into.encode(), b'targetRef="legal_review"'))
    added = ('<bpmn:userTask id="legal_review" name="Kiểm tra pháp lý" camunda:formKey="legal_review" />'
             f'<bpmn:sequenceFlow id="flow_legal" sourceRef="legal_review" {into} /></bpmn:process>')
    return text.replace(b"</bpmn:process>", added.encode())


FORM = """{"type": "default", "components": [{"type": "textfield", "key": "opinion", "label": "Ý kiến"}]}""".encode()


def publish(office):
    with office.inside():
        diagram.publish(office.agency_id, {f"bpmn:{KEY}": legal(), "form:legal_review": FORM}, at=now(),
                        user_id=None, note="Thêm kiểm tra pháp lý")
        db.session.commit()


def instance_of(office, document_id):
    with office.inside():
        found = instances.of_document(document_id)
        return found.id, found.release.version, found.status


def busy(office):
    """Four documents: one being drafted, one at review, one past the place where the new version adds a step, and one
    whose completion as PDF has failed."""
    draft, review, late, failed = (office.begin() for _ in range(4))
    for found in (review, late, failed):
        office.draft(found, text=SECRET)
    for found in (late, failed):
        office.do("truongphong", "review", {"decision": "accept", "opinion": "Đồng ý"}, found)
    office.do("lanhdao", "approve", {"decision": "approve"}, failed)
    with office.inside():
        act.fail_step(db.session.scalar(db.select(SlowWork.id).where(SlowWork.name == "complete")), "TimeoutError",
                      now())
    publish(office)
    return draft, review, late, failed


@pytest.mark.browser
@needs_axe
def test_a_migrator_looks_first_then_moves_those_that_can_be_moved(stc, pages: Site, chromium: Browser):
    draft, review, late, failed = busy(stc)
    person = log_in(chromium, pages, "stc", "quantri")
    page = person.go(HOME)
    expect(page.locator("table.running tbody tr")).to_have_count(4)
    page.get_by_label("Chọn cả trang").check()
    expect(page.get_by_text("Đã chọn 4 hồ sơ")).to_be_visible()
    page.get_by_role("button", name="Xem thử chuyển sang bản 2").click()
    expect(page.get_by_text("Xem thử xong: 2 hồ sơ chuyển được, 2 hồ sơ không chuyển được.")).to_be_visible()
    expect(page.locator("#items li", has_text=f"Hồ sơ {late}")).to_contain_text("“Kiểm tra pháp lý”")
    person.picture("instances")
    assert [instance_of(stc, found)[1] for found in (draft, review, late, failed)] == [1, 1, 1, 1], "looking moves none"
    page.get_by_role("button", name="Chuyển các hồ sơ chuyển được").click()
    expect(page.get_by_text("Hãy ghi lý do trước.")).to_be_visible()
    page.get_by_label("Lý do (ghi vào lịch sử từng hồ sơ)").fill("Áp dụng bước kiểm tra pháp lý")
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Chuyển các hồ sơ chuyển được").click()
    expect(page.get_by_text("Xong: 2 hồ sơ làm được, 0 hồ sơ không làm được.")).to_be_visible()
    assert [instance_of(stc, found)[1] for found in (draft, review, late, failed)] == [2, 2, 1, 1]
    wrong = _look(person, HOME) + _look(person, f"{HOME}?ban=1")
    wrong += _look(person, f"{HOME}/{instance_of(stc, failed)[0]}") + _look(person, f"{HOME}?tinh-trang=suspended")
    assert not wrong and not person.complaints, "\n".join([*wrong, *person.complaints])
    assert SECRET not in page.content()
    person.context.close()


def _look(person, path: str) -> list[str]:
    """What is wrong with a page in both sizes."""
    page, wrong = person.go(path), []
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        over = too_wide(page)
        wrong += [f"{path} at {size['width']}: {over} px too wide"] if over > 0 else []
        wrong += [f"{path} at {size['width']}: {found}" for found in serious(page)]
    page.set_viewport_size(DESKTOP)
    return wrong


def test_each_right_ends_where_another_begins(stc):
    draft, review, late, failed = busy(stc)
    key = instance_of(stc, review)[0]
    officer, admin = Door(stc.app, "stc", "chuyenvien"), Door(stc.app, "stc", "quantri")
    leader, office = Door(stc.app, "stc", "lanhdao"), Door(stc.app, "stc", "chanhvanphong")
    assert officer.get(HOME).status_code == 403 and officer.get(f"{HOME}/{key}").status_code == 403
    assert leader.send(f"{HOME}/xem-thu", {"ids": [key]}).status_code == 403
    assert officer.send(f"{HOME}/{key}/tam-dung", {"reason": "x"}).status_code == 403
    assert admin.send(f"{HOME}/{key}/huy", {"reason": "x"}).status_code == 403, "who migrates gives no document up"
    assert admin.send(f"{HOME}/{key}/tam-dung", {"reason": ""}).status_code == 422
    assert admin.send(f"{HOME}/{key}/tam-dung", {"reason": "Chờ bản sửa"}).get_json() == {"done": True}
    assert admin.send(f"{HOME}/{key}/tam-dung", {"reason": "Lần hai"}).get_json() == {"done": False}
    text = admin.get(f"{HOME}?tinh-trang=suspended").get_data(as_text=True)
    assert "Chờ bản sửa" in text and f"Hồ sơ {review}" in text and f"Hồ sơ {draft}<" not in text
    text = Door(stc.app, "stc", "truongphong").get("/viec").get_data(as_text=True)
    assert "Tạm dừng" in text, "who has the task sees that it waits"
    assert admin.send(f"/quy-trinh/incoming/ho-so-dang-chay/{key}/tiep-tuc", {"reason": "x"}).status_code == 404
    assert office.send(f"{HOME}/{key}/tiep-tuc", {"reason": "Xong"}).get_json() == {"done": True}
    assert leader.send(f"{HOME}/{key}/huy", {"reason": "Không cần nữa"}).get_json() == {"done": True}
    assert instance_of(stc, review)[2] == "cancelled"
    assert admin.send(f"{HOME}/{key}/tam-dung", {"reason": "x"}).status_code == 409
    for words in ("?ban=x", "?tinh-trang=la", "?sau=x"):
        assert admin.get(HOME + words).status_code in (200, 404)
    assert admin.send(f"{HOME}/xem-thu", {"ids": ["1"]}).status_code == 400
    assert Door(stc.app, "snv", "quantri").get(f"{HOME}/{key}").status_code == 404


def test_a_withdrawn_version_is_said_and_a_repair_needs_two(stc):
    draft, review, late, failed = busy(stc)
    admin, leader = Door(stc.app, "stc", "quantri"), Door(stc.app, "stc", "lanhdao")
    assert admin.post(f"/quy-trinh/{KEY}/thu-hoi/2", reason="x").status_code == 403
    new = stc.begin()
    assert leader.post(f"/quy-trinh/{KEY}/thu-hoi/2", reason="Bước pháp lý sai").status_code == 303
    with stc.inside():
        assert [(r.version, r.status) for r in db.session.scalars(
            db.select(Release).where(Release.key == KEY).order_by(Release.version))] == \
            [(1, "retired"), (2, "withdrawn"), (3, "published")]
    text = admin.get(HOME).get_data(as_text=True)
    assert "Bản 2 đã thu hồi" in text and "Bước pháp lý sai" in text and "Còn 1 hồ sơ đang theo bản này" in text
    found = admin.send(f"{HOME}/xem-thu", {"ids": [instance_of(stc, new)[0]]}).get_json()
    assert found["target"] == 3 and found["items"][0]["ok"]
    key = instance_of(stc, failed)[0]
    page = admin.get(f"{HOME}/{key}").get_data(as_text=True)
    place = re.search(r'<option value="(complete\.\d+)"', page).group(1)
    asked = {"place": place, "target": "draft", "reason": "Máy chuyển PDF hỏng"}
    assert admin.post(f"{HOME}/{key}/de-nghi-sua", **{**asked, "target": "seal"}).status_code == 409
    assert admin.post(f"{HOME}/{key}/de-nghi-sua", **{**asked, "place": "complete.²"}).status_code == 409
    assert admin.post(f"{HOME}/{key}/de-nghi-sua", **asked).status_code == 303
    text = leader.get(HOME).get_data(as_text=True)
    assert "Máy chuyển PDF hỏng" in text
    repair_id = re.search(r"/sua/(\d+)", leader.get(f"{HOME}/{key}").get_data(as_text=True)).group(1)
    assert admin.post(f"{HOME}/sua/{repair_id}", decision="grant", reason="Đồng ý").status_code == 403
    assert leader.post(f"{HOME}/sua/{repair_id}", decision="grant", reason="Đồng ý").status_code == 303
    assert stc.tasks(failed) == ["draft"]
    with stc.inside():
        assert suspend.find(key).status == "running"
    assert "Sửa chỗ đứng của hồ sơ" in admin.get(f"{HOME}/{key}").get_data(as_text=True)
