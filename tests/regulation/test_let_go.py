"""Scans that must not be here, or not at this document (Art. 3.2, 6.2.a): read before, let go at once, taken out."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fakes import StampedReader, pdf
from steps import quick
from test_intake_articles import Desk, leaf, rotations, stack

from app import worker
from app.db import db
from app.engine.reason import ReasonShort
from app.records import attachment, barred, intake, intake_pile
from app.records.attachment import Upload
from app.records.document import Document
from app.records.intake import IntakeFile, IntakeGone, IntakePart
from app.regulation.incoming import intake as incoming
from app.regulation.incoming import let_go, tie


@pytest.fixture
def desk(world):
    quick(world.app)
    return Desk(world.app)


def _files(desk, document_id):
    with desk.inside():
        return attachment.of(document_id)


def test_art_3_2_a_scan_behind_a_sheet_is_read_before_it_reaches_its_document(desk):
    found, plain = desk.take_in(), desk.app.extensions["tools"]
    desk.verify(found)
    data = []
    for sure, words in ((0.9, "mật"), (0.5, "ngờ")):
        with desk.clerk() as user:
            sheet = tie.sheet_of(db.session.get(Document, found), user, datetime.now(UTC))
        data.append(stack(sheet.token, leaf(words), leaf("hai")))
        desk.put(data[-1], f"{words}.pdf")
        desk.app.extensions["tools"] = replace(plain, reader=StampedReader(sure))
        pile, = desk.pile_ids()
        assert desk.register(pile) == found
        if sure > 0.6:
            assert desk.pile_ids() == [] and not desk.blobs.has(hashlib.sha256(data[0]).hexdigest())
            with desk.inside():
                assert db.session.scalar(db.select(Upload.id).where(Upload.name.like("mật%"))) is None
                entry, = barred.newest()
                assert (entry.way, entry.rule) == ("recognised", "secrecy")
                assert entry in barred.open_for(desk.user("vanthu"))
    assert desk.pile_ids() == [pile] and [one.kind for one in _files(desk, found)] == ["scan"]
    with desk.clerk() as user:
        assert intake.piles(user, datetime.now(UTC))[0].suspect_page == 1, "the clerk looks, and hands it again"
    assert desk.register(pile) == found
    assert desk.pile_ids() == [] and [one.kind for one in _files(desk, found)] == ["scan", "paper"]
    assert desk.faults() == []


def test_art_6_2_a_a_scan_that_was_tied_wrongly_is_taken_out_with_a_reason_and_put_back_while_its_pages_wait(desk):
    found = desk.take_in()
    desk.verify(found)
    with desk.clerk() as user:
        sheet = tie.sheet_of(db.session.get(Document, found), user, datetime.now(UTC))
    desk.put(stack(sheet.token, leaf("nhầm"), leaf("hai")), "nhầm.pdf")
    pile, = desk.pile_ids()
    desk.register(pile)
    wrong = _files(desk, found)[-1]

    def take_out(user, reason="Không phải giấy của văn bản này"):
        tie.take_out(found, wrong.id, user, reason, datetime.now(UTC))

    def put_back(user):
        incoming.put_back(found, _files(desk, found)[-1].id, user, desk.blobs, datetime.now(UTC))

    for what, refused in ((lambda user: take_out(user, "x"), ReasonShort), (put_back, tie.NotTied)):
        with pytest.raises(refused):
            desk.do(what)
    desk.do(take_out)
    assert desk.pile_ids() == [pile] and [one.removed_at is None for one in _files(desk, found)] == [True, False]
    assert ("reason", "Đã gỡ bản quét ghép nhầm “nhầm tr. 2.pdf”: Không phải giấy của văn bản này") in desk.said(found)
    with pytest.raises(tie.NotTied):
        desk.do(take_out)  # a double click
    desk.do(put_back)
    assert desk.pile_ids() == [] and _files(desk, found)[-1].removed_at is None
    wrong = _files(desk, found)[-1]
    desk.do(take_out)
    first, *_ = [page for page in desk.pages()][1:]
    desk.do(intake_pile.drop, [first], datetime.now(UTC))
    with pytest.raises(tie.NotTied):
        desk.do(put_back)  # it is another scan now
    desk.do(intake_pile.restore, [first])
    other = desk.register(pile)
    assert other != found and desk.tasks(other) == ["verify"]
    with pytest.raises(tie.NotTied):
        desk.do(put_back)
    assert desk.course(found)[-1] == ("message_received", "paper_scanned") and desk.faults() == []


def test_art_3_2_what_a_clerk_leaves_out_is_gone_at_once_with_its_copies(desk, world):
    data = stack(leaf("một"), leaf("mật"), leaf("ba"))
    desk.put(data, "xấp.pdf")
    copy, other = desk.put(data, "lần hai.pdf"), desk.put(pdf(7), "đơn.pdf")
    desk.do(lambda user: incoming.decide(copy, user, datetime.now(UTC), is_taken=True, reason="Xem lại"))
    worker.run_due(desk.app)
    world.config.previews.mkdir(exist_ok=True)
    seen = world.config.previews / f"{hashlib.sha256(data).hexdigest()}-2-nho.jpg"
    seen.write_bytes(b"x")
    with desk.inside():
        user, first = desk.user("vanthu"), db.session.scalars(db.select(IntakeFile).order_by(IntakeFile.id)).first()
        db.session.add(IntakePart(agency_id=user.agency_id, key="c" * 16, name="xấp.pdf", size_bytes=len(data),
                                  user_id=user.id, at=datetime.now(UTC), file_id=first.id))
        db.session.commit()
    foreign, secret, *_, petition = desk.pages()  # a copy taken in lies where it was chosen
    with desk.clerk("lanhdao") as user, pytest.raises(IntakeGone):
        let_go.leave_out_pages([foreign], user, barred.SECRECY, datetime.now(UTC), desk.blobs)
    desk.do(lambda user: let_go.leave_out_pages([secret], user, barred.SECRECY, datetime.now(UTC), desk.blobs))
    desk.do(lambda user: let_go.leave_out_pages([petition], user, barred.PETITION, datetime.now(UTC), desk.blobs))
    worker.run_due(desk.app)
    with desk.inside():
        assert db.session.scalar(db.select(db.func.count()).select_from(IntakePart)) == 0, "it bears the name"
        gone = list(db.session.scalars(db.select(IntakeFile).where(IntakeFile.state == intake.REMOVED)))
        assert len(gone) >= 2 and {(one.name, one.sha256) for one in gone} == {("", "")}
    assert not seen.exists() and not any(desk.blobs.has(hashlib.sha256(one).hexdigest()) for one in (data, pdf(7)))
    assert [[number for number, _ in pile] for pile in desk.piles()] == [[1, 2], [1, 2]], "the other pages stay, twice"
    assert len(rotations(desk.scan_of(desk.register(desk.pile_ids()[0])))) == 2
    with desk.clerk() as user:
        assert [(one.way, one.rule, one.user_id) for one in barred.newest()] == [
            ("clerk", "petition", user.id), ("clerk", "secrecy", user.id)]
        assert db.session.get(IntakeFile, other).state == "removed" and db.session.get(IntakeFile, other).name == ""
        with pytest.raises(IntakeGone):  # a double click
            let_go.leave_out_pages([secret], user, barred.SECRECY, datetime.now(UTC), desk.blobs)
    assert desk.faults() == []
