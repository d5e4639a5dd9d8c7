"""The folder a copier writes to (Art. 6.2.a; security.md S7): finished files, each once, whatever dies in between."""

import hashlib
import io
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import docx
import pytest
from fakes import pdf

from app import worker
from app.db import db
from app.demo.hand import Hands
from app.records import intake, register, register_book
from app.records.intake import IntakeFile
from app.regulation.incoming import intake as incoming
from app.regulation.incoming import let_go, scan
from app.tools import scan_folder
from app.tools.scan_folder import DONE, REFUSED

MOST = 1_000_000
NOW = datetime.now(UTC)


class Copier:
    """The scan folder of an agency, and looks into it, each half a minute after the one before."""

    def __init__(self, app):
        self.hands, self.at = Hands(app, "stc"), NOW
        self.blobs = app.extensions["tools"].blobs
        self.folder = app.config["SETTINGS"].scans / "stc"
        self.folder.mkdir(parents=True)

    def write(self, name: str | bytes, data: bytes) -> Path:
        place = Path(os.fsdecode(os.path.join(os.fsencode(self.folder), os.fsencode(name))))
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(data)
        return place

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.at += timedelta(seconds=30)
            with self.hands.inside():
                for found in scan.finished(self.hands.agency_id, self.folder, self.at):
                    scan.take(self.hands.agency_id, found, self.folder, self.blobs, MOST, self.at)

    def queue(self) -> dict[str, tuple[str, str]]:
        """{name: (state, code)}"""
        with self.hands.inside():
            return {file.name: (file.state, file.code) for file in db.session.scalars(
                db.select(IntakeFile).order_by(IntakeFile.id))}

    def lies(self, folder: str = "") -> list[str]:
        place = self.folder / folder
        return sorted(path.name for path in place.iterdir() if not path.is_dir()) if place.exists() else []


@pytest.fixture
def copier(world):
    return Copier(world.app)


def test_art_6_2_a_a_finished_scan_is_taken_once(copier):
    copier.write("a.pdf", pdf(1))
    place = copier.write("b.pdf", pdf(2)[:500])
    copier.look()
    place.write_bytes(pdf(2))  # still being written at the first look
    copier.look()
    assert copier.queue() == {"a.pdf": ("held", "")} and copier.lies() == ["b.pdf"]
    copier.look(3)
    assert copier.queue() == {"a.pdf": ("held", ""), "b.pdf": ("held", "")} and copier.lies() == []
    assert len(copier.lies(DONE)) == 2


def test_a_worker_that_dies_before_the_move_leaves_one_record(copier, monkeypatch):
    copier.write("a.pdf", pdf(1))
    monkeypatch.setattr(scan_folder, "put_away", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        copier.look(2)
    assert copier.queue() == {"a.pdf": ("held", "")} and copier.lies() == ["a.pdf"]
    monkeypatch.undo()
    copier.look(2)
    assert copier.queue() == {"a.pdf": ("held", "")} and copier.lies() == [] and len(copier.lies(DONE)) == 1


def test_s7_what_is_no_scan_is_moved_aside_with_its_reason_and_the_others_are_taken(copier, tmp_path):
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(pdf(9))
    (copier.folder / "link.pdf").symlink_to(secret)
    os.link(secret, copier.folder / "hard.pdf")
    os.mkfifo(copier.folder / "pipe.pdf")
    copier.write("empty.pdf", b"")
    copier.write("large.pdf", b"%PDF-" + b"x" * MOST)
    copier.write("page.pdf", b"<html>")
    copier.write(b"\xff\n\xe2\x80\xaescan.pdf", pdf(3))
    for name in (".hidden.pdf", "open.pdf.tmp", "~lock.pdf"):
        copier.write(name, pdf(4))
    copier.write("z.pdf", pdf(5))
    copier.look(3)
    assert copier.queue() == {
        "link.pdf": ("refused", "scan_not_a_file"), "hard.pdf": ("refused", "scan_not_a_file"),
        "pipe.pdf": ("refused", "scan_not_a_file"), "empty.pdf": ("refused", "file_empty"),
        "large.pdf": ("refused", "file_too_large"), "page.pdf": ("refused", "file_wrong_kind"),
        "\ufffdscan.pdf": ("held", ""), "z.pdf": ("held", "")}
    assert copier.lies() == [".hidden.pdf", "open.pdf.tmp", "~lock.pdf"]
    assert len(copier.lies(REFUSED)) == 6 and len(copier.lies(DONE)) == 2
    assert secret.read_bytes() == pdf(9)
    with copier.hands.inside():
        assert not copier.blobs.has(hashlib.sha256(pdf(9)).hexdigest())


def test_art_3_2_a_file_at_which_the_look_fails_is_refused_and_not_met_for_ever(copier, world, monkeypatch):
    empty, target = docx.Document(), io.BytesIO()
    empty.save(target)
    copier.write("trong.docx", target.getvalue())
    copier.look(2)
    assert copier.queue() == {"trong.docx": ("held", "")} and copier.lies() == []
    copier.write("loi.pdf", pdf(1))
    monkeypatch.setattr(scan, "judge", lambda *_: [][0])
    monkeypatch.setattr(scan, "QUIET_SECONDS", 0)
    worker.use(world.app)
    for _ in range(2):
        worker.run_scan(copier.hands.agency_id)
    assert copier.queue()["loi.pdf"] == ("refused", "file_look_failed")
    assert copier.lies() == [] and len(copier.lies(REFUSED)) == 1


def test_a_sub_folder_names_the_register_and_the_same_scan_is_known(copier):
    with copier.hands.inside():
        book = register.open_registers("incoming", NOW.year)[0]
        book_id, name = book.id, book.name
    copier.write(f"{name}/a.pdf", pdf(1))
    copier.write("Sổ lạ/b.pdf", pdf(2))
    copier.write("so-van-ban-den/c.pdf", pdf(1))
    copier.look(2)
    assert copier.queue() == {"a.pdf": ("held", ""), "b.pdf": ("held", "intake_register_unknown"),
                              "c.pdf": ("held", "intake_duplicate")}
    with copier.hands.inside():
        user = copier.hands.user("vanthu")
        ids = {file.name: file.id for file in intake.queue(user)}
        assert db.session.get(IntakeFile, ids["a.pdf"]).register_id == book_id
        incoming.decide(ids["a.pdf"], user, NOW, is_taken=True, reason="")
        incoming.decide(ids["c.pdf"], user, NOW, is_taken=False, reason="Trùng")
        db.session.commit()
        pile, = intake.piles(user, NOW)
        document = incoming.register_pile(user, pile.id, copier.blobs, NOW)
        assert intake.register_hint(document, NOW.year) == book_id
        assert intake.register_hint(document, NOW.year + 1) is None
        register_book.begin_year(user.agency_id, datetime(NOW.year + 1, 6, 1, tzinfo=UTC))
        later, = register.open_registers("incoming", NOW.year + 1)
        assert intake.register_hint(document, NOW.year + 1) == later.id  # scanned in December, registered in January
        db.session.rollback()
    assert copier.queue()["c.pdf"] == ("rejected", "intake_duplicate") and len(copier.lies(DONE)) == 3  # and kept


def test_two_clerks_take_a_scan_once(copier):
    copier.write("a.pdf", pdf(1))
    copier.look(2)
    with copier.hands.inside():
        file_id, = db.session.scalars(db.select(IntakeFile.id))
        incoming.decide(file_id, copier.hands.user("vanthu"), NOW, is_taken=True, reason="")
        db.session.commit()
        with pytest.raises(intake.IntakeGone):
            incoming.decide(file_id, copier.hands.user("lanhdao"), NOW, is_taken=True, reason="")


def test_art_3_2_a_scan_that_a_clerk_leaves_out_lies_nowhere_any_more(copier, world):
    for name, data in (("a.pdf", pdf(1)), ("b.pdf", pdf(1)), ("x.exe", b"MZ" * 40)):
        copier.write(name, data)
        copier.look(2)
    assert [len(copier.lies(folder)) for folder in (DONE, REFUSED)] == [2, 1]
    with copier.hands.inside():
        rejected, wanted, refused = db.session.scalars(db.select(IntakeFile.id).order_by(IntakeFile.id))
        user = copier.hands.user("vanthu")
        incoming.decide(rejected, user, NOW, is_taken=False, reason="Nhầm")
        for one in (wanted, refused):
            assert let_go.leave_out_file(one, user, "secrecy", NOW, copier.blobs) is False
        db.session.commit()
        assert not db.session.scalar(db.select(IntakeFile.id).where(IntakeFile.name != ""))
    worker.run_due(world.app)
    assert copier.lies(DONE) == copier.lies(REFUSED) == []
    assert not copier.blobs.has(hashlib.sha256(pdf(1)).hexdigest())


def test_the_job_looks_into_the_folder_of_its_agency(copier, world, monkeypatch):
    monkeypatch.setattr(scan, "QUIET_SECONDS", 0)
    copier.write("a.pdf", pdf(1))
    worker.use(world.app)
    for _ in range(2):
        worker.run_scan(agency_id=copier.hands.agency_id)
    assert copier.queue() == {"a.pdf": ("held", "")}
    worker.run_scan(agency_id=world.ids["snv"])
    assert (world.config.scans / "snv").is_dir()
