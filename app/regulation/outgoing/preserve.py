"""A signed document kept for the archive: a time stamp over the whole of it, again after years (NĐ 30/2020 Đ5).

A clerk asks for it, as an act beside the course: what was issued stays as it is, the file with the stamp lies beside
it. The stamp is fetched before the act begins; when the authority is away nothing is written. It does NOT sign.
"""

from datetime import datetime, timedelta

from app.db import db
from app.engine import instance as instances
from app.records import attachment, history, right
from app.records.attachment import Attachment
from app.records.calendar import local_date
from app.records.document import Document
from app.records.people import User
from app.refusal import Refusal
from app.tools import Tools

#: what is stamped next: the newest of these
_KINDS = ("signed", "preserved")
#: sooner than after so long a stamp is not renewed: a second click
SOON = timedelta(days=1)


class NotPreservable(Refusal):
    """Only a clerk, only a document that the agency has signed, and not twice within a day."""

    code, status, article = "not_preservable", 409, "NĐ 30/2020 Đ5"


def source_of(document: Document, user: User, at: datetime) -> Attachment | None:
    """The file that a stamp would be put on now; None when this person has nothing to do here."""
    if document.direction != "outgoing" or document.status not in ("signed", "dispatched") or not user.has("clerk"):
        return None
    found = [file for file in attachment.of(document.id) if file.kind in _KINDS and file.removed_at is None]
    last = found[-1] if found else None
    return None if last is None or (last.kind == "preserved" and at - last.created_at < SOON) else last


def preserve(tools: Tools, document_id: int, user: User, at: datetime) -> None:
    """Put one archive time stamp on it. Raises NotFound, NotPreservable, TimestampUnavailable, NotLasting. Commits."""
    from app.tools.signing_archive import lengthen

    document = right.find(document_id, user, local_date(at))
    source = source_of(document, user, at)
    if source is None:
        raise NotPreservable()
    made = lengthen(tools.signer, tools.blobs.read(source.sha256), at)
    sha256, name = attachment.store(tools.blobs, made), source.name
    instances.lock_of_document(document_id)
    db.session.refresh(document)
    db.session.expire_all()
    newest = source_of(document, user, at)
    if newest is None or newest.id != source.id:  # somebody else was first
        raise NotPreservable()
    attachment.attach(document, "preserved", name, "application/pdf", sha256, len(made), at, user.id)
    db.session.flush()
    history.append(history.Act(agency_id=document.agency_id, subject=f"document:{document_id}", at=at,
                               actor_id=user.id, kind="signature_preserved"),
                   input={"source": source.sha256, "sha256": sha256}, changes=history.take_changes())
    db.session.commit()
