"""Art. 2.2: what came is found by its text, a searchable copy stands beside the original; Art. 3.2: it goes with it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from doors import Browser
from fakes import LETTER, PrintedReader, StampedReader, pdf
from sqlalchemy import text
from steps import Office, quick, send, signed_pdf

from app import worker
from app.db import db, queue
from app.records import attachment, text_layer
from app.regulation.incoming import text_layer as layers
from app.web.moment import now


@pytest.fixture
def office(world):
    quick(world.app)
    world.app.extensions["tools"] = replace(world.app.extensions["tools"], reader=PrintedReader())
    return Office(world.app)


def test_art_2_2_a_scan_is_found_by_its_text_and_its_copy_stands_beside_it(office):
    tools, clerk = office.app.extensions["tools"], Browser(office.app, "stc", "vanthu")
    letter, other = office.take_in(), office.take_in()
    with office.inside():
        layer, (scan,) = text_layer.of(letter), attachment.of(letter)
        assert layer.source_sha256 == scan.sha256 and LETTER[-1][2] in layer.text
        assert tools.blobs.read(scan.sha256) == pdf(1), "the original is as it was"
        copy = layer.sha256
        layers.make(letter, tools, now)  # again is harmless
        assert text_layer.of(letter).sha256 == copy and len(attachment.of(letter)) == 1
    for words, is_found in (("kèm", True), ("GỬI KÈM dự", True), ("kèm thác", False), ("kem", True),
                            ("gui KEM du", True), ("kẻm", False)):
        page = clerk.get("/van-ban", query_string={"q": words}).text
        assert (f'/van-ban/{letter}"' in page) is is_found, words
    answer = clerk.get(f"/tep/{letter}/lop-chu")
    assert answer.data == tools.blobs.read(copy) != pdf(1)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "Bản có lớp chữ" in clerk.get(f"/van-ban/{letter}").text
    for stranger in (Browser(office.app, "stc", "chuyenvien2"), Browser(office.app, "snv", "vanthu")):
        assert stranger.get(f"/tep/{letter}/lop-chu").status_code == 404
        assert f'/van-ban/{letter}"' not in stranger.get("/van-ban?q=kèm").text
    office.do("vanthu", "verify", {"decision": "not_entered", "reason": "Điều 3.2"}, letter)
    worker.run_due(office.app)
    assert clerk.get(f"/tep/{letter}/lop-chu").status_code == 404
    with office.inside():
        assert text_layer.of(letter) is None and text_layer.of(other) is not None
        layers.make(letter, tools, now)  # a job that comes too late finds nothing to read
        assert text_layer.of(letter) is None
    assert office.faults() == []


def test_art_3_2_what_may_be_secret_is_not_read_further_and_a_signed_file_is_left_alone(office):
    tools = office.app.extensions["tools"]
    office.app.extensions["tools"] = replace(tools, reader=StampedReader())
    secret = office.take_in()
    office.app.extensions["tools"] = replace(tools, reader=PrintedReader())
    with office.inside():
        assert text_layer.of(secret) is None
    send(office.app, signed_pdf(office.app))
    with office.inside():
        layer = db.session.scalars(db.select(text_layer.TextLayer)).one()
        assert layer.sha256 == "" and "dự thảo" in layer.text, "searched, never copied"


def test_art_2_2_reading_all_gives_way_after_a_page_to_the_fields_of_another_letter(office):
    tools, letter = office.app.extensions["tools"], office.take_in()
    page, = PrintedReader().open(b"", "")
    known = set()

    def words(data, media_type):
        for number in (1, 2, 3):
            yield replace(page, number=number, source="text"), number not in known
            known.add(number)

    tools = replace(tools, reader=SimpleNamespace(words=words))
    with office.inside():
        text_layer.remove(letter)
        queue.defer(db.session, "perform", {"agency_id": office.agency_id, "work_id": 0}, queue="ocr")
        db.session.commit()
        layers.make(letter, tools, now)
        assert text_layer.of(letter) is None
        waiting = db.session.execute(text("select task_name, lock from procrastinate_jobs where status = 'todo' "
                                          "order by priority")).all()
        assert waiting == [("read_all", f"read_all:{office.agency_id}"), ("perform", None)]
        known.add(1)
        layers.make(letter, tools, now)  # the other work still waits: one page more, and no sooner
        assert text_layer.of(letter) is None and known == {1}
        known.update((2, 3))
        layers.make(letter, tools, now)
        assert text_layer.of(letter).text.count(LETTER[-1][2]) == 3
