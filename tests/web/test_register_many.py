"""Art. 6.2.b: documents of which nothing needs a look are registered together; a result for each, over HTTP."""

from dataclasses import replace
from datetime import date

import pytest
from doors import Browser
from fakes import LETTER, PrintedReader, pdf
from steps import Office, quick, this_year

from app import worker
from app.db import db
from app.records import history
from app.records.document import Document
from app.records.register import open_registers

PAGE = "/viec/vao-so-nhieu"


class SureReader(PrintedReader):
    """Each page is a letter with a number of its own, read for sure."""

    def __init__(self):
        self.seen = []

    def open(self, data, media_type):
        if data not in self.seen:
            self.seen.append(data)
        number = 31 + self.seen.index(data)
        self.letter = [(left, top, text.replace("12/", f"{number}/"), .99) for left, top, text, _ in LETTER]
        return super().open(data, media_type)


@pytest.fixture
def stc(world):
    quick(world.app)
    world.app.extensions["tools"] = replace(world.app.extensions["tools"], reader=SureReader())
    return Office(world.app)


def test_art_6_2_b_only_what_needs_no_look_is_registered_together_each_in_its_act(stc):
    found = [stc.hand_in("vanthu", pdf(number), f"thu {number}.pdf") for number in range(6)]
    worker.run_due(stc.app)
    plain, second, other, twin, doubtful, late = found
    with stc.inside():
        rows = {one: db.session.get_one(Document, one) for one in found}
        assert {row.code_number for row in rows.values()} == {"31", "32", "33", "34", "35", "36"}, "all read"
        for row in rows.values():  # a picture of one point gives no grammar: what was read is as sure as print
            row.recognised = {key: {**one, "confidence": 0.99} for key, one in row.recognised.items()}
        rows[twin].code_number = rows[other].code_number
        rows[doubtful].recognised = {**rows[doubtful].recognised, "subject": {
            **rows[doubtful].recognised["subject"], "confidence": 0.3}}
        rows[late].due_date = date(2026, 1, 5)
        db.session.commit()
        book = str(open_registers("incoming", this_year())[0].id)
        tasks = {one: stc.waiting("verify", one) for one in found}
        named = {one: f"{row.id}.{row.version}" for one, row in tasks.items()}
    clerk = Browser(stc.app, "stc", "vanthu")
    page = clerk.get(PAGE).text
    assert [one for one in found if f'value="{named[one]}"' in page] == [plain, second]
    assert "Vào sổ nhiều văn bản" in clerk.get("/viec").text
    answer = clerk.post(PAGE, task=[named[one] for one in found], register_id=book, leader_id="").text
    worker.run_due(stc.app)
    assert answer.count("Đã vào sổ, số đến") == 2 and answer.count("Có điểm phải xem") == 4
    assert [stc.tasks(one) for one in found] == [["assign"]] * 2 + [["verify"]] * 4
    with stc.inside():
        for place, one in enumerate((plain, second), 1):
            done = [act.element for act in history.course(f"document:{one}") if act.kind == "task_completed"]
            assert done == ["receive_paper", "verify"]
            assert db.session.get_one(Document, one).arrival_number == place
    again = clerk.post(PAGE, task=[named[plain]], register_id=book).text
    assert "Đã vào sổ, số đến" not in again, "a double click registers nothing twice"
    assert Browser(stc.app, "stc", "chuyenvien").get(PAGE).status_code == 403
    assert "Chưa đánh dấu văn bản nào" in clerk.post(PAGE).text


def test_art_6_2_b_the_only_open_register_is_closed_by_who_means_it_and_the_clerk_is_told_where_to_open_one(stc):
    found, clerk = stc.take_in(), Browser(stc.app, "stc", "vanthu")
    with stc.inside():
        book = open_registers("incoming", this_year())[0].id
    told = clerk.get("/so/den/doi-soat").text
    assert "sổ văn bản đến duy nhất đang mở" in told and "1 văn bản đang chờ" in told
    assert "1 văn bản chờ số ở sổ này" in clerk.post(f"/so/den/{book}/khoa", reason="Hết sổ").text
    with stc.inside():
        place = f"/viec/{stc.waiting('verify', found).id}"
    assert "không còn sổ văn bản đến nào mở" not in clerk.get(place).text
    assert clerk.post(f"/so/den/{book}/khoa", reason="Hết sổ", sure="on").status_code == 302
    assert "không còn sổ văn bản đến nào mở" in (page := clerk.get(place).text) and "/so/den/doi-soat" in page
