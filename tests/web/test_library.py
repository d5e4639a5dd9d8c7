"""The documents that a person may read: who finds which, in pages; who is told of what; opinions of co-handlers."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from doors import Browser
from lxml import html
from steps import Office, quick

from app.db import db
from app.records import history, register, right, search
from app.records.calendar import local_date
from app.records.document import Document
from app.records.people import User

TOLD = "Mới giao phối hợp, để đọc"


@pytest.fixture
def office(world):
    quick(world.app)
    return Office(world.app)


def assigned(office: Office, subject: str, **other) -> int:
    """A letter that the leader has given to the officer."""
    document = office.take_in()
    office.verify(document, subject=subject)
    office.assign(document, **other)
    return document


def listed(office: Office, username: str, query: str = "", slug: str = "stc") -> list[int]:
    """Ids of the documents on the person's page, in order."""
    answer = Browser(office.app, slug, username).get(f"/van-ban{query}")
    assert answer.status_code == 200
    return [int(href.rsplit("/", 1)[1]) for href in html.fromstring(answer.text).xpath("//a[@data-row]/@href")]


def told(office: Office, username: str) -> str:
    """The part of the home page that tells of what was given beside tasks."""
    return Browser(office.app, "stc", username).get("/").text.partition(TOLD)[2]


def test_art_7_everybody_finds_what_he_may_read_and_nothing_else(office):
    given = assigned(office, "V/v rà soát dự toán", co_handlers=[office.id_of("chuyenvien2")],
                     readers=[office.id_of("chuyenvienb")])
    other, draft = office.take_in(), office.begin()
    everything = [draft, other, given]
    for name in ("vanthu", "lanhdao", "pholanhdao", "thanhtra", "truongphong"):  # the last stands in for the leader
        assert listed(office, name) == everything, name
    assert listed(office, "chuyenvien") == [draft, given]
    assert listed(office, "chuyenvien2") == listed(office, "chuyenvienb") == [given]
    assert listed(office, "truongphong2") == [given], "the head follows the people of his unit"
    assert listed(office, "chuyenvien2b") == []
    for name in ("vanthu", "lanhdao", "chuyenvien", "truongphong2"):
        assert listed(office, name, slug="snv") == []
    assert "được giao cho bạn" in Browser(office.app, "stc", "chuyenvien2b").get("/van-ban").text


def test_the_list_and_the_page_of_a_document_follow_one_rule(office):
    assigned(office, "V/v một", co_handlers=[office.id_of("chuyenvien2")], readers=[office.id_of("truongphong2")])
    office.draft(office.begin())
    office.take_in()
    today, found = local_date(datetime.now(UTC)), 0
    with office.inside():
        documents = list(db.session.scalars(db.select(Document)))
        for user in db.session.scalars(db.select(User)):
            shown = set(db.session.scalars(db.select(Document.id).where(right.readable(user, today))))
            assert shown == {d.id for d in documents if right.may_read(user, d, today)}, user.username
            found += len(shown)
    assert found > len(documents) * 4


def test_ones_part_in_a_document_is_shown_and_asked_for(office):
    given = assigned(office, "V/v rà soát", co_handlers=[office.id_of("chuyenvien2")],
                     readers=[office.id_of("truongphong2")])
    draft = office.begin()
    parts = ("handle", "co_handle", "read", "mine")
    found = {name: [listed(office, name, f"?phan={part}") for part in parts]
             for name in ("chuyenvien", "chuyenvien2", "truongphong2")}
    assert found == {"chuyenvien": [[given], [], [], [draft]], "chuyenvien2": [[], [given], [], []],
                     "truongphong2": [[], [], [given], []]}
    for name, words in (("chuyenvien", "Chủ trì"), ("chuyenvien2", "Phối hợp"), ("truongphong2", "Để đọc")):
        page = html.fromstring(Browser(office.app, "stc", name).get("/van-ban").text)
        row = page.xpath("//a[@data-row]")[-1].text_content()
        assert words in row and "12/UBND-VX" in row
    assert Browser(office.app, "stc", "chuyenvien").get("/van-ban?phan=khac").status_code == 404


def test_what_the_clerk_took_in_is_not_what_he_wrote(office):
    office.take_in()
    assert listed(office, "vanthu", "?phan=mine") == []
    assert "Tôi soạn" not in html.fromstring(Browser(office.app, "stc", "vanthu").get("/van-ban").text).xpath(
        "string(//a[@data-row][1])")


def test_words_are_looked_for_in_subject_reference_and_organ(office, monkeypatch):
    first = assigned(office, "V/v rà soát dự toán")
    second = office.take_in()
    office.verify(second, subject="V/v đầu tư công", code_number="77", code_notation="SXD-QH",
                  organ_name="Sở Xây dựng", signer_name="Đặng Thị Mùa")
    office.assign(second)
    for words, expected in (("rà soát", [first]), ("77/SXD", [second]), ("xây dựng", [second]),
                            ("V/v", [second, first]), ("UBND-VX", [first]), ("77", [second]),
                            ("ra soat du toan", [first]), ("DAU tư", [second]), ("dự toan", [first]), ("rả soát", []),
                            ("so xay", [second]), ("đặng mùa", [second]), ("77/QH", []), ("100%", []),
                            ("đầu tư rà soát", []), ("' | x:*", [second]), ("/", []), (":*", [])):
        for few in (search.FEW, 0):  # by the index; one document after another, as a word that stands in very many
            monkeypatch.setattr(search, "FEW", few)
            assert listed(office, "chuyenvien", f"?q={words.replace('%', '%25')}") == expected, (words, few)
        monkeypatch.undo()
    assert "Không có văn bản nào khớp" in Browser(office.app, "stc", "chuyenvien").get("/van-ban?q=zzz").text


def test_lone_signs_are_no_words():
    assert search.split("& đầu tư - /") == ["đầu", "tư"]


def test_pages_go_on_where_the_last_one_ended(office):
    office.app.config["SETTINGS"] = replace(office.app.config["SETTINGS"], page_rows=2)
    made = [office.begin() for _ in range(5)]
    clerk, path, seen = Browser(office.app, "stc", "chuyenvien"), "/van-ban?phan=mine", []
    for _ in range(3):
        page = html.fromstring(clerk.get(path).text)
        seen.append([int(href.rsplit("/", 1)[1]) for href in page.xpath("//a[@data-row]/@href")])
        path = (page.xpath("//a[@rel='next']/@href") or [""])[0]
    assert seen == [made[:2:-1], [made[2], made[1]], [made[0]]] and path == ""
    assert clerk.get("/van-ban?sau=khong").status_code == 200


def test_administrators_have_no_list(office):
    admin = Browser(office.app, "stc", "quantri")
    assert admin.get("/van-ban").status_code == 403
    assert 'href="/van-ban"' not in admin.get("/").text
    assert 'href="/van-ban"' in Browser(office.app, "stc", "chuyenvien").get("/").text


def test_art_7_co_handlers_and_readers_are_told(office):
    given = assigned(office, "V/v rà soát", co_handlers=[office.id_of("chuyenvien2")],
                     readers=[office.id_of("truongphong2")])
    for name in ("chuyenvien2", "truongphong2"):
        assert f'href="/van-ban/{given}"' in told(office, name), name
    for name in ("chuyenvien", "truongphong", "chuyenvien2b", "quantri", "vanthu", "lanhdao"):
        assert told(office, name) == "", f"{name} has his tasks, or no right of his own"
    office.handle(given)
    assert office.status(given) == "closed" and told(office, "chuyenvien2") == ""


def test_art_7_who_is_informed_only_is_told_though_it_is_closed(office):
    given = assigned(office, "V/v để biết", decision="inform", handler_id=None, readers=[office.id_of("chuyenvien2")])
    assert office.status(given) == "closed"
    assert f'href="/van-ban/{given}"' in told(office, "chuyenvien2")


def test_only_who_follows_a_unit_is_led_to_its_box(office):
    for name, leads in (("truongphong", True), ("truongphong2", True), ("chuyenvien", False), ("vanthu", False),
                        ("lanhdao", False)):
        person = Browser(office.app, "stc", name)
        assert ("/viec?hop=unit" in person.get("/").text) is leads, name
        assert (person.get("/viec?hop=unit").status_code == 200) is leads


def test_art_7_a_co_handler_gives_his_opinion(office):
    given = assigned(office, "V/v rà soát", co_handlers=[office.id_of("chuyenvien2")],
                     readers=[office.id_of("truongphong2")])
    path, helper = f"/van-ban/{given}/y-kien", Browser(office.app, "stc", "chuyenvien2")
    assert path in helper.get(f"/van-ban/{given}").text
    before = len(office.course(given))
    for _ in range(2):  # a double click
        answer = helper.post(path, text="  Đồng ý.\r\nBổ sung số liệu <b>quý III</b> ")
        assert answer.status_code == 303 and answer.headers["Location"] == f"/van-ban/{given}"
    assert [said for said in office.said(given) if said[0] == "opinion"] == [
        ("opinion", "Đồng ý.\nBổ sung số liệu <b>quý III</b>")]
    assert office.course(given)[before:] == [("opinion_given", "")]
    seen = Browser(office.app, "stc", "chuyenvien").get(f"/van-ban/{given}").text
    assert "Bổ sung số liệu &lt;b&gt;quý III" in seen and "Cho ý kiến" in seen
    for text in ("", "   ", "x" * 4001):
        assert helper.post(path, text=text).status_code == 400
    assert helper.post(path, text="x" * 4000).status_code == 303
    for slug, name in (("stc", "truongphong2"), ("stc", "vanthu"), ("stc", "chuyenvien2b"), ("stc", "quantri"),
                       ("snv", "chuyenvien2"), ("snv", "lanhdao")):
        stranger = Browser(office.app, slug, name)
        assert stranger.post(path, text="Tôi nghĩ").status_code == 404, name
        assert path not in stranger.get(f"/van-ban/{given}").text
    office.handle(given)
    assert path not in helper.get(f"/van-ban/{given}").text and helper.post(path, text="Muộn").status_code == 409
    with office.inside():
        assert history.faults(f"document:{given}") == []
    assert office.ended(given)


def test_nd_30_pl_iv_no_number_between_those_asked_for_is_said_where_they_were_typed(office):
    clerk = Browser(office.app, "stc", "vanthu")
    with office.inside():
        book = register.open_registers("incoming", local_date(datetime.now(UTC)).year)[0].id
    answer = clerk.get(f"/so/den/{book}/in.pdf?tu-so=9&den-so=3")
    assert answer.status_code == 302 and "Sổ không có số nào trong khoảng này." in clerk.get(answer.location).text
