"""The files of a document: names and places of blobs (tools/blobs.py), never the bytes.

A blob that nobody names any more is deleted at once when it must not be here (Art. 3.2). So whoever stores one holds it
until the row that names it is written: the one who deletes looks for such rows under the same lock.
"""

import hashlib
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from app.db import AgencyOwned, Base, db
from app.records import history, milestone
from app.records.document import Document
from app.refusal import Refusal
from app.tools.blobs import Blobs

#: scan = a scanned paper; paper = a paper scanned after its document was registered; original = as it came by wire;
#: draft = DOCX; appendix = goes with the draft, appendix_old = with an older version of it; final = numbered PDF;
#: signed_leader, signed = PDF with one, with both signatures; packet = raw edXML;
#: preserved = signed, with an archive time stamp; copy = an electronic copy of another file, signed by the agency;
#: internal = goes with a paper exchanged within the agency
KINDS = ("scan", "paper", "original", "draft", "final", "signed_leader", "signed", "packet", "appendix",
         "appendix_old", "preserved", "copy", "internal")
#: what is made of an approved draft
_MADE = ("scan", "final", "signed_leader", "signed", "preserved")


class Attachment(AgencyOwned, Base):
    """One version of one file."""

    __tablename__ = "attachment"

    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    #: as the person or the sender called it; data, never a path
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    size_bytes: Mapped[int]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: the content was removed; its hash stays when the sender took it back, not of what must not be here (Art. 3.2)
    removed_at: Mapped[datetime | None]


def hold(sha256: str) -> None:
    """Nobody deletes the blob, nor names it anew, until this transaction ends."""
    history.lock(f"blob:{sha256}")


def store(blobs: Blobs, data: bytes, limit: int | None = None) -> str:
    """Put content that a row of this transaction will name, and hold it. Raises what `Blobs.put` does."""
    sha256 = hashlib.sha256(data).hexdigest()
    hold(sha256)
    return blobs.put(data, limit)


def attach(document: Document, kind: str, name: str, media_type: str, sha256: str, size_bytes: int,
           at: datetime, user_id: int | None = None) -> Attachment:
    """Name a blob as a file of the document; the blob is on disk already."""
    row = Attachment(agency_id=document.agency_id, document_id=document.id, kind=kind, name=name[:200],
                     media_type=media_type, sha256=sha256, size_bytes=size_bytes, created_at=at,
                     created_by_id=user_id)
    db.session.add(row)
    return row


def of(document_id: int) -> list[Attachment]:
    """All files of a document, oldest first."""
    return list(db.session.scalars(
        select(Attachment).where(Attachment.document_id == document_id).order_by(Attachment.id)
    ))


def latest(document_id: int, *kinds: str) -> Attachment | None:
    """The newest file of one of these kinds that still has its content."""
    return db.session.scalar(
        select(Attachment).where(Attachment.document_id == document_id, Attachment.kind.in_(kinds),
                                 Attachment.removed_at.is_(None)).order_by(Attachment.id.desc()).limit(1)
    )


class UploadMissing(Refusal):
    """The form names a file that was not uploaded here."""

    code = "upload_missing"


def spent(document: Document, files: list[Attachment]) -> set[int]:
    """Which of an outgoing document's files were made of an older draft or under a number that was given up (NĐ 30/2020
    Đ11, Đ15): by their ids. A PDF, a scan or a signature counts as long as the fact stands that it began with.
    """
    if document.direction != "outgoing":
        return set()
    facts = milestone.standing(document.id)
    since = min((facts[name].at for name in ("complete", "scan_taken") if name in facts), default=None)
    return {one.id for one in files if one.kind in _MADE and (since is None or one.created_at < since)}


class Upload(AgencyOwned, Base):
    """A file that a person has sent and no document has taken yet: name and kind of a blob."""

    __tablename__ = "upload"

    sha256: Mapped[str] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int]
    #: bears a digital signature, valid or not: no scan of a paper, but an electronic document (Art. 3.3)
    is_signed: Mapped[bool] = mapped_column(default=False)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime]


def upload_names(user_id: int, hashes: list[str]) -> dict[str, str]:
    """What the person called those files of his own, by hash."""
    rows = db.session.execute(select(Upload.sha256, Upload.name).where(
        Upload.user_id == user_id, Upload.sha256.in_(hashes)).order_by(Upload.id)) if hashes else ()
    return {sha256: name for sha256, name in rows}


def uploaded(sha256: str, user_id: int | None, *, is_kept: bool = False) -> Upload:
    """What the person uploaded under this hash; a hash alone opens no file of others. Raises UploadMissing.

    `is_kept`: nobody deletes the row, and so nobody its blob, until this transaction ends.
    """
    query = select(Upload).where(Upload.sha256 == sha256, Upload.user_id == user_id).order_by(Upload.id.desc())
    found = db.session.scalar(query.limit(1).with_for_update(read=True) if is_kept else query.limit(1))
    if found is None:
        raise UploadMissing(sha256=sha256)
    return found


def attach_upload(document: Document, kind: str, sha256: str, at: datetime, user_id: int | None) -> Attachment:
    """Make an upload of this person a file of the document. Raises UploadMissing."""
    found = uploaded(sha256, user_id, is_kept=True)
    return attach(document, kind, found.name, found.media_type, sha256, found.size_bytes, at, user_id)
