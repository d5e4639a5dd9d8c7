"""The auditor of the agency above opens a scope that was given to him: he lists it, plays histories, has them run again
and takes them out (Art. 10.3, 12).

He passes the wall here only, after the database has said that the scope stands, and each page of the list, each history
opened and each thing taken out is an act on both sides: of the scope or the document below, and of the agency above
(security.md S12). His questions lie with the documents and go with them (Art. 3.2); history_answer.py answers. Who
gives a scope, handover.py says. No record below is changed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, true

from app.db import db, tenancy
from app.engine import history_answer, playback, reading
from app.engine.history_answer import Asker
from app.engine.instance import lock_of_document
from app.engine.playback import Course
from app.records import audit_grant, history, history_request
from app.records.audit_grant import AuditGrant
from app.records.calendar import local_date
from app.records.document import Document, NotFound
from app.records.history_request import FILES, HistoryRequest
from app.records.people import User
from app.tools import Tools


@dataclass(frozen=True)
class Given:
    """A document below, as the list of a scope names it."""

    id: int
    reference: str
    subject: str
    type_name: str
    direction: str
    status: str
    created_at: datetime


def documents_below(grant_id: int, user: User, at: datetime, *, after: int | None, limit: int) -> list[Given]:
    """Documents in a scope that an agency below gave, newest first; each page of them is an act there and here, before
    it is shown. Commits. Raises NotFound when the scope does not stand.
    """
    agency_id, user_id, who, agency = user.agency_id, user.id, user.full_name, user.agency.name
    with _below(grant_id) as grant:
        query = select(Document).where(grant.covers())
        if after is not None:
            query = query.where(Document.id < after)
        found = [Given(one.id, one.reference, one.subject, one.type_name, one.direction, one.status, one.created_at)
                 for one in db.session.scalars(query.order_by(Document.id.desc()).limit(limit))]
        listed = {"what": "list", "documents": [one.id for one in found]}
        history.note(f"audit_grant:{grant_id}", "document_read", agency_id=grant.agency_id, at=at, actor_id=None,
                     input={**listed, "by": who, "by_agency": agency})
        db.session.commit()
    history.note(f"granted:{grant_id}", "document_read", agency_id=agency_id, at=at, actor_id=user_id, input=listed)
    db.session.commit()
    return found


def ask_below(grant_id: int, document_id: int, what: str, user: User, tools: Tools, folder: Path,
              at: datetime) -> tuple[HistoryRequest, str]:
    """Ask for the bundle, the control slip or the replay of a document in such a scope: an act of the document, who
    from above took or ran what, and one of the agency above; a job answers. With the document's reference. Commits.
    Raises NotFound, also when the scope ended meanwhile.
    """
    agency_id, user_id, told = user.agency_id, user.id, _who(user, grant_id)
    with _below(grant_id) as grant:
        reference = _held(grant, document_id, at).reference
        if what not in FILES:
            reading.note_above(document_id, grant.agency_id, told, what, at)
        row = _apart(history_answer.ask(document_id, Asker(grant.agency_id, user_id, False, told), what, tools, folder,
                                        at))
    history.note(f"granted:{grant_id}", "document_read", agency_id=agency_id, at=at, actor_id=user_id,
                 input={"what": what, "document": document_id})
    db.session.commit()
    return row, reference


def played_below(grant_id: int, document_id: int, user: User, at: datetime,
                 chosen: playback.Chosen) -> tuple[Document, Course]:
    """The history of a document in such a scope, to be played, with more told of `chosen`: that it was opened is an act
    of the document and one of the agency above, before it is shown. The document is apart from the database. Commits.
    Raises NotFound.
    """
    agency_id, user_id, told = user.agency_id, user.id, _who(user, grant_id)
    with _below(grant_id) as grant:
        _held(grant, document_id, at)
        if is_new := reading.note_above(document_id, grant.agency_id, told, "history", at):
            db.session.commit()
        found = _need_covered(grant, document_id)
        course = playback.course(found, at, chosen)
        db.session.expunge(found)
    if is_new:
        history.note(f"granted:{grant_id}", "document_read", agency_id=agency_id, at=at, actor_id=user_id,
                     input={"what": "history", "document": document_id})
        db.session.commit()
    return found, course


def drawn_below(grant_id: int, document_id: int, sha256: str) -> bytes:
    """A drawing on which a document of such a scope ran, for the history that is played. Raises NotFound."""
    with _below(grant_id) as grant:
        return playback.drawing(_need_covered(grant, document_id).id, sha256)


def asked_below(grant_id: int, request_id: int, user: User) -> tuple[HistoryRequest, str]:
    """One's own question about a document of such a scope, with its reference, as long as the scope stands. Raises
    NotFound.
    """
    user_id = user.id
    with _below(grant_id) as grant:
        row = history_request.find(request_id, user_id)
        reference = _need_covered(grant, row.document_id).reference
        return _apart(row), reference


def answers_below(grant_id: int, user: User, *, of: int | None = None,
                  limit: int = 20) -> list[tuple[HistoryRequest, str]]:
    """One's own questions in such a scope, or of one document in it, with the documents' references, newest first.
    Raises NotFound.
    """
    user_id = user.id
    with _below(grant_id) as grant:
        found: dict[tuple[int, str], tuple[HistoryRequest, str]] = {}
        for row, document in db.session.execute(
                select(HistoryRequest, Document).join(Document, Document.id == HistoryRequest.document_id)
                .where(HistoryRequest.user_id == user_id, grant.covers(),
                       true() if of is None else Document.id == of).order_by(HistoryRequest.id.desc())
                .limit(limit)):
            found.setdefault((document.id, row.what), (_apart(row), document.reference))
        return list(found.values())


def _who(user: User, grant_id: int) -> dict[str, Any]:
    """How an act of an agency below names who came from above, and by which scope."""
    return {"by": user.full_name, "by_agency": user.agency.name, "by_id": user.id, "grant": grant_id}


def _held(grant: AuditGrant, document_id: int, at: datetime) -> Document:
    """The document, its lock taken and the scope kept standing until this transaction ends. Raises NotFound."""
    _need_standing(grant, at)
    _need_covered(grant, document_id)
    lock_of_document(document_id)
    return _need_covered(grant, document_id)  # the lock may have been waited for


def _apart(row: HistoryRequest) -> HistoryRequest:
    """The row as it is now, to be read outside the wall, where it is not."""
    db.session.refresh(row)
    db.session.expunge(row)
    return row


def _need_standing(grant: AuditGrant, at: datetime) -> None:
    """Keep the scope from being ended before this transaction ends. Raises NotFound when it was."""
    held = db.session.scalar(
        select(AuditGrant).where(AuditGrant.id == grant.id).with_for_update(read=True, of=AuditGrant)
        .execution_options(populate_existing=True))
    if held is None or not held.stands(local_date(at)):
        raise NotFound()


def _need_covered(grant: AuditGrant, document_id: int) -> Document:
    found = db.session.scalar(select(Document).where(Document.id == document_id, grant.covers()))
    if found is None:
        raise NotFound()
    return found


@contextmanager
def _below(grant_id: int) -> Iterator[AuditGrant]:
    """Behind the wall of the agency that gave the scope to one's own; the database says whether it stands."""
    agency_id = audit_grant.find(grant_id).agency_id
    db.session.rollback()
    try:
        with tenancy.acting_for(agency_id):
            try:
                yield db.session.get_one(AuditGrant, grant_id)
            finally:
                db.session.rollback()
    finally:
        db.session.rollback()
