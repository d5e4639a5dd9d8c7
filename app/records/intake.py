"""What came to the clerks and is no document yet: files, their pages in piles, printed sheets (Art. 6.2.a).

A pile becomes one document. The file as it came is kept by its hash, whatever becomes of its pages. What is done with
pages is intake_pile.py's; nothing here starts a procedure, and no history is written of it: there is no document yet.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import FetchedValue, ForeignKey, Index, String, UniqueConstraint, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.db import AgencyOwned, Base, db
from app.records import history
from app.records.attachment import Attachment, Upload
from app.records.document import Document
from app.records.people import User
from app.records.register import Register
from app.refusal import Refusal

#: new: its pages are being looked at; waiting: they lie in piles; held: a clerk decides; refused: by a rule, or nobody
#: can read it; rejected: by a clerk, kept; removed: its content is gone (Art. 3.2)
NEW, WAITING, HELD, REFUSED, REJECTED, REMOVED = "new", "waiting", "held", "refused", "rejected", "removed"
#: why a page is left out: somebody said so, it is surely blank, it is a separator sheet; AWAY: it need not be seen
CLERK, BLANK, SHEET, AWAY = "clerk", "blank", "sheet", "away"
#: the fact of a stack: numbers of the pages on which another letter seems to begin
BEGINS = "begins"
#: what was left out stands on the page so long, to be put back
UNDO_HOURS = 24


class IntakeGone(Refusal):
    """These pages are registered already, or no longer lie here."""

    code, status = "intake_gone", 409


class DuplicateFile(Refusal):
    """The same file has come before."""

    code = "intake_duplicate"


class RegisterUnknown(Refusal):
    """No open register has the name of the sub-folder."""

    code = "intake_register_unknown"


class IntakeFile(AgencyOwned, Base):
    """One file as it came."""

    __tablename__ = "intake_file"
    __table_args__ = (
        Index("intake_file_once", "agency_id", "scan_key", unique=True, postgresql_where="scan_key <> ''"),
        Index("intake_file_open", "agency_id", "state"),
    )

    #: "" when it was refused or removed
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int]
    #: None where only a program that lays out could tell
    page_count: Mapped[int | None]
    #: signed, or without pages of its own: its pages stay together as they are
    is_whole: Mapped[bool] = mapped_column(default=False)
    is_signed: Mapped[bool] = mapped_column(default=False)
    #: "upload" or "scan"
    origin: Mapped[str] = mapped_column(String(10))
    #: which came first: an upload's of the moment when it began, a scan's of the moment when a clerk took it in
    place: Mapped[int] = mapped_column(server_default=FetchedValue())
    state: Mapped[str] = mapped_column(String(10))
    #: code and facts of the refusal for which it is held or was refused; among them, of a stack, BEGINS
    code: Mapped[str] = mapped_column(String(60), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    #: why a clerk rejected it, or took in what was held
    reason: Mapped[str] = mapped_column(String(500), default="")
    #: who uploaded it, or decided on it
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    register_id: Mapped[int | None] = mapped_column(ForeignKey("register.id"))
    at: Mapped[datetime]
    #: of a scan: which file it was, so that a look after a killed worker finds it again
    scan_key: Mapped[str] = mapped_column(String(64), default="")
    #: of a scan: its name in the folder of taken or of refused files
    put_away: Mapped[str] = mapped_column(String(255), default="")

    user: Mapped[User | None] = relationship()


class IntakePile(AgencyOwned, Base):
    """Pages that will be one document, before a clerk; afterwards, which document they are."""

    __tablename__ = "intake_pile"
    __table_args__ = (Index("intake_pile_open", "agency_id", "user_id", postgresql_where="document_id is null"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    #: order on the clerk's page
    position: Mapped[int]
    at: Mapped[datetime]
    register_id: Mapped[int | None] = mapped_column(ForeignKey("register.id"))
    #: the document that waits for this scan, by its sheet
    tied_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    #: token of the sheet before it that ties, or that nobody here printed; "" = none
    sheet: Mapped[str] = mapped_column(String(20), default="")
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"), index=True)
    #: the file that its pages became
    upload_id: Mapped[int | None] = mapped_column(ForeignKey("upload.id"))
    #: handed to the registered document of its sheet; it is read for marks of secrecy first
    handed_at: Mapped[datetime | None]
    #: the page on which something resembles one, until the clerk has looked
    suspect_page: Mapped[int | None]
    #: of what is neither signed nor a scan: whether the clerk holds the signed and sealed paper, by his word
    has_paper: Mapped[bool | None]

    document: Mapped[Document | None] = relationship(foreign_keys=[document_id])
    tied: Mapped[Document | None] = relationship(foreign_keys=[tied_id])
    pages: Mapped[list["IntakePage"]] = relationship(back_populates="pile", order_by="IntakePage.position")


class IntakePage(AgencyOwned, Base):
    """One page of a file, where it lies and how it is turned."""

    __tablename__ = "intake_page"

    pile_id: Mapped[int] = mapped_column(ForeignKey("intake_pile.id"), index=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("intake_file.id"), index=True)
    #: in the file, from 1
    number: Mapped[int]
    position: Mapped[int]
    #: degrees clockwise
    turn: Mapped[int] = mapped_column(default=0)
    dropped_at: Mapped[datetime | None]
    dropped_for: Mapped[str] = mapped_column(String(10), default="")

    pile: Mapped[IntakePile] = relationship(back_populates="pages")
    file: Mapped[IntakeFile] = relationship()


class IntakeSheet(AgencyOwned, Base):
    """A printed separator sheet; with a document: the scan behind it is that document's."""

    __tablename__ = "intake_sheet"
    __table_args__ = (UniqueConstraint("agency_id", "token"),)

    token: Mapped[str] = mapped_column(String(20))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    #: when its scan went to the document
    used_at: Mapped[datetime | None]


class IntakePart(AgencyOwned, Base):
    """An upload under way: its bytes lie in the data folder under the row's id until they are all there."""

    __tablename__ = "intake_part"
    __table_args__ = (UniqueConstraint("agency_id", "user_id", "key"),)

    #: the browser's name of the file, so that it goes on where it stopped
    key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(300))
    size_bytes: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]
    #: the place of its file, given when it began and kept however often the line drops
    place: Mapped[int] = mapped_column(server_default=FetchedValue())
    #: what it became
    file_id: Mapped[int | None] = mapped_column(ForeignKey("intake_file.id"))


class ScanLook(AgencyOwned, Base):
    """How a file of the scan folder looked at the last look."""

    __tablename__ = "scan_look"
    __table_args__ = (UniqueConstraint("agency_id", "place"),)

    #: sha256 of the path
    place: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]


#: the place after all that were given
NEXT_PLACE = func.nextval("intake_place")


def lock(user: User) -> None:
    """One at a time moves the pages of a clerk; until the transaction ends."""
    history.lock(f"intake:{user.id}")


def piles(user: User, at: datetime, also: Iterable[int] = ()) -> list[IntakePile]:
    """The clerk's piles that are no document yet, in order; not those of which all was left out long ago or put away.

    `also`: pages whose piles are wanted all the same.
    """
    shown = exists().where(IntakePage.pile_id == IntakePile.id, or_(
        IntakePage.dropped_at.is_(None), IntakePage.id.in_(list(also)),
        (IntakePage.dropped_at > at - timedelta(hours=UNDO_HOURS)) & (IntakePage.dropped_for != AWAY)))
    return list(db.session.scalars(
        select(IntakePile).where(IntakePile.user_id == user.id, IntakePile.document_id.is_(None),
                                 IntakePile.handed_at.is_(None), shown)
        .options(joinedload(IntakePile.pages).joinedload(IntakePage.file), joinedload(IntakePile.tied))
        .order_by(IntakePile.position, IntakePile.id)).unique())


def handed(user: User) -> list[IntakePile]:
    """The clerk's piles that are read before they go to the documents of their sheets."""
    return list(db.session.scalars(select(IntakePile).where(
        IntakePile.user_id == user.id, IntakePile.document_id.is_(None), IntakePile.handed_at.is_not(None))
        .options(joinedload(IntakePile.tied)).order_by(IntakePile.id)))


def find_pile(user: User, pile_id: int) -> IntakePile:
    """A pile of this clerk, locked, done or not. Raises IntakeGone."""
    found = db.session.scalar(select(IntakePile).where(IntakePile.id == pile_id, IntakePile.user_id == user.id)
                              .with_for_update().execution_options(populate_existing=True))
    if found is None:
        raise IntakeGone()
    return found


def kept(pile: IntakePile) -> list[IntakePage]:
    """The pages of the pile that are not left out, in order."""
    return [page for page in sorted(pile.pages, key=lambda page: (page.position, page.id)) if page.dropped_at is None]


def queue(user: User) -> list[IntakeFile]:
    """Files that a clerk decides on: the agency's scans, and this clerk's uploads that are held; oldest first."""
    return list(db.session.scalars(
        select(IntakeFile).where(
            IntakeFile.state.in_((HELD, REFUSED)),
            (IntakeFile.origin == "scan") | (IntakeFile.user_id == user.id))
        .options(joinedload(IntakeFile.user)).order_by(IntakeFile.id).limit(200)))


def looked_at(user: User) -> list[IntakeFile]:
    """The clerk's files whose pages are still being looked at."""
    return list(db.session.scalars(
        select(IntakeFile).where(IntakeFile.state == NEW, IntakeFile.user_id == user.id).order_by(IntakeFile.id)))


def waiting_since(user: User, before: datetime) -> int:
    """How many piles and queued files have waited since before that moment."""
    old_piles = select(func.count()).select_from(IntakePile).where(
        IntakePile.user_id == user.id, IntakePile.document_id.is_(None), IntakePile.at < before,
        exists().where(IntakePage.pile_id == IntakePile.id, IntakePage.dropped_at.is_(None)))
    old_files = select(func.count()).select_from(IntakeFile).where(
        IntakeFile.state == HELD, IntakeFile.at < before,
        (IntakeFile.origin == "scan") | (IntakeFile.user_id == user.id))
    return db.session.scalar(old_piles) + db.session.scalar(old_files)


def twin(sha256: str) -> tuple[str, int | None] | None:
    """Where the same content is already: (its name there, its document or None); the newest."""
    document = db.session.execute(
        select(Attachment.name, Attachment.document_id).where(
            Attachment.sha256 == sha256, Attachment.removed_at.is_(None)).order_by(Attachment.id.desc())).first()
    if document is not None:
        return document[0], document[1]
    file = db.session.execute(
        select(IntakeFile.name, IntakePile.document_id)
        .join(IntakePage, IntakePage.file_id == IntakeFile.id, isouter=True)
        .join(IntakePile, IntakePile.id == IntakePage.pile_id, isouter=True)
        .where(IntakeFile.sha256 == sha256, IntakeFile.state.in_((NEW, WAITING, HELD)))
        .order_by(IntakeFile.id.desc())).first()
    return (file[0], file[1]) if file is not None else None


def register_hint(document_id: int, year: int) -> int | None:
    """The register of `year` that the scan's sub-folder named, for the form that registers the document.

    What was scanned in December and is registered in January belongs in the new year's register of that name.
    """
    named = (select(Register.name).join(IntakePile, IntakePile.register_id == Register.id)
             .where(IntakePile.document_id == document_id).order_by(IntakePile.id.desc()).limit(1).scalar_subquery())
    return db.session.scalar(select(Register.id).where(
        Register.kind == "incoming", Register.year == year, Register.is_open, Register.name == named))


def of_document(document_id: int) -> list[IntakeFile]:
    """The files whose pages became this document."""
    return list(db.session.scalars(
        select(IntakeFile).join(IntakePage, IntakePage.file_id == IntakeFile.id)
        .join(IntakePile, IntakePile.id == IntakePage.pile_id)
        .where(IntakePile.document_id == document_id).distinct().order_by(IntakeFile.id)))


def place_of(document_id: int) -> tuple[IntakeFile, list[int]] | None:
    """The file in which the pages of this document came, and their numbers there: which paper it is, no content."""
    rows = db.session.execute(
        select(IntakeFile, IntakePage.number).join(IntakePage, IntakePage.file_id == IntakeFile.id)
        .join(IntakePile, IntakePile.id == IntakePage.pile_id)
        .where(IntakePile.document_id == document_id, IntakePage.dropped_at.is_(None))
        .order_by(IntakeFile.id, IntakePage.number)).all()
    return (rows[0][0], [number for file, number in rows if file is rows[0][0]]) if rows else None


def unfinished() -> list[tuple[IntakePile, Upload]]:
    """Piles whose document was started, with the file that it may still wait for; newest first."""
    return [(row[0], row[1]) for row in db.session.execute(
        select(IntakePile, Upload).join(Upload, Upload.id == IntakePile.upload_id).where(
            IntakePile.document_id.is_not(None),
            ~exists().where(Attachment.document_id == IntakePile.document_id))
        .order_by(IntakePile.id.desc()).limit(50))]


def has_waiting(file_id: int) -> bool:
    """Whether pages of the file wait in piles that are no document yet."""
    return db.session.scalar(select(IntakePage.id).join(IntakePile).where(
        IntakePage.file_id == file_id, IntakePile.document_id.is_(None)).limit(1)) is not None


def sheet(token: str) -> IntakeSheet | None:
    """The sheet of this agency that bears the token."""
    return db.session.scalar(select(IntakeSheet).where(IntakeSheet.token == token))


def forget_parts(before: datetime) -> list[int]:
    """Uploads that nobody went on with; gives their ids, whose bytes may go. Those that ended are forgotten too."""
    return list(db.session.scalars(
        delete(IntakePart).where(IntakePart.at < before).returning(IntakePart.id)))
