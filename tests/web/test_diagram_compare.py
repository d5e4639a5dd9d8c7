"""Comparing versions and reading a procedure as a regulation: over HTTP, and in a browser (Art. 10.2)."""

import json
from datetime import datetime
from io import BytesIO

import docx
import pytest
from browser import DESKTOP, PHONE, Site, log_in, serious
from doors import Browser, alone
from lxml import html
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Locator, Page, expect

from app.db import db, tenancy
from app.engine import diagram, diagram_template, proposal
from tests.conftest import World

KEY, FILE = "outgoing_electronic", "bpmn:outgoing_electronic"
#: a legal review before the leader's approval, a due date, a longer wait, a step moved on the drawing
EDITS = (
    ("<bpmn:flowNodeRef>review</bpmn:flowNodeRef>",
     "<bpmn:flowNodeRef>review</bpmn:flowNodeRef><bpmn:flowNodeRef>legal</bpmn:flowNodeRef>"),
    ('sourceRef="gateway_review" targetRef="approve"', 'sourceRef="gateway_review" targetRef="legal"'),
    ('<bpmn:sequenceFlow id="flow_start_draft"',
     '<bpmn:userTask id="legal" name="Thẩm định pháp chế" camunda:formKey="review" camunda:dueDate="P2D"/>'
     '<bpmn:sequenceFlow id="flow_legal_approve" sourceRef="legal" targetRef="approve"/>'
     '<bpmn:sequenceFlow id="flow_start_draft"'),
    ('camunda:formKey="approve"', 'camunda:formKey="approve" camunda:dueDate="P1D"'),
    ("P2D</bpmn:timeDuration>", "P3D</bpmn:timeDuration>"),
)


def edited() -> dict[str, bytes]:
    """Files in force with the edits; shapes for what is new, one shape moved, an option of a form renamed."""
    files = diagram.texts_in_force()
    text = files[FILE].decode()
    for old, new in EDITS:
        assert old in text, old
        text = text.replace(old, new, 1)
    plane = text.index("</bpmndi:BPMNPlane>")
    text = text[:plane] + (
        '<bpmndi:BPMNShape id="legal_di" bpmnElement="legal"><dc:Bounds x="900" y="20" width="120" height="80" />'
        '</bpmndi:BPMNShape><bpmndi:BPMNEdge id="la_di" bpmnElement="flow_legal_approve">'
        '<di:waypoint x="1020" y="60" /><di:waypoint x="1100" y="60" />'
        '<di:waypoint x="1100" y="300" /></bpmndi:BPMNEdge>') + text[plane:]
    at = text.index('bpmnElement="cancel_draft"')
    text = text[:at] + text[at:].replace('y="470"', 'y="478"', 1)
    form = files["form:approve"].decode().replace('"label": "Duyệt nội dung"', '"label": "Đồng ý ban hành"')
    return {FILE: text.encode(), "form:approve": form.encode()}


def proposed(world: World, changes: bool = True) -> int:
    """The id of an open proposal of the Department of Finance."""
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        at = datetime.now().astimezone()
        made = proposal.open_(KEY, "Thêm thẩm định pháp chế", world.user("stc", "quantri"), at,
                              edited() if changes else {})
        db.session.commit()
        found = made.id
        db.session.remove()
    return found


def released(world: World) -> None:
    """Make the edits a second version."""
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        diagram.publish(world.ids["stc"], edited(), at=datetime.now().astimezone(), user_id=None, note="Thử")
        db.session.commit()
        db.session.remove()


def test_rights_at_the_doors_of_comparison_and_text(world: World):
    number = proposed(world)
    released(world)
    officer, admin = Browser(world.app, "stc", "chuyenvien"), Browser(world.app, "stc", "quantri")
    other = Browser(world.app, next(slug for slug in world.ids if slug != "stc"), "quantri")
    text = f"/quy-trinh/{KEY}/van-ban-quy-trinh"
    assert officer.get(text).status_code == officer.get(f"{text}.docx").status_code == 200
    hidden = (f"{text}?phien-ban=1", f"{text}.docx?phien-ban=1", f"/quy-trinh/{KEY}/so-sanh",
              f"/quy-trinh/sua/{number}/thay-doi", f"/quy-trinh/sua/{number}/van-ban",
              f"/quy-trinh/sua/{number}/van-ban.docx")
    for path in hidden:
        assert (officer.get(path).status_code, admin.get(path).status_code) == (403, 200), path
    assert [other.get(path).status_code for path in hidden[3:]] == [404] * 3
    for wrong in ("?tu=9", "?den=x", "?tu=-1", f"?den={10**30}"):
        assert admin.get(f"/quy-trinh/{KEY}/so-sanh{wrong}").status_code == 404
    assert admin.get("/quy-trinh/nothing/so-sanh").status_code == 404
    assert officer.get("/quy-trinh/nothing/van-ban-quy-trinh").status_code == 404


def test_art_10_2_two_releases_are_compared_in_words(world: World):
    released(world)
    admin = Browser(world.app, "stc", "quantri")
    page = admin.get(f"/quy-trinh/{KEY}/so-sanh").text  # the version before the one in force
    assert "Việc “Lãnh đạo duyệt nội dung” nay phải xong trong 1 ngày (trước: không hạn)." in page and alone(page) == []
    assert "Thêm việc “Thẩm định pháp chế” ở làn Lãnh đạo phòng" in page
    back = admin.get(f"/quy-trinh/{KEY}/so-sanh?tu=2&den=1").text
    assert "Bỏ việc “Thẩm định pháp chế”" in back
    tree = html.fromstring(page)
    given = json.loads(tree.get_element_by_id("drawings").text)
    assert given["marks"]["legal"] == "added" and given["marks"]["cancel_draft"] == "moved"
    assert "Thẩm định pháp chế" in given["new"] and "Thẩm định pháp chế" not in given["old"]
    assert "Không có gì khác nhau." in admin.get(f"/quy-trinh/{KEY}/so-sanh?tu=2&den=2").text
    number = proposed(world, changes=False)
    empty = admin.get(f"/quy-trinh/sua/{number}/thay-doi").text
    assert "Không có gì khác nhau." in empty and "mọi thay đổi sẽ được liệt kê tại đây" in empty
    with world.app.app_context(), tenancy.acting_for(world.ids["stc"]):
        one, made = proposal.get(number), diagram.in_force(KEY)
        first = db.session.scalar(db.select(diagram.Release.id).where(diagram.Release.key == KEY,
                                                                      diagram.Release.version == 1))
        one.status, one.base_release_id, one.release_id = proposal.PUBLISHED, first, made.id
        db.session.commit()
        db.session.remove()
    # what was published stays to be seen, whatever is in force later
    assert "Thêm việc “Thẩm định pháp chế”" in admin.get(f"/quy-trinh/sua/{number}/thay-doi").text
    assert "Thẩm định pháp chế" in admin.get(f"/quy-trinh/sua/{number}/van-ban").text


def test_art_10_2_a_newer_template_of_the_province_is_compared(world: World):
    admin = Browser(world.app, "stc", "quantri")
    assert admin.get(f"/quy-trinh/{KEY}/so-sanh?tu=1&den=mau").status_code == 404  # the province has none
    with world.app.app_context():
        with tenancy.acting_for(world.ids["stc"]):
            files = {**diagram.texts_in_force(), **edited()}
            db.session.remove()
        with tenancy.as_owner():
            diagram_template.publish(files, "Thêm thẩm định", datetime.now().astimezone())
            db.session.commit()
        db.session.remove()
    page = admin.get(f"/quy-trinh/{KEY}/so-sanh?tu=1&den=mau").text
    assert "Thêm việc “Thẩm định pháp chế”" in page and "Mẫu của tỉnh, bản 1" in page


def test_art_10_2_the_regulation_text_as_page_and_as_docx(world: World):
    released(world)
    admin = Browser(world.app, "stc", "quantri")
    page = admin.get(f"/quy-trinh/{KEY}/van-ban-quy-trinh").text
    tree = html.fromstring(page)
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(ids) == len(set(ids)) and "pt-legal" in ids and alone(page) == []
    links = {node.get("href")[1:] for node in tree.iter("a") if (node.get("href") or "").startswith("#pt-")}
    assert len(links) > 20 and links <= set(ids)
    assert "SỞ TÀI CHÍNH" in page and "QUY ĐỊNH" in page and "QyĐ-STC" in page
    answer = admin.get(f"/quy-trinh/{KEY}/van-ban-quy-trinh.docx")
    assert answer.headers["Content-Disposition"].endswith(f"quy-trinh-{KEY}-v2.docx")
    read = "\n".join(p.text for p in docx.Document(BytesIO(answer.data)).paragraphs)
    assert "3. Thời hạn: Trong 2 ngày." in read and "Thẩm định pháp chế" in read and "phiên bản 2, mã kiểm tra" in read
    plain = {" ".join("".join(node.itertext()).split()) for node in tree.find_class("rules")[0].iter("p", "h4")}
    both = [line for line in read.splitlines() if line[:1].isdigit() or line.startswith("Điều ")]
    assert len(both) > 60 and {" ".join(line.split()) for line in both} <= plain  # the page says the same


@pytest.mark.browser
def test_changes_are_seen_on_both_drawings_and_in_the_list(world: World, pages: Site, chromium: Chromium):
    number = proposed(world)
    person = log_in(chromium, pages, "stc", "quantri")
    page = person.go(f"/quy-trinh/sua/{number}/thay-doi")
    page.locator("[data-ready]").wait_for()
    old, new = (page.locator(f"[data-side={side}]") for side in ("old", "new"))
    expect(new.locator("[data-element-id=legal].diff-added")).to_have_count(1)
    expect(old.locator("[data-element-id=legal]")).to_have_count(0)
    expect(new.locator(".djs-overlay .badge.added")).to_have_count(2)  # not by colour alone
    expect(old.locator("[data-element-id=approve].diff-changed")).to_have_count(1)
    expect(new.locator("[data-element-id=cancel_draft].diff-moved")).to_have_count(1)
    person.picture("so-sanh")
    page.get_by_role("button", name="Thêm việc “Thẩm định pháp chế”").click()
    expect(new.locator("[data-element-id=legal].diff-here")).to_have_count(1)
    assert _is_inside(new, "legal")
    person.picture("so-sanh-phan-tu")
    badge = page.get_by_role("button", name="Sự kiện chờ “Sau 2 ngày” nay chờ 3 ngày (trước: 2 ngày).")
    badge.focus()
    page.keyboard.press("Enter")
    expect(badge).to_have_attribute("aria-current", "true")
    for side in (old, new):  # both go there together
        assert _is_inside(side, "receipt_late")
    page.get_by_role("button", name="Sau khi sửa").click()
    expect(old).to_be_hidden()
    assert _faults(page) == []
    page.set_viewport_size(PHONE)
    person.go(f"/quy-trinh/sua/{number}/thay-doi")
    page.locator("[data-ready]").wait_for()
    assert page.locator(".compare-list").bounding_box()["y"] < page.locator(".compare-drawings").bounding_box()["y"]
    expect(page.locator("[data-side=old]")).to_be_hidden()
    person.picture("so-sanh-phone")
    assert _faults(page) == []
    person.go(f"/quy-trinh/sua/{number}/van-ban")
    person.picture("van-ban-phone")
    assert _faults(page) == []
    page.set_viewport_size(DESKTOP)
    person.picture("van-ban")
    assert _faults(page) == []
    person.go(f"/quy-trinh/{KEY}/so-sanh")
    page.locator("[data-ready]").wait_for()
    person.picture("so-sanh-phien-ban")
    assert _faults(page) == [] and person.complaints == []


def _is_inside(side: Locator, element: str) -> bool:
    """Whether an element is in what one sees of a canvas."""
    outer = side.bounding_box()
    inner = side.locator(f"[data-element-id={element}]").bounding_box()
    middle = inner["x"] + inner["width"] / 2, inner["y"] + inner["height"] / 2
    return all(outer[at] <= where <= outer[at] + outer[size]
               for at, size, where in (("x", "width", middle[0]), ("y", "height", middle[1])))


def _faults(page: Page) -> list[str]:
    """What sticks out, and what axe-core finds serious."""
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{over} px too wide"] * (over > 0) + serious(page)

