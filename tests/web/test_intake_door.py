"""The clerk's page of what comes in, over HTTP (Art. 6.2.a; S6, S7): pieces, moves, decisions, one document a pile."""

import io
from datetime import UTC, datetime

import pypdfium2
import pytest
from doors import Browser, count, drawn, open_task
from fakes import pdf
from steps import Office, quick, this_year
from test_concurrency import at_once

from app.db import db
from app.records.document import Document
from app.records.intake import IntakeFile, IntakePart
from app.records.register import open_registers
from app.tools.page_cut import Cut, picture
from app.tools.separator import read

HOME = "/van-ban/tiep-nhan"


@pytest.fixture
def office(world):
    quick(world.app)
    return Office(world.app)


def send(browser, data, name, *, piece=700, key="a" * 64, stop=None):
    """Upload in pieces; `stop`: the line drops after so many bytes."""
    begun = browser.send(f"{HOME}/tai-len", {"key": key, "name": name, "size": len(data)})
    if begun.status_code != 200 or begun.json.get("done"):
        return begun
    offset, answer = begun.json["offset"], begun
    while not (answer.status_code != 200 or answer.json.get("done")):
        if stop is not None and offset >= stop:
            return answer
        answer = patch(browser, begun.json["id"], offset, data[offset:offset + piece])
        offset = answer.json.get("offset", offset)
    return answer


def patch(browser, part, offset, data):
    return browser.client.patch(f"{HOME}/tai-len/{part}", data=data, headers={
        **browser.script, "Upload-Offset": str(offset), "Content-Type": "application/octet-stream"})


def test_art_6_2_a_an_upload_goes_on_where_the_line_dropped_and_becomes_one_document(office):
    clerk, folder = Browser(office.app, "stc", "vanthu"), office.app.config["SETTINGS"].uploads
    assert send(clerk, pdf(1), "thư.pdf", stop=700).json == {"offset": 700}
    begun = clerk.send(f"{HOME}/tai-len", {"key": "a" * 64, "name": "thư.pdf", "size": len(pdf(1))})
    part = begun.json["id"]
    assert begun.json["offset"] == 700
    wrong = patch(clerk, part, 0, pdf(1)[:700])  # a piece sent twice
    assert (wrong.status_code, wrong.json) == (409, {"offset": 700})
    assert patch(clerk, part, 700, pdf(1) + b"x").status_code == 409  # more than was said
    done = send(clerk, pdf(1), "thư.pdf")
    assert done.json["done"] and not done.json["held"] and list(folder.iterdir()) == []
    pile, = done.json["state"]["piles"]
    assert send(clerk, pdf(1), "thư.pdf").json["state"]["piles"] == [pile]  # the answer was lost, asked again
    assert patch(clerk, part, 0, b"").json["done"]
    pages = [Browser(office.app, "stc", "vanthu") for _ in range(2)]
    answers = at_once(*[lambda page=page: page.send(f"{HOME}/vao-so", {"pile": pile["id"]}) for page in pages])
    again = clerk.send(f"{HOME}/vao-so", {"pile": pile["id"]})
    assert len({answer.json["document"] for answer in [*answers, again]}) == 1 and count(office, Document) == [1]
    assert "đã có" in send(clerk, pdf(1), "thư.pdf").json["held"]  # sent anew after that: a duplicate is held
    held, = clerk.get(f"{HOME}/trang-thai").json["queue"]
    assert held["twin"] == again.json["document"]
    decided = f"{HOME}/tep/{held['id']}/tu_choi"
    assert clerk.send(decided, {"reason": ""}).status_code == 422
    assert clerk.send(decided, {"reason": "Trùng"}).json["queue"] == [] and clerk.send(decided, {}).status_code == 409


def test_s7_a_bad_file_is_refused_in_words_and_leaves_nothing(office):
    clerk = Browser(office.app, "stc", "vanthu")
    for name, data, status, words in (("a.pdf", b"<html>", 422, "Nội dung tệp"), ("a.exe", b"MZ", 422, "PDF"),
                                      ("a.pdf", b"", 422, "rỗng"), ("../a.pdf", pdf(), 422, "Tên tệp")):
        begun = clerk.send(f"{HOME}/tai-len", {"key": "b" * 64, "name": name, "size": len(data)})
        answer = patch(clerk, begun.json["id"], 0, data)
        assert answer.status_code == status and words in answer.json["error"], (name, answer.json)
    for body, status in (({"key": "x", "name": "a", "size": 1}, 400), ({"key": "c" * 64, "name": "", "size": 1}, 422),
                         ({"key": "c" * 64, "name": "a.pdf", "size": 10**12}, 413),
                         ({"key": "c" * 64, "name": "a.pdf", "size": True}, 400)):
        assert clerk.send(f"{HOME}/tai-len", body).status_code == status
    assert count(office, IntakeFile, IntakePart) == [0, 0]
    assert list(office.app.config["SETTINGS"].uploads.iterdir()) == []
    assert send(clerk, pdf(1), "tốt.pdf", key="d" * 64).json["done"]  # one bad file stops no other


def test_s6_pages_of_others_are_not_seen_nor_moved(office):
    clerk = Browser(office.app, "stc", "vanthu")
    pile, = send(clerk, pdf(1), "thư.pdf").json["state"]["piles"]
    page, = pile["pages"]
    shown = clerk.get(page["picture"])
    assert shown.status_code == 200 and shown.data.startswith(b"\xff\xd8")
    for stranger in (Browser(office.app, "snv", "vanthu"), Browser(office.app, "stc", "chuyenvien")):
        assert stranger.get(page["picture"]).status_code in (403, 404)
        for path, body in (("xep", {"do": "drop", "pages": [page["id"]]}), ("vao-so", {"pile": pile["id"]})):
            assert stranger.send(f"{HOME}/{path}", body).status_code in (403, 409)
    for body in ({"do": "x"}, {"do": "turn", "pages": [page["id"]], "turn": 45}, {"do": "turn", "pages": []},
                 {"do": "drop", "pages": ["1"]}, {"do": "join", "pile": True, "to": 1}, {"do": "split"}):
        assert clerk.send(f"{HOME}/xep", body).status_code == 400, body
    turned = clerk.send(f"{HOME}/xep", {"do": "turn", "pages": [page["id"]], "turn": 90}).json["piles"][0]
    assert turned["pages"][0]["turn"] == 90


def test_art_6_2_a_sheets_are_printed_with_codes_that_are_found_again(office, tmp_path):
    clerk = Browser(office.app, "stc", "vanthu")
    printed = clerk.get(f"{HOME}/to-phan-cach?so=2")
    (tmp_path / "sheets.pdf").write_bytes(printed.data)
    cuts = [Cut(tmp_path / "sheets.pdf", "application/pdf", number) for number in (1, 2)]
    assert len({read(picture(cut, 1170)) for cut in cuts} - {None}) == 2
    assert [clerk.get(f"{HOME}/to-phan-cach?so={so}").status_code for so in ("0", "51", "x", "-1")] == [400] * 4
    begun = [clerk.send(f"{HOME}/quet-sau", {"once": "a click"}).json for _ in range(2)]
    assert begun[0] == begun[1] and count(office, Document) == [1]
    tied = clerk.get(begun[0]["sheet"])
    assert len(pypdfium2.PdfDocument(io.BytesIO(tied.data))) == 1
    assert clerk.get(f"{HOME}/to-ghep/999999").status_code == 404


def test_what_waits_long_is_told_and_the_home_page_leads_there(office):
    clerk = Browser(office.app, "stc", "vanthu")
    send(clerk, pdf(1), "thư.pdf")
    assert "đã chờ quá" not in clerk.get(HOME).text
    with office.inside():
        db.session.execute(db.text("update intake_pile set at = :at"), {"at": datetime(2026, 1, 5, tzinfo=UTC)})
        db.session.commit()
    for path in (HOME, "/"):
        assert "1 mục đã chờ quá 2 ngày" in clerk.get(path).text, path


def test_art_6_2_b_letters_are_checked_one_after_the_other_and_the_number_is_told(office):
    urgent, *letters = [office.take_in() for _ in range(3)][::-1]
    clerk = Browser(office.app, "stc", "vanthu")
    with office.inside():
        register = str(open_registers("incoming", this_year())[0].id)
        row = office.waiting("verify", urgent)
        row.document.priority, row.rank = 1, row.rank_of(1)
        db.session.commit()
    assert count(office, Document) == [3]
    order = [urgent, *sorted(letters)]
    assert clerk.get("/viec/kiem-tra").location == f"/viec/{open_task(office, 'verify', urgent)[0]}"
    for place, document in enumerate(order):
        told = drawn(clerk.get(f"/viec/{open_task(office, 'verify', document)[0]}"))
        assert told["in_a_row"]
        values = {"code_number": str(70 + place), "organ_name": "Sở Y tế", "type_name": "Công văn", "priority": "0",
                  "subject": f"Thư {place}", "decision": "register", "register_id": register, "confirmed": []}
        answer = clerk.complete(open_task(office, "verify", document), **values)
        following = order[place + 1:]
        here = f"/viec/{open_task(office, 'verify', following[0])[0]}" if following else "/viec"
        assert answer.json["next"] == here
        with office.inside():
            number = db.session.get_one(Document, document).arrival_number
        page = clerk.get(here).text
        assert f"Đã vào sổ, số đến {number}: Thư {place}." in page
        assert ("văn bản chờ kiểm tra" in page) is bool(following)
    assert clerk.get("/viec/kiem-tra").location == "/viec"
