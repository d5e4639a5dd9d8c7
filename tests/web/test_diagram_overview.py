"""The overview of a procedure (Art. 10.4): what it counts, how long it says, per version, and whom it shows what."""

from datetime import UTC, datetime, timedelta

import pytest
from doors import Browser
from lxml import html
from sqlalchemy import text
from steps import Office, quick

from app.db import db
from app.engine import diagram, overview
from app.engine.task import Task
from app.web.diagram_overview import lasting

PAGE = "/quy-trinh/incoming/tong-quan"


@pytest.fixture
def office(world):
    quick(world.app)
    return Office(world.app)


def spots(office: Office, at: datetime) -> dict[str, overview.Spot]:
    with office.inside():
        releases = [version.release.id for version in overview.versions("incoming")]
        return overview.spots(releases, since=at - timedelta(days=90), at=at)


def row(page: str, element: str) -> list[str]:
    """The cells of an element's line."""
    found = html.fromstring(page).xpath(f"//tr[@data-element='{element}']/*")
    return [" ".join(cell.text_content().split()) for cell in found]


def test_art_10_4_counts_waits_and_missed_deadlines_per_element_and_version(office):
    at = datetime.now(UTC)
    first, second, answered = office.take_in(), office.take_in(), office.take_in()
    for document in (first, answered):
        office.verify(document)
    office.assign(answered)
    office.answer(answered)
    with office.inside():
        for waited, task in zip((2, 6), db.session.scalars(db.select(Task).where(
                Task.element == "verify", Task.status == "done").order_by(Task.id)), strict=True):
            task.created_at = task.done_at - timedelta(hours=waited)
            task.due_at = task.created_at + timedelta(hours=3)
        for task in db.session.scalars(db.select(Task).where(Task.element == "assign", Task.status == "open")):
            task.due_at = at - timedelta(days=1)
        db.session.commit()
    found = spots(office, at + timedelta(minutes=5))

    verify, assign = found["verify"], found["assign"]
    assert (verify.standing, verify.done, verify.median_seconds) == (1, 2, 4 * 3600)
    assert (verify.dated, verify.late, verify.late_now, verify.late_share) == (3, 1, 0, 1 / 3)
    assert (assign.standing, assign.done, assign.late_now) == (1, 1, 1)
    waits = found["gateway_answer_wait"]
    assert (waits.standing, waits.kind) == (1, "catch"), "what rests at an event has no task, and is counted"
    assert "handle" in found and found["handle"].standing == 0
    with office.inside():
        ids = [version.release.id for version in overview.versions("incoming")]
        assert overview.documents_at(ids, "gateway_answer_wait") == [answered]
        assert overview.documents_at(ids, "verify") == [second]

    leader = Browser(office.app, "stc", "lanhdao")
    page = leader.get(PAGE).text
    assert row(page, "verify")[1] == "1" and row(page, "verify")[4] == "4 giờ 0 phút"
    assert "1 / 3 (33 %)" in row(page, "verify")[5]
    listed = html.fromstring(leader.get(f"{PAGE}?buoc=verify").text).xpath("//section[@id='van-ban']//a/@href")
    assert listed == [f"/van-ban/{second}"]
    drawn = leader.get(f"{PAGE}/so-do").get_json()
    assert drawn["spots"]["verify"]["words"] == {"standing": "1", "wait": "4 giờ 0 phút", "late": "33 %"}
    assert drawn["spots"]["verify"]["heat"]["standing"] == 4 and "bpmndi:BPMNShape" in drawn["xml"]

    _new_version(office, at)
    assert row(leader.get(f"{PAGE}?phien-ban=2").text, "verify")[1] == "–", "nothing runs on the new version yet"
    assert row(leader.get(f"{PAGE}?phien-ban=1").text, "verify")[1] == "1"
    assert row(leader.get(PAGE).text, "verify")[1] == "1"


def _new_version(office: Office, at: datetime) -> None:
    with office.inside():
        release = diagram.in_force("incoming")
        changed = diagram.bundle(release).drawing + b"\n"
        diagram.publish(office.agency_id, {"bpmn:incoming": changed}, at=at, user_id=None, note="thử")
        db.session.commit()


def test_counts_are_for_those_who_follow_procedures_and_documents_for_those_who_read_them(office):
    office.take_in()
    for username, status in (("lanhdao", 200), ("quantri", 200), ("thanhtra", 200), ("chuyenvien", 403)):
        assert Browser(office.app, "stc", username).get(PAGE).status_code == status, username
    admin = Browser(office.app, "stc", "quantri")
    page = admin.get(f"{PAGE}?buoc=verify").text
    assert row(page, "verify")[1] == "1"
    assert not html.fromstring(page).xpath("//section[@id='van-ban'] | //main//a[starts-with(@href, '/van-ban/')]")
    assert "Chưa có hồ sơ nào" in Browser(office.app, "snv", "lanhdao").get(PAGE).text, "another agency's are not seen"
    for wrong in ("?phien-ban=9", "?ky=7", "?ky=0"):
        assert admin.get(PAGE + wrong).status_code == 404, wrong
    assert admin.get("/quy-trinh/khong-co/tong-quan").status_code == 404


def test_a_wait_is_said_in_its_two_largest_units(world):
    with world.app.test_request_context():
        assert [lasting(s) for s in (None, 20, 61, 3600 * 5 + 120, 86_400 * 3 + 7200)] == [
            "–", "dưới 1 phút", "1 phút", "5 giờ 2 phút", "3 ngày 2 giờ"]


def test_what_rests_at_an_event_is_found_by_an_index(office):
    with office.inside():
        db.session.execute(text("set local enable_seqscan = off"))  # a small table is read whole where it may be
        asked = overview._acts(["document:1", "document:2"]).compile(
            db.engine, compile_kwargs={"literal_binds": True})
        plan = "\n".join(db.session.scalars(text(f"explain {asked}")))
    assert "Seq Scan on act" not in plan, plan
