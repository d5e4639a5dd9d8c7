"""A printed sheet brings a scan to its document: one that waits, or one that has its number (Art. 6.2.a, 3.4).

A registered document gets the scan beside the files that it has, by a message of its diagram; a signed file is never
replaced. A sheet brings one scan. What cannot be tied stays before the clerk with the reason: he says that it is no
scan of that document, or leaves it out. Piles are intake.py's, attaching is paper.py's.
"""

from datetime import datetime
from typing import Any

from app.db import db
from app.engine import act as acts
from app.engine import instance as instances
from app.engine import task as tasks
from app.engine.instance import Instance
from app.engine.step import Act
from app.records import history, intake
from app.records.attachment import Upload
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.records.intake import IntakePile, IntakeSheet
from app.records.people import User
from app.refusal import Refusal
from app.regulation.incoming.paper import SCANNED
from app.tools import separator
from app.tools.separator import Sheet

#: forms of the tasks that wait for a scan: of what came on paper (6.2.a), of what we sealed (9.2.c)
_FORMS = ("receive_paper", "digitise")


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


class TieNowhere(Refusal):
    """The procedure of the document takes no later scan, or stands still now."""

    code, article = "intake_tie_nowhere", "Art. 10.2"


def waiting_for_scan(instance: Instance) -> tasks.Task | None:
    """The task of the instance that waits for its scan."""
    return next((task for task in tasks.open_of(instance.id) if task.form_key in _FORMS), None)


def hand_scan(instance: Instance, user: User, upload: Upload, at: datetime) -> bool:
    """Art. 6.2.a: complete the task that waits for the scan. False: none does (any more). Commits."""
    sha256, first = upload.sha256, waiting_for_scan(instance)
    if first is None:
        return False
    try:
        acts.complete_task(first.id, user, first.version, {"scan": sha256}, at=at)
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


def hand(pile: IntakePile, upload: Upload, user: User, at: datetime) -> int:
    """The pile's file goes to the document of its sheet, in one act. Commits. Raises the refusals above."""
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
        return {"paper_sha256": sha256}

    if not acts.tell(instance.id, SCANNED, user, None, at, prepare):
        raise TieNowhere(document=document_id)
    return document_id


def _use(pile: IntakePile, token: str, at: datetime) -> None:
    """The sheet has brought its scan; two piles behind one sheet are told apart by its lock."""
    sheet = db.session.scalars(db.select(IntakeSheet).where(IntakeSheet.token == token).with_for_update()
                               .execution_options(populate_existing=True)).one()
    if sheet.used_at is not None:
        raise SheetUsed(document=sheet.document_id)
    sheet.used_at, pile.document_id = at, sheet.document_id


def sheet_of(document: Document, user: User, at: datetime) -> Sheet:
    """The sheet that ties the next scan to the document; the same one until it has. Commits.

    Raises what `require_place` does.
    """
    require_place(document.id)
    document_id = document.id
    history.lock(f"intake-sheet:{document_id}")
    row = db.session.scalar(db.select(IntakeSheet).where(
        IntakeSheet.document_id == document_id, IntakeSheet.used_at.is_(None)))
    row = row or new_sheet(user, at, document_id)
    made = Sheet(row.token, "TỜ GHÉP BẢN QUÉT", (*_named(document), "Đặt tờ này trước trang đầu của bản giấy rồi quét"))
    db.session.commit()
    return made


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
