"""From files to documents (Art. 6.2.a): stacks, piles, sheets; nothing twice; what must not be here goes (Art. 3.2)."""

import hashlib
import io
import shutil
from contextlib import contextmanager
from datetime import UTC, date, datetime
from threading import Barrier, Thread

import docx
import pikepdf
import pytest
from fakes import pdf
from pdf_bombs import trap
from PIL import Image, ImageDraw
from steps import Office, arrived, quick, send, signed_pdf

from app import worker
from app.db import db
from app.demo import letters
from app.engine import instance as instances
from app.records import attachment, intake, intake_pile
from app.records.document import Document
from app.records.intake import IntakeFile, IntakeGone, IntakePile
from app.records.intake_pile import WholeFile
from app.regulation.incoming import intake as incoming
from app.regulation.incoming import tie
from app.regulation.incoming.intake import DecisionReason, PileEmpty
from app.tools import separator
from app.tools.media import UnknownKind
from tests.web.doors import Browser

MOST = 10_000_000


def leaf(words: str = "") -> Image.Image:
    """A scanned page with words, or a blank one."""
    page = Image.new("L", (620, 877), 250)
    if words:
        ImageDraw.Draw(page).text((80, 120), words, fill=10, font_size=48)
    return page


def stack(*pages: Image.Image | str) -> bytes:
    """One PDF: pages, and the sheets of tokens between them."""
    made = [page if isinstance(page, Image.Image) else separator._drawn(separator.Sheet(page, "TỜ", ())).resize(
        (620, 877)).convert("L") for page in pages]
    sink = io.BytesIO()
    made[0].save(sink, "PDF", resolution=75, save_all=True, append_images=made[1:])
    return sink.getvalue()


class Desk(Office):
    """An agency with a clerk before whom files are put."""

    def __init__(self, app):
        super().__init__(app)
        self.blobs = app.extensions["tools"].blobs

    @contextmanager
    def clerk(self, username="vanthu"):
        with self.inside():
            yield self.user(username)

    def put(self, data, name, username="vanthu"):
        """The clerk uploads a file; stacks are looked at. Gives its id."""
        with self.clerk(username) as user:
            file_id = incoming.keep(user, data, name, self.blobs, datetime.now(UTC), MOST).id
            db.session.commit()
        worker.run_due(self.app)
        return file_id

    def piles(self):
        """[(page number, left out for)] of each pile."""
        with self.clerk() as user:
            return [[(page.number, page.dropped_for) for page in pile.pages]
                    for pile in intake.piles(user, datetime.now(UTC))]

    def pile_ids(self):
        with self.clerk() as user:
            return [pile.id for pile in intake.piles(user, datetime.now(UTC))]

    def troubles(self):
        """What keeps each pile from the document of its sheet."""
        with self.clerk() as user:
            found = [tie.trouble(pile) for pile in intake.piles(user, datetime.now(UTC))]
            return [one.code if one else "" for one in found]

    def pages(self):
        with self.clerk() as user:
            return [page.id for pile in intake.piles(user, datetime.now(UTC)) for page in pile.pages]

    def do(self, what, *arguments, **more):
        if isinstance(what, str):
            return super().do(what, *arguments, **more)
        with self.clerk() as user:
            what(user, *arguments, **more)
            db.session.commit()
        return None

    def register(self, pile_id, has_paper=None):
        with self.clerk() as user:
            found = incoming.register_pile(user, pile_id, self.blobs, datetime.now(UTC), has_paper)
        worker.run_due(self.app)
        return found

    def scan_of(self, document_id, kind="scan"):
        with self.inside():
            return self.blobs.read(attachment.latest(document_id, kind).sha256)

    def documents(self):
        with self.inside():
            return db.session.scalar(db.select(db.func.count()).select_from(Document))


@pytest.fixture
def desk(world):
    quick(world.app)
    return Desk(world.app)


def rotations(data):
    with pikepdf.open(io.BytesIO(data)) as found:
        return [page.rotation for page in found.pages]


def test_art_6_2_a_a_stack_is_parted_by_sheets_and_each_pile_is_one_document(desk):
    with desk.clerk() as user:
        token = incoming.blank_sheets(user, 1, datetime.now(UTC))[0].token
    data = stack(leaf("một"), leaf(), token, leaf("hai"), leaf("2"), leaf("ba"))
    original = hashlib.sha256(data).hexdigest()
    file_id = desk.put(data, "xấp.pdf")
    assert desk.piles() == [[(1, ""), (2, "blank")], [(3, "sheet"), (4, ""), (5, ""), (6, "")]]
    first, second = desk.pile_ids()
    documents = [desk.register(first), desk.register(second), desk.register(first)]
    assert documents[0] == documents[2] != documents[1] and desk.documents() == 2 and desk.piles() == []
    assert [len(rotations(desk.scan_of(one))) for one in documents[:2]] == [1, 3]
    assert [desk.tasks(one) for one in documents[:2]] == [["verify"], ["verify"]]
    with desk.inside():  # the file that came is kept as it came
        assert db.session.get(IntakeFile, file_id).sha256 == original and desk.blobs.read(original) == data
    for one in documents[:2]:
        desk.verify(one)
        desk.assign(one)
        desk.handle(one)
        desk.ended(one)


def test_art_6_2_a_pages_are_turned_ordered_split_joined_left_out_and_put_back(desk):
    desk.put(stack(leaf("một"), leaf("hai"), leaf("ba")), "thư.pdf")
    one, two, three = desk.pages()
    desk.do(intake_pile.turn, [two], 90)
    desk.do(intake_pile.turn, [two], 90)  # said twice, done once
    desk.do(intake_pile.split, three)
    desk.do(intake_pile.split, three)
    assert desk.piles() == [[(1, ""), (2, "")], [(3, "")]]
    pile, other = desk.pile_ids()
    desk.do(intake_pile.move, one, pile, 1)
    assert desk.piles()[0] == [(2, ""), (1, "")]
    desk.do(intake_pile.join, other, pile)
    desk.do(intake_pile.drop, [one], datetime.now(UTC))
    assert desk.piles() == [[(2, ""), (1, "clerk"), (3, "")]]
    with pytest.raises(IntakeGone):
        desk.do(intake_pile.join, other, pile)
    assert rotations(desk.scan_of(desk.register(pile))) == [90, 0]
    with pytest.raises(IntakeGone):
        desk.do(intake_pile.restore, [one])  # a document is no pile any more


def test_art_6_2_a_moving_the_last_page_away_leaves_no_empty_pile(desk):
    desk.put(stack(leaf("một"), leaf("hai")), "thư.pdf")
    one, two = desk.pages()
    desk.do(intake_pile.split, two)
    pile, _ = desk.pile_ids()
    desk.do(intake_pile.move, two, pile, 0)
    assert desk.piles() == [[(2, ""), (1, "")]]
    desk.do(intake_pile.drop, [one, two], datetime.now(UTC))
    with pytest.raises(PileEmpty):
        desk.register(pile)


def test_art_3_3_a_signed_file_is_taken_whole_with_its_bytes(desk):
    data = signed_pdf(desk.app)
    desk.put(data, "ký số.pdf")
    desk.put(pdf(2), "thư.pdf")
    (signed, plain), (page, _) = desk.pile_ids(), desk.pages()
    for move in ((intake_pile.turn, [page], 90), (intake_pile.split, page), (intake_pile.join, plain, signed),
                 (intake_pile.join, signed, plain), (intake_pile.move, page, plain, 0)):
        with pytest.raises(WholeFile):
            desk.do(*move)
    assert desk.scan_of(desk.register(signed), "original") == data


def test_art_6_2_a_a_letter_as_docx_and_a_photo_come_in(desk):
    letter, sink, photo = docx.Document(), io.BytesIO(), io.BytesIO()
    letter.add_paragraph("Kính gửi")
    letter.save(sink)
    desk.put(sink.getvalue(), "thư.docx")
    leaf("ảnh").convert("RGB").save(photo, "JPEG")
    desk.put(photo.getvalue(), "ảnh.jpeg")
    first, second = (desk.register(pile, has_paper=True) for pile in desk.pile_ids())
    assert desk.scan_of(first) == sink.getvalue() and photo.getvalue() in desk.scan_of(second)
    with pytest.raises(UnknownKind):
        desk.put(b"x" * 99, "a.exe")


def test_the_same_file_is_known_again_and_taken_only_with_a_reason(desk):
    first = desk.register(desk.pile_ids()[0]) if desk.put(pdf(1), "thư.pdf") else None
    again = desk.put(pdf(1), "thư lại.pdf")
    with desk.clerk("vanthu") as user:
        row, = intake.queue(user)
        assert (row.id, row.code, row.facts["document"]) == (again, "intake_duplicate", first)
        with pytest.raises(DecisionReason):
            incoming.decide(again, user, datetime.now(UTC), is_taken=True, reason=" ")
    desk.do(lambda user: incoming.decide(again, user, datetime.now(UTC), is_taken=True, reason="Bản thứ hai"))
    assert desk.register(desk.pile_ids()[0]) != first
    with desk.clerk() as user, pytest.raises(IntakeGone):
        incoming.decide(again, user, datetime.now(UTC), is_taken=False, reason="x")


def test_two_clicks_at_once_are_one_document(desk):
    desk.put(stack(leaf("một"), leaf("hai")), "thư.pdf")
    pile, = desk.pile_ids()
    found, gate = [], Barrier(3)

    def click():
        with desk.clerk() as user:
            gate.wait()
            found.append(incoming.register_pile(user, pile, desk.blobs, datetime.now(UTC)))

    threads = [Thread(target=click) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3 and len(set(found)) == 1 and desk.documents() == 1


def test_a_scan_whose_document_was_started_is_handed_in_by_the_next_look(desk, monkeypatch):
    desk.put(pdf(3), "thư.pdf")
    monkeypatch.setattr(tie, "hand_scan", lambda *_: False)  # the process died after the first act
    found = desk.register(desk.pile_ids()[0])
    monkeypatch.undo()
    assert desk.tasks(found) == ["receive_paper"] and desk.piles() == []
    worker.use(desk.app)
    worker.run_scan(agency_id=desk.agency_id)
    worker.run_due(desk.app)
    assert desk.tasks(found) == ["verify"]


def test_art_6_2_a_a_scan_behind_its_sheet_reaches_the_document_that_waits(desk):
    with desk.clerk() as user:
        found, sheet = incoming.begin_unscanned(user, datetime.now(UTC), "a click")
        assert incoming.begin_unscanned(user, datetime.now(UTC), "a click") == (found, sheet)
    assert desk.tasks(found) == ["receive_paper"]
    desk.put(stack(leaf("khác"), sheet.token, leaf("một"), leaf("hai")), "xấp.pdf")
    other, tied = desk.pile_ids()
    assert desk.register(tied) == found and desk.register(other) != found
    assert desk.tasks(found) == ["verify"] and len(rotations(desk.scan_of(found))) == 2
    assert desk.course(found)[1] == ("task_completed", "receive_paper")
    desk.put(stack(sheet.token, leaf("lần hai")), "lại.pdf")
    again, = desk.pile_ids()
    with pytest.raises(tie.SheetUsed):
        desk.register(again)
    desk.do(intake_pile.untie, again)
    assert desk.register(again) != found


def test_art_6_2_a_a_sheet_brings_a_later_scan_to_a_registered_document_once(desk):
    send(desk.app, signed_pdf(desk.app))
    found = arrived(desk)
    with desk.clerk() as user, pytest.raises(tie.TieEarly):
        tie.sheet_of(db.session.get(Document, found), user, datetime.now(UTC))
    desk.verify(found)
    with desk.clerk() as user:
        document = db.session.get(Document, found)
        sheet = tie.sheet_of(document, user, datetime.now(UTC))
        assert tie.sheet_of(document, user, datetime.now(UTC)) == sheet and "số 1" in sheet.lines[0]
        before = [(one.kind, one.sha256) for one in attachment.of(found)]
    desk.put(stack(sheet.token, leaf("giấy"), leaf("hai"), sheet.token, leaf("nữa"), "f" * 20, leaf("lạ")), "t.pdf")
    paper, again, foreign = desk.pile_ids()
    assert desk.troubles() == ["", "", "intake_sheet_unknown"]
    assert [desk.register(paper), desk.register(paper)] == [found, found], "a double click"
    assert desk.troubles() == ["intake_sheet_used", "intake_sheet_unknown"]
    for pile, why in ((again, tie.SheetUsed), (foreign, tie.SheetUnknown)):
        with pytest.raises(why):
            desk.register(pile)
    with desk.inside():
        files = [(one.kind, one.sha256) for one in attachment.of(found)]
        assert files[:-1] == before and files[-1][0] == "paper", "beside the signed file, not in its place"
        assert len(rotations(desk.blobs.read(files[-1][1]))) == 2
    assert desk.course(found)[-1] == ("message_received", "paper_scanned") and desk.tasks(found) == ["assign"]
    assert ("opinion", "Đã ghép bản quét giấy: t tr. 2.pdf") in desk.said(found)
    desk.do(intake_pile.untie, foreign)
    assert desk.register(foreign) != found
    with desk.clerk() as user:  # the next paper of the same document has a sheet of its own
        later = tie.sheet_of(db.session.get(Document, found), user, datetime.now(UTC))
        assert later.token != sheet.token
    desk.assign(found)
    desk.handle(found)
    desk.ended(found)
    desk.put(stack(later.token, leaf("quá muộn")), "muộn.pdf")
    late = desk.pile_ids()[-1]
    with pytest.raises(tie.TieEnded):
        desk.register(late)
    with desk.clerk() as user, pytest.raises(tie.TieEnded):
        tie.sheet_of(db.session.get(Document, found), user, datetime.now(UTC))


def test_art_3_2_the_stack_it_came_in_goes_too_and_the_other_pages_stay(desk):
    data = stack(leaf("một"), leaf("mật"), leaf("ba"))
    desk.put(data, "xấp.pdf")
    _, two, three = desk.pages()
    desk.do(intake_pile.split, two)
    desk.do(intake_pile.split, three)
    secret = desk.register(desk.pile_ids()[1])
    with desk.inside():
        scan = attachment.latest(secret, "scan").sha256
    original = hashlib.sha256(data).hexdigest()
    desk.put(data, "xấp lần hai.pdf")  # a copy, which waits for a word
    desk.do("vanthu", "verify", {"decision": "not_entered", "reason": "Điều 3.2.a"}, secret)
    worker.run_due(desk.app)
    assert not desk.blobs.has(scan) and not desk.blobs.has(original)
    with desk.clerk() as user:
        assert intake.queue(user) == []
    first, last = (desk.register(pile) for pile in desk.pile_ids())
    assert len(rotations(desk.scan_of(first))) == len(rotations(desk.scan_of(last))) == 1
    with desk.inside():
        assert db.session.scalar(db.select(IntakePile).where(IntakePile.document_id == secret)).upload_id is None
        assert instances.of_document(secret).ended_at_element == "end_not_entered"


def test_pages_that_wait_long_are_counted(desk):
    desk.put(pdf(4), "thư.pdf")
    with desk.clerk() as user:
        assert intake.waiting_since(user, datetime.now(UTC)) == 1
        assert intake.waiting_since(user, datetime(2020, 1, 1, tzinfo=UTC)) == 0


@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")
def test_art_6_2_a_a_second_letter_in_a_stack_is_pointed_out(desk):
    made, sink = pikepdf.Pdf.new(), io.BytesIO()
    for number in (1, 2):
        one = letters.letter({
            "organ_name": "Sở Nội vụ", "code_number": str(number), "code_notation": "SNV-VP", "place": "Lào Cai",
            "issued_date": date(2026, 4, number), "type_name": "Công văn", "subject": "rà soát biên chế",
            "addressees": ["Sở Tài chính"], "recipients": ["Lưu: VT"], "signer_name": "Lương Văn Tiến",
            "signer_position": "Giám đốc"}, number)
        with pikepdf.open(io.BytesIO(one)) as letter:
            made.pages.extend(letter.pages)
    with pikepdf.open(io.BytesIO(stack(leaf("Phụ lục"), leaf("2")))) as annex:
        made.pages.extend(annex.pages)
    made.save(sink)
    file_id = desk.put(sink.getvalue(), "hai thư.pdf")
    with desk.inside():
        assert db.session.get(IntakeFile, file_id).facts == {"begins": [2]}
    clerk = Browser(desk.app, "stc", "vanthu")
    pile, = clerk.get("/van-ban/tiep-nhan/trang-thai").json["piles"]
    assert [page["begins"] for page in pile["pages"]] == [False, True, False, False]


def test_art_6_2_a_behind_a_sheet_of_ours_no_second_letter_is_pointed_out():
    """The sheet begins the pile already; blank pages between are none."""
    sheet = "a" * 20
    told = {(): False, (sheet,): True, (sheet, intake.BLANK): True, (sheet, ""): False, ("",): False}
    assert {before: incoming._is_behind_sheet([*before]) for before in told} == told


def test_s7_a_stack_that_ends_its_reader_is_refused_and_the_clerk_told_why(desk):
    file_id = desk.put(trap(pages=2), "bẫy.pdf")
    desk.put(stack(leaf("một"), leaf("hai")), "thư.pdf")
    with desk.clerk() as user:
        assert [(one.id, one.state, one.code) for one in intake.queue(user)] == [
            (file_id, intake.REFUSED, "file_broke_reader")]
        assert intake.looked_at(user) == []
    assert len(desk.piles()) == 1, "only that file fails"
    desk.do(lambda user: incoming.decide(file_id, user, datetime.now(UTC), is_taken=False, reason=""))
    with desk.clerk() as user:
        assert intake.queue(user) == []
