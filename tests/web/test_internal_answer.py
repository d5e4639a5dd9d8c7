"""Art. 4.1.a: an invitation within the agency is answered; who was sent in another's place, and let go."""

import pytest
from lxml import html
from steps import Office, quick
from test_internal import MEETING, got, kinds_of, person, send, soon

from app.db import db


@pytest.fixture
def stc(world):
    quick(world.app)
    return Office(world.app)


def test_art_4_1_a_an_invitation_is_answered_and_who_sends_another_gives_it_to_him(stc):
    found = send(stc, kind=MEETING, title="Họp giao ban tuần", text="", place="Phòng họp số 1", meeting_at=soon(),
                 chosen=["role:head"])
    head, other = person(stc, "truongphong"), person(stc, "truongphong2")
    assert head.get(f"/noi-bo/{found}").text.count("Phòng họp số 1") == 1
    path = f"/noi-bo/{found}/tra-loi"
    others = [{"answer": "sends", "other": stc.id_of(one)} for one in ("quantri", "chuyenvien", "truongphong")]
    for wrong in ({"answer": ""}, {"answer": "absent"}, {"answer": "sends"}, *others, {"answer": "maybe"}):
        assert head.post(path, **wrong).status_code == 422, wrong
    assert head.post(path, answer="absent", note="Đi công tác Bát Xát").status_code == 303
    other.get(f"/noi-bo/{found}")
    for _ in range(2):
        assert other.post(path, answer="sends", other=stc.id_of("chuyenvien2")).status_code == 303
    assert kinds_of(stc, found).count("internal_answered") == 2
    assert got(stc, found)["chuyenvien2"] is False
    page = person(stc, "chuyenvien").get(f"/noi-bo/{found}").text
    assert "Không tham dự: Đi công tác Bát Xát" in page and "Cử người khác dự thay: Giàng Thị Sua" not in page
    assert "Trần Quang Huy cử dự thay" in page or "cử dự thay" in page
    assert person(stc, "chuyenvien2").get(f"/noi-bo/{found}").status_code == 200
    assert head.post(path, answer="sends", other=stc.id_of("truongphong2")).status_code == 422, "no circles"
    assert person(stc, "vanthu").post(path, answer="attends").status_code == 404
    plain = send(stc)
    assert head.post(f"/noi-bo/{plain}/tra-loi", answer="attends").status_code == 422, "no invitation"
    assert stc.faults() == []


def test_art_4_1_a_who_was_sent_for_one_who_says_otherwise_comes_no_longer_and_is_told(stc):
    found = send(stc, kind=MEETING, title="Họp giao ban tuần", text="", place="Phòng họp số 1", meeting_at=soon(),
                 chosen=["user:" + str(stc.id_of("truongphong")), "user:" + str(stc.id_of("truongphong2"))])
    head, other = person(stc, "truongphong"), person(stc, "truongphong2")
    first, second = person(stc, "chuyenvien2"), person(stc, "chuyenvienb")
    path = f"/noi-bo/{found}/tra-loi"
    sends = {name: {"answer": "sends", "other": stc.id_of(name)} for name in ("chuyenvien2", "chuyenvienb")}
    assert head.post(path, **sends["chuyenvien2"]).status_code == 303
    assert first.get(f"/noi-bo/{found}").status_code == 200
    assert first.post(path, **sends["chuyenvienb"]).status_code == 303, "who was sent sends another"
    assert set(got(stc, found)) == {"truongphong", "truongphong2", "chuyenvien2", "chuyenvienb"}
    assert head.post(path, answer="attends").status_code == 303
    assert set(got(stc, found)) == {"truongphong", "truongphong2"}, "both are let go"
    assert second.get(f"/noi-bo/{found}").status_code == 404, "he never opened it"
    assert "Họp giao ban" not in second.get("/noi-bo").text
    page = first.get(f"/noi-bo/{found}").text
    assert "bạn không còn dự thay nữa" in page and "Bạn có dự không?" not in page
    assert "Không còn dự thay" in first.get("/noi-bo").text
    assert "bạn không còn dự thay" in first.get("/").text, "he is told"
    assert first.post(path, answer="attends").status_code == 422
    page = person(stc, "chuyenvien").get(f"/noi-bo/{found}").text
    assert "Đã đọc 0/2" in page and "Không còn dự thay" in page
    assert head.post(path, **sends["chuyenvien2"]).status_code == 303, "named once more he comes again"
    assert "bạn không còn dự thay" not in first.get("/").text
    assert other.post(path, **sends["chuyenvien2"]).status_code == 303
    assert head.post(path, answer="attends").status_code == 303
    assert "chuyenvien2" in got(stc, found), "another sends him, too"
    assert head.post(path, answer="sends", other=stc.id_of("vanthu")).status_code == 303
    assert head.post(path, **sends["chuyenvienb"]).status_code == 303
    assert {"chuyenvienb"} == set(got(stc, found)) - {"truongphong", "truongphong2", "chuyenvien2"}, "one at a time"
    assert stc.faults() == []


def test_art_4_1_a_two_people_of_one_name_are_told_apart_by_their_unit(stc):
    with stc.inside():
        stc.user("chuyenvien2").full_name = stc.user("chuyenvienb").full_name = "Nguyễn Văn An"
        db.session.commit()
    found = send(stc, kind=MEETING, title="Họp giao ban tuần", text="", place="Phòng họp số 1", meeting_at=soon(),
                 chosen=["role:head"])
    head, author = person(stc, "truongphong"), person(stc, "chuyenvien")

    def choices(*only):
        options = html.fromstring(head.get(f"/noi-bo/{found}").text).xpath("//select[@name='other']/option")
        return [one.text for one in options if set(only) <= set(one.attrib)]

    assert {"Nguyễn Văn An, Chuyên viên, Phòng Ngân sách", "Nguyễn Văn An, Chuyên viên, Phòng Đầu tư"} < set(choices())
    for name, unit in (("chuyenvienb", "Phòng Ngân sách"), ("chuyenvien2", "Phòng Đầu tư")):
        assert head.post(f"/noi-bo/{found}/tra-loi", answer="sends", other=stc.id_of(name)).status_code == 303
        assert f"dự thay: Nguyễn Văn An (Chuyên viên, {unit})" in author.get(f"/noi-bo/{found}").text
        assert choices("selected") == [f"Nguyễn Văn An, Chuyên viên, {unit}"]
        assert set(got(stc, found)) & {"chuyenvienb", "chuyenvien2"} == {name}, "the other comes no longer"
