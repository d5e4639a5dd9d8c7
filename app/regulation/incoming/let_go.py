"""Art. 3.2: what came to the clerk and must not be here is let go: a file, its copies, its pages, its scan put away.

Rows let go here; the bytes go by the job `forget`, deferred in the same transaction, or by the job that called. Pages
of the same file that may stay are first put into a file of their own. A copy that is another document stays: its clerk
decides. A document is emptied by its diagram (electronic_document.py).
"""

from datetime import datetime

from app.db import db, queue
from app.records import attachment, barred, history, intake, intake_pile
from app.records.attachment import Attachment, Upload
from app.records.intake import IntakeFile, IntakeGone, IntakePage, IntakePart, IntakePile
from app.records.people import User
from app.tools import page_cut
from app.tools.blobs import Blobs
from app.tools.page_cut import Cut


def of_document(document_id: int, blobs: Blobs) -> list[str]:
    """The files whose pages became a document that must not be here, and each copy that waits or was rejected.

    Gives their hashes. Commits.
    """
    files = intake.of_document(document_id)
    numbers = db.session.execute(db.select(IntakeFile.sha256, IntakePage.number).join(
        IntakeFile, IntakeFile.id == IntakePage.file_id).join(IntakePile, IntakePile.id == IntakePage.pile_id).where(
        IntakePile.document_id == document_id)).all()
    gone = _let_go(files, {sha256: {n for sha, n in numbers if sha == sha256} for sha256, _ in numbers}, blobs)
    own = db.select(IntakePile.upload_id).where(IntakePile.document_id == document_id).scalar_subquery()
    same = db.select(Upload.id).where(Upload.sha256.in_(db.select(Upload.sha256).where(Upload.id.in_(own))))
    db.session.execute(db.update(IntakePile).where(IntakePile.upload_id.in_(same)).values(upload_id=None))
    db.session.commit()
    return gone


def leave_out_file(file_id: int, user: User, rule: str, at: datetime, blobs: Blobs) -> bool:
    """A clerk says of a file that waits for a word that it must not be here; True: a document still holds the same.

    The caller commits. Raises IntakeGone.
    """
    file = db.session.get(IntakeFile, file_id, with_for_update=True, populate_existing=True)
    if file is None or file.state not in (intake.HELD, intake.REFUSED):
        raise IntakeGone(who=file.user.full_name if file is not None and file.user else "")
    if file.origin == "upload" and file.user_id != user.id:
        raise IntakeGone()
    file.user_id = user.id
    every = set(range(1, (file.page_count or 1) + 1))
    return _left_out([file], {file.sha256: every}, user, rule, at, blobs)


def leave_out_pages(page_ids: list[int], user: User, rule: str, at: datetime, blobs: Blobs) -> bool:
    """The same of pages in the clerk's piles; of a file that stays whole, all of it. Raises IntakeGone."""
    files, numbers = _of_pages(page_ids, user)
    return _left_out(files, numbers, user, rule, at, blobs)


def keep_out(page_ids: list[int], user: User, rule: str, at: datetime, blobs: Blobs) -> None:
    """Pages that were read and bear a sign for sure are let go; who brought them is told. The caller commits."""
    files, numbers = _of_pages(page_ids, user)
    _left_out(files, numbers, user, rule, at, blobs, way=barred.RECOGNISED)


def _of_pages(page_ids: list[int], user: User) -> tuple[list[IntakeFile], dict[str, set[int]]]:
    pages = intake_pile.wholly(user, page_ids)
    files = list({page.file_id: page.file for page in pages}.values())
    return files, {file.sha256: {page.number for page in pages if page.file.sha256 == file.sha256} for file in files}


def _left_out(files: list[IntakeFile], numbers: dict[str, set[int]], user: User, rule: str, at: datetime,
              blobs: Blobs, *, way: str = barred.CLERK) -> bool:
    first = files[0].id
    gone = _let_go(files, numbers, blobs)
    barred.note(user.agency_id, way, rule, at, user_id=user.id, subject=f"intake_file:{first}")
    return db.session.scalar(db.select(Attachment.id).where(
        Attachment.sha256.in_(filter(None, gone)), Attachment.removed_at.is_(None)).limit(1)) is not None


def _let_go(files: list[IntakeFile], numbers: dict[str, set[int]], blobs: Blobs) -> list[str]:
    """`numbers`: of each content, its pages that must not be here."""
    gone = []
    for file in [*files, *_copies(files, numbers)]:
        pages = list(db.session.scalars(db.select(IntakePage).join(IntakePile).where(
            IntakePage.file_id == file.id, IntakePile.document_id.is_(None)).order_by(IntakePage.number)))
        staying = [page for page in pages if not file.is_whole and page.number not in numbers.get(file.sha256, ())]
        if staying:
            _rescue(file, staying, blobs)
        _take_out([page for page in pages if page not in staying])
        gone.append(file.sha256)
        queue.defer(db.session, "forget", {"agency_id": file.agency_id, "sha256": file.sha256,
                                           "put_away": file.put_away})
        db.session.execute(db.delete(IntakePart).where(IntakePart.file_id == file.id))  # it bears the name, too
        file.state, file.sha256, file.name, file.put_away, file.facts = intake.REMOVED, "", "", "", {}
    return gone


def _copies(files: list[IntakeFile], numbers: dict[str, set[int]]) -> list[IntakeFile]:
    """The same content, come again, whose pages in question are no document; whoever has it before him waits."""
    found = db.select(IntakeFile).where(
        IntakeFile.sha256.in_({file.sha256 for file in files if file.sha256}),
        IntakeFile.id.not_in([file.id for file in files]), IntakeFile.state != intake.REMOVED).order_by(IntakeFile.id)
    whose = {file.user_id for file in (*files, *db.session.scalars(found)) if file.user_id}
    for user_id in sorted(whose):
        history.lock(f"intake:{user_id}")
    copies = list(db.session.scalars(found.execution_options(populate_existing=True)))
    used = db.session.execute(db.select(IntakePage.file_id, IntakePage.number).join(IntakePile).where(
        IntakePage.file_id.in_([file.id for file in copies]), IntakePile.document_id.is_not(None))).all()
    return [file for file in copies
            if not any(number in numbers.get(file.sha256, ()) for file_id, number in used if file_id == file.id)]


def _take_out(pages: list[IntakePage]) -> None:
    """Pages leave their piles; a pile without any is gone, and what its pages were put together to."""
    piles = {page.pile_id: page.pile for page in pages}
    made = db.select(Upload.sha256).where(Upload.id.in_([pile.upload_id for pile in piles.values() if pile.upload_id]))
    for agency_id, sha256 in {(pages[0].agency_id, one) for one in db.session.scalars(made)}:
        same = db.select(Upload.id).where(Upload.sha256 == sha256)
        db.session.execute(db.update(IntakePile).where(IntakePile.upload_id.in_(same)).values(upload_id=None))
        db.session.execute(db.delete(Upload).where(Upload.sha256 == sha256))
        queue.defer(db.session, "forget", {"agency_id": agency_id, "sha256": sha256})
    for page in pages:
        db.session.delete(page)
    db.session.flush()
    for pile in piles.values():
        db.session.expire(pile, ["pages"])
        if not pile.pages:
            db.session.delete(pile)
    db.session.flush()


def _rescue(file: IntakeFile, pages: list[IntakePage], blobs: Blobs) -> None:
    place, wanted = blobs.path(file.sha256), sorted({page.number for page in pages})
    data = page_cut.assemble([Cut(place, file.media_type, number) for number in wanted])
    made = IntakeFile(
        agency_id=file.agency_id, sha256=attachment.store(blobs, data), name=file.name, media_type=page_cut.PDF,
        size_bytes=len(data), page_count=len(wanted), origin=file.origin, state=intake.WAITING, user_id=file.user_id,
        register_id=file.register_id, at=file.at, place=file.place, code="", facts={}, reason="", scan_key="",
        put_away="", is_whole=False, is_signed=False)
    db.session.add(made)
    for page in pages:
        page.file, page.number = made, wanted.index(page.number) + 1
