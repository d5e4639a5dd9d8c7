"""A paper copy is handed over line by line of its "Nơi nhận", and waits for the clerk until then (NĐ 30/2020 Đ18)."""

import re

import pytest
from doors import Browser
from lxml import html
from steps import Office, quick
from test_certified_copy import made, text_of

from app.records import certified_copy, history


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


@pytest.fixture
def paper(stc):
    """A paper, scanned and registered."""
    found = stc.take_in()
    stc.verify(found)
    return found


@pytest.fixture
def clerk(stc):
    return Browser(stc.app, "stc", "vanthu")


def asked_about(clerk):
    """Whose papers the clerk has still to hand over, by what waits for him."""
    waits = clerk.get("/ban-sao").text.partition("<h2>Gần đây")[0]
    return re.findall(r"Chưa ghi giao bản giấy: ([^<]*)</a>", waits)


def test_nd_30_d18_a_copy_waits_for_the_clerk_until_each_paper_is_handed_over_but_for_the_file_copy(stc, paper, clerk):
    found = made(stc, paper, recipients="Lưu: VT, NS\nKho bạc Nhà nước\nLưu trữ lịch sử tỉnh Lào Cai")
    assert asked_about(clerk) == ["Kho bạc Nhà nước; Lưu trữ lịch sử tỉnh Lào Cai"]
    sheet = " ".join(text_of(clerk.get(f"/ban-sao/{found}/ban-in").data)[-1].split())
    assert "- Lưu trữ lịch sử tỉnh Lào Cai; - Lưu: VT, NS." in sheet and sheet.count("Lưu:") == 1, "once, as the last"
    with stc.inside():
        assert certified_copy.count_waiting(stc.user("vanthu")) == 1
        assert certified_copy.count_waiting(stc.user("lanhdao")) == 0
    assert [clerk.post(f"/ban-sao/{found}/giao", place=place, way="hand").status_code for place in "23"] == [303, 303]
    assert asked_about(clerk) == [] and "Không có bản sao nào chờ bạn" in clerk.get("/ban-sao").text


def test_nd_30_d18_who_was_given_a_copy_on_paper_is_ticked_by_hand_and_untied_again(stc, paper, clerk):
    found = made(stc, paper)
    page, leader = f"/ban-sao/{found}", Browser(stc.app, "stc", "lanhdao")
    assert "Đã giao 0 trên 2 nơi nhận" in clerk.get(page).text
    for place, way, who in (("3", "post", clerk), ("0", "post", clerk), ("1", "pigeon", clerk),
                            ("1", "post", Browser(stc.app, "stc", "lanhdao"))):
        assert who.post(f"{page}/giao", place=place, way=way).status_code == 409, (place, way)
    assert Browser(stc.app, "snv", "vanthu").post(f"{page}/giao", place="1", way="post").status_code == 404
    assert asked_about(clerk) == ["Như trên; Kho bạc Nhà nước"] and "Chưa ghi giao" not in leader.get("/ban-sao").text
    for _ in range(2):
        assert clerk.post(f"{page}/giao", place="2", way="post", note=" EB  12 ").status_code == 303
    assert asked_about(clerk) == ["Như trên"]
    assert clerk.post(f"{page}/giao", place="2", way="hand", note="Bà Mai").status_code == 303
    shown = clerk.get(page).text
    assert "Đã giao 1 trên 2 nơi nhận" in shown and "Giao trực tiếp" in shown and "Bà Mai" in shown
    assert clerk.post(f"{page}/huy", reason="In nhầm bản dự thảo").status_code == 409, "somebody has the paper"
    assert "chưa hủy được" in shown
    clerk.post(f"{page}/giao", place="2", way="", note="x")
    assert "Đã giao 1 trên 2 nơi nhận" in clerk.get(page).text, "back by a word that says so"
    for _ in range(2):
        assert clerk.post(f"{page}/giao", place="2", way="", note="Đã thu hồi bản giấy").status_code == 303
    with stc.inside():
        assert certified_copy.get(found).handed is None
        acts = [act.label for act in history.course(f"document:{paper}") if act.kind == "sent_otherwise"]
    assert acts == ["Kho bạc Nhà nước"] * 3  # said, corrected, taken back; a click twice is one
    assert clerk.post(f"{page}/giao", place="1", way="mail").status_code == 303
    assert clerk.post(f"{page}/giao", place="1", way="", note="Đã thu hồi bản giấy").status_code == 303
    assert clerk.post(f"{page}/huy", reason="In nhầm bản dự thảo").status_code == 303
    assert clerk.post(f"{page}/giao", place="2", way="post").status_code == 409
    assert stc.faults() == []


def test_nd_30_d18_a_copy_sent_by_post_has_the_number_of_the_item_or_why_there_is_none(stc, paper, clerk):
    """As on the board of dispatch: nothing counts as posted that nobody said."""
    found = made(stc, paper, recipients="Kho bạc Nhà nước\nLưu: VT, NS")
    page = f"/ban-sao/{found}"
    for note in ("", "  "):
        assert clerk.post(f"{page}/giao", place="1", way="post", note=note).status_code == 303
        assert "Gửi qua bưu điện thì ghi số bưu gửi, hoặc vì sao không có số." in clerk.get(page).text
    with stc.inside():
        assert certified_copy.get(found).handed is None
    field = html.fromstring(clerk.get(page).text).xpath("//section[@id='giao']//select[@name='way']")[0]
    assert field.value == "" and "required" in field.attrib, "nothing is chosen beforehand"
    assert clerk.post(f"{page}/giao", place="1", way="post", note="Bưu điện không cấp số").status_code == 303
    assert asked_about(clerk) == [] and "Bưu điện không cấp số" in clerk.get(page).text
    assert stc.faults() == []
