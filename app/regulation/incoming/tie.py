"""A printed sheet brings a scan to its document: one that waits, or one that has its number (Art. 6.2.a, 3.4).

A registered document gets the scan beside the files that it has, by a message of its diagram; a signed file is never
replaced. A sheet brings one scan. It is read before (job `tie`): what bears a sure mark of secrecy or is a complaint
never gets there (Art. 3.2), what may bear one the clerk looks at first. What cannot be tied stays before him with the
reason: he says that it is no scan of that document, or leaves it out. Piles are intake.py's, attaching is paper.py's.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.db import db, queue
from app.engine import act as acts
from app.engine import instance as instances
from app.engine import task as tasks
from app.engine.instance import Instance
from app.engine.reason import SHORTEST_TOLD, need_reason
from app.engine.step import Act
from app.records import attachment, barred, history, intake
from app.records.attachment import Attachment, Upload
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.records.intake import IntakePile, IntakeSheet
from app.records.people import User
from app.refusal import Refusal
from app.regulation import barred_text
from app.regulation.barred_text import Rule
from app.regulation.electronic_document import judged, to_judge
from app.regulation.incoming import keep_out, let_go, paper
from app.regulation.incoming.paper import SCANNED
from app.regulation.layout_stamp import mark_within
from app.regulation.recognition import paged, recognise
from app.tools import Tools, separator
from app.tools.separator import Sheet

#: forms of the tasks that wait for a scan: of what came on paper (6.2.a), of what we sealed (9.2.c)
_FORMS = ("receive_paper", "digitise")
#: kind of a file that a sheet brought to a registered document
PAPER = "paper"


class SheetUsed(Refusal):
    """The scan of this sheet is at its document already, or somebody holds the scanning."""

    code, article = "intake_sheet_used", "Art. 6.2.a"


class SheetUnknown(Refusal):
    """The sheet was not printed by this agency."""

    code, article = "intake_sheet_unknown", "Art. 6.2.a"


class TieEnded(Refusal):
    """The document of the sheet is finished, given back or taken back: nothing is added to it."""

    code, article = "intake_tie_ended", "Art. 6.2.a"


class TieEarly(Refusal):
    """The document of the sheet has its first scan and no number yet."""

    code, article = "intake_tie_early", "Art. 6.2.a"


class NotTied(Refusal):
    """The scan was taken out already, or its pages are another document, or lie before somebody else."""

    code, status, article = "intake_not_tied", 409, "Art. 6.2.a"


class TieNowhere(Refusal):
    """The procedure of the document takes no later scan, or stands still now."""

    code, article = "intake_tie_nowhere", "Art. 10.2"


def waiting_for_scan(instance: Instance) -> tasks.Task | None:
    """The task of the instance that waits for its scan."""
    return next((task for task in tasks.open_of(instance.id) if task.form_key in _FORMS), None)


def hand_scan(instance: Instance, user: User, upload: Upload, at: datetime, note: str = "") -> bool:
    """Art. 6.2.a: complete the task that waits for the scan. False: none does (any more). Commits."""
    sha256, first = upload.sha256, waiting_for_scan(instance)
    if first is None:
        return False
    try:
        acts.complete_task(first.id, user, first.version, {"scan": sha256} | ({"note": note} if note else {}),
                           at=at)
    except (tasks.TaskTaken, tasks.StaleTask):  # the same request, sent twice, was quicker
        db.session.rollback()
        return False
    return True


def require_place(document_id: int) -> Instance:
    """The instance that takes a scan of the document now. Raises NotFound, TieEnded, TieEarly, TieNowhere."""
    instance = instances.of_document(document_id)
    if instance is None:
        raise NotFound()
    if instance.status not in instances.OPEN:
        raise TieEnded(document=document_id)
    if waiting_for_scan(instance) is not None:
        return instance
    if not any(one.message == SCANNED for one in instance.bundle.compiled.elements.values()):
        raise TieNowhere(document=document_id)
    if instance.document.arrival_number is None:
        raise TieEarly(document=document_id)
    if instance.status != "running":
        raise TieNowhere(document=document_id)
    return instance


def takes_scan(document: Document) -> bool:
    """Whether a sheet for a later scan of the document may be printed."""
    try:
        require_place(document.id)
    except Refusal:
        return False
    return True


def trouble(pile: IntakePile) -> Refusal | None:
    """What keeps the pile from the document of its sheet."""
    if not pile.sheet:
        return None
    sheet = intake.sheet(pile.sheet)
    try:
        _require_sheet(sheet)
    except Refusal as refusal:
        return refusal
    return None


def _require_sheet(sheet: IntakeSheet | None) -> Instance:
    if sheet is None or sheet.document_id is None:
        raise SheetUnknown()
    if sheet.used_at is not None:
        raise SheetUsed(document=sheet.document_id)
    return require_place(sheet.document_id)


def hand(pile: IntakePile, upload: Upload, user: User, at: datetime, verdict: dict[str, Any] | None = None) -> int:
    """The pile's file goes to the document of its sheet, in one act. Commits. Raises the refusals above.

    `verdict`: over a signed file, as `electronic_document.judged` gives it.
    """
    instance, token = _require_sheet(intake.sheet(pile.sheet)), pile.sheet
    document_id, sha256 = instance.document_id, upload.sha256
    if waiting_for_scan(instance) is not None:
        _use(pile, token, at)
        if not hand_scan(instance, user, upload, at):
            db.session.rollback()
            raise SheetUsed(document=document_id)
        return document_id

    def prepare(act: Act) -> dict[str, Any]:
        _use(pile, token, act.at)
        if verdict is not None:
            paper.keep_verdict(act, verdict, upload)
        return {"paper_sha256": sha256, "paper_out_id": None}

    if not acts.tell(instance.id, SCANNED, user, None, at, prepare):
        raise TieNowhere(document=document_id)
    return document_id


def tied_to(document: Document) -> dict[str, list[Attachment]]:
    """{"tied": scans that can be taken out of a document now, "untied": those that can be put back}."""
    files = [file for file in attachment.of(document.id) if file.kind == PAPER or _is_later(file, document)]
    if not files or not takes_scan(document):
        return {}
    there = {file.sha256 for file in files if file.removed_at is None}
    return {"tied": [file for file in files if file.removed_at is None],
            "untied": [file for file in files
                       if file.kind == PAPER and file.sha256 not in there and _pile_of(file, None) is not None]}


def take_out(document_id: int, attachment_id: int, user: User, reason: str, at: datetime) -> None:
    """A scan that was tied wrongly leaves the document, in an act with its reason; its pages lie before who brought
    them again. Commits. Raises NotTied, ReasonNeeded, ReasonShort, TieNowhere.
    """
    reason = need_reason(reason, SHORTEST_TOLD)

    def prepare(act: Act) -> dict[str, Any]:
        file = _tied(document_id, attachment_id)
        if file.removed_at is not None:
            raise NotTied()
        if (pile := _pile_of(file, document_id)) is not None:
            pile.document_id, pile.tied_id, pile.sheet = None, None, ""
        act.say("reason", f"Đã gỡ bản quét ghép nhầm “{file.name}”: {reason}")
        return {"paper_sha256": file.sha256, "paper_out_id": file.id}

    _move(document_id, user, at, prepare)


def put_back(document_id: int, attachment_id: int, user: User, at: datetime,
             is_as_it_was: Callable[[IntakePile, str], bool]) -> None:
    """It was right after all: attached again, as long as its pages wait as they were, by who brought them. Commits.

    `is_as_it_was`: whether the pages of a pile make the file of this hash. Raises NotTied, TieNowhere.
    """

    def prepare(act: Act) -> dict[str, Any]:
        file = _tied(document_id, attachment_id)
        pile = _pile_of(file, None)
        if file.removed_at is None or pile is None or pile.user_id != user.id:
            raise NotTied()
        if not is_as_it_was(pile, file.sha256):
            raise NotTied()
        pile.document_id = document_id
        return {"paper_sha256": file.sha256, "paper_out_id": None}

    _move(document_id, user, at, prepare)


def _move(document_id: int, user: User, at: datetime, prepare: Callable[[Act], dict[str, Any]]) -> None:
    instance = require_place(document_id)
    intake.lock(user)
    if not acts.tell(instance.id, SCANNED, user, None, at, prepare):
        raise TieNowhere(document=document_id)


def _tied(document_id: int, attachment_id: int) -> Attachment:
    file = db.session.get(Attachment, attachment_id)
    if file is None or file.document_id != document_id or not (
            file.kind == PAPER or _is_later(file, db.session.get_one(Document, document_id))):
        raise NotFound()
    return file


def _is_later(file: Attachment, document: Document) -> bool:
    """Is it the signed file that came after its document?"""
    return file.kind == "original" and (document.verdict or {}).get("later") == file.sha256


def _pile_of(file: Attachment, document_id: int | None) -> IntakePile | None:
    """The pile that the file was made of, at this document, or before its clerk as it was."""
    found = db.session.scalar(db.select(IntakePile).join(Upload, Upload.id == IntakePile.upload_id).where(
        Upload.sha256 == file.sha256, Upload.user_id == file.created_by_id, IntakePile.handed_at.is_(None),
        IntakePile.document_id.is_not_distinct_from(document_id)).order_by(IntakePile.id.desc()).limit(1))
    return found if found is not None and (document_id or not found.tied_id) else None


def hand_later(pile: IntakePile, at: datetime) -> int:
    """The same for a document that has its first scan: its pages are read first. Commits. Raises the refusals above."""
    instance = _require_sheet(intake.sheet(pile.sheet))
    document_id = instance.document_id
    if pile.handed_at is None:
        pile.handed_at = at
        queue.defer(db.session, "tie", {"agency_id": pile.agency_id, "pile_id": pile.id}, queue="ocr")
    db.session.commit()
    return document_id


def is_first(pile: IntakePile) -> bool:
    """Whether the pile is the scan that its document waits for: the diagram has it read then. Raises the refusals."""
    return waiting_for_scan(_require_sheet(intake.sheet(pile.sheet))) is not None


def read(pile_id: int, tools: Tools, at: datetime) -> None:
    """Read a pile that was handed; then it goes to its document, is let go, or lies before its clerk again. Commits."""
    pile = db.session.get(IntakePile, pile_id)
    upload = db.session.get(Upload, pile.upload_id or 0) if pile is not None else None
    if pile is None or upload is None or pile.document_id is not None or pile.handed_at is None:
        db.session.rollback()
        return
    user_id, kind, sha256 = pile.user_id, upload.media_type, upload.sha256
    rules, asked = [Rule(one.kind, one.text) for one in keep_out.rules(at)], None
    if upload.is_signed and pile.tied is not None:
        asked = to_judge(pile.tied, at, sha256)
    db.session.rollback()  # reading takes its time: no transaction waits for it
    sure, suspect_page = _signs(tools, sha256, kind, rules)
    verdict = judged(tools, asked) if asked and not sure else None
    user = db.session.get_one(User, user_id)
    intake.lock(user)
    pile = db.session.get(IntakePile, pile_id, with_for_update=True, populate_existing=True)
    if pile is None or pile.document_id is not None or pile.handed_at is None:
        db.session.rollback()
    elif sure and not barred.let_in(sure, sha256, at, user_id=user_id):
        pile.handed_at = None
        db.session.flush()
        let_go.keep_out([page.id for page in pile.pages], user, sure, at, tools.blobs)
        db.session.commit()
    elif suspect_page and pile.suspect_page is None:
        pile.handed_at, pile.suspect_page = None, suspect_page
        db.session.commit()
    else:
        _go(pile, upload.id, user, at, verdict)


def _go(pile: IntakePile, upload_id: int, user: User, at: datetime, verdict: dict[str, Any] | None) -> None:
    pile_id, user_id = pile.id, user.id
    try:
        hand(pile, db.session.get_one(Upload, upload_id), user, at, verdict)
    except Refusal as refusal:  # the clerk sees why (`trouble`)
        if refusal.status >= 500:
            raise
        db.session.rollback()
        db.session.execute(db.update(IntakePile).where(IntakePile.id == pile_id, IntakePile.user_id == user_id)
                           .values(handed_at=None))
        db.session.commit()


def _signs(tools: Tools, sha256: str, media_type: str, rules: list[Rule]) -> tuple[str, int | None]:
    """The gravest sign that was read for sure, "" for none, and the page of something that resembles one."""
    data = tools.blobs.read(sha256)
    try:
        data, media_type = paged(tools.converter, data, media_type)
        fields = recognise(tools.reader, data, media_type, barred=rules).fields
        seen = barred_text.signs(fields)
        if (sure := barred_text.sure(fields)) or seen:
            return next(iter(sure), ""), next((one["page"] for one in seen.values()), None)
        later = (page for page, _ in tools.reader.words(data, media_type) if page.number > 1)
        return (barred.SECRECY if any(map(mark_within, later)) else ""), None
    except Refusal as refusal:
        if refusal.status == 503:  # the reader's trouble, not the file's: it is tried again
            raise
        return "", 1  # nobody could read it: the clerk looks


def _use(pile: IntakePile, token: str, at: datetime) -> None:
    """The sheet has brought its scan; two piles behind one sheet are told apart by its lock."""
    sheet = db.session.scalars(db.select(IntakeSheet).where(IntakeSheet.token == token).with_for_update()
                               .execution_options(populate_existing=True)).one()
    if sheet.used_at is not None:
        raise SheetUsed(document=sheet.document_id)
    sheet.used_at, pile.document_id, pile.handed_at = at, sheet.document_id, None


def sheet_of(document: Document, user: User, at: datetime) -> Sheet:
    """The sheet that ties the next scan to the document; the same one until it has. Commits.

    Raises what `require_place` does.
    """
    require_place(document.id)
    row = open_sheet(document.id, user, at)
    made = Sheet(row.token, "TỜ GHÉP BẢN QUÉT", (*_named(document), "Đặt tờ này trước trang đầu của bản giấy rồi quét"))
    db.session.commit()
    return made


def require_later(document: Document) -> None:
    """A signed file may come to the document now. Raises what `require_place` does, TieEarly, SignedBefore."""
    if waiting_for_scan(require_place(document.id)) is not None or document.direction != "incoming":
        raise TieEarly(document=document.id)
    paper.require_unsigned(document)


def takes_signed(document: Document) -> bool:
    """Whether a signed file may come to the document now."""
    try:
        require_later(document)
    except Refusal:
        return False
    return True


def open_sheet(document_id: int, user: User, at: datetime) -> IntakeSheet:
    """The sheet of a document that has not brought its scan, made where there is none; the caller commits."""
    history.lock(f"intake-sheet:{document_id}")
    return db.session.scalar(db.select(IntakeSheet).where(
        IntakeSheet.document_id == document_id, IntakeSheet.used_at.is_(None))) or new_sheet(user, at, document_id)


def new_sheet(user: User, at: datetime, document_id: int | None) -> IntakeSheet:
    """A sheet with a token of its own; the caller commits."""
    row = IntakeSheet(agency_id=user.agency_id, token=separator.new_token(), document_id=document_id, user_id=user.id,
                      at=at)
    db.session.add(row)
    return row


def _named(document: Document) -> tuple[str, ...]:
    """Which document the sheet is for, so that a clerk sees it; no subject on paper that lies about."""
    if document.direction == "outgoing":
        return (f"Văn bản đi số {document.reference}",)
    begun = f"tiếp nhận ngày {local_date(document.created_at):%d/%m/%Y}"
    if document.arrival_number is None:
        return (f"Văn bản đến mã {document.id}, {begun}",)
    return (f"Văn bản đến số {document.arrival_number}, mã {document.id}", begun.capitalize())
