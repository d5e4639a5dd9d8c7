"""The auditor of the agency above opens a scope that was given to him: lists it, takes histories out (Art. 10.3, 12).

He passes the wall here only, after the database has said that the scope stands, and each page of the list and each
thing taken out is an act on both sides: of the scope or the document below, and of the agency above (security.md S12).
Who gives a scope, handover.py says; the answers are made by history_answer.py. No record below is changed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryFile
from typing import BinaryIO

from sqlalchemy import select

from app.db import db, tenancy
from app.engine import evidence
from app.engine.instance import lock_of_document
from app.records import audit_grant, history
from app.records.audit_grant import AuditGrant
from app.records.document import Document, NotFound
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


def take_below(grant_id: int, document_id: int, what: str, user: User, tools: Tools, at: datetime) -> BinaryIO:
    """The bundle or the control slip of a document in such a scope: first an act of the document, who from above took
    what, and one of the agency above; then what is taken, to be read from. Raises NotFound, NotSealed.
    """
    agency_id, user_id, who, agency = user.agency_id, user.id, user.full_name, user.agency.name
    with _below(grant_id) as grant:
        def find() -> Document:
            found = db.session.scalar(select(Document).where(Document.id == document_id, grant.covers()))
            if found is None:
                raise NotFound()
            return found

        find()
        lock_of_document(document_id)
        history.note(f"document:{document_id}", "history_exported", agency_id=grant.agency_id, at=at, actor_id=None,
                     input={"what": what, "by": who, "by_agency": agency, "grant": grant_id})
        db.session.commit()
        made = TemporaryFile()
        if what == "bundle":
            evidence.write(find(), tools, at, made)
        else:
            slip = evidence.slip(find(), history.course(f"document:{document_id}"))
            db.session.rollback()  # the converter may take seconds: no transaction waits for it
            made.write(tools.converter.to_pdf(slip, "phieu.docx"))
    history.note(f"granted:{grant_id}", "document_read", agency_id=agency_id, at=at, actor_id=user_id,
                 input={"what": what, "document": document_id})
    db.session.commit()
    made.seek(0)
    return made


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
