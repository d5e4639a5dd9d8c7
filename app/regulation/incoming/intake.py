"""From a file that came to the clerk to the document that its pages become (Art. 6.2.a). What must not stay: let_go.py.

The file is judged by its content and kept by its hash; a stack is looked at page by page; each pile is then handed
to the first task of the procedure, the only way to a document. How pages lie in piles is records/intake_pile.py's.
"""

import unicodedata
import uuid
from datetime import datetime
from typing import Any

from app.db import db, queue
from app.engine import instance as instances
from app.records import attachment, history, intake, intake_pile, register
from app.records.attachment import Upload
from app.records.document import Document
from app.records.intake import IntakeFile, IntakeGone, IntakePage, IntakePile
from app.records.people import User
from app.refusal import Refusal
from app.regulation import first_page
from app.regulation.incoming import keep_out, receive, tie
from app.tools import page_cut, separator
from app.tools.apart import BrokeReader, TookTooLong
from app.tools.arrival import Arrived, judge
from app.tools.blobs import Blobs
from app.tools.media import clean_name
from app.tools.page_cut import Cut
from app.tools.page_scan import is_scanned
from app.tools.separator import Sheet
from app.tools.suspect import ActiveContent
from app.tools.tesseract import OcrFailed, OcrMissing


class PileEmpty(Refusal):
    """All pages of the pile are left out."""

    code = "intake_pile_empty"


class PaperUnsaid(Refusal):
    """Neither signed nor a scan: the clerk says whether its signed and sealed paper is there; else a leader decides."""

    code, article = "intake_paper_unsaid", "Art. 6.3.b"
    #: told to the page, which asks
    beside = {"asks": "paper"}


def keep(user: User, data: bytes, name: str, blobs: Blobs, at: datetime, most_bytes: int,
         place: int | None = None) -> IntakeFile:
    """An uploaded file is judged, stored, and its pages laid out or looked at first; the caller commits.

    `place`: given when its upload began; None: after all others.

    Raises the refusals of arrival.judge, and NotToBeEntered (Art. 3.2): then nothing is stored.
    """
    found = judge(data, name, most_bytes)
    keep_out.require_free(data, name, found.media.media_type, at, user.id)
    sha256 = attachment.store(blobs, data, most_bytes)
    file = admit(user.agency_id, found, sha256, clean_name(name), len(data), at, origin="upload")
    file.user_id = user.id
    if place is not None:
        file.place = place
    if not file.code:
        open_up(file, user, at)
    return file


def admit(agency_id: int, found: Arrived, sha256: str, name: str, size_bytes: int, at: datetime, *,
          origin: str) -> IntakeFile:
    """The record of a file that was judged and stored; it is held for what was found, or as a duplicate."""
    history.lock(f"intake:{agency_id}:{sha256}")
    held, twin = found.held_for, intake.twin(sha256)
    if held is None and twin is not None:
        held = intake.DuplicateFile(name=twin[0], document=twin[1])
    file = IntakeFile(
        agency_id=agency_id, sha256=sha256, name=name[:200], media_type=found.media.media_type, size_bytes=size_bytes,
        page_count=found.media.pages, is_whole=found.is_whole, is_signed=found.is_signed, origin=origin,
        state=intake.HELD, at=at, code=held.code if held else "", facts=_facts(held), reason="", scan_key="",
        put_away="")
    db.session.add(file)
    db.session.flush()
    return file


def open_up(file: IntakeFile, user: User, at: datetime) -> None:
    """The clerk has the file before him: as one pile; a stack after its pages have been looked at (job `pages`)."""
    count = file.page_count or 1
    if file.is_whole or count == 1:
        intake_pile.lay_out(file, user, at, [(number, "", "") for number in range(1, count + 1)])
        return
    file.state, file.user_id = intake.NEW, user.id
    queue.defer(db.session, "pages", {"agency_id": file.agency_id, "file_id": file.id})


def look(file_id: int, blobs: Blobs, at: datetime) -> None:
    """Find separator sheets and blank pages of a stack and lay it out in piles; a second look does nothing. Commits.

    Where another letter seems to begin is kept beside them: the clerk is told before he registers several as one. A
    file that ends who draws it is refused, and the clerk told why.
    """
    file = db.session.get(IntakeFile, file_id)
    if file is None or file.state != intake.NEW:
        db.session.rollback()
        return
    place, media_type, count = blobs.path(file.sha256), file.media_type, file.page_count or 1
    db.session.rollback()  # the pages take seconds: no transaction waits for them
    cuts = [Cut(place, media_type, number) for number in range(1, count + 1)]
    try:
        seen = [_seen(cut) for cut in cuts]
        begins = [cut.number for cut, what in zip(cuts, seen, strict=True)
                  if not what and cut.number > 1 and not _is_behind_sheet(seen[:cut.number - 1]) and _begins(cut)]
    except (BrokeReader, TookTooLong) as refusal:
        refuse(file_id, refusal)
        return
    file = db.session.get_one(IntakeFile, file_id, with_for_update=True, populate_existing=True)
    if file.state == intake.NEW:
        file.facts = {**file.facts, intake.BEGINS: begins}
        intake_pile.lay_out(file, db.session.get_one(User, file.user_id), at, _leaves(seen))
    db.session.commit()


def refuse(file_id: int, refusal: Refusal) -> None:
    """The pages cannot be looked at: the clerk sees why, and puts the file aside. Commits."""
    file = db.session.get_one(IntakeFile, file_id, with_for_update=True, populate_existing=True)
    if file.state == intake.NEW:
        file.state, file.code, file.facts = intake.REFUSED, refusal.code, _facts(refusal)
    db.session.commit()


def _seen(cut: Cut) -> str:
    """The token of the sheet that the page is, "blank", or "" for any other page, one that cannot be read as well."""
    try:
        shown = page_cut.picture(cut, separator.READ_PIXELS)
        if token := separator.read(shown):
            return token
        return intake.BLANK if separator.is_blank(shown) and not page_cut.has_text(cut) else ""
    except page_cut.PageMissing:
        return ""


def _is_behind_sheet(before: list[str]) -> bool:
    """Whether a sheet of ours lies before the page: it begins a pile already. `before`: what `_seen` gave so far."""
    return next((one for one in reversed(before) if one != intake.BLANK), "") != ""


def _begins(cut: Cut) -> bool:
    """Whether another letter seems to begin on the page; where that cannot be told, none does."""
    try:
        return first_page.begins(page_cut.picture(cut, first_page.READ_PIXELS))
    except (page_cut.PageMissing, OcrFailed, OcrMissing):
        return False


def _leaves(seen: list[str]) -> list[tuple[int, str, str]]:
    """Of each page: number, why it is left out, token of its sheet. A pile that is all blank keeps its pages."""
    found = [(number, what if what in ("", intake.BLANK) else intake.SHEET, what if what != intake.BLANK else "")
             for number, what in enumerate(seen, 1)]
    if not any(left_out == "" for _, left_out, _ in found):
        return [(number, left_out if left_out == intake.SHEET else "", token) for number, left_out, token in found]
    return found


def decide(file_id: int, user: User, at: datetime, *, is_taken: bool, reason: str) -> IntakeFile:
    """A clerk takes in a file that waits, or rejects it with a reason; its bytes stay either way. Caller commits.

    Raises IntakeGone (somebody was first, or the file was refused by a rule: it can only be put aside), ReasonMissing.
    """
    file = db.session.get(IntakeFile, file_id, with_for_update=True, populate_existing=True)
    if file is None or file.state not in (intake.HELD, intake.REFUSED):
        raise IntakeGone(who=file.user.full_name if file is not None and file.user else "")
    if file.origin == "upload" and file.user_id != user.id or is_taken and file.state == intake.REFUSED:
        raise IntakeGone()
    reason = reason.strip()[:500]
    if not reason and (file.code if is_taken else file.state == intake.HELD):
        raise DecisionReason()
    file.reason, file.user_id, file.state = reason, user.id, intake.REJECTED
    if is_taken:
        if file.origin == "scan":
            file.place = intake.NEXT_PLACE
        open_up(file, user, at)
    return file


class NotSigned(Refusal):
    """A scan of paper comes behind a printed sheet; here a signed file is expected."""

    code, article = "intake_not_signed", "Art. 3.3"


class DecisionReason(Refusal):
    """Whoever takes in what is held, or rejects a file, says why."""

    code = "intake_reason"


def register_pile(user: User, pile_id: int, blobs: Blobs, at: datetime, has_paper: bool | None = None) -> int:
    """Hand a pile to the procedure (Art. 6.2.a; what is signed by Art. 3.3); gives the document. Commits.

    The pile and its document are written in one transaction: two clicks, two tabs and a killed process leave one
    document. `has_paper`: of a file that is neither signed nor a scan, whether the clerk holds the signed and sealed
    paper. Raises PaperUnsaid, IntakeGone (also when the pages were moved meanwhile), PileEmpty, NotToBeEntered (Art.
    3.2), and what tie.py refuses.
    """
    pile = intake.find_pile(user, pile_id)
    if pile.document_id is not None:
        return finish(pile, db.session.get(Upload, pile.upload_id or 0), at)
    if pile.handed_at is not None and pile.tied_id is not None:
        return pile.tied_id
    recipe, name, is_tied = _recipe(pile), _name(pile), bool(pile.sheet)
    db.session.rollback()  # nobody waits while pages are put together
    sha256, media_type, size = _bytes(recipe, blobs)
    data = blobs.read(sha256)
    keep_out.require_free(data, name, media_type, at, user.id)  # its first page may have stood behind another till now
    is_pdf = media_type == page_cut.PDF
    is_signed = is_pdf and page_cut.is_signed(data)
    is_scan = media_type.startswith("image/") or is_pdf and is_scanned(data)
    if is_signed or is_scan or is_tied:
        has_paper = None
    elif has_paper is None:
        raise PaperUnsaid()
    attachment.hold(sha256)
    if not blobs.has(sha256):  # taken away under our hands (Art. 3.2)
        raise IntakeGone()
    upload = Upload(agency_id=user.agency_id, sha256=sha256, name=name, media_type=media_type, size_bytes=size,
                    is_signed=is_signed, user_id=user.id, at=at)
    db.session.add(upload)
    db.session.commit()
    intake.lock(user)
    pile = intake.find_pile(user, pile_id)
    if pile.document_id is not None:
        return finish(pile, db.session.get(Upload, pile.upload_id or 0), at)
    if _recipe(pile) != recipe:
        raise IntakeGone()
    pile.upload_id, pile.has_paper = upload.id, has_paper
    if pile.sheet:
        return tie.hand(pile, upload, user, at) if tie.is_first(pile) else tie.hand_later(pile, at)
    return receive.take_in(user, upload, at, pile).document_id


def bring_signed(user: User, document_id: int, data: bytes, name: str, blobs: Blobs, at: datetime,
                 most_bytes: int) -> bool:
    """A signed file comes after the paper of its document was registered (Art. 3.3, 6.3): it is read (Art. 3.2) and
    judged, then it stands beside the scan. The same once more, before it is there, does nothing. Commits.

    False: it is held, a clerk decides on the page of intake. Raises what keep, tie.require_later and register_pile do,
    and NotSigned.
    """
    document = db.session.get_one(Document, document_id)
    tie.require_later(document)
    if not page_cut.is_signed(data):
        raise NotSigned()
    if document_id in [pile.tied_id for pile in intake.handed(user)]:
        return True
    file = keep(user, data, name, blobs, at, most_bytes)
    if file.code:
        db.session.commit()
        return False
    pile = db.session.scalars(db.select(IntakePile).join(IntakePage).where(IntakePage.file_id == file.id)).one()
    pile.tied_id, pile.sheet = document_id, tie.open_sheet(document_id, user, at).token
    pile_id = pile.id
    db.session.commit()
    register_pile(user, pile_id, blobs, at)
    return True


def put_back(document_id: int, attachment_id: int, user: User, blobs: Blobs, at: datetime) -> None:
    """A scan that was taken out of its document is attached again (tie.put_back). Commits."""

    def is_as_it_was(pile: IntakePile, sha256: str) -> bool:
        try:
            return _bytes(_recipe(pile), blobs)[0] == sha256
        except PileEmpty:
            return False

    tie.put_back(document_id, attachment_id, user, at, is_as_it_was)


def finish(pile: IntakePile, upload: Upload | None, at: datetime) -> int:
    """Hand the scan to the first task of a document that was started for it, should that still wait. Commits."""
    document_id = pile.document_id
    if upload is not None:
        tie.hand_scan(instances.of_document(document_id), db.session.get_one(User, pile.user_id), upload, at,
                      receive.note_on(pile))
    return document_id


def begin_unscanned(user: User, at: datetime, once: str) -> tuple[int, Sheet]:
    """A paper is taken in now and scanned later: its instance waits at the first task, its sheet brings the scan there.

    Gives the document and the sheet to print; the same `once` gives the same. Commits.
    """
    seed = uuid.uuid5(uuid.NAMESPACE_OID, f"unscanned:{user.id}:{once}")
    instance = receive.begin(user, at, seed)
    document = instance.document
    return document.id, tie.sheet_of(document, user, at)


def blank_sheets(user: User, count: int, at: datetime) -> list[Sheet]:
    """Sheets that part one document from the next; each can be used again and again. Commits."""
    rows = [tie.new_sheet(user, at, None) for _ in range(count)]
    agency = user.agency.name
    made = [Sheet(row.token, "TỜ PHÂN CÁCH VĂN BẢN", (agency, "Đặt trước trang đầu của mỗi văn bản trong xấp quét"))
            for row in rows]
    db.session.commit()
    return made


def register_named(folder: str, year: int) -> int | None:
    """The open register of incoming documents whose name a sub-folder bears, with or without marks; None = none."""
    names = {_bare(book.name): book.id for book in register.open_registers("incoming", year)}
    return names.get(_bare(folder))


def _bare(name: str) -> str:
    plain = unicodedata.normalize("NFD", name.lower().replace("đ", "d"))
    return "".join(char for char in plain if char.isalnum())


def _facts(refusal: Refusal | None) -> dict[str, Any]:
    """The plain facts of a refusal, for its sentence."""
    return {key: value for key, value in (refusal.facts if refusal else {}).items()
            if isinstance(value, (str, int)) or value is None}


#: sha256, media type, page count of the file, whether it may go on as it came, number, turn
_Leaf = tuple[str, str, int | None, bool, int, int]


def _recipe(pile: IntakePile) -> list[_Leaf]:
    """What the pile's document is made of. Raises PileEmpty."""
    db.session.refresh(pile, ["pages"])
    pages = intake.kept(pile)
    if not pages:
        raise PileEmpty()
    return [(file.sha256, file.media_type, file.page_count, file.is_whole or file.code != ActiveContent.code,
             page.number, page.turn) for page in pages for file in [page.file]]


def _bytes(recipe: list[_Leaf], blobs: Blobs) -> tuple[str, str, int]:
    """sha256, media type and size of the pile as one file: the file that came, if the pile is nothing else."""
    sha256, media_type, count, *_ = recipe[0]
    as_it_came = [(sha256, media_type, count, True, number, 0) for number in range(1, (count or 1) + 1)]
    if recipe == as_it_came and (media_type == page_cut.PDF or count is None):
        return sha256, media_type, blobs.size(sha256)
    data = page_cut.assemble([Cut(blobs.path(leaf[0]), leaf[1], leaf[4], leaf[5]) for leaf in recipe])
    return blobs.put(data), page_cut.PDF, len(data)


def _name(pile: IntakePile) -> str:
    """What its file is called: as the file it came in, with the pages if it is a part of a stack."""
    pages = intake.kept(pile)
    file = pages[0].file
    if file.is_whole:
        return file.name
    stem = file.name.rpartition(".")[0] or file.name
    part = f" tr. {pages[0].number}" if len(pages) < (file.page_count or 1) else ""
    return f"{stem[:180]}{part}.pdf"
