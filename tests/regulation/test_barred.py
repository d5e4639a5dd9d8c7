"""Art. 3.2: signs of what must not be entered stop a registration until a clerk has looked; letters by their title."""

from dataclasses import replace

import pytest
from fakes import PrintedReader, StampedReader, WithinReader, pdf
from steps import Office, arrived, fetch, quick, send, signed_pdf, tables_with

from app import worker
from app.db import db
from app.engine import instance as instances
from app.engine import task as tasks
from app.engine.form import FormInvalid
from app.records import attachment, history, notice, poll, text_layer
from app.records import barred as records
from app.records import certified_copy as copies
from app.records.document import REMOVED, Document
from app.records.history import Act, ActContent
from app.records.intake import IntakePile
from app.records.message import Message
from app.records.verify_record import OF_A_DOCUMENT
from app.regulation.assignment import urge
from app.regulation.barred_text import DOUBTFUL, SIGNS, in_text
from app.regulation.incoming import barred, intake
from app.regulation.incoming import text_layer as layers
from app.regulation.layout_petition import petition
from app.regulation.outgoing import certified_copy
from app.regulation.outgoing.certified_copy import Wish
from app.tools.ocr import Page, Word
from app.web.moment import now

CONFIRMED = ["code_number", "code_notation", "issued_date", "subject"]


def page(*texts: str) -> Page:
    """A page with these lines in its middle, one under the other."""
    words = [Word(word, 0.9, (150 + 60 * place, 150 + 20 * line, 200 + 60 * place, 162 + 20 * line), line, 0)
             for line, text in enumerate(texts) for place, word in enumerate(text.split())]
    return Page(1, 595.0, 842.0, tuple(words), "ocr")


def test_art_3_2_a_letter_is_known_by_its_title_and_a_document_about_letters_is_none():
    for title in (("ĐƠN KHIẾU NẠI",), ("ĐƠN TỐ CÁO",), ("GIẤY KHIẾU NẠI",), ("ĐƠN ĐỀ NGHỊ", "GIẢI QUYẾT TRANH CHẤP")):
        assert petition([page("CỘNG HÒA XÃ HỘI", *title, "Kính gửi: Ủy ban nhân dân tỉnh")]).value == " ".join(title)
    for other in (("QUYẾT ĐỊNH", "Về việc giải quyết đơn khiếu nại"), ("V/v trả lời đơn tố cáo",),
                  ("ĐƠN XIN NGHỈ PHÉP",), ("ĐƠN XIN NGHỈ", "Tôi tên là An, không có tranh chấp")):
        assert petition([page("CỘNG HÒA XÃ HỘI", *other)]) is None, other
    for about in (("BÁO CÁO", "GIẢI QUYẾT", "ĐƠN KHIẾU NẠI"), ("THƯ MỜI HỌP", "GIẢI QUYẾT KHIẾU NẠI")):
        assert petition([page("CỘNG HÒA XÃ HỘI", *about)]).confidence < DOUBTFUL, "a person looks"
        assert in_text("\n".join(about)) is None
    for asked in (("đơn tố cáo cán bộ xã",), ("ĐƠN KÊU CỨU",), ("ĐƠN XIN KÊU CỨU KHẨN CẤP",), ("GIẤY MỜI TỐ CÁO",),
                  ("ĐƠN PHẢN ÁNH, KIẾN NGHỊ", "(V/v tố cáo ông B. nhận hối lộ)"),
                  ("ĐƠN ĐỀ NGHỊ", "Về việc tranh chấp đất")):
        seen = petition([page("CỘNG HÒA XÃ HỘI", *asked, "Kính gửi: Ủy ban nhân dân tỉnh")])
        assert 0 < seen.confidence < DOUBTFUL, f"a person looks: {asked}"
        assert petition([page("Số: 12/BC-UBND", "CỘNG HÒA XÃ HỘI", *asked)]) is None or "TỐ CÁO" in asked[0]
    for other in (("ĐƠN ĐỀ NGHỊ", "(V/v cấp lại thẻ)"), ("ĐƠN PHẢN ÁNH", "Tôi không tố cáo ai"),
                  ("Đơn tố cáo này do tôi viết, mong cơ quan xem xét giải quyết giúp gia đình tôi sớm",)):
        assert petition([page("CỘNG HÒA XÃ HỘI", *other)]) is None, other
    assert petition([page("CỘNG HÒA XÃ HỘI", "ĐƠN KIẾN NGHỊ, TỐ CÁO")]).confidence > DOUBTFUL
    assert petition([Page(1, 595.0, 842.0, (), "ocr")]) is None


@pytest.fixture
def office(world):
    quick(world.app)
    world.app.extensions["tools"] = replace(world.app.extensions["tools"], reader=StampedReader())
    return Office(world.app)


def test_art_3_2_nothing_that_bears_a_mark_of_secrecy_is_registered_before_a_clerk_has_looked(office):
    letter, other = office.take_in(), office.take_in()
    with office.inside():
        seen = barred.signs(db.session.get_one(Document, letter))
        assert (seen["secrecy"]["value"], seen["petition"]["value"]) == ("Mật", "ĐƠN KHIẾU NẠI")
    values = {"code_number": "13", "subject": "Đơn", "code_notation": "UB", "signer_name": "A"}
    for cleared in ([], ["secrecy"], ["petition"]):
        with pytest.raises(FormInvalid) as refused:
            office.verify(letter, **values, confirmed=[*CONFIRMED, *cleared])
        assert len(refused.value.errors["decision"]) == 2 - len(cleared) and set(refused.value.errors) == {"decision"}
        assert all("Điều 3.2" in sentence for sentence in refused.value.errors["decision"])
    assert office.tasks(letter) == ["verify"]
    office.do("vanthu", "verify", {"decision": "not_entered", "reason": "Có dấu mật"}, letter)
    assert office.status(letter) == "discarded"
    office.verify(other, **values, confirmed=[*CONFIRMED, *SIGNS])  # the clerk's word counts, and is kept
    assert office.status(other) == "registered" and office.faults() == []


def test_art_3_2_a_scan_that_says_it_for_sure_is_discarded_at_once_and_who_has_the_paper_is_told(office, monkeypatch):
    tools = office.app.extensions["tools"]
    office.app.extensions["tools"] = replace(tools, reader=StampedReader(0.9))
    with office.inside():
        told = office.user("truongphong")
        records.name_officer(office.user("lanhdao"), "secrecy", told.id, "Theo phân công của giám đốc", now())
    letter = office.take_in()
    assert office.status(letter) == "discarded"
    with office.inside():
        assert instances.of_document(letter).ended_at_element == "end_barred"
        entry, = records.newest()
        assert (entry.way, entry.rule, entry.document_id) == ("recognised", "secrecy", letter)
        clerk, told = office.user("vanthu"), office.user("truongphong")
        assert entry in records.open_for(clerk) and entry in records.open_for(told)
        records.see(entry.id, clerk, now())
        assert not records.open_for(clerk) and records.open_for(told)
        assert all(file.removed_at and file.name == REMOVED for file in attachment.of(letter))
        contents = db.session.scalars(db.select(ActContent).join(Act, Act.id == ActContent.act_id).where(
            Act.subject == f"document:{letter}", Act.kind != "content_removed")).all()
        assert contents == [], "nothing of what was read is left in history"
        records.clear(entry.id, clerk, "Dấu in sẵn của mẫu biểu", now())
        db.session.commit()
    assert office.status(office.take_in()) == "discarded", "a word for the mark is none for the title of a complaint"
    monkeypatch.setattr(StampedReader, "words_of", ("MẬT",))
    assert [office.tasks(office.take_in()), office.status(office.take_in())] == [["verify"], "discarded"], "one scan"
    office.app.extensions["tools"] = replace(tools, reader=StampedReader(0.5))
    assert office.tasks(office.take_in()) == ["verify"], "what is doubtful waits for the clerk"
    assert office.faults() == []


def test_art_3_2_what_came_by_wire_waits_for_the_clerk_and_what_a_clerk_discards_is_told(office):
    office.app.extensions["tools"] = replace(office.app.extensions["tools"], reader=StampedReader(0.9))
    send(office.app, signed_pdf(office.app))
    letter = arrived(office)
    assert office.tasks(letter) == ["verify"]
    office.do("vanthu", "verify", {"decision": "not_entered", "reason": "Có dấu mật"}, letter)
    with office.inside():
        entry, = records.newest()
        assert (entry.way, entry.rule, entry.partner) == ("clerk", "secrecy", "H38.01")
        with pytest.raises(records.BarredAnswered):  # a person has decided
            records.clear(entry.id, office.user("vanthu"), "Nghĩ lại", now())
        db.session.rollback()
    _is_told_when_the_exchange_is_there_again(office, letter)


def test_art_3_2_a_mark_on_a_later_page_stops_the_document_until_the_clerk_has_looked(office):
    plain = replace(office.app.extensions["tools"], reader=PrintedReader())
    marked = replace(plain, reader=WithinReader())
    office.app.extensions["tools"] = marked
    letter = office.take_in()
    with office.inside():
        assert text_layer.of(letter).text == ""
        assert barred.signs(db.session.get(Document, letter))["secrecy"]["page"] == 2
        assert [one.kind for one in notice.open_for(office.user("vanthu"))] == ["marked"]
    with pytest.raises(FormInvalid) as refused:
        office.verify(letter, confirmed=CONFIRMED)
    assert list(refused.value.errors) == ["decision"]
    office.do("vanthu", "verify", {"decision": "not_entered", "reason": "Có dấu mật"}, letter)
    assert office.status(letter) == "discarded"
    office.app.extensions["tools"] = plain
    other = office.take_in()
    office.verify(other, confirmed=CONFIRMED)
    office.assign(other)
    with office.inside():  # the file was read late: it is with an officer already
        text_layer.remove(other)
        history.note(f"document:{other}", "text_read", agency_id=office.agency_id, at=now(), actor_id=None)
        db.session.commit()
        layers.make(other, marked, now)
        layers.make(other, marked, now)  # again is harmless
        assert [act.kind for act in history.course(f"document:{other}")].count("mark_found") == 1
        text_layer.remove(other)
        history.note(f"document:{other}", "text_read", agency_id=office.agency_id, at=now(), actor_id=None)
        db.session.commit()
        layers.make(other, marked, now)  # found again while its notices stand
        assert [act.kind for act in history.course(f"document:{other}")].count("mark_found") == 2
        assert [one.kind for one in notice.open_for(office.user("chuyenvien"))] == ["marked"]
    with pytest.raises(FormInvalid):
        office.handle(other)
    office.handle(other, decision="return", reason="Có trang mang dấu mật")
    with pytest.raises(FormInvalid):
        office.assign(other)
    office.assign(other, decision="return", reason="Văn thư xem lại", handler_id=None)
    office.verify(other, confirmed=[*CONFIRMED, "secrecy"])
    office.assign(other)
    office.handle(other)
    assert office.status(other) == "closed" and office.faults() == []
    with office.inside():
        assert "dự thảo" in text_layer.of(other).text, "read, once the clerk has said that it is no mark"


def test_art_3_2_what_people_wrote_beside_the_course_goes_with_the_content(office):
    office.app.extensions["tools"] = replace(office.app.extensions["tools"], reader=PrintedReader())
    letter, secret = office.take_in(), "Về vụ việc của ông Nguyễn Văn Kín"
    office.verify(letter, confirmed=CONFIRMED)
    office.assign(letter)
    with office.inside():
        handler, other = office.user("chuyenvien"), office.user("truongphong")
        urge.urge(letter, office.user("lanhdao"), secret, now())
        urge.ask(letter, handler, other.id, secret, None, now())
        wish = Wish("certified", "paper", attachment.of(letter)[0].id, recipients=[secret], reason=secret,
                    signer_id=office.user("lanhdao").id)
        certified_copy.ask(office.app.extensions["tools"], letter, handler, wish, now())
    office.handle(letter, decision="return", reason="Không thuộc thẩm quyền")
    office.assign(letter, decision="return", reason="Văn thư xem lại", handler_id=None)
    office.do("vanthu", "verify", {"decision": "not_entered", "reason": "Điều 3.2"}, letter)
    worker.run_due(office.app)
    assert office.status(letter) == "discarded"
    with office.inside():
        for table in sorted(OF_A_DOCUMENT - {"document"}):
            rows = db.session.scalars(db.text(f"select to_jsonb(r)::text from {table} r where document_id = :id"),
                                      {"id": letter}).all()
            assert not [row for row in rows if secret in row], table
        copy, = copies.of(letter)
        assert (copy.reason, copy.recipients, copy.asked_by.username) == ("", [], "chuyenvien")
        kept = db.session.scalars(db.select(ActContent).join(Act, Act.id == ActContent.act_id).where(
            Act.subject == f"document:{letter}")).all()
        assert [row for row in kept if secret in f"{row.input} {row.changes}"] == []
        assert {one[0] for row in kept for one in row.changes} >= {"notice", "certified_copy"}
    assert office.faults() == []


def test_art_3_2_no_table_of_the_database_holds_anything_of_what_was_removed(office):
    office.app.extensions["tools"] = replace(office.app.extensions["tools"], reader=PrintedReader())
    word, blobs = "Kínđáo", office.app.extensions["tools"].blobs
    with office.inside():
        clerk = office.user("vanthu")
        intake.keep(clerk, pdf(77), f"{word} thư.pdf", blobs, now(), 10**8)
        db.session.commit()
        pile = db.session.scalars(db.select(IntakePile.id)).one()
        letter = intake.register_pile(clerk, pile, blobs, now(), True)
    worker.run_due(office.app)
    with office.inside():
        task = office.waiting("verify", letter)
        tasks.save_draft(task.id, office.user("vanthu"), {"subject": word}, task.version, now())
        db.session.commit()
    office.verify(letter, confirmed=CONFIRMED, subject=word, signer_name=word)
    office.assign(letter, directive=word)
    office.handle(letter, decision="return", reason=word)
    office.assign(letter, decision="return", reason=word, handler_id=None)
    assert {"document", "opinion", "act_content", "upload", "intake_file"} <= tables_with(office, word)
    office.do("vanthu", "verify", {"decision": "not_entered", "reason": "Điều 3.2"}, letter)
    worker.run_due(office.app)
    assert office.status(letter) == "discarded" and tables_with(office, word) == set()


def _refused(letter):
    return list(db.session.scalars(
        db.select(Message).where(Message.document_id == letter, Message.status_code == "02")))


def _is_told_when_the_exchange_is_there_again(office, letter):
    """Art. 6.3: the content goes at once; 02 with the clerk's reason is sent, once, when the exchange is there."""
    axis = office.app.extensions["tools"].axis.of("H38.12")
    there, axis.url = axis.url, "http://127.0.0.1:9"
    worker.run_due(office.app)
    axis.url = there
    assert office.tasks(letter) == []
    with office.inside():
        assert "content_removed" in [one.kind for one in history.course(f"document:{letter}")]
        assert [row.axis_id for row in _refused(letter)] == [""], "it waits"
        db.session.execute(db.update(poll.Poll).values(next_at=now()))
        db.session.commit()
    fetch(office.app, "stc")
    with office.inside():
        assert [(row.partner, row.description, bool(row.axis_id)) for row in _refused(letter)] == [
            ("H38.01", "Không được cập nhật vào phần mềm (Điều 3.2): Có dấu mật", True)]
        assert instances.of_document(letter).ended_at_element == "end_not_entered"
    worker.run_purge(agency_id=office.agency_id, document_id=letter, sha256s=[], wanted_by=1)  # its worker had died
    with office.inside():
        acts = [one for one in history.course(f"document:{letter}") if one.kind == "content_removed"]
        assert len(acts) == 1
        kept = db.session.scalars(db.select(ActContent).where(ActContent.act_id == acts[0].id)).one().input
        assert set(kept) == {"removed_files", "wanted_by", "acts"}, "no hash by which a guess could be proved"
    assert office.status(letter) == "discarded" and office.faults() == []
